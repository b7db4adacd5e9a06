/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one thread that writes: it stores whatever has gathered in one transaction, reserves session
 * numbers, writes pending marks, and removes what is too old. */
#pragma once

#include "store/pending-marks.h"
#include "store/search.h"
#include "store/store.h"

typedef struct _StoreWriter StoreWriter;

/* Opens the database file, makes or migrates its tables, and starts the thread. pending and
 * search, which it tells what has changed, outlive it. */
StoreWriter *store_writer_new (const char *file,
                               const StoreOptions *options,
                               StorePendingMarks *pending,
                               StoreSearch *search,
                               StoreStoredFunc stored,
                               gpointer user_data,
                               GError **error);

/* Stores what was appended and what is pending, gives back the session numbers that were not used,
 * ends the thread. It can still be told of pending marks, which are not written any more. */
void store_writer_stop (StoreWriter *self);

/* Closes the file. After store_writer_stop(). */
void store_writer_free (StoreWriter *self);

/* Something became pending: it is written within seconds, if it is not known to be due already. Any
 * thread. */
void store_writer_note_pending (StoreWriter *self, StorePendingState state);

/* As the functions of store.h. */
void store_writer_append (StoreWriter *self, StoreMessage *message);
gsize store_writer_get_backlog (StoreWriter *self);
guint64 store_writer_next_session (StoreWriter *self);
