/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake-io.h"

#include <poll.h>
#include <sys/epoll.h>

/* Nothing that one step of an input begins goes on for so many turns. */
#define ROUNDS_MAX 100000

#define ITEMS_MAX 1000 /* an input has fewer steps */

#define START_US      (1000 * G_TIME_SPAN_SECOND)
#define START_REAL_US (1795000000 * G_TIME_SPAN_SECOND) /* in 2026 */

/* The clock */

static gint64 now = START_US;

gint64
g_get_monotonic_time (void)
{
  return now;
}

gint64
g_get_real_time (void)
{
  return START_REAL_US + now - START_US;
}

void
fake_clock_reset (void)
{
  now = START_US;
}

void
fake_clock_set (gint64 monotonic)
{
  g_assert_cmpint (monotonic, >=, now);
  now = monotonic;
}

/* The pool */

typedef struct
{
  IoItem *item;
  guint32 armed; /* for which events, once */
} Entry;

struct _IoPool
{
  const IoPoolFuncs *funcs;
  GArray *entries; /* of Entry, in the order in which they came */
  GQueue woken;    /* of IoItem, each with a reference */
};

IoPool *
io_pool_new (guint workers, const IoPoolFuncs *funcs, GError **error)
{
  IoPool *self = g_new0 (IoPool, 1);

  self->funcs = funcs;
  self->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  g_queue_init (&self->woken);
  return self;
}

void
io_pool_stop (IoPool *self)
{
}

void
io_pool_free (IoPool *self)
{
  g_assert_cmpuint (self->entries->len, ==, 0);
  g_assert_true (g_queue_is_empty (&self->woken));
  g_array_unref (self->entries);
  g_free (self);
}

static Entry *
find (IoPool *self, IoItem *item)
{
  for (guint i = 0; i < self->entries->len; i++)
    if (g_array_index (self->entries, Entry, i).item == item)
      return &g_array_index (self->entries, Entry, i);
  return NULL;
}

gboolean
io_pool_add (IoPool *self, IoItem *item, GError **error)
{
  Entry entry = { item, 0 };

  g_assert_null (find (self, item));
  g_array_append_val (self->entries, entry);
  return TRUE;
}

void
io_pool_remove (IoPool *self, IoItem *item)
{
  Entry *entry = find (self, item);

  if (entry != NULL)
    g_array_remove_index (self->entries, (guint) (entry - (Entry *) (gpointer) self->entries->data));
}

void
io_pool_arm (IoPool *self, IoItem *item, guint32 events)
{
  Entry *entry = find (self, item);

  g_assert_nonnull (entry);
  entry->armed = events;
}

void
io_pool_wake (IoPool *self, IoItem *item)
{
  if (!g_atomic_int_compare_and_exchange (&item->woken, FALSE, TRUE))
    return;
  self->funcs->ref (item);
  g_queue_push_tail (&self->woken, item);
}

static gboolean
serve_woken (IoPool *self)
{
  IoItem *item = g_queue_pop_head (&self->woken);

  if (item == NULL)
    return FALSE;
  g_atomic_int_set (&item->woken, FALSE);
  self->funcs->serve (item);
  self->funcs->unref (item);
  self->funcs->burst_end ();
  return TRUE;
}

static void
serve_entry (IoPool *self, Entry *entry)
{
  IoItem *item = entry->item;

  entry->armed = 0;
  self->funcs->ref (item);
  self->funcs->serve (item);
  self->funcs->unref (item);
  self->funcs->burst_end ();
}

/* The first that is ready. */
static gboolean
serve_ready (IoPool *self)
{
  struct pollfd fds[ITEMS_MAX];

  g_assert_cmpuint (self->entries->len, <=, ITEMS_MAX);
  for (guint i = 0; i < self->entries->len; i++)
    {
      const Entry *entry = &g_array_index (self->entries, Entry, i);

      fds[i] = (struct pollfd){ .fd = entry->armed != 0 ? entry->item->fd : -1 };
      fds[i].events = (short) ((entry->armed & EPOLLIN ? POLLIN : 0) | (entry->armed & EPOLLOUT ? POLLOUT : 0));
    }
  if (poll (fds, self->entries->len, 0) <= 0)
    return FALSE;
  for (guint i = 0; i < self->entries->len; i++)
    if (fds[i].revents != 0)
      {
        serve_entry (self, &g_array_index (self->entries, Entry, i));
        return TRUE;
      }
  return FALSE;
}

gboolean
fake_io_run (IoPool *self)
{
  guint rounds = 0;

  while (serve_woken (self) || serve_ready (self))
    g_assert_cmpuint (++rounds, <, ROUNDS_MAX);
  return rounds > 0;
}

guint
fake_io_count (IoPool *self)
{
  return self->entries->len;
}

/* Deadlines */

struct _Deadlines
{
  DeadlineFunc func;
  GPtrArray *set; /* of Deadline */
};

Deadlines *
deadlines_new (GMainContext *context, DeadlineFunc func)
{
  Deadlines *self = g_new0 (Deadlines, 1);

  self->func = func;
  self->set = g_ptr_array_new ();
  return self;
}

void
deadlines_free (Deadlines *self)
{
  g_assert_cmpuint (self->set->len, ==, 0);
  g_ptr_array_unref (self->set);
  g_free (self);
}

void
deadlines_set (Deadlines *self, Deadline *deadline, gint64 when)
{
  if (deadline->place > 0)
    g_ptr_array_remove (self->set, deadline);
  deadline->when = when;
  deadline->place = when > 0;
  if (when > 0)
    g_ptr_array_add (self->set, deadline);
}

static Deadline *
find_next (Deadlines *self)
{
  Deadline *next = NULL;

  for (guint i = 0; i < self->set->len; i++)
    {
      Deadline *deadline = g_ptr_array_index (self->set, i);

      if (next == NULL || deadline->when < next->when)
        next = deadline;
    }
  return next;
}

gint64
fake_deadlines_next (Deadlines *self)
{
  Deadline *next = find_next (self);

  return next != NULL ? next->when : 0;
}

void
fake_deadlines_run (Deadlines *self)
{
  Deadline *due;

  while ((due = find_next (self)) != NULL && due->when <= now)
    {
      deadlines_set (self, due, 0);
      self->func (due);
    }
}
