/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The connection goes, and comes back: nothing is lost, nothing doubled. */
#include "script-server.h"

#define TIME "2026-11-23T10:00:00.000Z"

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
  script_login (f->server, f->client, "bob", NULL);
  f->bob = wc_client_get_conversation (f->client, "bob");
  f->log = wc_conversation_get_log (f->bob);
  g_signal_connect (f->client, "message-received", G_CALLBACK (received_cb), f);
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
open_chat (Fixture *f)
{
  wc_conversation_request_chat (f->bob);
  script_expect (f->server, "@id=r* CHAT_REQUEST bob");
  script_say (f->server, "CHAT_STARTED 100000 bob\n");
  wait_for (wc_conversation_get_chat (f->bob) == WC_CHAT_OPEN);
}

static void
people (Fixture *f)
{
  script_say (f->server, "@state=online CLIENT alice\n@state=offline CLIENT bob\nCLIENTS_END\n");
}

static void
test_resend (Fixture *f, gconstpointer data)
{
  g_autofree char *one = NULL, *two = NULL;

  open_chat (f);
  g_assert_true (wc_conversation_send (f->bob, "one", NULL));
  g_assert_true (wc_conversation_send (f->bob, "two", NULL));
  script_expect (f->server, "@id=* CHAT_MESSAGE bob one");
  one = g_strdup (script_id (f->server));
  script_expect (f->server, "@id=* CHAT_MESSAGE bob two");
  two = g_strdup (script_id (f->server));

  script_hang_up (f->server);
  wait_for (wc_client_get_state (f->client) == WC_STATE_WAITING);
  g_assert_cmpint (wc_client_get_retry_time (f->client), >, 0);
  g_assert_error (wc_client_get_error (f->client), WC_ERROR, WC_ERROR_CLOSED);
  g_assert_cmpint (wc_conversation_get_chat (f->bob), ==, WC_CHAT_NONE);
  g_assert_cmpint (wc_conversation_get_presence (f->bob), ==, WC_PRESENCE_UNKNOWN);
  g_assert_true (wc_conversation_send (f->bob, "three", NULL));
  assert_log (f->log, "* started\n* lost\nalice: one [waiting]\nalice: two [waiting]\nalice: three [waiting]\n");

  script_welcome (f->server);
  script_expect (f->server, "@id=* CHAT_MESSAGE bob one");
  g_assert_cmpstr (script_id (f->server), ==, one);
  script_expect (f->server, "@id=* CHAT_MESSAGE bob two");
  g_assert_cmpstr (script_id (f->server), ==, two);
  script_expect_lists (f->server);
  script_expect (f->server, "@id=r* CHAT_REQUEST bob");
  g_assert_null (wc_client_get_error (f->client));
  g_assert_cmpint (wc_client_get_retry_time (f->client), ==, 0);
  people (f);
  script_list (f->server, "last=2;read=0", "bob");

  /* The first had been stored as 1, and bob wrote 2 meanwhile; the second is stored now, as 3. */
  script_say (f->server, "@id=%s;seq=1;time=" TIME " SENT bob\n@id=%s;seq=3;time=" TIME " SENT bob\n", one, two);
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ bob");
  script_say (f->server, "@seq=2;from=bob;time=" TIME " HISTORY_RESP away?\n@seq=3;from=alice;time=" TIME " HISTORY_RESP two\n"
                         "@count=2;last=3;more=0 HISTORY_END bob\n");
  settle (f);
  script_say (f->server, "@reason=offline UNREACHABLE bob\n");
  script_expect (f->server, "@id=* CHAT_MESSAGE bob three");
  script_say (f->server, "@id=%s;seq=4;time=" TIME " SENT bob\n", script_id (f->server));
  settle (f);
  assert_log (f->log, "* started\n* lost\nalice: one [stored]\nbob: away?\nalice: two [stored]\n* offline\nalice: three [stored]\n");
  g_assert_cmpuint (f->n_received, ==, 1);
  g_assert_cmpint (wc_conversation_get_presence (f->bob), ==, WC_PRESENCE_OFFLINE);
}

/* The old connection's message is stored after the new one has logged in: it comes back as an echo. */
static void
test_echo (Fixture *f, gconstpointer data)
{
  g_autofree char *id = NULL;

  open_chat (f);
  g_assert_true (wc_conversation_send (f->bob, "one", NULL));
  script_expect (f->server, "@id=* CHAT_MESSAGE bob one");
  id = g_strdup (script_id (f->server));
  script_hang_up (f->server);
  script_welcome (f->server);
  script_expect (f->server, "@id=* CHAT_MESSAGE bob one");
  script_expect_lists (f->server);
  script_say (f->server, "@conv=bob;from=alice;seq=1;time=" TIME ";id=%s CHAT one\n@id=%s;seq=1;time=" TIME " SENT bob\n", id, id);
  script_list (f->server, "last=1;read=0", "bob");
  settle (f);
  assert_log (f->log, "* started\n* lost\nalice: one [stored]\n");
}

static void
test_catch_up_pages (Fixture *f, gconstpointer data)
{
  script_say (f->server, "@conv=bob;from=bob;seq=1;time=" TIME " CHAT m1\n");
  settle (f);
  script_hang_up (f->server);
  script_welcome (f->server);
  script_expect_lists (f->server);
  script_list (f->server, "last=203;read=0", "bob");
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ bob");
  for (guint seq = 2; seq <= 201; seq++)
    script_say (f->server, "@seq=%u;from=bob;time=" TIME " HISTORY_RESP m%u\n", seq, seq);

  /* Lost again in the middle of the answer: asked for again. */
  script_hang_up (f->server);
  script_welcome (f->server);
  script_expect_lists (f->server);
  people (f);
  script_list (f->server, "last=203;read=0", "bob");
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ bob");
  for (guint seq = 2; seq <= 201; seq++)
    script_say (f->server, "@seq=%u;from=bob;time=" TIME " HISTORY_RESP m%u\n", seq, seq);
  script_say (f->server, "@count=200;last=203;more=1 HISTORY_END bob\n");
  script_expect (f->server, "@id=r*;after=201;limit=200 HISTORY_REQ bob");
  script_say (f->server, "@conv=bob;from=bob;seq=204;time=" TIME " CHAT m204\n");
  for (guint seq = 202; seq <= 203; seq++)
    script_say (f->server, "@seq=%u;from=bob;time=" TIME " HISTORY_RESP m%u\n", seq, seq);
  script_say (f->server, "@count=2;last=203;more=0 HISTORY_END bob\n");
  script_expect (f->server, "@id=r*;after=203;limit=200 HISTORY_REQ bob");
  script_say (f->server, "@seq=204;from=bob;time=" TIME " HISTORY_RESP m204\n@count=1;last=204;more=0 HISTORY_END bob\n");
  settle (f);

  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (f->log)), ==, 204);
  for (guint i = 0; i < 204; i++)
    {
      g_autoptr (WcEntry) entry = g_list_model_get_item (G_LIST_MODEL (f->log), i);

      g_assert_cmpuint (wc_entry_get_seq (entry), ==, i + 1);
    }
  g_assert_cmpuint (f->n_received, ==, 204);
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 204);
}

/* The server comes back with a store that holds less. */
static void
test_store_lost (Fixture *f, gconstpointer data)
{
  for (guint seq = 1; seq <= 3; seq++)
    script_say (f->server, "@conv=bob;from=bob;seq=%u;time=" TIME " CHAT old%u\n", seq, seq);
  settle (f);
  script_hang_up (f->server);
  script_welcome (f->server);
  script_expect_lists (f->server);
  script_list (f->server, "last=1;read=1", "bob");
  script_expect (f->server, "@id=r*;limit=1 HISTORY_REQ bob");
  script_say (f->server, "@seq=1;from=bob;time=" TIME " HISTORY_RESP new1\n@count=1;last=1;more=0 HISTORY_END bob\n");
  script_say (f->server, "@conv=bob;from=bob;seq=2;time=" TIME " CHAT new2\n");
  settle (f);
  assert_log (f->log, "bob: new1\nbob: new2\n");
}

/* A server that has no list of conversations is asked about each person. The first answer about the newest message may overtake live ones. */
static void
test_no_list (Fixture *f, gconstpointer data)
{
  WcConversation *dave;

  script_hang_up (f->server);
  script_welcome (f->server);
  script_expect_lists (f->server);
  script_say (f->server, "@id=%s ERROR unknown-verb no such verb\n", script_id (f->server));
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ bob");
  script_say (f->server, "@count=0;last=0;more=0 HISTORY_END bob\n");
  script_say (f->server, "PRESENCE dave online\n");
  script_expect (f->server, "@id=r*;limit=1 HISTORY_REQ dave");
  script_say (f->server, "@seq=2;from=dave;time=" TIME " HISTORY_RESP two\n@count=1;last=2;more=1 HISTORY_END dave\n"
                         "@conv=dave;from=dave;seq=1;time=" TIME " CHAT one\n@conv=dave;from=dave;seq=2;time=" TIME " CHAT two\n"
                         "@conv=dave;from=dave;seq=2;time=" TIME " CHAT two\n@conv=dave;from=dave;seq=3;time=" TIME " CHAT three\n");
  settle (f);
  dave = wc_client_get_conversation (f->client, "dave");
  assert_log (wc_conversation_get_log (dave), "dave: two\ndave: three\n");
  g_assert_cmpuint (f->n_received, ==, 3);
  g_assert_true (wc_log_get_has_older (wc_conversation_get_log (dave)));
}

static void
test_dead_peer (Fixture *f, gconstpointer data)
{
  f->client->timing.ping_after = 20;
  f->client->timing.dead_after = 100;
  script_hang_up (f->server);
  script_welcome (f->server);
  script_expect_lists (f->server);
  script_list (f->server, NULL, NULL);
  script_expect (f->server, "PING alive");
  script_say (f->server, "PONG alive\n");
  script_expect (f->server, "PING alive");
  wait_for (wc_client_get_state (f->client) == WC_STATE_WAITING);
  g_assert_error (wc_client_get_error (f->client), WC_ERROR, WC_ERROR_NO_ANSWER);
}

/* A server that is alive, but does not answer what it was asked. */
static void
test_no_answer (Fixture *f, gconstpointer data)
{
  gint64 end;

  f->client->timing.ping_after = 20;
  f->client->timing.dead_after = 100;
  script_hang_up (f->server);
  script_welcome (f->server);
  script_expect_lists (f->server);
  script_list (f->server, "last=1;read=1", "bob");
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ bob");
  end = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;
  while (wc_client_get_state (f->client) == WC_STATE_ONLINE && g_get_monotonic_time () < end)
    {
      script_say (f->server, "PONG alive\n");
      for (guint i = 0; i < 5; i++)
        g_main_context_iteration (NULL, FALSE);
      g_usleep (1000);
    }
  g_assert_error (wc_client_get_error (f->client), WC_ERROR, WC_ERROR_NO_ANSWER);
}

static void
test_back_off (Fixture *f, gconstpointer data)
{
  gint64 longest = 0;

  f->client->timing.retry_min = 4;
  f->client->timing.retry_max = 32;
  script_stop_listening (f->server);
  script_hang_up (f->server);
  for (guint i = 0; i < 8; i++)
    {
      gint64 wait;

      wait_for (wc_client_get_state (f->client) == WC_STATE_WAITING);
      wait = wc_client_get_retry_time (f->client) - g_get_monotonic_time ();
      g_assert_cmpint (wait, <=, 32000);
      longest = MAX (longest, wait);
      wait_for (wc_client_get_state (f->client) != WC_STATE_WAITING);
    }
  g_assert_cmpint (longest, >, 8000);
  wait_for (wc_client_get_state (f->client) == WC_STATE_WAITING);
  g_assert_error (wc_client_get_error (f->client), WC_ERROR, WC_ERROR_REFUSED);

  /* A long wait cut short by hand. */
  f->client->timing.retry_min = f->client->timing.retry_max = 3600000;
  wait_for (wc_client_get_retry_time (f->client) > g_get_monotonic_time () + 60 * G_USEC_PER_SEC);
  script_listen (f->server);
  wc_client_retry_now (f->client);
  wc_client_retry_now (f->client);
  script_welcome (f->server);
  wait_for (wc_client_get_state (f->client) == WC_STATE_ONLINE);
}

static void
test_declined_later (Fixture *f, gconstpointer data)
{
  script_hang_up (f->server);
  script_accept (f->server);
  script_expect (f->server, "HELLO alice 2");
  script_say (f->server, "DECLINED\n");
  wait_for (wc_client_get_state (f->client) == WC_STATE_OFFLINE);
  g_assert_error (wc_client_get_error (f->client), WC_ERROR, WC_ERROR_DECLINED);
  g_assert_cmpuint (f->client->retry_source, ==, 0);
}

static void
test_logout_while_waiting (Fixture *f, gconstpointer data)
{
  g_assert_true (wc_conversation_send (f->bob, "kept", NULL));
  script_stop_listening (f->server);
  script_hang_up (f->server);
  wait_for (wc_client_get_state (f->client) == WC_STATE_WAITING);
  wc_client_logout (f->client);
  g_assert_cmpint (wc_client_get_state (f->client), ==, WC_STATE_OFFLINE);
  assert_log (f->log, "alice: kept [waiting]\n");

  /* The next login of the same person sends it. */
  script_listen (f->server);
  {
    g_auto (Login) login = { 0 };

    login_start (&login, f->client, script_address (f->server), "alice", NULL);
    script_welcome (f->server);
    wait_for (login.done);
    g_assert_no_error (login.error);
  }
  script_expect_lists (f->server);
  script_expect (f->server, "@id=r* CHAT_REQUEST bob");
}

#define ADD(name, func) g_test_add ("/client/reconnect/" name, Fixture, NULL, set_up, func, tear_down)

/* What the server says ends in the middle of a message: it comes whole with the next connection. */
static void
test_cut_off (Fixture *f, gconstpointer data)
{
  script_say (f->server, "@conv=bob;from=bob;seq=1;time=" TIME " CHAT half a\\nmess");
  script_hang_up (f->server);
  wait_for (wc_client_get_state (f->client) == WC_STATE_WAITING);
  assert_log (f->log, "");
  g_assert_cmpuint (f->n_received, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("resend", test_resend);
  ADD ("echo", test_echo);
  ADD ("catch-up-pages", test_catch_up_pages);
  ADD ("store-lost", test_store_lost);
  ADD ("cut-off", test_cut_off);
  ADD ("no-list", test_no_list);
  ADD ("dead-peer", test_dead_peer);
  ADD ("no-answer", test_no_answer);
  ADD ("back-off", test_back_off);
  ADD ("declined-later", test_declined_later);
  ADD ("logout-while-waiting", test_logout_while_waiting);

  return g_test_run ();
}
