/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/handshakes.h"

struct _Handshakes
{
  IoPool *pool;
  guint limit;
  GMutex lock;
  GQueue waiting; /* of IoItem, by links of theirs; locked */
  guint running;  /* locked */
};

Handshakes *
handshakes_new (IoPool *pool, guint limit)
{
  Handshakes *self = g_new0 (Handshakes, 1);

  self->pool = pool;
  self->limit = limit;
  g_mutex_init (&self->lock);
  g_queue_init (&self->waiting);
  return self;
}

void
handshakes_free (Handshakes *self)
{
  g_assert (self->waiting.length == 0);

  g_mutex_clear (&self->lock);
  g_free (self);
}

static gboolean
is_waiting (Handshakes *self, GList *link)
{
  return link->prev != NULL || self->waiting.head == link;
}

/* Only who is first may enter, so that who is quick to come back does not overtake. Lock held. */
static void
wake_first (Handshakes *self)
{
  if (self->running < self->limit && self->waiting.head != NULL)
    io_pool_wake (self->pool, self->waiting.head->data);
}

gboolean
handshakes_enter (Handshakes *self, GList *link)
{
  gboolean may;

  g_mutex_lock (&self->lock);
  may = self->running < self->limit && (self->waiting.head == NULL || self->waiting.head == link);
  if (may)
    {
      if (self->waiting.head == link)
        g_queue_unlink (&self->waiting, link);
      self->running++;
      wake_first (self);
    }
  else if (!is_waiting (self, link))
    g_queue_push_tail_link (&self->waiting, link);
  g_mutex_unlock (&self->lock);
  return may;
}

void
handshakes_leave (Handshakes *self)
{
  g_mutex_lock (&self->lock);
  self->running--;
  wake_first (self);
  g_mutex_unlock (&self->lock);
}

void
handshakes_give_up (Handshakes *self, GList *link)
{
  g_mutex_lock (&self->lock);
  if (is_waiting (self, link))
    {
      g_queue_unlink (&self->waiting, link);
      wake_first (self);
    }
  g_mutex_unlock (&self->lock);
}
