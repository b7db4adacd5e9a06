/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/client.h"

#include <glib/gi18n.h>
#include <string.h>

#include "shared/limits.h"

#define HOST_MAX 255

/* Whether text is a port number, 1 to 65535. */
static gboolean
parse_port (const char *text, guint16 *port)
{
  guint64 value;

  if (!g_ascii_string_to_unsigned (text, 10, 1, G_MAXUINT16, &value, NULL))
    return FALSE;

  *port = value;
  return TRUE;
}

/* A name or an address as it may stand before a port: nothing that would need quoting. */
static gboolean
host_is_plausible (const char *host)
{
  gsize len = strlen (host);

  if (len == 0 || len > HOST_MAX || host[0] == '-' || host[0] == '.')
    return FALSE;

  return strpbrk (host, " \t\r\n/\\@?#:[]<>\"'%,;") == NULL && g_utf8_validate (host, -1, NULL);
}

gboolean
wc_address_parse (const char *text, char **host, guint16 *port, GError **error)
{
  g_autofree char *trimmed = g_strstrip (g_strdup (text));
  const char *port_text = NULL;
  char *name = trimmed;
  gboolean plausible;
  char *end;

  *port = WIRE_PORT;
  if (name[0] == '[')
    {
      name++;
      end = strchr (name, ']');
      if (end != NULL)
        {
          *end = '\0';
          if (end[1] == ':')
            port_text = end + 2;
          else if (end[1] != '\0')
            end = NULL;
        }
      plausible = end != NULL && g_hostname_is_ip_address (name) && strchr (name, ':') != NULL;
    }
  else
    {
      end = strrchr (name, ':');
      if (end != NULL)
        {
          *end = '\0';
          port_text = end + 1;
        }
      plausible = host_is_plausible (name);
    }

  if (!plausible || (port_text != NULL && !parse_port (port_text, port)))
    {
      g_set_error (error, WC_ERROR, WC_ERROR_BAD_ADDRESS,
                   _("“%s” is not a server address. Write it as name, name:port or [IPv6 address]:port."), text);
      return FALSE;
    }

  *host = g_strdup (name);
  return TRUE;
}
