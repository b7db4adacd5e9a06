/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Shows one page of a stack, and hides the others from assistive technologies too: a GtkStack alone leaves all that they hold in
 * the accessible tree. A page that has not been shown yet should start out invisible. */
void ui_stack_show_only (GtkStack *stack, GtkWidget *child);
void ui_stack_show_only_named (GtkStack *stack, const char *name);

G_END_DECLS
