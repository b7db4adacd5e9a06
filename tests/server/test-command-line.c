/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options, config files, listeners and exit statuses. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/util/client.h"
#include "tests/util/server.h"

#define LIST "alice\nbob\n"

/* One line that says something, and nothing after it. */
static void
assert_one_line (const char *text)
{
  const char *end = strchr (text, '\n');

  g_test_message ("it says: %s", text);
  g_assert_nonnull (end);
  g_assert_true (end > text);
  g_assert_cmpstr (end, ==, "\n");
}

static void
test_version (void)
{
  g_auto (TestRun) run = { 0 };

  test_run_server (&run, "/", "--version", NULL);
  g_assert_cmpint (run.status, ==, 0);
  g_assert_true (g_regex_match_simple ("\\d+\\.\\d+", run.out, 0, 0));
}

static void
test_wrong_options (void)
{
  static const char *const wrong[] = { "--nonsense", "-Z", "stray", "--config" };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_auto (TestRun) run = { 0 };

      g_test_message ("%s", wrong[i]);
      test_run_server (&run, "/", wrong[i], NULL);
      g_assert_cmpint (run.status, ==, 2);
      g_assert_cmpstr (run.out, ==, "");
      g_assert_cmpstr (run.err, !=, "");
    }
}

/* A folder with a list and this config. */
static char *
make_site (const char *config, const char *list)
{
  char *folder = test_make_folder ();
  g_autofree char *config_file = g_build_filename (folder, "webchat.conf", NULL);
  g_autofree char *list_file = g_build_filename (folder, "ClientID-List", NULL);

  g_assert_true (g_file_set_contents (config_file, config, -1, NULL));
  if (list != NULL)
    g_assert_true (g_file_set_contents (list_file, list, -1, NULL));
  return folder;
}

static const char whole_config[] =
  "# every key\n"
  "[server]\n"
  "listen=127.0.0.1:0;[::1]:0\n"
  "tls-listen=\n"
  "tls-certificate=\n"
  "tls-key=\n"
  "client-list=ClientID-List\n"
  "data-directory=data\n"
  "allow-insecure=false\n"
  "[auth]\n"
  "mode=open\n"
  "[session]\n"
  "idle-timeout=900\n"
  "login-timeout=10\n"
  "[limits]\n"
  "max-connections=10000\n"
  "max-connections-per-address=0\n"
  "messages-per-second=20\n"
  "messages-burst=100\n"
  "send-queue-bytes=1048576\n"
  "[store]\n"
  "durability=full\n"
  "retention-days=0\n"
  "[metrics]\n"
  "listen=\n";

static void
test_check_config (void)
{
  static const char *const good[] = {
    whole_config, "", "# nothing\n", "[server]\n", "[server]\nlisten=127.0.0.1:5000\n",
    "[server]\nlisten=[::1]:5000\n",
    "[store]\ndurability=normal\n[session]\nidle-timeout=0\n", "[limits]\nmessages-per-second=0\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autofree char *folder = make_site (good[i], LIST);
      g_auto (TestRun) run = { 0 };

      g_test_message ("config %u", i);
      test_run_server (&run, folder, "--check-config", "--config", "webchat.conf", NULL);
      g_assert_cmpint (run.status, ==, 0);
      test_remove_folder (folder);
    }
}

static const struct
{
  const char *config;
  const char *position;
} bad_configs[] = {
  { "[nonsense]\n", "webchat.conf:1:" },
  { "[server]\nlisten=127.0.0.1:0\n\n[nonsense]\nx=y\n", "webchat.conf:4:" },
  { "[server]\n# comment\nnonsense=1\n", "webchat.conf:3:" },
  { "[session]\nlisten=127.0.0.1:0\n", "webchat.conf:2:" },
  { "[server]\nlisten=nonsense\n", "webchat.conf:2:" },
  { "[server]\nlisten=127.0.0.1:99999\n", "webchat.conf:2:" },
  { "[server]\nlisten=127.0.0.1:\n", "webchat.conf:2:" },
  { "[server]\nlisten=127.0.0.1:0;nonsense\n", "webchat.conf:2:" },
  { "[server]\n\n\nallow-insecure=maybe\n", "webchat.conf:4:" },
  { "[session]\nidle-timeout=soon\n", "webchat.conf:2:" },
  { "[session]\nidle-timeout=-1\n", "webchat.conf:2:" },
  { "[session]\nlogin-timeout=10s\n", "webchat.conf:2:" },
  { "[session]\nidle-timeout=99999999999999999999\n", "webchat.conf:2:" },
  { "[limits]\nmax-connections=many\n", "webchat.conf:2:" },
  { "[limits]\nsend-queue-bytes=-5\n", "webchat.conf:2:" },
  { "[limits]\nmessages-per-second=1.5\n", "webchat.conf:2:" },
  { "[auth]\nmode=closed\n", "webchat.conf:2:" },
  { "[store]\ndurability=some\n", "webchat.conf:2:" },
  { "[server]\nthis is no line of a key file\n", "webchat.conf:2:" },
  { "listen=127.0.0.1:0\n", "webchat.conf:1:" },
  { "[server\n", "webchat.conf:1:" },
};

/* --check-config and a start say the same: file, line, reason. */
static void
test_bad_configs (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (bad_configs); i++)
    {
      g_autofree char *folder = make_site (bad_configs[i].config, LIST);
      g_auto (TestRun) check = { 0 };
      g_auto (TestRun) start = { 0 };

      g_test_message ("config %u", i);
      test_run_server (&check, folder, "--check-config", "--config", "webchat.conf", NULL);
      g_assert_cmpint (check.status, ==, 1);
      assert_one_line (check.err);
      g_assert_nonnull (strstr (check.err, bad_configs[i].position));
      test_run_server (&start, folder, "--config", "webchat.conf", NULL);
      g_assert_cmpint (start.status, ==, 1);
      assert_one_line (start.err);
      g_assert_nonnull (strstr (start.err, bad_configs[i].position));
      g_assert_cmpstr (start.out, ==, "");
      test_remove_folder (folder);
    }
}

/* Starts in a site and fails with one line that names this. */
static void
assert_cannot_start (const char *config, const char *list, const char *named)
{
  g_autofree char *folder = make_site (config, list);
  g_auto (TestRun) run = { 0 };

  test_run_server (&run, folder, "--config", "webchat.conf", NULL);
  g_assert_cmpint (run.status, ==, 1);
  assert_one_line (run.err);
  g_assert_nonnull (strstr (run.err, named));
  g_assert_cmpstr (run.out, ==, "");
  test_remove_folder (folder);
}

#define SITE "[server]\nlisten=127.0.0.1:0\ndata-directory=data\n"

static void
test_cannot_start (void)
{
  g_auto (TestRun) run = { 0 };

  test_run_server (&run, "/", "--config", "/nonexistent/webchat.conf", NULL);
  g_assert_cmpint (run.status, ==, 1);
  assert_one_line (run.err);
  g_assert_nonnull (strstr (run.err, "/nonexistent/webchat.conf"));

  assert_cannot_start (SITE, NULL, "ClientID-List");
  assert_cannot_start (SITE, "alice\nb ad\n", "ClientID-List:2:");
  assert_cannot_start ("[server]\nlisten=127.0.0.1:0\ndata-directory=/dev/null/data\n", LIST,
                       "/dev/null/data");
}

/* Without TLS and proof of identity it stays on the loopback, unless told otherwise. */
static void
test_insecure (void)
{
  assert_cannot_start ("[server]\nlisten=0.0.0.0:0\ndata-directory=data\n", LIST, "allow-insecure");
  assert_cannot_start ("[server]\nlisten=127.0.0.1:0;[::]:0\ndata-directory=data\n", LIST,
                       "allow-insecure");
  {
    g_autoptr (TestServer) server = test_server_new (LIST, "server.listen=0.0.0.0:0",
                                                     "server.allow-insecure=true", NULL);
    g_autoptr (TestClient) alice = test_connect_to ("alice", "127.0.0.1", test_server_port (server, 0), NULL);

    test_send (alice, "HELLO alice");
    test_expect (alice, "CONNECTED");
  }
}

static void
test_port_in_use (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autofree char *config = g_strdup_printf ("[server]\nlisten=%s\ndata-directory=data\n",
                                             test_server_address (server, 0));

  assert_cannot_start (config, LIST, test_server_address (server, 0));
}

/* A second server on the same data would number its messages anew. */
static void
test_same_data (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_auto (TestRun) run = { 0 };
  g_autoptr (TestClient) alice = NULL;

  test_run_server (&run, test_server_folder (server), "--config", test_server_config_file (server), NULL);
  g_assert_cmpint (run.status, ==, 1);
  assert_one_line (run.err);
  g_assert_nonnull (strstr (run.err, "data"));
  alice = test_login (server, "alice"); /* the first one does not mind */
}

/* Listeners */

static void
test_two_listeners (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "server.listen=127.0.0.1:0;127.0.0.2:0", NULL);
  TestClient *clients[2];

  g_assert_cmpuint (test_server_n_listeners (server), ==, 2);
  g_assert_true (g_str_has_prefix (test_server_address (server, 0), "127.0.0.1:"));
  g_assert_true (g_str_has_prefix (test_server_address (server, 1), "127.0.0.2:"));
  for (guint i = 0; i < 2; i++)
    {
      clients[i] = test_connect_to ("client", test_server_host (server, i),
                                    test_server_port (server, i), NULL);
      test_send (clients[i], "HELLO %s", i == 0 ? "alice" : "bob");
      test_expect (clients[i], "CONNECTED");
    }
  test_send (clients[0], "CHAT_REQUEST bob");
  test_expect_started (clients[0], "bob");
  test_expect_started (clients[1], "alice");
  test_client_free (clients[0]);
  test_client_free (clients[1]);
}

static void
test_ipv6 (void)
{
  g_autoptr (TestServer) server = NULL;
  g_autoptr (TestClient) alice = NULL;
  g_autofree char *has_six = NULL;

  if (!g_file_get_contents ("/proc/net/if_inet6", &has_six, NULL, NULL)
      || strstr (has_six, "00000000000000000000000000000001") == NULL)
    {
      g_test_skip ("no IPv6 here");
      return;
    }
  server = test_server_new (LIST, "server.listen=127.0.0.1:0;[::1]:0", NULL);
  g_assert_true (g_str_has_prefix (test_server_address (server, 1), "[::1]:"));
  alice = test_connect_to ("alice", "::1", test_server_port (server, 1), NULL);
  test_send (alice, "HELLO alice");
  test_expect (alice, "CONNECTED");
}

/* A relative path starts at the config file's folder, wherever the server is started. */
static void
test_relative_paths (void)
{
  g_autofree char *folder = make_site (SITE, LIST);
  g_autofree char *config_file = g_build_filename (folder, "webchat.conf", NULL);
  g_auto (TestRun) run = { 0 };

  test_run_server (&run, "/", "--check-config", "--config", config_file, NULL);
  g_assert_cmpint (run.status, ==, 0);
  test_remove_folder (folder);
}

/* Without data-directory the data goes where systemd says, or else to the user's data. */
static void
test_default_data (void)
{
  static const struct
  {
    const char *variable;
    const char *below; /* in the folder that the variable names */
  } defaults[] = { { "STATE_DIRECTORY", "" }, { "XDG_DATA_HOME", "webchat-server" } };

  for (guint i = 0; i < G_N_ELEMENTS (defaults); i++)
    {
      g_autofree char *home = test_make_folder ();
      g_autofree char *data = g_build_filename (home, defaults[i].below, NULL);
      g_autoptr (GDir) dir = NULL;

      g_setenv (defaults[i].variable, home, TRUE);
      {
        g_autoptr (TestServer) server = test_server_new (LIST, "server.data-directory=", NULL);
        g_autoptr (TestClient) alice = test_login (server, "alice");

        dir = g_dir_open (data, 0, NULL);
        g_assert_nonnull (dir);
        g_assert_nonnull (g_dir_read_name (dir));
      }
      g_unsetenv (defaults[i].variable);
      test_remove_folder (home);
    }
}

static void
test_signals (void)
{
  static const int signals[] = { SIGTERM, SIGINT };

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    {
      g_autoptr (TestServer) server = test_server_new (LIST, NULL);
      g_autoptr (TestClient) alice = test_login (server, "alice");
      int status = test_server_stop (server, signals[i]);

      g_assert_true (WIFEXITED (status));
      g_assert_cmpint (WEXITSTATUS (status), ==, 0);
      test_expect_closed (alice);
    }
}

/* The log says who came from where and who was declined, and never what was said. */
static void
test_log (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autoptr (TestClient) alice = test_login (server, "alice");
  g_autoptr (TestClient) bob = test_login (server, "bob");
  g_autoptr (TestClient) mallory = test_connect (server, "mallory");
  g_autofree char *log = NULL;

  test_send (mallory, "HELLO mallory");
  test_expect (mallory, "DECLINED");
  test_send (alice, "CHAT_REQUEST bob");
  test_expect_started (alice, "bob");
  test_expect_started (bob, "alice");
  test_send (alice, "CHAT top-secret-text");
  test_expect (bob, "CHAT top-secret-text");
  test_send (alice, "CHAT \x01top-secret-text");
  test_expect_error (alice, "bad-text");
  test_send (alice, "CHAX top-secret-text");
  test_expect_error (alice, "unknown-verb");
  g_assert_cmpint (test_server_stop (server, SIGTERM), ==, 0);
  log = test_server_log (server);
  g_assert_nonnull (strstr (log, "alice"));
  g_assert_nonnull (strstr (log, "mallory"));
  g_assert_nonnull (strstr (log, "127.0.0.1"));
  g_assert_null (strstr (log, "top-secret"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/command-line/version", test_version);
  g_test_add_func ("/command-line/wrong-options", test_wrong_options);
  g_test_add_func ("/command-line/check-config", test_check_config);
  g_test_add_func ("/command-line/bad-configs", test_bad_configs);
  g_test_add_func ("/command-line/cannot-start", test_cannot_start);
  g_test_add_func ("/command-line/insecure", test_insecure);
  g_test_add_func ("/command-line/port-in-use", test_port_in_use);
  g_test_add_func ("/command-line/same-data", test_same_data);
  g_test_add_func ("/command-line/two-listeners", test_two_listeners);
  g_test_add_func ("/command-line/ipv6", test_ipv6);
  g_test_add_func ("/command-line/relative-paths", test_relative_paths);
  g_test_add_func ("/command-line/default-data", test_default_data);
  g_test_add_func ("/command-line/signals", test_signals);
  g_test_add_func ("/command-line/log", test_log);
  return g_test_run ();
}
