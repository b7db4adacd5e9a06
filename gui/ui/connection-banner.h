/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "client/client.h"

G_BEGIN_DECLS

/* A slim line that is there only while the connection is not, and has not been for a second: what is wrong, in how many seconds it is tried again,
 * "Try Now". Another one says why nothing can be kept on this computer, while that is so.
 *
 * Properties: "client" (WcClient), "wanted" (boolean, default TRUE: FALSE hides it whatever the connection does; for a window that shows another
 * one), "text" (string, read-only: what it says). */
#define UI_TYPE_CONNECTION_BANNER (ui_connection_banner_get_type ())
G_DECLARE_FINAL_TYPE (UiConnectionBanner, ui_connection_banner, UI, CONNECTION_BANNER, GtkWidget)

GtkWidget *ui_connection_banner_new (WcClient *client);

G_END_DECLS
