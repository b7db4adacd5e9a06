/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ui/error-note.h"

G_BEGIN_DECLS

/* Shows an error under a field and marks the field, for the eye and for assistive technologies; text: NULL takes both away. */
void ui_field_set_error (GtkWidget *field, UiErrorNote *note, const char *text, const char *details);

G_END_DECLS
