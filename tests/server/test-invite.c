/* SPDX-License-Identifier: GPL-3.0-or-later */
/* invite: what its link says, and that the server takes it. */
#include <signal.h>
#include <string.h>

#include <glib/gstdio.h>

#include "tests/util/admin.h"
#include "tests/util/client.h"
#include "tests/util/proof.h"

#define LIST "alice\nbob\n"
#define TLS "server.tls-listen=127.0.0.1:0"

typedef struct
{
  char *host; /* with its port */
  char *id;
  char *token;
  char *fingerprint;
} Link;

static void
link_clear (Link *self)
{
  g_free (self->host);
  g_free (self->id);
  g_free (self->token);
  g_free (self->fingerprint);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Link, link_clear)

/* The link is the first line of what is printed. */
static void
parse (Link *self, const char *out)
{
  g_autoptr (GRegex) form = g_regex_new ("^webchat://([^/]+)/([^?]+)\\?token=([A-Za-z0-9_-]+)&sha256=([0-9a-f]{64})\n", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  if (!g_regex_match (form, out, 0, &match))
    g_error ("no link: %s", out);
  self->host = g_match_info_fetch (match, 1);
  self->id = g_match_info_fetch (match, 2);
  self->token = g_match_info_fetch (match, 3);
  self->fingerprint = g_match_info_fetch (match, 4);
}

static void
invite (TestServer *server, Link *link, const char *id)
{
  g_autofree char *out = test_admin (server, "invite", id, NULL);

  parse (link, out);
  g_assert_cmpstr (link->id, ==, id);
}

/* Takes the invitation with a password; the caller expects the answer. */
static TestClient *
take (TestServer *server, const Link *link, const char *password)
{
  TestClient *client = test_connect_tls (server, link->id);
  g_autofree char *verifier = test_verifier (password);

  test_hello (client, link->id);
  test_send (client, "INVITATION %s %s", link->token, verifier);
  return client;
}

static void
assert_taken (TestServer *server, const Link *link, const char *password)
{
  g_autoptr (TestClient) client = take (server, link, password);

  test_client_set_proto2 (client);
  test_expect_connected2 (client);
}

static void
assert_void (TestServer *server, const Link *link)
{
  g_autoptr (TestClient) client = take (server, link, "whatever");

  test_expect_error (client, "not-allowed");
  test_expect (client, "DECLINED");
  test_expect_closed (client);
}

/* From the link to the next login, and no second time. */
static void
test_used_once (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, TLS, NULL);
  g_autofree char *port = g_strdup_printf (":%u", test_server_port (server, 1));
  g_auto (Link) link = { 0 };

  invite (server, &link, "carol");
  g_assert_true (g_str_has_suffix (link.host, port));
  {
    g_autoptr (TestClient) look = test_connect_tls (server, "look");
    g_autofree char *fingerprint = test_tls_get_fingerprint (test_client_tls (look));

    g_assert_cmpstr (link.fingerprint, ==, fingerprint);
  }
  assert_taken (server, &link, "swordfish");
  {
    g_autoptr (TestClient) carol = test_login_proved (server, "carol", "swordfish");
  }
  assert_void (server, &link);
  {
    g_autoptr (TestClient) carol = test_login_proved (server, "carol", "swordfish");
    g_autofree char *list = test_admin (server, "list-clients", NULL);

    g_assert_nonnull (strstr (list, "carol  password  online"));
  }
}

/* One that is there without a password, one that has a password, and one that was invited before. */
static void
test_on_the_list (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, TLS, NULL);
  g_auto (Link) first = { 0 };
  g_auto (Link) second = { 0 };
  g_auto (Link) third = { 0 };
  g_auto (TestRun) run = { 0 };

  invite (server, &first, "bob");
  invite (server, &second, "bob");
  g_assert_cmpstr (first.token, !=, second.token);
  assert_void (server, &first);
  assert_taken (server, &second, "swordfish");

  /* With a password: it stays until another one is set by the link. */
  test_admin_shell (server, &run, "$admin invite bob");
  g_assert_nonnull (strstr (run.out, "stays good"));
  parse (&third, run.out);
  {
    g_autoptr (TestClient) bob = test_login_proved (server, "bob", "swordfish");
  }
  assert_taken (server, &third, "tuna");
  {
    g_autoptr (TestClient) bob = test_login_proved (server, "bob", "tuna");
    g_autoptr (TestClient) late = test_connect (server, "late");

    test_fail_to_prove (late, "bob", "swordfish");
  }
}

static void
test_withdrawn (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, TLS, "auth.mode=required", NULL);
  g_auto (Link) link = { 0 };
  g_auto (Link) another = { 0 };
  g_auto (TestRun) run = { 0 };

  invite (server, &link, "carol");
  g_free (test_admin (server, "remove-client", "carol", NULL));
  assert_void (server, &link);

  invite (server, &another, "dave");
  test_admin_shell (server, &run, "echo swordfish | $admin set-password dave");
  g_assert_cmpint (run.status, ==, 0);
  assert_void (server, &another);
}

/* What a link says is known without a server; and it is good for the one that starts then. */
static void
test_stopped (void)
{
  g_autoptr (TestServer) server = test_server_prepare (LIST, "server.tls-listen=127.0.0.1:5001", NULL);
  g_autofree char *data = test_server_path (server, "data");
  g_autofree char *out = NULL;
  g_auto (Link) link = { 0 };

  g_assert_no_errno (g_mkdir (data, 0700));
  out = test_admin (server, "invite", "carol", "--host", "chat.example.org", NULL);
  parse (&link, out);
  g_assert_cmpstr (link.host, ==, "chat.example.org"); /* 5001 need not be said */
  g_assert_nonnull (strstr (out, "carol: invited; no server runs\n"));

  test_server_set (server, TLS);
  test_server_start (server);
  assert_taken (server, &link, "swordfish");
}

static const struct
{
  const char *option;
  const char *host; /* NULL: it is refused */
} hosts[] = {
  { "chat.example.org", "chat.example.org:7000" },
  { "chat.example.org:6000", "chat.example.org:6000" },
  { "chat.example.org:5001", "chat.example.org" },
  { "192.0.2.7", "192.0.2.7:7000" },
  { "192.0.2.7:1", "192.0.2.7:1" },
  { "2001:db8::7", "[2001:db8::7]:7000" },
  { "[2001:db8::7]", "[2001:db8::7]:7000" },
  { "[2001:db8::7]:65535", "[2001:db8::7]:65535" },
  { "b\xc3\xbc" "cher.example", "xn--bcher-kva.example:7000" },
  { "chat.example.org:", NULL },
  { "chat.example.org:0", NULL },
  { "chat.example.org:65536", NULL },
  { "chat.example.org:-1", NULL },
  { "chat.example.org:80:90", NULL },
  { "chat.example.org/x", NULL },
  { "chat example", NULL },
  { "chat\nexample", NULL },
  { "mallory@example.org", NULL },
  { "a?token=x", NULL },
  { "%s%n", NULL },
  { "\xff", NULL },
  { "[::1", NULL },
  { "::1]", NULL },
  { "[chat.example.org]:x", NULL },
  { "", NULL },
  { "-", NULL },
};

static void
test_hosts (void)
{
  g_autoptr (TestServer) server = test_server_prepare (LIST, "server.tls-listen=127.0.0.1:7000", NULL);
  g_autofree char *data = test_server_path (server, "data");
  g_autofree char *list = test_server_path (server, "ClientID-List");

  g_assert_no_errno (g_mkdir (data, 0700));
  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
    {
      g_autofree char *quoted = g_shell_quote (hosts[i].option);
      g_autofree char *command = g_strdup_printf ("$admin invite carol --host %s", quoted), *shown = g_strescape (command, NULL);
      g_auto (TestRun) run = { 0 };
      g_auto (Link) link = { 0 };
      g_autofree char *text = NULL;

      test_admin_shell (server, &run, command);
      g_test_message ("%s: %s", shown, run.err);
      if (hosts[i].host != NULL)
        {
          g_assert_cmpint (run.status, ==, 0);
          parse (&link, run.out);
          g_assert_cmpstr (link.host, ==, hosts[i].host);
          g_free (test_admin (server, "remove-client", "carol", NULL));
          continue;
        }
      g_assert_cmpint (run.status, ==, 2);
      g_assert_cmpstr (run.out, ==, "");
      g_assert_cmpstr (strchr (run.err, '\n'), ==, "\n");
      g_assert_true (g_file_get_contents (list, &text, NULL, NULL));
      g_assert_cmpstr (text, ==, LIST); /* nobody was invited */
    }
}

/* Without --host: the certificate's first name, but not localhost; else the address, unless that is any. */
static void
test_usual_hosts (void)
{
  g_autoptr (TestServer) server = test_server_prepare (LIST, "server.tls-listen=127.0.0.1:7000", "auth.mode=required", NULL);
  g_autofree char *data = test_server_path (server, "data");
  g_autofree char *any = g_strdup_printf ("%s:7000", g_get_host_name ());
  g_auto (Link) address = { 0 };
  g_auto (Link) name = { 0 };

  g_assert_no_errno (g_mkdir (data, 0700));
  invite (server, &address, "carol");
  g_assert_cmpstr (address.host, ==, "127.0.0.1:7000");
  test_server_set (server, "server.tls-listen=0.0.0.0:7000");
  invite (server, &name, "carol");
  g_assert_cmpstr (name.host, ==, any);
  g_assert_cmpstr (address.fingerprint, ==, name.fingerprint);
}

static void
test_expiry (void)
{
  static const struct
  {
    const char *option;
    gint64 seconds; /* 0: refused */
  } expiries[] = {
    { "1m", 60 }, { "90m", 5400 }, { "12h", 43200 }, { "7d", 604800 }, { "2w", 1209600 }, { "366d", 31622400 },
    { "0d", 0 }, { "367d", 0 }, { "-1d", 0 }, { "7", 0 }, { "d", 0 }, { "", 0 }, { "1.5d", 0 }, { "7 d", 0 }, { "7y", 0 }, { "99999999999999999999d", 0 },
    { "7dd", 0 },
  };
  g_autoptr (TestServer) server = test_server_new (LIST, TLS, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (expiries); i++)
    {
      g_autofree char *command = g_strdup_printf ("$admin invite carol --expires '%s'", expiries[i].option);
      gint64 before = g_get_real_time () / G_USEC_PER_SEC, expires = 0;
      g_auto (TestRun) run = { 0 };
      g_auto (Link) link = { 0 };
      g_autofree guchar *bytes = NULL;
      gsize len;

      test_admin_shell (server, &run, command);
      g_test_message ("%s", command);
      g_assert_cmpint (run.status, ==, expiries[i].seconds == 0 ? 2 : 0);
      if (expiries[i].seconds == 0)
        continue;
      /* The token begins with it: five bytes, whose base64 is complete after eight letters. */
      parse (&link, run.out);
      link.token[8] = '\0';
      g_strdelimit (link.token, "-", '+');
      g_strdelimit (link.token, "_", '/');
      bytes = g_base64_decode (link.token, &len);
      g_assert_cmpuint (len, ==, 6);
      for (guint j = 0; j < 5; j++)
        expires = expires << 8 | bytes[j];
      g_assert_cmpint (expires, >=, before + expiries[i].seconds);
      g_assert_cmpint (expires, <=, g_get_real_time () / G_USEC_PER_SEC + expiries[i].seconds);
    }
}

static void
test_refused (void)
{
  g_autoptr (TestServer) server = test_server_prepare (LIST, NULL);

  g_free (test_admin_fails (server, "tls-listen is not set", "invite", "carol", NULL));
  test_server_set (server, TLS);
  g_free (test_admin_fails (server, "no server runs", "invite", "carol", NULL));
  test_server_set (server, "server.tls-listen=127.0.0.1:7000");
  g_free (test_admin_fails (server, "data", "invite", "carol", NULL)); /* there is no folder yet */
  test_server_set (server, "server.tls-certificate=missing.pem");
  test_server_set (server, "server.tls-key=missing.key");
  {
    g_autofree char *data = test_server_path (server, "data");

    g_assert_no_errno (g_mkdir (data, 0700));
  }
  g_free (test_admin_fails (server, "missing.pem", "invite", "carol", NULL));
  {
    g_autofree char *list = test_admin (server, "list-clients", NULL);

    g_assert_null (strstr (list, "carol"));
  }
}

/* Of several that are made at once the last one is good, and no other. */
static void
test_at_once (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, TLS, NULL);
  g_auto (TestRun) run = { 0 };
  g_auto (GStrv) lines = NULL;
  guint n_links = 0, n_good = 0;

  test_admin_shell (server, &run, "for n in 1 2 3 4 5 6; do $admin invite carol & done; wait");
  g_assert_cmpstr (run.err, ==, "");
  lines = g_strsplit (run.out, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    if (g_str_has_prefix (*line, "webchat://"))
      {
        g_autofree char *text = g_strconcat (*line, "\n", NULL);
        g_autoptr (TestClient) client = NULL;
        g_auto (Link) link = { 0 };

        parse (&link, text);
        client = take (server, &link, "swordfish");
        n_links++;
        n_good += g_str_has_suffix (test_line (client), "CONNECTED 2");
      }
  g_assert_cmpuint (n_links, ==, 6);
  g_assert_cmpuint (n_good, ==, 1);
}

/* Only for eyes: not in what a program reads, unless it is asked for. */
static void
test_qr (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, TLS, NULL);
  g_autofree char *plain = test_admin (server, "invite", "carol", NULL);
  g_autofree char *out = test_admin (server, "invite", "--qr", "carol", NULL);
  g_auto (GStrv) lines = g_strsplit (out, "\n", -1);
  glong width = 0;
  guint rows = 0;

  g_assert_null (strstr (plain, "▀"));
  g_assert_null (strchr (plain, '\033'));
  for (char **line = lines; *line != NULL; line++)
    if (g_str_has_prefix (*line, "\033["))
      {
        g_autoptr (GRegex) colour = g_regex_new ("\033\\[[0-9;]+m", 0, 0, NULL);
        g_autofree char *modules = NULL;
        glong chars;

        g_assert_true (g_utf8_validate (*line, -1, NULL));
        g_assert_true (g_str_has_suffix (*line, "\033[0m"));
        modules = g_regex_replace_literal (colour, *line, -1, 0, "", 0, NULL);
        chars = g_utf8_strlen (modules, -1);
        g_assert_true (width == 0 || width == chars);
        width = chars;
        rows++;
      }
  /* A square of whole modules, 21 or 4 more each version, with four of quiet on each side; two rows a line. */
  g_assert_cmpint (width, >=, 21 + 8);
  g_assert_cmpint ((width - 8 - 21) % 4, ==, 0);
  g_assert_cmpint (rows, ==, (width + 1) / 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/invite/used-once", test_used_once);
  g_test_add_func ("/invite/on-the-list", test_on_the_list);
  g_test_add_func ("/invite/withdrawn", test_withdrawn);
  g_test_add_func ("/invite/stopped", test_stopped);
  g_test_add_func ("/invite/hosts", test_hosts);
  g_test_add_func ("/invite/usual-hosts", test_usual_hosts);
  g_test_add_func ("/invite/expiry", test_expiry);
  g_test_add_func ("/invite/refused", test_refused);
  g_test_add_func ("/invite/at-once", test_at_once);
  g_test_add_func ("/invite/qr", test_qr);
  return g_test_run ();
}
