/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/io-pool.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <glib-unix.h>

/* Few at a time: what one worker has taken, another cannot. */
#define EVENTS_PER_WAIT 16

struct _IoPool
{
  const IoPoolFuncs *funcs;
  GThreadPool *threads;
  int epoll_fd;
  int wake_fd; /* an eventfd in the epoll set, edge-triggered: each write reaches one worker */
  gint stopped; /* atomic */
  GMutex lock;
  GQueue woken;     /* of IoItem, each with a reference; locked */
  GPtrArray *items; /* by descriptor, the registered ones; locked */
  guint registrations; /* locked */
};

#define EVENT_KEY(fd, registration) ((guint64) (registration) << 32 | (guint32) (fd))
#define WAKE_KEY G_MAXUINT64

static void
ring (IoPool *self)
{
  guint64 one = 1;

  while (write (self->wake_fd, &one, sizeof one) < 0 && errno == EINTR)
    ;
}

static IoItem *
take_woken (IoPool *self)
{
  IoItem *item;

  g_mutex_lock (&self->lock);
  item = g_queue_pop_head (&self->woken);
  g_mutex_unlock (&self->lock);
  return item;
}

/* No more than an epoll_wait() brings, though items may be woken all the time: the burst must end, and send what it has for others. */
static void
serve_woken (IoPool *self)
{
  for (guint i = 0; i < EVENTS_PER_WAIT; i++)
    {
      IoItem *item = take_woken (self);

      if (item == NULL)
        return;
      g_atomic_int_set (&item->woken, FALSE);
      self->funcs->serve (item);
      self->funcs->unref (item);
    }
  ring (self); /* there may be more */
}

/* An item may be removed by one worker while another holds an event of its: the event names it, the table says whether it still lives. */
static void
serve_ready (IoPool *self, guint64 key)
{
  guint fd = key & G_MAXUINT32;
  IoItem *item;

  g_mutex_lock (&self->lock);
  item = fd < self->items->len ? g_ptr_array_index (self->items, fd) : NULL;
  if (item != NULL && item->registration == key >> 32)
    self->funcs->ref (item);
  else
    item = NULL;
  g_mutex_unlock (&self->lock);
  if (item == NULL)
    return;

  self->funcs->serve (item);
  self->funcs->unref (item);
}

/* The one task of each thread: it serves until the pool is stopped. */
static void
work_cb (gpointer data, gpointer user_data)
{
  IoPool *self = user_data;
  struct epoll_event events[EVENTS_PER_WAIT];

  while (!g_atomic_int_get (&self->stopped))
    {
      int n = epoll_wait (self->epoll_fd, events, EVENTS_PER_WAIT, -1);

      for (int i = 0; i < n; i++)
        {
          if (events[i].data.u64 == WAKE_KEY)
            serve_woken (self);
          else
            serve_ready (self, events[i].data.u64);
        }
      self->funcs->burst_end ();
    }
  ring (self); /* the next one wakes up to the same news */
}

IoPool *
io_pool_new (guint workers, const IoPoolFuncs *funcs, GError **error)
{
  IoPool *self;
  struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u64 = WAKE_KEY };
  int epoll_fd = epoll_create1 (EPOLL_CLOEXEC), wake_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);

  if (epoll_fd < 0 || wake_fd < 0 || epoll_ctl (epoll_fd, EPOLL_CTL_ADD, wake_fd, &event) < 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "cannot wait for connections: %s", g_strerror (errno));
      if (epoll_fd >= 0)
        close (epoll_fd);
      if (wake_fd >= 0)
        close (wake_fd);
      return NULL;
    }

  self = g_new0 (IoPool, 1);
  self->funcs = funcs;
  self->epoll_fd = epoll_fd;
  self->wake_fd = wake_fd;
  g_mutex_init (&self->lock);
  g_queue_init (&self->woken);
  self->items = g_ptr_array_new ();
  self->threads = g_thread_pool_new (work_cb, self, workers, TRUE, error);
  for (guint i = 0; self->threads != NULL && i < workers; i++)
    if (!g_thread_pool_push (self->threads, GUINT_TO_POINTER (i + 1), error))
      {
        io_pool_free (self);
        return NULL;
      }
  if (self->threads == NULL)
    g_clear_pointer (&self, io_pool_free);
  return self;
}

void
io_pool_stop (IoPool *self)
{
  g_atomic_int_set (&self->stopped, TRUE);
  ring (self);
  if (self->threads != NULL)
    g_thread_pool_free (g_steal_pointer (&self->threads), FALSE, TRUE);
}

void
io_pool_free (IoPool *self)
{
  IoItem *item;

  io_pool_stop (self);
  while ((item = g_queue_pop_head (&self->woken)) != NULL)
    self->funcs->unref (item);
  g_ptr_array_unref (self->items);
  close (self->wake_fd);
  close (self->epoll_fd);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static void
set_item (IoPool *self, guint fd, IoItem *item)
{
  g_mutex_lock (&self->lock);
  if (fd >= self->items->len)
    g_ptr_array_set_size (self->items, fd + 1);
  g_ptr_array_index (self->items, fd) = item;
  if (item != NULL)
    item->registration = ++self->registrations;
  g_mutex_unlock (&self->lock);
}

gboolean
io_pool_add (IoPool *self, IoItem *item, GError **error)
{
  struct epoll_event event = { .events = EPOLLONESHOT };

  set_item (self, item->fd, item);
  event.data.u64 = EVENT_KEY (item->fd, item->registration);
  if (epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, item->fd, &event) == 0)
    return TRUE;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "cannot wait for a connection: %s", g_strerror (errno));
  set_item (self, item->fd, NULL);
  return FALSE;
}

void
io_pool_remove (IoPool *self, IoItem *item)
{
  epoll_ctl (self->epoll_fd, EPOLL_CTL_DEL, item->fd, NULL);
  set_item (self, item->fd, NULL);
}

void
io_pool_arm (IoPool *self, IoItem *item, guint32 events)
{
  struct epoll_event event = { .events = events | EPOLLONESHOT, .data.u64 = EVENT_KEY (item->fd, item->registration) };

  epoll_ctl (self->epoll_fd, EPOLL_CTL_MOD, item->fd, &event);
}

void
io_pool_wake (IoPool *self, IoItem *item)
{
  gboolean first;

  if (!g_atomic_int_compare_and_exchange (&item->woken, FALSE, TRUE))
    return;

  self->funcs->ref (item);
  g_mutex_lock (&self->lock);
  first = g_queue_is_empty (&self->woken);
  g_queue_push_tail (&self->woken, item);
  g_mutex_unlock (&self->lock);
  if (first)
    ring (self);
}
