/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Framing and messages. The first byte says where the stream is cut; whatever the cuts, the same
 * lines must come out. Each line is parsed in every dialect from either side; what is a message
 * must survive being formatted and parsed again. */
#include "fuzz.h"

#include <string.h>

#include <glib.h>

#include "shared/framing.h"
#include "shared/message.h"

typedef void (*LineFunc) (WireFrame frame, const char *line, gsize len, gpointer user_data);

static void
frame_piece (WireFramer *framer, const uint8_t *bytes, gsize len, LineFunc func, gpointer user_data)
{
  g_autofree char *copy = g_malloc (MAX (len, 1));
  char *input = copy, *line;
  gsize left = len, line_len;
  WireFrame frame;

  memcpy (copy, bytes, len);
  while ((frame = wire_framer_next (framer, &input, &left, &line, &line_len)) != WIRE_FRAME_NONE)
    {
      g_assert_cmpuint (line_len, <, frame == WIRE_FRAME_TOO_LONG ? WIRE_LINE_MAX + 1 : WIRE_LINE_MAX);
      g_assert_null (memchr (line, '\n', line_len));
      func (frame, line, line_len, user_data);
    }
  g_assert_cmpuint (left, ==, 0);
}

/* cut 0: the whole stream at once. */
static void
frame_stream (const uint8_t *bytes, gsize len, guint cut, LineFunc func, gpointer user_data)
{
  WireFramer framer;
  WireFrame frame;
  char *line;
  gsize line_len, held;

  wire_framer_init (&framer);
  for (gsize at = 0, piece; at < len; at += piece)
    {
      /* Lengths that look random and are the same each time. */
      cut = cut * 1103515245u + (cut != 0 ? 12345u : 0u);
      piece = cut == 0 ? len : 1 + (cut >> 16) % ((cut >> 8) % 4 == 0 ? 5000 : 17);
      piece = MIN (piece, len - at);
      frame_piece (&framer, bytes + at, piece, func, user_data);
      wire_framer_peek (&framer, &held);
      g_assert_cmpuint (held, <, WIRE_LINE_MAX);
    }
  frame = wire_framer_end (&framer, &line, &line_len);
  if (frame != WIRE_FRAME_NONE)
    func (frame, line, line_len, user_data);
  wire_framer_clear (&framer);
}

static gboolean
spans_equal (WireSpan a, WireSpan b)
{
  return (a.data == NULL) == (b.data == NULL) && a.len == b.len
         && (a.len == 0 || memcmp (a.data, b.data, a.len) == 0);
}

static void
assert_tags_equal (const WireTags *a, const WireTags *b)
{
  g_assert_cmpuint (a->set, ==, b->set);
  g_assert_true (spans_equal (a->id, b->id));
  g_assert_true (spans_equal (a->conv, b->conv));
  g_assert_true (spans_equal (a->from, b->from));
  g_assert_true (spans_equal (a->reason, b->reason));
  g_assert_true (spans_equal (a->state, b->state));
  g_assert_true (spans_equal (a->want, b->want));
  g_assert_true (spans_equal (a->v, b->v));
  g_assert_cmpuint (a->seq, ==, b->seq);
  g_assert_cmpuint (a->before, ==, b->before);
  g_assert_cmpuint (a->after, ==, b->after);
  g_assert_cmpuint (a->limit, ==, b->limit);
  g_assert_cmpuint (a->count, ==, b->count);
  g_assert_cmpuint (a->last, ==, b->last);
  g_assert_cmpuint (a->more, ==, b->more);
  g_assert_cmpuint (a->read, ==, b->read);
  g_assert_cmpuint (a->own, ==, b->own);
  g_assert_cmpuint (a->delivered, ==, b->delivered);
  g_assert_cmpuint (a->peerread, ==, b->peerread);
  g_assert_cmpuint (a->wait, ==, b->wait);
  g_assert_cmpint (a->time, ==, b->time);
  g_assert_cmpint (a->since, ==, b->since);
  g_assert_cmpint (wire_tags_want (a, "marks"), ==, wire_tags_want (b, "marks"));
}

static void
assert_messages_equal (const WireMessage *a, const WireMessage *b)
{
  g_assert_cmpint (a->verb, ==, b->verb);
  for (guint i = 0; i < WIRE_WORDS_MAX; i++)
    g_assert_true (spans_equal (a->word[i], b->word[i]));
  g_assert_true (spans_equal (a->text, b->text));
  assert_tags_equal (&a->tags, &b->tags);
}

static void
there_and_back (const WireMessage *message, WireDialect dialect, WireSide from)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autofree char *copy = NULL;
  const char *why = NULL;
  WireMessage again;

  wire_message_format (message, dialect, out);
  g_assert_cmpuint (out->len, >, 1);
  g_assert_true (memchr (out->str, '\n', out->len) == out->str + out->len - 1);
  copy = g_memdup2 (out->str, out->len - 1);
  g_assert_cmpint (wire_message_parse (&again, dialect, from, copy, out->len - 1, &why), ==, WIRE_OK);
  assert_messages_equal (message, &again);
}

static void
parse_line (const char *line, gsize len, WireDialect dialect, WireSide from)
{
  g_autofree char *copy = g_malloc (MAX (len, 1));
  const char *why = NULL;
  WireMessage message;
  WireError error;

  memcpy (copy, line, len);
  error = wire_message_parse (&message, dialect, from, copy, len, &why);
  if (error != WIRE_OK)
    {
      g_assert_nonnull (why);
      g_assert_cmpstr (wire_error_code (error), !=, "ok");
      return;
    }
  g_assert_cmpuint (message.text.len, <=, WIRE_TEXT_MAX);
  g_assert_true (wire_text_is_valid (line, len));
  there_and_back (&message, dialect, from);
}

static void
note_and_parse_cb (WireFrame frame, const char *line, gsize len, gpointer lines)
{
  g_string_append_c (lines, frame == WIRE_FRAME_LINE ? 'l' : 't');
  g_string_append_len (lines, line, (gssize) len);
  g_string_append_c (lines, '\n');

  parse_line (line, len, WIRE_BASE, WIRE_FROM_CLIENT);
  parse_line (line, len, WIRE_BASE, WIRE_FROM_SERVER);
  parse_line (line, len, WIRE_PROTO2, WIRE_FROM_CLIENT);
  parse_line (line, len, WIRE_PROTO2, WIRE_FROM_SERVER);
}

static void
note_cb (WireFrame frame, const char *line, gsize len, gpointer lines)
{
  g_string_append_c (lines, frame == WIRE_FRAME_LINE ? 'l' : 't');
  g_string_append_len (lines, line, (gssize) len);
  g_string_append_c (lines, '\n');
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GString) whole = g_string_new (NULL);
  g_autoptr (GString) pieces = g_string_new (NULL);

  if (size == 0)
    return 0;
  frame_stream (data + 1, size - 1, 0, note_cb, whole);
  frame_stream (data + 1, size - 1, 1u + data[0], note_and_parse_cb, pieces);
  g_assert_cmpmem (whole->str, whole->len, pieces->str, pieces->len);
  return 0;
}
