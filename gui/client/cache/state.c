/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the cache keeps of a conversation but its messages: marks, the draft, and what waits to be sent. */
#include "client/cache/cache-private.h"

static guint64
number_up_to (guint64 number)
{
  return MIN (number, G_MAXINT64);
}

void
cache_set_marks (CacheDb *db, CacheJob *job)
{
  gint64 conversation = cache_db_conversation (db, job->peer, TRUE);

  cache_db_run (db,
                "UPDATE conversation SET known_last = max (known_last, ?2), read = max (read, ?3), delivered = max (delivered, ?4),"
                " peer_read = max (peer_read, ?5) WHERE id = ?1 AND (known_last < ?2 OR read < ?3 OR delivered < ?4 OR peer_read < ?5)",
                "iiiii", conversation, number_up_to (job->numbers[0]), number_up_to (job->numbers[1]), number_up_to (job->numbers[2]),
                number_up_to (job->numbers[3]));
}

void
cache_set_held (CacheDb *db, CacheJob *job)
{
  gint64 conversation = cache_db_conversation (db, job->peer, TRUE);

  cache_db_run (db, "UPDATE conversation SET held = ?2 WHERE id = ?1 AND held < ?2", "ii", conversation, number_up_to (job->numbers[0]));
}

void
cache_set_last_seen (CacheDb *db, CacheJob *job)
{
  cache_db_run (db, "UPDATE conversation SET last_seen = ?2 WHERE id = ?1", "ii", cache_db_conversation (db, job->peer, TRUE), job->time);
}

void
cache_set_draft (CacheDb *db, CacheJob *job)
{
  cache_db_run (db, "UPDATE conversation SET draft = ?2 WHERE id = ?1", "is", cache_db_conversation (db, job->peer, TRUE), job->text);
}

/* --- The outbox --- */

void
cache_put_outgoing (CacheDb *db, CacheJob *job)
{
  gint64 conversation = cache_db_conversation (db, job->peer, TRUE);

  if (cache_db_number (db, "SELECT 1 FROM outgoing WHERE nonce = ?", "s", job->nonce) != 0)
    cache_db_run (db, "DELETE FROM outgoing WHERE nonce = ?", "s", job->nonce);
  else
    cache_db_run (db, "UPDATE conversation SET draft = '' WHERE id = ?", "i", conversation);
  cache_db_run (db, "INSERT INTO outgoing (nonce, peer, text, time) VALUES (?, ?, ?, ?)", "sssi", job->nonce, job->peer, job->text, job->time);
}

void
cache_sent (CacheDb *db, CacheJob *job)
{
  const CacheRow *row = &g_array_index (job->rows, CacheRow, 0);
  gint64 conversation = cache_db_conversation (db, job->peer, TRUE);

  cache_db_run (db, "DELETE FROM outgoing WHERE nonce = ?", "s", job->nonce);
  if (row->seq == 0)
    return; /* a base server: there is no place for it */

  cache_keep_row (db, conversation, row);
  cache_add_range (db, conversation, row->seq, row->seq);
  cache_db_run (db, "UPDATE conversation SET known_last = ?2 WHERE id = ?1 AND known_last < ?2", "ii", conversation, number_up_to (row->seq));
}

void
cache_fail_outgoing (CacheDb *db, CacheJob *job)
{
  cache_db_run (db, "UPDATE outgoing SET error = ? WHERE nonce = ?", "ss", job->text, job->nonce);
}

void
cache_remove_outgoing (CacheDb *db, CacheJob *job)
{
  cache_db_run (db, "DELETE FROM outgoing WHERE nonce = ?", "s", job->nonce);
}

/* --- Loading --- */

static void
load_unread (CacheDb *db, gint64 conversation, CacheState *state)
{
  guint64 above = state->held > WC_CACHE_UNREAD_MAX ? MAX (state->read, state->held - WC_CACHE_UNREAD_MAX) : state->read;
  sqlite3_stmt *stmt = cache_db_query (db, "SELECT seq FROM message WHERE conversation = ? AND seq > ? AND seq <= ? AND own = 0 ORDER BY seq", "iii",
                                       conversation, above, state->held);

  while (cache_db_next (db, stmt))
    {
      guint64 seq = sqlite3_column_int64 (stmt, 0);

      g_array_append_val (state->unread_seqs, seq);
    }
}

static void
load_last (CacheDb *db, gint64 conversation, CacheState *state)
{
  sqlite3_stmt *stmt = cache_db_query (db, "SELECT seq, time, own, sender, text FROM message WHERE conversation = ? ORDER BY seq DESC LIMIT 1", "i",
                                       conversation);

  if (cache_db_next (db, stmt))
    {
      cache_read_row (stmt, state->last);
      cache_db_end_query (stmt);
    }
}

static void
load_outbox (CacheDb *db, GPtrArray *outbox)
{
  sqlite3_stmt *stmt = cache_db_query (db, "SELECT nonce, peer, text, time, error FROM outgoing ORDER BY position", "");

  while (cache_db_next (db, stmt))
    {
      WcCachedOutgoing *outgoing = g_new0 (WcCachedOutgoing, 1);

      g_ptr_array_add (outbox, outgoing);
      outgoing->nonce = cache_column_dup (stmt, 0);
      outgoing->peer = cache_column_dup (stmt, 1);
      outgoing->text = cache_column_dup (stmt, 2);
      outgoing->time = sqlite3_column_int64 (stmt, 3);
      outgoing->error = cache_column_dup (stmt, 4);
    }
}

void
cache_load (CacheDb *db, CacheJob *job)
{
  sqlite3_stmt *stmt = cache_db_query (db, "SELECT id, peer, known_last, held, read, delivered, peer_read, last_seen, draft FROM conversation WHERE peer NOT NULL",
                                       "");

  while (cache_db_next (db, stmt))
    {
      CacheState *state = g_new0 (CacheState, 1);
      gint64 conversation = sqlite3_column_int64 (stmt, 0);

      g_ptr_array_add (job->states, state);
      state->peer = cache_column_dup (stmt, 1);
      state->known_last = sqlite3_column_int64 (stmt, 2);
      state->held = sqlite3_column_int64 (stmt, 3);
      state->read = sqlite3_column_int64 (stmt, 4);
      state->delivered = sqlite3_column_int64 (stmt, 5);
      state->peer_read = sqlite3_column_int64 (stmt, 6);
      state->last_seen = sqlite3_column_int64 (stmt, 7);
      state->draft = cache_column_dup (stmt, 8);
      state->unread_seqs = g_array_new (FALSE, FALSE, sizeof (guint64));
      state->last = cache_rows_new ();
      load_last (db, conversation, state);
      load_unread (db, conversation, state);
    }
  load_outbox (db, job->outbox);
}
