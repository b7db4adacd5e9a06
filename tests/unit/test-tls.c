/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server's end of TLS over a socket pair that holds little, and the certificate that it makes. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "identity/certificate.h"
#include "net/tls.h"
#include "tests/util/deadline.h"
#include "tests/util/server.h"

#define TLS12 "NORMAL:-VERS-ALL:+VERS-TLS1.2"
#define TLS13 "NORMAL:-VERS-ALL:+VERS-TLS1.3"

typedef struct
{
  char *folder;
  TlsCredentials *credentials;
  TlsSession *server;
  gnutls_session_t client;
  gnutls_certificate_credentials_t client_credentials;
  int fds[2]; /* the server's, the client's */
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *certificate = NULL, *key = NULL;
  int little = 1;

  f->folder = test_make_folder ();
  g_assert_true (certificate_ensure (f->folder, NULL, &error));
  certificate = certificate_get_own_file (f->folder);
  key = certificate_get_own_key_file (f->folder);
  f->credentials = tls_credentials_new (certificate, key, &error);
  g_assert_no_error (error);

  g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, f->fds));
  g_assert_no_errno (setsockopt (f->fds[0], SOL_SOCKET, SO_SNDBUF, &little, sizeof little));
  f->server = tls_session_new (f->credentials, f->fds[0]);

  gnutls_certificate_allocate_credentials (&f->client_credentials);
  gnutls_init (&f->client, GNUTLS_CLIENT | GNUTLS_NONBLOCK);
  g_assert_cmpint (gnutls_priority_set_direct (f->client, data, NULL), ==, GNUTLS_E_SUCCESS);
  gnutls_credentials_set (f->client, GNUTLS_CRD_CERTIFICATE, f->client_credentials);
  gnutls_transport_set_int (f->client, f->fds[1]);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  tls_session_free (f->server);
  tls_credentials_unref (f->credentials);
  gnutls_deinit (f->client);
  gnutls_certificate_free_credentials (f->client_credentials);
  close (f->fds[0]);
  if (f->fds[1] >= 0)
    close (f->fds[1]);
  test_remove_folder (f->folder);
  g_free (f->folder);
}

/* Both ends in turn, until the server has an answer. */
static TlsResult
shake_hands (Fixture *f)
{
  gboolean client_done = FALSE, server_done = FALSE;
  gint64 deadline = test_deadline ();

  while (!client_done || !server_done)
    {
      TlsResult result;

      if (!client_done)
        {
          int code = gnutls_handshake (f->client);

          g_assert_true (code == GNUTLS_E_SUCCESS || !gnutls_error_is_fatal (code));
          client_done = code == GNUTLS_E_SUCCESS;
        }
      result = server_done ? TLS_DONE : tls_session_handshake (f->server);
      if (result == TLS_FAILED)
        return TLS_FAILED;
      server_done = result == TLS_DONE;
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    }
  return TLS_DONE;
}

static void
client_send (Fixture *f, const char *text)
{
  g_assert_cmpint (gnutls_record_send (f->client, text, strlen (text)), ==, strlen (text));
}

static void
assert_received (Fixture *f, const char *text, gboolean one_record)
{
  char bytes[65536];
  gssize n = tls_session_recv (f->server, bytes, sizeof bytes, one_record);

  g_assert_cmpmem (bytes, MAX (n, 0), text, strlen (text));
}

static void
assert_starved (Fixture *f)
{
  char bytes[65536];

  g_assert_cmpint (tls_session_recv (f->server, bytes, sizeof bytes, FALSE), ==, -1);
  g_assert_cmpint (errno, ==, EAGAIN);
}

static void
test_binding (Fixture *f, gconstpointer data)
{
  gnutls_datum_t binding;
  g_autoptr (GBytes) bytes = NULL;

  shake_hands (f);
  bytes = tls_session_get_binding (f->server);
  g_assert_nonnull (bytes);
  g_assert_cmpint (gnutls_session_channel_binding (f->client, GNUTLS_CB_TLS_EXPORTER, &binding), ==, GNUTLS_E_SUCCESS);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), binding.data, binding.size);
  g_assert_cmpuint (binding.size, ==, 32);
  gnutls_free (binding.data);
}

/* Without the extended master secret another session may have the same. */
static void
test_no_binding (Fixture *f, gconstpointer data)
{
  shake_hands (f);
  g_assert_null (tls_session_get_binding (f->server));
}

/* Small records are received together, or one by one, and nothing is left where no epoll sees it without being told. */
static void
test_records (Fixture *f, gconstpointer data)
{
  shake_hands (f);
  client_send (f, "one");
  client_send (f, "two");
  assert_received (f, "onetwo", FALSE);
  g_assert_false (tls_session_has_pending (f->server));
  assert_starved (f);

  client_send (f, "three");
  client_send (f, "four");
  client_send (f, "five");
  assert_received (f, "three", TRUE);
  g_assert_true (tls_session_has_pending (f->server));
  assert_received (f, "four", TRUE);
  g_assert_true (tls_session_has_pending (f->server));
  assert_received (f, "five", TRUE);
  g_assert_false (tls_session_has_pending (f->server));
}

/* What the client sends with the end of its handshake is not lost. */
static void
test_early_text (Fixture *f, gconstpointer data)
{
  TlsResult result = TLS_WANTS_READ;
  int code;

  do
    {
      code = gnutls_handshake (f->client);
      if (code == GNUTLS_E_SUCCESS)
        client_send (f, "HELLO alice\n");
      result = tls_session_handshake (f->server);
    }
  while (code != GNUTLS_E_SUCCESS);
  g_assert_cmpint (result, ==, TLS_DONE);
  g_assert_true (tls_session_has_pending (f->server));
  assert_received (f, "HELLO alice\n", FALSE);
}

/* A record in pieces, byte by byte. */
static void
test_partial_record (Fixture *f, gconstpointer data)
{
  guint8 bytes[100];
  int pair[2];
  gssize len;

  shake_hands (f);
  g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair));
  gnutls_transport_set_int (f->client, pair[0]);
  client_send (f, "text");
  len = read (pair[1], bytes, sizeof bytes);
  g_assert_cmpint (len, >, 4);
  for (gssize i = 0; i < len - 1; i++)
    {
      g_assert_cmpint (write (f->fds[1], &bytes[i], 1), ==, 1);
      assert_starved (f);
      g_assert_true (tls_session_is_within_record (f->server));
      g_assert_false (tls_session_has_pending (f->server));
    }
  g_assert_cmpint (write (f->fds[1], &bytes[len - 1], 1), ==, 1);
  assert_received (f, "text", FALSE);
  assert_starved (f);
  g_assert_false (tls_session_is_within_record (f->server));
  close (pair[0]);
  close (pair[1]);
}

/* New keys are no text, and no beginning of any. */
static void
test_key_update (Fixture *f, gconstpointer data)
{
  shake_hands (f);
  g_assert_cmpint (gnutls_session_key_update (f->client, GNUTLS_KU_PEER), ==, GNUTLS_E_SUCCESS);
  assert_starved (f);
  g_assert_false (tls_session_is_within_record (f->server));
  client_send (f, "text");
  assert_received (f, "text", FALSE);
}

/* But no more of them than anybody needs. */
static void
test_key_flood (Fixture *f, gconstpointer data)
{
  char bytes[100];
  guint n = 0;

  shake_hands (f);
  while (gnutls_session_key_update (f->client, 0) == GNUTLS_E_SUCCESS && tls_session_recv (f->server, bytes, sizeof bytes, FALSE) < 0
         && errno == EAGAIN)
    g_assert_cmpuint (++n, <, 10000);
  g_assert_cmpint (errno, ==, EPROTO);
}

static void
append_received (Fixture *f, GString *got)
{
  char bytes[5000];
  gssize n = gnutls_record_recv (f->client, bytes, sizeof bytes);

  g_assert_true (n > 0 || n == GNUTLS_E_AGAIN);
  g_string_append_len (got, bytes, MAX (n, 0));
}

/* The socket takes a part of a record at a time; what has to be sent again may lie elsewhere by then, and have grown. */
static void
test_cut_short (Fixture *f, gconstpointer data)
{
  g_autoptr (GString) all = g_string_new (NULL), got = g_string_new (NULL);
  gsize sent = 0, offered = 0;
  guint n_blocked = 0;

  shake_hands (f);
  for (guint i = 0; all->len < 300000; i++)
    g_string_append_printf (all, "%u ", i);
  while (got->len < all->len)
    {
      if (sent < all->len)
        {
          g_autofree char *copy = NULL;
          gssize n;

          offered = MIN (all->len, MAX (offered, sent) + 20000);
          copy = g_memdup2 (all->str + sent, offered - sent);
          n = tls_session_send (f->server, copy, offered - sent);
          g_assert_true (n > 0 || errno == EAGAIN);
          n_blocked += n < 0;
          sent += MAX (n, 0);
        }
      append_received (f, got);
    }
  g_assert_cmpuint (n_blocked, >, 0);
  g_assert_cmpmem (got->str, got->len, all->str, all->len);
}

static void
test_bye (Fixture *f, gconstpointer data)
{
  char bytes[100];

  shake_hands (f);
  client_send (f, "last");
  gnutls_bye (f->client, GNUTLS_SHUT_WR);
  assert_received (f, "last", FALSE);
  g_assert_true (tls_session_has_pending (f->server));
  g_assert_cmpint (tls_session_recv (f->server, bytes, sizeof bytes, FALSE), ==, 0);
  g_assert_cmpint (tls_session_recv (f->server, bytes, sizeof bytes, FALSE), ==, 0);
  g_assert_false (tls_session_is_cut (f->server));

  /* It can still be answered. */
  g_assert_cmpint (tls_session_send (f->server, "answer", 6), ==, 6);
  g_assert_cmpint (tls_session_bye (f->server), ==, TLS_DONE);
  g_assert_cmpint (gnutls_record_recv (f->client, bytes, sizeof bytes), ==, 6);
  g_assert_cmpint (gnutls_record_recv (f->client, bytes, sizeof bytes), ==, 0);
}

static void
test_cut (Fixture *f, gconstpointer data)
{
  char bytes[100];

  shake_hands (f);
  client_send (f, "last");
  close (f->fds[1]);
  f->fds[1] = -1;
  assert_received (f, "last", FALSE);
  g_assert_cmpint (tls_session_recv (f->server, bytes, sizeof bytes, FALSE), ==, 0);
  g_assert_true (tls_session_is_cut (f->server));
}

static void
test_forged_record (Fixture *f, gconstpointer data)
{
  static const char forged[] = "\x17\x03\x03\x00\x20 forged, forged, forged, forged!!";
  char bytes[100];

  shake_hands (f);
  client_send (f, "text");
  g_assert_cmpint (write (f->fds[1], forged, sizeof forged - 1), ==, sizeof forged - 1);
  assert_received (f, "text", FALSE);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_cmpint (tls_session_recv (f->server, bytes, sizeof bytes, FALSE), ==, -1);
      g_assert_cmpint (errno, ==, EPROTO);
      g_assert_nonnull (tls_session_get_failure (f->server));
    }
  g_assert_cmpint (gnutls_record_recv (f->client, bytes, sizeof bytes), ==, GNUTLS_E_FATAL_ALERT_RECEIVED);
}

/* A client of TLS 1.2 may ask for another handshake, as often as it likes: it gets none. */
static void
test_rehandshake (Fixture *f, gconstpointer data)
{
  char bytes[100];

  shake_hands (f);
  g_assert_cmpint (gnutls_handshake (f->client), ==, GNUTLS_E_AGAIN);
  g_assert_cmpint (tls_session_recv (f->server, bytes, sizeof bytes, FALSE), ==, -1);
  g_assert_cmpint (errno, ==, EPROTO);
}

/* Warnings mean nothing, and each is passed over: who sends no end of them must not keep whoever reads. */
static void
test_alert_flood (Fixture *f, gconstpointer data)
{
  const int large = 1024 * 1024;
  char bytes[100];
  int unread = 0;

  shake_hands (f);
  g_assert_no_errno (setsockopt (f->fds[1], SOL_SOCKET, SO_SNDBUF, &large, sizeof large));
  for (guint i = 0; i < 10000 && gnutls_alert_send (f->client, GNUTLS_AL_WARNING, GNUTLS_A_NO_RENEGOTIATION) == GNUTLS_E_SUCCESS; i++)
    ;
  g_assert_no_errno (ioctl (f->fds[0], FIONREAD, &unread));
  g_assert_cmpint (unread, >, 70000);

  g_assert_cmpint (tls_session_recv (f->server, bytes, sizeof bytes, FALSE), ==, -1);
  g_assert_cmpint (errno, ==, EPROTO);
  g_assert_no_errno (ioctl (f->fds[0], FIONREAD, &unread));
  g_assert_cmpint (unread, >, 0);
}

static void
test_old_version (Fixture *f, gconstpointer data)
{
  char bytes[100];

  g_assert_cmpint (shake_hands (f), ==, TLS_FAILED);
  g_assert_nonnull (tls_session_get_failure (f->server));
  g_assert_cmpint (gnutls_record_recv (f->client, bytes, sizeof bytes), !=, GNUTLS_E_AGAIN); /* an alert, not silence */
}

static void
test_garbage (Fixture *f, gconstpointer data)
{
  static const char *const garbage[] = { "HELLO alice\n", "GET / HTTP/1.1\r\n\r\n", "\x80\x2e\x01\x03\x01 an old hello", "\x16\x03\x01\xff\xff too long", "\x16 and something else" };

  char rest[100];

  for (guint i = 0; i < G_N_ELEMENTS (garbage); i++)
    {
      TlsSession *session = tls_session_new (f->credentials, f->fds[0]);

      g_assert_cmpint (write (f->fds[1], garbage[i], strlen (garbage[i])), ==, strlen (garbage[i]));
      g_assert_cmpint (tls_session_handshake (session), ==, TLS_FAILED);
      g_test_message ("%u: %s", i, tls_session_get_failure (session));
      tls_session_free (session);
      while (read (f->fds[0], rest, sizeof rest) > 0)
        ;
    }
}

/* The certificate */

static guint
get_mode (const char *file)
{
  GStatBuf status;

  g_assert_no_errno (g_stat (file, &status));
  return status.st_mode & 07777;
}

static void
test_certificate (void)
{
  g_autofree char *folder = test_make_folder ();
  g_autofree char *data = g_build_filename (folder, "not/yet", NULL);
  g_autofree char *file = certificate_get_own_file (data), *key_file = certificate_get_own_key_file (data);
  g_autofree char *fingerprint = NULL, *again = NULL, *another = NULL, *name = NULL;
  g_autoptr (TlsCredentials) credentials = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (certificate_ensure (data, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (get_mode (file), ==, 0644);
  g_assert_cmpuint (get_mode (key_file), ==, 0600);
  fingerprint = certificate_get_fingerprint (file, &error);
  g_assert_true (g_regex_match_simple ("^[0-9a-f]{64}$", fingerprint, 0, 0));
  name = certificate_get_name (file, &error);
  g_assert_cmpstr (name, ==, "localhost");

  /* Kept; and made anew only for the key that is there. */
  g_assert_true (certificate_ensure (data, NULL, &error));
  again = certificate_get_fingerprint (file, &error);
  g_assert_cmpstr (again, ==, fingerprint);
  g_assert_no_errno (g_unlink (file));
  g_assert_true (certificate_ensure (data, NULL, &error));
  another = certificate_get_fingerprint (file, &error);
  g_assert_cmpstr (another, !=, fingerprint);
  credentials = tls_credentials_new (file, key_file, &error);
  g_assert_no_error (error);

  g_assert_no_errno (g_unlink (key_file));
  g_assert_false (certificate_ensure (data, NULL, &error));
  g_assert_nonnull (strstr (error->message, key_file));
  test_remove_folder (folder);
}

static void
assert_for (const char *file, const char *host, gboolean wanted)
{
  g_autofree char *text = NULL;
  gnutls_x509_crt_t certificate;
  gnutls_datum_t pem;
  gsize len;

  g_assert_true (g_file_get_contents (file, &text, &len, NULL));
  pem = (gnutls_datum_t) { (guchar *) text, len };
  gnutls_x509_crt_init (&certificate);
  g_assert_cmpint (gnutls_x509_crt_import (certificate, &pem, GNUTLS_X509_FMT_PEM), ==, GNUTLS_E_SUCCESS);
  g_assert_cmpint (gnutls_x509_crt_check_hostname (certificate, host) != 0, ==, wanted);
  gnutls_x509_crt_deinit (certificate);
}

static void
test_names (void)
{
  static const char *const names[] = { "chat.example.org", "192.0.2.7", "2001:db8::7", "b\xc3\xbc" "cher.example", NULL };
  static const char *const bad[] = { "chat.example.org", "no name", NULL };
  g_autofree char *folder = test_make_folder (), *file = certificate_get_own_file (folder), *key_file = certificate_get_own_key_file (folder);
  g_autofree char *name = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_false (certificate_ensure (folder, bad, &error));
  g_assert_nonnull (strstr (error->message, "no name"));
  g_clear_error (&error);
  g_assert_false (g_file_test (file, G_FILE_TEST_EXISTS));

  g_assert_true (certificate_ensure (folder, names, &error));
  name = certificate_get_name (file, &error);
  g_assert_cmpstr (name, ==, "chat.example.org");
  assert_for (file, "chat.example.org", TRUE);
  assert_for (file, "192.0.2.7", TRUE);
  assert_for (file, "2001:db8::7", TRUE);
  assert_for (file, "xn--bcher-kva.example", TRUE);
  assert_for (file, "localhost", FALSE);

  g_unlink (file);
  g_assert_true (certificate_ensure (folder, NULL, &error));
  assert_for (file, "localhost", TRUE);
  assert_for (file, "127.0.0.1", TRUE);
  assert_for (file, "::1", TRUE);
  g_unlink (key_file);
  test_remove_folder (folder);
}

static void
assert_unusable (const char *certificate, const char *key, const char *named)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (tls_credentials_new (certificate, key, &error));
  g_assert_nonnull (strstr (error->message, named));
  g_assert_null (strchr (error->message, '\n'));
}

static void
test_bad_files (void)
{
  g_autofree char *folder = test_make_folder (), *other = test_make_folder ();
  g_autofree char *file = certificate_get_own_file (folder), *key_file = certificate_get_own_key_file (folder);
  g_autofree char *other_key = certificate_get_own_key_file (other), *missing = g_build_filename (folder, "missing", NULL);
  g_autofree char *garbage = g_build_filename (folder, "garbage", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (certificate_ensure (folder, NULL, NULL));
  g_assert_true (certificate_ensure (other, NULL, NULL));
  g_assert_true (g_file_set_contents (garbage, "-----BEGIN CERTIFICATE-----\nAAAA\n", -1, NULL));
  assert_unusable (missing, key_file, missing);
  assert_unusable (file, missing, missing);
  assert_unusable (garbage, key_file, garbage);
  assert_unusable (file, garbage, garbage);
  assert_unusable (file, other_key, other_key);
  g_assert_null (certificate_get_fingerprint (garbage, &error));
  g_assert_nonnull (strstr (error->message, garbage));
  test_remove_folder (folder);
  test_remove_folder (other);
}

#define ADD(path, priority, func) g_test_add ("/tls/" path, Fixture, priority, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("binding", TLS13, test_binding);
  ADD ("binding-1.2", TLS12, test_binding);
  ADD ("no-binding", TLS12 ":%NO_SESSION_HASH", test_no_binding);
  ADD ("records", TLS13, test_records);
  ADD ("records-1.2", TLS12, test_records);
  ADD ("early-text", TLS13, test_early_text);
  ADD ("partial-record", TLS13, test_partial_record);
  ADD ("partial-record-1.2", TLS12, test_partial_record);
  ADD ("key-update", TLS13, test_key_update);
  ADD ("key-flood", TLS13, test_key_flood);
  ADD ("cut-short", TLS13, test_cut_short);
  ADD ("cut-short-1.2", TLS12, test_cut_short);
  ADD ("bye", TLS13, test_bye);
  ADD ("bye-1.2", TLS12, test_bye);
  ADD ("cut", TLS13, test_cut);
  ADD ("forged-record", TLS13, test_forged_record);
  ADD ("rehandshake", TLS12, test_rehandshake);
  ADD ("alert-flood", TLS12, test_alert_flood);
  ADD ("old-version", "NORMAL:-VERS-ALL:+VERS-TLS1.1", test_old_version);
  ADD ("garbage", TLS13, test_garbage);
  g_test_add_func ("/certificate/made-once", test_certificate);
  g_test_add_func ("/certificate/names", test_names);
  g_test_add_func ("/certificate/bad-files", test_bad_files);
  return g_test_run ();
}
