/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may come in. */
#include <string.h>

#include "tests/util/client.h"
#include "tests/util/server.h"

#define VERIFIER "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==" \
                 "$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
#define LIST "# who may come\n\nalice\nbob\ncarol " VERIFIER "\nx\nA.b_c-9\n"

static void
test_connected (void)
{
  static const char *const ids[] = { "alice", "bob", "x", "A.b_c-9" };
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_autoptr (TestClient) client = test_login (server, ids[i]);

      test_expect_nothing (client);
    }
}

static void
test_several_spaces (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autoptr (TestClient) alice = test_connect (server, "alice");

  test_send (alice, "HELLO    alice");
  test_expect (alice, "CONNECTED");
}

static const char *const declined[] = {
  /* nothing but HELLO is heard */
  "CHAT hi\n", "CHAT_REQUEST bob\n", "CHAT_MESSAGE bob hi\n", "END_REQUEST bob\n", "TIMEOUT\n",
  "HISTORY_REQ bob\n",
  "CONNECTED\n", "NONSENSE\n", "hello alice\n", "Hello alice\n", "HELLOalice\n",
  "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
  "PING x\n", "QUIT\n", "CLIENTS\n",
  /* and with an ID that is on the list */
  "HELLO\n", "HELLO \n", "HELLO nobody\n", "HELLO Alice\n", "HELLO alic\n", "HELLO alice2\n",
  "HELLO #room\n",
  "HELLO # who\n", "HELLO ../alice\n",
  /* a list entry that must prove who it is */
  "HELLO carol\n",
  /* what is not even text */
  "\xff\xff\n", "HELLO alice\x01\n", "\x16\x03\x01\x02\n",
};

static void
test_declined (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (declined); i++)
    {
      g_autoptr (TestClient) client = test_connect (server, declined[i]);

      test_send_bytes (client, declined[i], -1);
      test_expect (client, "DECLINED");
      test_expect_closed (client);
    }
}

static void
test_declined_too_long (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autoptr (TestClient) client = test_connect (server, "talker");
  g_autofree char *line = g_strnfill (40000, 'H');

  test_send_bytes (client, line, -1);
  test_send_bytes (client, "\n", 1);
  test_expect (client, "DECLINED");
  test_expect_closed (client);
}

/* What follows in the same write is not heard any more. */
static void
test_declined_once (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autoptr (TestClient) client = test_connect (server, "hasty");

  test_send_bytes (client, "TIMEOUT\nHELLO alice\nHELLO bob\n", -1);
  test_expect (client, "DECLINED");
  test_expect_closed (client);
}

/* Without an answer in time the server gives up, not sooner, whatever part of a line has come. */
static void
test_time_out (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "session.login-timeout=1", NULL);
  g_autoptr (TestClient) alice = test_login (server, "alice");
  gint64 before = g_get_monotonic_time ();
  g_autoptr (TestClient) silent = test_connect (server, "silent");
  g_autoptr (TestClient) halting = test_connect (server, "halting");

  test_send_bytes (halting, "HEL", -1);
  test_expect (silent, "DECLINED");
  g_assert_cmpint (g_get_monotonic_time () - before, >=, 990 * 1000);
  test_expect_closed (silent);
  test_expect (halting, "DECLINED");
  test_expect_closed (halting);
  /* Who is logged in stays. */
  test_expect_nothing (alice);
}

static void
test_second_hello (void)
{
  static const char *const hellos[] = { "HELLO alice", "HELLO bob", "HELLO nobody", "HELLO alice 2" };
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (hellos); i++)
    {
      g_autoptr (TestClient) alice = test_login (server, "alice");
      g_autoptr (TestClient) alice2 = test_login2 (server, "alice");

      test_send (alice, "%s", hellos[i]);
      test_expect (alice, "DECLINED");
      test_expect_closed (alice);
      test_send (alice2, "%s", hellos[i]);
      test_expect (alice2, "DECLINED");
      test_expect_closed (alice2);
    }
}

/* It also ends the chat. */
static void
test_second_hello_in_a_chat (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autoptr (TestClient) alice = test_login (server, "alice");
  g_autoptr (TestClient) bob = test_login (server, "bob");

  test_send (alice, "CHAT_REQUEST bob");
  test_expect_started (alice, "bob");
  test_expect_started (bob, "alice");
  test_send (alice, "HELLO alice");
  test_expect (bob, "END_NOTIF");
  test_expect_nothing (bob);
}

/* An ID with a verifier does not get in by asking for protocol 2. */
static void
test_verifier_proto2 (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autoptr (TestClient) carol = test_connect (server, "carol");
  const char *line;

  test_send (carol, "HELLO carol 2");
  line = test_line (carol);
  if (!g_str_has_prefix (line, "AUTH_REQUIRED "))
    g_assert_cmpstr (line, ==, "DECLINED");
}

static void
test_proto2 (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autoptr (TestClient) alice = test_login2 (server, "alice");
  g_autoptr (TestClient) bob = test_connect (server, "bob");

  test_expect_nothing (alice);
  test_send_bytes (bob, "HELLO  bob  2\r\n", -1);
  test_expect_connected2 (bob);
}

/* A base login leaves the devices of protocol 2 alone, and they leave it alone. */
static void
test_base_beside_devices (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autoptr (TestClient) phone = test_login2 (server, "alice");
  g_autoptr (TestClient) base = test_login (server, "alice");
  g_autoptr (TestClient) laptop = test_login2 (server, "alice");
  g_autoptr (TestClient) newer = test_login (server, "alice");

  test_expect_closed (base);
  test_expect_nothing (phone);
  test_expect_nothing (laptop);
  test_expect_nothing (newer);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/login/connected", test_connected);
  g_test_add_func ("/login/several-spaces", test_several_spaces);
  g_test_add_func ("/login/declined", test_declined);
  g_test_add_func ("/login/declined-too-long", test_declined_too_long);
  g_test_add_func ("/login/declined-once", test_declined_once);
  g_test_add_func ("/login/time-out", test_time_out);
  g_test_add_func ("/login/second-hello", test_second_hello);
  g_test_add_func ("/login/second-hello-in-a-chat", test_second_hello_in_a_chat);
  g_test_add_func ("/login/verifier-proto2", test_verifier_proto2);
  g_test_add_func ("/login/proto2", test_proto2);
  g_test_add_func ("/login/base-beside-devices", test_base_beside_devices);
  return g_test_run ();
}
