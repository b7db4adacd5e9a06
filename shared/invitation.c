/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/invitation.h"

#include <arpa/inet.h>
#include <string.h>

#include "shared/client-id.h"
#include "shared/limits.h"
#include "shared/span.h"

#define SCHEME "webchat://"
#define HOST_MAX 253
#define FINGERPRINT_DIGITS 64

G_DEFINE_QUARK (invitation-error-quark, invitation_error)

static gboolean
set_error (GError **error, InvitationError code, const char *message)
{
  g_set_error_literal (error, INVITATION_ERROR, code, message);
  return FALSE;
}

static gboolean
set_damaged (GError **error, const char *message)
{
  return set_error (error, INVITATION_ERROR_DAMAGED, message);
}

/* Letters and digits, and some more. */
static gboolean
is_made_of (WireSpan text, const char *more)
{
  for (gsize i = 0; i < text.len; i++)
    if (!g_ascii_isalnum (text.data[i]) && (text.data[i] == '\0' || strchr (more, text.data[i]) == NULL))
      return FALSE;
  return text.len > 0;
}

/* The part of the rest up to one of the delimiters or the end. */
static WireSpan
take_until (WireSpan *rest, const char *delimiters)
{
  WireSpan part = { rest->data, 0 };

  while (part.len < rest->len && strchr (delimiters, part.data[part.len]) == NULL)
    part.len++;
  rest->data += part.len;
  rest->len -= part.len;
  return part;
}

static gboolean
take_byte (WireSpan *rest, char byte)
{
  if (rest->len == 0 || rest->data[0] != byte)
    return FALSE;
  rest->data++;
  rest->len--;
  return TRUE;
}

static gboolean
parse_host (Invitation *self, WireSpan *rest)
{
  struct in6_addr address;
  WireSpan host;

  if (take_byte (rest, '['))
    {
      host = take_until (rest, "]");
      self->host = wire_span_dup (host);
      return take_byte (rest, ']') && inet_pton (AF_INET6, self->host, &address) == 1;
    }
  host = take_until (rest, ":/?#");
  self->host = wire_span_dup (host);
  return host.len <= HOST_MAX && is_made_of (host, ".-_") && g_ascii_isalnum (host.data[0]);
}

static gboolean
parse_port (Invitation *self, WireSpan *rest)
{
  guint64 port = WIRE_TLS_PORT;

  if (take_byte (rest, ':') && (!wire_span_to_uint (take_until (rest, "/?#"), &port) || port < 1 || port > G_MAXUINT16))
    return FALSE;
  self->port = (guint16) port;
  return TRUE;
}

/* One key=value of those after the ?. FALSE when it cannot be so, or was there before. */
static gboolean
parse_part (Invitation *self, WireSpan part)
{
  WireSpan key = take_until (&part, "=");

  if (!take_byte (&part, '='))
    return FALSE;
  if (wire_span_equal (key, "token"))
    {
      if (self->token != NULL || part.len > INVITATION_TOKEN_MAX || !is_made_of (part, "-_"))
        return FALSE;
      self->token = wire_span_dup (part);
    }
  else if (wire_span_equal (key, "sha256"))
    {
      if (self->fingerprint != NULL || part.len != FINGERPRINT_DIGITS)
        return FALSE;
      for (gsize i = 0; i < part.len; i++)
        if (!g_ascii_isxdigit (part.data[i]))
          return FALSE;
      self->fingerprint = g_ascii_strdown (part.data, (gssize) part.len);
    }
  return TRUE;
}

static gboolean
parse (Invitation *self, WireSpan rest, GError **error)
{
  WireSpan id;

  if (!parse_host (self, &rest))
    return set_damaged (error, "The invitation's link names no server that can be.");
  if (!parse_port (self, &rest))
    return set_damaged (error, "The invitation's link has a port in it that cannot be.");
  if (!take_byte (&rest, '/'))
    return set_damaged (error, "The invitation's link is not complete: the Client-ID is missing.");
  id = take_until (&rest, "?#");
  if (!client_id_is_valid (id.data, id.len))
    return set_damaged (error, "The invitation's link has no Client-ID that can be.");
  self->client_id = wire_span_dup (id);

  if (take_byte (&rest, '?'))
    do
      if (!parse_part (self, take_until (&rest, "&#")))
        return set_damaged (error, "The invitation's link is damaged. Was it copied as a whole?");
    while (take_byte (&rest, '&'));
  if (rest.len > 0 || self->token == NULL || self->fingerprint == NULL)
    return set_damaged (error, "The invitation's link is not complete. Was it copied as a whole?");
  return TRUE;
}

Invitation *
invitation_parse (const char *link, GError **error)
{
  g_autoptr (Invitation) self = g_new0 (Invitation, 1);
  WireSpan rest = { link, strnlen (link, INVITATION_LINK_MAX * 2) };

  while (rest.len > 0 && g_ascii_isspace (rest.data[0]))
    take_byte (&rest, rest.data[0]);
  while (rest.len > 0 && g_ascii_isspace (rest.data[rest.len - 1]))
    rest.len--;

  if (rest.len < strlen (SCHEME) || g_ascii_strncasecmp (rest.data, SCHEME, strlen (SCHEME)) != 0)
    {
      set_error (error, INVITATION_ERROR_NO_LINK, "This is not a link of an invitation: such a link begins with " SCHEME);
      return NULL;
    }
  if (rest.len > INVITATION_LINK_MAX)
    {
      set_damaged (error, "The invitation's link is too long. Was something else copied with it?");
      return NULL;
    }
  rest.data += strlen (SCHEME);
  rest.len -= strlen (SCHEME);
  return parse (self, rest, error) ? g_steal_pointer (&self) : NULL;
}

char *
invitation_format (const Invitation *self)
{
  gboolean bracket = strchr (self->host, ':') != NULL;
  g_autofree char *port = self->port == WIRE_TLS_PORT ? g_strdup ("") : g_strdup_printf (":%u", self->port);

  return g_strdup_printf (SCHEME "%s%s%s%s/%s?token=%s&sha256=%s", bracket ? "[" : "", self->host, bracket ? "]" : "", port, self->client_id,
                          self->token, self->fingerprint);
}

void
invitation_free (Invitation *self)
{
  g_free (self->host);
  g_free (self->client_id);
  g_free (self->token);
  g_free (self->fingerprint);
  g_free (self);
}
