/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of conversations after a login; what was delivered and read, on which device ever; who types, and who is there. */
#include "script-server.h"

#define TIME "2026-11-23T10:00:00.000Z"
#define TIME_MS 1795428000000 /* the same */

typedef struct
{
  ScriptServer *server;
  WcClient *client;
  WcConversation *bob;
  WcLog *log;
  guint n_received;
} Fixture;

static void
received_cb (WcClient *client, WcConversation *conversation, WcEntry *entry, gpointer user_data)
{
  ((Fixture *) user_data)->n_received++;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->server = script_server_new ();
  f->client = test_client_new ();
  g_signal_connect (f->client, "message-received", G_CALLBACK (received_cb), f);
}

/* Logged in, with nothing but the question for the list said. */
static void
log_in (Fixture *f)
{
  g_auto (Login) login = { 0 };

  login_start (&login, f->client, script_address (f->server), "alice", NULL);
  script_welcome (f->server);
  wait_for (login.done);
  g_assert_no_error (login.error);
  script_expect_lists (f->server);
  f->bob = wc_client_get_conversation (f->client, "bob");
  f->log = wc_conversation_get_log (f->bob);
}

static void
set_up_usual (Fixture *f, gconstpointer data)
{
  set_up (f, data);
  script_login (f->server, f->client, "bob", NULL);
  f->bob = wc_client_get_conversation (f->client, "bob");
  f->log = wc_conversation_get_log (f->bob);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  test_client_finish (f->client);
  script_server_free (f->server);
}

static void
settle (Fixture *f)
{
  script_say (f->server, "PING settled\n");
  script_expect (f->server, "PONG settled");
}

static void
come_back (Fixture *f)
{
  script_hang_up (f->server);
  script_welcome (f->server);
  script_expect_lists (f->server);
}

static void
say_history (Fixture *f, const char *from, guint first, guint last)
{
  for (guint seq = first; seq <= last; seq++)
    script_say (f->server, "@seq=%u;from=%s;time=" TIME " HISTORY_RESP m%u\n", seq, from, seq);
}

/* A device that is new: what was read on another one is not fetched, but for what the row shows; what is not read is. */
static void
test_first_sight (Fixture *f, gconstpointer data)
{
  WcConversation *carol, *dave;

  log_in (f);
  script_say (f->server, "@state=online CLIENT alice\n@state=online CLIENT bob\n@state=offline;since=" TIME " CLIENT carol\n@state=offline CLIENT erin\n"
                         "CLIENTS_END\n@last=57;read=55;time=" TIME ";delivered=50;peerread=40 CONVERSATION bob\n"
                         "@last=3;read=3;time=" TIME " CONVERSATION carol\n@last=2000;read=0;time=" TIME " CONVERSATION dave\n"
                         "@last=1;read=0;time=" TIME " CONVERSATION alice\n@read=0 CONVERSATION erin\n");
  script_expect (f->server, "@id=r*;after=55;limit=200 HISTORY_REQ bob");
  script_expect (f->server, "@id=r*;limit=1 HISTORY_REQ carol");
  script_expect (f->server, "@id=r*;after=1000;limit=200 HISTORY_REQ dave");
  script_say (f->server, "CONVERSATIONS_END\n");

  say_history (f, "bob", 56, 57);
  script_say (f->server, "@count=2;last=57;more=0 HISTORY_END bob\n");
  say_history (f, "alice", 3, 3);
  script_say (f->server, "@count=1;last=3;more=1 HISTORY_END carol\n");
  for (guint first = 1001; first < 2000; first += 200)
    {
      say_history (f, "dave", first, first + 199);
      script_say (f->server, "@count=200;last=2000;more=%d HISTORY_END dave\n", first < 1801);
      if (first < 1801)
        script_expect (f->server, "@id=r*;after=* HISTORY_REQ dave");
    }
  settle (f);

  g_assert_cmpuint (wc_conversation_get_read (f->bob), ==, 55);
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 2);
  assert_log (f->log, "bob: m56\nbob: m57\n");
  g_assert_true (wc_log_get_has_older (f->log));
  carol = wc_client_get_conversation (f->client, "carol");
  g_assert_cmpuint (wc_conversation_get_unread (carol), ==, 0);
  assert_log (wc_conversation_get_log (carol), "alice: m3 [stored]\n");
  g_assert_cmpint (wc_conversation_get_last_seen (carol), ==, TIME_MS);
  dave = wc_client_get_conversation (f->client, "dave");
  g_assert_cmpuint (wc_conversation_get_unread (dave), ==, 1000);
  g_assert_false (wc_log_get_has_older (wc_conversation_get_log (wc_client_get_conversation (f->client, "erin"))));
  g_assert_cmpuint (g_list_model_get_n_items (wc_client_get_people (f->client)), ==, 4);

  /* None of it is news. What comes now is. */
  g_assert_cmpuint (f->n_received, ==, 0);
  script_say (f->server, "@conv=bob;from=bob;seq=58;time=" TIME " CHAT m58\n@conv=erin;from=erin;seq=1;time=" TIME " CHAT m1\n");
  settle (f);
  g_assert_cmpuint (f->n_received, ==, 2);
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 3);
}

/* Live messages that come before the list has. */
static void
test_live_before_list (Fixture *f, gconstpointer data)
{
  log_in (f);
  script_say (f->server, "@conv=bob;from=bob;seq=9;time=" TIME " CHAT m9\n@conv=carol;from=carol;seq=1;time=" TIME " CHAT c1\n");
  settle (f);
  g_assert_cmpuint (f->n_received, ==, 0);
  script_list (f->server, "last=9;read=6", "bob");
  script_expect (f->server, "@id=r*;after=6;limit=200 HISTORY_REQ bob");
  say_history (f, "bob", 7, 9);
  script_say (f->server, "@count=3;last=9;more=0 HISTORY_END bob\n");
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ carol");
  script_say (f->server, "@conv=carol;from=carol;seq=2;time=" TIME " CHAT c2\n");
  script_say (f->server, "@seq=1;from=carol;time=" TIME " HISTORY_RESP c1\n@seq=2;from=carol;time=" TIME " HISTORY_RESP c2\n"
                         "@count=2;last=2;more=0 HISTORY_END carol\n");
  settle (f);
  assert_log (f->log, "bob: m7\nbob: m8\nbob: m9\n");
  assert_log (wc_conversation_get_log (wc_client_get_conversation (f->client, "carol")), "carol: c1\ncarol: c2\n");
  g_assert_cmpuint (f->n_received, ==, 3); /* 9, and both of carol's */
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 3);
}

/* Somebody who was not in the list, with whom there is a past after all. */
static void
test_not_in_list (Fixture *f, gconstpointer data)
{
  script_say (f->server, "@conv=dave;from=dave;seq=51;time=" TIME " CHAT m51\n@conv=dave;from=dave;seq=52;time=" TIME " CHAT m52\n");
  script_expect (f->server, "@id=r*;want=marks CONVERSATIONS");
  script_list (f->server, "last=52;read=49", "dave");
  script_expect (f->server, "@id=r*;after=49;limit=200 HISTORY_REQ dave");
  say_history (f, "dave", 50, 52);
  script_say (f->server, "@count=3;last=52;more=0 HISTORY_END dave\n");
  settle (f);
  g_assert_cmpuint (wc_conversation_get_unread (wc_client_get_conversation (f->client, "dave")), ==, 3);
  g_assert_cmpuint (f->n_received, ==, 3);
  g_assert_true (script_is_quiet (f->server));
}

static void
test_list_refused (Fixture *f, gconstpointer data)
{
  log_in (f);
  script_say (f->server, "@id=%s ERROR store-failed no\n", script_id (f->server));
  script_expect (f->server, "@id=r*;want=marks CONVERSATIONS");
  script_list (f->server, "last=1;read=0", "bob");
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ bob");
}

/* Too far behind: the newest ones are fetched, and the window begins anew. */
static void
test_far_behind (Fixture *f, gconstpointer data)
{
  script_say (f->server, "@conv=bob;from=bob;seq=1;time=" TIME " CHAT m1\n");
  settle (f);
  come_back (f);
  script_list (f->server, "last=100000;read=0", "bob");
  script_expect (f->server, "@id=r*;after=99000;limit=200 HISTORY_REQ bob");
  say_history (f, "bob", 99001, 99200);
  script_say (f->server, "@count=200;last=100000;more=1 HISTORY_END bob\n");
  script_expect (f->server, "@id=r*;after=99200;limit=200 HISTORY_REQ bob");
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (f->log)), ==, 200);
  g_assert_true (wc_log_get_has_older (f->log));
}

static void
notified_cb (GObject *object, GParamSpec *pspec, gpointer user_data)
{
  (*(guint *) user_data)++;
}

static void
test_delivered_and_read (Fixture *f, gconstpointer data)
{
  g_autoptr (WcLog) pane = NULL;
  guint n = 0;

  for (guint seq = 1; seq <= 4; seq++)
    script_say (f->server, "@conv=bob;from=alice;seq=%u;time=" TIME " CHAT m%u\n", seq, seq);
  settle (f);

  /* A window of its own, with rows of its own. */
  pane = wc_log_new (f->bob);
  wc_log_load_newest (pane);
  script_expect (f->server, "@id=r*;limit=30 HISTORY_REQ bob");
  say_history (f, "alice", 1, 4);
  script_say (f->server, "@count=4;last=4;more=0 HISTORY_END bob\n");
  settle (f);
  g_signal_connect (wc_conversation_get_last (f->bob), "notify::delivery", G_CALLBACK (notified_cb), &n);

  script_say (f->server, "DELIVERED bob 2\n");
  settle (f);
  assert_log (f->log, "alice: m1 [delivered]\nalice: m2 [delivered]\nalice: m3 [stored]\nalice: m4 [stored]\n");
  assert_log (pane, "alice: m1 [delivered]\nalice: m2 [delivered]\nalice: m3 [stored]\nalice: m4 [stored]\n");
  script_say (f->server, "READ bob 1\nDELIVERED bob 1\nREAD bob 0\nREAD bob x\nREAD # 9\n");
  settle (f);
  assert_log (f->log, "alice: m1 [read]\nalice: m2 [delivered]\nalice: m3 [stored]\nalice: m4 [stored]\n");

  /* What was read was delivered; and what comes later comes with its state. */
  g_assert_cmpuint (n, ==, 0);
  script_say (f->server, "READ bob 6\n@conv=bob;from=alice;seq=5;time=" TIME " CHAT m5\n@conv=bob;from=alice;seq=6;time=" TIME " CHAT m6\n"
                         "@conv=bob;from=alice;seq=7;time=" TIME " CHAT m7\n");
  settle (f);
  g_assert_cmpuint (n, ==, 1);
  assert_log (f->log, "alice: m1 [read]\nalice: m2 [read]\nalice: m3 [read]\nalice: m4 [read]\nalice: m5 [read]\nalice: m6 [read]\nalice: m7 [stored]\n");
  assert_log (pane, "alice: m1 [read]\nalice: m2 [read]\nalice: m3 [read]\nalice: m4 [read]\nalice: m5 [read]\nalice: m6 [read]\nalice: m7 [stored]\n");

  /* Missed while away. */
  come_back (f);
  script_list (f->server, "last=7;read=7;delivered=7;peerread=6", "bob");
  settle (f);
  g_assert_cmpint (wc_entry_get_delivery (wc_conversation_get_last (f->bob)), ==, WC_DELIVERY_DELIVERED);
}

static void
test_sent_then_delivered (Fixture *f, gconstpointer data)
{
  script_say (f->server, "CHAT_STARTED 100000 bob\n");
  settle (f);
  g_assert_true (wc_conversation_send (f->bob, "hi", NULL));
  script_expect (f->server, "@id=* CHAT_MESSAGE bob hi");
  /* Out of order on purpose. */
  script_say (f->server, "DELIVERED bob 1\n@id=%s;seq=1;time=" TIME " SENT bob\n@id=%s;seq=1;time=" TIME " SENT bob\n", script_id (f->server),
              script_id (f->server));
  settle (f);
  assert_log (f->log, "* started\nalice: hi [delivered]\n");
}

/* Read here: told, but not at each message; and the last one always. */
static void
test_read (Fixture *f, gconstpointer data)
{
  f->client->timing.read_pause = 3600000;
  script_say (f->server, "@conv=bob;from=bob;seq=1;time=" TIME " CHAT m1\n");
  settle (f);
  wc_conversation_mark_read (f->bob);
  wc_conversation_mark_read (f->bob);
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 0);
  g_assert_cmpuint (wc_conversation_get_read (f->bob), ==, 1);
  script_expect (f->server, "@id=r* READ bob 1");
  script_say (f->server, "@conv=bob;from=bob;seq=2;time=" TIME " CHAT m2\n@conv=bob;from=bob;seq=3;time=" TIME " CHAT m3\n");
  settle (f);
  wc_conversation_mark_read (f->bob);
  settle (f);
  g_assert_true (script_is_quiet (f->server));

  /* The connection goes before it was told. */
  come_back (f);
  script_list (f->server, "last=4;read=1", "bob");
  script_expect (f->server, "@id=r* READ bob 3");
  script_expect (f->server, "@id=r*;after=2;limit=200 HISTORY_REQ bob");
  say_history (f, "bob", 4, 4);
  script_say (f->server, "@count=1;last=4;more=0 HISTORY_END bob\n");
  settle (f);
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 1);
  wc_conversation_mark_read (f->bob);
  wc_client_logout (f->client);
  script_expect (f->server, "@id=r* READ bob 4");
  script_expect (f->server, "QUIT");
}

static void
test_read_paced (Fixture *f, gconstpointer data)
{
  for (guint seq = 1; seq <= 3; seq++)
    {
      script_say (f->server, "@conv=bob;from=bob;seq=%u;time=" TIME " CHAT m\n", seq);
      settle (f);
      f->client->timing.read_pause = 100;
      wc_conversation_mark_read (f->bob);
      if (seq == 1)
        script_expect (f->server, "@id=r* READ bob 1");
    }
  script_expect (f->server, "@id=r* READ bob 3");

  /* The server has no time for it. */
  script_say (f->server, "@id=%s ERROR store-failed no\n", script_id (f->server));
  script_expect (f->server, "@id=r* READ bob 3");
  script_say (f->server, "@id=%s ERROR not-allowed no\n", script_id (f->server));
  settle (f);
  g_assert_true (script_is_quiet (f->server));
}

/* Read on another device, in any order, and before the messages are here. */
static void
test_own_read (Fixture *f, gconstpointer data)
{
  for (guint seq = 1; seq <= 5; seq++)
    script_say (f->server, "@conv=bob;from=%s;seq=%u;time=" TIME " CHAT m\n", seq == 2 ? "alice" : "bob", seq);
  settle (f);
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 4);
  script_say (f->server, "@own=1 READ bob 3\n@own=1 READ bob 1\n");
  settle (f);
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 2);
  g_assert_cmpuint (wc_conversation_get_read (f->bob), ==, 3);
  script_say (f->server, "@own=1 READ bob 6\n@conv=bob;from=bob;seq=6;time=" TIME " CHAT m\n");
  settle (f);
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 0);
  script_say (f->server, "@conv=bob;from=bob;seq=7;time=" TIME " CHAT m\n");
  settle (f);
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 1);

  /* Missed while away. */
  come_back (f);
  script_list (f->server, "last=7;read=7", "bob");
  settle (f);
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 0);
  g_assert_cmpuint (f->n_received, ==, 6);
  g_assert_true (script_is_quiet (f->server));
}

static void
test_typing (Fixture *f, gconstpointer data)
{
  guint n = 0;

  g_signal_connect (f->bob, "notify::typing", G_CALLBACK (notified_cb), &n);
  script_say (f->server, "TYPING bob\nTYPING bob\n");
  settle (f);
  g_assert_true (wc_conversation_get_typing (f->bob));
  script_say (f->server, "@conv=bob;from=bob;seq=1;time=" TIME " CHAT done\n");
  settle (f);
  g_assert_false (wc_conversation_get_typing (f->bob));
  script_say (f->server, "TYPING bob\nPRESENCE bob offline\n");
  settle (f);
  g_assert_false (wc_conversation_get_typing (f->bob));
  f->client->timing.typing_lasts = 30;
  script_say (f->server, "PRESENCE bob online\nTYPING bob\n");
  wait_for (n == 5);
  wait_for (!wc_conversation_get_typing (f->bob));

  /* This side: not at every key. */
  f->client->timing.typing_pause = 3600000;
  wc_conversation_type (f->bob);
  wc_conversation_type (f->bob);
  script_expect (f->server, "TYPING bob");
  settle (f);
  g_assert_true (wc_conversation_send (f->bob, "hi", NULL));
  wc_conversation_type (f->bob);
  script_expect (f->server, "@id=r* CHAT_REQUEST bob");
  script_expect (f->server, "TYPING bob");
  f->bob->may_type_at = 0;
  script_say (f->server, "PRESENCE bob offline\n");
  settle (f);
  wc_conversation_type (f->bob);
  settle (f);
  f->client->timing.typing_lasts = 3600000;
  script_say (f->server, "TYPING bob\n");
  settle (f);
  script_hang_up (f->server);
  wait_for (!wc_conversation_get_typing (f->bob));
}

static void
test_last_seen (Fixture *f, gconstpointer data)
{
  gint64 before = g_get_real_time () / 1000;

  g_assert_cmpint (wc_conversation_get_last_seen (f->bob), ==, 0);
  script_say (f->server, "PRESENCE bob offline\n");
  settle (f);
  g_assert_cmpint (wc_conversation_get_last_seen (f->bob), >=, before);
  g_assert_cmpint (wc_conversation_get_last_seen (f->bob), <=, g_get_real_time () / 1000);
  script_say (f->server, "PRESENCE bob online\n");
  settle (f);
  g_assert_cmpint (wc_conversation_get_last_seen (f->bob), ==, 0);
  come_back (f);
  script_say (f->server, "@state=offline;since=" TIME " CLIENT bob\nCLIENTS_END\n");
  settle (f);
  g_assert_cmpint (wc_conversation_get_last_seen (f->bob), ==, TIME_MS);
}

/* A message that failed stays, wherever the window goes. */
static void
test_failed_stays (Fixture *f, gconstpointer data)
{
  script_say (f->server, "CHAT_STARTED 100000 bob\n@conv=bob;from=bob;seq=1;time=" TIME " CHAT m1\n");
  settle (f);
  g_assert_true (wc_conversation_send (f->bob, "no", NULL));
  script_expect (f->server, "@id=* CHAT_MESSAGE bob no");
  script_say (f->server, "@id=%s ERROR not-allowed no\n@conv=bob;from=bob;seq=2;time=" TIME " CHAT m2\n", script_id (f->server));
  settle (f);
  assert_log (f->log, "* started\nbob: m1\nalice: no [failed]\nbob: m2\n");
  come_back (f);
  script_list (f->server, "last=90000;read=90000", "bob");
  script_expect (f->server, "@id=r*;after=89000;limit=200 HISTORY_REQ bob");
  settle (f);
  assert_log (f->log, "alice: no [failed]\n");

  {
    g_autoptr (WcEntry) entry = g_list_model_get_item (G_LIST_MODEL (f->log), 0);

    wc_conversation_retry (f->bob, entry);
    assert_log (f->log, "alice: no [waiting]\n");
    script_expect (f->server, "@id=r* CHAT_REQUEST bob");
    script_say (f->server, "@reason=unknown UNREACHABLE bob\n");
    settle (f);
    assert_log (f->log, "* unknown\nalice: no [failed]\n");
    wc_conversation_remove_failed (f->bob, entry);
    assert_log (f->log, "* unknown\n");
  }
}

#define ADD(name, set_up, func) g_test_add ("/client/marks/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("first-sight", set_up, test_first_sight);
  ADD ("live-before-list", set_up, test_live_before_list);
  ADD ("not-in-list", set_up_usual, test_not_in_list);
  ADD ("list-refused", set_up, test_list_refused);
  ADD ("far-behind", set_up_usual, test_far_behind);
  ADD ("delivered-and-read", set_up_usual, test_delivered_and_read);
  ADD ("sent-then-delivered", set_up_usual, test_sent_then_delivered);
  ADD ("read", set_up_usual, test_read);
  ADD ("read-paced", set_up_usual, test_read_paced);
  ADD ("own-read", set_up_usual, test_own_read);
  ADD ("typing", set_up_usual, test_typing);
  ADD ("last-seen", set_up_usual, test_last_seen);
  ADD ("failed-stays", set_up_usual, test_failed_stays);

  return g_test_run ();
}
