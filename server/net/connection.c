/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of a connection, and its turns with the workers. */
#include "net/connection-private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/limits.h"

#define LINGER_US (5 * G_TIME_SPAN_SECOND)

Connection *
connection_new (const ConnectionShared *shared, int fd, const struct sockaddr_storage *address)
{
  Connection *self = g_new0 (Connection, 1);

  self->io.fd = fd;
  g_atomic_ref_count_init (&self->refs);
  self->shared = shared;
  wire_framer_init (&self->framer);
  g_mutex_init (&self->lock);
  self->reading = TRUE;
  self->last_line = g_get_monotonic_time ();

  if (address->ss_family == AF_INET6)
    {
      const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *) address;

      self->address = in6->sin6_addr;
      self->port = ntohs (in6->sin6_port);
    }
  else
    {
      const struct sockaddr_in *in = (const struct sockaddr_in *) address;

      self->address = (struct in6_addr) { .s6_addr = { [10] = 0xff, [11] = 0xff } };
      memcpy (&self->address.s6_addr[12], &in->sin_addr, 4);
      self->port = ntohs (in->sin_port);
    }
  return self;
}

Connection *
connection_ref (Connection *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
connection_unref (Connection *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;

  g_assert (self->closed && self->deadline.place == 0);
  self->shared->handler->free_user (self->user);
  wire_framer_clear (&self->framer);
  g_clear_pointer (&self->tls, tls_session_free);
  g_free (self->waiting);
  g_free (self->out);
  g_mutex_clear (&self->lock);
  g_free (self);
}

gpointer
connection_get_user (Connection *self)
{
  return self->user;
}

void
connection_set_user (Connection *self, gpointer user)
{
  self->user = user;
}

gpointer
connection_get_handler_data (Connection *self)
{
  return self->shared->handler_data;
}

ConnectionFraming
connection_get_framing (Connection *self)
{
  return self->framing;
}

const struct in6_addr *
connection_get_address (Connection *self)
{
  return &self->address;
}

gint64
connection_get_last_sign (Connection *self)
{
  gint64 sign;

  g_mutex_lock (&self->lock);
  sign = MAX (self->last_line, self->last_taken);
  g_mutex_unlock (&self->lock);
  return sign;
}

char *
connection_describe (Connection *self)
{
  char text[INET6_ADDRSTRLEN];

  if (IN6_IS_ADDR_V4MAPPED (&self->address))
    return g_strdup_printf ("%s:%u", inet_ntop (AF_INET, &self->address.s6_addr[12], text, sizeof text), self->port);

  return g_strdup_printf ("[%s]:%u", inet_ntop (AF_INET6, &self->address, text, sizeof text), self->port);
}

void
connection_arm_locked (Connection *self)
{
  guint32 events = (self->reading ? EPOLLIN : 0) | (self->blocked ? EPOLLOUT : 0);

  if (!self->closed && events != 0)
    io_pool_arm (self->shared->pool, &self->io, events);
}

void
connection_set_timer_locked (Connection *self, Timer timer, gint64 when)
{
  gint64 earliest = 0;

  if (self->timers[timer] == when)
    return;
  self->timers[timer] = when;
  for (guint i = 0; i < N_TIMERS; i++)
    if (self->timers[i] > 0 && (earliest == 0 || self->timers[i] < earliest))
      earliest = self->timers[i];
  if (!self->closed && earliest != self->deadline.when)
    deadlines_set (self->shared->deadlines, &self->deadline, earliest);
}

gboolean
connection_is_over (Connection *self)
{
  gboolean over;

  g_mutex_lock (&self->lock);
  over = self->closing || self->broken;
  g_mutex_unlock (&self->lock);
  return over;
}

void
connection_set_timer (Connection *self, Timer timer, gint64 when)
{
  g_mutex_lock (&self->lock);
  connection_set_timer_locked (self, timer, when);
  g_mutex_unlock (&self->lock);
}

void
connection_set_timeout (Connection *self, gint64 when)
{
  connection_set_timer (self, TIMER_HANDLER, when);
}

void
connection_resume (Connection *self)
{
  io_pool_wake (self->shared->pool, &self->io);
}

void
connection_resume_at (Connection *self, gint64 when)
{
  connection_set_timer (self, TIMER_RESUME, when);
}

void
connection_break_locked (Connection *self, const char *reason)
{
  if (self->broken)
    return;

  self->broken = TRUE;
  if (self->close_reason == NULL)
    self->close_reason = reason;
  connection_resume (self);
}

void
connection_break (Connection *self, const char *reason)
{
  g_mutex_lock (&self->lock);
  connection_break_locked (self, reason);
  g_mutex_unlock (&self->lock);
}

void
connection_close (Connection *self, const char *reason)
{
  g_mutex_lock (&self->lock);
  if (!self->closing)
    {
      self->closing = TRUE;
      if (self->close_reason == NULL)
        self->close_reason = reason;
      connection_set_timer_locked (self, TIMER_HANDLER, 0);
      connection_set_timer_locked (self, TIMER_LINGER, g_get_monotonic_time () + LINGER_US);
      if (self->handshaking)
        connection_break_locked (self, reason);
    }
  g_mutex_unlock (&self->lock);
  connection_resume (self);
}

void
connection_drop (Connection *self)
{
  connection_break (self, NULL);
}

/* Gives the descriptor back, unless a thread is just sending on it: that one will call again. */
static void
finish (Connection *self)
{
  gboolean last = FALSE;

  g_mutex_lock (&self->lock);
  if (!self->sending && !self->closed)
    {
      connection_leave_backlog_locked (self);
      memset (self->timers, 0, sizeof self->timers);
      deadlines_set (self->shared->deadlines, &self->deadline, 0);
      io_pool_remove (self->shared->pool, &self->io);
      if (self->tls != NULL)
        handshakes_give_up (self->shared->handshakes, &self->handshake_link);
      close (self->io.fd);
      self->closed = last = TRUE;
    }
  g_mutex_unlock (&self->lock);

  if (last)
    {
      self->shared->handler->closed (self, self->close_reason ? self->close_reason : "the peer closed");
      connection_unref (self);
    }
}

/* Which timers have come; each is told once. Called with the lock held. */
static guint
take_due_timers_locked (Connection *self)
{
  gint64 now = g_get_monotonic_time ();
  guint due = 0;

  for (guint i = 0; i < N_TIMERS; i++)
    if (self->timers[i] > 0 && self->timers[i] <= now)
      {
        connection_set_timer_locked (self, i, 0);
        due |= 1 << i;
      }
  return due;
}

static gboolean
take_drained (Connection *self)
{
  gboolean drained;

  g_mutex_lock (&self->lock);
  drained = connection_is_drained_locked (self);
  if (drained)
    self->tell_drained = FALSE;
  g_mutex_unlock (&self->lock);
  return drained;
}

static void
serve_established (Connection *self, gboolean has_output)
{
  gboolean closing;

  if (has_output)
    connection_flush (self);
  if (take_drained (self))
    self->shared->handler->drained (self);

  g_mutex_lock (&self->lock);
  closing = self->closing;
  g_mutex_unlock (&self->lock);
  if (closing)
    connection_linger (self);
  else
    connection_read_input (self);
}

/* Waits for what comes next; or is at its end. */
static void
end_turn (Connection *self)
{
  gboolean broken, pending = connection_has_pending_input (self);

  g_mutex_lock (&self->lock);
  broken = self->broken;
  if (!self->handshaking)
    self->reading = self->waiting == NULL && !self->input_ended;
  if (!broken)
    connection_arm_locked (self);
  pending = pending && self->reading && !self->closing;
  g_mutex_unlock (&self->lock);

  if (broken)
    finish (self);
  else if (pending)
    connection_resume (self);
}

static void
serve_once (Connection *self)
{
  guint due;
  gboolean has_output;

  g_mutex_lock (&self->lock);
  if (!self->started || self->closed)
    {
      g_mutex_unlock (&self->lock);
      return;
    }
  self->blocked = FALSE;
  has_output = self->out != NULL;
  due = take_due_timers_locked (self);
  if (due & 1 << TIMER_TAKE)
    connection_check_taken_locked (self);
  g_mutex_unlock (&self->lock);

  if (due & 1 << TIMER_LINGER)
    connection_break (self, NULL);
  if (self->handshaking && !connection_is_over (self))
    connection_shake_hands (self);
  if (!self->handshaking)
    serve_established (self, has_output);

  /* Only now: when this thread is late, what lies there already has come in time. */
  if ((due & 1 << TIMER_FRAMING) && !connection_is_over (self))
    connection_take_silence (self);
  if (due & 1 << TIMER_LINE)
    connection_check_line (self);
  if ((due & 1 << TIMER_HANDLER) && !connection_is_over (self))
    self->shared->handler->timeout (self);

  end_turn (self);
}

static void
serve (IoItem *item)
{
  Connection *self = (Connection *) item;
  gint turn;

  /* Whoever comes while somebody serves leaves a mark, and that one goes round again. */
  if (g_atomic_int_add (&self->turn, 1) != 0)
    return;
  do
    {
      turn = g_atomic_int_get (&self->turn);
      serve_once (self);
    }
  while (!g_atomic_int_compare_and_exchange (&self->turn, turn, 0));
}

gboolean
connection_start (Connection *self, GError **error)
{
  connection_ref (self);
  if (!io_pool_add (self->shared->pool, &self->io, error))
    {
      finish (self);
      return FALSE;
    }

  g_mutex_lock (&self->lock);
  self->started = TRUE;
  connection_arm_locked (self);
  if (self->broken)
    connection_resume (self); /* it was closed already, and there is nothing that it could be told before */
  g_mutex_unlock (&self->lock);
  return TRUE;
}

void
connection_shut_down (Connection *self, gint64 deadline)
{
  self->blocked = FALSE;
  if (self->close_reason == NULL)
    self->close_reason = "the server stops";
  while (!self->closed && !self->handshaking)
    {
      gint64 left = deadline - g_get_monotonic_time ();
      struct pollfd poll_fd = { .fd = self->io.fd, .events = POLLOUT };

      connection_flush (self);
      if (self->out == NULL || self->broken || left <= 0)
        break;
      if (self->timers[TIMER_PACE] > 0)
        g_usleep (CLAMP (self->timers[TIMER_PACE] - g_get_monotonic_time (), 0, left));
      else
        poll (&poll_fd, 1, left / 1000);
      self->timers[TIMER_PACE] = 0;
      self->blocked = FALSE;
    }
  if (!self->closed && !self->handshaking && !self->broken && !self->write_shut)
    connection_shut_write (self);
  finish (self);
}

static void
deadline_cb (Deadline *deadline)
{
  Connection *self = (Connection *) ((char *) deadline - G_STRUCT_OFFSET (Connection, deadline));

  connection_resume (self);
}

static void
ref_item (IoItem *item)
{
  connection_ref ((Connection *) item);
}

static void
unref_item (IoItem *item)
{
  connection_unref ((Connection *) item);
}

const IoPoolFuncs connection_io_funcs = { serve, connection_flush_burst, ref_item, unref_item };
const DeadlineFunc connection_deadline_func = deadline_cb;
