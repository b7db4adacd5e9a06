/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is connected: Client-IDs to their connections, and whoever watches that. */
#include "chat/hub-private.h"

/* So many changes are told at once; where there are more, somebody may only be there to make the server tell it to thousands. Those are told together a
 * little later, each ID as it is then. */
#define ANNOUNCE_PER_SECOND 100
#define ANNOUNCE_BURST 200
#define LATER_US (200 * G_TIME_SPAN_MILLISECOND)
#define LATER_AT_ONCE 1000

Client *
registry_find (Hub *hub, const char *id)
{
  return g_hash_table_lookup (hub->clients, id);
}

static void
tell (Hub *hub, const char *id, gboolean online)
{
  WireMessage message = { .verb = WIRE_PRESENCE, .word = { WIRE_SPAN (id), WIRE_SPAN (online ? "online" : "offline") } };
  const GString *line = hub->watchers.length > 0 ? peer_format_proto2 (&message) : NULL;

  for (GList *link = hub->watchers.head; link != NULL; link = link->next)
    connection_queue (((Peer *) link->data)->connection, line->str, line->len);
}

void
registry_announce (Hub *hub, const char *id, gboolean online)
{
  gint64 now = g_get_monotonic_time ();

  if (hub->watchers.length == 0)
    return;

  if (!g_hash_table_contains (hub->untold, id) && rate_take_token (&hub->announce_time, ANNOUNCE_PER_SECOND, ANNOUNCE_BURST, now) == 0)
    {
      tell (hub, id, online);
      return;
    }
  g_hash_table_add (hub->untold, g_strdup (id));
  if (g_hash_table_size (hub->untold) == 1)
    g_source_set_ready_time (hub->untold_source, now + LATER_US);
}

static gboolean
tell_later_cb (gpointer user_data)
{
  Hub *hub = user_data;
  GHashTableIter iter;
  gpointer id;

  g_mutex_lock (&hub->lock);
  g_hash_table_iter_init (&iter, hub->untold);
  for (guint i = 0; i < LATER_AT_ONCE && g_hash_table_iter_next (&iter, &id, NULL); i++)
    {
      if (client_list_contains (hub->list, id))
        tell (hub, id, registry_find (hub, id) != NULL);
      g_hash_table_iter_remove (&iter);
    }
  g_source_set_ready_time (hub->untold_source, g_hash_table_size (hub->untold) > 0 ? g_get_monotonic_time () + LATER_US : -1);
  g_mutex_unlock (&hub->lock);

  connection_flush_burst ();
  return G_SOURCE_CONTINUE;
}

static gboolean
later_dispatch_cb (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

void
registry_init (Hub *hub, GMainContext *context)
{
  static GSourceFuncs funcs = { .dispatch = later_dispatch_cb };

  hub->clients = g_hash_table_new (g_str_hash, g_str_equal);
  g_queue_init (&hub->watchers);
  hub->untold = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  hub->untold_source = g_source_new (&funcs, sizeof (GSource));
  g_source_set_static_name (hub->untold_source, "presence");
  g_source_set_callback (hub->untold_source, tell_later_cb, hub, NULL);
  g_source_attach (hub->untold_source, context);
}

void
registry_clear (Hub *hub)
{
  g_source_destroy (hub->untold_source);
  g_source_unref (hub->untold_source);
  g_hash_table_unref (hub->untold);
  g_hash_table_unref (hub->clients);
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
