/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/retention.h"

#include "store/sqlite-db.h"
#include "store/sqlite-tables-private.h"

#define PASS_INTERVAL  (60 * 60 * G_TIME_SPAN_SECOND)
#define RETRY_INTERVAL (60 * G_TIME_SPAN_SECOND)
#define DAY_MS         (G_TIME_SPAN_DAY / 1000)

#define STEP_MESSAGES      500 /* removed in one transaction: some milliseconds */
#define STEP_CONVERSATIONS 256 /* looked at without finding anything to remove: about one */

enum
{
  LOOK,
  OLDEST,
  REMOVE,
  SET_REMOVED,
  N_STATEMENTS,
};

static const char *const statements[N_STATEMENTS] = {
  [LOOK] = "SELECT id, (SELECT time FROM message"
           " WHERE id > c.id << 32 AND id < (c.id + 1) << 32 ORDER BY id LIMIT 1)"
           " FROM conversation AS c WHERE id > ? ORDER BY id LIMIT ?",
  [OLDEST] = "SELECT id, time FROM message WHERE id > ? AND id < ? ORDER BY id LIMIT ?",
  [REMOVE] = "DELETE FROM message WHERE id > ? AND id <= ?",
  [SET_REMOVED] = "UPDATE conversation SET removed = ?, removed_time = ? WHERE id = ?",
};

struct _StoreRetention
{
  StoreTables *tables;
  sqlite3_stmt *statements[N_STATEMENTS]; /* prepared when first needed */
  guint days;
  gint64 due;
  gint64 before; /* of this pass: older messages are removed, ms */
  gboolean passing;
  gint64 conversation; /* this pass is done with those up to here */
};

/* The old messages at the beginning of a conversation, as many as one step removes. */
typedef struct
{
  gint64 conversation;
  gint64 last_id; /* 0 for none */
  gint64 last_time;
} Removal;

StoreRetention *
store_retention_new (StoreTables *tables, guint days)
{
  StoreRetention *self = g_new0 (StoreRetention, 1);

  self->tables = tables;
  self->days = days;
  self->due = days != 0 ? g_get_monotonic_time () : G_MAXINT64;
  return self;
}

void
store_retention_free (StoreRetention *self)
{
  for (guint i = 0; i < N_STATEMENTS; i++)
    sqlite3_finalize (self->statements[i]);
  g_free (self);
}

gint64
store_retention_get_due (StoreRetention *self)
{
  return self->due;
}

static gboolean
prepare (StoreRetention *self, GError **error)
{
  for (guint i = 0; i < N_STATEMENTS; i++)
    if (self->statements[i] == NULL
        && !store_db_prepare (self->tables->db, statements[i], &self->statements[i], error))
      return FALSE;
  return TRUE;
}

/* What is old is in its place before the pass looks for it there. */
static gboolean
begin_pass (StoreRetention *self, GError **error)
{
  StoreTables *tables = self->tables;

  self->passing = TRUE;
  self->conversation = 0;
  self->before = g_get_real_time () / 1000 - self->days * DAY_MS;
  if (tables->recent_known && tables->n_recent == 0)
    return TRUE;
  return store_tables_begin (tables, error) && store_tables_move_recent (tables, error)
         && store_tables_commit (tables, error);
}

/* Goes on to the next conversation with old messages, and no further than a step may. *done: there
 * is none. */
static gboolean
look (StoreRetention *self, gint64 *found, gboolean *done, GError **error)
{
  sqlite3_stmt *statement = self->statements[LOOK];
  int result, n = 0;

  *found = 0;
  sqlite3_bind_int64 (statement, 1, self->conversation);
  sqlite3_bind_int (statement, 2, STEP_CONVERSATIONS);
  while (*found == 0 && (result = sqlite3_step (statement)) == SQLITE_ROW)
    {
      gint64 conversation = sqlite3_column_int64 (statement, 0);

      n++;
      if (sqlite3_column_type (statement, 1) != SQLITE_NULL
          && sqlite3_column_int64 (statement, 1) < self->before)
        *found = conversation;
      else
        self->conversation = conversation;
    }
  *done = *found == 0 && n < STEP_CONVERSATIONS;
  if (result != SQLITE_ROW && result != SQLITE_DONE)
    store_db_set_error (self->tables->db, error);
  sqlite3_reset (statement);
  return result == SQLITE_ROW || result == SQLITE_DONE;
}

static gboolean
find_old (StoreRetention *self, Removal *removal, GError **error)
{
  sqlite3_stmt *statement = self->statements[OLDEST];
  int result;

  sqlite3_bind_int64 (statement, 1, store_db_message_id (removal->conversation, 0));
  sqlite3_bind_int64 (statement, 2, store_db_message_id (removal->conversation + 1, 0));
  sqlite3_bind_int (statement, 3, STEP_MESSAGES);
  while ((result = sqlite3_step (statement)) == SQLITE_ROW
         && sqlite3_column_int64 (statement, 1) < self->before)
    {
      removal->last_id = sqlite3_column_int64 (statement, 0);
      removal->last_time = sqlite3_column_int64 (statement, 1);
    }
  if (result != SQLITE_ROW && result != SQLITE_DONE)
    store_db_set_error (self->tables->db, error);
  sqlite3_reset (statement);
  return result == SQLITE_ROW || result == SQLITE_DONE;
}

static gboolean
remove_old (StoreRetention *self, const Removal *removal, GError **error)
{
  sqlite3_stmt *rows = self->statements[REMOVE], *set = self->statements[SET_REMOVED];

  sqlite3_bind_int64 (rows, 1, store_db_message_id (removal->conversation, 0));
  sqlite3_bind_int64 (rows, 2, removal->last_id);
  sqlite3_bind_int64 (set, 1, removal->last_id & STORE_SEQ_MAX);
  sqlite3_bind_int64 (set, 2, removal->last_time);
  sqlite3_bind_int64 (set, 3, removal->conversation);
  return store_tables_begin (self->tables, error) && store_db_run (rows, error)
         && store_db_run (set, error) && store_tables_commit (self->tables, error);
}

static gboolean
step (StoreRetention *self, gint64 *touched, GError **error)
{
  Removal removal = { 0 };
  gboolean done;

  if (!prepare (self, error) || (!self->passing && !begin_pass (self, error))
      || !look (self, &removal.conversation, &done, error))
    return FALSE;
  if (removal.conversation != 0)
    {
      if (!find_old (self, &removal, error) || !remove_old (self, &removal, error))
        return FALSE;
      *touched = removal.conversation;
    }
  self->due = g_get_monotonic_time ();
  if (done)
    {
      self->due += PASS_INTERVAL;
      self->passing = FALSE;
    }
  return TRUE;
}

gint64
store_retention_step (StoreRetention *self)
{
  g_autoptr (GError) error = NULL;
  gint64 touched = 0;

  if (step (self, &touched, &error))
    return touched;
  g_warning ("old messages were not removed: %s", error->message);
  store_tables_roll_back (self->tables);
  self->passing = FALSE;
  self->due = g_get_monotonic_time () + RETRY_INTERVAL;
  return 0;
}
