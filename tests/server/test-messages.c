/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages of base clients, and what they get wrong. */
#include "tests/util/client.h"
#include "tests/util/server.h"

#define LIST "alice\nbob\ncarol\ndave\n"

typedef struct
{
  TestServer *server;
  TestClient *alice;
  TestClient *bob;
} Pair;

static void
set_up (Pair *p, gconstpointer data)
{
  p->server = test_server_new (LIST, NULL);
  p->alice = test_login (p->server, "alice");
  p->bob = test_login (p->server, "bob");
  test_send (p->alice, "CHAT_REQUEST bob");
  test_expect_started (p->alice, "bob");
  test_expect_started (p->bob, "alice");
}

static void
tear_down (Pair *p, gconstpointer data)
{
  test_client_free (p->alice);
  test_client_free (p->bob);
  test_server_free (p->server);
}

/* The text is everything after the one space that follows the last word. */
static const char *const texts[] = {
  "hi", "two words", " led by a space", "  by two", "trailed by two  ", "inner   spaces", "\ttab",
  "back\\slash \\n \\\\",
  "@id=1 CHAT x", "HELLO alice", "CHAT nested", "From bob: x", ":;=#%s%n",
  "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80", "bob bob",
};

static void
test_chat (Pair *p, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      test_send (p->alice, "CHAT %s", texts[i]);
      test_expect (p->bob, "CHAT %s", texts[i]);
    }
  test_expect_nothing (p->alice); /* base has no receipts */
}

static void
test_chat_message (Pair *p, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      test_send (p->alice, "CHAT_MESSAGE bob %s", texts[i]);
      test_expect (p->bob, "CHAT %s", texts[i]);
    }
  test_expect_nothing (p->alice);
}

static void
test_spaces_before_the_receiver (Pair *p, gconstpointer data)
{
  test_send (p->alice, "CHAT_MESSAGE    bob  one space leads");
  test_expect (p->bob, "CHAT  one space leads");
}

static void
test_both_ways (Pair *p, gconstpointer data)
{
  for (guint i = 0; i < 40; i++)
    {
      test_send (p->alice, i % 2 ? "CHAT ping %u" : "CHAT_MESSAGE bob ping %u", i);
      test_send (p->bob, i % 3 ? "CHAT pong %u" : "CHAT_MESSAGE alice pong %u", i);
      test_expect (p->bob, "CHAT ping %u", i);
      test_expect (p->alice, "CHAT pong %u", i);
    }
}

/* To someone else than the partner: refused, not stored, and the chat goes on. */
static void
test_to_another (Pair *p, gconstpointer data)
{
  static const char *const whom[] = { "carol", "dave", "nobody", "alice" };
  g_autoptr (TestClient) carol = test_login (p->server, "carol");

  for (guint i = 0; i < G_N_ELEMENTS (whom); i++)
    {
      test_send (p->alice, "CHAT_MESSAGE %s psst", whom[i]);
      test_expect (p->alice, "UNREACHABLE");
    }
  test_expect_nothing (carol);
  test_send (carol, "HISTORY_REQ alice");
  test_expect_nothing (carol);
  test_send (p->alice, "CHAT yours");
  test_expect (p->bob, "CHAT yours");
}

static void
test_outside_a_chat (Pair *p, gconstpointer data)
{
  test_send (p->alice, "TIMEOUT");
  test_expect (p->alice, "END_NOTIF");
  test_expect (p->bob, "END_NOTIF");

  test_send (p->alice, "CHAT lost");
  test_expect (p->alice, "UNREACHABLE");
  test_send (p->alice, "CHAT_MESSAGE bob lost");
  test_expect (p->alice, "UNREACHABLE");
  test_send (p->alice, "CHAT_MESSAGE dave lost");
  test_expect (p->alice, "UNREACHABLE");
  test_send (p->alice, "HISTORY_REQ bob");
  test_expect_nothing (p->alice);
  test_expect_nothing (p->bob);
}

static const char *const bad_arguments[] = {
  "CHAT", "CHAT_MESSAGE", "CHAT_MESSAGE bob", "CHAT_REQUEST", "CHAT_REQUEST ", "CHAT_REQUEST carol dave",
  "END_REQUEST", "END_REQUEST bob now", "HISTORY_REQ", "HISTORY_REQ bob carol",
};

static void
test_bad_arguments (Pair *p, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (bad_arguments); i++)
    {
      g_test_message ("%s", bad_arguments[i]);
      test_send (p->alice, "%s", bad_arguments[i]);
      test_expect_error (p->alice, "bad-arguments");
    }
  test_send (p->alice, "CHAT fine");
  test_expect (p->bob, "CHAT fine");
}

static const char *const unknown_verbs[] = {
  "NONSENSE", "NONSENSE with words", "chat hi", "Chat hi", "chat_request carol", "timeout",
  "CHATS hi", "CHA hi", "CHAT\thi",
  "CHAT_MESSAGES bob hi", "TIMEOUTS", "@id=1", "!", "CONNECTED", "DECLINED",
  "CHAT_STARTED 100000 bob", "UNREACHABLE", "END_NOTIF",
  "HISTORY_RESP x", "gr\xc3\xbc\xc3\x9f",
};

static void
test_unknown_verbs (Pair *p, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (unknown_verbs); i++)
    {
      g_test_message ("%s", unknown_verbs[i]);
      test_send (p->alice, "%s", unknown_verbs[i]);
      test_expect_error (p->alice, "unknown-verb");
    }
  test_send (p->alice, "CHAT fine");
  test_expect (p->bob, "CHAT fine");
  test_expect_nothing (p->bob);
}

/* The receiver is gone before the text reaches it: what was accepted is in the history, what was
 * not is not. */
static void
test_partner_leaves (Pair *p, gconstpointer data)
{
  test_send_bytes (p->bob, "CHAT bye\nEND_REQUEST alice\n", -1);
  test_expect (p->alice, "CHAT bye");
  test_expect (p->alice, "END_NOTIF");
  test_send (p->alice, "CHAT too late");
  test_expect (p->alice, "UNREACHABLE");
  test_send (p->alice, "HISTORY_REQ bob");
  test_expect (p->alice, "HISTORY_RESP From bob: bye");
  test_expect_nothing (p->alice);
}

/* Two chats at once do not mix. */
static void
test_two_chats (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) carol = test_login (p->server, "carol");
  g_autoptr (TestClient) dave = test_login (p->server, "dave");

  test_send (carol, "CHAT_REQUEST dave");
  test_expect_started (carol, "dave");
  test_expect_started (dave, "carol");
  for (guint i = 0; i < 30; i++)
    {
      test_send (p->alice, "CHAT a%u", i);
      test_send (carol, "CHAT c%u", i);
      test_send (p->bob, "CHAT b%u", i);
      test_send (dave, "CHAT d%u", i);
    }
  for (guint i = 0; i < 30; i++)
    {
      test_expect (p->alice, "CHAT b%u", i);
      test_expect (p->bob, "CHAT a%u", i);
      test_expect (carol, "CHAT d%u", i);
      test_expect (dave, "CHAT c%u", i);
    }
}

#define ADD(path, func) g_test_add (path, Pair, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/messages/chat", test_chat);
  ADD ("/messages/chat-message", test_chat_message);
  ADD ("/messages/spaces-before-the-receiver", test_spaces_before_the_receiver);
  ADD ("/messages/both-ways", test_both_ways);
  ADD ("/messages/to-another", test_to_another);
  ADD ("/messages/outside-a-chat", test_outside_a_chat);
  ADD ("/messages/bad-arguments", test_bad_arguments);
  ADD ("/messages/unknown-verbs", test_unknown_verbs);
  ADD ("/messages/partner-leaves", test_partner_leaves);
  ADD ("/messages/two-chats", test_two_chats);
  return g_test_run ();
}
