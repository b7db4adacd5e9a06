/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The open chats: at most one a pair of Client-IDs, each base connection in at most one. */
#include "chat/hub-private.h"

#include "log.h"

static guint
session_hash (gconstpointer key)
{
  const Session *session = key;

  return g_direct_hash (session->client[SIDE_A]) ^ g_direct_hash (session->client[SIDE_B]);
}

static gboolean
session_equal (gconstpointer a, gconstpointer b)
{
  const Session *left = a, *right = b;

  return (left->client[SIDE_A] == right->client[SIDE_A] && left->client[SIDE_B] == right->client[SIDE_B])
         || (left->client[SIDE_A] == right->client[SIDE_B] && left->client[SIDE_B] == right->client[SIDE_A]);
}

Session *
session_find (Hub *hub, Client *a, Client *b)
{
  return g_hash_table_lookup (hub->sessions, &(Session){ .client = { a, b } });
}

Side
session_side (Session *session, Client *client)
{
  return session->client[SIDE_A] == client ? SIDE_A : SIDE_B;
}

static gint64
idle_limit (Hub *hub)
{
  return hub->config->idle_timeout * G_TIME_SPAN_SECOND;
}

static void
set_idle_time (Hub *hub)
{
  Session *longest = g_queue_peek_head (&hub->idle);

  g_source_set_ready_time (hub->idle_source, longest && idle_limit (hub) > 0 ? longest->last_message + idle_limit (hub) : -1);
}

static void
add_session (Client *client, Session *session)
{
  if (client->sessions == NULL)
    client->sessions = g_ptr_array_sized_new (1);
  g_ptr_array_add (client->sessions, session);
}

static void
remove_session (Client *client, Session *session)
{
  g_ptr_array_remove_fast (client->sessions, session);
  if (client->sessions->len == 0)
    g_clear_pointer (&client->sessions, g_ptr_array_unref);
}

Session *
session_start (Hub *hub, Client *asker, Client *other)
{
  guint64 number = store_next_session (hub->store);
  Session *session;

  if (number == 0)
    return NULL;

  session = g_new0 (Session, 1);
  session->number = number;
  session->client[SIDE_A] = asker;
  session->client[SIDE_B] = other;
  session->idle_link.data = session;
  session->last_message = g_get_monotonic_time ();
  g_hash_table_add (hub->sessions, session);
  add_session (asker, session);
  add_session (other, session);
  g_queue_push_tail_link (&hub->idle, &session->idle_link);
  if (hub->idle.length == 1)
    set_idle_time (hub);
  return session;
}

/* The queue stays in order because every session has the same limit; the source wakes at the old time once, and looks again. */
void
session_touch (Hub *hub, Session *session)
{
  if (idle_limit (hub) == 0)
    return;

  session->last_message = g_get_monotonic_time ();
  g_queue_unlink (&hub->idle, &session->idle_link);
  g_queue_push_tail_link (&hub->idle, &session->idle_link);
}

void
session_attach_base (Session *session, Peer *base)
{
  session->base[session_side (session, base->client)] = base;
  base->session = session;
}

void
sessions_send_started (Peer *to, Session *session, Client *other)
{
  char number[24];

  g_snprintf (number, sizeof number, "%" G_GUINT64_FORMAT, session->number);
  peer_send (to, &(WireMessage){ .verb = WIRE_CHAT_STARTED, .word = { WIRE_SPAN (number), WIRE_SPAN (other->id) } });
}

void
sessions_send_ended (Peer *to, Client *other)
{
  peer_send (to, &(WireMessage){ .verb = WIRE_END_NOTIF, .word[0] = WIRE_SPAN (other->id) });
}

void
session_end (Hub *hub, Session *session, Peer *silent)
{
  g_hash_table_remove (hub->sessions, session);
  g_queue_unlink (&hub->idle, &session->idle_link);

  for (Side side = SIDE_A; side < N_SIDES; side++)
    {
      Client *client = session->client[side], *other = session->client[!side];
      Peer *base = session->base[side];

      remove_session (client, session);
      if (base != NULL)
        base->session = NULL;
      if (base != NULL && base != silent)
        sessions_send_ended (base, other);
      for (Peer *device = session->devices[side] ? client->devices : NULL; device != NULL; device = device->next_device)
        if (device != silent)
          sessions_send_ended (device, other);
    }
  g_free (session);
}

static gboolean
has_another_device (Client *client, Peer *leaving)
{
  return client->devices != NULL && (client->devices != leaving || leaving->next_device != NULL);
}

void
sessions_leave (Hub *hub, Peer *peer)
{
  Client *client = peer->client;

  for (guint i = client->sessions ? client->sessions->len : 0; i-- > 0;)
    {
      Session *session = g_ptr_array_index (client->sessions, i);
      Side side = session_side (session, client);
      gboolean devices_stay = session->devices[side] && has_another_device (client, peer);

      if (session->base[side] == peer)
        session->base[side] = NULL;
      else if (peer->dialect == WIRE_BASE)
        continue; /* it was never in this one */
      if (session->base[side] == NULL && !devices_stay)
        session_end (hub, session, peer);
      if (client->sessions == NULL)
        break;
    }
  peer->session = NULL;
}

static gboolean
idle_cb (gpointer user_data)
{
  Hub *hub = user_data;
  gint64 now = g_get_monotonic_time ();
  Session *session;

  g_mutex_lock (&hub->lock);
  while ((session = g_queue_peek_head (&hub->idle)) != NULL && session->last_message + idle_limit (hub) <= now)
    session_end (hub, session, NULL);
  set_idle_time (hub);
  g_mutex_unlock (&hub->lock);

  connection_flush_burst ();
  return G_SOURCE_CONTINUE;
}

static gboolean
idle_dispatch_cb (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

void
sessions_init (Hub *hub, GMainContext *context)
{
  static GSourceFuncs funcs = { .dispatch = idle_dispatch_cb };

  hub->sessions = g_hash_table_new (session_hash, session_equal);
  g_queue_init (&hub->idle);
  hub->idle_source = g_source_new (&funcs, sizeof (GSource));
  g_source_set_static_name (hub->idle_source, "idle chats");
  g_source_set_callback (hub->idle_source, idle_cb, hub, NULL);
  g_source_attach (hub->idle_source, context);
}

void
sessions_clear (Hub *hub)
{
  g_assert (g_hash_table_size (hub->sessions) == 0);

  g_source_destroy (hub->idle_source);
  g_source_unref (hub->idle_source);
  g_hash_table_unref (hub->sessions);
}
