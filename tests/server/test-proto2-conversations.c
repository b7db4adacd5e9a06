/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Protocol 2: CONVERSATIONS, and coming back with it; and since when somebody is away. */
#include <signal.h>
#include <string.h>

#include "tests/util/client.h"
#include "tests/util/deadline.h"
#include "tests/util/server.h"

#define LIST "alice\nbob\ncarol\ndave\n"
#define NO_RATE "limits.messages-per-second=0"

typedef struct
{
  TestServer *server;
  TestClient *alice;
} Setting;

static void
set_up (Setting *s, gconstpointer data)
{
  s->server = test_server_new (LIST, NO_RATE, NULL);
  s->alice = test_login2 (s->server, "alice");
}

static void
tear_down (Setting *s, gconstpointer data)
{
  g_clear_pointer (&s->alice, test_client_free);
  test_server_free (s->server);
}

/* A message to somebody without a device there; returns its time as on the wire. Transfer full. */
static char *
say (TestClient *from, const char *to, guint seq)
{
  g_autofree char *tags = g_strdup_printf ("seq=%u;time=*", seq);

  test_send (from, "CHAT_MESSAGE %s number %u", to, seq);
  test_expect_tagged (from, tags, "SENT %s", to);
  return g_strdup (test_tag (from, "time"));
}

static void
test_none (Setting *s, gconstpointer data)
{
  test_send (s->alice, "CONVERSATIONS");
  test_expect (s->alice, "CONVERSATIONS_END");
  test_send (s->alice, "@want=marks CONVERSATIONS");
  test_expect (s->alice, "CONVERSATIONS_END");
}

/* The newest first; the tags in the order of the document. */
static void
test_list (Setting *s, gconstpointer data)
{
  g_autoptr (TestClient) bob = NULL;
  g_autofree char *to_bob = say (s->alice, "bob", 1);
  g_autofree char *to_carol = NULL;
  g_autofree char *again = NULL;
  guint n = 0;

  /* What was said in the same millisecond has no order. */
  do
    {
      g_free (to_carol);
      to_carol = say (s->alice, "carol", ++n);
    }
  while (g_str_equal (to_carol, to_bob));
  test_send (s->alice, "CONVERSATIONS");
  test_expect (s->alice, "@last=%u;read=0;time=%s CONVERSATION carol", n, to_carol);
  test_expect (s->alice, "@last=1;read=0;time=%s CONVERSATION bob", to_bob);
  test_expect (s->alice, "CONVERSATIONS_END");

  bob = test_login2 (s->server, "bob");
  test_send (bob, "CONVERSATIONS");
  test_expect (bob, "@last=1;read=0;time=%s CONVERSATION alice", to_bob);
  test_expect (bob, "CONVERSATIONS_END");
  test_send (bob, "READ alice 1");
  test_send (bob, "CONVERSATIONS");
  test_expect (bob, "@last=1;read=1;time=%s CONVERSATION alice", to_bob);
  test_expect (bob, "CONVERSATIONS_END");
  test_expect (s->alice, "READ bob 1");
  test_send (s->alice, "@want=marks CONVERSATIONS");
  test_expect (s->alice, "@last=%u;read=0;time=%s;delivered=0;peerread=0 CONVERSATION carol", n, to_carol);
  test_expect (s->alice, "@last=1;read=0;time=%s;delivered=1;peerread=1 CONVERSATION bob", to_bob);
  test_expect (s->alice, "CONVERSATIONS_END");
  test_send (bob, "@want=other,marks CONVERSATIONS");
  test_expect (bob, "@last=1;read=1;time=%s;delivered=0;peerread=0 CONVERSATION alice", to_bob);
  test_expect (bob, "CONVERSATIONS_END");
  test_send (bob, "@want=other CONVERSATIONS");
  test_expect (bob, "@last=1;read=1;time=%s CONVERSATION alice", to_bob);
  test_expect (bob, "CONVERSATIONS_END");

  again = say (s->alice, "bob", 2);
  test_expect (s->alice, "DELIVERED bob 2");
  test_expect_prefix (bob, "@conv=alice;");
  test_send (bob, "CONVERSATIONS");
  test_expect (bob, "@last=2;read=1;time=%s CONVERSATION alice", again);
  test_expect (bob, "CONVERSATIONS_END");
}

/* Nobody learns of others' conversations; and a base client's are one's own too. */
static void
test_own (Setting *s, gconstpointer data)
{
  g_autoptr (TestClient) bob = test_login (s->server, "bob");
  g_autoptr (TestClient) carol = test_login (s->server, "carol");
  g_autoptr (TestClient) bob_phone = NULL;

  test_send (bob, "CHAT_REQUEST carol");
  test_expect_started (bob, "carol");
  test_expect_started (carol, "bob");
  test_send (bob, "CHAT hello");
  test_expect (carol, "CHAT hello");
  test_send (s->alice, "CONVERSATIONS");
  test_expect (s->alice, "CONVERSATIONS_END");
  bob_phone = test_login2 (s->server, "bob");
  test_send (bob_phone, "CONVERSATIONS");
  test_expect_tagged (bob_phone, "last=1;read=0;time=*", "CONVERSATION carol");
  test_expect (bob_phone, "CONVERSATIONS_END");
}

static void
test_errors (Setting *s, gconstpointer data)
{
  test_send (s->alice, "@id=1 CONVERSATIONS all");
  test_expect_error_tagged (s->alice, "id=1", "bad-arguments");
  test_send (s->alice, "@id=2 CONVERSATION bob");
  test_expect_error_tagged (s->alice, "id=2", "unknown-verb");
  test_send (s->alice, "@id=3;limit=x CONVERSATIONS");
  test_expect_error_tagged (s->alice, "id=3", "bad-arguments");
  test_expect_nothing (s->alice);
}

static void
wait_for_list (TestServer *server, const char *id)
{
  gint64 deadline = test_deadline ();
  gboolean in = FALSE;

  while (!in)
    {
      g_autoptr (TestClient) client = test_connect (server, id);

      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      test_send (client, "HELLO %s", id);
      in = g_strcmp0 (test_line (client), "CONNECTED") == 0;
    }
}

/* Nobody is named whose history cannot be asked for. When back on the list, all is there. */
static void
test_off_the_list (Setting *s, gconstpointer data)
{
  g_free (say (s->alice, "bob", 1));
  g_free (say (s->alice, "carol", 1));
  test_server_rewrite_file (s->server, "ClientID-List", "alice\ncarol\nerin\n");
  test_server_signal (s->server, SIGHUP);
  wait_for_list (s->server, "erin");
  test_send (s->alice, "CONVERSATIONS");
  test_expect_tagged (s->alice, "last=1;read=0;time=*", "CONVERSATION carol");
  test_expect (s->alice, "CONVERSATIONS_END");
  test_send (s->alice, "SEARCH number");
  test_expect_prefix (s->alice, "@conv=carol;");
  test_expect (s->alice, "@count=1 SEARCH_END");
  test_send (s->alice, "@id=1 READ bob 1");
  test_expect_error_tagged (s->alice, "id=1", "unknown-client");

  test_server_rewrite_file (s->server, "ClientID-List", LIST "frank\n");
  test_server_signal (s->server, SIGHUP);
  wait_for_list (s->server, "frank");
  test_send (s->alice, "CONVERSATIONS");
  test_expect_prefix (s->alice, "@last=1;read=0;time=");
  test_expect_prefix (s->alice, "@last=1;read=0;time=");
  test_expect (s->alice, "CONVERSATIONS_END");
}

/* More than a send queue may hold. */
static void
test_many (void)
{
  g_autoptr (GString) list = g_string_new ("alice\n");
  g_autoptr (GString) all = g_string_new (NULL);
  g_autoptr (TestServer) server = NULL;
  g_autoptr (TestClient) alice = NULL;
  const guint n = 1500;

  for (guint i = 0; i < n; i++)
    g_string_append_printf (list, "a-client-with-a-name-that-is-rather-long-%u\n", i);
  server = test_server_new (list->str, NO_RATE, "limits.send-queue-bytes=16384", NULL);
  alice = test_login2 (server, "alice");
  for (guint i = 0; i < n; i += 50) /* no more at once than the queue has room for the answers */
    {
      g_string_truncate (all, 0);
      for (guint j = i; j < i + 50; j++)
        g_string_append_printf (all, "CHAT_MESSAGE a-client-with-a-name-that-is-rather-long-%u hi\n", j);
      test_send_bytes (alice, all->str, (gssize) all->len);
      for (guint j = i; j < i + 50; j++)
        test_expect_prefix (alice, "@seq=1;");
    }

  /* Answered in order, though much is asked at once. */
  test_send_bytes (alice, "@want=marks CONVERSATIONS\nPING one\n@want=marks CONVERSATIONS\nPING two\n", -1);
  for (guint round = 1; round <= 2; round++)
    {
      gint64 last = G_MAXINT64;

      for (guint i = 0; i < n; i++)
        {
          gint64 time;

          test_expect_prefix (alice, "@last=1;read=0;time=");
          time = test_tag_time (alice, "time");
          g_assert_cmpint (time, <=, last);
          last = time;
        }
      test_expect (alice, "CONVERSATIONS_END");
      test_expect (alice, round == 1 ? "PONG one" : "PONG two");
    }
}

/* Who asks and goes leaves nothing behind, whichever moment that is; a sanitizer would tell. */
static void
test_ask_and_leave (Setting *s, gconstpointer data)
{
  static const char *const asked[] = { "CONVERSATIONS\n", "SEARCH number\n", "HISTORY_REQ bob\n", "@want=since CLIENTS\n" };

  for (guint seq = 1; seq <= 20; seq++)
    g_free (say (s->alice, "bob", seq));
  for (guint i = 0; i < 200; i++)
    {
      TestClient *client = test_login2 (s->server, i % 2 ? "alice" : "bob");

      test_send_bytes (client, asked[i % G_N_ELEMENTS (asked)], -1);
      if (i % 3 == 0)
        test_client_reset (client);
      else
        test_client_free (client);
    }
  test_send (s->alice, "CONVERSATIONS");
  while (!g_str_equal (test_line (s->alice), "CONVERSATIONS_END"))
    ;
}

/* Coming back as the document advises: everything once, and in order. */
static void
test_coming_back (Setting *s, gconstpointer data)
{
  static const char *const others[] = { "alice", "bob", "dave" };
  g_autoptr (TestClient) bob = test_login2 (s->server, "bob");
  g_autoptr (TestClient) dave = test_login2 (s->server, "dave");
  TestClient *const clients[] = { s->alice, bob, dave };
  g_autoptr (TestClient) carol = NULL;

  for (guint round = 0; round < 2; round++)
    {
      for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
        for (guint seq = 1; seq <= 3; seq++)
          g_free (say (clients[i], "carol", round * 3 + seq));
      carol = test_login2 (s->server, "carol");
      test_send (carol, "CONVERSATIONS");
      for (guint i = 0; i < G_N_ELEMENTS (others); i++)
        test_expect_prefix (carol, round == 0 ? "@last=3;read=0;" : "@last=6;read=0;");
      test_expect (carol, "CONVERSATIONS_END");
      for (guint i = 0; i < G_N_ELEMENTS (others); i++)
        {
          test_send (carol, "@after=%u HISTORY_REQ %s", round * 3, others[i]);
          for (guint seq = round * 3 + 1; seq <= round * 3 + 3; seq++)
            {
              g_autofree char *tags = g_strdup_printf ("seq=%u;from=%s;time=*", seq, others[i]);

              test_expect_tagged (carol, tags, "HISTORY_RESP number %u", seq);
            }
          test_expect (carol, "@count=3;last=%u;more=0 HISTORY_END %s", round * 3 + 3, others[i]);
          test_expect (clients[i], "DELIVERED carol %u", round * 3 + 3);
        }
      g_clear_pointer (&carol, test_client_free);
    }
}

/* Since when */

/* The since of somebody in CLIENTS; 0 when there is none, which is so for whoever is there. */
static gint64
ask_since (TestClient *client, const char *id)
{
  g_autofree char *end = g_strdup_printf (" CLIENT %s", id);
  gint64 since = -1;
  const char *line;

  test_send (client, "@want=since CLIENTS");
  while (!g_str_equal (line = test_line (client), "CLIENTS_END"))
    if (g_str_has_suffix (line, end))
      {
        since = test_tag (client, "since") != NULL ? test_tag_time (client, "since") : 0;
        if (since > 0)
          g_assert_true (g_str_has_prefix (line, "@state=offline;since="));
      }
  g_assert_cmpint (since, >=, 0);
  return since;
}

static gint64
now_ms (void)
{
  return g_get_real_time () / 1000;
}

static void
come_and_go (TestServer *server, TestClient *watcher, const char *id, gboolean base)
{
  TestClient *client = base ? test_login (server, id) : test_login2 (server, id);

  test_expect (watcher, "PRESENCE %s online", id);
  g_assert_cmpint (ask_since (watcher, id), ==, 0);
  test_client_free (client);
  test_expect (watcher, "PRESENCE %s offline", id);
}

static void
test_since (Setting *s, gconstpointer data)
{
  gint64 before, since;

  g_assert_cmpint (ask_since (s->alice, "bob"), ==, 0); /* never there */
  for (guint i = 0; i < 2; i++)
    {
      before = now_ms ();
      come_and_go (s->server, s->alice, "bob", i == 0);
      since = ask_since (s->alice, "bob");
      g_assert_cmpint (since, >=, before);
      g_assert_cmpint (since, <=, now_ms ());
    }

  /* Nobody sees it who does not ask for it. */
  test_send (s->alice, "CLIENTS");
  test_expect (s->alice, "@state=online CLIENT alice");
  test_expect (s->alice, "@state=offline CLIENT bob");
  test_expect (s->alice, "@state=offline CLIENT carol");
  test_expect (s->alice, "@state=offline CLIENT dave");
  test_expect (s->alice, "CLIENTS_END");
}

/* Also of those who were there when the server stopped. */
static void
test_since_survives (Setting *s, gconstpointer data)
{
  g_autoptr (TestClient) carol = test_login2 (s->server, "carol");
  gint64 bob_since, before;

  test_send (s->alice, "CLIENTS");
  while (!g_str_equal (test_line (s->alice), "CLIENTS_END"))
    ;
  come_and_go (s->server, s->alice, "bob", FALSE);
  bob_since = ask_since (s->alice, "bob");
  before = now_ms ();
  g_assert_cmpint (test_server_stop (s->server, SIGTERM), ==, 0);
  test_server_start (s->server);
  g_clear_pointer (&s->alice, test_client_free);
  s->alice = test_login2 (s->server, "alice");
  g_assert_cmpint (ask_since (s->alice, "bob"), ==, bob_since);
  g_assert_cmpint (ask_since (s->alice, "carol"), >=, before);
  g_assert_cmpint (ask_since (s->alice, "carol"), <=, now_ms ());
  g_assert_cmpint (ask_since (s->alice, "dave"), ==, 0);

  test_server_crash_and_restart (s->server);
  g_clear_pointer (&s->alice, test_client_free);
  s->alice = test_login2 (s->server, "alice");
  g_assert_cmpint (ask_since (s->alice, "bob"), ==, bob_since);
}

#define ADD(path, func) g_test_add (path, Setting, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/proto2-conversations/none", test_none);
  ADD ("/proto2-conversations/list", test_list);
  ADD ("/proto2-conversations/own", test_own);
  ADD ("/proto2-conversations/errors", test_errors);
  ADD ("/proto2-conversations/off-the-list", test_off_the_list);
  g_test_add_func ("/proto2-conversations/many", test_many);
  ADD ("/proto2-conversations/ask-and-leave", test_ask_and_leave);
  ADD ("/proto2-conversations/coming-back", test_coming_back);
  ADD ("/proto2-conversations/since", test_since);
  ADD ("/proto2-conversations/since-survives", test_since_survives);
  return g_test_run ();
}
