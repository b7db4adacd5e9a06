/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire-dump.h"

#include <string.h>

typedef struct
{
  const char *line;
  const char *dump;
} Row;

static void
check (WireDialect dialect, WireSide from, const Row *rows, guint n_rows)
{
  for (guint i = 0; i < n_rows; i++)
    {
      g_autofree char *dump = wire_dump (dialect, from, rows[i].line, strlen (rows[i].line));
      g_autofree char *shown = g_strescape (rows[i].line, NULL);

      g_test_message ("line \"%s\"", shown);
      g_assert_cmpstr (dump, ==, rows[i].dump);
    }
}

#define CHECK(dialect, from, rows) check (dialect, from, rows, G_N_ELEMENTS (rows))

static const Row base_from_client[] = {
  { "HELLO alice", "HELLO (alice)" },
  { "HELLO   alice", "HELLO (alice)" },
  { "HELLO alice ", "HELLO (alice)" },
  { "HELLO alice 2", "HELLO (alice) (2)" },
  { "HELLO", "!bad-arguments" },
  { "HELLO ", "!bad-arguments" },
  { "CHAT_REQUEST bob", "CHAT_REQUEST (bob)" },
  { "CHAT_REQUEST  bob", "CHAT_REQUEST (bob)" },
  { "CHAT_REQUEST", "!bad-arguments" },
  { "CHAT_REQUEST  ", "!bad-arguments" },
  { "CHAT_REQUEST bob carol", "!bad-arguments" },
  { "CHAT_MESSAGE bob hi", "CHAT_MESSAGE (bob) <hi>" },
  { "CHAT_MESSAGE   bob hi", "CHAT_MESSAGE (bob) <hi>" },
  { "CHAT_MESSAGE bob hi there, you", "CHAT_MESSAGE (bob) <hi there, you>" },
  { "CHAT_MESSAGE bob  two spaces", "CHAT_MESSAGE (bob) < two spaces>" },
  { "CHAT_MESSAGE bob trailing  ", "CHAT_MESSAGE (bob) <trailing  >" },
  { "CHAT_MESSAGE bob\tx y", "CHAT_MESSAGE (bob\tx) <y>" },
  { "CHAT_MESSAGE bob", "!bad-arguments" },
  { "CHAT_MESSAGE", "!bad-arguments" },
  { "CHAT hi", "CHAT <hi>" },
  { "CHAT  hi", "CHAT < hi>" },
  { "CHAT hi  there ", "CHAT <hi  there >" },
  { "CHAT \t", "CHAT <\t>" },
  { "CHAT gr\xc3\xbc\xc3\x9f dich \xf0\x9f\x98\x80", "CHAT <gr\xc3\xbc\xc3\x9f dich \xf0\x9f\x98\x80>" },
  { "CHAT a\\nb\\\\c", "CHAT <a\\nb\\\\c>" }, /* base has no escapes */
  { "CHAT", "!bad-arguments" },
  { "END_REQUEST bob", "END_REQUEST (bob)" },
  { "END_REQUEST", "!bad-arguments" },
  { "END_REQUEST bob now", "!bad-arguments" },
  { "TIMEOUT", "TIMEOUT" },
  { "TIMEOUT bob", "!bad-arguments" },
  { "HISTORY_REQ bob", "HISTORY_REQ (bob)" },
  { "HISTORY_REQ", "!bad-arguments" },
  { "CONVERSATIONS", "!unknown-verb" },
  { "READ bob 1", "!unknown-verb" },
  { "TYPING bob", "!unknown-verb" },
  { "SEARCH x", "!unknown-verb" },
  { "hello alice", "!unknown-verb" },
  { "Chat hi", "!unknown-verb" },
  { "CHATX hi", "!unknown-verb" },
  { "CHA", "!unknown-verb" },
  { "CHAT_", "!unknown-verb" },
  { "CHAT\thi", "!unknown-verb" },
  { " ", "!unknown-verb" },
  { "SENT bob", "!unknown-verb" },
  { "CONNECTED", "!unknown-verb" },
  { "CHAT_STARTED 100000 bob", "!unknown-verb" },
  { "HISTORY_RESP x", "!unknown-verb" },
  { "@id=1 CHAT hi", "!unknown-verb" },
  { "CHAT \xff", "!bad-text" },
  { "CHAT a\x01", "!bad-text" },
  { "CHAT a\rb", "!bad-text" },
  { "CHAT \x7f", "!bad-text" },
  { "CHAT \xc2\x85", "!bad-text" },
  { "\x80", "!bad-text" },
};

static const Row base_from_server[] = {
  { "CONNECTED", "CONNECTED" },
  { "DECLINED", "DECLINED" },
  { "CHAT_STARTED 100000 bob", "CHAT_STARTED (100000) (bob)" },
  { "CHAT_STARTED 100000", "!bad-arguments" },
  { "UNREACHABLE", "UNREACHABLE" },
  { "CHAT hi", "CHAT <hi>" },
  { "CHAT ", "CHAT <>" }, /* an empty line within a text from protocol 2 */
  { "END_NOTIF", "END_NOTIF" },
  { "HISTORY_RESP From bob: hi: there", "from=bob HISTORY_RESP <hi: there>" },
  { "HISTORY_RESP From bob: ", "from=bob HISTORY_RESP <>" },
  { "ERROR bad-text why it is", "ERROR (bad-text) <why it is>" },
  { "HELLO alice", "!unknown-verb" },
  { "CHAT_REQUEST bob", "!unknown-verb" },
};

static const Row proto2_from_client[] = {
  { "CHAT_REQUEST bob", "CHAT_REQUEST (bob)" },
  { "@id=n1 CHAT_MESSAGE bob hi", "id=n1 CHAT_MESSAGE (bob) <hi>" },
  { "@id=n1  CHAT_MESSAGE  bob hi", "id=n1 CHAT_MESSAGE (bob) <hi>" },
  { "@id=a\\:b\\sc\\\\d CHAT_MESSAGE bob x", "id=a;b c\\d CHAT_MESSAGE (bob) <x>" },
  { "@id=a\\rb\\nc CHAT_MESSAGE bob x", "id=a\\rb\\nc CHAT_MESSAGE (bob) <x>" },
  { "@id=a\\bc CHAT_MESSAGE bob x", "id=abc CHAT_MESSAGE (bob) <x>" },
  /* IRCv3: an unknown escape is the character */
  { "@id=ab\\ CHAT_MESSAGE bob x", "id=ab CHAT_MESSAGE (bob) <x>" },
    /* IRCv3: a lone backslash at the end falls away */
  { "@id=a=b CHAT_MESSAGE bob x", "id=a=b CHAT_MESSAGE (bob) <x>" },
  { "@unknown=1;id=n;+x.org/y=2;flag CHAT_MESSAGE bob x", "id=n CHAT_MESSAGE (bob) <x>" },
  { "@;;id=n; CHAT_MESSAGE bob x", "id=n CHAT_MESSAGE (bob) <x>" },
  { "@id CHAT_MESSAGE bob x", "CHAT_MESSAGE (bob) <x>" },
  { "@ CHAT_MESSAGE bob x", "CHAT_MESSAGE (bob) <x>" },
  { "@idx=1;xid=2;ID=3 CHAT_MESSAGE bob x", "CHAT_MESSAGE (bob) <x>" },
  { "CHAT_MESSAGE bob a\\nb\\\\c\\rd", "CHAT_MESSAGE (bob) <a\\nb\\c\\rd>" },
  { "CHAT_MESSAGE bob \\\\n", "CHAT_MESSAGE (bob) <\\n>" },
  { "CHAT_MESSAGE bob  x", "CHAT_MESSAGE (bob) < x>" },
  { "@id=n CHAT_MESSAGE bob", "id=n !bad-arguments" },
  { "@id=n CHAT_MESSAGE", "id=n !bad-arguments" },
  { "@id=n NONSENSE", "id=n !unknown-verb" },
  { "@id=n SENT bob", "id=n !unknown-verb" },
  { "@id=n CHAT_MESSAGE bob \xff", "id=n !bad-text" },
  { "@id=n", "id=n !unknown-verb" },
  { "@", "!unknown-verb" },
  { "@id=\xff CHAT_MESSAGE bob x", "!bad-text" },
  { "END_REQUEST bob", "END_REQUEST (bob)" },
  { "TIMEOUT bob", "TIMEOUT (bob)" },
  { "HISTORY_REQ bob", "HISTORY_REQ (bob)" },
  { "@before=42;limit=50 HISTORY_REQ bob", "before=42;limit=50 HISTORY_REQ (bob)" },
  { "@after=7 HISTORY_REQ bob", "after=7 HISTORY_REQ (bob)" },
  { "@id=q;before=x HISTORY_REQ bob", "id=q !bad-arguments" },
  { "@before=-1 HISTORY_REQ bob", "!bad-arguments" },
  { "@limit=99999999999999999999999 HISTORY_REQ bob", "!bad-arguments" },
  { "CLIENTS", "CLIENTS" },
  { "CLIENTS all", "!bad-arguments" },
  { "CONVERSATIONS", "CONVERSATIONS" },
  { "@want=marks CONVERSATIONS", "want=marks CONVERSATIONS" },
  { "CONVERSATIONS all", "!bad-arguments" },
  { "READ bob 42", "READ (bob) (42)" },
  { "READ bob", "!bad-arguments" },
  { "READ bob 42 43", "!bad-arguments" },
  { "TYPING bob", "TYPING (bob)" },
  { "@id=t TYPING", "id=t !bad-arguments" },
  { "SEARCH two words", "SEARCH <two words>" },
  { "@limit=20;conv=bob SEARCH x", "conv=bob;limit=20 SEARCH <x>" },
  { "SEARCH", "!bad-arguments" },
  { "SEARCH ", "!bad-arguments" },
  { "SEARCH  ", "SEARCH < >" },
  { "DELIVERED bob 42", "!unknown-verb" },
  { "CONVERSATION bob", "!unknown-verb" },
  { "SEARCH_RESP x", "!unknown-verb" },
  { "PING token", "PING (token)" },
  { "PONG token", "PONG (token)" },
  { "QUIT", "QUIT" },
  { "AUTH SCRAM-SHA-256 biws", "AUTH (SCRAM-SHA-256) (biws)" },
  { "AUTH SCRAM-SHA-256", "!bad-arguments" },
  { "RESPONSE Yz1iaXdz", "RESPONSE (Yz1iaXdz)" },
  { "RESPONSE a b", "!bad-arguments" },
  { "INVITATION AAAA-_ SCRAM-SHA-256$1:c2FsdA==$eA==:eA==", "INVITATION (AAAA-_) (SCRAM-SHA-256$1:c2FsdA==$eA==:eA==)" },
};

static const Row proto2_from_server[] = {
  { "CONNECTED 2", "CONNECTED (2)" },
  { "@v=abc CONNECTED 2", "v=abc CONNECTED (2)" },
  { "@id=n;seq=42;time=1970-01-01T00:00:01.500Z SENT bob", "id=n;seq=42;time=1500 SENT (bob)" },
  { "@conv=bob;from=bob;seq=42;time=1970-01-01T00:00:00.000Z;id=n CHAT a\\nb",
    "id=n;conv=bob;from=bob;seq=42;time=0 CHAT <a\\nb>" },
  { "@seq=1;time=yesterday CHAT x", "!bad-arguments" },
  { "@seq=41;from=alice;time=1970-01-01T00:00:00.000Z HISTORY_RESP From x: y",
    "from=alice;seq=41;time=0 HISTORY_RESP <From x: y>" },
  { "@count=50;last=57;more=1 HISTORY_END bob", "count=50;last=57;more=1 HISTORY_END (bob)" },
  { "@reason=busy UNREACHABLE bob", "reason=busy UNREACHABLE (bob)" },
  { "END_NOTIF bob", "END_NOTIF (bob)" },
  { "@state=online CLIENT bob", "state=online CLIENT (bob)" },
  { "@state=offline;since=1970-01-01T00:00:00.001Z CLIENT bob", "state=offline;since=1 CLIENT (bob)" },
  { "CLIENTS_END", "CLIENTS_END" },
  { "AUTH_REQUIRED SCRAM-SHA-256 SCRAM-SHA-256-PLUS", "AUTH_REQUIRED (SCRAM-SHA-256) (SCRAM-SHA-256-PLUS)" },
  { "CHALLENGE cj14", "CHALLENGE (cj14)" },
  { "CHALLENGE", "!bad-arguments" },
  { "@wait=500 ERROR rate-limited slower", "wait=500 ERROR (rate-limited) <slower>" },
  { "@last=57;read=42;time=1970-01-01T00:00:00.007Z CONVERSATION bob", "time=7;last=57;read=42 CONVERSATION (bob)" },
  { "@last=57;read=42;time=1970-01-01T00:00:00.007Z;delivered=55;peerread=40 CONVERSATION bob",
    "time=7;last=57;read=42;delivered=55;peerread=40 CONVERSATION (bob)" },
  { "CONVERSATION", "!bad-arguments" },
  { "CONVERSATIONS_END", "CONVERSATIONS_END" },
  { "READ alice 42", "READ (alice) (42)" },
  { "@own=1 READ bob 42", "own=1 READ (bob) (42)" },
  { "DELIVERED bob 42", "DELIVERED (bob) (42)" },
  { "DELIVERED bob", "!bad-arguments" },
  { "TYPING alice", "TYPING (alice)" },
  { "@conv=bob;seq=12;from=alice;time=1970-01-01T00:00:00.007Z SEARCH_RESP a\\nb",
    "conv=bob;from=alice;seq=12;time=7 SEARCH_RESP <a\\nb>" },
  { "@count=1 SEARCH_END", "count=1 SEARCH_END" },
  { "SEARCH x", "!unknown-verb" },
  { "CONVERSATIONS", "!unknown-verb" },
  { "PRESENCE bob offline", "PRESENCE (bob) (offline)" },
  { "PRESENCE bob", "!bad-arguments" },
  { "@id=n ERROR rate-limited slow down", "id=n ERROR (rate-limited) <slow down>" },
  { "PING t", "PING (t)" },
};

static void
test_base_from_client (void)
{
  CHECK (WIRE_BASE, WIRE_FROM_CLIENT, base_from_client);
}

static void
test_base_from_server (void)
{
  CHECK (WIRE_BASE, WIRE_FROM_SERVER, base_from_server);
}

static void
test_proto2_from_client (void)
{
  CHECK (WIRE_PROTO2, WIRE_FROM_CLIENT, proto2_from_client);
}

static void
test_proto2_from_server (void)
{
  CHECK (WIRE_PROTO2, WIRE_FROM_SERVER, proto2_from_server);
}

/* NUL anywhere, and a line that is nothing but one. */
static void
test_nul (void)
{
  static const char within[] = "CHAT a\0b";
  g_autofree char *dump = wire_dump (WIRE_BASE, WIRE_FROM_CLIENT, within, sizeof within - 1);
  g_autofree char *dump2 = wire_dump (WIRE_PROTO2, WIRE_FROM_CLIENT, within, sizeof within - 1);
  g_autofree char *alone = wire_dump (WIRE_BASE, WIRE_FROM_CLIENT, "", 1);

  g_assert_cmpstr (dump, ==, "!bad-text");
  g_assert_cmpstr (dump2, ==, "!bad-text");
  g_assert_cmpstr (alone, ==, "!bad-text");
}

static char *
line_with_text (const char *head, const char *unit, guint n_units)
{
  GString *line = g_string_new (head);

  for (guint i = 0; i < n_units; i++)
    g_string_append (line, unit);
  return g_string_free (line, FALSE);
}

/* 8,192 bytes are counted after unescaping. */
static void
test_text_limit (void)
{
  static const struct
  {
    WireDialect dialect;
    const char *unit;
    guint n_units;
    gboolean fits;
  } cases[] = {
    { WIRE_BASE, "x", WIRE_TEXT_MAX, TRUE },
    { WIRE_BASE, "x", WIRE_TEXT_MAX + 1, FALSE },
    { WIRE_BASE, "\\n", WIRE_TEXT_MAX / 2, TRUE }, /* base has no escapes */
    { WIRE_BASE, "\\n", WIRE_TEXT_MAX / 2 + 1, FALSE },
    { WIRE_BASE, "\xe2\x82\xac", WIRE_TEXT_MAX / 3, TRUE },
    { WIRE_BASE, "\xe2\x82\xac", WIRE_TEXT_MAX / 3 + 1, FALSE },
    { WIRE_PROTO2, "\\n", WIRE_TEXT_ESCAPED_MAX / 2, TRUE },
    { WIRE_PROTO2, "\\n", WIRE_TEXT_ESCAPED_MAX / 2 + 1, FALSE },
    { WIRE_PROTO2, "xx\\n", WIRE_TEXT_MAX / 3, TRUE },
    { WIRE_PROTO2, "xx\\n", WIRE_TEXT_MAX / 3 + 1, FALSE },
    { WIRE_BASE, "\\", WIRE_TEXT_ESCAPED_MAX / 2, TRUE },
    { WIRE_BASE, "\\", WIRE_TEXT_ESCAPED_MAX / 2 + 1, FALSE },
    { WIRE_PROTO2, "x", WIRE_TEXT_MAX + 1, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *line = line_with_text ("CHAT ", cases[i].unit, cases[i].n_units);
      g_autofree char *dump = wire_dump (cases[i].dialect, WIRE_FROM_CLIENT, line, strlen (line));

      g_test_message ("case %u", i);
      if (cases[i].fits)
        g_assert_true (g_str_has_prefix (dump, "CHAT <"));
      else
        g_assert_cmpstr (dump, ==, "!too-long");
    }
}

/* The id of a line that is refused for its text is known all the same. */
static void
test_id_of_too_long (void)
{
  g_autofree char *line = line_with_text ("@id=n CHAT_MESSAGE bob ", "x", WIRE_TEXT_MAX + 1);
  g_autofree char *dump = wire_dump (WIRE_PROTO2, WIRE_FROM_CLIENT, line, strlen (line));

  g_assert_cmpstr (dump, ==, "id=n !too-long");
}

static void
test_nonce_limit (void)
{
  g_autofree char *nonce = g_strnfill (WIRE_NONCE_MAX, 'n');
  g_autofree char *fits = g_strdup_printf ("@id=%s CHAT_MESSAGE bob x", nonce);
  g_autofree char *over = g_strdup_printf ("@id=%sn CHAT_MESSAGE bob x", nonce);
  g_autofree char *dump_fits = wire_dump (WIRE_PROTO2, WIRE_FROM_CLIENT, fits, strlen (fits));
  g_autofree char *dump_over = wire_dump (WIRE_PROTO2, WIRE_FROM_CLIENT, over, strlen (over));

  g_assert_true (g_str_has_suffix (dump_fits, "CHAT_MESSAGE (bob) <x>"));
  g_assert_cmpstr (dump_over, ==, "!bad-arguments");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/parse/base/from-client", test_base_from_client);
  g_test_add_func ("/parse/base/from-server", test_base_from_server);
  g_test_add_func ("/parse/proto2/from-client", test_proto2_from_client);
  g_test_add_func ("/parse/proto2/from-server", test_proto2_from_server);
  g_test_add_func ("/parse/nul", test_nul);
  g_test_add_func ("/parse/text-limit", test_text_limit);
  g_test_add_func ("/parse/id-of-too-long", test_id_of_too_long);
  g_test_add_func ("/parse/nonce-limit", test_nonce_limit);
  return g_test_run ();
}
