/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file of the search index may be missing, damaged, of another time or version, or without
 * room: it is made anew as soon as it can be, and messages do not suffer. */
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <glib/gstdio.h>
#include <sqlite3.h>

#include "store-fixture.h"

static Store *
open_store (const char *folder,
            guint retention_days,
            StoreStoredFunc stored,
            gpointer user_data,
            GError **error)
{
  const StoreOptions options
      = { .durability = STORE_DURABILITY_FULL, .retention_days = retention_days };

  return store_new_sqlite (folder, &options, stored, user_data, error);
}

static char *
get_file (StoreFixture *fixture, const char *name)
{
  return g_build_filename (fixture->folder, name, NULL);
}

static void
put (StoreFixture *fixture, guint first, guint last, const char *word)
{
  for (guint i = first; i <= last; i++)
    {
      g_autofree char *text = g_strdup_printf ("%s number%u", word, i);

      g_assert_cmpuint (
          store_fixture_put (fixture, "alice", "bob", NULL, text, g_get_real_time () / 1000)->seq,
          ==, i);
    }
}

static guint
count (StoreFixture *fixture, const char *words)
{
  g_autofree char *hits = store_fixture_search (fixture, "bob", NULL, words, STORE_PAGE_MAX);
  guint n = 0;

  g_assert_false (g_str_has_prefix (hits, "error"));
  for (const char *end = strchr (hits, '\n'); end != NULL; end = strchr (end + 1, '\n'))
    n++;
  return n;
}

static void
set_up_indexed (StoreFixture *fixture, gconstpointer open)
{
  store_fixture_set_up (fixture, open);
  put (fixture, 1, 300, "hello");
  g_assert_cmpuint (count (fixture, "hello"), ==, 300);
}

/* And goes on from there. */
static void
assert_works (StoreFixture *fixture)
{
  store_fixture_reopen (fixture);
  g_assert_cmpuint (count (fixture, "hello"), ==, 300);
  g_assert_cmpuint (count (fixture, "number29"), ==, 11);
  put (fixture, 301, 310, "hello");
  g_assert_cmpuint (count (fixture, "hello"), ==, 310);
  store_fixture_reopen (fixture);
  g_assert_cmpuint (count (fixture, "hello"), ==, 310);
}

static void
test_private (StoreFixture *fixture, gconstpointer open)
{
  static const char *const names[] = { "search.db", "search.db-wal", "search.db-shm" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *file = get_file (fixture, names[i]);
      GStatBuf status;

      g_assert_cmpint (g_stat (file, &status), ==, 0);
      g_assert_cmpint (status.st_mode & 077, ==, 0);
    }
}

static void
test_missing (StoreFixture *fixture, gconstpointer open)
{
  g_autofree char *file = get_file (fixture, "search.db");

  store_fixture_close (fixture);
  g_assert_cmpint (g_unlink (file), ==, 0);
  assert_works (fixture);
}

static void
test_garbage (StoreFixture *fixture, gconstpointer open)
{
  g_autofree char *file = get_file (fixture, "search.db");
  g_autofree char *garbage = g_strnfill (50000, 'x');

  store_fixture_close (fixture);
  g_assert_true (g_file_set_contents (file, garbage, 50000, NULL));
  assert_works (fixture);
}

/* Each page in turn is damaged. */
static void
test_damaged (StoreFixture *fixture, gconstpointer open)
{
  g_autofree char *file = get_file (fixture, "search.db"), *whole = NULL;
  gsize len;

  store_fixture_close (fixture);
  g_assert_true (g_file_get_contents (file, &whole, &len, NULL));
  g_assert_cmpuint (len, >, 5 * 4096);
  for (gsize page = 0; page < len; page += 4096)
    {
      g_autofree char *damaged = g_memdup2 (whole, len);
      guint n;

      memset (damaged + page + (page == 0 ? 100 : 0), 0xa5, page == 0 ? 3996 : 4096);
      g_assert_true (g_file_set_contents (file, damaged, (gssize)len, NULL));
      store_fixture_reopen (fixture);
      n = count (fixture, "hello number29");
      g_test_message ("page %" G_GSIZE_FORMAT ": %u", page / 4096, n);
      g_assert_true (n == 11);
      store_fixture_close (fixture);
    }
  assert_works (fixture);
}

static void
tamper (StoreFixture *fixture, const char *name, const char *sql)
{
  g_autofree char *file = get_file (fixture, name);
  sqlite3 *db = NULL;

  store_fixture_close (fixture);
  g_assert_cmpint (sqlite3_open (file, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
}

static void
test_other_version (StoreFixture *fixture, gconstpointer open)
{
  tamper (fixture, "search.db", "DELETE FROM words; PRAGMA user_version = 7");
  assert_works (fixture);
  tamper (fixture, "search.db", "DROP TABLE progress");
  store_fixture_reopen (fixture);
  g_assert_cmpuint (count (fixture, "hello"), ==, 310);
}

static void
copy (const char *from, const char *to)
{
  g_autofree char *contents = NULL;
  gsize len;

  g_assert_true (g_file_get_contents (from, &contents, &len, NULL));
  g_assert_true (g_file_set_contents (to, contents, (gssize)len, NULL));
}

/* The history is put back from a copy, and goes on differently; the index is not. */
static void
test_restored (StoreFixture *fixture, gconstpointer open)
{
  g_autofree char *history = get_file (fixture, "history.db");
  g_autofree char *kept = get_file (fixture, "kept");

  store_fixture_close (fixture);
  copy (history, kept);
  store_fixture_reopen (fixture);
  put (fixture, 301, 900, "gone");
  g_assert_cmpuint (count (fixture, "gone"), ==, 600);

  store_fixture_close (fixture);
  copy (kept, history);
  store_fixture_reopen (fixture);
  g_assert_cmpuint (count (fixture, "gone"), ==, 0);
  g_assert_cmpuint (count (fixture, "hello"), ==, 300);

  put (fixture, 301, 900, "gone"); /* indexed again, */
  g_assert_cmpuint (count (fixture, "gone"), ==, 600);
  store_fixture_close (fixture);
  copy (kept, history); /* and other ones have these numbers before anybody searches */
  store_fixture_reopen (fixture);
  put (fixture, 301, 1000, "hello");
  g_assert_cmpuint (count (fixture, "gone"), ==, 0);
  g_assert_cmpuint (count (fixture, "hello"), ==, 1000);
}

/* Messages that another program added while no server ran. */
static void
test_imported (StoreFixture *fixture, gconstpointer open)
{
  tamper (fixture, "history.db",
          "INSERT INTO message SELECT id, sender, time, nonce, body FROM recent;"
          "DELETE FROM recent;"
          "WITH RECURSIVE n (i) AS (VALUES (301) UNION ALL SELECT i + 1 FROM n WHERE i < 800)"
          " INSERT INTO message SELECT (1 << 32) + i, 0, 1 << 50, NULL, 'imported' FROM n;");
  store_fixture_reopen (fixture);
  g_assert_cmpuint (count (fixture, "imported"), ==, 500);
  g_assert_cmpuint (count (fixture, "hello"), ==, 300);
}

static void
limit_files (rlim_t bytes)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = bytes == 0 ? limit.rlim_max : bytes;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}

/* What cannot be a file: searches fail, and nothing else does, until it is gone. */
static void
test_no_file (StoreFixture *fixture, gconstpointer open)
{
  g_autofree char *file = get_file (fixture, "search.db");
  g_autofree char *failed = NULL;

  store_fixture_close (fixture);
  g_assert_cmpint (g_unlink (file), ==, 0);
  g_assert_cmpint (g_mkdir (file, 0700), ==, 0);
  store_fixture_reopen (fixture);
  failed = store_fixture_search (fixture, "bob", NULL, "hello", 10);
  g_assert_true (g_str_has_prefix (failed, "error g-io-error-quark"));
  g_assert_cmpuint (store_fixture_read_all (fixture, "alice", "bob", NULL, NULL), ==, 300);
  g_assert_cmpint (g_rmdir (file), ==, 0);
  g_assert_cmpuint (count (fixture, "hello"), ==, 300);
  assert_works (fixture);
}

/* Nothing can be written: what was indexed before is found, what was not is an error, and it all
 * comes right when there is room. */
static void
test_no_room (StoreFixture *fixture, gconstpointer open)
{
  g_autofree char *failed = NULL, *found = NULL;

  put (fixture, 301, 310, "later");
  limit_files (1);
  failed = store_fixture_search (fixture, "bob", NULL, "later", 10);
  g_assert_true (g_str_has_prefix (failed, "error g-io-error-quark"));
  limit_files (0);
  g_assert_cmpuint (count (fixture, "later"), ==, 10);
  limit_files (1);
  found = store_fixture_search (fixture, "bob", NULL, "number310", 10);
  g_assert_cmpstr (found, ==, "alice 310 alice: later number310\n");
  limit_files (0);
  put (fixture, 311, 320, "later");
  g_assert_cmpuint (count (fixture, "later"), ==, 20);
}

#define ADD(name, func)                                                                            \
  g_test_add ("/store/search/" name, StoreFixture, open_store, set_up_indexed, func,               \
              store_fixture_tear_down)

int
main (int argc, char **argv)
{
  signal (SIGXFSZ, SIG_IGN); /* a write beyond the limit fails */
  g_test_init (&argc, &argv, NULL);
  ADD ("private", test_private);
  ADD ("missing", test_missing);
  ADD ("garbage", test_garbage);
  ADD ("damaged", test_damaged);
  ADD ("other-version", test_other_version);
  ADD ("restored", test_restored);
  ADD ("imported", test_imported);
  ADD ("no-file", test_no_file);
  ADD ("no-room", test_no_room);
  return g_test_run ();
}
