/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/conversation-list.h"

#include "store/sqlite-db.h"

#define STRINGS_BLOCK 4096

/* The newest message of each conversation, but for those in the table recent: to ask for these once
 * a conversation would go through that whole table each time. */
#define LIST                                                                                       \
  "SELECT c.id, c.peer, c.side, c.removed, c.removed_time, newest.id, newest.time,"                \
  " mine.read, theirs.delivered, theirs.read FROM ("                                               \
  " SELECT id, hi AS peer, 0 AS side, removed, removed_time FROM conversation"                     \
  " WHERE lo = ?1 AND (?2 IS NULL OR hi = ?2)"                                                     \
  " UNION ALL"                                                                                     \
  " SELECT id, lo, 1, removed, removed_time FROM conversation"                                     \
  " WHERE hi = ?1 AND lo <> ?1 AND (?2 IS NULL OR lo = ?2)) AS c "                                 \
  "LEFT JOIN message AS newest ON newest.id = (SELECT id FROM message"                             \
  " WHERE id > c.id << 32 AND id < (c.id + 1) << 32 ORDER BY id DESC LIMIT 1) "                    \
  "LEFT JOIN mark AS mine ON mine.conversation = c.id AND mine.side = c.side "                     \
  "LEFT JOIN mark AS theirs ON theirs.conversation = c.id AND theirs.side = 1 - c.side"

/* What the table recent has of one conversation. */
typedef struct
{
  gint64 conversation; /* the key */
  guint64 seq;
  gint64 time;
} Recent;

static gboolean
read_recent (sqlite3 *db, GHashTable *recent, GError **error)
{
  sqlite3_stmt *statement = NULL;
  int result;

  if (!store_db_prepare (db, "SELECT id, time FROM recent ORDER BY place", &statement, error))
    return FALSE;
  while ((result = sqlite3_step (statement)) == SQLITE_ROW)
    {
      gint64 id = sqlite3_column_int64 (statement, 0);
      Recent *newest = g_new (Recent, 1);

      newest->conversation = id >> 32;
      newest->seq = id & STORE_SEQ_MAX;
      newest->time = sqlite3_column_int64 (statement, 1);
      g_hash_table_replace (recent, newest, newest);
    }
  if (result != SQLITE_DONE)
    store_db_set_error (db, error);
  sqlite3_finalize (statement);
  return result == SQLITE_DONE;
}

static guint64
get_seq (sqlite3_stmt *statement, int column)
{
  return (guint64)sqlite3_column_int64 (statement, column); /* 0 for NULL */
}

static StoreListed
get_listed (sqlite3_stmt *statement, GHashTable *recent, GStringChunk *strings)
{
  StoreListed listed = {
    .id = sqlite3_column_int64 (statement, 0),
    .row.peer = g_string_chunk_insert (strings, (const char *)sqlite3_column_text (statement, 1)),
    .side = sqlite3_column_int (statement, 2),
    .removed = get_seq (statement, 3),
    .row.read = get_seq (statement, 7),
    .row.delivered = get_seq (statement, 8),
    .row.peer_read = get_seq (statement, 9),
  };
  const Recent *newest = g_hash_table_lookup (recent, &listed.id);

  if (newest != NULL)
    {
      listed.row.last = newest->seq;
      listed.row.time = newest->time;
    }
  else if (sqlite3_column_type (statement, 5) != SQLITE_NULL)
    {
      listed.row.last = get_seq (statement, 5) & STORE_SEQ_MAX;
      listed.row.time = sqlite3_column_int64 (statement, 6);
    }
  else
    {
      listed.row.last = listed.removed;
      listed.row.time = sqlite3_column_int64 (statement, 4);
    }
  return listed;
}

static gboolean
read_list (sqlite3_stmt *statement,
           GHashTable *recent,
           GArray *items,
           GStringChunk *strings,
           GError **error)
{
  int result;

  while ((result = sqlite3_step (statement)) == SQLITE_ROW)
    {
      StoreListed listed = get_listed (statement, recent, strings);

      if (listed.row.last > 0)
        g_array_append_val (items, listed);
    }
  return result == SQLITE_DONE || store_db_set_error (sqlite3_db_handle (statement), error);
}

static int
newest_first (gconstpointer a, gconstpointer b)
{
  const StoreListed *one = a, *other = b;

  if (one->row.time != other->row.time)
    return one->row.time > other->row.time ? -1 : 1;
  return one->id > other->id ? -1 : 1;
}

StoreConversationList *
store_conversation_list_read (sqlite3 *db, const char *id, const char *conv, GError **error)
{
  g_autoptr (GHashTable) recent = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  g_autoptr (StoreConversationList) self = g_new0 (StoreConversationList, 1);
  g_autoptr (GArray) items = g_array_new (FALSE, FALSE, sizeof (StoreListed));
  sqlite3_stmt *statement = NULL;
  gboolean ok;

  self->strings = g_string_chunk_new (STRINGS_BLOCK);
  if (!read_recent (db, recent, error) || !store_db_prepare (db, LIST, &statement, error))
    return NULL;
  sqlite3_bind_text (statement, 1, id, -1, SQLITE_STATIC);
  sqlite3_bind_text (statement, 2, conv, -1, SQLITE_STATIC); /* NULL for all */
  ok = read_list (statement, recent, items, self->strings, error);
  sqlite3_finalize (statement);
  if (!ok)
    return NULL;
  g_array_sort (items, newest_first);
  self->n_items = items->len;
  self->items = (StoreListed *)(void *)g_array_free (g_steal_pointer (&items), FALSE);
  return g_steal_pointer (&self);
}

void
store_conversation_list_free (StoreConversationList *self)
{
  g_free (self->items);
  g_string_chunk_free (self->strings);
  g_free (self);
}
