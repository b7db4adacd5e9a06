/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-suite-private.h"

#include "shared/limits.h"

static void
test_message (StoreFixture *fixture, gconstpointer open)
{
  StoreMessage *message = store_message_new ("alice", "bob", "n1", "hello, not this", 5, 42);

  g_assert_cmpstr (message->from, ==, "alice");
  g_assert_cmpstr (message->to, ==, "bob");
  g_assert_cmpstr (message->nonce, ==, "n1");
  g_assert_cmpstr (message->text, ==, "hello");
  g_assert_cmpuint (message->text_len, ==, 5);
  g_assert_cmpint (message->time, ==, 42);
  g_assert_null (message->next);
  g_assert_null (message->owner);
  g_assert_cmpuint (store_message_get_size (message), >=,
                    sizeof *message + strlen ("alicebobn1hello") + 4);
  store_message_free (message);
}

static void
test_put (StoreFixture *fixture, gconstpointer open)
{
  StoreMessage *first = store_fixture_put (fixture, "bob", "alice", NULL, "one", 1000);
  StoreMessage *second
      = store_fixture_put (fixture, "alice", "bob", "n", "zwei \xc3\xa4 two\nlines", 2000);
  StoreMessage *other = store_fixture_put (fixture, "alice", "carol", "n", "", 3000);

  g_assert_no_error (fixture->last_error);
  g_assert_cmpuint (first->seq, ==, 1);
  g_assert_cmpint (first->time, ==, 1000);
  g_assert_false (first->repeated);
  g_assert_cmpuint (second->seq, ==, 2);
  g_assert_cmpuint (other->seq, ==, 1);
  g_assert_cmpuint (store_get_backlog (fixture->store), ==, 0);

  g_autoptr (StoreAnswer) answer
      = store_fixture_read (fixture, "alice", "bob", (StoreRange){ .limit = 10 });
  g_autoptr (StoreAnswer) turned
      = store_fixture_read (fixture, "bob", "alice", (StoreRange){ .limit = 10 });
  const StoreRow *rows = answer->page.rows;

  g_assert_cmpuint (answer->page.n_rows, ==, 2);
  g_assert_cmpuint (turned->page.n_rows, ==, 2);
  g_assert_cmpuint (answer->page.last, ==, 2);
  g_assert_false (answer->page.more);
  g_assert_cmpuint (rows[0].seq, ==, 1);
  g_assert_cmpint (rows[0].time, ==, 1000);
  g_assert_cmpstr (rows[0].from, ==, "bob");
  g_assert_cmpstr (rows[0].text, ==, "one");
  g_assert_null (rows[0].nonce);
  g_assert_cmpstr (rows[1].from, ==, "alice");
  g_assert_cmpstr (rows[1].text, ==, "zwei \xc3\xa4 two\nlines");
  g_assert_cmpstr (rows[1].nonce, ==, "n");
}

static void
test_empty (StoreFixture *fixture, gconstpointer open)
{
  g_autoptr (StoreAnswer) answer
      = store_fixture_read (fixture, "alice", "bob", (StoreRange){ .limit = 10 });

  g_assert_no_error (answer->error);
  g_assert_cmpuint (answer->page.n_rows, ==, 0);
  g_assert_cmpuint (answer->page.last, ==, 0);
  g_assert_false (answer->page.more);
}

/* IDs that begin alike, and one that sorts by bytes and not by letters, must not fall into one
 * conversation. */
static void
test_conversations_apart (StoreFixture *fixture, gconstpointer open)
{
  static const char *const pairs[][2]
      = { { "a", "bc" }, { "ab", "c" }, { "A", "bc" }, { "a", "b" }, { "a", "Bc" }, { "bc", "c" } };

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_assert_cmpuint (
          store_fixture_put (fixture, pairs[i][0], pairs[i][1], NULL, pairs[i][0], 1)->seq, ==, 1);
      g_assert_cmpuint (
          store_fixture_put (fixture, pairs[i][1], pairs[i][0], NULL, pairs[i][1], 1)->seq, ==, 2);
    }
  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_autoptr (StoreAnswer) answer
          = store_fixture_read (fixture, pairs[i][0], pairs[i][1], (StoreRange){ .limit = 10 });

      g_assert_cmpuint (answer->page.n_rows, ==, 2);
      for (guint side = 0; side < 2; side++)
        {
          g_assert_cmpstr (answer->page.rows[side].from, ==, pairs[i][side]);
          g_assert_cmpstr (answer->page.rows[side].text, ==, pairs[i][side]);
        }
    }
}

static void
fill (StoreFixture *fixture, const char *from, const char *to, guint n)
{
  guint before = fixture->answered->len;

  for (guint i = 1; i <= n; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);
      store_append (fixture->store, store_message_new (from, to, NULL, text, strlen (text), i));
    }
  store_fixture_wait (fixture, before + n);
}

/* 100 messages. Which page answers which range. */
static void
test_paging (StoreFixture *fixture, gconstpointer open)
{
  static const struct
  {
    StoreRange range;
    guint first, last; /* 0 for an empty page */
    gboolean more;
  } cases[] = {
    { { .limit = 10 }, 91, 100, TRUE },
    { { .limit = 100 }, 1, 100, FALSE },
    { { .limit = 101 }, 1, 100, FALSE },
    { { .limit = G_MAXUINT }, 1, 100, FALSE },
    { { .limit = 99 }, 2, 100, TRUE },
    { { .limit = 0 }, 0, 0, TRUE },
    { { .before = 51, .limit = 10 }, 41, 50, TRUE },
    { { .before = 11, .limit = 10 }, 1, 10, FALSE },
    { { .before = 12, .limit = 10 }, 2, 11, TRUE },
    { { .before = 5, .limit = 10 }, 1, 4, FALSE },
    { { .before = 1, .limit = 10 }, 0, 0, FALSE },
    { { .before = 1000, .limit = 10 }, 91, 100, TRUE },
    { { .before = G_MAXUINT64, .limit = 10 }, 91, 100, TRUE },
    { { .after = 50, .limit = 10 }, 51, 60, TRUE },
    { { .after = 90, .limit = 10 }, 91, 100, FALSE },
    { { .after = 89, .limit = 10 }, 90, 99, TRUE },
    { { .after = 95, .limit = 10 }, 96, 100, FALSE },
    { { .after = 100, .limit = 10 }, 0, 0, FALSE },
    { { .after = 1000, .limit = 10 }, 0, 0, FALSE },
    { { .after = G_MAXUINT64, .limit = 10 }, 0, 0, FALSE },
    { { .after = 20, .before = 30, .limit = 10 }, 21, 29, FALSE },
    { { .after = 20, .before = 31, .limit = 10 }, 21, 30, FALSE },
    { { .after = 20, .before = 32, .limit = 10 }, 21, 30, TRUE },
    { { .after = 20, .before = 21, .limit = 10 }, 0, 0, FALSE },
    { { .after = 30, .before = 20, .limit = 10 }, 0, 0, FALSE },
    { { .from_start = TRUE, .limit = 10 }, 1, 10, TRUE },
    { { .from_start = TRUE, .limit = 100 }, 1, 100, FALSE },
    { { .from_start = TRUE, .after = 10, .limit = 10 }, 11, 20, TRUE },
    { { .from_start = TRUE, .before = 51, .limit = 10 }, 41, 50, TRUE },
  };

  fill (fixture, "bob", "alice", 100);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (StoreAnswer) answer = store_fixture_read (fixture, "alice", "bob", cases[i].range);
      guint n = cases[i].first == 0 ? 0 : cases[i].last - cases[i].first + 1;

      g_test_message ("case %u", i);
      g_assert_no_error (answer->error);
      g_assert_cmpuint (answer->page.n_rows, ==, n);
      g_assert_cmpuint (answer->page.last, ==, 100);
      g_assert_cmpint (answer->page.more, ==, cases[i].more);
      for (guint row = 0; row < n; row++)
        {
          g_assert_cmpuint (answer->page.rows[row].seq, ==, cases[i].first + row);
          g_assert_cmpuint (g_ascii_strtoull (answer->page.rows[row].text, NULL, 10), ==,
                            cases[i].first + row);
        }
    }
}

static void
test_page_max (StoreFixture *fixture, gconstpointer open)
{
  fill (fixture, "alice", "bob", STORE_PAGE_MAX + 1);

  g_autoptr (StoreAnswer) answer
      = store_fixture_read (fixture, "alice", "bob", (StoreRange){ .limit = G_MAXUINT });
  g_assert_cmpuint (answer->page.n_rows, ==, STORE_PAGE_MAX);
  g_assert_cmpuint (answer->page.rows[0].seq, ==, 2);
  g_assert_true (answer->page.more);
}

static void
test_order (StoreFixture *fixture, gconstpointer open)
{
  fill (fixture, "alice", "bob", 10000); /* more than one batch */
  for (guint i = 0; i < 10000; i++)
    {
      StoreMessage *message = g_ptr_array_index (fixture->answered, i);

      g_assert_cmpuint (message->seq, ==, i + 1);
      g_assert_cmpuint (g_ascii_strtoull (message->text, NULL, 10), ==, i + 1);
    }
  g_assert_cmpuint (store_fixture_read_all (fixture, "alice", "bob", NULL, NULL), ==, 10000);
}

static void
test_nonce (StoreFixture *fixture, gconstpointer open)
{
  StoreMessage *first = store_fixture_put (fixture, "alice", "bob", "x", "first", 1000);
  StoreMessage *between
      = store_fixture_put (fixture, "bob", "alice", "x", "bob may use it too", 2000);
  StoreMessage *elsewhere
      = store_fixture_put (fixture, "alice", "carol", "x", "and alice elsewhere", 2000);
  StoreMessage *again = store_fixture_put (fixture, "alice", "bob", "x", "second", 3000);
  StoreMessage *without = store_fixture_put (fixture, "alice", "bob", NULL, "third", 4000);
  StoreMessage *empty
      = store_fixture_put (fixture, "alice", "bob", "", "an empty one is one", 5000);
  StoreMessage *empty_again
      = store_fixture_put (fixture, "alice", "bob", "", "an empty one is one", 6000);

  g_assert_false (first->repeated);
  g_assert_cmpuint (between->seq, ==, 2);
  g_assert_cmpuint (elsewhere->seq, ==, 1);
  g_assert_true (again->repeated);
  g_assert_cmpuint (again->seq, ==, 1);
  g_assert_cmpint (again->time, ==, 1000);
  g_assert_false (without->repeated);
  g_assert_cmpuint (without->seq, ==, 3);
  g_assert_cmpuint (empty->seq, ==, 4);
  g_assert_true (empty_again->repeated);
  g_assert_cmpuint (empty_again->seq, ==, 4);

  store_fixture_reopen (fixture);
  again = store_fixture_put (fixture, "alice", "bob", "x", "after a restart", 6000);
  g_assert_true (again->repeated);
  g_assert_cmpuint (again->seq, ==, 1);
  g_assert_cmpint (again->time, ==, 1000);
  g_assert_cmpuint (store_fixture_read_all (fixture, "alice", "bob", NULL, NULL), ==, 4);

  g_autoptr (StoreAnswer) answer = store_fixture_read (
      fixture, "alice", "bob", (StoreRange){ .from_start = TRUE, .limit = 1 });
  g_assert_cmpstr (answer->page.rows[0].text, ==, "first");
}

/* The same nonce many times in the queue at once: one is stored. */
static void
test_nonce_in_one_batch (StoreFixture *fixture, gconstpointer open)
{
  guint repeated = 0;

  for (guint i = 0; i < 1000; i++)
    store_append (fixture->store, store_message_new ("alice", "bob", i % 2 == 0 ? "even" : "odd",
                                                     "text", 4, 1000 + i));
  store_fixture_wait (fixture, 1000);

  for (guint i = 0; i < 1000; i++)
    {
      StoreMessage *message = g_ptr_array_index (fixture->answered, i);

      repeated += message->repeated ? 1 : 0;
      g_assert_cmpuint (message->seq, ==, 1 + i % 2);
      g_assert_cmpint (message->time, ==, 1000 + i % 2);
    }
  g_assert_cmpuint (repeated, ==, 998);
}

static void
test_time_never_falls (StoreFixture *fixture, gconstpointer open)
{
  store_fixture_put (fixture, "alice", "bob", NULL, "a", 5000);
  g_assert_cmpint (store_fixture_put (fixture, "bob", "alice", NULL, "b", 3000)->time, ==, 5000);
  g_assert_cmpint (store_fixture_put (fixture, "alice", "carol", NULL, "c", 3000)->time, ==, 3000);
  store_fixture_reopen (fixture);
  g_assert_cmpint (store_fixture_put (fixture, "bob", "alice", NULL, "d", 4000)->time, ==, 5000);
  g_assert_cmpint (store_fixture_put (fixture, "bob", "alice", NULL, "e", 6000)->time, ==, 6000);
}

static void
test_reopen (StoreFixture *fixture, gconstpointer open)
{
  for (guint round = 1; round <= 3; round++)
    {
      g_assert_cmpuint (store_fixture_put (fixture, "alice", "bob", NULL, "text", round)->seq, ==,
                        round);
      store_fixture_reopen (fixture);
    }
  g_assert_cmpuint (store_fixture_read_all (fixture, "alice", "bob", NULL, NULL), ==, 3);
}

/* What was appended is stored and answered, though the store is freed at once. */
static void
test_free_stores (StoreFixture *fixture, gconstpointer open)
{
  for (guint i = 0; i < 10000; i++)
    store_append (fixture->store, store_message_new ("alice", "bob", NULL, "text", 4, i));
  store_fixture_close (fixture);
  g_assert_cmpuint (fixture->answered->len, ==, 10000);
  g_assert_no_error (fixture->last_error);
  store_fixture_reopen (fixture);
  g_assert_cmpuint (store_fixture_read_all (fixture, "alice", "bob", NULL, NULL), ==, 10000);
}

static void
count_cb (const StorePage *page, const GError *error, gpointer user_data)
{
  if (page != NULL && page->n_rows == 1)
    g_atomic_int_inc ((int *)user_data);
}

static void
test_free_reads (StoreFixture *fixture, gconstpointer open)
{
  int n = 0;

  store_fixture_put (fixture, "alice", "bob", NULL, "text", 1);
  for (guint i = 0; i < 500; i++)
    store_read (fixture->store, "alice", "bob", &(StoreRange){ .limit = 10 }, count_cb, &n);
  store_fixture_close (fixture);
  g_assert_cmpint (n, ==, 500);
}

static void
test_long_text (StoreFixture *fixture, gconstpointer open)
{
  g_autofree char *text = g_strnfill (WIRE_TEXT_MAX, 'x');
  g_autofree char *id = g_strnfill (WIRE_ID_MAX, 'i');

  store_fixture_put (fixture, id, "bob", NULL, text, 1);
  g_autoptr (StoreAnswer) answer
      = store_fixture_read (fixture, "bob", id, (StoreRange){ .limit = 1 });
  g_assert_cmpstr (answer->page.rows[0].text, ==, text);
  g_assert_cmpstr (answer->page.rows[0].from, ==, id);
}

static void
test_sessions (StoreFixture *fixture, gconstpointer open)
{
  guint64 last;

  g_assert_cmpuint (store_next_session (fixture->store), ==, WIRE_SESSION_FIRST);
  g_assert_cmpuint (store_next_session (fixture->store), ==, WIRE_SESSION_FIRST + 1);
  store_fixture_reopen (fixture); /* closed cleanly: none is lost */
  last = store_next_session (fixture->store);
  g_assert_cmpuint (last, ==, WIRE_SESSION_FIRST + 2);

  for (guint i = 0; i < 100000;
       i++) /* more than one reservation; asked for faster than a disk can reserve */
    {
      guint64 next = store_next_session (fixture->store);

      if (next == 0)
        {
          g_thread_yield ();
          continue;
        }
      g_assert_cmpuint (next, ==, last + 1);
      last = next;
    }
  store_fixture_reopen (fixture);
  g_assert_cmpuint (store_next_session (fixture->store), ==, last + 1);
}

#define N_APPENDERS 4
#define N_EACH      5000
#define N_PEERS     7

typedef struct
{
  Store *store;
  guint number;
} Appender;

/* Each writes to the same conversations as the others, and reads them meanwhile. */
static gpointer
appender_thread (gpointer data)
{
  Appender *appender = data;

  for (guint i = 0; i < N_EACH; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u %u", appender->number, i);
      g_autofree char *peer = g_strdup_printf ("peer%u", i % N_PEERS);

      store_append (appender->store,
                    store_message_new ("alice", peer, text, text, strlen (text), i));
      if (i % 100 == 0)
        g_assert_cmpuint (store_next_session (appender->store), !=, 0);
    }
  return NULL;
}

typedef struct
{
  guint next[N_APPENDERS]; /* the number that each one's next message must at least have */
  guint n;
} Seen;

static void
check_row_cb (const StoreRow *row, gpointer user_data)
{
  Seen *seen = user_data;
  char *end;
  guint64 number = g_ascii_strtoull (row->text, &end, 10), i = g_ascii_strtoull (end, NULL, 10);

  g_assert_cmpuint (number, <, N_APPENDERS);
  g_assert_cmpuint (i, >=, seen->next[number]);
  seen->next[number] = (guint)i + 1;
  seen->n++;
}

static void
test_concurrent (StoreFixture *fixture, gconstpointer open)
{
  GThread *threads[N_APPENDERS];
  Appender appenders[N_APPENDERS];
  guint total = 0;

  for (guint i = 0; i < N_APPENDERS; i++)
    {
      appenders[i] = (Appender){ fixture->store, i };
      threads[i] = g_thread_new ("appender", appender_thread, &appenders[i]);
    }
  for (guint i = 0; i < 100;
       i++) /* reads while others write see a whole conversation up to some moment */
    store_fixture_read_all (fixture, "alice", "peer1", NULL, NULL);
  for (guint i = 0; i < N_APPENDERS; i++)
    g_thread_join (threads[i]);
  store_fixture_wait (fixture, N_APPENDERS * N_EACH);

  for (guint i = 0; i < N_PEERS; i++)
    {
      g_autofree char *peer = g_strdup_printf ("peer%u", i);
      Seen seen = { 0 };

      store_fixture_read_all (fixture, "alice", peer, check_row_cb, &seen);
      total += seen.n;
    }
  g_assert_cmpuint (total, ==, N_APPENDERS * N_EACH);
}

/* More conversations than any cache of them should hold, over and over, in large batches and in
 * small ones. */
static void
test_many_conversations (StoreFixture *fixture, gconstpointer open)
{
  const guint n = 40000;

  for (guint i = 0; i < 3 * n; i++)
    {
      g_autofree char *peer = g_strdup_printf ("%u", i % n);

      store_append (fixture->store, store_message_new (peer, "alice", NULL, "text", 4, i));
      if (i >= 2 * n && i % 400 == 0)
        store_fixture_wait (fixture, i + 1);
    }
  store_fixture_wait (fixture, 3 * n);
  for (guint i = 0; i < 3 * n; i++)
    {
      StoreMessage *message = g_ptr_array_index (fixture->answered, i);
      g_assert_cmpuint (message->seq, ==, 1 + i / n);
    }
}

/* Messages that come by the dozen, as they do between people: all are there, whole and in order, at
 * any moment, and each nonce is known for ever. */
static void
test_small_batches (StoreFixture *fixture, gconstpointer open)
{
  const guint n = 5000;

  for (guint i = 0; i < 2 * n; i++) /* the second time, each is a repetition */
    {
      g_autofree char *nonce = g_strdup_printf ("%u", i % n);
      const char *from = i % 2 == 0 ? "alice" : "bob", *to = i % 2 == 0 ? "bob" : "alice";

      store_append (fixture->store, store_message_new (from, to, nonce, nonce, strlen (nonce), i));
      if (i % 25 == 24)
        store_fixture_wait (fixture, i + 1);
      if (i % 999 == 0)
        g_assert_cmpuint (store_fixture_read_all (fixture, "alice", "bob", NULL, NULL), <=,
                          MIN (i + 1, n));
      if (i % 1799 == 1798)
        {
          store_fixture_reopen (fixture);
          g_assert_cmpuint (store_fixture_read_all (fixture, "alice", "bob", NULL, NULL), ==,
                            MIN (i + 1, n));
        }
    }
  store_fixture_wait (fixture, 2 * n);
  for (guint i = 0; i < 2 * n; i++)
    {
      StoreMessage *message = g_ptr_array_index (fixture->answered, i);

      g_assert_cmpuint (message->seq, ==, 1 + i % n);
      g_assert_cmpint (message->time, ==, i % n);
      g_assert_cmpint (message->repeated, ==, i >= n);
    }
  g_assert_cmpuint (store_fixture_read_all (fixture, "alice", "bob", NULL, NULL), ==, n);
}

void
store_suite_add_test (const char *name,
                      const char *test,
                      StoreOpenFunc open,
                      void (*func) (StoreFixture *, gconstpointer))
{
  g_autofree char *path = g_strdup_printf ("/store/%s/%s", name, test);

  g_test_add (path, StoreFixture, open, store_fixture_set_up, func, store_fixture_tear_down);
}

void
store_suite_add (const char *name, StoreOpenFunc open)
{
  store_suite_add_test (name, "message", open, test_message);
  store_suite_add_test (name, "put", open, test_put);
  store_suite_add_test (name, "empty", open, test_empty);
  store_suite_add_test (name, "conversations-apart", open, test_conversations_apart);
  store_suite_add_test (name, "paging", open, test_paging);
  store_suite_add_test (name, "page-max", open, test_page_max);
  store_suite_add_test (name, "order", open, test_order);
  store_suite_add_test (name, "nonce", open, test_nonce);
  store_suite_add_test (name, "nonce-in-one-batch", open, test_nonce_in_one_batch);
  store_suite_add_test (name, "time-never-falls", open, test_time_never_falls);
  store_suite_add_test (name, "reopen", open, test_reopen);
  store_suite_add_test (name, "free-stores", open, test_free_stores);
  store_suite_add_test (name, "free-reads", open, test_free_reads);
  store_suite_add_test (name, "long-text", open, test_long_text);
  store_suite_add_test (name, "sessions", open, test_sessions);
  store_suite_add_test (name, "concurrent", open, test_concurrent);
  store_suite_add_test (name, "many-conversations", open, test_many_conversations);
  store_suite_add_test (name, "small-batches", open, test_small_batches);
  store_suite_add_marks (name, open);
  store_suite_add_retention (name, open);
  store_suite_add_search (name, open);
}
