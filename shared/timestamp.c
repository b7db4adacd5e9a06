/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/timestamp.h"

#include <string.h>
#include <time.h>

static char *
put_digits (char *p, guint value, guint n)
{
  for (guint i = n; i-- > 0; value /= 10)
    p[i] = '0' + value % 10;
  return p + n;
}

void
wire_time_format (gint64 unix_ms, char out[static WIRE_TIME_LEN + 1])
{
  time_t seconds = unix_ms / 1000;
  struct tm tm;

  gmtime_r (&seconds, &tm);
  out = put_digits (out, tm.tm_year + 1900, 4);
  *out++ = '-';
  out = put_digits (out, tm.tm_mon + 1, 2);
  *out++ = '-';
  out = put_digits (out, tm.tm_mday, 2);
  *out++ = 'T';
  out = put_digits (out, tm.tm_hour, 2);
  *out++ = ':';
  out = put_digits (out, tm.tm_min, 2);
  *out++ = ':';
  out = put_digits (out, tm.tm_sec, 2);
  *out++ = '.';
  out = put_digits (out, unix_ms % 1000, 3);
  *out++ = 'Z';
  *out = '\0';
}

static gboolean
take_digits (const char **p, guint n, char then, int *value)
{
  *value = 0;
  for (guint i = 0; i < n; i++)
    {
      if (!g_ascii_isdigit ((*p)[i]))
        return FALSE;
      *value = *value * 10 + (*p)[i] - '0';
    }
  *p += n + 1;
  return (*p)[-1] == then;
}

gboolean
wire_time_parse (WireSpan span, gint64 *unix_ms)
{
  const char *p = span.data;
  int year, month, day, hour, minute, second, ms;
  struct tm tm = { 0 };

  if (span.len != WIRE_TIME_LEN
      || !take_digits (&p, 4, '-', &year) || !take_digits (&p, 2, '-', &month) || !take_digits (&p, 2, 'T', &day)
      || !take_digits (&p, 2, ':', &hour) || !take_digits (&p, 2, ':', &minute) || !take_digits (&p, 2, '.', &second)
      || !take_digits (&p, 3, 'Z', &ms))
    return FALSE;
  /* Unix time has no leap seconds, so no server sends one. */
  if (year < 1970 || !g_date_valid_dmy ((GDateDay) day, (GDateMonth) month, (GDateYear) year)
      || hour > 23 || minute > 59 || second > 59)
    return FALSE;

  tm.tm_year = year - 1900;
  tm.tm_mon = month - 1;
  tm.tm_mday = day;
  tm.tm_hour = hour;
  tm.tm_min = minute;
  tm.tm_sec = second;
  *unix_ms = (gint64) timegm (&tm) * 1000 + ms;
  return TRUE;
}
