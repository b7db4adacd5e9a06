/* SPDX-License-Identifier: GPL-3.0-or-later */
/* init: a new server from nothing, and what it leaves alone. */
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "tests/util/client.h"
#include "tests/util/proof.h"
#include "tests/util/server.h"

#define SOMEBODY 54321 /* a user and a group that need no name */

static char *
make_path (const char *folder, const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static void
assert_mode (const char *folder, const char *name, mode_t mode)
{
  g_autofree char *path = make_path (folder, name);
  GStatBuf info;

  g_test_message ("%s", path);
  g_assert_no_errno (g_lstat (path, &info));
  g_assert_cmpint (info.st_mode & 07777, ==, mode);
}

static char *
read_file (const char *folder, const char *name)
{
  g_autofree char *path = make_path (folder, name);
  char *text = NULL;
  gsize len;

  g_test_message ("%s", path);
  g_assert_true (g_file_get_contents (path, &text, &len, NULL));
  return text;
}

/* Runs init for folder/webchat.conf; it ends with 0. Returns what it prints, transfer full. */
static char *
init (const char *folder, const char *option, const char *value)
{
  g_auto (TestRun) run = { 0 };

  test_run_server (&run, folder, "init", "--config", "webchat.conf", option, value, NULL);
  g_assert_cmpstr (run.err, ==, "");
  g_assert_cmpint (run.status, ==, 0);
  return g_steal_pointer (&run.out);
}

static const struct
{
  const char *name;
  mode_t mode;
} made[] = {
  { "webchat.conf", 0644 },
  { "data", 0700 },
  { "data/ClientID-List", 0640 },
  { "data/secret", 0600 },
  { "data/tls-certificate.pem", 0644 },
  { "data/tls-key.pem", 0600 },
};

/* How often a word begins a line. */
static guint
count_lines (const char *text, const char *word)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  guint count = 0;

  for (char **line = lines; *line != NULL; line++)
    count += g_str_has_prefix (*line, word);
  return count;
}

static void
test_files (void)
{
  g_autofree char *folder = test_make_folder ();
  g_autofree char *first = init (folder, "--host", "chat.example.org");
  g_autofree char *second = NULL, *third = NULL;
  char *before[G_N_ELEMENTS (made)] = { NULL };

  g_assert_cmpuint (count_lines (first, "made "), ==, 5);
  g_assert_cmpuint (count_lines (first, "is there "), ==, 0);
  g_assert_nonnull (strstr (first, "invite"));
  for (guint i = 0; i < G_N_ELEMENTS (made); i++)
    {
      assert_mode (folder, made[i].name, made[i].mode);
      if (strcmp (made[i].name, "data") != 0)
        before[i] = read_file (folder, made[i].name);
    }

  /* Again: nothing is touched, whatever it is asked for. */
  second = init (folder, "--host", "other.example.org");
  g_assert_cmpuint (count_lines (second, "made "), ==, 0);
  g_assert_cmpuint (count_lines (second, "is there "), ==, 5);
  for (guint i = 0; i < G_N_ELEMENTS (made); i++)
    if (before[i] != NULL)
      {
        g_autofree char *after = read_file (folder, made[i].name);

        g_assert_cmpstr (after, ==, before[i]);
        g_free (before[i]);
      }

  /* What is missing is made. */
  for (guint i = 2; i < 4; i++)
    {
      g_autofree char *path = make_path (folder, made[i].name);

      g_assert_no_errno (g_unlink (path));
    }
  third = init (folder, NULL, NULL);
  g_assert_cmpuint (count_lines (third, "made "), ==, 2);
  g_assert_cmpuint (count_lines (third, "is there "), ==, 3);
  assert_mode (folder, "data/secret", 0600);
  test_remove_folder (folder);
}

/* From nothing to a login: the server starts with what was made, and the first one who is invited gets in. */
static void
test_serve (void)
{
  g_autoptr (TestServer) server = test_server_prepare ("", NULL);
  g_autofree char *out = init (test_server_folder (server), "--port", "0");
  g_autoptr (GKeyFile) config = g_key_file_new ();
  g_auto (GStrv) groups = NULL;
  g_auto (TestRun) run = { 0 };
  g_autofree char *token = NULL;

  g_assert_true (g_key_file_load_from_file (config, test_server_config_file (server), G_KEY_FILE_NONE, NULL));
  groups = g_key_file_get_groups (config, NULL);
  for (char **group = groups; *group != NULL; group++)
    {
      g_auto (GStrv) keys = g_key_file_get_keys (config, *group, NULL, NULL);

      for (char **key = keys; *key != NULL; key++)
        {
          g_autofree char *value = g_key_file_get_value (config, *group, *key, NULL);
          g_autofree char *entry = g_strdup_printf ("%s.%s=%s", *group, *key, value);

          test_server_set (server, entry);
        }
    }
  test_server_set (server, "server.listen=127.0.0.1:0"); /* 5000 may be taken here */
  test_server_start (server); /* waits for both lines */
  g_assert_cmpuint (test_server_n_listeners (server), >=, 2);

  test_run_server (&run, "/", "--config", test_server_config_file (server), "invite", "alice", NULL);
  g_assert_cmpint (run.status, ==, 0);
  g_assert_nonnull (strstr (run.out, "alice: invited; the server reads it now\n"));
  token = g_strndup (strstr (run.out, "token=") + strlen ("token="), strcspn (strstr (run.out, "token=") + strlen ("token="), "&"));
  {
    /* Over IPv4, wherever it listens. */
    g_autoptr (TestClient) alice = test_connect_to ("alice", "127.0.0.1", test_server_port (server, 1), NULL);
    g_autofree char *verifier = test_verifier ("swordfish");

    g_assert_true (test_client_start_tls (alice, NULL));
    test_hello (alice, "alice");
    test_send (alice, "INVITATION %s %s", token, verifier);
    test_expect_connected2 (alice);
  }
  {
    g_autoptr (TestClient) alice = test_login_proved (server, "alice", "swordfish");
    g_autoptr (TestClient) base = test_connect (server, "base");

    test_send (base, "HELLO alice");
    test_expect (base, "DECLINED");
  }
}

/* A configuration that is there is obeyed, not changed. */
static void
test_own_config (void)
{
  static const char text[] = "[server]\nlisten=127.0.0.1:0\nclient-list=people\ndata-directory=elsewhere/deep\n";
  g_autofree char *folder = test_make_folder ();
  g_autofree char *file = make_path (folder, "webchat.conf");
  g_autofree char *out = NULL, *after = NULL;
  g_auto (TestRun) run = { 0 };

  g_assert_true (g_file_set_contents (file, text, -1, NULL));
  out = init (folder, NULL, NULL);
  g_assert_cmpuint (count_lines (out, "made "), ==, 4);
  g_assert_nonnull (strstr (out, "tls-listen is not set"));
  assert_mode (folder, "people", 0640);
  assert_mode (folder, "elsewhere/deep", 0700);
  assert_mode (folder, "elsewhere/deep/secret", 0600);
  after = read_file (folder, "webchat.conf");
  g_assert_cmpstr (after, ==, text);

  /* One with a mistake is said, and nothing is made. */
  g_assert_true (g_file_set_contents (file, "[nonsense]\n", -1, NULL));
  test_run_server (&run, folder, "--config", "webchat.conf", "init", NULL);
  g_assert_cmpint (run.status, ==, 1);
  g_assert_nonnull (strstr (run.err, "webchat.conf:1:"));
  test_remove_folder (folder);
}

/* Whatever the folder is called, the configuration is one that names it. */
static void
test_odd_folders (void)
{
  static const char *const names[] = { "with space", " leading", "back\\slash", "semi;colon", "tab\tin", "#hash", "ünïcode", "quote'\"$HOME" };
  g_autofree char *folder = test_make_folder ();

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *odd = make_path (folder, names[i]);
      g_autofree char *list = NULL;
      g_auto (TestRun) run = { 0 };

      g_assert_no_errno (g_mkdir (odd, 0700));
      g_free (init (odd, NULL, NULL));
      list = read_file (odd, "data/ClientID-List");
      test_run_server (&run, odd, "--config", "webchat.conf", "--check-config", NULL);
      g_assert_cmpstr (run.err, ==, "");
      g_assert_cmpint (run.status, ==, 0);
    }
  test_remove_folder (folder);
}

static void
test_refused (void)
{
  static const char *const options[][2] = { { "--port", "65536" }, { "--port", "-1" }, { "--port", "x" }, { "--host", "" }, { "--host", "a b" },
                                            { "--host", "chat.example.org:5001" }, { "--host", "a\nb" }, { "--nonsense", "x" }, { "stray", NULL } };
  g_autofree char *folder = test_make_folder ();
  g_autofree char *file = make_path (folder, "webchat.conf");

  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    {
      g_auto (TestRun) run = { 0 };

      test_run_server (&run, folder, "init", "--config", "webchat.conf", options[i][0], options[i][1], NULL);
      g_test_message ("%s", run.err);
      g_assert_cmpint (run.status, ==, 2);
      g_assert_cmpstr (run.out, ==, "");
      g_assert_cmpstr (strchr (run.err, '\n'), ==, "\n");
      g_assert_false (g_file_test (file, G_FILE_TEST_EXISTS));
    }
  {
    g_auto (TestRun) run = { 0 };

    test_run_server (&run, folder, "init", "--config", "/dev/null/webchat.conf", NULL);
    g_assert_cmpint (run.status, ==, 1);
    g_assert_cmpstr (strchr (run.err, '\n'), ==, "\n");
    g_assert_nonnull (strstr (run.err, "/dev/null"));
  }
  test_remove_folder (folder);
}

/* As a user who is not root, who has a configuration of his own at the usual place. */

static void
become_somebody_cb (gpointer data)
{
  if (geteuid () == 0 && (setgid (SOMEBODY) != 0 || setuid (SOMEBODY) != 0))
    _exit (99);
}

static void
run_as_somebody (TestRun *run, const char *home, const char *command, const char *argument)
{
  const char *argv[] = { test_server_program (), command, argument, NULL };
  g_auto (GStrv) environment = g_get_environ ();
  g_autofree char *config = make_path (home, "config"), *data = make_path (home, "data");
  g_autoptr (GError) error = NULL;
  int status;

  environment = g_environ_setenv (environment, "XDG_CONFIG_HOME", config, TRUE);
  environment = g_environ_setenv (environment, "XDG_DATA_HOME", data, TRUE);
  g_spawn_sync (home, (char **) argv, environment, G_SPAWN_DEFAULT, become_somebody_cb, NULL, &run->out, &run->err, &status, &error);
  g_assert_no_error (error);
  run->status = WIFEXITED (status) ? WEXITSTATUS (status) : -1;
}

static void
test_usual_place (void)
{
  g_autofree char *home = test_make_folder ();
  g_autofree char *config = NULL, *data = NULL;
  g_auto (TestRun) run = { 0 };
  g_auto (TestRun) without = { 0 };

  if (geteuid () == 0)
    g_assert_no_errno (chown (home, SOMEBODY, SOMEBODY));
  run_as_somebody (&without, home, "--check-config", NULL);
  if (without.status == 99 || strstr (without.err, "shared libraries") != NULL || without.status == 127)
    {
      g_test_skip ("nobody else can run the program here");
      test_remove_folder (home);
      return;
    }
  g_assert_cmpint (without.status, ==, 1); /* the defaults: there is no ClientID-List here */

  run_as_somebody (&run, home, "init", NULL);
  g_assert_cmpstr (run.err, ==, "");
  g_assert_cmpint (run.status, ==, 0);
  g_assert_null (strstr (run.out, "--config"));
  assert_mode (home, "config/webchat-server", 0700);
  assert_mode (home, "data/webchat-server", 0700);
  assert_mode (home, "data/webchat-server/secret", 0600);

  /* From now on it is the one that is meant. */
  test_run_clear (&without);
  run_as_somebody (&without, home, "--check-config", NULL);
  g_assert_cmpstr (without.err, ==, "");
  g_assert_cmpint (without.status, ==, 0);
  test_run_clear (&without);
  run_as_somebody (&without, home, "invite", "alice");
  g_assert_cmpint (without.status, ==, 0);
  g_assert_true (g_str_has_prefix (without.out, "webchat://"));
  test_remove_folder (home);
}

/* What root makes in somebody's folder is theirs. */
static void
test_owner (void)
{
  g_autofree char *folder = test_make_folder ();
  g_autofree char *data = make_path (folder, "data");
  g_autoptr (GDir) dir = NULL;
  g_auto (TestRun) run = { 0 };
  const char *name;
  guint count = 0;

  if (geteuid () != 0)
    {
      g_test_skip ("only root makes files for others");
      test_remove_folder (folder);
      return;
    }
  g_assert_no_errno (g_mkdir (data, 0700));
  g_assert_no_errno (chown (data, SOMEBODY, SOMEBODY));
  g_free (init (folder, NULL, NULL));
  test_run_server (&run, folder, "--config", "webchat.conf", "invite", "alice", NULL);
  g_assert_cmpint (run.status, ==, 0);
  test_run_clear (&run);
  test_run_server (&run, folder, "--config", "webchat.conf", "add-client", "bob", "--generate", NULL);
  g_assert_cmpint (run.status, ==, 0);
  test_run_clear (&run);
  test_run_server (&run, folder, "--config", "webchat.conf", "import", "/dev/null", NULL);
  g_assert_cmpstr (run.err, ==, "");

  dir = g_dir_open (data, 0, NULL);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = make_path (data, name);
      GStatBuf info;

      g_test_message ("%s", name);
      g_assert_no_errno (g_lstat (path, &info));
      g_assert_cmpint (info.st_uid, ==, SOMEBODY);
      g_assert_cmpint (info.st_gid, ==, SOMEBODY);
      count++;
    }
  g_assert_cmpuint (count, >=, 6);
  test_remove_folder (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/init/files", test_files);
  g_test_add_func ("/init/serve", test_serve);
  g_test_add_func ("/init/own-config", test_own_config);
  g_test_add_func ("/init/odd-folders", test_odd_folders);
  g_test_add_func ("/init/refused", test_refused);
  g_test_add_func ("/init/usual-place", test_usual_place);
  g_test_add_func ("/init/owner", test_owner);
  return g_test_run ();
}
