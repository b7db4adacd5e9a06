/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line and the typed message it stands for, both ways. One table of verbs serves the server and the app.
 * Nothing here allocates but the GString written to: a parsed message points into its line. */
#pragma once

#include <glib.h>

#include "shared/errors.h"
#include "shared/limits.h"
#include "shared/span.h"
#include "shared/tags.h"

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
  WIRE_AUTH_REQUIRED,
  WIRE_AUTH,
  WIRE_CHALLENGE,
  WIRE_RESPONSE,
  WIRE_INVITATION,
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
  WIRE_CONVERSATIONS,
  WIRE_CONVERSATION,
  WIRE_CONVERSATIONS_END,
  WIRE_READ,
  WIRE_DELIVERED,
  WIRE_TYPING,
  WIRE_SEARCH,
  WIRE_SEARCH_RESP,
  WIRE_SEARCH_END,
  WIRE_PING,
  WIRE_PONG,
  WIRE_QUIT,
  WIRE_ERROR,
  WIRE_N_VERBS,
} WireVerb;

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

/* Whether a text, not escaped, may be a message's: what wire_message_parse() takes from a client, line ends included. *why as there. */
WireError wire_text_check (const char *data, gsize len, const char **why);
