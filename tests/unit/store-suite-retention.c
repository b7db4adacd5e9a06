/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Old messages go, and nothing else does. */
#include "store-suite-private.h"

#define N_OLD 1234 /* several steps */

static void
append (StoreFixture *fixture, const char *from, const char *to, guint number, gint64 time)
{
  g_autofree char *text = g_strdup_printf ("%u", number);

  store_append (fixture->store, store_message_new (from, to, text, text, strlen (text), time));
}

/* bob's conversation has old and new messages, carol's only old ones, Zoe's only new ones. */
static gint64
fill (StoreFixture *fixture)
{
  gint64 now = g_get_real_time () / 1000;

  for (guint i = 1; i <= N_OLD; i++)
    {
      append (fixture, "alice", "bob", i, 1000 + i);
      append (fixture, "carol", "alice", i, 1000 + i);
    }
  store_fixture_wait (fixture, 2 * N_OLD);
  for (guint i = 1; i <= 10; i++)
    {
      append (fixture, "bob", "alice", N_OLD + i, now);
      append (fixture, "alice", "Zoe", i, now);
    }
  store_append (fixture->store, store_read_mark_new ("alice", "carol", NULL, 700));
  store_fixture_wait (fixture, 2 * N_OLD + 21);
  return now;
}

static guint64
get_first (StoreFixture *fixture, const char *peer)
{
  g_autoptr (StoreAnswer) answer
      = store_fixture_read (fixture, "alice", peer, (StoreRange){ .from_start = TRUE, .limit = 1 });

  g_assert_no_error (answer->error);
  return answer->page.n_rows > 0 ? answer->page.rows[0].seq : 0;
}

/* What is there is one piece of the conversation at any moment. */
static void
wait_for_first (StoreFixture *fixture, const char *peer, guint64 first)
{
  gint64 deadline = g_get_monotonic_time () + 60 * G_TIME_SPAN_SECOND;
  guint64 seen = 1;

  for (guint64 now = get_first (fixture, peer); now != first; now = get_first (fixture, peer))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_assert_cmpuint (now, >=, seen);
      seen = now;
      g_thread_yield ();
    }
}

static void
test_kept (StoreFixture *fixture, gconstpointer open)
{
  fill (fixture);
  store_fixture_reopen (fixture);
  store_fixture_put (fixture, "alice", "dora", NULL, "text", 1);
  g_assert_cmpuint (store_fixture_read_all (fixture, "alice", "carol", NULL, NULL), ==, N_OLD);
  g_assert_cmpuint (store_fixture_read_all (fixture, "alice", "bob", NULL, NULL), ==, N_OLD + 10);
}

static void
assert_rest (StoreFixture *fixture, gint64 now)
{
  g_autoptr (StoreAnswer) answer
      = store_fixture_read (fixture, "alice", "bob", (StoreRange){ .limit = 100 });
  g_autoptr (StoreAnswer) none
      = store_fixture_read (fixture, "alice", "carol", (StoreRange){ .limit = 100 });
  g_autoptr (StoreAnswer) before
      = store_fixture_read (fixture, "alice", "bob", (StoreRange){ .before = 50, .limit = 100 });
  g_autofree char *list = store_fixture_list (fixture, "alice");
  g_autofree char *expected
      = g_strdup_printf ("Zoe last=10 time=%" G_GINT64_FORMAT " read=0 delivered=0 peer_read=0\n"
                         "bob last=1244 time=%" G_GINT64_FORMAT " read=0 delivered=0 peer_read=0\n"
                         "carol last=1234 time=2234 read=700 delivered=0 peer_read=0\n",
                         now, now);

  g_assert_cmpuint (answer->page.n_rows, ==, 10);
  g_assert_cmpuint (answer->page.rows[0].seq, ==, N_OLD + 1);
  g_assert_cmpuint (answer->page.last, ==, N_OLD + 10);
  g_assert_false (answer->page.more);
  g_assert_cmpuint (none->page.n_rows, ==, 0);
  g_assert_cmpuint (none->page.last, ==, N_OLD);
  g_assert_false (none->page.more);
  g_assert_cmpuint (before->page.n_rows, ==, 0);
  g_assert_cmpuint (before->page.last, ==, N_OLD + 10);
  g_assert_false (before->page.more);
  g_assert_cmpstr (list, ==, expected);
}

static void
test_removed (StoreFixture *fixture, gconstpointer open)
{
  gint64 now = fill (fixture);
  StoreMessage *mark = store_read_mark_new ("carol", "alice", NULL, G_MAXUINT64);
  guint n;

  fixture->retention_days = 1;
  store_fixture_reopen (fixture);
  wait_for_first (fixture, "carol", 0);
  wait_for_first (fixture, "bob", N_OLD + 1);
  assert_rest (fixture, now);

  /* Numbers and times go on, nonces that are left are known, marks rise as far as there was
   * anything. */
  fixture->retention_days = 0;
  store_fixture_reopen (fixture);
  assert_rest (fixture, now);
  n = fixture->answered->len;
  store_append (fixture->store, mark);
  store_fixture_wait (fixture, n + 1);
  g_assert_cmpuint (mark->seq, ==, N_OLD);
  g_assert_cmpuint (store_fixture_put (fixture, "alice", "carol", NULL, "text", 2000)->seq, ==,
                    N_OLD + 1);
  g_assert_cmpint (store_fixture_put (fixture, "alice", "carol", NULL, "text", 2000)->time, ==,
                   2234);
  g_assert_true (store_fixture_put (fixture, "bob", "alice", "1240", "text", now)->repeated);
  g_assert_cmpuint (get_first (fixture, "carol"), ==, N_OLD + 1);
}

/* People write meanwhile, to the same conversation and to others. */
static void
test_meanwhile (StoreFixture *fixture, gconstpointer open)
{
  gint64 now = fill (fixture);

  fixture->retention_days = 1;
  store_fixture_reopen (fixture);
  for (guint i = 1; i <= 200; i++)
    {
      g_autofree char *peer = g_strdup_printf ("peer%u", i % 7);

      g_assert_cmpuint (store_fixture_put (fixture, "bob", "alice", NULL, "text", now)->seq, ==,
                        N_OLD + 10 + i);
      store_fixture_put (fixture, "alice", peer, NULL, "text", now);
      g_assert_no_error (fixture->last_error);
    }
  wait_for_first (fixture, "carol", 0);
  wait_for_first (fixture, "bob", N_OLD + 1);
  g_assert_cmpuint (get_first (fixture, "peer3"), ==, 1);
  g_assert_cmpuint (get_first (fixture, "Zoe"), ==, 1);
}

void
store_suite_add_retention (const char *name, StoreOpenFunc open)
{
  store_suite_add_test (name, "kept", open, test_kept);
  store_suite_add_test (name, "removed", open, test_removed);
  store_suite_add_test (name, "removed-meanwhile", open, test_meanwhile);
}
