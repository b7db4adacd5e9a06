/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "client/client-private.h"

struct _WcHit
{
  GObject parent_instance;

  WcConversation *conversation; /* weak */
  char *peer;
  WcEntry *entry;
};

G_DEFINE_FINAL_TYPE (WcHit, wc_hit, G_TYPE_OBJECT)

static void
wc_hit_finalize (GObject *object)
{
  WcHit *self = WC_HIT (object);

  g_clear_weak_pointer (&self->conversation);
  g_free (self->peer);
  g_object_unref (self->entry);

  G_OBJECT_CLASS (wc_hit_parent_class)->finalize (object);
}

static void
wc_hit_class_init (WcHitClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = wc_hit_finalize;
}

static void
wc_hit_init (WcHit *self)
{
}

WcHit *
wc_hit_new (WcConversation *conversation, WcEntry *entry)
{
  WcHit *self = g_object_new (WC_TYPE_HIT, NULL);

  wc_marks_decorate (conversation, entry);
  g_set_weak_pointer (&self->conversation, conversation);
  self->peer = g_strdup (wc_conversation_get_peer (conversation));
  self->entry = g_object_ref (entry);

  return self;
}

WcConversation *
wc_hit_get_conversation (WcHit *self)
{
  g_return_val_if_fail (WC_IS_HIT (self), NULL);
  return self->conversation;
}

WcEntry *
wc_hit_get_entry (WcHit *self)
{
  g_return_val_if_fail (WC_IS_HIT (self), NULL);
  return self->entry;
}

/* The same message. */
static guint
hash_hit (gconstpointer hit)
{
  const WcHit *self = hit;

  return g_str_hash (self->peer) ^ (guint) wc_entry_get_seq (self->entry);
}

static gboolean
equal_hits (gconstpointer a, gconstpointer b)
{
  const WcHit *hit_a = a, *hit_b = b;

  return wc_entry_get_seq (hit_a->entry) == wc_entry_get_seq (hit_b->entry) && g_str_equal (hit_a->peer, hit_b->peer);
}

/* Newest first; where times are the same, in an order that is always the same. */
static int
compare_hits (const WcHit *a, const WcHit *b)
{
  gint64 time_a = wc_entry_get_time (a->entry), time_b = wc_entry_get_time (b->entry);
  guint64 seq_a = wc_entry_get_seq (a->entry), seq_b = wc_entry_get_seq (b->entry);
  int order = strcmp (a->peer, b->peer);

  if (time_a != time_b)
    return time_a > time_b ? -1 : 1;
  if (order != 0)
    return order;

  return seq_a == seq_b ? 0 : seq_a > seq_b ? -1 : 1;
}

static int
compare_items (gconstpointer a, gconstpointer b)
{
  return compare_hits (*(WcHit *const *) a, *(WcHit *const *) b);
}

static void
take_all (GHashTable *all, GHashTable *known, GPtrArray *hits)
{
  for (guint i = 0; i < hits->len; i++)
    {
      WcHit *hit = hits->pdata[i], *same = g_hash_table_lookup (known, hit);

      if (!g_hash_table_contains (all, hit))
        g_hash_table_add (all, same != NULL ? same : hit);
    }
}

GPtrArray *
wc_hits_merge (GPtrArray *shown, GPtrArray *local, GPtrArray *remote)
{
  g_autoptr (GHashTable) known = g_hash_table_new (hash_hit, equal_hits), all = g_hash_table_new (hash_hit, equal_hits);
  GPtrArray *merged = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer hit;

  for (guint i = 0; i < shown->len; i++)
    g_hash_table_add (known, shown->pdata[i]);
  take_all (all, known, local);
  take_all (all, known, remote);

  g_hash_table_iter_init (&iter, all);
  while (g_hash_table_iter_next (&iter, &hit, NULL))
    g_ptr_array_add (merged, g_object_ref (hit));
  g_ptr_array_sort (merged, compare_items);

  return merged;
}

/* How many of the hits from position on come before a hit, which may be NULL for the end. */
static guint
count_before (GPtrArray *hits, guint position, const WcHit *hit)
{
  guint n = 0;

  while (position + n < hits->len && (hit == NULL || compare_hits (hits->pdata[position + n], hit) < 0))
    n++;

  return n;
}

void
wc_hits_become (GPtrArray *shown, GPtrArray *wanted, GListModel *model)
{
  guint position = 0;

  while (position < shown->len || position < wanted->len)
    {
      guint n_removed, n_added;

      if (position < shown->len && position < wanted->len && shown->pdata[position] == wanted->pdata[position])
        {
          position++;
          continue;
        }

      /* Up to position they are the same. Which of the two goes on with what the other does not have? */
      n_removed = count_before (shown, position, position < wanted->len ? wanted->pdata[position] : NULL);
      n_added = count_before (wanted, position, position + n_removed < shown->len ? shown->pdata[position + n_removed] : NULL);
      if (n_removed == 0 && n_added == 0)
        n_removed = n_added = 1; /* the same place, but not the same object */

      g_ptr_array_remove_range (shown, position, n_removed);
      for (guint i = 0; i < n_added; i++)
        g_ptr_array_insert (shown, position + i, g_object_ref (wanted->pdata[position + i]));
      position += n_added;
      g_list_model_items_changed (model, position - n_added, n_removed, n_added);
    }
}
