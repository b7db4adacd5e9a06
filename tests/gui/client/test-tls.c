/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS, and whose certificate is good enough. */
#include "script-server.h"

#include <string.h>

#include "certificates.h"

typedef struct
{
  ScriptServer *server;
  WcClient *client;
  GTlsCertificate *certificate; /* of its own, for localhost and so for nobody who asks for 127.0.0.1 */
  char *fingerprint;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->server = script_server_new ();
  f->client = test_client_new ();
  f->certificate = certificate_new (&(CertificateSpec) { .name = "localhost", .days_from = -1, .days_to = 1 });
  f->fingerprint = certificate_fingerprint (f->certificate);
  script_set_certificate (f->server, f->certificate);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  test_client_finish (f->client);
  script_server_free (f->server);
  g_object_unref (f->certificate);
  g_free (f->fingerprint);
}

static void
pin (Fixture *f, const char *fingerprint)
{
  wc_pins_set (wc_client_get_pins (f->client), "127.0.0.1", script_port (f->server), fingerprint);
}

static void
fail_login (Fixture *f, WcError code)
{
  g_auto (Login) login = { 0 };

  login_start (&login, f->client, script_address (f->server), "alice", NULL);
  script_try_accept (f->server);
  wait_for (login.done);
  g_assert_error (login.error, WC_ERROR, (int) code);
  g_assert_cmpint (wc_client_get_state (f->client), ==, WC_STATE_OFFLINE);
  g_assert_true (script_is_quiet (f->server));
}

static void
assert_message_has (Fixture *f, const char *text)
{
  const char *message = wc_client_get_error (f->client)->message;

  if (strstr (message, text) == NULL)
    g_error ("“%s” is not in: %s", text, message);
}

static void
test_first_time (Fixture *f, gconstpointer data)
{
  g_autoptr (GTlsCertificate) other = certificate_new (&(CertificateSpec) { .name = "127.0.0.1", .days_from = -1, .days_to = 1 });
  g_autofree char *other_fingerprint = certificate_fingerprint (other);
  GListModel *pins = wc_pins_get_list (wc_client_get_pins (f->client));

  /* Shown once, */
  fail_login (f, WC_ERROR_CERTIFICATE_UNKNOWN);
  g_assert_cmpstr (wc_client_get_certificate_fingerprint (f->client), ==, f->fingerprint);
  assert_message_has (f, f->fingerprint);
  g_assert_cmpuint (g_list_model_get_n_items (pins), ==, 0);

  /* then trusted, unless something else was meant, */
  g_assert_false (wc_client_trust_certificate (f->client, script_address (f->server), other_fingerprint));
  g_assert_false (wc_client_trust_certificate (f->client, "chat.lab", f->fingerprint));
  g_assert_cmpuint (g_list_model_get_n_items (pins), ==, 0);
  g_assert_true (wc_client_trust_certificate (f->client, script_address (f->server), f->fingerprint));
  g_assert_cmpuint (g_list_model_get_n_items (pins), ==, 1);
  script_login (f->server, f->client, "bob", NULL);
  g_assert_true (wc_client_get_is_encrypted (f->client));
  g_assert_null (wc_client_get_certificate_fingerprint (f->client));
  wc_client_logout (f->client);
  script_expect (f->server, "QUIT");
  script_expect_end (f->server);

  /* and no other one, however much one would like to. */
  script_set_certificate (f->server, other);
  for (guint i = 0; i < 2; i++)
    {
      fail_login (f, WC_ERROR_CERTIFICATE_CHANGED);
      assert_message_has (f, f->fingerprint);
      assert_message_has (f, other_fingerprint);
      g_assert_cmpstr (wc_client_get_certificate_fingerprint (f->client), ==, other_fingerprint);
      g_assert_true (wc_client_trust_certificate (f->client, script_address (f->server), other_fingerprint));
    }

  /* But when the old one was taken away. */
  {
    g_autoptr (WcPin) old = g_list_model_get_item (pins, 0);

    g_assert_cmpstr (wc_pin_get_fingerprint (old), ==, f->fingerprint);
    wc_pins_remove (wc_client_get_pins (f->client), old);
  }
  fail_login (f, WC_ERROR_CERTIFICATE_UNKNOWN);
  g_assert_true (wc_client_trust_certificate (f->client, script_address (f->server), other_fingerprint));
  script_login (f->server, f->client, "bob", NULL);
}

/* Certificates by a CA, or not, and whether that is good enough. */
static const struct
{
  const char *name;
  CertificateSpec spec;
  gboolean by_ca;   /* signed by a CA, which the system trusts if */
  gboolean trusted;
  const char *pin;  /* "it", "other", or NULL */
  int code;         /* -1: let in */
} rows[] = {
  { "trusted", { "127.0.0.1", NULL, -1, 1, FALSE }, TRUE, TRUE, NULL, -1 },
  { "trusted-other-pin", { "127.0.0.1", NULL, -1, 1, FALSE }, TRUE, TRUE, "other", -1 },
  { "trusted-other-host", { "chat.lab", NULL, -1, 1, FALSE }, TRUE, TRUE, NULL, WC_ERROR_CERTIFICATE_UNKNOWN },
  { "trusted-other-host-other-pin", { "chat.lab", NULL, -1, 1, FALSE }, TRUE, TRUE, "other", WC_ERROR_CERTIFICATE_CHANGED },
  { "trusted-expired", { "127.0.0.1", NULL, -9, -1, FALSE }, TRUE, TRUE, NULL, WC_ERROR_CERTIFICATE_UNKNOWN },
  { "trusted-not-yet", { "127.0.0.1", NULL, 2, 9, FALSE }, TRUE, TRUE, NULL, WC_ERROR_CERTIFICATE_UNKNOWN },
  { "unknown-ca", { "127.0.0.1", NULL, -1, 1, FALSE }, TRUE, FALSE, NULL, WC_ERROR_CERTIFICATE_UNKNOWN },
  { "self-signed", { "127.0.0.1", NULL, -1, 1, FALSE }, FALSE, TRUE, NULL, WC_ERROR_CERTIFICATE_UNKNOWN },
  { "self-signed-pinned", { "127.0.0.1", NULL, -1, 1, FALSE }, FALSE, TRUE, "it", -1 },
  { "self-signed-changed", { "127.0.0.1", NULL, -1, 1, FALSE }, FALSE, TRUE, "other", WC_ERROR_CERTIFICATE_CHANGED },
  { "expired-pinned", { "127.0.0.1", NULL, -9, -1, FALSE }, FALSE, FALSE, "it", -1 },
  { "other-host-pinned", { "chat.lab", NULL, -1, 1, FALSE }, FALSE, FALSE, "it", -1 },
};

static void
test_certificate (Fixture *f, gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (GTlsCertificate) ca = certificate_new (&(CertificateSpec) { .name = "CA", .days_from = -10, .days_to = 10, .is_ca = TRUE });
  g_autoptr (GTlsCertificate) other_ca = certificate_new (&(CertificateSpec) { .name = "Other", .days_from = -10, .days_to = 10, .is_ca = TRUE });
  g_autoptr (GTlsDatabase) database = certificate_database_new (rows[i].trusted ? ca : other_ca);
  CertificateSpec spec = rows[i].spec;
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autofree char *fingerprint = NULL;

  spec.issuer = rows[i].by_ca ? ca : NULL;
  certificate = certificate_new (&spec);
  fingerprint = certificate_fingerprint (certificate);
  script_set_certificate (f->server, certificate);
  wc_client_set_tls_database (f->client, database);
  if (rows[i].pin != NULL)
    pin (f, strcmp (rows[i].pin, "it") == 0 ? fingerprint : f->fingerprint);

  if (rows[i].code < 0)
    script_login (f->server, f->client, "bob", NULL);
  else
    fail_login (f, rows[i].code);
  g_assert_cmpstr (wc_client_get_certificate_fingerprint (f->client), ==, rows[i].code < 0 ? NULL : fingerprint);
}

/* What answers speaks in plain text, or does not speak. */
static const struct
{
  const char *name;
  const char *answer; /* NULL: none */
  gboolean hang_up;
} others[] = {
  { "plain", "ERROR unknown-verb what is that\n", FALSE },
  { "plain-closed", "DECLINED\n", TRUE },
  { "http", "HTTP/1.1 400 Bad Request\r\n\r\n", TRUE },
  { "closed", NULL, TRUE },
  { "silent", NULL, FALSE },
};

static void
test_no_tls (Fixture *f, gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autofree char *address = g_strdup_printf ("tls://%s", script_address (f->server) + strlen ("tls://"));
  g_autofree char *plain = NULL;
  g_auto (Login) login = { 0 };

  script_set_certificate (f->server, NULL);
  plain = g_strdup (script_address (f->server));
  if (others[i].answer == NULL && !others[i].hang_up)
    f->client->timing.handshake = 200;
  login_start (&login, f->client, address, "alice", NULL);
  script_accept (f->server);
  if (others[i].answer != NULL)
    script_say (f->server, "%s", others[i].answer);
  if (others[i].hang_up)
    script_hang_up (f->server);
  wait_for (login.done);
  if (others[i].answer == NULL && others[i].hang_up)
    {
      /* It may be full: that is no reason to do without. */
      g_assert_error (login.error, WC_ERROR, WC_ERROR_CLOSED);
      g_assert_null (strstr (login.error->message, "plain:"));
    }
  else
    {
      g_assert_error (login.error, WC_ERROR, WC_ERROR_TLS);
      assert_message_has (f, plain);
    }
  if (!others[i].hang_up)
    script_expect_end (f->server);
  g_assert_false (wc_client_get_is_encrypted (f->client));
}

/* Given up in the middle of it. */
static void
test_cancel (Fixture *f, gconstpointer data)
{
  g_autofree char *address = g_strdup (script_address (f->server));
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (Login) login = { 0 };

  script_set_certificate (f->server, NULL);
  login_start (&login, f->client, address, "alice", cancellable);
  script_accept (f->server);
  g_cancellable_cancel (cancellable);
  wait_for (login.done);
  g_assert_error (login.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  script_expect_end (f->server);
}

static void
test_reconnect (Fixture *f, gconstpointer data)
{
  g_autoptr (GTlsCertificate) other = certificate_new (&(CertificateSpec) { .name = "127.0.0.1", .days_from = -1, .days_to = 1 });
  WcConversation *bob;

  pin (f, f->fingerprint);
  script_login (f->server, f->client, "bob", NULL);
  bob = wc_client_get_conversation (f->client, "bob");
  g_assert_true (wc_conversation_send (bob, "before", NULL));
  script_expect (f->server, "@id=* CHAT_REQUEST bob");

  /* It is cut off without a word of TLS: the same as any other end. */
  script_hang_up (f->server);
  wait_for (wc_client_get_state (f->client) == WC_STATE_WAITING);
  g_assert_error (wc_client_get_error (f->client), WC_ERROR, WC_ERROR_CLOSED);
  script_welcome (f->server);
  script_expect_lists (f->server);
  g_assert_true (wc_client_get_is_encrypted (f->client));
  script_hang_up (f->server);

  /* Somebody else is there now: nothing is said to them, and nobody is asked to let it be. */
  script_set_certificate (f->server, other);
  script_try_accept (f->server);
  wait_for (wc_client_get_state (f->client) == WC_STATE_OFFLINE);
  g_assert_error (wc_client_get_error (f->client), WC_ERROR, WC_ERROR_CERTIFICATE_CHANGED);
  g_assert_true (script_is_quiet (f->server));
}

/* More than a record of TLS holds, both ways; and all of it before the end. */
static void
test_much (Fixture *f, gconstpointer data)
{
  g_autofree char *text = g_strnfill (8000, 'x');
  WcConversation *bob;
  const char *line;

  pin (f, f->fingerprint);
  script_login (f->server, f->client, "bob", NULL);
  bob = wc_client_get_conversation (f->client, "bob");
  script_say (f->server, "@time=2026-11-23T10:00:00.000Z CHAT_STARTED 100000 bob\n");
  wait_for (wc_conversation_get_chat (bob) == WC_CHAT_OPEN);
  for (guint i = 0; i < 20; i++)
    g_assert_true (wc_conversation_send (bob, text, NULL));
  for (guint i = 0; i < 20; i++)
    {
      line = script_expect (f->server, "@id=* CHAT_MESSAGE bob *");
      g_assert_true (g_str_has_suffix (line, text));
    }
  for (guint i = 1; i <= 20; i++)
    script_say (f->server, "@conv=bob;from=bob;seq=%u;time=2026-11-23T10:00:00.000Z CHAT %s\n", i, text);
  wait_for (g_list_model_get_n_items (G_LIST_MODEL (wc_conversation_get_log (bob))) == 1 + 20 + 20);

  wc_client_logout (f->client);
  while (strcmp (script_expect (f->server, "*"), "QUIT") != 0)
    ;
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

  add ("/client/tls/first-time", NULL, test_first_time);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/client/tls/certificate/", rows[i].name, NULL);

      add (path, GUINT_TO_POINTER (i), test_certificate);
    }
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_autofree char *path = g_strconcat ("/client/tls/no-tls/", others[i].name, NULL);

      add (path, GUINT_TO_POINTER (i), test_no_tls);
    }
  add ("/client/tls/cancel", NULL, test_cancel);
  add ("/client/tls/reconnect", NULL, test_reconnect);
  add ("/client/tls/much", NULL, test_much);

  return g_test_run ();
}
