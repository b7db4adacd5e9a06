/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole of the chat: made and freed, who is admitted, and the ClientID-List as it changes. */
#include "chat/hub-private.h"

#include <string.h>

#include "ops/counters.h"

/* A list that grows by more than this at once is not announced one by one; the apps ask again when they connect. */
#define ANNOUNCE_MAX 1000

/* So many who were turned away may take their time to read why; there are descriptors to spare for them. */
#define TURNED_AWAY_MAX (HUB_TURNED_AWAY_ROOM - 14)

/* A full server gives a newcomer the place of whoever has not logged in for longest, if that is so long: silence must not keep others out. */
#define STRANGER_US (1 * G_TIME_SPAN_SECOND)

#define LOG_TURNED_AWAY_US (1 * G_TIME_SPAN_SECOND)

/* With IPv6 one customer has 2^64 addresses, in one network. */
#define NETWORK_BYTES 8

/* Whom the limit per address counts as one. */
static struct in6_addr
get_network (Connection *connection)
{
  struct in6_addr network = *connection_get_address (connection);

  if (!IN6_IS_ADDR_V4MAPPED (&network))
    memset (&network.s6_addr[NETWORK_BYTES], 0, sizeof network - NETWORK_BYTES);
  return network;
}

static guint
address_hash (gconstpointer key)
{
  const struct in6_addr *address = key;
  guint32 words[4];

  memcpy (words, address, sizeof words);
  return words[0] * 31 ^ words[1] * 37 ^ words[2] * 41 ^ words[3];
}

static gboolean
address_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (struct in6_addr)) == 0;
}

Hub *
hub_new (const Config *config, ClientList *list, GMainContext *context)
{
  Hub *self = g_new0 (Hub, 1);

  self->config = config;
  self->list = client_list_ref (list);
  g_mutex_init (&self->lock);
  self->attempts = attempts_new (NULL);
  self->addresses = g_hash_table_new_full (address_hash, address_equal, g_free, NULL);
  g_queue_init (&self->admitted);
  g_queue_init (&self->strangers);
  registry_init (self, context);
  seen_init (self);
  sessions_init (self, context);
  return self;
}

void
hub_free (Hub *self)
{
  g_assert (self->admitted.length == 0 && g_hash_table_size (self->clients) == 0);

  sessions_clear (self);
  registry_clear (self);
  g_hash_table_unref (self->seen);
  g_hash_table_unref (self->addresses);
  attempts_free (self->attempts);
  g_clear_pointer (&self->secret, g_bytes_unref);
  client_list_unref (self->list);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
hub_set_identity (Hub *self, GBytes *secret, Directory *directory)
{
  g_clear_pointer (&self->secret, g_bytes_unref);
  self->secret = g_bytes_ref (secret);
  self->directory = directory;
}

void
hub_set_store (Hub *self, Store *store)
{
  g_mutex_lock (&self->lock);
  self->store = store;
  if (store != NULL)
    seen_load (self);
  g_mutex_unlock (&self->lock);
}

/* How many connections an address has, changed by one. Lock held. */
static guint
count_address (Hub *self, Connection *connection, int change)
{
  struct in6_addr network = get_network (connection);
  guint count = GPOINTER_TO_UINT (g_hash_table_lookup (self->addresses, &network)) + change;

  if (count > 0)
    g_hash_table_insert (self->addresses, g_memdup2 (&network, sizeof network), GUINT_TO_POINTER (count));
  else
    g_hash_table_remove (self->addresses, &network);
  return count;
}

/* Adds to what limits count, or takes away from it. Lock held. */
static void
count_peer (Hub *self, Peer *peer, int change)
{
  if (peer->turned_away)
    self->n_turned_away += change;
  else if (self->config->max_connections_per_address > 0)
    count_address (self, peer->connection, change);
}

/* Lock held. */
static void
make_room (Hub *self)
{
  Peer *oldest = g_queue_peek_head (&self->strangers);

  if (oldest == NULL || oldest->admitted_at > g_get_monotonic_time () - STRANGER_US)
    return;

  hub_know (self, oldest); /* as one who goes */
  count_peer (self, oldest, -1);
  oldest->turned_away = TRUE;
  count_peer (self, oldest, +1);
  counters_add (COUNTER_TURNED_AWAY, 1);
  connection_close (oldest->connection, "made room for another, and had not logged in");
  connection_drop (oldest->connection);
}

/* Lock held. */
static gboolean
is_full (Hub *self)
{
  return self->admitted.length - self->n_turned_away >= self->config->max_connections;
}

/* Lock held. */
static const char *
why_turned_away (Hub *self, Connection *connection)
{
  guint limit = self->config->max_connections_per_address;

  if (limit > 0 && count_address (self, connection, 0) >= limit)
    return "too many connections from this address";
  if (is_full (self))
    make_room (self);
  if (is_full (self))
    return "the server is full; try again later";
  return NULL;
}

/* It may be thousands a second. Main thread. */
static void
log_turned_away (Hub *self, Peer *peer, const char *why)
{
  gint64 now = g_get_monotonic_time ();

  if (now < self->log_turned_away_due)
    {
      self->n_unlogged++;
      return;
    }
  if (self->n_unlogged > 0)
    g_message ("%u more connections were turned away", self->n_unlogged);
  peer_log (peer, "turned away: %s", why);
  self->n_unlogged = 0;
  self->log_turned_away_due = now + LOG_TURNED_AWAY_US;
}

gboolean
hub_has_room (Hub *self)
{
  gboolean has;

  g_mutex_lock (&self->lock);
  has = self->admitted.length < self->config->max_connections + HUB_TURNED_AWAY_ROOM && self->n_turned_away < HUB_TURNED_AWAY_ROOM;
  g_mutex_unlock (&self->lock);
  return has;
}

void
hub_admit (Hub *self, Connection *connection)
{
  Peer *peer = g_new0 (Peer, 1);
  g_autoptr (GError) error = NULL;
  const char *why;
  gboolean crowd;

  counters_add (COUNTER_CONNECTIONS, 1);
  peer->hub = self;
  peer->connection = connection;
  peer->admitted_link.data = peer;
  peer->admitted_at = g_get_monotonic_time ();
  peer->since = g_get_real_time () / G_USEC_PER_SEC;
  connection_set_user (connection, peer);

  g_mutex_lock (&self->lock);
  why = why_turned_away (self, connection);
  peer->turned_away = why != NULL;
  count_peer (self, peer, +1);
  g_queue_push_tail_link (&self->admitted, &peer->admitted_link);
  if (why == NULL)
    {
      peer->stranger_link.data = peer;
      g_queue_push_tail_link (&self->strangers, &peer->stranger_link);
    }
  crowd = self->n_turned_away > TURNED_AWAY_MAX;
  g_mutex_unlock (&self->lock);

  if (why != NULL)
    {
      counters_add (COUNTER_TURNED_AWAY, 1);
      log_turned_away (self, peer, why);
      peer_send_error (peer, WIRE_BUSY, WIRE_NO_SPAN, why);
      connection_close (connection, why);
    }
  else
    login_begin (peer);

  if (!connection_start (connection, &error))
    g_warning ("%s", error->message);
  connection_flush_burst ();
  if (why != NULL && crowd)
    connection_drop (connection);
  connection_unref (connection);
}

void
hub_know (Hub *self, Peer *peer)
{
  if (peer->stranger_link.data == NULL)
    return;

  g_queue_unlink (&self->strangers, &peer->stranger_link);
  peer->stranger_link.data = NULL;
}

void
hub_dismiss (Hub *self, Peer *peer)
{
  g_mutex_lock (&self->lock);
  hub_know (self, peer);
  g_queue_unlink (&self->admitted, &peer->admitted_link);
  count_peer (self, peer, -1);
  g_mutex_unlock (&self->lock);
}

/* Lock held. */
static void
announce_new_clients (Hub *self, ClientList *old, ClientList *new)
{
  guint size = client_list_get_size (new);

  if (self->watchers.length == 0 || size > client_list_get_size (old) + ANNOUNCE_MAX)
    return;
  for (guint i = 0; i < size; i++)
    if (!client_list_contains (old, client_list_get_id (new, i)))
      registry_announce (self, client_list_get_id (new, i), FALSE);
}

/* Why somebody who is logged in may not stay. NULL: may. Lock held. */
static const char *
why_expelled (const Peer *peer, ClientList *list)
{
  const char *verifier = client_list_get_verifier (list, peer->client->id);

  if (!client_list_contains (list, peer->client->id))
    return "this Client-ID was taken off the ClientID-List";
  if (g_strcmp0 (verifier, peer->verifier) == 0)
    return NULL;
  return peer->verifier != NULL ? "the password of this Client-ID was changed" : "this Client-ID has a password now";
}

void
hub_set_client_list (Hub *self, ClientList *list)
{
  g_autoptr (ClientList) old = NULL;

  g_mutex_lock (&self->lock);
  old = self->list;
  self->list = client_list_ref (list);
  for (GList *link = self->admitted.head; link != NULL; link = link->next)
    {
      Peer *peer = link->data;
      const char *why = peer->client != NULL ? why_expelled (peer, list) : NULL;

      if (why != NULL)
        login_expel (peer, why);
    }
  seen_follow_list (self);
  announce_new_clients (self, old, list);
  g_mutex_unlock (&self->lock);

  connection_flush_burst ();
}

void
hub_begin_shutdown (Hub *self)
{
  GHashTableIter iter;
  gpointer id;

  g_atomic_int_set (&self->stopping, TRUE);

  /* Their connections end after the store. */
  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->clients);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    seen_now (self, id);
  g_mutex_unlock (&self->lock);
}

guint
hub_count_connections (Hub *self)
{
  guint n;

  g_mutex_lock (&self->lock);
  n = self->admitted.length;
  g_mutex_unlock (&self->lock);
  return n;
}

GPtrArray *
hub_get_connections (Hub *self)
{
  GPtrArray *connections = g_ptr_array_new_with_free_func ((GDestroyNotify) connection_unref);

  g_mutex_lock (&self->lock);
  for (GList *link = self->admitted.head; link != NULL; link = link->next)
    g_ptr_array_add (connections, connection_ref (((Peer *) link->data)->connection));
  g_mutex_unlock (&self->lock);
  return connections;
}
