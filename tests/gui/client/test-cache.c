/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cache by itself: what is kept comes back, whatever happens between. */
#include "client/cache-private.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "script-server.h"

#define SERVER "chat.lab:5000"
#define RETRY_MS 20

typedef struct
{
  char *path; /* of the folder */
  GFile *folder;
  char *file;
  WcCache *cache;
  GError *error; /* as it was last told */
  guint n_told;
} Fixture;

static void
error_cb (const GError *error, gpointer user_data)
{
  Fixture *f = user_data;

  g_clear_error (&f->error);
  f->error = error != NULL ? g_error_copy (error) : NULL;
  f->n_told++;
}

static void
start (Fixture *f)
{
  f->cache = wc_cache_open_full (f->folder, SERVER, "alice", RETRY_MS, error_cb, f);
}

static void
stop (Fixture *f)
{
  g_clear_pointer (&f->cache, wc_cache_close);
}

static void
restart (Fixture *f)
{
  stop (f);
  start (f);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->path = g_dir_make_tmp ("webchat-cache-XXXXXX", NULL);
  f->folder = g_file_new_build_filename (f->path, "cache", NULL);
  f->file = g_build_filename (f->path, "cache", "chat.lab%3A5000", "alice.db", NULL);
  start (f);
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR))
        remove_tree (child);
      else
        g_unlink (child);
    }
  g_rmdir (path);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  stop (f);
  g_clear_error (&f->error);
  remove_tree (f->path);
  g_object_unref (f->folder);
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

/* Messages first to last, with their seq as text. */
static void
put (Fixture *f, const char *peer, guint64 first, guint64 last)
{
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint64 seq = first; seq <= last; seq++)
    {
      g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, seq);

      g_ptr_array_add (entries, entry_new (seq, text));
    }
  wc_cache_put (f->cache, peer, entries, first, last);
}

static void
put_text (Fixture *f, const char *peer, guint64 seq, const char *text)
{
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func (g_object_unref);

  g_ptr_array_add (entries, entry_new (seq, text));
  wc_cache_put (f->cache, peer, entries, seq, seq);
}

/* --- What comes out --- */

typedef struct
{
  gboolean done;
  GString *text;
} Answer;

/* "5 6 7 whole more last=9" */
static void
page_cb (const WcCachePage *page, gpointer user_data)
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

#define expect_page(f, peer, kind, seq, limit, expected)                                 \
  G_STMT_START                                                                           \
  {                                                                                      \
    Answer answer = { FALSE, g_string_new (NULL) };                                      \
    wc_cache_read (f->cache, peer, kind, seq, limit, page_cb, &answer);                  \
    wait_for (answer.done);                                                              \
    g_assert_cmpstr (answer.text->str, ==, expected);                                    \
    g_string_free (answer.text, TRUE);                                                   \
  }                                                                                      \
  G_STMT_END

/* "bob last=5 held=4 read=3 delivered=2 peer_read=1 seen=0 unread=4,5 draft=x newest=5" and "> nonce peer text [error]" */
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

static char *
load (Fixture *f)
{
  Answer answer = { FALSE, g_string_new (NULL) };

  wc_cache_load (f->cache, load_cb, &answer);
  wait_for (answer.done);

  return g_string_free (answer.text, FALSE);
}

#define expect_load(f, expected)                 \
  G_STMT_START                                   \
  {                                              \
    g_autofree char *loaded = load (f);          \
    g_assert_cmpstr (loaded, ==, expected);      \
  }                                              \
  G_STMT_END

static void
search_cb (GPtrArray *hits, gboolean more, gpointer user_data)
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

static char *
search (Fixture *f, const char *peer, const char *words, gint64 before, guint limit)
{
  Answer answer = { FALSE, g_string_new (NULL) };

  wc_cache_search (f->cache, peer, words, before, limit, search_cb, &answer);
  wait_for (answer.done);

  return g_string_free (answer.text, FALSE);
}

#define expect_search(f, peer, words, before, limit, expected)                 \
  G_STMT_START                                                                 \
  {                                                                            \
    g_autofree char *found = search (f, peer, words, before, limit);           \
    g_assert_cmpstr (found, ==, expected);                                     \
  }                                                                            \
  G_STMT_END

static void
done_cb (gboolean good, gpointer user_data)
{
  *(int *) user_data = good ? 1 : -1;
}

static int
put_outgoing (Fixture *f, const char *peer, const char *nonce, const char *text)
{
  int done = 0;

  wc_cache_put_outgoing (f->cache, peer, nonce, text, 5, done_cb, &done);
  wait_for (done != 0);

  return done;
}

/* --- The tests --- */

static void
test_pages (Fixture *f, gconstpointer data)
{
  expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 3, "more last=0");
  expect_page (f, "bob", WC_HISTORY_BEFORE, 5, 3, "more last=0");

  put (f, "bob", 10, 20);
  expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 3, "18 19 20 whole more last=20");
  expect_page (f, "bob", WC_HISTORY_BEFORE, 18, 3, "15 16 17 whole more last=20");
  expect_page (f, "bob", WC_HISTORY_BEFORE, 12, 3, "10 11 more last=20");
  expect_page (f, "bob", WC_HISTORY_BEFORE, 10, 3, "more last=20");
  expect_page (f, "bob", WC_HISTORY_BEFORE, 100, 3, "more last=20");
  expect_page (f, "bob", WC_HISTORY_AFTER, 9, 3, "10 11 12 whole more last=20");
  expect_page (f, "bob", WC_HISTORY_AFTER, 18, 3, "19 20 whole last=20");
  expect_page (f, "bob", WC_HISTORY_AFTER, 20, 3, "whole last=20");
  expect_page (f, "bob", WC_HISTORY_AFTER, 8, 3, "more last=20");
  expect_page (f, "bob", WC_HISTORY_AFTER, 0, 3, "more last=20");

  /* Newer ones are known of, but not here. */
  wc_cache_set_marks (f->cache, "bob", 22, 0, 0, 0);
  expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 3, "18 19 20 more last=22");
  expect_page (f, "bob", WC_HISTORY_AFTER, 18, 3, "19 20 more last=22");
  expect_page (f, "bob", WC_HISTORY_AFTER, 18, 2, "19 20 whole more last=22");

  /* The beginning. */
  put (f, "bob", 1, 9);
  expect_page (f, "bob", WC_HISTORY_BEFORE, 11, 8, "3 4 5 6 7 8 9 10 whole more last=22");
  expect_page (f, "bob", WC_HISTORY_BEFORE, 3, 8, "1 2 whole last=22");
  expect_page (f, "bob", WC_HISTORY_BEFORE, 1, 8, "whole last=22");
  expect_page (f, "bob", WC_HISTORY_AFTER, 0, 2, "1 2 whole more last=22");
  expect_page (f, "carol", WC_HISTORY_NEWEST, 0, 3, "more last=0");
}

/* What the server says is not there is not there. */
static void
test_removed (Fixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) none = g_ptr_array_new ();

  put (f, "bob", 10, 12);
  wc_cache_put (f->cache, "bob", none, 1, 9);
  expect_page (f, "bob", WC_HISTORY_BEFORE, 11, 3, "10 whole last=12");

  /* A run with nothing in it, above one with something. */
  put (f, "carol", 1, 3);
  wc_cache_put (f->cache, "carol", none, 8, 9);
  expect_page (f, "carol", WC_HISTORY_NEWEST, 0, 2, "2 3 more last=3");
  wc_cache_put (f->cache, "carol", none, 4, 7);
  expect_page (f, "carol", WC_HISTORY_NEWEST, 0, 2, "2 3 whole more last=3");
}

static void
test_ranges (Fixture *f, gconstpointer data)
{
  const struct
  {
    guint64 first, last;
    const char *newest;
  } steps[] = {
    { 50, 59, "50 51 52 53 54 55 56 57 58 59 more last=59" },
    { 60, 60, "50 51 52 53 54 55 56 57 58 59 60 more last=60" }, /* right after it */
    { 49, 49, "49 50 51 52 53 54 55 56 57 58 59 60 more last=60" },
    { 52, 55, "49 50 51 52 53 54 55 56 57 58 59 60 more last=60" }, /* within it */
    { 64, 65, "64 65 more last=65" },
    { 62, 62, "64 65 more last=65" },
    { 61, 63, "49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64 65 more last=65" }, /* all become one */
    { 65, 66, "49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64 65 66 more last=66" },
    { 47, 68, "47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64 65 66 67 68 more last=68" }, /* around all */
  };

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      put (f, "bob", steps[i].first, steps[i].last);
      expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 100, steps[i].newest);
    }
}

/* At random, against the simplest way of doing it. */
static void
test_ranges_random (Fixture *f, gconstpointer data)
{
  enum { N = 60 };
  gboolean has[N + 2] = { FALSE };

  for (guint round = 0; round < 200; round++)
    {
      guint first = g_test_rand_int_range (1, N + 1), n = g_test_rand_int_range (0, 6), last = MIN (N, first + n), seq = g_test_rand_int_range (1, N + 1);
      guint top = 0, low, last_known = 0;
      g_autoptr (GString) expected = g_string_new (NULL);

      if (round % 100 == 0)
        {
          memset (has, 0, sizeof has);
          wc_cache_forget (f->cache, "bob");
        }
      put (f, "bob", first, last);
      for (guint i = first; i <= last; i++)
        has[i] = TRUE;
      for (guint i = 1; i <= N; i++)
        last_known = has[i] ? i : last_known;

      top = seq - 1;
      for (low = top + 1; low > 1 && has[low - 1] && top - low + 1 < 4; low--)
        ;
      for (guint i = low; i <= top; i++)
        g_string_append_printf (expected, "%u ", i);
      g_string_append_printf (expected, "%s%slast=%u", top - low + 1 == 4 || low == 1 ? "whole " : "", low > 1 ? "more " : "", last_known);
      expect_page (f, "bob", WC_HISTORY_BEFORE, seq, 4, expected->str);
    }
}

static void
test_state (Fixture *f, gconstpointer data)
{
  g_autoptr (WcEntry) sent = wc_entry_new_message ("alice", TRUE, "second", 6, 2000000, WC_DELIVERY_STORED);

  expect_load (f, "fresh\n");
  put (f, "bob", 1, 5);
  wc_cache_set_held (f->cache, "bob", 5);
  wc_cache_set_marks (f->cache, "bob", 5, 2, 1, 0);
  wc_cache_set_marks (f->cache, "bob", 0, 1, 2, 0);
  wc_cache_set_last_seen (f->cache, "bob", 77);
  wc_cache_set_draft (f->cache, "bob", "half a th");
  wc_cache_set_marks (f->cache, "carol", 0, 0, 0, 0);
  expect_load (f, "bob last=5 held=5 read=2 delivered=2 peer_read=0 seen=77 unread=3,5 draft=half a th newest=5\n"
                  "carol last=0 held=0 read=0 delivered=0 peer_read=0 seen=0 unread= draft= newest=\n");

  g_assert_cmpint (put_outgoing (f, "bob", "n1", "first"), ==, 1);
  g_assert_cmpint (put_outgoing (f, "bob", "n2", "second"), ==, 1);
  wc_cache_set_draft (f->cache, "bob", "more");
  wc_cache_fail_outgoing (f->cache, "n1", "too long");
  restart (f);
  expect_load (f, "bob last=5 held=5 read=2 delivered=2 peer_read=0 seen=77 unread=3,5 draft=more newest=5\n"
                  "carol last=0 held=0 read=0 delivered=0 peer_read=0 seen=0 unread= draft= newest=\n"
                  "> n1 bob first !too long\n> n2 bob second\n");

  /* Again: at the end, without the error, and the draft stays. */
  g_assert_cmpint (put_outgoing (f, "bob", "n1", "first"), ==, 1);
  wc_cache_sent (f->cache, "bob", "n2", sent);
  restart (f);
  expect_load (f, "bob last=6 held=5 read=2 delivered=2 peer_read=0 seen=77 unread=3,5 draft=more newest=second\n"
                  "carol last=0 held=0 read=0 delivered=0 peer_read=0 seen=0 unread= draft= newest=\n"
                  "> n1 bob first\n");

  wc_cache_forget (f->cache, "bob");
  wc_cache_remove_outgoing (f->cache, "n1");
  expect_load (f, "carol last=0 held=0 read=0 delivered=0 peer_read=0 seen=0 unread= draft= newest=\n"
                  "bob last=0 held=0 read=0 delivered=0 peer_read=0 seen=77 unread= draft=more newest=\n");
  expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 3, "more last=0");
  expect_search (f, NULL, "second", 0, 10, "end");
  put (f, "bob", 1, 1);
  restart (f);
  expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 3, "1 whole last=1");
}

static void
test_search (Fixture *f, gconstpointer data)
{
  put_text (f, "bob", 1, "The Café is open");
  put_text (f, "bob", 2, "see you in the CAFE");
  put_text (f, "carol", 3, "cafeteria, Привет мир");
  put_text (f, "carol", 4, "我在东京吃饭");
  put_text (f, "bob", 5, "مرحبا 🎉 ok");
  expect_search (f, NULL, "cafe", 0, 10, "carol3 bob2 bob1 end");
  expect_search (f, "bob", "cafe", 0, 10, "bob2 bob1 end");
  expect_search (f, "dora", "cafe", 0, 10, "end");
  expect_search (f, NULL, "cafe", 0, 2, "carol3 bob2 more");
  expect_search (f, NULL, "cafe", 1000020, 2, "bob1 end");
  expect_search (f, NULL, "ПРИВ", 0, 2, "carol3 end");
  expect_search (f, NULL, "东京", 0, 2, "carol4 end");
  expect_search (f, NULL, "京东", 0, 2, "end");
  expect_search (f, NULL, "🎉 مرحبا", 0, 2, "bob5 end");
  expect_search (f, NULL, "in* AND (\"", 0, 2, "end");
  expect_search (f, NULL, "the open", 0, 2, "bob1 end");
  expect_search (f, NULL, "  ", 0, 2, "end");
  expect_search (f, NULL, "c2", 0, 2, "end"); /* how conversations are marked */

  restart (f);
  expect_search (f, NULL, "cafe", 0, 10, "carol3 bob2 bob1 end");
  wc_cache_forget (f->cache, "bob");
  expect_search (f, NULL, "cafe", 0, 10, "carol3 end");
  put_text (f, "bob", 1, "tea");
  expect_search (f, NULL, "cafe", 0, 10, "carol3 end");
  expect_search (f, "bob", "tea", 0, 10, "bob1 end");
}

static void
test_order (Fixture *f, gconstpointer data)
{
  Answer page = { FALSE, g_string_new (NULL) }, none = { FALSE, g_string_new (NULL) };
  int done = 0;
  guint question;

  put (f, "bob", 1, 3);
  question = wc_cache_read (f->cache, "bob", WC_HISTORY_NEWEST, 0, 3, page_cb, &none);
  wc_cache_read (f->cache, "bob", WC_HISTORY_NEWEST, 0, 3, page_cb, &page);
  wc_cache_put_outgoing (f->cache, "bob", "n", "x", 1, done_cb, &done);
  wc_cache_cancel (f->cache, question);
  wc_cache_cancel (f->cache, question);
  wc_cache_cancel (f->cache, 0);
  wait_for (done != 0);
  g_assert_true (page.done);
  g_assert_false (none.done);
  g_string_free (page.text, TRUE);
  g_string_free (none.text, TRUE);

  /* Closing leaves questions without an answer. */
  wc_cache_read (f->cache, "bob", WC_HISTORY_NEWEST, 0, 3, page_cb, NULL);
  wc_cache_search (f->cache, "bob", "1", 0, 3, search_cb, NULL);
  wc_cache_put_outgoing (f->cache, "bob", "m", "y", 1, done_cb, NULL);
  restart (f);
  expect_load (f, "bob last=3 held=0 read=0 delivered=0 peer_read=0 seen=0 unread= draft= newest=3\n> n bob x\n> m bob y\n");
}

static void
test_nothing (Fixture *f, gconstpointer data)
{
  stop (f);
  f->cache = wc_cache_open (NULL, SERVER, "alice", error_cb, f);
  put (f, "bob", 1, 3);
  g_assert_cmpint (put_outgoing (f, "bob", "n", "x"), ==, -1);
  expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 3, "more last=0");
  expect_search (f, NULL, "1", 0, 2, "end");
  expect_load (f, "fresh\n");
  g_assert_cmpuint (f->n_told, ==, 0);
}

static void
test_permissions (Fixture *f, gconstpointer data)
{
  g_autofree char *folder = g_path_get_dirname (f->file);
  GStatBuf info;

  expect_load (f, "fresh\n");
  g_assert_cmpint (g_stat (folder, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0700);
  g_assert_cmpint (g_stat (f->file, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
}

#define add(name, func) g_test_add ("/cache/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add ("pages", test_pages);
  add ("removed", test_removed);
  add ("ranges", test_ranges);
  add ("ranges-random", test_ranges_random);
  add ("state", test_state);
  add ("search", test_search);
  add ("order", test_order);
  add ("nothing", test_nothing);
  add ("permissions", test_permissions);

  return g_test_run ();
}
