/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far people have read and were sent what, their lists of conversations, when they were there.
 */
#include "store-suite-private.h"

static StoreMessage *
put_mark (StoreFixture *fixture, const char *reader, const char *peer, guint64 seq)
{
  StoreMessage *mark = store_read_mark_new (reader, peer, "any", seq);
  guint n = fixture->answered->len;

  store_append (fixture->store, mark);
  store_fixture_wait (fixture, n + 1);
  g_assert_no_error (fixture->last_error);
  return mark;
}

static void
assert_list (StoreFixture *fixture, const char *id, const char *expected)
{
  g_autofree char *list = store_fixture_list (fixture, id);

  g_assert_cmpstr (list, ==, expected);
}

static guint64
get_delivered (StoreFixture *fixture, const char *receiver, const char *peer)
{
  g_autoptr (StoreAnswer) answer
      = store_fixture_read (fixture, receiver, peer, (StoreRange){ .limit = 1 });

  g_assert_no_error (answer->error);
  return answer->page.delivered;
}

static void
fill (StoreFixture *fixture, const char *from, const char *to, guint n)
{
  for (guint i = 1; i <= n; i++)
    store_fixture_put (fixture, from, to, NULL, "text", i);
}

static void
test_read_mark (StoreFixture *fixture, gconstpointer open)
{
  static const struct
  {
    const char *reader, *peer;
    guint64 seq, becomes;
    gboolean repeated;
  } cases[] = {
    { "alice", "bob", 3, 3, FALSE },          { "alice", "bob", 3, 3, TRUE },
    { "alice", "bob", 2, 2, TRUE }, /* never backward */
    { "alice", "bob", 4, 4, FALSE },          { "bob", "alice", 1, 1, FALSE },
    { "bob", "alice", 1000, 5, FALSE }, /* the newest there is */
    { "bob", "alice", G_MAXUINT64, 5, TRUE }, { "bob", "alice", 0, 0, TRUE },
    { "alice", "carol", 1, 0, TRUE }, /* there is nothing to be read */
  };

  fill (fixture, "bob", "alice", 5);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      StoreMessage *mark = put_mark (fixture, cases[i].reader, cases[i].peer, cases[i].seq);

      g_test_message ("case %u", i);
      g_assert_cmpint (mark->kind, ==, STORE_READ_MARK);
      g_assert_cmpuint (mark->seq, ==, cases[i].becomes);
      g_assert_cmpint (mark->repeated, ==, cases[i].repeated);
      if (i == 3)
        store_fixture_reopen (fixture);
    }
  assert_list (fixture, "alice", "bob last=5 time=5 read=4 delivered=5 peer_read=5\n");
  assert_list (fixture, "bob", "alice last=5 time=5 read=5 delivered=4 peer_read=4\n");
  assert_list (fixture, "carol", "");
}

/* Marks keep their place among messages, and take part in their batches. */
static void
test_read_in_order (StoreFixture *fixture, gconstpointer open)
{
  const guint n = 3000;

  for (guint i = 1; i <= n; i++)
    {
      store_append (fixture->store, store_message_new ("bob", "alice", NULL, "text", 4, i));
      store_append (fixture->store, store_read_mark_new ("alice", "bob", NULL, G_MAXUINT64));
    }
  store_fixture_wait (fixture, 2 * n);
  for (guint i = 0; i < n; i++)
    {
      StoreMessage *message = g_ptr_array_index (fixture->answered, 2 * i),
                   *mark = g_ptr_array_index (fixture->answered, 2 * i + 1);

      g_assert_cmpuint (message->seq, ==, i + 1);
      g_assert_cmpuint (mark->seq, ==, i + 1);
      g_assert_false (mark->repeated);
    }
  assert_list (fixture, "alice", "bob last=3000 time=3000 read=3000 delivered=0 peer_read=0\n");
}

/* Known at once, and after a restart; never backward, never beyond the newest. */
static void
test_delivered (StoreFixture *fixture, gconstpointer open)
{
  fill (fixture, "alice", "bob", 5);
  g_assert_cmpuint (get_delivered (fixture, "bob", "alice"), ==, 0);
  store_set_delivered (fixture->store, "bob", "alice", 2);
  g_assert_cmpuint (get_delivered (fixture, "bob", "alice"), ==, 2);
  g_assert_cmpuint (get_delivered (fixture, "alice", "bob"), ==, 0);
  assert_list (fixture, "alice", "bob last=5 time=5 read=0 delivered=2 peer_read=0\n");
  assert_list (fixture, "bob", "alice last=5 time=5 read=0 delivered=0 peer_read=0\n");
  store_set_delivered (fixture->store, "bob", "alice", 4);
  store_set_delivered (fixture->store, "bob", "alice", 3);
  store_set_delivered (fixture->store, "dora", "carol", 7); /* there is no such conversation */
  g_assert_cmpuint (get_delivered (fixture, "bob", "alice"), ==, 4);

  store_fixture_reopen (fixture);
  g_assert_cmpuint (get_delivered (fixture, "bob", "alice"), ==, 4);
  store_set_delivered (fixture->store, "bob", "alice", 1);
  g_assert_cmpuint (get_delivered (fixture, "bob", "alice"), ==, 4);
  store_set_delivered (fixture->store, "bob", "alice", 9);
  g_assert_cmpuint (get_delivered (fixture, "bob", "alice"), ==, 5);
  store_fixture_reopen (fixture);
  store_fixture_put (fixture, "alice", "bob", NULL, "text", 6);
  assert_list (fixture, "alice", "bob last=6 time=6 read=0 delivered=5 peer_read=0\n");
  assert_list (fixture, "dora", "");
}

/* So many that they are written before their time, while everybody can see them at any moment. */
static void
test_many_delivered (StoreFixture *fixture, gconstpointer open)
{
  const guint n = 9000;
  g_autofree char *list = NULL;
  g_auto (GStrv) lines = NULL;

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *peer = g_strdup_printf ("%u", i);

      store_append (fixture->store, store_message_new ("alice", peer, NULL, "text", 4, 1));
    }
  store_fixture_wait (fixture, n);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *peer = g_strdup_printf ("%u", i);

      store_set_delivered (fixture->store, peer, "alice", 1);
      if (i % 500 == 0)
        g_assert_cmpuint (get_delivered (fixture, peer, "alice"), ==, 1);
    }
  list = store_fixture_list (fixture, "alice");
  lines = g_strsplit (list, "\n", 0);
  g_assert_cmpuint (g_strv_length (lines), ==, n + 1);
  for (guint i = 0; i < n; i++)
    g_assert_nonnull (strstr (lines[i], " delivered=1 "));
}

static void
test_list (StoreFixture *fixture, gconstpointer open)
{
  store_fixture_put (fixture, "alice", "bob", NULL, "text", 3000);
  store_fixture_put (fixture, "carol", "alice", NULL, "text", 1000);
  store_fixture_put (fixture, "alice", "Zoe", NULL, "text", 2000);
  store_fixture_put (fixture, "Zoe", "alice", NULL, "text", 2000);
  store_fixture_put (fixture, "bob", "carol", NULL, "text", 9000);
  assert_list (fixture, "alice",
               "bob last=1 time=3000 read=0 delivered=0 peer_read=0\n"
               "Zoe last=2 time=2000 read=0 delivered=0 peer_read=0\n"
               "carol last=1 time=1000 read=0 delivered=0 peer_read=0\n");
  assert_list (fixture, "ali", "");

  store_fixture_reopen (fixture); /* what was recent is in its place now */
  store_fixture_put (fixture, "carol", "alice", NULL, "text", 4000);
  assert_list (fixture, "alice",
               "carol last=2 time=4000 read=0 delivered=0 peer_read=0\n"
               "bob last=1 time=3000 read=0 delivered=0 peer_read=0\n"
               "Zoe last=2 time=2000 read=0 delivered=0 peer_read=0\n");
}

static void
seen_cb (const char *id, gint64 time, gpointer user_data)
{
  GString *text = user_data;

  g_string_append_printf (text, "%s=%" G_GINT64_FORMAT " ", id, time);
}

static void
assert_seen (StoreFixture *fixture, const char *expected)
{
  g_autoptr (GString) text = g_string_new (NULL);

  store_load_seen (fixture->store, seen_cb, text);
  g_assert_cmpstr (text->str, ==, expected);
}

static void
test_seen (StoreFixture *fixture, gconstpointer open)
{
  assert_seen (fixture, "");
  store_set_seen (fixture->store, "alice", 1000);
  store_set_seen (fixture->store, "alice", 900);
  store_fixture_reopen (fixture);
  assert_seen (fixture, "alice=1000 ");
  store_set_seen (fixture->store, "alice", 1500);
  store_set_seen (fixture->store, "alice", 2000);
  store_fixture_reopen (fixture);
  assert_seen (fixture, "alice=2000 ");
}

/* Written within seconds, by a thread that has nothing else to do. */
static void
test_written_soon (StoreFixture *fixture, gconstpointer open)
{
  gint64 deadline = g_get_monotonic_time () + 60 * G_TIME_SPAN_SECOND;
  g_autoptr (GString) text = g_string_new (NULL);

  store_set_seen (fixture->store, "alice", 1000);
  while (text->len == 0)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      store_load_seen (fixture->store, seen_cb, text);
      g_thread_yield ();
    }
  g_assert_cmpstr (text->str, ==, "alice=1000 ");
}

static void
told_cb (const StorePage *page, const GError *error, gpointer user_data)
{
  store_set_delivered (user_data, "bob", "alice", 3);
}

/* What is told while the store is closing, by its own answers, is on disk afterwards. */
static void
test_told_while_closing (StoreFixture *fixture, gconstpointer open)
{
  fill (fixture, "alice", "bob", 5);
  store_read (fixture->store, "alice", "bob", &(StoreRange){ .limit = 1 }, told_cb, fixture->store);
  store_fixture_reopen (fixture);
  g_assert_cmpuint (get_delivered (fixture, "bob", "alice"), ==, 3);
}

void
store_suite_add_marks (const char *name, StoreOpenFunc open)
{
  store_suite_add_test (name, "read-mark", open, test_read_mark);
  store_suite_add_test (name, "read-in-order", open, test_read_in_order);
  store_suite_add_test (name, "delivered", open, test_delivered);
  store_suite_add_test (name, "many-delivered", open, test_many_delivered);
  store_suite_add_test (name, "list", open, test_list);
  store_suite_add_test (name, "seen", open, test_seen);
  store_suite_add_test (name, "written-soon", open, test_written_soon);
  store_suite_add_test (name, "told-while-closing", open, test_told_while_closing);
}
