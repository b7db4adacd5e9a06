/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sqlite-tables-private.h"

#include <string.h>

#include "store/sqlite-db.h"

#define CHECKPOINT_PAGES     4000 /* 16 MB of WAL */
#define CACHED_CONVERSATIONS 32768

#define RECENT_MAX 2048 /* a reader goes through all of them, twice at most: 0.1 ms each */
#define BATCH_BIG  512  /* messages: from here on the pages they change are full enough of them */

#define COLUMNS "id, sender, time, nonce, body"

static const char *const statements[STORE_N_STATEMENTS] = {
  [BEGIN] = "BEGIN IMMEDIATE",
  [COMMIT] = "COMMIT",
  [ROLLBACK] = "ROLLBACK",
  [FIND_CONVERSATION]
  = "SELECT id, removed, removed_time FROM conversation WHERE lo = ? AND hi = ?",
  [ADD_CONVERSATION] = "INSERT INTO conversation (lo, hi) VALUES (?, ?)",
  [LAST_MESSAGE] = "SELECT id, time FROM message WHERE id > ? AND id < ? ORDER BY id DESC LIMIT 1",
  [FIND_NONCE] = "SELECT id, time FROM message WHERE id >> 32 = ? AND sender = ? AND nonce = ?",
  [ADD_MESSAGE] = "INSERT INTO message (" COLUMNS ") VALUES (?, ?, ?, ?, ?)",
  [ADD_RECENT] = "INSERT INTO recent (" COLUMNS ") VALUES (?, ?, ?, ?, ?)",
  /* OR ROLLBACK: it need not be ready to undo this statement alone, which would cost as much again.
   */
  [MOVE_RECENT] = ("INSERT OR ROLLBACK INTO message (" COLUMNS ")"
                   " SELECT " COLUMNS " FROM recent ORDER BY id"),
  [CLEAR_RECENT] = "DELETE FROM recent",
  [GET_SESSION] = "SELECT value FROM counter WHERE name = 'session'",
  [SET_SESSION] = "UPDATE counter SET value = ? WHERE name = 'session'",
  /* Marks and times only rise. What has been read was delivered too. */
  [SET_READ]
  = "INSERT INTO mark (conversation, side, read, delivered) VALUES (?1, ?2, ?3, ?3)"
    " ON CONFLICT DO UPDATE SET read = excluded.read, delivered = max (delivered, excluded.read)"
    " WHERE excluded.read > read",
  [SET_DELIVERED] = "INSERT INTO mark (conversation, side, read, delivered) VALUES (?1, ?2, 0, ?3)"
                    " ON CONFLICT DO UPDATE SET delivered = excluded.delivered"
                    " WHERE excluded.delivered > delivered",
  [SET_SEEN] = "INSERT INTO seen (id, time) VALUES (?, ?)"
               " ON CONFLICT DO UPDATE SET time = excluded.time WHERE excluded.time > time",
};

gboolean
store_tables_move_recent (StoreTables *self, GError **error)
{
  if (!store_db_run (self->statements[MOVE_RECENT], error)
      || !store_db_run (self->statements[CLEAR_RECENT], error))
    return FALSE;
  self->n_recent = 0;
  self->recent_known = TRUE;
  store_recent_nonces_clear (self->nonces);
  return TRUE;
}

/* Reads which conversation it is, and what was removed of it. */
static gboolean
find_conversation (StoreTables *self,
                   StoreConversation *conversation,
                   gboolean *found,
                   GError **error)
{
  sqlite3_stmt *find = self->statements[FIND_CONVERSATION];
  gint64 values[3] = { 0 };

  sqlite3_bind_text (find, 1, conversation->lo, -1, SQLITE_STATIC);
  sqlite3_bind_text (find, 2, conversation->hi, -1, SQLITE_STATIC);
  if (!store_db_get_ints (find, 3, values, found, error))
    return FALSE;
  conversation->id = values[0];
  conversation->last = (guint64)values[1];
  conversation->last_time = values[2];
  return TRUE;
}

static gboolean
make_conversation (StoreTables *self, StoreConversation *conversation, GError **error)
{
  sqlite3_stmt *add = self->statements[ADD_CONVERSATION];

  sqlite3_bind_text (add, 1, conversation->lo, -1, SQLITE_STATIC);
  sqlite3_bind_text (add, 2, conversation->hi, -1, SQLITE_STATIC);
  if (!store_db_run (add, error))
    return FALSE;
  conversation->id = sqlite3_last_insert_rowid (self->db);
  return TRUE;
}

/* Reads where a conversation without recent messages ends; makes it, if it is to be made and there
 * is none. Else its number stays 0. */
static gboolean
load_conversation (StoreTables *self,
                   StoreConversation *conversation,
                   gboolean make,
                   GError **error)
{
  sqlite3_stmt *last = self->statements[LAST_MESSAGE];
  gint64 newest[2] = { 0 }; /* id and time */
  gboolean found;

  if (!find_conversation (self, conversation, &found, error))
    return FALSE;
  if (!found)
    return !make || make_conversation (self, conversation, error);

  sqlite3_bind_int64 (last, 1, store_db_message_id (conversation->id, 0));
  sqlite3_bind_int64 (last, 2, store_db_message_id (conversation->id + 1, 0));
  if (!store_db_get_ints (last, 2, newest, &found, error))
    return FALSE;
  if (found)
    {
      conversation->last = newest[0] & STORE_SEQ_MAX;
      conversation->last_time = newest[1];
    }
  return TRUE;
}

/* The conversation of one with another. *conversation is NULL when there is none and it is not to
 * be made. */
static gboolean
get_conversation (StoreTables *self,
                  const char *one,
                  const char *other,
                  gboolean make,
                  StoreConversation **conversation,
                  GError **error)
{
  gboolean in_order = strcmp (one, other) <= 0;
  StoreConversation found = { .lo = in_order ? one : other, .hi = in_order ? other : one };

  *conversation = store_conversation_cache_get (self->cache, found.lo, found.hi);
  if (*conversation != NULL)
    return TRUE;
  if (store_conversation_cache_is_full (self->cache))
    {
      if (!store_tables_move_recent (self, error))
        return FALSE;
      store_conversation_cache_clear (self->cache);
    }
  if (!load_conversation (self, &found, make, error))
    return FALSE;
  if (found.id != 0)
    *conversation = store_conversation_cache_add (self->cache, &found);
  return TRUE;
}

static int
get_side (const char *id, const char *peer)
{
  return strcmp (id, peer) <= 0 ? 0 : 1;
}

/* Finds the message that the sender gave this nonce before. */
static gboolean
find_nonce (StoreTables *self, StoreNonce *nonce, gboolean *found, GError **error)
{
  const StoreNonce *recent
      = store_recent_nonces_get (self->nonces, nonce->conversation, nonce->sender, nonce->nonce);
  sqlite3_stmt *find = self->statements[FIND_NONCE];
  gint64 values[2] = { 0 }; /* id and time */

  *found = recent != NULL;
  if (recent != NULL)
    {
      nonce->seq = recent->seq;
      nonce->time = recent->time;
      return TRUE;
    }
  sqlite3_bind_int64 (find, 1, nonce->conversation);
  sqlite3_bind_int (find, 2, nonce->sender);
  sqlite3_bind_text (find, 3, nonce->nonce, -1, SQLITE_STATIC);
  if (!store_db_get_ints (find, 2, values, found, error))
    return FALSE;
  nonce->seq = values[0] & STORE_SEQ_MAX;
  nonce->time = values[1];
  return TRUE;
}

static gboolean
insert (StoreTables *self,
        int statement,
        const StoreMessage *message,
        gint64 conversation,
        int sender,
        GError **error)
{
  sqlite3_stmt *add = self->statements[statement];

  sqlite3_bind_int64 (add, 1, store_db_message_id (conversation, message->seq));
  sqlite3_bind_int (add, 2, sender);
  sqlite3_bind_int64 (add, 3, message->time);
  sqlite3_bind_text (add, 4, message->nonce, -1, SQLITE_STATIC); /* NULL for none */
  sqlite3_bind_text (add, 5, message->text, (int)message->text_len, SQLITE_STATIC);
  return store_db_run (add, error);
}

static gboolean
set_mark (StoreTables *self,
          int statement,
          const StoreConversation *conversation,
          int side,
          guint64 seq,
          GError **error)
{
  sqlite3_stmt *set = self->statements[statement];

  sqlite3_bind_int64 (set, 1, conversation->id);
  sqlite3_bind_int (set, 2, side);
  sqlite3_bind_int64 (set, 3, (gint64)seq);
  return store_db_run (set, error);
}

static gboolean
add_read_mark (StoreTables *self, StoreMessage *mark, GError **error)
{
  int side = get_side (mark->from, mark->to);
  StoreConversation *conversation;

  if (!get_conversation (self, mark->from, mark->to, FALSE, &conversation, error))
    return FALSE;
  mark->seq = MIN (mark->seq, conversation != NULL ? conversation->last : 0);
  mark->repeated = TRUE;
  if (mark->seq == 0)
    return TRUE;
  if (!set_mark (self, SET_READ, conversation, side, mark->seq, error))
    return FALSE;
  mark->repeated = sqlite3_changes (self->db) == 0;
  return TRUE;
}

static gboolean
add_message (StoreTables *self, StoreMessage *message, int statement, GError **error)
{
  int sender = get_side (message->from, message->to);
  StoreNonce nonce = { .sender = sender, .nonce = message->nonce };
  StoreConversation *conversation;

  if (message->kind == STORE_READ_MARK)
    return add_read_mark (self, message, error);
  if (!get_conversation (self, message->from, message->to, TRUE, &conversation, error))
    return FALSE;

  nonce.conversation = conversation->id;
  if (message->nonce != NULL && !find_nonce (self, &nonce, &message->repeated, error))
    return FALSE;
  if (message->repeated)
    {
      message->seq = nonce.seq;
      message->time = nonce.time;
      return TRUE;
    }

  message->seq = nonce.seq = conversation->last + 1;
  message->time = nonce.time = MAX (message->time, conversation->last_time);
  if (!insert (self, statement, message, conversation->id, sender, error))
    return FALSE;
  if (conversation->batch != self->n_batches)
    g_array_append_val (self->touched, conversation->id);
  conversation->batch = self->n_batches;
  conversation->last = message->seq;
  conversation->last_time = message->time;
  if (statement == ADD_RECENT)
    {
      self->n_recent++;
      if (message->nonce != NULL)
        store_recent_nonces_add (self->nonces, &nonce);
    }
  return TRUE;
}

/* Copies the WAL into the database, as far as no reader is in the way. */
static gboolean
checkpoint (StoreTables *self, GError **error)
{
  int result = sqlite3_wal_checkpoint_v2 (self->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);

  self->wal_pages = 0;
  return result == SQLITE_OK || result == SQLITE_BUSY || store_db_set_error (self->db, error);
}

/* After a failure, what room there is on the disk goes to a checkpoint first: then the WAL begins
 * anew in the room that it has. Otherwise it would grow until none is left for the checkpoint. */
gboolean
store_tables_begin (StoreTables *self, GError **error)
{
  if (!self->recent_known && !checkpoint (self, error))
    return FALSE;
  return store_db_run (self->statements[BEGIN], error);
}

gboolean
store_tables_commit (StoreTables *self, GError **error)
{
  return store_db_run (self->statements[COMMIT], error);
}

/* Some errors have rolled back already. */
void
store_tables_roll_back (StoreTables *self)
{
  if (!sqlite3_get_autocommit (self->db))
    store_db_run (self->statements[ROLLBACK], NULL);
  store_conversation_cache_clear (self->cache);
  store_recent_nonces_clear (self->nonces);
  self->n_recent = 0;
  self->recent_known = FALSE;
}

static gboolean
add_batch (StoreTables *self, StoreMessage *batch, guint n, GError **error)
{
  gboolean big = n >= BATCH_BIG;
  gboolean in_the_way = self->n_recent > 0 && (big || self->n_recent + n > RECENT_MAX);

  self->n_batches++;
  g_array_set_size (self->touched, 0);
  if (!store_tables_begin (self, error))
    return FALSE;
  if ((!self->recent_known || in_the_way) && !store_tables_move_recent (self, error))
    return FALSE;
  for (StoreMessage *message = batch; message != NULL; message = message->next)
    if (!add_message (self, message, big ? ADD_MESSAGE : ADD_RECENT, error))
      return FALSE;
  return store_tables_commit (self, error);
}

gboolean
store_tables_add_batch (StoreTables *self, StoreMessage *batch, guint n, GError **error)
{
  if (add_batch (self, batch, n, error))
    return TRUE;
  store_tables_roll_back (self);
  for (StoreMessage *message = batch; message != NULL; message = message->next)
    {
      message->seq = 0;
      message->repeated = FALSE;
    }
  return FALSE;
}

const GArray *
store_tables_get_touched (StoreTables *self)
{
  return self->touched;
}

gboolean
store_tables_get_session (StoreTables *self, guint64 *session, GError **error)
{
  gint64 value = 0;
  gboolean found;

  if (!store_db_get_ints (self->statements[GET_SESSION], 1, &value, &found, error))
    return FALSE;
  if (!found)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   "%s: the counter of sessions is missing",
                   sqlite3_db_filename (self->db, "main"));
      return FALSE;
    }
  *session = (guint64)value;
  return TRUE;
}

gboolean
store_tables_set_session (StoreTables *self, guint64 session, GError **error)
{
  sqlite3_stmt *set = self->statements[SET_SESSION];

  sqlite3_bind_int64 (set, 1, (gint64)session);
  if (store_tables_begin (self, error) && store_db_run (set, error)
      && store_tables_commit (self, error))
    return TRUE;
  store_tables_roll_back (self);
  return FALSE;
}

static gboolean
write_delivered_cb (
    const char *receiver, const char *peer, guint64 seq, gpointer user_data, GError **error)
{
  StoreTables *self = user_data;
  StoreConversation *conversation;

  if (!get_conversation (self, receiver, peer, FALSE, &conversation, error))
    return FALSE;
  if (conversation == NULL)
    return TRUE;
  return set_mark (self, SET_DELIVERED, conversation, get_side (receiver, peer),
                   MIN (seq, conversation->last), error);
}

static gboolean
write_seen_cb (const char *id, gint64 time, gpointer user_data, GError **error)
{
  StoreTables *self = user_data;
  sqlite3_stmt *set = self->statements[SET_SEEN];

  sqlite3_bind_text (set, 1, id, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (set, 2, time);
  return store_db_run (set, error);
}

static gboolean
write_taken (StoreTables *self, StorePendingMarks *pending, GError **error)
{
  if (!store_tables_begin (self, error)
      || (!self->recent_known && !store_tables_move_recent (self, error)))
    return FALSE;
  return store_pending_marks_foreach_taken (pending, write_delivered_cb, write_seen_cb, self, error)
         && store_tables_commit (self, error);
}

gboolean
store_tables_write_marks (StoreTables *self, StorePendingMarks *pending, GError **error)
{
  gboolean written;

  store_pending_marks_take (pending);
  written = write_taken (self, pending, error);
  if (!written)
    store_tables_roll_back (self);
  store_pending_marks_finish (pending, written);
  return written;
}

void
store_tables_checkpoint_if_due (StoreTables *self)
{
  if (self->wal_pages >= CHECKPOINT_PAGES)
    checkpoint (self, NULL);
}

static int
wal_cb (void *user_data, sqlite3 *db, const char *name, int pages)
{
  StoreTables *self = user_data;

  self->wal_pages = pages;
  return SQLITE_OK;
}

static gboolean
open_db (StoreTables *self, const char *file, StoreDurability durability, GError **error)
{
  self->db = store_db_open_writer (file, durability, error);
  if (self->db == NULL || !store_db_migrate (self->db, error))
    return FALSE;
  for (guint i = 0; i < STORE_N_STATEMENTS; i++)
    if (!store_db_prepare (self->db, statements[i], &self->statements[i], error))
      return FALSE;
  sqlite3_wal_hook (self->db, wal_cb, self);
  return TRUE;
}

StoreTables *
store_tables_open (const char *file, StoreDurability durability, GError **error)
{
  StoreTables *self = g_new0 (StoreTables, 1);

  self->touched = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->nonces = store_recent_nonces_new ();
  self->cache = store_conversation_cache_new (CACHED_CONVERSATIONS);
  if (!open_db (self, file, durability, error))
    g_clear_pointer (&self, store_tables_close);
  return self;
}

void
store_tables_close (StoreTables *self)
{
  for (guint i = 0; i < STORE_N_STATEMENTS; i++)
    sqlite3_finalize (self->statements[i]);
  sqlite3_close (self->db);
  g_array_unref (self->touched);
  store_recent_nonces_free (self->nonces);
  store_conversation_cache_free (self->cache);
  g_free (self);
}
