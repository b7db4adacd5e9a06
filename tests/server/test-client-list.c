/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ClientID-List of a running server, read again. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/util/client.h"
#include "tests/util/deadline.h"
#include "tests/util/server.h"

#define LIST "alice\nbob\n"
#define LIST_FILE "ClientID-List"

/* Waits until an ID is let in, or is not any more. */
static void
wait_for_login (TestServer *server, const char *id, gboolean wanted)
{
  gint64 deadline = test_deadline ();
  gboolean in;

  do
    {
      g_autoptr (TestClient) client = test_connect (server, id);

      test_send (client, "HELLO %s", id);
      in = g_strcmp0 (test_line (client), "CONNECTED") == 0;
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    }
  while (in != wanted);
}

static void
change_and_hup (TestServer *server, const char *content)
{
  test_server_rewrite_file (server, LIST_FILE, content);
  test_server_signal (server, SIGHUP);
}

static void
change_by_rewrite (TestServer *server, const char *content)
{
  test_server_rewrite_file (server, LIST_FILE, content);
}

static void
change_by_rename (TestServer *server, const char *content)
{
  test_server_replace_file (server, LIST_FILE, content);
}

typedef void (*Change) (TestServer *server, const char *content);

/* Added ones get in, removed ones get out, the others do not notice. Twice, for the file may be
 * another one then. */
static void
test_change (gconstpointer data)
{
  Change change = (Change) data;
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autoptr (TestClient) alice = test_login (server, "alice");
  g_autoptr (TestClient) bob = test_login (server, "bob");

  test_send (alice, "CHAT_REQUEST bob");
  test_expect_started (alice, "bob");
  test_expect_started (bob, "alice");

  for (guint i = 0; i < 2; i++)
    {
      change (server, LIST "carol\n");
      wait_for_login (server, "carol", TRUE);
      change (server, LIST "dave\n");
      wait_for_login (server, "carol", FALSE);
    }
  test_send (alice, "CHAT still here");
  test_expect (bob, "CHAT still here");
}

/* A client that is taken off the list is disconnected, and its partner is free. */
static void
test_removed (gconstpointer data)
{
  Change change = (Change) data;
  g_autoptr (TestServer) server = test_server_new (LIST "carol\n", NULL);
  g_autoptr (TestClient) alice = test_login (server, "alice");
  g_autoptr (TestClient) bob = test_login (server, "bob");
  g_autoptr (TestClient) bob_phone = test_login2 (server, "bob");
  g_autoptr (TestClient) carol = test_login (server, "carol");
  const char *line;

  test_send (bob, "CHAT_REQUEST alice");
  test_expect_started (alice, "bob");
  test_expect_started (bob, "alice");
  change (server, "alice\ncarol\n");
  test_expect (alice, "END_NOTIF");
  while ((line = test_line_or_end (bob)) != NULL)
    g_assert_cmpstr (line, ==, "END_NOTIF");
  while (test_line_or_end (bob_phone) != NULL)
    ;
  test_send (alice, "CHAT_REQUEST bob");
  test_expect (alice, "UNREACHABLE");
  test_send (alice, "HISTORY_REQ bob");
  test_expect_error (alice, "unknown-client");
  test_send (alice, "CHAT_REQUEST carol");
  test_expect_started (alice, "carol");
  test_expect_started (carol, "alice");
}

static const struct
{
  const char *content;
  const char *position;
} bad_lists[] = {
  { "alice\nbob\ncarol\nd ave!\n", ":4:" },
  { "alice\n\n# comment\n-bob\ncarol\n", ":4:" },
  { "#\ncar/ol\nalice\n", ":2:" },
  { "carol\n\xff\n", ":2:" },
  { "0123456789012345678901234567890123456789012345678901234567890123x\ncarol\n", ":1:" },
};

/* One bad line refuses the file as a whole, says which it was, and the old list stays. */
static void
test_bad_list (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autoptr (TestClient) alice = test_login (server, "alice");
  gsize logged = 0;

  for (guint i = 0; i < G_N_ELEMENTS (bad_lists); i++)
    {
      g_autofree char *where = g_strconcat (LIST_FILE, bad_lists[i].position, NULL);

      test_server_replace_file (server, LIST_FILE, bad_lists[i].content);
      test_server_signal (server, SIGHUP);
      logged = test_server_wait_log (server, where, logged);
      wait_for_login (server, "bob", TRUE);
      wait_for_login (server, "carol", FALSE);
      test_expect_nothing (alice);
      /* A good one is taken after it, so that the next bad one is told apart. */
      test_server_replace_file (server, LIST_FILE, LIST "erin\n");
      test_server_signal (server, SIGHUP);
      wait_for_login (server, "erin", TRUE);
      test_server_replace_file (server, LIST_FILE, LIST);
      test_server_signal (server, SIGHUP);
      wait_for_login (server, "erin", FALSE);
      {
        g_autofree char *log = test_server_log (server);

        logged = strlen (log);
      }
    }
}

/* A list that is gone for a moment, or for good, is a list that cannot be read: nobody is thrown out. */
static void
test_missing (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autoptr (TestClient) alice = test_login (server, "alice");
  g_autofree char *path = test_server_path (server, LIST_FILE);
  g_autofree char *away = test_server_path (server, "away");
  gsize logged = 0;

  g_assert_no_errno (rename (path, away));
  test_server_signal (server, SIGHUP);
  logged = test_server_wait_log (server, LIST_FILE, logged);
  wait_for_login (server, "bob", TRUE);
  test_expect_nothing (alice);
  test_server_rewrite_file (server, LIST_FILE, LIST "carol\n");
  wait_for_login (server, "carol", TRUE);
}

/* Written again as it was: an editor that saves throws nobody out, though the file is empty for a
 * moment. */
static void
test_same_again (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autoptr (TestClient) alice = test_login (server, "alice");

  for (guint i = 0; i < 50; i++)
    {
      test_server_rewrite_file (server, LIST_FILE, LIST);
      test_expect_nothing (alice);
    }
  test_server_rewrite_file (server, LIST_FILE, LIST "carol\n");
  wait_for_login (server, "carol", TRUE);
  test_expect_nothing (alice);
}

/* A writer that takes its time between emptying the file and filling it throws nobody out either.
 * Another client's login time-out tells that a second has passed. */
static void
test_slow_writer (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "session.login-timeout=1", NULL);
  g_autoptr (TestClient) alice = test_login (server, "alice");
  g_autoptr (TestClient) clock = NULL;
  g_autofree char *path = test_server_path (server, LIST_FILE);
  int fd = open (path, O_WRONLY | O_TRUNC | O_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  clock = test_connect (server, "clock");
  test_expect (clock, "DECLINED");
  test_expect_nothing (alice);
  g_assert_cmpint (write (fd, LIST "carol\n", strlen (LIST "carol\n")), ==,
                   (gssize) strlen (LIST "carol\n"));
  g_assert_no_errno (close (fd));
  wait_for_login (server, "carol", TRUE);
  test_expect_nothing (alice);
}

/* Comments, blank lines, CRLF, no LF at the end. */
static void
test_forms (void)
{
  static const char *const lists[] = {
    "alice\nbob", "# comment\n\n   \nalice\n#bob\nbob\n", "alice\r\nbob\r\n", "bob\n# the end",
    "\n\n\nbob\n\n\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      g_autoptr (TestServer) server = test_server_new (lists[i], NULL);
      g_autoptr (TestClient) bob = test_login (server, "bob");

      test_expect_nothing (bob);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/client-list/change/hup", change_and_hup, test_change);
  g_test_add_data_func ("/client-list/change/rewrite", change_by_rewrite, test_change);
  g_test_add_data_func ("/client-list/change/rename", change_by_rename, test_change);
  g_test_add_data_func ("/client-list/removed/hup", change_and_hup, test_removed);
  g_test_add_data_func ("/client-list/removed/rewrite", change_by_rewrite, test_removed);
  g_test_add_data_func ("/client-list/removed/rename", change_by_rename, test_removed);
  g_test_add_func ("/client-list/bad-list", test_bad_list);
  g_test_add_func ("/client-list/missing", test_missing);
  g_test_add_func ("/client-list/same-again", test_same_again);
  g_test_add_func ("/client-list/slow-writer", test_slow_writer);
  g_test_add_func ("/client-list/forms", test_forms);
  return g_test_run ();
}
