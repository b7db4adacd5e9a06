/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What needs no server: addresses, the Client-ID file, entries, the order of a log. */
#include "script-server.h"

#include <string.h>

#include "client/entry-private.h"
#include "client/log-private.h"
#include "tests/util/server.h"

static void
test_address (void)
{
  /* formatted: the shortest way to write it, where it is another one */
  static const struct { const char *text; const char *host; guint16 port; gboolean tls; const char *formatted; } rows[] = {
    { "localhost", "localhost", 5000, FALSE, NULL },
    { " localhost:5001\n", "localhost", 5001, TRUE, "localhost:5001" },
    { "tls://localhost", "localhost", 5001, TRUE, "localhost:5001" },
    { "tls://localhost:5000", "localhost", 5000, TRUE, NULL },
    { "plain://localhost:5001", "localhost", 5001, FALSE, NULL },
    { "plain://localhost", "localhost", 5000, FALSE, "localhost" },
    { "Box.LocalHost:7", "Box.LocalHost", 7, FALSE, NULL },
    { "chat.lab", "chat.lab", 5001, TRUE, NULL },
    { "chat.lab:5000", "chat.lab", 5000, TRUE, NULL },
    { "chat.lab:5001", "chat.lab", 5001, TRUE, "chat.lab" },
    { "chat.lab:65535", "chat.lab", 65535, TRUE, NULL },
    { "tls://chat.lab:70", "chat.lab", 70, TRUE, "chat.lab:70" },
    { "plain://chat.lab", "chat.lab", 5000, FALSE, NULL },
    { "PLAIN://chat.lab:5000", "chat.lab", 5000, FALSE, "plain://chat.lab" },
    { "plain://chat.lab:5001", "chat.lab", 5001, FALSE, NULL },
    { "notlocalhost", "notlocalhost", 5001, TRUE, NULL },
    { "127.0.0.1:1", "127.0.0.1", 1, FALSE, NULL },
    { "127.1.2.3", "127.1.2.3", 5000, FALSE, NULL },
    { "127.0.0.1.example", "127.0.0.1.example", 5001, TRUE, NULL },
    { "192.168.1.2", "192.168.1.2", 5001, TRUE, NULL },
    { "[::1]", "::1", 5000, FALSE, NULL },
    { "[::1]:5001", "::1", 5001, TRUE, NULL },
    { "[2001:db8::1]", "2001:db8::1", 5001, TRUE, NULL },
    { "plain://[2001:db8::1]:80", "2001:db8::1", 80, FALSE, NULL },
    { "[fe80::1%eth0]:5001", "fe80::1%eth0", 5001, TRUE, "[fe80::1%eth0]" },
    { "müller.example", "müller.example", 5001, TRUE, NULL },
    { "", NULL, 0, FALSE, NULL },
    { "   ", NULL, 0, FALSE, NULL },
    { ":5000", NULL, 0, FALSE, NULL },
    { "host:", NULL, 0, FALSE, NULL },
    { "host:0", NULL, 0, FALSE, NULL },
    { "host:65536", NULL, 0, FALSE, NULL },
    { "host:+5", NULL, 0, FALSE, NULL },
    { "host:50x", NULL, 0, FALSE, NULL },
    { "::1", NULL, 0, FALSE, NULL },
    { "[::1", NULL, 0, FALSE, NULL },
    { "[::1]5000", NULL, 0, FALSE, NULL },
    { "[::1]:", NULL, 0, FALSE, NULL },
    { "[localhost]", NULL, 0, FALSE, NULL },
    { "[127.0.0.1]", NULL, 0, FALSE, NULL },
    { "two words", NULL, 0, FALSE, NULL },
    { "http://host", NULL, 0, FALSE, NULL },
    { "tls://", NULL, 0, FALSE, NULL },
    { "plain://:5000", NULL, 0, FALSE, NULL },
    { "tls://plain://host", NULL, 0, FALSE, NULL },
    { "tls:host", NULL, 0, FALSE, NULL },
    { "user@host", NULL, 0, FALSE, NULL },
    { "-host", NULL, 0, FALSE, NULL },
    { "\xff\xfe", NULL, 0, FALSE, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *host = NULL, *formatted = NULL;
      g_autoptr (GError) error = NULL;
      guint16 port = 0;
      gboolean tls = FALSE;
      gboolean ok = wc_address_parse (rows[i].text, &host, &port, &tls, &error);

      g_test_message ("row %u", i);
      g_assert_cmpstr (host, ==, rows[i].host);
      g_assert_cmpint (ok, ==, rows[i].host != NULL);
      if (!ok)
        {
          g_assert_error (error, WC_ERROR, WC_ERROR_BAD_ADDRESS);
          continue;
        }
      g_assert_cmpuint (port, ==, rows[i].port);
      g_assert_cmpint (tls, ==, rows[i].tls);
      formatted = wc_address_format (host, port, tls);
      g_assert_cmpstr (formatted, ==, rows[i].formatted != NULL ? rows[i].formatted : rows[i].text);
    }
}

typedef struct
{
  gboolean done;
  char *id;
  GError *error;
} FileAnswer;

static void
load_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  FileAnswer *answer = user_data;

  answer->id = wc_client_id_load_finish (result, &answer->error);
  answer->done = TRUE;
}

static void
save_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  FileAnswer *answer = user_data;

  g_assert_cmpint (wc_client_id_save_finish (result, &answer->error), ==, answer->error == NULL);
  answer->done = TRUE;
}

static void
load (GFile *folder, FileAnswer *answer)
{
  g_clear_pointer (&answer->id, g_free);
  g_clear_error (&answer->error);
  answer->done = FALSE;
  wc_client_id_load_async (folder, NULL, load_cb, answer);
  wait_for (answer->done);
}

static void
save (GFile *folder, const char *id, FileAnswer *answer)
{
  g_clear_error (&answer->error);
  answer->done = FALSE;
  wc_client_id_save_async (folder, id, NULL, save_cb, answer);
  wait_for (answer->done);
}

static void
test_id_file (void)
{
  g_autofree char *top = test_make_folder ();
  g_autofree char *path = g_build_filename (top, "a", "b", NULL);
  g_autofree char *file = g_build_filename (path, "Client-ID", NULL);
  g_autoptr (GFile) folder = g_file_new_for_path (path);
  g_autofree char *big = g_strnfill (100000, 'x');
  static const char *const bad[] = { "", "\n", "two words", "bö", "-x", "a\nb" };
  FileAnswer answer = { 0 };

  load (folder, &answer);
  g_assert_no_error (answer.error);
  g_assert_null (answer.id);

  save (folder, "alice", &answer);
  g_assert_no_error (answer.error);
  load (folder, &answer);
  g_assert_cmpstr (answer.id, ==, "alice");
  save (folder, "bob.2", &answer);
  load (folder, &answer);
  g_assert_cmpstr (answer.id, ==, "bob.2");

  save (folder, "not an id", &answer);
  g_assert_error (answer.error, WC_ERROR, WC_ERROR_BAD_ID);

  g_assert_true (g_file_set_contents (file, "carol\r\n", -1, NULL));
  load (folder, &answer);
  g_assert_cmpstr (answer.id, ==, "carol");
  g_assert_true (g_file_set_contents (file, big, -1, NULL));
  load (folder, &answer);
  g_assert_error (answer.error, WC_ERROR, WC_ERROR_BAD_ID);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_true (g_file_set_contents (file, bad[i], -1, NULL));
      load (folder, &answer);
      g_assert_error (answer.error, WC_ERROR, WC_ERROR_BAD_ID);
    }

  /* Where nothing can be written. */
  {
    g_autoptr (GFile) under_file = g_file_get_child (folder, "Client-ID/x");

    save (under_file, "alice", &answer);
    g_assert_nonnull (answer.error);
  }

  g_clear_error (&answer.error);
  g_free (answer.id);
  test_remove_folder (top);
}

static void
count_cb (GObject *object, GParamSpec *pspec, gpointer user_data)
{
  (*(guint *) user_data)++;
}

static void
test_entry (void)
{
  WcEntry *entry = wc_entry_new_message ("alice", TRUE, "hi", 0, 5, WC_DELIVERY_WAITING);
  guint n = 0;

  g_signal_connect (entry, "notify", G_CALLBACK (count_cb), &n);
  wc_entry_set_delivery (entry, WC_DELIVERY_WAITING, NULL);
  g_assert_cmpuint (n, ==, 0);
  wc_entry_set_delivery (entry, WC_DELIVERY_FAILED, "why");
  g_assert_cmpuint (n, ==, 2);
  g_assert_cmpstr (wc_entry_get_error (entry), ==, "why");
  wc_entry_set_stored (entry, 7, 9, WC_DELIVERY_STORED);
  g_assert_cmpuint (n, ==, 6);
  g_assert_null (wc_entry_get_error (entry));
  g_assert_cmpuint (wc_entry_get_seq (entry), ==, 7);
  g_assert_cmpint (wc_entry_get_time (entry), ==, 9);
  g_assert_finalize_object (entry);

  entry = wc_entry_new_event (WC_EVENT_BUSY, 5);
  g_assert_null (wc_entry_get_from (entry));
  g_assert_null (wc_entry_get_text (entry));
  g_assert_finalize_object (entry);
}

static void
append (WcLog *log, const char *text, WcDelivery delivery)
{
  g_autoptr (WcEntry) entry = wc_entry_new_message ("alice", TRUE, text, 0, 5, delivery);

  wc_log_append (log, entry);
}

static void
test_log_order (void)
{
  WcClient *client = wc_client_new ();
  WcConversation *bob = wc_client_get_conversation (client, "bob");
  WcLog *log = wc_conversation_get_log (bob);
  g_autoptr (WcEntry) started = wc_entry_new_event (WC_EVENT_STARTED, 5);
  g_autoptr (WcEntry) waiting = NULL;
  g_autoptr (WcLog) pane = wc_log_new (bob);

  append (log, "one", WC_DELIVERY_STORED);
  append (log, "two", WC_DELIVERY_WAITING);
  append (log, "three", WC_DELIVERY_WAITING);
  wc_log_append (log, started);
  append (log, "four", WC_DELIVERY_STORED);
  assert_log (log, "alice: one [stored]\n* started\nalice: four [stored]\nalice: two [waiting]\nalice: three [waiting]\n");
  g_assert_null (g_list_model_get_item (G_LIST_MODEL (log), 5));

  waiting = g_list_model_get_item (G_LIST_MODEL (log), 4);
  wc_entry_set_delivery (waiting, WC_DELIVERY_FAILED, "why");
  wc_log_settle (log, waiting);
  assert_log (log, "alice: one [stored]\n* started\nalice: four [stored]\nalice: three [failed]\nalice: two [waiting]\n");

  /* A window outlives the client. */
  g_assert_finalize_object (client);
  g_assert_null (wc_log_get_conversation (pane));
  wc_log_load_newest (pane);
  wc_log_load_older (pane);
  g_assert_error (wc_log_get_error (pane), WC_ERROR, WC_ERROR_CLOSED);
}

/* However much a server sends, the window stays bounded. */
static void
test_log_trim (void)
{
  WcClient *client = wc_client_new ();
  WcLog *log = wc_conversation_get_log (wc_client_get_conversation (client, "bob"));

  for (guint i = 1; i <= WC_LOG_MAX + 10; i++)
    {
      g_autoptr (WcEntry) entry = wc_entry_new_message ("bob", FALSE, "x", i, 5, WC_DELIVERY_NONE);

      wc_log_add (log, entry);
      g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (log)), <=, WC_LOG_MAX);
      g_assert_cmpuint (log->last_seq, ==, i);
    }
  g_assert_cmpuint (log->first_seq, ==, log->last_seq + 1 - g_list_model_get_n_items (G_LIST_MODEL (log)));
  g_assert_true (wc_log_get_has_older (log));
  g_assert_finalize_object (client);
}

static void
test_conversation (void)
{
  WcClient *client = wc_client_new ();
  WcConversation *bob = wc_client_get_conversation (client, "bob");
  g_autoptr (GError) error = NULL;
  guint n = 0;

  g_assert_true (wc_client_get_conversation (client, "bob") == bob);
  g_assert_null (wc_client_get_conversation (client, ""));
  g_assert_null (wc_client_get_conversation (client, "#room"));
  g_assert_true (wc_conversation_get_client (bob) == client);
  g_assert_cmpstr (wc_conversation_get_draft (bob), ==, "");
  g_signal_connect (bob, "notify", G_CALLBACK (count_cb), &n);
  wc_conversation_set_draft (bob, "half a");
  wc_conversation_set_draft (bob, "half a");
  wc_conversation_mark_read (bob);
  wc_conversation_request_chat (bob);
  wc_conversation_end_chat (bob);
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpstr (wc_conversation_get_draft (bob), ==, "half a");
  g_assert_false (wc_conversation_send (bob, "hi", &error));
  g_assert_error (error, WC_ERROR, WC_ERROR_CLOSED);

  g_object_add_weak_pointer (G_OBJECT (bob), (gpointer *) &bob);
  g_assert_finalize_object (client);
  g_assert_null (bob);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client/model/address", test_address);
  g_test_add_func ("/client/model/id-file", test_id_file);
  g_test_add_func ("/client/model/entry", test_entry);
  g_test_add_func ("/client/model/log-order", test_log_order);
  g_test_add_func ("/client/model/log-trim", test_log_trim);
  g_test_add_func ("/client/model/conversation", test_conversation);

  return g_test_run ();
}
