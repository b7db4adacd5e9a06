/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands that change and show the ClientID-List, and status. */
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "tests/util/admin.h"
#include "tests/util/client.h"
#include "tests/util/deadline.h"
#include "tests/util/proof.h"

#define LIST "# people\nalice\n\nbob # the builder\n"

static char *
read_list (TestServer *server)
{
  g_autofree char *path = test_server_path (server, "ClientID-List");
  char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

static void
assert_list (TestServer *server, const char *text)
{
  g_autofree char *list = read_list (server);

  g_assert_cmpstr (list, ==, text);
}

/* Runs a line of the shell, in which $admin is the command; it ends with 0 and prints this. */
static void
assert_shell (TestServer *server, const char *command, const char *out)
{
  g_auto (TestRun) run = { 0 };

  g_test_message ("%s", command);
  test_admin_shell (server, &run, command);
  g_assert_cmpstr (run.err, ==, "");
  g_assert_cmpstr (run.out, ==, out);
  g_assert_cmpint (run.status, ==, 0);
}

/* The same, and it ends with this status and one line in which this is. */
static void
assert_shell_fails (TestServer *server, const char *command, int status, const char *text)
{
  g_auto (TestRun) run = { 0 };

  g_test_message ("%s", command);
  test_admin_shell (server, &run, command);
  if (strstr (run.err, text) == NULL)
    g_error ("\"%s\" is not in: %s", text, run.err);
  g_assert_cmpstr (strchr (run.err, '\n'), ==, "\n");
  g_assert_cmpstr (run.out, ==, "");
  g_assert_cmpint (run.status, ==, status);
}

/* From the password to the login, with a server that runs; and what else stands in the list stays as it is. */
static void
test_running (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autofree char *list = NULL;

  assert_shell (server, "printf swordfish | $admin add-client carol", "carol: added, with a password; the server reads it now\n");
  list = read_list (server);
  g_assert_true (g_str_has_prefix (list, LIST "carol SCRAM-SHA-256$"));
  g_assert_null (strstr (list, "swordfish"));
  {
    g_autoptr (TestClient) carol = test_login_proved (server, "carol", "swordfish");
    g_autoptr (TestClient) mallory = test_connect (server, "mallory");

    test_fail_to_prove (mallory, "carol", "Swordfish");

    assert_shell (server, "echo tuna | $admin set-password carol --password-stdin", "carol: has another password; the server reads it now\n");
    {
      g_autoptr (TestClient) again = test_login_proved (server, "carol", "tuna");
      g_autoptr (TestClient) late = test_connect (server, "late");

      test_fail_to_prove (late, "carol", "swordfish");
    }

    assert_shell (server, "$admin remove-client carol", "carol: removed; the server reads it now\n");
    test_expect_error (carol, "not-allowed");
    test_expect_closed (carol);
  }
  assert_list (server, LIST);
}

static void
test_stopped (void)
{
  g_autoptr (TestServer) server = test_server_prepare (LIST, NULL);

  assert_shell (server, "echo swordfish | $admin add-client carol", "carol: added, with a password; no server runs\n");
  assert_shell (server, "echo tuna | $admin set-password carol", "carol: has another password; no server runs\n");
  assert_shell (server, "$admin remove-client bob", "bob: removed; no server runs\n");
  assert_shell (server, "$admin list-clients", "alice  none\ncarol  password\n");

  /* A crashed server leaves its socket. */
  test_server_start (server);
  test_server_stop (server, SIGKILL);
  assert_shell (server, "echo eel | $admin set-password carol", "carol: has another password; no server runs\n");
  test_server_start (server);
  {
    g_autoptr (TestClient) carol = test_login_proved (server, "carol", "eel");
  }
}

static void
test_bad_ids (void)
{
  static const char *const bad[] = { "", " ", "-carol", "--", "a b", "carol\nmallory", "#carol", ".carol", "../carol", "carol/", "%s%n%s", "car\xc3\xb6l",
                                     "car\xffol", "carol:x", "carol SCRAM-SHA-256$1:a$b:c", "carol\tx", "carol\r", "carol\x1b[2J" };
  static const char *const commands[] = { "add-client", "remove-client", "set-password", "invite" };
  g_autoptr (TestServer) server = test_server_prepare (LIST, "server.tls-listen=127.0.0.1:5001", NULL);
  g_autofree char *too_long = g_strnfill (65, 'a');

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    for (guint j = 0; j <= G_N_ELEMENTS (bad); j++)
      {
        const char *id = j < G_N_ELEMENTS (bad) ? bad[j] : too_long;
        g_autofree char *quoted = g_shell_quote (id);
        g_autofree char *command = g_strdup_printf ("$admin %s -- %s </dev/null", commands[i], quoted), *shown = g_strescape (command, NULL);
        g_auto (TestRun) run = { 0 };

        test_admin_shell (server, &run, command);
        g_test_message ("%s: %s", shown, run.err);
        g_assert_cmpint (run.status, ==, 2);
        g_assert_cmpstr (run.out, ==, "");
        g_assert_cmpstr (strchr (run.err, '\n'), ==, "\n");
        g_assert_null (strchr (run.err, '\x1b'));
      }
  assert_shell_fails (server, "$admin add-client", 2, "usage: webchat-server add-client");
  assert_shell_fails (server, "$admin add-client carol dave", 2, "usage: ");
  assert_shell_fails (server, "$admin add-client carol --nonsense", 2, "--nonsense");
  assert_shell_fails (server, "$admin list-clients alice", 2, "usage: ");
  assert_shell_fails (server, "$admin nonsense", 2, "there is no command");
  assert_list (server, LIST);
}

/* What is there is not added, what is not there is not changed: said before a password is read. */
static void
test_on_the_list (void)
{
  g_autoptr (TestServer) server = test_server_prepare (LIST, NULL);

  assert_shell_fails (server, "$admin add-client bob </dev/null", 1, "bob is on the list already");
  assert_shell_fails (server, "$admin set-password carol </dev/null", 1, "carol is not on the list");
  assert_shell_fails (server, "$admin remove-client carol", 1, "carol is not on the list");
  assert_list (server, LIST);
}

static const struct
{
  const char *printf; /* what prints it, for the shell */
  const char *wrong;  /* NULL: it is good */
} passwords[] = {
  { "printf ''", "empty" },
  { "printf '\\n'", "empty" },
  { "printf '\\r\\n'", "empty" },
  { "printf 'a\\0b'", "NUL" },
  { "printf 'top-secret\\0'", "NUL" },
  { "printf 'top-secret\\377'", "" },
  { "printf 'top-secret\\nand more'", "" },
  { "printf 'top-secret\\n\\n'", "" },
  { "printf 'top-secret\\033'", "" },
  { "printf 'top-secret%01100d' 7", "long" },
  { "head -c 100000000 /dev/zero | tr '\\0' x", "long" },
  { "printf '%01025d' 7", "long" },
  { "printf '%01024d' 7", NULL },
  { "printf 'top-secret and more\\r\\n'", NULL },
  { "printf '\\303\\244\\342\\202\\254 \\327\\251'", "" }, /* right to left and left to right */
  { "printf 'top-secret\\360\\237\\230\\200'", "emoji" },
  { "printf '\\303\\244\\342\\202\\254 %%s'", NULL },
};

static void
test_passwords (void)
{
  g_autoptr (TestServer) server = test_server_prepare (LIST, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (passwords); i++)
    {
      g_autofree char *command = g_strdup_printf ("%s | $admin add-client --password-stdin carol", passwords[i].printf);
      g_auto (TestRun) run = { 0 };

      test_admin_shell (server, &run, command);
      g_test_message ("%s: %s%s", command, run.out, run.err);
      g_assert_null (strstr (run.err, "top-secret"));
      g_assert_null (strstr (run.out, "top-secret"));
      if (passwords[i].wrong == NULL)
        {
          g_assert_cmpstr (run.err, ==, "");
          g_assert_cmpint (run.status, ==, 0);
          assert_shell (server, "$admin remove-client carol", "carol: removed; no server runs\n");
          continue;
        }
      g_assert_cmpint (run.status, ==, 1);
      g_assert_cmpstr (strchr (run.err, '\n'), ==, "\n");
      g_assert_nonnull (strstr (run.err, passwords[i].wrong));
      assert_list (server, LIST);
    }
  assert_shell_fails (server, "$admin add-client carol <&-", 1, "password");
  assert_list (server, LIST);
}

static void
test_options (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autofree char *out = NULL, *again = NULL;
  g_auto (GStrv) lines = NULL;

  assert_shell_fails (server, "echo x | $admin add-client carol --generate --password-stdin", 2, "exclude each other");
  assert_shell_fails (server, "$admin add-client carol --generate --no-password", 2, "exclude each other");
  assert_shell_fails (server, "$admin set-password alice --no-password", 2, "--no-password");
  assert_list (server, LIST);

  out = test_admin (server, "add-client", "carol", "--generate", NULL);
  again = test_admin (server, "set-password", "--generate", "alice", NULL);
  lines = g_strsplit (out, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 3);
  g_assert_true (g_regex_match_simple ("^([a-z2-9]{5}-){3}[a-z2-9]{5}$", lines[0], 0, 0));
  g_assert_cmpstr (lines[1], ==, "carol: added, with a password; the server reads it now");
  g_assert_false (g_str_has_prefix (again, lines[0]));
  {
    g_autoptr (TestClient) carol = test_login_proved (server, "carol", lines[0]);
  }

  assert_shell (server, "$admin add-client --no-password dave", "dave: added, without a password; the server reads it now\n");
  {
    g_autoptr (TestClient) dave = test_login (server, "dave");
  }
  test_server_set (server, "auth.mode=required");
  assert_shell_fails (server, "$admin add-client erin --no-password", 1, "mode=required");
}

/* On a terminal */

/* Reads from fd until text has come. */
static void
await_text (int fd, const char *text)
{
  g_autoptr (GString) got = g_string_new (NULL);
  gint64 deadline = test_deadline ();

  while (strstr (got->str, text) == NULL)
    {
      struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
      char bytes[256];
      gssize n;

      if (poll (&poll_fd, 1, test_remaining_ms (deadline)) <= 0 || (n = read (fd, bytes, sizeof bytes)) <= 0)
        g_error ("\"%s\" did not come, but: %s", text, got->str);
      g_string_append_len (got, bytes, n);
    }
}

typedef struct
{
  GPid pid;
  int terminal; /* our end of it */
  int theirs;
  int err;
} Typing;

static void
start_typing (Typing *self, TestServer *server, const char *command)
{
  const char *argv[] = { test_server_program (), "--config", test_server_config_file (server), command, "carol", NULL };
  g_autoptr (GError) error = NULL;

  test_server_write_config (server);
  g_assert_no_errno (openpty (&self->terminal, &self->theirs, NULL, NULL, NULL));
  g_spawn_async_with_pipes_and_fds (NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, self->theirs, -1, -1, NULL, NULL, 0, &self->pid, NULL, NULL,
                                    &self->err, &error);
  g_assert_no_error (error);
}

static void
type (Typing *self, const char *prompt, const char *text)
{
  await_text (self->err, prompt);
  g_assert_cmpint (write (self->terminal, text, strlen (text)), ==, strlen (text));
}

/* Returns the status as of waitpid(). The terminal shows what is typed again, and did not show it meanwhile. */
static int
finish_typing (Typing *self)
{
  struct termios state;
  char shown[256] = "";
  int status;
  gssize n;

  g_assert_cmpint (waitpid (self->pid, &status, 0), ==, self->pid);
  g_assert_no_errno (tcgetattr (self->theirs, &state));
  g_assert_true (state.c_lflag & ECHO);
  g_assert_no_errno (fcntl (self->terminal, F_SETFL, O_NONBLOCK));
  n = read (self->terminal, shown, sizeof shown - 1);
  shown[MAX (n, 0)] = '\0';
  g_assert_null (strstr (shown, "sword"));
  close (self->terminal);
  close (self->theirs);
  close (self->err);
  return status;
}

static void
test_terminal (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  Typing typing;

  start_typing (&typing, server, "add-client");
  type (&typing, "Password for carol: ", "swordfish\n");
  type (&typing, "again: ", "swordfish\n");
  g_assert_cmpint (finish_typing (&typing), ==, 0);
  {
    g_autoptr (TestClient) carol = test_login_proved (server, "carol", "swordfish");
  }

  start_typing (&typing, server, "set-password");
  type (&typing, "Password for carol: ", "sword\n");
  type (&typing, "again: ", "swordfish\n");
  await_text (typing.err, "two different passwords\n");
  g_assert_cmpint (WEXITSTATUS (finish_typing (&typing)), ==, 1);

  /* Nothing was typed: said at once. */
  start_typing (&typing, server, "set-password");
  type (&typing, "Password for carol: ", "\n");
  await_text (typing.err, "empty");
  g_assert_cmpint (WEXITSTATUS (finish_typing (&typing)), ==, 1);

  /* The end of input, and of patience. */
  start_typing (&typing, server, "set-password");
  type (&typing, "Password for carol: ", "\004");
  await_text (typing.err, "none was given");
  g_assert_cmpint (WEXITSTATUS (finish_typing (&typing)), ==, 1);

  start_typing (&typing, server, "set-password");
  await_text (typing.err, "Password for carol: ");
  g_assert_no_errno (kill (typing.pid, SIGINT));
  {
    int status = finish_typing (&typing);

    g_assert_true (WIFSIGNALED (status));
    g_assert_cmpint (WTERMSIG (status), ==, SIGINT);
  }
  {
    g_autoptr (TestClient) carol = test_login_proved (server, "carol", "swordfish");
  }
}

/* Files */

static void
test_files (void)
{
  g_autoptr (TestServer) server = test_server_prepare ("alice\nnot good\n", NULL);
  g_autofree char *lock = test_server_path (server, "ClientID-List.lock");
  g_autofree char *list = test_server_path (server, "ClientID-List");

  /* A list with a mistake is not written over. */
  assert_shell_fails (server, "$admin add-client --no-password carol", 1, "ClientID-List:2:");
  assert_shell_fails (server, "$admin remove-client alice", 1, "ClientID-List:2:");
  assert_shell_fails (server, "$admin list-clients", 1, "ClientID-List:2:");
  assert_list (server, "alice\nnot good\n");

  /* It cannot be written; root can always. */
  test_server_rewrite_file (server, "ClientID-List", LIST);
  g_unlink (lock);
  g_assert_no_errno (g_mkdir (lock, 0700));
  assert_shell_fails (server, "$admin add-client --no-password carol", 1, "ClientID-List.lock: ");
  g_assert_no_errno (g_rmdir (lock));
  if (geteuid () != 0)
    {
      g_autofree char *folder = test_server_path (server, "people");

      g_assert_no_errno (g_mkdir (folder, 0700));
      test_server_rewrite_file (server, "people/ClientID-List", LIST);
      test_server_set (server, "server.client-list=people/ClientID-List");
      g_assert_no_errno (g_chmod (folder, 0500));
      assert_shell_fails (server, "$admin add-client --no-password carol", 1, "ClientID-List");
      g_assert_no_errno (g_chmod (folder, 0700));
      test_server_set (server, "server.client-list=ClientID-List");
      g_assert_no_errno (g_chmod (list, 0000));
      assert_shell_fails (server, "$admin list-clients", 1, "ClientID-List: ");
      g_assert_no_errno (g_chmod (list, 0600));
    }
  assert_list (server, LIST);

  /* There is none: the first one who is added makes it. */
  g_assert_no_errno (g_unlink (list));
  assert_shell_fails (server, "$admin list-clients", 1, "ClientID-List: ");
  assert_shell_fails (server, "$admin remove-client alice", 1, "ClientID-List: ");
  assert_shell (server, "$admin add-client --no-password carol", "carol: added, without a password; no server runs\n");
  assert_list (server, "carol\n");

  test_server_set (server, "server.client-list=missing/ClientID-List");
  assert_shell_fails (server, "$admin add-client --no-password carol", 1, "missing/ClientID-List");
  test_server_set (server, "server.client-list=/dev/null/list");
  assert_shell_fails (server, "$admin add-client --no-password carol", 1, "/dev/null/list");
}

#define CROWD 24

/* Nobody's change is lost among others made at the same time, the server's reading included. */
static void
test_at_once (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_auto (TestRun) run = { 0 };
  g_autofree char *list = NULL;

  test_admin_shell (server, &run,
                    "for n in $(seq " G_STRINGIFY (CROWD) "); do $admin add-client --no-password p$n & pids=\"$pids $!\"; done; "
                    "$admin remove-client bob & pids=\"$pids $!\"; for p in $pids; do wait $p || echo failed; done");
  g_assert_cmpstr (run.err, ==, "");
  g_assert_null (strstr (run.out, "failed"));
  list = test_admin (server, "list-clients", NULL);
  for (guint i = 1; i <= CROWD; i++)
    {
      g_autofree char *line = g_strdup_printf ("^p%u +none +offline$", i);

      g_assert_true (g_regex_match_simple (line, list, G_REGEX_MULTILINE, 0));
    }
  g_assert_null (strstr (list, "bob"));
  {
    g_autoptr (TestClient) last = test_login (server, "p" G_STRINGIFY (CROWD));
  }
}

static void
test_list_clients (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "server.tls-listen=127.0.0.1:0", NULL);
  g_autoptr (TestClient) alice = test_login2 (server, "alice");
  g_autofree char *out = NULL;

  assert_shell (server, "echo x | $admin add-client carol >/dev/null && $admin invite dave >/dev/null", "");
  assert_shell (server, "$admin list-clients",
                "alice  none      online\nbob    none      offline\ncarol  password  offline\ndave   invited   offline\n");
  test_server_rewrite_file (server, "ClientID-List", "# nobody\n");
  out = test_admin (server, "list-clients", NULL);
  g_assert_cmpstr (out, ==, "");
}

/* The server has a reason of its own not to take it: said, and the change is there. */
static void
test_server_refuses (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "server.tls-listen=127.0.0.1:0", NULL);

  test_server_rewrite_file (server, "data/tls-certificate.pem", "nonsense");
  assert_shell_fails (server, "$admin add-client --no-password carol", 1, "carol: added, without a password; but the server says: ");
  assert_list (server, LIST "carol\n");
}

/* A data directory with so long a name has no socket in it. */
static void
test_no_socket (void)
{
  g_autofree char *name = g_strnfill (100, 'd');
  g_autofree char *entry = g_strdup_printf ("server.data-directory=%s", name);
  g_autoptr (TestServer) server = test_server_new (LIST, entry, NULL);

  assert_shell (server, "$admin add-client --no-password carol", "carol: added, without a password; a server that runs will see it\n");
  test_server_wait_log (server, "read the ClientID-List: 3 clients", 0);
  {
    g_autoptr (TestClient) carol = test_login (server, "carol");
  }
  assert_shell_fails (server, "$admin status", 1, "that a socket's path may have");
}

/* The whole line that ends in this text; its number. */
static guint64
find_count (const char *status, const char *text)
{
  g_autofree char *pattern = g_strdup_printf ("^ *(\\d+) %s$", text);
  g_autoptr (GRegex) regex = g_regex_new (pattern, G_REGEX_MULTILINE, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  g_autofree char *number = NULL;

  if (!g_regex_match (regex, status, 0, &match))
    g_error ("no \"%s\" in: %s", text, status);
  number = g_match_info_fetch (match, 1);
  return g_ascii_strtoull (number, NULL, 10);
}

#define MANY 200

static void
test_status (void)
{
  g_autoptr (TestServer) server = test_server_prepare (LIST, NULL);
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func ((GDestroyNotify) test_client_free);
  g_autofree char *status = NULL, *after = NULL;
  g_autoptr (TestClient) mallory = NULL;
  GRegex *row;
  GMatchInfo *match;
  guint rows = 0;

  assert_shell_fails (server, "$admin status", 1, "no server runs");
  test_server_start (server);
  for (guint i = 0; i < MANY - 2; i++)
    g_ptr_array_add (clients, test_login2 (server, "alice"));
  g_ptr_array_add (clients, test_login (server, "bob"));
  g_ptr_array_add (clients, test_login2 (server, "bob"));
  mallory = test_connect (server, "mallory");
  test_send (mallory, "HELLO mallory");
  test_expect (mallory, "DECLINED");
  test_expect_closed (mallory);

  status = test_admin (server, "status", NULL);
  g_assert_true (g_str_has_prefix (status, "webchat-server "));
  g_assert_cmpuint (find_count (status, "of them logged in"), ==, MANY);
  g_assert_cmpuint (find_count (status, "people"), ==, 2);
  g_assert_cmpuint (find_count (status, "logins"), ==, MANY);
  g_assert_cmpuint (find_count (status, "logins declined"), ==, 1);
  g_assert_cmpuint (find_count (status, "bytes waiting in the store"), ==, 0);

  row = g_regex_new ("^(alice|bob) +127\\.0\\.0\\.1:\\d+ +(base|protocol 2) +- +\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d +\\d+$", G_REGEX_MULTILINE, 0, NULL);
  for (g_regex_match (row, status, 0, &match); g_match_info_matches (match); g_match_info_next (match, NULL))
    rows++;
  g_match_info_free (match);
  g_regex_unref (row);
  g_assert_cmpuint (rows, ==, MANY);

  test_server_stop (server, SIGTERM);
  assert_shell_fails (server, "$admin status", 1, "no server runs");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/admin/running", test_running);
  g_test_add_func ("/admin/stopped", test_stopped);
  g_test_add_func ("/admin/bad-ids", test_bad_ids);
  g_test_add_func ("/admin/on-the-list", test_on_the_list);
  g_test_add_func ("/admin/passwords", test_passwords);
  g_test_add_func ("/admin/options", test_options);
  g_test_add_func ("/admin/terminal", test_terminal);
  g_test_add_func ("/admin/files", test_files);
  g_test_add_func ("/admin/at-once", test_at_once);
  g_test_add_func ("/admin/list-clients", test_list_clients);
  g_test_add_func ("/admin/server-refuses", test_server_refuses);
  g_test_add_func ("/admin/no-socket", test_no_socket);
  g_test_add_func ("/admin/status", test_status);
  return g_test_run ();
}
