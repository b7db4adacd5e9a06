/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the writer does to the tables, one transaction at a time. Knows nothing of threads: the
 * writer's alone uses it.
 *
 * A message's place is in the table message, among its conversation's. To put a few messages of
 * many conversations there changes a page or two (4 KiB) for each of them, and writing these pages
 * is what such a commit costs. So a small batch goes to the table recent, one row after the other;
 * once there are some thousand, all move to their places at once, many to a page. A big batch goes
 * there directly. Who reads sees both tables as one view, history. */
#pragma once

#include "store/pending-marks.h"
#include "store/store.h"

typedef struct _StoreTables StoreTables;

/* Opens the file, makes or migrates its tables. */
StoreTables *store_tables_open (const char *file, StoreDurability durability, GError **error);
void store_tables_close (StoreTables *self);

/* Stores the messages in one transaction, and sets seq, time and repeated of each. When it fails
 * none of them is stored. */
gboolean store_tables_add_batch (StoreTables *self, StoreMessage *batch, guint n, GError **error);

/* The conversations (gint64) that the last batch added messages to. */
const GArray *store_tables_get_touched (StoreTables *self);

/* The first session number that was never reserved. */
gboolean store_tables_get_session (StoreTables *self, guint64 *session, GError **error);
gboolean store_tables_set_session (StoreTables *self, guint64 session, GError **error);

/* Writes what is pending in one transaction, or leaves it pending. */
gboolean store_tables_write_marks (StoreTables *self, StorePendingMarks *pending, GError **error);

/* Copies the WAL into the database when it is long enough to be worth it. When that cannot be done
 * (a reader is in the way, the disk is full) the WAL grows until it can, or until commits fail. */
void store_tables_checkpoint_if_due (StoreTables *self);
