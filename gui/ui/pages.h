/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Shows one of its children, told by the id that the .ui file gives it. Unlike those of a GtkStack the others are invisible, so that assistive
 * technologies do not find what they hold; and the page can be bound before there is any child.
 *
 * Properties: "page" (string). */
#define UI_TYPE_PAGES (ui_pages_get_type ())
G_DECLARE_FINAL_TYPE (UiPages, ui_pages, UI, PAGES, GtkWidget)

void ui_pages_set_page (UiPages *self, const char *page);
const char *ui_pages_get_page (UiPages *self);

/* The same for a stack whose pages come and go: shows a child and hides the others. */
void ui_stack_show_only (GtkStack *stack, GtkWidget *child);

/* Takes the keyboard focus off a widget and what is in it; before it is hidden or removed. GTK 4.8 would hold the widget for good: its window takes
 * a reference for each of hiding and unmapping a widget with the focus, and lets go of one. */
void ui_release_focus (GtkWidget *widget);

G_END_DECLS
