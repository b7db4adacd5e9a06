/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes in: reads to lines or to unframed messages, and from there to the handler, as far as it takes them. */
#include "net/connection-private.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "ops/counters.h"
#include "shared/client-id.h"
#include "shared/limits.h"

/* What one read brings may have to wait, for each of many connections; and a record of TLS must have room beside another. */
#define READ_SIZE (2 * WIRE_LINE_MAX)
#define READS_PER_TURN 8 /* then others have their turn */

/* Puts aside what cannot be handled yet. Where it has waited before it stays where it is: it may be refused again with every line. */
static void
keep_waiting (Connection *self, const char *data, gsize len)
{
  gboolean waited = self->in_hand != NULL;

  self->waiting = waited ? self->in_hand : g_memdup2 (data, len);
  self->waiting_start = waited ? data - self->in_hand : 0;
  self->waiting_len = len;
}

/* The same for a line that came in pieces, and lies in the framer. */
static void
keep_held (Connection *self, const char *line, gsize line_len, const char *rest, gsize rest_len)
{
  char *kept = g_malloc (line_len + 1 + rest_len);

  memcpy (kept, line, line_len);
  kept[line_len] = '\n';
  memcpy (kept + line_len + 1, rest, rest_len);
  self->waiting = kept;
  self->waiting_start = 0;
  self->waiting_len = line_len + 1 + rest_len;
}

/* Notes what has come: whole lines, and perhaps the beginning of another. */
static void
note_lines (Connection *self, gboolean whole)
{
  gboolean begun = self->framer.held_len > 0 || self->framer.skipping || (self->tls != NULL && tls_session_is_within_record (self->tls));
  gint64 now = whole || begun ? g_get_monotonic_time () : 0;

  if (whole)
    self->last_line = now;
  if (!begun)
    self->line_began = 0;
  else if (whole || self->line_began == 0)
    self->line_began = now;

  /* One timer for many lines: when it comes it is seen whether this one, or a later one, is still there. */
  if (begun && self->timers[TIMER_LINE] == 0 && self->shared->line_timeout > 0)
    connection_set_timer (self, TIMER_LINE, self->line_began + self->shared->line_timeout);
}

void
connection_check_line (Connection *self)
{
  gint64 end = self->line_began + self->shared->line_timeout;

  if (self->line_began == 0 || connection_is_over (self))
    return;

  if (end > g_get_monotonic_time ())
    connection_set_timer (self, TIMER_LINE, end);
  else
    {
      counters_add (COUNTER_TIMEOUTS, 1);
      connection_break (self, "did not finish a line in time");
    }
}

static void
take_lines (Connection *self, char *data, gsize len)
{
  const ConnectionHandler *handler = self->shared->handler;
  gboolean whole = FALSE;
  WireFrame frame;
  char *line;
  gsize line_len;

  while ((frame = wire_framer_next (&self->framer, &data, &len, &line, &line_len)) != WIRE_FRAME_NONE)
    {
      whole |= frame == WIRE_FRAME_LINE;
      if (frame == WIRE_FRAME_LINE && line_len == 0)
        continue;
      if (connection_is_over (self))
        return;
      if (frame == WIRE_FRAME_TOO_LONG)
        handler->too_long (self, line, line_len);
      else if (connection_may_answer (self) && handler->may_take (self, line, line_len))
        handler->line (self, line, line_len);
      else
        {
          if (self->framer.lent)
            keep_held (self, line, line_len, data, len);
          else
            keep_waiting (self, line, data + len - line);
          wire_framer_clear (&self->framer);
          break;
        }
    }
  note_lines (self, whole);
}

/* The original's clients end messages with nothing: what one read brings is one message. */
static void
take_message (Connection *self, char *data, gsize len)
{
  const ConnectionHandler *handler = self->shared->handler;
  gsize whole_len = len;

  if (len > 0 && data[len - 1] == '\n')
    len -= len > 1 && data[len - 2] == '\r' ? 2 : 1;
  if (len == 0)
    return;

  self->last_line = g_get_monotonic_time ();

  if (len >= WIRE_LINE_MAX)
    handler->too_long (self, data, WIRE_LINE_MAX);
  else if (connection_may_answer (self) && handler->may_take (self, data, len))
    handler->line (self, data, len);
  else
    keep_waiting (self, data, whole_len);
}

/* Whether what has come so far is a whole "HELLO <Client-ID>" that only lacks its LF. */
static gboolean
looks_unframed (Connection *self)
{
  gsize len;
  const char *held = wire_framer_peek (&self->framer, &len);

  return len > strlen ("HELLO ") && memcmp (held, "HELLO ", strlen ("HELLO ")) == 0
         && client_id_is_valid (held + strlen ("HELLO "), len - strlen ("HELLO "));
}

static void
take_input (Connection *self, char *data, gsize len)
{
  if (self->framing == CONNECTION_UNFRAMED)
    {
      take_message (self, data, len);
      return;
    }

  if (self->framing == CONNECTION_FRAMING_UNDECIDED && memchr (data, '\n', len) != NULL)
    {
      self->framing = CONNECTION_FRAMING_LINES;
      connection_set_timer (self, TIMER_FRAMING, 0);
    }
  take_lines (self, data, len);
  if (self->framing == CONNECTION_FRAMING_UNDECIDED)
    connection_set_timer (self, TIMER_FRAMING,
               looks_unframed (self) ? g_get_monotonic_time () + WIRE_UNFRAMED_SILENCE_MS * G_TIME_SPAN_MILLISECOND : 0);
}

/* What was held without an LF is a message after all: the peer is silent, or has ended. */
static void
take_held (Connection *self)
{
  char *line, *copy;
  gsize len;

  if (wire_framer_end (&self->framer, &line, &len) != WIRE_FRAME_LINE)
    return;
  copy = g_memdup2 (line, len);
  wire_framer_clear (&self->framer);
  self->line_began = 0;
  take_message (self, copy, len);
  g_free (copy);
}

void
connection_take_silence (Connection *self)
{
  /* Set again: more bytes have come meanwhile. */
  if (self->framing != CONNECTION_FRAMING_UNDECIDED || self->timers[TIMER_FRAMING] != 0 || !looks_unframed (self))
    return;

  self->framing = CONNECTION_UNFRAMED;
  take_held (self);
}

static void
take_waiting (Connection *self)
{
  char *data = g_steal_pointer (&self->waiting);

  if (data == NULL)
    return;

  self->in_hand = data;
  take_input (self, data + self->waiting_start, self->waiting_len);
  self->in_hand = NULL;
  if (self->waiting != data)
    g_free (data);
}

gboolean
connection_is_line_cut (Connection *self)
{
  return self->line_cut;
}

static void
take_end (Connection *self)
{
  if (!self->input_ended || self->input_end_told || self->waiting != NULL)
    return;

  self->line_cut = self->framing != CONNECTION_UNFRAMED;
  if (self->tls != NULL && tls_session_is_cut (self->tls))
    wire_framer_clear (&self->framer); /* somebody on the way may have chosen where it ends */
  else
    take_held (self);
  if (self->waiting == NULL && !connection_is_over (self))
    self->input_end_told = self->shared->handler->end_of_input (self);
}

void
connection_read_input (Connection *self)
{
  static _Thread_local char buffer[READ_SIZE];

  take_waiting (self);
  for (guint i = 0; i < READS_PER_TURN && self->waiting == NULL && !self->input_ended && !connection_is_over (self); i++)
    {
      gssize n = connection_recv (self, buffer, sizeof buffer, self->framing == CONNECTION_UNFRAMED);

      if (n > 0)
        {
          take_input (self, buffer, n);
          if (self->framing == CONNECTION_UNFRAMED || (n < READ_SIZE && !connection_has_pending_input (self)))
            break;
        }
      else if (n == 0)
        self->input_ended = TRUE;
      else if (errno == EAGAIN || errno == EWOULDBLOCK)
        {
          if (self->tls != NULL && self->framing != CONNECTION_UNFRAMED)
            note_lines (self, FALSE);
          break;
        }
      else
        {
          connection_break (self, connection_explain_failure (self));
          break;
        }
    }
  take_end (self);
}

gboolean
connection_has_peer_finished (Connection *self)
{
  struct pollfd poll_fd = { .fd = self->io.fd, .events = POLLRDHUP };

  if (poll (&poll_fd, 1, 0) <= 0)
    return FALSE;
  if (poll_fd.revents & (POLLERR | POLLHUP))
    connection_break (self, "the peer is gone");
  return TRUE;
}

void
connection_linger (Connection *self)
{
  char buffer[4096];
  gssize n = -1;
  gboolean empty;

  g_mutex_lock (&self->lock);
  empty = self->out == NULL && !self->sending;
  g_mutex_unlock (&self->lock);

  if (empty && !self->write_shut)
    self->write_shut = connection_shut_write (self);
  g_clear_pointer (&self->waiting, g_free);
  if (self->input_ended && !empty)
    return;
  for (guint i = 0; i < READS_PER_TURN; i++)
    {
      n = recv (self->io.fd, buffer, sizeof buffer, 0);
      if (n == 0 || (n < 0 && errno != EINTR))
        break;
    }
  if (n == 0)
    self->input_ended = TRUE;
  if ((n == 0 && empty) || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
    connection_break (self, NULL);
}
