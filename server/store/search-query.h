/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looks for words in the conversations of one Client-ID. */
#pragma once

#include "store/conversation-list.h"
#include "store/search-index.h"

typedef struct
{
  StoreHit *items; /* the newest first; peer is the list's, from is the list's or id */
  guint n_items;
} StoreHits;

/* The newest limit messages of these conversations, which the index is up to, that have all of the
 * words. id and list must outlive what it returns. Free with store_hits_free(). */
StoreHits *store_search_query_run (StoreSearchIndex *index,
                                   const char *id,
                                   const StoreConversationList *list,
                                   const char *words,
                                   guint limit,
                                   GError **error);
void store_hits_free (StoreHits *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StoreHits, store_hits_free)
