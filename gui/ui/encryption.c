/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/encryption.h"

#include <glib/gi18n.h>

#include "client/client.h"

static gboolean
is_this_computer (const char *host)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);
  g_autofree char *name = g_ascii_strdown (host, -1);

  return address ? g_inet_address_get_is_loopback (address) : g_str_equal (name, "localhost") || g_str_has_suffix (name, ".localhost");
}

UiEncryption
ui_encryption_of (const char *server)
{
  g_autofree char *trimmed = g_strstrip (g_strdup (server ? server : ""));
  g_autofree char *host = NULL;
  gboolean tls;
  guint16 port;

  if (!wc_address_parse (trimmed, &host, &port, &tls, NULL))
    return UI_ENCRYPTION_UNKNOWN;
  if (tls)
    return UI_ENCRYPTION_TLS;
  return is_this_computer (host) ? UI_ENCRYPTION_LOCAL : UI_ENCRYPTION_NONE;
}

const char *
ui_encryption_name (UiEncryption encryption)
{
  switch (encryption)
    {
    case UI_ENCRYPTION_TLS:
      return _("Encrypted");
    case UI_ENCRYPTION_LOCAL:
      return _("Not encrypted, on this computer only");
    case UI_ENCRYPTION_NONE:
      return _("Not encrypted");
    case UI_ENCRYPTION_UNKNOWN:
    default:
      return "";
    }
}

const char *
ui_encryption_explain (UiEncryption encryption)
{
  switch (encryption)
    {
    case UI_ENCRYPTION_TLS:
      return _("Nobody on the way can read along or pretend to be the server.");
    case UI_ENCRYPTION_LOCAL:
      return _("What you write does not leave this computer.");
    case UI_ENCRYPTION_NONE:
      return _("Anybody on the way can read along, or pretend to be the server. Only for a network that you trust.");
    case UI_ENCRYPTION_UNKNOWN:
    default:
      return "";
    }
}

const char *
ui_encryption_icon (UiEncryption encryption)
{
  return encryption == UI_ENCRYPTION_TLS ? "webchat-lock-symbolic" : "webchat-unlock-symbolic";
}
