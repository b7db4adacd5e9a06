/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A few threads that read pages of history and lists of conversations, each with a connection of
 * its own, so that no read waits for the writer or it for them. */
#pragma once

#include "store/pending-marks.h"
#include "store/store.h"

typedef struct _StoreReaders StoreReaders;

/* pending outlives it. */
StoreReaders *store_readers_new (const char *file, StorePendingMarks *pending);

/* Runs every read that was asked for, then frees. */
void store_readers_free (StoreReaders *self);

/* As store_read(). */
void store_readers_read (StoreReaders *self,
                         const char *a,
                         const char *b,
                         const StoreRange *range,
                         StorePageFunc func,
                         gpointer user_data);

/* As store_list(). */
void
store_readers_list (StoreReaders *self, const char *id, StoreListFunc func, gpointer user_data);

/* Waits for the disk. Calls func on the caller's thread. */
gboolean store_readers_load_seen (StoreReaders *self,
                                  StoreSeenFunc func,
                                  gpointer user_data,
                                  GError **error);
