/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cache-fixture.h"

#include <glib/gstdio.h>

#define SERVER "chat.lab:5000"
#define RETRY_MS 20
#define PATIENCE_MS 60000

static void
error_cb (const GError *error, gpointer user_data)
{
  CacheFixture *f = user_data;

  g_clear_error (&f->error);
  f->error = error != NULL ? g_error_copy (error) : NULL;
  f->n_told++;
}

void
cache_start (CacheFixture *f)
{
  f->cache = wc_cache_open_full (f->folder, SERVER, "alice", RETRY_MS, f->hasty ? 0 : PATIENCE_MS, error_cb, f);
}

void
cache_stop (CacheFixture *f)
{
  g_clear_pointer (&f->cache, wc_cache_close);
}

void
cache_restart (CacheFixture *f)
{
  cache_stop (f);
  cache_start (f);
}

void
cache_set_up (CacheFixture *f, gconstpointer data)
{
  f->path = g_dir_make_tmp ("webchat-cache-XXXXXX", NULL);
  f->folder = g_file_new_build_filename (f->path, "cache", NULL);
  f->file = g_build_filename (f->path, "cache", "chat.lab%3A5000", "alice.db", NULL);
  cache_start (f);
}

void
cache_remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR))
        cache_remove_tree (child);
      else
        g_unlink (child);
    }
  g_rmdir (path);
}

void
cache_tear_down (CacheFixture *f, gconstpointer data)
{
  cache_stop (f);
  g_clear_error (&f->error);
  cache_remove_tree (f->path);
  g_clear_object (&f->folder);
  g_free (f->file);
  g_free (f->path);
}

/* --- What is put in --- */

static WcEntry *
entry_new (guint64 seq, const char *text)
{
  gboolean own = seq % 2 == 0;

  return wc_entry_new_message (own ? "alice" : "bob", own, text, seq, 1000000 + seq * 10, own ? WC_DELIVERY_DELIVERED : WC_DELIVERY_NONE);
}

void
cache_put_range (CacheFixture *f, const char *peer, guint64 first, guint64 last)
{
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint64 seq = first; seq <= last; seq++)
    {
      g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, seq);

      g_ptr_array_add (entries, entry_new (seq, text));
    }
  wc_cache_put (f->cache, peer, entries, first, last);
}

void
cache_put_text (CacheFixture *f, const char *peer, guint64 seq, const char *text)
{
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func (g_object_unref);

  g_ptr_array_add (entries, entry_new (seq, text));
  wc_cache_put (f->cache, peer, entries, seq, seq);
}

/* --- What comes out --- */

void
cache_page_cb (const WcCachePage *page, gpointer user_data)
{
  Answer *answer = user_data;

  for (guint i = 0; i < page->entries->len; i++)
    {
      WcEntry *entry = page->entries->pdata[i];

      g_assert_cmpint (wc_entry_get_delivery (entry), ==, wc_entry_get_own (entry) ? WC_DELIVERY_STORED : WC_DELIVERY_NONE);
      g_assert_cmpstr (wc_entry_get_from (entry), ==, wc_entry_get_own (entry) ? "alice" : "bob");
      g_string_append_printf (answer->text, "%s ", wc_entry_get_text (entry));
    }
  g_string_append_printf (answer->text, "%s%slast=%" G_GUINT64_FORMAT, page->whole ? "whole " : "", page->more ? "more " : "", page->known_last);
  answer->done = TRUE;
}

static void
load_cb (const WcCached *cached, gpointer user_data)
{
  Answer *answer = user_data;

  for (guint i = 0; i < cached->conversations->len; i++)
    {
      const WcCachedConversation *c = cached->conversations->pdata[i];

      g_string_append_printf (answer->text,
                              "%s last=%" G_GUINT64_FORMAT " held=%" G_GUINT64_FORMAT " read=%" G_GUINT64_FORMAT " delivered=%" G_GUINT64_FORMAT
                              " peer_read=%" G_GUINT64_FORMAT " seen=%" G_GINT64_FORMAT " unread=",
                              c->peer, c->known_last, c->held, c->read, c->delivered, c->peer_read, c->last_seen);
      for (guint j = 0; j < c->unread_seqs->len; j++)
        g_string_append_printf (answer->text, "%s%" G_GUINT64_FORMAT, j > 0 ? "," : "", g_array_index (c->unread_seqs, guint64, j));
      g_string_append_printf (answer->text, " draft=%s newest=%s\n", c->draft, c->last != NULL ? wc_entry_get_text (c->last) : "");
    }
  for (guint i = 0; i < cached->outbox->len; i++)
    {
      const WcCachedOutgoing *o = cached->outbox->pdata[i];

      g_string_append_printf (answer->text, "> %s %s %s%s%s\n", o->nonce, o->peer, o->text, o->error != NULL ? " !" : "", o->error != NULL ? o->error : "");
    }
  if (cached->fresh)
    g_string_append (answer->text, "fresh\n");
  answer->done = TRUE;
}

char *
cache_load_text (CacheFixture *f)
{
  Answer answer = { FALSE, g_string_new (NULL) };

  wc_cache_load (f->cache, load_cb, &answer);
  wait_for (answer.done);

  return g_string_free (answer.text, FALSE);
}

void
cache_search_cb (GPtrArray *hits, gboolean more, gpointer user_data)
{
  Answer *answer = user_data;

  for (guint i = 0; i < hits->len; i++)
    {
      const WcCacheHit *hit = hits->pdata[i];

      g_string_append_printf (answer->text, "%s%" G_GUINT64_FORMAT " ", hit->peer, wc_entry_get_seq (hit->entry));
    }
  g_string_append (answer->text, more ? "more" : "end");
  answer->done = TRUE;
}

char *
cache_search_text (CacheFixture *f, const char *peer, const char *words, gint64 before, guint limit)
{
  Answer answer = { FALSE, g_string_new (NULL) };

  wc_cache_search (f->cache, peer, words, before, limit, cache_search_cb, &answer);
  wait_for (answer.done);

  return g_string_free (answer.text, FALSE);
}

void
cache_done_cb (gboolean good, gpointer user_data)
{
  *(int *) user_data = good ? 1 : -1;
}

int
cache_put_outgoing_now (CacheFixture *f, const char *peer, const char *nonce, const char *text)
{
  int done = 0;

  wc_cache_put_outgoing (f->cache, peer, nonce, text, 5, cache_done_cb, &done);
  wait_for (done != 0);

  return done;
}
