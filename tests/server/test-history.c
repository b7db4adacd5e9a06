/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What base clients read of the past. */
#include <signal.h>

#include "tests/util/client.h"
#include "tests/util/server.h"

#define LIST "alice\nbob\ncarol\n"

static void
start_chat (TestClient *a, const char *a_id, TestClient *b, const char *b_id)
{
  test_send (a, "CHAT_REQUEST %s", b_id);
  test_expect_started (a, b_id);
  test_expect_started (b, a_id);
}

static void
expect_history (TestClient *client, const char *with, const char *const *lines)
{
  test_send (client, "HISTORY_REQ %s", with);
  for (; *lines != NULL; lines++)
    test_expect (client, "HISTORY_RESP %s", *lines);
  test_expect_nothing (client);
}

/* A short talk between alice and bob, and how both read it later. */
static const char *const talk[] = {
  "From alice: hello", "From bob: hello yourself", "From bob:  two  spaces ",
  "From alice: bye: bye \\n", NULL,
};

static void
do_talk (TestServer *server)
{
  g_autoptr (TestClient) alice = test_login (server, "alice");
  g_autoptr (TestClient) bob = test_login (server, "bob");

  start_chat (alice, "alice", bob, "bob");
  test_send (alice, "CHAT hello");
  test_expect (bob, "CHAT hello");
  test_send (bob, "CHAT hello yourself");
  test_expect (alice, "CHAT hello yourself");
  test_send (bob, "CHAT_MESSAGE alice  two  spaces ");
  test_expect (alice, "CHAT  two  spaces ");
  test_send (alice, "CHAT_MESSAGE bob bye: bye \\n");
  test_expect (bob, "CHAT bye: bye \\n");
  expect_history (alice, "bob", talk); /* in the chat too */
}

static void
check_talk (TestServer *server)
{
  g_autoptr (TestClient) alice = test_login (server, "alice");
  g_autoptr (TestClient) bob = test_login (server, "bob");

  expect_history (alice, "bob", talk);
  expect_history (bob, "alice", talk);
}

static const char *const nothing[] = { NULL };

static void
test_none (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autoptr (TestClient) alice = test_login (server, "alice");

  expect_history (alice, "bob", nothing);
  expect_history (alice, "carol", nothing);
}

static void
test_unknown_client (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autoptr (TestClient) alice = test_login (server, "alice");
  static const char *const whom[] = { "nobody", "Bob", "bobb" };

  for (guint i = 0; i < G_N_ELEMENTS (whom); i++)
    {
      test_send (alice, "HISTORY_REQ %s", whom[i]);
      test_expect_error (alice, "unknown-client");
    }
  expect_history (alice, "bob", nothing);
}

static void
test_same_for_both (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);

  do_talk (server);
  check_talk (server);
}

static void
test_survives_restart (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);

  do_talk (server);
  g_assert_cmpint (test_server_stop (server, SIGTERM), ==, 0);
  test_server_start (server);
  check_talk (server);
}

static void
test_survives_kill (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);

  do_talk (server);
  test_server_crash_and_restart (server);
  check_talk (server);
  test_server_crash_and_restart (server);
  check_talk (server);
}

static void
test_is_the_pairs_alone (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autoptr (TestClient) carol = test_login (server, "carol");

  do_talk (server);
  expect_history (carol, "alice", nothing);
  expect_history (carol, "bob", nothing);
}

static void
test_several_chats (void)
{
  static const char *const all[] = { "From alice: 0", "From bob: 1", "From alice: 2", "From bob: 3", NULL };
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autoptr (TestClient) alice = test_login (server, "alice");
  g_autoptr (TestClient) bob = test_login (server, "bob");

  for (guint i = 0; i < 4; i++)
    {
      TestClient *speaker = i % 2 ? bob : alice;
      TestClient *listener = i % 2 ? alice : bob;

      start_chat (alice, "alice", bob, "bob");
      test_send (speaker, "CHAT %u", i);
      test_expect (listener, "CHAT %u", i);
      test_send (alice, "END_REQUEST bob");
      test_expect (bob, "END_NOTIF");
    }
  expect_history (alice, "bob", all);
  expect_history (bob, "alice", all);
}

/* All of it comes, however long, and what is asked next is answered after it. */
static void
test_long (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "limits.messages-per-second=0", NULL);
  g_autoptr (TestClient) alice = test_login (server, "alice");
  g_autoptr (TestClient) bob = test_login (server, "bob");
  const guint n = 1234;

  start_chat (alice, "alice", bob, "bob");
  for (guint i = 0; i < n; i++)
    test_send (alice, "CHAT message %u", i);
  for (guint i = 0; i < n; i++)
    test_expect (bob, "CHAT message %u", i);
  for (guint round = 0; round < 2; round++)
    {
      test_send (bob, "HISTORY_REQ alice");
      for (guint i = 0; i < n; i++)
        test_expect (bob, "HISTORY_RESP From alice: message %u", i);
    }
  test_expect_nothing (bob);
}

/* More than a send queue may hold: who asks for much is not too slow to get it. */
static void
test_longer_than_the_queue (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "limits.messages-per-second=0",
                                                   "limits.send-queue-bytes=65536", NULL);
  g_autoptr (TestClient) alice = test_login (server, "alice");
  g_autoptr (TestClient) bob = test_login (server, "bob");
  g_autofree char *text = g_strnfill (8000, 't');
  const guint n = 1500;

  start_chat (alice, "alice", bob, "bob");
  for (guint i = 0; i < n; i++)
    {
      test_send (alice, "CHAT %s%u", text, i);
      test_expect (bob, "CHAT %s%u", text, i);
    }
  test_send (alice, "HISTORY_REQ bob");
  for (guint i = 0; i < n; i++)
    test_expect (alice, "HISTORY_RESP From alice: %s%u", text, i);
  test_expect_nothing (alice);
}

/* A text of nothing but line ends is short, and very many lines to a base client. */
static void
test_many_lines (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autoptr (TestClient) alice = test_login2 (server, "alice");
  g_autoptr (TestClient) bob = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  const guint n_messages = 12, n_lines = 7000;

  for (guint i = 0; i < n_lines; i++)
    g_string_append (text, "\\n");
  for (guint i = 1; i <= n_messages; i++)
    {
      test_send (alice, "@id=%u CHAT_MESSAGE bob %s", i, text->str);
      test_expect_prefix (alice, "@id=");
    }
  bob = test_login (server, "bob");
  test_send (bob, "HISTORY_REQ alice");
  for (guint i = 0; i < n_messages * n_lines; i++)
    test_expect (bob, "HISTORY_RESP From alice: ");
  test_expect_nothing (bob);
}

/* printf 'HELLO alice\nHISTORY_REQ bob\n' | nc -N: the whole answer comes before the end. */
static void
test_asked_and_gone (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autoptr (TestClient) alice = NULL;

  do_talk (server);
  alice = test_connect (server, "alice");
  test_send_bytes (alice, "HELLO alice\nHISTORY_REQ bob\n", -1);
  test_shut_write (alice);
  test_expect (alice, "CONNECTED");
  for (const char *const *line = talk; *line != NULL; line++)
    test_expect (alice, "HISTORY_RESP %s", *line);
  test_expect_closed (alice);
}

/* A message and the question in one write: the answer has the message. */
static void
test_said_and_asked (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autoptr (TestClient) alice = test_login (server, "alice");
  g_autoptr (TestClient) carol = test_login (server, "carol");

  start_chat (alice, "alice", carol, "carol");
  for (guint i = 0; i < 10; i++)
    {
      test_send_bytes (alice, "CHAT again\nHISTORY_REQ carol\nHISTORY_REQ bob\n", -1);
      test_expect (carol, "CHAT again");
      for (guint k = 0; k <= i; k++)
        test_expect (alice, "HISTORY_RESP From alice: again");
    }
  test_expect_nothing (alice);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/history/none", test_none);
  g_test_add_func ("/history/unknown-client", test_unknown_client);
  g_test_add_func ("/history/same-for-both", test_same_for_both);
  g_test_add_func ("/history/survives-restart", test_survives_restart);
  g_test_add_func ("/history/survives-kill", test_survives_kill);
  g_test_add_func ("/history/is-the-pairs-alone", test_is_the_pairs_alone);
  g_test_add_func ("/history/several-chats", test_several_chats);
  g_test_add_func ("/history/long", test_long);
  g_test_add_func ("/history/longer-than-the-queue", test_longer_than_the_queue);
  g_test_add_func ("/history/many-lines", test_many_lines);
  g_test_add_func ("/history/asked-and-gone", test_asked_and_gone);
  g_test_add_func ("/history/said-and-asked", test_said_and_asked);
  return g_test_run ();
}
