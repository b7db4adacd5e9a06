/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is connected: Client-IDs to their connections, and whoever watches that. */
#include "chat/hub-private.h"

Client *
registry_find (Hub *hub, const char *id)
{
  return g_hash_table_lookup (hub->clients, id);
}

void
registry_announce (Hub *hub, const char *id, gboolean online)
{
  WireMessage message = { .verb = WIRE_PRESENCE, .word = { WIRE_SPAN (id), WIRE_SPAN (online ? "online" : "offline") } };
  const GString *line = hub->watchers.length > 0 ? peer_format_proto2 (&message) : NULL;

  for (GList *link = hub->watchers.head; link != NULL; link = link->next)
    connection_queue (((Peer *) link->data)->connection, line->str, line->len);
}

Client *
registry_join (Hub *hub, Peer *peer, const char *id)
{
  Client *client = registry_find (hub, id);
  gboolean came = client == NULL;

  if (came)
    {
      client = g_new0 (Client, 1);
      client->id = g_strdup (id);
      g_hash_table_insert (hub->clients, client->id, client);
    }

  hub_know (hub, peer);
  peer->client = client;
  if (peer->dialect == WIRE_BASE)
    client->base = peer;
  else
    {
      peer->next_device = client->devices;
      client->devices = peer;
    }

  if (came)
    {
      seen_now (hub, id); /* it may be gone with the server, and nobody is left to write that down */
      registry_announce (hub, id, TRUE);
    }
  return client;
}

static void
unlink_device (Client *client, Peer *peer)
{
  Peer **link = &client->devices;

  while (*link != peer)
    link = &(*link)->next_device;
  *link = peer->next_device;
}

void
registry_leave (Hub *hub, Peer *peer)
{
  Client *client = g_steal_pointer (&peer->client);

  if (peer->dialect == WIRE_BASE)
    client->base = NULL;
  else
    unlink_device (client, peer);
  if (peer->watch_link.data != NULL)
    {
      g_queue_unlink (&hub->watchers, &peer->watch_link);
      peer->watch_link.data = NULL;
    }

  if (client->base != NULL || client->devices != NULL)
    return;

  g_assert (client->sessions == NULL);
  seen_now (hub, client->id);
  registry_announce (hub, client->id, FALSE);
  g_hash_table_remove (hub->clients, client->id);
  g_free (client->id);
  g_free (client);
}

void
registry_watch (Hub *hub, Peer *peer)
{
  if (peer->watch_link.data != NULL)
    return;

  peer->watch_link.data = peer;
  g_queue_push_tail_link (&hub->watchers, &peer->watch_link);
}
