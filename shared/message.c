/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/message.h"

#include <string.h>

typedef enum
{
  DIALECT_BOTH,
  DIALECT_PROTO2,
} VerbDialect;

typedef enum
{
  TEXT_NONE,
  TEXT_REQUIRED,
} VerbText;

/* The whole grammar: a new verb is a row here, and a handler where it is received. */
static const struct
{
  const char *name;
  guint8 name_len;
  guint8 sides;     /* who may send it */
  guint8 dialect;
  guint8 min_words;
  guint8 max_words;
  guint8 text;
  gboolean bare_in_base; /* base knows it without words */
} verbs[WIRE_N_VERBS] = {
#define ROW(verb, sides, dialect, min, max, text, bare) \
  [WIRE_##verb] = { #verb, sizeof #verb - 1, sides, dialect, min, max, TEXT_##text, bare }
#define CLIENT WIRE_FROM_CLIENT
#define SERVER WIRE_FROM_SERVER
  ROW (HELLO, CLIENT, DIALECT_BOTH, 1, 2, NONE, FALSE),
  ROW (CONNECTED, SERVER, DIALECT_BOTH, 0, 1, NONE, TRUE),
  ROW (DECLINED, SERVER, DIALECT_BOTH, 0, 0, NONE, FALSE),
  ROW (AUTH_REQUIRED, SERVER, DIALECT_PROTO2, 1, 2, NONE, FALSE),
  ROW (AUTH, CLIENT, DIALECT_PROTO2, 2, 2, NONE, FALSE),
  ROW (CHALLENGE, SERVER, DIALECT_PROTO2, 1, 1, NONE, FALSE),
  ROW (RESPONSE, CLIENT, DIALECT_PROTO2, 1, 1, NONE, FALSE),
  ROW (INVITATION, CLIENT, DIALECT_PROTO2, 2, 2, NONE, FALSE),
  ROW (CHAT_REQUEST, CLIENT, DIALECT_BOTH, 1, 1, NONE, FALSE),
  ROW (CHAT_STARTED, SERVER, DIALECT_BOTH, 2, 2, NONE, FALSE),
  ROW (UNREACHABLE, SERVER, DIALECT_BOTH, 0, 1, NONE, TRUE),
  ROW (CHAT_MESSAGE, CLIENT, DIALECT_BOTH, 1, 1, REQUIRED, FALSE),
  ROW (CHAT, CLIENT | SERVER, DIALECT_BOTH, 0, 0, REQUIRED, FALSE),
  ROW (SENT, SERVER, DIALECT_PROTO2, 1, 1, NONE, FALSE),
  ROW (END_REQUEST, CLIENT, DIALECT_BOTH, 1, 1, NONE, FALSE),
  ROW (END_NOTIF, SERVER, DIALECT_BOTH, 0, 1, NONE, TRUE),
  ROW (TIMEOUT, CLIENT, DIALECT_BOTH, 0, 1, NONE, TRUE),
  ROW (HISTORY_REQ, CLIENT, DIALECT_BOTH, 1, 1, NONE, FALSE),
  ROW (HISTORY_RESP, SERVER, DIALECT_BOTH, 0, 0, REQUIRED, FALSE),
  ROW (HISTORY_END, SERVER, DIALECT_PROTO2, 1, 1, NONE, FALSE),
  ROW (CLIENTS, CLIENT, DIALECT_PROTO2, 0, 0, NONE, FALSE),
  ROW (CLIENT, SERVER, DIALECT_PROTO2, 1, 1, NONE, FALSE),
  ROW (CLIENTS_END, SERVER, DIALECT_PROTO2, 0, 0, NONE, FALSE),
  ROW (PRESENCE, SERVER, DIALECT_PROTO2, 2, 2, NONE, FALSE),
  ROW (CONVERSATIONS, CLIENT, DIALECT_PROTO2, 0, 0, NONE, FALSE),
  ROW (CONVERSATION, SERVER, DIALECT_PROTO2, 1, 1, NONE, FALSE),
  ROW (CONVERSATIONS_END, SERVER, DIALECT_PROTO2, 0, 0, NONE, FALSE),
  ROW (READ, CLIENT | SERVER, DIALECT_PROTO2, 2, 2, NONE, FALSE),
  ROW (DELIVERED, SERVER, DIALECT_PROTO2, 2, 2, NONE, FALSE),
  ROW (TYPING, CLIENT | SERVER, DIALECT_PROTO2, 1, 1, NONE, FALSE),
  ROW (SEARCH, CLIENT, DIALECT_PROTO2, 0, 0, REQUIRED, FALSE),
  ROW (SEARCH_RESP, SERVER, DIALECT_PROTO2, 0, 0, REQUIRED, FALSE),
  ROW (SEARCH_END, SERVER, DIALECT_PROTO2, 0, 0, NONE, FALSE),
  ROW (PING, CLIENT | SERVER, DIALECT_PROTO2, 1, 1, NONE, FALSE),
  ROW (PONG, CLIENT | SERVER, DIALECT_PROTO2, 1, 1, NONE, FALSE),
  ROW (QUIT, CLIENT, DIALECT_PROTO2, 0, 0, NONE, FALSE),
  ROW (ERROR, SERVER, DIALECT_BOTH, 1, 1, REQUIRED, FALSE),
#undef ROW
#undef CLIENT
#undef SERVER
};

const char *
wire_verb_name (WireVerb verb)
{
  g_return_val_if_fail (verb > WIRE_NO_VERB && verb < WIRE_N_VERBS, "");

  return verbs[verb].name;
}

static gboolean
has_c1_control (const char *data, gsize len)
{
  /* U+0080 to U+009F are C2 80 to C2 9F. */
  for (const char *p = data; (p = memchr (p, 0xc2, data + len - p)) != NULL; p++)
    if ((guchar) p[1] < 0xa0)
      return TRUE;

  return FALSE;
}

gboolean
wire_text_is_valid (const char *data, gsize len)
{
  guchar seen = 0;

  for (gsize i = 0; i < len; i++)
    {
      guchar c = data[i];

      if ((c < 0x20 && c != '\t') || c == 0x7f)
        return FALSE;
      seen |= c;
    }
  if (seen < 0x80)
    return TRUE;

  return g_utf8_validate_len (data, len, NULL) && !has_c1_control (data, len);
}

/* A text of protocol 2: \\ \n \r. Any other backslash stands for itself, so that nothing typed is lost. */
static gsize
unescape_text (char *data, gsize len)
{
  char *in = memchr (data, '\\', len), *out = in, *end = data + len;

  if (in == NULL)
    return len;

  for (; in < end; in++)
    {
      char next = *in == '\\' && in + 1 < end ? in[1] : '\0';

      switch (next)
        {
        case '\\': *out++ = '\\'; in++; break;
        case 'n': *out++ = '\n'; in++; break;
        case 'r': *out++ = '\r'; in++; break;
        default: *out++ = *in; break;
        }
    }
  return out - data;
}

static void
append_escaped_text (GString *out, WireSpan text)
{
  const char *p = text.data, *end = text.data + text.len;

  while (p < end)
    {
      const char *stop = p;

      while (stop < end && *stop != '\\' && *stop != '\n' && *stop != '\r')
        stop++;
      g_string_append_len (out, p, stop - p);
      if (stop == end)
        break;
      g_string_append (out, *stop == '\\' ? "\\\\" : *stop == '\n' ? "\\n" : "\\r");
      p = stop + 1;
    }
}

static WireVerb
find_verb (WireSpan name, WireDialect dialect, WireSide from)
{
  for (guint i = 1; i < WIRE_N_VERBS; i++)
    if (verbs[i].name_len == name.len && memcmp (verbs[i].name, name.data, name.len) == 0)
      return (verbs[i].sides & from) && (verbs[i].dialect == DIALECT_BOTH || dialect == WIRE_PROTO2) ? (WireVerb) i : WIRE_NO_VERB;

  return WIRE_NO_VERB;
}

/* Takes the bytes up to the next space. */
static WireSpan
take_word (char **p, char *end)
{
  char *start = *p, *space = memchr (start, ' ', end - start);

  *p = space ? space : end;
  return (WireSpan){ start, *p - start };
}

static void
skip_spaces (char **p, char *end)
{
  while (*p < end && **p == ' ')
    (*p)++;
}

WireVerb
wire_message_peek (WireDialect dialect, const char *line, gsize len)
{
  char *p = (char *) line, *end = p + len;

  if (dialect == WIRE_PROTO2 && len > 0 && *p == '@')
    {
      take_word (&p, end);
      skip_spaces (&p, end);
    }
  return find_verb (take_word (&p, end), dialect, WIRE_FROM_CLIENT);
}

/* "From <id>: <text>" of base says what the from tag says in protocol 2. */
static void
split_history_from (WireMessage *msg)
{
  const char *start = msg->text.data, *end = start + msg->text.len, *colon;

  if (msg->text.len < 5 || memcmp (start, "From ", 5) != 0)
    return;
  colon = memchr (start, ':', msg->text.len);
  if (colon == NULL || colon + 1 == end || colon[1] != ' ')
    return;

  msg->tags.from = (WireSpan){ start + 5, colon - start - 5 };
  msg->tags.set |= WIRE_TAG_FROM;
  msg->text = (WireSpan){ colon + 2, end - colon - 2 };
}

/* Whether a line of protocol 2 has room for the text, whoever it came from. Only a long one that is nearly all escapes is refused: its receiver
 * would throw the line away. */
static gboolean
fits_escaped (WireSpan text)
{
  gsize len = text.len;

  if (2 * len <= WIRE_TEXT_ESCAPED_MAX)
    return TRUE;
  for (gsize i = 0; i < text.len; i++)
    len += text.data[i] == '\\' || text.data[i] == '\n' || text.data[i] == '\r';
  return len <= WIRE_TEXT_ESCAPED_MAX;
}

static WireError
check_length (WireSpan text, WireSide from, const char **why)
{
  if (text.len > WIRE_TEXT_MAX)
    {
      *why = "a text has at most 8192 bytes";
      return WIRE_TOO_LONG;
    }
  if (from == WIRE_FROM_CLIENT && !fits_escaped (text))
    {
      *why = "a text has at most 16000 bytes when it is escaped";
      return WIRE_TOO_LONG;
    }
  return WIRE_OK;
}

WireError
wire_text_check (const char *data, gsize len, const char **why)
{
  const char *end = data + len;

  if (len == 0)
    {
      *why = "a text is missing";
      return WIRE_BAD_ARGUMENTS;
    }
  for (const char *line = data, *stop; line <= end; line = stop + 1)
    {
      for (stop = line; stop < end && *stop != '\n' && *stop != '\r';)
        stop++;
      if (!wire_text_is_valid (line, stop - line))
        {
          *why = "a text is UTF-8 without control characters";
          return WIRE_BAD_TEXT;
        }
    }
  return check_length ((WireSpan){ data, len }, WIRE_FROM_CLIENT, why);
}

/* Nobody may say nothing; but an empty line within a text reaches a base client as a text that is empty. */
static WireError
parse_text (WireMessage *msg, WireDialect dialect, WireSide from, char *p, char *end, const char **why)
{
  if (p == end || (p + 1 == end && from == WIRE_FROM_CLIENT))
    {
      *why = "a text is missing";
      return WIRE_BAD_ARGUMENTS;
    }
  p++; /* the one space that parts the text from the words; all that follows belongs to it */
  msg->text = (WireSpan){ p, end - p };
  if (dialect == WIRE_PROTO2)
    msg->text.len = unescape_text (p, end - p);
  else if (msg->verb == WIRE_HISTORY_RESP)
    split_history_from (msg);

  return check_length (msg->text, from, why);
}

static WireError
parse_arguments (WireMessage *msg, WireDialect dialect, WireSide from, char *p, char *end, const char **why)
{
  guint min = verbs[msg->verb].min_words, max = verbs[msg->verb].max_words, n = 0;

  if (dialect == WIRE_BASE && verbs[msg->verb].bare_in_base)
    max = 0;

  while (n < max)
    {
      char *before = p;

      skip_spaces (&p, end);
      if (p == end)
        {
          p = before;
          break;
        }
      msg->word[n++] = take_word (&p, end);
    }
  if (n < min)
    {
      *why = "a word is missing";
      return WIRE_BAD_ARGUMENTS;
    }
  if (verbs[msg->verb].text == TEXT_REQUIRED)
    return parse_text (msg, dialect, from, p, end, why);

  skip_spaces (&p, end);
  if (p == end || msg->verb == WIRE_HELLO) /* what a later version adds to HELLO does not keep it out */
    return WIRE_OK;

  *why = "there are too many words";
  return WIRE_BAD_ARGUMENTS;
}

WireError
wire_message_parse (WireMessage *msg, WireDialect dialect, WireSide from, char *line, gsize len, const char **why)
{
  char *p = line, *end = line + len;
  gboolean valid = wire_text_is_valid (line, len), tags_good = TRUE;

  *msg = (WireMessage){ .verb = WIRE_NO_VERB };

  if (dialect == WIRE_PROTO2 && len > 0 && *p == '@')
    {
      WireSpan raw = take_word (&p, end);

      if (valid || wire_text_is_valid (raw.data, raw.len))
        tags_good = wire_tags_parse (&msg->tags, line + 1, raw.len - 1, why);
      skip_spaces (&p, end);
    }
  if (!valid)
    {
      *why = "a line is UTF-8 without control characters";
      return WIRE_BAD_TEXT;
    }

  msg->verb = find_verb (take_word (&p, end), dialect, from);
  if (msg->verb == WIRE_NO_VERB)
    {
      *why = "there is no such message";
      return WIRE_UNKNOWN_VERB;
    }
  if (!tags_good)
    return WIRE_BAD_ARGUMENTS;

  return parse_arguments (msg, dialect, from, p, end, why);
}

static WireTagOrder
tag_order (WireVerb verb)
{
  switch ((int) verb)
    {
    case WIRE_CHAT:
      return WIRE_TAG_ORDER_CHAT;
    case WIRE_HISTORY_RESP:
      return WIRE_TAG_ORDER_HISTORY;
    case WIRE_CONVERSATION:
      return WIRE_TAG_ORDER_CONVERSATION;
    case WIRE_SEARCH_RESP:
      return WIRE_TAG_ORDER_SEARCH;
    default:
      return WIRE_TAG_ORDER_PLAIN;
    }
}

static void
append_head (const WireMessage *msg, WireDialect dialect, GString *out)
{
  if (dialect == WIRE_PROTO2)
    wire_tags_format (&msg->tags, tag_order (msg->verb), out);
  g_string_append_len (out, verbs[msg->verb].name, verbs[msg->verb].name_len);
  if (dialect == WIRE_BASE && verbs[msg->verb].bare_in_base)
    return;

  for (guint i = 0; i < WIRE_WORDS_MAX && msg->word[i].data != NULL; i++)
    {
      g_string_append_c (out, ' ');
      g_string_append_len (out, msg->word[i].data, msg->word[i].len);
    }
}

/* Base has no line ends inside a text: each of its lines is a message of its own. */
static void
append_base_lines (const WireMessage *msg, GString *out)
{
  const char *p = msg->text.data, *end = p + msg->text.len;

  do
    {
      const char *stop = p;

      while (stop < end && *stop != '\n' && *stop != '\r')
        stop++;
      append_head (msg, WIRE_BASE, out);
      g_string_append_c (out, ' ');
      if (msg->verb == WIRE_HISTORY_RESP && (msg->tags.set & WIRE_TAG_FROM))
        {
          g_string_append (out, "From ");
          g_string_append_len (out, msg->tags.from.data, msg->tags.from.len);
          g_string_append (out, ": ");
        }
      g_string_append_len (out, p, stop - p);
      g_string_append_c (out, '\n');
      p = stop < end && *stop == '\r' && stop + 1 < end && stop[1] == '\n' ? stop + 2 : stop + 1;
    }
  while (p < end);
}

void
wire_message_format (const WireMessage *msg, WireDialect dialect, GString *out)
{
  if (msg->text.data != NULL && dialect == WIRE_BASE)
    {
      append_base_lines (msg, out);
      return;
    }

  append_head (msg, dialect, out);
  if (msg->text.data != NULL)
    {
      g_string_append_c (out, ' ');
      append_escaped_text (out, msg->text);
    }
  g_string_append_c (out, '\n');
}
