/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is held of a conversation outlives the app: it catches up, and sees when the server has another history. */
#include "kept.h"

/* What came while the app was not there, on a device that knows the rest. */
static void
test_catch_up (Kept *f, gconstpointer data)
{
  WcConversation *carol;

  kept_log_in (f, NULL);
  kept_settle (f);
  for (guint seq = 1; seq <= 3; seq++)
    script_say (f->server, "@conv=bob;from=bob;seq=%u;time=" TIME " CHAT m%u\n", seq, seq);
  kept_settle (f);
  script_say (f->server, "@own=1 READ bob 2\nPRESENCE bob offline\n");
  kept_settle (f);
  kept_end (f);

  kept_start (f);
  g_assert_cmpuint (wc_conversation_get_read (f->bob), ==, 2);
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 1);
  g_assert_cmpint (wc_conversation_get_last_seen (f->bob), !=, 0);
  assert_log (f->log, "bob: m3\n");
  g_assert_true (wc_client_get_ready (f->client));
  script_expect_lists (f->server);
  script_say (f->server, "@last=5;read=2;time=" TIME " CONVERSATION bob\n@last=2;read=0;time=" TIME " CONVERSATION carol\nCONVERSATIONS_END\n");
  script_expect (f->server, "@id=r*;after=2;limit=200 HISTORY_REQ bob");
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ carol");
  kept_say_history (f, "bob", 4, 5);
  script_say (f->server, "@seq=1;from=carol;time=" TIME " HISTORY_RESP c1\n@seq=2;from=carol;time=" TIME " HISTORY_RESP c2\n"
                         "@count=2;last=2;more=0 HISTORY_END carol\n");
  kept_settle (f);
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
test_gap (Kept *f, gconstpointer data)
{
  g_autoptr (WcLog) pane = NULL;

  kept_log_in (f, "last=1;read=0");
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ bob");
  kept_say_history (f, "bob", 1, 1);
  kept_settle (f);
  pane = wc_log_new (f->bob);
  f->bob->known_last = 2; /* so that it does not take what is here for all there is */
  wc_log_load_newest (pane);
  script_expect (f->server, "@id=r*;limit=30 HISTORY_REQ bob");
  script_say (f->server, "@conv=bob;from=bob;seq=4;time=" TIME " CHAT m4\n");
  script_expect (f->server, "@id=r*;after=1;limit=200 HISTORY_REQ bob");
  script_say (f->server, "@seq=3;from=bob;time=" TIME " HISTORY_RESP m3\n@seq=4;from=bob;time=" TIME " HISTORY_RESP m4\n"
                         "@count=2;last=4;more=1 HISTORY_END bob\n");
  kept_settle (f);
  assert_log (pane, "bob: m3\nbob: m4\n");
  g_clear_object (&pane);
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 1);
  kept_end (f);

  kept_log_in (f, "last=4;read=0");
  script_expect (f->server, "@id=r*;after=1;limit=200 HISTORY_REQ bob");
  kept_say_history (f, "bob", 2, 4);
  kept_settle (f);
  kept_load (f);
  assert_log (f->log, "bob: m1\nbob: m2\nbob: m3\nbob: m4\n");
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 4);
  g_assert_cmpuint (f->n_received, ==, 3);
}

/* Read without a connection. */
static void
test_read_offline (Kept *f, gconstpointer data)
{
  kept_log_in (f, NULL);
  script_say (f->server, "@conv=bob;from=bob;seq=1;time=" TIME " CHAT m1\n@conv=bob;from=alice;seq=2;time=" TIME " CHAT m2\n"
                         "READ bob 2\n");
  kept_settle (f);
  script_stop_listening (f->server);
  script_hang_up (f->server);
  wait_for (wc_client_get_state (f->client) == WC_STATE_WAITING);
  wc_conversation_mark_read (f->bob);
  test_client_finish (f->client);
  script_listen (f->server);

  kept_log_in (f, "last=2;read=0;delivered=2;peerread=2");
  script_expect (f->server, "@id=r* READ bob 2");
  kept_settle (f);
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 0);
  kept_load (f);
  assert_log (f->log, "bob: m1\nalice: m2 [read]\n");
}

/* The server's store was replaced: what is kept is forgotten, but not what is to be sent, and not the draft. */
static void
test_other_history (Kept *f, gconstpointer data)
{
  kept_log_in (f, NULL);
  for (guint seq = 1; seq <= 3; seq++)
    script_say (f->server, "@conv=bob;from=bob;seq=%u;time=" TIME " CHAT old%u\n", seq, seq);
  kept_open_chat (f);
  wc_conversation_mark_read (f->bob);
  script_expect (f->server, "@id=r* READ bob 3");
  kept_send_text (f, "mine");
  script_expect (f->server, "@id=* CHAT_MESSAGE bob mine");
  wc_conversation_set_draft (f->bob, "more");
  kept_end (f);

  kept_start (f);
  script_expect (f->server, "@id=* CHAT_MESSAGE bob mine");
  script_say (f->server, "@id=%s;seq=2;time=" TIME " SENT bob\n", script_id (f->server));
  script_expect_lists (f->server);
  script_list (f->server, "last=2;read=0", "bob");
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ bob");
  script_say (f->server, "@seq=1;from=bob;time=" TIME " HISTORY_RESP new1\n@seq=2;from=alice;time=" TIME " HISTORY_RESP mine\n"
                         "@count=2;last=2;more=0 HISTORY_END bob\n");
  kept_settle (f);
  assert_log (f->log, "bob: new1\nalice: mine [stored]\n");
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 1);
  kept_end (f);

  kept_log_in (f, "last=2;read=0");
  kept_settle (f);
  kept_load (f);
  assert_log (f->log, "bob: new1\nalice: mine [stored]\n");
  g_assert_cmpstr (wc_conversation_get_draft (f->bob), ==, "more");
  g_assert_true (script_is_quiet (f->server));
}

/* As many messages, but others. */
static void
test_other_newest (Kept *f, gconstpointer data)
{
  kept_log_in (f, NULL);
  script_say (f->server, "@conv=bob;from=bob;seq=1;time=" TIME " CHAT old1\n");
  kept_settle (f);
  kept_end (f);

  kept_start (f);
  assert_log (f->log, "bob: old1\n");
  script_expect_lists (f->server);
  script_say (f->server, "@last=1;read=0;time=2026-11-23T10:00:00.001Z CONVERSATION bob\nCONVERSATIONS_END\n");
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ bob");
  script_say (f->server, "@seq=1;from=bob;time=2026-11-23T10:00:00.001Z HISTORY_RESP new1\n@count=1;last=1;more=0 HISTORY_END bob\n");
  kept_settle (f);
  assert_log (f->log, "bob: new1\n");
}

/* A backup was put back, and more was said since than is missing in it. */
static void
test_other_grown (Kept *f, gconstpointer data)
{
  kept_log_in (f, NULL);
  for (guint seq = 1; seq <= 3; seq++)
    script_say (f->server, "@conv=bob;from=bob;seq=%u;time=" TIME " CHAT m%u\n", seq, seq);
  kept_settle (f);
  wc_conversation_mark_read (f->bob);
  script_expect (f->server, "@id=r* READ bob 3");
  kept_settle (f);
  kept_end (f);

  kept_log_in (f, "last=5;read=1");
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
  kept_settle (f);
  assert_log (f->log, "bob: n2\nbob: n3\nbob: n4\nbob: n5\n");
  g_assert_cmpuint (f->n_received, ==, 0);
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 4);
}

/* The server is silent about somebody who was taken off its list. That is no other history: what is here may be all that is left. */
static void
test_off_the_list (Kept *f, gconstpointer data)
{
  kept_log_in (f, NULL);
  for (guint seq = 1; seq <= 3; seq++)
    script_say (f->server, "@conv=bob;from=bob;seq=%u;time=" TIME " CHAT m%u\n", seq, seq);
  kept_settle (f);
  kept_end (f);

  kept_start (f);
  script_expect_lists (f->server);
  script_say (f->server, "@state=online CLIENT alice\nCLIENTS_END\nCONVERSATIONS_END\n");
  kept_settle (f);
  kept_load (f);
  assert_log (f->log, "bob: m1\nbob: m2\nbob: m3\n");
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 3);
  g_assert_true (script_is_quiet (f->server));
  kept_end (f);

  /* And back on it. */
  kept_log_in (f, "last=4;read=0");
  script_expect (f->server, "@id=r*;after=2;limit=200 HISTORY_REQ bob");
  kept_say_history (f, "bob", 4, 4);
  kept_settle (f);
  kept_load (f);
  assert_log (f->log, "bob: m1\nbob: m2\nbob: m3\nbob: m4\n");
  g_assert_cmpuint (wc_conversation_get_unread (f->bob), ==, 4);
}

#define ADD(name, func) g_test_add ("/client/restart/" name, Kept, NULL, kept_set_up, func, kept_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("catch-up", test_catch_up);
  ADD ("gap", test_gap);
  ADD ("read-offline", test_read_offline);
  ADD ("other-history", test_other_history);
  ADD ("other-newest", test_other_newest);
  ADD ("other-grown", test_other_grown);
  ADD ("off-the-list", test_off_the_list);

  return g_test_run ();
}
