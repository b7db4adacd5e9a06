/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What outlives the app: it ends at any point, begins again with the same folder, and nothing is lost or doubled. */
#include "script-server.h"

#define TIME "2026-11-23T10:00:00.000Z"

typedef struct
{
  GFile *folder;
  ScriptServer *server;
  WcClient *client;
  WcConversation *bob;
  WcLog *log;
  guint n_received;
  guint n_kept;
} Fixture;

static void
received_cb (WcClient *client, WcConversation *conversation, WcEntry *entry, gpointer user_data)
{
  ((Fixture *) user_data)->n_received++;
}

static void
kept_cb (WcClient *client, WcConversation *conversation, WcEntry *entry, gpointer user_data)
{
  ((Fixture *) user_data)->n_kept++;
  g_assert_true (wc_entry_get_own (entry));
  g_assert_cmpuint (wc_entry_get_seq (entry), ==, 0);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->folder = test_folder_new ();
  f->server = script_server_new ();
}

/* The app begins: what is kept is there before the server has said a word. */
static void
start (Fixture *f)
{
  g_auto (Login) login = { 0 };

  f->client = test_client_new ();
  f->n_received = 0;
  f->n_kept = 0;
  wc_client_set_folder (f->client, f->folder);
  g_signal_connect (f->client, "message-received", G_CALLBACK (received_cb), f);
  g_signal_connect (f->client, "message-kept", G_CALLBACK (kept_cb), f);
  login_start (&login, f->client, script_address (f->server), "alice", NULL);
  script_accept (f->server);
  script_expect (f->server, "HELLO alice 2");
  f->bob = wc_client_get_conversation (f->client, "bob");
  f->log = wc_conversation_get_log (f->bob);
  script_say (f->server, "CONNECTED 2\n");
  wait_for (login.done);
  g_assert_no_error (login.error);
}

/* And is in, with these tags of the conversation with bob. */
static void
log_in (Fixture *f, const char *tags)
{
  start (f);
  script_expect_lists (f->server);
  script_say (f->server, "@state=online CLIENT bob\nCLIENTS_END\n");
  script_list (f->server, tags, "bob");
}

/* The app ends without a word to anybody. */
static void
end (Fixture *f)
{
  script_hang_up (f->server);
  test_client_finish (f->client);
  f->client = NULL;
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  if (f->client != NULL)
    test_client_finish (f->client);
  script_server_free (f->server);
  test_folder_free (f->folder);
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
  script_say (f->server, "CHAT_STARTED 100000 bob\n");
  settle (f);
}

static void
send_text (Fixture *f, const char *text)
{
  guint n_kept = f->n_kept;

  g_assert_true (wc_conversation_send (f->bob, text, NULL));
  g_assert_cmpuint (f->n_kept, ==, n_kept);
}

static void
say_history (Fixture *f, const char *from, guint first, guint last)
{
  for (guint seq = first; seq <= last; seq++)
    script_say (f->server, "@seq=%u;from=%s;time=" TIME " HISTORY_RESP m%u\n", seq, from, seq);
  script_say (f->server, "@count=%u;last=%u;more=0 HISTORY_END bob\n", last + 1 - first, last);
}

static void
load (Fixture *f)
{
  wc_log_load_newest (f->log);
  wait_for (!wc_log_get_loading (f->log));
}

/* Sent, and the SENT is lost: with the same nonces, before anything else, until it comes. */
static void
test_sent_lost (Fixture *f, gconstpointer data)
{
  g_autofree char *one = NULL, *two = NULL;

  log_in (f, NULL);
  open_chat (f);
  send_text (f, "one");
  send_text (f, "two");
  script_expect (f->server, "@id=* CHAT_MESSAGE bob one");
  g_assert_cmpuint (f->n_kept, >=, 1);
  one = g_strdup (script_id (f->server));
  script_expect (f->server, "@id=* CHAT_MESSAGE bob two");
  g_assert_cmpuint (f->n_kept, ==, 2);
  two = g_strdup (script_id (f->server));
  end (f);

  start (f);
  assert_log (f->log, "alice: one [waiting]\nalice: two [waiting]\n");
  script_expect (f->server, "@id=* CHAT_MESSAGE bob one");
  g_assert_cmpstr (script_id (f->server), ==, one);
  script_expect (f->server, "@id=* CHAT_MESSAGE bob two");
  g_assert_cmpstr (script_id (f->server), ==, two);
  script_expect_lists (f->server);

  /* No page before they are settled: it would have them too. */
  wc_log_load_newest (f->log);
  script_list (f->server, "last=2;read=0", "bob");
  settle (f);
  script_say (f->server, "@id=%s;seq=1;time=" TIME " SENT bob\n", one);
  settle (f);
  end (f);

  /* Once more: the first is done with. */
  start (f);
  script_expect (f->server, "@id=* CHAT_MESSAGE bob two");
  g_assert_cmpstr (script_id (f->server), ==, two);
  script_expect_lists (f->server);
  script_list (f->server, "last=2;read=0", "bob");
  script_say (f->server, "@id=%s;seq=2;time=" TIME " SENT bob\n@id=%s;seq=2;time=" TIME " SENT bob\n", two, two);
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ bob");
  script_say (f->server, "@seq=1;from=alice;time=" TIME " HISTORY_RESP one\n@seq=2;from=alice;time=" TIME " HISTORY_RESP two\n"
                         "@count=2;last=2;more=0 HISTORY_END bob\n");
  settle (f);
  load (f);
  assert_log (f->log, "alice: one [stored]\nalice: two [stored]\n");
  g_assert_cmpuint (f->n_kept, ==, 0);
  end (f);

  log_in (f, "last=2;read=0");
  settle (f);
  load (f);
  assert_log (f->log, "alice: one [stored]\nalice: two [stored]\n");
  g_assert_true (script_is_quiet (f->server));
}

/* Typed without a connection, and the app ends before there is one. */
static void
test_typed_offline (Fixture *f, gconstpointer data)
{
  log_in (f, NULL);
  settle (f);
  script_stop_listening (f->server);
  script_hang_up (f->server);
  wait_for (wc_client_get_state (f->client) == WC_STATE_WAITING);
  for (guint i = 0; i < 40; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      send_text (f, text);
    }
  test_client_finish (f->client);
  script_listen (f->server);

  /* All of them, in their order, not too many at once; a new one behind them. */
  start (f);
  script_say (f->server, "CHAT_STARTED 100000 bob\n");
  wait_for (wc_conversation_get_chat (f->bob) == WC_CHAT_OPEN);
  send_text (f, "40");
  for (guint i = 0; i < 40; i++)
    {
      g_autofree char *pattern = g_strdup_printf ("@id=* CHAT_MESSAGE bob %u", i);

      script_expect (f->server, pattern);
      script_say (f->server, "@id=%s;seq=%u;time=" TIME " SENT bob\n", script_id (f->server), i + 1);
      if (i == 31)
        {
          script_expect_lists (f->server);
          script_list (f->server, NULL, NULL);
        }
    }
  script_expect (f->server, "@id=* CHAT_MESSAGE bob 40");
  script_say (f->server, "@id=%s;seq=41;time=" TIME " SENT bob\n", script_id (f->server));
  settle (f);
  g_assert_cmpuint (wc_entry_get_seq (wc_conversation_get_last (f->bob)), ==, 41);
  g_assert_cmpuint (f->bob->held, ==, 41);
}

/* The own message comes back as an echo, for the connection that it was sent on is no more; and then its SENT. */
static void
test_echo (Fixture *f, gconstpointer data)
{
  g_autofree char *id = NULL;

  log_in (f, NULL);
  open_chat (f);
  send_text (f, "one");
  script_expect (f->server, "@id=* CHAT_MESSAGE bob one");
  id = g_strdup (script_id (f->server));
  end (f);

  start (f);
  script_expect (f->server, "@id=* CHAT_MESSAGE bob one");
  script_expect_lists (f->server);
  script_say (f->server, "@conv=bob;from=alice;seq=1;time=" TIME ";id=%s CHAT one\n@id=%s;seq=1;time=" TIME " SENT bob\n", id, id);
  script_list (f->server, "last=1;read=0;delivered=1;peerread=0", "bob");
  settle (f);
  assert_log (f->log, "alice: one [delivered]\n");
  g_assert_true (script_is_quiet (f->server));
}

/* A page has the message before its SENT is here, and the app ends then: it does not stand there a second time. */
static void
test_page (Fixture *f, gconstpointer data)
{
  g_autofree char *id = NULL;

  log_in (f, NULL);
  open_chat (f);
  send_text (f, "one");
  script_expect (f->server, "@id=* CHAT_MESSAGE bob one");
  id = g_strdup (script_id (f->server));
  wc_log_load_newest (f->log);
  script_expect (f->server, "@id=r*;limit=* HISTORY_REQ bob");
  script_say (f->server, "@seq=1;from=alice;time=" TIME ";id=%s HISTORY_RESP one\n", id);
  settle (f);
  assert_log (f->log, "* started\nalice: one [stored]\n");
  script_say (f->server, "@count=1;last=1;more=0 HISTORY_END bob\n");
  settle (f);
  assert_log (f->log, "* started\nalice: one [stored]\n");
  end (f);

  log_in (f, "last=1;read=0");
  settle (f);
  load (f);
  assert_log (f->log, "alice: one [stored]\n");
  g_assert_true (script_is_quiet (f->server));
}

/* Others wrote between: what is missing is fetched once the SENT is here, and everything stands once. */
static void
test_stored_behind_others (Fixture *f, gconstpointer data)
{
  log_in (f, NULL);
  open_chat (f);
  script_say (f->server, "@conv=bob;from=bob;seq=1;time=" TIME " CHAT m1\n");
  settle (f);
  send_text (f, "m3");
  script_expect (f->server, "@id=* CHAT_MESSAGE bob m3");
  end (f);

  start (f);
  assert_log (f->log, "bob: m1\nalice: m3 [waiting]\n");
  script_expect (f->server, "@id=* CHAT_MESSAGE bob m3");
  script_expect_lists (f->server);
  script_list (f->server, "last=4;read=0", "bob");
  settle (f);
  script_say (f->server, "@id=another;seq=3;time=" TIME " SENT bob\n");
  settle (f);
  g_assert_true (script_is_quiet (f->server));
  end (f);

  start (f);
  script_expect (f->server, "@id=* CHAT_MESSAGE bob m3");
  script_say (f->server, "@id=%s;seq=3;time=" TIME " SENT bob\n", script_id (f->server));
  script_expect_lists (f->server);
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ bob");
  settle (f);
  end (f); /* SENT is written, but not what is before it */

  log_in (f, "last=4;read=0");
  script_expect (f->server, "@id=r*;after=1;limit=200 HISTORY_REQ bob");
  script_say (f->server, "@seq=2;from=bob;time=" TIME " HISTORY_RESP m2\n@seq=3;from=alice;time=" TIME " HISTORY_RESP m3\n"
                         "@seq=4;from=bob;time=" TIME " HISTORY_RESP m4\n@count=3;last=4;more=0 HISTORY_END bob\n");
  settle (f);
  load (f);
  assert_log (f->log, "bob: m1\nbob: m2\nalice: m3 [stored]\nbob: m4\n");
  g_assert_cmpuint (f->n_received, ==, 2);
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 3);
}

static void
test_failed (Fixture *f, gconstpointer data)
{
  g_autoptr (WcEntry) entry = NULL;
  g_autofree char *id = NULL;

  log_in (f, NULL);
  open_chat (f);
  send_text (f, "no");
  script_expect (f->server, "@id=* CHAT_MESSAGE bob no");
  id = g_strdup (script_id (f->server));
  script_say (f->server, "@id=%s ERROR not-allowed because\n", id);
  settle (f);
  end (f);

  log_in (f, NULL);
  settle (f);
  assert_log (f->log, "alice: no [failed]\n");
  entry = g_list_model_get_item (G_LIST_MODEL (f->log), 0);
  g_assert_nonnull (wc_entry_get_error (entry));
  g_assert_true (script_is_quiet (f->server));
  g_clear_object (&entry);
  open_chat (f);
  script_say (f->server, "@conv=bob;from=bob;seq=1;time=" TIME " CHAT m1\n");
  settle (f);
  assert_log (f->log, "* started\nbob: m1\nalice: no [failed]\n");
  entry = g_list_model_get_item (G_LIST_MODEL (f->log), 2);
  wc_conversation_retry (f->bob, entry);
  script_expect (f->server, "@id=* CHAT_MESSAGE bob no");
  g_assert_cmpstr (script_id (f->server), ==, id);
  g_clear_object (&entry);
  end (f);

  /* Tried again means waiting, also after a restart. */
  start (f);
  script_expect (f->server, "@id=* CHAT_MESSAGE bob no");
  script_say (f->server, "@id=%s ERROR not-allowed because\n", id);
  script_expect_lists (f->server);
  script_list (f->server, "last=1;read=0", "bob");
  settle (f);
  assert_log (f->log, "bob: m1\nalice: no [failed]\n");
  entry = g_list_model_get_item (G_LIST_MODEL (f->log), 1);
  wc_conversation_remove_failed (f->bob, entry);
  wc_conversation_remove_failed (f->bob, entry);
  assert_log (f->log, "bob: m1\n");
  g_clear_object (&entry);
  end (f);

  log_in (f, "last=1;read=0");
  settle (f);
  assert_log (f->log, "bob: m1\n");
}

static void
test_draft (Fixture *f, gconstpointer data)
{
  log_in (f, NULL);
  settle (f);
  wc_conversation_set_draft (f->bob, "he");
  wc_conversation_set_draft (f->bob, "hel");
  end (f);

  log_in (f, NULL);
  settle (f);
  g_assert_cmpstr (wc_conversation_get_draft (f->bob), ==, "hel");
  open_chat (f);

  /* The app ends in the moment in which the message is kept: it is in the outbox, and not in the composer as well. */
  f->client->timing.draft_pause = 3600000;
  wc_conversation_set_draft (f->bob, "hello");
  send_text (f, "hello");
  g_assert_cmpuint (f->bob->draft_source, !=, 0);
  g_clear_handle_id (&f->bob->draft_source, g_source_remove);
  wait_for (f->n_kept == 1);
  end (f);

  start (f);
  g_assert_cmpstr (wc_conversation_get_draft (f->bob), ==, "");
  assert_log (f->log, "alice: hello [waiting]\n");
}

/* What came while the app was not there, on a device that knows the rest. */
static void
test_catch_up (Fixture *f, gconstpointer data)
{
  WcConversation *carol;

  log_in (f, NULL);
  settle (f);
  for (guint seq = 1; seq <= 3; seq++)
    script_say (f->server, "@conv=bob;from=bob;seq=%u;time=" TIME " CHAT m%u\n", seq, seq);
  settle (f);
  script_say (f->server, "@own=1 READ bob 2\nPRESENCE bob offline\n");
  settle (f);
  end (f);

  start (f);
  g_assert_cmpuint (wc_conversation_get_read (f->bob), ==, 2);
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 1);
  g_assert_cmpint (wc_conversation_get_last_seen (f->bob), !=, 0);
  assert_log (f->log, "bob: m3\n");
  g_assert_true (wc_client_get_ready (f->client));
  script_expect_lists (f->server);
  script_say (f->server, "@last=5;read=2;time=" TIME " CONVERSATION bob\n@last=2;read=0;time=" TIME " CONVERSATION carol\nCONVERSATIONS_END\n");
  script_expect (f->server, "@id=r*;after=2;limit=200 HISTORY_REQ bob");
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ carol");
  say_history (f, "bob", 4, 5);
  script_say (f->server, "@seq=1;from=carol;time=" TIME " HISTORY_RESP c1\n@seq=2;from=carol;time=" TIME " HISTORY_RESP c2\n"
                         "@count=2;last=2;more=0 HISTORY_END carol\n");
  settle (f);
  g_assert_cmpuint (f->n_received, ==, 4); /* carol is new, and not only to this device */
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 3);
  carol = wc_client_get_conversation (f->client, "carol");
  g_assert_cmpuint (wc_conversation_get_unread (carol), ==, 2);
  wc_log_load_older (f->log);
  wait_for (!wc_log_get_loading (f->log));
  assert_log (f->log, "bob: m1\nbob: m2\nbob: m3\nbob: m4\nbob: m5\n");
  g_assert_true (script_is_quiet (f->server)); /* all of it was here */
}

/* The app ends while what is missing is on its way: it is missing still, though a page has been there already. */
static void
test_gap (Fixture *f, gconstpointer data)
{
  g_autoptr (WcLog) pane = NULL;

  log_in (f, "last=1;read=0");
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ bob");
  say_history (f, "bob", 1, 1);
  settle (f);
  pane = wc_log_new (f->bob);
  f->bob->known_last = 2; /* so that it does not take what is here for all there is */
  wc_log_load_newest (pane);
  script_expect (f->server, "@id=r*;limit=30 HISTORY_REQ bob");
  script_say (f->server, "@conv=bob;from=bob;seq=4;time=" TIME " CHAT m4\n");
  script_expect (f->server, "@id=r*;after=1;limit=200 HISTORY_REQ bob");
  script_say (f->server, "@seq=3;from=bob;time=" TIME " HISTORY_RESP m3\n@seq=4;from=bob;time=" TIME " HISTORY_RESP m4\n"
                         "@count=2;last=4;more=1 HISTORY_END bob\n");
  settle (f);
  assert_log (pane, "bob: m3\nbob: m4\n");
  g_clear_object (&pane);
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 1);
  end (f);

  log_in (f, "last=4;read=0");
  script_expect (f->server, "@id=r*;after=1;limit=200 HISTORY_REQ bob");
  say_history (f, "bob", 2, 4);
  settle (f);
  load (f);
  assert_log (f->log, "bob: m1\nbob: m2\nbob: m3\nbob: m4\n");
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 4);
  g_assert_cmpuint (f->n_received, ==, 3);
}

/* Read without a connection. */
static void
test_read_offline (Fixture *f, gconstpointer data)
{
  log_in (f, NULL);
  script_say (f->server, "@conv=bob;from=bob;seq=1;time=" TIME " CHAT m1\n@conv=bob;from=alice;seq=2;time=" TIME " CHAT m2\n"
                         "READ bob 2\n");
  settle (f);
  script_stop_listening (f->server);
  script_hang_up (f->server);
  wait_for (wc_client_get_state (f->client) == WC_STATE_WAITING);
  wc_conversation_mark_read (f->bob);
  test_client_finish (f->client);
  script_listen (f->server);

  log_in (f, "last=2;read=0;delivered=2;peerread=2");
  script_expect (f->server, "@id=r* READ bob 2");
  settle (f);
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 0);
  load (f);
  assert_log (f->log, "bob: m1\nalice: m2 [read]\n");
}

/* The server's store was replaced: what is kept is forgotten, but not what is to be sent, and not the draft. */
static void
test_other_history (Fixture *f, gconstpointer data)
{
  log_in (f, NULL);
  for (guint seq = 1; seq <= 3; seq++)
    script_say (f->server, "@conv=bob;from=bob;seq=%u;time=" TIME " CHAT old%u\n", seq, seq);
  open_chat (f);
  wc_conversation_mark_read (f->bob);
  script_expect (f->server, "@id=r* READ bob 3");
  send_text (f, "mine");
  script_expect (f->server, "@id=* CHAT_MESSAGE bob mine");
  wc_conversation_set_draft (f->bob, "more");
  end (f);

  start (f);
  script_expect (f->server, "@id=* CHAT_MESSAGE bob mine");
  script_say (f->server, "@id=%s;seq=2;time=" TIME " SENT bob\n", script_id (f->server));
  script_expect_lists (f->server);
  script_list (f->server, "last=2;read=0", "bob");
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ bob");
  script_say (f->server, "@seq=1;from=bob;time=" TIME " HISTORY_RESP new1\n@seq=2;from=alice;time=" TIME " HISTORY_RESP mine\n"
                         "@count=2;last=2;more=0 HISTORY_END bob\n");
  settle (f);
  assert_log (f->log, "bob: new1\nalice: mine [stored]\n");
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 1);
  end (f);

  log_in (f, "last=2;read=0");
  settle (f);
  load (f);
  assert_log (f->log, "bob: new1\nalice: mine [stored]\n");
  g_assert_cmpstr (wc_conversation_get_draft (f->bob), ==, "more");
  g_assert_true (script_is_quiet (f->server));
}

/* As many messages, but others. */
static void
test_other_newest (Fixture *f, gconstpointer data)
{
  log_in (f, NULL);
  script_say (f->server, "@conv=bob;from=bob;seq=1;time=" TIME " CHAT old1\n");
  settle (f);
  end (f);

  start (f);
  assert_log (f->log, "bob: old1\n");
  script_expect_lists (f->server);
  script_say (f->server, "@last=1;read=0;time=2026-11-23T10:00:00.001Z CONVERSATION bob\nCONVERSATIONS_END\n");
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ bob");
  script_say (f->server, "@seq=1;from=bob;time=2026-11-23T10:00:00.001Z HISTORY_RESP new1\n@count=1;last=1;more=0 HISTORY_END bob\n");
  settle (f);
  assert_log (f->log, "bob: new1\n");
}

/* A backup was put back, and more was said since than is missing in it. */
static void
test_other_grown (Fixture *f, gconstpointer data)
{
  log_in (f, NULL);
  for (guint seq = 1; seq <= 3; seq++)
    script_say (f->server, "@conv=bob;from=bob;seq=%u;time=" TIME " CHAT m%u\n", seq, seq);
  settle (f);
  wc_conversation_mark_read (f->bob);
  script_expect (f->server, "@id=r* READ bob 3");
  settle (f);
  end (f);

  log_in (f, "last=5;read=1");
  script_expect (f->server, "@id=r* READ bob 3");
  script_expect (f->server, "@id=r*;after=2;limit=200 HISTORY_REQ bob");
  script_say (f->server, "@seq=3;from=bob;time=2026-11-23T10:00:00.001Z HISTORY_RESP n3\n"
                         "@seq=4;from=bob;time=2026-11-23T10:00:00.001Z HISTORY_RESP n4\n"
                         "@seq=5;from=bob;time=2026-11-23T10:00:00.001Z HISTORY_RESP n5\n@count=3;last=5;more=0 HISTORY_END bob\n");
  script_expect (f->server, "@id=r*;after=1;limit=200 HISTORY_REQ bob");
  script_say (f->server, "@seq=2;from=bob;time=2026-11-23T10:00:00.001Z HISTORY_RESP n2\n"
                         "@seq=3;from=bob;time=2026-11-23T10:00:00.001Z HISTORY_RESP n3\n"
                         "@seq=4;from=bob;time=2026-11-23T10:00:00.001Z HISTORY_RESP n4\n"
                         "@seq=5;from=bob;time=2026-11-23T10:00:00.001Z HISTORY_RESP n5\n@count=4;last=5;more=0 HISTORY_END bob\n");
  settle (f);
  assert_log (f->log, "bob: n2\nbob: n3\nbob: n4\nbob: n5\n");
  g_assert_cmpuint (f->n_received, ==, 0);
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 4);
}

/* The server is silent about somebody who was taken off its list. That is no other history: what is here may be all that is left. */
static void
test_off_the_list (Fixture *f, gconstpointer data)
{
  log_in (f, NULL);
  for (guint seq = 1; seq <= 3; seq++)
    script_say (f->server, "@conv=bob;from=bob;seq=%u;time=" TIME " CHAT m%u\n", seq, seq);
  settle (f);
  end (f);

  start (f);
  script_expect_lists (f->server);
  script_say (f->server, "@state=online CLIENT alice\nCLIENTS_END\nCONVERSATIONS_END\n");
  settle (f);
  load (f);
  assert_log (f->log, "bob: m1\nbob: m2\nbob: m3\n");
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 3);
  g_assert_true (script_is_quiet (f->server));
  end (f);

  /* And back on it. */
  log_in (f, "last=4;read=0");
  script_expect (f->server, "@id=r*;after=2;limit=200 HISTORY_REQ bob");
  say_history (f, "bob", 4, 4);
  settle (f);
  load (f);
  assert_log (f->log, "bob: m1\nbob: m2\nbob: m3\nbob: m4\n");
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 4);
}

/* --- Whoever is told may log in as somebody else there and then --- */

static void
become_another (Fixture *f)
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
expect_another (Fixture *f)
{
  wait_for (f->bob == NULL);
  script_accept (f->server);
  script_expect (f->server, "HELLO dave 2");
  script_say (f->server, "CONNECTED 2\n");
  script_expect_lists (f->server);
  g_assert_cmpstr (wc_client_get_client_id (f->client), ==, "dave");
}

static void
test_another_at_message (Fixture *f, gconstpointer data)
{
  log_in (f, NULL);
  settle (f);
  g_signal_connect (f->client, "message-received", G_CALLBACK (other_at_message_cb), f);
  script_say (f->server, "@conv=bob;from=bob;seq=1;time=" TIME " CHAT m1\n");
  expect_another (f);
}

static void
test_another_at_sent (Fixture *f, gconstpointer data)
{
  g_autoptr (WcEntry) entry = NULL;

  log_in (f, NULL);
  open_chat (f);
  send_text (f, "mine");
  script_expect (f->server, "@id=* CHAT_MESSAGE bob mine");
  entry = g_object_ref (wc_conversation_get_last (f->bob));
  g_signal_connect (entry, "notify::delivery", G_CALLBACK (other_at_state_cb), f);
  script_say (f->server, "@id=%s;seq=1;time=" TIME " SENT bob\n", script_id (f->server));
  expect_another (f);
}

/* Base has no nonces: what was sent is sent, and what waits for a chat waits. */
static void
test_base (Fixture *f, gconstpointer data)
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
  end (f);

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

#define ADD(name, func) g_test_add ("/client/outbox/" name, Fixture, NULL, set_up, func, tear_down)

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
  ADD ("catch-up", test_catch_up);
  ADD ("gap", test_gap);
  ADD ("read-offline", test_read_offline);
  ADD ("other-history", test_other_history);
  ADD ("other-newest", test_other_newest);
  ADD ("other-grown", test_other_grown);
  ADD ("off-the-list", test_off_the_list);
  ADD ("another-at-message", test_another_at_message);
  ADD ("another-at-sent", test_another_at_sent);
  ADD ("base", test_base);

  return g_test_run ();
}
