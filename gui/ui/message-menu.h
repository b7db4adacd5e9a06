/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Gives the rows of a list view of UiMessageRow their context menu, by right click, long press and the Menu key, and Ctrl+C for the
 * row that has the focus. */
void ui_message_menu_attach (GtkListView *view);

G_END_DECLS
