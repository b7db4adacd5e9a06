/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One connection's side of the chat: lines in go to their verb's handler, messages out are formatted in the peer's dialect. */
#include "chat/hub-private.h"

#include <string.h>

#include "log.h"

typedef void (*VerbHandler) (Peer *peer, const WireMessage *message);

static const VerbHandler handlers[WIRE_N_VERBS] = {
  [WIRE_HELLO] = handle_hello,
  [WIRE_CHAT_REQUEST] = handle_chat_request,
  [WIRE_CHAT_MESSAGE] = handle_chat_message,
  [WIRE_CHAT] = handle_chat,
  [WIRE_END_REQUEST] = handle_end_request,
  [WIRE_TIMEOUT] = handle_timeout,
  [WIRE_HISTORY_REQ] = handle_history_req,
  [WIRE_CLIENTS] = handle_clients,
  [WIRE_PING] = handle_ping,
  [WIRE_PONG] = handle_pong,
  [WIRE_QUIT] = handle_quit,
};

/* Each thread formats into a string of its own, which is kept. */
static void
scratch_free (gpointer data)
{
  g_string_free (data, TRUE);
}

static GPrivate scratch_key = G_PRIVATE_INIT (scratch_free);

static GString *
get_scratch (void)
{
  GString *scratch = g_private_get (&scratch_key);

  if (scratch == NULL)
    {
      scratch = g_string_sized_new (WIRE_LINE_MAX);
      g_private_set (&scratch_key, scratch);
    }
  g_string_truncate (scratch, 0);
  return scratch;
}

void
peer_send (Peer *self, const WireMessage *message)
{
  GString *line = get_scratch ();

  wire_message_format (message, self->dialect, line);
  connection_queue (self->connection, line->str, line->len);
}

void
peer_send_verb (Peer *self, WireVerb verb)
{
  peer_send (self, &(WireMessage){ .verb = verb });
}

void
peer_send_error (Peer *self, WireError error, WireSpan id, const char *text)
{
  WireMessage message = { .verb = WIRE_ERROR, .word[0] = WIRE_SPAN (wire_error_code (error)), .text = WIRE_SPAN (text) };

  if (id.data != NULL)
    {
      message.tags.set = WIRE_TAG_ID;
      message.tags.id = id;
    }
  peer_send (self, &message);
}

void
peer_send_unreachable (Peer *self, WireSpan id, WireSpan whom, const char *reason)
{
  WireMessage message = { .verb = WIRE_UNREACHABLE, .word[0] = whom };

  message.tags.set = WIRE_TAG_REASON;
  message.tags.reason = WIRE_SPAN (reason);
  if (id.data != NULL)
    {
      message.tags.set |= WIRE_TAG_ID;
      message.tags.id = id;
    }
  peer_send (self, &message);
}

void
peer_log (Peer *self, const char *format, ...)
{
  g_autofree char *address = connection_describe (self->connection);
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  log_connection (self->id, address, "%s", what);
}

void
peer_decline (Peer *self, const char *claimed, const char *why)
{
  if (claimed != NULL)
    peer_log (self, "declined as %s: %s", claimed, why);
  else
    peer_log (self, "declined: %s", why);
  peer_send_verb (self, WIRE_DECLINED);
  login_leave (self);
  connection_close (self->connection, why);
}

void
peer_start_job (Peer *self, Job *job)
{
  g_assert (self->job == NULL);

  self->job = job;
  job->next (job, self);
}

void
peer_end_job (Peer *self)
{
  Job *job = g_steal_pointer (&self->job);

  job->free (job);
  connection_resume (self->connection);
}

static gboolean
may_take_cb (Connection *connection, const char *line, gsize len)
{
  Peer *self = connection_get_user (connection);

  if (self->job != NULL)
    return FALSE;

  return g_atomic_int_get (&self->pending) == 0 || messages_may_go_on (self, wire_message_peek (self->dialect, line, len));
}

static void
line_cb (Connection *connection, char *line, gsize len)
{
  Peer *self = connection_get_user (connection);
  const char *why = NULL;
  WireMessage message;
  WireError error = wire_message_parse (&message, self->dialect, WIRE_FROM_CLIENT, line, len, &why);

  if (self->id == NULL && (error != WIRE_OK || message.verb != WIRE_HELLO))
    peer_decline (self, NULL, "did not begin with HELLO");
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
      peer_decline (self, NULL, "did not begin with HELLO");
      return;
    }

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
