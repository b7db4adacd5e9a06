/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every way in, and every way not in. */
#include "script-server.h"

#include <string.h>

/* A resolver that knows no name: DNS is nothing that a test may depend on. */
#define TYPE_NO_RESOLVER (no_resolver_get_type ())
G_DECLARE_FINAL_TYPE (NoResolver, no_resolver, NO, RESOLVER, GResolver)

struct _NoResolver
{
  GResolver parent_instance;
};

G_DEFINE_FINAL_TYPE (NoResolver, no_resolver, G_TYPE_RESOLVER)

static void
no_resolver_lookup_async (GResolver *resolver, const char *name, GResolverNameLookupFlags flags, GCancellable *cancellable,
                          GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (resolver, cancellable, callback, user_data);

  g_task_return_new_error (task, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "no %s here", name);
}

static GList *
no_resolver_lookup_finish (GResolver *resolver, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
no_resolver_class_init (NoResolverClass *klass)
{
  G_RESOLVER_CLASS (klass)->lookup_by_name_with_flags_async = no_resolver_lookup_async;
  G_RESOLVER_CLASS (klass)->lookup_by_name_with_flags_finish = no_resolver_lookup_finish;
}

static void
no_resolver_init (NoResolver *self)
{
}

static void
assert_failed (WcClient *client, Login *login, WcError code)
{
  wait_for (login->done);
  g_assert_false (login->ok);
  g_assert_error (login->error, WC_ERROR, (int) code);
  g_assert_cmpuint (strlen (login->error->message), >, 10);
  g_assert_cmpint (wc_client_get_state (client), ==, WC_STATE_OFFLINE);
}

static void
test_name_not_found (void)
{
  WcClient *client = test_client_new ();
  g_autoptr (GResolver) usual = g_resolver_get_default ();
  g_autoptr (GResolver) none = g_object_new (TYPE_NO_RESOLVER, NULL);
  g_auto (Login) login = { 0 };

  g_resolver_set_default (none);
  login_start (&login, client, "chat.invalid", "alice", NULL);
  g_assert_cmpint (wc_client_get_state (client), ==, WC_STATE_CONNECTING);
  assert_failed (client, &login, WC_ERROR_NAME_NOT_FOUND);
  g_assert_nonnull (strstr (login.error->message, "chat.invalid"));
  g_resolver_set_default (usual);

  test_client_finish (client);
}

static void
test_refused (void)
{
  g_autoptr (ScriptServer) server = script_server_new ();
  WcClient *client = test_client_new ();
  g_auto (Login) login = { 0 };

  script_stop_listening (server);
  login_start (&login, client, script_address (server), "alice", NULL);
  assert_failed (client, &login, WC_ERROR_REFUSED);
  g_assert_nonnull (strstr (login.error->message, script_address (server)));
  g_assert_error (wc_client_get_error (client), WC_ERROR, WC_ERROR_REFUSED);

  test_client_finish (client);
}

static void
test_bad_arguments (void)
{
  WcClient *client = test_client_new ();
  g_auto (Login) address = { 0 }, id = { 0 };

  login_start (&address, client, "not an address", "alice", NULL);
  assert_failed (client, &address, WC_ERROR_BAD_ADDRESS);
  login_start (&id, client, "localhost", "Alice Cooper", NULL);
  assert_failed (client, &id, WC_ERROR_BAD_ID);

  test_client_finish (client);
}

/* What a server may answer to HELLO, and what that means. */
static const struct
{
  const char *name;
  const char *answer; /* NULL: hangs up without a word */
  gboolean hang_up;
  WcError code;
} answers[] = {
  { "declined", "DECLINED\n", TRUE, WC_ERROR_DECLINED },
  { "declined-open", "DECLINED\n", FALSE, WC_ERROR_DECLINED },
  { "declined-no-line-end", "DECLINED", TRUE, WC_ERROR_DECLINED },
  { "busy", "ERROR busy too many connections\n", TRUE, WC_ERROR_BUSY },
  { "stopping", "ERROR shutting-down bye\n", TRUE, WC_ERROR_BUSY },
  { "other-error", "ERROR not-allowed no\n", TRUE, WC_ERROR_FAILED },
  { "closed", NULL, TRUE, WC_ERROR_CLOSED },
  { "closed-in-the-middle", "CONNEC", TRUE, WC_ERROR_NOT_WEBCHAT },
  { "http", "HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n", FALSE, WC_ERROR_NOT_WEBCHAT },
  { "ssh", "SSH-2.0-OpenSSH_9.2\r\n", FALSE, WC_ERROR_NOT_WEBCHAT },
  { "wrong-verb", "CHAT hello\n", FALSE, WC_ERROR_NOT_WEBCHAT },
  { "binary", "\x15\x03\x01\x02\xff\xfe\n", FALSE, WC_ERROR_NOT_WEBCHAT },
};

static void
test_answer (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (ScriptServer) server = script_server_new ();
  WcClient *client = test_client_new ();
  g_auto (Login) login = { 0 };

  login_start (&login, client, script_address (server), "alice", NULL);
  script_accept (server);
  script_expect (server, "HELLO alice 2");
  g_assert_cmpint (wc_client_get_state (client), ==, WC_STATE_AUTHENTICATING);
  if (answers[i].answer != NULL)
    script_say (server, "%s", answers[i].answer);
  if (answers[i].hang_up)
    script_hang_up (server);
  assert_failed (client, &login, answers[i].code);
  if (!answers[i].hang_up)
    script_expect_end (server);

  test_client_finish (client);
}

static void
test_too_long (void)
{
  g_autoptr (ScriptServer) server = script_server_new ();
  WcClient *client = test_client_new ();
  g_auto (Login) login = { 0 };
  g_autofree char *rubbish = g_strnfill (40000, 'x');

  login_start (&login, client, script_address (server), "alice", NULL);
  script_accept (server);
  script_say_bytes (server, rubbish, 40000);
  assert_failed (client, &login, WC_ERROR_NOT_WEBCHAT);

  test_client_finish (client);
}

/* Connected, and then nothing. */
static void
test_silence (void)
{
  g_autoptr (ScriptServer) server = script_server_new ();
  WcClient *client = test_client_new ();
  g_auto (Login) login = { 0 };

  client->timing.login = 100;
  login_start (&login, client, script_address (server), "alice", NULL);
  script_accept (server);
  assert_failed (client, &login, WC_ERROR_NOT_WEBCHAT);
  script_expect_end (server);

  test_client_finish (client);
}

static void
test_cancel (void)
{
  g_autoptr (ScriptServer) server = script_server_new ();
  WcClient *client = test_client_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (Login) early = { 0 }, late = { 0 }, again = { 0 };

  login_start (&early, client, script_address (server), "alice", cancellable);
  g_cancellable_cancel (cancellable);
  wait_for (early.done);
  g_assert_error (early.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (wc_client_get_state (client), ==, WC_STATE_OFFLINE);

  g_cancellable_reset (cancellable);
  login_start (&late, client, script_address (server), "alice", cancellable);
  wait_for (wc_client_get_state (client) == WC_STATE_AUTHENTICATING);
  g_cancellable_cancel (cancellable);
  wait_for (late.done);
  g_assert_error (late.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  /* A login while another is on its way takes its place. */
  g_cancellable_reset (cancellable);
  login_clear (&late);
  login_start (&late, client, script_address (server), "alice", NULL);
  login_start (&again, client, script_address (server), "bob", NULL);
  wait_for (late.done);
  g_assert_error (late.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (again.done);
  g_assert_cmpstr (wc_client_get_client_id (client), ==, "bob");
  wc_client_logout (client);
  wait_for (again.done);
  g_assert_error (again.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  test_client_finish (client);
}

static void
count_cb (GObject *object, GParamSpec *pspec, gpointer user_data)
{
  (*(guint *) user_data)++;
}

static void
test_people (void)
{
  g_autoptr (ScriptServer) server = script_server_new ();
  WcClient *client = test_client_new ();
  GListModel *people = wc_client_get_people (client);
  WcConversation *bob;
  guint n_presence = 0;

  script_login (server, client, "bob", "carol", NULL);
  g_assert_false (wc_client_get_is_base (client));
  g_assert_cmpuint (g_list_model_get_n_items (people), ==, 2);
  g_assert_null (wc_client_get_conversation (client, "no such thing"));
  bob = wc_client_get_conversation (client, "bob");
  g_assert_cmpuint (g_list_model_get_n_items (people), ==, 2);
  g_assert_cmpint (wc_conversation_get_presence (bob), ==, WC_PRESENCE_ONLINE);

  g_signal_connect (bob, "notify::presence", G_CALLBACK (count_cb), &n_presence);
  script_say (server, "PRESENCE bob offline\nPRESENCE bob offline\nPRESENCE alice offline\nPRESENCE dave online\nPING x1\n");
  script_expect (server, "PONG x1");
  g_assert_cmpint (wc_conversation_get_presence (bob), ==, WC_PRESENCE_OFFLINE);
  g_assert_cmpuint (n_presence, ==, 1);
  g_assert_cmpuint (g_list_model_get_n_items (people), ==, 3);

  wc_client_logout (client);
  script_expect (server, "QUIT");
  script_expect_end (server);
  g_assert_cmpuint (g_list_model_get_n_items (people), ==, 3);
  g_assert_cmpint (wc_conversation_get_presence (bob), ==, WC_PRESENCE_UNKNOWN);

  test_client_finish (client);
}

/* A client that is let go while it is doing something. */
static void
test_drop (void)
{
  g_autoptr (ScriptServer) server = script_server_new ();
  WcClient *client = test_client_new ();

  script_login (server, client, "bob", NULL);
  wc_log_load_newest (wc_conversation_get_log (wc_client_get_conversation (client, "bob")));
  wc_conversation_send (wc_client_get_conversation (client, "bob"), "hi", NULL);
  g_assert_finalize_object (client);
  script_expect (server, "@id=* HISTORY_REQ bob");
  script_expect (server, "@id=* CHAT_REQUEST bob");
  script_expect (server, "QUIT");
  script_expect_end (server);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client/login/name-not-found", test_name_not_found);
  g_test_add_func ("/client/login/refused", test_refused);
  g_test_add_func ("/client/login/bad-arguments", test_bad_arguments);
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autofree char *path = g_strconcat ("/client/login/answer/", answers[i].name, NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_answer);
    }
  g_test_add_func ("/client/login/too-long", test_too_long);
  g_test_add_func ("/client/login/silence", test_silence);
  g_test_add_func ("/client/login/cancel", test_cancel);
  g_test_add_func ("/client/login/people", test_people);
  g_test_add_func ("/client/login/drop", test_drop);

  return g_test_run ();
}
