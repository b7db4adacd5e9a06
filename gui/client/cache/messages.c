/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The messages that the cache has, and between which of them nothing is missing. */
#include "client/cache/cache-private.h"

#define ROW_COLUMNS "seq, time, own, sender, text"

#define TIME_MAX (G_MAXINT64 >> (CACHE_ID_BITS + 1))

/* --- Putting in --- */

/* The first number that is free for a message of this time. */
static gint64
free_id (CacheDb *db, gint64 time)
{
  gint64 bucket = CLAMP (time, 0, TIME_MAX);

  while (db->rc == SQLITE_OK)
    {
      gint64 lowest = bucket << CACHE_ID_BITS, highest = lowest | ((1 << CACHE_ID_BITS) - 1);
      gint64 last = cache_db_number (db, "SELECT max(id) FROM message WHERE id BETWEEN ? AND ?", "ii", lowest, highest);

      if (last == 0)
        return lowest + 1; /* 0 would be no number */
      if (last < highest)
        return last + 1;
      bucket++; /* thousands in one millisecond: they stand in the next one, for searches */
    }

  return 0;
}

void
cache_keep_row (CacheDb *db, gint64 conversation, const CacheRow *row)
{
  gint64 id;

  if (row->seq == 0 || row->seq > G_MAXINT64
      || cache_db_number (db, "SELECT 1 FROM message WHERE conversation = ? AND seq = ?", "ii", conversation, row->seq) != 0)
    return;

  id = free_id (db, row->time);
  cache_db_run (db, "INSERT INTO message (id, conversation, seq, time, own, sender, text) VALUES (?, ?, ?, ?, ?, ?, ?)", "iiiiiss", id, conversation,
                row->seq, row->time, (gint64) row->own, row->from, row->text);
  cache_db_run (db, "INSERT INTO pending (id) VALUES (?)", "i", id);
  db->tidy = FALSE;
}

void
cache_add_range (CacheDb *db, gint64 conversation, guint64 first, guint64 last)
{
  sqlite3_stmt *stmt;
  gint64 from = MAX (first, 1), to = MIN (last, G_MAXINT64 - 1);

  if (from > to)
    return;

  /* One that begins before and touches it takes it in; those that begin within it, or right after it, are taken in. */
  stmt = cache_db_query (db, "SELECT first, last FROM range WHERE conversation = ? AND first <= ? ORDER BY first DESC LIMIT 1", "ii", conversation, from);
  if (cache_db_next (db, stmt))
    {
      gint64 before_first = sqlite3_column_int64 (stmt, 0), before_last = sqlite3_column_int64 (stmt, 1);

      cache_db_end_query (stmt);
      if (before_last >= to)
        return;
      if (before_last + 1 >= from)
        from = before_first;
    }
  to = MAX (to, cache_db_number (db, "SELECT max(last) FROM range WHERE conversation = ? AND first BETWEEN ? AND ?", "iii", conversation, from, to + 1));
  cache_db_run (db, "DELETE FROM range WHERE conversation = ? AND first BETWEEN ? AND ?", "iii", conversation, from, to);
  cache_db_run (db, "INSERT INTO range (conversation, first, last) VALUES (?, ?, ?)", "iii", conversation, from, to);
}

void
cache_put (CacheDb *db, CacheJob *job)
{
  gint64 conversation = cache_db_conversation (db, job->peer, TRUE);
  guint64 newest = 0;

  for (guint i = 0; i < job->rows->len; i++)
    {
      const CacheRow *row = &g_array_index (job->rows, CacheRow, i);

      cache_keep_row (db, conversation, row);
      newest = MAX (newest, row->seq);
    }
  cache_add_range (db, conversation, job->numbers[0], job->numbers[1]);
  cache_db_run (db, "UPDATE conversation SET known_last = ?2 WHERE id = ?1 AND known_last < ?2", "ii", conversation, MIN (newest, G_MAXINT64));
}

void
cache_forget (CacheDb *db, CacheJob *job)
{
  gint64 old = cache_db_conversation (db, job->peer, FALSE), new;

  if (old == 0)
    return;

  /* At once, however much it is: the messages are cleared away later, in steps. */
  cache_db_run (db, "UPDATE conversation SET peer = NULL WHERE id = ?", "i", old);
  g_hash_table_remove (db->ids, job->peer);
  new = cache_db_conversation (db, job->peer, TRUE);
  cache_db_run (db, "UPDATE conversation SET (last_seen, draft) = (SELECT last_seen, draft FROM conversation WHERE id = ?2) WHERE id = ?1", "ii", new, old);
  cache_db_run (db, "UPDATE conversation SET draft = '' WHERE id = ?", "i", old);
  db->tidy = FALSE;
}

/* --- Reading --- */

void
cache_read_row (sqlite3_stmt *stmt, GArray *rows)
{
  CacheRow row = { 0 };

  row.seq = sqlite3_column_int64 (stmt, 0);
  row.time = sqlite3_column_int64 (stmt, 1);
  row.own = sqlite3_column_int64 (stmt, 2) != 0;
  row.from = cache_column_dup (stmt, 3);
  row.text = cache_column_dup (stmt, 4);
  if (row.text == NULL)
    row.text = g_strdup ("");
  g_array_append_val (rows, row);
}

static void
reverse (GArray *rows)
{
  for (guint i = 0, j = rows->len; i + 1 < j; i++)
    {
      CacheRow row = g_array_index (rows, CacheRow, i);

      j--;
      g_array_index (rows, CacheRow, i) = g_array_index (rows, CacheRow, j);
      g_array_index (rows, CacheRow, j) = row;
    }
}

/* One more than limit shows whether there are further ones. */
static gboolean
read_rows (CacheDb *db, sqlite3_stmt *stmt, GArray *rows, guint limit)
{
  while (cache_db_next (db, stmt))
    {
      if (rows->len >= limit)
        {
          cache_db_end_query (stmt);
          return TRUE;
        }
      cache_read_row (stmt, rows);
    }

  return FALSE;
}

static void
read_down (CacheDb *db, CacheJob *job, gint64 conversation, gint64 first, gint64 top)
{
  sqlite3_stmt *stmt = cache_db_query (db, "SELECT " ROW_COLUMNS " FROM message WHERE conversation = ? AND seq BETWEEN ? AND ? ORDER BY seq DESC LIMIT ?",
                                       "iiii", conversation, first, top, (gint64) job->limit + 1);
  gboolean further = read_rows (db, stmt, job->rows, job->limit);

  reverse (job->rows);
  job->more = further || first > 1;
  job->good = job->rows->len >= job->limit || first <= 1;
}

static void
read_newest (CacheDb *db, CacheJob *job, gint64 conversation)
{
  gint64 top = G_MAXINT64, highest = 0;

  while (job->rows->len == 0)
    {
      sqlite3_stmt *stmt = cache_db_query (db, "SELECT first, last FROM range WHERE conversation = ? AND first <= ? ORDER BY first DESC LIMIT 1", "ii",
                                           conversation, top);
      gint64 first, last;

      if (!cache_db_next (db, stmt))
        break;
      first = sqlite3_column_int64 (stmt, 0);
      last = sqlite3_column_int64 (stmt, 1);
      cache_db_end_query (stmt);

      read_down (db, job, conversation, first, last);
      if (highest == 0)
        highest = last;
      else
        job->good = FALSE;
      if (first <= 1)
        break;
      top = first - 1;
    }
  if (highest == 0)
    job->more = TRUE;
  job->good = job->good && highest > 0 && (guint64) highest >= job->known_last;
}

static void
read_before (CacheDb *db, CacheJob *job, gint64 conversation, gint64 seq)
{
  sqlite3_stmt *stmt;

  job->more = seq > 1;
  job->good = seq <= 1;
  if (seq <= 1)
    return;

  stmt = cache_db_query (db, "SELECT first, last FROM range WHERE conversation = ? AND first < ? ORDER BY first DESC LIMIT 1", "ii", conversation, seq);
  if (cache_db_next (db, stmt))
    {
      gint64 first = sqlite3_column_int64 (stmt, 0), last = sqlite3_column_int64 (stmt, 1);

      cache_db_end_query (stmt);
      if (last >= seq - 1)
        read_down (db, job, conversation, first, seq - 1);
    }
}

static void
read_after (CacheDb *db, CacheJob *job, gint64 conversation, gint64 seq)
{
  sqlite3_stmt *stmt;
  gint64 last = 0;

  job->more = FALSE;
  stmt = cache_db_query (db, "SELECT last FROM range WHERE conversation = ? AND first <= ? ORDER BY first DESC LIMIT 1", "ii", conversation, seq + 1);
  if (cache_db_next (db, stmt))
    {
      last = sqlite3_column_int64 (stmt, 0);
      cache_db_end_query (stmt);
    }
  if (last > seq)
    {
      stmt = cache_db_query (db, "SELECT " ROW_COLUMNS " FROM message WHERE conversation = ? AND seq BETWEEN ? AND ? ORDER BY seq LIMIT ?", "iiii",
                             conversation, seq + 1, last, (gint64) job->limit + 1);
      job->more = read_rows (db, stmt, job->rows, job->limit);
    }
  job->more = job->more || (guint64) MAX (last, seq) < job->known_last;
  job->good = job->rows->len >= job->limit || !job->more;
}

void
cache_read (CacheDb *db, CacheJob *job)
{
  gint64 conversation = cache_db_conversation (db, job->peer, FALSE), seq = MIN (job->numbers[1], G_MAXINT64 - 1);

  job->more = TRUE;
  job->good = FALSE;
  if (conversation == 0)
    return;

  job->known_last = cache_db_number (db, "SELECT known_last FROM conversation WHERE id = ?", "i", conversation);
  switch ((WcHistoryKind) job->numbers[0])
    {
    case WC_HISTORY_NEWEST:
      read_newest (db, job, conversation);
      break;
    case WC_HISTORY_BEFORE:
      read_before (db, job, conversation, seq);
      break;
    case WC_HISTORY_AFTER:
      read_after (db, job, conversation, seq);
      break;
    default:
      g_assert_not_reached ();
    }
}
