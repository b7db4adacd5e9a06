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

static gboolean
is_loopback (const char *host)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);
  g_autofree char *lower = g_ascii_strdown (host, -1);

  if (address != NULL)
    return g_inet_address_get_is_loopback (address);

  return g_str_equal (lower, "localhost") || g_str_has_suffix (lower, ".localhost");
}

/* What is meant where nobody says. */
static gboolean
is_tls_usual (const char *host, guint16 port)
{
  return port == WIRE_TLS_PORT || !is_loopback (host);
}

/* Takes a scheme off. */
static gboolean
take_scheme (char **text, gboolean *tls)
{
  static const struct { const char *scheme; gboolean tls; } schemes[] = { { "tls://", TRUE }, { "plain://", FALSE } };

  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    {
      gsize len = strlen (schemes[i].scheme);

      if (g_ascii_strncasecmp (*text, schemes[i].scheme, len) != 0)
        continue;
      *text += len;
      *tls = schemes[i].tls;
      return TRUE;
    }

  return FALSE;
}

/* Parts "host", "host:port" or "[v6]:port" in place. *port_text is NULL without a port. */
static gboolean
split (char *text, char **host, char **port_text)
{
  char *end;

  *port_text = NULL;
  if (text[0] == '[')
    {
      *host = text + 1;
      end = strchr (text, ']');
      if (end == NULL || (end[1] != ':' && end[1] != '\0'))
        return FALSE;
      if (end[1] == ':')
        *port_text = end + 2;
      *end = '\0';
      return g_hostname_is_ip_address (*host) && strchr (*host, ':') != NULL;
    }

  *host = text;
  end = strrchr (text, ':');
  if (end != NULL)
    {
      *end = '\0';
      *port_text = end + 1;
    }

  return host_is_plausible (*host);
}

gboolean
wc_address_parse (const char *text, char **host, guint16 *port, gboolean *tls, GError **error)
{
  g_autofree char *trimmed = g_strstrip (g_strdup (text));
  char *rest = trimmed, *name, *port_text;
  gboolean has_scheme = take_scheme (&rest, tls);

  *port = 0;
  if (!split (rest, &name, &port_text) || (port_text != NULL && !parse_port (port_text, port)))
    {
      g_set_error (error, WC_ERROR, WC_ERROR_BAD_ADDRESS,
                   _("“%s” is not a server address. Write it as name, name:port or [IPv6 address]:port."), text);
      return FALSE;
    }

  if (!has_scheme)
    *tls = is_tls_usual (name, *port);
  if (port_text == NULL)
    *port = *tls ? WIRE_TLS_PORT : WIRE_PORT;
  *host = g_strdup (name);

  return TRUE;
}

char *
wc_address_format (const char *host, guint16 port, gboolean tls)
{
  GString *out = g_string_new (NULL);
  gboolean is_usual_port = port == (tls ? WIRE_TLS_PORT : WIRE_PORT);
  gboolean is_v6 = strchr (host, ':') != NULL;

  /* Without a port and a scheme the loopback is plain: there 5001 is to be written, and TLS follows from it. */
  if (is_usual_port && is_tls_usual (host, 0) != tls && is_tls_usual (host, port) == tls)
    is_usual_port = FALSE;
  if (is_tls_usual (host, is_usual_port ? 0 : port) != tls)
    g_string_append (out, tls ? "tls://" : "plain://");
  g_string_append_printf (out, is_v6 ? "[%s]" : "%s", host);
  if (!is_usual_port)
    g_string_append_printf (out, ":%u", port);

  return g_string_free (out, FALSE);
}
