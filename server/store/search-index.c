/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/search-index.h"

#include <string.h>

#include <glib/gstdio.h>

#include "shared/search-text.h"
#include "store/sqlite-db.h"
#include "store/sqlite-folder.h"

#define APPLICATION_ID 0x57435378 /* "WCSx" */
#define VERSION        (1000 + SEARCH_TEXT_VERSION)

#define STEP_REMOVED 500   /* messages taken out at once */
#define UNIT_BYTES   256   /* of text: what a message costs beyond one of no length */
#define KNOWN_MAX    65536 /* conversations */

/* The text is kept (folded) beside its words, because to take it out again FTS5 must know it. A
 * word's place is kept, for phrases. prefix: every word that is searched for may be the beginning
 * of one; short ones are so of very many, whose lists FTS5 would have to merge, all of them. Longer
 * ones are spelled out by search-query.c. automerge, hashsize: messages come in large steps;
 * measured. */
#define SCHEMA                                                                                     \
  "CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = 'ascii', columnsize = 0,"               \
  " prefix = '1 2 3');"                                                                            \
  "INSERT INTO words (words, rank) VALUES ('automerge', 8);"                                       \
  "INSERT INTO words (words, rank) VALUES ('hashsize', 4194304);"                                  \
  "CREATE TABLE progress ("                                                                        \
  " conversation INTEGER PRIMARY KEY,"                                                             \
  " removed INTEGER NOT NULL,"                                                                     \
  " last INTEGER NOT NULL,"                                                                        \
  " time INTEGER NOT NULL,"                                                                        \
  " stale INTEGER NOT NULL"                                                                        \
  ") STRICT;"
#define SETTINGS                                                                                   \
  "PRAGMA wal_autocheckpoint = 1000;"                                                              \
  "PRAGMA temp_store = MEMORY;"                                                                    \
  "PRAGMA cache_size = -4096;"

enum
{
  GET_PROGRESS,
  SET_PROGRESS,
  ADD_TEXT,
  REMOVE_TEXTS,
  N_STATEMENTS,
};

static const char *const statements[N_STATEMENTS] = {
  [GET_PROGRESS] = "SELECT removed, last, time, stale FROM progress WHERE conversation = ?",
  [SET_PROGRESS] = "INSERT OR REPLACE INTO progress VALUES (?, ?, ?, ?, ?)",
  [ADD_TEXT] = "INSERT INTO words (rowid, text) VALUES (?, ?)",
  [REMOVE_TEXTS] = "DELETE FROM words WHERE rowid > ? AND rowid <= ?",
};

enum
{
  GET_REMOVED,
  GET_TIME,
  GET_RECENT_TIME,
  LIST_RECENT,
  READ_PLACED,
  READ_RECENT,
  N_HISTORY_STATEMENTS,
};

/* The two tables apart: the conversations that have recent messages are known in each step, and no
 * other one need go through them. */
static const char *const history_statements[N_HISTORY_STATEMENTS] = {
  [GET_REMOVED] = "SELECT removed FROM conversation WHERE id = ?",
  [GET_TIME] = "SELECT time FROM message WHERE id = ?",
  [GET_RECENT_TIME] = "SELECT time FROM recent WHERE id = ?",
  [LIST_RECENT] = "SELECT DISTINCT id >> 32 FROM recent",
  [READ_PLACED] = "SELECT id, time, body FROM message WHERE id > ? AND id < ? ORDER BY id LIMIT ?",
  [READ_RECENT]
  = "SELECT id, time, body FROM recent WHERE id > ? AND id < ? ORDER BY place LIMIT ?",
};

/* How much of a conversation is in the index: those after removed, up to last. */
typedef struct
{
  gint64 conversation; /* the key */
  guint64 removed;
  guint64 last;
  gint64 time;    /* last's, to tell whether it is the very message that the history has */
  gboolean stale; /* it is not: all up to last goes out before anything comes in */
} Progress;

struct _StoreSearchIndex
{
  sqlite3 *db;
  sqlite3 *history;
  sqlite3_stmt *statements[N_STATEMENTS];
  sqlite3_stmt *history_statements[N_HISTORY_STATEMENTS];
  gboolean damaged;
  GString *folded;
  GHashTable *recent; /* in a step: a set of the conversations with recent messages */
  GHashTable *known;  /* a set of owned Progress that agree with the history as it was some time */
};

static gboolean
make_tables (sqlite3 *db, GError **error)
{
  g_autofree char *finish = g_strdup_printf (
      "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", APPLICATION_ID, VERSION);

  return store_db_exec (db, "BEGIN IMMEDIATE;" SCHEMA, error) && store_db_exec (db, finish, error);
}

static gboolean
check_tables (sqlite3 *db, GError **error)
{
  gint64 application, version;

  if (!store_db_get_int (db, "PRAGMA application_id", &application, error)
      || !store_db_get_int (db, "PRAGMA user_version", &version, error))
    return FALSE;
  if (application == 0 && version == 0)
    return make_tables (db, error);
  if (application == APPLICATION_ID && version == VERSION)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: an index of another version",
               sqlite3_db_filename (db, "main"));
  return FALSE;
}

static gboolean
open_index (StoreSearchIndex *self, const char *file, GError **error)
{
  if (!store_folder_make_file (file, error))
    return FALSE;
  self->db = store_db_open_writer (file, STORE_DURABILITY_NORMAL, error);
  if (self->db == NULL || !store_db_exec (self->db, SETTINGS, error)
      || !check_tables (self->db, error))
    return FALSE;
  for (guint i = 0; i < N_STATEMENTS; i++)
    if (!store_db_prepare (self->db, statements[i], &self->statements[i], error))
      return FALSE;
  return TRUE;
}

static void
close_index (StoreSearchIndex *self)
{
  for (guint i = 0; i < N_STATEMENTS; i++)
    g_clear_pointer (&self->statements[i], sqlite3_finalize);
  g_clear_pointer (&self->db, sqlite3_close);
}

void
store_search_index_remove (const char *file)
{
  g_autofree char *wal = g_strconcat (file, "-wal", NULL);
  g_autofree char *shm = g_strconcat (file, "-shm", NULL);

  g_unlink (file);
  g_unlink (wal);
  g_unlink (shm);
}

/* Of what is not a full or failing disk, a new file is the cure. */
static gboolean
is_curable (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA)
         || (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_FAILED)
             && strstr (error->message, "no such ") != NULL);
}

static gboolean
open_or_make_index (StoreSearchIndex *self, const char *file, GError **error)
{
  g_autoptr (GError) why = NULL;

  if (open_index (self, file, &why))
    return TRUE;
  close_index (self);
  if (!is_curable (why))
    {
      g_propagate_error (error, g_steal_pointer (&why));
      return FALSE;
    }
  g_message ("the search index is made anew: %s", why->message);
  store_search_index_remove (file);
  return open_index (self, file, error);
}

static gboolean
open_history (StoreSearchIndex *self, const char *history, GError **error)
{
  self->history = store_db_open_reader (history, error);
  if (self->history == NULL)
    return FALSE;
  for (guint i = 0; i < N_HISTORY_STATEMENTS; i++)
    if (!store_db_prepare (self->history, history_statements[i], &self->history_statements[i],
                           error))
      return FALSE;
  return TRUE;
}

StoreSearchIndex *
store_search_index_open (const char *file, const char *history, GError **error)
{
  StoreSearchIndex *self = g_new0 (StoreSearchIndex, 1);

  self->folded = g_string_new (NULL);
  self->recent = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->known = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  if (!open_history (self, history, error) || !open_or_make_index (self, file, error))
    g_clear_pointer (&self, store_search_index_close);
  return self;
}

void
store_search_index_close (StoreSearchIndex *self)
{
  close_index (self);
  for (guint i = 0; i < N_HISTORY_STATEMENTS; i++)
    sqlite3_finalize (self->history_statements[i]);
  sqlite3_close (self->history);
  g_string_free (self->folded, TRUE);
  g_hash_table_unref (self->recent);
  g_hash_table_unref (self->known);
  g_free (self);
}

gboolean
store_search_index_is_damaged (StoreSearchIndex *self)
{
  int code = sqlite3_errcode (self->db) & 0xff;

  self->damaged = self->damaged || code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
  return self->damaged;
}

sqlite3 *
store_search_index_get_history (StoreSearchIndex *self)
{
  return self->history;
}

sqlite3 *
store_search_index_get_db (StoreSearchIndex *self)
{
  return self->db;
}

static gboolean
list_recent (StoreSearchIndex *self, GError **error)
{
  sqlite3_stmt *statement = self->history_statements[LIST_RECENT];
  int result;

  g_hash_table_remove_all (self->recent);
  while ((result = sqlite3_step (statement)) == SQLITE_ROW)
    {
      gint64 conversation = sqlite3_column_int64 (statement, 0);

      g_hash_table_add (self->recent, g_memdup2 (&conversation, sizeof conversation));
    }
  if (result != SQLITE_DONE)
    store_db_set_error (self->history, error);
  sqlite3_reset (statement);
  return result == SQLITE_DONE;
}

gboolean
store_search_index_begin_step (StoreSearchIndex *self, GError **error)
{
  return store_db_exec (self->history, "BEGIN", error) && list_recent (self, error)
         && store_db_exec (self->db, "BEGIN IMMEDIATE", error);
}

gboolean
store_search_index_end_step (StoreSearchIndex *self, gboolean ok, GError **error)
{
  if (ok)
    ok = store_db_exec (self->db, "COMMIT", error);
  if (!ok)
    {
      store_search_index_is_damaged (self); /* before the next call makes it forget why */
      if (!sqlite3_get_autocommit (self->db))
        store_db_exec (self->db, "ROLLBACK", NULL);
      g_hash_table_remove_all (self->known);
    }
  if (!sqlite3_get_autocommit (self->history))
    store_db_exec (self->history, "COMMIT", NULL);
  return ok;
}

static gboolean
get_progress (StoreSearchIndex *self, Progress *progress, GError **error)
{
  sqlite3_stmt *statement = self->statements[GET_PROGRESS];
  gint64 values[4] = { 0 };
  gboolean found;

  sqlite3_bind_int64 (statement, 1, progress->conversation);
  if (!store_db_get_ints (statement, 4, values, &found, error))
    return FALSE;
  progress->removed = (guint64)values[0];
  progress->last = (guint64)values[1];
  progress->time = values[2];
  progress->stale = values[3] != 0;
  return TRUE;
}

static gboolean
set_progress (StoreSearchIndex *self, const Progress *progress, GError **error)
{
  sqlite3_stmt *statement = self->statements[SET_PROGRESS];

  sqlite3_bind_int64 (statement, 1, progress->conversation);
  sqlite3_bind_int64 (statement, 2, (gint64)progress->removed);
  sqlite3_bind_int64 (statement, 3, (gint64)progress->last);
  sqlite3_bind_int64 (statement, 4, progress->time);
  sqlite3_bind_int (statement, 5, progress->stale);
  return store_db_run (statement, error);
}

/* The time that the history has of a message. */
static gboolean
get_time (StoreSearchIndex *self, gint64 id, gint64 *time, gboolean *found, GError **error)
{
  gint64 conversation = id >> 32;

  for (int i = GET_TIME; i <= GET_RECENT_TIME; i++)
    {
      sqlite3_stmt *statement = self->history_statements[i];

      if (i == GET_RECENT_TIME && !g_hash_table_contains (self->recent, &conversation))
        break;
      sqlite3_bind_int64 (statement, 1, id);
      if (!store_db_get_ints (statement, 1, time, found, error))
        return FALSE;
      if (*found)
        return TRUE;
    }
  return TRUE;
}

/* A history that was put back from an older copy, and went on from there, has other messages under
 * the same numbers. */
static gboolean
check_last (StoreSearchIndex *self, Progress *progress, guint64 removed, GError **error)
{
  gboolean found;
  gint64 time;

  if (progress->stale || progress->last <= removed)
    return TRUE;
  if (!get_time (self, store_db_message_id (progress->conversation, progress->last), &time, &found,
                 error))
    return FALSE;
  progress->stale = !found || time != progress->time;
  return TRUE;
}

/* Takes messages out, from the oldest on, up to a seq. */
static gboolean
take_out (StoreSearchIndex *self, Progress *progress, guint64 up_to, guint *budget, GError **error)
{
  sqlite3_stmt *statement = self->statements[REMOVE_TEXTS];

  while (progress->removed<up_to && * budget> 0)
    {
      guint64 to = MIN (up_to, progress->removed + MIN (*budget, STEP_REMOVED));

      sqlite3_bind_int64 (statement, 1,
                          store_db_message_id (progress->conversation, progress->removed));
      sqlite3_bind_int64 (statement, 2, store_db_message_id (progress->conversation, to));
      if (!store_db_run (statement, error))
        return FALSE;
      *budget -= (guint)(to - progress->removed);
      progress->removed = to;
    }
  return TRUE;
}

static gboolean
take_out_old (
    StoreSearchIndex *self, Progress *progress, guint64 removed, guint *budget, GError **error)
{
  guint64 up_to = progress->stale ? progress->last : MIN (removed, progress->last);

  if (!take_out (self, progress, up_to, budget, error))
    return FALSE;
  if (progress->removed < up_to)
    return TRUE;
  if (progress->stale || progress->last < removed)
    *progress
        = (Progress){ .conversation = progress->conversation, .removed = removed, .last = removed };
  return TRUE;
}

static gboolean
add_text (StoreSearchIndex *self, gint64 id, const char *text, int len, GError **error)
{
  sqlite3_stmt *statement = self->statements[ADD_TEXT];

  g_string_truncate (self->folded, 0);
  search_text_fold (text, (gsize)len, self->folded);
  sqlite3_bind_int64 (statement, 1, id);
  sqlite3_bind_text (statement, 2, self->folded->str, (int)self->folded->len, SQLITE_STATIC);
  return store_db_run (statement, error);
}

static gboolean
add_from (StoreSearchIndex *self, int table, Progress *progress, guint *budget, GError **error)
{
  sqlite3_stmt *read = self->history_statements[table];
  gboolean ok = TRUE;
  int result = SQLITE_DONE;

  sqlite3_bind_int64 (read, 1, store_db_message_id (progress->conversation, progress->last));
  sqlite3_bind_int64 (read, 2, store_db_message_id (progress->conversation + 1, 0));
  sqlite3_bind_int64 (read, 3, *budget);
  while (ok && *budget > 0 && (result = sqlite3_step (read)) == SQLITE_ROW)
    {
      gint64 id = sqlite3_column_int64 (read, 0);
      const char *text = (const char *)sqlite3_column_text (read, 2);
      int len = sqlite3_column_bytes (read, 2);

      ok = add_text (self, id, text, len, error);
      progress->last = id & STORE_SEQ_MAX;
      progress->time = sqlite3_column_int64 (read, 1);
      *budget -= MIN (*budget, 1 + (guint)len / UNIT_BYTES);
    }
  if (ok && result != SQLITE_ROW && result != SQLITE_DONE)
    ok = store_db_set_error (self->history, error);
  sqlite3_reset (read);
  return ok;
}

/* Recent messages come after those in their place: not before the budget has sufficed for these. */
static gboolean
add_new (StoreSearchIndex *self, Progress *progress, guint *budget, GError **error)
{
  if (!add_from (self, READ_PLACED, progress, budget, error))
    return FALSE;
  return *budget == 0 || !g_hash_table_contains (self->recent, &progress->conversation)
         || add_from (self, READ_RECENT, progress, budget, error);
}

static void
keep_known (StoreSearchIndex *self, const Progress *progress)
{
  if (g_hash_table_size (self->known) >= KNOWN_MAX)
    g_hash_table_remove_all (self->known);
  g_hash_table_add (self->known, g_memdup2 (progress, sizeof *progress));
}

static gboolean
is_same (const Progress *a, const Progress *b)
{
  return a->removed == b->removed && a->last == b->last && a->time == b->time
         && a->stale == b->stale;
}

gboolean
store_search_index_catch_up (
    StoreSearchIndex *self, gint64 conversation, guint *budget, gboolean *done, GError **error)
{
  sqlite3_stmt *get_removed = self->history_statements[GET_REMOVED];
  Progress progress = { .conversation = conversation }, before;
  gint64 removed = 0;
  gboolean found;

  sqlite3_bind_int64 (get_removed, 1, conversation);
  if (!store_db_get_ints (get_removed, 1, &removed, &found, error) || !get_progress (self, &progress, error))
    return FALSE;
  before = progress;
  if (!check_last (self, &progress, (guint64)removed, error)
      || !take_out_old (self, &progress, (guint64)removed, budget, error))
    return FALSE;
  if (*budget > 0 && !progress.stale && !add_new (self, &progress, budget, error))
    return FALSE;

  *done = *budget > 0;
  if (!is_same (&before, &progress) && !set_progress (self, &progress, error))
    return FALSE;
  if (*done)
    keep_known (self, &progress);
  return TRUE;
}

gboolean
store_search_index_is_up_to (StoreSearchIndex *self,
                             gint64 conversation,
                             guint64 removed,
                             guint64 last)
{
  const Progress *progress = g_hash_table_lookup (self->known, &conversation);

  return progress != NULL && progress->removed >= removed && progress->last >= last;
}
