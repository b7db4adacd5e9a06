/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A few threads that read pages of history, each with a connection of its own, so that no read
 * waits for the writer or it for them. */
#pragma once

#include "store/store.h"

typedef struct _StoreReaders StoreReaders;

StoreReaders *store_readers_new (const char *file);

/* Runs every read that was asked for, then frees. */
void store_readers_free (StoreReaders *self);

/* As store_read(). */
void store_readers_read (StoreReaders *self,
                         const char *a,
                         const char *b,
                         const StoreRange *range,
                         StorePageFunc func,
                         gpointer user_data);
