/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Keeps a list view of UiMessageRow where its reader wants it: at the end while the end is what is being read, however the content grows or
 * the window is resized; and otherwise still, to the pixel, when rows come or change above or below.
 *
 * Property "at-end" (boolean, notified): the newest row is what is shown.
 * Signal "settled": after a layout or a step of scrolling; the time to see whether more rows are needed. */
#define UI_TYPE_SCROLL_KEEPER (ui_scroll_keeper_get_type ())
G_DECLARE_FINAL_TYPE (UiScrollKeeper, ui_scroll_keeper, UI, SCROLL_KEEPER, GObject)

/* The list view stands in the scrolled window already. Neither is owned: both outlive the keeper. */
UiScrollKeeper *ui_scroll_keeper_new (GtkScrolledWindow *scroller, GtkListView *view);

gboolean ui_scroll_keeper_get_at_end (UiScrollKeeper *self);

/* With FALSE, the list's last row is not the newest there is, and being there is not being at the end. */
void ui_scroll_keeper_set_may_stick (UiScrollKeeper *self, gboolean may_stick);

/* When the newest row is not in the list yet: as soon as it is, unless the reader scrolls meanwhile. */
void ui_scroll_keeper_go_to_end (UiScrollKeeper *self);
void ui_scroll_keeper_go_to_start (UiScrollKeeper *self);

/* Rows are about to change before (or after) what is seen: what is seen shall stay where it is. Holds until the next layout. */
void ui_scroll_keeper_hold (UiScrollKeeper *self, gboolean change_is_before);

/* FALSE before the view has a size. */
gboolean ui_scroll_keeper_is_laid_out (UiScrollKeeper *self);

/* How far it is from either end, in pages; 0 while nothing is laid out. */
double ui_scroll_keeper_pages_before (UiScrollKeeper *self);
double ui_scroll_keeper_pages_after (UiScrollKeeper *self);

/* The first row that can be seen (transfer none), or NULL; and its top relative to the view's. */
GtkWidget *ui_scroll_keeper_first_visible (UiScrollKeeper *self, double *y);

/* The last one that can be seen (transfer none), or NULL. */
GtkWidget *ui_scroll_keeper_last_visible (UiScrollKeeper *self);

G_END_DECLS
