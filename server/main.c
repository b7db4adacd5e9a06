/* SPDX-License-Identifier: GPL-3.0-or-later */
/* webchat-server: options, signals, exit status. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <glib-unix.h>

#include "chat/client-list.h"
#include "config.h"
#include "log.h"
#include "server.h"

enum
{
  STATUS_GOOD = 0,
  STATUS_CANNOT_START = 1,
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
  server_reload (user_data);
  return G_SOURCE_CONTINUE;
}

static int
complain (const GError *error)
{
  fprintf (stderr, "webchat-server: %s\n", error->message);
  return STATUS_CANNOT_START;
}

static int
check (Config *owned)
{
  g_autoptr (Config) config = owned;
  g_autoptr (GError) error = NULL;
  g_autoptr (ClientList) list = client_list_load (config->client_list, &error);

  return list != NULL ? STATUS_GOOD : complain (error);
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
  g_autoptr (GOptionContext) context = g_option_context_new ("- a small chat server");
  g_autoptr (GError) error = NULL;
  Config *config;

  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc > 1)
    {
      fprintf (stderr, "webchat-server: %s; try --help\n", error ? error->message : "it takes options only");
      return STATUS_USAGE;
    }
  if (version)
    {
      printf ("webchat-server %s\n", WEBCHAT_VERSION);
      return STATUS_GOOD;
    }

  signal (SIGPIPE, SIG_IGN);
  config = config_load (config_file, &error);
  if (config == NULL)
    return complain (error);
  return check_config ? check (config) : serve (config);
}
