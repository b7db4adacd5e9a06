/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* How the loading of a page goes, over the list that it is for: a spinner, or what went wrong and "Try Again". Not to be seen when
 * there is nothing to say. Properties: "loading" (boolean), "error" (GError, boxed, or NULL). Signal: "try-again". */
#define UI_TYPE_LOAD_STATUS (ui_load_status_get_type ())
G_DECLARE_FINAL_TYPE (UiLoadStatus, ui_load_status, UI, LOAD_STATUS, GtkWidget)

G_END_DECLS
