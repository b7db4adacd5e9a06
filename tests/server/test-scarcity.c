/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A server that the system denies something: room on the disk, file descriptors. */
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include <glib/gstdio.h>

#include "tests/util/client.h"
#include "tests/util/deadline.h"
#include "tests/util/server.h"

#define LIST "alice\nbob\ncarol\ndave\n"
#define NO_RATE "limits.messages-per-second=0"

static void
set_limit (TestServer *server, __rlimit_resource_t resource, rlim_t soft)
{
  struct rlimit limit;

  g_assert_no_errno (prlimit (test_server_pid (server), resource, NULL, &limit));
  limit.rlim_cur = soft;
  g_assert_no_errno (prlimit (test_server_pid (server), resource, &limit, NULL));
}

/* Whether a message to bob, who is there, was stored; else the server must have said that it was not. */
static gboolean
try_message (TestClient *alice, guint n)
{
  g_autofree char *id = g_strdup_printf ("n%u", n);
  const char *line;

  test_send (alice, "@id=%s CHAT_MESSAGE bob text %u", id, n);
  line = test_line (alice);
  g_assert_cmpstr (test_tag (alice, "id"), ==, id);
  if (g_str_has_suffix (line, " SENT bob"))
    {
      test_expect_prefix (alice, "DELIVERED bob ");
      return TRUE;
    }
  g_assert_nonnull (strstr (line, " ERROR store-failed "));
  return FALSE;
}

/* No room: senders are told, nobody hears what was not stored, and with room again all goes on
 * without a gap. */
static void
test_disk_full (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NO_RATE, NULL);
  g_autoptr (TestClient) alice = test_login2 (server, "alice");
  g_autoptr (TestClient) bob = test_login2 (server, "bob");
  g_autoptr (TestClient) carol = test_login (server, "carol");
  g_autoptr (TestClient) dave = test_login (server, "dave");
  guint n = 1;

  test_send (carol, "CHAT_REQUEST dave");
  test_expect_started (carol, "dave");
  test_expect_started (dave, "carol");
  g_assert_true (try_message (alice, n));
  test_expect_tagged (bob, "conv=alice;from=alice;seq=1;time=*;id=n1", "CHAT text 1");

  /* No file can be written to any more. */
  set_limit (server, RLIMIT_FSIZE, 0);
  for (guint i = 0; i < 5; i++)
    g_assert_false (try_message (alice, n + 1 + i));
  test_send (carol, "CHAT lost");
  test_expect_error (carol, "store-failed");
  test_send (bob, "@id=r1 READ alice 1");
  test_expect_error_tagged (bob, "id=r1", "store-failed");
  test_expect_nothing (alice);
  test_expect_nothing (bob);
  test_expect_nothing (dave);

  set_limit (server, RLIMIT_FSIZE, RLIM_INFINITY);
  while (!try_message (alice, n + 1)) /* the same id as one that failed: it is free still */
    ;
  test_expect_tagged (bob, "conv=alice;from=alice;seq=2;time=*;id=n2", "CHAT text 2");
  test_send (carol, "CHAT kept");
  test_expect (dave, "CHAT kept");
  test_send (bob, "@id=r1 READ alice 1");
  test_expect (alice, "READ bob 1");

  test_server_crash_and_restart (server);
  g_clear_pointer (&alice, test_client_free);
  alice = test_login2 (server, "alice");
  test_send (alice, "HISTORY_REQ bob");
  test_expect_tagged (alice, "seq=1;from=alice;time=*;id=?", "HISTORY_RESP text 1");
  test_expect_tagged (alice, "seq=2;from=alice;time=*;id=?", "HISTORY_RESP text 2");
  test_expect_tagged (alice, "count=2;last=2;more=0", "HISTORY_END bob");
}

/* A history that cannot be read is answered for, by the name that the question had; and can be read again later. */
static void
test_history_unreadable (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autoptr (TestClient) alice = test_login2 (server, "alice");
  g_autofree char *file = test_server_path (server, "data/history.db");
  g_autofree char *aside = test_server_path (server, "data/aside");

  g_assert_no_errno (g_rename (file, aside));
  test_send (alice, "@id=h\\:1 HISTORY_REQ bob");
  test_expect_error_tagged (alice, "id=h\\:1", "store-failed");
  test_send (alice, "HISTORY_REQ bob");
  test_expect_error (alice, "store-failed");
  test_send (alice, "@id=c1 CONVERSATIONS");
  test_expect_error_tagged (alice, "id=c1", "store-failed");
  g_assert_no_errno (g_rename (aside, file));
  test_send (alice, "@id=h2 HISTORY_REQ bob");
  test_expect_tagged (alice, "count=0;last=0;more=0", "HISTORY_END bob");
}

static guint
count_descriptors (TestServer *server)
{
  g_autofree char *folder = g_strdup_printf ("/proc/%d/fd", test_server_pid (server));
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

/* No descriptor is left for another connection: those who are in do not notice, the log does not
 * run over, and once some have left others get in. */
static void
test_no_descriptors (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autoptr (TestClient) alice = test_login (server, "alice");
  g_autoptr (TestClient) bob = test_login (server, "bob");
  g_autoptr (GPtrArray) crowd = g_ptr_array_new_with_free_func ((GDestroyNotify) test_client_free);
  g_autofree char *log = NULL;
  gint64 deadline = test_deadline ();
  gboolean in = FALSE;

  test_send (alice, "CHAT_REQUEST bob");
  test_expect_started (alice, "bob");
  test_expect_started (bob, "alice");
  /* Some for the store, which opens the rest of its files in its own time. */
  set_limit (server, RLIMIT_NOFILE, count_descriptors (server) + 12);
  for (guint i = 0; i < 40; i++)
    {
      g_ptr_array_add (crowd, test_connect (server, "one of many"));
      test_send (alice, "CHAT %u", i);
      test_expect (bob, "CHAT %u", i);
    }
  g_ptr_array_set_size (crowd, 0);

  while (!in)
    {
      g_autoptr (TestClient) carol = test_connect (server, "carol");

      test_send (carol, "HELLO carol");
      in = g_strcmp0 (test_line_or_end (carol), "CONNECTED") == 0;
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    }
  test_send (alice, "CHAT still here");
  test_expect (bob, "CHAT still here");
  log = test_server_log (server);
  g_assert_cmpuint (strlen (log), <, 100 * 1000);
}

/* Even accept() itself fails. Who comes meanwhile waits, and gets in later; nobody runs in circles over it. */
static void
test_accept_fails (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autoptr (TestClient) alice = test_login (server, "alice");
  g_autoptr (TestClient) bob = test_login (server, "bob");
  g_autoptr (TestClient) carol = NULL;
  g_autoptr (TestClient) dave = NULL;
  g_autofree char *log = NULL;
  struct rlimit limit;

  test_send (alice, "CHAT_REQUEST bob");
  test_expect_started (alice, "bob");
  test_expect_started (bob, "alice");
  g_assert_no_errno (prlimit (test_server_pid (server), RLIMIT_NOFILE, NULL, &limit));
  set_limit (server, RLIMIT_NOFILE, 3);
  carol = test_connect (server, "carol");
  dave = test_connect (server, "dave");
  test_send (carol, "HELLO carol");
  test_send (dave, "HELLO dave");
  for (guint i = 0; i < 60; i++)
    {
      test_send (alice, "CHAT %u", i);
      test_expect (bob, "CHAT %u", i);
      g_usleep (5000); /* a server in circles would have had time for ten thousand of them */
    }
  g_assert_false (test_client_is_readable (carol));
  log = test_server_log (server);
  g_assert_nonnull (strstr (log, "accepting no connections for a moment"));
  g_assert_cmpuint (strlen (log), <, 10 * 1000);

  set_limit (server, RLIMIT_NOFILE, limit.rlim_cur);
  test_expect (carol, "CONNECTED");
  test_expect (dave, "CONNECTED");
}

/* A crowd that finds the server full, and stays on the line, does not use up what the others need. */
static void
test_turned_away_crowd (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "limits.max-connections=1", NULL);
  g_autoptr (TestClient) alice = test_login (server, "alice");
  g_autoptr (GPtrArray) crowd = g_ptr_array_new_with_free_func ((GDestroyNotify) test_client_free);
  guint before = count_descriptors (server);

  for (guint i = 0; i < 400; i++)
    {
      TestClient *client = test_connect (server, "one of many");

      g_ptr_array_add (crowd, client);
      test_expect_error (client, "busy");
      g_assert_cmpuint (count_descriptors (server), <, before + 100);
    }
  test_expect_nothing (alice);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* The server inherits this: a write that is over the limit fails, instead of killing it. */
  signal (SIGXFSZ, SIG_IGN);
  g_test_add_func ("/scarcity/disk-full", test_disk_full);
  g_test_add_func ("/scarcity/history-unreadable", test_history_unreadable);
  g_test_add_func ("/scarcity/no-descriptors", test_no_descriptors);
  g_test_add_func ("/scarcity/accept-fails", test_accept_fails);
  g_test_add_func ("/scarcity/turned-away-crowd", test_turned_away_crowd);
  return g_test_run ();
}
