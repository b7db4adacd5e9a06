/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/deadlines.h"

struct _Deadlines
{
  GMutex lock;
  GPtrArray *heap; /* of Deadline, the earliest first; locked */
  GSource *source;
  DeadlineFunc func;
};

typedef struct
{
  GSource parent;
  Deadlines *deadlines;
} DeadlineSource;

static Deadline *
at (Deadlines *self, guint i)
{
  return g_ptr_array_index (self->heap, i);
}

static void
put (Deadlines *self, guint i, Deadline *deadline)
{
  g_ptr_array_index (self->heap, i) = deadline;
  deadline->place = i + 1;
}

static void
sift_up (Deadlines *self, guint i, Deadline *deadline)
{
  for (; i > 0 && at (self, (i - 1) / 2)->when > deadline->when; i = (i - 1) / 2)
    put (self, i, at (self, (i - 1) / 2));
  put (self, i, deadline);
}

static void
sift_down (Deadlines *self, guint i, Deadline *deadline)
{
  for (guint child; (child = 2 * i + 1) < self->heap->len; i = child)
    {
      if (child + 1 < self->heap->len && at (self, child + 1)->when < at (self, child)->when)
        child++;
      if (at (self, child)->when >= deadline->when)
        break;
      put (self, i, at (self, child));
    }
  put (self, i, deadline);
}

static void
take_out (Deadlines *self, Deadline *deadline)
{
  guint hole = deadline->place - 1;
  Deadline *last = at (self, self->heap->len - 1);

  g_ptr_array_set_size (self->heap, self->heap->len - 1);
  deadline->place = 0;
  if (last == deadline)
    return;

  if (hole > 0 && at (self, (hole - 1) / 2)->when > last->when)
    sift_up (self, hole, last);
  else
    sift_down (self, hole, last);
}

/* Only an earlier top needs the main context's attention; a later one lets it wake once for nothing. */
static void
update_source (Deadlines *self)
{
  gint64 when = self->heap->len > 0 ? at (self, 0)->when : -1;
  gint64 ready = g_source_get_ready_time (self->source);

  if (when >= 0 && (ready < 0 || when < ready))
    g_source_set_ready_time (self->source, when);
}

void
deadlines_set (Deadlines *self, Deadline *deadline, gint64 when)
{
  g_mutex_lock (&self->lock);
  if (deadline->place > 0)
    take_out (self, deadline);
  deadline->when = when;
  if (when > 0)
    {
      g_ptr_array_add (self->heap, deadline);
      sift_up (self, self->heap->len - 1, deadline);
      update_source (self);
    }
  g_mutex_unlock (&self->lock);
}

static gboolean
dispatch_cb (GSource *source, GSourceFunc callback, gpointer user_data)
{
  Deadlines *self = ((DeadlineSource *) source)->deadlines;
  gint64 now = g_source_get_time (source);

  g_mutex_lock (&self->lock);
  while (self->heap->len > 0 && at (self, 0)->when <= now)
    {
      Deadline *due = at (self, 0);

      take_out (self, due);
      self->func (due);
    }
  g_source_set_ready_time (source, -1);
  update_source (self);
  g_mutex_unlock (&self->lock);

  return G_SOURCE_CONTINUE;
}

Deadlines *
deadlines_new (GMainContext *context, DeadlineFunc func)
{
  static GSourceFuncs funcs = { .dispatch = dispatch_cb };
  Deadlines *self = g_new0 (Deadlines, 1);

  g_mutex_init (&self->lock);
  self->heap = g_ptr_array_new ();
  self->func = func;
  self->source = g_source_new (&funcs, sizeof (DeadlineSource));
  ((DeadlineSource *) self->source)->deadlines = self;
  g_source_set_static_name (self->source, "deadlines");
  g_source_attach (self->source, context);
  return self;
}

void
deadlines_free (Deadlines *self)
{
  g_assert (self->heap->len == 0);

  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_ptr_array_unref (self->heap);
  g_mutex_clear (&self->lock);
  g_free (self);
}
