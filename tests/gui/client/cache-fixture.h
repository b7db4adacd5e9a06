/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A cache in a folder of its own, and what is asked of it as text, for tables. */
#pragma once

#include "client/cache/cache-private.h"

#include "script-server.h"

typedef struct
{
  char *path; /* of the folder */
  GFile *folder;
  char *file;
  WcCache *cache;
  GError *error; /* as it was last told */
  guint n_told;
  gboolean hasty; /* searches do not wait for the index */
} CacheFixture;

typedef struct
{
  gboolean done;
  GString *text;
} Answer;

void cache_set_up (CacheFixture *f, gconstpointer data);
void cache_tear_down (CacheFixture *f, gconstpointer data);
void cache_start (CacheFixture *f);
void cache_stop (CacheFixture *f);
void cache_restart (CacheFixture *f);
void cache_remove_tree (const char *path);

/* Messages first to last with their seq as text; odd ones are from bob, even ones are own. */
void cache_put_range (CacheFixture *f, const char *peer, guint64 first, guint64 last);
void cache_put_text (CacheFixture *f, const char *peer, guint64 seq, const char *text);
/* An int: 1 when it is on disk, -1 when it cannot be. */
void cache_done_cb (gboolean good, gpointer user_data);

/* The same, waited for. */
int cache_put_outgoing_now (CacheFixture *f, const char *peer, const char *nonce, const char *text);

/* "5 6 7 whole more last=9" */
void cache_page_cb (const WcCachePage *page, gpointer user_data);
#define expect_page(f, peer, kind, seq, limit, expected)                      \
  G_STMT_START                                                                \
  {                                                                           \
    Answer answer = { FALSE, g_string_new (NULL) };                           \
    wc_cache_read (f->cache, peer, kind, seq, limit, cache_page_cb, &answer); \
    wait_for (answer.done);                                                   \
    g_assert_cmpstr (answer.text->str, ==, expected);                         \
    g_string_free (answer.text, TRUE);                                        \
  }                                                                           \
  G_STMT_END

/* "bob last=5 held=4 read=3 delivered=2 peer_read=1 seen=0 unread=4,5 draft=x newest=5" and "> nonce peer text !error", a line each. Transfer full. */
char *cache_load_text (CacheFixture *f);
#define expect_load(f, expected)                   \
  G_STMT_START                                     \
  {                                                \
    g_autofree char *loaded = cache_load_text (f); \
    g_assert_cmpstr (loaded, ==, expected);        \
  }                                                \
  G_STMT_END

/* "bob3 carol1 more", or "end". Transfer full. */
void cache_search_cb (GPtrArray *hits, gboolean more, gpointer user_data);
char *cache_search_text (CacheFixture *f, const char *peer, const char *words, gint64 before, guint limit);
#define expect_search(f, peer, words, before, limit, expected)                  \
  G_STMT_START                                                                  \
  {                                                                             \
    g_autofree char *found = cache_search_text (f, peer, words, before, limit); \
    g_assert_cmpstr (found, ==, expected);                                      \
  }                                                                             \
  G_STMT_END
