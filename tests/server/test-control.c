/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The control socket: who may ask, what, how much, and for how long. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "tests/util/client.h"
#include "tests/util/deadline.h"
#include "tests/util/server.h"

#define LIST "alice\nbob\n"
#define SOCKET "data/control"

static int
connect_control (TestServer *server)
{
  g_autofree char *path = test_server_path (server, SOCKET);
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  struct timeval patience = { .tv_sec = test_patience () / G_USEC_PER_SEC };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (g_strlcpy (address.sun_path, path, sizeof address.sun_path), <, sizeof address.sun_path);
  g_assert_no_errno (setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience));
  g_assert_no_errno (connect (fd, (struct sockaddr *) &address, sizeof address));
  return fd;
}

static void
say (int fd, const char *text)
{
  g_assert_cmpint (send (fd, text, strlen (text), MSG_NOSIGNAL), ==, strlen (text));
}

/* All that comes until the server closes. */
static char *
hear (int fd)
{
  g_autoptr (GString) all = g_string_new (NULL);
  char bytes[4096];
  gssize got;

  while ((got = recv (fd, bytes, sizeof bytes, 0)) > 0)
    g_string_append_len (all, bytes, got);
  if (got < 0 && errno != ECONNRESET)
    test_fail ("the server neither answered nor closed: %s", g_strerror (errno));
  close (fd);
  return g_string_free (g_steal_pointer (&all), FALSE);
}

static char *
ask (TestServer *server, const char *request)
{
  int fd = connect_control (server);

  say (fd, request);
  return hear (fd);
}

static void
assert_answer (TestServer *server, const char *request, const char *answer)
{
  g_autofree char *got = ask (server, request);

  g_assert_cmpstr (got, ==, answer);
}

static void
assert_says (TestServer *server, const char *request, const char *text)
{
  g_autofree char *got = ask (server, request);

  if (strstr (got, text) == NULL || !g_str_has_suffix (got, "end\n"))
    test_fail ("\"%s\" is not in: %s", text, got);
}

static void
test_requests (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autofree char *listeners = g_strdup_printf ("ok\n%s\nend\n", test_server_address (server, 0));
  g_autofree char *path = test_server_path (server, SOCKET);
  g_autofree char *clients = NULL;
  GStatBuf info;

  g_assert_no_errno (g_stat (path, &info));
  g_assert_cmpint (info.st_mode, ==, S_IFSOCK | 0600);

  assert_answer (server, "listeners\n", listeners);
  assert_answer (server, "clients\n", "ok\nend\n");
  assert_says (server, "status\n", "ok\nwebchat-server ");
  {
    g_autoptr (TestClient) alice = test_login2 (server, "alice");
    g_autoptr (TestClient) bob = test_login (server, "bob");
    g_autoptr (TestClient) nobody = test_connect (server, "nobody");

    test_send (alice, "@id=n1 CHAT_MESSAGE bob hello");
    test_expect_tagged (alice, "id=n1;seq=1;time=*", "SENT bob");
    test_expect_started (alice, "bob");
    assert_says (server, "status\n", "           2 of them logged in\n           2 people\n           1 chats\n");
    assert_says (server, "status\n", "           1 messages stored\n");
    clients = ask (server, "clients\n");
    g_assert_true (g_regex_match_simple ("^ok\nalice\t127\\.0\\.0\\.1:\\d+\tprotocol 2\t-\t\\d+\t\\d+\n"
                                         "bob\t127\\.0\\.0\\.1:\\d+\tbase\t-\t\\d+\t\\d+\n", clients, 0, 0));
  }
  g_assert_cmpint (test_server_stop (server, SIGTERM), ==, 0);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

static void
test_reload (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);

  /* What is answered is in force: no waiting for the file to be noticed. */
  test_server_replace_file (server, "ClientID-List", LIST "carol\n");
  assert_answer (server, "reload\n", "ok\nend\n");
  {
    g_autoptr (TestClient) carol = test_login (server, "carol");
  }
  test_server_replace_file (server, "ClientID-List", LIST "not good\n");
  assert_says (server, "reload\n", "error ");
  assert_says (server, "reload\n", "ClientID-List:3:");
  {
    g_autoptr (TestClient) carol = test_login (server, "carol");
  }
}

static void
test_bad_requests (void)
{
  static const char *const bad[] = { "\n", "nonsense\n", "status now\n", "STATUS\n", "status\r\n", " status\n", "../lock\n", "%s%n\n", "\xff\xfe\n" };
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autofree char *long_line = g_strnfill (100000, 'a');
  int fd;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_answer (server, bad[i], "error there is no such request\nend\n");

  /* A byte at a time is as good as all at once; what follows the line is not looked at. */
  fd = connect_control (server);
  for (const char *c = "clients"; *c != '\0'; c++)
    say (fd, (char[]){ *c, '\0' });
  say (fd, "\nstatus\n");
  {
    g_autofree char *answer = hear (fd);

    g_assert_cmpstr (answer, ==, "ok\nend\n");
  }

  /* Too long: refused without being read to its end. */
  fd = connect_control (server);
  (void) !send (fd, long_line, 100000, MSG_NOSIGNAL);
  {
    g_autofree char *answer = hear (fd);

    g_assert_cmpstr (answer, ==, "error there is no such request\nend\n");
  }

  /* Nothing, and half a line. */
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *answer = NULL;

      fd = connect_control (server);
      if (i == 1)
        say (fd, "stat");
      g_assert_no_errno (shutdown (fd, SHUT_WR));
      answer = hear (fd);
      g_assert_cmpstr (answer, ==, "");
    }
  assert_answer (server, "clients\n", "ok\nend\n");
}

/* Who says nothing, or does not read, holds nobody up: not the chat, and the next one who asks only until its time is over. */
static void
test_crowd (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autoptr (TestClient) alice = NULL;
  int silent[20];

  for (guint i = 0; i < G_N_ELEMENTS (silent); i++)
    {
      silent[i] = connect_control (server);
      if (i % 2 == 0)
        say (silent[i], "status");
    }
  alice = test_login (server, "alice");
  test_expect_nothing (alice);
  for (guint i = 0; i < G_N_ELEMENTS (silent); i++)
    close (silent[i]);
  assert_answer (server, "reload\n", "ok\nend\n");

  for (guint i = 0; i < 8; i++)
    silent[i] = connect_control (server);
  assert_answer (server, "reload\n", "ok\nend\n");
  for (guint i = 0; i < 8; i++)
    {
      g_autofree char *nothing = hear (silent[i]);

      g_assert_cmpstr (nothing, ==, "");
    }
}

/* The end does not wait for those who ask, either. */
static void
test_stop_meanwhile (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  int silent = connect_control (server);
  g_autofree char *nothing = NULL;

  say (silent, "stat");
  g_assert_cmpint (test_server_stop (server, SIGTERM), ==, 0);
  nothing = hear (silent);
  g_assert_cmpstr (nothing, ==, "");
}

static void
test_stale (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autofree char *path = test_server_path (server, SOCKET);
  g_auto (TestRun) run = { 0 };

  test_server_stop (server, SIGKILL);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  test_server_start (server);
  assert_answer (server, "clients\n", "ok\nend\n");

  /* A second server on the same data goes, and leaves the first one its socket. */
  test_run_server (&run, test_server_folder (server), "--config", test_server_config_file (server), NULL);
  g_assert_cmpint (run.status, ==, 1);
  assert_answer (server, "clients\n", "ok\nend\n");
}

/* The server without a socket is a server; and what is no socket is left alone. */
static void
test_no_socket (void)
{
  g_autoptr (TestServer) server = test_server_prepare (LIST, NULL);
  g_autofree char *data = test_server_path (server, "data");
  g_autofree char *path = test_server_path (server, SOCKET);
  g_autofree char *name = g_strnfill (100, 'd');
  g_autofree char *entry = g_strdup_printf ("server.data-directory=%s", name);
  g_autofree char *text = NULL;
  gsize from;

  g_assert_no_errno (g_mkdir (data, 0700));
  test_server_rewrite_file (server, SOCKET, "precious");
  test_server_start (server);
  from = test_server_wait_log (server, "is no socket", 0);
  {
    g_autoptr (TestClient) alice = test_login (server, "alice");
  }
  g_assert_cmpint (test_server_stop (server, SIGTERM), ==, 0);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "precious");

  test_server_set (server, entry);
  test_server_start (server);
  test_server_wait_log (server, "that a socket's path may have", from);
  {
    g_autoptr (TestClient) alice = test_login (server, "alice");
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/control/requests", test_requests);
  g_test_add_func ("/control/reload", test_reload);
  g_test_add_func ("/control/bad-requests", test_bad_requests);
  g_test_add_func ("/control/crowd", test_crowd);
  g_test_add_func ("/control/stop-meanwhile", test_stop_meanwhile);
  g_test_add_func ("/control/stale", test_stale);
  g_test_add_func ("/control/no-socket", test_no_socket);
  return g_test_run ();
}
