/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine with a real webchat-server, also one that is killed while messages are on their way. */
#include "script-server.h"

#include <signal.h>

#include "tests/util/server.h"

#define N_MESSAGES 120
#define N_CRASHES 4

typedef struct
{
  TestServer *server;
  char *address;
  WcClient *alice, *bob;
  WcConversation *with_bob, *with_alice;
} Fixture;

static void
log_in (Fixture *f, WcClient *client, const char *client_id)
{
  g_auto (Login) login = { 0 };

  login_start (&login, client, f->address, client_id, NULL);
  wait_for (login.done);
  g_assert_no_error (login.error);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autofree char *listen = NULL;

  f->server = test_server_new ("alice\nbob\ncarol\n", "limits.messages-per-second=0", NULL);
  f->address = g_strdup (test_server_address (f->server, 0));
  listen = g_strconcat ("server.listen=", f->address, NULL);
  test_server_set (f->server, listen); /* comes back where it was */

  f->alice = test_client_new ();
  f->bob = test_client_new ();
  log_in (f, f->alice, "alice");
  log_in (f, f->bob, "bob");
  f->with_bob = wc_client_get_conversation (f->alice, "bob");
  f->with_alice = wc_client_get_conversation (f->bob, "alice");
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  test_client_finish (f->alice);
  test_client_finish (f->bob);
  test_server_free (f->server);
  g_free (f->address);
}

static guint
n_items (WcLog *log)
{
  return g_list_model_get_n_items (G_LIST_MODEL (log));
}

static gboolean
ends_with (WcConversation *conversation, const char *text)
{
  WcEntry *last = wc_conversation_get_last (conversation);

  return last != NULL && g_strcmp0 (wc_entry_get_text (last), text) == 0 && wc_entry_get_seq (last) != 0;
}

static gboolean
is_delivered (WcLog *log, guint position)
{
  g_autoptr (WcEntry) entry = g_list_model_get_item (G_LIST_MODEL (log), position);

  return wc_entry_get_delivery (entry) == WC_DELIVERY_DELIVERED;
}

static void
test_chat (Fixture *f, gconstpointer data)
{
  WcLog *a = wc_conversation_get_log (f->with_bob), *b = wc_conversation_get_log (f->with_alice);

  wait_for (g_list_model_get_n_items (wc_client_get_people (f->alice)) == 2);
  wait_for (wc_conversation_get_presence (f->with_bob) == WC_PRESENCE_ONLINE);
  wc_conversation_request_chat (f->with_bob);
  wait_for (wc_conversation_get_chat (f->with_alice) == WC_CHAT_OPEN);
  g_assert_true (wc_conversation_send (f->with_bob, "hello\n\\n there; = @", NULL));
  wait_for (ends_with (f->with_alice, "hello\n\\n there; = @"));
  g_assert_true (wc_conversation_send (f->with_alice, "hi", NULL));
  wait_for (ends_with (f->with_bob, "hi") && ends_with (f->with_alice, "hi"));
  wc_conversation_end_chat (f->with_alice);
  wait_for (wc_conversation_get_chat (f->with_bob) == WC_CHAT_NONE);
  wait_for (is_delivered (a, 1) && is_delivered (b, 2));
  assert_log (a, "* started\nalice: hello\n\\n there; = @ [delivered]\nbob: hi\n* ended by peer\n");
  assert_log (b, "* started\nalice: hello\n\\n there; = @\nbob: hi [delivered]\n* ended by me\n");

  /* Nobody is on the list as that, and carol is away. */
  wc_conversation_request_chat (wc_client_get_conversation (f->alice, "nobody"));
  wait_for (n_items (wc_conversation_get_log (wc_client_get_conversation (f->alice, "nobody"))) == 1);
  assert_log (wc_conversation_get_log (wc_client_get_conversation (f->alice, "nobody")), "* unknown\n");
  g_assert_true (wc_conversation_send (wc_client_get_conversation (f->alice, "carol"), "later", NULL));
  wait_for (ends_with (wc_client_get_conversation (f->alice, "carol"), "later"));
  assert_log (wc_conversation_get_log (wc_client_get_conversation (f->alice, "carol")), "* offline\nalice: later [stored]\n");
}

/* A second device, and somebody who was away: both get everything. */
static void
test_devices (Fixture *f, gconstpointer data)
{
  WcClient *second = test_client_new ();
  WcConversation *with_bob;

  log_in (f, second, "alice");
  with_bob = wc_client_get_conversation (second, "bob");
  wait_for (wc_conversation_get_presence (f->with_bob) == WC_PRESENCE_ONLINE);
  wc_client_logout (f->bob);
  wait_for (wc_conversation_get_presence (f->with_bob) == WC_PRESENCE_OFFLINE);
  g_assert_true (wc_conversation_send (f->with_bob, "one", NULL));
  g_assert_true (wc_conversation_send (f->with_bob, "two", NULL));
  wait_for (ends_with (with_bob, "two"));
  assert_log (wc_conversation_get_log (with_bob), "alice: one [stored]\nalice: two [stored]\n");

  log_in (f, f->bob, "bob");
  wait_for (ends_with (f->with_alice, "two"));
  wc_log_load_newest (wc_conversation_get_log (f->with_alice));
  wait_for (n_items (wc_conversation_get_log (f->with_alice)) == 2);

  test_client_finish (second);
}

/* Every message exactly once, in order, with every seq. */
static void
assert_complete (WcLog *log, guint n)
{
  guint64 seq = 0;
  g_autoptr (GHashTable) texts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < n_items (log); i++)
    {
      g_autoptr (WcEntry) entry = g_list_model_get_item (G_LIST_MODEL (log), i);

      if (wc_entry_get_kind (entry) == WC_ENTRY_EVENT)
        continue;
      g_assert_cmpuint (wc_entry_get_seq (entry), ==, ++seq);
      g_assert_true (g_hash_table_add (texts, g_strdup (wc_entry_get_text (entry))));
    }
  g_assert_cmpuint (seq, ==, n);
}

static gboolean
has_all (WcLog *log, guint n)
{
  guint n_stored = 0;

  for (guint i = 0; i < n_items (log); i++)
    {
      g_autoptr (WcEntry) entry = g_list_model_get_item (G_LIST_MODEL (log), i);

      n_stored += wc_entry_get_seq (entry) != 0;
    }

  return n_stored >= n;
}

static void
test_crashes (Fixture *f, gconstpointer data)
{
  WcLog *a = wc_conversation_get_log (f->with_bob), *b = wc_conversation_get_log (f->with_alice);

  /* So that both windows begin with the first message. */
  wait_for (f->with_bob->held_known && f->with_alice->held_known);
  for (guint i = 0; i < N_MESSAGES; i++)
    {
      g_autofree char *from_alice = g_strdup_printf ("alice %u", i), *from_bob = g_strdup_printf ("bob %u", i);

      g_assert_true (wc_conversation_send (f->with_bob, from_alice, NULL));
      g_assert_true (wc_conversation_send (f->with_alice, from_bob, NULL));
      for (guint j = 0; j < i % 5; j++)
        g_main_context_iteration (NULL, FALSE);
      if (i % (N_MESSAGES / N_CRASHES) == N_MESSAGES / N_CRASHES / 2)
        {
          test_server_crash_and_restart (f->server);
          wait_for (wc_client_get_state (f->alice) == WC_STATE_ONLINE && wc_client_get_state (f->bob) == WC_STATE_ONLINE);
        }
    }

  wait_for (has_all (a, 2 * N_MESSAGES) && has_all (b, 2 * N_MESSAGES));
  assert_complete (a, 2 * N_MESSAGES);
  assert_complete (b, 2 * N_MESSAGES);
}

static WcClient *
begin_device (Fixture *f, const char *client_id, GFile *folder)
{
  WcClient *client = test_client_new ();

  wc_client_set_folder (client, folder);
  log_in (f, client, client_id);

  return client;
}

static gboolean
agrees (WcClient *client, const char *peer, guint64 last, guint64 read, guint unread)
{
  WcConversation *conversation = wc_client_get_conversation (client, peer);

  return wc_client_get_state (client) == WC_STATE_ONLINE && conversation->held == last && wc_conversation_get_read (conversation) == read
         && wc_conversation_get_unread (conversation) == unread && g_queue_is_empty (&conversation->outbox);
}

/* Two devices of alice begin and end while all three write and read: in the end both say the same. */
static void
test_two_devices (Fixture *f, gconstpointer data)
{
  GFile *folders[2] = { test_folder_new (), test_folder_new () };
  WcClient *devices[2] = { begin_device (f, "alice", folders[0]), begin_device (f, "alice", folders[1]) };
  guint n = 0;

  for (guint i = 0; i < 60; i++)
    {
      guint which = g_test_rand_int_range (0, 2);
      g_autofree char *text = g_strdup_printf ("%u", i);
      WcConversation *with_bob = wc_client_get_conversation (devices[which], "bob");

      g_assert_true (wc_conversation_send (i % 3 == 0 ? with_bob : f->with_alice, text, NULL));
      n++;
      for (guint j = 0; j < i % 7; j++)
        g_main_context_iteration (NULL, FALSE);
      if (i % 4 == 0)
        wc_conversation_mark_read (with_bob);
      if (i % 6 == 5)
        {
          test_client_finish (devices[which]);
          devices[which] = begin_device (f, "alice", folders[which]);
        }
      if (i % 20 == 19)
        test_server_crash_and_restart (f->server);
    }

  wait_for (agrees (f->bob, "alice", n, f->with_alice->read, f->with_alice->unread));
  wait_for (wc_client_get_conversation (devices[0], "bob")->held == n && wc_client_get_state (devices[0]) == WC_STATE_ONLINE);
  wc_conversation_mark_read (wc_client_get_conversation (devices[0], "bob"));
  g_assert_true (wc_conversation_send (f->with_alice, "and one that nobody reads", NULL));
  n++;
  for (guint i = 0; i < 2; i++)
    {
      WcLog *log = wc_conversation_get_log (wc_client_get_conversation (devices[i], "bob"));

      wait_for (agrees (devices[i], "bob", n, n - 1, 1));
      wc_log_load_newest (log);
      wait_for (!wc_log_get_loading (log));
      while (wc_log_get_has_older (log))
        {
          wc_log_load_older (log);
          wait_for (!wc_log_get_loading (log));
        }
      assert_complete (log, n);
    }
  for (guint i = 0; i < 2; i++)
    {
      test_client_finish (devices[i]);
      test_folder_free (folders[i]);
    }
}

/* Killed, and away for a while: what is typed waits. */
static void
test_outage (Fixture *f, gconstpointer data)
{
  wc_conversation_request_chat (f->with_bob);
  wait_for (wc_conversation_get_chat (f->with_alice) == WC_CHAT_OPEN);
  test_server_stop (f->server, SIGKILL);
  wait_for (wc_client_get_state (f->alice) == WC_STATE_WAITING);
  g_assert_true (wc_conversation_send (f->with_bob, "typed while away", NULL));
  test_server_start (f->server);
  wait_for (ends_with (f->with_alice, "typed while away"));
  wait_for (ends_with (f->with_bob, "typed while away"));
  g_assert_cmpuint (wc_conversation_get_unread (f->with_alice), ==, 1);
}

static void
test_declined (Fixture *f, gconstpointer data)
{
  WcClient *client = test_client_new ();
  g_auto (Login) login = { 0 };

  login_start (&login, client, f->address, "mallory", NULL);
  wait_for (login.done);
  g_assert_error (login.error, WC_ERROR, WC_ERROR_DECLINED);
  test_client_finish (client);
}

static void
test_taken_off_the_list (Fixture *f, gconstpointer data)
{
  wait_for (wc_client_get_state (f->bob) == WC_STATE_ONLINE);
  test_server_replace_file (f->server, "ClientID-List", "alice\n");
  test_server_signal (f->server, SIGHUP);
  wait_for (wc_client_get_state (f->bob) == WC_STATE_OFFLINE);
  g_assert_error (wc_client_get_error (f->bob), WC_ERROR, WC_ERROR_DECLINED);
  g_assert_cmpint (wc_client_get_state (f->alice), ==, WC_STATE_ONLINE);
}

/* More than the server's rate allows: it takes longer, and nothing is lost. */
static void
test_rate (Fixture *f, gconstpointer data)
{
  WcLog *b = wc_conversation_get_log (f->with_alice);

  test_server_set (f->server, "limits.messages-per-second=200");
  test_server_set (f->server, "limits.messages-burst=5");
  test_server_crash_and_restart (f->server);
  wait_for (wc_client_get_state (f->alice) == WC_STATE_ONLINE && wc_client_get_state (f->bob) == WC_STATE_ONLINE);
  wait_for (f->with_bob->held_known && f->with_alice->held_known);
  for (guint i = 0; i < 60; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      g_assert_true (wc_conversation_send (f->with_bob, text, NULL));
    }
  wait_for (has_all (b, 60));
  assert_complete (b, 60);
}

#define ADD(name, func) g_test_add ("/client/server/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("chat", test_chat);
  ADD ("devices", test_devices);
  ADD ("crashes", test_crashes);
  ADD ("two-devices", test_two_devices);
  ADD ("outage", test_outage);
  ADD ("declined", test_declined);
  ADD ("taken-off-the-list", test_taken_off_the_list);
  ADD ("rate", test_rate);

  return g_test_run ();
}
