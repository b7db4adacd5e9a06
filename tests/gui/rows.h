/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking at a UiMessageList from outside: which rows are seen, and whether they move. */
#pragma once

#include <gtk/gtk.h>

#include "client/entry.h"
#include "ui/message-list.h"
#include "ui/message-row.h"

G_BEGIN_DECLS

GtkAdjustment *rows_adjustment (UiMessageList *list);

/* How far the view is from the end, in pixels. */
double rows_gap (UiMessageList *list);

/* Where each row seen stands now: WcEntry -> its top, a double. */
GHashTable *rows_positions (UiMessageList *list);

/* The row that shows an entry, or NULL when it is not bound. */
UiMessageRow *rows_find (UiMessageList *list, WcEntry *entry);

/* Watches every frame from now on; rows_stop_watching() tells the most that any row moved that was seen at the start, and fails the test when
 * none of them is seen any more. */
typedef struct _RowsWatch RowsWatch;
RowsWatch *rows_watch (UiMessageList *list);
double rows_stop_watching (RowsWatch *watch);

G_END_DECLS
