/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Own messages outlive the app: it ends at any point, begins again with the same folder, and nothing is lost or doubled. */
#include "kept.h"

/* Sent, and the SENT is lost: with the same nonces, before anything else, until it comes. */
static void
test_sent_lost (Kept *f, gconstpointer data)
{
  g_autofree char *one = NULL, *two = NULL;

  kept_log_in (f, NULL);
  kept_open_chat (f);
  kept_send_text (f, "one");
  kept_send_text (f, "two");
  script_expect (f->server, "@id=* CHAT_MESSAGE bob one");
  g_assert_cmpuint (f->n_kept, >=, 1);
  one = g_strdup (script_id (f->server));
  script_expect (f->server, "@id=* CHAT_MESSAGE bob two");
  g_assert_cmpuint (f->n_kept, ==, 2);
  two = g_strdup (script_id (f->server));
  kept_end (f);

  kept_start (f);
  assert_log (f->log, "alice: one [waiting]\nalice: two [waiting]\n");
  script_expect (f->server, "@id=* CHAT_MESSAGE bob one");
  g_assert_cmpstr (script_id (f->server), ==, one);
  script_expect (f->server, "@id=* CHAT_MESSAGE bob two");
  g_assert_cmpstr (script_id (f->server), ==, two);
  script_expect_lists (f->server);

  /* No page before they are settled: it would have them too. */
  wc_log_load_newest (f->log);
  script_list (f->server, "last=2;read=0", "bob");
  kept_settle (f);
  script_say (f->server, "@id=%s;seq=1;time=" TIME " SENT bob\n", one);
  kept_settle (f);
  kept_end (f);

  /* Once more: the first is done with. */
  kept_start (f);
  script_expect (f->server, "@id=* CHAT_MESSAGE bob two");
  g_assert_cmpstr (script_id (f->server), ==, two);
  script_expect_lists (f->server);
  script_list (f->server, "last=2;read=0", "bob");
  script_say (f->server, "@id=%s;seq=2;time=" TIME " SENT bob\n@id=%s;seq=2;time=" TIME " SENT bob\n", two, two);
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ bob");
  script_say (f->server, "@seq=1;from=alice;time=" TIME " HISTORY_RESP one\n@seq=2;from=alice;time=" TIME " HISTORY_RESP two\n"
                         "@count=2;last=2;more=0 HISTORY_END bob\n");
  kept_settle (f);
  kept_load (f);
  assert_log (f->log, "alice: one [stored]\nalice: two [stored]\n");
  g_assert_cmpuint (f->n_kept, ==, 0);
  kept_end (f);

  kept_log_in (f, "last=2;read=0");
  kept_settle (f);
  kept_load (f);
  assert_log (f->log, "alice: one [stored]\nalice: two [stored]\n");
  g_assert_true (script_is_quiet (f->server));
}

/* Typed without a connection, and the app ends before there is one. */
static void
test_typed_offline (Kept *f, gconstpointer data)
{
  kept_log_in (f, NULL);
  kept_settle (f);
  script_stop_listening (f->server);
  script_hang_up (f->server);
  wait_for (wc_client_get_state (f->client) == WC_STATE_WAITING);
  for (guint i = 0; i < 60; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      kept_send_text (f, text);
    }
  test_client_finish (f->client);
  script_listen (f->server);

  /* All of them, in their order, not too many at once; a new one behind them. */
  kept_start (f);
  script_say (f->server, "CHAT_STARTED 100000 bob\n");
  wait_for (wc_conversation_get_chat (f->bob) == WC_CHAT_OPEN);
  kept_send_text (f, "60");
  for (guint i = 0; i < 60; i++)
    {
      g_autofree char *pattern = g_strdup_printf ("@id=* CHAT_MESSAGE bob %u", i);

      script_expect (f->server, pattern);
      script_say (f->server, "@id=%s;seq=%u;time=" TIME " SENT bob\n", script_id (f->server), i + 1);
      if (i == 49)
        {
          script_expect_lists (f->server);
          script_list (f->server, NULL, NULL);
        }
    }
  script_expect (f->server, "@id=* CHAT_MESSAGE bob 60");
  script_say (f->server, "@id=%s;seq=61;time=" TIME " SENT bob\n", script_id (f->server));
  kept_settle (f);
  g_assert_cmpuint (wc_entry_get_seq (wc_conversation_get_last (f->bob)), ==, 61);
  g_assert_cmpuint (f->bob->held, ==, 61);
}

/* The own message comes back as an echo, for the connection that it was sent on is no more; and then its SENT. */
static void
test_echo (Kept *f, gconstpointer data)
{
  g_autofree char *id = NULL;

  kept_log_in (f, NULL);
  kept_open_chat (f);
  kept_send_text (f, "one");
  script_expect (f->server, "@id=* CHAT_MESSAGE bob one");
  id = g_strdup (script_id (f->server));
  kept_end (f);

  kept_start (f);
  script_expect (f->server, "@id=* CHAT_MESSAGE bob one");
  script_expect_lists (f->server);
  script_say (f->server, "@conv=bob;from=alice;seq=1;time=" TIME ";id=%s CHAT one\n@id=%s;seq=1;time=" TIME " SENT bob\n", id, id);
  script_list (f->server, "last=1;read=0;delivered=1;peerread=0", "bob");
  kept_settle (f);
  assert_log (f->log, "alice: one [delivered]\n");
  g_assert_true (script_is_quiet (f->server));
}

/* A page has the message before its SENT is here, and the app ends then: it does not stand there a second time. */
static void
test_page (Kept *f, gconstpointer data)
{
  g_autofree char *id = NULL;

  kept_log_in (f, NULL);
  kept_open_chat (f);
  kept_send_text (f, "one");
  script_expect (f->server, "@id=* CHAT_MESSAGE bob one");
  id = g_strdup (script_id (f->server));
  wc_log_load_newest (f->log);
  script_expect (f->server, "@id=r*;limit=* HISTORY_REQ bob");
  script_say (f->server, "@seq=1;from=alice;time=" TIME ";id=%s HISTORY_RESP one\n", id);
  kept_settle (f);
  assert_log (f->log, "* started\nalice: one [stored]\n");
  script_say (f->server, "@count=1;last=1;more=0 HISTORY_END bob\n");
  kept_settle (f);
  assert_log (f->log, "* started\nalice: one [stored]\n");
  kept_end (f);

  kept_log_in (f, "last=1;read=0");
  kept_settle (f);
  kept_load (f);
  assert_log (f->log, "alice: one [stored]\n");
  g_assert_true (script_is_quiet (f->server));
}

/* Others wrote between: what is missing is fetched once the SENT is here, and everything stands once. */
static void
test_stored_behind_others (Kept *f, gconstpointer data)
{
  kept_log_in (f, NULL);
  kept_open_chat (f);
  script_say (f->server, "@conv=bob;from=bob;seq=1;time=" TIME " CHAT m1\n");
  kept_settle (f);
  kept_send_text (f, "m3");
  script_expect (f->server, "@id=* CHAT_MESSAGE bob m3");
  kept_end (f);

  kept_start (f);
  assert_log (f->log, "bob: m1\nalice: m3 [waiting]\n");
  script_expect (f->server, "@id=* CHAT_MESSAGE bob m3");
  script_expect_lists (f->server);
  script_list (f->server, "last=4;read=0", "bob");
  kept_settle (f);
  script_say (f->server, "@id=another;seq=3;time=" TIME " SENT bob\n");
  kept_settle (f);
  g_assert_true (script_is_quiet (f->server));
  kept_end (f);

  kept_start (f);
  script_expect (f->server, "@id=* CHAT_MESSAGE bob m3");
  script_say (f->server, "@id=%s;seq=3;time=" TIME " SENT bob\n", script_id (f->server));
  script_expect_lists (f->server);
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ bob");
  kept_settle (f);
  kept_end (f); /* SENT is written, but not what is before it */

  kept_log_in (f, "last=4;read=0");
  script_expect (f->server, "@id=r*;after=1;limit=200 HISTORY_REQ bob");
  script_say (f->server, "@seq=2;from=bob;time=" TIME " HISTORY_RESP m2\n@seq=3;from=alice;time=" TIME " HISTORY_RESP m3\n"
                         "@seq=4;from=bob;time=" TIME " HISTORY_RESP m4\n@count=3;last=4;more=0 HISTORY_END bob\n");
  kept_settle (f);
  kept_load (f);
  assert_log (f->log, "bob: m1\nbob: m2\nalice: m3 [stored]\nbob: m4\n");
  g_assert_cmpuint (f->n_received, ==, 2);
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 3);
}

static void
test_failed (Kept *f, gconstpointer data)
{
  g_autoptr (WcEntry) entry = NULL;
  g_autofree char *id = NULL;

  kept_log_in (f, NULL);
  kept_open_chat (f);
  kept_send_text (f, "no");
  script_expect (f->server, "@id=* CHAT_MESSAGE bob no");
  id = g_strdup (script_id (f->server));
  script_say (f->server, "@id=%s ERROR not-allowed because\n", id);
  kept_settle (f);
  kept_end (f);

  kept_log_in (f, NULL);
  kept_settle (f);
  assert_log (f->log, "alice: no [failed]\n");
  entry = g_list_model_get_item (G_LIST_MODEL (f->log), 0);
  g_assert_nonnull (wc_entry_get_error (entry));
  g_assert_true (script_is_quiet (f->server));
  g_clear_object (&entry);
  kept_open_chat (f);
  script_say (f->server, "@conv=bob;from=bob;seq=1;time=" TIME " CHAT m1\n");
  kept_settle (f);
  assert_log (f->log, "* started\nbob: m1\nalice: no [failed]\n");
  entry = g_list_model_get_item (G_LIST_MODEL (f->log), 2);
  wc_conversation_retry (f->bob, entry);
  script_expect (f->server, "@id=* CHAT_MESSAGE bob no");
  g_assert_cmpstr (script_id (f->server), ==, id);
  g_clear_object (&entry);
  kept_end (f);

  /* Tried again means waiting, also after a restart. */
  kept_start (f);
  script_expect (f->server, "@id=* CHAT_MESSAGE bob no");
  script_say (f->server, "@id=%s ERROR not-allowed because\n", id);
  script_expect_lists (f->server);
  script_list (f->server, "last=1;read=0", "bob");
  kept_settle (f);
  assert_log (f->log, "bob: m1\nalice: no [failed]\n");
  entry = g_list_model_get_item (G_LIST_MODEL (f->log), 1);
  wc_conversation_remove_failed (f->bob, entry);
  wc_conversation_remove_failed (f->bob, entry);
  assert_log (f->log, "bob: m1\n");
  g_clear_object (&entry);
  kept_end (f);

  kept_log_in (f, "last=1;read=0");
  kept_settle (f);
  assert_log (f->log, "bob: m1\n");
}

static void
test_draft (Kept *f, gconstpointer data)
{
  kept_log_in (f, NULL);
  kept_settle (f);
  wc_conversation_set_draft (f->bob, "he");
  wc_conversation_set_draft (f->bob, "hel");
  kept_end (f);

  kept_log_in (f, NULL);
  kept_settle (f);
  g_assert_cmpstr (wc_conversation_get_draft (f->bob), ==, "hel");
  kept_open_chat (f);

  /* The app ends in the moment in which the message is kept: it is in the outbox, and not in the composer as well. */
  f->client->timing.draft_pause = 3600000;
  wc_conversation_set_draft (f->bob, "hello");
  kept_send_text (f, "hello");
  g_assert_cmpuint (f->bob->draft_source, !=, 0);
  g_clear_handle_id (&f->bob->draft_source, g_source_remove);
  wait_for (f->n_kept == 1);
  kept_end (f);

  kept_start (f);
  g_assert_cmpstr (wc_conversation_get_draft (f->bob), ==, "");
  assert_log (f->log, "alice: hello [waiting]\n");
}

/* --- Whoever is told may log in as somebody else there and then --- */

static void
become_another (Kept *f)
{
  wc_client_login_async (f->client, script_address (f->server), "dave", NULL, NULL, NULL);
  f->bob = NULL;
  f->log = NULL;
}

static void
other_at_message_cb (WcClient *client, WcConversation *conversation, WcEntry *entry, gpointer user_data)
{
  become_another (user_data);
}

static void
other_at_state_cb (WcEntry *entry, GParamSpec *pspec, gpointer user_data)
{
  if (wc_entry_get_seq (entry) != 0)
    become_another (user_data);
}

static void
expect_another (Kept *f)
{
  wait_for (f->bob == NULL);
  script_accept (f->server);
  script_expect (f->server, "HELLO dave 2");
  script_say (f->server, "CONNECTED 2\n");
  script_expect_lists (f->server);
  g_assert_cmpstr (wc_client_get_client_id (f->client), ==, "dave");
}

static void
test_another_at_message (Kept *f, gconstpointer data)
{
  kept_log_in (f, NULL);
  kept_settle (f);
  g_signal_connect (f->client, "message-received", G_CALLBACK (other_at_message_cb), f);
  script_say (f->server, "@conv=bob;from=bob;seq=1;time=" TIME " CHAT m1\n");
  expect_another (f);
}

static void
test_another_at_sent (Kept *f, gconstpointer data)
{
  g_autoptr (WcEntry) entry = NULL;

  kept_log_in (f, NULL);
  kept_open_chat (f);
  kept_send_text (f, "mine");
  script_expect (f->server, "@id=* CHAT_MESSAGE bob mine");
  entry = g_object_ref (wc_conversation_get_last (f->bob));
  g_signal_connect (entry, "notify::delivery", G_CALLBACK (other_at_state_cb), f);
  script_say (f->server, "@id=%s;seq=1;time=" TIME " SENT bob\n", script_id (f->server));
  expect_another (f);
}

/* Base has no nonces: what was sent is sent, and what waits for a chat waits. */
static void
test_base (Kept *f, gconstpointer data)
{
  g_auto (Login) login = { 0 };

  f->client = test_client_new ();
  wc_client_set_folder (f->client, f->folder);
  script_login_base (f->server, f->client);
  f->bob = wc_client_get_conversation (f->client, "bob");
  script_say (f->server, "CHAT_STARTED 100000 bob\n");
  wait_for (wc_conversation_get_chat (f->bob) == WC_CHAT_OPEN);
  g_assert_true (wc_conversation_send (f->bob, "one", NULL));
  script_expect (f->server, "CHAT_MESSAGE bob one");
  script_say (f->server, "END_NOTIF\n");
  wait_for (wc_conversation_get_chat (f->bob) == WC_CHAT_NONE);
  g_assert_true (wc_conversation_send (f->bob, "two", NULL));
  script_expect (f->server, "CHAT_REQUEST bob");
  kept_end (f);

  f->client = test_client_new ();
  wc_client_set_folder (f->client, f->folder);
  login_start (&login, f->client, script_address (f->server), "alice", NULL);
  script_accept (f->server);
  script_expect (f->server, "HELLO alice 2");
  script_say (f->server, "CONNECTED\n");
  script_expect (f->server, "CHAT_REQUEST bob");
  script_say (f->server, "CHAT_STARTED 100001 bob\n");
  script_expect (f->server, "CHAT_MESSAGE bob two");
  wait_for (login.done);
}

#define ADD(name, func) g_test_add ("/client/outbox/" name, Kept, NULL, kept_set_up, func, kept_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("sent-lost", test_sent_lost);
  ADD ("typed-offline", test_typed_offline);
  ADD ("echo", test_echo);
  ADD ("page", test_page);
  ADD ("stored-behind-others", test_stored_behind_others);
  ADD ("failed", test_failed);
  ADD ("draft", test_draft);
  ADD ("another-at-message", test_another_at_message);
  ADD ("another-at-sent", test_another_at_sent);
  ADD ("base", test_base);

  return g_test_run ();
}
