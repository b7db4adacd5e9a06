/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire-dump.h"

#include <string.h>

static void
dump_span (GString *out, const char *key, WireSpan span)
{
  g_string_append (out, key);
  for (gsize i = 0; i < span.len; i++)
    switch (span.data[i])
      {
      case '\n': g_string_append (out, "\\n"); break;
      case '\r': g_string_append (out, "\\r"); break;
      default: g_string_append_c (out, span.data[i]); break;
      }
  g_string_append_c (out, ';');
}

static void
dump_tags (GString *out, const WireTags *tags)
{
  const struct { WireTag bit; const char *key; WireSpan value; } spans[] = {
    { WIRE_TAG_ID, "id=", tags->id },
    { WIRE_TAG_CONV, "conv=", tags->conv },
    { WIRE_TAG_FROM, "from=", tags->from },
    { WIRE_TAG_REASON, "reason=", tags->reason },
    { WIRE_TAG_STATE, "state=", tags->state },
    { WIRE_TAG_WANT, "want=", tags->want },
    { WIRE_TAG_V, "v=", tags->v },
  };
  const struct { WireTag bit; const char *key; guint64 value; } numbers[] = {
    { WIRE_TAG_SEQ, "seq", tags->seq },
    { WIRE_TAG_TIME, "time", (guint64) tags->time },
    { WIRE_TAG_BEFORE, "before", tags->before },
    { WIRE_TAG_AFTER, "after", tags->after },
    { WIRE_TAG_LIMIT, "limit", tags->limit },
    { WIRE_TAG_COUNT, "count", tags->count },
    { WIRE_TAG_LAST, "last", tags->last },
    { WIRE_TAG_MORE, "more", tags->more },
    { WIRE_TAG_READ, "read", tags->read },
    { WIRE_TAG_OWN, "own", tags->own },
    { WIRE_TAG_DELIVERED, "delivered", tags->delivered },
    { WIRE_TAG_PEERREAD, "peerread", tags->peerread },
    { WIRE_TAG_SINCE, "since", (guint64) tags->since },
    { WIRE_TAG_WAIT, "wait", tags->wait },
  };

  for (guint i = 0; i < G_N_ELEMENTS (spans); i++)
    if (tags->set & spans[i].bit)
      dump_span (out, spans[i].key, spans[i].value);
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    if (tags->set & numbers[i].bit)
      g_string_append_printf (out, "%s=%" G_GUINT64_FORMAT ";", numbers[i].key, numbers[i].value);
  if (tags->set != 0)
    out->str[out->len - 1] = ' ';
}

static void
dump_message (GString *out, const WireMessage *msg)
{
  dump_tags (out, &msg->tags);
  g_string_append (out, wire_verb_name (msg->verb));
  for (guint i = 0; i < WIRE_WORDS_MAX; i++)
    if (msg->word[i].data != NULL)
      g_string_append_printf (out, " (%.*s)", (int) msg->word[i].len, msg->word[i].data);
  if (msg->text.data != NULL)
    {
      dump_span (out, " <", msg->text);
      out->str[out->len - 1] = '>';
    }
}

char *
wire_dump (WireDialect dialect, WireSide from, const char *line, gsize len)
{
  GString *out = g_string_new (NULL);
  g_autofree char *copy = g_malloc (MAX (len, 1)); /* of the exact size, for the sanitizer */
  const char *why = NULL;
  WireMessage msg;
  WireError error;

  memcpy (copy, line, len);
  error = wire_message_parse (&msg, dialect, from, copy, len, &why);
  if (error == WIRE_OK)
    {
      dump_message (out, &msg);
      return g_string_free (out, FALSE);
    }

  g_assert_nonnull (why);
  g_assert_cmpstr (why, !=, "");
  if (msg.tags.set & WIRE_TAG_ID)
    {
      dump_span (out, "id=", msg.tags.id);
      out->str[out->len - 1] = ' ';
    }
  g_string_append_printf (out, "!%s", wire_error_code (error));
  return g_string_free (out, FALSE);
}
