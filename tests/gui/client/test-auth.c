/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passwords: asked for, proved, kept; and servers that ask, or answer, as no server should. */
#include "script-server.h"

#include <string.h>

#include "certificates.h"
#include "failing-secrets.h"

#define PASSWORD "corréct horse"

static char *verifier; /* of PASSWORD; it takes long to make */

typedef struct
{
  ScriptServer *server;
  WcClient *client;
  GTlsCertificate *certificate;
  Login login;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->server = script_server_new ();
  f->client = test_client_new ();
}

static void
use_tls (Fixture *f)
{
  g_autofree char *fingerprint = NULL;

  f->certificate = certificate_new (&(CertificateSpec) { .name = "localhost", .days_from = -1, .days_to = 1 });
  fingerprint = certificate_fingerprint (f->certificate);
  script_set_certificate (f->server, f->certificate);
  wc_pins_set (wc_client_get_pins (f->client), "127.0.0.1", script_port (f->server), fingerprint);
}

static void
set_up_tls (Fixture *f, gconstpointer data)
{
  set_up (f, data);
  use_tls (f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  login_clear (&f->login);
  test_client_finish (f->client);
  script_server_free (f->server);
  g_clear_object (&f->certificate);
}

static void
start (Fixture *f, const char *password)
{
  login_clear (&f->login);
  wc_client_set_password (f->client, password);
  login_start (&f->login, f->client, script_address (f->server), "alice", NULL);
  script_accept (f->server);
}

static void
assert_failed (Fixture *f, WcError code)
{
  wait_for (f->login.done);
  g_assert_error (f->login.error, WC_ERROR, (int) code);
  g_assert_cmpint (wc_client_get_state (f->client), ==, WC_STATE_OFFLINE);
}

static void
assert_let_in (Fixture *f)
{
  wait_for (f->login.done);
  g_assert_no_error (f->login.error);
  g_assert_cmpint (wc_client_get_state (f->client), ==, WC_STATE_ONLINE);
}

/* None; a wrong one; the right one, which is good for the next login too, but for nobody else. */
static void
test_password (Fixture *f, gconstpointer data)
{
  start (f, NULL);
  script_expect (f->server, "HELLO alice 2");
  script_say (f->server, "AUTH_REQUIRED SCRAM-SHA-256 SCRAM-SHA-256-PLUS\n");
  assert_failed (f, WC_ERROR_PASSWORD_NEEDED);

  start (f, "correct horse");
  script_prove (f->server, verifier);
  assert_failed (f, WC_ERROR_WRONG_PASSWORD);

  start (f, PASSWORD);
  script_prove (f->server, verifier);
  assert_let_in (f);
  wc_client_logout (f->client);

  login_clear (&f->login);
  login_start (&f->login, f->client, script_address (f->server), "alice", NULL);
  script_accept (f->server);
  script_prove (f->server, verifier);
  assert_let_in (f);
  wc_client_logout (f->client);

  login_clear (&f->login);
  login_start (&f->login, f->client, script_address (f->server), "bob", NULL);
  script_accept (f->server);
  script_expect (f->server, "HELLO bob 2");
  script_say (f->server, "AUTH_REQUIRED SCRAM-SHA-256\n");
  assert_failed (f, WC_ERROR_PASSWORD_NEEDED);
}

/* Not even a password. */
static void
test_impossible (Fixture *f, gconstpointer data)
{
  start (f, "bell\a");
  script_expect (f->server, "HELLO alice 2");
  script_say (f->server, "AUTH_REQUIRED SCRAM-SHA-256\n");
  assert_failed (f, WC_ERROR_WRONG_PASSWORD);
  script_expect_end (f->server);
}

/* A server that does not ask. */
static void
test_not_asked (Fixture *f, gconstpointer data)
{
  start (f, PASSWORD);
  script_expect (f->server, "HELLO alice 2");
  script_say (f->server, "CONNECTED 2\n");
  assert_let_in (f);
}

/* Over TLS, a server that does not offer to bind, because it cannot; or because somebody in between took the offer away. */
static void
test_no_plus (Fixture *f, gconstpointer data)
{
  script_set_plus (f->server, SCRIPT_PLUS_CANNOT);
  start (f, PASSWORD);
  script_prove (f->server, verifier);
  assert_let_in (f);
  wc_client_logout (f->client);

  script_set_plus (f->server, SCRIPT_PLUS_CANNOT);
  start (f, "wrong");
  script_prove (f->server, verifier);
  assert_failed (f, WC_ERROR_WRONG_PASSWORD);

  script_set_plus (f->server, SCRIPT_PLUS_TAKEN_AWAY);
  start (f, PASSWORD);
  script_prove (f->server, verifier);
  assert_failed (f, WC_ERROR_DECLINED);
}

/* What a server may say that does not know the verifier, and other nonsense. A % is where the challenge was answered. */
static const struct
{
  const char *name;
  const char *required;
  const char *challenge; /* NULL: none */
  const char *answer;
  WcError code;
} wrong[] = {
  { "no-proof", "AUTH_REQUIRED SCRAM-SHA-256", "", "CONNECTED 2", WC_ERROR_IMPOSTOR },
  { "wrong-proof", "AUTH_REQUIRED SCRAM-SHA-256", "", "@v=dj1BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE9 CONNECTED 2", WC_ERROR_IMPOSTOR },
  { "no-base64", "AUTH_REQUIRED SCRAM-SHA-256", "", "@v=!!! CONNECTED 2", WC_ERROR_IMPOSTOR },
  { "empty-proof", "AUTH_REQUIRED SCRAM-SHA-256", "", "@v= CONNECTED 2", WC_ERROR_IMPOSTOR },
  { "base-after-proof", "AUTH_REQUIRED SCRAM-SHA-256", "", "CONNECTED", WC_ERROR_IMPOSTOR },
  { "changed-its-mind", "AUTH_REQUIRED SCRAM-SHA-256", NULL, "CONNECTED 2", WC_ERROR_IMPOSTOR },
  { "changed-its-mind-base", "AUTH_REQUIRED SCRAM-SHA-256", NULL, "CONNECTED", WC_ERROR_IMPOSTOR },
  { "declined-at-once", "AUTH_REQUIRED SCRAM-SHA-256", NULL, "DECLINED", WC_ERROR_DECLINED },
  { "asked-twice", "AUTH_REQUIRED SCRAM-SHA-256", NULL, "AUTH_REQUIRED SCRAM-SHA-256", WC_ERROR_NOT_WEBCHAT },
  { "rubbish", "AUTH_REQUIRED SCRAM-SHA-256", NULL, "CHALLENGE AAAA", WC_ERROR_FAILED },
  { "no-base64-challenge", "AUTH_REQUIRED SCRAM-SHA-256", NULL, "CHALLENGE !!", WC_ERROR_FAILED },
  { "another-nonce", "AUTH_REQUIRED SCRAM-SHA-256", NULL, "CHALLENGE cj1hYmMscz1RVUZCUVVGQlFVRkJRVUZCUVVGQlFRPT0saT00MDk2", WC_ERROR_FAILED },
  { "another-mechanism", "AUTH_REQUIRED PLAIN", NULL, NULL, WC_ERROR_FAILED },
  { "only-plus", "AUTH_REQUIRED SCRAM-SHA-256-PLUS", NULL, NULL, WC_ERROR_FAILED },
  { "unasked-challenge", NULL, NULL, "CHALLENGE AAAA", WC_ERROR_NOT_WEBCHAT },
};

static void
test_wrong (Fixture *f, gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);

  start (f, PASSWORD);
  script_expect (f->server, "HELLO alice 2");
  if (wrong[i].challenge != NULL)
    g_free (script_ask_proof (f->server, verifier));
  else if (wrong[i].required != NULL)
    script_say (f->server, "%s\n", wrong[i].required);
  if (wrong[i].challenge == NULL && wrong[i].required != NULL && wrong[i].answer != NULL)
    script_expect (f->server, "AUTH *");
  if (wrong[i].answer != NULL)
    script_say (f->server, "%s\n", wrong[i].answer);
  assert_failed (f, wrong[i].code);
  script_expect_end (f->server);
}

/* A challenge that would take for ever is not computed; nor is one that would help somebody to guess. */
static void
test_iterations (Fixture *f, gconstpointer data)
{
  static const char *const counts[] = { "4095", "1", "10000001", "4294967297", "0", "-1" };

  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    {
      g_auto (GStrv) words = NULL;
      g_autofree char *first = NULL, *challenge = NULL, *base64 = NULL;
      gsize len;

      start (f, PASSWORD);
      script_expect (f->server, "HELLO alice 2");
      script_say (f->server, "AUTH_REQUIRED SCRAM-SHA-256\n");
      words = g_strsplit (script_expect (f->server, "AUTH SCRAM-SHA-256 *"), " ", -1);
      first = (char *) g_base64_decode (words[2], &len);
      first = g_realloc (first, len + 1);
      first[len] = '\0';
      challenge = g_strdup_printf ("%sabc,s=QUFBQUFBQUFBQUFBQUFBQQ==,i=%s", strstr (first, "r="), counts[i]);
      base64 = g_base64_encode ((guchar *) challenge, strlen (challenge));
      script_say (f->server, "CHALLENGE %s\n", base64);
      assert_failed (f, WC_ERROR_FAILED);
    }
}

static void
test_reconnect (Fixture *f, gconstpointer data)
{
  g_autofree char *other = scram_verifier_new ("another", NULL);

  start (f, PASSWORD);
  script_prove (f->server, verifier);
  assert_let_in (f);
  for (guint i = 0; i < 2; i++)
    {
      script_hang_up (f->server);
      script_accept (f->server);
      script_prove (f->server, verifier);
      wait_for (wc_client_get_state (f->client) == WC_STATE_ONLINE);
    }

  /* It was changed elsewhere. */
  script_hang_up (f->server);
  script_accept (f->server);
  script_prove (f->server, other);
  wait_for (wc_client_get_state (f->client) == WC_STATE_OFFLINE);
  g_assert_error (wc_client_get_error (f->client), WC_ERROR, WC_ERROR_WRONG_PASSWORD);
}

/* Too many logins: a person is told when to come back, and it comes back by itself no earlier. */
static void
test_rate_limited (Fixture *f, gconstpointer data)
{
  gint64 since;

  start (f, PASSWORD);
  script_expect (f->server, "HELLO alice 2");
  script_say (f->server, "@wait=2500 ERROR rate-limited slowly\n");
  assert_failed (f, WC_ERROR_RATE_LIMITED);
  g_assert_cmpuint (wc_client_get_wait (f->client), ==, 2500);
  g_assert_nonnull (strstr (f->login.error->message, "3 seconds"));

  start (f, PASSWORD);
  g_assert_cmpuint (wc_client_get_wait (f->client), ==, 0);
  script_prove (f->server, verifier);
  assert_let_in (f);
  script_hang_up (f->server);
  script_accept (f->server);
  script_expect (f->server, "HELLO alice 2");
  since = g_get_monotonic_time ();
  script_say (f->server, "@wait=400 ERROR rate-limited slowly\nDECLINED\n");
  wait_for (wc_client_get_state (f->client) == WC_STATE_WAITING && wc_client_get_retry_time (f->client) >= since + 400000);
  g_assert_error (wc_client_get_error (f->client), WC_ERROR, WC_ERROR_RATE_LIMITED);
  script_accept (f->server);
  g_assert_cmpint (g_get_monotonic_time () - since, >=, 390000);
  script_prove (f->server, verifier);
  wait_for (wc_client_get_state (f->client) == WC_STATE_ONLINE);

  /* For ever is too long. */
  script_hang_up (f->server);
  script_accept (f->server);
  script_expect (f->server, "HELLO alice 2");
  script_say (f->server, "@wait=18446744073709551615 ERROR rate-limited never\n");
  wait_for (wc_client_get_state (f->client) == WC_STATE_WAITING && wc_client_get_error (f->client)->code == WC_ERROR_RATE_LIMITED);
  g_assert_cmpint (wc_client_get_retry_time (f->client), <, g_get_monotonic_time () + (WC_WAIT_MAX_MS + 1000) * (gint64) 1000);
}

typedef struct
{
  gboolean done;
  char *password;
} Lookup;

static void
looked_up_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Lookup *lookup = user_data;

  lookup->password = wc_secrets_lookup_finish (WC_SECRETS (source), result, NULL);
  lookup->done = TRUE;
}

/* What is kept for alice on the server. Transfer full. */
static char *
look_up (Fixture *f, WcSecrets *secrets)
{
  g_autofree char *server = g_strdup_printf ("127.0.0.1:%u", script_port (f->server));
  Lookup lookup = { 0 };

  wc_secrets_lookup_async (secrets, server, "alice", NULL, looked_up_cb, &lookup);
  wait_for (lookup.done);

  return lookup.password;
}

static void
assert_kept (Fixture *f, WcSecrets *secrets, const char *expected)
{
  g_autofree char *kept = look_up (f, secrets);

  g_assert_cmpstr (kept, ==, expected);
}

static void
test_keyring (Fixture *f, gconstpointer data)
{
  g_autoptr (WcSecrets) secrets = wc_secrets_new_memory ();
  WcClient *other = test_client_new ();
  g_auto (Login) login = { 0 };

  wc_client_set_secrets (f->client, secrets);
  wc_client_set_secrets (other, secrets);
  g_assert_true (wc_client_get_can_remember (f->client));

  /* A wrong one is not worth keeping, nor is a right one when the person says so. */
  start (f, "wrong");
  script_prove (f->server, verifier);
  assert_failed (f, WC_ERROR_WRONG_PASSWORD);
  wc_client_set_remember_password (f->client, FALSE);
  start (f, PASSWORD);
  script_prove (f->server, verifier);
  assert_let_in (f);
  wc_client_logout (f->client);
  assert_kept (f, secrets, NULL);

  /* Neither is it known any more then. */
  login_clear (&f->login);
  login_start (&f->login, f->client, script_address (f->server), "alice", NULL);
  script_accept (f->server);
  script_expect (f->server, "HELLO alice 2");
  script_say (f->server, "AUTH_REQUIRED SCRAM-SHA-256\n");
  assert_failed (f, WC_ERROR_PASSWORD_NEEDED);

  wc_client_set_remember_password (f->client, TRUE);
  start (f, PASSWORD);
  script_prove (f->server, verifier);
  assert_let_in (f);
  assert_kept (f, secrets, PASSWORD);

  /* The next start of the program needs no person. */
  login_start (&login, other, script_address (f->server), "alice", NULL);
  script_accept (f->server);
  script_prove (f->server, verifier);
  wait_for (login.done);
  g_assert_no_error (login.error);
  wc_client_logout (other);
  wc_client_forget_password (other);
  assert_kept (f, secrets, NULL);

  test_client_finish (other);
}

/* A keyring that does not work is a nuisance, and no more. */
static void
test_no_keyring (Fixture *f, gconstpointer data)
{
  g_autoptr (WcSecrets) secrets = failing_secrets_new ();

  wc_client_set_secrets (f->client, secrets);
  start (f, NULL);
  script_expect (f->server, "HELLO alice 2");
  script_say (f->server, "AUTH_REQUIRED SCRAM-SHA-256\n");
  assert_failed (f, WC_ERROR_PASSWORD_NEEDED);
  g_assert_error (wc_client_get_keyring_error (f->client), G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_false (wc_client_get_can_remember (f->client));

  start (f, PASSWORD);
  script_prove (f->server, verifier);
  assert_let_in (f);
  wait_for (wc_client_get_keyring_error (f->client) != NULL);
}

/* Gone in the middle of everything that takes time. */
static void
test_drop (Fixture *f, gconstpointer data)
{
  g_autoptr (WcSecrets) secrets = failing_secrets_new ();
  WcClient *client = test_client_new ();
  g_auto (Login) login = { 0 }, second = { 0 };

  wc_client_set_secrets (client, secrets);
  login_start (&login, client, script_address (f->server), "alice", NULL);
  wc_client_logout (client);
  wait_for (login.done);

  wc_client_set_password (client, PASSWORD);
  login_start (&second, client, script_address (f->server), "alice", NULL);
  script_accept (f->server);
  script_expect (f->server, "HELLO alice 2");
  script_say (f->server, "AUTH_REQUIRED SCRAM-SHA-256\n");
  script_expect (f->server, "AUTH *");
  script_say (f->server, "CHALLENGE AAAA\n");
  wc_client_logout (client);
  wait_for (second.done);
  g_assert_error (second.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  script_expect_end (f->server);
  test_client_finish (client);
}

#define add(path, data, up, test) g_test_add (path, Fixture, data, up, test, tear_down)

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  verifier = scram_verifier_new (PASSWORD, NULL);

  add ("/client/auth/password", NULL, set_up, test_password);
  add ("/client/auth/impossible", NULL, set_up, test_impossible);
  add ("/client/auth/not-asked", NULL, set_up, test_not_asked);
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autofree char *path = g_strconcat ("/client/auth/wrong/", wrong[i].name, NULL);

      add (path, GUINT_TO_POINTER (i), set_up, test_wrong);
    }
  add ("/client/auth/iterations", NULL, set_up, test_iterations);
  add ("/client/auth/reconnect", NULL, set_up, test_reconnect);
  add ("/client/auth/rate-limited", NULL, set_up, test_rate_limited);
  add ("/client/auth/keyring", NULL, set_up, test_keyring);
  add ("/client/auth/no-keyring", NULL, set_up, test_no_keyring);
  add ("/client/auth/drop", NULL, set_up, test_drop);
  if (g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    {
      add ("/client/auth/tls/password", NULL, set_up_tls, test_password);
      add ("/client/auth/tls/not-asked", NULL, set_up_tls, test_not_asked);
      add ("/client/auth/tls/no-plus", NULL, set_up_tls, test_no_plus);
      add ("/client/auth/tls/reconnect", NULL, set_up_tls, test_reconnect);
    }

  status = g_test_run ();
  g_free (verifier);

  return status;
}
