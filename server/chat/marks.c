/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far messages have come: READ from those who read them, DELIVERED to those who wrote them; and TYPING, which is forgotten at once. */
#include "chat/hub-private.h"

#include <string.h>

/* The other side that READ or TYPING names; FALSE when there is none such, and the peer was told. */
static gboolean
find_other (Peer *peer, const WireMessage *message, char other[static WIRE_ID_MAX + 1])
{
  Hub *hub = peer->hub;
  WireSpan name = message->word[0];
  gboolean known = FALSE;

  if (name.len <= WIRE_ID_MAX)
    {
      memcpy (other, name.data, name.len);
      other[name.len] = '\0';
      g_mutex_lock (&hub->lock);
      known = client_list_contains (hub->list, other);
      g_mutex_unlock (&hub->lock);
    }

  if (!known)
    peer_send_error (peer, WIRE_UNKNOWN_CLIENT, message->tags.id, "nobody on the ClientID-List has that Client-ID");
  else if (strcmp (other, peer->id) == 0)
    peer_send_error (peer, WIRE_NOT_ALLOWED, message->tags.id, "there is no conversation with oneself");
  else
    return TRUE;

  return FALSE;
}

void
handle_read (Peer *peer, const WireMessage *message)
{
  char nonce[WIRE_NONCE_MAX + 1] = "";
  char other[WIRE_ID_MAX + 1];
  guint64 seq;

  if (!wire_span_to_uint (message->word[1], &seq))
    {
      peer_send_error (peer, WIRE_BAD_ARGUMENTS, message->tags.id, "READ needs a name and the number of a message");
      return;
    }
  if (!find_other (peer, message, other) || seq == 0)
    return;

  if (message->tags.id.data != NULL)
    memcpy (nonce, message->tags.id.data, message->tags.id.len);
  messages_submit (peer, store_read_mark_new (peer->id, other, nonce[0] ? nonce : NULL, MIN (seq, G_MAXINT64)));
}

void
marks_send_read (Hub *hub, const StoreMessage *mark, Peer *from)
{
  Client *reader = registry_find (hub, mark->from), *other = registry_find (hub, mark->to);
  char digits[WIRE_UINT_DIGITS];
  WireMessage read = { .verb = WIRE_READ, .word[1] = wire_span_from_uint (mark->seq, digits) };

  read.word[0] = WIRE_SPAN (mark->from);
  peer_send_devices (other, &read, NULL);
  read.word[0] = WIRE_SPAN (mark->to);
  read.tags.set = WIRE_TAG_OWN;
  read.tags.own = 1;
  peer_send_devices (reader, &read, from);
}

void
marks_set_delivered (Hub *hub, const char *receiver, const char *sender, guint64 seq)
{
  char digits[WIRE_UINT_DIGITS];
  WireMessage delivered = { .verb = WIRE_DELIVERED };
  Client *client = registry_find (hub, receiver);

  /* What a device is just being sent of the history may reach it before it is told here, or after. */
  if (!store_set_delivered (hub->store, receiver, sender, seq))
    return;
  for (Peer *device = client ? client->devices : NULL; device != NULL; device = device->next_device)
    if (g_strcmp0 (device->history_with, sender) == 0)
      device->history_delivered = MAX (device->history_delivered, seq);

  delivered.word[0] = WIRE_SPAN (receiver);
  delivered.word[1] = wire_span_from_uint (seq, digits);
  peer_send_devices (registry_find (hub, sender), &delivered, NULL);
}

void
handle_typing (Peer *peer, const WireMessage *message)
{
  Hub *hub = peer->hub;
  WireMessage typing = { .verb = WIRE_TYPING, .word[0] = WIRE_SPAN (peer->id) };
  char other[WIRE_ID_MAX + 1];

  if (!find_other (peer, message, other) || !rate_check_typing (peer))
    return;

  g_mutex_lock (&hub->lock);
  if (peer->client != NULL)
    peer_send_devices (registry_find (hub, other), &typing, NULL);
  g_mutex_unlock (&hub->lock);
}
