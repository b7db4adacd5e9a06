/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes from the connections: lines go to their verb's handler, and ends of all kinds to login.c. */
#include "chat/hub-private.h"

typedef void (*VerbHandler) (Peer *peer, const WireMessage *message);

static const VerbHandler handlers[WIRE_N_VERBS] = {
  [WIRE_HELLO] = handle_hello,
  [WIRE_AUTH] = handle_auth,
  [WIRE_RESPONSE] = handle_response,
  [WIRE_INVITATION] = handle_invitation,
  [WIRE_CHAT_REQUEST] = handle_chat_request,
  [WIRE_CHAT_MESSAGE] = handle_chat_message,
  [WIRE_CHAT] = handle_chat,
  [WIRE_END_REQUEST] = handle_end_request,
  [WIRE_TIMEOUT] = handle_timeout,
  [WIRE_HISTORY_REQ] = handle_history_req,
  [WIRE_CLIENTS] = handle_clients,
  [WIRE_CONVERSATIONS] = handle_conversations,
  [WIRE_READ] = handle_read,
  [WIRE_TYPING] = handle_typing,
  [WIRE_SEARCH] = handle_search,
  [WIRE_PING] = handle_ping,
  [WIRE_PONG] = handle_pong,
  [WIRE_QUIT] = handle_quit,
};

static gboolean
may_take_cb (Connection *connection, const char *line, gsize len)
{
  Peer *self = connection_get_user (connection);

  if (self->job != NULL || !rate_may_ask (self))
    return FALSE;

  return g_atomic_int_get (&self->pending) == 0 || messages_may_go_on (self, wire_message_peek (self->dialect, line, len));
}

/* The connection broke in the middle of a message, perhaps in its text. It has an id, so its sender says it again, and the whole
 * of it must not be taken for a repetition of this piece. Nothing is answered: a refusal might still be read, and believed. */
static gboolean
is_cut_off (Peer *self, const WireMessage *message)
{
  return self->dialect == WIRE_PROTO2 && (message->verb == WIRE_CHAT_MESSAGE || message->verb == WIRE_CHAT) && message->tags.id.len > 0 && connection_is_line_cut (self->connection);
}

static void
line_cb (Connection *connection, char *line, gsize len)
{
  Peer *self = connection_get_user (connection);
  const char *why = NULL;
  WireMessage message;
  WireError error = wire_message_parse (&message, self->dialect, WIRE_FROM_CLIENT, line, len, &why);

  rate_charge (self, error == WIRE_OK ? message.verb : WIRE_NO_VERB);
  if (self->id == NULL && !login_may_hear (self, error == WIRE_OK ? message.verb : WIRE_NO_VERB))
    login_decline (self, NULL, self->proof ? "something else than a proof" : "did not begin with HELLO");
  else if (error == WIRE_OK && is_cut_off (self, &message))
    return;
  else if (g_atomic_int_get (&self->hub->stopping))
    peer_send_error (self, WIRE_SHUTTING_DOWN, message.tags.id, "the server is stopping; try again later");
  else if (error != WIRE_OK)
    peer_send_error (self, error, message.tags.id, why);
  else
    handlers[message.verb](self, &message);
}

static void
too_long_cb (Connection *connection, char *start, gsize len)
{
  Peer *self = connection_get_user (connection);
  const char *why;
  WireMessage message = { 0 };

  if (self->id == NULL)
    {
      login_decline (self, NULL, "did not begin with HELLO");
      return;
    }

  rate_charge (self, WIRE_NO_VERB);
  /* The line is lost, but its tags came whole. */
  if (self->dialect == WIRE_PROTO2)
    wire_message_parse (&message, WIRE_PROTO2, WIRE_FROM_CLIENT, start, len, &why);
  peer_send_error (self, WIRE_TOO_LONG, message.tags.id, "a line has at most 16384 bytes with its line end");
}

static gboolean
end_of_input_cb (Connection *connection)
{
  Peer *self = connection_get_user (connection);

  if (self->job != NULL || (g_atomic_int_get (&self->pending) > 0 && !messages_may_go_on (self, WIRE_NO_VERB)))
    return FALSE;

  login_leave (self);
  connection_close (connection, "the peer closed");
  return TRUE;
}

static void
timeout_cb (Connection *connection)
{
  login_timeout (connection_get_user (connection));
}

static void
drained_cb (Connection *connection)
{
  Peer *self = connection_get_user (connection);

  if (self->job != NULL)
    self->job->next (self->job, self);
}

static void
closed_cb (Connection *connection, const char *reason)
{
  Peer *self = connection_get_user (connection);

  peer_log (self, "closed: %s", reason);
  hub_dismiss (self->hub, self);
  login_leave (self);
}

static void
free_user_cb (gpointer user)
{
  Peer *self = user;

  g_assert (self->client == NULL && self->pending == 0 && self->watch_link.data == NULL);

  if (self->job != NULL)
    self->job->free (self->job);
  proof_free (self->proof);
  g_free (self->verifier);
  g_free (self->id);
  g_free (self);
}

const ConnectionHandler hub_connection_handler = {
  .may_take = may_take_cb,
  .line = line_cb,
  .too_long = too_long_cb,
  .end_of_input = end_of_input_cb,
  .timeout = timeout_cb,
  .drained = drained_cb,
  .closed = closed_cb,
  .free_user = free_user_cb,
};
