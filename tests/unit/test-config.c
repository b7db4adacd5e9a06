/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gstdio.h>

typedef struct
{
  char *folder;
  char *file;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->folder = g_dir_make_tmp ("webchat-config-XXXXXX", NULL);
  self->file = g_build_filename (self->folder, "webchat.conf", NULL);
  g_unsetenv ("STATE_DIRECTORY");
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_unlink (self->file);
  g_rmdir (self->folder);
  g_free (self->file);
  g_free (self->folder);
}

static Config *
load (Fixture *self, const char *text, gssize len, GError **error)
{
  g_assert_true (g_file_set_contents (self->file, text, len, NULL));
  return config_load (self->file, error);
}

/* Asserts that the config is taken. */
static Config *
take (Fixture *self, const char *text)
{
  g_autoptr (GError) error = NULL;
  Config *config = load (self, text, -1, &error);

  g_assert_no_error (error);
  g_assert_nonnull (config);
  return config;
}

static void
assert_defaults (Config *config)
{
  g_assert_cmpuint (g_strv_length (config->listen), ==, 1);
  g_assert_cmpstr (config->listen[0], ==, "127.0.0.1:5000");
  g_assert_cmpuint (g_strv_length (config->tls_listen), ==, 0);
  g_assert_null (config->tls_certificate);
  g_assert_null (config->tls_key);
  g_assert_false (config->allow_insecure);
  g_assert_false (config->auth_required);
  g_assert_cmpuint (config->idle_timeout, ==, 900);
  g_assert_cmpuint (config->login_timeout, ==, 10);
  g_assert_cmpuint (config->max_connections, ==, 10000);
  g_assert_cmpuint (config->max_connections_per_address, ==, 0);
  g_assert_cmpuint (config->messages_per_second, ==, 20);
  g_assert_cmpuint (config->messages_burst, ==, 100);
  g_assert_cmpuint (config->send_queue_bytes, ==, 1048576);
  g_assert_cmpint (config->durability, ==, STORE_DURABILITY_FULL);
  g_assert_cmpuint (config->retention_days, ==, 0);
}

static void
test_no_file (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Config) config = config_load (NULL, &error);
  g_autofree char *here = g_get_current_dir ();
  g_autofree char *list = g_build_filename (here, "ClientID-List", NULL);

  g_assert_no_error (error);
  assert_defaults (config);
  g_assert_cmpstr (config->client_list, ==, list);
  g_assert_cmpstr (config->data_directory, ==, "/home/of/data/webchat-server");
}

static void
test_empty_file (Fixture *fixture, gconstpointer data)
{
  static const char *const texts[]
      = { "", "\n", "# nothing\n\n[server]\n[limits]", "\xef\xbb\xbf[server]\r\n" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (Config) config = take (fixture, texts[i]);
      g_autofree char *list = g_build_filename (fixture->folder, "ClientID-List", NULL);

      assert_defaults (config);
      g_assert_cmpstr (config->client_list, ==, list);
    }
}

/* Every key of the contract. */
static void
test_every_key (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Config) config
      = take (fixture, "  # a comment\n"
                       "[server]\n"
                       "listen = 127.0.0.1:0; [::1]:5000 ;0.0.0.0:65535;127.0.0.1:0;\n"
                       "tls-listen=127.0.0.1:0;0.0.0.0:5001\n"
                       "tls-certificate=tls/cert.pem\n"
                       "tls-key=tls/key.pem\n"
                       "client-list=lists/people\n"
                       "data-directory=../data\n"
                       "allow-insecure=true\n"
                       "[auth]\n"
                       "mode=required\n"
                       "[session]\n"
                       "idle-timeout=0\n"
                       "login-timeout=1\n"
                       "[limits]\n"
                       "max-connections=19000\n"
                       "max-connections-per-address=7\n"
                       "messages-per-second=0\n"
                       "messages-burst=1\n"
                       "send-queue-bytes=16384\n"
                       "[store]\n"
                       "durability=normal\n"
                       "retention-days=36500\n"
                       "[metrics]\n"
                       "listen=\n");
  g_autofree char *list = g_build_filename (fixture->folder, "lists", "people", NULL);
  g_autofree char *certificate = g_build_filename (fixture->folder, "tls", "cert.pem", NULL);
  g_autofree char *parent = g_path_get_dirname (fixture->folder);
  g_autofree char *folder = g_build_filename (parent, "data", NULL);

  g_assert_cmpuint (g_strv_length (config->listen), ==, 4);
  g_assert_cmpstr (config->listen[0], ==, "127.0.0.1:0");
  g_assert_cmpstr (config->listen[1], ==, "[::1]:5000");
  g_assert_cmpstr (config->listen[2], ==, "0.0.0.0:65535");
  g_assert_cmpuint (g_strv_length (config->tls_listen), ==, 2);
  g_assert_cmpstr (config->tls_listen[1], ==, "0.0.0.0:5001");
  g_assert_cmpstr (config->tls_certificate, ==, certificate);
  g_assert_true (g_str_has_suffix (config->tls_key, "/tls/key.pem"));
  g_assert_cmpstr (config->client_list, ==, list);
  g_assert_cmpstr (config->data_directory, ==, folder);
  g_assert_true (config->allow_insecure);
  g_assert_true (config->auth_required);
  g_assert_cmpuint (config->idle_timeout, ==, 0);
  g_assert_cmpuint (config->login_timeout, ==, 1);
  g_assert_cmpuint (config->max_connections, ==, 19000);
  g_assert_cmpuint (config->max_connections_per_address, ==, 7);
  g_assert_cmpuint (config->messages_per_second, ==, 0);
  g_assert_cmpuint (config->messages_burst, ==, 1);
  g_assert_cmpuint (config->send_queue_bytes, ==, 16384);
  g_assert_cmpint (config->durability, ==, STORE_DURABILITY_NORMAL);
  g_assert_cmpuint (config->retention_days, ==, 36500);
}

static void
test_state_directory (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *value, *text, *folder;
  } cases[] = {
    { "/var/lib/webchat", "", "/var/lib/webchat" },
    { "/var/lib/one:/var/lib/two", "", "/var/lib/one" },
    { "/var/lib/webchat", "[server]\ndata-directory=/srv/chat\n", "/srv/chat" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Config) config = NULL;

      g_setenv ("STATE_DIRECTORY", cases[i].value, TRUE);
      config = take (fixture, cases[i].text);
      g_assert_cmpstr (config->data_directory, ==, cases[i].folder);
    }
  g_unsetenv ("STATE_DIRECTORY");
}

/* What is wrong, in which line, and a part of what is said about it. */
static const struct
{
  const char *text;
  guint line;
  const char *reason;
} mistakes[] = {
  { "listen=127.0.0.1:5000\n", 1, "before the first [group]" },
  { "[server]\n\n# fine\nlisten\n", 4, "neither" },
  { "[server\n", 1, "[name]" },
  { "[server] x\n", 1, "[name]" },
  { "[]\n", 1, "unknown group []" },
  { "[servers]\n", 1, "unknown group [servers]" },
  { "[Server]\n", 1, "unknown group [Server]" },
  { "[server]\n[store]\n[server]\n", 3, "line 1 already" },
  { "[server]\r\nport=5000\r\n", 2, "unknown key port in group [server]" },
  { "[server]\nListen=127.0.0.1:5000\n", 2, "unknown key Listen" },
  { "[server]\nlisten[de]=127.0.0.1:5000\n", 2, "unknown key listen[de]" },
  { "[server]\n=127.0.0.1:5000\n", 2, "unknown key" },
  { "[store]\nlisten=127.0.0.1:5000\n", 2, "unknown key listen in group [store]" },
  { "[server]\nlisten=127.0.0.1:1\nallow-insecure=true\nlisten=127.0.0.1:2\n", 4,
    "line 2 already" },
  { "[server]\nclient-list=\xff\n", 2, "UTF-8" },
  { "[server]\nclient-list=a\\x\n", 2, "write \\\\ for a backslash" },
  { "[server]\nclient-list=a\\\n", 2, "write \\\\ for a backslash" },
  { "[server]\nclient-list=a\\x\\\n", 2, "write \\\\ for a backslash" },
  { "[server]\nclient-list=a\\nb\n", 2, "client-list: a line end" },
  { "[server]\nlisten=127.0.0.1:0;[::1]:st\\n=z\n", 2, "listen: a line end" },
  { "[server]\nclient-list=\n", 2, "name a file" },
  { "[server]\nlisten=\n", 2, "at least one" },
  { "[server]\nlisten= ; ;\n", 2, "at least one" },
  { "[server]\nlisten=localhost:5000\n", 2, "localhost:5000 is not an address" },
  { "[server]\nlisten=127.0.0.1\n", 2, "not an address" },
  { "[server]\nlisten=127.0.0.1:\n", 2, "not an address" },
  { "[server]\nlisten=127.0.0.1:65536\n", 2, "not an address" },
  { "[server]\nlisten=127.0.0.1:-1\n", 2, "not an address" },
  { "[server]\nlisten=127.0.0.1:+1\n", 2, "not an address" },
  { "[server]\nlisten=127.0.0.1:http\n", 2, "not an address" },
  { "[server]\nlisten=:5000\n", 2, "not an address" },
  { "[server]\nlisten=5000\n", 2, "not an address" },
  { "[server]\nlisten=::1:5000\n", 2, "not an address" },
  { "[server]\nlisten=[::1]\n", 2, "not an address" },
  { "[server]\nlisten=[]:5000\n", 2, "not an address" },
  { "[server]\nlisten=[::1]5000\n", 2, "not an address" },
  { "[server]\nlisten=[127.0.0.1]:5000\n", 2, "not an address" },
  { "[server]\nlisten=127.0.0.1:5000,127.0.0.1:5001\n", 2, "not an address" },
  { "[server]\nlisten=127.0.0.1:5000;127.0.0.1:5000\n", 2, "twice" },
  { "[server]\nallow-insecure=yes\n", 2, "true or false" },
  { "[server]\nallow-insecure=\n", 2, "true or false" },
  { "[server]\nlisten=0.0.0.0:5000\n", 2, "allow-insecure=true" },
  { "[server]\nlisten=127.0.0.1:5000;192.0.2.1:5000\n", 2, "192.0.2.1:5000 can be reached" },
  { "[server]\nlisten=[::]:5000\n", 2, "allow-insecure=true" },
  { "[server]\nallow-insecure=false\n#\nlisten=[2001:db8::1]:5000\n", 4, "allow-insecure=true" },
  { "[auth]\nmode=required\n[server]\nlisten=0.0.0.0:5000\n", 4, "without TLS" },
  { "[server]\ntls-listen=127.0.0.1:5001;0.0.0.0:5001\n", 2, "0.0.0.0:5001 can be reached from other machines without proof" },
  { "[server]\ntls-listen=localhost:5001\n", 2, "localhost:5001 is not an address" },
  { "[server]\ntls-listen=127.0.0.1:5001;127.0.0.1:5001\n", 2, "twice" },
  { "[server]\nlisten=127.0.0.1:5001\ntls-listen=127.0.0.1:5001\n", 3, "127.0.0.1:5001 is in listen too" },
  { "[server]\ntls-certificate=cert.pem\n", 2, "tls-key must name" },
  { "[server]\ntls-key=key.pem\n", 2, "tls-certificate must name" },
  { "[auth]\nmode=closed\n", 2, "open or required" },
  { "[auth]\nmode=\n", 2, "open or required" },
  { "[session]\nidle-timeout=-1\n", 2, "whole number from 0 to" },
  { "[session]\nidle-timeout=1.5\n", 2, "whole number" },
  { "[session]\nidle-timeout=15min\n", 2, "whole number" },
  { "[session]\nidle-timeout=\n", 2, "whole number" },
  { "[session]\nidle-timeout=0x10\n", 2, "whole number" },
  { "[session]\nidle-timeout=99999999999999999999\n", 2, "whole number" },
  { "[session]\nlogin-timeout=0\n", 2, "whole number from 1 to" },
  { "[limits]\nmax-connections=0\n", 2, "whole number from 1 to" },
  { "[limits]\nmax-connections=1000001\n", 2, "to 1000000" },
  { "[limits]\nmessages-burst=0\n", 2, "whole number from 1 to" },
  { "[limits]\nsend-queue-bytes=16383\n", 2, "whole number from 16384 to" },
  { "[store]\ndurability=none\n", 2, "full or normal" },
  { "[store]\ndurability=full ; on disk\n", 2, "full or normal" },
  { "[store]\nretention-days=36501\n", 2, "whole number from 0 to 36500" },
  { "[metrics]\nlisten=127.0.0.1:9100\n", 2, "has no metrics yet" },
};

static void
test_mistakes (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (mistakes); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (Config) config = load (fixture, mistakes[i].text, -1, &error);
      g_autofree char *where = g_strdup_printf ("%s:%u: ", fixture->file, mistakes[i].line);

      g_test_message ("%s-> %s", mistakes[i].text, error != NULL ? error->message : "taken");
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
      g_assert_null (config);
      g_assert_true (g_str_has_prefix (error->message, where));
      g_assert_nonnull (strstr (error->message, mistakes[i].reason));
      g_assert_null (strchr (error->message, '\n'));
    }
}

static void
test_insecure (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Config) config
      = take (fixture, "[server]\nlisten=0.0.0.0:5000;[::]:5000\nallow-insecure=true\n");
  g_autoptr (Config) loopback = take (fixture, "[server]\nlisten=127.0.1.1:5000;[::1]:5000\n");
  g_autoptr (Config) safe = take (fixture, "[server]\ntls-listen=0.0.0.0:5001;[::]:5001\n[auth]\nmode=required\n");
  g_autoptr (Config) unproven = take (fixture, "[server]\ntls-listen=0.0.0.0:5001\nallow-insecure=true\n");

  g_assert_cmpuint (g_strv_length (safe->tls_listen), ==, 2);
  g_assert_cmpuint (g_strv_length (unproven->tls_listen), ==, 1);
  g_assert_cmpuint (g_strv_length (config->listen), ==, 2);
  g_assert_cmpuint (g_strv_length (loopback->listen), ==, 2);
}

static void
test_unreadable (Fixture *fixture, gconstpointer data)
{
  static const char with_nul[] = "[server]\nclient-list=a\0b\n";
  g_autofree char *large = g_strnfill (1024 * 1024 + 1, '#');
  g_autoptr (GError) error = NULL;

  g_assert_null (config_load (fixture->file, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_true (g_str_has_prefix (error->message, fixture->file));
  g_clear_error (&error);

  g_assert_null (config_load (fixture->folder, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY);
  g_clear_error (&error);

  g_assert_null (load (fixture, with_nul, sizeof with_nul - 1, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  g_assert_nonnull (strstr (error->message, ":2: "));
  g_clear_error (&error);

  g_assert_null (load (fixture, large, -1, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  g_clear_error (&error);

  g_assert_null (config_load ("/dev/zero", &error)); /* it has no end */
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
}

#define ADD(name, func) g_test_add ("/config/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_setenv ("XDG_DATA_HOME", "/home/of/data", TRUE); /* named, never made */
  g_test_init (&argc, &argv, NULL);
  ADD ("no-file", test_no_file);
  ADD ("empty-file", test_empty_file);
  ADD ("every-key", test_every_key);
  ADD ("state-directory", test_state_directory);
  ADD ("mistakes", test_mistakes);
  ADD ("insecure", test_insecure);
  ADD ("unreadable", test_unreadable);
  return g_test_run ();
}
