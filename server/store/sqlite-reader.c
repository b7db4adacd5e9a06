/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sqlite-reader.h"

#include <string.h>

#include "store/conversation-list.h"
#include "store/sqlite-db.h"

#define N_THREADS 2
#define KEPT_BYTES                                                                                 \
  262144 /* a connection's buffer that grew beyond this for one page is given back */

/* Only if they are sorted by a column that they select does SQLite merge the two tables of the view
 * as it goes, and not sort the whole conversation first. */
#define PAGE "SELECT id, time, sender, nonce, body FROM history WHERE id > ? AND id < ? "

enum
{
  STATEMENT_FIND,
  STATEMENT_LAST,
  STATEMENT_MARK,
  STATEMENT_RISING,
  STATEMENT_FALLING,
  N_STATEMENTS,
};

static const char *const statements[N_STATEMENTS] = {
  [STATEMENT_FIND] = "SELECT id, removed FROM conversation WHERE lo = ? AND hi = ?",
  [STATEMENT_LAST] = "SELECT id FROM history WHERE id > ? AND id < ? ORDER BY id DESC LIMIT 1",
  [STATEMENT_MARK] = "SELECT delivered FROM mark WHERE conversation = ? AND side = ?",
  [STATEMENT_RISING] = PAGE "ORDER BY id LIMIT ?",
  [STATEMENT_FALLING] = PAGE "ORDER BY id DESC LIMIT ?",
};

/* One connection, used by one thread at a time. */
typedef struct
{
  sqlite3 *db;
  sqlite3_stmt *statements[N_STATEMENTS];
  GArray *rows; /* StoreRow; text and nonce are offsets into bytes until the page is whole */
  GByteArray *bytes;
} Connection;

typedef struct
{
  StoreRange range;
  StorePageFunc page; /* what is asked for: this, or a list */
  StoreListFunc list;
  gpointer user_data;
  const char *lo; /* of a page; the asker is side 0 or 1 */
  const char *hi;
  int side;
  const char *id; /* of a list */
  char ids[];
} Job;

struct _StoreReaders
{
  char *file;
  StorePendingMarks *pending;
  GThreadPool *pool;
  GMutex lock;
  GPtrArray *idle; /* owned Connections that no thread is using; under lock */
};

static void
connection_free (Connection *self)
{
  for (guint i = 0; i < N_STATEMENTS; i++)
    sqlite3_finalize (self->statements[i]);
  sqlite3_close (self->db);
  g_array_unref (self->rows);
  g_byte_array_unref (self->bytes);
  g_free (self);
}

static Connection *
connection_new (const char *file, GError **error)
{
  Connection *self = g_new0 (Connection, 1);
  gboolean ready;

  self->rows = g_array_new (FALSE, FALSE, sizeof (StoreRow));
  self->bytes = g_byte_array_new ();
  self->db = store_db_open_reader (file, error);
  ready = self->db != NULL;
  for (guint i = 0; ready && i < N_STATEMENTS; i++)
    ready = store_db_prepare (self->db, statements[i], &self->statements[i], error);
  if (!ready)
    g_clear_pointer (&self, connection_free);
  return self;
}

/* Takes an idle connection, or opens one: so there are never more than threads. */
static Connection *
take_connection (StoreReaders *self, GError **error)
{
  Connection *connection = NULL;

  g_mutex_lock (&self->lock);
  if (self->idle->len > 0)
    connection = g_ptr_array_steal_index_fast (self->idle, self->idle->len - 1);
  g_mutex_unlock (&self->lock);

  return connection != NULL ? connection : connection_new (self->file, error);
}

static void
give_back_connection (StoreReaders *self, Connection *connection)
{
  g_array_set_size (connection->rows, 0);
  if (connection->bytes->len > KEPT_BYTES)
    {
      g_byte_array_unref (connection->bytes);
      connection->bytes = g_byte_array_new ();
    }
  g_byte_array_set_size (connection->bytes, 0);

  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->idle, connection);
  g_mutex_unlock (&self->lock);
}

/* Copies a column with a NUL after it, and returns where in the bytes it is. */
static const char *
keep_column (Connection *self, sqlite3_stmt *statement, int column)
{
  gsize offset = self->bytes->len;
  const guint8 *text = sqlite3_column_text (statement, column);

  g_byte_array_append (self->bytes, text != NULL ? text : (const guint8 *)"",
                       (guint)sqlite3_column_bytes (statement, column));
  g_byte_array_append (self->bytes, (const guint8 *)"", 1);
  return GSIZE_TO_POINTER (offset);
}

static void
keep_row (Connection *self, sqlite3_stmt *statement, const Job *job)
{
  StoreRow row = {
    .seq = sqlite3_column_int64 (statement, 0) & STORE_SEQ_MAX,
    .time = sqlite3_column_int64 (statement, 1),
    .from = sqlite3_column_int (statement, 2) == 0 ? job->lo : job->hi,
  };

  row.text = keep_column (self, statement, 4);
  row.text_len = (guint)sqlite3_column_bytes (statement, 4);
  if (sqlite3_column_type (statement, 3) != SQLITE_NULL)
    row.nonce = keep_column (self, statement, 3);
  else
    row.nonce = GSIZE_TO_POINTER (G_MAXSIZE);
  g_array_append_val (self->rows, row);
}

/* The bytes have stopped moving: offsets become pointers. The rows were read newest first when
 * falling. */
static void
finish_rows (Connection *self, gboolean falling)
{
  StoreRow *rows = (StoreRow *)(void *)self->rows->data;
  const char *base = (const char *)self->bytes->data;
  guint n = self->rows->len;

  for (guint i = 0; i < n; i++)
    {
      rows[i].text = base + GPOINTER_TO_SIZE (rows[i].text);
      rows[i].nonce = GPOINTER_TO_SIZE (rows[i].nonce) == G_MAXSIZE
                          ? NULL
                          : base + GPOINTER_TO_SIZE (rows[i].nonce);
    }
  for (guint i = 0; falling && i < n / 2; i++)
    {
      StoreRow row = rows[i];

      rows[i] = rows[n - 1 - i];
      rows[n - 1 - i] = row;
    }
}

static gboolean
is_falling (const StoreRange *range)
{
  return range->after == 0 && !(range->from_start && range->before == 0);
}

/* Those after a seq and before another one; before 0 is the end. */
static void
bind_range (sqlite3_stmt *statement, gint64 conversation, guint64 after, guint64 before)
{
  gboolean to_end = before == 0 || before > STORE_SEQ_MAX;

  sqlite3_bind_int64 (statement, 1, store_db_message_id (conversation, after));
  sqlite3_bind_int64 (statement, 2,
                      to_end ? store_db_message_id (conversation + 1, 0)
                             : store_db_message_id (conversation, before));
}

static gboolean
read_rows (Connection *self, const Job *job, gint64 conversation, StorePage *page, GError **error)
{
  const StoreRange *range = &job->range;
  gboolean falling = is_falling (range);
  sqlite3_stmt *statement = self->statements[falling ? STATEMENT_FALLING : STATEMENT_RISING];
  guint limit = MIN (range->limit, STORE_PAGE_MAX);
  int result;

  bind_range (statement, conversation, range->after, range->before);
  sqlite3_bind_int64 (statement, 3, (gint64)limit + 1); /* one more tells whether there are more */

  while ((result = sqlite3_step (statement)) == SQLITE_ROW && self->rows->len < limit)
    keep_row (self, statement, job);
  if (result != SQLITE_ROW && result != SQLITE_DONE)
    store_db_set_error (self->db, error);
  sqlite3_reset (statement);

  finish_rows (self, falling);
  page->rows = (const StoreRow *)(void *)self->rows->data;
  page->n_rows = self->rows->len;
  page->more = result == SQLITE_ROW;
  return result == SQLITE_ROW || result == SQLITE_DONE;
}

static gboolean
read_last (Connection *self,
           const Job *job,
           gint64 conversation,
           guint64 removed,
           StorePage *page,
           GError **error)
{
  sqlite3_stmt *last = self->statements[STATEMENT_LAST];
  gboolean in_rows
      = page->n_rows > 0 && job->range.before == 0 && (is_falling (&job->range) || !page->more);
  gint64 newest = 0;

  if (in_rows)
    {
      page->last = page->rows[page->n_rows - 1].seq;
      return TRUE;
    }
  bind_range (last, conversation, 0, 0);
  if (!store_db_get_ints (last, 1, &newest, NULL, error))
    return FALSE;
  page->last = MAX ((guint64)newest & STORE_SEQ_MAX, removed);
  return TRUE;
}

/* How far the asker's devices were sent the conversation; pending is what is on disk later. */
static gboolean
read_delivered (Connection *self,
                const Job *job,
                gint64 conversation,
                guint64 pending,
                StorePage *page,
                GError **error)
{
  sqlite3_stmt *mark = self->statements[STATEMENT_MARK];
  gint64 delivered = 0;

  sqlite3_bind_int64 (mark, 1, conversation);
  sqlite3_bind_int (mark, 2, job->side);
  if (!store_db_get_ints (mark, 1, &delivered, NULL, error))
    return FALSE;
  page->delivered = MIN (MAX ((guint64)delivered, pending), page->last);
  return TRUE;
}

static gboolean
read_page (Connection *self, const Job *job, guint64 pending, StorePage *page, GError **error)
{
  sqlite3_stmt *find = self->statements[STATEMENT_FIND];
  gint64 found[2] = { 0, 0 }; /* the conversation, and what was removed of it */

  sqlite3_bind_text (find, 1, job->lo, -1, SQLITE_STATIC);
  sqlite3_bind_text (find, 2, job->hi, -1, SQLITE_STATIC);
  if (!store_db_get_ints (find, 2, found, NULL, error))
    return FALSE;
  if (found[0] == 0)
    return TRUE;
  page->removed = (guint64)found[1];
  return read_rows (self, job, found[0], page, error)
         && read_last (self, job, found[0], (guint64)found[1], page, error)
         && read_delivered (self, job, found[0], pending, page, error);
}

static void
run_page (StoreReaders *self, Connection *connection, const Job *job, GError **error)
{
  const char *asker = job->side == 0 ? job->lo : job->hi,
             *peer = job->side == 0 ? job->hi : job->lo;
  guint64 pending = store_pending_marks_get_delivered (self->pending, asker, peer);
  StorePage page = { 0 };
  gboolean ok = FALSE;

  /* One transaction: the rows and the newest seq are of the same moment. */
  if (connection != NULL && store_db_exec (connection->db, "BEGIN", error))
    {
      ok = read_page (connection, job, pending, &page, error);
      store_db_exec (connection->db, "COMMIT", NULL);
    }
  job->page (ok ? &page : NULL, *error, job->user_data);
}

static void
give_list (const Job *job, const StoreConversationList *list, GHashTable *pending)
{
  g_autofree StoreConversationRow *rows = g_new (StoreConversationRow, list->n_items + 1);

  for (guint i = 0; i < list->n_items; i++)
    {
      const gint64 *delivered = g_hash_table_lookup (pending, list->items[i].row.peer);

      rows[i] = list->items[i].row;
      if (delivered != NULL)
        rows[i].delivered = MIN (MAX (rows[i].delivered, (guint64)*delivered), rows[i].last);
    }
  job->list (rows, list->n_items, NULL, job->user_data);
}

static void
run_list (StoreReaders *self, Connection *connection, const Job *job, GError **error)
{
  g_autoptr (GHashTable) pending = store_pending_marks_collect_delivered (self->pending, job->id);
  g_autoptr (StoreConversationList) list = NULL;

  if (connection != NULL && store_db_exec (connection->db, "BEGIN", error))
    {
      list = store_conversation_list_read (connection->db, job->id, NULL, error);
      store_db_exec (connection->db, "COMMIT", NULL);
    }
  if (list != NULL)
    give_list (job, list, pending);
  else
    job->list (NULL, 0, *error, job->user_data);
}

static void
job_cb (gpointer data, gpointer user_data)
{
  g_autofree Job *job = data;
  StoreReaders *self = user_data;
  g_autoptr (GError) error = NULL;
  Connection *connection = take_connection (self, &error);

  if (job->page != NULL)
    run_page (self, connection, job, &error);
  else
    run_list (self, connection, job, &error);
  if (connection != NULL)
    give_back_connection (self, connection);
}

StoreReaders *
store_readers_new (const char *file, StorePendingMarks *pending)
{
  StoreReaders *self = g_new0 (StoreReaders, 1);

  self->file = g_strdup (file);
  self->pending = pending;
  self->idle = g_ptr_array_new_with_free_func ((GDestroyNotify)connection_free);
  g_mutex_init (&self->lock);
  self->pool = g_thread_pool_new (job_cb, self, N_THREADS, FALSE, NULL);
  return self;
}

void
store_readers_free (StoreReaders *self)
{
  g_thread_pool_free (self->pool, FALSE, TRUE);
  g_ptr_array_unref (self->idle);
  g_mutex_clear (&self->lock);
  g_free (self->file);
  g_free (self);
}

/* An error would mean that no further thread could be started: the job is in the queue all the
 * same, and a thread that there is takes it. */
static void
push (StoreReaders *self, Job *job)
{
  g_thread_pool_push (self->pool, job, NULL);
}

void
store_readers_read (StoreReaders *self,
                    const char *a,
                    const char *b,
                    const StoreRange *range,
                    StorePageFunc func,
                    gpointer user_data)
{
  gboolean in_order = strcmp (a, b) < 0;
  const char *lo = in_order ? a : b, *hi = in_order ? b : a;
  gsize lo_size = strlen (lo) + 1, hi_size = strlen (hi) + 1;
  Job *job = g_malloc (sizeof *job + lo_size + hi_size);

  *job = (Job){ .range = *range, .page = func, .user_data = user_data, .side = in_order ? 0 : 1 };
  job->lo = memcpy (job->ids, lo, lo_size);
  job->hi = memcpy (job->ids + lo_size, hi, hi_size);
  push (self, job);
}

void
store_readers_list (StoreReaders *self, const char *id, StoreListFunc func, gpointer user_data)
{
  gsize size = strlen (id) + 1;
  Job *job = g_malloc (sizeof *job + size);

  *job = (Job){ .list = func, .user_data = user_data };
  job->id = memcpy (job->ids, id, size);
  push (self, job);
}

static gboolean
load_seen (Connection *self, StoreSeenFunc func, gpointer user_data, GError **error)
{
  sqlite3_stmt *statement = NULL;
  int result;

  if (!store_db_prepare (self->db, "SELECT id, time FROM seen", &statement, error))
    return FALSE;
  while ((result = sqlite3_step (statement)) == SQLITE_ROW)
    func ((const char *)sqlite3_column_text (statement, 0), sqlite3_column_int64 (statement, 1),
          user_data);
  if (result != SQLITE_DONE)
    store_db_set_error (self->db, error);
  sqlite3_finalize (statement);
  return result == SQLITE_DONE;
}

gboolean
store_readers_load_seen (StoreReaders *self, StoreSeenFunc func, gpointer user_data, GError **error)
{
  Connection *connection = take_connection (self, error);
  gboolean loaded;

  if (connection == NULL)
    return FALSE;
  loaded = load_seen (connection, func, user_data, error);
  connection_free (connection); /* nobody has asked for anything yet */
  return loaded;
}
