/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cache's SQLite file: statements, transactions, and what stands in the way of them. file.c opens it. */
#include "client/cache/cache-private.h"

#include <glib/gi18n.h>

GError *
cache_db_error (CacheDb *db, int rc)
{
  const char *why = sqlite3_errstr (rc);
  GIOErrorEnum code = G_IO_ERROR_FAILED;
  const char *what = _("What you write and read cannot be kept on this computer.");

  switch (rc & 0xff)
    {
    case SQLITE_FULL:
      code = G_IO_ERROR_NO_SPACE;
      what = _("The disk is full. What you write and read cannot be kept on this computer until there is room again.");
      break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      code = G_IO_ERROR_READ_ONLY;
      what = _("What you write and read cannot be kept on this computer: its folder may not be written to.");
      break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      code = G_IO_ERROR_BUSY;
      what = _("What you write and read here is not kept on this computer: WebChat is open with the same Client-ID already.");
      break;
    default:
      break;
    }

  return g_error_new (G_IO_ERROR, code, "%s\n%s: %s", what, db->path, why);
}

gboolean
cache_rc_is_damage (int rc)
{
  return (rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB;
}

void
cache_db_clear (CacheDb *db)
{
  db->rc = SQLITE_OK;
}

static void
set_trouble (CacheDb *db, int rc)
{
  if (db->rc == SQLITE_OK)
    db->rc = rc != SQLITE_OK && rc != SQLITE_ROW && rc != SQLITE_DONE ? rc : SQLITE_ERROR;
}

static sqlite3_stmt *
prepare (CacheDb *db, const char *sql)
{
  sqlite3_stmt *stmt = g_hash_table_lookup (db->statements, sql);
  int rc;

  if (stmt == NULL)
    {
      rc = sqlite3_prepare_v3 (db->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
      if (rc != SQLITE_OK)
        {
          set_trouble (db, rc);
          return NULL;
        }
      g_hash_table_insert (db->statements, (gpointer) sql, stmt);
    }

  return stmt;
}

static sqlite3_stmt *
query_va (CacheDb *db, const char *sql, const char *types, va_list args)
{
  sqlite3_stmt *stmt;

  if (db->rc != SQLITE_OK || db->sqlite == NULL || (stmt = prepare (db, sql)) == NULL)
    return NULL;

  for (int i = 0; types[i] != '\0'; i++)
    {
      int rc;

      if (types[i] == 'i')
        rc = sqlite3_bind_int64 (stmt, i + 1, va_arg (args, gint64));
      else
        rc = sqlite3_bind_text (stmt, i + 1, va_arg (args, const char *), -1, SQLITE_STATIC);
      if (rc != SQLITE_OK)
        {
          set_trouble (db, rc);
          return NULL;
        }
    }

  return stmt;
}

sqlite3_stmt *
cache_db_query (CacheDb *db, const char *sql, const char *types, ...)
{
  sqlite3_stmt *stmt;
  va_list args;

  va_start (args, types);
  stmt = query_va (db, sql, types, args);
  va_end (args);

  return stmt;
}

gboolean
cache_db_next (CacheDb *db, sqlite3_stmt *stmt)
{
  int rc;

  if (stmt == NULL)
    return FALSE;

  rc = sqlite3_step (stmt);
  if (rc == SQLITE_ROW)
    return TRUE;
  if (rc != SQLITE_DONE && rc != SQLITE_INTERRUPT)
    set_trouble (db, rc);
  cache_db_end_query (stmt);

  return FALSE;
}

void
cache_db_end_query (sqlite3_stmt *stmt)
{
  if (stmt == NULL)
    return;

  sqlite3_reset (stmt);
  sqlite3_clear_bindings (stmt);
}

void
cache_db_run (CacheDb *db, const char *sql, const char *types, ...)
{
  sqlite3_stmt *stmt;
  va_list args;

  va_start (args, types);
  stmt = query_va (db, sql, types, args);
  va_end (args);
  while (cache_db_next (db, stmt))
    ;
}

gint64
cache_db_number (CacheDb *db, const char *sql, const char *types, ...)
{
  sqlite3_stmt *stmt;
  gint64 number = 0;
  va_list args;

  va_start (args, types);
  stmt = query_va (db, sql, types, args);
  va_end (args);
  if (cache_db_next (db, stmt))
    {
      number = sqlite3_column_int64 (stmt, 0);
      cache_db_end_query (stmt);
    }

  return number;
}

char *
cache_column_dup (sqlite3_stmt *stmt, int column)
{
  return g_strdup ((const char *) sqlite3_column_text (stmt, column));
}

void
cache_db_begin (CacheDb *db, gboolean durable)
{
  db->rc = SQLITE_OK;
  if (db->sqlite == NULL)
    return;

  /* Done when it is prepared: it cannot be a statement that is kept. */
  if (db->durable != durable)
    db->rc = sqlite3_exec (db->sqlite, durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
  if (db->rc == SQLITE_OK)
    db->durable = durable;
  cache_db_run (db, "BEGIN IMMEDIATE", "");
}

gboolean
cache_db_end (CacheDb *db)
{
  int rc;

  cache_db_run (db, "COMMIT", "");
  if (db->rc == SQLITE_OK)
    return TRUE;

  /* A number that the transaction gave is no number of anybody's. */
  rc = db->rc;
  g_hash_table_remove_all (db->ids);
  if (db->sqlite != NULL && !sqlite3_get_autocommit (db->sqlite))
    {
      db->rc = SQLITE_OK;
      cache_db_run (db, "ROLLBACK", "");
    }
  db->rc = rc;

  return FALSE;
}

gint64
cache_db_conversation (CacheDb *db, const char *peer, gboolean make)
{
  gint64 id, *known = g_hash_table_lookup (db->ids, peer);

  if (known != NULL)
    return *known;

  id = cache_db_number (db, "SELECT id FROM conversation WHERE peer = ?", "s", peer);
  if (id == 0 && make)
    {
      cache_db_run (db, "INSERT INTO conversation (peer) VALUES (?)", "s", peer);
      id = db->rc == SQLITE_OK ? sqlite3_last_insert_rowid (db->sqlite) : 0;
    }
  if (id != 0)
    g_hash_table_insert (db->ids, g_strdup (peer), g_memdup2 (&id, sizeof id));

  return id;
}
