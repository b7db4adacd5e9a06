/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A history that the server's first version left behind is brought up to date with all that is in
 * it, or, if that cannot be, left as it is. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <glib/gstdio.h>
#include <sqlite3.h>

#include "store-fixture.h"

#define VICTIM "--victim"

/* The tables as version 1 made them, word for word. */
static const char version_1[]
    = "PRAGMA journal_mode = WAL;"
      "BEGIN;"
      "CREATE TABLE conversation ("
      " id INTEGER PRIMARY KEY CHECK (id < 0x7fffffff),"
      " lo TEXT NOT NULL,"
      " hi TEXT NOT NULL,"
      " UNIQUE (lo, hi)"
      ") STRICT;"
      "CREATE TABLE message ("
      " id INTEGER PRIMARY KEY,"
      " sender INTEGER NOT NULL,"
      " time INTEGER NOT NULL,"
      " nonce TEXT,"
      " body TEXT NOT NULL"
      ") STRICT;"
      "CREATE UNIQUE INDEX message_nonce ON message (id >> 32, sender, nonce)"
      " WHERE nonce IS NOT NULL;"
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
      "CREATE TABLE counter ("
      " name TEXT PRIMARY KEY,"
      " value INTEGER NOT NULL"
      ") STRICT, WITHOUT ROWID;"
      "INSERT INTO counter VALUES ('session', 123456);"
      "PRAGMA application_id = 0x57436874; PRAGMA user_version = 1;"

      /* alice and bob: 1 to 50 in their place, 51 and 52 recent. carol and alice: one, recent.
       * Many others. */
      "INSERT INTO conversation (id, lo, hi) VALUES (1, 'alice', 'bob'), (2, 'alice', 'carol');"
      "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 50)"
      " INSERT INTO message SELECT (1 << 32) + i, i % 2, 1000 + i,"
      " CASE WHEN i % 3 = 0 THEN 'n' || i END, 'text ' || i FROM n;"
      "INSERT INTO recent (id, sender, time, nonce, body) VALUES"
      " ((1 << 32) + 51, 1, 1051, 'n51', 'text 51'), ((2 << 32) + 1, 1, 2000, NULL, 'hello'),"
      " ((1 << 32) + 52, 0, 1052, 'n52', 'text 52');"
      "WITH RECURSIVE n (i) AS (VALUES (3) UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
      " INSERT INTO conversation SELECT i, 'dora', 'peer' || i FROM n;"
      "COMMIT;";

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
history_file (StoreFixture *fixture)
{
  return g_build_filename (fixture->folder, "history.db", NULL);
}

static gint64
get_number (sqlite3 *db, const char *sql)
{
  sqlite3_stmt *statement = NULL;
  gint64 number;

  g_assert_cmpint (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  number = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  return number;
}

static void
check_number (sqlite3 *db, const char *sql, gint64 expected)
{
  g_test_message ("%s", sql);
  g_assert_cmpint (get_number (db, sql), ==, expected);
}

/* Leaves the fixture closed, with such a history instead of its own. */
static void
make_version_1 (StoreFixture *fixture)
{
  g_autofree char *file = history_file (fixture);
  sqlite3 *db = NULL;

  store_fixture_close (fixture);
  g_assert_cmpint (g_unlink (file), ==, 0);
  g_assert_cmpint (sqlite3_open (file, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, version_1, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
}

/* All of version 1 or all of the present one; returns which. */
static int
check_version (StoreFixture *fixture)
{
  g_autofree char *file = history_file (fixture);
  sqlite3 *db = NULL;
  int version;

  g_assert_cmpint (sqlite3_open (file, &db), ==, SQLITE_OK);
  version = (int)get_number (db, "PRAGMA user_version");
  g_assert_cmpint (version, >=, 1);
  g_assert_cmpint (version, <=, 2);
  check_number (db, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'", 0);
  check_number (db, "SELECT count(*) FROM history", 53);
  check_number (db, "SELECT count(*) FROM sqlite_schema WHERE name = 'mark'", version - 1);
  check_number (db,
                "SELECT count(*) FROM pragma_table_info ('conversation') WHERE name = 'removed'",
                version - 1);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
  return version;
}

static void
check_row_cb (const StoreRow *row, gpointer user_data)
{
  g_autofree char *text = g_strdup_printf ("text %" G_GUINT64_FORMAT, row->seq);

  g_assert_cmpstr (row->text, ==, text);
  g_assert_cmpstr (row->from, ==, (row->seq % 2 == 0 ? "alice" : "bob"));
  g_assert_cmpint (row->time, ==, 1000 + (gint64)row->seq);
}

static void
assert_all_there (StoreFixture *fixture)
{
  g_autofree char *list = store_fixture_list (fixture, "alice");
  StoreMessage *again;

  g_assert_cmpstr (list, ==,
                   "carol last=1 time=2000 read=0 delivered=0 peer_read=0\n"
                   "bob last=52 time=1052 read=0 delivered=0 peer_read=0\n");
  g_assert_cmpuint (store_fixture_read_all (fixture, "alice", "bob", check_row_cb, NULL), ==, 52);
  g_assert_cmpuint (store_fixture_read_all (fixture, "carol", "alice", NULL, NULL), ==, 1);
  g_assert_cmpuint (store_next_session (fixture->store), >=, 123456);

  again = store_fixture_put (fixture, "bob", "alice", "n3", "repeated", 5000);
  g_assert_true (again->repeated);
  g_assert_cmpuint (again->seq, ==, 3);
  again = store_fixture_put (fixture, "bob", "alice", "n51", "repeated", 5000);
  g_assert_true (again->repeated);
  g_assert_cmpuint (again->seq, ==, 51);
  g_assert_cmpuint (store_fixture_put (fixture, "bob", "alice", "new", "text 53", 1053)->seq, ==,
                    53);
}

static void
test_migrate (StoreFixture *fixture, gconstpointer open)
{
  make_version_1 (fixture);
  store_fixture_reopen (fixture);
  assert_all_there (fixture);
  store_fixture_reopen (fixture);
  g_assert_cmpuint (store_fixture_read_all (fixture, "alice", "bob", NULL, NULL), ==, 53);
}

/* What was never migrated is no worse for a server that had no room to do it. */
static void
test_no_room (StoreFixture *fixture, gconstpointer open)
{
  struct rlimit limit;
  Store *store;

  make_version_1 (fixture);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  signal (SIGXFSZ, SIG_IGN);
  limit.rlim_cur = 40000;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  store = open_store (fixture->folder, 0, NULL, NULL, NULL);
  limit.rlim_cur = limit.rlim_max;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  signal (SIGXFSZ, SIG_DFL);

  g_assert_null (store);
  g_assert_cmpint (check_version (fixture), ==, 1);
  store_fixture_reopen (fixture);
  assert_all_there (fixture);
}

/* Dies at the first byte that it writes beyond the limit of a file. */
static G_NORETURN void
be_victim (const char *folder, const char *bytes)
{
  struct rlimit limit;
  Store *store;

  getrlimit (RLIMIT_FSIZE, &limit);
  limit.rlim_cur = (rlim_t)g_ascii_strtoull (bytes, NULL, 10);
  setrlimit (RLIMIT_FSIZE, &limit);
  setrlimit (RLIMIT_CORE, &(struct rlimit){ 0, 0 });
  store = open_store (folder, 0, NULL, NULL, NULL);
  _Exit (store != NULL ? 0 : 1);
}

/* Killed after each page or so that the migration writes: it is all there, or nothing of it. */
static void
test_killed (StoreFixture *fixture, gconstpointer open)
{
  guint n_killed = 0;
  gboolean done = FALSE;

  make_version_1 (fixture);
  for (guint bytes = 32768; !done; bytes += 4096)
    {
      g_autofree char *limit = g_strdup_printf ("%u", bytes);
      g_autoptr (GError) error = NULL;
      g_autoptr (GSubprocess) victim = g_subprocess_new (
          G_SUBPROCESS_FLAGS_NONE, &error, "/proc/self/exe", VICTIM, fixture->folder, limit, NULL);

      g_assert_no_error (error);
      g_assert_true (g_subprocess_wait (victim, NULL, NULL));
      done = g_subprocess_get_if_exited (victim);
      if (done)
        {
          g_assert_cmpint (g_subprocess_get_exit_status (victim), ==, 0);
          break;
        }
      g_assert_cmpint (g_subprocess_get_term_sig (victim), ==, SIGXFSZ);
      n_killed += check_version (fixture) == 1 ? 1 : 0; /* later ones die after it */
    }
  g_assert_cmpuint (n_killed, >=, 3);
  g_assert_cmpint (check_version (fixture), ==, 2);
  store_fixture_reopen (fixture);
  assert_all_there (fixture);
}

#define ADD(name, func)                                                                            \
  g_test_add ("/store/migration/" name, StoreFixture, open_store, store_fixture_set_up, func,      \
              store_fixture_tear_down)

int
main (int argc, char **argv)
{
  if (argc == 4 && strcmp (argv[1], VICTIM) == 0)
    be_victim (argv[2], argv[3]);
  g_test_init (&argc, &argv, NULL);
  ADD ("migrate", test_migrate);
  ADD ("no-room", test_no_room);
  ADD ("killed", test_killed);
  return g_test_run ();
}
