/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A server that speaks the original protocol only. */
#include "script-server.h"

typedef struct
{
  ScriptServer *server;
  WcClient *client;
  WcConversation *bob, *carol;
  WcLog *log;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->server = script_server_new ();
  f->client = test_client_new ();
  script_login_base (f->server, f->client);
  f->bob = wc_client_get_conversation (f->client, "bob");
  f->carol = wc_client_get_conversation (f->client, "carol");
  f->log = wc_conversation_get_log (f->bob);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  test_client_finish (f->client);
  script_server_free (f->server);
}

static guint
n_items (WcLog *log)
{
  return g_list_model_get_n_items (G_LIST_MODEL (log));
}

static void
test_chat (Fixture *f, gconstpointer data)
{
  g_assert_true (wc_conversation_send (f->bob, "one\n\ntwo", NULL));
  script_expect (f->server, "CHAT_REQUEST bob");
  script_say (f->server, "CHAT_STARTED 100000 bob\n");
  script_expect (f->server, "CHAT_MESSAGE bob one");
  script_expect (f->server, "CHAT_MESSAGE bob two");
  script_say (f->server, "CHAT hi there\n");
  wait_for (n_items (f->log) == 3);
  assert_log (f->log, "* started\nalice: one\n\ntwo\nbob: hi there\n");
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 1);
  g_assert_cmpint (wc_conversation_get_presence (f->bob), ==, WC_PRESENCE_UNKNOWN);

  wc_conversation_end_chat (f->bob);
  script_expect (f->server, "END_REQUEST bob");
  wc_conversation_request_chat (f->bob);
  script_expect (f->server, "CHAT_REQUEST bob");
  script_say (f->server, "UNREACHABLE\n");
  wait_for (n_items (f->log) == 5);

  /* By the other one, and its end. What is said outside a chat is from nobody. */
  script_say (f->server, "CHAT nobody\nCHAT_STARTED 100002 bob\nEND_NOTIF\nEND_NOTIF\n");
  wait_for (n_items (f->log) == 7);
  assert_log (f->log, "* started\nalice: one\n\ntwo\nbob: hi there\n* ended by me\n* unreachable\n* started\n* ended by peer\n");
}

/* One question at a time, and one chat. */
static void
test_two (Fixture *f, gconstpointer data)
{
  wc_conversation_request_chat (f->bob);
  wc_conversation_request_chat (f->carol);
  script_expect (f->server, "CHAT_REQUEST bob");
  script_say (f->server, "UNREACHABLE\n");
  script_expect (f->server, "CHAT_REQUEST carol");
  script_say (f->server, "CHAT_STARTED 100001 carol\n");
  wait_for (wc_conversation_get_chat (f->carol) == WC_CHAT_OPEN);
  g_assert_true (wc_conversation_send (f->bob, "busy", NULL));
  script_expect (f->server, "CHAT_REQUEST bob");
  script_say (f->server, "UNREACHABLE\n");
  wait_for (wc_entry_get_delivery (wc_conversation_get_last (f->bob)) == WC_DELIVERY_FAILED);
  assert_log (f->log, "* unreachable\nalice: busy [failed]\n");
  g_assert_cmpint (wc_conversation_get_chat (f->carol), ==, WC_CHAT_OPEN);
  script_say (f->server, "CHAT from carol\n");
  wait_for (n_items (wc_conversation_get_log (f->carol)) == 2);
}

/* Too late by a moment. */
static void
test_crossed (Fixture *f, gconstpointer data)
{
  wc_conversation_request_chat (f->bob);
  script_expect (f->server, "CHAT_REQUEST bob");
  script_say (f->server, "CHAT_STARTED 100000 bob\n");
  wait_for (wc_conversation_get_chat (f->bob) == WC_CHAT_OPEN);
  g_assert_true (wc_conversation_send (f->bob, "late", NULL));
  script_expect (f->server, "CHAT_MESSAGE bob late");
  script_say (f->server, "END_NOTIF\nUNREACHABLE\n");
  wait_for (wc_entry_get_delivery (wc_conversation_get_last (f->bob)) == WC_DELIVERY_FAILED);
  assert_log (f->log, "* started\nalice: late [failed]\n* ended by peer\n");
}

static void
test_idle (Fixture *f, gconstpointer data)
{
  f->client->timing.minute = 50;
  wc_client_set_idle_minutes (f->client, 1);
  wc_conversation_request_chat (f->bob);
  script_expect (f->server, "CHAT_REQUEST bob");
  script_say (f->server, "CHAT_STARTED 100000 bob\n");
  script_expect (f->server, "TIMEOUT");
  script_say (f->server, "END_NOTIF\n");
  assert_log (f->log, "* started\n* timed out\n");
}

static void
test_history (Fixture *f, gconstpointer data)
{
  g_autoptr (WcLog) pane = wc_log_new (f->bob);

  wc_conversation_request_chat (f->bob);
  script_expect (f->server, "CHAT_REQUEST bob");
  script_say (f->server, "CHAT_STARTED 100000 bob\nCHAT new\n");
  wait_for (n_items (f->log) == 2);
  g_assert_true (wc_conversation_send (f->bob, "my\nnew", NULL));
  script_expect (f->server, "CHAT_MESSAGE bob my");
  script_expect (f->server, "CHAT_MESSAGE bob new");

  wc_log_load_newest (f->log);
  wc_log_load_newest (pane);
  script_expect (f->server, "HISTORY_REQ bob");
  script_say (f->server, "HISTORY_RESP From bob: old: one\nHISTORY_RESP From alice: \nHISTORY_RESP From bob: new\n");
  script_say (f->server, "HISTORY_RESP rubbish\nHISTORY_RESP From alice: my\nHISTORY_RESP From alice: new\n");
  script_expect (f->server, "HISTORY_REQ bob");
  assert_log (f->log, "bob: old: one\nalice: \n* started\nbob: new\nalice: my\nnew\n");
  g_assert_false (wc_log_get_has_older (f->log));
  script_say (f->server, "HISTORY_RESP From bob: all\n");
  wait_for (!wc_log_get_loading (pane));
  assert_log (pane, "bob: all\n");

  /* Loaded once; and no messages are no line at all. */
  wc_log_load_older (f->log);
  wc_log_load_newest (pane);
  g_assert_false (wc_log_get_loading (f->log) || wc_log_get_loading (pane));
  wc_log_load_newest (wc_conversation_get_log (f->carol));
  script_expect (f->server, "HISTORY_REQ carol");
  wait_for (!wc_log_get_loading (wc_conversation_get_log (f->carol)));
  assert_log (wc_conversation_get_log (f->carol), "");
}

static void
answer_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError **error = user_data;

  g_assert_cmpint (wc_log_jump_to_date_finish (WC_LOG (source), result, error), ==, -1);
}

static void
test_no_dates (Fixture *f, gconstpointer data)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autoptr (GError) error = NULL;

  wc_log_jump_to_date_async (f->log, now, NULL, answer_cb, &error);
  wait_for (error != NULL);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_false (wc_log_get_loading (f->log));
}

/* Hung up on again and again right after login: somebody else has the ID. */
static void
test_replaced (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 2; i++)
    {
      script_hang_up (f->server);
      script_accept (f->server);
      script_expect (f->server, "HELLO alice 2");
      script_say (f->server, "CONNECTED\n");
      wait_for (wc_client_get_state (f->client) == WC_STATE_ONLINE);
    }
  script_hang_up (f->server);
  wait_for (wc_client_get_state (f->client) == WC_STATE_OFFLINE);
  g_assert_error (wc_client_get_error (f->client), WC_ERROR, WC_ERROR_REPLACED);
}

#define ADD(name, func) g_test_add ("/client/base/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("chat", test_chat);
  ADD ("two", test_two);
  ADD ("crossed", test_crossed);
  ADD ("idle", test_idle);
  ADD ("history", test_history);
  ADD ("no-dates", test_no_dates);
  ADD ("replaced", test_replaced);

  return g_test_run ();
}
