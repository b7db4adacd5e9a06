/* SPDX-License-Identifier: GPL-3.0-or-later */
/* invite: a link that lets somebody set the password of a Client-ID, once, and says which server is meant and how to know it. */
#include "admin/commands.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/qr.h"
#include "admin/site.h"
#include "identity/certificate.h"
#include "identity/client-list-edit.h"
#include "identity/client-list.h"
#include "identity/invitation-token.h"
#include "identity/secret.h"
#include "ops/control.h"
#include "shared/invitation.h"
#include "shared/scram.h"

#define EXPIRES     "7d"
#define EXPIRES_MIN 60                   /* seconds */
#define EXPIRES_MAX (366 * 24 * 3600)    /* a link that lies about for longer is found by somebody */
#define TRIES       10                   /* while others change the same ID's verifier */

static char *host_option, *expires_option;
static gboolean qr_option;

const GOptionEntry admin_invite_options[] = {
  { "host", 0, 0, G_OPTION_ARG_FILENAME, &host_option, "By which name people reach this server", "NAME[:PORT]" },
  { "expires", 0, 0, G_OPTION_ARG_STRING, &expires_option, "For how long it is good, in minutes, hours, days or weeks (" EXPIRES ")", "30m|12h|7d|2w" },
  { "qr", 0, 0, G_OPTION_ARG_NONE, &qr_option, "Print the QR code wherever the output goes", NULL },
  G_OPTION_ENTRY_NULL,
};

/* Seconds; 0 with an error. */
static gint64
parse_expires (const char *text, GError **error)
{
  static const struct
  {
    char unit;
    gint64 seconds;
  } units[] = { { 'm', 60 }, { 'h', 3600 }, { 'd', 24 * 3600 }, { 'w', 7 * 24 * 3600 } };
  gsize len = strlen (text);
  g_autofree char *number = g_strndup (text, len > 0 ? len - 1 : 0);
  guint64 count;

  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    if (len > 0 && text[len - 1] == units[i].unit
        && g_ascii_string_to_unsigned (number, 10, 1, (guint64) (EXPIRES_MAX / units[i].seconds), &count, NULL))
      return (gint64) count * units[i].seconds;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--expires takes something like 30m, 12h, 7d or 2w, a year at most");
  return 0;
}

/* Where the server is reached: what --host says, and for the rest the certificate, the configuration, and the server if it runs. */
typedef struct
{
  char *host;
  guint16 port;
} Place;

static void
place_clear (Place *self)
{
  g_free (self->host);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Place, place_clear)

/* NAME, NAME:PORT, an address, [address]:PORT; port 0 when it has none. */
static gboolean
parse_host (const char *text, Place *place, GError **error)
{
  g_autoptr (GMatchInfo) match = NULL;
  g_autoptr (GRegex) form = g_regex_new ("^(?|\\[([^]]*)\\]|([^:]*))(?::(\\d+))?\\z", G_REGEX_RAW, 0, NULL);
  g_autofree char *host = NULL, *port_text = NULL;
  guint64 port = 0;

  if (g_hostname_is_ip_address (text)) /* IPv6 has colons of its own */
    host = g_strdup (text);
  else if (g_regex_match (form, text, 0, &match))
    {
      host = g_match_info_fetch (match, 1);
      port_text = g_match_info_fetch (match, 2);
    }
  if (host == NULL || (port_text != NULL && *port_text != '\0' && !g_ascii_string_to_unsigned (port_text, 10, 1, G_MAXUINT16, &port, NULL)))
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--host takes NAME, NAME:PORT, an address, or [IPv6 address]:PORT");
      return FALSE;
    }
  place->host = site_normalize_host (host, error);
  place->port = (guint16) port;
  return place->host != NULL;
}

/* The port of the first TLS listener of the server that runs; 0 when none does. */
static guint16
ask_port (const Config *config)
{
  g_autofree char *answer = control_ask (config->data_directory, "listeners", NULL);
  g_auto (GStrv) lines = g_strsplit (answer != NULL ? answer : "", "\n", -1);

  for (char **line = lines; *line != NULL; line++)
    {
      char *blank = strchr (*line, ' ');

      if (blank != NULL && strcmp (blank, " (TLS)") == 0)
        {
          g_autoptr (GInetSocketAddress) address = NULL;

          *blank = '\0';
          address = config_parse_address (*line);
          if (address != NULL)
            return g_inet_socket_address_get_port (address);
        }
    }
  return 0;
}

static gboolean
find_port (const Config *config, Place *place, GError **error)
{
  for (char **text = config->tls_listen; place->port == 0 && *text != NULL; text++)
    {
      g_autoptr (GInetSocketAddress) address = config_parse_address (*text);

      place->port = g_inet_socket_address_get_port (address);
    }
  if (place->port == 0)
    place->port = ask_port (config);
  if (place->port != 0)
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_INITIALIZED,
                       "tls-listen asks for any free port, and no server runs that has one: start it first, or give --host NAME:PORT");
  return FALSE;
}

static void
find_host (const Config *config, const char *certificate, Place *place)
{
  g_autofree char *name = certificate_get_name (certificate, NULL);
  g_autoptr (GInetSocketAddress) listener = config_parse_address (config->tls_listen[0]);
  GInetAddress *address = g_inet_socket_address_get_address (listener);

  if (place->host != NULL)
    return;
  if (name != NULL && g_ascii_strcasecmp (name, "localhost") != 0)
    place->host = g_steal_pointer (&name);
  else if (!g_inet_address_get_is_any (address))
    place->host = g_inet_address_to_string (address);
  else
    place->host = g_strdup (g_get_host_name ());
}

/* The ID's verifier, which a token is made for. One that no password fits is always a new one, so that older invitations are void; somebody who has a
 * password keeps it until the invitation is used. */
static char *
prepare_client (const Config *config, const char *id, gboolean *has_password, GError **error)
{
  for (guint i = 0; i < TRIES; i++)
    {
      g_autoptr (GError) wrong = NULL;
      g_autoptr (ClientList) list = client_list_load (config->client_list, &wrong);
      const char *present = list != NULL ? client_list_get_verifier (list, id) : NULL;
      g_autofree char *verifier = NULL;

      *has_password = present != NULL && !scram_verifier_is_unusable (present);
      if (*has_password)
        return g_strdup (present);
      if (list == NULL && !g_error_matches (wrong, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
        {
          g_propagate_error (error, g_steal_pointer (&wrong));
          return NULL;
        }
      g_clear_error (&wrong);

      verifier = scram_verifier_new_unusable ();
      if (list != NULL && client_list_contains (list, id) ? client_list_set (config->client_list, id, verifier, present != NULL ? present : "", &wrong)
                                                          : client_list_add (config->client_list, id, verifier, &wrong))
        return g_steal_pointer (&verifier);
      /* Somebody was faster: looked at again. */
      if (!g_error_matches (wrong, G_IO_ERROR, G_IO_ERROR_WRONG_ETAG) && !g_error_matches (wrong, G_IO_ERROR, G_IO_ERROR_EXISTS)
          && !g_error_matches (wrong, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
        {
          g_propagate_error (error, g_steal_pointer (&wrong));
          return NULL;
        }
    }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY, "%s: somebody else keeps changing %s", config->client_list, id);
  return NULL;
}

static gboolean
wants_qr (void)
{
  return qr_option || (isatty (STDOUT_FILENO) && g_get_charset (NULL));
}

static gboolean
print_invitation (const Invitation *invitation, gint64 expires, gboolean has_password, GError **error)
{
  g_autofree char *link = invitation_format (invitation);
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_local (expires);
  g_autofree char *until = g_date_time_format (date, "%Y-%m-%d %H:%M");
  g_autofree char *code = NULL;

  printf ("%s\n", link);
  printf ("For %s, once, until %s. Who has the link gets in as %s: pass it on by a way that you trust.\n", invitation->client_id, until,
          invitation->client_id);
  if (has_password)
    printf ("The password that %s has stays good until then.\n", invitation->client_id);
  if (!wants_qr ())
    return TRUE;
  code = qr_draw (link, error);
  if (code == NULL)
    return FALSE;
  fputs (code, stdout);
  return TRUE;
}

/* What a link is made of must fit into one, before the list is touched: a --host may be anything. */
static gboolean
check_link (const Invitation *invitation, GError **error)
{
  g_autofree char *link = invitation_format (invitation);
  g_autoptr (GError) wrong = NULL;
  g_autoptr (Invitation) parsed = invitation_parse (link, &wrong);

  if (parsed != NULL && strcmp (parsed->host, invitation->host) == 0)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "a link cannot name this host; give another one with --host");
  return FALSE;
}

/* The certificate that the server shows, or will show: it may never have run. */
static char *
prepare_certificate (const Config *config, GError **error)
{
  if (config->tls_certificate != NULL)
    return g_strdup (config->tls_certificate);
  return certificate_ensure (config->data_directory, NULL, error) ? certificate_get_own_file (config->data_directory) : NULL;
}

gboolean
admin_invite (const Config *config, char **args, GError **error)
{
  gint64 lasts = parse_expires (expires_option != NULL ? expires_option : EXPIRES, error);
  gint64 expires = g_get_real_time () / G_USEC_PER_SEC + lasts;
  g_auto (Place) place = { NULL, 0 };
  g_autofree char *certificate = NULL, *fingerprint = NULL, *verifier = NULL, *token = NULL;
  g_autofree char *done = g_strdup_printf ("%s: invited", args[0]);
  g_autoptr (GBytes) secret = NULL;
  Invitation invitation;
  gboolean has_password;

  if (lasts == 0 || !site_check_client_id (args[0], error) || (host_option != NULL && !parse_host (host_option, &place, error)))
    return FALSE;
  if (config->tls_listen[0] == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                           "tls-listen is not set: an invitation needs a server with TLS, such as webchat-server init sets up");
      return FALSE;
    }
  if (!find_port (config, &place, error) || (secret = secret_load (config->data_directory, error)) == NULL
      || (certificate = prepare_certificate (config, error)) == NULL
      || (fingerprint = certificate_get_fingerprint (certificate, error)) == NULL)
    return FALSE;
  find_host (config, certificate, &place);

  token = invitation_token_new (secret, args[0], "", expires);
  invitation = (Invitation){ .host = place.host, .port = place.port, .client_id = args[0], .token = token, .fingerprint = fingerprint };
  if (!check_link (&invitation, error) || (verifier = prepare_client (config, args[0], &has_password, error)) == NULL)
    return FALSE;
  g_free (token);
  invitation.token = token = invitation_token_new (secret, args[0], verifier, expires);
  return print_invitation (&invitation, expires, has_password, error) && site_tell_server (config, done, error);
}
