/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Protocol 2: SEARCH. What counts as a word is tested with the folding and with the store; here, that the server finds
 * what was said, and says it as the document has it. */
#include <signal.h>
#include <string.h>

#include "tests/util/pair.h"

static void
log_in_again (Pair *p)
{
  g_clear_pointer (&p->alice, test_client_free);
  g_clear_pointer (&p->bob, test_client_free);
  p->alice = test_login2 (p->server, "alice");
  p->bob = test_login2 (p->server, "bob");
}

/* Alice says it to somebody who has no device there. */
static void
say (Pair *p, const char *to, guint seq, const char *text)
{
  g_autofree char *tags = g_strdup_printf ("seq=%u;time=*", seq);

  test_send (p->alice, "CHAT_MESSAGE %s %s", to, text);
  test_expect_tagged (p->alice, tags, "SENT %s", to);
}

static void
expect_count (TestClient *client, const char *request, guint count)
{
  test_send (client, "%s", request);
  for (guint i = 0; i < count; i++)
    test_expect_prefix (client, "@conv=");
  test_expect (client, "@count=%u SEARCH_END", count);
}

/* At once, though it is indexed behind the writer; the tags in the order of the document. */
static void
test_found_at_once (Pair *p, gconstpointer data)
{
  g_autofree char *time = NULL;

  test_send (p->alice, "@id=n1 CHAT_MESSAGE bob The quick brown fox\\njumps over C:\\\\dogs");
  test_expect_tagged (p->alice, "id=n1;seq=1;time=*", "SENT bob");
  time = g_strdup (test_tag (p->alice, "time"));
  test_expect (p->alice, "DELIVERED bob 1");
  test_expect_prefix (p->bob, "@conv=alice;");
  test_send (p->alice, "SEARCH QUICK jump");
  test_expect (p->alice, "@conv=bob;seq=1;from=alice;time=%s SEARCH_RESP The quick brown fox\\njumps over C:\\\\dogs", time);
  test_expect (p->alice, "@count=1 SEARCH_END");
  test_send (p->bob, "SEARCH dogs");
  test_expect (p->bob, "@conv=alice;seq=1;from=alice;time=%s SEARCH_RESP The quick brown fox\\njumps over C:\\\\dogs", time);
  test_expect (p->bob, "@count=1 SEARCH_END");
  test_send (p->bob, "SEARCH quick slow");
  test_expect (p->bob, "@count=0 SEARCH_END");
}

/* The newest first, as many as were asked for. */
static void
test_limit (Pair *p, gconstpointer data)
{
  for (guint seq = 1; seq <= 120; seq++)
    say (p, "carol", seq, seq % 2 ? "odd number" : "even number");
  expect_count (p->alice, "SEARCH number", 20);
  expect_count (p->alice, "@limit=7 SEARCH number", 7);
  expect_count (p->alice, "@limit=0 SEARCH number", 0);
  expect_count (p->alice, "@limit=100 SEARCH number", 100);
  expect_count (p->alice, "@limit=101 SEARCH number", 100);
  expect_count (p->alice, "@limit=18446744073709551615 SEARCH number", 100);
  expect_count (p->alice, "@limit=100 SEARCH even", 60);
  test_send (p->alice, "@limit=3 SEARCH odd");
  for (guint seq = 119; seq >= 115; seq -= 2)
    {
      g_autofree char *tags = g_strdup_printf ("conv=carol;seq=%u;from=alice;time=*", seq);

      test_expect_tagged (p->alice, tags, "SEARCH_RESP odd number");
    }
  test_expect (p->alice, "@count=3 SEARCH_END");
}

static void
test_conv (Pair *p, gconstpointer data)
{
  say (p, "carol", 1, "apple pie");
  say (p, "dave", 1, "apple juice");
  expect_count (p->alice, "SEARCH apple", 2);
  test_send (p->alice, "@limit=20;conv=dave SEARCH apple");
  test_expect_tagged (p->alice, "conv=dave;seq=1;from=alice;time=*", "SEARCH_RESP apple juice");
  test_expect (p->alice, "@count=1 SEARCH_END");
  expect_count (p->alice, "@conv=carol SEARCH juice", 0);
  expect_count (p->alice, "@conv=bob SEARCH apple", 0);
  expect_count (p->alice, "@conv=alice SEARCH apple", 0);
  expect_count (p->alice, "@conv= SEARCH apple", 2);
}

/* Nobody finds what others have said to each other. */
static void
test_own_only (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) carol = test_login2 (p->server, "carol");

  say (p, "dave", 1, "our secret");
  expect_count (p->bob, "SEARCH secret", 0);
  expect_count (p->bob, "@conv=alice SEARCH secret", 0);
  expect_count (p->bob, "@conv=dave SEARCH secret", 0);
  expect_count (carol, "SEARCH secret", 0);
  expect_count (p->alice, "SEARCH secret", 1);
}

/* Whatever is typed is looked for, and nothing of it is a query. */
static void
test_no_syntax (Pair *p, gconstpointer data)
{
  static const char *const typed[] = {
    "\"", "\"\"", "\"hello", "'", "''", "*", "hello*", "^hello", "hello AND", "AND", "OR", "NOT", "NEAR(", "NEAR(hello, 2)", "(", ")", "a:b", "text:hello", "-hello", "+", "{", "}",
    "%", "_", ";", "--", "/*", "\\\\", "\\n", "\\r\\n", "  ", "\t", ".", "\xe2\x80\x8b", "\xf0\x9f\x98\x80", "\xcc\x81", "\xe4\xbd\xa0\xe5\xa5\xbd", "hello OR 1=1",
    "0x0", "\xef\xbf\xbd", "\xf0\xaf\xa0\x80",
  };
  g_autofree char *longest = g_strnfill (8192, 'x');
  g_autoptr (GString) many = g_string_new (NULL);

  say (p, "carol", 1, "hello");
  for (guint i = 0; i < G_N_ELEMENTS (typed); i++)
    {
      const char *line;

      test_send (p->alice, "SEARCH %s", typed[i]);
      while (!g_str_has_suffix (line = test_line (p->alice), " SEARCH_END"))
        g_assert_true (g_str_has_suffix (line, " SEARCH_RESP hello"));
    }
  test_send (p->alice, "SEARCH %s", longest);
  test_expect (p->alice, "@count=0 SEARCH_END");
  for (guint i = 0; i < 4000; i++)
    g_string_append (many, "h ");
  test_send (p->alice, "SEARCH %s", many->str);
  test_expect_tagged (p->alice, "conv=carol;seq=1;from=alice;time=*", "SEARCH_RESP hello");
  test_expect (p->alice, "@count=1 SEARCH_END");
  many = g_string_truncate (many, 0);
  for (guint i = 0; i < 1400; i++)
    g_string_append_printf (many, "%u ", i);
  test_send (p->alice, "SEARCH %s", many->str);
  test_expect (p->alice, "@count=0 SEARCH_END");
}

/* In any script, from the beginning of a word, whatever its case and accents. */
static void
test_scripts (Pair *p, gconstpointer data)
{
  static const struct
  {
    const char *text;
    const char *words;
  } rows[] = {
    { "J\xc3\xb6rg a\xc3\x9f in M\xc3\xbcnchen", "JORG munch" },
    { "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82", "\xd0\xbf\xd1\x80\xd0\x98" },
    { "\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xb8\x96\xe7\x95\x8c", "\xe4\xb8\x96\xe7\x95\x8c" },
    { "\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88\xe3\x81\xa7\xe3\x81\x99", "\xe3\x82\xb9\xe3\x83\x88" },
    { "good \xf0\x9f\x91\x8d", "\xf0\x9f\x91\x8d" },
    { "room 4711b", "4711" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *tags = g_strdup_printf ("conv=dave;seq=%u;from=alice;time=*", i + 1);

      say (p, "dave", i + 1, rows[i].text);
      test_send (p->alice, "SEARCH %s", rows[i].words);
      test_expect_tagged (p->alice, tags, "SEARCH_RESP %s", rows[i].text);
      test_expect (p->alice, "@count=1 SEARCH_END");
    }
}

static void
test_errors (Pair *p, gconstpointer data)
{
  static const struct
  {
    const char *line;
    const char *tags;
    const char *code;
  } wrong[] = {
    { "@id=1 SEARCH", "id=1", "bad-arguments" },
    { "@id=2 SEARCH ", "id=2", "bad-arguments" },
    { "@id=3;limit=x SEARCH y", "id=3", "bad-arguments" },
    { "@id=4;limit=-1 SEARCH y", "id=4", "bad-arguments" },
    { "@id=5;conv=nobody SEARCH y", "id=5", "unknown-client" },
    { "@id=6;conv=#room SEARCH y", "id=6", "unknown-client" },
    { "@id=7 SEARCH \xff", "id=7", "bad-text" },
    { "@id=8 SEARCH_RESP x", "id=8", "unknown-verb" },
    { "@id=9 SEARCH_END", "id=9", "unknown-verb" },
  };
  g_autofree char *long_text = g_strnfill (8193, 'x');
  g_autofree char *long_name = g_strnfill (10000, 'x');

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      test_send (p->alice, "%s", wrong[i].line);
      test_expect_error_tagged (p->alice, wrong[i].tags, wrong[i].code);
    }
  test_send (p->alice, "@id=10 SEARCH %s", long_text);
  test_expect_error_tagged (p->alice, "id=10", "too-long");
  test_send (p->alice, "@id=11;conv=%s SEARCH x", long_name);
  test_expect_error_tagged (p->alice, "id=11", "unknown-client");
  test_expect_nothing (p->alice);
}

/* Many at once are answered one after the other, and messages go on meanwhile. */
static void
test_pipelined (Pair *p, gconstpointer data)
{
  g_autoptr (GString) all = g_string_new (NULL);
  const guint n = 50;

  for (guint i = 1; i <= n; i++)
    g_string_append_printf (all, "CHAT_MESSAGE carol number %u\n@limit=100 SEARCH number\n", i);
  test_send_bytes (p->alice, all->str, (gssize) all->len);
  for (guint i = 1; i <= n; i++)
    {
      test_expect_prefix (p->alice, "@seq=");
      for (guint seq = i; seq >= 1; seq--)
        {
          g_autofree char *tags = g_strdup_printf ("conv=carol;seq=%u;from=alice;time=*", seq);

          test_expect_tagged (p->alice, tags, "SEARCH_RESP number %u", seq);
        }
      test_expect (p->alice, "@count=%u SEARCH_END", i);
    }
}

/* A hundred answers that are each as long as the queue. */
static void
test_long_answers (void)
{
  g_autoptr (TestServer) server = test_server_new (PAIR_LIST, "limits.messages-per-second=0", "limits.send-queue-bytes=16384", NULL);
  g_autoptr (TestClient) alice = test_login2 (server, "alice");
  g_autofree char *filler = g_strnfill (8000, 'x');

  for (guint seq = 1; seq <= 110; seq++)
    {
      test_send (alice, "CHAT_MESSAGE bob needle %u %s", seq, filler);
      test_expect_prefix (alice, "@seq=");
    }
  for (guint i = 0; i < 3; i++)
    {
      test_send (alice, "@limit=100 SEARCH needle");
      for (guint seq = 110; seq > 10; seq--)
        {
          g_autofree char *tags = g_strdup_printf ("conv=bob;seq=%u;from=alice;time=*", seq);

          test_expect_tagged (alice, tags, "SEARCH_RESP needle %u %s", seq, filler);
        }
      test_expect (alice, "@count=100 SEARCH_END");
    }
}

/* What is found does not depend on when it was indexed. */
static void
test_survives (Pair *p, gconstpointer data)
{
  for (guint round = 1; round <= 3; round++)
    {
      g_autofree char *text = g_strdup_printf ("before restart %u", round);

      say (p, "carol", round, text);
      if (round == 2)
        expect_count (p->alice, "SEARCH restart", round);
      test_server_crash_and_restart (p->server);
      log_in_again (p);
      expect_count (p->alice, "SEARCH restart", round);
    }
  g_assert_cmpint (test_server_stop (p->server, SIGTERM), ==, 0);
  test_server_start (p->server);
  log_in_again (p);
  expect_count (p->alice, "SEARCH before", 3);
}

/* Each from the dialect in which it was said. */
static void
test_between_dialects (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) carol = test_login (p->server, "carol");

  test_send (carol, "CHAT_REQUEST bob");
  test_expect_started (carol, "bob");
  test_expect_started (p->bob, "carol");
  test_send (carol, "CHAT from base C:\\needle");
  test_expect_prefix (p->bob, "@conv=carol;");
  test_send (p->bob, "CHAT_MESSAGE carol from protocol 2:\\nneedle");
  test_expect_prefix (p->bob, "@seq=2;");
  test_expect (carol, "CHAT from protocol 2:");
  test_expect (carol, "CHAT needle");
  test_send (p->bob, "SEARCH needle");
  test_expect_tagged (p->bob, "conv=carol;seq=2;from=bob;time=*", "SEARCH_RESP from protocol 2:\\nneedle");
  test_expect_tagged (p->bob, "conv=carol;seq=1;from=carol;time=*", "SEARCH_RESP from base C:\\\\needle");
  test_expect (p->bob, "@count=2 SEARCH_END");
  test_expect_nothing (carol);
}

/* Who is taken off the list hides nobody else's messages, however many newer ones they have. */
static void
test_off_the_list (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) carol = NULL;

  say (p, "bob", 1, "needle one");
  test_expect (p->alice, "DELIVERED bob 1");
  say (p, "dave", 1, "needle two");
  for (guint seq = 1; seq <= 30; seq++)
    say (p, "carol", seq, "needle hidden");
  carol = test_login2 (p->server, "carol");
  test_server_rewrite_file (p->server, "ClientID-List", "alice\nbob\ndave\n");
  test_server_signal (p->server, SIGHUP);
  test_expect_error (carol, "not-allowed");

  log_in_again (p);
  test_send (p->alice, "@limit=1 SEARCH needle");
  test_expect_tagged (p->alice, "conv=dave;seq=1;from=alice;time=*", "SEARCH_RESP needle two");
  test_expect (p->alice, "@count=1 SEARCH_END");
  test_send (p->alice, "SEARCH needle");
  test_expect_tagged (p->alice, "conv=dave;seq=1;from=alice;time=*", "SEARCH_RESP needle two");
  test_expect_tagged (p->alice, "conv=bob;seq=1;from=alice;time=*", "SEARCH_RESP needle one");
  test_expect (p->alice, "@count=2 SEARCH_END");
}

#define ADD(path, func) g_test_add (path, Pair, NULL, pair_set_up, func, pair_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/proto2-search/found-at-once", test_found_at_once);
  ADD ("/proto2-search/limit", test_limit);
  ADD ("/proto2-search/conv", test_conv);
  ADD ("/proto2-search/own-only", test_own_only);
  ADD ("/proto2-search/no-syntax", test_no_syntax);
  ADD ("/proto2-search/scripts", test_scripts);
  ADD ("/proto2-search/errors", test_errors);
  ADD ("/proto2-search/pipelined", test_pipelined);
  g_test_add_func ("/proto2-search/long-answers", test_long_answers);
  ADD ("/proto2-search/survives", test_survives);
  ADD ("/proto2-search/between-dialects", test_between_dialects);
  ADD ("/proto2-search/off-the-list", test_off_the_list);
  return g_test_run ();
}
