/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of a connection and its input. */
#include "net/connection-private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/client-id.h"
#include "shared/limits.h"

#define READ_SIZE 65536
#define READS_PER_TURN 4 /* then others have their turn */
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
  self->last_input = g_get_monotonic_time ();

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
connection_get_last_input (Connection *self)
{
  return self->last_input;
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

static void
set_timer (Connection *self, Timer timer, gint64 when)
{
  g_mutex_lock (&self->lock);
  connection_set_timer_locked (self, timer, when);
  g_mutex_unlock (&self->lock);
}

void
connection_set_timeout (Connection *self, gint64 when)
{
  set_timer (self, TIMER_HANDLER, when);
}

void
connection_resume (Connection *self)
{
  io_pool_wake (self->shared->pool, &self->io);
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

static void
break_connection (Connection *self, const char *reason)
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
    }
  g_mutex_unlock (&self->lock);
  connection_resume (self);
}

/* Gives the descriptor back, unless a thread is just sending on it: that one will call again. */
static void
finish (Connection *self)
{
  gboolean last = FALSE;

  g_mutex_lock (&self->lock);
  if (!self->sending && !self->closed)
    {
      memset (self->timers, 0, sizeof self->timers);
      deadlines_set (self->shared->deadlines, &self->deadline, 0);
      io_pool_remove (self->shared->pool, &self->io);
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

/* Puts aside what cannot be handled yet. */
static void
keep_waiting (Connection *self, const char *line, gsize line_len, const char *rest, gsize rest_len)
{
  char *kept = g_malloc (line_len + 1 + rest_len);

  memcpy (kept, line, line_len);
  kept[line_len] = '\n';
  if (rest_len > 0)
    memcpy (kept + line_len + 1, rest, rest_len);
  g_free (self->waiting);
  self->waiting = kept;
  self->waiting_len = line_len + 1 + rest_len;
}

static gboolean
is_over (Connection *self)
{
  gboolean over;

  g_mutex_lock (&self->lock);
  over = self->closing || self->broken;
  g_mutex_unlock (&self->lock);
  return over;
}

static void
take_lines (Connection *self, char *data, gsize len)
{
  const ConnectionHandler *handler = self->shared->handler;
  WireFrame frame;
  char *line;
  gsize line_len;

  while ((frame = wire_framer_next (&self->framer, &data, &len, &line, &line_len)) != WIRE_FRAME_NONE)
    {
      if (frame == WIRE_FRAME_LINE && line_len == 0)
        continue;
      if (is_over (self))
        return;
      if (frame == WIRE_FRAME_TOO_LONG)
        handler->too_long (self, line, line_len);
      else if (handler->may_take (self, line, line_len))
        handler->line (self, line, line_len);
      else
        {
          keep_waiting (self, line, line_len, data, len);
          wire_framer_clear (&self->framer);
          return;
        }
    }
}

/* The original's clients end messages with nothing: what one read brings is one message. */
static void
take_message (Connection *self, char *data, gsize len)
{
  const ConnectionHandler *handler = self->shared->handler;

  if (len > 0 && data[len - 1] == '\n')
    len -= len > 1 && data[len - 2] == '\r' ? 2 : 1;
  if (len == 0)
    return;

  if (len >= WIRE_LINE_MAX)
    handler->too_long (self, data, WIRE_LINE_MAX);
  else if (handler->may_take (self, data, len))
    handler->line (self, data, len);
  else
    keep_waiting (self, data, len, NULL, 0);
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
      set_timer (self, TIMER_FRAMING, 0);
    }
  take_lines (self, data, len);
  if (self->framing == CONNECTION_FRAMING_UNDECIDED)
    set_timer (self, TIMER_FRAMING,
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
  take_message (self, copy, len);
  g_free (copy);
}

static void
take_waiting (Connection *self)
{
  g_autofree char *data = g_steal_pointer (&self->waiting);

  if (data != NULL)
    take_input (self, data, self->waiting_len);
}

static void
take_end (Connection *self)
{
  if (!self->input_ended || self->input_end_told || self->waiting != NULL)
    return;

  take_held (self);
  if (self->waiting == NULL && !is_over (self))
    self->input_end_told = self->shared->handler->end_of_input (self);
}

static void
read_input (Connection *self)
{
  static _Thread_local char buffer[READ_SIZE];

  take_waiting (self);
  for (guint i = 0; i < READS_PER_TURN && self->waiting == NULL && !self->input_ended && !is_over (self); i++)
    {
      gssize n = recv (self->io.fd, buffer, sizeof buffer, 0);

      if (n > 0)
        {
          self->last_input = g_get_monotonic_time ();
          take_input (self, buffer, n);
          if (n < READ_SIZE || self->framing == CONNECTION_UNFRAMED)
            break;
        }
      else if (n == 0)
        self->input_ended = TRUE;
      else if (errno == EAGAIN || errno == EWOULDBLOCK)
        break;
      else if (errno != EINTR)
        {
          break_connection (self, "the peer is gone");
          break;
        }
    }
  take_end (self);
}

/* A close that waits: once the queue is out, the peer is told, and what it still sends is thrown away until it closes too. Closing with
 * unread input would reset the connection and could take back the last lines. */
static void
linger (Connection *self)
{
  static _Thread_local char buffer[READ_SIZE];
  gssize n;
  gboolean empty;

  g_mutex_lock (&self->lock);
  empty = self->out == NULL && !self->sending;
  g_mutex_unlock (&self->lock);

  if (empty && !self->write_shut)
    {
      shutdown (self->io.fd, SHUT_WR);
      self->write_shut = TRUE;
    }
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
  if ((n == 0 && empty) || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK))
    break_connection (self, NULL);
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
serve_once (Connection *self)
{
  guint due;
  gboolean closing, broken, has_output;

  g_mutex_lock (&self->lock);
  if (!self->started || self->closed)
    {
      g_mutex_unlock (&self->lock);
      return;
    }
  self->blocked = FALSE;
  closing = self->closing;
  has_output = self->out != NULL;
  due = take_due_timers_locked (self);
  g_mutex_unlock (&self->lock);

  if ((due & 1 << TIMER_FRAMING) && self->framing == CONNECTION_FRAMING_UNDECIDED && looks_unframed (self))
    {
      self->framing = CONNECTION_UNFRAMED;
      take_held (self);
    }
  if ((due & 1 << TIMER_HANDLER) && !closing)
    self->shared->handler->timeout (self);
  if (due & 1 << TIMER_LINGER)
    break_connection (self, NULL);
  if (has_output)
    connection_flush (self);
  if (take_drained (self))
    self->shared->handler->drained (self);

  if (closing)
    linger (self);
  else
    read_input (self);

  g_mutex_lock (&self->lock);
  broken = self->broken;
  self->reading = self->waiting == NULL && !self->input_ended;
  if (!broken)
    connection_arm_locked (self);
  g_mutex_unlock (&self->lock);

  if (broken)
    finish (self);
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
  g_mutex_unlock (&self->lock);
  connection_resume (self); /* whatever was asked of it until now */
  return TRUE;
}

void
connection_shut_down (Connection *self, gint64 deadline)
{
  self->blocked = FALSE;
  while (!self->closed)
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
