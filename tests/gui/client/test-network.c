/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The network changes, and the machine sleeps: what is lost is found out at once, and what is there again is used at once. */
#include "script-server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "fake-network.h"

#define HOUR_MS 3600000

typedef struct
{
  ScriptServer *server;
  WcClient *client;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  fake_network_change (TRUE);
  f->server = script_server_new ();
  f->client = test_client_new ();
  script_login (f->server, f->client, NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  test_client_finish (f->client);
  script_server_free (f->server);
}

/* The connection is gone, and the next try is an hour away. */
static void
wait_long (Fixture *f)
{
  f->client->timing.retry_min = f->client->timing.retry_max = HOUR_MS;
  script_stop_listening (f->server);
  script_hang_up (f->server);
  wait_for (wc_client_get_state (f->client) == WC_STATE_WAITING);
  g_assert_cmpint (wc_client_get_retry_time (f->client), >, g_get_monotonic_time () + HOUR_MS * (gint64) 1000 / 4);
}

static void
welcome (Fixture *f)
{
  script_welcome (f->server);
  wait_for (wc_client_get_state (f->client) == WC_STATE_ONLINE);
  g_assert_null (wc_client_get_error (f->client));
  g_assert_cmpint (wc_client_get_retry_time (f->client), ==, 0);
}

static void
test_back (Fixture *f, gconstpointer data)
{
  wait_long (f);
  fake_network_change (FALSE);
  g_assert_cmpuint (f->client->network.nudge_source, ==, 0);
  script_listen (f->server);
  f->client->attempt = 7;
  fake_network_change (TRUE);
  g_assert_cmpuint (f->client->attempt, ==, 0);
  welcome (f);
}

static void
count_connecting_cb (WcClient *client, GParamSpec *pspec, gpointer user_data)
{
  if (wc_client_get_state (client) == WC_STATE_CONNECTING)
    ++*(guint *) user_data;
}

/* A network of one's own, without a way to anywhere else. */
static void
test_local (Fixture *f, gconstpointer data)
{
  fake_network_change (FALSE);
  wait_long (f);
  script_listen (f->server);
  fake_network_change (FALSE);
  welcome (f);
}

/* Comes and goes many times: one try, and the next one not before it has had some time to calm down. */
static void
test_flapping (Fixture *f, gconstpointer data)
{
  guint n_tries = 0;
  guint first;

  wait_long (f);
  f->client->timing.settle = 1;
  f->client->timing.calm = HOUR_MS;
  g_signal_connect (f->client, "notify::state", G_CALLBACK (count_connecting_cb), &n_tries);
  for (guint i = 0; i < 50; i++)
    fake_network_change (i % 2 != 0);
  first = f->client->network.nudge_source;
  g_assert_cmpuint (first, !=, 0);
  wait_for (n_tries > 0 && wc_client_get_state (f->client) == WC_STATE_WAITING);
  g_assert_error (wc_client_get_error (f->client), WC_ERROR, WC_ERROR_REFUSED);
  for (guint i = 0; i < 50; i++)
    fake_network_change (i % 2 != 0);
  g_assert_cmpuint (f->client->network.nudge_source, !=, 0);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (n_tries, ==, 1);

  /* By hand it goes at once. */
  script_listen (f->server);
  wc_client_retry_now (f->client);
  welcome (f);
}

static void
test_probe_alive (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 5; i++)
    fake_network_change (i % 2 != 0);
  script_expect (f->server, "PING probe-1");
  g_assert_true (script_is_quiet (f->server));
  script_say (f->server, "PONG probe-1\n");
  wait_for (f->client->network.probe_source == 0);
  g_assert_cmpint (wc_client_get_state (f->client), ==, WC_STATE_ONLINE);

  fake_network_change (TRUE);
  script_expect (f->server, "PING probe-2");
}

/* It is another network now, and the connection is of no use; nothing says so. */
static void
test_probe_dead (Fixture *f, gconstpointer data)
{
  f->client->timing.probe = 40;
  fake_network_change (TRUE);
  script_expect (f->server, "PING probe-1");
  wait_for (wc_client_get_state (f->client) == WC_STATE_WAITING);
  g_assert_error (wc_client_get_error (f->client), WC_ERROR, WC_ERROR_NO_ANSWER);
  welcome (f);
}

/* What the old network's connection had received already is no sign of life. */
static void
test_probe_late_answer (Fixture *f, gconstpointer data)
{
  f->client->timing.probe = 200;
  fake_network_change (TRUE);
  f->client->network.probe_sent += G_USEC_PER_SEC; /* so slow is the test, it may be */
  script_say (f->server, "PONG alive\n");
  wait_for (wc_client_get_state (f->client) == WC_STATE_WAITING);
  g_assert_error (wc_client_get_error (f->client), WC_ERROR, WC_ERROR_NO_ANSWER);
  welcome (f);
}

static int
keep_idle (WcClient *client)
{
  int seconds = 0;

  g_assert_true (g_socket_get_option (wc_connection_get_socket (client->connection), IPPROTO_TCP, TCP_KEEPIDLE, &seconds, NULL));

  return seconds;
}

static void
test_probe_base (void)
{
  g_autoptr (ScriptServer) server = script_server_new ();
  WcClient *client = test_client_new ();

  script_login_base (server, client);
  client->timing.probe = 200;
  g_assert_cmpint (keep_idle (client), >, 5);
  fake_network_change (TRUE);
  g_assert_cmpint (keep_idle (client), ==, 1);
  wait_for (client->network.probe_source == 0);
  g_assert_cmpint (keep_idle (client), >, 5);
  g_assert_cmpint (wc_client_get_state (client), ==, WC_STATE_ONLINE);

  test_client_finish (client);
}

/* A try that began on the network that is no more. */
static void
test_hurry (Fixture *f, gconstpointer data)
{
  wait_long (f);
  f->client->timing.login = HOUR_MS;
  f->client->timing.probe = 20;
  script_listen (f->server);
  wc_client_retry_now (f->client);
  script_accept (f->server);
  wait_for (wc_client_get_state (f->client) == WC_STATE_AUTHENTICATING);
  for (guint i = 0; i < 10; i++)
    fake_network_change (TRUE);
  wait_for (wc_client_get_state (f->client) == WC_STATE_WAITING);
  script_expect (f->server, "HELLO alice 2");
  script_expect_end (f->server);
  wc_client_retry_now (f->client);
  welcome (f);
}

/* A resolver that never answers: a connection does not get anywhere. */
#define TYPE_STUCK_RESOLVER (stuck_resolver_get_type ())
G_DECLARE_FINAL_TYPE (StuckResolver, stuck_resolver, STUCK, RESOLVER, GResolver)

struct _StuckResolver
{
  GResolver parent_instance;

  guint n_asked;
};

G_DEFINE_FINAL_TYPE (StuckResolver, stuck_resolver, G_TYPE_RESOLVER)

static gboolean
stuck_cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  g_task_return_error_if_cancelled (user_data);

  return G_SOURCE_REMOVE;
}

static void
stuck_resolver_lookup_async (GResolver *resolver, const char *name, GResolverNameLookupFlags flags, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (resolver, cancellable, callback, user_data);
  g_autoptr (GSource) source = g_cancellable_source_new (cancellable);

  STUCK_RESOLVER (resolver)->n_asked++;
  g_source_set_callback (source, G_SOURCE_FUNC (stuck_cancelled_cb), task, g_object_unref);
  g_source_attach (source, NULL);
}

static GList *
stuck_resolver_lookup_finish (GResolver *resolver, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
stuck_resolver_class_init (StuckResolverClass *klass)
{
  G_RESOLVER_CLASS (klass)->lookup_by_name_with_flags_async = stuck_resolver_lookup_async;
  G_RESOLVER_CLASS (klass)->lookup_by_name_with_flags_finish = stuck_resolver_lookup_finish;
}

static void
stuck_resolver_init (StuckResolver *self)
{
}

static void
let_go_on (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* It had not even got through when there was another network: it begins anew at once. */
static void
test_begin_anew (Fixture *f, gconstpointer data)
{
  g_autoptr (GResolver) usual = g_resolver_get_default ();
  g_autoptr (StuckResolver) stuck = g_object_new (TYPE_STUCK_RESOLVER, NULL);
  guint n_asked;

  wait_long (f);
  f->client->timing.login = 2 * HOUR_MS;
  f->client->timing.probe = HOUR_MS;
  f->client->timing.calm = HOUR_MS;
  g_resolver_set_default (G_RESOLVER (stuck));
  g_free (f->client->host);
  f->client->host = g_strdup ("chat.lab");
  wc_client_retry_now (f->client);
  wait_for (stuck->n_asked > 0);
  let_go_on ();
  n_asked = stuck->n_asked; /* for each family of addresses */
  fake_network_change (TRUE);
  fake_network_change (TRUE);
  wait_for (stuck->n_asked > n_asked);
  let_go_on ();
  g_assert_cmpint (wc_client_get_state (f->client), ==, WC_STATE_CONNECTING);
  g_assert_cmpuint (stuck->n_asked, ==, 2 * n_asked);

  /* Once in a while. */
  fake_network_change (TRUE);
  let_go_on ();
  g_assert_cmpuint (stuck->n_asked, ==, 2 * n_asked);
  wc_client_logout (f->client);
  let_go_on ();
  g_resolver_set_default (usual);
}

static void
test_sleep_online (Fixture *f, gconstpointer data)
{
  fake_sleep (1);
  wc_client_check_sleep (f->client);
  g_assert_cmpuint (f->client->network.probe_source, ==, 0);
  fake_sleep (600);
  wc_client_check_sleep (f->client);
  script_expect (f->server, "PING probe-1");
  script_say (f->server, "PONG probe-1\n");
  wait_for (f->client->network.probe_source == 0);
  wc_client_check_sleep (f->client);
  g_assert_cmpuint (f->client->network.probe_source, ==, 0);

  /* The keep-alive sees it by itself. */
  f->client->timing.ping_after = 20;
  script_hang_up (f->server);
  welcome (f);
  script_expect_lists (f->server);
  fake_sleep (600);
  while (strcmp (script_expect (f->server, "PING *"), "PING probe-2") != 0)
    ;
}

static void
test_sleep_waiting (Fixture *f, gconstpointer data)
{
  wait_long (f);
  script_listen (f->server);
  fake_sleep (600);
  wc_client_check_sleep (f->client);
  welcome (f);
}

/* The kernel says so when the clock is set; and nothing is heard after a logout. */
static void
test_watch (Fixture *f, gconstpointer data)
{
  g_assert_cmpint (f->client->network.clock_fd, >=, 0);
  g_assert_cmpuint (f->client->network.clock_source, !=, 0);
  wc_client_logout (f->client);
  g_assert_cmpint (f->client->network.clock_fd, ==, -1);
  fake_network_change (TRUE);
  fake_sleep (600);
  wc_client_check_sleep (f->client);
  g_assert_cmpuint (f->client->network.nudge_source, ==, 0);
  g_assert_cmpint (wc_client_get_state (f->client), ==, WC_STATE_OFFLINE);
}

/* However it dies, half a minute is enough. */
static void
test_usual_times (void)
{
  g_autoptr (WcClient) client = wc_client_new ();

  g_assert_cmpuint (client->timing.ping_after, >, 0);
  g_assert_cmpuint (client->timing.ping_after, <, client->timing.dead_after);
  g_assert_cmpuint (client->timing.dead_after, <, 30000);
  g_assert_cmpuint (client->timing.probe, <, 10000);
}

/* What a failure means where there is no network at all. */
static void
test_no_network (void)
{
  static const struct { const char *host; gboolean available; WcError error, refined; } rows[] = {
    { "chat.lab", FALSE, WC_ERROR_NAME_NOT_FOUND, WC_ERROR_NO_NETWORK },
    { "chat.lab", FALSE, WC_ERROR_NO_ANSWER, WC_ERROR_NO_NETWORK },
    { "chat.lab", FALSE, WC_ERROR_REFUSED, WC_ERROR_REFUSED },
    { "chat.lab", FALSE, WC_ERROR_DECLINED, WC_ERROR_DECLINED },
    { "chat.lab", FALSE, WC_ERROR_BUSY, WC_ERROR_BUSY },
    { "chat.lab", TRUE, WC_ERROR_NAME_NOT_FOUND, WC_ERROR_NAME_NOT_FOUND },
    { "chat.lab", TRUE, WC_ERROR_NO_ANSWER, WC_ERROR_NO_ANSWER },
    { "127.0.0.1", FALSE, WC_ERROR_NO_ANSWER, WC_ERROR_NO_ANSWER },
    { "localhost", FALSE, WC_ERROR_NO_ANSWER, WC_ERROR_NO_ANSWER },
    { "::1", FALSE, WC_ERROR_NO_ANSWER, WC_ERROR_NO_ANSWER },
  };
  WcClient *client = test_client_new ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = g_error_new_literal (WC_ERROR, (int) rows[i].error, "What.\ndetails");
      g_autoptr (GError) refined = NULL;

      fake_network_change (rows[i].available);
      g_free (client->host);
      client->host = g_strdup (rows[i].host);
      refined = wc_client_refine_error (client, error);
      g_assert_error (refined, WC_ERROR, (int) rows[i].refined);
      g_assert_true (g_str_has_suffix (refined->message, "\ndetails"));
    }
  fake_network_change (TRUE);

  test_client_finish (client);
}

#define ADD(name, func) g_test_add ("/client/network/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("back", test_back);
  ADD ("local", test_local);
  ADD ("flapping", test_flapping);
  ADD ("probe-alive", test_probe_alive);
  ADD ("probe-dead", test_probe_dead);
  ADD ("probe-late-answer", test_probe_late_answer);
  g_test_add_func ("/client/network/probe-base", test_probe_base);
  ADD ("hurry", test_hurry);
  ADD ("begin-anew", test_begin_anew);
  ADD ("sleep-online", test_sleep_online);
  ADD ("sleep-waiting", test_sleep_waiting);
  ADD ("watch", test_watch);
  g_test_add_func ("/client/network/usual-times", test_usual_times);
  g_test_add_func ("/client/network/no-network", test_no_network);

  return g_test_run ();
}
