/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the writer knows of the conversations it wrote to lately: where each one ends. Used by the
 * writer's thread alone. */
#pragma once

#include <glib.h>

typedef struct
{
  const char *lo; /* the two Client-IDs, in the order of their bytes */
  const char *hi;
  gint64 id;        /* in the database */
  guint64 last;     /* the newest seq; 0 for none */
  gint64 last_time; /* the newest message's time, ms */
  guint batch;      /* the last one that added a message to it; 0 for none yet */
} StoreConversation;

typedef struct _StoreConversationCache StoreConversationCache;

/* Holds at most max conversations. */
StoreConversationCache *store_conversation_cache_new (guint max);
void store_conversation_cache_free (StoreConversationCache *self);

/* NULL when it is not known. Valid until the next add or clear. */
StoreConversation *
store_conversation_cache_get (StoreConversationCache *self, const char *lo, const char *hi);

gboolean store_conversation_cache_is_full (StoreConversationCache *self);

/* Copies it; the cache must not be full. What it returns is valid until the next add or clear. */
StoreConversation *store_conversation_cache_add (StoreConversationCache *self,
                                                 const StoreConversation *conversation);

/* Forgets everything. */
void store_conversation_cache_clear (StoreConversationCache *self);
