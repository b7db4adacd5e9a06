/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The queue out of a connection: bounded, flushed once a burst, at a walking pace to unframed clients. */
#include "net/connection-private.h"

#include <errno.h>
#include <string.h>

#include "ops/counters.h"
#include "shared/limits.h"

/* The contract's gap and a little more: a timer that is early by a tick must not join two messages. */
#define PACE_US ((WIRE_UNFRAMED_GAP_MS + 2) * G_TIME_SPAN_MILLISECOND)

/* A producer goes on when no more than this waits. */
#define DRAINED_BYTES 65536 /* or a quarter of the queue */

/* A slow receiver's queue while there are too many of them. No less than what an honest one that asks for much has waiting. */
#define CROWD_BYTES (2 * DRAINED_BYTES)

/* The connections that this thread has queued something for. */
static void
burst_free (gpointer data)
{
  g_ptr_array_unref (data);
}

static GPrivate burst_key = G_PRIVATE_INIT (burst_free);

/* One of them has so much to send that it must not wait for the end of the burst. */
static _Thread_local gboolean burst_is_full;

static GPtrArray *
get_burst (void)
{
  GPtrArray *burst = g_private_get (&burst_key);

  if (burst == NULL)
    {
      burst = g_ptr_array_new ();
      g_private_set (&burst_key, burst);
    }
  return burst;
}

static gboolean
wants_more_locked (Connection *self)
{
  return !self->broken && !self->closing
         && self->out_len - self->out_sent <= MIN (DRAINED_BYTES, self->shared->send_queue_bytes / 4);
}

/* What waits for slow receivers, of all connections together. Atomic. */
static gsize backlog;

static void
set_backlog_locked (Connection *self, guint bytes)
{
  if (bytes != self->backlog)
    __atomic_fetch_add (&backlog, (gsize) bytes - self->backlog, __ATOMIC_RELAXED);
  self->backlog = bytes;
}

void
connection_leave_backlog_locked (Connection *self)
{
  set_backlog_locked (self, 0);
}

/* A crowd of slow receivers may have a queue each, but not memory without end: then only what everybody gets. */
static gsize
get_queue_limit (Connection *self)
{
  gsize limit = self->shared->send_queue_bytes, max = self->shared->backlog_max;

  return max > 0 && __atomic_load_n (&backlog, __ATOMIC_RELAXED) > max ? MIN (limit, CROWD_BYTES) : limit;
}

static void
break_slow_reader_locked (Connection *self, const char *reason)
{
  if (!self->broken)
    counters_add (COUNTER_SLOW_READERS, 1);
  connection_break_locked (self, reason);
}

/* Behind is who does not take what it is offered. One whose turn to be sent to has not come yet may have twice as much waiting. */
static gboolean
is_too_far_behind_locked (Connection *self)
{
  gsize waiting = self->out_len - self->out_sent, limit = get_queue_limit (self);

  return waiting > limit && (self->blocked || self->timers[TIMER_PACE] > 0 || waiting > 2 * limit);
}

/* What was sent already is given back when it is at least half of the queue: each byte is moved once, however little the peer takes at a time. */
static void
append_locked (Connection *self, const char *lines, gsize len)
{
  if (self->out_sent > 0 && self->out_len + len > self->out_cap && self->out_sent >= self->out_len / 2)
    {
      memmove (self->out, self->out + self->out_sent, self->out_len - self->out_sent);
      self->out_len -= self->out_sent;
      self->out_sent = 0;
    }
  if (self->out_len + len > self->out_cap)
    {
      self->out_cap = MAX (self->out_len + len, 2 * (gsize) self->out_cap);
      self->out = g_realloc (self->out, self->out_cap);
    }
  memcpy (self->out + self->out_len, lines, len);
  self->out_len += len;
  if (self->behind)
    set_backlog_locked (self, self->out_len - self->out_sent);
}

gboolean
connection_queue (Connection *self, const char *lines, gsize len)
{
  gboolean join = FALSE, full = FALSE, taken;

  g_mutex_lock (&self->lock);
  if (is_too_far_behind_locked (self) && !self->closing)
    break_slow_reader_locked (self, "reads too slowly: its send queue is full");
  taken = !self->closing && !self->broken && !self->closed;
  if (taken)
    {
      append_locked (self, lines, len);
      full = !wants_more_locked (self) && self->timers[TIMER_PACE] == 0;
      join = !self->blocked && (full || !self->in_burst);
      self->in_burst |= join;
    }
  g_mutex_unlock (&self->lock);

  if (join)
    {
      g_ptr_array_add (get_burst (), connection_ref (self));
      burst_is_full |= full;
    }
  return taken;
}

gsize
connection_get_queued (Connection *self)
{
  gsize queued;

  g_mutex_lock (&self->lock);
  queued = self->out_len - self->out_sent;
  g_mutex_unlock (&self->lock);
  return queued;
}

void
connection_flush_burst (void)
{
  GPtrArray *burst = get_burst ();

  for (guint i = 0; i < burst->len; i++)
    {
      Connection *connection = g_ptr_array_index (burst, i);

      connection_flush (connection);
      connection_unref (connection);
    }
  g_ptr_array_set_size (burst, 0);
  burst_is_full = FALSE;
}

void
connection_flush_burst_if_full (void)
{
  if (burst_is_full)
    connection_flush_burst ();
}

gboolean
connection_is_drained_locked (Connection *self)
{
  return self->tell_drained && wants_more_locked (self);
}

gboolean
connection_wants_more (Connection *self)
{
  gboolean wants;

  g_mutex_lock (&self->lock);
  wants = wants_more_locked (self);
  g_mutex_unlock (&self->lock);
  return wants;
}

gboolean
connection_may_answer (Connection *self)
{
  gboolean may;

  connection_flush_burst_if_full ();
  g_mutex_lock (&self->lock);
  may = wants_more_locked (self);
  self->input_stalled = !may;
  g_mutex_unlock (&self->lock);
  return may;
}

void
connection_notify_drained (Connection *self)
{
  gboolean now;

  g_mutex_lock (&self->lock);
  self->tell_drained = TRUE;
  now = connection_is_drained_locked (self);
  g_mutex_unlock (&self->lock);

  if (now)
    connection_resume (self);
}

/* What goes to the kernel next, and how many bytes of the queue it stands for. An unframed client gets one message, without its
 * LF; and CHAT with two spaces, for it cuts off six characters. HISTORY_RESP keeps the LF, by which that client parts its list. */
static gsize
next_write (Connection *self, const char *queue, gsize len, const char **data, gsize *data_len, char scratch[static WIRE_LINE_MAX + 1])
{
  const char *lf;
  gsize line;

  *data = queue;
  *data_len = self->out_rest > 0 ? self->out_rest : len;
  if (self->framing != CONNECTION_UNFRAMED || self->out_rest > 0)
    return *data_len;

  lf = memchr (queue, '\n', len);
  line = lf - queue + 1;
  *data_len = line >= strlen ("HISTORY_RESP ") && memcmp (queue, "HISTORY_RESP ", strlen ("HISTORY_RESP ")) == 0 ? line : line - 1;
  if (line >= strlen ("CHAT ") && line <= WIRE_LINE_MAX && memcmp (queue, "CHAT ", strlen ("CHAT ")) == 0)
    {
      memcpy (scratch, "CHAT  ", strlen ("CHAT  "));
      memcpy (scratch + strlen ("CHAT  "), queue + strlen ("CHAT "), line - 1 - strlen ("CHAT "));
      *data = scratch;
      *data_len = line;
    }
  return line;
}

/* One write, with the lock held before and after but not over it. */
static void
send_some_locked (Connection *self)
{
  char scratch[WIRE_LINE_MAX + 1];
  char *queue = g_steal_pointer (&self->out);
  guint cap = self->out_cap, len = self->out_len, start = self->out_sent;
  const char *data;
  gsize data_len, part;
  gssize sent;
  int saved_errno;

  /* The queue is taken out, so that others can go on queueing while the kernel copies. */
  self->out_len = self->out_cap = self->out_sent = 0;
  g_mutex_unlock (&self->lock);
  part = next_write (self, queue + start, len - start, &data, &data_len, scratch);
  sent = connection_send (self, data, data_len);
  saved_errno = errno;
  g_mutex_lock (&self->lock);

  if (sent < 0 && saved_errno != EAGAIN && saved_errno != EWOULDBLOCK)
    connection_break_locked (self, saved_errno == EPIPE || saved_errno == ECONNRESET ? "the peer is gone" : "cannot send");
  if (sent < (gssize) data_len)
    self->blocked = TRUE;
  if (self->framing == CONNECTION_UNFRAMED && sent >= 0)
    {
      /* What is left of the message, as it is to be sent, takes the end of the message's place in the queue. */
      self->out_rest = data_len - sent;
      memmove (queue + start + part - self->out_rest, data + sent, self->out_rest);
      sent = part - self->out_rest;
      if (self->out_rest == 0)
        connection_set_timer_locked (self, TIMER_PACE, g_get_monotonic_time () + PACE_US);
    }

  if (sent > 0 && self->behind)
    self->last_taken = g_get_monotonic_time ();
  start += MAX (sent, 0);
  if (start == len || self->broken)
    g_free (queue);
  else if (self->out == NULL)
    {
      self->out = queue;
      self->out_len = len;
      self->out_cap = cap;
      self->out_sent = start;
    }
  else
    {
      guint rest = len - start, total = rest + self->out_len;
      char *joined = g_malloc (total);

      memcpy (joined, queue + start, rest);
      memcpy (joined + rest, self->out, self->out_len);
      g_free (queue);
      g_free (self->out);
      self->out = joined;
      self->out_len = self->out_cap = total;
      self->out_sent = 0;
    }
}

/* Whether the peer is behind now; from then on it must take something now and then. */
static void
note_taken_locked (Connection *self)
{
  gboolean behind = self->out != NULL && (self->behind || self->blocked) && !self->broken;

  if (behind && !self->behind)
    {
      self->last_taken = g_get_monotonic_time ();
      if (self->timers[TIMER_TAKE] == 0 && self->shared->take_timeout > 0)
        connection_set_timer_locked (self, TIMER_TAKE, self->last_taken + self->shared->take_timeout);
    }
  self->behind = behind;
  set_backlog_locked (self, behind ? self->out_len - self->out_sent : 0);
}

void
connection_check_taken_locked (Connection *self)
{
  gint64 end = self->last_taken + self->shared->take_timeout;

  if (!self->behind)
    return;

  if (end > g_get_monotonic_time ())
    connection_set_timer_locked (self, TIMER_TAKE, end);
  else
    break_slow_reader_locked (self, "takes nothing of what waits for it");
}

void
connection_flush (Connection *self)
{
  gboolean news;

  g_mutex_lock (&self->lock);
  self->in_burst = FALSE;
  if (self->sending || self->closed || self->handshaking)
    {
      /* Whoever is in send() looks at the queue again before it leaves. */
      g_mutex_unlock (&self->lock);
      return;
    }

  self->sending = TRUE;
  while (self->out != NULL && !self->blocked && !self->broken && self->timers[TIMER_PACE] == 0)
    send_some_locked (self);
  self->sending = FALSE;
  note_taken_locked (self);

  if (self->blocked)
    connection_arm_locked (self);
  news = self->broken || (self->out == NULL && self->closing) || connection_is_drained_locked (self)
         || (self->input_stalled && wants_more_locked (self));
  g_mutex_unlock (&self->lock);

  if (news)
    connection_resume (self);
}
