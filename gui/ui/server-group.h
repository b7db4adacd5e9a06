/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Where the server's address is typed, behind an expander, since it is the same for years; whether the connection will be encrypted; and what is wrong
 * with it.
 *
 * Properties: "text" (string: what is typed), "editable" (boolean).
 * Signals: "changed" (something else is typed), "activate" (Enter). */
#define UI_TYPE_SERVER_GROUP (ui_server_group_get_type ())
G_DECLARE_FINAL_TYPE (UiServerGroup, ui_server_group, UI, SERVER_GROUP, GtkWidget)

const char *ui_server_group_get_text (UiServerGroup *self);
void ui_server_group_set_text (UiServerGroup *self, const char *text);

/* Opens the expander too. text: NULL takes the error away. */
void ui_server_group_set_error (UiServerGroup *self, const char *text, const char *details);

G_END_DECLS
