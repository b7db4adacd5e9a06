/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sqlite-db.h"

#include "shared/limits.h"

#define APPLICATION_ID 0x57436874 /* "WCht": file(1) can tell what this is */

/* WAL: readers and the writer do not wait for each other. The writer checkpoints by itself when
 * nobody waits for it; the WAL file is kept between checkpoints, because overwriting a file is
 * synced faster than growing one. */
#define WRITER_SETTINGS                                                                            \
  "PRAGMA journal_mode = WAL;"                                                                     \
  "PRAGMA wal_autocheckpoint = 0;"                                                                 \
  "PRAGMA journal_size_limit = 67108864;"                                                          \
  "PRAGMA secure_delete = FAST;"                                                                   \
  "PRAGMA cache_size = -16384;" /* KiB */
#define READER_SETTINGS                                                                            \
  "PRAGMA query_only = ON;"                                                                        \
  "PRAGMA cache_size = -1024;"

/* Only another program on the file can make us wait at all. */
#define BUSY_TIMEOUT 5000 /* ms */

/* Each brings the tables from the version that is its index to the next one. Never change one that
 * was released. */
static const char *const migrations[] = {
  /* lo and hi are the two Client-IDs, in the order of their bytes. */
  "CREATE TABLE conversation ("
  " id INTEGER PRIMARY KEY CHECK (id < 0x7fffffff),"
  " lo TEXT NOT NULL,"
  " hi TEXT NOT NULL,"
  " UNIQUE (lo, hi)"
  ") STRICT;"

  /* id: conversation and seq in one number, see store_db_message_id(). sender: 0 for lo, 1 for hi.
   * time: ms since 1970. nonce: the sender's name for the message, so that it is stored once
   * however often it is sent. */
  "CREATE TABLE message ("
  " id INTEGER PRIMARY KEY,"
  " sender INTEGER NOT NULL,"
  " time INTEGER NOT NULL,"
  " nonce TEXT,"
  " body TEXT NOT NULL"
  ") STRICT;"
  "CREATE UNIQUE INDEX message_nonce ON message (id >> 32, sender, nonce)"
  " WHERE nonce IS NOT NULL;"

  /* Messages on their way into the table message, see sqlite-tables.h; none is in both. */
  "CREATE TABLE recent ("
  " place INTEGER PRIMARY KEY,"
  " id INTEGER NOT NULL,"
  " sender INTEGER NOT NULL,"
  " time INTEGER NOT NULL,"
  " nonce TEXT,"
  " body TEXT NOT NULL"
  ") STRICT;"
  "CREATE VIEW history AS"
  " SELECT id, id >> 32 AS conversation, id & 0xffffffff AS seq, sender, time, nonce, body"
  " FROM message UNION ALL"
  " SELECT id, id >> 32, id & 0xffffffff, sender, time, nonce, body FROM recent;"

  /* session: the first number that was never reserved. */
  "CREATE TABLE counter ("
  " name TEXT PRIMARY KEY,"
  " value INTEGER NOT NULL"
  ") STRICT, WITHOUT ROWID;"
  "INSERT INTO counter VALUES ('session', " G_STRINGIFY (WIRE_SESSION_FIRST) ");",

  /* removed: the newest seq that is there no more, because it was too old; removed_time: that
   * message's time. Numbers and times go on from there. */
  "ALTER TABLE conversation ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;"
  "ALTER TABLE conversation ADD COLUMN removed_time INTEGER NOT NULL DEFAULT 0;"
  "CREATE INDEX conversation_hi ON conversation (hi);"

  /* How far the one at a side (0 for lo, 1 for hi) has read, and the side's devices were sent, the
   * conversation. */
  "CREATE TABLE mark ("
  " conversation INTEGER NOT NULL,"
  " side INTEGER NOT NULL,"
  " read INTEGER NOT NULL,"
  " delivered INTEGER NOT NULL,"
  " PRIMARY KEY (conversation, side)"
  ") STRICT, WITHOUT ROWID;"

  /* When a Client-ID was last there, ms since 1970. */
  "CREATE TABLE seen ("
  " id TEXT PRIMARY KEY,"
  " time INTEGER NOT NULL"
  ") STRICT, WITHOUT ROWID;",
};

static GIOErrorEnum
error_code (int code)
{
  switch (code & 0xff)
    {
    case SQLITE_FULL:
      return G_IO_ERROR_NO_SPACE;
    case SQLITE_READONLY:
      return G_IO_ERROR_READ_ONLY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return G_IO_ERROR_INVALID_DATA;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return G_IO_ERROR_BUSY;
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return G_IO_ERROR_PERMISSION_DENIED;
    default:
      return G_IO_ERROR_FAILED;
    }
}

gboolean
store_db_set_error (sqlite3 *db, GError **error)
{
  int code = sqlite3_errcode (db), system = sqlite3_system_errno (db);
  gboolean has_cause
      = system != 0 && ((code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN);

  g_set_error (error, G_IO_ERROR, error_code (code), "%s: %s%s%s", sqlite3_db_filename (db, "main"),
               sqlite3_errmsg (db), has_cause ? ": " : "", has_cause ? g_strerror (system) : "");
  return FALSE;
}

gboolean
store_db_exec (sqlite3 *db, const char *sql, GError **error)
{
  return sqlite3_exec (db, sql, NULL, NULL, NULL) == SQLITE_OK || store_db_set_error (db, error);
}

gboolean
store_db_prepare (sqlite3 *db, const char *sql, sqlite3_stmt **statement, GError **error)
{
  return sqlite3_prepare_v3 (db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) == SQLITE_OK
         || store_db_set_error (db, error);
}

gboolean
store_db_run (sqlite3_stmt *statement, GError **error)
{
  gboolean done = sqlite3_step (statement) == SQLITE_DONE;

  if (!done)
    store_db_set_error (sqlite3_db_handle (statement), error);
  sqlite3_reset (statement);
  return done;
}

gboolean
store_db_get_ints (
    sqlite3_stmt *statement, int n, gint64 *values, gboolean *found, GError **error)
{
  int result = sqlite3_step (statement);

  for (int i = 0; result == SQLITE_ROW && i < n; i++)
    values[i] = sqlite3_column_int64 (statement, i);
  if (result != SQLITE_ROW && result != SQLITE_DONE)
    store_db_set_error (sqlite3_db_handle (statement), error);
  sqlite3_reset (statement);
  if (found != NULL)
    *found = result == SQLITE_ROW;
  return result == SQLITE_ROW || result == SQLITE_DONE;
}

gboolean
store_db_get_int (sqlite3 *db, const char *sql, gint64 *value, GError **error)
{
  sqlite3_stmt *statement = NULL;
  gboolean found;

  if (!store_db_prepare (db, sql, &statement, error))
    return FALSE;
  found = sqlite3_step (statement) == SQLITE_ROW;
  if (found)
    *value = sqlite3_column_int64 (statement, 0);
  else
    store_db_set_error (db, error);
  sqlite3_finalize (statement);
  return found;
}

static sqlite3 *
open_db (const char *file, int flags, const char *settings, GError **error)
{
  sqlite3 *db = NULL;

  if (sqlite3_open_v2 (file, &db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", file,
                   db != NULL ? sqlite3_errmsg (db) : "out of memory");
      sqlite3_close (db);
      return NULL;
    }
  sqlite3_extended_result_codes (db, TRUE);
  sqlite3_busy_timeout (db, BUSY_TIMEOUT);
  if (!store_db_exec (db, settings, error))
    {
      sqlite3_close (db);
      return NULL;
    }
  return db;
}

/* SQLite does without a WAL, and says nothing, where shared memory does not work: on a network's
 * file system. There it would wait for readers, and they for it. */
static gboolean
check_wal (sqlite3 *db, GError **error)
{
  sqlite3_stmt *statement = NULL;
  gboolean is_wal;

  if (!store_db_prepare (db, "PRAGMA journal_mode", &statement, error))
    return FALSE;
  is_wal = sqlite3_step (statement) == SQLITE_ROW
           && g_strcmp0 ((const char *)sqlite3_column_text (statement, 0), "wal") == 0;
  sqlite3_finalize (statement);
  if (!is_wal)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                 "%s: this file system has no shared memory, which the history needs",
                 sqlite3_db_filename (db, "main"));
  return is_wal;
}

sqlite3 *
store_db_open_writer (const char *file, StoreDurability durability, GError **error)
{
  const char *settings = durability == STORE_DURABILITY_FULL
                             ? WRITER_SETTINGS "PRAGMA synchronous = FULL;"
                             : WRITER_SETTINGS "PRAGMA synchronous = NORMAL;";
  sqlite3 *db = open_db (file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, settings, error);

  if (db != NULL && !check_wal (db, error))
    {
      sqlite3_close (db);
      return NULL;
    }
  return db;
}

sqlite3 *
store_db_open_reader (const char *file, GError **error)
{
  return open_db (file, SQLITE_OPEN_READWRITE, READER_SETTINGS, error);
}

gint64
store_db_message_id (gint64 conversation, guint64 seq)
{
  return conversation << 32 | (gint64)MIN (seq, STORE_SEQ_MAX);
}

static gboolean
apply (sqlite3 *db, guint from, GError **error)
{
  if (!store_db_exec (db, "BEGIN IMMEDIATE", error))
    return FALSE;
  for (guint i = from; i < G_N_ELEMENTS (migrations); i++)
    if (!store_db_exec (db, migrations[i], error))
      return FALSE;

  g_autofree char *finish
      = g_strdup_printf ("PRAGMA application_id = %d; PRAGMA user_version = %u; COMMIT",
                         APPLICATION_ID, (guint)G_N_ELEMENTS (migrations));
  return store_db_exec (db, finish, error);
}

gboolean
store_db_get_version (sqlite3 *db, guint *version, GError **error)
{
  const char *file = sqlite3_db_filename (db, "main");
  gint64 application, found, tables;

  if (!store_db_get_int (db, "PRAGMA application_id", &application, error)
      || !store_db_get_int (db, "PRAGMA user_version", &found, error)
      || !store_db_get_int (db, "SELECT count(*) FROM sqlite_schema", &tables, error))
    return FALSE;
  if (application != APPLICATION_ID && (application != 0 || found != 0 || tables != 0))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   "%s: not a WebChat history, but another program's database", file);
      return FALSE;
    }
  if (found < 0 || found > (gint64)G_N_ELEMENTS (migrations))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                   "%s: made by a newer version of this server (schema %" G_GINT64_FORMAT
                   ", this one knows %u)",
                   file, found, (guint)G_N_ELEMENTS (migrations));
      return FALSE;
    }
  *version = (guint)found;
  return TRUE;
}

gboolean
store_db_migrate (sqlite3 *db, GError **error)
{
  guint version;

  return store_db_get_version (db, &version, error)
         && (version == G_N_ELEMENTS (migrations) || apply (db, version, error));
}
