/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Protocol 2: the history in pages. */
#include "tests/util/admin.h"
#include "tests/util/client.h"
#include "tests/util/server.h"

#define N 240

typedef struct
{
  TestServer *server;
  TestClient *alice;
  TestClient *bob;
} Pair;

/* 240 messages: who spoke and what, told from the seq alone. */
static const char *
speaker (guint64 seq)
{
  return seq % 3 ? "alice" : "bob";
}

static void
set_up (Pair *p, gconstpointer data)
{
  p->server = test_server_new ("alice\nbob\ncarol\n", "limits.messages-per-second=0", NULL);
  p->alice = test_login2 (p->server, "alice");
  p->bob = test_login2 (p->server, "bob");
  for (guint seq = 1; seq <= N; seq++)
    {
      g_autofree char *sent = g_strdup_printf ("id=n%u;seq=%u;time=*", seq, seq);
      gboolean by_alice = speaker (seq)[0] == 'a';
      TestClient *from = by_alice ? p->alice : p->bob;
      TestClient *to = by_alice ? p->bob : p->alice;

      test_send (from, "@id=n%u CHAT_MESSAGE %s text %u", seq, by_alice ? "bob" : "alice", seq);
      test_expect_tagged (from, sent, "SENT %s", by_alice ? "bob" : "alice");
      test_expect (from, "DELIVERED %s %u", by_alice ? "bob" : "alice", seq);
      test_line (to);
    }
}

static void
tear_down (Pair *p, gconstpointer data)
{
  test_client_free (p->alice);
  test_client_free (p->bob);
  test_server_free (p->server);
}

static void
expect_page (TestClient *client, const char *with, guint64 first, guint64 last, gboolean more)
{
  g_autofree char *end = g_strdup_printf ("count=%" G_GUINT64_FORMAT ";last=%d;more=%d",
                                          last + 1 - first, N, more);
  gint64 time = 0;

  for (guint64 seq = first; seq <= last; seq++)
    {
      g_autofree char *tags = g_strdup_printf ("seq=%" G_GUINT64_FORMAT ";from=%s;time=*;id=?", seq,
                                               speaker (seq));
      gint64 this_time;

      test_expect_tagged (client, tags, "HISTORY_RESP text %" G_GUINT64_FORMAT, seq);
      this_time = test_tag_time (client, "time");
      g_assert_cmpint (this_time, >=, time);
      time = this_time;
    }
  test_expect_tagged (client, end, "HISTORY_END %s", with);
}

static const struct
{
  const char *request;
  guint64 first;
  guint64 last; /* first - 1: an empty page */
  gboolean more;
} pages[] = {
  { "HISTORY_REQ bob", N - 49, N, TRUE },
  { "@limit=10 HISTORY_REQ bob", N - 9, N, TRUE },
  { "@limit=1 HISTORY_REQ bob", N, N, TRUE },
  { "@limit=200 HISTORY_REQ bob", N - 199, N, TRUE },
  { "@limit=201 HISTORY_REQ bob", N - 199, N, TRUE },
  { "@limit=100000000 HISTORY_REQ bob", N - 199, N, TRUE },
  { "@before=42 HISTORY_REQ bob", 1, 41, FALSE },
  { "@before=52 HISTORY_REQ bob", 2, 51, TRUE },
  { "@before=51 HISTORY_REQ bob", 1, 50, FALSE },
  { "@before=42;limit=5 HISTORY_REQ bob", 37, 41, TRUE },
  { "@limit=5;before=42 HISTORY_REQ bob", 37, 41, TRUE },
  { "@before=2 HISTORY_REQ bob", 1, 1, FALSE },
  { "@before=1 HISTORY_REQ bob", 1, 0, FALSE },
  { "@before=1000;limit=3 HISTORY_REQ bob", N - 2, N, TRUE },
  { "@before=18446744073709551615;limit=3 HISTORY_REQ bob", N - 2, N, TRUE },
  { "@after=0;limit=3 HISTORY_REQ bob", 1, 3, TRUE },
  { "@after=100 HISTORY_REQ bob", 101, 150, TRUE },
  { "@after=100;limit=200 HISTORY_REQ bob", 101, N, FALSE },
  { "@after=40;limit=200 HISTORY_REQ bob", 41, N, FALSE },
  { "@after=39;limit=200 HISTORY_REQ bob", 40, N - 1, TRUE },
  { "@after=239 HISTORY_REQ bob", N, N, FALSE },
  { "@after=240 HISTORY_REQ bob", N + 1, N, FALSE },
  { "@after=5000 HISTORY_REQ bob", N + 1, N, FALSE },
  { "@after=18446744073709551615 HISTORY_REQ bob", N + 1, N, FALSE },
  { "@unknown=1;limit=2 HISTORY_REQ bob", N - 1, N, TRUE },
};

static void
test_pages (Pair *p, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (pages); i++)
    {
      g_test_message ("%s", pages[i].request);
      test_send (p->alice, "%s", pages[i].request);
      expect_page (p->alice, "bob", pages[i].first, pages[i].last, pages[i].more);
    }
  test_expect_nothing (p->alice);
}

static void
test_same_for_the_other (Pair *p, gconstpointer data)
{
  test_send (p->bob, "@before=42;limit=5 HISTORY_REQ alice");
  expect_page (p->bob, "alice", 37, 41, TRUE);
}

/* All that there is, page after page, from both ends. */
static void
test_walk (Pair *p, gconstpointer data)
{
  for (guint64 before = N + 1; before > 1; before -= 48)
    {
      test_send (p->alice, "@before=%" G_GUINT64_FORMAT ";limit=48 HISTORY_REQ bob", before);
      expect_page (p->alice, "bob", before - 48, before - 1, before - 48 > 1);
    }
  for (guint64 after = 0; after < N; after += 48)
    {
      test_send (p->alice, "@after=%" G_GUINT64_FORMAT ";limit=48 HISTORY_REQ bob", after);
      expect_page (p->alice, "bob", after + 1, after + 48, after + 48 < N);
    }
}

/* Several questions in one write are answered one after the other. */
static void
test_pipelined (Pair *p, gconstpointer data)
{
  test_send_bytes (p->alice,
                   "@limit=2 HISTORY_REQ bob\n"
                   "@after=10;limit=2 HISTORY_REQ bob\n"
                   "@before=10;limit=2 HISTORY_REQ bob\n", -1);
  expect_page (p->alice, "bob", N - 1, N, TRUE);
  expect_page (p->alice, "bob", 11, 12, TRUE);
  expect_page (p->alice, "bob", 8, 9, TRUE);
}

static void
test_none (Pair *p, gconstpointer data)
{
  static const char *const requests[] = { "HISTORY_REQ carol", "@after=0 HISTORY_REQ carol",
                                          "@before=7 HISTORY_REQ carol" };

  for (guint i = 0; i < G_N_ELEMENTS (requests); i++)
    {
      test_send (p->alice, "%s", requests[i]);
      test_expect_tagged (p->alice, "count=0;last=0;more=0", "HISTORY_END carol");
    }
}

static void
test_after_kill (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) alice = NULL;

  test_server_crash_and_restart (p->server);
  alice = test_login2 (p->server, "alice");
  test_send (alice, "@after=100;limit=200 HISTORY_REQ bob");
  expect_page (alice, "bob", 101, N, FALSE);
}

/* Messages 1 to 900 were removed for their age, and 100 are left: no page has one outside of what was asked for, and none says that there
 * is more where nothing is. */
static void
test_removed (void)
{
  static const struct
  {
    const char *request;
    guint first;
    guint last; /* first - 1: an empty page */
    gboolean more;
  } asked[] = {
    { "HISTORY_REQ bob", 951, 1000, TRUE },
    { "@limit=100 HISTORY_REQ bob", 901, 1000, FALSE },
    { "@limit=200 HISTORY_REQ bob", 901, 1000, FALSE },
    { "@before=951 HISTORY_REQ bob", 901, 950, FALSE },
    { "@before=930 HISTORY_REQ bob", 901, 929, FALSE },
    { "@before=901 HISTORY_REQ bob", 901, 900, FALSE },
    { "@before=500 HISTORY_REQ bob", 901, 900, FALSE },
    { "@before=1 HISTORY_REQ bob", 901, 900, FALSE },
    { "@after=0 HISTORY_REQ bob", 901, 950, TRUE },
    { "@after=500;limit=3 HISTORY_REQ bob", 901, 903, TRUE },
    { "@after=900;limit=200 HISTORY_REQ bob", 901, 1000, FALSE },
    { "@after=100;before=500 HISTORY_REQ bob", 901, 900, FALSE },
    { "@after=100;before=904 HISTORY_REQ bob", 901, 903, FALSE },
    { "@after=1000 HISTORY_REQ bob", 1001, 1000, FALSE },
  };
  g_autoptr (TestServer) server = test_server_prepare ("alice\nbob\n", "limits.messages-per-second=0", NULL);
  g_autoptr (GString) lines = g_string_new ("{\"conversation\":[\"alice\",\"bob\"],\"removed\":900,\"time\":\"2026-11-23T10:00:00.000Z\"}\n");
  g_autoptr (TestClient) alice = NULL;

  for (guint seq = 901; seq <= 1000; seq++)
    g_string_append_printf (lines,
                            "{\"conversation\":[\"alice\",\"bob\"],\"seq\":%u,\"from\":\"alice\","
                            "\"time\":\"2026-11-23T10:00:00.000Z\",\"text\":\"text %u\"}\n",
                            seq, seq);
  test_server_rewrite_file (server, "lines", lines->str);
  g_free (test_admin (server, "import", "lines", NULL));
  test_server_start (server);
  alice = test_login2 (server, "alice");
  for (guint i = 0; i < G_N_ELEMENTS (asked); i++)
    {
      g_autofree char *end = g_strdup_printf ("count=%u;last=1000;more=%d", asked[i].last + 1 - asked[i].first, asked[i].more);

      g_test_message ("%s", asked[i].request);
      test_send (alice, "%s", asked[i].request);
      for (guint seq = asked[i].first; seq <= asked[i].last; seq++)
        {
          g_autofree char *tags = g_strdup_printf ("seq=%u;from=alice;time=*", seq);

          test_expect_tagged (alice, tags, "HISTORY_RESP text %u", seq);
        }
      test_expect_tagged (alice, end, "HISTORY_END bob");
    }
}

#define ADD(path, func) g_test_add (path, Pair, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/proto2-history/pages", test_pages);
  ADD ("/proto2-history/same-for-the-other", test_same_for_the_other);
  ADD ("/proto2-history/walk", test_walk);
  ADD ("/proto2-history/pipelined", test_pipelined);
  ADD ("/proto2-history/none", test_none);
  ADD ("/proto2-history/after-kill", test_after_kill);
  g_test_add_func ("/proto2-history/removed", test_removed);
  return g_test_run ();
}
