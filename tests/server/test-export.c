/* SPDX-License-Identifier: GPL-3.0-or-later */
/* export and import: what comes out goes in again unchanged; whatever is wrong with it changes nothing. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <glib/gstdio.h>

#include "tests/util/admin.h"
#include "tests/util/client.h"
#include "tests/util/deadline.h"

#define LIST "alice\nbob\ncarol\n"

static const char *const texts[] = {
  "plain", "say \"hello\"", "a\\nb\\rc", "C:\\\\temp \\\\u0000", "\ttab\t", "\xc3\xa4\xe2\x80\xa8\xf0\x9f\x98\x80", "{\"text\":1}", "'; DROP TABLE message; --", "/",
};

/* A server that has conversations in it, and runs. */
static TestServer *
talked_server (void)
{
  TestServer *server = test_server_new (LIST, "limits.messages-per-second=0", NULL);
  g_autoptr (TestClient) alice = test_login2 (server, "alice");
  g_autoptr (TestClient) carol = test_login2 (server, "carol");

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      test_send (alice, "@id=n\\s%u CHAT_MESSAGE bob %s", i, texts[i]);
      test_expect_tagged (alice, "id=*;seq=*;time=*", "SENT bob");
    }
  for (guint i = 0; i < 3; i++)
    {
      test_send (carol, "CHAT_MESSAGE bob without an id");
      test_expect_tagged (carol, "seq=*;time=*", "SENT bob");
    }
  return server;
}

/* What goes beyond what clients can make happen here: marks, and messages that were removed. */
static const char more_lines[] =
  "{\"conversation\":[\"dora\",\"emil\"],\"removed\":7,\"time\":\"2026-01-01T00:00:00.000Z\"}\n"
  "{\"conversation\":[\"dora\",\"emil\"],\"seq\":8,\"from\":\"emil\",\"time\":\"2026-01-01T00:00:00.001Z\",\"text\":\"eight\"}\n"
  "{\"conversation\":[\"dora\",\"emil\"],\"seq\":9,\"from\":\"dora\",\"time\":\"2026-01-01T00:00:00.999Z\",\"id\":\"9\",\"text\":\"nine\"}\n"
  "{\"conversation\":[\"dora\",\"emil\"],\"reader\":\"dora\",\"read\":8,\"delivered\":9}\n"
  "{\"conversation\":[\"dora\",\"emil\"],\"reader\":\"emil\",\"read\":0,\"delivered\":9}\n"
  "{\"conversation\":[\"dora\",\"fritz\"],\"removed\":3,\"time\":\"2026-02-03T04:05:06.789Z\"}\n";

static void
test_round_trip (void)
{
  g_autoptr (TestServer) from = talked_server ();
  g_autoptr (TestServer) to = test_server_prepare (LIST, NULL);
  g_autoptr (TestClient) alice = NULL;
  g_autofree char *one = test_admin (from, "export", "bob", "alice", NULL);
  g_autofree char *two = test_admin (from, "export", "bob", "carol", NULL);
  g_autofree char *all = test_admin (from, "export", NULL);
  g_autofree char *added = NULL;
  g_autofree char *again = NULL;
  g_autofree char *there = NULL;
  g_autofree char *twice = NULL;
  g_autofree char *both = g_strconcat (one, two, NULL);
  g_autofree char *everything = g_strconcat (all, more_lines, NULL);

  g_assert_cmpstr (all, ==, both);
  test_server_rewrite_file (to, "lines", everything);
  added = test_admin (to, "import", "lines", NULL);
  g_assert_cmpstr (added, ==, "14 messages added, 0 were there already\n");
  there = test_admin (to, "export", NULL);
  g_assert_cmpstr (there, ==, everything);
  g_free (test_admin (to, "check-store", NULL));

  again = test_admin (to, "import", "lines", NULL);
  g_assert_cmpstr (again, ==, "0 messages added, 14 were there already\n");
  twice = test_admin (to, "export", NULL);
  g_assert_cmpstr (twice, ==, everything);

  /* To clients it is as if they had always talked with this server. */
  test_server_start (to);
  alice = test_login2 (to, "alice");
  test_send (alice, "HISTORY_REQ bob");
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *tags = g_strdup_printf ("seq=%u;from=alice;time=*;id=n\\s%u", i + 1, i);

      test_expect_tagged (alice, tags, "HISTORY_RESP %s", texts[i]);
    }
  test_expect_tagged (alice, "count=9;last=9;more=0", "HISTORY_END bob");
  test_send (alice, "@id=n\\s3 CHAT_MESSAGE bob sent again");
  test_expect_tagged (alice, "id=n\\s3;seq=4;time=*", "SENT bob");
  test_send (alice, "@id=n\\s9 CHAT_MESSAGE bob new");
  test_expect_tagged (alice, "id=n\\s9;seq=10;time=*", "SENT bob");
}

static void
test_pipe (void)
{
  g_autoptr (TestServer) server = talked_server ();
  g_auto (TestRun) run = { 0 };

  /* The second folder is named as such, and its lock is its own. */
  test_server_rewrite_file (server, "other.conf", "[server]\ndata-directory=other\n");
  test_admin_shell (server, &run, "other=\"${admin%%--config*}--config other.conf\";"
                                  " set -e; $admin export | $other import; $other export >there; $admin export >here; cmp here there");
  g_assert_cmpstr (run.err, ==, "");
  g_assert_cmpstr (run.out, ==, "12 messages added, 0 were there already\n");
  g_assert_cmpint (run.status, ==, 0);
}

/* A mark only rises, and messages may be added to a conversation that has grown. */
static void
test_merge (void)
{
  g_autoptr (TestServer) server = test_server_prepare (LIST, NULL);
  g_autofree char *there = NULL;
  g_autofree char *wanted = NULL;

  test_server_rewrite_file (server, "more", more_lines);
  g_free (test_admin (server, "import", "more", NULL));
  test_server_rewrite_file (server, "later",
    "{\"reader\":\"dora\",\"read\":1,\"delivered\":2,\"conversation\":[\"emil\",\"dora\"]}\n"
    "\r\n"
    "{\"conversation\":[\"emil\",\"dora\"],\"seq\":3,\"from\":\"emil\",\"time\":\"2025-01-01T00:00:00.001Z\",\"text\":\"removed since\"}\n"
    "{\"conversation\":[\"emil\",\"dora\"],\"seq\":10,\"from\":\"emil\",\"time\":\"2026-01-01T00:00:00.999Z\",\"text\":\"ten\"}\r\n"
    "{\"conversation\":[\"emil\",\"dora\"],\"reader\":\"emil\",\"read\":10,\"delivered\":10}");
  g_free (test_admin (server, "import", "later", NULL));
  there = test_admin (server, "export", "dora", "emil", NULL);
  wanted = g_strdup (
    "{\"conversation\":[\"dora\",\"emil\"],\"removed\":7,\"time\":\"2026-01-01T00:00:00.000Z\"}\n"
    "{\"conversation\":[\"dora\",\"emil\"],\"seq\":8,\"from\":\"emil\",\"time\":\"2026-01-01T00:00:00.001Z\",\"text\":\"eight\"}\n"
    "{\"conversation\":[\"dora\",\"emil\"],\"seq\":9,\"from\":\"dora\",\"time\":\"2026-01-01T00:00:00.999Z\",\"id\":\"9\",\"text\":\"nine\"}\n"
    "{\"conversation\":[\"dora\",\"emil\"],\"seq\":10,\"from\":\"emil\",\"time\":\"2026-01-01T00:00:00.999Z\",\"text\":\"ten\"}\n"
    "{\"conversation\":[\"dora\",\"emil\"],\"reader\":\"dora\",\"read\":8,\"delivered\":9}\n"
    "{\"conversation\":[\"dora\",\"emil\"],\"reader\":\"emil\",\"read\":10,\"delivered\":10}\n");
  g_assert_cmpstr (there, ==, wanted);
}

/* Lines that are refused, after those of good_lines. */
#define PAIR "\"conversation\":[\"alice\",\"bob\"]"
#define FROM "\"from\":\"alice\",\"time\":\"2026-11-24T10:00:00.000Z\""

static const char good_lines[] =
  "{" PAIR ",\"seq\":1,\"id\":\"one\"," FROM ",\"text\":\"1\"}\n"
  "{" PAIR ",\"seq\":2," FROM ",\"text\":\"2\"}\n";

static const char old_lines[] =
  "{" PAIR ",\"seq\":1,\"from\":\"bob\",\"time\":\"2020-01-01T00:00:00.000Z\",\"text\":\"1\"}\n"
  "{" PAIR ",\"seq\":2,\"from\":\"bob\",\"time\":\"2020-01-01T00:00:00.000Z\",\"text\":\"2\"}\n";

static const struct
{
  const char *line;
  const char *reason;
} bad_lines[] = {
  { "nonsense", "not a JSON object" },
  { "[1,2]", "not a JSON object" },
  { "{" PAIR ",\"seq\":3," FROM ",\"text\":\"3\"", "not a JSON object" },
  { "{" PAIR ",\"seq\":3," FROM ",\"text\":\"3\"} x", "not a JSON object" },
  { "{" PAIR ",\"seq\":3," FROM ",\"text\":\"\xff\"}", "not UTF-8" },
  { "{" PAIR ",\"seq\":3," FROM ",\"text\":\"a\\u0000b\"}", "NUL" },
  { "{" PAIR ",\"seq\":3," FROM ",\"text\":\"a\\u0007b\"}", "control characters" },
  { "{" PAIR ",\"seq\":3," FROM ",\"text\":\"\\ud800\"}", "UTF-8" },
  { "{" PAIR ",\"seq\":3," FROM ",\"text\":\"\"}", "missing" },
  { "{" PAIR ",\"seq\":3," FROM ",\"text\":3}", "\"text\"" },
  { "{" PAIR ",\"seq\":3," FROM "}", "keys" },
  { "{" PAIR ",\"seq\":3," FROM ",\"text\":\"3\",\"x\":1}", "a key that is not known" },
  { "{" PAIR ",\"seq\":3,\"seq\":3," FROM ",\"text\":\"3\"}", "twice" },
  { "{" PAIR ",\"seq\":\"3\"," FROM ",\"text\":\"3\"}", "\"seq\"" },
  { "{" PAIR ",\"seq\":3.0," FROM ",\"text\":\"3\"}", "\"seq\"" },
  { "{" PAIR ",\"seq\":0," FROM ",\"text\":\"3\"}", "\"seq\"" },
  { "{" PAIR ",\"seq\":-3," FROM ",\"text\":\"3\"}", "\"seq\"" },
  { "{" PAIR ",\"seq\":99999999999," FROM ",\"text\":\"3\"}", "\"seq\"" },
  { "{" PAIR ",\"seq\":99999999999999999999," FROM ",\"text\":\"3\"}", "\"seq\"" },
  { "{" PAIR ",\"seq\":4," FROM ",\"text\":\"4\"}", "message 3 of alice and bob should come next" },
  { "{" PAIR ",\"seq\":2," FROM ",\"text\":\"another\"}", "message 2 of alice and bob is another one" },
  { "{" PAIR ",\"seq\":2,\"id\":\"two\"," FROM ",\"text\":\"2\"}", "another one" },
  { "{" PAIR ",\"seq\":3,\"id\":\"one\"," FROM ",\"text\":\"3\"}", "the same \"id\"" },
  { "{" PAIR ",\"seq\":3,\"id\":\"\"," FROM ",\"text\":\"3\"}", "\"id\"" },
  { "{" PAIR ",\"seq\":3,\"id\":null," FROM ",\"text\":\"3\"}", "\"id\"" },
  { "{" PAIR ",\"seq\":3,\"id\":\"0123456789012345678901234567890123456789012345678901234567890123x\"," FROM ",\"text\":\"3\"}", "\"id\"" },
  { "{" PAIR ",\"seq\":3,\"from\":\"carol\",\"time\":\"2026-11-24T10:00:00.000Z\",\"text\":\"3\"}", "\"from\"" },
  { "{" PAIR ",\"seq\":3,\"from\":\"bob\",\"time\":\"yesterday\",\"text\":\"3\"}", "\"time\"" },
  { "{" PAIR ",\"seq\":3,\"from\":\"bob\",\"time\":\"2026-11-24T09:59:59.999Z\",\"text\":\"3\"}", "\"time\"" },
  { "{\"conversation\":[\"alice\"],\"seq\":1," FROM ",\"text\":\"3\"}", "\"conversation\"" },
  { "{\"conversation\":[\"alice\",\"bob\",\"carol\"],\"seq\":1," FROM ",\"text\":\"3\"}", "\"conversation\"" },
  { "{\"conversation\":[\"alice\",\"alice\"],\"seq\":1," FROM ",\"text\":\"3\"}", "\"conversation\"" },
  { "{\"conversation\":[\"alice\",\"b/b\"],\"seq\":1," FROM ",\"text\":\"3\"}", "\"conversation\"" },
  { "{\"conversation\":[\"alice\",7],\"seq\":1," FROM ",\"text\":\"3\"}", "\"conversation\"" },
  { "{\"conversation\":\"alice\",\"seq\":1," FROM ",\"text\":\"3\"}", "\"conversation\"" },
  { "{\"conversation\":[\"alice\",\"carol\"],\"seq\":2," FROM ",\"text\":\"3\"}", "message 1 of alice and carol should come next" },
  { "{" PAIR ",\"reader\":\"carol\",\"read\":1,\"delivered\":1}", "\"reader\"" },
  { "{" PAIR ",\"reader\":\"bob\",\"read\":2,\"delivered\":1}", "\"read\"" },
  { "{" PAIR ",\"reader\":\"bob\",\"read\":1,\"delivered\":3}", "\"delivered\"" },
  { "{" PAIR ",\"reader\":\"bob\",\"read\":1}", "keys" },
  { "{" PAIR ",\"removed\":5,\"time\":\"2026-11-24T10:00:00.000Z\"}", "messages 3 to 5 of alice and bob are missing" },
};

static void
assert_refused (TestServer *server, const char *line, const char *reason)
{
  g_autofree char *content = g_strconcat (good_lines, line, "\n", NULL);
  g_auto (TestRun) run = { 0 };
  g_autofree char *there = NULL;

  test_server_rewrite_file (server, "lines", content);
  g_free (test_admin_fails (server, reason, "import", "lines", NULL));
  test_admin_shell (server, &run, "$admin import <lines");
  g_assert_cmpint (run.status, ==, 1);
  g_assert_true (g_str_has_prefix (run.err, "webchat-server: standard input:3: "));
  there = test_admin (server, "export", NULL);
  g_assert_cmpstr (there, ==, "");
}

static void
test_bad_lines (void)
{
  g_autoptr (TestServer) server = test_server_prepare (LIST, NULL);
  g_autofree char *long_text = g_strnfill (8193, 'x');
  g_autofree char *long_line = g_strnfill (100 * 1000, 'x');
  g_autofree char *too_long = g_strdup_printf ("{" PAIR ",\"seq\":3," FROM ",\"text\":\"%s\"}", long_text);

  for (guint i = 0; i < G_N_ELEMENTS (bad_lines); i++)
    {
      g_autofree char *shown = g_utf8_make_valid (bad_lines[i].line, -1);

      g_test_message ("%s", shown);
      assert_refused (server, bad_lines[i].line, bad_lines[i].reason);
    }
  assert_refused (server, too_long, "8192 bytes");
  assert_refused (server, long_line, "longer");
  g_free (test_admin_fails (server, "nowhere", "import", "nowhere", NULL));
  g_free (test_admin_fails (server, "data", "import", "data", NULL)); /* a folder */
}

/* The longest text that there can be, and the longest that JSON makes of it. */
static void
test_longest (void)
{
  g_autoptr (TestServer) server = test_server_prepare (LIST, NULL);
  g_autofree char *tabs = g_strnfill (8192, '\t');
  g_autofree char *there = NULL;
  g_autoptr (GString) escaped = g_string_new ("{" PAIR ",\"seq\":1," FROM ",\"text\":\"");

  for (guint i = 0; i < 8192; i++)
    g_string_append (escaped, "\\u0009");
  g_string_append (escaped, "\"}\n");
  test_server_rewrite_file (server, "lines", escaped->str);
  g_free (test_admin (server, "import", "lines", NULL));
  there = test_admin (server, "export", NULL);
  g_assert_cmpuint (strlen (there), >, 2 * 8192);
  test_server_rewrite_file (server, "lines", there);
  g_free (test_admin (server, "import", "lines", NULL));
}

static void
test_running (void)
{
  g_autoptr (TestServer) server = talked_server ();
  g_autoptr (TestClient) alice = NULL;

  test_server_rewrite_file (server, "lines", good_lines);
  g_free (test_admin_fails (server, "stop it", "import", "lines", NULL));
  alice = test_login2 (server, "alice");
  test_expect_nothing (alice);
}

static void
test_no_room (void)
{
  g_autoptr (TestServer) server = talked_server ();
  g_auto (TestRun) full = { 0 };

  test_admin_shell (server, &full, "$admin export >/dev/full");
  g_assert_cmpint (full.status, ==, 1);
  g_assert_true (g_str_has_prefix (full.err, "webchat-server: standard output: "));
  g_free (test_admin_fails (server, "alice and nobody", "export", "nobody", "alice", NULL));
}

#define N_LINES 20000

static char *
many_lines (void)
{
  GString *lines = g_string_new (NULL);

  for (guint i = 1; i <= N_LINES; i++)
    g_string_append_printf (lines, "{" PAIR ",\"seq\":%u," FROM ",\"id\":\"%x-%u\",\"text\":\"number %u\"}\n", i, i * 2654435761u, i, i);
  return g_string_free (lines, FALSE);
}

/* A store that has all of the lines, or none. */
static gboolean
has_all (TestServer *server, const char *lines)
{
  g_autofree char *there = test_admin (server, "export", NULL);

  g_free (test_admin (server, "check-store", NULL));
  g_assert_true (there[0] == '\0' || strcmp (there, lines) == 0); /* too long to be shown */
  return there[0] != '\0';
}

/* However an import ends, all of it is there or nothing. */
static void
test_killed (void)
{
  static const char *const fed[] = { "head -n 1 lines >&3", "head -n 5000 lines >&3", "cat lines >&3", "cat lines >&3; exec 3>&-" };
  g_autoptr (TestServer) server = test_server_prepare (LIST, NULL);
  g_autofree char *lines = many_lines ();

  test_server_rewrite_file (server, "lines", lines);
  g_free (test_admin (server, "import", "/dev/null", NULL)); /* the store is there from now on */
  for (guint i = 0; i < G_N_ELEMENTS (fed); i++)
    {
      g_autofree char *command = g_strdup_printf (
        "mkfifo pipe%u; $admin import pipe%u & exec 3>pipe%u; %s; kill -9 $!; wait $! 2>/dev/null", i, i, i, fed[i]);
      g_auto (TestRun) run = { 0 };

      g_test_message ("%s", fed[i]);
      test_admin_shell (server, &run, command);
      if (has_all (server, lines))
        g_assert_cmpuint (i, ==, G_N_ELEMENTS (fed) - 1);
    }
  g_free (test_admin (server, "import", "lines", NULL));
  g_assert_true (has_all (server, lines));
}

/* No room for all of it: nothing of it, and with room again it works. */
static void
test_import_without_room (void)
{
  g_autoptr (TestServer) server = test_server_prepare (LIST, NULL);
  g_autofree char *lines = many_lines ();
  g_auto (TestRun) run = { 0 };

  test_server_rewrite_file (server, "lines", lines);
  g_free (test_admin (server, "import", "/dev/null", NULL));
  test_admin_shell (server, &run, "ulimit -f 500; exec $admin import lines");
  g_test_message ("it says: %s", run.err);
  g_assert_cmpint (run.status, ==, 1);
  g_assert_false (has_all (server, lines));
  g_free (test_admin (server, "import", "lines", NULL));
  g_assert_true (has_all (server, lines));
}

static gboolean
is_removed_cb (gpointer data)
{
  g_autofree char *there = test_admin (data, "export", NULL);

  return strstr (there, "\"removed\":2,") != NULL;
}

/* What the server has removed for its age is missing in an export, which says so, and comes back by no import. */
static void
test_retention (void)
{
  g_autoptr (TestServer) server = test_server_prepare (LIST, "store.retention-days=1", NULL);
  g_autoptr (TestServer) other = test_server_prepare (LIST, NULL);
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *time = g_date_time_format (now, "%Y-%m-%dT%H:%M:%S.000Z");
  g_autofree char *imported = g_strdup_printf ("%s{" PAIR ",\"seq\":3,\"from\":\"bob\",\"time\":\"%s\",\"text\":\"3\"}\n", old_lines, time);
  g_autofree char *there = NULL;
  g_autofree char *copied = NULL;
  g_autofree char *again = NULL;

  test_server_rewrite_file (server, "lines", imported);
  g_free (test_admin (server, "import", "lines", NULL));
  test_server_start (server);
  g_assert_true (test_wait_until (is_removed_cb, server));
  g_free (test_admin (server, "check-store", NULL));
  g_assert_cmpint (test_server_stop (server, SIGTERM), ==, 0);

  there = test_admin (server, "export", NULL);
  g_free (test_admin (server, "import", "lines", NULL));
  again = test_admin (server, "export", NULL);
  g_assert_cmpstr (again, ==, there);
  test_server_rewrite_file (other, "lines", there);
  g_free (test_admin (other, "import", "lines", NULL));
  copied = test_admin (other, "export", NULL);
  g_assert_cmpstr (copied, ==, there);
}

static void
test_usage (void)
{
  static const char *const wrong[] = {
    "export alice", "export alice bob carol", "export a/b bob", "import a b", "backup", "backup a b", "check-store a b", "expor", "--check-config export", "export --nonsense",
  };
  g_autoptr (TestServer) server = test_server_prepare (LIST, NULL);
  g_auto (TestRun) help = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autofree char *command = g_strconcat ("$admin ", wrong[i], NULL);
      g_auto (TestRun) run = { 0 };

      g_test_message ("%s", wrong[i]);
      test_admin_shell (server, &run, command);
      g_assert_cmpint (run.status, ==, 2);
      g_assert_cmpstr (run.out, ==, "");
      g_assert_cmpstr (strchr (run.err, '\n'), ==, "\n");
    }
  test_admin_shell (server, &help, "$admin --help");
  g_assert_cmpint (help.status, ==, 0);
  g_assert_nonnull (strstr (help.out, "check-store"));
  g_free (test_admin_fails (server, "no history", "export", NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  signal (SIGXFSZ, SIG_IGN); /* a write over the limit fails, instead of killing */
  g_test_add_func ("/export/round-trip", test_round_trip);
  g_test_add_func ("/export/pipe", test_pipe);
  g_test_add_func ("/export/merge", test_merge);
  g_test_add_func ("/export/bad-lines", test_bad_lines);
  g_test_add_func ("/export/longest", test_longest);
  g_test_add_func ("/export/running", test_running);
  g_test_add_func ("/export/no-room", test_no_room);
  g_test_add_func ("/export/killed", test_killed);
  g_test_add_func ("/export/import-without-room", test_import_without_room);
  g_test_add_func ("/export/retention", test_retention);
  g_test_add_func ("/export/usage", test_usage);
  return g_test_run ();
}
