/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many clients in every dialect do whatever comes to mind, and go away without a word. The server
 * must stay up, keep its rules for those who follow them, and stop cleanly. Under the sanitizers
 * this finds what no dialogue thinks of. */
#include <signal.h>
#include <string.h>

#include "tests/util/client.h"
#include "tests/util/server.h"

#define LIST "a\nb\nc\nd\ne\nf\ngood1\ngood2\n"
#define N_IDS 6
#define N_CLIENTS 14
#define TURNS 3000

static const char *const lines[] = {
  "HELLO a\n", "HELLO b 2\n", "HELLO c", "HELLO d 2\r\n", "HELLO\n", "HELLO nobody\n",
  "CHAT_REQUEST a\n", "CHAT_REQUEST b\n", "CHAT_REQUEST c\n", "CHAT_REQUEST d", "CHAT_REQUEST nobody\n",
  "CHAT hello\n", "CHAT  x", "CHAT \xff\n", "CHAT\n", "CHAT_MESSAGE a hi\n", "CHAT_MESSAGE b hi\n",
  "@id=1 CHAT_MESSAGE c hi\\nyou\n",
  "@id=2;x=y CHAT_MESSAGE d \\\\\n", "CHAT_MESSAGE e to you\n", "@id= CHAT_MESSAGE f to you\n",
  "END_REQUEST a\n", "END_REQUEST b\n", "END_REQUEST c\n", "TIMEOUT\n", "TIMEOUT a\n", "TIMEOUT b\n",
  "HISTORY_REQ a\n", "HISTORY_REQ b\n", "@before=9;limit=3 HISTORY_REQ c\n",
  "@after=2 HISTORY_REQ d\n", "@limit=0 HISTORY_REQ e\n",
  "@before=5;after=2 HISTORY_REQ a\n", "HISTORY_REQ nobody\n",
  "READ a 1\n", "READ b 5\n", "@id=5 READ c 99999\n", "READ d\n", "READ e x\n", "TYPING a\n", "TYPING b\n", "TYPING nobody\n",
  "CONVERSATIONS\n", "@want=marks CONVERSATIONS\n", "SEARCH hello\n", "@conv=b;limit=3 SEARCH h y\n", "@conv=nobody SEARCH x\n",
  "@want=since CLIENTS\n", "CLIENTS\n", "PING x\n", "PONG x\n", "QUIT\n", "\n", "\r\n", "NONSENSE\n", "@", "@id=3 ",
  "\n\n\n", "@seq=x;id=4 CHAT x\n", "\x16\x03\x01",
};

static TestClient *
enter (TestServer *server, GRand *random)
{
  TestClient *client = test_connect (server, "somebody");
  int id = 'a' + g_rand_int_range (random, 0, N_IDS);

  switch (g_rand_int_range (random, 0, 6))
    {
    case 0: break; /* says something else first, or nothing */
    case 1: test_send_bytes (client, "HELLO a", -1); break;
    case 2:
    case 3: test_send (client, "HELLO %c 2", id); break;
    default: test_send (client, "HELLO %c", id); break;
    }
  return client;
}

static void
act (TestClient *client, GRand *random)
{
  g_autoptr (GString) all = g_string_new (NULL);

  for (int n = g_rand_int_range (random, 1, 4); n > 0; n--)
    g_string_append (all, lines[g_rand_int_range (random, 0, G_N_ELEMENTS (lines))]);
  if (g_rand_int_range (random, 0, 200) == 0)
    {
      g_autofree char *long_line = g_strnfill (30000, 'l');

      g_string_append (all, long_line);
    }
  test_send_bytes (client, all->str, (gssize) all->len);
}

static void
leave (TestClient *client, GRand *random)
{
  if (g_rand_boolean (random))
    test_client_reset (client);
  else
    test_client_free (client);
}

/* Two who follow the rules. */
static void
check_good_ones (TestServer *server, guint64 *last_session)
{
  g_autoptr (TestClient) good1 = test_login (server, "good1");
  g_autoptr (TestClient) good2 = test_login (server, "good2");
  guint64 session;

  test_send (good1, "CHAT_REQUEST good2");
  session = test_expect_started (good1, "good2");
  g_assert_cmpuint (test_expect_started (good2, "good1"), ==, session);
  g_assert_cmpuint (session, >, *last_session);
  *last_session = session;
  test_send (good2, "CHAT fine");
  test_expect (good1, "CHAT fine");
  test_send (good1, "END_REQUEST good2");
  test_expect (good2, "END_NOTIF");
  test_expect_nothing (good1);
}

static void
test_mixed (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "limits.messages-per-second=0",
                                                   "session.login-timeout=1", "session.idle-timeout=1",
                                                   "limits.send-queue-bytes=65536", NULL);
  g_autoptr (GRand) random = g_rand_new_with_seed (g_test_rand_int ());
  TestClient *clients[N_CLIENTS] = { NULL };
  guint64 last_session = 0;

  for (guint turn = 0; turn < TURNS; turn++)
    {
      TestClient **client = &clients[g_rand_int_range (random, 0, N_CLIENTS)];

      if (*client == NULL)
        *client = enter (server, random);
      else if (g_rand_int_range (random, 0, 12) == 0 || test_client_has_ended (*client))
        leave (g_steal_pointer (client), random);
      else
        act (*client, random);
      if (*client != NULL && g_rand_boolean (random)) /* some do not read */
        while (test_line_if_any (*client) != NULL)
          ;
      if (turn % 500 == 0)
        check_good_ones (server, &last_session);
      if (turn % 300 == 0)
        test_server_signal (server, SIGHUP);
    }
  for (guint i = 0; i < N_CLIENTS; i++)
    if (clients[i] != NULL)
      leave (clients[i], random);
  check_good_ones (server, &last_session);
}

/* One ID logs in again and again, each time before the last one was answered. One of them stays in
 * the end, and it works. */
static void
test_take_over_storm (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "limits.messages-per-second=0", NULL);
  g_autoptr (TestClient) b = test_login (server, "b");
  g_autoptr (GPtrArray) storm = g_ptr_array_new_with_free_func ((GDestroyNotify) test_client_free);
  TestClient *last;

  for (guint i = 0; i < 100; i++)
    {
      TestClient *a = test_connect (server, "a");

      test_send_bytes (a, "HELLO a\nCHAT_REQUEST b\nCHAT hi\n", -1);
      g_ptr_array_add (storm, a);
    }
  for (guint i = 0; i < storm->len; i++)
    test_expect (g_ptr_array_index (storm, i), "CONNECTED");
  last = test_login (server, "a");
  g_ptr_array_add (storm, last);
  test_expect_nothing (last);
  for (guint i = 0; i + 1 < storm->len; i++)
    while (test_line_or_end (g_ptr_array_index (storm, i)) != NULL)
      ;

  /* All chats of the others are over for b as well. */
  test_send (b, "TIMEOUT");
  test_send (b, "LAST");
  while (!g_str_has_prefix (test_line (b), "ERROR unknown-verb "))
    ;
  test_send (b, "CHAT_REQUEST a");
  test_expect_started (b, "a");
  test_expect_started (last, "b");
}

/* Connections that come and go without a word. */
static void
test_passers_by (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  guint64 last_session = 0;

  for (guint i = 0; i < 1000; i++)
    {
      TestClient *client = test_connect (server, "passer-by");

      if (i % 3 == 0)
        test_send_bytes (client, "HELLO a\n", i % 9);
      if (i % 2 == 0)
        test_client_reset (client);
      else
        test_client_free (client);
    }
  check_good_ones (server, &last_session);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/chaos/mixed", test_mixed);
  g_test_add_func ("/chaos/take-over-storm", test_take_over_storm);
  g_test_add_func ("/chaos/passers-by", test_passers_by);
  return g_test_run ();
}
