/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <string.h>

#include <glib.h>

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

/* The decimal digits of a number, written into a buffer of the caller's. */
#define WIRE_UINT_DIGITS 20
WireSpan wire_span_from_uint (guint64 value, char digits[static WIRE_UINT_DIGITS]);
