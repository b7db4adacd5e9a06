/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/invitation.h"

#include <glib/gi18n.h>

#include "ui/trouble.h"

gboolean
ui_invitation_equal (const Invitation *a, const Invitation *b)
{
  return a && g_ascii_strcasecmp (a->host, b->host) == 0 && a->port == b->port && g_str_equal (a->client_id, b->client_id)
         && g_str_equal (a->token, b->token);
}

char *
ui_invitation_get_keyring_server (const Invitation *invitation)
{
  g_autofree char *host = g_ascii_strdown (invitation->host, -1);

  return g_strdup_printf ("%s:%u", host, invitation->port);
}

char *
ui_invitation_advice (const Invitation *invitation, const GError *error)
{
  g_autofree char *address = wc_invitation_get_address (invitation);

  if (g_error_matches (error, WC_ERROR, WC_ERROR_CERTIFICATE_CHANGED))
    return g_strdup_printf (_("%s shows another certificate than the one that you trust, so you are not connected. Ask whoever runs the server whether it was "
                              "changed. If it was, take the server out of Preferences, Trusted Servers, and open the invitation once more."), address);
  if (g_error_matches (error, WC_ERROR, WC_ERROR_INVITATION))
    return ui_trouble_message (error); /* there is more than one reason */
  return ui_trouble_advice (error, address);
}
