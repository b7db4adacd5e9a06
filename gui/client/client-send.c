/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/client-private.h"

#include <string.h>

/* Nonces of messages are UUIDs, and have a '-'; ids of other requests have none, so that the two are never taken for each other. */
#define ID_PREFIX 'r'

void
wc_client_send (WcClient *self, const WireMessage *message)
{
  g_autoptr (GString) line = NULL;

  if (self->connection == NULL)
    return;

  line = g_string_sized_new (128);
  wire_message_format (message, self->base ? WIRE_BASE : WIRE_PROTO2, line);
  wc_connection_send (self->connection, line->str, line->len);
}

void
wc_client_send_verb (WcClient *self, WireVerb verb, const char *peer)
{
  WireMessage message = { .verb = verb };

  if (peer != NULL)
    message.word[0] = WIRE_SPAN (peer);
  wc_client_send (self, &message);
}

guint64
wc_client_send_tracked (WcClient *self, WireMessage *message)
{
  char id[24];

  self->last_id++;
  g_snprintf (id, sizeof id, "%c%" G_GUINT64_FORMAT, ID_PREFIX, self->last_id);
  message->tags.set |= WIRE_TAG_ID;
  message->tags.id = WIRE_SPAN (id);
  wc_client_send (self, message);
  message->tags.id = WIRE_NO_SPAN;

  return self->last_id;
}

gboolean
wc_client_parse_id (const char *id, guint64 *number)
{
  return id[0] == ID_PREFIX && wire_span_to_uint (WIRE_SPAN (id + 1), number);
}
