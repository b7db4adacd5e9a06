/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The small parts of a line: Client-IDs, numbers, times, texts, error codes. */
#include <string.h>

#include "shared/client-id.h"
#include "shared/errors.h"
#include "shared/message.h"
#include "shared/timestamp.h"

/* A copy of its exact size, so that a sanitizer sees every step outside. */
static WireSpan
exact (const char *bytes, gsize len, char **copy)
{
  *copy = g_malloc (MAX (len, 1));
  memcpy (*copy, bytes, len);
  return (WireSpan){ *copy, len };
}

static const struct
{
  const char *id;
  gboolean valid;
} ids[] = {
  { "alice", TRUE },
  { "A", TRUE },
  { "0", TRUE },
  { "9.a_b-C", TRUE },
  { "a..--__", TRUE },
  { "0123456789012345678901234567890123456789012345678901234567890123", TRUE },
  { "01234567890123456789012345678901234567890123456789012345678901234", FALSE },
  { "", FALSE },
  { ".a", FALSE },
  { "-a", FALSE },
  { "_a", FALSE },
  { "#room", FALSE },
  { "a b", FALSE },
  { "a\n", FALSE },
  { "a\t", FALSE },
  { "a/b", FALSE },
  { "a:b", FALSE },
  { "a@b", FALSE },
  { "a\x7f", FALSE },
  { "\xc3\xa4pfel", FALSE },
  { "apf\xc3\xa4l", FALSE },
};

static void
test_client_ids (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_autofree char *copy = NULL;
      WireSpan span = exact (ids[i].id, strlen (ids[i].id), &copy);

      g_test_message ("Client-ID %u", i);
      g_assert_cmpint (client_id_is_valid (span.data, span.len), ==, ids[i].valid);
    }
  g_assert_false (client_id_is_valid ("a\0b", 3));
}

/* Every byte, first and later in an ID, against the contract's character classes. */
static void
test_client_id_bytes (void)
{
  for (guint byte = 0; byte < 256; byte++)
    {
      gboolean alnum = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
      gboolean later = alnum || byte == '.' || byte == '_' || byte == '-';
      char first[] = { (char) byte, 'x' };
      char last[] = { 'x', (char) byte };

      g_assert_cmpint (client_id_is_valid (first, 2), ==, alnum);
      g_assert_cmpint (client_id_is_valid (last, 2), ==, later);
    }
}

static const struct
{
  const char *bytes;
  gsize len; /* 0: up to the NUL */
  gboolean valid;
} texts[] = {
  { "", 0, TRUE },
  { "plain", 0, TRUE },
  { "a\tb", 0, TRUE },
  { "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80", 0, TRUE },
  { "\xc2\xa0 no-break space", 0, TRUE },
  { "\xef\xbf\xbf", 0, TRUE },
  { "\xf4\x8f\xbf\xbf", 0, TRUE },
  { "a\0b", 3, FALSE },
  { "a\x01", 0, FALSE },
  { "a\x08", 0, FALSE },
  { "a\nb", 0, FALSE },
  { "a\rb", 0, FALSE },
  { "a\x0b", 0, FALSE },
  { "\x1b[31mred", 0, FALSE },
  { "a\x7f", 0, FALSE },
  { "\xc2\x80", 0, FALSE },
  { "\xc2\x85", 0, FALSE },
  { "\xc2\x9f", 0, FALSE },
  { "\xff", 0, FALSE },
  { "\x80", 0, FALSE },
  { "\xc3", 0, FALSE },
  { "\xe2\x82", 0, FALSE },
  { "\xf0\x9f\x98", 0, FALSE },
  { "\xc3\x28", 0, FALSE },
  { "\xc0\xaf", 0, FALSE },             /* overlong */
  { "\xe0\x80\xaf", 0, FALSE },         /* overlong */
  { "\xed\xa0\x80", 0, FALSE },         /* a surrogate */
  { "\xf4\x90\x80\x80", 0, FALSE },     /* above U+10FFFF */
  { "latin-1 gr\xfc\xdf", 0, FALSE },
};

static void
test_texts (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *copy = NULL;
      gsize len = texts[i].len > 0 ? texts[i].len : strlen (texts[i].bytes);
      WireSpan span = exact (texts[i].bytes, len, &copy);

      g_test_message ("text %u", i);
      g_assert_cmpint (wire_text_is_valid (span.data, span.len), ==, texts[i].valid);
    }
}

static const struct
{
  const char *digits;
  gboolean valid;
  guint64 value;
} numbers[] = {
  { "0", TRUE, 0 },
  { "42", TRUE, 42 },
  { "007", TRUE, 7 },
  { "18446744073709551615", TRUE, G_MAXUINT64 },
  { "18446744073709551616", FALSE, 0 },
  { "99999999999999999999999999", FALSE, 0 },
  { "", FALSE, 0 },
  { "-1", FALSE, 0 },
  { "+1", FALSE, 0 },
  { " 1", FALSE, 0 },
  { "1 ", FALSE, 0 },
  { "0x10", FALSE, 0 },
  { "1.5", FALSE, 0 },
  { "\xd9\xa1", FALSE, 0 },
};

static void
test_numbers (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_autofree char *copy = NULL;
      WireSpan span = exact (numbers[i].digits, strlen (numbers[i].digits), &copy);
      guint64 value = 0;

      g_test_message ("number %u", i);
      g_assert_cmpint (wire_span_to_uint (span, &value), ==, numbers[i].valid);
      if (numbers[i].valid)
        g_assert_cmpuint (value, ==, numbers[i].value);
    }
  g_assert_false (wire_span_to_uint (WIRE_NO_SPAN, &(guint64){ 0 }));
}

static void
test_number_there_and_back (void)
{
  static const guint64 values[] = { 0, 1, 9, 10, 99, 100, 4294967295u, 4294967296u, G_MAXINT64, G_MAXUINT64 };

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      char digits[WIRE_UINT_DIGITS];
      g_autofree char *wanted = g_strdup_printf ("%" G_GUINT64_FORMAT, values[i]);

      g_assert_true (wire_span_equal (wire_span_from_uint (values[i], digits), wanted));
    }
}

static const struct
{
  const char *text;
  gint64 ms;
} times[] = {
  { "1970-01-01T00:00:00.000Z", 0 },
  { "1970-01-01T00:00:00.001Z", 1 },
  { "1999-12-31T23:59:59.999Z", G_GINT64_CONSTANT (946684799999) },
  { "2000-02-29T12:00:00.000Z", G_GINT64_CONSTANT (951825600000) },
  { "2026-11-23T10:00:00.123Z", G_GINT64_CONSTANT (1795428000123) },
  { "2038-01-19T03:14:08.000Z", G_GINT64_CONSTANT (2147483648000) },
  { "2400-02-29T00:00:00.000Z", G_GINT64_CONSTANT (13574563200000) },
  { "9999-12-31T23:59:59.999Z", G_GINT64_CONSTANT (253402300799999) },
};

static void
test_times (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (times); i++)
    {
      char text[WIRE_TIME_LEN + 1];
      gint64 ms = -1;

      wire_time_format (times[i].ms, text);
      g_assert_cmpstr (text, ==, times[i].text);
      g_assert_true (wire_time_parse (WIRE_SPAN (times[i].text), &ms));
      g_assert_cmpint (ms, ==, times[i].ms);
    }
}

static const char *const no_times[] = {
  "",
  "now",
  "2026-11-23",
  "2026-11-23T10:00:00Z",
  "2026-11-23T10:00:00.12Z",
  "2026-11-23T10:00:00.1234Z",
  "2026-11-23T10:00:00.123",
  "2026-11-23T10:00:00.123+00:00",
  "2026-11-23 10:00:00.123Z",
  "2026-11-23T10:00:00,123Z",
  "2026-00-23T10:00:00.123Z",
  "2026-13-23T10:00:00.123Z",
  "2026-11-00T10:00:00.123Z",
  "2026-11-31T10:00:00.123Z",
  "2026-02-29T10:00:00.123Z",
  "2026-11-23T24:00:00.123Z",
  "2026-11-23T10:60:00.123Z",
  "2026-11-23T10:00:60.123Z",
  "20x6-11-23T10:00:00.123Z",
  " 026-11-23T10:00:00.123Z",
  "-026-11-23T10:00:00.123Z",
};

static void
test_no_times (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (no_times); i++)
    {
      g_autofree char *copy = NULL;
      WireSpan span = exact (no_times[i], strlen (no_times[i]), &copy);
      gint64 ms;

      g_test_message ("time \"%s\"", no_times[i]);
      g_assert_false (wire_time_parse (span, &ms));
    }
}

static const char *const codes[] = {
  "bad-text", "too-long", "bad-arguments", "unknown-verb", "unknown-client",
  "not-allowed", "rate-limited", "busy", "store-failed", "shutting-down",
};

/* The contract's codes, each the name of one error, both ways. */
static void
test_codes (void)
{
  guint seen = 0;

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      WireError error = wire_error_from_code (codes[i], strlen (codes[i]));

      g_assert_cmpint (error, !=, WIRE_OK);
      g_assert_cmpstr (wire_error_code (error), ==, codes[i]);
      g_assert_cmpuint (seen & (1u << error), ==, 0);
      seen |= 1u << error;
    }
  g_assert_cmpint (wire_error_from_code ("BAD-TEXT", 8), ==, WIRE_OK);
  g_assert_cmpint (wire_error_from_code ("bad-tex", 7), ==, WIRE_OK);
  g_assert_cmpint (wire_error_from_code ("bad-text2", 9), ==, WIRE_OK);
  g_assert_cmpint (wire_error_from_code ("", 0), ==, WIRE_OK);
  g_assert_cmpint (wire_error_from_code ("ok", 2), ==, WIRE_OK);
}

static void
test_spans (void)
{
  WireSpan span = { "alice bob", 5 };
  g_autofree char *copy = wire_span_dup (span);

  g_assert_cmpstr (copy, ==, "alice");
  g_assert_true (wire_span_equal (span, "alice"));
  g_assert_false (wire_span_equal (span, "alic"));
  g_assert_false (wire_span_equal (span, "alice "));
  g_assert_true (wire_span_equal (WIRE_NO_SPAN, ""));
}

static const struct
{
  const char *tag;
  gboolean marks;
} wants[] = {
  { "marks", TRUE }, { "marks,x", TRUE }, { "x,marks", TRUE }, { ",marks,", TRUE },
  { "mark", FALSE }, { "marks2", FALSE }, { "x", FALSE }, { ",", FALSE }, { "Marks", FALSE }, { "marks x", FALSE },
};

static void
test_want (void)
{
  WireTags tags = { 0 };

  g_assert_false (wire_tags_want (&tags, "marks"));
  for (guint i = 0; i < G_N_ELEMENTS (wants); i++)
    {
      g_autofree char *copy = NULL;

      tags.want = exact (wants[i].tag, strlen (wants[i].tag), &copy);
      g_assert_cmpint (wire_tags_want (&tags, "marks"), ==, wants[i].marks);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/values/client-ids", test_client_ids);
  g_test_add_func ("/values/client-id-bytes", test_client_id_bytes);
  g_test_add_func ("/values/texts", test_texts);
  g_test_add_func ("/values/numbers", test_numbers);
  g_test_add_func ("/values/number-there-and-back", test_number_there_and_back);
  g_test_add_func ("/values/want", test_want);
  g_test_add_func ("/values/times", test_times);
  g_test_add_func ("/values/no-times", test_no_times);
  g_test_add_func ("/values/codes", test_codes);
  g_test_add_func ("/values/spans", test_spans);
  return g_test_run ();
}
