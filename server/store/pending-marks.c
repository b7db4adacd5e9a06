/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/pending-marks.h"

#include <string.h>

#define MANY        4096
#define PENDING_MAX 65536 /* when the disk refuses them: what comes then is not remembered */

/* Of a pair of Client-IDs, or of one (then peer is empty). One block of memory. */
typedef struct
{
  const char *id;
  const char *peer;
  gint64 value;
} Mark;

/* Two sets of owned Marks. */
typedef struct
{
  GHashTable *delivered;
  GHashTable *seen;
} Marks;

struct _StorePendingMarks
{
  GMutex lock; /* guards the following; the writer changes taken and reads it without */
  Marks pending;
  Marks taken;
};

static guint
mark_hash (gconstpointer key)
{
  const Mark *mark = key;

  return g_str_hash (mark->id) * 31 + g_str_hash (mark->peer);
}

static gboolean
mark_equal (gconstpointer a, gconstpointer b)
{
  const Mark *one = a, *other = b;

  return strcmp (one->id, other->id) == 0 && strcmp (one->peer, other->peer) == 0;
}

static Marks
marks_new (void)
{
  return (Marks){
    .delivered = g_hash_table_new_full (mark_hash, mark_equal, g_free, NULL),
    .seen = g_hash_table_new_full (mark_hash, mark_equal, g_free, NULL),
  };
}

static void
marks_free (Marks *self)
{
  g_hash_table_unref (self->delivered);
  g_hash_table_unref (self->seen);
}

static guint
marks_count (const Marks *self)
{
  return g_hash_table_size (self->delivered) + g_hash_table_size (self->seen);
}

static void
add_mark (GHashTable *marks, const Mark *mark)
{
  gsize id_size = strlen (mark->id) + 1, peer_size = strlen (mark->peer) + 1;
  Mark *copy = g_malloc (sizeof *copy + id_size + peer_size);

  *copy = *mark;
  copy->id = memcpy (copy + 1, mark->id, id_size);
  copy->peer = memcpy ((char *)(copy + 1) + id_size, mark->peer, peer_size);
  g_hash_table_add (marks, copy);
}

StorePendingMarks *
store_pending_marks_new (void)
{
  StorePendingMarks *self = g_new0 (StorePendingMarks, 1);

  g_mutex_init (&self->lock);
  self->pending = marks_new ();
  self->taken = marks_new ();
  return self;
}

void
store_pending_marks_free (StorePendingMarks *self)
{
  marks_free (&self->pending);
  marks_free (&self->taken);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* With the lock held. */
static StorePendingState
raise_mark (StorePendingMarks *self, GHashTable *marks, const Mark *mark)
{
  Mark *known = g_hash_table_lookup (marks, mark);
  guint n = marks_count (&self->pending);

  if (known != NULL)
    known->value = MAX (known->value, mark->value);
  if (known != NULL || n >= PENDING_MAX)
    return STORE_PENDING_KNOWN;
  add_mark (marks, mark);
  if (n == 0)
    return STORE_PENDING_FIRST;
  return n + 1 == MANY ? STORE_PENDING_MANY : STORE_PENDING_KNOWN;
}

StorePendingState
store_pending_marks_set_delivered (StorePendingMarks *self,
                                   const char *receiver,
                                   const char *peer,
                                   guint64 seq)
{
  Mark mark = { .id = receiver, .peer = peer, .value = (gint64)MIN (seq, G_MAXINT64) };
  StorePendingState state;

  g_mutex_lock (&self->lock);
  state = raise_mark (self, self->pending.delivered, &mark);
  g_mutex_unlock (&self->lock);
  return state;
}

StorePendingState
store_pending_marks_set_seen (StorePendingMarks *self, const char *id, gint64 time)
{
  Mark mark = { .id = id, .peer = "", .value = time };
  StorePendingState state;

  g_mutex_lock (&self->lock);
  state = raise_mark (self, self->pending.seen, &mark);
  g_mutex_unlock (&self->lock);
  return state;
}

static gint64
get_value (GHashTable *marks, const Mark *key)
{
  const Mark *mark = g_hash_table_lookup (marks, key);

  return mark != NULL ? mark->value : 0;
}

guint64
store_pending_marks_get_delivered (StorePendingMarks *self, const char *receiver, const char *peer)
{
  Mark key = { .id = receiver, .peer = peer };
  gint64 pending, taken;

  g_mutex_lock (&self->lock);
  pending = get_value (self->pending.delivered, &key);
  taken = get_value (self->taken.delivered, &key);
  g_mutex_unlock (&self->lock);
  return (guint64)MAX (pending, taken);
}

static void
collect (GHashTable *marks, const char *peer, GHashTable *out)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, marks);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      const Mark *mark = key;
      const gint64 *known;

      if (strcmp (mark->peer, peer) != 0)
        continue;
      known = g_hash_table_lookup (out, mark->id);
      if (known == NULL || *known < mark->value)
        g_hash_table_replace (out, g_strdup (mark->id), g_memdup2 (&mark->value, sizeof (gint64)));
    }
}

GHashTable *
store_pending_marks_collect_delivered (StorePendingMarks *self, const char *peer)
{
  GHashTable *out = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  g_mutex_lock (&self->lock);
  collect (self->pending.delivered, peer, out);
  collect (self->taken.delivered, peer, out);
  g_mutex_unlock (&self->lock);
  return out;
}

void
store_pending_marks_take (StorePendingMarks *self)
{
  Marks empty;

  g_mutex_lock (&self->lock);
  empty = self->taken;
  self->taken = self->pending;
  self->pending = empty;
  g_mutex_unlock (&self->lock);
}

gboolean
store_pending_marks_foreach_taken (StorePendingMarks *self,
                                   StorePendingDeliveredFunc delivered,
                                   StorePendingSeenFunc seen,
                                   gpointer user_data,
                                   GError **error)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->taken.delivered);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      const Mark *mark = key;

      if (!delivered (mark->id, mark->peer, (guint64)mark->value, user_data, error))
        return FALSE;
    }
  g_hash_table_iter_init (&iter, self->taken.seen);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      const Mark *mark = key;

      if (!seen (mark->id, mark->value, user_data, error))
        return FALSE;
    }
  return TRUE;
}

static void
put_back (GHashTable *taken, GHashTable *pending)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, taken);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      const Mark *mark = key;
      Mark *newer = g_hash_table_lookup (pending, mark);

      if (newer != NULL)
        newer->value = MAX (newer->value, mark->value);
      else
        add_mark (pending, mark);
    }
}

void
store_pending_marks_finish (StorePendingMarks *self, gboolean written)
{
  g_mutex_lock (&self->lock);
  if (!written)
    {
      put_back (self->taken.delivered, self->pending.delivered);
      put_back (self->taken.seen, self->pending.seen);
    }
  g_hash_table_remove_all (self->taken.delivered);
  g_hash_table_remove_all (self->taken.seen);
  g_mutex_unlock (&self->lock);
}
