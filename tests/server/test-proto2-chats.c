/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Protocol 2: chats, presence, the small verbs, and errors with ids. */
#include <string.h>

#include "tests/util/pair.h"

static guint64
start_chat (TestClient *a, const char *a_id, TestClient *b, const char *b_id)
{
  guint64 session;

  test_send (a, "CHAT_REQUEST %s", b_id);
  session = test_expect_started (a, b_id);
  g_assert_cmpuint (test_expect_started (b, a_id), ==, session);
  return session;
}

static void
test_start (Pair *p, gconstpointer data)
{
  start_chat (p->alice, "alice", p->bob, "bob");
  test_expect_nothing (p->alice);
  test_expect_nothing (p->bob);
}

/* Asking again for an open one gets the same CHAT_STARTED, the asker alone. */
static void
test_ask_again (Pair *p, gconstpointer data)
{
  guint64 session = start_chat (p->alice, "alice", p->bob, "bob");

  test_send (p->alice, "CHAT_REQUEST bob");
  g_assert_cmpuint (test_expect_started (p->alice, "bob"), ==, session);
  test_expect_nothing (p->bob);
  test_send (p->bob, "CHAT_REQUEST alice");
  g_assert_cmpuint (test_expect_started (p->bob, "alice"), ==, session);
  test_expect_nothing (p->alice);
}

static void
test_any_number_of_chats (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) carol = test_login2 (p->server, "carol");
  g_autoptr (TestClient) dave = test_login (p->server, "dave");

  start_chat (p->alice, "alice", p->bob, "bob");
  start_chat (p->alice, "alice", carol, "carol");
  start_chat (p->alice, "alice", dave, "dave");
  start_chat (p->bob, "bob", carol, "carol");

  /* One that ends leaves the others open. */
  test_send (carol, "END_REQUEST alice");
  test_expect (p->alice, "END_NOTIF carol");
  test_send (dave, "CHAT still here");
  test_expect_tagged (p->alice, "conv=dave;from=dave;seq=1;time=*;id=?", "CHAT still here");
  test_expect_nothing (p->bob);
}

static void
test_reasons (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) carol = test_login (p->server, "carol");
  g_autoptr (TestClient) dave = NULL;

  test_send (p->alice, "CHAT_REQUEST nobody");
  test_expect_tagged (p->alice, "reason=unknown", "UNREACHABLE nobody");
  test_send (p->alice, "CHAT_REQUEST dave");
  test_expect_tagged (p->alice, "reason=offline", "UNREACHABLE dave");
  test_send (p->alice, "CHAT_REQUEST alice");
  test_expect_tagged (p->alice, "reason=self", "UNREACHABLE alice");

  dave = test_login (p->server, "dave");
  test_send (carol, "CHAT_REQUEST dave");
  test_expect_started (carol, "dave");
  test_expect_started (dave, "carol");
  test_send (p->alice, "CHAT_REQUEST carol");
  test_expect_tagged (p->alice, "reason=busy", "UNREACHABLE carol");
  test_send (p->alice, "CHAT_REQUEST dave");
  test_expect_tagged (p->alice, "reason=busy", "UNREACHABLE dave");
  test_expect_nothing (carol);
  test_expect_nothing (dave);
}

/* The asker may be told, too, that it ended. */
static void
skip_end_notif (TestClient *client, const char *with)
{
  g_autofree char *notif = g_strdup_printf ("END_NOTIF %s", with);
  const char *line;

  test_send (client, "PING skip");
  while (!g_str_equal (line = test_line (client), "PONG skip"))
    g_assert_cmpstr (line, ==, notif);
}

static void
test_end (Pair *p, gconstpointer data)
{
  guint64 first = start_chat (p->alice, "alice", p->bob, "bob");

  test_send (p->alice, "END_REQUEST bob");
  test_expect (p->bob, "END_NOTIF alice");
  skip_end_notif (p->alice, "bob");
  test_expect_nothing (p->bob);
  g_assert_cmpuint (start_chat (p->bob, "bob", p->alice, "alice"), >, first);
}

static void
test_timeout (Pair *p, gconstpointer data)
{
  start_chat (p->alice, "alice", p->bob, "bob");
  test_send (p->bob, "TIMEOUT alice");
  test_expect (p->alice, "END_NOTIF bob");
  test_expect (p->bob, "END_NOTIF alice");
}

static void
test_end_of_no_chat (Pair *p, gconstpointer data)
{
  test_send (p->alice, "END_REQUEST bob");
  test_expect (p->alice, "END_NOTIF bob");
  test_send (p->alice, "TIMEOUT bob");
  test_expect (p->alice, "END_NOTIF bob");
  test_expect_nothing (p->bob);
}

static void
test_partner_disconnects (Pair *p, gconstpointer data)
{
  start_chat (p->alice, "alice", p->bob, "bob");
  g_clear_pointer (&p->bob, test_client_free);
  test_expect (p->alice, "END_NOTIF bob");
  test_expect_nothing (p->alice);
}

/* All devices of both take part: each is told that it began, and that it ended. */
static void
test_devices (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) bob_phone = test_login2 (p->server, "bob");
  guint64 session = start_chat (p->alice, "alice", p->bob, "bob");

  g_assert_cmpuint (test_expect_started (bob_phone, "alice"), ==, session);
  test_send (bob_phone, "END_REQUEST alice");
  test_expect (p->alice, "END_NOTIF bob");
  test_expect (p->bob, "END_NOTIF alice");
  skip_end_notif (bob_phone, "alice");
  test_expect_nothing (p->alice);
}

/* The last device that leaves ends the chat, the others do not. */
static void
test_devices_leave (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) bob_phone = test_login2 (p->server, "bob");

  start_chat (p->alice, "alice", p->bob, "bob");
  test_expect_started (bob_phone, "alice");
  g_clear_pointer (&p->bob, test_client_free);
  test_send (bob_phone, "@id=1 CHAT_MESSAGE alice still here");
  test_expect_tagged (p->alice, "conv=bob;from=bob;seq=1;time=*;id=1", "CHAT still here");
  g_clear_pointer (&bob_phone, test_client_free);
  test_expect (p->alice, "END_NOTIF bob");
}

static void
test_idle (void)
{
  g_autoptr (TestServer) server = test_server_new (PAIR_LIST, "session.idle-timeout=1", NULL);
  g_autoptr (TestClient) alice = test_login2 (server, "alice");
  g_autoptr (TestClient) bob = test_login2 (server, "bob");
  gint64 before = g_get_monotonic_time ();

  start_chat (alice, "alice", bob, "bob");
  test_expect (alice, "END_NOTIF bob");
  test_expect (bob, "END_NOTIF alice");
  g_assert_cmpint (g_get_monotonic_time () - before, >=, 990 * 1000);
}

/* CLIENTS and PRESENCE */

static int
compare_texts (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Reads the answer to CLIENTS as "alice=online bob=offline …", sorted. */
static char *
read_clients (TestClient *client)
{
  g_autoptr (GPtrArray) seen = g_ptr_array_new_with_free_func (g_free);
  const char *line;

  test_send (client, "CLIENTS");
  while (!g_str_equal (line = test_line (client), "CLIENTS_END"))
    {
      g_auto (GStrv) words = g_strsplit (line, " ", -1);

      g_assert_cmpuint (g_strv_length (words), ==, 3);
      g_assert_true (g_str_has_prefix (words[0], "@state="));
      g_assert_cmpstr (words[1], ==, "CLIENT");
      g_ptr_array_add (seen, g_strconcat (words[2], words[0] + strlen ("@state"), NULL));
    }
  g_ptr_array_sort (seen, compare_texts);
  g_ptr_array_add (seen, NULL);
  return g_strjoinv (" ", (char **) seen->pdata);
}

static void
test_clients (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) carol = test_login (p->server, "carol");
  g_autofree char *clients = read_clients (p->alice);

  g_assert_cmpstr (clients, ==, "alice=online bob=online carol=online dave=offline");
}

/* A list longer than a send queue may hold. */
static void
test_many_clients (void)
{
  g_autoptr (GString) list = g_string_new ("alice\n");
  g_autoptr (TestServer) server = NULL;
  g_autoptr (TestClient) alice = NULL;
  g_autofree char *clients = NULL;
  g_auto (GStrv) words = NULL;

  for (guint i = 0; i < 3000; i++)
    g_string_append_printf (list, "a-client-with-a-name-that-is-rather-long-%u\n", i);
  server = test_server_new (list->str, "limits.send-queue-bytes=16384", NULL);
  alice = test_login2 (server, "alice");
  clients = read_clients (alice);
  words = g_strsplit (clients, " ", -1);
  g_assert_cmpuint (g_strv_length (words), ==, 3001);
  test_expect_nothing (alice);
}

static void
test_presence (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) carol = test_login (p->server, "carol");
  g_autoptr (TestClient) phone = NULL;
  g_autoptr (TestClient) laptop = NULL;
  g_autofree char *clients = NULL;

  test_expect_nothing (p->alice); /* who has not asked is not told */
  clients = read_clients (p->alice);
  phone = test_login2 (p->server, "dave");
  test_expect (p->alice, "PRESENCE dave online");
  laptop = test_login2 (p->server, "dave");
  g_clear_pointer (&phone, test_client_free);
  test_expect_nothing (laptop);
  g_clear_pointer (&carol, test_client_free);
  test_expect (p->alice, "PRESENCE carol offline"); /* and nothing about dave before it */
  g_clear_pointer (&laptop, test_client_free);
  test_expect (p->alice, "PRESENCE dave offline");
  carol = test_login (p->server, "carol");
  test_expect (p->alice, "PRESENCE carol online");
  test_expect_nothing (p->bob);
}

/* The small verbs */

static void
test_ping (Pair *p, gconstpointer data)
{
  static const char *const tokens[] = { "x", "0123456789", "\xe2\x82\xac", "a=b;c", "@x" };

  for (guint i = 0; i < G_N_ELEMENTS (tokens); i++)
    {
      test_send (p->alice, "PING %s", tokens[i]);
      test_expect (p->alice, "PONG %s", tokens[i]);
    }
}

static void
test_quit (Pair *p, gconstpointer data)
{
  g_autofree char *clients = read_clients (p->bob);

  start_chat (p->alice, "alice", p->bob, "bob");
  test_send (p->alice, "QUIT");
  test_expect_closed (p->alice);
  /* In whichever order. */
  for (guint i = 0; i < 2; i++)
    {
      const char *line = test_line (p->bob);

      if (!g_str_equal (line, "END_NOTIF alice"))
        g_assert_cmpstr (line, ==, "PRESENCE alice offline");
    }
}

/* Errors name what failed. */
static void
test_errors (Pair *p, gconstpointer data)
{
  static const struct
  {
    const char *line;
    const char *tags;
    const char *code;
  } wrong[] = {
    { "@id=1 NONSENSE", "id=1", "unknown-verb" },
    { "@id=a\\:b\\sc\\\\ NONSENSE x", "id=a\\:b\\sc\\\\", "unknown-verb" },
    { "@x=1;id=2;y CHAT_REQUEST", "id=2", "bad-arguments" },
    { "@id=3 CHAT_MESSAGE bob", "id=3", "bad-arguments" },
    { "@id=4 CHAT_MESSAGE bob \xff", "id=4", "bad-text" },
    { "@id=5 CHAT_MESSAGE bob \x01", "id=5", "bad-text" },
    { "@id=6 HISTORY_REQ nobody", "id=6", "unknown-client" },
    { "@id=7 CHAT_MESSAGE nobody x", "id=7", "unknown-client" },
    { "@id=8;before=x HISTORY_REQ bob", "id=8", "bad-arguments" },
    { "@id=9;limit=-1 HISTORY_REQ bob", "id=9", "bad-arguments" },
    { "@id=10 PING", "id=10", "bad-arguments" },
    { "@id=11 CLIENTS x y", "id=11", "bad-arguments" },
    { "@id=12 SENT bob", "id=12", "unknown-verb" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      test_send (p->alice, "%s", wrong[i].line);
      test_expect_error_tagged (p->alice, wrong[i].tags, wrong[i].code);
    }
  test_send (p->alice, "NONSENSE");
  test_expect_error (p->alice, "unknown-verb"); /* no id, no tag */
  test_expect_nothing (p->alice);
}

static void
test_too_long (Pair *p, gconstpointer data)
{
  g_autofree char *text = g_strnfill (8193, 'x');
  g_autofree char *line = g_strnfill (20000, 'x');

  test_send (p->alice, "@id=1 CHAT_MESSAGE bob %s", text);
  test_expect_error_tagged (p->alice, "id=1", "too-long");
  test_send (p->alice, "@id=2 CHAT_MESSAGE bob %s", line);
  test_expect_error_tagged (p->alice, "id=2", "too-long");
  test_send (p->alice, "CHAT_MESSAGE bob %s", line);
  test_expect_error (p->alice, "too-long");
  test_expect_nothing (p->alice);
  test_expect_nothing (p->bob);
}

/* What is no Client-ID is not on the list either; but an answer never is a longer line than its reader takes. */
static void
test_names_too_long (Pair *p, gconstpointer data)
{
  static const char *const verbs[] = { "CHAT_REQUEST", "END_REQUEST", "TIMEOUT", "HISTORY_REQ", "TYPING", "READ" };
  g_autofree char *long_name = g_strnfill (65, 'n');
  g_autofree char *longest = g_strnfill (16384 - strlen ("CHAT_REQUEST \n"), 'n');
  g_autofree char *message = g_strdup_printf ("CHAT_MESSAGE %s text", longest + 20);

  test_send (p->alice, "CHAT_REQUEST %s", long_name);
  test_expect_tagged (p->alice, "reason=unknown", "UNREACHABLE %s", long_name);
  test_send (p->alice, "TIMEOUT %s", long_name);
  test_expect (p->alice, "END_NOTIF %s", long_name);

  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    {
      test_send (p->alice, "%s %s%s", verbs[i], longest + strlen (" 1"), g_str_equal (verbs[i], "READ") ? " 1" : "");
      g_assert_cmpuint (strlen (test_line (p->alice)), <, 200);
    }
  test_send_bytes (p->alice, message, -1);
  test_send (p->alice, "%s", "");
  g_assert_cmpuint (strlen (test_line (p->alice)), <, 200);
  test_expect_nothing (p->alice);
}

/* With base clients */

static void
test_with_base (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) carol = test_login (p->server, "carol");

  start_chat (carol, "carol", p->alice, "alice");
  test_send (p->bob, "CHAT_REQUEST carol");
  test_expect_tagged (p->bob, "reason=busy", "UNREACHABLE carol");
  /* The devices of protocol 2 are never busy. */
  start_chat (p->bob, "bob", p->alice, "alice");
  test_send (carol, "CHAT hi");
  test_expect_tagged (p->alice, "conv=carol;from=carol;seq=1;time=*;id=?", "CHAT hi");
  test_send (p->alice, "END_REQUEST carol");
  test_expect (carol, "END_NOTIF");
  skip_end_notif (p->alice, "carol");
  test_expect_nothing (p->bob);
}

static void
test_base_leaves (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) carol = test_login (p->server, "carol");

  start_chat (p->alice, "alice", carol, "carol");
  g_clear_pointer (&carol, test_client_free);
  test_expect (p->alice, "END_NOTIF carol");
  carol = test_login (p->server, "carol");
  start_chat (carol, "carol", p->alice, "alice");
  g_clear_pointer (&p->alice, test_client_free);
  test_expect (carol, "END_NOTIF");
  start_chat (carol, "carol", p->bob, "bob");
}

#define ADD(path, func) g_test_add (path, Pair, NULL, pair_set_up, func, pair_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/proto2-chats/start", test_start);
  ADD ("/proto2-chats/ask-again", test_ask_again);
  ADD ("/proto2-chats/any-number-of-chats", test_any_number_of_chats);
  ADD ("/proto2-chats/reasons", test_reasons);
  ADD ("/proto2-chats/end", test_end);
  ADD ("/proto2-chats/timeout", test_timeout);
  ADD ("/proto2-chats/end-of-no-chat", test_end_of_no_chat);
  ADD ("/proto2-chats/partner-disconnects", test_partner_disconnects);
  ADD ("/proto2-chats/devices", test_devices);
  ADD ("/proto2-chats/devices-leave", test_devices_leave);
  g_test_add_func ("/proto2-chats/idle", test_idle);
  ADD ("/proto2-chats/clients", test_clients);
  g_test_add_func ("/proto2-chats/many-clients", test_many_clients);
  ADD ("/proto2-chats/presence", test_presence);
  ADD ("/proto2-chats/ping", test_ping);
  ADD ("/proto2-chats/quit", test_quit);
  ADD ("/proto2-chats/errors", test_errors);
  ADD ("/proto2-chats/too-long", test_too_long);
  ADD ("/proto2-chats/names-too-long", test_names_too_long);
  ADD ("/proto2-chats/with-base", test_with_base);
  ADD ("/proto2-chats/base-leaves", test_base_leaves);
  return g_test_run ();
}
