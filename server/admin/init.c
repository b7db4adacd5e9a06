/* SPDX-License-Identifier: GPL-3.0-or-later */
/* init: all that a new server needs, from nothing. What is there already is never touched, so that it may be run again after half of it went wrong. */
#include "admin/commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/site.h"
#include "identity/certificate.h"
#include "identity/client-list.h"
#include "identity/files.h"
#include "identity/secret.h"
#include "shared/limits.h"

#define SYSTEM_DATA "/var/lib/webchat-server" /* the unit's StateDirectory: systemd gives it to the user that the server runs as */

static char *host_option;
static int port_option = WIRE_TLS_PORT;

const GOptionEntry admin_init_options[] = {
  { "host", 0, 0, G_OPTION_ARG_FILENAME, &host_option, "By which name people will reach the server (this machine's)", "NAME" },
  { "port", 0, 0, G_OPTION_ARG_INT, &port_option, "Where it listens with TLS (" G_STRINGIFY (WIRE_TLS_PORT) "); 0 for any free port", "N" },
  G_OPTION_ENTRY_NULL,
};

static void
report (const char *path, gboolean made)
{
  printf ("%-10s %s\n", made ? "made" : "is there", path);
}

/* What listens on all addresses of this machine. One socket can do for IPv4 and IPv6, and then a second one for IPv4 cannot be had; and there are machines
 * without IPv6. */
static char *
make_listeners (void)
{
  g_autoptr (GInetAddress) any = g_inet_address_new_any (G_SOCKET_FAMILY_IPV6);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (any, 0);
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV6, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);

  if (socket == NULL || !g_socket_bind (socket, address, FALSE, NULL))
    return g_strdup_printf ("0.0.0.0:%d", port_option);
  if (g_socket_speaks_ipv4 (socket))
    return g_strdup_printf ("[::]:%d", port_option);
  return g_strdup_printf ("0.0.0.0:%d;[::]:%d", port_option, port_option);
}

/* As a value in the file. */
static char *
escape (const char *path)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();

  g_key_file_set_string (file, "server", "path", path);
  return g_key_file_get_value (file, "server", "path", NULL);
}

static char *
make_config (const char *data)
{
  g_autofree char *listeners = make_listeners ();
  g_autofree char *list = g_build_filename (data, "ClientID-List", NULL);
  g_autofree char *data_value = escape (data), *list_value = escape (list);

  return g_strdup_printf ("# Made by webchat-server init. webchat-server.conf(5) has all that can stand here.\n"
                          "\n"
                          "[server]\n"
                          "# For programs on this machine, without TLS.\n"
                          "listen=127.0.0.1:%d\n"
                          "# For everybody else. The certificate is in the data directory, unless tls-certificate and tls-key name another.\n"
                          "tls-listen=%s\n"
                          "# Who may log in: written by webchat-server invite, add-client and so on, and by the server when an invitation is accepted.\n"
                          "client-list=%s\n"
                          "data-directory=%s\n"
                          "\n"
                          "[auth]\n"
                          "# Everybody proves who they are.\n"
                          "mode=required\n",
                          WIRE_PORT, listeners, list_value, data_value);
}

/* Where the data goes: root's default place has the system's, everybody else's the user's; a configuration elsewhere has its own beside it. */
static char *
choose_data (const char *config_file)
{
  g_autofree char *usual = site_get_default_config ();
  g_autofree char *file = g_canonicalize_filename (config_file, NULL);
  g_autofree char *folder = g_path_get_dirname (file);

  if (strcmp (file, usual) != 0)
    return g_build_filename (folder, "data", NULL);
  return geteuid () == 0 ? g_strdup (SYSTEM_DATA) : g_build_filename (g_get_user_data_dir (), "webchat-server", NULL);
}

static gboolean
set_errno_error (GError **error, const char *path)
{
  int code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", path, g_strerror (code));
  return FALSE;
}

/* A whole new file, or none. As root, in a folder of somebody else's, it is theirs. */
static gboolean
make_file (const char *file, const char *text, mode_t mode, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (file);
  g_autoptr (GError) wrong = NULL;
  struct stat owner;
  gboolean made;

  if (stat (folder, &owner) != 0)
    return set_errno_error (error, folder);
  made = files_replace (file, text, strlen (text), geteuid () == 0 ? &owner : NULL, mode, TRUE, &wrong);
  if (!made && !g_error_matches (wrong, G_IO_ERROR, G_IO_ERROR_EXISTS))
    {
      g_propagate_error (error, g_steal_pointer (&wrong));
      return FALSE;
    }
  report (file, made);
  return TRUE;
}

static gboolean
prepare_config (const char *config_file, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (config_file);
  g_autofree char *data = NULL, *text = NULL;

  if (g_file_test (config_file, G_FILE_TEST_EXISTS)) /* what its folder is like is not asked then */
    {
      report (config_file, FALSE);
      return TRUE;
    }
  data = choose_data (config_file);
  text = make_config (data);
  if (g_mkdir_with_parents (folder, geteuid () == 0 ? 0755 : 0700) != 0)
    return set_errno_error (error, folder);
  return make_file (config_file, text, 0644, error);
}

static gboolean
prepare_data (const char *folder, GError **error)
{
  gboolean there = g_file_test (folder, G_FILE_TEST_IS_DIR);

  if (g_mkdir_with_parents (folder, 0700) != 0)
    return set_errno_error (error, folder);
  report (folder, !there);
  return TRUE;
}

static gboolean
prepare_list (const char *file, GError **error)
{
  g_autoptr (ClientList) list = NULL;

  if (!g_file_test (file, G_FILE_TEST_EXISTS))
    return make_file (file, "# Who may log in, one Client-ID a line; see webchat-server(8).\n", 0640, error);
  report (file, FALSE);
  list = client_list_load (file, error);
  return list != NULL;
}

static gboolean
prepare_secret (const char *data, GError **error)
{
  g_autofree char *file = g_build_filename (data, "secret", NULL);
  gboolean there = g_file_test (file, G_FILE_TEST_EXISTS);
  g_autoptr (GBytes) secret = secret_load (data, error);

  if (secret == NULL)
    return FALSE;
  report (file, !there);
  return TRUE;
}

/* host comes first: it is what invitations will name. */
static gboolean
prepare_certificate (const Config *config, const char *host, GError **error)
{
  const char *names[] = { host, "localhost", "127.0.0.1", "::1", NULL };
  g_autofree char *file = certificate_get_own_file (config->data_directory);
  gboolean there = g_file_test (file, G_FILE_TEST_EXISTS);

  if (config->tls_certificate != NULL)
    {
      report (config->tls_certificate, FALSE);
      return TRUE;
    }
  if (!certificate_ensure (config->data_directory, g_ascii_strcasecmp (host, "localhost") == 0 ? NULL : names, error))
    return FALSE;
  report (file, !there);
  return TRUE;
}

/* How the configuration is named in a command that people copy. */
static char *
name_config (const char *config_file)
{
  g_autofree char *usual = site_get_default_config ();
  g_autofree char *file = g_canonicalize_filename (config_file, NULL);
  g_autofree char *quoted = g_shell_quote (file);

  if (strcmp (file, usual) == 0)
    return g_strdup ("");
  return g_strdup_printf (" --config %s", g_regex_match_simple ("^[\\w/.-]+$", file, 0, 0) ? file : quoted);
}

static void
print_next (const Config *config, const char *config_file)
{
  g_autofree char *option = name_config (config_file);

  if (config->tls_listen[0] == NULL)
    printf ("\nBeware: tls-listen is not set in %s; invitations need it.\n", config_file);
  printf ("\nNext:\n");
  if (geteuid () == 0 && *option == '\0')
    printf ("  systemctl enable --now webchat-server    to start it\n");
  else
    printf ("  webchat-server%s    to start it\n", option);
  printf ("  webchat-server%s invite alice    for each person\n", option);
}

gboolean
admin_init (const char *config_file, char **args, GError **error)
{
  g_autofree char *host = site_normalize_host (host_option != NULL ? host_option : g_get_host_name (), error);
  g_autoptr (Config) config = NULL;

  if (host == NULL)
    return FALSE;
  if (port_option < 0 || port_option > G_MAXUINT16)
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--port takes a number from 0 to 65535");
      return FALSE;
    }
  if (!prepare_config (config_file, error))
    return FALSE;
  config = config_load (config_file, error);
  if (config == NULL || !prepare_data (config->data_directory, error) || !prepare_list (config->client_list, error)
      || !prepare_secret (config->data_directory, error) || !prepare_certificate (config, host, error))
    return FALSE;
  print_next (config, config_file);
  return TRUE;
}
