/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "shared/message.h"
#include "wire-dump.h"

static const struct
{
  WireDialect dialect;
  WireMessage msg;
  const char *line;
} table[] = {
#define S(str) { str, sizeof str - 1 }
  { WIRE_BASE, { .verb = WIRE_HELLO, .word = { S ("alice") } }, "HELLO alice\n" },
  { WIRE_BASE, { .verb = WIRE_HELLO, .word = { S ("alice"), S ("2") } }, "HELLO alice 2\n" },
  { WIRE_BASE, { .verb = WIRE_CONNECTED }, "CONNECTED\n" },
  { WIRE_BASE, { .verb = WIRE_CONNECTED, .word = { S ("2") } }, "CONNECTED\n" },
  { WIRE_BASE, { .verb = WIRE_CHAT_STARTED, .word = { S ("100000"), S ("bob") } },
    "CHAT_STARTED 100000 bob\n" },
  { WIRE_BASE, { .verb = WIRE_UNREACHABLE, .tags = { .set = WIRE_TAG_REASON, .reason = S ("busy") },
                 .word = { S ("bob") } },
    "UNREACHABLE\n" },
  { WIRE_BASE, { .verb = WIRE_END_NOTIF, .word = { S ("bob") } }, "END_NOTIF\n" },
  { WIRE_BASE, { .verb = WIRE_CHAT, .tags = { .set = WIRE_TAG_SEQ, .seq = 7 }, .text = S ("hi") },
    "CHAT hi\n" },
  { WIRE_BASE, { .verb = WIRE_CHAT, .text = S (" two  spaces ") }, "CHAT  two  spaces \n" },
  { WIRE_BASE, { .verb = WIRE_CHAT, .text = S ("back\\slash") }, "CHAT back\\slash\n" },
  { WIRE_BASE, { .verb = WIRE_CHAT, .text = S ("one\ntwo\n\nfour") },
    "CHAT one\nCHAT two\nCHAT \nCHAT four\n" },
  { WIRE_BASE, { .verb = WIRE_CHAT, .text = S ("one\r\ntwo") }, "CHAT one\nCHAT two\n" },
  { WIRE_BASE, { .verb = WIRE_HISTORY_RESP, .tags = { .set = WIRE_TAG_FROM | WIRE_TAG_SEQ,
                                                      .from = S ("bob"), .seq = 3 }, .text = S ("a\nb") },
    "HISTORY_RESP From bob: a\nHISTORY_RESP From bob: b\n" },
  { WIRE_BASE, { .verb = WIRE_ERROR, .word = { S ("bad-text") }, .text = S ("why") },
    "ERROR bad-text why\n" },

  { WIRE_PROTO2, { .verb = WIRE_CONNECTED, .word = { S ("2") } }, "CONNECTED 2\n" },
  { WIRE_PROTO2, { .verb = WIRE_UNREACHABLE, .tags = { .set = WIRE_TAG_REASON,
                                                       .reason = S ("busy") }, .word = { S ("bob") } },
    "@reason=busy UNREACHABLE bob\n" },
  { WIRE_PROTO2, { .verb = WIRE_SENT, .tags = { .set = WIRE_TAG_ID | WIRE_TAG_SEQ | WIRE_TAG_TIME,
                                                .id = S ("n1"), .seq = 42, .time = 1500 },
    .word = { S ("bob") } }, "@id=n1;seq=42;time=1970-01-01T00:00:01.500Z SENT bob\n" },
  { WIRE_PROTO2, { .verb = WIRE_CHAT,
                   .tags = { .set = WIRE_TAG_ID | WIRE_TAG_CONV | WIRE_TAG_FROM | WIRE_TAG_SEQ | WIRE_TAG_TIME,
    .id = S ("n"), .conv = S ("bob"), .from = S ("alice"), .seq = 1 }, .text = S ("a\nb\\c\rd") },
    "@conv=bob;from=alice;seq=1;time=1970-01-01T00:00:00.000Z;id=n CHAT a\\nb\\\\c\\rd\n" },
  { WIRE_PROTO2, { .verb = WIRE_HISTORY_END,
                   .tags = { .set = WIRE_TAG_COUNT | WIRE_TAG_LAST | WIRE_TAG_MORE, .count = 50,
                             .last = 57, .more = 1 },
    .word = { S ("bob") } }, "@count=50;last=57;more=1 HISTORY_END bob\n" },
  { WIRE_PROTO2, { .verb = WIRE_ERROR, .tags = { .set = WIRE_TAG_ID, .id = S ("a;b c\\d\re\nf") },
                   .word = { S ("busy") }, .text = S ("later") },
    "@id=a\\:b\\sc\\\\d\\re\\nf ERROR busy later\n" },
  { WIRE_PROTO2, { .verb = WIRE_HISTORY_REQ, .tags = { .set = WIRE_TAG_AFTER | WIRE_TAG_LIMIT,
                                                       .after = G_MAXUINT64, .limit = 0 },
                                                       .word = { S ("bob") } },
    "@after=18446744073709551615;limit=0 HISTORY_REQ bob\n" },
  { WIRE_PROTO2, { .verb = WIRE_CONVERSATION,
                   .tags = { .set = WIRE_TAG_LAST | WIRE_TAG_READ | WIRE_TAG_TIME, .last = 57, .read = 42, .time = 7 },
                   .word = { S ("bob") } },
    "@last=57;read=42;time=1970-01-01T00:00:00.007Z CONVERSATION bob\n" },
  { WIRE_PROTO2, { .verb = WIRE_CONVERSATION,
                   .tags = { .set = WIRE_TAG_LAST | WIRE_TAG_READ | WIRE_TAG_TIME | WIRE_TAG_DELIVERED | WIRE_TAG_PEERREAD,
                             .last = 57, .read = 42, .time = 7, .delivered = 55, .peerread = 40 },
                   .word = { S ("bob") } },
    "@last=57;read=42;time=1970-01-01T00:00:00.007Z;delivered=55;peerread=40 CONVERSATION bob\n" },
  { WIRE_PROTO2, { .verb = WIRE_SEARCH_RESP,
                   .tags = { .set = WIRE_TAG_CONV | WIRE_TAG_SEQ | WIRE_TAG_FROM | WIRE_TAG_TIME, .conv = S ("bob"), .seq = 12,
                             .from = S ("alice"), .time = 7 },
                   .text = S ("a\nb") },
    "@conv=bob;seq=12;from=alice;time=1970-01-01T00:00:00.007Z SEARCH_RESP a\\nb\n" },
  { WIRE_PROTO2, { .verb = WIRE_READ, .tags = { .set = WIRE_TAG_OWN, .own = 1 }, .word = { S ("bob"), S ("42") } },
    "@own=1 READ bob 42\n" },
#undef S
};

static void
test_table (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autoptr (GString) out = g_string_new ("before|");

      g_test_message ("row %u", i);
      wire_message_format (&table[i].msg, table[i].dialect, out);
      g_assert_true (g_str_has_prefix (out->str, "before|"));
      g_assert_cmpstr (out->str + strlen ("before|"), ==, table[i].line);
    }
}

/* Parsed and formatted, these lines are themselves again. */
static const struct
{
  WireDialect dialect;
  WireSide from;
  const char *line;
} same[] = {
  { WIRE_BASE, WIRE_FROM_CLIENT, "HELLO alice" },
  { WIRE_BASE, WIRE_FROM_CLIENT, "CHAT_REQUEST bob" },
  { WIRE_BASE, WIRE_FROM_CLIENT, "CHAT_MESSAGE bob  hi  there " },
  { WIRE_BASE, WIRE_FROM_CLIENT, "CHAT \\ and \\n" },
  { WIRE_BASE, WIRE_FROM_CLIENT, "END_REQUEST bob" },
  { WIRE_BASE, WIRE_FROM_CLIENT, "TIMEOUT" },
  { WIRE_BASE, WIRE_FROM_CLIENT, "HISTORY_REQ bob" },
  { WIRE_BASE, WIRE_FROM_SERVER, "HISTORY_RESP From bob: x" },
  { WIRE_BASE, WIRE_FROM_SERVER, "DECLINED" },
  { WIRE_PROTO2, WIRE_FROM_CLIENT, "HELLO alice 2" },
  { WIRE_PROTO2, WIRE_FROM_CLIENT, "@id=\\:\\s\\\\\\r\\n CHAT_MESSAGE bob \\\\\\n\\r" },
  { WIRE_PROTO2, WIRE_FROM_CLIENT, "@before=42;limit=50 HISTORY_REQ bob" },
  { WIRE_PROTO2, WIRE_FROM_CLIENT, "TIMEOUT bob" },
  { WIRE_PROTO2, WIRE_FROM_CLIENT, "CLIENTS" },
  { WIRE_PROTO2, WIRE_FROM_CLIENT, "@want=since CLIENTS" },
  { WIRE_PROTO2, WIRE_FROM_CLIENT, "@want=marks CONVERSATIONS" },
  { WIRE_PROTO2, WIRE_FROM_CLIENT, "READ bob 42" },
  { WIRE_PROTO2, WIRE_FROM_CLIENT, "TYPING bob" },
  { WIRE_PROTO2, WIRE_FROM_CLIENT, "@conv=bob;limit=20 SEARCH some  words " },
  { WIRE_PROTO2, WIRE_FROM_CLIENT, "PING 1" },
  { WIRE_PROTO2, WIRE_FROM_CLIENT, "QUIT" },
  { WIRE_PROTO2, WIRE_FROM_CLIENT, "AUTH SCRAM-SHA-256 biwsbj1hbGljZSxyPXg=" },
  { WIRE_PROTO2, WIRE_FROM_CLIENT, "RESPONSE Yz1iaXdz" },
  { WIRE_PROTO2, WIRE_FROM_CLIENT, "INVITATION AAAA-_ SCRAM-SHA-256$4096:c2FsdA==$eA==:eA==" },
  { WIRE_PROTO2, WIRE_FROM_SERVER, "AUTH_REQUIRED SCRAM-SHA-256" },
  { WIRE_PROTO2, WIRE_FROM_SERVER, "AUTH_REQUIRED SCRAM-SHA-256 SCRAM-SHA-256-PLUS" },
  { WIRE_PROTO2, WIRE_FROM_SERVER, "CHALLENGE cj14" },
  { WIRE_PROTO2, WIRE_FROM_SERVER, "@v=dj14 CONNECTED 2" },
  { WIRE_PROTO2, WIRE_FROM_SERVER, "@id=n;wait=500 ERROR rate-limited slower" },
  { WIRE_PROTO2, WIRE_FROM_SERVER, "@state=online CLIENT bob" },
  { WIRE_PROTO2, WIRE_FROM_SERVER, "@state=offline;since=2026-11-23T10:00:00.123Z CLIENT bob" },
  { WIRE_PROTO2, WIRE_FROM_SERVER, "CLIENTS_END" },
  { WIRE_PROTO2, WIRE_FROM_SERVER, "CONVERSATIONS_END" },
  { WIRE_PROTO2, WIRE_FROM_SERVER, "READ alice 42" },
  { WIRE_PROTO2, WIRE_FROM_SERVER, "DELIVERED bob 42" },
  { WIRE_PROTO2, WIRE_FROM_SERVER, "TYPING alice" },
  { WIRE_PROTO2, WIRE_FROM_SERVER, "@count=3 SEARCH_END" },
  { WIRE_PROTO2, WIRE_FROM_SERVER, "PRESENCE bob online" },
  { WIRE_PROTO2, WIRE_FROM_SERVER, "@seq=41;from=alice;time=2026-11-23T10:00:00.123Z HISTORY_RESP x" },
};

static void
test_there_and_back (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (same); i++)
    {
      g_autofree char *copy = g_strdup (same[i].line);
      g_autoptr (GString) out = g_string_new (NULL);
      const char *why;
      WireMessage msg;

      g_test_message ("line \"%s\"", same[i].line);
      g_assert_cmpint (wire_message_parse (&msg, same[i].dialect, same[i].from, copy, strlen (copy),
                                           &why), ==, WIRE_OK);
      wire_message_format (&msg, same[i].dialect, out);
      g_assert_true (g_str_has_suffix (out->str, "\n"));
      g_string_truncate (out, out->len - 1);
      g_assert_cmpstr (out->str, ==, same[i].line);
    }
}

/* Whatever bytes a value has, they survive a line. */
static void
test_every_byte_survives (void)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (GString) bytes = g_string_new (NULL);
  g_autofree char *dump = NULL;
  g_autofree char *wanted = NULL;
  WireMessage msg = { .verb = WIRE_CHAT_MESSAGE, .word = { { "bob", 3 } } };

  for (char c = ' '; c < 0x7f; c++)
    if (c != '<' && c != '>')
      g_string_append_c (bytes, c);
  msg.text = (WireSpan){ bytes->str, bytes->len };
  wire_message_format (&msg, WIRE_PROTO2, out);
  dump = wire_dump (WIRE_PROTO2, WIRE_FROM_CLIENT, out->str, out->len - 1);
  wanted = g_strdup_printf ("CHAT_MESSAGE (bob) <%s>", bytes->str);
  g_assert_cmpstr (dump, ==, wanted);
}

static void
test_verb_names (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (int verb = WIRE_NO_VERB + 1; verb < WIRE_N_VERBS; verb++)
    {
      const char *name = wire_verb_name (verb);

      g_assert_true (g_regex_match_simple ("^[A-Z_]+$", name, 0, 0));
      g_assert_true (g_hash_table_add (seen, (char *) name));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/format/table", test_table);
  g_test_add_func ("/format/there-and-back", test_there_and_back);
  g_test_add_func ("/format/every-byte-survives", test_every_byte_survives);
  g_test_add_func ("/format/verb-names", test_verb_names);
  return g_test_run ();
}
