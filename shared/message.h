/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line and the typed message it stands for, both ways. One table of verbs serves the server and the app.
 * Nothing here allocates but the GString written to: a parsed message points into its line. */
#pragma once

#include <glib.h>

#include "shared/errors.h"
#include "shared/limits.h"

typedef enum
{
  WIRE_BASE,  /* the twelve messages of the original; framed or not makes no difference here */
  WIRE_PROTO2, /* with tags, and a text that is escaped */
} WireDialect;

typedef enum
{
  WIRE_FROM_CLIENT = 1,
  WIRE_FROM_SERVER = 2,
} WireSide;

typedef enum
{
  WIRE_NO_VERB,
  WIRE_CHAT_MESSAGE,
  WIRE_CHAT,
  WIRE_SENT,
  WIRE_HELLO,
  WIRE_CONNECTED,
  WIRE_DECLINED,
  WIRE_CHAT_REQUEST,
  WIRE_CHAT_STARTED,
  WIRE_UNREACHABLE,
  WIRE_END_REQUEST,
  WIRE_END_NOTIF,
  WIRE_TIMEOUT,
  WIRE_HISTORY_REQ,
  WIRE_HISTORY_RESP,
  WIRE_HISTORY_END,
  WIRE_CLIENTS,
  WIRE_CLIENT,
  WIRE_CLIENTS_END,
  WIRE_PRESENCE,
  WIRE_PING,
  WIRE_PONG,
  WIRE_QUIT,
  WIRE_ERROR,
  WIRE_N_VERBS,
} WireVerb;

/* Bytes that somebody else owns; not ended by NUL. data is NULL when absent. */
typedef struct
{
  const char *data;
  gsize len;
} WireSpan;

#define WIRE_SPAN(str) ((WireSpan){ (str), strlen (str) })
#define WIRE_NO_SPAN ((WireSpan){ NULL, 0 })

gboolean wire_span_equal (WireSpan span, const char *str);
char *wire_span_dup (WireSpan span);                        /* transfer full, ended by NUL */
gboolean wire_span_to_uint (WireSpan span, guint64 *value); /* decimal digits only, no sign, no overflow */

/* A bit for each tag that a message has. */
typedef enum
{
  WIRE_TAG_ID = 1 << 0,
  WIRE_TAG_CONV = 1 << 1,
  WIRE_TAG_FROM = 1 << 2,
  WIRE_TAG_REASON = 1 << 3,
  WIRE_TAG_STATE = 1 << 4,
  WIRE_TAG_SEQ = 1 << 5,
  WIRE_TAG_TIME = 1 << 6,
  WIRE_TAG_BEFORE = 1 << 7,
  WIRE_TAG_AFTER = 1 << 8,
  WIRE_TAG_LIMIT = 1 << 9,
  WIRE_TAG_COUNT = 1 << 10,
  WIRE_TAG_LAST = 1 << 11,
  WIRE_TAG_MORE = 1 << 12,
} WireTag;

typedef struct
{
  guint set; /* WireTag bits: which of the following are meant */
  WireSpan id, conv, from, reason, state;
  guint64 seq, before, after, limit, count, last, more;
  gint64 time; /* milliseconds since 1970, UTC */
} WireTags;

#define WIRE_WORDS_MAX 2

typedef struct
{
  WireVerb verb;
  WireTags tags;                  /* protocol 2 only */
  WireSpan word[WIRE_WORDS_MAX];  /* absent ones have data == NULL */
  WireSpan text;                  /* unescaped; data == NULL for a verb without a text */
} WireMessage;

/* Parses one line (without line end) that a peer of the given side sent. The line is changed in place: tag values and
 * the text are unescaped there, and msg points into it. Answers WIRE_OK, or what is wrong with *why (static, for a
 * person) set; then msg->tags.id is still set if the line had a readable id tag, as for ERROR. */
WireError wire_message_parse (WireMessage *msg, WireDialect dialect, WireSide from, char *line, gsize len, const char **why);

/* The verb of a client's line, without parsing or changing it; WIRE_NO_VERB when there is none. */
WireVerb wire_message_peek (WireDialect dialect, const char *line, gsize len);

/* Appends the message as one line with its LF. In base a text must not have line ends in it, and tags and the words that
 * base does not know are left out (END_NOTIF, UNREACHABLE and CONNECTED stand alone there). */
void wire_message_format (const WireMessage *msg, WireDialect dialect, GString *out);

/* The verb as it stands on the wire. */
const char *wire_verb_name (WireVerb verb);

/* Whether the bytes are UTF-8 without control characters other than TAB. */
gboolean wire_text_is_valid (const char *data, gsize len);

/* A time as 2026-11-23T10:00:00.123Z (24 bytes), and back. */
#define WIRE_TIME_LEN 24
void wire_time_format (gint64 unix_ms, char out[static WIRE_TIME_LEN + 1]);
gboolean wire_time_parse (WireSpan span, gint64 *unix_ms);
