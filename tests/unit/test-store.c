/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The suite of every store on SQLite, and what is particular to files: who may open them, and what
 * when they cannot be written. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <glib/gstdio.h>
#include <sqlite3.h>

#include "store-suite.h"

static Store *
open_full (const char *folder,
             guint retention_days,
             StoreStoredFunc stored,
             gpointer user_data,
             GError **error)
{
  const StoreOptions options = { .durability = STORE_DURABILITY_FULL, .retention_days = retention_days };

  return store_new_sqlite (folder, &options, stored, user_data, error);
}

static Store *
open_normal (const char *folder,
             guint retention_days,
             StoreStoredFunc stored,
             gpointer user_data,
             GError **error)
{
  const StoreOptions options = { .durability = STORE_DURABILITY_NORMAL, .retention_days = retention_days };

  return store_new_sqlite (folder, &options, stored, user_data, error);
}

/* Asserts that the folder is refused with one line that has the words in it. */
static void
assert_refused (StoreFixture *fixture, GIOErrorEnum code, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (store_new_sqlite (fixture->folder, &(StoreOptions){ .durability = STORE_DURABILITY_FULL }, NULL, NULL, &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, G_IO_ERROR, (int)code);
  g_assert_nonnull (strstr (error->message, fixture->folder));
  g_assert_nonnull (strstr (error->message, words));
  g_assert_null (strchr (error->message, '\n'));
}

static char *
history_file (StoreFixture *fixture)
{
  return g_build_filename (fixture->folder, "history.db", NULL);
}

/* Closes the store and runs SQL on its file. */
static void
tamper (StoreFixture *fixture, const char *sql)
{
  g_autofree char *file = history_file (fixture);
  sqlite3 *db = NULL;

  store_fixture_close (fixture);
  g_assert_cmpint (sqlite3_open (file, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
}

static void
test_locked (StoreFixture *fixture, gconstpointer open)
{
  assert_refused (fixture, G_IO_ERROR_BUSY, "another server");
  store_fixture_put (fixture, "alice", "bob", NULL, "the first one is none the worse for it", 1);
  g_assert_no_error (fixture->last_error);
  store_fixture_reopen (fixture); /* and lets go of it */
}

static void
test_private (StoreFixture *fixture, gconstpointer open)
{
  static const char *const names[]
      = { "", "history.db", "history.db-wal", "history.db-shm", "lock" };
  mode_t mask = umask (0);

  store_fixture_put (fixture, "alice", "bob", NULL, "secret", 1);
  umask (mask);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *file = g_build_filename (fixture->folder, names[i], NULL);
      GStatBuf status;

      g_assert_cmpint (g_stat (file, &status), ==, 0);
      g_assert_cmpint (status.st_mode & 077, ==, 0);
    }
}

static void
test_no_folder (StoreFixture *fixture, gconstpointer open)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (store_new_sqlite ("/dev/null/data", &(StoreOptions){ .durability = STORE_DURABILITY_FULL }, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY);
  g_assert_nonnull (strstr (error->message, "/dev/null/data"));
}

static void
test_newer_schema (StoreFixture *fixture, gconstpointer open)
{
  tamper (fixture, "PRAGMA user_version = 99");
  assert_refused (fixture, G_IO_ERROR_NOT_SUPPORTED, "schema 99");
  tamper (fixture, "PRAGMA user_version = 2");
  store_fixture_reopen (fixture); /* being refused has changed nothing */
}

static void
test_foreign_database (StoreFixture *fixture, gconstpointer open)
{
  tamper (fixture, "PRAGMA application_id = 0; PRAGMA user_version = 0");
  assert_refused (fixture, G_IO_ERROR_INVALID_DATA, "another program");
  tamper (fixture, "PRAGMA application_id = 7");
  assert_refused (fixture, G_IO_ERROR_INVALID_DATA, "another program");
}

static void
test_missing_table (StoreFixture *fixture, gconstpointer open)
{
  tamper (fixture, "DELETE FROM counter");
  assert_refused (fixture, G_IO_ERROR_INVALID_DATA, "counter");
  tamper (fixture, "DROP TABLE message");
  assert_refused (fixture, G_IO_ERROR_FAILED, "message");
}

static void
test_corrupted (StoreFixture *fixture, gconstpointer open)
{
  g_autofree char *file = history_file (fixture);
  g_autofree char *text = g_strnfill (8192, 'x'), *whole = NULL;
  gsize len;

  store_fixture_put (fixture, "alice", "bob", NULL, text, 1);
  store_fixture_close (fixture);
  g_assert_true (g_file_get_contents (file, &whole, &len, NULL));

  g_assert_true (g_file_set_contents (file, text, 8192, NULL)); /* anything else */
  assert_refused (fixture, G_IO_ERROR_INVALID_DATA, "not a database");

  memset (whole + 100, 0xa5, 3996); /* the first page but its header */
  g_assert_true (g_file_set_contents (file, whole, (gssize)len, NULL));
  assert_refused (fixture, G_IO_ERROR_INVALID_DATA, "malformed");
}

/* A page of messages is damaged: reading it is an error, and the store goes on with other
 * conversations. */
static void
test_damaged_page (StoreFixture *fixture, gconstpointer open)
{
  g_autofree char *file = history_file (fixture);
  g_autofree char *text = g_strnfill (200, 'x'), *whole = NULL;
  gsize len;

  for (guint i = 0; i < 200; i++)
    store_append (fixture->store, store_message_new ("alice", "bob", NULL, text, 200, i));
  store_fixture_close (fixture);
  g_assert_true (g_file_get_contents (file, &whole, &len, NULL));
  for (char *found = whole;
       (found = memmem (found, len - (gsize)(found - whole), text, 200)) != NULL;)
    {
      gsize page = (gsize)(found - whole) / 4096 * 4096;

      memset (whole + page, 0xa5, 4096);
      found = whole + page + 4096;
    }
  g_assert_true (g_file_set_contents (file, whole, (gssize)len, NULL));

  store_fixture_reopen (fixture);
  g_autoptr (StoreAnswer) answer
      = store_fixture_read (fixture, "alice", "bob", (StoreRange){ .limit = 100 });
  g_assert_error (answer->error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
}

/* No file may grow beyond so many bytes: to the store that is a disk without room. */
static void
limit_files (rlim_t bytes)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = bytes;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}

static void
unlimit_files (void)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit_files (limit.rlim_max);
}

static void
append_numbered (StoreFixture *fixture, guint number, const char *text)
{
  g_autofree char *nonce = g_strdup_printf ("%u", number);

  store_append (fixture->store,
                store_message_new ("alice", "bob", nonce, text, strlen (text), number));
}

/* The disk fills up in the middle of a stream of messages. Each is stored or reported as failed,
 * batches are whole, those after it fail too; and once there is room, what failed can be sent again
 * and there is no gap. */
static void
test_disk_full (StoreFixture *fixture, gconstpointer open)
{
  const guint n = 400;
  g_autofree char *text = g_strnfill (2000, 'x');
  guint n_stored = 0;

  limit_files (500000);
  for (guint i = 0; i < n; i++)
    {
      append_numbered (fixture, i, text);
      if (i % 10 == 9)
        store_fixture_wait (fixture, i + 1);
    }
  unlimit_files ();

  g_assert_nonnull (fixture->last_error);
  g_assert_cmpuint (store_get_backlog (fixture->store), ==, 0);
  for (guint i = 0; i < n; i++)
    {
      StoreMessage *message = g_ptr_array_index (fixture->answered, i);

      g_assert_true (message->seq == 0 || message->seq == n_stored + 1);
      n_stored += message->seq != 0 ? 1 : 0;
    }
  g_assert_cmpuint (n_stored, >, 0);
  g_assert_cmpuint (n_stored, <, n);
  g_assert_cmpuint (store_fixture_read_all (fixture, "alice", "bob", NULL, NULL), ==, n_stored);

  for (guint i = 0; i < n; i++)
    append_numbered (fixture, i, text);
  store_fixture_wait (fixture, 2 * n);
  g_assert_no_error (fixture->last_error);
  for (guint i = 0; i < n; i++)
    {
      StoreMessage *first = g_ptr_array_index (fixture->answered, i),
                   *again = g_ptr_array_index (fixture->answered, n + i);

      g_assert_cmpint (again->repeated, ==, first->seq != 0);
      g_assert_true (first->seq == 0 || first->seq == again->seq);
    }
  g_assert_cmpuint (store_fixture_read_all (fixture, "alice", "bob", NULL, NULL), ==, n);
  store_fixture_reopen (fixture);
  g_assert_cmpuint (store_fixture_read_all (fixture, "alice", "bob", NULL, NULL), ==, n);
}

/* Session numbers run out when no more can be reserved, come again when there is room, and none
 * comes twice. */
static void
test_disk_full_sessions (StoreFixture *fixture, gconstpointer open)
{
  gint64 deadline = g_get_monotonic_time () + 60 * G_TIME_SPAN_SECOND;
  guint64 last = 0, next;

  limit_files (0);
  while ((next = store_next_session (fixture->store)) != 0)
    last = next;
  g_assert_cmpuint (store_next_session (fixture->store), ==, 0);
  unlimit_files ();

  while ((next = store_next_session (fixture->store)) == 0)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_thread_yield ();
    }
  g_assert_cmpuint (next, ==, last + 1);
}

static void
test_full_from_the_start (StoreFixture *fixture, gconstpointer open)
{
  store_fixture_close (fixture);
  limit_files (0);
  assert_refused (fixture, G_IO_ERROR_FAILED, "history.db");
  unlimit_files ();
  store_fixture_reopen (fixture);
}

#define ADD(name, func)                                                                            \
  g_test_add ("/store/files/" name, StoreFixture, open_full, store_fixture_set_up, func,           \
              store_fixture_tear_down)

int
main (int argc, char **argv)
{
  signal (SIGXFSZ, SIG_IGN); /* a write beyond the limit fails */
  g_test_init (&argc, &argv, NULL);
  store_suite_add ("sqlite-full", open_full);
  store_suite_add ("sqlite-normal", open_normal);
  ADD ("locked", test_locked);
  ADD ("private", test_private);
  ADD ("no-folder", test_no_folder);
  ADD ("newer-schema", test_newer_schema);
  ADD ("foreign-database", test_foreign_database);
  ADD ("missing-table", test_missing_table);
  ADD ("corrupted", test_corrupted);
  ADD ("damaged-page", test_damaged_page);
  ADD ("disk-full", test_disk_full);
  ADD ("disk-full-sessions", test_disk_full_sessions);
  ADD ("full-from-the-start", test_full_from_the_start);
  return g_test_run ();
}
