/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What those share that change the tables: all on the writer's thread. */
#pragma once

#include <sqlite3.h>

#include "store/conversation-cache.h"
#include "store/recent-nonces.h"
#include "store/sqlite-tables.h"

enum
{
  BEGIN,
  COMMIT,
  ROLLBACK,
  FIND_CONVERSATION,
  ADD_CONVERSATION,
  LAST_MESSAGE,
  FIND_NONCE,
  ADD_MESSAGE,
  ADD_RECENT,
  MOVE_RECENT,
  CLEAR_RECENT,
  GET_SESSION,
  SET_SESSION,
  SET_READ,
  SET_DELIVERED,
  SET_SEEN,
  STORE_N_STATEMENTS,
};

struct _StoreTables
{
  sqlite3 *db;
  sqlite3_stmt *statements[STORE_N_STATEMENTS];
  GArray *touched; /* gint64: conversations that this batch added messages to, each once */
  guint n_batches; /* so far, see StoreConversation.batch */
  int wal_pages;   /* in the WAL after the last commit */

  /* What is known of the table recent without reading it: each conversation that has messages there
   * is in the cache, and each nonce there is among the nonces. Not known at the start and after a
   * rollback: then the next transaction begins by moving all. */
  gboolean recent_known;
  guint n_recent;
  StoreRecentNonces *nonces;
  StoreConversationCache *cache;
};

gboolean store_tables_begin (StoreTables *self, GError **error);
gboolean store_tables_commit (StoreTables *self, GError **error);

/* What was remembered may never have come to be: forgets all. */
void store_tables_roll_back (StoreTables *self);

/* In a transaction: puts the recent messages where they belong, and forgets what was remembered
 * because of them. */
gboolean store_tables_move_recent (StoreTables *self, GError **error);
