/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chat/attempts.h"

#include <string.h>

#define KEY_BYTES 16
#define NETWORK_BYTES 8 /* of an IPv6 address: whoever has one has them all */
#define FAILURES_MAX 64

/* An address, or a digest of an ID: all of one size, whatever somebody calls himself. */
typedef struct
{
  guint8 bytes[KEY_BYTES];
} Key;

/* What is known of an address, or of an ID. */
typedef struct
{
  Key key;
  guint failures;
  gboolean mixed;      /* the failures were with more than one ID (of an address), or from more than one address (of an ID) */
  Key other;           /* if not: with this one */
  gboolean has_prover; /* of an ID: it was proved from the address prover */
  Key prover;
  gint64 last;   /* when the last attempt is or was looked at */
  gint64 halved; /* when failures was last halved, or began */
  GList link;    /* in the table's order of use */
} Entry;

typedef struct
{
  GHashTable *entries; /* a set of Entry, by key */
  GQueue used;         /* of Entry, the longest unused first */
} Table;

struct _Attempts
{
  gint64 (*clock) (void);
  GMutex lock; /* guards both tables */
  Table addresses;
  Table ids;
};

static guint
key_hash (gconstpointer data)
{
  const Key *key = data;
  guint32 words[KEY_BYTES / 4];

  memcpy (words, key->bytes, sizeof words);
  return words[0] * 31 ^ words[1] * 37 ^ words[2] * 41 ^ words[3];
}

static gboolean
key_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (Key)) == 0;
}

static Key
address_key (const struct in6_addr *address)
{
  Key key = { { 0 } };

  memcpy (key.bytes, address, IN6_IS_ADDR_V4MAPPED (address) ? KEY_BYTES : NETWORK_BYTES);
  return key;
}

static Key
id_key (const char *id)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 digest[32];
  gsize len = sizeof digest;
  Key key;

  g_checksum_update (checksum, (const guchar *) id, -1);
  g_checksum_get_digest (checksum, digest, &len);
  memcpy (key.bytes, digest, KEY_BYTES);
  return key;
}

static void
table_init (Table *table)
{
  table->entries = g_hash_table_new (key_hash, key_equal);
  g_queue_init (&table->used);
}

static void
table_remove (Table *table, Entry *entry)
{
  g_hash_table_remove (table->entries, entry);
  g_queue_unlink (&table->used, &entry->link);
  g_free (entry);
}

static void
table_clear (Table *table)
{
  while (table->used.head != NULL)
    table_remove (table, table->used.head->data);
  g_hash_table_unref (table->entries);
}

/* The entry as it is now: old failures count less. NULL when there is none. */
static Entry *
table_find (Table *table, const Key *key, gint64 now)
{
  Entry *entry = g_hash_table_lookup (table->entries, key);
  gint64 halves;

  if (entry == NULL || entry->failures == 0)
    return entry;
  halves = (now - entry->halved) / ATTEMPTS_HALF_LIFE_US;
  if (halves > 0)
    {
      entry->failures = halves < 32 ? entry->failures >> halves : 0;
      entry->halved += halves * ATTEMPTS_HALF_LIFE_US;
    }
  return entry;
}

/* The same, made if there is none; it is the one used last then. */
static Entry *
table_use (Table *table, const Key *key, gint64 now)
{
  Entry *entry = table_find (table, key, now);

  if (entry == NULL)
    {
      if (table->used.length >= ATTEMPTS_ENTRIES_MAX)
        table_remove (table, table->used.head->data);
      entry = g_new0 (Entry, 1);
      entry->key = *key;
      entry->link.data = entry;
      g_hash_table_add (table->entries, entry);
    }
  else
    g_queue_unlink (&table->used, &entry->link);
  g_queue_push_tail_link (&table->used, &entry->link);
  return entry;
}

/* From when on the next attempt may be looked at, when so many failures cost nothing. */
static gint64
entry_next (const Entry *entry, guint free)
{
  guint failures = entry != NULL ? entry->failures : 0;

  if (failures <= free)
    return 0;
  if (failures - free >= 5) /* 2^5 s is more already */
    return entry->last + ATTEMPTS_DELAY_MAX_US;
  return entry->last + MIN ((gint64) G_USEC_PER_SEC << (failures - free), ATTEMPTS_DELAY_MAX_US);
}

static void
entry_fail (Entry *entry, const Key *other, gint64 when, gint64 now)
{
  if (entry->failures == 0)
    {
      entry->other = *other;
      entry->mixed = FALSE;
      entry->halved = now;
    }
  else if (!key_equal (&entry->other, other))
    entry->mixed = TRUE;
  entry->failures = MIN (entry->failures + 1, FAILURES_MAX);
  entry->last = when;
}

/* Takes back the failure that was reserved, and with it those that the same person can have made before. */
static void
entry_succeed (Entry *entry, const Key *other)
{
  if (!entry->mixed && key_equal (&entry->other, other))
    entry->failures = 0;
  else if (entry->failures > 0)
    entry->failures--;
}

Attempts *
attempts_new (gint64 (*clock) (void))
{
  Attempts *self = g_new0 (Attempts, 1);

  self->clock = clock != NULL ? clock : g_get_monotonic_time;
  g_mutex_init (&self->lock);
  table_init (&self->addresses);
  table_init (&self->ids);
  return self;
}

void
attempts_free (Attempts *self)
{
  table_clear (&self->addresses);
  table_clear (&self->ids);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static gboolean
is_prover (const Entry *entry, const Key *address)
{
  return entry != NULL && entry->has_prover && key_equal (&entry->prover, address);
}

gint64
attempts_reserve (Attempts *self, const struct in6_addr *address, const char *id, gint64 latest)
{
  Key from = address_key (address), to = id_key (id);
  gint64 now = self->clock (), when;
  gboolean known;

  g_mutex_lock (&self->lock);
  known = is_prover (table_find (&self->ids, &to, now), &from);
  when = MAX (now, entry_next (table_find (&self->addresses, &from, now), ATTEMPTS_ADDRESS_FREE));
  if (!known)
    when = MAX (when, entry_next (table_find (&self->ids, &to, now), ATTEMPTS_ID_FREE));
  if (when <= latest)
    {
      entry_fail (table_use (&self->addresses, &from, now), &to, when, now);
      if (!known)
        entry_fail (table_use (&self->ids, &to, now), &from, when, now);
    }
  g_mutex_unlock (&self->lock);
  return when;
}

void
attempts_succeed (Attempts *self, const struct in6_addr *address, const char *id)
{
  Key from = address_key (address), to = id_key (id);
  gint64 now = self->clock ();
  Entry *entry;

  g_mutex_lock (&self->lock);
  entry = table_find (&self->addresses, &from, now);
  if (entry != NULL)
    {
      entry_succeed (entry, &to);
      if (entry->failures == 0)
        table_remove (&self->addresses, entry);
    }
  entry = table_use (&self->ids, &to, now);
  if (!is_prover (entry, &from))
    entry_succeed (entry, &from);
  entry->has_prover = TRUE;
  entry->prover = from;
  g_mutex_unlock (&self->lock);
}

guint
attempts_count_entries (Attempts *self)
{
  guint count;

  g_mutex_lock (&self->lock);
  count = self->addresses.used.length + self->ids.used.length;
  g_mutex_unlock (&self->lock);
  return count;
}
