/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The index of words, which follows the messages when nobody waits for anything. A message's number there is the one it has in the table of messages: time
 * first, so the index itself has the newest at its end. */
#include "client/cache/cache-private.h"

#include "shared/search-text.h"

#define SAME_TIME_MAX 1000 /* hits beyond the limit, of the same millisecond as the last */

/* A message also has one word that says which conversation it is in, so that a search in one does not go through all of the others. */
static void
place_of (gint64 conversation, GString *place)
{
  g_string_printf (place, "c%" G_GINT64_FORMAT, conversation);
}

void
cache_search_make (CacheDb *db)
{
  /* Prefixes of one and two letters are met by very many messages: they have lists of their own, or these would be put together for each search. */
  static const char SQL[] =
    "DROP TABLE IF EXISTS words;"
    "DROP TABLE IF EXISTS words_data; DROP TABLE IF EXISTS words_idx; DROP TABLE IF EXISTS words_docsize; DROP TABLE IF EXISTS words_config;"
    "CREATE VIRTUAL TABLE words USING fts5 (text, place, content='', tokenize='ascii', prefix='1 2 3');"
    "INSERT OR IGNORE INTO pending SELECT id FROM message;"
    "INSERT OR REPLACE INTO meta VALUES ('words', " G_STRINGIFY (SEARCH_TEXT_VERSION) ");";

  if (db->rc == SQLITE_OK)
    db->rc = sqlite3_exec (db->sqlite, SQL, NULL, NULL, NULL);
  db->tidy = FALSE;
}

/* One that is damaged cannot be dropped as a table: without its name the tables that it is made of can. */
gboolean
cache_search_replace (CacheDb *db)
{
  static const char SQL[] =
    "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'words' AND type = 'table'; PRAGMA writable_schema = RESET;";

  g_hash_table_remove_all (db->statements);
  if (sqlite3_exec (db->sqlite, SQL, NULL, NULL, NULL) != SQLITE_OK)
    return FALSE;

  cache_db_begin (db, FALSE);
  cache_search_make (db);

  return cache_db_end (db);
}

void
cache_search_check (CacheDb *db)
{
  if (cache_db_number (db, "SELECT value FROM meta WHERE name = 'words'", "") != SEARCH_TEXT_VERSION
      || cache_db_number (db, "SELECT 1 FROM sqlite_schema WHERE name = 'words'", "") == 0)
    cache_search_make (db);
}

/* --- Following --- */

/* A page of numbers first, since a statement should not change what it walks through. */
static GArray *
read_numbers (CacheDb *db, sqlite3_stmt *stmt)
{
  GArray *numbers = g_array_new (FALSE, FALSE, sizeof (gint64));

  while (cache_db_next (db, stmt))
    {
      gint64 number = sqlite3_column_int64 (stmt, 0);

      g_array_append_val (numbers, number);
    }

  return numbers;
}

static void
change_index (CacheDb *db, gint64 id, gboolean in)
{
  sqlite3_stmt *stmt = cache_db_query (db, "SELECT text, conversation FROM message WHERE id = ?", "i", id);
  g_autoptr (GString) text = g_string_new (NULL), place = g_string_new (NULL);

  if (!cache_db_next (db, stmt))
    return;

  search_text_fold ((const char *) sqlite3_column_text (stmt, 0), sqlite3_column_bytes (stmt, 0), text);
  place_of (sqlite3_column_int64 (stmt, 1), place);
  cache_db_end_query (stmt);
  if (in)
    cache_db_run (db, "INSERT INTO words (rowid, text, place) VALUES (?, ?, ?)", "iss", id, text->str, place->str);
  else
    cache_db_run (db, "INSERT INTO words (words, rowid, text, place) VALUES ('delete', ?, ?, ?)", "iss", id, text->str, place->str);
}

/* The newest first: they are what is most likely looked for. But rising within the step, for FTS5 begins a new segment for every number that is lower
 * than the one before. */
static gboolean
index_step (CacheDb *db)
{
  g_autoptr (GArray) ids = read_numbers (db, cache_db_query (db, "SELECT id FROM pending ORDER BY id DESC LIMIT ?", "i", (gint64) CACHE_INDEX_STEP));

  for (guint i = ids->len; i > 0; i--)
    {
      gint64 id = g_array_index (ids, gint64, i - 1);

      change_index (db, id, TRUE);
      cache_db_run (db, "DELETE FROM pending WHERE id = ?", "i", id);
    }

  return ids->len > 0;
}

static gboolean
clear_away_step (CacheDb *db)
{
  gint64 conversation = cache_db_number (db, "SELECT id FROM conversation WHERE peer IS NULL LIMIT 1", "");
  g_autoptr (GArray) ids = NULL;

  if (conversation == 0)
    return FALSE;

  ids = read_numbers (db, cache_db_query (db, "SELECT id FROM message WHERE conversation = ? LIMIT ?", "ii", conversation, (gint64) CACHE_INDEX_STEP));
  for (guint i = 0; i < ids->len; i++)
    {
      gint64 id = g_array_index (ids, gint64, i);

      if (cache_db_number (db, "SELECT 1 FROM pending WHERE id = ?", "i", id) != 0)
        cache_db_run (db, "DELETE FROM pending WHERE id = ?", "i", id);
      else
        change_index (db, id, FALSE);
      cache_db_run (db, "DELETE FROM message WHERE id = ?", "i", id);
    }
  if (ids->len == 0)
    {
      cache_db_run (db, "DELETE FROM range WHERE conversation = ?", "i", conversation);
      cache_db_run (db, "DELETE FROM conversation WHERE id = ?", "i", conversation);
    }

  return TRUE;
}

void
cache_tidy (CacheDb *db)
{
  gboolean worked;

  cache_db_begin (db, FALSE);
  worked = index_step (db) || clear_away_step (db);
  if (cache_db_end (db))
    db->tidy = !worked;
}

/* --- Searching --- */

static const int *
job_cancelled (CacheJob *job)
{
  return &job->cancelled;
}

static void
read_hits (CacheDb *db, CacheJob *job, sqlite3_stmt *stmt)
{
  gint64 last_time = 0;

  while (cache_db_next (db, stmt))
    {
      if (job->rows->len >= job->limit && (sqlite3_column_int64 (stmt, 1) != last_time || job->rows->len >= job->limit + SAME_TIME_MAX))
        {
          job->more = TRUE;
          cache_db_end_query (stmt);
          return;
        }
      cache_read_row (stmt, job->rows);
      last_time = sqlite3_column_int64 (stmt, 1);
      g_array_index (job->rows, CacheRow, job->rows->len - 1).peer = cache_column_dup (stmt, 5);
    }
}

void
cache_search (CacheDb *db, CacheJob *job)
{
  static const char SQL[] =
    "SELECT m.seq, m.time, m.own, m.sender, m.text, c.peer FROM words CROSS JOIN message AS m ON m.id = words.rowid"
    " CROSS JOIN conversation AS c ON c.id = m.conversation"
    " WHERE words MATCH ? AND words.rowid < ? AND c.peer NOT NULL ORDER BY words.rowid DESC";
  g_autofree char *query = search_text_query (job->text);
  gint64 conversation = job->peer != NULL ? cache_db_conversation (db, job->peer, FALSE) : 0;
  g_autoptr (GString) match = g_string_new (NULL), place = g_string_new (NULL);
  gint64 before = G_MAXINT64;

  if (query == NULL || (job->peer != NULL && conversation == 0))
    return;

  g_string_printf (match, "(text : (%s))", query);
  if (conversation != 0)
    {
      place_of (conversation, place);
      g_string_append_printf (match, " AND (place : %s)", place->str);
    }
  if (job->time > 0 && job->time < G_MAXINT64 >> CACHE_ID_BITS)
    before = job->time << CACHE_ID_BITS;

  db->interrupted = job_cancelled (job);
  read_hits (db, job, cache_db_query (db, SQL, "si", match->str, before));
  db->interrupted = NULL;
}
