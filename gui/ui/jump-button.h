/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Floats over a log: an arrow to the newest message, with the number of those that are new.
 *
 * Signal: "clicked". */
#define UI_TYPE_JUMP_BUTTON (ui_jump_button_get_type ())
G_DECLARE_FINAL_TYPE (UiJumpButton, ui_jump_button, UI, JUMP_BUTTON, GtkWidget)

GtkWidget *ui_jump_button_new (void);
/* count: 0 when none is new. */
void ui_jump_button_set (UiJumpButton *self, gboolean shown, guint count);

G_END_DECLS
