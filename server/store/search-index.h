/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The full-text index of the history, in a file of its own (search.db). Whatever becomes of this
 * file does the history no harm: it can be made from that at any time. One thread uses it. */
#pragma once

#include <sqlite3.h>

#include "store/store.h"

typedef struct _StoreSearchIndex StoreSearchIndex;

/* Opens the index, or makes one: also where there is one of another version or a damaged one. */
StoreSearchIndex *store_search_index_open (const char *file, const char *history, GError **error);
void store_search_index_close (StoreSearchIndex *self);

/* Removes the files of an index that is closed. */
void store_search_index_remove (const char *file);

/* Whether what failed last did so because the file is damaged. */
gboolean store_search_index_is_damaged (StoreSearchIndex *self);

/* The connection to the history, to be read from, and to the index. */
sqlite3 *store_search_index_get_history (StoreSearchIndex *self);
sqlite3 *store_search_index_get_db (StoreSearchIndex *self);

/* A step: what is done between the two is in the index after the second, or, when one of them or
 * anything between them fails, not. What it sees of the history is of one moment. Every step that
 * has begun must be ended. */
gboolean store_search_index_begin_step (StoreSearchIndex *self, GError **error);
gboolean store_search_index_end_step (StoreSearchIndex *self, gboolean ok, GError **error);

/* Within a step, and in one step in rising order of conversations: brings a conversation up to what
 * the history has, as far as the budget (messages; a long one counts as several) goes,
 * and lowers that, to 0 at least. *done: it is. */
gboolean store_search_index_catch_up (
    StoreSearchIndex *self, gint64 conversation, guint *budget, gboolean *done, GError **error);

/* Whether a conversation is known to be up to these numbers. */
gboolean store_search_index_is_up_to (StoreSearchIndex *self,
                                      gint64 conversation,
                                      guint64 removed,
                                      guint64 last);
