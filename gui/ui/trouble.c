/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/trouble.h"

#include <string.h>

#include <glib/gi18n.h>

#include "shared/limits.h"

#include "ui/fingerprint.h"

static WcError
code_of (const GError *error)
{
  return error && error->domain == WC_ERROR ? (WcError) error->code : WC_ERROR_FAILED;
}

/* A name is not found whatever the port. The caller frees it. */
static char *
host_of (const char *server)
{
  char *host;
  guint16 port;
  gboolean tls;

  return server && wc_address_parse (server, &host, &port, &tls, NULL) ? host : g_strdup (server);
}

/* How to write the same address without encryption. The caller frees it. */
static char *
plain_address (const char *server)
{
  g_autofree char *host = NULL;
  guint16 port;
  gboolean tls;

  if (!server || !wc_address_parse (server, &host, &port, &tls, NULL))
    return g_strdup ("plain://chat.lab");
  return wc_address_format (host, port == WIRE_TLS_PORT ? WIRE_PORT : port, FALSE);
}

char *
ui_trouble_advice (const GError *error, const char *server)
{
  g_autofree char *host = host_of (server);
  g_autofree char *plain = NULL;

  switch (code_of (error))
    {
    case WC_ERROR_BAD_ADDRESS:
      return g_strdup (_("This is not an address. Write the name of the server’s computer, and its port if it is not the usual one: "
                         "chat.lab or chat.lab:6001."));
    case WC_ERROR_BAD_ID:
      return g_strdup (_("A Client-ID starts with a letter or a digit. After it come letters, digits, dots, dashes and "
                         "underscores, at most 64 in all, no spaces."));
    case WC_ERROR_NAME_NOT_FOUND:
      return g_strdup_printf (_("There is no computer named %s. Is the name spelled right?"), host);
    case WC_ERROR_NO_NETWORK:
      return g_strdup_printf (_("%s cannot be reached from here. Is this computer connected to the network?"), server);
    case WC_ERROR_REFUSED:
      return g_strdup_printf (_("Nothing answers at %s. Is webchat-server running there?"), server);
    case WC_ERROR_NO_ANSWER:
      return g_strdup_printf (_("%s does not answer. Are the address and the port right, and does a firewall let them through?"), server);
    case WC_ERROR_DECLINED:
      return g_strdup_printf (_("%s does not let this Client-ID in. Is it spelled right, in upper and lower case? Whoever runs the "
                                "server can add it to the list of clients."), server);
    case WC_ERROR_TLS:
      plain = plain_address (server);
      /* Translators: the first %s is the address typed, the second one the same without encryption: plain://chat.lab */
      return g_strdup_printf (_("There is no encrypted connection to %s. Is the port right? Where the server has no encryption, and you trust everybody on "
                                "the network between, write %s."), server, plain);
    case WC_ERROR_PASSWORD_NEEDED:
      return g_strdup (_("This server asks for a password."));
    case WC_ERROR_WRONG_PASSWORD:
      return g_strdup (_("This is not the password of this Client-ID. Look at upper and lower case. Whoever runs the server can set a new one, or send "
                         "you an invitation."));
    case WC_ERROR_CERTIFICATE_UNKNOWN:
      return g_strdup_printf (_("You have not said yet that %s is the right server. Log in again to compare its fingerprint."), server);
    case WC_ERROR_CERTIFICATE_CHANGED:
      return g_strdup_printf (_("%s shows another certificate than before, so you are not connected: somebody may be pretending to be it. Ask whoever runs the "
                                "server whether it was changed. If it was, take the server out of Preferences, Trusted Servers, and log in again."), server);
    case WC_ERROR_INVITATION:
      return g_strdup (_("This invitation is not valid any more: it was used, it has expired, or it was withdrawn. Ask whoever runs the server for a new one."));
    case WC_ERROR_IMPOSTOR:
      return g_strdup_printf (_("%s does not know your password itself, so it may be pretending to be your server. You are not logged in. Is the address right? "
                                "Ask whoever runs the server."), server);
    case WC_ERROR_RATE_LIMITED:
      return g_strdup_printf (_("There were too many logins at %s of late. Try again in a minute."), server);
    case WC_ERROR_NOT_WEBCHAT:
      return g_strdup_printf (_("Something answers at %s, but it is not a WebChat server. Is the port right?"), server);
    case WC_ERROR_BUSY:
      return g_strdup_printf (_("%s is full at the moment. Try again in a while."), server);
    case WC_ERROR_CLOSED:
      return g_strdup_printf (_("%s closed the connection. Try again in a moment."), server);
    case WC_ERROR_REPLACED:
      return g_strdup (_("You logged in with this Client-ID somewhere else. Log in again to go on here."));
    case WC_ERROR_TOO_LONG:
    case WC_ERROR_FAILED:
    default:
      return g_strdup_printf (_("Logging in to %s did not work. Try again in a moment."), server);
    }
}

char *
ui_trouble_brief (const GError *error, const char *server)
{
  g_autofree char *host = host_of (server);

  switch (code_of (error))
    {
    case WC_ERROR_NAME_NOT_FOUND:
      return g_strdup_printf (_("%s is not to be found"), host);
    case WC_ERROR_NO_NETWORK:
      return g_strdup (_("There is no network"));
    case WC_ERROR_REFUSED:
      return g_strdup_printf (_("Nothing answers at %s"), server);
    case WC_ERROR_NO_ANSWER:
      return g_strdup_printf (_("%s does not answer"), server);
    case WC_ERROR_TLS:
      return g_strdup_printf (_("There is no encrypted connection to %s"), server);
    case WC_ERROR_CERTIFICATE_UNKNOWN:
    case WC_ERROR_CERTIFICATE_CHANGED:
      return g_strdup_printf (_("%s shows another certificate"), server);
    case WC_ERROR_IMPOSTOR:
      return g_strdup_printf (_("%s may not be your server"), server);
    case WC_ERROR_PASSWORD_NEEDED:
    case WC_ERROR_WRONG_PASSWORD:
      return g_strdup_printf (_("%s asks for another password"), server);
    case WC_ERROR_RATE_LIMITED:
      return g_strdup_printf (_("There were too many logins at %s"), server);
    case WC_ERROR_INVITATION:
      return g_strdup (_("The invitation is not valid any more"));
    case WC_ERROR_DECLINED:
      return g_strdup_printf (_("%s does not let you in"), server);
    case WC_ERROR_REPLACED:
      return g_strdup (_("You logged in somewhere else"));
    case WC_ERROR_NOT_WEBCHAT:
      return g_strdup_printf (_("What answers at %s is not WebChat"), server);
    case WC_ERROR_BUSY:
      return g_strdup_printf (_("%s is full"), server);
    case WC_ERROR_BAD_ADDRESS:
    case WC_ERROR_BAD_ID:
    case WC_ERROR_CLOSED:
    case WC_ERROR_TOO_LONG:
    case WC_ERROR_FAILED:
    default:
      return g_strdup_printf (_("The connection to %s is lost"), server);
    }
}

char *
ui_trouble_message (const GError *error)
{
  return g_strndup (error->message, strcspn (error->message, "\n"));
}

/* Of what was expected, and of what came. NULL when it is about something else. The caller frees it. */
static char *
both_fingerprints (const GError *error, WcClient *client)
{
  const char *now = client ? wc_client_get_certificate_fingerprint (client) : NULL;
  g_autofree char *host = NULL;
  g_autofree char *grouped = NULL;
  g_autofree char *grouped_before = NULL;
  const char *before;
  guint16 port;
  gboolean tls;

  if (code_of (error) != WC_ERROR_CERTIFICATE_CHANGED || !now || !wc_client_get_server (client)
      || !wc_address_parse (wc_client_get_server (client), &host, &port, &tls, NULL))
    return NULL;
  before = wc_pins_lookup (wc_client_get_pins (client), host, port);
  if (!before)
    return NULL;

  grouped_before = ui_fingerprint_group (before);
  grouped = ui_fingerprint_group (now);
  /* Translators: each %s is a fingerprint of several lines. */
  return g_strdup_printf (_("Fingerprint until now:\n%s\nFingerprint that it shows:\n%s"), grouped_before, grouped);
}

char *
ui_trouble_details (const GError *error, WcClient *client)
{
  g_autofree char *fingerprints = both_fingerprints (error, client);

  return g_strdup_printf ("%s%s%s\n%s, %d", fingerprints ? fingerprints : "", fingerprints ? "\n\n" : "", error->message,
                          g_quark_to_string (error->domain), error->code);
}

UiTroubleWhere
ui_trouble_where (const GError *error)
{
  switch (code_of (error))
    {
    case WC_ERROR_BAD_ID:
    case WC_ERROR_DECLINED:
    case WC_ERROR_REPLACED:
      return UI_TROUBLE_CLIENT_ID;
    case WC_ERROR_PASSWORD_NEEDED:
    case WC_ERROR_WRONG_PASSWORD:
    case WC_ERROR_RATE_LIMITED:
      return UI_TROUBLE_PASSWORD;
    default:
      return UI_TROUBLE_SERVER;
    }
}
