/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening the cache's file: its place, who may have it, its schema, and what to do when it is damaged. */
#include "client/cache/cache-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define NAME_MAX_BYTES 150
#define WAL_PAGES 4000 /* after so many it goes into the file, which waits for the disk */
#define WAL_KEEP_BYTES 4194304

static const char SCHEMA[] =
  "CREATE TABLE conversation ("
  "  id INTEGER PRIMARY KEY AUTOINCREMENT," /* never used again: what is forgotten under an old one is cleared away later */
  "  peer TEXT UNIQUE,"                     /* NULL: forgotten */
  "  known_last INTEGER NOT NULL DEFAULT 0,"
  "  held INTEGER NOT NULL DEFAULT 0,"
  "  read INTEGER NOT NULL DEFAULT 0,"
  "  delivered INTEGER NOT NULL DEFAULT 0,"
  "  peer_read INTEGER NOT NULL DEFAULT 0,"
  "  last_seen INTEGER NOT NULL DEFAULT 0,"
  "  draft TEXT NOT NULL DEFAULT '') STRICT;"
  "CREATE TABLE message ("
  "  id INTEGER PRIMARY KEY," /* its time and a few bits more; also its number in the index */
  "  conversation INTEGER NOT NULL,"
  "  seq INTEGER NOT NULL,"
  "  time INTEGER NOT NULL,"
  "  own INTEGER NOT NULL,"
  "  sender TEXT,"
  "  text TEXT NOT NULL,"
  "  UNIQUE (conversation, seq)) STRICT;"
  "CREATE TABLE range (" /* runs of seq without a gap; they neither touch nor overlap */
  "  conversation INTEGER NOT NULL,"
  "  first INTEGER NOT NULL,"
  "  last INTEGER NOT NULL,"
  "  PRIMARY KEY (conversation, first)) STRICT, WITHOUT ROWID;"
  "CREATE TABLE outgoing ("
  "  position INTEGER PRIMARY KEY AUTOINCREMENT,"
  "  nonce TEXT NOT NULL UNIQUE,"
  "  peer TEXT NOT NULL,"
  "  text TEXT NOT NULL,"
  "  time INTEGER NOT NULL,"
  "  error TEXT) STRICT;"
  "CREATE TABLE pending (id INTEGER PRIMARY KEY) STRICT;" /* messages that are not in the index yet */
  "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;";

/* --- Its place --- */

static char *
safe_name (const char *name)
{
  g_autoptr (GString) safe = g_string_new (NULL);

  for (const char *p = name; *p != '\0'; p++)
    if (g_ascii_islower (*p) || g_ascii_isdigit (*p) || *p == '-' || *p == '_' || (*p == '.' && p != name))
      g_string_append_c (safe, *p);
    else
      g_string_append_printf (safe, "%%%02X", (guchar) *p);

  if (safe->len > NAME_MAX_BYTES)
    {
      g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, name, -1);

      g_string_truncate (safe, NAME_MAX_BYTES - 65);
      g_string_append_printf (safe, "~%s", sum);
    }

  return g_string_free (g_steal_pointer (&safe), FALSE);
}

static void
finalize_statement (gpointer stmt)
{
  sqlite3_finalize (stmt);
}

CacheDb *
cache_db_new (const char *folder, const char *server, const char *client_id)
{
  CacheDb *db = g_new0 (CacheDb, 1);

  db->lock_fd = -1;
  db->statements = g_hash_table_new_full (NULL, NULL, NULL, finalize_statement);
  db->ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  db->client_id = g_strdup (client_id);
  if (folder != NULL)
    {
      g_autofree char *server_name = safe_name (server), *id_name = safe_name (client_id);
      g_autofree char *file_name = g_strconcat (id_name, ".db", NULL);

      db->path = g_build_filename (folder, server_name, file_name, NULL);
    }

  return db;
}

static void
close_file (CacheDb *db)
{
  g_hash_table_remove_all (db->statements);
  g_hash_table_remove_all (db->ids);
  if (db->sqlite != NULL)
    sqlite3_close (db->sqlite);
  db->sqlite = NULL;
  db->rc = SQLITE_OK;
}

void
cache_db_free (CacheDb *db)
{
  close_file (db);
  if (db->lock_fd >= 0)
    close (db->lock_fd);
  g_hash_table_unref (db->statements);
  g_hash_table_unref (db->ids);
  g_free (db->client_id);
  g_free (db->path);
  g_free (db);
}

/* --- Who may have it --- */

static gboolean
set_file_error (CacheDb *db, const char *path, GError **error)
{
  int number = errno;
  gboolean denied = number == EACCES || number == EPERM || number == EROFS;
  g_autoptr (GError) generic = cache_db_error (db, number == ENOSPC ? SQLITE_FULL : denied ? SQLITE_READONLY : SQLITE_ERROR);

  /* The first line is for people; what exactly it was stands in the second. */
  *strchr (generic->message, '\n') = '\0';
  g_set_error (error, generic->domain, generic->code, "%s\n%s: %s", generic->message, path, g_strerror (number));

  return FALSE;
}

/* A second process would see the first one's file change under it: the lock is held from before the file is opened, so that none moves aside
 * what another one uses. Where locks are not known (some network folders) there are SQLite's own. */
static gboolean
take_lock (CacheDb *db, GError **error)
{
  g_autofree char *path = g_strconcat (db->path, "-lock", NULL);

  if (db->lock_fd >= 0)
    return TRUE;

  db->lock_fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (db->lock_fd < 0)
    return set_file_error (db, path, error);
  if (flock (db->lock_fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
    return TRUE;

  close (db->lock_fd);
  db->lock_fd = -1;
  if (error != NULL)
    *error = cache_db_error (db, SQLITE_BUSY);

  return FALSE;
}

static gboolean
make_place (CacheDb *db, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (db->path);
  int fd;

  if (g_mkdir_with_parents (folder, 0700) != 0)
    return set_file_error (db, folder, error);
  if (!take_lock (db, error))
    return FALSE;

  /* SQLite would make it readable for others. */
  fd = open (db->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    return set_file_error (db, db->path, error);
  close (fd);

  return TRUE;
}

/* --- Its schema --- */

static int
progress_cb (void *user_data)
{
  CacheDb *db = user_data;

  return db->interrupted != NULL && g_atomic_int_get (db->interrupted);
}

static void
make_schema (CacheDb *db)
{
  g_autofree char *pragmas = g_strdup_printf ("PRAGMA application_id = %d; PRAGMA user_version = %d", CACHE_APPLICATION_ID, CACHE_SCHEMA_VERSION);

  cache_db_begin (db, TRUE);
  if (db->rc == SQLITE_OK)
    db->rc = sqlite3_exec (db->sqlite, SCHEMA, NULL, NULL, NULL);
  cache_search_make (db);
  if (db->rc == SQLITE_OK)
    db->rc = sqlite3_exec (db->sqlite, pragmas, NULL, NULL, NULL);
  cache_db_end (db);
}

/* Trouble stands in db->rc; SQLITE_SCHEMA: a newer version made the file. */
static void
check_schema (CacheDb *db)
{
  gint64 application = cache_db_number (db, "PRAGMA application_id", "");
  gint64 version = cache_db_number (db, "PRAGMA user_version", "");
  gint64 n_tables = cache_db_number (db, "SELECT count (*) FROM sqlite_schema", "");

  if (db->rc != SQLITE_OK)
    return;

  if (application == 0 && version == 0 && n_tables == 0)
    make_schema (db);
  else if (application != CACHE_APPLICATION_ID || version < 1)
    db->rc = SQLITE_NOTADB; /* something else, or half of one */
  else if (version > CACHE_SCHEMA_VERSION)
    db->rc = SQLITE_SCHEMA;
  else
    {
      /* Later schemas are migrated to from here, step by step. */
      cache_db_begin (db, FALSE);
      cache_search_check (db);
      cache_db_end (db);
    }
}

static void
open_file (CacheDb *db)
{
  static const char SETTINGS[] =
    "PRAGMA synchronous = FULL; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;"
    "PRAGMA cell_size_check = ON; PRAGMA cache_size = -8000; PRAGMA wal_autocheckpoint = " G_STRINGIFY (WAL_PAGES) ";"
    "PRAGMA journal_size_limit = " G_STRINGIFY (WAL_KEEP_BYTES);

  db->tidy = FALSE;
  db->durable = TRUE;
  db->rc = sqlite3_open_v2 (db->path, &db->sqlite, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
  if (db->rc != SQLITE_OK)
    return;

  sqlite3_extended_result_codes (db->sqlite, 1);
  sqlite3_progress_handler (db->sqlite, 10000, progress_cb, db);
  db->rc = sqlite3_exec (db->sqlite, SETTINGS, NULL, NULL, NULL);
  if (db->rc == SQLITE_OK)
    check_schema (db);
}

/* The folder may not be written to, but what is there can be looked at, if nothing of it stands in a WAL. */
static gboolean
open_read_only (CacheDb *db)
{
  g_autofree char *wal = g_strconcat (db->path, "-wal", NULL);
  g_autofree char *file_uri = NULL, *uri = NULL;
  GStatBuf info;

  if (g_access (db->path, R_OK) != 0 || (g_stat (wal, &info) == 0 && info.st_size > 0))
    return FALSE;

  file_uri = g_filename_to_uri (db->path, NULL, NULL);
  uri = g_strconcat (file_uri, "?immutable=1", NULL);
  db->rc = sqlite3_open_v2 (uri, &db->sqlite, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, NULL);
  if (db->rc == SQLITE_OK && cache_db_number (db, "PRAGMA application_id", "") == CACHE_APPLICATION_ID
      && cache_db_number (db, "PRAGMA user_version", "") == CACHE_SCHEMA_VERSION && db->rc == SQLITE_OK)
    {
      db->read_only = TRUE;
      db->tidy = TRUE;
      return TRUE;
    }

  close_file (db);
  return FALSE;
}

gboolean
cache_db_open (CacheDb *db, GError **error)
{
  int rc;

  close_file (db);
  db->read_only = FALSE;
  if (db->path == NULL)
    return TRUE;
  if (!make_place (db, error))
    {
      if (error != NULL && g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_READ_ONLY))
        open_read_only (db);
      return FALSE;
    }

  open_file (db);
  rc = db->rc;
  if (rc == SQLITE_OK)
    return TRUE;
  if (cache_rc_is_damage (rc))
    return cache_db_replace (db, error);

  close_file (db);
  if (rc == SQLITE_SCHEMA)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                 _("What you write and read here is not kept on this computer: a newer version of WebChat was used here before, and has kept it in a way that this one does not know.\n%s"),
                 db->path);
  else if (error != NULL)
    *error = cache_db_error (db, rc);

  return FALSE;
}

/* --- Damage --- */

typedef struct
{
  GPtrArray *drafts; /* of char *: peer, draft */
  GPtrArray *outbox; /* of WcCachedOutgoing */
} Rescue;

static WcCachedOutgoing *
read_outgoing (sqlite3_stmt *stmt)
{
  WcCachedOutgoing *outgoing = g_new0 (WcCachedOutgoing, 1);

  outgoing->nonce = cache_column_dup (stmt, 0);
  outgoing->peer = cache_column_dup (stmt, 1);
  outgoing->text = cache_column_dup (stmt, 2);
  outgoing->time = sqlite3_column_int64 (stmt, 3);
  outgoing->error = cache_column_dup (stmt, 4);

  return outgoing;
}

/* Whatever can be read before the damage is met. */
static void
rescue (CacheDb *db, Rescue *found)
{
  sqlite3_stmt *stmt = NULL;

  if (db->sqlite == NULL)
    return;

  if (sqlite3_prepare_v2 (db->sqlite, "SELECT nonce, peer, text, time, error FROM outgoing ORDER BY position", -1, &stmt, NULL) == SQLITE_OK)
    while (sqlite3_step (stmt) == SQLITE_ROW)
      g_ptr_array_add (found->outbox, read_outgoing (stmt));
  sqlite3_finalize (stmt);

  stmt = NULL;
  if (sqlite3_prepare_v2 (db->sqlite, "SELECT peer, draft FROM conversation WHERE peer NOT NULL AND draft <> ''", -1, &stmt, NULL) == SQLITE_OK)
    while (sqlite3_step (stmt) == SQLITE_ROW)
      {
        g_ptr_array_add (found->drafts, cache_column_dup (stmt, 0));
        g_ptr_array_add (found->drafts, cache_column_dup (stmt, 1));
      }
  sqlite3_finalize (stmt);
}

static void
put_back (CacheDb *db, const Rescue *found)
{
  cache_db_begin (db, TRUE);
  for (guint i = 0; i + 1 < found->drafts->len; i += 2)
    if (g_utf8_validate (found->drafts->pdata[i], -1, NULL) && g_utf8_validate (found->drafts->pdata[i + 1], -1, NULL))
      cache_db_run (db, "INSERT OR IGNORE INTO conversation (peer, draft) VALUES (?, ?)", "ss", found->drafts->pdata[i], found->drafts->pdata[i + 1]);
  for (guint i = 0; i < found->outbox->len; i++)
    {
      const WcCachedOutgoing *outgoing = found->outbox->pdata[i];

      if (outgoing->nonce == NULL || outgoing->peer == NULL || outgoing->text == NULL || !g_utf8_validate (outgoing->nonce, -1, NULL)
          || !g_utf8_validate (outgoing->peer, -1, NULL) || !g_utf8_validate (outgoing->text, -1, NULL))
        continue;
      cache_db_conversation (db, outgoing->peer, TRUE);
      cache_db_run (db, "INSERT OR IGNORE INTO outgoing (nonce, peer, text, time, error) VALUES (?, ?, ?, ?, ?)", "sssis", outgoing->nonce,
                    outgoing->peer, outgoing->text, outgoing->time, outgoing->error);
    }
  if (!cache_db_end (db))
    g_warning ("what was read from the damaged cache %s cannot be written: %s", db->path, sqlite3_errstr (db->rc));
  cache_db_clear (db);
}

/* One damaged file is kept, for whoever wants to look into it: the newest. */
static void
move_aside (CacheDb *db)
{
  static const char *const ENDINGS[] = { "", "-wal" };

  for (guint i = 0; i < G_N_ELEMENTS (ENDINGS); i++)
    {
      g_autofree char *from = g_strconcat (db->path, ENDINGS[i], NULL);
      g_autofree char *to = g_strconcat (db->path, "-damaged", ENDINGS[i], NULL);

      if (g_rename (from, to) != 0 && errno != ENOENT)
        g_unlink (from); /* one that goes wrong again and again is worth less than one that works */
    }
}

gboolean
cache_db_replace (CacheDb *db, GError **error)
{
  Rescue found = { g_ptr_array_new_with_free_func (g_free), g_ptr_array_new_with_free_func (cache_outgoing_free) };
  g_autoptr (GPtrArray) drafts = found.drafts, outbox = found.outbox;
  gboolean good;

  g_warning ("the cache %s is damaged: a new one is begun, the old one is beside it", db->path);
  rescue (db, &found);
  close_file (db);
  move_aside (db);

  good = make_place (db, error);
  if (good)
    {
      open_file (db);
      good = db->rc == SQLITE_OK;
      if (!good && error != NULL)
        *error = cache_db_error (db, db->rc);
    }
  if (good)
    put_back (db, &found);
  else
    close_file (db);

  return good;
}
