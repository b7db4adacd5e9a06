/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages from the cache and from the server, with and without a connection. */
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cache/cache-private.h"
#include "client/log-private.h"
#include "script-server.h"
#include "shared/timestamp.h"

#define START 1700000000000
#define STEP 60000

typedef struct
{
  ScriptServer *server;
  WcClient *client;
  WcConversation *bob;
  GFile *folder;
  guint n;       /* messages on the server */
  guint n_asked; /* HISTORY_REQ */
  gboolean mute;
} Fixture;

/* --- A server with n messages --- */

static void
say_message (Fixture *f, guint seq)
{
  char time[WIRE_TIME_LEN + 1];

  wire_time_format (START + (gint64) seq * STEP, time);
  script_say (f->server, "@seq=%u;from=%s;time=%s HISTORY_RESP %u\n", seq, seq % 3 == 0 ? "alice" : "bob", time, seq);
}

static guint
tag (const char *line, const char *key, guint fallback)
{
  g_autofree char *tags = g_strndup (line, strcspn (line, " "));
  const char *at = strstr (tags, key);

  return at != NULL ? strtoul (at + strlen (key), NULL, 10) : fallback;
}

static void
answer_cb (ScriptServer *server, const char *line, gpointer user_data)
{
  Fixture *f = user_data;
  gboolean after = strstr (line, "after=") != NULL;
  guint limit = tag (line, "limit=", 50), first, last;

  if (strstr (line, " CONVERSATIONS") != NULL)
    {
      char time[WIRE_TIME_LEN + 1];

      wire_time_format (START + (gint64) f->n * STEP, time);
      script_say (server, "@last=%u;read=%u;time=%s CONVERSATION bob\nCONVERSATIONS_END\n", f->n, f->n, time);
    }
  if (strstr (line, " HISTORY_REQ bob") == NULL || f->mute)
    return;

  f->n_asked++;
  if (after)
    {
      first = MIN (tag (line, "after=", 0), f->n) + 1;
      last = MIN (first + limit - 1, f->n);
    }
  else
    {
      last = MIN (tag (line, "before=", f->n + 1) - 1, f->n);
      first = last >= limit ? last - limit + 1 : 1;
    }
  for (guint seq = first; seq <= last; seq++)
    say_message (f, seq);
  script_say (server, "@count=%u;last=%u;more=%d HISTORY_END bob\n", last + 1 - first, f->n, after ? last < f->n : first > 1);
}

/* --- The client --- */

static void
set_up (Fixture *f, gconstpointer data)
{
  f->folder = test_folder_new ();
  f->server = script_server_new ();
  f->client = test_client_new ();
  f->n = 100;
  wc_client_set_folder (f->client, f->folder);
}

/* The connection is there, and everything that is asked for because of it has been answered. */
static void
settle (Fixture *f)
{
  wait_for (f->bob->sync == NULL && f->bob->held == f->n && f->bob->pages->len == 0);
}

static void
log_in (Fixture *f)
{
  g_auto (Login) login = { 0 };

  login_start (&login, f->client, script_address (f->server), "alice", NULL);
  script_welcome (f->server);
  script_set_handler (f->server, answer_cb, f);
  wait_for (login.done);
  g_assert_no_error (login.error);
  f->bob = wc_client_get_conversation (f->client, "bob");
  script_say (f->server, "@state=online CLIENT bob\nCLIENTS_END\n");
  settle (f);
  f->n_asked = 0;
}

static void
go_offline (Fixture *f)
{
  script_stop_listening (f->server);
  script_hang_up (f->server);
  wait_for (wc_client_get_state (f->client) == WC_STATE_WAITING);
}

static void
come_back (Fixture *f)
{
  script_set_handler (f->server, NULL, NULL);
  script_listen (f->server);
  wc_client_retry_now (f->client);
  script_welcome (f->server);
  script_set_handler (f->server, answer_cb, f);
  wait_for (wc_client_get_state (f->client) == WC_STATE_ONLINE);
  script_say (f->server, "@state=online CLIENT bob\nCLIENTS_END\n");
  settle (f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  test_client_finish (f->client);
  script_server_free (f->server);
  test_folder_free (f->folder);
}

static void
assert_window (WcLog *log, guint64 first, guint64 last)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (log));

  g_assert_cmpuint (log->first_seq, ==, first);
  g_assert_cmpuint (log->last_seq, ==, last);
  g_assert_cmpuint (n, ==, last - first + 1);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (WcEntry) entry = g_list_model_get_item (G_LIST_MODEL (log), i);
      g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, first + i);

      g_assert_cmpuint (wc_entry_get_seq (entry), ==, first + i);
      g_assert_cmpstr (wc_entry_get_text (entry), ==, text);
      g_assert_cmpint (wc_entry_get_own (entry), ==, (first + i) % 3 == 0);
      g_assert_cmpint (wc_entry_get_delivery (entry) >= WC_DELIVERY_STORED, ==, wc_entry_get_own (entry));
    }
}

static void
load_older (WcLog *log)
{
  wc_log_load_older (log);
  wait_for (!wc_log_get_loading (log));
}

static void
load_newest (WcLog *log)
{
  wc_log_load_newest (log);
  wait_for (!wc_log_get_loading (log));
}

static void
result_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static int
jump (WcLog *log, guint64 seq, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  wc_log_jump_to_seq_async (log, seq, NULL, result_cb, &result);
  wait_for (result != NULL);

  return wc_log_jump_to_seq_finish (log, result, error);
}

/* --- The tests --- */

static void
test_kept (Fixture *f, gconstpointer data)
{
  g_autoptr (WcLog) first = NULL, second = NULL;

  log_in (f);
  first = wc_log_new (f->bob);
  load_newest (first);
  load_older (first);
  assert_window (first, 41, 100);
  g_assert_cmpuint (f->n_asked, >=, 1);

  /* The same once more asks nobody. */
  f->n_asked = 0;
  second = wc_log_new (f->bob);
  load_newest (second);
  load_older (second);
  assert_window (second, 41, 100);
  g_assert_cmpuint (f->n_asked, ==, 0);
  g_assert_true (wc_log_get_has_older (second));
  g_assert_false (wc_log_get_has_newer (second));

  /* To the beginning, and again. */
  load_older (second);
  load_older (second);
  assert_window (second, 1, 100);
  g_assert_false (wc_log_get_has_older (second));
  f->n_asked = 0;
  load_older (first);
  load_older (first);
  assert_window (first, 1, 100);
  g_assert_false (wc_log_get_has_older (first));
  g_assert_cmpuint (f->n_asked, ==, 0);
}

static void
test_offline (Fixture *f, gconstpointer data)
{
  g_autoptr (WcLog) before = NULL, log = NULL;

  log_in (f);
  before = wc_log_new (f->bob);
  load_newest (before);
  load_older (before);
  go_offline (f);

  log = wc_log_new (f->bob);
  load_newest (log);
  load_older (log);
  assert_window (log, 41, 100);
  g_assert_null (wc_log_get_error (log));
  load_older (log);
  g_assert_error (wc_log_get_error (log), WC_ERROR, WC_ERROR_CLOSED);
  g_assert_true (wc_log_get_has_older (log));
  assert_window (log, 41, 100);

  /* It comes by itself with the connection. */
  f->n = 102;
  come_back (f);
  wait_for (!wc_log_get_loading (log));
  g_assert_null (wc_log_get_error (log));
  assert_window (log, 11, 102);
}

/* The page was on its way. */
static void
test_cut_off (Fixture *f, gconstpointer data)
{
  g_autoptr (WcLog) log = NULL;

  log_in (f);
  log = wc_log_new (f->bob);
  load_newest (log);
  f->mute = TRUE;
  wc_log_load_older (log);
  wait_for (wc_history_get_waiting_since (f->client->history) != 0);
  go_offline (f);
  wait_for (!wc_log_get_loading (log));
  g_assert_error (wc_log_get_error (log), WC_ERROR, WC_ERROR_CLOSED);
  assert_window (log, 71, 100);
  f->mute = FALSE;
  come_back (f);
  wait_for (!wc_log_get_loading (log));
  g_assert_null (wc_log_get_error (log));
  assert_window (log, 41, 100);
}

/* The next start, and nothing answers. */
static void
test_start (Fixture *f, gconstpointer data)
{
  g_auto (Login) login = { 0 };
  g_autoptr (WcLog) before = NULL, log = NULL;

  log_in (f);
  before = wc_log_new (f->bob);
  load_newest (before);
  g_clear_object (&before);
  script_stop_listening (f->server);
  script_set_handler (f->server, NULL, NULL);
  test_client_finish (f->client);

  f->client = test_client_new ();
  wc_client_set_folder (f->client, f->folder);
  login_start (&login, f->client, script_address (f->server), "alice", NULL);
  wait_for (wc_client_get_ready (f->client));
  f->bob = wc_client_get_conversation (f->client, "bob");
  log = wc_log_new (f->bob);
  load_newest (log);
  assert_window (log, 71, 100);
  g_assert_false (wc_log_get_has_newer (log));
  load_older (log);
  g_assert_error (wc_log_get_error (log), WC_ERROR, WC_ERROR_CLOSED);
  g_assert_true (wc_log_get_has_older (log));

  f->n = 107;
  come_back (f);
  wait_for (!wc_log_get_loading (log) && log->last_seq == 107);
  assert_window (log, 41, 107);
}

/* A page that ends where the cache does. */
static void
test_partial (Fixture *f, gconstpointer data)
{
  g_autoptr (WcLog) before = NULL, log = NULL;
  g_autoptr (GError) error = NULL;

  log_in (f);
  before = wc_log_new (f->bob);
  g_assert_cmpint (jump (before, 60, &error), ==, 8);
  assert_window (before, 52, 89);
  go_offline (f);

  /* A hit, and where the cache does not have those before it. */
  log = wc_log_new (f->bob);
  g_assert_cmpint (jump (log, 80, &error), ==, 8);
  assert_window (log, 72, 89);
  g_assert_true (wc_log_get_has_newer (log));
  load_older (log);
  assert_window (log, 52, 89);
  load_older (log);
  g_assert_error (wc_log_get_error (log), WC_ERROR, WC_ERROR_CLOSED);
  g_assert_cmpint (jump (log, 85, &error), ==, 33);

  wc_log_reset (log, FALSE);
  g_assert_cmpint (jump (log, 53, &error), ==, 0);
  g_assert_no_error (error);
  assert_window (log, 53, 82);
  g_assert_cmpint (jump (log, 20, &error), ==, -1);
  g_assert_error (error, WC_ERROR, WC_ERROR_CLOSED);
  assert_window (log, 53, 82);
}

static void
test_jump (Fixture *f, gconstpointer data)
{
  g_autoptr (WcLog) log = NULL;
  g_autoptr (GError) error = NULL;

  log_in (f);
  log = wc_log_new (f->bob);
  g_assert_cmpint (jump (log, 50, &error), ==, 8);
  assert_window (log, 42, 79);
  g_assert_cmpint (jump (log, 1, &error), ==, 0);
  assert_window (log, 1, 38);
  g_assert_false (wc_log_get_has_older (log));
  g_assert_cmpint (jump (log, 100, &error), ==, 8);
  assert_window (log, 92, 100);
  g_assert_false (wc_log_get_has_newer (log));
  g_assert_no_error (error);
  g_assert_cmpint (jump (log, 101, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  assert_window (log, 92, 100);
}

/* What was asked for of a history that is no more is not kept. */
static void
test_replaced (Fixture *f, gconstpointer data)
{
  g_autoptr (WcLog) log = NULL;

  log_in (f);
  log = wc_log_new (f->bob);
  load_newest (log);
  f->mute = TRUE;
  wc_log_load_older (log);
  wait_for (f->bob->pages->len == 1);
  go_offline (f);
  f->mute = FALSE;
  f->n = 10;
  come_back (f);
  wait_for (!wc_log_get_loading (log));
  assert_window (log, 1, 10);
  f->n_asked = 0;
  wc_log_reset (log, FALSE);
  load_newest (log);
  assert_window (log, 1, 10);
  g_assert_false (wc_log_get_has_older (log));
}

static void
test_given_up (Fixture *f, gconstpointer data)
{
  g_autoptr (WcLog) log = NULL, other = NULL;

  log_in (f);
  log = wc_log_new (f->bob);
  other = wc_log_new (f->bob);
  wc_log_load_newest (log);
  wc_log_load_newest (other);
  g_clear_object (&other);
  wc_client_logout (f->client);
  wait_for (!wc_log_get_loading (log));
  wc_log_load_newest (log);
}

#define add(name, func) g_test_add ("/pages/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add ("kept", test_kept);
  add ("offline", test_offline);
  add ("cut-off", test_cut_off);
  add ("start", test_start);
  add ("partial", test_partial);
  add ("jump", test_jump);
  add ("replaced", test_replaced);
  add ("given-up", test_given_up);

  return g_test_run ();
}
