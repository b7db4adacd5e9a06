/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine with a real webchat-server over TLS, where everybody proves who they are. */
#include "script-server.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "certificates.h"
#include "tests/util/server.h"

#define N_TYPED 500

typedef struct
{
  TestServer *server;
  char *address;
  WcClient *alice, *bob;
  WcSecrets *secrets;
} Fixture;

static char *alices_verifier, *bobs_verifier; /* of "alice's" and "bob's"; they take long to make */

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autofree char *list = g_strdup_printf ("alice %s\nbob %s\n", alices_verifier, bobs_verifier);
  g_autofree char *listen = NULL;

  f->server = test_server_new (list, "server.tls-listen=127.0.0.1:0", "auth.mode=required", "limits.messages-per-second=200",
                               "limits.messages-burst=100", NULL);
  f->address = g_strdup_printf ("tls://127.0.0.1:%u", test_server_port (f->server, test_server_tls_listener (f->server)));
  listen = g_strdup_printf ("server.tls-listen=%s", f->address + strlen ("tls://"));
  test_server_set (f->server, listen); /* comes back where it was */
  f->alice = test_client_new ();
  f->bob = test_client_new ();
  f->secrets = wc_secrets_new_memory ();
  wc_client_set_secrets (f->alice, f->secrets);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  test_client_finish (f->alice);
  test_client_finish (f->bob);
  g_object_unref (f->secrets);
  test_server_free (f->server);
  g_free (f->address);
}

static void
assert_login (Fixture *f, WcClient *client, const char *client_id, const char *password, int code)
{
  g_auto (Login) login = { 0 };

  wc_client_set_password (client, password);
  login_start (&login, client, f->address, client_id, NULL);
  wait_for (login.done);
  if (code < 0)
    g_assert_no_error (login.error);
  else
    g_assert_error (login.error, WC_ERROR, code);
}

/* As a person does it for the first time, who looks whether the fingerprint is the right one. */
static void
log_in (Fixture *f, WcClient *client, const char *client_id, const char *password)
{
  g_autofree char *path = test_server_path (f->server, "data/tls-certificate.pem"), *fingerprint = NULL;
  g_autoptr (GTlsCertificate) certificate = g_tls_certificate_new_from_file (path, NULL);

  g_assert_nonnull (certificate);
  fingerprint = certificate_fingerprint (certificate);
  assert_login (f, client, client_id, password, WC_ERROR_CERTIFICATE_UNKNOWN);
  g_assert_cmpstr (wc_client_get_certificate_fingerprint (client), ==, fingerprint);
  g_assert_true (wc_client_trust_certificate (client, f->address, fingerprint));
  assert_login (f, client, client_id, password, -1);
}

static gboolean
ends_with (WcConversation *conversation, const char *text)
{
  WcEntry *last = wc_conversation_get_last (conversation);

  return last != NULL && g_strcmp0 (wc_entry_get_text (last), text) == 0 && wc_entry_get_seq (last) != 0;
}

static void
test_chat (Fixture *f, gconstpointer data)
{
  WcConversation *with_bob, *with_alice;

  log_in (f, f->alice, "alice", "alice's");
  log_in (f, f->bob, "bob", "bob's");
  g_assert_true (wc_client_get_is_encrypted (f->alice));
  with_bob = wc_client_get_conversation (f->alice, "bob");
  with_alice = wc_client_get_conversation (f->bob, "alice");
  g_assert_true (wc_conversation_send (with_bob, "hello", NULL));
  wait_for (ends_with (with_alice, "hello"));

  /* It comes back by itself. */
  test_server_crash_and_restart (f->server);
  wait_for (wc_client_get_state (f->alice) == WC_STATE_ONLINE && wc_client_get_state (f->bob) == WC_STATE_ONLINE);
  g_assert_true (wc_conversation_send (with_alice, "there you are", NULL));
  wait_for (ends_with (with_bob, "there you are"));

  /* The next start finds the password where it is kept. */
  wc_client_logout (f->alice);
  assert_login (f, f->alice, "alice", NULL, -1);
}

static void
test_refused (Fixture *f, gconstpointer data)
{
  log_in (f, f->alice, "alice", "alice's");
  wc_client_logout (f->alice);
  wc_client_forget_password (f->alice);
  assert_login (f, f->alice, "alice", NULL, WC_ERROR_PASSWORD_NEEDED);
  assert_login (f, f->alice, "alice", "bob's", WC_ERROR_WRONG_PASSWORD);

  /* Nobody can tell who is on the list. */
  assert_login (f, f->alice, "nobody", NULL, WC_ERROR_PASSWORD_NEEDED);
  assert_login (f, f->alice, "nobody", "alice's", WC_ERROR_WRONG_PASSWORD);

  /* Whoever guesses gets slower and slower. */
  for (guint i = 0; wc_client_get_wait (f->alice) == 0; i++)
    {
      g_auto (Login) login = { 0 };

      g_assert_cmpuint (i, <, 50);
      wc_client_set_password (f->alice, "guess");
      login_start (&login, f->alice, f->address, "alice", NULL);
      wait_for (login.done);
      if (!g_error_matches (login.error, WC_ERROR, WC_ERROR_WRONG_PASSWORD))
        g_assert_error (login.error, WC_ERROR, WC_ERROR_RATE_LIMITED);
    }
}

static void
test_certificate_changed (Fixture *f, gconstpointer data)
{
  g_autofree char *certificate = test_server_path (f->server, "data/tls-certificate.pem");
  g_autofree char *key = test_server_path (f->server, "data/tls-key.pem");

  log_in (f, f->alice, "alice", "alice's");
  test_server_stop (f->server, SIGTERM);
  g_assert_cmpint (unlink (certificate), ==, 0);
  g_assert_cmpint (unlink (key), ==, 0);
  test_server_start (f->server); /* makes new ones */
  wait_for (wc_client_get_state (f->alice) == WC_STATE_OFFLINE);
  g_assert_error (wc_client_get_error (f->alice), WC_ERROR, WC_ERROR_CERTIFICATE_CHANGED);
}

/* What was taken away counts at once, however well the two could go on with the session that they had. */
static void
test_certificate_removed (Fixture *f, gconstpointer data)
{
  WcPins *pins = wc_client_get_pins (f->alice);
  g_autoptr (WcPin) pin = NULL;

  log_in (f, f->alice, "alice", "alice's");
  wc_client_logout (f->alice);
  assert_login (f, f->alice, "alice", "alice's", -1);
  wc_client_logout (f->alice);
  pin = g_list_model_get_item (wc_pins_get_list (pins), 0);
  wc_pins_remove (pins, pin);
  assert_login (f, f->alice, "alice", "alice's", WC_ERROR_CERTIFICATE_UNKNOWN);
  g_assert_nonnull (wc_client_get_certificate_fingerprint (f->alice));
}

static void
test_invitation (Fixture *f, gconstpointer data)
{
  g_auto (TestRun) run = { 0 };
  g_autoptr (Invitation) invitation = NULL;
  g_auto (GStrv) words = NULL;
  g_auto (Login) first = { 0 }, second = { 0 };
  g_autofree char *address = NULL;
  GError *error = NULL;
  guint i = 0;

  test_run_server (&run, test_server_folder (f->server), "invite", "--config", test_server_config_file (f->server), "--host",
                   f->address + strlen ("tls://"), "carol", NULL);
  g_assert_cmpint (run.status, ==, 0);
  words = g_strsplit_set (run.out, " \n", -1);
  while (words[i] != NULL && !g_str_has_prefix (words[i], "webchat://"))
    i++;
  invitation = invitation_parse (words[i], &error);
  g_assert_no_error (error);
  address = wc_invitation_get_address (invitation);

  wc_client_set_invitation (f->alice, invitation, "carol's");
  login_start (&first, f->alice, address, invitation->client_id, NULL);
  wait_for (first.done);
  g_assert_no_error (first.error);
  wc_client_logout (f->alice);
  assert_login (f, f->alice, "carol", NULL, -1);

  /* Whoever else has found it is late. */
  wc_client_set_invitation (f->bob, invitation, "mallory's");
  login_start (&second, f->bob, address, invitation->client_id, NULL);
  wait_for (second.done);
  g_assert_error (second.error, WC_ERROR, WC_ERROR_INVITATION);

  /* But not who has it a second time, with the same password: that is what happens when the answer is lost. */
  login_clear (&second);
  wc_client_set_invitation (f->bob, invitation, "carol's");
  login_start (&second, f->bob, address, invitation->client_id, NULL);
  wait_for (second.done);
  g_assert_no_error (second.error);
}

/* Typed while the server was away, more than it takes at once. */
static void
test_much (Fixture *f, gconstpointer data)
{
  WcConversation *with_bob, *with_alice;
  WcLog *log;
  guint n = 0;

  log_in (f, f->alice, "alice", "alice's");
  log_in (f, f->bob, "bob", "bob's");
  with_bob = wc_client_get_conversation (f->alice, "bob");
  with_alice = wc_client_get_conversation (f->bob, "alice");
  wait_for (with_alice->held_known);
  test_server_stop (f->server, SIGTERM);
  wait_for (wc_client_get_state (f->alice) == WC_STATE_WAITING);
  for (guint i = 0; i < N_TYPED; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      g_assert_true (wc_conversation_send (with_bob, text, NULL));
    }
  test_server_start (f->server);

  {
    g_autofree char *last = g_strdup_printf ("%u", N_TYPED - 1);

    wait_for (ends_with (with_alice, last) && ends_with (with_bob, last));
  }
  log = wc_conversation_get_log (with_alice);
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (log)); i++)
    {
      g_autoptr (WcEntry) entry = g_list_model_get_item (G_LIST_MODEL (log), i);
      g_autofree char *text = g_strdup_printf ("%u", n);

      if (wc_entry_get_kind (entry) == WC_ENTRY_EVENT)
        continue;
      g_assert_cmpstr (wc_entry_get_text (entry), ==, text);
      g_assert_cmpuint (wc_entry_get_seq (entry), ==, ++n);
    }
  g_assert_cmpuint (n, ==, N_TYPED);
}

#define add(path, test) g_test_add (path, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    {
      g_print ("1..0 # SKIP no TLS: is glib-networking installed?\n");
      return 0;
    }

  alices_verifier = scram_verifier_new ("alice's", NULL);
  bobs_verifier = scram_verifier_new ("bob's", NULL);
  add ("/client/secure/chat", test_chat);
  add ("/client/secure/refused", test_refused);
  add ("/client/secure/certificate-changed", test_certificate_changed);
  add ("/client/secure/certificate-removed", test_certificate_removed);
  add ("/client/secure/invitation", test_invitation);
  add ("/client/secure/much", test_much);

  status = g_test_run ();
  g_free (alices_verifier);
  g_free (bobs_verifier);

  return status;
}
