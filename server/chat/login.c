/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Coming, staying and going: HELLO, keep-alive, QUIT. */
#include "chat/hub-private.h"

#include <string.h>

#include "ops/counters.h"
#include "shared/client-id.h"

/* A device that has been silent for so long is asked, and after another such time is taken for dead. */
#define KEEP_ALIVE_US (60 * G_TIME_SPAN_SECOND)

void
login_begin (Peer *peer)
{
  connection_set_timeout (peer->connection,
                          g_get_monotonic_time () + peer->hub->config->login_timeout * G_TIME_SPAN_SECOND);
}

/* Another login with an ID that a base client holds takes over: to the partner the older one has left. Lock held. */
static void
take_over (Hub *hub, Client *client)
{
  Peer *older = client->base;

  if (older->session != NULL)
    sessions_send_ended (older, older->session->client[!session_side (older->session, client)]);
  sessions_leave (hub, older);
  client->base = NULL;
  older->client = NULL;
  connection_close (older->connection, "the same Client-ID logged in again");
}

/* Lock held. */
static void
join (Peer *peer)
{
  Hub *hub = peer->hub;
  Client *client;

  /* The answer is queued before anybody else can see the peer and queue something of theirs. */
  peer_send (peer, &(WireMessage){ .verb = WIRE_CONNECTED, .word[0] = WIRE_SPAN ("2") });
  client = registry_find (hub, peer->id);
  if (peer->dialect == WIRE_BASE && client != NULL && client->base != NULL)
    take_over (hub, client);
  registry_join (hub, peer, peer->id);
  peer->since = g_get_real_time () / G_USEC_PER_SEC;
  peer->unframed = connection_get_framing (peer->connection) == CONNECTION_UNFRAMED;
  counters_add (COUNTER_LOGINS, 1);
}

void
login_decline (Peer *peer, const char *claimed, const char *why)
{
  counters_add (COUNTER_DECLINED, 1);
  if (claimed != NULL)
    peer_log (peer, "declined as %s: %s", claimed, why);
  else
    peer_log (peer, "declined: %s", why);
  peer_send_verb (peer, WIRE_DECLINED);
  login_leave (peer);
  connection_close (peer->connection, why);
}

/* NULL when the client may come in. Lock held. */
static const char *
why_declined (Peer *peer, WireSpan id, const char *name)
{
  ClientList *list = peer->hub->list;

  if (peer->id != NULL)
    return "a second HELLO";
  if (!client_id_is_valid (id.data, id.len))
    return "that is not a Client-ID";
  if (!client_list_contains (list, name))
    return "not on the ClientID-List";
  if (client_list_get_verifier (list, name) != NULL)
    return "has a verifier, and did not prove who it is";
  return NULL;
}

void
handle_hello (Peer *peer, const WireMessage *message)
{
  g_autofree char *name = wire_span_dup (message->word[0]);
  guint64 version = 0;
  const char *why;

  /* Under one lock: a ClientID-List that comes in between would not find the client among those to disconnect. */
  g_mutex_lock (&peer->hub->lock);
  why = why_declined (peer, message->word[0], name);
  if (why == NULL)
    {
      /* A later protocol is answered with the one that this server speaks. */
      if (message->word[1].data != NULL && wire_span_to_uint (message->word[1], &version) && version >= 2)
        peer->dialect = WIRE_PROTO2;
      peer->id = g_strdup (name);
      join (peer);
    }
  g_mutex_unlock (&peer->hub->lock);
  if (why != NULL)
    {
      login_decline (peer, client_id_is_valid (name, strlen (name)) ? name : NULL, why);
      return;
    }

  peer_log (peer, "logged in (%s)", peer->dialect == WIRE_PROTO2 ? "protocol 2"
                                     : connection_get_framing (peer->connection) == CONNECTION_UNFRAMED ? "unframed" : "base");
  connection_set_timeout (peer->connection, peer->dialect == WIRE_PROTO2 ? g_get_monotonic_time () + KEEP_ALIVE_US : 0);
}

static void
keep_alive (Peer *peer)
{
  gint64 now = g_get_monotonic_time ();
  gint64 silent_since = connection_get_last_sign (peer->connection);

  if (now - silent_since < KEEP_ALIVE_US)
    {
      peer->pinged = FALSE;
      connection_set_timeout (peer->connection, silent_since + KEEP_ALIVE_US);
    }
  else if (!peer->pinged)
    {
      peer->pinged = TRUE;
      peer_send (peer, &(WireMessage){ .verb = WIRE_PING, .word[0] = WIRE_SPAN ("server") });
      connection_set_timeout (peer->connection, now + KEEP_ALIVE_US);
    }
  else
    {
      login_leave (peer);
      connection_close (peer->connection, "no sign of life");
    }
}

void
login_timeout (Peer *peer)
{
  if (peer->id == NULL)
    login_decline (peer, NULL, "no HELLO in time");
  else if (peer->dialect == WIRE_PROTO2) /* a base client's HELLO came as the time was over */
    keep_alive (peer);
}

void
login_expel (Peer *peer, const char *why)
{
  if (peer->dialect == WIRE_PROTO2)
    peer_send_error (peer, WIRE_NOT_ALLOWED, WIRE_NO_SPAN, why);
  else if (peer->session != NULL)
    sessions_send_ended (peer, peer->session->client[!session_side (peer->session, peer->client)]);
  sessions_leave (peer->hub, peer);
  registry_leave (peer->hub, peer);
  connection_close (peer->connection, why);
}

void
login_leave (Peer *peer)
{
  Hub *hub = peer->hub;

  g_mutex_lock (&hub->lock);
  /* What it has sent comes first: its partner sees the message, then the end. */
  peer->leaving = TRUE;
  if (peer->client != NULL && g_atomic_int_get (&peer->pending) == 0)
    {
      sessions_leave (hub, peer);
      registry_leave (hub, peer);
    }
  g_mutex_unlock (&hub->lock);
}

void
handle_quit (Peer *peer, const WireMessage *message)
{
  login_leave (peer);
  connection_close (peer->connection, "QUIT");
}

void
handle_ping (Peer *peer, const WireMessage *message)
{
  peer_send (peer, &(WireMessage){ .verb = WIRE_PONG, .word[0] = message->word[0] });
}

void
handle_pong (Peer *peer, const WireMessage *message)
{
  /* Any input is a sign of life; there is nothing else in it. */
}
