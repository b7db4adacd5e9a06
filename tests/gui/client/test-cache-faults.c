/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cache when things go wrong: damaged files, newer ones, two processes, no room, and kill -9. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cache-fixture.h"

static void
write_file (const char *path, const char *bytes, gsize len, off_t offset)
{
  int fd = g_open (path, O_WRONLY | O_CREAT, 0600);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (pwrite (fd, bytes, len, offset), ==, len);
  close (fd);
}

static void
expect_damaged_message (void)
{
  g_test_expect_message (NULL, G_LOG_LEVEL_WARNING, "*is damaged*");
}

static void
test_damaged (CacheFixture *f, gconstpointer data)
{
  g_autofree char *aside = g_strconcat (f->file, "-damaged", NULL);
  g_autofree char *noise = g_malloc (8192);

  for (guint i = 0; i < 8192; i++)
    noise[i] = g_test_rand_int ();

  /* No database at all. */
  cache_put_range (f, "bob", 1, 3);
  cache_stop (f);
  write_file (f->file, noise, 100, 0);
  expect_damaged_message ();
  cache_start (f);
  expect_load (f, "fresh\n");
  g_test_assert_expected_messages ();
  g_assert_true (g_file_test (aside, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (f->n_told, ==, 0);

  /* Somewhere in it. What was to be sent is still there. */
  g_assert_cmpint (cache_put_outgoing_now (f, "bob", "n1", "first"), ==, 1);
  wc_cache_set_draft (f->cache, "carol", "half");
  for (guint i = 1; i < 3000; i += 100)
    cache_put_range (f, "bob", i, i + 99);
  expect_search (f, NULL, "2999", 0, 1, "bob2999 end");
  cache_stop (f);
  for (off_t at = 40 * 4096; at < 100 * 4096; at += 3 * 4096)
    write_file (f->file, noise, 4096, at);
  expect_damaged_message ();
  cache_start (f);
  for (guint seq = 1; seq < 3000; seq += 100)
    {
      Answer answer = { FALSE, g_string_new (NULL) };

      wc_cache_read (f->cache, "bob", WC_HISTORY_AFTER, seq, 100, cache_page_cb, &answer);
      wait_for (answer.done);
      g_string_free (answer.text, TRUE);
    }
  g_test_assert_expected_messages ();
  expect_load (f, "carol last=0 held=0 read=0 delivered=0 peer_read=0 seen=0 unread= draft=half newest=\n"
                  "bob last=0 held=0 read=0 delivered=0 peer_read=0 seen=0 unread= draft= newest=\n"
                  "> n1 bob first\n");
  cache_put_range (f, "bob", 1, 3);
  cache_restart (f);
  expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 3, "1 2 3 whole last=3");
}

/* What is held counts on what the old file had: said of the new one, it would hide that messages, and unread ones, are missing there. */
static void
test_damaged_held (CacheFixture *f, gconstpointer data)
{
  g_autofree char *noise = g_malloc0 (4096);

  for (guint i = 1; i < 3000; i += 100)
    cache_put_range (f, "bob", i, i + 99);
  wc_cache_set_held (f->cache, "bob", 3000);
  expect_search (f, NULL, "2999", 0, 1, "bob2999 end");
  cache_stop (f);
  for (off_t at = 40 * 4096; at < 100 * 4096; at += 3 * 4096)
    write_file (f->file, noise, 4096, at);
  expect_damaged_message ();
  cache_start (f);
  expect_page (f, "bob", WC_HISTORY_AFTER, 1, 3000, "more last=3000");
  g_test_assert_expected_messages ();

  cache_put_range (f, "bob", 3001, 3001);
  wc_cache_set_held (f->cache, "bob", 3001);
  cache_restart (f);
  expect_load (f, "bob last=3001 held=0 read=0 delivered=0 peer_read=0 seen=0 unread= draft= newest=3001\n");

  /* Another run begins with what there is. */
  wc_cache_set_held (f->cache, "bob", 3001);
  cache_restart (f);
  expect_load (f, "bob last=3001 held=3001 read=0 delivered=0 peer_read=0 seen=0 unread=3001 draft= newest=3001\n");
}

static void
be_quiet_cb (const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
}

/* Only the index: it is made from the messages. */
static void
test_damaged_index (CacheFixture *f, gconstpointer data)
{
  sqlite3 *db;

  cache_put_range (f, "bob", 1, 3000);
  expect_search (f, NULL, "2999", 0, 1, "bob2999 end");
  cache_stop (f);
  g_assert_cmpint (sqlite3_open (f->file, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "UPDATE words_data SET block = x'0102030405' WHERE id > 1", NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);

  cache_start (f);
  expect_search (f, NULL, "2999", 0, 1, "bob2999 end");
  expect_search (f, NULL, "299", 0, 1, "bob2999 more");
  expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 2, "2999 3000 whole more last=3000");
  g_assert_no_error (f->error);
}

/* Wherever bytes are wrong: it may say so, and begin anew, but neither crash nor hang. */
static void
test_damaged_random (CacheFixture *f, gconstpointer data)
{
  GLogLevelFlags fatal = g_log_set_always_fatal (G_LOG_FATAL_MASK);
  GLogFunc handler = g_log_set_default_handler (be_quiet_cb, NULL);

  for (guint round = 0; round < 40; round++)
    {
      guint n_wrong = g_test_rand_int_range (1, 10);
      GStatBuf info;

      for (guint i = 1; i < 300; i += 50)
        cache_put_range (f, "bob", i, i + 49);
      cache_put_outgoing_now (f, "bob", "n", "x");
      g_free (cache_search_text (f, NULL, "2", 0, 10));
      cache_stop (f);
      g_assert_cmpint (g_stat (f->file, &info), ==, 0);
      for (guint i = 0; i < n_wrong; i++)
        {
          char bytes[32];

          for (guint j = 0; j < sizeof bytes; j++)
            bytes[j] = g_test_rand_int ();
          write_file (f->file, bytes, g_test_rand_int_range (1, sizeof bytes), g_test_rand_int_range (0, info.st_size));
        }
      cache_start (f);
      g_free (cache_load_text (f));
      g_free (cache_search_text (f, NULL, "2", 0, 10));
      cache_put_range (f, "bob", 1, 300);
      g_free (cache_load_text (f));
    }
  cache_stop (f);
  g_log_set_always_fatal (fatal);
  g_log_set_default_handler (handler, NULL);
}

static void
test_newer (CacheFixture *f, gconstpointer data)
{
  sqlite3 *db;

  cache_put_range (f, "bob", 1, 3);
  cache_stop (f);
  g_assert_cmpint (sqlite3_open (f->file, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "PRAGMA user_version = 99", NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);

  cache_start (f);
  expect_load (f, "fresh\n");
  cache_put_range (f, "bob", 4, 5);
  expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 3, "more last=0");
  g_assert_error (f->error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_cmpuint (f->n_told, ==, 1);
  cache_stop (f);

  g_assert_cmpint (sqlite3_open (f->file, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "PRAGMA user_version = 1", NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);
  cache_start (f);
  expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 3, "1 2 3 whole last=3");
}

static void
test_two (CacheFixture *f, gconstpointer data)
{
  CacheFixture other = *f;

  cache_put_range (f, "bob", 1, 3);
  expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 3, "1 2 3 whole last=3");
  other.error = NULL;
  other.n_told = 0;
  cache_start (&other);
  expect_load ((&other), "fresh\n");
  g_assert_error (other.error, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_cmpint (cache_put_outgoing_now (&other, "bob", "n", "x"), ==, -1);
  cache_put_range (f, "bob", 4, 5);
  expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 3, "3 4 5 whole more last=5");
  g_assert_no_error (f->error);

  /* The first one goes: the second one can keep what it could not. */
  cache_stop (f);
  wait_for (other.error == NULL);
  expect_load ((&other), "bob last=5 held=0 read=0 delivered=0 peer_read=0 seen=0 unread= draft= newest=5\n> n bob x\n");
  cache_stop (&other);
}

static void
test_no_folder (CacheFixture *f, gconstpointer data)
{
  g_autofree char *folder = g_build_filename (f->path, "cache", NULL);

  /* Something else is in the way; permissions would not stop root. */
  cache_stop (f);
  cache_remove_tree (folder);
  g_assert_true (g_file_set_contents (folder, "", 0, NULL));
  cache_start (f);
  expect_load (f, "fresh\n");
  cache_put_range (f, "bob", 1, 3);
  expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 3, "more last=0");
  g_assert_error (f->error, G_IO_ERROR, G_IO_ERROR_FAILED);

  g_unlink (folder);
  wait_for (f->error == NULL);
  expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 3, "1 2 3 whole last=3");
}

static void
test_read_only (CacheFixture *f, gconstpointer data)
{
  g_autofree char *folder = g_path_get_dirname (f->file);

  cache_put_range (f, "bob", 1, 3);
  cache_stop (f);
  g_chmod (f->file, 0400);
  g_chmod (folder, 0500);
  if (g_access (folder, W_OK) == 0)
    {
      g_chmod (folder, 0700);
      g_test_skip ("permissions do not hold for this user");
      return;
    }

  cache_start (f);
  expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 3, "1 2 3 whole last=3");
  g_assert_error (f->error, G_IO_ERROR, G_IO_ERROR_READ_ONLY);
  cache_put_range (f, "bob", 4, 4);
  expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 3, "1 2 3 whole last=3");

  g_chmod (folder, 0700);
  g_chmod (f->file, 0600);
  wait_for (f->error == NULL);
  expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 3, "2 3 4 whole more last=4");
}

/* No file may grow beyond this. */
static void
limit_files (rlim_t bytes)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = bytes;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}

static void
test_full (CacheFixture *f, gconstpointer data)
{
  g_autofree char *wal = g_strconcat (f->file, "-wal", NULL);
  g_autoptr (WcEntry) sent = wc_entry_new_message ("alice", TRUE, "x", 101, 2000000, WC_DELIVERY_STORED);
  GStatBuf info;

  signal (SIGXFSZ, SIG_IGN);
  cache_put_range (f, "bob", 1, 10);
  expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 3, "8 9 10 whole more last=10");
  g_free (cache_search_text (f, NULL, "1", 0, 1));
  g_assert_cmpint (g_stat (wal, &info), ==, 0);

  limit_files (info.st_size + 100);
  g_assert_cmpint (cache_put_outgoing_now (f, "bob", "n1", "x"), ==, -1);
  g_assert_cmpint (cache_put_outgoing_now (f, "bob", "n2", "y"), ==, -1);
  cache_put_range (f, "bob", 11, 100);
  wc_cache_sent (f->cache, "bob", "n1", sent);
  wc_cache_set_held (f->cache, "bob", 101);
  expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 3, "8 9 10 whole more last=10");
  g_assert_nonnull (f->error); /* a limit of size is told as another error than a disk without room */
  g_assert_cmpuint (f->n_told, ==, 1);

  /* Room again: all of it, in its order. */
  limit_files (RLIM_INFINITY);
  wait_for (f->error == NULL);
  g_assert_cmpuint (f->n_told, ==, 2);
  expect_load (f, "bob last=101 held=101 read=0 delivered=0 peer_read=0 seen=0 unread=1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,33,35,37,39,41,43,45,"
                  "47,49,51,53,55,57,59,61,63,65,67,69,71,73,75,77,79,81,83,85,87,89,91,93,95,97,99 draft= newest=x\n> n2 bob y\n");
  expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 3, "99 100 x whole more last=101");
  expect_search (f, NULL, "99", 0, 3, "bob99 end");
  cache_put_range (f, "bob", 102, 102);
  cache_restart (f);
  expect_page (f, "bob", WC_HISTORY_NEWEST, 0, 3, "100 x 102 whole more last=102");
}

/* --- Killed --- */

/* Puts messages and says so as long as it lives: "s" before each that is to be sent, and its number once it is on disk. */
static void
child_done_cb (gboolean good, gpointer user_data)
{
  guint32 number = GPOINTER_TO_UINT (user_data);

  if (good && write (STDOUT_FILENO, &number, sizeof number) != sizeof number)
    _exit (1);
}

static void
child (const char *path, guint begin)
{
  CacheFixture f = { .folder = g_file_new_for_path (path) };
  guint seq = begin;

  cache_start (&f);
  while (TRUE)
    {
      g_autofree char *nonce = g_strdup_printf ("n%u", seq);

      cache_put_range (&f, "bob", seq * 10 + 1, seq * 10 + 10);
      wc_cache_set_held (f.cache, "bob", seq * 10 + 10);
      wc_cache_put_outgoing (f.cache, "bob", nonce, nonce, 1, child_done_cb, GUINT_TO_POINTER (seq));
      if (seq % 3 == 0)
        g_main_context_iteration (NULL, TRUE);
      seq++;
    }
}

static char *own_path;

typedef struct
{
  gboolean done;
  guint64 held;
  GHashTable *nonces;
} Survivors;

static void
survivors_cb (const WcCached *cached, gpointer user_data)
{
  Survivors *survivors = user_data;

  if (cached->conversations->len > 0)
    survivors->held = ((WcCachedConversation *) cached->conversations->pdata[0])->held;
  for (guint i = 0; i < cached->outbox->len; i++)
    g_hash_table_add (survivors->nonces, g_strdup (((WcCachedOutgoing *) cached->outbox->pdata[i])->nonce));
  survivors->done = TRUE;
}

typedef struct
{
  gboolean done;
  guint64 after;
  guint n;
} WholePage;

static void
whole_page_cb (const WcCachePage *page, gpointer user_data)
{
  WholePage *whole = user_data;

  g_assert_true (page->whole);
  g_assert_cmpuint (page->entries->len, ==, whole->n);
  for (guint i = 0; i < page->entries->len; i++)
    g_assert_cmpuint (wc_entry_get_seq (page->entries->pdata[i]), ==, whole->after + 1 + i);
  whole->done = TRUE;
}

static void
test_killed (CacheFixture *f, gconstpointer data)
{
  g_autofree char *folder = g_build_filename (f->path, "cache", NULL);
  guint begin = 0;

  cache_stop (f);
  for (guint round = 0; round < 12; round++)
    {
      g_autofree char *number = g_strdup_printf ("%u", begin);
      const char *argv[] = { own_path, "--child", folder, number, NULL };
      Survivors survivors = { .nonces = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL) };
      guint32 accepted = 0, last_accepted = 0;
      guint until = g_test_rand_int_range (1, 150), n = 0;
      GPid pid;
      int out;

      g_assert_true (g_spawn_async_with_pipes (NULL, (char **) argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL, &out, NULL, NULL));
      while (n < until && read (out, &accepted, sizeof accepted) == sizeof accepted)
        {
          last_accepted = accepted;
          n++;
        }
      g_usleep (g_test_rand_int_range (0, 3000)); /* somewhere in what it is doing */
      kill (pid, SIGKILL);
      while (read (out, &accepted, sizeof accepted) == sizeof accepted)
        last_accepted = accepted;
      waitpid (pid, NULL, 0);
      close (out);

      cache_start (f);
      wc_cache_load (f->cache, survivors_cb, &survivors);
      wait_for (survivors.done);
      g_assert_cmpuint (last_accepted, >=, begin);
      for (guint i = 0; i <= last_accepted; i++)
        {
          g_autofree char *nonce = g_strdup_printf ("n%u", i);

          g_assert_true (g_hash_table_contains (survivors.nonces, nonce));
        }
      /* What is said to be held is there, and found. */
      g_assert_cmpuint (survivors.held, >=, last_accepted * 10 + 10);
      g_assert_cmpuint (survivors.held % 10, ==, 0);
      for (guint64 seq = 0; seq < survivors.held; seq += 200)
        {
          WholePage page = { FALSE, seq, MIN (200, survivors.held - seq) };

          wc_cache_read (f->cache, "bob", WC_HISTORY_AFTER, seq, page.n, whole_page_cb, &page);
          wait_for (page.done);
        }
      if (round % 4 == 3)
        {
          g_autofree char *words = g_strdup_printf ("%" G_GUINT64_FORMAT, survivors.held);
          g_autofree char *expected = g_strdup_printf ("bob%s end", words);

          expect_search (f, NULL, words, 0, 3, expected);
        }
      cache_stop (f);
      begin = last_accepted + 1;
      g_hash_table_unref (survivors.nonces);
    }
}

#define add(name, func) g_test_add ("/cache-faults/" name, CacheFixture, NULL, cache_set_up, func, cache_tear_down)

int
main (int argc, char **argv)
{
  if (argc == 4 && g_str_equal (argv[1], "--child"))
    child (argv[2], atoi (argv[3]));

  own_path = argv[0];
  g_test_init (&argc, &argv, NULL);

  add ("damaged", test_damaged);
  add ("damaged-held", test_damaged_held);
  add ("damaged-index", test_damaged_index);
  add ("damaged-random", test_damaged_random);
  add ("newer", test_newer);
  add ("two", test_two);
  add ("no-folder", test_no_folder);
  add ("read-only", test_read_only);
  add ("full", test_full);
  add ("killed", test_killed);

  return g_test_run ();
}
