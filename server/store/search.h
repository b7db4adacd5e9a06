/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The thread that indexes messages for searching, and searches. It is told which conversations
 * changed, indexes them when nothing has changed for a moment or when that never happens, and
 * before it answers a search it indexes what the one who asks could find. A search that needs much
 * of that takes turns with others. */
#pragma once

#include "store/store.h"

typedef struct _StoreSearch StoreSearch;

/* file: the index; history: the database. The index is opened when it is first needed; if it cannot
 * be, searches fail, and nothing else. */
StoreSearch *store_search_new (const char *file, const char *history, GError **error);

/* Ends the thread. Whoever waits for a search, or asks from now on, is answered with
 * G_IO_ERROR_CLOSED. */
void store_search_stop (StoreSearch *self);

/* After store_search_stop(). */
void store_search_free (StoreSearch *self);

/* Conversations (their numbers in the database) that have been changed, by a transaction that is
 * committed. Any thread. */
void store_search_touch (StoreSearch *self, const gint64 *conversations, guint n);

/* As store_search(). */
void store_search_find (StoreSearch *self,
                        const char *id,
                        const char *conv,
                        const char *words,
                        guint limit,
                        StoreSearchFunc func,
                        gpointer user_data);
