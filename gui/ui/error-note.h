/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* An error in its place: what happened and what to do, and behind "Details" the technical text. Hidden while "text" is empty.
 *
 * Properties: "text" (string), "details" (string; empty: no "Details"). */
#define UI_TYPE_ERROR_NOTE (ui_error_note_get_type ())
G_DECLARE_FINAL_TYPE (UiErrorNote, ui_error_note, UI, ERROR_NOTE, GtkWidget)

GtkWidget *ui_error_note_new (void);

/* Either may be NULL. */
void ui_error_note_set (UiErrorNote *self, const char *text, const char *details);

/* The label that holds the text, for the ERROR_MESSAGE and DESCRIBED_BY relations of what it is about (transfer none). */
GtkWidget *ui_error_note_get_label (UiErrorNote *self);

G_END_DECLS
