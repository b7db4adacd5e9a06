/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of a chat: CHAT_REQUEST, END_REQUEST, TIMEOUT. */
#include "chat/hub-private.h"

/* A name that is no Client-ID is repeated in the answer up to so many bytes; a longer one is left out, for the answer's line must not be too long. */
#define NAME_ECHO_MAX 1024

static WireSpan
echo (WireSpan name)
{
  return name.len <= NAME_ECHO_MAX ? name : WIRE_NO_SPAN;
}

/* Looks up the Client-ID in a message; NULL when nobody with it is connected. Lock held. */
static Client *
find_named (Hub *hub, WireSpan name)
{
  g_autofree char *id = wire_span_dup (name);

  return registry_find (hub, id);
}

/* Why the asker cannot have a chat with whom it names; NULL when it can. Lock held. */
static const char *
why_unreachable (Hub *hub, Peer *asker, WireSpan name, Client *other)
{
  g_autofree char *id = wire_span_dup (name);
  Session *session;

  if (asker->dialect == WIRE_BASE && asker->session != NULL)
    return "busy";
  if (other == asker->client)
    return "self";
  if (!client_list_contains (hub->list, id))
    return "unknown";
  if (other == NULL)
    return "offline";

  session = session_find (hub, asker->client, other);
  if (session == NULL && other->devices == NULL && other->base->session != NULL)
    return "busy";
  return NULL;
}

/* Lets a side into a chat that begins: its devices always, and a base connection when one is given. Lock held. */
static void
bring_in (Session *session, Side side, Peer *base)
{
  Client *client = session->client[side], *other = session->client[!side];

  for (Peer *device = client->devices; device != NULL; device = device->next_device)
    {
      session->devices[side] = TRUE;
      sessions_send_started (device, session, other);
    }
  if (base != NULL)
    {
      session_attach_base (session, base);
      sessions_send_started (base, session, other);
    }
}

static Peer *
free_base (Client *client)
{
  return client->base != NULL && client->base->session == NULL ? client->base : NULL;
}

/* FALSE when the store has no number for it. Lock held. */
static gboolean
open_chat (Hub *hub, Peer *asker, Client *other)
{
  Session *session = session_find (hub, asker->client, other);

  if (session != NULL)
    {
      /* It is open already: the asker alone is told, and is in it from now on. */
      if (asker->dialect == WIRE_BASE)
        session_attach_base (session, asker);
      else
        session->devices[session_side (session, asker->client)] = TRUE;
      sessions_send_started (asker, session, other);
      return TRUE;
    }

  session = session_start (hub, asker->client, other);
  if (session == NULL)
    return FALSE;

  bring_in (session, SIDE_A, asker->dialect == WIRE_BASE ? asker : NULL);
  bring_in (session, SIDE_B, free_base (other));
  return TRUE;
}

void
chats_reach_base (Hub *hub, Client *sender, Client *receiver)
{
  Session *session = session_find (hub, sender, receiver);
  Peer *base = free_base (receiver);

  if (base == NULL)
    return;

  if (session != NULL)
    {
      session_attach_base (session, base);
      sessions_send_started (base, session, sender);
    }
  else if ((session = session_start (hub, sender, receiver)) != NULL)
    {
      bring_in (session, SIDE_A, NULL);
      bring_in (session, SIDE_B, base);
    }
}

void
handle_chat_request (Peer *peer, const WireMessage *message)
{
  Hub *hub = peer->hub;
  const char *reason;
  Client *other;

  if (!rate_check (peer, message->tags.id))
    return;

  g_mutex_lock (&hub->lock);
  if (peer->client != NULL)
    {
      other = find_named (hub, message->word[0]);
      reason = why_unreachable (hub, peer, message->word[0], other);
      if (reason != NULL)
        peer_send_unreachable (peer, message->tags.id, echo (message->word[0]), reason);
      else if (!open_chat (hub, peer, other))
        peer_send_error (peer, WIRE_STORE_FAILED, message->tags.id, "the server cannot number a new chat; try again later");
    }
  g_mutex_unlock (&hub->lock);
}

/* The chat that a message names and that the peer may end; NULL when there is none. Lock held. */
static Session *
find_session (Hub *hub, Peer *peer, WireSpan name)
{
  Client *other = find_named (hub, name);
  Session *session = other ? session_find (hub, peer->client, other) : NULL;

  if (session == NULL || peer->dialect == WIRE_BASE)
    return session == peer->session ? session : NULL;

  session->devices[session_side (session, peer->client)] = TRUE; /* who asks for the end is told of it */
  return session;
}

/* Ends a chat of the peer's, or says that there is none. Lock held. */
static void
end (Peer *peer, Session *session, WireSpan name, Peer *silent)
{
  if (session != NULL)
    session_end (peer->hub, session, silent);
  else
    peer_send (peer, &(WireMessage){ .verb = WIRE_END_NOTIF, .word[0] = echo (name) });
}

void
handle_end_request (Peer *peer, const WireMessage *message)
{
  Hub *hub = peer->hub;

  Session *session;

  g_mutex_lock (&hub->lock);
  if (peer->client != NULL)
    {
      session = find_session (hub, peer, message->word[0]);
      end (peer, session, message->word[0], peer->dialect == WIRE_BASE ? peer : NULL);
    }
  g_mutex_unlock (&hub->lock);
}

void
handle_timeout (Peer *peer, const WireMessage *message)
{
  Hub *hub = peer->hub;
  Session *session;

  if (peer->dialect == WIRE_PROTO2 && message->word[0].data == NULL)
    {
      peer_send_error (peer, WIRE_BAD_ARGUMENTS, message->tags.id, "TIMEOUT needs a name: there may be several chats");
      return;
    }

  g_mutex_lock (&hub->lock);
  if (peer->client != NULL)
    {
      session = peer->dialect == WIRE_BASE ? peer->session : find_session (hub, peer, message->word[0]);
      end (peer, session, message->word[0], NULL);
    }
  g_mutex_unlock (&hub->lock);
}
