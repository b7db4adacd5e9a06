/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Invitations: accepted, refused, and when nobody can tell which. */
#include "script-server.h"

#include <string.h>

#include "certificates.h"

#define PASSWORD "new password"
#define TOKEN "AGzXyzABCDEFGHIJKLMNOPQRSTUVWXY"

typedef struct
{
  ScriptServer *server;
  WcClient *client;
  WcSecrets *secrets;
  GTlsCertificate *certificate;
  char *fingerprint;
  Invitation invitation;
  Login login;
  char *verifier; /* that the client has sent */
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->server = script_server_new ();
  f->client = test_client_new ();
  f->secrets = wc_secrets_new_memory ();
  wc_client_set_secrets (f->client, f->secrets);
  f->certificate = certificate_new (&(CertificateSpec) { .name = "localhost", .days_from = -1, .days_to = 1 });
  f->fingerprint = certificate_fingerprint (f->certificate);
  script_set_certificate (f->server, f->certificate);
  f->invitation.host = (char *) "127.0.0.1";
  f->invitation.port = script_port (f->server);
  f->invitation.client_id = (char *) "alice";
  f->invitation.token = (char *) TOKEN;
  f->invitation.fingerprint = f->fingerprint;
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  login_clear (&f->login);
  test_client_finish (f->client);
  g_object_unref (f->secrets);
  script_server_free (f->server);
  g_object_unref (f->certificate);
  g_free (f->fingerprint);
  g_free (f->verifier);
}

static void
start (Fixture *f)
{
  g_autofree char *address = wc_invitation_get_address (&f->invitation);

  login_clear (&f->login);
  wc_client_set_invitation (f->client, &f->invitation, PASSWORD);
  login_start (&f->login, f->client, address, "alice", NULL);
}

static void
expect_hello (Fixture *f)
{
  script_accept (f->server);
  script_expect (f->server, "HELLO alice 2");
}

/* Up to the client's INVITATION. */
static void
expect_invitation (Fixture *f)
{
  const char *line;

  expect_hello (f);
  script_say (f->server, "AUTH_REQUIRED SCRAM-SHA-256 SCRAM-SHA-256-PLUS\n");
  line = script_expect (f->server, "INVITATION " TOKEN " SCRAM-SHA-256$*");
  g_free (f->verifier);
  f->verifier = g_strdup (strrchr (line, ' ') + 1);
  g_assert_null (scram_verifier_check_new (f->verifier));
}

static const char *
get_pin (Fixture *f)
{
  return wc_pins_lookup (wc_client_get_pins (f->client), "127.0.0.1", script_port (f->server));
}

static void
assert_let_in (Fixture *f)
{
  wait_for (f->login.done);
  g_assert_no_error (f->login.error);
  g_assert_cmpint (wc_client_get_state (f->client), ==, WC_STATE_ONLINE);
  g_assert_cmpstr (get_pin (f), ==, f->fingerprint);
}

static void
assert_failed (Fixture *f, WcError code)
{
  wait_for (f->login.done);
  g_assert_error (f->login.error, WC_ERROR, (int) code);
  g_assert_cmpint (wc_client_get_state (f->client), ==, WC_STATE_OFFLINE);
}

/* The password is the person's now, here and on the server, in this login and in those to come. */
static void
assert_password_set (Fixture *f)
{
  WcClient *other = test_client_new ();
  g_auto (Login) login = { 0 };

  script_hang_up (f->server);
  script_accept (f->server);
  script_prove (f->server, f->verifier);
  wait_for (wc_client_get_state (f->client) == WC_STATE_ONLINE);

  wc_client_set_secrets (other, f->secrets);
  wc_client_set_pins (other, wc_client_get_pins (f->client));
  login_start (&login, other, script_address (f->server), "alice", NULL);
  script_accept (f->server);
  script_prove (f->server, f->verifier);
  wait_for (login.done);
  g_assert_no_error (login.error);
  test_client_finish (other);
}

static void
test_good (Fixture *f, gconstpointer data)
{
  start (f);
  expect_invitation (f);
  g_assert_null (get_pin (f));
  script_say (f->server, "CONNECTED 2\n");
  assert_let_in (f);
  assert_password_set (f);
}

/* The server took it, and the connection ended before it could say so. */
static void
test_answer_lost (Fixture *f, gconstpointer data)
{
  start (f);
  expect_invitation (f);
  script_hang_up (f->server);
  script_accept (f->server);
  script_prove (f->server, f->verifier);
  assert_let_in (f);
  assert_password_set (f);
}

/* As before, and the whole login failed; it is tried again later, and "used already" is no surprise then. */
static void
test_used_by_oneself (Fixture *f, gconstpointer data)
{
  g_autofree char *first = NULL;

  start (f);
  expect_invitation (f);
  first = g_strdup (f->verifier);
  script_hang_up (f->server);
  expect_hello (f);
  script_say (f->server, "ERROR busy too many connections\n");
  assert_failed (f, WC_ERROR_BUSY);
  g_assert_null (get_pin (f));

  start (f);
  expect_invitation (f);
  script_say (f->server, "ERROR not-allowed not valid any more: used already, or withdrawn\nDECLINED\n");
  script_accept (f->server);
  script_prove (f->server, first);
  assert_let_in (f);
}

static void
test_refused (Fixture *f, gconstpointer data)
{
  g_autofree char *other = scram_verifier_new ("another password", NULL);
  const char *said = data;

  start (f);
  expect_invitation (f);
  script_say (f->server, "%sDECLINED\n", said);
  script_accept (f->server);
  script_prove (f->server, other);
  assert_failed (f, WC_ERROR_INVITATION);
  if (strstr (said, "expired") != NULL)
    g_assert_nonnull (strstr (f->login.error->message, "expired"));
  g_assert_null (get_pin (f));
}

/* The connection ends twice, and nothing was accepted: that is no fault of the invitation. */
static void
test_lost_before (Fixture *f, gconstpointer data)
{
  g_autofree char *other = scram_verifier_new ("another password", NULL);

  start (f);
  expect_invitation (f);
  script_hang_up (f->server);
  script_accept (f->server);
  script_prove (f->server, other);
  assert_failed (f, WC_ERROR_CLOSED);

  start (f);
  expect_invitation (f);
  script_say (f->server, "CONNECTED 2\n");
  assert_let_in (f);
}

/* There is something to show from before. A login that did not come to its end is none all the same: the old password is still the right one. */
static void
test_lost_with_cache (Fixture *f, gconstpointer data)
{
  GFile *folder = test_folder_new ();
  g_autofree char *server = g_strdup_printf ("127.0.0.1:%u", script_port (f->server));
  WcCache *cache = wc_cache_open (folder, server, "alice", NULL, NULL);

  wc_cache_set_marks (cache, "bob", 0, 0, 0, 0);
  wc_cache_close (cache);
  wc_client_set_folder (f->client, folder);

  start (f);
  expect_hello (f);
  g_assert_true (wc_client_get_ready (f->client));
  script_say (f->server, "ERROR busy too many connections\n");
  assert_failed (f, WC_ERROR_BUSY);
  g_assert_false (wc_client_get_ready (f->client));

  start (f);
  expect_invitation (f);
  script_say (f->server, "CONNECTED 2\n");
  assert_let_in (f);
  wc_client_logout (f->client);
  wc_client_set_folder (f->client, NULL);
  test_folder_free (folder);
}

static void
test_rate_limited (Fixture *f, gconstpointer data)
{
  start (f);
  expect_invitation (f);
  script_say (f->server, "@wait=1500 ERROR rate-limited slowly\nDECLINED\n");
  assert_failed (f, WC_ERROR_RATE_LIMITED);
  g_assert_cmpuint (wc_client_get_wait (f->client), ==, 1500);
}

/* Another server than the invitation is for. */
static void
test_other_certificate (Fixture *f, gconstpointer data)
{
  g_autoptr (GTlsCertificate) other = certificate_new (&(CertificateSpec) { .name = "127.0.0.1", .days_from = -1, .days_to = 1 });
  g_autofree char *other_fingerprint = certificate_fingerprint (other);

  script_set_certificate (f->server, other);
  start (f);
  script_try_accept (f->server);
  assert_failed (f, WC_ERROR_INVITATION);
  g_assert_nonnull (strstr (f->login.error->message, f->fingerprint));
  g_assert_nonnull (strstr (f->login.error->message, other_fingerprint));
  g_assert_true (script_is_quiet (f->server));
  g_assert_null (get_pin (f));

  /* What one trusts already no invitation changes. */
  wc_pins_set (wc_client_get_pins (f->client), "127.0.0.1", script_port (f->server), other_fingerprint);
  script_set_certificate (f->server, f->certificate);
  start (f);
  script_try_accept (f->server);
  assert_failed (f, WC_ERROR_CERTIFICATE_CHANGED);
  g_assert_cmpstr (get_pin (f), ==, other_fingerprint);
}

static const struct
{
  const char *name;
  const char *answer;
  WcError code;
} odd[] = {
  { "not-asked", "CONNECTED 2\n", WC_ERROR_INVITATION },
  { "not-asked-base", "CONNECTED\n", WC_ERROR_INVITATION },
  { "declined-at-once", "DECLINED\n", WC_ERROR_DECLINED },
};

static void
test_odd (Fixture *f, gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);

  start (f);
  expect_hello (f);
  script_say (f->server, "%s", odd[i].answer);
  assert_failed (f, odd[i].code);
  g_assert_null (get_pin (f));
}

/* One for somebody else is not sent to anybody. */
static void
test_somebody_else (Fixture *f, gconstpointer data)
{
  wc_pins_set (wc_client_get_pins (f->client), "127.0.0.1", script_port (f->server), f->fingerprint);
  wc_client_set_invitation (f->client, &f->invitation, PASSWORD);
  login_start (&f->login, f->client, script_address (f->server), "bob", NULL);
  script_accept (f->server);
  script_expect (f->server, "HELLO bob 2");
  script_say (f->server, "AUTH_REQUIRED SCRAM-SHA-256 SCRAM-SHA-256-PLUS\n");
  assert_failed (f, WC_ERROR_PASSWORD_NEEDED);
}

/* Such a password can nobody have; and somebody lost patience. */
static void
test_password (Fixture *f, gconstpointer data)
{
  g_autofree char *address = wc_invitation_get_address (&f->invitation);

  wc_client_set_invitation (f->client, &f->invitation, "");
  login_start (&f->login, f->client, address, "alice", NULL);
  expect_hello (f);
  script_say (f->server, "AUTH_REQUIRED SCRAM-SHA-256 SCRAM-SHA-256-PLUS\n");
  assert_failed (f, WC_ERROR_INVITATION);
  script_expect_end (f->server);

  start (f);
  expect_hello (f);
  script_say (f->server, "AUTH_REQUIRED SCRAM-SHA-256 SCRAM-SHA-256-PLUS\n");
  wait_for (f->client->auth.computing != NULL);
  wc_client_logout (f->client);
  wait_for (f->login.done);
  g_assert_error (f->login.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  script_expect_end (f->server);
}

/* Somebody lost patience, and the login itself has not heard of it yet. */
static void
test_taken_back (Fixture *f, gconstpointer data)
{
  start (f);
  expect_hello (f);
  script_say (f->server, "AUTH_REQUIRED SCRAM-SHA-256 SCRAM-SHA-256-PLUS\n");
  wait_for (f->client->auth.computing != NULL);
  wc_client_set_invitation (f->client, NULL, NULL);
  wait_for (f->client->auth.n_computing == 0);
  g_assert_true (script_is_quiet (f->server));
  wc_client_logout (f->client);
  wait_for (f->login.done);
  g_assert_error (f->login.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  script_expect_end (f->server);
}

#define add(path, data, test) g_test_add (path, Fixture, data, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    {
      g_print ("1..0 # SKIP no TLS: is glib-networking installed?\n");
      return 0;
    }

  add ("/client/invitation/good", NULL, test_good);
  add ("/client/invitation/answer-lost", NULL, test_answer_lost);
  add ("/client/invitation/used-by-oneself", NULL, test_used_by_oneself);
  add ("/client/invitation/used", "ERROR not-allowed not valid any more: used already, or withdrawn\n", test_refused);
  add ("/client/invitation/expired", "ERROR not-allowed this invitation has expired\n", test_refused);
  add ("/client/invitation/declined", "", test_refused);
  add ("/client/invitation/lost-before", NULL, test_lost_before);
  add ("/client/invitation/lost-with-cache", NULL, test_lost_with_cache);
  add ("/client/invitation/rate-limited", NULL, test_rate_limited);
  add ("/client/invitation/other-certificate", NULL, test_other_certificate);
  for (guint i = 0; i < G_N_ELEMENTS (odd); i++)
    {
      g_autofree char *path = g_strconcat ("/client/invitation/odd/", odd[i].name, NULL);

      add (path, GUINT_TO_POINTER (i), test_odd);
    }
  add ("/client/invitation/somebody-else", NULL, test_somebody_else);
  add ("/client/invitation/password", NULL, test_password);
  add ("/client/invitation/taken-back", NULL, test_taken_back);

  return g_test_run ();
}
