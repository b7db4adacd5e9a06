/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A store in a folder of its own, and calls on it that wait for their answer. */
#pragma once

#include "store/store.h"

/* How the implementation under test opens a store in a folder. */
typedef Store *(*StoreOpenFunc) (const char *folder,
                                 guint retention_days,
                                 StoreStoredFunc stored,
                                 gpointer user_data,
                                 GError **error);

typedef struct
{
  StoreOpenFunc open;
  char *folder;
  guint retention_days; /* for the next reopening */
  Store *store;

  GMutex lock; /* guards the following */
  GCond changed;
  GPtrArray
      *answered;      /* StoreMessage in the order of the calls back, those of failed batches too */
  GError *last_error; /* of the last batch; NULL when it was stored */
} StoreFixture;

/* For g_test_add(): the test's data is the StoreOpenFunc. */
void store_fixture_set_up (StoreFixture *self, gconstpointer open);
void store_fixture_tear_down (StoreFixture *self, gconstpointer open);

void store_fixture_close (StoreFixture *self);
void store_fixture_reopen (StoreFixture *self);

/* Waits until n messages in all were answered since the store was made. */
void store_fixture_wait (StoreFixture *self, guint n);

/* Appends one and waits for it. The fixture owns the message. */
StoreMessage *store_fixture_put (StoreFixture *self,
                                 const char *from,
                                 const char *to,
                                 const char *nonce,
                                 const char *text,
                                 gint64 time);

/* One page, copied. Free with store_answer_free(). */
typedef struct
{
  StorePage page; /* rows with strings of its own */
  GError *error;
  gboolean done;
} StoreAnswer;

StoreAnswer *
store_fixture_read (StoreFixture *self, const char *a, const char *b, StoreRange range);
void store_answer_free (StoreAnswer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StoreAnswer, store_answer_free)

/* A Client-ID's list, one line a conversation: "PEER last=2 time=5 read=1 delivered=2 peer_read=0".
 * Transfer full. */
char *store_fixture_list (StoreFixture *self, const char *id);

/* The hits of a search, one line each: "PEER SEQ FROM: TEXT"; or "error DOMAIN CODE". Asserts that
 * their times never rise. Transfer full. */
char *store_fixture_search (
    StoreFixture *self, const char *id, const char *conv, const char *words, guint limit);

/* Reads all of a conversation in pages, asserts that its seq runs 1, 2, 3 … and that its time never
 * falls, and returns how many there are. */
typedef void (*StoreRowFunc) (const StoreRow *row, gpointer user_data);
guint64 store_fixture_read_all (
    StoreFixture *self, const char *a, const char *b, StoreRowFunc func, gpointer user_data);
