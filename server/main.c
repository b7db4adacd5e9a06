/* SPDX-License-Identifier: GPL-3.0-or-later */
/* webchat-server: options, signals, exit status. The operator's commands are in admin/. */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include <glib-unix.h>

#include "admin/admin.h"
#include "admin/site.h"
#include "identity/client-list.h"
#include "net/tls.h"
#include "config.h"
#include "log.h"
#include "server.h"

enum
{
  STATUS_GOOD = 0,
  STATUS_FAILED = 1,
  STATUS_USAGE = 2,
};

static gboolean
quit_cb (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
reload_cb (gpointer user_data)
{
  server_reload (user_data, NULL);
  return G_SOURCE_CONTINUE;
}

static int
complain (const GError *error)
{
  fprintf (stderr, "webchat-server: %s\n", error->message);
  return STATUS_FAILED;
}

static int
complain_usage (const char *message)
{
  fprintf (stderr, "webchat-server: %s; try --help\n", message);
  return STATUS_USAGE;
}

/* file is --config; without, the default place's, or the defaults where there is none. */
static Config *
load_config (const char *file, GError **error)
{
  g_autofree char *usual = site_get_default_config ();

  return config_load (file == NULL && g_file_test (usual, G_FILE_TEST_EXISTS) ? usual : file, error);
}

static int
check (Config *owned)
{
  g_autoptr (Config) config = owned;
  g_autoptr (GError) error = NULL;
  g_autoptr (ClientList) list = client_list_load (config->client_list, &error);
  g_autoptr (TlsCredentials) credentials = NULL;

  if (list == NULL)
    return complain (error);
  if (*config->tls_listen != NULL && config->tls_certificate != NULL)
    credentials = tls_credentials_new (config->tls_certificate, config->tls_key, &error);
  return error == NULL ? STATUS_GOOD : complain (error);
}

static int
serve (Config *config)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  const GPtrArray *addresses;
  Server *server;
  guint hangup;

  log_init ();
  server = server_new (config, &error);
  if (server == NULL)
    {
      log_finish ();
      return complain (error);
    }

  g_unix_signal_add (SIGTERM, quit_cb, loop);
  g_unix_signal_add (SIGINT, quit_cb, loop);
  hangup = g_unix_signal_add (SIGHUP, reload_cb, server);

  addresses = server_start (server);
  for (guint i = 0; i < addresses->len; i++)
    printf ("listening on %s\n", (const char *) g_ptr_array_index (addresses, i));
  fflush (stdout);

  g_main_loop_run (loop);
  g_source_remove (hangup);
  server_stop (server);
  log_finish ();
  return STATUS_GOOD;
}

static int
run_command (int argc, char **argv, const char *config_file)
{
  g_autofree char *file = g_strdup (config_file);
  g_autoptr (Config) config = NULL;
  g_autoptr (GError) error = NULL;
  const AdminCommand *command = admin_find_command (argv[0], &error);

  if (command == NULL || !admin_parse (command, &argc, &argv, &file, &error))
    return complain_usage (error->message);
  if (command->run_on_file == NULL)
    {
      config = load_config (file, &error);
      if (config == NULL)
        return complain (error);
    }
  else if (file == NULL)
    file = site_get_default_config ();

  if (command->run_on_file != NULL ? command->run_on_file (file, argv + 1, &error) : command->run (config, argv + 1, &error))
    return STATUS_GOOD;
  return error->domain == G_OPTION_ERROR ? complain_usage (error->message) : complain (error);
}

int
main (int argc, char **argv)
{
  g_autofree char *config_file = NULL;
  gboolean check_config = FALSE, version = FALSE;
  const GOptionEntry options[] = {
    { "config", 0, 0, G_OPTION_ARG_FILENAME, &config_file, "Read this configuration", "FILE" },
    { "check-config", 0, 0, G_OPTION_ARG_NONE, &check_config, "Check the configuration and the ClientID-List, and exit", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version and exit", NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("[COMMAND] - a small chat server");
  g_autofree char *commands = admin_list_commands ();
  g_autoptr (GError) error = NULL;
  Config *config;

  setlocale (LC_CTYPE, ""); /* of the terminal: what is said there has more than ASCII in it */
  g_option_context_add_main_entries (context, options, NULL);
  g_option_context_set_description (context, commands);
  g_option_context_set_strict_posix (context, TRUE); /* what follows a command is the command's */
  if (!g_option_context_parse (context, &argc, &argv, &error))
    return complain_usage (error->message);
  if (argc > 1 && check_config)
    return complain_usage ("--check-config goes without a command");
  if (version)
    {
      printf ("webchat-server %s\n", WEBCHAT_VERSION);
      return STATUS_GOOD;
    }

  signal (SIGPIPE, SIG_IGN);
  if (argc > 1)
    return run_command (argc - 1, argv + 1, config_file);
  config = load_config (config_file, &error);
  if (config == NULL)
    return complain (error);
  return check_config ? check (config) : serve (config);
}
