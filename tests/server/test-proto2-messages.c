/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Protocol 2: messages that are answered by SENT, devices, and receivers who are not there. */
#include <signal.h>
#include <string.h>

#include "tests/util/pair.h"

static gint64
now_ms (void)
{
  return g_get_real_time () / 1000;
}

/* It needs no chat: the contract has it so. Seqs count one conversation, whoever speaks. */
static void
test_sent_and_received (Pair *p, gconstpointer data)
{
  gint64 before = now_ms (), sent, received;

  test_send (p->alice, "@id=n1 CHAT_MESSAGE bob hello");
  test_expect_tagged (p->alice, "id=n1;seq=1;time=*", "SENT bob");
  sent = test_tag_time (p->alice, "time");
  test_expect (p->alice, "DELIVERED bob 1");
  test_expect_tagged (p->bob, "conv=alice;from=alice;seq=1;time=*;id=n1", "CHAT hello");
  received = test_tag_time (p->bob, "time");
  g_assert_cmpint (sent, ==, received);
  g_assert_cmpint (sent, >=, before);
  g_assert_cmpint (sent, <=, now_ms ());

  test_send (p->bob, "@id=n2 CHAT_MESSAGE alice back");
  test_expect_tagged (p->bob, "id=n2;seq=2;time=*", "SENT alice");
  test_expect (p->bob, "DELIVERED alice 2");
  test_expect_tagged (p->alice, "conv=bob;from=bob;seq=2;time=*;id=n2", "CHAT back");
  test_expect_nothing (p->alice);
  test_expect_nothing (p->bob);
}

static void
test_in_a_chat (Pair *p, gconstpointer data)
{
  test_send (p->alice, "CHAT_REQUEST bob");
  test_expect_started (p->alice, "bob");
  test_expect_started (p->bob, "alice");
  test_send (p->alice, "@id=n1 CHAT_MESSAGE bob hello");
  test_expect_tagged (p->alice, "id=n1;seq=1;time=*", "SENT bob");
  test_expect_tagged (p->bob, "conv=alice;from=alice;seq=1;time=*;id=n1", "CHAT hello");
}

static void
test_without_id (Pair *p, gconstpointer data)
{
  for (guint i = 1; i <= 2; i++)
    {
      test_send (p->alice, "CHAT_MESSAGE bob nameless");
      test_expect_prefix (p->alice, "@");
      g_assert_cmpuint (test_tag_uint (p->alice, "seq"), ==, i);
      test_expect (p->alice, "DELIVERED bob %u", i);
      test_expect_prefix (p->bob, "@");
      g_assert_cmpuint (test_tag_uint (p->bob, "seq"), ==, i);
      g_assert_null (test_tag (p->bob, "id"));
    }
}

static const char *const texts[] = {
  "plain", "  spaces  kept  ", "line\\nend", "\\r\\n", "back\\\\slash", "\\\\n is no line end",
  "\ttab", "semi;colon @x=y",
  "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80", "\\n\\n\\n", "trailing \\\\",
};

static void
test_texts (Pair *p, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *tags = g_strdup_printf ("conv=alice;from=alice;seq=%u;time=*;id=n%u", i + 1, i);

      test_send (p->alice, "@id=n%u CHAT_MESSAGE bob %s", i, texts[i]);
      test_expect_tagged (p->bob, tags, "CHAT %s", texts[i]);
    }
}

/* 8,192 bytes after unescaping, and 16,000 before: so that each receiver's line has room for it. */
static void
test_longest_text (Pair *p, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *nonce = g_strnfill (64, 'n');
  g_autofree char *sent = g_strdup_printf ("id=%s;seq=1;time=*", nonce);
  g_autofree char *received = g_strdup_printf ("conv=alice;from=alice;seq=1;time=*;id=%s", nonce);

  for (guint i = 0; i < 7808; i++)
    g_string_append (text, "\\n");
  for (guint i = 0; i < 384; i++)
    g_string_append_c (text, 'x');
  test_send (p->alice, "@id=%s CHAT_MESSAGE bob %s", nonce, text->str);
  test_expect_tagged (p->alice, sent, "SENT bob");
  test_expect (p->alice, "DELIVERED bob 1");
  test_expect_tagged (p->bob, received, "CHAT %s", text->str);
  test_send (p->alice, "@id=2 CHAT_MESSAGE bob %sx", text->str);
  test_expect_error_tagged (p->alice, "id=2", "too-long");
}

/* No line is longer than the contract allows, whatever texts base clients send. */
static void
test_escapes_fit (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) carol = test_login (p->server, "carol");
  g_autofree char *fits = g_strnfill (8000, '\\');
  g_autofree char *over = g_strnfill (8001, '\\');
  g_autofree char *escaped = g_strnfill (16000, '\\');

  test_send (carol, "CHAT_REQUEST alice");
  test_expect_started (carol, "alice");
  test_expect_started (p->alice, "carol");
  test_send (carol, "CHAT %s", over);
  test_expect_error (carol, "too-long");
  test_send (carol, "CHAT %s", fits);
  test_expect_tagged (p->alice, "conv=carol;from=carol;seq=1;time=*;id=?", "CHAT %s", escaped);
}

static void
test_tags (Pair *p, gconstpointer data)
{
  static const struct
  {
    const char *tags;
    const char *id;
  } cases[] = {
    { "@id=plain", "plain" },
    { "@unknown=1;id=n2;+vendor.example/key=v;flag", "n2" },
    { "@id=semi\\:colon", "semi\\:colon" },
    { "@id=a\\sb\\\\c\\rd\\ne", "a\\sb\\\\c\\rd\\ne" },
    { "@id=a=b", "a=b" },
    { "@id=\xe2\x82\xac", "\xe2\x82\xac" },
    { "@seq=99;time=2000-01-01T00:00:00.000Z;from=carol;conv=dave;id=n3", "n3" }, /* not its to say */
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *sent = g_strdup_printf ("id=%s;seq=%u;time=*", cases[i].id, i + 1);
      g_autofree char *received = g_strdup_printf ("conv=alice;from=alice;seq=%u;time=*;id=%s",
                                                   i + 1, cases[i].id);
      gint64 before = now_ms ();

      test_send (p->alice, "%s CHAT_MESSAGE bob x", cases[i].tags);
      test_expect_tagged (p->alice, sent, "SENT bob");
      g_assert_cmpint (test_tag_time (p->alice, "time"), >=, before);
      test_expect (p->alice, "DELIVERED bob %u", i + 1);
      test_expect_tagged (p->bob, received, "CHAT x");
    }
}

static void
test_pipelined (Pair *p, gconstpointer data)
{
  g_autoptr (GString) all = g_string_new (NULL);
  const guint n = 1000;
  gint64 last = 0;

  for (guint i = 1; i <= n; i++)
    g_string_append_printf (all, "@id=%u CHAT_MESSAGE bob text %u\n", i, i);
  test_send_bytes (p->alice, all->str, (gssize) all->len);
  for (guint i = 1; i <= n; i++)
    {
      g_autofree char *sent = g_strdup_printf ("id=%u;seq=%u;time=*", i, i);
      g_autofree char *received = g_strdup_printf ("conv=alice;from=alice;seq=%u;time=*;id=%u", i, i);
      gint64 time;

      test_expect_tagged (p->alice, sent, "SENT bob");
      time = test_tag_time (p->alice, "time");
      g_assert_cmpint (time, >=, last);
      last = time;
      test_expect (p->alice, "DELIVERED bob %u", i);
      test_expect_tagged (p->bob, received, "CHAT text %u", i);
    }
}

/* The same id again */

static void
expect_same_sent (TestClient *alice, const char *time)
{
  g_autofree char *tags = g_strdup_printf ("id=n1;seq=1;time=%s", time);

  test_send (alice, "@id=n1 CHAT_MESSAGE bob hello");
  test_expect_tagged (alice, tags, "SENT bob");
}

static void
test_same_id (Pair *p, gconstpointer data)
{
  g_autofree char *time = NULL;

  test_send (p->alice, "@id=n1 CHAT_MESSAGE bob hello");
  test_expect_tagged (p->alice, "id=n1;seq=1;time=*", "SENT bob");
  time = g_strdup (test_tag (p->alice, "time"));
  test_expect (p->alice, "DELIVERED bob 1");
  test_expect_tagged (p->bob, "conv=alice;from=alice;seq=1;time=*;id=n1", "CHAT hello");
  expect_same_sent (p->alice, time);
  expect_same_sent (p->alice, time);
  test_expect_nothing (p->bob);

  /* Neither a new connection nor a new server forgets it. */
  g_clear_pointer (&p->alice, test_client_free);
  p->alice = test_login2 (p->server, "alice");
  expect_same_sent (p->alice, time);
  test_server_crash_and_restart (p->server);
  g_clear_pointer (&p->alice, test_client_free);
  g_clear_pointer (&p->bob, test_client_free);
  p->alice = test_login2 (p->server, "alice");
  p->bob = test_login2 (p->server, "bob");
  expect_same_sent (p->alice, time);
  test_expect_nothing (p->bob);

  /* It was not counted either. */
  test_send (p->alice, "@id=n2 CHAT_MESSAGE bob two");
  test_expect_tagged (p->alice, "id=n2;seq=2;time=*", "SENT bob");
}

/* The id is the sender's own, and the conversation's. */
static void
test_same_id_elsewhere (Pair *p, gconstpointer data)
{
  test_send (p->alice, "@id=n1 CHAT_MESSAGE bob one");
  test_expect_tagged (p->alice, "id=n1;seq=1;time=*", "SENT bob");
  test_expect (p->alice, "DELIVERED bob 1");
  test_expect_tagged (p->bob, "conv=alice;from=alice;seq=1;time=*;id=n1", "CHAT one");
  test_send (p->bob, "@id=n1 CHAT_MESSAGE alice two");
  test_expect_tagged (p->bob, "id=n1;seq=2;time=*", "SENT alice");
  test_expect (p->bob, "DELIVERED alice 2");
  test_expect_tagged (p->alice, "conv=bob;from=bob;seq=2;time=*;id=n1", "CHAT two");
  test_send (p->alice, "@id=n1 CHAT_MESSAGE carol three");
  test_expect_tagged (p->alice, "id=n1;seq=1;time=*", "SENT carol");
}

/* Twice before the first is stored. */
static void
test_same_id_at_once (Pair *p, gconstpointer data)
{
  for (guint i = 1; i <= 30; i++)
    {
      g_autofree char *line = g_strdup_printf ("@id=n%u CHAT_MESSAGE bob hello %u\n", i, i);
      g_autofree char *twice = g_strconcat (line, line, NULL);
      g_autofree char *received = g_strdup_printf ("conv=alice;from=alice;seq=%u;time=*;id=n%u", i, i);
      g_autofree char *sent = g_strdup_printf ("id=n%u;seq=%u;time=*", i, i);
      const char *time;

      test_send_bytes (p->alice, twice, -1);
      test_expect_tagged (p->alice, sent, "SENT bob");
      time = test_tag (p->alice, "time");
      test_expect (p->alice, "DELIVERED bob %u", i);
      test_expect_tagged (p->alice, sent, "SENT bob");
      g_assert_cmpstr (test_tag (p->alice, "time"), ==, time);
      test_expect_tagged (p->bob, received, "CHAT hello %u", i);
    }
  test_expect_nothing (p->bob);
}

/* Devices */

static void
test_devices (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) alice_phone = test_login2 (p->server, "alice");
  g_autoptr (TestClient) bob_phone = test_login2 (p->server, "bob");

  test_send (p->alice, "@id=n1 CHAT_MESSAGE bob hello");
  test_expect_tagged (p->alice, "id=n1;seq=1;time=*", "SENT bob");
  test_expect (p->alice, "DELIVERED bob 1");
  test_expect_tagged (p->bob, "conv=alice;from=alice;seq=1;time=*;id=n1", "CHAT hello");
  test_expect_tagged (bob_phone, "conv=alice;from=alice;seq=1;time=*;id=n1", "CHAT hello");
  test_expect_tagged (alice_phone, "conv=bob;from=alice;seq=1;time=*;id=n1", "CHAT hello");
  test_expect (alice_phone, "DELIVERED bob 1");
  test_expect_nothing (p->alice); /* its own message does not come back to who sent it */

  test_send (bob_phone, "@id=m1 CHAT_MESSAGE alice back");
  test_expect_tagged (bob_phone, "id=m1;seq=2;time=*", "SENT alice");
  test_expect_tagged (p->alice, "conv=bob;from=bob;seq=2;time=*;id=m1", "CHAT back");
  test_expect_tagged (alice_phone, "conv=bob;from=bob;seq=2;time=*;id=m1", "CHAT back");
  test_expect_tagged (p->bob, "conv=alice;from=bob;seq=2;time=*;id=m1", "CHAT back");
  test_expect (bob_phone, "DELIVERED alice 2");
  test_expect (p->bob, "DELIVERED alice 2");
}

/* One of bob's devices leaving ends nothing: bob is still there. */
static void
test_one_device_leaves (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) bob_phone = test_login2 (p->server, "bob");

  test_send (p->alice, "CHAT_REQUEST bob");
  test_expect_started (p->alice, "bob");
  test_expect_started (p->bob, "alice");
  test_expect_started (bob_phone, "alice");
  g_clear_pointer (&bob_phone, test_client_free);
  test_send (p->alice, "@id=n1 CHAT_MESSAGE bob hello");
  test_expect_tagged (p->alice, "id=n1;seq=1;time=*", "SENT bob");
  test_expect_tagged (p->bob, "conv=alice;from=alice;seq=1;time=*;id=n1", "CHAT hello");
}

/* Whoever is not there finds it later. */
static void
test_offline (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) dave = NULL;

  test_send (p->alice, "@id=n1 CHAT_MESSAGE dave are you there?");
  test_expect_tagged (p->alice, "id=n1;seq=1;time=*", "SENT dave");
  test_send (p->alice, "@id=n2 CHAT_MESSAGE dave line\\nend");
  test_expect_tagged (p->alice, "id=n2;seq=2;time=*", "SENT dave");
  dave = test_login2 (p->server, "dave");
  test_send (dave, "@after=0 HISTORY_REQ alice");
  test_expect_tagged (dave, "seq=1;from=alice;time=*;id=?", "HISTORY_RESP are you there?");
  test_expect_tagged (dave, "seq=2;from=alice;time=*;id=?", "HISTORY_RESP line\\nend");
  test_expect_tagged (dave, "count=2;last=2;more=0", "HISTORY_END alice");
}

/* Base receivers */

/* The lines of alice up to the SENT; one of them may be about the chat. */
static void
expect_sent_somewhere (TestClient *alice, const char *tags, const char *whom)
{
  g_autofree char *wanted = g_strdup_printf ("SENT %s", whom);

  while (!g_str_has_suffix (test_line (alice), wanted))
    ;
  g_assert_nonnull (test_tag (alice, "seq"));
  g_assert_cmpstr (test_tag (alice, "id"), ==, tags);
}

/* A free base client: a chat with it is opened first, of which both are told. */
static void
test_to_free_base (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) carol = test_login (p->server, "carol");
  guint64 session;
  gboolean started = FALSE, sent = FALSE;

  test_send (p->alice, "@id=n1 CHAT_MESSAGE carol one\\ntwo");
  session = test_expect_started (carol, "alice");
  test_expect (carol, "CHAT one");
  test_expect (carol, "CHAT two");
  while (!started || !sent)
    {
      g_autofree char *wanted = g_strdup_printf ("CHAT_STARTED %" G_GUINT64_FORMAT " carol", session);
      const char *line = test_line (p->alice);

      if (g_str_equal (line, wanted))
        started = TRUE;
      else if (g_str_has_suffix (line, " SENT carol"))
        sent = TRUE;
      else
        test_fail ("unexpected \"%s\"", line);
    }

  /* It is a chat like any other. */
  test_send (carol, "CHAT three");
  test_expect_tagged (p->alice, "conv=carol;from=carol;seq=2;time=*;id=?", "CHAT three");
  test_send (carol, "END_REQUEST alice");
  test_expect (p->alice, "END_NOTIF carol");
  test_send (carol, "HISTORY_REQ alice");
  test_expect (carol, "HISTORY_RESP From alice: one");
  test_expect (carol, "HISTORY_RESP From alice: two");
  test_expect (carol, "HISTORY_RESP From carol: three");
  test_expect_nothing (carol);
}

/* A busy one finds it in its history. */
static void
test_to_busy_base (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) carol = test_login (p->server, "carol");
  g_autoptr (TestClient) dave = test_login (p->server, "dave");

  test_send (carol, "CHAT_REQUEST dave");
  test_expect_started (carol, "dave");
  test_expect_started (dave, "carol");
  test_send (p->alice, "@id=n1 CHAT_MESSAGE carol for later");
  test_expect_tagged (p->alice, "id=n1;seq=1;time=*", "SENT carol");
  test_expect_nothing (carol);
  test_send (carol, "CHAT to dave alone");
  test_expect (dave, "CHAT to dave alone");
  test_send (carol, "HISTORY_REQ alice");
  test_expect (carol, "HISTORY_RESP From alice: for later");
  test_expect_nothing (carol);
}

/* Somebody with a base client and a device: the device always has it; the base client within a chat that it is free for. */
static void
test_to_base_and_device (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) alice_phone = test_login2 (p->server, "alice");
  g_autoptr (TestClient) carol = test_login (p->server, "carol");
  g_autoptr (TestClient) carol_phone = test_login2 (p->server, "carol");
  g_autoptr (TestClient) dave = test_login (p->server, "dave");

  test_send (p->alice, "@id=n1 CHAT_MESSAGE carol one");
  test_expect_tagged (p->alice, "id=n1;seq=1;time=*", "SENT carol");
  test_expect_started (p->alice, "carol");
  test_expect (p->alice, "DELIVERED carol 1");
  test_expect_started (alice_phone, "carol");
  test_expect_tagged (alice_phone, "conv=carol;from=alice;seq=1;time=*;id=n1", "CHAT one");
  test_expect (alice_phone, "DELIVERED carol 1");
  test_expect_started (carol, "alice");
  test_expect (carol, "CHAT one");
  test_expect_started (carol_phone, "alice");
  test_expect_tagged (carol_phone, "conv=alice;from=alice;seq=1;time=*;id=n1", "CHAT one");

  test_send (carol, "END_REQUEST alice");
  test_expect (p->alice, "END_NOTIF carol");
  test_expect (alice_phone, "END_NOTIF carol");
  test_expect (carol_phone, "END_NOTIF alice");
  test_send (dave, "CHAT_REQUEST carol");
  test_expect_started (dave, "carol");
  test_expect_started (carol, "dave");
  test_expect_started (carol_phone, "dave");
  test_send (p->alice, "@id=n2 CHAT_MESSAGE carol two");
  test_expect_tagged (p->alice, "id=n2;seq=2;time=*", "SENT carol");
  test_expect (p->alice, "DELIVERED carol 2");
  test_expect_tagged (carol_phone, "conv=alice;from=alice;seq=2;time=*;id=n2", "CHAT two");
  test_expect_nothing (carol);
  test_send (carol, "HISTORY_REQ alice");
  test_expect (carol, "HISTORY_RESP From alice: one");
  test_expect (carol, "HISTORY_RESP From alice: two");
}

/* The sender's other devices have it even when nobody else is there. */
static void
test_devices_and_nobody (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) alice_phone = test_login2 (p->server, "alice");

  test_send (p->alice, "@id=n1 CHAT_MESSAGE dave later");
  test_expect_tagged (p->alice, "id=n1;seq=1;time=*", "SENT dave");
  test_expect_tagged (alice_phone, "conv=dave;from=alice;seq=1;time=*;id=n1", "CHAT later");
  test_send (alice_phone, "@id=n1 CHAT_MESSAGE dave later"); /* the id is the Client-ID's, not the device's */
  test_expect_tagged (alice_phone, "id=n1;seq=1;time=*", "SENT dave");
  test_expect_nothing (alice_phone);
  test_expect_nothing (p->alice);
}

/* CHAT names nobody: it is clear with one chat, and only then. */
static void
test_chat_without_name (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) carol = test_login2 (p->server, "carol");

  test_send (p->alice, "@id=n1 CHAT hello?");
  test_expect (p->alice, "@id=n1 UNREACHABLE");
  test_send (p->alice, "CHAT_REQUEST bob");
  test_expect_started (p->alice, "bob");
  test_expect_started (p->bob, "alice");
  test_send (p->alice, "@id=n1 CHAT hello!");
  test_expect_tagged (p->alice, "id=n1;seq=1;time=*", "SENT bob");
  test_expect (p->alice, "DELIVERED bob 1");
  test_expect_tagged (p->bob, "conv=alice;from=alice;seq=1;time=*;id=n1", "CHAT hello!");
  test_send (p->alice, "CHAT_REQUEST carol");
  test_expect_started (p->alice, "carol");
  test_send (p->alice, "@id=n2 CHAT to whom?");
  test_expect (p->alice, "@id=n2 UNREACHABLE");
  test_send (p->alice, "@id=n3 CHAT_MESSAGE alice to myself");
  test_expect_error_tagged (p->alice, "id=n3", "not-allowed");
  test_expect_nothing (p->bob);
}

/* A base client's message reaches its own devices too. */
static void
test_base_beside_devices (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) base = test_login (p->server, "alice");
  g_autoptr (TestClient) carol = test_login (p->server, "carol");

  test_send (base, "CHAT_REQUEST carol");
  test_expect_started (base, "carol");
  test_expect_started (carol, "alice");
  test_send (base, "CHAT hello");
  test_expect (carol, "CHAT hello");
  while (!g_str_has_suffix (test_line (p->alice), " CHAT hello"))
    ; /* its device may be told of the chat */
  g_assert_cmpstr (test_tag (p->alice, "conv"), ==, "carol");
  g_assert_cmpstr (test_tag (p->alice, "from"), ==, "alice");
  g_assert_cmpuint (test_tag_uint (p->alice, "seq"), ==, 1);
}

/* A long line end story: the pair's history is one, whatever each message came from. */
static void
test_mixed_history (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) carol = test_login (p->server, "carol");

  test_send (carol, "CHAT_REQUEST alice");
  test_expect_started (carol, "alice");
  test_expect_started (p->alice, "carol");
  test_send (carol, "CHAT base \\n one");
  test_expect_tagged (p->alice, "conv=carol;from=carol;seq=1;time=*;id=?", "CHAT base \\\\n one");
  test_send (p->alice, "@id=x CHAT_MESSAGE carol two\\nlines");
  expect_sent_somewhere (p->alice, "x", "carol");
  test_expect (carol, "CHAT two");
  test_expect (carol, "CHAT lines");
  test_send (p->alice, "HISTORY_REQ carol");
  test_expect_tagged (p->alice, "seq=1;from=carol;time=*;id=?", "HISTORY_RESP base \\\\n one");
  test_expect_tagged (p->alice, "seq=2;from=alice;time=*;id=?", "HISTORY_RESP two\\nlines");
  test_expect_tagged (p->alice, "count=2;last=2;more=0", "HISTORY_END carol");
}

#define ADD(path, func) g_test_add (path, Pair, NULL, pair_set_up, func, pair_tear_down)

/* The connection breaks within a message: it is not taken for a whole one, and its sender says it again. */
static void
test_cut_off (Pair *p, gconstpointer data)
{
  test_send_bytes (p->alice, "@id=n1 CHAT_MESSAGE bob one\n@id=n2 CHAT_MESSAGE bob two and a ha", -1);
  test_shut_write (p->alice);
  test_expect_tagged (p->alice, "id=n1;seq=1;time=*", "SENT bob");
  test_expect (p->alice, "DELIVERED bob 1");
  test_expect_closed (p->alice);
  test_client_free (p->alice);

  p->alice = test_login2 (p->server, "alice");
  test_send (p->alice, "@id=n2 CHAT_MESSAGE bob two and a half");
  test_expect_tagged (p->alice, "id=n2;seq=2;time=*", "SENT bob");
  test_expect_tagged (p->bob, "conv=alice;from=alice;seq=1;time=*;id=n1", "CHAT one");
  test_expect_tagged (p->bob, "conv=alice;from=alice;seq=2;time=*;id=n2", "CHAT two and a half");
  test_expect_nothing (p->bob);
  test_expect (p->alice, "DELIVERED bob 2");

  test_send (p->alice, "CHAT_REQUEST bob");
  test_expect_started (p->alice, "bob");
  test_expect_started (p->bob, "alice");
  test_send_bytes (p->alice, "@id=n3 CHAT half a m", -1);
  test_shut_write (p->alice);
  test_expect (p->bob, "END_NOTIF alice");
  test_client_free (p->alice);
  p->alice = test_login2 (p->server, "alice");

  /* Nobody says again what has no id. */
  test_send_bytes (p->alice, "CHAT_MESSAGE bob last words", -1);
  test_shut_write (p->alice);
  test_expect_tagged (p->bob, "conv=alice;from=alice;seq=3;time=*", "CHAT last words");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/proto2-messages/sent-and-received", test_sent_and_received);
  ADD ("/proto2-messages/in-a-chat", test_in_a_chat);
  ADD ("/proto2-messages/without-id", test_without_id);
  ADD ("/proto2-messages/texts", test_texts);
  ADD ("/proto2-messages/longest-text", test_longest_text);
  ADD ("/proto2-messages/escapes-fit", test_escapes_fit);
  ADD ("/proto2-messages/tags", test_tags);
  ADD ("/proto2-messages/pipelined", test_pipelined);
  ADD ("/proto2-messages/same-id", test_same_id);
  ADD ("/proto2-messages/same-id-elsewhere", test_same_id_elsewhere);
  ADD ("/proto2-messages/same-id-at-once", test_same_id_at_once);
  ADD ("/proto2-messages/devices", test_devices);
  ADD ("/proto2-messages/one-device-leaves", test_one_device_leaves);
  ADD ("/proto2-messages/cut-off", test_cut_off);
  ADD ("/proto2-messages/offline", test_offline);
  ADD ("/proto2-messages/to-free-base", test_to_free_base);
  ADD ("/proto2-messages/to-busy-base", test_to_busy_base);
  ADD ("/proto2-messages/to-base-and-device", test_to_base_and_device);
  ADD ("/proto2-messages/devices-and-nobody", test_devices_and_nobody);
  ADD ("/proto2-messages/chat-without-name", test_chat_without_name);
  ADD ("/proto2-messages/base-beside-devices", test_base_beside_devices);
  ADD ("/proto2-messages/mixed-history", test_mixed_history);
  return g_test_run ();
}
