/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one thread that writes: it stores whatever has gathered in one transaction, and reserves
 * session numbers. */
#pragma once

#include "store/store.h"

typedef struct _StoreWriter StoreWriter;

/* Opens the database file, makes or migrates its tables, and starts the thread. */
StoreWriter *store_writer_new (const char *file,
                               StoreDurability durability,
                               StoreStoredFunc stored,
                               gpointer user_data,
                               GError **error);

/* Stores what was appended, gives back the session numbers that were not used, ends the thread,
 * closes the file. */
void store_writer_free (StoreWriter *self);

/* As the functions of store.h. */
void store_writer_append (StoreWriter *self, StoreMessage *message);
gsize store_writer_get_backlog (StoreWriter *self);
guint64 store_writer_next_session (StoreWriter *self);
