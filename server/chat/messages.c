/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A message's way: checked here on a worker, to the store, and once it is on disk from the store's thread to everybody whom it concerns. */
#include "chat/hub-private.h"

#include <string.h>

#include "ops/counters.h"

/* A sender with so many messages on their way to the disk is not read until half of them have arrived; likewise everybody, when so much
 * waits for the disk at all. */
#define PENDING_MAX 1024
#define BACKLOG_MAX (32 * 1024 * 1024)

#define FAILURE_AGAIN_US (30 * G_TIME_SPAN_SECOND)

/* What other input may go on while messages are pending: everything else takes effect after them, in order. */
gboolean
messages_may_go_on (Peer *peer, WireVerb verb)
{
  gboolean is_stored = verb == WIRE_CHAT_MESSAGE || verb == WIRE_CHAT || verb == WIRE_READ;

  if (is_stored && g_atomic_int_get (&peer->pending) < PENDING_MAX && store_get_backlog (peer->hub->store) < BACKLOG_MAX)
    return TRUE;
  if (verb == WIRE_PING || verb == WIRE_PONG)
    return TRUE;

  /* Announced before looking again: whoever takes the last pending one away sees the one or the other. */
  g_atomic_int_set (&peer->waiting, TRUE);
  return g_atomic_int_get (&peer->pending) == 0;
}

void
messages_submit (Peer *peer, StoreMessage *message)
{
  message->owner = peer;
  connection_ref (peer->connection);
  g_atomic_int_inc (&peer->pending);
  store_append (peer->hub->store, message);
}

static void
submit (Peer *peer, const char *to, const WireMessage *message)
{
  char nonce[WIRE_NONCE_MAX + 1] = "";

  if (message->tags.id.data != NULL)
    memcpy (nonce, message->tags.id.data, message->tags.id.len);
  messages_submit (peer, store_message_new (peer->id, to, nonce[0] ? nonce : NULL, message->text.data, message->text.len,
                                            g_get_real_time () / 1000));
}

/* Base: a message goes to the chat that is open. to gets the partner's Client-ID. Lock held. */
static gboolean
address_in_chat (Peer *peer, WireSpan name, char to[static WIRE_ID_MAX + 1])
{
  Session *session = peer->session;
  Client *other = session ? session->client[!session_side (session, peer->client)] : NULL;

  if (other == NULL || (name.data != NULL && !wire_span_equal (name, other->id)))
    return FALSE;

  session_touch (peer->hub, session);
  g_strlcpy (to, other->id, WIRE_ID_MAX + 1);
  return TRUE;
}

/* Protocol 2: to whomever is on the list, chat or no chat. Lock held. */
static gboolean
address_by_name (Peer *peer, WireSpan name, char to[static WIRE_ID_MAX + 1])
{
  Client *other;
  Session *session;

  if (name.len > WIRE_ID_MAX)
    return FALSE;
  memcpy (to, name.data, name.len);
  to[name.len] = '\0';
  if (!client_list_contains (peer->hub->list, to))
    return FALSE;

  other = registry_find (peer->hub, to);
  session = other ? session_find (peer->hub, peer->client, other) : NULL;
  if (session != NULL)
    session_touch (peer->hub, session);
  return TRUE;
}

/* CHAT <text> of protocol 2, where it is clear with whom. Lock held. */
static gboolean
address_only_chat (Peer *peer, char to[static WIRE_ID_MAX + 1])
{
  Session *session;

  if (peer->client->sessions == NULL || peer->client->sessions->len != 1)
    return FALSE;

  session = g_ptr_array_index (peer->client->sessions, 0);
  session_touch (peer->hub, session);
  g_strlcpy (to, session->client[!session_side (session, peer->client)]->id, WIRE_ID_MAX + 1);
  return TRUE;
}

static void
take_message (Peer *peer, WireSpan name, const WireMessage *message)
{
  char to[WIRE_ID_MAX + 1];
  Hub *hub = peer->hub;
  gboolean addressed = FALSE;

  if (!rate_check (peer, message->tags.id))
    return;

  g_mutex_lock (&hub->lock);
  if (peer->client == NULL)
    ;
  else if (peer->dialect == WIRE_BASE)
    addressed = address_in_chat (peer, name, to);
  else if (name.data == NULL)
    addressed = address_only_chat (peer, to);
  else
    addressed = address_by_name (peer, name, to);
  g_mutex_unlock (&hub->lock);

  if (addressed && strcmp (to, peer->id) == 0)
    peer_send_error (peer, WIRE_NOT_ALLOWED, message->tags.id, "one cannot write to oneself");
  else if (addressed)
    submit (peer, to, message);
  else if (peer->dialect == WIRE_PROTO2 && name.data != NULL)
    peer_send_error (peer, WIRE_UNKNOWN_CLIENT, message->tags.id, "nobody on the ClientID-List has that Client-ID");
  else
    peer_send_unreachable (peer, message->tags.id, WIRE_NO_SPAN, NULL);
}

void
handle_chat_message (Peer *peer, const WireMessage *message)
{
  take_message (peer, message->word[0], message);
}

void
handle_chat (Peer *peer, const WireMessage *message)
{
  take_message (peer, WIRE_NO_SPAN, message);
}

static WireMessage
as_chat (const StoreMessage *stored, const char *conv)
{
  WireMessage message = { .verb = WIRE_CHAT, .text = { stored->text, stored->text_len } };

  message.tags.set = WIRE_TAG_CONV | WIRE_TAG_FROM | WIRE_TAG_SEQ | WIRE_TAG_TIME | (stored->nonce ? WIRE_TAG_ID : 0);
  message.tags.conv = WIRE_SPAN (conv);
  message.tags.from = WIRE_SPAN (stored->from);
  message.tags.seq = stored->seq;
  message.tags.time = stored->time;
  message.tags.id = stored->nonce ? WIRE_SPAN (stored->nonce) : WIRE_NO_SPAN;
  return message;
}

/* To the receiver's connections, and to the sender's other devices. Lock held. */
static void
deliver (Hub *hub, const StoreMessage *stored, Peer *from)
{
  Client *sender = registry_find (hub, stored->from), *receiver = registry_find (hub, stored->to);
  WireMessage chat = as_chat (stored, stored->from), echo = as_chat (stored, stored->to);
  gboolean delivered;
  Session *session;

  if (receiver != NULL && sender != NULL && from->dialect == WIRE_PROTO2 && from->client != NULL)
    chats_reach_base (hub, sender, receiver);
  delivered = peer_send_devices (receiver, &chat, NULL);
  peer_send_devices (sender, &echo, from);
  if (delivered)
    marks_set_delivered (hub, stored->to, stored->from, stored->seq);

  /* A base connection hears it only within their chat; what came too late for that is in its history. */
  if (receiver == NULL || sender == NULL || receiver->base == NULL)
    return;
  session = session_find (hub, sender, receiver);
  if (session != NULL && receiver->base->session == session)
    peer_send (receiver->base, &chat);
}

static void
answer (Peer *peer, const StoreMessage *stored, const GError *error)
{
  WireMessage sent = { .verb = WIRE_SENT, .word[0] = WIRE_SPAN (stored->to) };
  WireSpan id = stored->nonce ? WIRE_SPAN (stored->nonce) : WIRE_NO_SPAN;

  if (error != NULL)
    {
      peer_send_error (peer, WIRE_STORE_FAILED, id, "the server cannot store messages; try again later");
      return;
    }
  if (peer->dialect == WIRE_BASE || stored->kind == STORE_READ_MARK)
    return;

  sent.tags.set = WIRE_TAG_SEQ | WIRE_TAG_TIME | (stored->nonce ? WIRE_TAG_ID : 0);
  sent.tags.id = id;
  sent.tags.seq = stored->seq;
  sent.tags.time = stored->time;
  peer_send (peer, &sent);
}

/* Lock held. */
static void
tell (Hub *hub, const StoreMessage *stored, Peer *from)
{
  if (stored->kind == STORE_READ_MARK)
    marks_send_read (hub, stored, from);
  else
    {
      counters_add (COUNTER_MESSAGES, 1);
      deliver (hub, stored, from);
    }
}

/* One message less on its way for the peer; whatever waited for that goes on. */
static void
settle (Peer *peer)
{
  gint before = g_atomic_int_add (&peer->pending, -1);

  if (before == 1)
    {
      gboolean leaving;

      g_mutex_lock (&peer->hub->lock);
      leaving = peer->leaving;
      g_mutex_unlock (&peer->hub->lock);
      if (leaving)
        login_leave (peer);
    }
  if ((before == 1 || before == PENDING_MAX / 2) && g_atomic_int_compare_and_exchange (&peer->waiting, TRUE, FALSE))
    connection_resume (peer->connection);
}

/* A disk that is full fails for hours, a thousand times a second; the log may be on it, too. */
static void
log_failure (Hub *hub, const GError *error)
{
  gint64 now = error != NULL ? g_get_monotonic_time () : 0;

  if (error == NULL && hub->failure_logged)
    g_message ("messages are stored again");
  if (error == NULL)
    hub->failure_logged = FALSE;
  else if (now >= hub->failure_due)
    {
      g_warning ("cannot store messages: %s", error->message);
      hub->failure_logged = TRUE;
      hub->failure_due = now + FAILURE_AGAIN_US;
    }
}

void
hub_stored (StoreMessage *batch, const GError *error, gpointer user_data)
{
  Hub *hub = user_data;

  log_failure (hub, error);
  for (StoreMessage *next; batch != NULL; batch = next)
    {
      Peer *peer = batch->owner;
      Connection *connection = peer->connection;

      next = batch->next;
      g_mutex_lock (&hub->lock);
      answer (peer, batch, error);
      if (error == NULL && !batch->repeated)
        tell (hub, batch, peer);
      g_mutex_unlock (&hub->lock);

      store_message_free (batch);
      settle (peer);
      connection_unref (connection);
      connection_flush_burst_if_full (); /* a batch may have more for one receiver than its queue holds */
    }
  connection_flush_burst ();
}
