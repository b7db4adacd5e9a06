/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A start with what an earlier login has left: it shows at once, whatever the network does. */
#include "script-server.h"

#include <string.h>

typedef struct
{
  GFile *folder;
  ScriptServer *server;
  WcClient *client;
} Fixture;

/* As a login of that person would have left it. */
static void
leave (Fixture *f, const char *client_id)
{
  WcCache *cache = wc_cache_open (f->folder, script_address (f->server), client_id, NULL, NULL);

  wc_cache_set_marks (cache, "bob", 0, 0, 0, 0);
  wc_cache_close (cache);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->folder = test_folder_new ();
  f->server = script_server_new ();
  f->client = test_client_new ();
  wc_client_set_folder (f->client, f->folder);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  test_client_finish (f->client);
  script_server_free (f->server);
  test_folder_free (f->folder);
}

static void
stop_waiting_by_itself (Fixture *f)
{
  f->client->timing.retry_min = f->client->timing.retry_max = 3600000;
}

/* Nothing is kept yet: a login is as it always was. */
static void
test_first (Fixture *f, gconstpointer data)
{
  g_auto (Login) login = { 0 };

  script_stop_listening (f->server);
  login_start (&login, f->client, script_address (f->server), "alice", NULL);
  g_assert_cmpint (wc_client_get_state (f->client), ==, WC_STATE_CONNECTING);
  wait_for (login.done);
  g_assert_error (login.error, WC_ERROR, WC_ERROR_REFUSED);
  g_assert_false (wc_client_get_ready (f->client));
  g_assert_cmpint (wc_client_get_state (f->client), ==, WC_STATE_OFFLINE);

  script_listen (f->server);
  login_clear (&login);
  login_start (&login, f->client, script_address (f->server), "alice", NULL);
  script_welcome (f->server);
  wait_for (login.done);
  g_assert_no_error (login.error);
  g_assert_true (wc_client_get_ready (f->client));
  g_assert_null (wc_client_get_cache_error (f->client));
}

static void
test_offline (Fixture *f, gconstpointer data)
{
  g_auto (Login) login = { 0 };

  leave (f, "alice");
  stop_waiting_by_itself (f);
  script_stop_listening (f->server);
  login_start (&login, f->client, script_address (f->server), "alice", NULL);
  wait_for (login.done);
  g_assert_no_error (login.error);
  g_assert_true (login.ok);
  g_assert_true (wc_client_get_ready (f->client));
  g_assert_cmpint (wc_client_get_state (f->client), ==, WC_STATE_WAITING);
  g_assert_error (wc_client_get_error (f->client), WC_ERROR, WC_ERROR_REFUSED);
  g_assert_cmpint (wc_client_get_retry_time (f->client), >, g_get_monotonic_time ());

  script_listen (f->server);
  wc_client_retry_now (f->client);
  script_welcome (f->server);
  wait_for (wc_client_get_state (f->client) == WC_STATE_ONLINE);
  g_assert_null (wc_client_get_error (f->client));
}

static void
ready_cb (WcClient *client, GParamSpec *pspec, gpointer user_data)
{
  /* Shown before there is a connection. */
  *(WcState *) user_data = wc_client_get_state (client);
}

static void
test_online (Fixture *f, gconstpointer data)
{
  WcState state_when_ready = WC_STATE_OFFLINE;
  g_auto (Login) login = { 0 };

  leave (f, "alice");
  g_signal_connect (f->client, "notify::ready", G_CALLBACK (ready_cb), &state_when_ready);
  login_start (&login, f->client, script_address (f->server), "alice", NULL);
  script_welcome (f->server);
  wait_for (login.done);
  g_assert_no_error (login.error);
  g_assert_cmpint (state_when_ready, ==, WC_STATE_CONNECTING);
  g_assert_cmpint (wc_client_get_state (f->client), ==, WC_STATE_ONLINE);
}

/* What else may go wrong, and come right later. */
static const struct
{
  const char *name;
  const char *answer;
  WcError code;
} troubles[] = {
  { "busy", "ERROR busy full\n", WC_ERROR_BUSY },
  { "closed", "", WC_ERROR_CLOSED },
  { "portal", "HTTP/1.1 302 Found\r\n\r\n", WC_ERROR_NOT_WEBCHAT },
  { "refused-by-rule", "ERROR not-allowed no\n", WC_ERROR_FAILED },
};

static void
test_trouble (Fixture *f, gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_auto (Login) login = { 0 };

  leave (f, "alice");
  login_start (&login, f->client, script_address (f->server), "alice", NULL);
  script_accept (f->server);
  script_expect (f->server, "HELLO alice 2");
  script_say (f->server, "%s", troubles[i].answer);
  script_hang_up (f->server);
  wait_for (login.done);
  g_assert_no_error (login.error);
  g_assert_error (wc_client_get_error (f->client), WC_ERROR, (int) troubles[i].code);
  script_welcome (f->server);
  wait_for (wc_client_get_state (f->client) == WC_STATE_ONLINE);
}

/* It listens, and says nothing. */
static void
test_stuck (Fixture *f, gconstpointer data)
{
  g_auto (Login) login = { 0 };

  leave (f, "alice");
  stop_waiting_by_itself (f);
  f->client->timing.login = 100;
  login_start (&login, f->client, script_address (f->server), "alice", NULL);
  wait_for (login.done);
  g_assert_no_error (login.error);
  g_assert_error (wc_client_get_error (f->client), WC_ERROR, WC_ERROR_NO_ANSWER);
}

/* The server's word is final; but nothing is deleted for it. */
static void
test_declined (Fixture *f, gconstpointer data)
{
  g_auto (Login) login = { 0 };

  leave (f, "alice");
  for (guint i = 0; i < 2; i++)
    {
      login_clear (&login);
      login_start (&login, f->client, script_address (f->server), "alice", NULL);
      script_accept (f->server);
      script_expect (f->server, "HELLO alice 2");
      g_assert_cmpint (wc_client_get_ready (f->client), ==, i == 0);
      script_say (f->server, "DECLINED\n");
      wait_for (login.done);
      g_assert_error (login.error, WC_ERROR, WC_ERROR_DECLINED);
      g_assert_error (wc_client_get_error (f->client), WC_ERROR, WC_ERROR_DECLINED);
      g_assert_cmpint (wc_client_get_state (f->client), ==, WC_STATE_OFFLINE);
      g_assert_false (wc_client_get_ready (f->client));
    }

  /* The same from a new start. */
  test_client_finish (f->client);
  f->client = test_client_new ();
  wc_client_set_folder (f->client, f->folder);
  script_stop_listening (f->server);
  login_clear (&login);
  login_start (&login, f->client, script_address (f->server), "alice", NULL);
  wait_for (login.done);
  g_assert_no_error (login.error);
}

/* Each login has its own; and however the server's name is written, it is the same. */
static void
test_others (Fixture *f, gconstpointer data)
{
  const char *port = strchr (script_address (f->server), ':');
  g_autofree char *upper = g_strconcat ("LocalHost", port, NULL), *lower = g_strconcat ("localhost", port, NULL);
  g_auto (Login) login = { 0 };
  WcCache *cache;

  leave (f, "alice");
  script_stop_listening (f->server);
  login_start (&login, f->client, script_address (f->server), "carol", NULL);
  wait_for (login.done);
  g_assert_error (login.error, WC_ERROR, WC_ERROR_REFUSED);

  login_clear (&login);
  login_start (&login, f->client, script_address (f->server), "alice", NULL);
  wait_for (wc_client_get_ready (f->client));
  wait_for (login.done);
  g_assert_no_error (login.error);

  login_clear (&login);
  login_start (&login, f->client, script_address (f->server), "carol", NULL);
  g_assert_false (wc_client_get_ready (f->client));
  wait_for (login.done);
  g_assert_error (login.error, WC_ERROR, WC_ERROR_REFUSED);

  cache = wc_cache_open (f->folder, lower, "alice", NULL, NULL);
  wc_cache_set_marks (cache, "bob", 0, 0, 0, 0);
  wc_cache_close (cache);
  login_clear (&login);
  login_start (&login, f->client, upper, "alice", NULL);
  wait_for (login.done);
  g_assert_no_error (login.error);
  g_assert_cmpint (wc_client_get_state (f->client), !=, WC_STATE_OFFLINE);
}

/* Given up while the file is being read, and begun anew. */
static void
test_given_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (Login) first = { 0 }, second = { 0 }, third = { 0 };

  leave (f, "alice");
  login_start (&first, f->client, script_address (f->server), "alice", cancellable);
  g_cancellable_cancel (cancellable);
  wait_for (first.done);
  g_assert_error (first.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (wc_client_get_state (f->client), ==, WC_STATE_OFFLINE);
  wait_for (!f->client->loading);
  g_assert_false (script_has_connection (f->server));

  login_start (&second, f->client, script_address (f->server), "carol", NULL);
  login_start (&third, f->client, script_address (f->server), "alice", NULL);
  wait_for (second.done);
  g_assert_error (second.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  script_welcome (f->server);
  wait_for (third.done);
  g_assert_no_error (third.error);

  /* Again as the same: nothing is read a second time, and it is ready all the while. */
  wc_client_logout (f->client);
  g_assert_true (wc_client_get_ready (f->client));
  login_clear (&third);
  login_start (&third, f->client, script_address (f->server), "alice", NULL);
  g_assert_false (f->client->loading);
  script_welcome (f->server);
  wait_for (third.done);
  g_assert_no_error (third.error);
  wc_client_logout (f->client);
  wc_client_set_folder (f->client, NULL);
  g_assert_null (f->client->cache);
}

/* Nothing can be kept: that is told, and is no hindrance. */
static void
test_no_room (Fixture *f, gconstpointer data)
{
  g_autoptr (GFile) file = g_file_get_child (f->folder, "file"), in_file = g_file_get_child (file, "cache");
  g_auto (Login) login = { 0 };

  g_file_replace_contents (file, "x", 1, NULL, FALSE, 0, NULL, NULL, NULL);
  wc_client_set_folder (f->client, in_file);
  login_start (&login, f->client, script_address (f->server), "alice", NULL);
  script_welcome (f->server);
  wait_for (login.done);
  g_assert_no_error (login.error);
  wait_for (wc_client_get_cache_error (f->client) != NULL);
  g_assert_cmpuint (strlen (wc_client_get_cache_error (f->client)->message), >, 10);
}

#define ADD(name, func) g_test_add ("/client/start/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("first", test_first);
  ADD ("offline", test_offline);
  ADD ("online", test_online);
  for (guint i = 0; i < G_N_ELEMENTS (troubles); i++)
    {
      g_autofree char *path = g_strconcat ("/client/start/trouble/", troubles[i].name, NULL);

      g_test_add (path, Fixture, GUINT_TO_POINTER (i), set_up, test_trouble, tear_down);
    }
  ADD ("stuck", test_stuck);
  ADD ("declined", test_declined);
  ADD ("others", test_others);
  ADD ("given-up", test_given_up);
  ADD ("no-room", test_no_room);

  return g_test_run ();
}
