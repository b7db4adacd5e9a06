/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is connected at one moment, for the operator. */
#include "chat/hub-private.h"

static void
clear_row (gpointer data)
{
  HubConnection *row = data;

  g_free (row->id);
  connection_unref (row->connection);
}

/* Lock held. */
static void
add_row (HubStatus *self, Peer *peer)
{
  HubConnection row = {
    .id = peer->client != NULL ? g_strdup (peer->client->id) : NULL,
    .connection = connection_ref (peer->connection),
    .dialect = "-",
    .since = peer->since,
  };

  if (peer->client != NULL)
    row.dialect = peer->dialect == WIRE_PROTO2 ? "protocol 2" : peer->unframed ? "unframed" : "base";
  g_array_append_val (self->connections, row);
}

HubStatus *
hub_get_status (Hub *hub, guint max)
{
  HubStatus *self = g_new0 (HubStatus, 1);

  self->connections = g_array_new (FALSE, FALSE, sizeof (HubConnection));
  g_array_set_clear_func (self->connections, clear_row);

  g_mutex_lock (&hub->lock);
  self->n_connections = hub->admitted.length - hub->n_turned_away;
  self->n_people = g_hash_table_size (hub->clients);
  self->n_chats = g_hash_table_size (hub->sessions);
  self->backlog = hub->store != NULL ? store_get_backlog (hub->store) : 0;
  for (GList *link = hub->admitted.head; link != NULL; link = link->next)
    {
      Peer *peer = link->data;

      self->n_logged_in += peer->client != NULL;
      if (self->connections->len < max && !peer->turned_away)
        add_row (self, peer);
    }
  g_mutex_unlock (&hub->lock);
  return self;
}

void
hub_status_free (HubStatus *self)
{
  g_array_unref (self->connections); /* without the lock: a last reference frees what its connection has */
  g_free (self);
}
