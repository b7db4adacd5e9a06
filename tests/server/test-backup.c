/* SPDX-License-Identifier: GPL-3.0-or-later */
/* backup and check-store: on a server that is at work, on a store that is damaged, on one that an older server made. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "tests/util/admin.h"
#include "tests/util/client.h"
#include "tests/util/deadline.h"

#define LIST "alice\nbob\ncarol\ndave\n"
#define N_TALKS 3
#define IN_FLIGHT 50
#define ROUNDS 5
#define PER_ROUND 2000 /* messages of each talk: there is an end to it on a machine that is slow to look at them */

/* Some people who talk without a pause, and what they had a SENT for. */
typedef struct
{
  TestServer *server;
  TestClient *clients[N_TALKS];
  guint n_said[N_TALKS];
  guint n_sent[N_TALKS];
  GThread *thread;
  GMutex lock; /* guards what follows */
  GCond changed;
  guint allowed; /* messages of each talk */
  GHashTable *sent; /* "alice 17" : seq and nonce of what alice sent to bob */
  gboolean stop;
} Load;

static const char *const names[N_TALKS] = { "alice", "carol", "dave" };

static void
hear (Load *load, guint i, const char *line)
{
  TestClient *client = load->clients[i];

  g_assert_nonnull (strstr (line, " SENT bob"));
  load->n_sent[i]++;
  g_mutex_lock (&load->lock);
  g_hash_table_add (load->sent, g_strdup_printf ("\"seq\":%s,\"from\":\"%s\"", test_tag (client, "seq"), names[i]));
  g_mutex_unlock (&load->lock);
}

/* Waits until more may be said, if everything that may be was answered. FALSE at the end. */
static gboolean
may_go_on (Load *load, guint *allowed)
{
  gboolean go_on;

  g_mutex_lock (&load->lock);
  while (!load->stop && g_hash_table_size (load->sent) == N_TALKS * load->allowed)
    g_cond_wait (&load->changed, &load->lock);
  go_on = !load->stop;
  *allowed = load->allowed;
  g_mutex_unlock (&load->lock);
  return go_on;
}

/* Lets it say more, or FALSE: nothing more. */
static void
allow_more (Load *load, gboolean more)
{
  g_mutex_lock (&load->lock);
  load->allowed += PER_ROUND;
  load->stop = !more;
  g_cond_signal (&load->changed);
  g_mutex_unlock (&load->lock);
}

static gpointer
load_thread (gpointer data)
{
  Load *load = data;
  guint allowed;

  while (may_go_on (load, &allowed))
    {
      struct pollfd fds[N_TALKS];
      const char *line;

      for (guint i = 0; i < N_TALKS; i++)
        for (; load->n_said[i] - load->n_sent[i] < IN_FLIGHT && load->n_said[i] < allowed; load->n_said[i]++)
          test_send (load->clients[i], "@id=%x-%u CHAT_MESSAGE bob text %u of %s", load->n_said[i] * 2654435761u, load->n_said[i],
                     load->n_said[i], names[i]);
      for (guint i = 0; i < N_TALKS; i++)
        fds[i] = (struct pollfd){ .fd = test_client_fd (load->clients[i]), .events = POLLIN };
      g_assert_cmpint (poll (fds, N_TALKS, (int) (test_patience () / 1000)), >, 0);
      for (guint i = 0; i < N_TALKS; i++)
        while ((line = test_line_if_any (load->clients[i])) != NULL)
          hear (load, i, line);
    }
  return NULL;
}

static gboolean
has_sent_cb (gpointer data)
{
  Load *load = data;
  gboolean has;

  g_mutex_lock (&load->lock);
  has = g_hash_table_size (load->sent) >= 500;
  g_mutex_unlock (&load->lock);
  return has;
}

static void
load_start (Load *load, TestServer *server)
{
  load->server = server;
  load->sent = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < N_TALKS; i++)
    load->clients[i] = test_login2 (server, names[i]);
  load->allowed = PER_ROUND;
  load->thread = g_thread_new ("load", load_thread, load);
  g_assert_true (test_wait_until (has_sent_cb, load));
}

static GHashTable *
load_get_sent (Load *load)
{
  GHashTable *sent = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GHashTableIter iter;
  gpointer key;

  g_mutex_lock (&load->lock);
  g_hash_table_iter_init (&iter, load->sent);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_hash_table_add (sent, g_strdup (key));
  g_mutex_unlock (&load->lock);
  return sent;
}

static void
load_stop (Load *load)
{
  allow_more (load, FALSE);
  g_thread_join (load->thread);
  for (guint i = 0; i < N_TALKS; i++)
    test_client_free (load->clients[i]);
  g_hash_table_unref (load->sent);
}

/* Each line of an export names its message so that it can be found among those that were sent. Changes the export. */
static void
assert_has_all (char *export, GHashTable *sent)
{
  char *end = export + strlen (export);

  for (char *line = export, *next; line < end; line = next)
    {
      const char *seq, *after;

      next = memchr (line, '\n', (gsize) (end - line));
      g_assert_nonnull (next);
      *next++ = '\0';
      seq = strstr (line, "\"seq\"");
      after = strstr (line, ",\"time\"");
      if (seq != NULL && after != NULL)
        {
          g_autofree char *key = g_strndup (seq, (gsize) (after - seq));

          g_hash_table_remove (sent, key);
        }
    }
  g_assert_cmpuint (g_hash_table_size (sent), ==, 0);
}

/* A server whose store is the backup. */
static TestServer *
restore (TestServer *from, const char *name)
{
  TestServer *server = test_server_prepare (LIST, NULL);
  g_autofree char *backup = test_server_path (from, name);
  g_autofree char *data = test_server_path (server, "data");
  g_autofree char *history = test_server_path (server, TEST_HISTORY);

  g_assert_no_errno (g_mkdir (data, 0700));
  g_assert_no_errno (g_rename (backup, history));
  return server;
}

/* What had its SENT before the backup began is in it, each message whole and at its place. */
static void
test_under_load (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "limits.messages-per-second=0", NULL);
  Load load = { 0 };

  load_start (&load, server);
  for (guint round = 0; round < ROUNDS; round++)
    {
      g_autoptr (GHashTable) sent = load_get_sent (&load);
      g_autoptr (GHashTable) sent_later = NULL;
      g_autofree char *said = test_admin (server, "backup", "copy", NULL);
      g_autofree char *checked = test_admin (server, "check-store", "copy", NULL);
      g_autofree char *checked_live = test_admin (server, "check-store", NULL);
      g_autofree char *live = NULL;
      g_autofree char *copied = NULL;
      g_autoptr (TestServer) restored = restore (server, "copy");

      allow_more (&load, TRUE);
      g_assert_cmpstr (said, ==, "");
      copied = test_admin (restored, "export", NULL);
      assert_has_all (copied, sent);
      sent_later = load_get_sent (&load);
      live = test_admin (server, "export", NULL);
      assert_has_all (live, sent_later);
    }
  load_stop (&load);
}

/* A restored server goes on where the backup was made. */
static void
test_restore (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autoptr (TestServer) restored = NULL;
  g_autoptr (TestClient) alice = test_login2 (server, "alice");
  g_autofree char *file = test_server_path (server, "copy");
  GStatBuf info;

  test_send (alice, "@id=1 CHAT_MESSAGE bob one");
  test_expect_tagged (alice, "id=1;seq=1;time=*", "SENT bob");
  g_free (test_admin (server, "backup", "copy", NULL));
  g_assert_no_errno (g_stat (file, &info));
  g_assert_cmpuint (info.st_mode & 0777, ==, 0600);

  test_server_rewrite_file (server, "there", "precious");
  g_free (test_admin_fails (server, "there: File exists", "backup", "there", NULL));
  g_free (test_admin_fails (server, "no/copy", "backup", "no/copy", NULL));

  g_clear_pointer (&alice, test_client_free);
  restored = restore (server, "copy");
  test_server_start (restored);
  alice = test_login2 (restored, "alice");
  test_send (alice, "@id=1 CHAT_MESSAGE bob one");
  test_expect_tagged (alice, "id=1;seq=1;time=*", "SENT bob");
  test_send (alice, "@id=2 CHAT_MESSAGE bob two");
  test_expect_tagged (alice, "id=2;seq=2;time=*", "SENT bob");
  g_free (test_admin (restored, "check-store", NULL));
}

static guint
count_hits (TestClient *client, const char *word)
{
  guint n = 0;

  for (test_send (client, "SEARCH %s", word); strstr (test_line (client), "SEARCH_END") == NULL;)
    n++;
  return n;
}

/* What else is in the folder knows later messages than the backup that takes history.db's place; nothing of these is found. */
static void
test_restore_in_place (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autoptr (TestClient) alice = test_login2 (server, "alice");
  g_autofree char *copy = test_server_path (server, "copy");
  g_autofree char *history = test_server_path (server, TEST_HISTORY);

  test_send (alice, "CHAT_MESSAGE bob early");
  test_expect_tagged (alice, "seq=1;time=*", "SENT bob");
  g_free (test_admin (server, "backup", "copy", NULL));
  test_send (alice, "CHAT_MESSAGE bob forgotten");
  test_expect_tagged (alice, "seq=2;time=*", "SENT bob");
  g_assert_cmpuint (count_hits (alice, "forgotten"), ==, 1);

  g_assert_cmpint (test_server_stop (server, SIGTERM), ==, 0);
  g_assert_no_errno (g_rename (copy, history));
  test_server_start (server);
  g_clear_pointer (&alice, test_client_free);
  alice = test_login2 (server, "alice");
  g_assert_cmpuint (count_hits (alice, "forgotten"), ==, 0);
  test_send (alice, "CHAT_MESSAGE bob late");
  test_expect_tagged (alice, "seq=2;time=*", "SENT bob");
  g_assert_cmpuint (count_hits (alice, "forgotten"), ==, 0);
  g_assert_cmpuint (count_hits (alice, "early"), ==, 1);
  g_assert_cmpuint (count_hits (alice, "late"), ==, 1);
}

static guint
count_files (TestServer *server)
{
  g_autoptr (GDir) dir = g_dir_open (test_server_folder (server), 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

#define BEGUN "$admin backup copy & while ! ls copy.part-* && kill -0 $!; do :; done >/dev/null 2>&1"

/* Stopped, killed, or without room: there is no backup then, rather than half of one. */
static void
test_cut_short (void)
{
  static const char *const how[] = {
    "ulimit -f 200; exec $admin backup copy",
    BEGUN "; kill -TERM $!; wait $!",
    BEGUN "; kill -KILL $!; wait $! 2>/dev/null",
  };
  g_autoptr (TestServer) server = test_server_prepare (LIST, NULL);
  g_autofree char *copy = test_server_path (server, "copy");
  g_autoptr (GString) lines = g_string_new (NULL);
  guint n_files;

  for (guint i = 1; i <= 50000; i++)
    g_string_append_printf (lines, "{\"conversation\":[\"alice\",\"bob\"],\"seq\":%u,\"from\":\"bob\",\"time\":\"2026-11-24T10:00:00.000Z\",\"text\":\"number %u\"}\n", i, i);
  test_server_rewrite_file (server, "lines", lines->str);
  g_free (test_admin (server, "import", "lines", NULL));
  n_files = count_files (server);

  for (guint i = 0; i < G_N_ELEMENTS (how); i++)
    {
      g_auto (TestRun) run = { 0 };

      test_admin_shell (server, &run, how[i]);
      g_test_message ("%s: status %d, it says: %s", how[i], run.status, run.err);
      if (i == 0)
        g_assert_cmpint (run.status, ==, 1);
      if (run.status == 0 && g_access (copy, F_OK) == 0) /* it was faster */
        g_free (test_admin (server, "check-store", "copy", NULL));
      else if (i < 2)
        g_assert_cmpuint (count_files (server), ==, n_files);
      g_unlink (copy);
    }
}

static const char lines[] =
  "{\"conversation\":[\"alice\",\"bob\"],\"seq\":1,\"from\":\"bob\",\"time\":\"2026-11-24T10:00:00.000Z\",\"id\":\"a\",\"text\":\"1\"}\n"
  "{\"conversation\":[\"alice\",\"bob\"],\"seq\":2,\"from\":\"bob\",\"time\":\"2026-11-24T10:00:01.000Z\",\"id\":\"b\",\"text\":\"2\"}\n"
  "{\"conversation\":[\"alice\",\"bob\"],\"seq\":3,\"from\":\"alice\",\"time\":\"2026-11-24T10:00:01.000Z\",\"text\":\"3\"}\n"
  "{\"conversation\":[\"alice\",\"bob\"],\"reader\":\"bob\",\"read\":2,\"delivered\":3}\n";

#define FIRST "(1 << 32)"

static const struct
{
  const char *sql;
  const char *found;
} damages[] = {
  { "DELETE FROM message WHERE id = " FIRST " + 2", "alice and bob: messages 2 to 2 are missing\n" },
  { "DELETE FROM message WHERE id = " FIRST " + 1", "alice and bob: messages 1 to 1 are missing\n" },
  { "INSERT INTO recent SELECT NULL, id, sender, time, nonce, body FROM message WHERE id = " FIRST " + 3", "alice and bob: message 3 is there twice\n" },
  { "INSERT INTO recent SELECT NULL, id + 3, sender, time, nonce, body FROM message WHERE id = " FIRST " + 1", "share the id a\n" },
  { "INSERT INTO recent SELECT NULL, id + 2, 1, time + 9000, 'c', body FROM message WHERE id > " FIRST " + 1", "share the id c\n" },
  { "UPDATE message SET time = 5 WHERE id = " FIRST " + 2", "alice and bob: message 2 is older than the one before\n" },
  { "UPDATE message SET sender = 2 WHERE id = " FIRST " + 2", "alice and bob: message 2 is from nobody\n" },
  { "UPDATE message SET body = '' WHERE id = " FIRST " + 2", "alice and bob: message 2: a text is missing\n" },
  { "UPDATE message SET body = char (7) WHERE id = " FIRST " + 2", "alice and bob: message 2: a text is UTF-8 without" },
  { "UPDATE message SET id = id + " FIRST, "message 1 belongs to conversation 2, which is missing\n" },
  { "UPDATE conversation SET hi = 'aaron'", "alice and aaron: not two Client-IDs in their order\n" },
  { "UPDATE conversation SET removed = 1", "alice and bob: message 1 " },
  { "UPDATE mark SET delivered = 4", "alice and bob: read up to 2, delivered up to 4, but 3 is the last\n" },
  { "UPDATE mark SET read = 4", "alice and bob: read up to 4, delivered up to 3" },
  { "UPDATE mark SET conversation = 7", "a mark belongs to conversation 7" },
  { "UPDATE mark SET side = 2", "is of side 2\n" },
  { "UPDATE counter SET value = 7", "the counter of sessions is 7\n" },
  { "DELETE FROM counter", "the counter of sessions is missing\n" },
  { "DROP INDEX message_nonce; DELETE FROM message; PRAGMA writable_schema = ON;"
    " UPDATE sqlite_schema SET rootpage = 2 WHERE name = 'recent'", "" },
};

static void
test_damages (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (damages); i++)
    {
      g_autoptr (TestServer) server = test_server_prepare (LIST, NULL);
      g_autofree char *good = NULL;
      g_autofree char *found = NULL;

      g_test_message ("%s", damages[i].sql);
      test_server_rewrite_file (server, "lines", lines);
      g_free (test_admin (server, "import", "lines", NULL));
      good = test_admin (server, "check-store", NULL);
      g_assert_nonnull (strstr (good, "conversations: 1, messages: 3, removed: 0\n"));
      test_admin_sql (server, TEST_HISTORY, damages[i].sql);
      found = test_admin_fails (server, "history.db", "check-store", NULL);
      if (strstr (found, damages[i].found) == NULL)
        g_error ("\"%s\" was not found: %s", damages[i].found, found);
    }
}

/* Files that are no store at all, or not any more. Each command says so, and none changes them. */
static void
test_not_a_store (void)
{
  static const char *const commands[] = { "export", "check-store", "backup copy", "import lines" };
  g_autoptr (TestServer) server = test_server_prepare (LIST, NULL);
  static const char *const sql[] = { "CREATE TABLE other (x); PRAGMA application_id = 7", "PRAGMA user_version = 999" };

  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *history = test_server_path (server, TEST_HISTORY);
      g_autofree char *before = NULL;
      gsize size;

      test_server_rewrite_file (server, "lines", lines);
      g_unlink (history);
      g_free (test_admin (server, "import", "lines", NULL));
      if (i == 0)
        test_server_rewrite_file (server, TEST_HISTORY, "This is a text of no use to SQLite. This is a text of no use to SQLite.");
      else if (i == 3)
        g_assert_no_errno (truncate (history, 5000));
      else
        test_admin_sql (server, TEST_HISTORY, sql[i - 1]);
      g_assert_true (g_file_get_contents (history, &before, &size, NULL));

      for (guint c = 0; c < G_N_ELEMENTS (commands); c++)
        {
          g_autofree char *command = g_strconcat ("$admin ", commands[c], NULL);
          g_autofree char *after = NULL;
          g_auto (TestRun) run = { 0 };
          gsize size_after;

          test_admin_shell (server, &run, command);
          g_test_message ("%u %s: %s", i, commands[c], run.err);
          g_assert_cmpint (run.status, ==, 1);
          g_assert_cmpstr (strchr (run.err, '\n'), ==, "\n");
          g_assert_true (g_file_get_contents (history, &after, &size_after, NULL));
          g_assert_cmpmem (before, size, after, size_after);
        }
    }
}

/* A store as the first schema had it, with messages in both of its tables. */
static const char old_store[] =
  "PRAGMA application_id = 0x57436874; PRAGMA user_version = 1; PRAGMA journal_mode = WAL;"
  "CREATE TABLE conversation (id INTEGER PRIMARY KEY CHECK (id < 0x7fffffff), lo TEXT NOT NULL, hi TEXT NOT NULL, UNIQUE (lo, hi)) STRICT;"
  "CREATE TABLE message (id INTEGER PRIMARY KEY, sender INTEGER NOT NULL, time INTEGER NOT NULL, nonce TEXT, body TEXT NOT NULL) STRICT;"
  "CREATE UNIQUE INDEX message_nonce ON message (id >> 32, sender, nonce) WHERE nonce IS NOT NULL;"
  "CREATE TABLE recent (place INTEGER PRIMARY KEY, id INTEGER NOT NULL, sender INTEGER NOT NULL, time INTEGER NOT NULL, nonce TEXT,"
  " body TEXT NOT NULL) STRICT;"
  "CREATE VIEW history AS SELECT id, id >> 32 AS conversation, id & 0xffffffff AS seq, sender, time, nonce, body FROM message UNION ALL"
  " SELECT id, id >> 32, id & 0xffffffff, sender, time, nonce, body FROM recent;"
  "CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
  "INSERT INTO counter VALUES ('session', 100000); INSERT INTO conversation VALUES (1, 'alice', 'bob');"
  "INSERT INTO message VALUES ((1 << 32) + 1, 0, 1767225600000, 'a', 'one');"
  "INSERT INTO recent VALUES (1, (1 << 32) + 2, 1, 1767225600001, NULL, 'two');";

static const char old_lines[] =
  "{\"conversation\":[\"alice\",\"bob\"],\"seq\":1,\"from\":\"alice\",\"time\":\"2026-01-01T00:00:00.000Z\",\"id\":\"a\",\"text\":\"one\"}\n"
  "{\"conversation\":[\"alice\",\"bob\"],\"seq\":2,\"from\":\"bob\",\"time\":\"2026-01-01T00:00:00.001Z\",\"text\":\"two\"}\n";

/* Who only looks at it leaves it as it is, so that the older server could still run; import does as a server does. */
static void
test_old_schema (void)
{
  g_autoptr (TestServer) server = test_server_prepare (LIST, NULL);
  g_autoptr (TestClient) alice = NULL;
  g_autofree char *exported = NULL;
  g_autofree char *checked = NULL;
  g_autofree char *copied = NULL;
  g_autofree char *added = NULL;
  g_autofree char *now = NULL;

  test_admin_sql (server, TEST_HISTORY, old_store);
  test_server_rewrite_file (server, "lines", old_lines);
  exported = test_admin (server, "export", NULL);
  g_assert_cmpstr (exported, ==, old_lines);
  checked = test_admin (server, "check-store", NULL);
  g_assert_nonnull (strstr (checked, "schema 1, conversations: 1, messages: 2,"));
  g_free (test_admin (server, "backup", "copy", NULL));
  copied = test_admin (server, "check-store", "copy", NULL);
  g_assert_nonnull (strstr (copied, "schema 1, conversations: 1, messages: 2,"));

  added = test_admin (server, "import", "lines", NULL);
  g_assert_cmpstr (added, ==, "0 messages added, 2 were there already\n");
  now = test_admin (server, "check-store", NULL);
  g_assert_null (strstr (now, "schema 1,"));
  test_server_start (server);
  alice = test_login2 (server, "alice");
  test_send (alice, "@id=a CHAT_MESSAGE bob one");
  test_expect_tagged (alice, "id=a;seq=1;time=2026-01-01T00:00:00.000Z", "SENT bob");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  signal (SIGXFSZ, SIG_IGN); /* a write over the limit fails, instead of killing */
  g_test_add_func ("/backup/under-load", test_under_load);
  g_test_add_func ("/backup/restore", test_restore);
  g_test_add_func ("/backup/restore-in-place", test_restore_in_place);
  g_test_add_func ("/backup/cut-short", test_cut_short);
  g_test_add_func ("/backup/damages", test_damages);
  g_test_add_func ("/backup/not-a-store", test_not_a_store);
  g_test_add_func ("/backup/old-schema", test_old_schema);
  return g_test_run ();
}
