/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is searched for is found, and nothing else. */
#include "store-suite-private.h"

static void
assert_hits (StoreFixture *fixture,
             const char *id,
             const char *conv,
             const char *words,
             guint limit,
             const char *expected)
{
  g_autofree char *hits = store_fixture_search (fixture, id, conv, words, limit);

  g_test_message ("%s in %s: %s", id, conv != NULL ? conv : "all", words);
  g_assert_cmpstr (hits, ==, expected);
}

static void
test_words (StoreFixture *fixture, gconstpointer open)
{
  static const char *const texts[] = {
    "The quick brown fox",
    "jumps over the lazy DOG, quickly",
    "\xc3\x89t\xc3\xa9 \xc3\xa0 la plage",
    "\xe6\x9d\xb1\xe4\xba\xac\xe3\x81\xab\xe8\xa1\x8c\xe3\x81\x8f",
    "don't panic\nsecond line",
    "internationalization is long",
    "international too",
    "100% of 2048",
  };
  static const struct
  {
    const char *words;
    const char *seqs;
  } cases[] = {
    { "quick", "2 1" },
    { "QUICK", "2 1" },
    { "quickl", "2" },
    { "q", "2 1" },
    { "qu fox", "1" },
    { "fox quick", "1" },
    { "fox lazy", "" },
    { "uick", "" },
    { "dog", "2" },
    { "ete", "3" },
    { "\xc3\xa9t\xc3\xa9", "3" },
    { "plage", "3" },
    { "\xe6\x9d\xb1", "4" },
    { "\xe6\x9d\xb1\xe4\xba\xac", "4" },
    { "\xe4\xba\xac\xe6\x9d\xb1", "" },
    { "\xe8\xa1\x8c", "4" },
    { "don't", "5" },
    { "dont", "" },
    { "second pan", "5" },
    { "panic\nsecond", "5" },
    { "int", "7 6" },
    { "inter", "7 6" },
    { "international", "7 6" },
    { "internationalization", "6" },
    { "internationalizations", "" },
    { "2048", "8" },
    { "204", "8" },
    { "048", "" },
    { "", "" },
    { "   ", "" },
    { "%", "" },
    { "\"", "" },
    { "\"quick", "2 1" },
    { "* OR NEAR(", "" },
    { "quick AND fox", "" },
    { "NOT quick", "" },
    { "text:quick", "" },
    { "quick*", "2 1" },
    { "-quick", "2 1" },
    { "\xff\xfe quick \x01", "2 1" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    store_fixture_put (fixture, i % 2 == 0 ? "alice" : "bob", i % 2 == 0 ? "bob" : "alice", NULL,
                       texts[i], 1000 + i);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (GStrv) seqs = g_strsplit (cases[i].seqs, " ", 0);
      g_autoptr (GString) expected = g_string_new (NULL);

      for (char **seq = seqs; *seq != NULL && **seq != '\0'; seq++)
        {
          guint n = (guint)g_ascii_strtoull (*seq, NULL, 10);

          g_string_append_printf (expected, "bob %u %s: %s\n", n, n % 2 == 1 ? "alice" : "bob",
                                  texts[n - 1]);
        }
      assert_hits (fixture, "alice", "bob", cases[i].words, 10, expected->str);
      assert_hits (fixture, "alice", NULL, cases[i].words, 10, expected->str);
      assert_hits (fixture, "bob", "carol", cases[i].words, 10, "");
      assert_hits (fixture, "carol", NULL, cases[i].words, 10, "");
    }
  assert_hits (fixture, "bob", NULL, "quick", 1, "alice 2 bob: jumps over the lazy DOG, quickly\n");
  assert_hits (fixture, "bob", NULL, "quick", 0, "");
}

/* The newest of all conversations, and none of other people's. */
static void
test_newest (StoreFixture *fixture, gconstpointer open)
{
  store_fixture_put (fixture, "bob", "alice", NULL, "word a", 1000);
  store_fixture_put (fixture, "carol", "alice", NULL, "word b", 2000);
  store_fixture_put (fixture, "bob", "carol", NULL, "word none of hers", 2500);
  store_fixture_put (fixture, "alice", "bob", NULL, "word c", 3000);
  store_fixture_put (fixture, "alice", "carol", NULL, "word d", 4000);
  store_fixture_put (fixture, "alice", "bob", NULL, "something else", 5000);
  store_fixture_put (fixture, "alice", "Zoe", NULL, "word e", 500);

  assert_hits (fixture, "alice", NULL, "word", 10,
               "carol 2 alice: word d\nbob 2 alice: word c\ncarol 1 carol: word b\n"
               "bob 1 bob: word a\nZoe 1 alice: word e\n");
  assert_hits (fixture, "alice", NULL, "word", 3,
               "carol 2 alice: word d\nbob 2 alice: word c\ncarol 1 carol: word b\n");
  assert_hits (fixture, "alice", NULL, "word", 1, "carol 2 alice: word d\n");
  assert_hits (fixture, "alice", "bob", "word", 1, "bob 2 alice: word c\n");
}

/* Found from the moment it is stored; and by a later process. */
static void
test_at_once (StoreFixture *fixture, gconstpointer open)
{
  for (guint i = 1; i <= 300; i++)
    {
      g_autofree char *text = g_strdup_printf ("number%u", i);
      g_autofree char *expected = g_strdup_printf ("bob %u alice: number%u\n", i, i);

      store_fixture_put (fixture, "alice", "bob", NULL, text, i);
      assert_hits (fixture, "alice", NULL, text, 1, expected);
      if (i % 100 == 0)
        {
          store_fixture_put (fixture, "alice", "carol", NULL, text, i); /* not searched for */
          store_fixture_reopen (fixture);
          assert_hits (fixture, "alice", "bob", text, 1, expected);
        }
    }
  assert_hits (fixture, "carol", NULL, "number300", 1, "alice 3 alice: number300\n");
}

static void
fill (StoreFixture *fixture, const char *peer, guint n)
{
  guint before = fixture->answered->len;

  for (guint i = 1; i <= n; i++)
    {
      g_autofree char *text = g_strdup_printf ("common part%u", i);

      store_append (fixture->store,
                    store_message_new ("alice", peer, NULL, text, strlen (text), i));
    }
  store_fixture_wait (fixture, before + n);
}

/* More messages than are indexed at once, and beginnings that are those of very many words. */
static void
test_many (StoreFixture *fixture, gconstpointer open)
{
  fill (fixture, "bob", 10000);
  fill (fixture, "carol", 10000);
  assert_hits (fixture, "alice", "bob", "part10000", 5, "bob 10000 alice: common part10000\n");
  assert_hits (fixture, "alice", "bob", "part1000", 5,
               "bob 10000 alice: common part10000\nbob 1000 alice: common part1000\n");
  assert_hits (fixture, "alice", "carol", "common part", 2,
               "carol 10000 alice: common part10000\ncarol 9999 alice: common part9999\n");
  /* Many words begin so; those that do are far from the end. */
  assert_hits (fixture, "alice", "carol", "part1", 3,
               "carol 10000 alice: common part10000\ncarol 1999 alice: common part1999\n"
               "carol 1998 alice: common part1998\n");
  assert_hits (fixture, "alice", "bob", "common-part1", 2,
               "bob 10000 alice: common part10000\nbob 1999 alice: common part1999\n");
  assert_hits (fixture, "alice", "bob", "common-art1", 2, "");
  assert_hits (fixture, "alice", "carol", "part common", 1,
               "carol 10000 alice: common part10000\n");

  /* What follows one another begins within what does so in the middle of a word. */
  store_fixture_put (fixture, "alice", "bob", NULL, "xpart1-part1-part1", 20000);
  assert_hits (fixture, "alice", "bob", "part1-part1", 1, "bob 10001 alice: xpart1-part1-part1\n");
}

/* More conversations than are looked into one by one. */
static void
test_many_conversations (StoreFixture *fixture, gconstpointer open)
{
  const guint n = 500;

  for (guint i = 0; i < 2 * n; i++)
    {
      g_autofree char *text = g_strdup_printf ("common part%u", i);
      g_autofree char *peer = g_strdup_printf ("peer%u", i % n);

      store_append (fixture->store,
                    store_message_new (peer, "alice", NULL, text, strlen (text), i));
      store_append (fixture->store, store_message_new (peer, "bob", NULL, text, strlen (text), i));
    }
  store_fixture_wait (fixture, 4 * n);
  assert_hits (fixture, "alice", NULL, "part7", 2,
               "peer299 2 peer299: common part799\npeer298 2 peer298: common part798\n");
  assert_hits (fixture, "alice", NULL, "part77", 20,
               "peer279 2 peer279: common part779\npeer278 2 peer278: common part778\n"
               "peer277 2 peer277: common part777\npeer276 2 peer276: common part776\n"
               "peer275 2 peer275: common part775\npeer274 2 peer274: common part774\n"
               "peer273 2 peer273: common part773\npeer272 2 peer272: common part772\n"
               "peer271 2 peer271: common part771\npeer270 2 peer270: common part770\n"
               "peer77 1 peer77: common part77\n");
  assert_hits (fixture, "alice", NULL, "part3 common", 1, "peer399 1 peer399: common part399\n");
  assert_hits (fixture, "alice", NULL, "part0", 20, "peer0 1 peer0: common part0\n");
  assert_hits (fixture, "alice", NULL, "nothing", 20, "");
  assert_hits (fixture, "peer7", NULL, "part7", 1, "bob 1 peer7: common part7\n");
}

typedef struct
{
  StoreFixture *fixture;
  guint n;
} Searches;

static void
count_cb (const StoreHit *hits, guint n_hits, const GError *error, gpointer user_data)
{
  Searches *searches = user_data;

  g_assert_no_error (error);
  g_assert_cmpuint (n_hits, >=, 10);
  for (guint i = 0; i < n_hits; i++)
    g_assert_cmpstr (hits[i].message.text, ==, "some text");
  g_mutex_lock (&searches->fixture->lock);
  searches->n++;
  g_cond_broadcast (&searches->fixture->changed);
  g_mutex_unlock (&searches->fixture->lock);
}

/* Many searches at once, while many messages come. */
static void
test_while_writing (StoreFixture *fixture, gconstpointer open)
{
  Searches searches = { fixture, 0 };

  for (guint i = 0; i < 10; i++)
    store_fixture_put (fixture, "alice", "bob", NULL, "some text", 1);
  for (guint i = 0; i < 20000; i++)
    {
      g_autofree char *peer = g_strdup_printf ("peer%u", i % 13);

      store_append (fixture->store, store_message_new ("alice", peer, NULL, "some text", 9, i));
      if (i % 400 == 0)
        store_search (fixture->store, "alice", i % 800 == 0 ? NULL : "bob", "text", 20, count_cb,
                      &searches);
    }
  store_fixture_wait (fixture, 20010);
  g_mutex_lock (&fixture->lock);
  while (searches.n < 50)
    g_cond_wait (&fixture->changed, &fixture->lock);
  g_mutex_unlock (&fixture->lock);
}

static void
closed_cb (const StoreHit *hits, guint n_hits, const GError *error, gpointer user_data)
{
  if (hits == NULL)
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_atomic_int_inc ((int *)user_data);
}

/* Everybody who waits is answered. */
static void
test_close (StoreFixture *fixture, gconstpointer open)
{
  int n = 0;

  fill (fixture, "bob", 5000);
  for (guint i = 0; i < 100; i++)
    store_search (fixture->store, "alice", NULL, "part", 10, closed_cb, &n);
  store_fixture_close (fixture);
  g_assert_cmpint (n, ==, 100);
}

/* What was removed is not found any more, and what came afterwards is. */
static void
test_removed (StoreFixture *fixture, gconstpointer open)
{
  gint64 deadline = g_get_monotonic_time () + 60 * G_TIME_SPAN_SECOND;
  g_autofree char *hits = NULL;

  fill (fixture, "bob", 1300);
  store_fixture_put (fixture, "alice", "bob", NULL, "common news", g_get_real_time () / 1000);
  hits = store_fixture_search (fixture, "alice", "bob", "common part7", 1);
  g_assert_cmpstr (hits, ==, "bob 799 alice: common part799\n");

  fixture->retention_days = 1;
  store_fixture_reopen (fixture);
  while (*hits != '\0')
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_free (hits);
      hits = store_fixture_search (fixture, "alice", NULL, "part", 1);
    }
  assert_hits (fixture, "alice", "bob", "common", 10, "bob 1301 alice: common news\n");
  store_fixture_put (fixture, "alice", "bob", NULL, "common text", g_get_real_time () / 1000);
  assert_hits (fixture, "alice", "bob", "common text", 10, "bob 1302 alice: common text\n");
}

void
store_suite_add_search (const char *name, StoreOpenFunc open)
{
  store_suite_add_test (name, "search-words", open, test_words);
  store_suite_add_test (name, "search-newest", open, test_newest);
  store_suite_add_test (name, "search-at-once", open, test_at_once);
  store_suite_add_test (name, "search-many", open, test_many);
  store_suite_add_test (name, "search-many-conversations", open, test_many_conversations);
  store_suite_add_test (name, "search-while-writing", open, test_while_writing);
  store_suite_add_test (name, "search-close", open, test_close);
  store_suite_add_test (name, "search-removed", open, test_removed);
}
