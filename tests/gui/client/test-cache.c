/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cache by itself: what is kept comes back. */
#include <glib/gstdio.h>
#include <string.h>

#include "cache-fixture.h"

static void
test_pages (CacheFixture *f, gconstpointer data)
{
  expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 3, "more last=0");
  expect_page (f, "bob", WC_HISTORY_BEFORE, 5, 3, "more last=0");

  cache_put_range (f, "bob", 10, 20);
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
  cache_put_range (f, "bob", 1, 9);
  expect_page (f, "bob", WC_HISTORY_BEFORE, 11, 8, "3 4 5 6 7 8 9 10 whole more last=22");
  expect_page (f, "bob", WC_HISTORY_BEFORE, 3, 8, "1 2 whole last=22");
  expect_page (f, "bob", WC_HISTORY_BEFORE, 1, 8, "whole last=22");
  expect_page (f, "bob", WC_HISTORY_AFTER, 0, 2, "1 2 whole more last=22");
  expect_page (f, "carol", WC_HISTORY_NEWEST, 0, 3, "more last=0");
}

/* What the server says is not there is not there. */
static void
test_removed (CacheFixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) none = g_ptr_array_new ();

  cache_put_range (f, "bob", 10, 12);
  wc_cache_put (f->cache, "bob", none, 1, 9);
  expect_page (f, "bob", WC_HISTORY_BEFORE, 11, 3, "10 whole last=12");

  /* A run with nothing in it, above one with something. */
  cache_put_range (f, "carol", 1, 3);
  wc_cache_put (f->cache, "carol", none, 8, 9);
  expect_page (f, "carol", WC_HISTORY_NEWEST, 0, 2, "2 3 more last=3");
  wc_cache_put (f->cache, "carol", none, 4, 7);
  expect_page (f, "carol", WC_HISTORY_NEWEST, 0, 2, "2 3 whole more last=3");
}

static void
test_ranges (CacheFixture *f, gconstpointer data)
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
      cache_put_range (f, "bob", steps[i].first, steps[i].last);
      expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 100, steps[i].newest);
    }
}

/* At random, against the simplest way of doing it. */
static void
test_ranges_random (CacheFixture *f, gconstpointer data)
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
      cache_put_range (f, "bob", first, last);
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
test_state (CacheFixture *f, gconstpointer data)
{
  g_autoptr (WcEntry) sent = wc_entry_new_message ("alice", TRUE, "second", 6, 2000000, WC_DELIVERY_STORED);

  expect_load (f, "fresh\n");
  cache_put_range (f, "bob", 1, 5);
  wc_cache_set_held (f->cache, "bob", 5);
  wc_cache_set_marks (f->cache, "bob", 5, 2, 1, 0);
  wc_cache_set_marks (f->cache, "bob", 0, 1, 2, 0);
  wc_cache_set_last_seen (f->cache, "bob", 77);
  wc_cache_set_draft (f->cache, "bob", "half a th");
  wc_cache_set_marks (f->cache, "carol", 0, 0, 0, 0);
  expect_load (f, "bob last=5 held=5 read=2 delivered=2 peer_read=0 seen=77 unread=3,5 draft=half a th newest=5\n"
                  "carol last=0 held=0 read=0 delivered=0 peer_read=0 seen=0 unread= draft= newest=\n");

  g_assert_cmpint (cache_put_outgoing_now (f, "bob", "n1", "first"), ==, 1);
  g_assert_cmpint (cache_put_outgoing_now (f, "bob", "n2", "second"), ==, 1);
  wc_cache_set_draft (f->cache, "bob", "more");
  wc_cache_fail_outgoing (f->cache, "n1", "too long");
  cache_restart (f);
  expect_load (f, "bob last=5 held=5 read=2 delivered=2 peer_read=0 seen=77 unread=3,5 draft=more newest=5\n"
                  "carol last=0 held=0 read=0 delivered=0 peer_read=0 seen=0 unread= draft= newest=\n"
                  "> n1 bob first !too long\n> n2 bob second\n");

  /* Again: at the end, without the error, and the draft stays. */
  g_assert_cmpint (cache_put_outgoing_now (f, "bob", "n1", "first"), ==, 1);
  wc_cache_sent (f->cache, "bob", "n2", sent);
  cache_restart (f);
  expect_load (f, "bob last=6 held=5 read=2 delivered=2 peer_read=0 seen=77 unread=3,5 draft=more newest=second\n"
                  "carol last=0 held=0 read=0 delivered=0 peer_read=0 seen=0 unread= draft= newest=\n"
                  "> n1 bob first\n");

  wc_cache_forget (f->cache, "bob");
  wc_cache_remove_outgoing (f->cache, "n1");
  expect_load (f, "carol last=0 held=0 read=0 delivered=0 peer_read=0 seen=0 unread= draft= newest=\n"
                  "bob last=0 held=0 read=0 delivered=0 peer_read=0 seen=77 unread= draft=more newest=\n");
  expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 3, "more last=0");
  expect_search (f, NULL, "second", 0, 10, "end");
  cache_put_range (f, "bob", 1, 1);
  cache_restart (f);
  expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 3, "1 whole last=1");
}

static void
test_search (CacheFixture *f, gconstpointer data)
{
  cache_put_text (f, "bob", 1, "The Café is open");
  cache_put_text (f, "bob", 2, "see you in the CAFE");
  cache_put_text (f, "carol", 3, "cafeteria, Привет мир");
  cache_put_text (f, "carol", 4, "我在东京吃饭");
  cache_put_text (f, "bob", 5, "مرحبا 🎉 ok");
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

  cache_restart (f);
  expect_search (f, NULL, "cafe", 0, 10, "carol3 bob2 bob1 end");
  wc_cache_forget (f->cache, "bob");
  expect_search (f, NULL, "cafe", 0, 10, "carol3 end");
  cache_put_text (f, "bob", 1, "tea");
  expect_search (f, NULL, "cafe", 0, 10, "carol3 end");
  expect_search (f, "bob", "tea", 0, 10, "bob1 end");
}

static void
test_order (CacheFixture *f, gconstpointer data)
{
  Answer page = { FALSE, g_string_new (NULL) }, none = { FALSE, g_string_new (NULL) };
  int done = 0;
  guint question;

  cache_put_range (f, "bob", 1, 3);
  question = wc_cache_read (f->cache, "bob", WC_HISTORY_NEWEST, 0, 3, cache_page_cb, &none);
  wc_cache_read (f->cache, "bob", WC_HISTORY_NEWEST, 0, 3, cache_page_cb, &page);
  wc_cache_put_outgoing (f->cache, "bob", "n", "x", 1, cache_done_cb, &done);
  wc_cache_cancel (f->cache, question);
  wc_cache_cancel (f->cache, question);
  wc_cache_cancel (f->cache, 0);
  wait_for (done != 0);
  g_assert_true (page.done);
  g_assert_false (none.done);
  g_string_free (page.text, TRUE);
  g_string_free (none.text, TRUE);

  /* Closing leaves questions without an answer. */
  wc_cache_read (f->cache, "bob", WC_HISTORY_NEWEST, 0, 3, cache_page_cb, NULL);
  wc_cache_search (f->cache, "bob", "1", 0, 3, cache_search_cb, NULL);
  wc_cache_put_outgoing (f->cache, "bob", "m", "y", 1, cache_done_cb, NULL);
  cache_restart (f);
  expect_load (f, "bob last=3 held=0 read=0 delivered=0 peer_read=0 seen=0 unread= draft= newest=3\n> n bob x\n> m bob y\n");
}

static void
test_nothing (CacheFixture *f, gconstpointer data)
{
  cache_stop (f);
  g_clear_object (&f->folder);
  cache_start (f);
  cache_put_range (f, "bob", 1, 3);
  g_assert_cmpint (cache_put_outgoing_now (f, "bob", "n", "x"), ==, -1);
  expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 3, "more last=0");
  expect_search (f, NULL, "1", 0, 2, "end");
  expect_load (f, "fresh\n");
  g_assert_cmpuint (f->n_told, ==, 0);
}

static void
test_permissions (CacheFixture *f, gconstpointer data)
{
  g_autofree char *folder = g_path_get_dirname (f->file);
  GStatBuf info;

  expect_load (f, "fresh\n");
  g_assert_cmpint (g_stat (folder, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0700);
  g_assert_cmpint (g_stat (f->file, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
}

/* Very much is to be indexed: the newest ones are found at once, and the others later. */
static void
test_hasty (CacheFixture *f, gconstpointer data)
{
  g_autofree char *first = NULL, *later = NULL;

  f->hasty = TRUE;
  cache_restart (f);
  for (guint seq = 1; seq < 30000; seq += 1000)
    cache_put_range (f, "bob", seq, seq + 999);
  first = cache_search_text (f, "bob", "1017", 0, 100);
  g_assert_true (g_str_has_suffix (first, "more"));
  do
    {
      g_free (later);
      later = cache_search_text (f, "bob", "1017", 0, 100);
    }
  while (g_str_has_suffix (later, "more"));
  g_assert_cmpstr (later, ==, "bob10179 bob10178 bob10177 bob10176 bob10175 bob10174 bob10173 bob10172 bob10171 bob10170 bob1017 end");
}

static void
test_many (CacheFixture *f, gconstpointer data)
{
  enum { N = 100000, PAGE = 1000 };
  gint64 begun = g_get_monotonic_time ();

  for (guint seq = 1; seq < N; seq += PAGE)
    cache_put_range (f, "bob", seq, seq + PAGE - 1);
  expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 2, "99999 100000 whole more last=100000");
  g_test_message ("put: %" G_GINT64_FORMAT " ms", (g_get_monotonic_time () - begun) / 1000);
  expect_page (f, "bob", WC_HISTORY_BEFORE, 50000, 2, "49998 49999 whole more last=100000");
  begun = g_get_monotonic_time ();
  expect_search (f, NULL, "77777", 0, 2, "bob77777 end");
  g_test_message ("indexed: %" G_GINT64_FORMAT " ms", (g_get_monotonic_time () - begun) / 1000);
  expect_search (f, NULL, "9", 0, 3, "bob99999 bob99998 bob99997 more");
  cache_restart (f);
  expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 2, "99999 100000 whole more last=100000");
}

#define add(name, func) g_test_add ("/cache/" name, CacheFixture, NULL, cache_set_up, func, cache_tear_down)

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
  add ("hasty", test_hasty);
  add ("many", test_many);

  return g_test_run ();
}
