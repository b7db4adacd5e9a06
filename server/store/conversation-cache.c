/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/conversation-cache.h"

#include <string.h>

struct _StoreConversationCache
{
  GHashTable *conversations; /* a set of owned StoreConversation, each one block with its two IDs */
  guint max;
};

static guint
conversation_hash (gconstpointer key)
{
  const StoreConversation *conversation = key;

  return g_str_hash (conversation->lo) * 31 + g_str_hash (conversation->hi);
}

static gboolean
conversation_equal (gconstpointer a, gconstpointer b)
{
  const StoreConversation *one = a, *other = b;

  return strcmp (one->lo, other->lo) == 0 && strcmp (one->hi, other->hi) == 0;
}

StoreConversationCache *
store_conversation_cache_new (guint max)
{
  StoreConversationCache *self = g_new0 (StoreConversationCache, 1);

  self->conversations = g_hash_table_new_full (conversation_hash, conversation_equal, g_free, NULL);
  self->max = max;
  return self;
}

void
store_conversation_cache_free (StoreConversationCache *self)
{
  g_hash_table_unref (self->conversations);
  g_free (self);
}

StoreConversation *
store_conversation_cache_get (StoreConversationCache *self, const char *lo, const char *hi)
{
  StoreConversation key = { .lo = lo, .hi = hi };

  return g_hash_table_lookup (self->conversations, &key);
}

gboolean
store_conversation_cache_is_full (StoreConversationCache *self)
{
  return g_hash_table_size (self->conversations) >= self->max;
}

StoreConversation *
store_conversation_cache_add (StoreConversationCache *self, const StoreConversation *conversation)
{
  gsize lo_size = strlen (conversation->lo) + 1, hi_size = strlen (conversation->hi) + 1;
  StoreConversation *copy = g_malloc (sizeof *copy + lo_size + hi_size);

  *copy = *conversation;
  copy->lo = memcpy (copy + 1, conversation->lo, lo_size);
  copy->hi = memcpy ((char *)(copy + 1) + lo_size, conversation->hi, hi_size);
  g_hash_table_add (self->conversations, copy);
  return copy;
}

void
store_conversation_cache_clear (StoreConversationCache *self)
{
  g_hash_table_remove_all (self->conversations);
}
