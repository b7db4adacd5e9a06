/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Protocol 2: how far messages have come. DELIVERED, READ, and TYPING beside them. */
#include <signal.h>
#include <string.h>

#include "tests/util/pair.h"

/* Sends message number seq to somebody who has no device there. */
static void
send_to_absent (TestClient *from, const char *to, guint seq)
{
  g_autofree char *tags = g_strdup_printf ("seq=%u;time=*", seq);

  test_send (from, "CHAT_MESSAGE %s number %u", to, seq);
  test_expect_tagged (from, tags, "SENT %s", to);
}

/* Alice to bob, who is there. */
static void
send_one (Pair *p, guint seq)
{
  g_autofree char *received = g_strdup_printf ("conv=alice;from=alice;seq=%u;time=*", seq);

  send_to_absent (p->alice, "bob", seq);
  test_expect (p->alice, "DELIVERED bob %u", seq);
  test_expect_tagged (p->bob, received, "CHAT number %u", seq);
}

/* The marks of the client's only conversation. */
static void
expect_marks (TestClient *client, const char *with, const char *marks)
{
  g_autofree char *tags = g_strconcat (marks, ";time=*", NULL);

  test_send (client, "@want=marks CONVERSATIONS");
  test_expect_tagged (client, tags, "CONVERSATION %s", with);
  test_expect (client, "CONVERSATIONS_END");
}

static void
restart (Pair *p, int signal_number)
{
  if (signal_number == SIGKILL)
    test_server_crash_and_restart (p->server);
  else
    {
      g_assert_cmpint (test_server_stop (p->server, signal_number), ==, 0);
      test_server_start (p->server);
    }
  g_clear_pointer (&p->alice, test_client_free);
  g_clear_pointer (&p->bob, test_client_free);
  p->alice = test_login2 (p->server, "alice");
  p->bob = test_login2 (p->server, "bob");
}

/* Everything that the client said before has had its effect, also what goes by the disk. */
static void
settle (TestClient *client)
{
  test_send (client, "@id=settled CLIENTS please");
  test_expect_error_tagged (client, "id=settled", "bad-arguments");
}

/* DELIVERED */

static void
test_delivered (Pair *p, gconstpointer data)
{
  for (guint seq = 1; seq <= 3; seq++)
    send_one (p, seq);
  test_expect_nothing (p->alice);
  test_expect_nothing (p->bob);
  expect_marks (p->alice, "bob", "last=3;read=0;delivered=3;peerread=0");
  expect_marks (p->bob, "alice", "last=3;read=0;delivered=0;peerread=0");
}

/* All devices of the sender are told, and once, however many the receiver has. */
static void
test_delivered_devices (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) alice_phone = test_login2 (p->server, "alice");
  g_autoptr (TestClient) bob_phone = test_login2 (p->server, "bob");

  send_one (p, 1);
  test_expect_tagged (alice_phone, "conv=bob;from=alice;seq=1;time=*", "CHAT number 1");
  test_expect (alice_phone, "DELIVERED bob 1");
  test_expect_tagged (bob_phone, "conv=alice;from=alice;seq=1;time=*", "CHAT number 1");
  test_expect_nothing (alice_phone);
  test_expect_nothing (bob_phone);
  test_expect_nothing (p->alice);
}

static void
test_delivered_once (Pair *p, gconstpointer data)
{
  test_send (p->alice, "@id=n1 CHAT_MESSAGE bob hello");
  test_expect_tagged (p->alice, "id=n1;seq=1;time=*", "SENT bob");
  test_expect (p->alice, "DELIVERED bob 1");
  test_send (p->alice, "@id=n1 CHAT_MESSAGE bob hello");
  test_expect_tagged (p->alice, "id=n1;seq=1;time=*", "SENT bob");
  test_expect_nothing (p->alice);
}

/* Base connections are no devices: neither is anything delivered to them, nor are they told. */
static void
test_delivered_and_base (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) carol = test_login (p->server, "carol");
  g_autoptr (TestClient) carol_phone = NULL;

  test_send (p->alice, "CHAT_MESSAGE carol one");
  test_expect_tagged (p->alice, "seq=1;time=*", "SENT carol");
  test_expect_started (p->alice, "carol");
  test_expect_started (carol, "alice");
  test_expect (carol, "CHAT one");
  test_expect_nothing (p->alice);
  test_send (carol, "HISTORY_REQ alice");
  test_expect (carol, "HISTORY_RESP From alice: one");
  test_expect_nothing (p->alice);

  /* Her phone is told how far what she wrote on the other one has come; that one is not. */
  carol_phone = test_login2 (p->server, "carol");
  test_send (carol, "CHAT two");
  test_expect_tagged (p->alice, "conv=carol;from=carol;seq=2;time=*", "CHAT two");
  test_expect_tagged (carol_phone, "conv=alice;from=carol;seq=2;time=*", "CHAT two");
  test_expect (carol_phone, "DELIVERED alice 2");
  test_expect_nothing (carol);

  test_send (p->alice, "CHAT_MESSAGE carol three");
  test_expect_tagged (p->alice, "seq=3;time=*", "SENT carol");
  test_expect (p->alice, "DELIVERED carol 3");
  test_expect (carol, "CHAT three");
  test_expect_nothing (carol);
}

/* Whoever was away is sent it when it asks. */
static void
test_delivered_by_history (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) base = NULL;
  g_autoptr (TestClient) dave = NULL;

  for (guint seq = 1; seq <= 4; seq++)
    send_to_absent (p->alice, "dave", seq);
  base = test_login (p->server, "dave");
  test_send (base, "HISTORY_REQ alice");
  for (guint seq = 1; seq <= 4; seq++)
    test_expect (base, "HISTORY_RESP From alice: number %u", seq);
  test_expect_nothing (p->alice);

  dave = test_login2 (p->server, "dave");
  test_send (dave, "@after=0;limit=2 HISTORY_REQ alice");
  test_expect_tagged (dave, "seq=1;from=alice;time=*", "HISTORY_RESP number 1");
  test_expect_tagged (dave, "seq=2;from=alice;time=*", "HISTORY_RESP number 2");
  test_expect_tagged (dave, "count=2;last=4;more=1", "HISTORY_END alice");
  test_expect (p->alice, "DELIVERED dave 2");
  expect_marks (p->alice, "dave", "last=4;read=0;delivered=2;peerread=0");

  for (guint i = 0; i < 2; i++) /* the second time nothing rises */
    {
      test_send (dave, "@limit=2 HISTORY_REQ alice");
      test_expect_tagged (dave, "seq=3;from=alice;time=*", "HISTORY_RESP number 3");
      test_expect_tagged (dave, "seq=4;from=alice;time=*", "HISTORY_RESP number 4");
      test_expect_tagged (dave, "count=2;last=4;more=1", "HISTORY_END alice");
      if (i == 0)
        test_expect (p->alice, "DELIVERED dave 4");
    }
  test_expect_nothing (p->alice);

  /* It is about what the other side wrote. */
  test_send (dave, "CHAT_MESSAGE alice mine");
  test_expect_tagged (dave, "seq=5;time=*", "SENT alice");
  test_expect (dave, "DELIVERED alice 5");
  test_expect_tagged (p->alice, "conv=dave;from=dave;seq=5;time=*", "CHAT mine");
  test_send (p->alice, "@limit=2 HISTORY_REQ dave");
  test_expect_tagged (p->alice, "seq=4;from=alice;time=*", "HISTORY_RESP number 4");
  test_expect_tagged (p->alice, "seq=5;from=dave;time=*", "HISTORY_RESP mine");
  test_expect_tagged (p->alice, "count=2;last=5;more=1", "HISTORY_END dave");
  test_expect_nothing (dave);
}

static void
test_delivered_survives (Pair *p, gconstpointer data)
{
  send_one (p, 1);
  send_one (p, 2);
  restart (p, SIGTERM);
  expect_marks (p->alice, "bob", "last=2;read=0;delivered=2;peerread=0");
  test_send (p->bob, "@limit=1 HISTORY_REQ alice");
  test_expect_tagged (p->bob, "seq=2;from=alice;time=*", "HISTORY_RESP number 2");
  test_expect_tagged (p->bob, "count=1;last=2;more=1", "HISTORY_END alice");
  test_expect_nothing (p->alice);
}

/* Many at once: each SENT is followed by its DELIVERED. */
static void
test_delivered_pipelined (Pair *p, gconstpointer data)
{
  g_autoptr (GString) all = g_string_new (NULL);
  const guint n = 500;

  for (guint i = 1; i <= n; i++)
    g_string_append_printf (all, "@id=%u CHAT_MESSAGE bob text %u\n", i, i);
  test_send_bytes (p->alice, all->str, (gssize) all->len);
  for (guint i = 1; i <= n; i++)
    {
      g_autofree char *sent = g_strdup_printf ("id=%u;seq=%u;time=*", i, i);

      test_expect_tagged (p->alice, sent, "SENT bob");
      test_expect (p->alice, "DELIVERED bob %u", i);
    }
}

/* Reads lines up to the nth that begins so. */
static void
skip_to (TestClient *client, const char *verb, guint n)
{
  while (n > 0)
    if (strstr (test_line (client), verb) != NULL)
      n--;
}

/* A device that asks for the history while messages come says nothing that the others' lines have overtaken. */
static void
test_delivered_rises (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) phone = test_login2 (p->server, "bob");
  const guint n = 50, n_requests = 20;
  guint64 told = 0;

  for (guint round = 0; round < 20; round++)
    {
      g_autoptr (GString) all = g_string_new (NULL);
      guint n_sent = 0;

      for (guint i = 0; i < n; i++)
        g_string_append (all, "CHAT_MESSAGE bob text\n");
      for (guint i = 0; i < n_requests; i++)
        {
          test_send (phone, "@limit=2 HISTORY_REQ alice");
          if (i == n_requests / 4)
            test_send_bytes (p->alice, all->str, (gssize) all->len);
        }
      while (n_sent < n || told < n * (round + 1))
        {
          const char *line = test_line (p->alice);

          if (g_str_has_prefix (line, "DELIVERED bob "))
            {
              guint64 seq = g_ascii_strtoull (line + strlen ("DELIVERED bob "), NULL, 10);

              g_assert_cmpuint (seq, >, told);
              told = seq;
            }
          else
            n_sent++;
        }
      skip_to (phone, "HISTORY_END", n_requests);
      skip_to (p->bob, " CHAT ", n);
    }
  test_expect_nothing (p->alice);
}

/* READ */

static void
test_read (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) alice_phone = test_login2 (p->server, "alice");
  g_autoptr (TestClient) bob_phone = test_login2 (p->server, "bob");

  for (guint seq = 1; seq <= 5; seq++)
    send_to_absent (p->alice, "carol", seq);
  for (guint seq = 1; seq <= 5; seq++)
    test_line (alice_phone);
  for (guint seq = 1; seq <= 5; seq++)
    {
      send_one (p, seq);
      test_line (alice_phone);
      test_expect (alice_phone, "DELIVERED bob %u", seq);
      test_line (bob_phone);
    }

  test_send (p->bob, "READ alice 3");
  test_expect (p->alice, "READ bob 3");
  test_expect (alice_phone, "READ bob 3");
  test_expect (bob_phone, "@own=1 READ alice 3");
  test_expect_nothing (p->bob);

  /* It never goes backward, nor stays where it is and is told. */
  test_send (p->bob, "READ alice 3");
  test_send (p->bob, "READ alice 2");
  test_send (p->bob, "READ alice 0");
  settle (p->bob);
  test_send (bob_phone, "READ alice 1");
  test_send (bob_phone, "READ alice 4");
  test_expect (p->bob, "@own=1 READ alice 4");
  test_expect (p->alice, "READ bob 4");
  test_expect (alice_phone, "READ bob 4");
  test_expect_nothing (bob_phone);

  /* Both sides have a mark of their own. */
  test_send (p->alice, "READ bob 1");
  test_expect (p->bob, "READ alice 1");
  test_expect (bob_phone, "READ alice 1");
  test_expect (alice_phone, "@own=1 READ bob 1");
  test_expect_nothing (p->alice);
  test_expect_nothing (alice_phone);
}

/* Nobody can have read what is not written. */
static void
test_read_too_far (Pair *p, gconstpointer data)
{
  static const char *const far[] = { "1", "2", "99", "9223372036854775807", "9223372036854775808", "18446744073709551615" };

  for (guint i = 0; i < G_N_ELEMENTS (far); i++)
    test_send (p->bob, "READ alice %s", far[i]);
  settle (p->bob);
  test_expect_nothing (p->alice);
  for (guint seq = 1; seq <= G_N_ELEMENTS (far); seq++)
    {
      send_one (p, seq);
      test_send (p->bob, "READ alice %s", seq == 1 ? "1" : far[seq - 1]);
      test_expect (p->alice, "READ bob %u", seq);
    }
  settle (p->bob);
  test_expect_nothing (p->alice);
}

/* Whoever has read it was sent it, by whichever way. */
static void
test_read_is_delivered (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) dave = NULL;

  send_to_absent (p->alice, "dave", 1);
  send_to_absent (p->alice, "dave", 2);
  dave = test_login2 (p->server, "dave");
  test_send (dave, "READ alice 2");
  test_expect (p->alice, "READ dave 2");
  expect_marks (p->alice, "dave", "last=2;read=0;delivered=2;peerread=2");
  expect_marks (dave, "alice", "last=2;read=2;delivered=0;peerread=0");
  test_send (dave, "HISTORY_REQ alice");
  test_expect_prefix (dave, "@seq=1;");
  test_expect_prefix (dave, "@seq=2;");
  test_expect_tagged (dave, "count=2;last=2;more=0", "HISTORY_END alice");
  test_expect_nothing (p->alice);
}

/* It takes its turn among the messages. */
static void
test_read_in_order (Pair *p, gconstpointer data)
{
  g_autoptr (GString) all = g_string_new (NULL);
  const guint n = 300;

  for (guint i = 1; i <= n; i++)
    g_string_append_printf (all, "CHAT_MESSAGE bob text %u\nREAD bob 100000\n%s", i, i % 100 == 0 ? "TYPING bob\n" : "");
  test_send_bytes (p->alice, all->str, (gssize) all->len);
  for (guint i = 1; i <= n; i++)
    {
      g_autofree char *received = g_strdup_printf ("conv=alice;from=alice;seq=%u;time=*", i);

      test_expect_tagged (p->bob, received, "CHAT text %u", i);
      test_expect (p->bob, "READ alice %u", i);
      if (i % 100 == 0)
        test_expect (p->bob, "TYPING alice");
    }
}

/* Not told before it is on disk. */
static void
test_read_survives (Pair *p, gconstpointer data)
{
  for (guint round = 1; round <= 3; round++)
    {
      g_autofree char *of_bob = g_strdup_printf ("last=%u;read=%u;delivered=%u;peerread=0", round, round, 0);

      send_one (p, round);
      test_send (p->bob, "READ alice %u", round);
      test_expect (p->alice, "READ bob %u", round);
      restart (p, SIGKILL);
      expect_marks (p->bob, "alice", of_bob);
      test_send (p->bob, "READ alice %u", round);
      settle (p->bob);
      test_expect_nothing (p->alice);
    }
}

/* The end of the connection does not take it back. */
static void
test_read_and_leave (Pair *p, gconstpointer data)
{
  send_one (p, 1);
  test_send (p->bob, "READ alice 1");
  g_clear_pointer (&p->bob, test_client_free);
  test_expect (p->alice, "READ bob 1");
}

/* TYPING */

static void
test_typing (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) alice_phone = test_login2 (p->server, "alice");
  g_autoptr (TestClient) bob_phone = test_login2 (p->server, "bob");

  test_send (p->alice, "TYPING bob");
  test_expect (p->bob, "TYPING alice");
  test_expect (bob_phone, "TYPING alice");
  test_expect_nothing (p->alice);
  test_expect_nothing (alice_phone);
  test_send (p->alice, "TYPING dave"); /* who is not there misses it */
  test_send (p->alice, "HISTORY_REQ bob");
  test_expect (p->alice, "@count=0;last=0;more=0 HISTORY_END bob");
  test_send (p->alice, "CONVERSATIONS");
  test_expect (p->alice, "CONVERSATIONS_END");
}

/* Too many are dropped without a word, and do not count as messages. */
static void
test_typing_too_fast (void)
{
  g_autoptr (TestServer) server = test_server_new (PAIR_LIST, "limits.messages-per-second=1", "limits.messages-burst=5", NULL);
  g_autoptr (TestClient) alice = test_login2 (server, "alice");
  g_autoptr (TestClient) bob = test_login2 (server, "bob");
  g_autoptr (GString) all = g_string_new (NULL);
  guint n = 0;

  for (guint i = 0; i < 5000; i++)
    g_string_append (all, "TYPING bob\n");
  test_send_bytes (alice, all->str, (gssize) all->len);
  test_send (alice, "CHAT_MESSAGE bob hello");
  test_expect_tagged (alice, "seq=1;time=*", "SENT bob");
  test_expect (alice, "DELIVERED bob 1");
  while (g_str_equal (test_line (bob), "TYPING alice"))
    n++;
  g_assert_cmpuint (n, >=, 10);
  g_assert_cmpuint (n, <, 2500);
}

/* Wrong arguments */

static void
test_errors (Pair *p, gconstpointer data)
{
  static const struct
  {
    const char *line;
    const char *tags;
    const char *code;
  } wrong[] = {
    { "@id=1 READ", "id=1", "bad-arguments" },
    { "@id=2 READ bob", "id=2", "bad-arguments" },
    { "@id=3 READ bob x", "id=3", "bad-arguments" },
    { "@id=4 READ bob -1", "id=4", "bad-arguments" },
    { "@id=5 READ bob +1", "id=5", "bad-arguments" },
    { "@id=6 READ bob 1 2", "id=6", "bad-arguments" },
    { "@id=7 READ bob 18446744073709551616", "id=7", "bad-arguments" },
    { "@id=8 READ 1 bob", "id=8", "bad-arguments" },
    { "@id=9 READ nobody 1", "id=9", "unknown-client" },
    { "@id=10 READ nobody 0", "id=10", "unknown-client" },
    { "@id=11 READ alice 1", "id=11", "not-allowed" },
    { "@id=12 READ #room 1", "id=12", "unknown-client" },
    { "@id=13 TYPING", "id=13", "bad-arguments" },
    { "@id=14 TYPING bob now", "id=14", "bad-arguments" },
    { "@id=15 TYPING nobody", "id=15", "unknown-client" },
    { "@id=16 TYPING alice", "id=16", "not-allowed" },
    { "@id=17 DELIVERED bob 1", "id=17", "unknown-verb" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      test_send (p->alice, "%s", wrong[i].line);
      test_expect_error_tagged (p->alice, wrong[i].tags, wrong[i].code);
    }
  test_expect_nothing (p->alice);
  test_expect_nothing (p->bob);
}

/* To base none of this exists. */
static void
test_base (Pair *p, gconstpointer data)
{
  static const char *const verbs[] = { "READ bob 1", "TYPING bob", "DELIVERED bob 1", "CONVERSATIONS", "SEARCH x" };
  g_autoptr (TestClient) carol = test_login (p->server, "carol");
  g_autoptr (TestClient) unframed = test_login_unframed (p->server, "dave");

  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    {
      test_send (carol, "%s", verbs[i]);
      test_expect_error (carol, "unknown-verb");
    }
  test_send (carol, "CHAT_REQUEST alice");
  test_expect_started (carol, "alice");
  test_expect_started (p->alice, "carol");
  test_send (carol, "CHAT hello");
  test_expect_tagged (p->alice, "conv=carol;from=carol;seq=1;time=*", "CHAT hello");
  test_send (p->alice, "TYPING carol");
  test_send (p->alice, "READ carol 1");
  test_send (p->alice, "TYPING dave");
  test_expect_nothing (p->alice);
  test_expect_nothing (carol);
  test_send (p->alice, "CHAT_MESSAGE dave hi");
  test_expect_tagged (p->alice, "seq=1;time=*", "SENT dave");
  test_expect_started (p->alice, "dave");
  g_assert_true (g_str_has_prefix (test_read_once (unframed, NULL, NULL), "CHAT_STARTED "));
  test_expect_bytes (unframed, "CHAT  hi");
}

#define ADD(path, func) g_test_add (path, Pair, NULL, pair_set_up, func, pair_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/proto2-marks/delivered", test_delivered);
  ADD ("/proto2-marks/delivered-devices", test_delivered_devices);
  ADD ("/proto2-marks/delivered-once", test_delivered_once);
  ADD ("/proto2-marks/delivered-and-base", test_delivered_and_base);
  ADD ("/proto2-marks/delivered-by-history", test_delivered_by_history);
  ADD ("/proto2-marks/delivered-survives", test_delivered_survives);
  ADD ("/proto2-marks/delivered-pipelined", test_delivered_pipelined);
  ADD ("/proto2-marks/delivered-rises", test_delivered_rises);
  ADD ("/proto2-marks/read", test_read);
  ADD ("/proto2-marks/read-too-far", test_read_too_far);
  ADD ("/proto2-marks/read-is-delivered", test_read_is_delivered);
  ADD ("/proto2-marks/read-in-order", test_read_in_order);
  ADD ("/proto2-marks/read-survives", test_read_survives);
  ADD ("/proto2-marks/read-and-leave", test_read_and_leave);
  ADD ("/proto2-marks/typing", test_typing);
  g_test_add_func ("/proto2-marks/typing-too-fast", test_typing_too_fast);
  ADD ("/proto2-marks/errors", test_errors);
  ADD ("/proto2-marks/base", test_base);
  return g_test_run ();
}
