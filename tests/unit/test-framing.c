/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/framing.h"

#include <string.h>

#include "shared/limits.h"

/* What came out of a framer, one item a line: "abc|" for a line, "!abc|" for one too long. */
static void
note (GString *seen, WireFrame frame, const char *line, gsize len)
{
  if (frame == WIRE_FRAME_TOO_LONG)
    g_string_append_printf (seen, "!%.8s|", len >= 8 ? line : "?");
  else
    {
      g_string_append_len (seen, line, (gssize) len);
      g_string_append_c (seen, '|');
    }
}

static void
feed (WireFramer *framer, const char *bytes, gsize len, GString *seen)
{
  /* A copy of its exact size, so that a sanitizer sees every step outside. */
  g_autofree char *copy = g_memdup2 (bytes, len);
  char *input = copy;
  gsize left = len;
  WireFrame frame;
  char *line;
  gsize line_len;

  while ((frame = wire_framer_next (framer, &input, &left, &line, &line_len)) != WIRE_FRAME_NONE)
    {
      note (seen, frame, line, line_len);
      memset (line, '#', line_len); /* it is the caller's to change */
    }
  g_assert_cmpuint (left, ==, 0);
  g_assert_true (input == copy + len);
}

static char *
run (const char *bytes, gsize len, gsize piece)
{
  GString *seen = g_string_new (NULL);
  WireFramer framer;
  char *line;
  gsize line_len;

  wire_framer_init (&framer);
  for (gsize at = 0; at < len; at += piece)
    feed (&framer, bytes + at, MIN (piece, len - at), seen);
  if (wire_framer_end (&framer, &line, &line_len) == WIRE_FRAME_LINE)
    {
      g_string_append (seen, "end:");
      note (seen, WIRE_FRAME_LINE, line, line_len);
    }
  wire_framer_clear (&framer);
  return g_string_free (seen, FALSE);
}

static const struct
{
  const char *bytes;
  const char *lines;
} table[] = {
  { "", "" },
  { "a\n", "a|" },
  { "a\r\n", "a|" },
  { "a\r\r\n", "a\r|" },
  { "a\rb\n", "a\rb|" },
  { "\n", "|" },
  { "\r\n\n", "||" },
  { "a\nb\nc\n", "a|b|c|" },
  { "a\nb", "a|end:b|" },
  { "a\nb\r", "a|end:b|" },
  { "HELLO alice", "end:HELLO alice|" },
  { "one\r\ntwo\nthree", "one|two|end:three|" },
  { "\n\n\nx\n", "|||x|" },
};

/* However the bytes are cut, the same lines come out. */
static void
test_lines (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    for (gsize piece = 1; piece <= 8; piece++)
      {
        g_autofree char *seen = run (table[i].bytes, strlen (table[i].bytes), piece);

        g_assert_cmpstr (seen, ==, table[i].lines);
      }
}

static void
test_nul_is_a_byte (void)
{
  WireFramer framer;
  char bytes[] = { 'a', '\0', 'b', '\n' };
  char *input = bytes, *line;
  gsize left = sizeof bytes, line_len;

  wire_framer_init (&framer);
  g_assert_cmpint (wire_framer_next (&framer, &input, &left, &line, &line_len), ==, WIRE_FRAME_LINE);
  g_assert_cmpmem (line, line_len, "a\0b", 3);
  wire_framer_clear (&framer);
}

static char *
long_line (gsize content, const char *ending)
{
  GString *text = g_string_new ("START---");

  while (text->len < content)
    g_string_append_c (text, 'x');
  g_string_append (text, ending);
  return g_string_free (text, FALSE);
}

static const gsize pieces[] = { 1, 7, 4096, WIRE_LINE_MAX - 1, WIRE_LINE_MAX, WIRE_LINE_MAX + 1, 100000 };

/* The longest line has its LF as byte 16,384. */
static void
test_longest (void)
{
  g_autofree char *bytes = long_line (WIRE_LINE_MAX - 1, "\nnext\n");

  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      g_autofree char *seen = run (bytes, strlen (bytes), pieces[i]);

      g_assert_cmpuint (strlen (seen), ==, WIRE_LINE_MAX - 1 + strlen ("|next|"));
      g_assert_true (g_str_has_suffix (seen, "x|next|"));
    }
}

static void
test_longest_with_cr (void)
{
  g_autofree char *fits = long_line (WIRE_LINE_MAX - 2, "\r\n");
  g_autofree char *over = long_line (WIRE_LINE_MAX - 1, "\r\n");

  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      g_autofree char *seen_fits = run (fits, strlen (fits), pieces[i]);
      g_autofree char *seen_over = run (over, strlen (over), pieces[i]);

      g_assert_cmpuint (strlen (seen_fits), ==, WIRE_LINE_MAX - 2 + 1);
      g_assert_cmpstr (seen_over, ==, "!START---|");
    }
}

/* One too long is told once, the rest of it is thrown away, the next one is heard. */
static void
test_too_long (void)
{
  static const gsize lengths[] = { WIRE_LINE_MAX, WIRE_LINE_MAX + 1, 2 * WIRE_LINE_MAX,
                                   10 * WIRE_LINE_MAX + 3 };

  for (guint k = 0; k < G_N_ELEMENTS (lengths); k++)
    for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
      {
        g_autofree char *bytes = long_line (lengths[k], "\nnext\n");
        g_autofree char *seen = run (bytes, strlen (bytes), pieces[i]);

        g_assert_cmpstr (seen, ==, "!START---|next|");
      }
}

static void
test_too_long_at_the_end (void)
{
  g_autofree char *bytes = long_line (3 * WIRE_LINE_MAX, "");

  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      g_autofree char *seen = run (bytes, strlen (bytes), pieces[i]);

      g_assert_cmpstr (seen, ==, "!START---|");
    }
}

static void
test_two_too_long (void)
{
  g_autofree char *one = long_line (WIRE_LINE_MAX, "\n");
  g_autofree char *both = g_strconcat (one, one, "x\n", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      g_autofree char *seen = run (both, strlen (both), pieces[i]);

      g_assert_cmpstr (seen, ==, "!START---|!START---|x|");
    }
}

/* Between lines it holds no memory: there may be very many connections. */
static void
test_holds_nothing_between_lines (void)
{
  g_autoptr (GString) seen = g_string_new (NULL);
  WireFramer framer;
  gsize len;

  wire_framer_init (&framer);
  feed (&framer, "whole\n", 6, seen);
  g_assert_null (framer.held);
  feed (&framer, "ha", 2, seen);
  g_assert_cmpmem (wire_framer_peek (&framer, &len), len, "ha", 2);
  feed (&framer, "lf\n", 3, seen);
  g_assert_null (framer.held);
  wire_framer_peek (&framer, &len);
  g_assert_cmpuint (len, ==, 0);
  g_assert_cmpstr (seen->str, ==, "whole|half|");
  wire_framer_clear (&framer);
}

static void
test_ends_once (void)
{
  g_autoptr (GString) seen = g_string_new (NULL);
  WireFramer framer;
  char *line;
  gsize len;

  wire_framer_init (&framer);
  g_assert_cmpint (wire_framer_end (&framer, &line, &len), ==, WIRE_FRAME_NONE);
  feed (&framer, "x", 1, seen);
  g_assert_cmpint (wire_framer_end (&framer, &line, &len), ==, WIRE_FRAME_LINE);
  g_assert_cmpint (wire_framer_end (&framer, &line, &len), ==, WIRE_FRAME_NONE);
  wire_framer_clear (&framer);
  wire_framer_clear (&framer);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/framing/lines", test_lines);
  g_test_add_func ("/framing/nul", test_nul_is_a_byte);
  g_test_add_func ("/framing/longest", test_longest);
  g_test_add_func ("/framing/longest-with-cr", test_longest_with_cr);
  g_test_add_func ("/framing/too-long", test_too_long);
  g_test_add_func ("/framing/too-long-at-the-end", test_too_long_at_the_end);
  g_test_add_func ("/framing/two-too-long", test_two_too_long);
  g_test_add_func ("/framing/holds-nothing", test_holds_nothing_between_lines);
  g_test_add_func ("/framing/ends-once", test_ends_once);
  return g_test_run ();
}
