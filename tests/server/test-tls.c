/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS as an honest client uses it; test-tls-attack is about the others. The rest of the contract is tested over TLS too, by WEBCHAT_TEST_TLS. */
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <glib/gstdio.h>

#include "tests/util/client.h"
#include "tests/util/deadline.h"
#include "tests/util/server.h"

#define LIST    "alice\nbob\ncarol\n"
#define TLS     "server.tls-listen=127.0.0.1:0"
#define NO_RATE "limits.messages-per-second=0"

#define CERTIFICATE "data/tls-certificate.pem"
#define KEY         "data/tls-key.pem"

static void
start_chat (TestClient *a, const char *a_id, TestClient *b, const char *b_id)
{
  test_send (a, "CHAT_REQUEST %s", b_id);
  test_expect_started (a, b_id);
  test_expect_started (b, a_id);
}

/* Chatting */

/* Login, chat, history and the end, in base, with TLS and without. */
static void
test_base (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, TLS, NULL);
  g_autoptr (TestClient) alice = test_login_tls (server, "alice");
  g_autoptr (TestClient) bob = test_login (server, "bob");

  g_assert_cmpstr (test_tls_get_version (test_client_tls (alice)), ==, "TLS1.3");
  start_chat (alice, "alice", bob, "bob");
  test_send (alice, "CHAT hello");
  test_expect (bob, "CHAT hello");
  test_send (bob, "CHAT_MESSAGE alice who reads along?");
  test_expect (alice, "CHAT who reads along?");
  test_send (alice, "HISTORY_REQ bob");
  test_expect (alice, "HISTORY_RESP From alice: hello");
  test_expect (alice, "HISTORY_RESP From bob: who reads along?");
  test_send (bob, "END_REQUEST alice");
  test_expect (alice, "END_NOTIF");
  test_expect_nothing (alice);
}

/* Protocol 2 over TLS 1.2 beside 1.3 beside plaintext: one conversation. */
static void
test_proto2 (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, TLS, NULL);
  guint nth = test_server_tls_listener (server);
  g_autoptr (TestClient) alice = test_connect_to ("alice", test_server_host (server, nth), test_server_port (server, nth), NULL);
  g_autoptr (TestClient) phone = test_login2_tls (server, "alice");
  g_autoptr (TestClient) bob = test_login2 (server, "bob");

  g_assert_true (test_client_start_tls (alice, "NORMAL:-VERS-ALL:+VERS-TLS1.2"));
  g_assert_cmpstr (test_tls_get_version (test_client_tls (alice)), ==, "TLS1.2");
  test_send (alice, "HELLO alice 2");
  test_expect_connected2 (alice);
  test_send (alice, "@id=n1 CHAT_MESSAGE bob hello");
  test_expect_tagged (alice, "id=n1;seq=1;time=*", "SENT bob");
  test_expect_tagged (phone, "conv=bob;from=alice;seq=1;time=*;id=n1", "CHAT hello");
  test_expect_tagged (bob, "conv=alice;from=alice;seq=1;time=*;id=n1", "CHAT hello");
  test_send (alice, "QUIT");
  test_expect (alice, "DELIVERED bob 1");
  test_expect_closed (alice);
  g_assert_true (test_tls_has_ended_well (test_client_tls (alice)));
}

/* A record is what a write is without TLS: one message. */
static void
test_unframed (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, TLS, NULL);
  g_autoptr (TestClient) alice = test_connect_tls (server, "alice");
  g_autoptr (TestClient) bob = test_login2_tls (server, "bob");

  test_send_bytes (alice, "HELLO alice", -1);
  g_assert_cmpstr (test_read_once (alice, NULL, NULL), ==, "CONNECTED");
  test_send_bytes (alice, "CHAT_REQUEST bob", -1);
  g_assert_true (g_str_has_prefix (test_read_once (alice, NULL, NULL), "CHAT_STARTED "));
  test_expect_started (bob, "alice");
  /* At once, and yet three messages each way. */
  for (guint i = 1; i <= 3; i++)
    {
      g_autofree char *message = g_strdup_printf ("CHAT %u", i);

      test_send_bytes (alice, message, -1);
      test_send (bob, "CHAT_MESSAGE alice %u", i);
    }
  for (guint i = 1; i <= 3; i++)
    {
      g_autofree char *message = g_strdup_printf ("CHAT  %u", i);

      g_assert_cmpstr (test_read_once (alice, NULL, NULL), ==, message);
    }
  for (guint i = 1; i <= 3;)
    {
      const char *line = test_line (bob);

      if (strstr (line, " CHAT ") != NULL)
        g_assert_cmpuint (g_ascii_strtoull (strstr (line, " CHAT ") + strlen (" CHAT "), NULL, 10), ==, i++);
    }
}

/* Much in one go, both ways: more than any buffer on the way holds. */
static void
test_bursts (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, TLS, NO_RATE, NULL);
  g_autoptr (TestClient) alice = test_login2_tls (server, "alice");
  g_autoptr (TestClient) bob = test_login2_tls (server, "bob");
  g_autoptr (TestClient) carol = NULL;
  g_autofree char *text = g_strnfill (3000, 'b');
  g_autoptr (GString) all = g_string_new (NULL);
  const guint n = 1000;

  for (guint i = 1; i <= n; i++)
    g_string_append_printf (all, "@id=%u CHAT_MESSAGE bob %s %u\n", i, text, i);
  test_send_bytes (alice, all->str, (gssize) all->len);
  for (guint i = 1; i <= n; i++)
    {
      g_autofree char *tags = g_strdup_printf ("conv=alice;from=alice;seq=%u;time=*;id=%u", i, i);

      test_expect_tagged (bob, tags, "CHAT %s %u", text, i);
    }

  /* The whole of it in base, while bob asks for as much in pages. */
  carol = test_login_tls (server, "bob");
  test_send (carol, "HISTORY_REQ alice");
  for (guint i = 0; i < n; i += 200)
    test_send (bob, "@after=%u;limit=200 HISTORY_REQ alice", i);
  for (guint i = 1; i <= n; i++)
    {
      g_autofree char *tags = g_strdup_printf ("seq=%u;from=alice;time=*;id=?", i);

      test_expect (carol, "HISTORY_RESP From alice: %s %u", text, i);
      test_expect_tagged (bob, tags, "HISTORY_RESP %s %u", text, i);
      if (i % 200 == 0)
        test_expect_prefix (bob, "@count=200;");
    }
  test_expect_nothing (bob);
  test_expect_nothing (carol);
}

/* The last line, cut off: with a word that this was all it counts, without it may have been cut by somebody on the way. */
static void
test_end_of_input (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, TLS, NULL);
  g_autoptr (TestClient) bob = test_login_tls (server, "bob");

  for (guint with_word = 0; with_word < 2; with_word++)
    {
      g_autoptr (TestClient) alice = test_login_tls (server, "alice");

      start_chat (alice, "alice", bob, "bob");
      test_send (alice, "CHAT whole");
      test_send_bytes (alice, "TIMEOUT", -1);
      if (with_word)
        test_shut_write (alice);
      else
        g_assert_no_errno (shutdown (test_client_fd (alice), SHUT_WR));
      test_expect (bob, "CHAT whole");
      test_expect (bob, "END_NOTIF");
      if (with_word)
        test_expect (alice, "END_NOTIF"); /* the answer to TIMEOUT */
      test_expect_closed (alice);
      test_expect_nothing (bob);
    }
}

/* Whoever is told to go is told the end too. */
static void
test_farewell (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, TLS, NULL);
  g_autoptr (TestClient) nobody = test_connect_tls (server, "nobody");
  g_autoptr (TestClient) alice = test_login_tls (server, "alice");
  g_autoptr (TestClient) bob = test_login2_tls (server, "bob");
  int status;

  test_send (nobody, "HELLO nobody");
  test_expect (nobody, "DECLINED");
  test_expect_closed (nobody);
  g_assert_true (test_tls_has_ended_well (test_client_tls (nobody)));

  status = test_server_stop (server, SIGTERM);
  g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
  test_expect_closed (alice);
  g_assert_true (test_tls_has_ended_well (test_client_tls (alice)));
  test_expect_closed (bob);
  g_assert_true (test_tls_has_ended_well (test_client_tls (bob)));
}

/* Listeners */

static void
test_listeners (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "server.listen=127.0.0.1:0;[::1]:0", "server.tls-listen=127.0.0.1:0;[::1]:0", NULL);

  g_assert_cmpuint (test_server_n_listeners (server), ==, 4);
  g_assert_cmpuint (test_server_tls_listener (server), ==, 2); /* after those without */
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (TestClient) alice = test_connect_to ("alice", test_server_host (server, i), test_server_port (server, i), NULL);

      if (i >= 2)
        g_assert_true (test_client_start_tls (alice, NULL));
      test_send (alice, "HELLO alice");
      test_expect (alice, "CONNECTED");
    }
}

/* The certificate */

static char *
get_fingerprint (TestServer *server)
{
  g_autoptr (TestClient) client = test_connect_tls (server, "somebody");

  return test_tls_get_fingerprint (test_client_tls (client));
}

static guint
get_mode (TestServer *server, const char *name)
{
  g_autofree char *path = test_server_path (server, name);
  GStatBuf status;

  g_assert_no_errno (g_stat (path, &status));
  return status.st_mode & 07777;
}

/* Without a certificate one is made, once, and the key is nobody else's. */
static void
test_made_once (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, TLS, NULL);
  g_autofree char *first = get_fingerprint (server);
  g_autofree char *logged = g_strdup_printf ("SHA-256 %s", first);

  test_server_wait_log (server, logged, 0);
  g_assert_cmpuint (get_mode (server, CERTIFICATE), ==, 0644);
  g_assert_cmpuint (get_mode (server, KEY), ==, 0600);
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *again = NULL;

      if (i == 0)
        test_server_crash_and_restart (server);
      else
        {
          test_server_stop (server, SIGTERM);
          test_server_start (server);
        }
      again = get_fingerprint (server);
      g_assert_cmpstr (again, ==, first);
    }
}

/* Without TLS there is none to be made. */
static void
test_none_needed (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autofree char *certificate = test_server_path (server, CERTIFICATE);

  if (!test_server_usual_is_tls ())
    g_assert_false (g_file_test (certificate, G_FILE_TEST_EXISTS));
}

/* Copies a certificate and its key, that another server has made, to these names. */
static void
borrow_certificate (TestServer *server, const char *certificate, const char *key)
{
  g_autoptr (TestServer) other = test_server_new (LIST, TLS, NULL);
  const char *const names[][2] = { { CERTIFICATE, certificate }, { KEY, key } };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *from = test_server_path (other, names[i][0]);
      g_autofree char *text = NULL;

      g_assert_true (g_file_get_contents (from, &text, NULL, NULL));
      test_server_replace_file (server, names[i][1], text);
    }
}

static TestServer *
make_server_with_certificate (void)
{
  TestServer *server = test_server_prepare (LIST, TLS, "server.tls-certificate=c.pem", "server.tls-key=k.pem", NO_RATE, NULL);

  borrow_certificate (server, "c.pem", "k.pem");
  return server;
}

/* Others chat on, over the old one. */
static void
test_reload (void)
{
  g_autoptr (TestServer) server = make_server_with_certificate ();
  g_autoptr (TestClient) alice = NULL, bob = NULL;
  g_autofree char *first = NULL;
  gsize logged = 0;

  test_server_start (server);
  first = get_fingerprint (server);
  alice = test_login_tls (server, "alice");
  bob = test_login2_tls (server, "bob");
  for (guint i = 1; i <= 3; i++)
    {
      g_autofree char *before = get_fingerprint (server), *after = NULL, *wanted = NULL;

      borrow_certificate (server, "c.pem", "k.pem");
      test_send (alice, "CHAT_REQUEST bob");
      test_expect_started (alice, "bob");
      test_server_signal (server, SIGHUP);
      for (guint n = 0; n < 50; n++)
        {
          test_send (bob, "@id=%u-%u CHAT_MESSAGE alice %u", i, n, n);
          test_expect (alice, "CHAT %u", n);
        }
      logged = test_server_wait_log (server, "c.pem: SHA-256 ", i == 1 ? 0 : logged);
      if (i == 1)
        logged = test_server_wait_log (server, "c.pem: SHA-256 ", logged); /* the first was at the start */
      after = get_fingerprint (server);
      g_assert_cmpstr (after, !=, before);
      g_assert_cmpstr (after, !=, first);
      test_send (alice, "END_REQUEST bob");
    }
  test_expect_nothing (alice);
}

/* A file that cannot be used changes nothing, and the log says why. */
static void
test_bad_reload (void)
{
  static const char *const bad[][2] = { { "c.pem", "" }, { "k.pem", "no key" }, { "c.pem", "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n" } };
  g_autoptr (TestServer) server = make_server_with_certificate ();
  g_autoptr (TestClient) alice = NULL;
  g_autofree char *first = NULL, *after = NULL;
  gsize logged = 0;

  test_server_start (server);
  first = get_fingerprint (server);
  alice = test_login2_tls (server, "alice");
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *path = test_server_path (server, bad[i][0]);
      g_autofree char *good = NULL, *still = NULL;

      g_assert_true (g_file_get_contents (path, &good, NULL, NULL));
      test_server_replace_file (server, bad[i][0], bad[i][1]);
      test_server_signal (server, SIGHUP);
      logged = test_server_wait_log (server, "the old certificate stays in force", logged);
      still = get_fingerprint (server);
      g_assert_cmpstr (still, ==, first);
      test_expect_nothing (alice);
      test_server_replace_file (server, bad[i][0], good);
    }

  /* A certificate that does not go with the key; and at last both. */
  borrow_certificate (server, "c.pem", "k2.pem");
  test_server_signal (server, SIGHUP);
  logged = test_server_wait_log (server, "the old certificate stays in force", logged);
  borrow_certificate (server, "c.pem", "k.pem");
  test_server_signal (server, SIGHUP);
  test_server_wait_log (server, "read the certificate", logged);
  after = get_fingerprint (server);
  g_assert_cmpstr (after, !=, first);
}

static void
assert_refused (TestServer *server, const char *named)
{
  static const char *const arguments[] = { NULL, "--check-config" };

  test_server_write_config (server);
  for (guint i = 0; i < G_N_ELEMENTS (arguments); i++)
    {
      g_auto (TestRun) run = { 0 };
      g_auto (GStrv) lines = NULL;

      test_run_server (&run, test_server_folder (server), "--config", test_server_config_file (server), arguments[i], NULL);
      g_assert_cmpint (run.status, ==, 1);
      g_assert_cmpstr (run.out, ==, "");
      lines = g_strsplit (run.err, "\n", -1);
      g_assert_true (g_str_has_prefix (lines[g_strv_length (lines) - 2], "webchat-server: "));
      if (strstr (lines[g_strv_length (lines) - 2], named) == NULL)
        g_error ("wanted a line about %s, got \"%s\"", named, run.err);
    }
}

static void
test_bad_start (void)
{
  g_autoptr (TestServer) server = make_server_with_certificate ();
  g_autofree char *key = test_server_path (server, "k.pem");

  borrow_certificate (server, "other.pem", "k.pem");
  assert_refused (server, "k.pem");
  test_server_rewrite_file (server, "c.pem", "garbage");
  assert_refused (server, "c.pem");
  borrow_certificate (server, "c.pem", "k.pem");
  g_assert_no_errno (g_unlink (key));
  assert_refused (server, "k.pem: ");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tls/base", test_base);
  g_test_add_func ("/tls/proto2", test_proto2);
  g_test_add_func ("/tls/unframed", test_unframed);
  g_test_add_func ("/tls/bursts", test_bursts);
  g_test_add_func ("/tls/end-of-input", test_end_of_input);
  g_test_add_func ("/tls/farewell", test_farewell);
  g_test_add_func ("/tls/listeners", test_listeners);
  g_test_add_func ("/tls/certificate/made-once", test_made_once);
  g_test_add_func ("/tls/certificate/none-needed", test_none_needed);
  g_test_add_func ("/tls/certificate/reload", test_reload);
  g_test_add_func ("/tls/certificate/bad-reload", test_bad_reload);
  g_test_add_func ("/tls/certificate/bad-start", test_bad_start);
  return g_test_run ();
}
