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
  peer->login_deadline = g_get_monotonic_time () + peer->hub->config->login_timeout * G_TIME_SPAN_SECOND;
  connection_set_timeout (peer->connection, peer->login_deadline);
}

gboolean
login_may_hear (Peer *peer, WireVerb verb)
{
  if (verb == WIRE_HELLO || peer->proof == NULL)
    return verb == WIRE_HELLO;
  return verb == WIRE_AUTH || verb == WIRE_RESPONSE || verb == WIRE_INVITATION || verb == WIRE_PING || verb == WIRE_PONG || verb == WIRE_QUIT;
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

/* v: what shows that the server knows the password's verifier; NULL: it was not asked for a proof. Lock held. */
static void
join (Peer *peer, const char *id, const char *v)
{
  Hub *hub = peer->hub;
  WireMessage connected = { .verb = WIRE_CONNECTED, .word[0] = WIRE_SPAN ("2") };
  Client *client;

  peer->id = g_strdup (id);
  if (v != NULL)
    {
      connected.tags.set = WIRE_TAG_V;
      connected.tags.v = WIRE_SPAN (v);
    }
  /* The answer is queued before anybody else can see the peer and queue something of theirs. */
  peer_send (peer, &connected);
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
  if (claimed == NULL && peer->proof != NULL)
    claimed = proof_get_id (peer->proof);
  if (claimed != NULL)
    peer_log (peer, "declined as %s: %s", claimed, why);
  else
    peer_log (peer, "declined: %s", why);
  peer_send_verb (peer, WIRE_DECLINED);
  g_clear_pointer (&peer->proof, proof_free);
  login_leave (peer);
  connection_close (peer->connection, why);
}

/* Whether an ID has to be proved. One that is not on the list is asked for a proof wherever others are, so that nobody finds out which are. Lock held. */
static gboolean
is_asked (Peer *peer, const char *id)
{
  ClientList *list = peer->hub->list;

  if (peer->hub->config->auth_required)
    return TRUE;
  return client_list_contains (list, id) ? client_list_get_verifier (list, id) != NULL : client_list_has_verifiers (list);
}

/* What makes a HELLO worth nothing, whoever it is from. */
static const char *
why_void (Peer *peer, WireSpan id)
{
  if (peer->id != NULL || peer->proof != NULL)
    return "a second HELLO";
  if (!client_id_is_valid (id.data, id.len))
    return "that is not a Client-ID";
  return NULL;
}

static gboolean
speaks_proto2 (const WireMessage *hello)
{
  guint64 version = 0;

  /* A later protocol is answered with the one that this server speaks. */
  return hello->word[1].data != NULL && wire_span_to_uint (hello->word[1], &version) && version >= 2;
}

static void
tell_logged_in (Peer *peer)
{
  peer_log (peer, "logged in (%s%s)",
            peer->dialect == WIRE_PROTO2                                        ? "protocol 2"
            : connection_get_framing (peer->connection) == CONNECTION_UNFRAMED ? "unframed"
                                                                                : "base",
            peer->verifier != NULL ? ", proved" : "");
  connection_set_timeout (peer->connection, peer->dialect == WIRE_PROTO2 ? g_get_monotonic_time () + KEEP_ALIVE_US : 0);
}

void
handle_hello (Peer *peer, const WireMessage *message)
{
  g_autofree char *name = wire_span_dup (message->word[0]);
  gboolean proto2 = speaks_proto2 (message), asked = FALSE;
  const char *why = why_void (peer, message->word[0]);

  if (why != NULL)
    {
      login_decline (peer, client_id_is_valid (name, strlen (name)) ? name : NULL, why);
      return;
    }

  /* Under one lock: a ClientID-List that comes in between would not find the client among those to disconnect. */
  g_mutex_lock (&peer->hub->lock);
  asked = is_asked (peer, name);
  if (asked && !proto2)
    why = "must prove who it is, for which there is protocol 2";
  else if (!asked && !client_list_contains (peer->hub->list, name))
    why = "not on the ClientID-List";
  else if (!asked)
    {
      if (proto2)
        peer->dialect = WIRE_PROTO2;
      join (peer, name, NULL);
    }
  g_mutex_unlock (&peer->hub->lock);

  if (why != NULL)
    login_decline (peer, name, why);
  else if (asked)
    proof_begin (peer, name);
  else
    tell_logged_in (peer);
}

gboolean
login_with_proof (Peer *peer, const char *id, const char *verifier, const char *v)
{
  gboolean valid;

  g_mutex_lock (&peer->hub->lock);
  valid = g_strcmp0 (client_list_get_verifier (peer->hub->list, id), verifier) == 0;
  if (valid)
    {
      peer->verifier = g_strdup (verifier);
      join (peer, id, v);
    }
  g_mutex_unlock (&peer->hub->lock);
  if (!valid)
    return FALSE;

  attempts_succeed (peer->hub->attempts, connection_get_address (peer->connection), id);
  g_clear_pointer (&peer->proof, proof_free);
  tell_logged_in (peer);
  return TRUE;
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
      counters_add (COUNTER_TIMEOUTS, 1);
      login_leave (peer);
      connection_close (peer->connection, "no sign of life");
    }
}

void
login_timeout (Peer *peer)
{
  gboolean late = g_get_monotonic_time () >= peer->login_deadline;

  if (peer->id == NULL && peer->job != NULL && !late) /* what has waited for its turn */
    peer->job->next (peer->job, peer);
  else if (peer->id == NULL)
    {
      counters_add (COUNTER_TIMEOUTS, 1);
      login_decline (peer, NULL, peer->proof ? "no proof in time" : "no HELLO in time");
    }
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
