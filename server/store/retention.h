/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Removes messages that are older than they may become, a few hundred at a time, on the writer's
 * thread. Every hour or so it goes through all conversations. Their numbers go on where they were,
 * and what is left of each is whole: since time never falls within a conversation, the old ones are
 * its first. */
#pragma once

#include "store/sqlite-tables.h"

typedef struct _StoreRetention StoreRetention;

/* days 0: nothing is ever removed. */
StoreRetention *store_retention_new (StoreTables *tables, guint days);
void store_retention_free (StoreRetention *self);

/* When the next step may be done, monotonic; G_MAXINT64 for never. */
gint64 store_retention_get_due (StoreRetention *self);

/* Does one step. Returns the conversation that it removed messages of; 0 for none. */
gint64 store_retention_step (StoreRetention *self);
