/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/timestamp.h"

#include <langinfo.h>
#include <string.h>

#include <glib/gi18n.h>

static GDateTime *
local_time (gint64 time)
{
  return time > 0 ? g_date_time_new_from_unix_local (time / 1000) : NULL;
}

/* A locale says how it writes a time by its own strftime format: %r, %I, %l and %p belong to clocks that count to twelve. */
static gboolean
clock_counts_to_twelve (void)
{
  const char *format = nl_langinfo (T_FMT);

  return strstr (format, "%r") || strstr (format, "%I") || strstr (format, "%l") || strstr (format, "%p");
}

char *
ui_time_of_day (gint64 time)
{
  g_autoptr (GDateTime) local = local_time (time);

  if (local == NULL)
    return NULL;
  if (clock_counts_to_twelve ())
    {
      char *text = g_date_time_format (local, "%l:%M %p");
      return g_strstrip (text); /* %l pads with a space */
    }
  return g_date_time_format (local, "%H:%M");
}

static guint
day_number (GDateTime *local)
{
  int year, month, day;
  GDate date;

  g_date_time_get_ymd (local, &year, &month, &day);
  g_date_clear (&date, 1);
  g_date_set_dmy (&date, (GDateDay) day, (GDateMonth) month, (GDateYear) year);
  return g_date_get_julian (&date);
}

guint
ui_day_number (gint64 time)
{
  g_autoptr (GDateTime) local = local_time (time);

  return local ? day_number (local) : 0;
}

gboolean
ui_same_day (gint64 a, gint64 b)
{
  g_autoptr (GDateTime) first = local_time (a);
  g_autoptr (GDateTime) second = local_time (b);

  return first && second && day_number (first) == day_number (second);
}

char *
ui_day_name (gint64 time, gint64 now)
{
  g_autoptr (GDateTime) then = local_time (time);
  g_autoptr (GDateTime) today = local_time (now);
  g_autofree char *text = NULL;
  int age;

  if (then == NULL || today == NULL)
    return NULL;
  age = (int) day_number (today) - (int) day_number (then);
  if (age == 0)
    return g_strdup (_("Today"));
  if (age == 1)
    return g_strdup (_("Yesterday"));
  if (g_date_time_get_year (then) == g_date_time_get_year (today))
    /* Translators: a day of this year, in the format of g_date_time_format(), such as "Saturday, 21 November" */
    text = g_date_time_format (then, _("%A, %-d %B"));
  else
    /* Translators: a day of another year, in the format of g_date_time_format(), such as "Saturday, 21 November 2026" */
    text = g_date_time_format (then, _("%A, %-d %B %Y"));
  return g_steal_pointer (&text);
}

char *
ui_time_in_full (gint64 time)
{
  g_autoptr (GDateTime) local = local_time (time);

  return local ? g_date_time_format (local, "%c") : NULL;
}
