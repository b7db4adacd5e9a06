/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/trouble.h"

#include <string.h>

#include <glib/gi18n.h>

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

char *
ui_trouble_advice (const GError *error, const char *server)
{
  g_autofree char *host = host_of (server);

  switch (code_of (error))
    {
    case WC_ERROR_BAD_ADDRESS:
      return g_strdup (_("This is not an address. Write the name of the server’s computer, and its port if it is not 5000: "
                         "chat.lab or chat.lab:5001."));
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
      return g_strdup_printf (_("There is no safe connection to %s. Is the port right, and its certificate in order? Whoever runs the server knows."), server);
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
    case WC_ERROR_PASSWORD_NEEDED:
    case WC_ERROR_WRONG_PASSWORD:
    case WC_ERROR_CERTIFICATE_UNKNOWN:
    case WC_ERROR_CERTIFICATE_CHANGED:
    case WC_ERROR_INVITATION:
    case WC_ERROR_IMPOSTOR:
    case WC_ERROR_RATE_LIMITED:
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
      return g_strdup_printf (_("There is no safe connection to %s"), server);
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
    case WC_ERROR_PASSWORD_NEEDED:
    case WC_ERROR_WRONG_PASSWORD:
    case WC_ERROR_CERTIFICATE_UNKNOWN:
    case WC_ERROR_CERTIFICATE_CHANGED:
    case WC_ERROR_INVITATION:
    case WC_ERROR_IMPOSTOR:
    case WC_ERROR_RATE_LIMITED:
    default:
      return g_strdup_printf (_("The connection to %s is lost"), server);
    }
}

char *
ui_trouble_message (const GError *error)
{
  return g_strndup (error->message, strcspn (error->message, "\n"));
}

char *
ui_trouble_details (const GError *error)
{
  return g_strdup_printf ("%s\n%s, %d", error->message, g_quark_to_string (error->domain), error->code);
}

gboolean
ui_trouble_is_about_client_id (const GError *error)
{
  const WcError code = code_of (error);

  return code == WC_ERROR_BAD_ID || code == WC_ERROR_DECLINED || code == WC_ERROR_REPLACED;
}
