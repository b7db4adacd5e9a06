/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sqlite-writer.h"

#include <string.h>

#include "store/conversation-cache.h"
#include "store/sqlite-db.h"

/* One transaction takes at most so much, so that its senders are answered and a failure stays
 * small. */
#define BATCH_MESSAGES 4096
#define BATCH_BYTES    (4 * 1024 * 1024)

#define CHECKPOINT_PAGES     4000 /* 16 MB of WAL */
#define CACHED_CONVERSATIONS 32768

/* Session numbers are reserved on disk in blocks; the next block is asked for when half of one is
 * used. A crash loses the rest of a block, which does no harm. */
#define SESSION_BLOCK 16384

enum
{
  STATEMENT_BEGIN,
  STATEMENT_COMMIT,
  STATEMENT_ROLLBACK,
  STATEMENT_FIND_CONVERSATION,
  STATEMENT_ADD_CONVERSATION,
  STATEMENT_LAST_MESSAGE,
  STATEMENT_ADD_MESSAGE,
  STATEMENT_FIND_NONCE,
  STATEMENT_GET_SESSION,
  STATEMENT_SET_SESSION,
  N_STATEMENTS,
};

static const char *const statements[N_STATEMENTS] = {
  [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
  [STATEMENT_COMMIT] = "COMMIT",
  [STATEMENT_ROLLBACK] = "ROLLBACK",
  [STATEMENT_FIND_CONVERSATION] = "SELECT id FROM conversation WHERE lo = ? AND hi = ?",
  [STATEMENT_ADD_CONVERSATION] = "INSERT INTO conversation (lo, hi) VALUES (?, ?)",
  [STATEMENT_LAST_MESSAGE]
  = "SELECT seq, time FROM message WHERE conversation = ? ORDER BY seq DESC LIMIT 1",
  [STATEMENT_ADD_MESSAGE]
  = ("INSERT INTO message (conversation, seq, sender, time, nonce, body) VALUES (?, ?, ?, ?, ?, ?)"
     " ON CONFLICT (conversation, sender, nonce) WHERE nonce IS NOT NULL DO NOTHING"),
  [STATEMENT_FIND_NONCE]
  = "SELECT seq, time FROM message WHERE conversation = ? AND sender = ? AND nonce = ?",
  [STATEMENT_GET_SESSION] = "SELECT value FROM counter WHERE name = 'session'",
  [STATEMENT_SET_SESSION] = "UPDATE counter SET value = ? WHERE name = 'session'",
};

struct _StoreWriter
{
  StoreStoredFunc stored;
  gpointer user_data;
  GThread *thread;

  /* The thread's alone */
  sqlite3 *db;
  sqlite3_stmt *statements[N_STATEMENTS];
  StoreConversationCache *cache;
  int wal_pages; /* in the WAL after the last commit */

  GMutex lock; /* guards all that follows */
  GCond wake;  /* the thread waits for it while asleep */
  gboolean asleep;
  gboolean closing;
  StoreMessage *queue; /* appended, not taken by the thread yet */
  StoreMessage **queue_end;
  gsize backlog; /* bytes of the queue and of what the thread has taken */
  guint64 session_next;
  guint64 session_end; /* the first that is not reserved */
  gboolean session_wanted;
};

/* Steps a statement whose result has up to two integers. *found tells whether there was a row. */
static gboolean
get_pair (sqlite3_stmt *statement, gboolean *found, gint64 *first, gint64 *second, GError **error)
{
  int result = sqlite3_step (statement);

  *found = result == SQLITE_ROW;
  if (*found)
    {
      *first = sqlite3_column_int64 (statement, 0);
      if (second != NULL)
        *second = sqlite3_column_int64 (statement, 1);
    }
  else if (result != SQLITE_DONE)
    store_db_set_error (sqlite3_db_handle (statement), error);
  sqlite3_reset (statement);
  return *found || result == SQLITE_DONE;
}

/* Reads where a conversation ends; makes it if there is none. */
static gboolean
load_conversation (StoreWriter *self, StoreConversation *conversation, GError **error)
{
  sqlite3_stmt *find = self->statements[STATEMENT_FIND_CONVERSATION];
  sqlite3_stmt *add = self->statements[STATEMENT_ADD_CONVERSATION];
  sqlite3_stmt *last = self->statements[STATEMENT_LAST_MESSAGE];
  gint64 seq = 0;
  gboolean found;

  sqlite3_bind_text (find, 1, conversation->lo, -1, SQLITE_STATIC);
  sqlite3_bind_text (find, 2, conversation->hi, -1, SQLITE_STATIC);
  if (!get_pair (find, &found, &conversation->id, NULL, error))
    return FALSE;
  if (!found)
    {
      sqlite3_bind_text (add, 1, conversation->lo, -1, SQLITE_STATIC);
      sqlite3_bind_text (add, 2, conversation->hi, -1, SQLITE_STATIC);
      if (!store_db_run (add, error))
        return FALSE;
      conversation->id = sqlite3_last_insert_rowid (self->db);
      return TRUE;
    }
  sqlite3_bind_int64 (last, 1, conversation->id);
  if (!get_pair (last, &found, &seq, &conversation->last_time, error))
    return FALSE;
  conversation->last = (guint64)seq;
  return TRUE;
}

static StoreConversation *
get_conversation (StoreWriter *self, const char *lo, const char *hi, GError **error)
{
  StoreConversation *known = store_conversation_cache_get (self->cache, lo, hi);
  StoreConversation conversation = { .lo = lo, .hi = hi };

  if (known != NULL)
    return known;
  if (!load_conversation (self, &conversation, error))
    return NULL;
  return store_conversation_cache_add (self->cache, &conversation);
}

/* The sender has used this nonce before: the message gets the seq and the time that the first one
 * got. */
static gboolean
repeat_message (
    StoreWriter *self, StoreMessage *message, gint64 conversation, int sender, GError **error)
{
  sqlite3_stmt *find = self->statements[STATEMENT_FIND_NONCE];
  gint64 seq = 0;
  gboolean found;

  sqlite3_bind_int64 (find, 1, conversation);
  sqlite3_bind_int (find, 2, sender);
  sqlite3_bind_text (find, 3, message->nonce, -1, SQLITE_STATIC);
  if (!get_pair (find, &found, &seq, &message->time, error))
    return FALSE;
  if (!found)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   "%s: the index of nonces does not fit the messages",
                   sqlite3_db_filename (self->db, "main"));
      return FALSE;
    }
  message->seq = (guint64)seq;
  message->repeated = TRUE;
  return TRUE;
}

static gboolean
add_message (StoreWriter *self, StoreMessage *message, GError **error)
{
  sqlite3_stmt *add = self->statements[STATEMENT_ADD_MESSAGE];
  int sender = strcmp (message->from, message->to) <= 0 ? 0 : 1;
  StoreConversation *conversation
      = sender == 0 ? get_conversation (self, message->from, message->to, error)
                    : get_conversation (self, message->to, message->from, error);

  if (conversation == NULL)
    return FALSE;

  message->time = MAX (message->time, conversation->last_time);
  sqlite3_bind_int64 (add, 1, conversation->id);
  sqlite3_bind_int64 (add, 2, (gint64)conversation->last + 1);
  sqlite3_bind_int (add, 3, sender);
  sqlite3_bind_int64 (add, 4, message->time);
  sqlite3_bind_text (add, 5, message->nonce, -1, SQLITE_STATIC); /* NULL for none */
  sqlite3_bind_text (add, 6, message->text, (int)message->text_len, SQLITE_STATIC);
  if (!store_db_run (add, error))
    return FALSE;
  if (sqlite3_changes (self->db) == 0)
    return repeat_message (self, message, conversation->id, sender, error);

  message->seq = ++conversation->last;
  conversation->last_time = message->time;
  return TRUE;
}

static gboolean
begin (StoreWriter *self, GError **error)
{
  return store_db_run (self->statements[STATEMENT_BEGIN], error);
}

static gboolean
commit (StoreWriter *self, GError **error)
{
  return store_db_run (self->statements[STATEMENT_COMMIT], error);
}

/* Some errors have rolled back already. What the cache holds of seqs and conversations may never
 * have come to be. */
static void
roll_back (StoreWriter *self)
{
  if (!sqlite3_get_autocommit (self->db))
    store_db_run (self->statements[STATEMENT_ROLLBACK], NULL);
  store_conversation_cache_clear (self->cache);
}

static gboolean
add_batch (StoreWriter *self, StoreMessage *batch, GError **error)
{
  if (!begin (self, error))
    return FALSE;
  for (StoreMessage *message = batch; message != NULL; message = message->next)
    if (!add_message (self, message, error))
      return FALSE;
  return commit (self, error);
}

/* Stores the batch and hands it to its owner. */
static void
store_batch (StoreWriter *self, StoreMessage *batch, gsize bytes)
{
  g_autoptr (GError) error = NULL;

  if (!add_batch (self, batch, &error))
    {
      roll_back (self);
      for (StoreMessage *message = batch; message != NULL; message = message->next)
        {
          message->seq = 0;
          message->repeated = FALSE;
        }
    }

  g_mutex_lock (&self->lock);
  self->backlog -= bytes;
  g_mutex_unlock (&self->lock);
  self->stored (batch, error, self->user_data);
}

/* Cuts as much off the head of the queue as one transaction takes. */
static StoreMessage *
cut_batch (StoreMessage **queue, gsize *bytes)
{
  StoreMessage *batch = *queue, *last = batch;
  guint n = 1;

  *bytes = store_message_get_size (last);
  while (last->next != NULL && n < BATCH_MESSAGES && *bytes < BATCH_BYTES)
    {
      last = last->next;
      *bytes += store_message_get_size (last);
      n++;
    }
  *queue = last->next;
  last->next = NULL;
  return batch;
}

static gboolean
set_session (StoreWriter *self, guint64 value, GError **error)
{
  sqlite3_stmt *set = self->statements[STATEMENT_SET_SESSION];

  sqlite3_bind_int64 (set, 1, (gint64)value);
  if (begin (self, error) && store_db_run (set, error) && commit (self, error))
    return TRUE;
  roll_back (self);
  return FALSE;
}

/* Reserves a further block. When that fails, the next one who asks for a number makes the thread
 * try again. */
static void
reserve_sessions (StoreWriter *self)
{
  guint64 end = self->session_end + SESSION_BLOCK; /* only this thread changes it */
  gboolean reserved = set_session (self, end, NULL);

  g_mutex_lock (&self->lock);
  if (reserved)
    self->session_end = end;
  self->session_wanted = FALSE;
  g_mutex_unlock (&self->lock);
}

/* Copies the WAL into the database once it is long enough to be worth it, and after the senders
 * were answered. When it cannot (a reader is in the way, the disk is full) the WAL grows until a
 * later time, or until commits fail. */
static void
checkpoint_if_due (StoreWriter *self)
{
  if (self->wal_pages < CHECKPOINT_PAGES)
    return;
  self->wal_pages = 0;
  sqlite3_wal_checkpoint_v2 (self->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

static int
wal_cb (void *user_data, sqlite3 *db, const char *name, int pages)
{
  StoreWriter *self = user_data;

  self->wal_pages = pages;
  return SQLITE_OK;
}

/* Sleeps until there is something to do. FALSE when there is nothing left and the writer is to end.
 */
static gboolean
wait_for_work (StoreWriter *self, StoreMessage **queue, gboolean *sessions)
{
  g_mutex_lock (&self->lock);
  while (self->queue == NULL && !self->session_wanted && !self->closing)
    {
      self->asleep = TRUE;
      g_cond_wait (&self->wake, &self->lock);
    }
  self->asleep = FALSE;
  *queue = g_steal_pointer (&self->queue);
  self->queue_end = &self->queue;
  *sessions = self->session_wanted;
  g_mutex_unlock (&self->lock);
  return *queue != NULL || *sessions;
}

static gpointer
writer_thread (gpointer data)
{
  StoreWriter *self = data;
  StoreMessage *queue;
  gboolean sessions;

  while (wait_for_work (self, &queue, &sessions))
    {
      if (sessions)
        reserve_sessions (self);
      while (queue != NULL)
        {
          gsize bytes;
          StoreMessage *batch = cut_batch (&queue, &bytes);

          store_batch (self, batch, bytes);
          checkpoint_if_due (self);
        }
    }
  return NULL;
}

static void
close_db (StoreWriter *self)
{
  for (guint i = 0; i < N_STATEMENTS; i++)
    sqlite3_finalize (self->statements[i]);
  sqlite3_close (self->db);
}

static gboolean
open_db (StoreWriter *self, const char *file, StoreDurability durability, GError **error)
{
  gint64 session = 0;
  gboolean found;

  self->db = store_db_open_writer (file, durability, error);
  if (self->db == NULL || !store_db_migrate (self->db, error))
    return FALSE;
  for (guint i = 0; i < N_STATEMENTS; i++)
    if (!store_db_prepare (self->db, statements[i], &self->statements[i], error))
      return FALSE;
  sqlite3_wal_hook (self->db, wal_cb, self);

  if (!get_pair (self->statements[STATEMENT_GET_SESSION], &found, &session, NULL, error))
    return FALSE;
  if (!found)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   "%s: the counter of sessions is missing", file);
      return FALSE;
    }
  self->session_next = (guint64)session;
  self->session_end = self->session_next + SESSION_BLOCK;
  return set_session (self, self->session_end, error);
}

StoreWriter *
store_writer_new (const char *file,
                  StoreDurability durability,
                  StoreStoredFunc stored,
                  gpointer user_data,
                  GError **error)
{
  StoreWriter *self = g_new0 (StoreWriter, 1);

  self->cache = store_conversation_cache_new (CACHED_CONVERSATIONS);
  if (!open_db (self, file, durability, error))
    {
      close_db (self);
      store_conversation_cache_free (self->cache);
      g_free (self);
      return NULL;
    }
  self->stored = stored;
  self->user_data = user_data;
  self->queue_end = &self->queue;
  g_mutex_init (&self->lock);
  g_cond_init (&self->wake);
  self->thread = g_thread_new ("store-writer", writer_thread, self);
  return self;
}

void
store_writer_free (StoreWriter *self)
{
  g_mutex_lock (&self->lock);
  self->closing = TRUE;
  g_cond_signal (&self->wake);
  g_mutex_unlock (&self->lock);
  g_thread_join (self->thread);

  set_session (self, self->session_next, NULL);
  close_db (self);
  store_conversation_cache_free (self->cache);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->wake);
  g_free (self);
}

/* With the lock held. Returns whether the thread must be woken, by who has let go of the lock. */
static gboolean
must_wake (StoreWriter *self)
{
  gboolean asleep = self->asleep;

  self->asleep = FALSE;
  return asleep;
}

void
store_writer_append (StoreWriter *self, StoreMessage *message)
{
  gboolean wake;

  message->next = NULL;
  g_mutex_lock (&self->lock);
  *self->queue_end = message;
  self->queue_end = &message->next;
  self->backlog += store_message_get_size (message);
  wake = must_wake (self);
  g_mutex_unlock (&self->lock);
  if (wake)
    g_cond_signal (&self->wake);
}

gsize
store_writer_get_backlog (StoreWriter *self)
{
  gsize backlog;

  g_mutex_lock (&self->lock);
  backlog = self->backlog;
  g_mutex_unlock (&self->lock);
  return backlog;
}

guint64
store_writer_next_session (StoreWriter *self)
{
  guint64 session = 0;
  gboolean wake = FALSE;

  g_mutex_lock (&self->lock);
  if (self->session_next < self->session_end)
    session = self->session_next++;
  if (self->session_end - self->session_next <= SESSION_BLOCK / 2 && !self->session_wanted)
    {
      self->session_wanted = TRUE;
      wake = must_wake (self);
    }
  g_mutex_unlock (&self->lock);
  if (wake)
    g_cond_signal (&self->wake);
  return session;
}
