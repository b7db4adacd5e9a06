/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kept.h"

static void
received_cb (WcClient *client, WcConversation *conversation, WcEntry *entry, gpointer user_data)
{
  ((Kept *) user_data)->n_received++;
}

static void
kept_cb (WcClient *client, WcConversation *conversation, WcEntry *entry, gpointer user_data)
{
  ((Kept *) user_data)->n_kept++;
  g_assert_true (wc_entry_get_own (entry));
  g_assert_cmpuint (wc_entry_get_seq (entry), ==, 0);
}

void
kept_set_up (Kept *f, gconstpointer data)
{
  f->folder = test_folder_new ();
  f->server = script_server_new ();
}

void
kept_start (Kept *f)
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

void
kept_log_in (Kept *f, const char *tags)
{
  kept_start (f);
  script_expect_lists (f->server);
  script_say (f->server, "@state=online CLIENT bob\nCLIENTS_END\n");
  script_list (f->server, tags, "bob");
}

void
kept_end (Kept *f)
{
  script_hang_up (f->server);
  test_client_finish (f->client);
  f->client = NULL;
}

void
kept_tear_down (Kept *f, gconstpointer data)
{
  if (f->client != NULL)
    test_client_finish (f->client);
  script_server_free (f->server);
  test_folder_free (f->folder);
}

void
kept_settle (Kept *f)
{
  script_say (f->server, "PING settled\n");
  script_expect (f->server, "PONG settled");
}

void
kept_open_chat (Kept *f)
{
  script_say (f->server, "CHAT_STARTED 100000 bob\n");
  kept_settle (f);
}

void
kept_send_text (Kept *f, const char *text)
{
  guint n_kept = f->n_kept;

  g_assert_true (wc_conversation_send (f->bob, text, NULL));
  g_assert_cmpuint (f->n_kept, ==, n_kept);
}

void
kept_say_history (Kept *f, const char *from, guint first, guint last)
{
  for (guint seq = first; seq <= last; seq++)
    script_say (f->server, "@seq=%u;from=%s;time=" TIME " HISTORY_RESP m%u\n", seq, from, seq);
  script_say (f->server, "@count=%u;last=%u;more=0 HISTORY_END bob\n", last + 1 - first, last);
}

void
kept_load (Kept *f)
{
  wc_log_load_newest (f->log);
  wait_for (!wc_log_get_loading (f->log));
}
