/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Where a message is written: grows to eight lines, Enter sends, Shift+Enter breaks the line, with a button for emoji. A text longer than the
 * wire takes stays, and what is wrong with it is said beside it.
 *
 * Properties: "text" (string, notified; bind it to the conversation's draft), "peer" (string, whom the placeholder names),
 * "trouble" (string or NULL: why the last text could not be sent; gone with the next change).
 * Signal: "send" (string) -> gboolean: TRUE when the text was taken; then the composer is empty. Not emitted for nothing but white space,
 * nor for a text that is too long. Signal: "typed": the person has changed what stands there, and it is not nothing. Actions: "composer.send", "composer.emoji". */
#define UI_TYPE_COMPOSER (ui_composer_get_type ())
G_DECLARE_FINAL_TYPE (UiComposer, ui_composer, UI, COMPOSER, GtkWidget)

GtkWidget *ui_composer_new (void);

/* What stands there (transfer full). */
char *ui_composer_dup_text (UiComposer *self);

void ui_composer_set_trouble (UiComposer *self, const char *trouble);

G_END_DECLS
