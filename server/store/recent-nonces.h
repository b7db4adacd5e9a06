/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The nonces of those messages that are in no index on disk yet. Used by the writer's thread alone.
 */
#pragma once

#include <glib.h>

typedef struct _StoreRecentNonces StoreRecentNonces;

typedef struct
{
  gint64 conversation;
  int sender;
  const char *nonce;
  guint64 seq; /* what the message that has it got */
  gint64 time;
} StoreNonce;

StoreRecentNonces *store_recent_nonces_new (void);
void store_recent_nonces_free (StoreRecentNonces *self);

/* The message of this sender in this conversation that has the nonce; NULL for none. Valid until
 * the next change. */
const StoreNonce *store_recent_nonces_get (StoreRecentNonces *self,
                                           gint64 conversation,
                                           int sender,
                                           const char *nonce);

/* Copies it. */
void store_recent_nonces_add (StoreRecentNonces *self, const StoreNonce *nonce);

void store_recent_nonces_clear (StoreRecentNonces *self);
