/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All conversations of a Client-ID, as a reader's connection sees them. */
#pragma once

#include <sqlite3.h>

#include "store/store.h"

typedef struct
{
  StoreConversationRow row;
  gint64 id;       /* in the database */
  guint64 removed; /* the newest seq that was removed; 0 for none */
  int side;        /* the Client-ID's: 0 for lo, 1 for hi */
} StoreListed;

typedef struct
{
  StoreListed *items; /* the newest first */
  guint n_items;
  GStringChunk *strings;
} StoreConversationList;

/* Those that have, or had, messages; with conv, that one at most. In a transaction, if it must be
 * of one moment. Free with store_conversation_list_free(). */
StoreConversationList *
store_conversation_list_read (sqlite3 *db, const char *id, const char *conv, GError **error);
void store_conversation_list_free (StoreConversationList *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StoreConversationList, store_conversation_list_free)
