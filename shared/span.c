/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/span.h"

gboolean
wire_span_equal (WireSpan span, const char *str)
{
  return span.len == strlen (str) && (span.len == 0 || memcmp (span.data, str, span.len) == 0);
}

char *
wire_span_dup (WireSpan span)
{
  return g_strndup (span.data, span.len);
}

gboolean
wire_span_to_uint (WireSpan span, guint64 *value)
{
  guint64 number = 0;

  if (span.len == 0)
    return FALSE;
  for (gsize i = 0; i < span.len; i++)
    if (!g_ascii_isdigit (span.data[i])
        || !g_uint64_checked_mul (&number, number, 10)
        || !g_uint64_checked_add (&number, number, span.data[i] - '0'))
      return FALSE;

  *value = number;
  return TRUE;
}

WireSpan
wire_span_from_uint (guint64 value, char digits[static WIRE_UINT_DIGITS])
{
  char *end = digits + WIRE_UINT_DIGITS, *p = end;

  do
    *--p = '0' + value % 10;
  while ((value /= 10) > 0);
  return (WireSpan){ p, end - p };
}
