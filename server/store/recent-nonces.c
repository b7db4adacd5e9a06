/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/recent-nonces.h"

#include <string.h>

struct _StoreRecentNonces
{
  GHashTable *nonces; /* a set of owned StoreNonce, each one block with its text */
};

static guint
nonce_hash (gconstpointer key)
{
  const StoreNonce *nonce = key;

  return g_str_hash (nonce->nonce) * 31 + (guint)nonce->conversation * 2 + (guint)nonce->sender;
}

static gboolean
nonce_equal (gconstpointer a, gconstpointer b)
{
  const StoreNonce *one = a, *other = b;

  return one->conversation == other->conversation && one->sender == other->sender
         && strcmp (one->nonce, other->nonce) == 0;
}

StoreRecentNonces *
store_recent_nonces_new (void)
{
  StoreRecentNonces *self = g_new0 (StoreRecentNonces, 1);

  self->nonces = g_hash_table_new_full (nonce_hash, nonce_equal, g_free, NULL);
  return self;
}

void
store_recent_nonces_free (StoreRecentNonces *self)
{
  g_hash_table_unref (self->nonces);
  g_free (self);
}

const StoreNonce *
store_recent_nonces_get (StoreRecentNonces *self,
                         gint64 conversation,
                         int sender,
                         const char *nonce)
{
  StoreNonce key = { .conversation = conversation, .sender = sender, .nonce = nonce };

  return g_hash_table_lookup (self->nonces, &key);
}

void
store_recent_nonces_add (StoreRecentNonces *self, const StoreNonce *nonce)
{
  gsize size = strlen (nonce->nonce) + 1;
  StoreNonce *copy = g_malloc (sizeof *copy + size);

  *copy = *nonce;
  copy->nonce = memcpy (copy + 1, nonce->nonce, size);
  g_hash_table_add (self->nonces, copy);
}

void
store_recent_nonces_clear (StoreRecentNonces *self)
{
  g_hash_table_remove_all (self->nonces);
}
