/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes and lines: the contract's section 1, without the unframed clients. */
#include <string.h>

#include "tests/util/client.h"
#include "tests/util/server.h"

#define LINE_MAX_BYTES 16384
#define TEXT_MAX_BYTES 8192

/* alice and bob in a chat. */
typedef struct
{
  TestServer *server;
  TestClient *alice;
  TestClient *bob;
} Pair;

static void
pair_set_up (Pair *pair, gconstpointer data)
{
  pair->server = test_server_new ("alice\nbob\n", NULL);
  pair->alice = test_login (pair->server, "alice");
  pair->bob = test_login (pair->server, "bob");
  test_send (pair->alice, "CHAT_REQUEST bob");
  test_expect_started (pair->alice, "bob");
  test_expect_started (pair->bob, "alice");
}

static void
pair_tear_down (Pair *pair, gconstpointer data)
{
  test_client_free (pair->alice);
  test_client_free (pair->bob);
  test_server_free (pair->server);
}

/* What alice sends reaches bob, and neither of them has anything else to read. */
static void
check_still_works (Pair *pair)
{
  test_send (pair->alice, "CHAT still here");
  test_expect (pair->bob, "CHAT still here");
  test_expect_nothing (pair->alice);
}

static void
test_line_ends (Pair *pair, gconstpointer data)
{
  test_send_bytes (pair->alice, "CHAT one\nCHAT two\r\nCHAT three\n", -1);
  test_expect_bytes (pair->bob, "CHAT one\nCHAT two\nCHAT three\n");
  check_still_works (pair);
}

/* Only one CR belongs to the line end. */
static void
test_second_cr (Pair *pair, gconstpointer data)
{
  test_send_bytes (pair->alice, "CHAT one\r\r\n", -1);
  test_expect_error (pair->alice, "bad-text");
  check_still_works (pair);
}

static void
test_empty_lines (Pair *pair, gconstpointer data)
{
  test_send_bytes (pair->alice, "\n\r\n\n\n\r\nCHAT x\n\n", -1);
  test_expect (pair->bob, "CHAT x");
  check_still_works (pair);
}

static void
test_byte_by_byte (Pair *pair, gconstpointer data)
{
  const char *bytes = "CHAT \xf0\x9f\x98\x80 slowly\r\nCHAT two\n";

  for (const char *p = bytes; *p != '\0'; p++)
    test_send_bytes (pair->alice, p, 1);
  test_expect (pair->bob, "CHAT \xf0\x9f\x98\x80 slowly");
  test_expect (pair->bob, "CHAT two");
  check_still_works (pair);
}

static void
test_many_in_one_write (Pair *pair, gconstpointer data)
{
  g_autoptr (GString) all = g_string_new (NULL);

  for (guint i = 0; i < 60; i++)
    g_string_append_printf (all, "CHAT number %u\n", i);
  test_send_bytes (pair->alice, all->str, (gssize) all->len);
  for (guint i = 0; i < 60; i++)
    test_expect (pair->bob, "CHAT number %u", i);
  check_still_works (pair);
}

static void
test_end_of_stream (Pair *pair, gconstpointer data)
{
  test_send_bytes (pair->alice, "CHAT one\nCHAT last words", -1);
  test_shut_write (pair->alice);
  test_expect (pair->bob, "CHAT one");
  test_expect (pair->bob, "CHAT last words");
  test_expect (pair->bob, "END_NOTIF");
  test_expect_closed (pair->alice);
}

/* An end of stream with nothing before it says nothing. */
static void
test_bare_end_of_stream (Pair *pair, gconstpointer data)
{
  test_shut_write (pair->alice);
  test_expect (pair->bob, "END_NOTIF");
  test_expect_nothing (pair->bob);
  test_expect_closed (pair->alice);
}

static char *
fill (const char *head, gsize total, const char *tail)
{
  GString *text = g_string_new (head);

  while (text->len + strlen (tail) < total)
    g_string_append_c (text, 'x');
  g_string_append (text, tail);
  return g_string_free (text, FALSE);
}

/* 16,384 bytes with the LF are a line, be it a senseless one. */
static void
test_longest_line (Pair *pair, gconstpointer data)
{
  g_autofree char *fits = fill ("NONSENSE", LINE_MAX_BYTES, "\n");
  g_autofree char *over = fill ("NONSENSE", LINE_MAX_BYTES + 1, "\n");

  test_send_bytes (pair->alice, fits, -1);
  test_expect_error (pair->alice, "unknown-verb");
  test_send_bytes (pair->alice, over, -1);
  test_expect_error (pair->alice, "too-long");
  check_still_works (pair);
}

/* One error for one line, however long; what follows its LF is heard. */
static void
test_far_too_long (Pair *pair, gconstpointer data)
{
  g_autofree char *line = fill ("CHAT ", 20 * LINE_MAX_BYTES, "\n");

  test_send_bytes (pair->alice, line, -1);
  test_send_bytes (pair->alice, line, -1);
  test_expect_error (pair->alice, "too-long");
  test_expect_error (pair->alice, "too-long");
  check_still_works (pair);
}

static void
test_longest_text (Pair *pair, gconstpointer data)
{
  g_autofree char *fits = fill ("CHAT ", strlen ("CHAT ") + TEXT_MAX_BYTES, "");
  g_autofree char *over = fill ("CHAT ", strlen ("CHAT ") + TEXT_MAX_BYTES + 1, "");
  g_autofree char *by_name = fill ("CHAT_MESSAGE bob ",
                                   strlen ("CHAT_MESSAGE bob ") + TEXT_MAX_BYTES + 1, "");

  test_send (pair->alice, "%s", fits);
  test_expect (pair->bob, "%s", fits);
  test_send (pair->alice, "%s", over);
  test_expect_error (pair->alice, "too-long");
  test_send (pair->alice, "%s", by_name);
  test_expect_error (pair->alice, "too-long");
  check_still_works (pair);
}

#define BYTES(literal) { literal, sizeof literal - 1 }

static const struct
{
  const char *bytes;
  gsize len;
} bad_texts[] = {
  BYTES ("CHAT \xff\n"),
  BYTES ("CHAT \x80\n"),
  BYTES ("CHAT \xc3\n"),
  BYTES ("CHAT \xc3(\n"),
  BYTES ("CHAT \xe2\x82\n"),
  BYTES ("CHAT \xf0\x9f\x98 x\n"),
  BYTES ("CHAT \xc0\xaf\n"),
  BYTES ("CHAT \xed\xa0\x80\n"),
  BYTES ("CHAT \xf4\x90\x80\x80\n"),
  BYTES ("CHAT gr\xfc\xdf\n"),
  BYTES ("CHAT a\0b\n"),
  BYTES ("CHAT \0\n"),
  BYTES ("\0\n"),
  BYTES ("CHAT \x01\n"),
  BYTES ("CHAT \x07 bell\n"),
  BYTES ("CHAT \x08\n"),
  BYTES ("CHAT \x0b\n"),
  BYTES ("CHAT \x0c\n"),
  BYTES ("CHAT a\rb\n"),
  BYTES ("CHAT \x1b[31m\n"),
  BYTES ("CHAT \x1f\n"),
  BYTES ("CHAT \x7f\n"),
  BYTES ("CHAT \xc2\x80\n"),
  BYTES ("CHAT \xc2\x85\n"),
  BYTES ("CHAT \xc2\x9f\n"),
  BYTES ("\xff\xfe\n"),
  BYTES ("CHAT_MESSAGE bob \xff\n"),
  BYTES ("NO_SUCH \xff\n"),
};

static void
test_bad_text (Pair *pair, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (bad_texts); i++)
    {
      g_test_message ("bad text %u", i);
      test_send_bytes (pair->alice, bad_texts[i].bytes, (gssize) bad_texts[i].len);
      test_expect_error (pair->alice, "bad-text");
    }
  check_still_works (pair);
  /* None of it was stored. */
  test_send (pair->alice, "HISTORY_REQ bob");
  test_expect (pair->alice, "HISTORY_RESP From alice: still here");
  test_expect_nothing (pair->alice);
}

static void
test_good_text (Pair *pair, gconstpointer data)
{
  static const char *const texts[] = {
    "\ttabs\tare fine\t", "gr\xc3\xbc\xc3\x9f", "\xe2\x82\xac",
    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80",
    "\xc2\xa0", "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d", "\xef\xbf\xbd", "\xf4\x8f\xbf\xbf",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      test_send (pair->alice, "CHAT %s", texts[i]);
      test_expect (pair->bob, "CHAT %s", texts[i]);
    }
}

/* Before HELLO */

static void
test_login_lines (void)
{
  static const char *const hellos[] = { "HELLO alice\n", "HELLO alice\r\n", "\n\r\n\nHELLO alice\n" };
  g_autoptr (TestServer) server = test_server_new ("alice\n", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (hellos); i++)
    {
      g_autoptr (TestClient) alice = test_connect (server, "alice");

      test_send_bytes (alice, hellos[i], -1);
      test_expect_bytes (alice, "CONNECTED\n");
      test_expect_nothing (alice);
    }
}

/* printf 'HELLO alice\nCHAT_REQUEST bob\nCHAT hi\nHISTORY_REQ bob\n' | nc -N */
static void
test_whole_dialogue_in_one_write (void)
{
  g_autoptr (TestServer) server = test_server_new ("alice\nbob\n", NULL);
  g_autoptr (TestClient) bob = test_login (server, "bob");
  g_autoptr (TestClient) alice = test_connect (server, "alice");

  test_send_bytes (alice, "HELLO alice\nCHAT_REQUEST bob\nCHAT hi\nEND_REQUEST bob\n", -1);
  test_shut_write (alice);
  test_expect (alice, "CONNECTED");
  test_expect_started (alice, "bob");
  test_expect_closed (alice);
  test_expect_started (bob, "alice");
  test_expect (bob, "CHAT hi");
  test_expect (bob, "END_NOTIF");
}

/* printf 'HELLO alice' | nc -N */
static void
test_login_at_end_of_stream (void)
{
  g_autoptr (TestServer) server = test_server_new ("alice\nbob\n", NULL);
  g_autoptr (TestClient) alice = test_connect (server, "alice");
  g_autoptr (TestClient) nobody = test_connect (server, "nobody");

  test_send_bytes (alice, "HELLO alice", -1);
  test_shut_write (alice);
  test_expect_bytes (alice, "CONNECTED");
  test_send_bytes (nobody, "HELLO nobody", -1);
  test_shut_write (nobody);
  test_expect_bytes (nobody, "DECLINED");
}

#define ADD_PAIR(path, func) g_test_add (path, Pair, NULL, pair_set_up, func, pair_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_PAIR ("/framing/line-ends", test_line_ends);
  ADD_PAIR ("/framing/second-cr", test_second_cr);
  ADD_PAIR ("/framing/empty-lines", test_empty_lines);
  ADD_PAIR ("/framing/byte-by-byte", test_byte_by_byte);
  ADD_PAIR ("/framing/many-in-one-write", test_many_in_one_write);
  ADD_PAIR ("/framing/end-of-stream", test_end_of_stream);
  ADD_PAIR ("/framing/bare-end-of-stream", test_bare_end_of_stream);
  ADD_PAIR ("/framing/longest-line", test_longest_line);
  ADD_PAIR ("/framing/far-too-long", test_far_too_long);
  ADD_PAIR ("/framing/longest-text", test_longest_text);
  ADD_PAIR ("/framing/bad-text", test_bad_text);
  ADD_PAIR ("/framing/good-text", test_good_text);
  g_test_add_func ("/framing/login-lines", test_login_lines);
  g_test_add_func ("/framing/whole-dialogue-in-one-write", test_whole_dialogue_in_one_write);
  g_test_add_func ("/framing/login-at-end-of-stream", test_login_at_end_of_stream);
  return g_test_run ();
}
