/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "admin/site.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ops/control.h"
#include "shared/client-id.h"

gboolean
site_check_client_id (const char *id, GError **error)
{
  if (client_id_is_valid (id, strlen (id)))
    return TRUE;
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                       "a Client-ID is 1 to 64 of A-Z a-z 0-9 . _ -, and begins with a letter or a digit");
  return FALSE;
}

gboolean
site_tell_server (const Config *config, const char *done, GError **error)
{
  g_autoptr (GError) wrong = NULL;
  g_autofree char *answer = control_ask (config->data_directory, "reload", &wrong);

  if (answer != NULL)
    printf ("%s; the server reads it now\n", done);
  else if (g_error_matches (wrong, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    printf ("%s; no server runs\n", done);
  else if (g_error_matches (wrong, G_IO_ERROR, G_IO_ERROR_FILENAME_TOO_LONG)) /* it has no socket either, and watches the file */
    printf ("%s; a server that runs will see it\n", done);
  else
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s; but %s", done, wrong->message);
      return FALSE;
    }
  return TRUE;
}

char *
site_get_default_config (void)
{
  if (geteuid () == 0)
    return g_build_filename (WEBCHAT_SYSCONFDIR, "webchat", "webchat-server.conf", NULL);
  return g_build_filename (g_get_user_config_dir (), "webchat-server", "webchat-server.conf", NULL);
}

char *
site_normalize_host (const char *text, GError **error)
{
  g_autofree char *host = g_utf8_validate (text, -1, NULL) ? g_hostname_to_ascii (text) : NULL;

  if (host != NULL && (g_hostname_is_ip_address (host) || g_regex_match_simple ("^[A-Za-z0-9][A-Za-z0-9._-]{0,252}\\z", host, 0, 0)))
    return g_steal_pointer (&host);
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--host takes a host name or an IP address");
  return NULL;
}
