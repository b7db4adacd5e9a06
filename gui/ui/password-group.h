/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Where a password is typed, and whether it is to be remembered; what is wrong with it stands beneath.
 *
 * Properties: "shown" (boolean: the field; the error shows without it too), "can-remember" (boolean: there is a keyring), "remember" (boolean),
 * "editable" (boolean).
 * Signals: "changed" (something else is typed), "activate" (Enter). */
#define UI_TYPE_PASSWORD_GROUP (ui_password_group_get_type ())
G_DECLARE_FINAL_TYPE (UiPasswordGroup, ui_password_group, UI, PASSWORD_GROUP, GtkWidget)

/* What is typed, exactly; "" while the field is not shown. Transfer none. */
const char *ui_password_group_get_password (UiPasswordGroup *self);
void ui_password_group_clear (UiPasswordGroup *self);

/* Says why it is asked for, until something is typed or an error is set; NULL takes it away. */
void ui_password_group_set_hint (UiPasswordGroup *self, const char *hint);

/* text: NULL takes the error away. */
void ui_password_group_set_error (UiPasswordGroup *self, const char *text, const char *details);

G_END_DECLS
