/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/tags.h"

#include <string.h>

#include "shared/limits.h"
#include "shared/timestamp.h"

typedef enum
{
  VALUE_TEXT,
  VALUE_NUMBER,
  VALUE_TIME,
} ValueKind;

static const struct
{
  const char *key;
  WireTag bit;
  ValueKind kind;
  gsize offset;
} known[] = {
#define TAG(key, bit, kind) { #key, WIRE_TAG_##bit, VALUE_##kind, G_STRUCT_OFFSET (WireTags, key) }
  TAG (id, ID, TEXT),
  TAG (conv, CONV, TEXT),
  TAG (from, FROM, TEXT),
  TAG (reason, REASON, TEXT),
  TAG (state, STATE, TEXT),
  TAG (seq, SEQ, NUMBER),
  TAG (time, TIME, TIME),
  TAG (before, BEFORE, NUMBER),
  TAG (after, AFTER, NUMBER),
  TAG (limit, LIMIT, NUMBER),
  TAG (count, COUNT, NUMBER),
  TAG (last, LAST, NUMBER),
  TAG (more, MORE, NUMBER),
  TAG (read, READ, NUMBER),
  TAG (own, OWN, NUMBER),
  TAG (want, WANT, TEXT),
  TAG (delivered, DELIVERED, NUMBER),
  TAG (peerread, PEERREAD, NUMBER),
  TAG (since, SINCE, TIME),
  TAG (v, V, TEXT),
  TAG (wait, WAIT, NUMBER),
#undef TAG
};

#define MEMBER(tags, i, type) (*(type *) ((char *) (tags) + known[i].offset))

/* IRCv3 message-tags: an unknown escape stands for the character itself, a backslash at the end for nothing. */
static gsize
unescape_value (char *data, gsize len)
{
  char *in = memchr (data, '\\', len), *out = in, *end = data + len;

  if (in == NULL)
    return len;

  for (; in < end; in++)
    {
      if (*in != '\\')
        {
          *out++ = *in;
          continue;
        }
      if (++in == end)
        break;
      switch (*in)
        {
        case ':': *out++ = ';'; break;
        case 's': *out++ = ' '; break;
        case 'r': *out++ = '\r'; break;
        case 'n': *out++ = '\n'; break;
        default: *out++ = *in; break;
        }
    }
  return out - data;
}

static gboolean
parse_value (WireTags *tags, guint i, WireSpan value, const char **why)
{
  switch (known[i].kind)
    {
    case VALUE_NUMBER:
      if (wire_span_to_uint (value, &MEMBER (tags, i, guint64)))
        break;
      *why = "a tag that counts needs a number";
      return FALSE;

    case VALUE_TIME:
      if (wire_time_parse (value, &MEMBER (tags, i, gint64)))
        break;
      *why = "a time looks like 2026-11-23T10:00:00.123Z";
      return FALSE;

    case VALUE_TEXT:
    default:
      if (value.len == 0)
        return TRUE; /* an empty value says no more than a missing tag */
      if (known[i].bit == WIRE_TAG_ID && value.len > WIRE_NONCE_MAX)
        {
          *why = "an id has at most 64 bytes";
          return FALSE;
        }
      MEMBER (tags, i, WireSpan) = value;
      break;
    }

  tags->set |= known[i].bit;
  return TRUE;
}

gboolean
wire_tags_parse (WireTags *tags, char *data, gsize len, const char **why)
{
  char *end = data + len;
  gboolean good = TRUE;

  for (char *next; data < end; data = next)
    {
      char *semicolon = memchr (data, ';', end - data);
      char *tag_end = semicolon ? semicolon : end;
      char *equals = memchr (data, '=', tag_end - data);
      WireSpan key = { data, (equals ? equals : tag_end) - data };
      WireSpan value = { tag_end, 0 };

      next = semicolon ? semicolon + 1 : end;
      if (equals != NULL)
        value = (WireSpan){ equals + 1, unescape_value (equals + 1, tag_end - equals - 1) };

      for (guint i = 0; i < G_N_ELEMENTS (known); i++)
        if (wire_span_equal (key, known[i].key))
          {
            good = parse_value (tags, i, value, why) && good;
            break;
          }
    }

  return good;
}

gboolean
wire_tags_want (const WireTags *tags, const char *what)
{
  WireSpan rest = tags->want;

  while (rest.data != NULL)
    {
      const char *comma = memchr (rest.data, ',', rest.len);
      gsize len = comma ? (gsize) (comma - rest.data) : rest.len;

      if (wire_span_equal ((WireSpan){ rest.data, len }, what))
        return TRUE;
      rest = comma ? (WireSpan){ comma + 1, rest.len - len - 1 } : WIRE_NO_SPAN;
    }
  return FALSE;
}

static void
append_value (GString *out, WireSpan value)
{
  for (gsize i = 0; i < value.len; i++)
    switch (value.data[i])
      {
      case ';': g_string_append (out, "\\:"); break;
      case ' ': g_string_append (out, "\\s"); break;
      case '\\': g_string_append (out, "\\\\"); break;
      case '\r': g_string_append (out, "\\r"); break;
      case '\n': g_string_append (out, "\\n"); break;
      default: g_string_append_c (out, value.data[i]); break;
      }
}

static void
append_number (GString *out, guint64 value)
{
  char digits[WIRE_UINT_DIGITS];
  WireSpan number = wire_span_from_uint (value, digits);

  g_string_append_len (out, number.data, number.len);
}

static void
append_tag (const WireTags *tags, guint i, GString *out)
{
  char time[WIRE_TIME_LEN + 1];

  g_string_append (out, known[i].key);
  g_string_append_c (out, '=');
  switch (known[i].kind)
    {
    case VALUE_NUMBER:
      append_number (out, MEMBER (tags, i, const guint64));
      break;
    case VALUE_TIME:
      wire_time_format (MEMBER (tags, i, const gint64), time);
      g_string_append_len (out, time, WIRE_TIME_LEN);
      break;
    case VALUE_TEXT:
    default:
      append_value (out, MEMBER (tags, i, const WireSpan));
      break;
    }
  g_string_append_c (out, ';');
}

/* The tags that come first, ended by 0. */
static const guint first_tags[][6] = {
  [WIRE_TAG_ORDER_PLAIN] = { 0 },
  [WIRE_TAG_ORDER_CHAT] = { WIRE_TAG_CONV, WIRE_TAG_FROM, WIRE_TAG_SEQ, WIRE_TAG_TIME, WIRE_TAG_ID, 0 },
  [WIRE_TAG_ORDER_HISTORY] = { WIRE_TAG_SEQ, WIRE_TAG_FROM, WIRE_TAG_TIME, WIRE_TAG_ID, 0 },
  [WIRE_TAG_ORDER_CONVERSATION] = { WIRE_TAG_LAST, WIRE_TAG_READ, WIRE_TAG_TIME, 0 },
  [WIRE_TAG_ORDER_SEARCH] = { WIRE_TAG_CONV, WIRE_TAG_SEQ, WIRE_TAG_FROM, WIRE_TAG_TIME, 0 },
};

void
wire_tags_format (const WireTags *tags, WireTagOrder order, GString *out)
{
  guint left = tags->set;

  if (left == 0)
    return;

  g_string_append_c (out, '@');
  for (const guint *bit = first_tags[order]; *bit != 0; bit++)
    for (guint i = 0; i < G_N_ELEMENTS (known); i++)
      if (known[i].bit == (left & *bit))
        {
          append_tag (tags, i, out);
          left &= ~*bit;
        }
  for (guint i = 0; left != 0 && i < G_N_ELEMENTS (known); i++)
    if (left & known[i].bit)
      append_tag (tags, i, out);
  out->str[out->len - 1] = ' '; /* the last tag's semicolon */
}
