/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chats and messages under protocol 2. */
#include "script-server.h"

#include <string.h>

#define TIME "2026-11-23T10:00:00.000Z"

typedef struct
{
  ScriptServer *server;
  WcClient *client;
  WcConversation *bob;
  WcLog *log;
  guint n_received;
  guint n_started;
  gboolean by_peer;
} Fixture;

static void
received_cb (WcClient *client, WcConversation *conversation, WcEntry *entry, gpointer user_data)
{
  ((Fixture *) user_data)->n_received++;
  g_assert_false (wc_entry_get_own (entry));
}

static void
started_cb (WcClient *client, WcConversation *conversation, gboolean by_peer, gpointer user_data)
{
  Fixture *f = user_data;

  f->n_started++;
  f->by_peer = by_peer;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->server = script_server_new ();
  f->client = test_client_new ();
  script_login (f->server, f->client, "bob", "carol", NULL);
  f->bob = wc_client_get_conversation (f->client, "bob");
  f->log = wc_conversation_get_log (f->bob);
  g_signal_connect (f->client, "message-received", G_CALLBACK (received_cb), f);
  g_signal_connect (f->client, "chat-started", G_CALLBACK (started_cb), f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  test_client_finish (f->client);
  script_server_free (f->server);
}

/* What was said so far has been read. */
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
send_text (Fixture *f, const char *text)
{
  g_autoptr (GError) error = NULL;

  wc_conversation_send (f->bob, text, &error);
  g_assert_no_error (error);
}

static void
test_usual (Fixture *f, gconstpointer data)
{
  wc_conversation_request_chat (f->bob);
  g_assert_cmpint (wc_conversation_get_chat (f->bob), ==, WC_CHAT_ASKED);
  wc_conversation_request_chat (f->bob);
  script_expect (f->server, "@id=r* CHAT_REQUEST bob");
  script_say (f->server, "CHAT_STARTED 100000 bob\nCHAT_STARTED 100000 bob\n");
  settle (f);
  g_assert_cmpint (wc_conversation_get_chat (f->bob), ==, WC_CHAT_OPEN);
  g_assert_cmpint (wc_conversation_get_chat_since (f->bob), >, 0);
  g_assert_cmpint (wc_conversation_get_idle_deadline (f->bob), >, g_get_monotonic_time ());
  g_assert_cmpuint (f->n_started, ==, 1);
  g_assert_false (f->by_peer);

  send_text (f, "  hi\r\nthere\a \xc2\x85 \n\n");
  assert_log (f->log, "* started\nalice:   hi\nthere [waiting]\n");
  g_assert_cmpint (wc_entry_get_delivery (wc_conversation_get_last (f->bob)), ==, WC_DELIVERY_WAITING);
  script_expect (f->server, "@id=* CHAT_MESSAGE bob   hi\\nthere");
  script_say (f->server, "@id=%s;seq=1;time=" TIME " SENT bob\n", script_id (f->server));
  script_say (f->server, "@conv=bob;from=bob;seq=2;time=" TIME ";id=n7 CHAT well\\nwell\n");
  settle (f);
  assert_log (f->log, "* started\nalice:   hi\nthere [stored]\nbob: well\nwell\n");
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 1);
  g_assert_cmpuint (f->n_received, ==, 1);
  g_assert_cmpuint (wc_entry_get_seq (wc_conversation_get_last (f->bob)), ==, 2);
  wc_conversation_mark_read (f->bob);
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 0);
  script_expect (f->server, "@id=r* READ bob 2");

  wc_conversation_end_chat (f->bob);
  script_expect (f->server, "END_REQUEST bob");
  script_say (f->server, "END_NOTIF bob\n");
  settle (f);
  g_assert_cmpint (wc_conversation_get_idle_deadline (f->bob), ==, 0);

  script_say (f->server, "CHAT_STARTED 100001 bob\nEND_NOTIF bob\n");
  settle (f);
  g_assert_true (f->by_peer);
  assert_log (f->log, "* started\nalice:   hi\nthere [stored]\nbob: well\nwell\n* ended by me\n* started\n* ended by peer\n");
}

static void
test_message_first (Fixture *f, gconstpointer data)
{
  send_text (f, "one");
  send_text (f, "two");
  script_expect (f->server, "@id=r* CHAT_REQUEST bob");
  settle (f);
  g_assert_true (script_is_quiet (f->server));
  script_say (f->server, "@conv=bob;from=bob;seq=1;time=" TIME " CHAT earlier\nCHAT_STARTED 100000 bob\n");
  script_expect (f->server, "@id=* CHAT_MESSAGE bob one");
  script_say (f->server, "@id=%s;seq=2;time=" TIME " SENT bob\n", script_id (f->server));
  script_expect (f->server, "@id=* CHAT_MESSAGE bob two");
  settle (f);
  assert_log (f->log, "bob: earlier\n* started\nalice: one [stored]\nalice: two [waiting]\n");
}

static void
test_unreachable (Fixture *f, gconstpointer data)
{
  static const struct { const char *reason; const char *event; } rows[] = {
    { "@reason=offline ", "* offline\n" }, { "@reason=busy ", "* busy\n" },     { "@reason=unknown ", "* unknown\n" },
    { "@reason=self ", "* self\n" },       { "@reason=new ", "* unreachable\n" }, { "", "* unreachable\n" },
  };
  g_autoptr (GString) expected = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      wc_conversation_request_chat (f->bob);
      script_expect (f->server, "@id=r* CHAT_REQUEST bob");
      script_say (f->server, "%sUNREACHABLE bob\n", rows[i].reason);
      wait_for (wc_conversation_get_chat (f->bob) == WC_CHAT_NONE);
      g_string_append (expected, rows[i].event);
      assert_log (f->log, expected->str);
    }
}

/* The server keeps messages for who is away. */
static void
test_message_to_absent (Fixture *f, gconstpointer data)
{
  for (guint i = 1; i <= 2; i++)
    {
      send_text (f, "hi");
      script_expect (f->server, "@id=r* CHAT_REQUEST bob");
      script_say (f->server, "@reason=offline UNREACHABLE bob\n");
      script_expect (f->server, "@id=* CHAT_MESSAGE bob hi");
      script_say (f->server, "@id=%s;seq=%u;time=" TIME " SENT bob\n", script_id (f->server), i);
      settle (f);
    }
  /* It is said once. */
  assert_log (f->log, "* offline\nalice: hi [stored]\nalice: hi [stored]\n");

  send_text (f, "lost");
  script_expect (f->server, "@id=r* CHAT_REQUEST bob");
  script_say (f->server, "@reason=unknown UNREACHABLE bob\n");
  settle (f);
  assert_log (f->log, "* offline\nalice: hi [stored]\nalice: hi [stored]\n* unknown\nalice: lost [failed]\n");
}

static void
test_refused (Fixture *f, gconstpointer data)
{
  WcEntry *entry;

  open_chat (f);
  send_text (f, "no");
  send_text (f, "yes");
  entry = wc_conversation_get_last (f->bob);
  script_expect (f->server, "@id=* CHAT_MESSAGE bob no");
  script_say (f->server, "@id=%s ERROR not-allowed because\n", script_id (f->server));
  script_expect (f->server, "@id=* CHAT_MESSAGE bob yes");
  script_say (f->server, "@id=%s ERROR rate-limited slower\n", script_id (f->server));
  script_say (f->server, "@id=nonsense ERROR bad-text x\n@id=r999 ERROR bad-text x\nERROR bad-text x\n@id=a-b ERROR new-code x\n");
  script_expect (f->server, "@id=* CHAT_MESSAGE bob yes");
  script_say (f->server, "@id=%s;seq=1;time=" TIME " SENT bob\n", script_id (f->server));
  wait_for (wc_entry_get_delivery (entry) == WC_DELIVERY_STORED);
  assert_log (f->log, "* started\nalice: no [failed]\nalice: yes [stored]\n");
  g_assert_null (wc_entry_get_error (entry));

  /* Tried again as the same entry, at the end. */
  entry = g_list_model_get_item (G_LIST_MODEL (f->log), 1);
  g_assert_nonnull (wc_entry_get_error (entry));
  wc_conversation_retry (f->bob, entry);
  wc_conversation_retry (f->bob, entry);
  assert_log (f->log, "* started\nalice: yes [stored]\nalice: no [waiting]\n");
  script_expect (f->server, "@id=* CHAT_MESSAGE bob no");
  script_say (f->server, "@id=%s;seq=2;time=" TIME " SENT bob\n", script_id (f->server));
  wait_for (wc_entry_get_delivery (entry) == WC_DELIVERY_STORED);
  g_object_unref (entry);
  settle (f);
  g_assert_true (script_is_quiet (f->server));
}

static void
test_request_refused (Fixture *f, gconstpointer data)
{
  wc_conversation_request_chat (f->bob);
  script_expect (f->server, "@id=r* CHAT_REQUEST bob");
  script_say (f->server, "@id=%s ERROR rate-limited slower\n", script_id (f->server));
  script_expect (f->server, "@id=r* CHAT_REQUEST bob");
  script_say (f->server, "@id=%s ERROR not-allowed no\n", script_id (f->server));
  wait_for (wc_conversation_get_chat (f->bob) == WC_CHAT_NONE);
  assert_log (f->log, "* unreachable\n");
}

static void
test_given_up (Fixture *f, gconstpointer data)
{
  wc_conversation_request_chat (f->bob);
  wc_conversation_end_chat (f->bob);
  g_assert_cmpint (wc_conversation_get_chat (f->bob), ==, WC_CHAT_NONE);
  script_expect (f->server, "@id=r* CHAT_REQUEST bob");
  script_say (f->server, "CHAT_STARTED 100000 bob\n");
  script_expect (f->server, "END_REQUEST bob");
  script_say (f->server, "END_NOTIF bob\n");
  settle (f);
  assert_log (f->log, "");
  g_assert_cmpuint (f->n_started, ==, 0);
}

static void
test_idle (Fixture *f, gconstpointer data)
{
  gint64 deadline;

  f->client->timing.minute = 50;
  wc_client_set_idle_minutes (f->client, 4);
  open_chat (f);
  deadline = wc_conversation_get_idle_deadline (f->bob);
  script_say (f->server, "@conv=bob;from=bob;seq=1;time=" TIME " CHAT still here\n");
  wait_for (wc_conversation_get_idle_deadline (f->bob) > deadline);
  deadline = wc_conversation_get_idle_deadline (f->bob);
  wait_for (g_get_monotonic_time () > deadline - 100000);
  wc_conversation_keep_open (f->bob);
  g_assert_cmpint (wc_conversation_get_idle_deadline (f->bob), >, deadline);
  g_assert_cmpint (wc_conversation_get_chat (f->bob), ==, WC_CHAT_OPEN);

  script_expect (f->server, "TIMEOUT bob");
  g_assert_cmpint (g_get_monotonic_time (), >=, deadline);
  script_say (f->server, "END_NOTIF bob\n");
  settle (f);
  assert_log (f->log, "* started\nbob: still here\n* timed out\n");

  /* Never, and then soon after all. */
  wc_client_set_idle_minutes (f->client, 0);
  open_chat (f);
  g_assert_cmpint (wc_conversation_get_idle_deadline (f->bob), ==, 0);
  wc_client_set_idle_minutes (f->client, 1);
  script_expect (f->server, "TIMEOUT bob");
}

static void
test_other_device (Fixture *f, gconstpointer data)
{
  script_say (f->server, "@conv=bob;from=alice;seq=1;time=" TIME ";id=elsewhere CHAT from my phone\n");
  settle (f);
  assert_log (f->log, "alice: from my phone [stored]\n");
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 0);
  g_assert_cmpuint (f->n_received, ==, 0);
}

/* SENT and CHAT in any order, with a gap between: in the end every message stands in its place, once. */
static void
test_gap (Fixture *f, gconstpointer data)
{
  g_autofree char *first = NULL;

  open_chat (f);
  send_text (f, "mine");
  script_expect (f->server, "@id=* CHAT_MESSAGE bob mine");
  first = g_strdup (script_id (f->server));

  /* 1 and 2 are missing, and 3 is the own one. */
  script_say (f->server, "@id=%s;seq=3;time=" TIME " SENT bob\n", first);
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ bob");
  script_say (f->server, "@conv=bob;from=bob;seq=4;time=" TIME " CHAT four\n@conv=bob;from=bob;seq=5;time=" TIME " CHAT five\n");
  settle (f);
  assert_log (f->log, "* started\nalice: mine [stored]\n");
  script_say (f->server, "@seq=1;from=bob;time=" TIME " HISTORY_RESP one\n@seq=2;from=bob;time=" TIME " HISTORY_RESP two\n"
                         "@seq=3;from=alice;time=" TIME " HISTORY_RESP mine\n@count=3;last=3;more=0 HISTORY_END bob\n");
  script_expect (f->server, "@id=r*;after=3;limit=200 HISTORY_REQ bob");
  script_say (f->server, "@conv=bob;from=bob;seq=4;time=" TIME " CHAT four\n");
  script_say (f->server, "@seq=4;from=bob;time=" TIME " HISTORY_RESP four\n@seq=5;from=bob;time=" TIME " HISTORY_RESP five\n"
                         "@count=2;last=5;more=0 HISTORY_END bob\n");
  settle (f);
  assert_log (f->log, "* started\nbob: one\nbob: two\nalice: mine [stored]\nbob: four\nbob: five\n");
  g_assert_cmpuint (f->n_received, ==, 4);
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 4);

  /* A page that has an own message before its SENT comes. */
  send_text (f, "late");
  script_expect (f->server, "@id=* CHAT_MESSAGE bob late");
  g_free (first);
  first = g_strdup (script_id (f->server));
  script_say (f->server, "@conv=bob;from=bob;seq=7;time=" TIME " CHAT seven\n");
  script_expect (f->server, "@id=r*;after=5;limit=200 HISTORY_REQ bob");
  script_say (f->server, "@seq=6;from=alice;time=" TIME " HISTORY_RESP late\n@seq=7;from=bob;time=" TIME " HISTORY_RESP seven\n"
                         "@count=2;last=7;more=0 HISTORY_END bob\n@id=%s;seq=6;time=" TIME " SENT bob\n", first);
  settle (f);
  assert_log (f->log, "* started\nbob: one\nbob: two\nalice: mine [stored]\nbob: four\nbob: five\nalice: late [stored]\nbob: seven\n");
}

static void
test_limits (Fixture *f, gconstpointer data)
{
  g_autofree char *long_text = g_strnfill (WIRE_TEXT_MAX, 'x');
  g_autofree char *too_long = g_strnfill (WIRE_TEXT_MAX + 1, 'x');
  g_autofree char *escapes = g_strnfill (WIRE_TEXT_MAX, '\\');
  g_autoptr (GError) error = NULL;

  g_assert_false (wc_conversation_send (f->bob, too_long, &error));
  g_assert_error (error, WC_ERROR, WC_ERROR_TOO_LONG);
  g_clear_error (&error);
  g_assert_false (wc_conversation_send (f->bob, escapes, &error));
  g_assert_error (error, WC_ERROR, WC_ERROR_TOO_LONG);
  g_clear_error (&error);
  g_assert_false (wc_conversation_send (f->bob, " \n\t\r\n ", &error));
  g_assert_error (error, WC_ERROR, WC_ERROR_FAILED);
  g_clear_error (&error);
  g_assert_false (wc_conversation_send (f->bob, "\xff", &error));
  g_assert_error (error, WC_ERROR, WC_ERROR_FAILED);
  g_clear_error (&error);
  assert_log (f->log, "");

  send_text (f, long_text);
  for (guint i = 1; i < 1000; i++)
    send_text (f, "more");
  g_assert_false (wc_conversation_send (f->bob, "too much", &error));
  g_assert_error (error, WC_ERROR, WC_ERROR_FAILED);
}

/* Lines that no server would say, after login: none of them does anything, and the connection lives until it is too much. */
static void
test_rubbish (Fixture *f, gconstpointer data)
{
  g_autofree char *rubbish = g_strnfill (100000, 'y');

  script_say (f->server, "FROBNICATE 1 2 3\nCONNECTED 2\nCHAT no tags\n@conv=bob;from=bob;seq=0;time=" TIME " CHAT zero\n"
                         "@conv=#room;from=bob;seq=1;time=" TIME " CHAT room\n@id=x SENT bob\n@seq=9;from=bob;time=" TIME " HISTORY_RESP nobody asked\n"
                         "@count=0;last=0 HISTORY_END bob\nSENT\nUNREACHABLE\nEND_NOTIF nobody\nCHAT_STARTED 100 %%%%\nPRESENCE ! online\n"
                         "@conv=bob;from=bob;seq=18446744073709551616;time=" TIME " CHAT overflow\n\n\r\n");
  script_say_bytes (f->server, "\0\0\n", 3);
  script_say_bytes (f->server, rubbish, 100000);
  script_say (f->server, "\n");
  settle (f);
  assert_log (f->log, "");
  g_assert_cmpint (wc_client_get_state (f->client), ==, WC_STATE_ONLINE);

  for (guint i = 0; i < 100; i++)
    script_say (f->server, "CHAT no tags\n");
  wait_for (wc_client_get_state (f->client) != WC_STATE_ONLINE);
  g_assert_error (wc_client_get_error (f->client), WC_ERROR, WC_ERROR_NOT_WEBCHAT);
}

#define ADD(name, func) g_test_add ("/client/chat/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("usual", test_usual);
  ADD ("message-first", test_message_first);
  ADD ("unreachable", test_unreachable);
  ADD ("message-to-absent", test_message_to_absent);
  ADD ("refused", test_refused);
  ADD ("request-refused", test_request_refused);
  ADD ("given-up", test_given_up);
  ADD ("idle", test_idle);
  ADD ("other-device", test_other_device);
  ADD ("gap", test_gap);
  ADD ("limits", test_limits);
  ADD ("rubbish", test_rubbish);

  return g_test_run ();
}
