/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/format.h"

#include <glib/gi18n.h>

#include "ui/timestamp.h"

static GDateTime *
local_time (gint64 time_ms)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (time_ms / 1000);

  return utc ? g_date_time_to_local (utc) : NULL;
}

static int
days_between (GDateTime *earlier, GDateTime *later)
{
  GDate a, b;

  g_date_set_dmy (&a, (GDateDay) g_date_time_get_day_of_month (earlier), (GDateMonth) g_date_time_get_month (earlier),
                  (GDateYear) g_date_time_get_year (earlier));
  g_date_set_dmy (&b, (GDateDay) g_date_time_get_day_of_month (later), (GDateMonth) g_date_time_get_month (later),
                  (GDateYear) g_date_time_get_year (later));
  return g_date_days_between (&a, &b);
}

char *
ui_format_when (gint64 time_ms)
{
  g_autoptr (GDateTime) then = time_ms ? local_time (time_ms) : NULL;
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  int days;

  if (!then)
    return g_strdup ("");

  days = days_between (then, now);
  if (days <= 0)
    return ui_time_of_day (time_ms);
  if (days == 1)
    return g_strdup (_("Yesterday"));
  if (days < 7)
    return g_date_time_format (then, "%A");
  if (g_date_time_get_year (then) == g_date_time_get_year (now))
    /* Translators: a day and its month, as "3 May". See the documentation of g_date_time_format(). */
    return g_date_time_format (then, _("%-e %b"));
  /* Translators: a day, its month and year, as "3 May 2024". See the documentation of g_date_time_format(). */
  return g_date_time_format (then, _("%-e %b %Y"));
}

static char *
format_event (WcEvent event, const char *peer)
{
  switch (event)
    {
    case WC_EVENT_STARTED:
      return g_strdup (_("Chat started"));
    case WC_EVENT_ENDED_BY_ME:
      return g_strdup (_("You ended the chat"));
    case WC_EVENT_ENDED_BY_PEER:
      return g_strdup_printf (_("%s ended the chat"), peer);
    case WC_EVENT_TIMED_OUT:
      return g_strdup (_("The chat was silent and ended"));
    case WC_EVENT_OFFLINE:
      return g_strdup_printf (_("%s is offline"), peer);
    case WC_EVENT_BUSY:
      return g_strdup_printf (_("%s is busy with somebody else"), peer);
    case WC_EVENT_UNKNOWN:
      return g_strdup_printf (_("The server does not know %s"), peer);
    case WC_EVENT_SELF:
      return g_strdup (_("This is you"));
    case WC_EVENT_UNREACHABLE:
      return g_strdup_printf (_("%s cannot be reached"), peer);
    case WC_EVENT_LOST:
      return g_strdup (_("The connection was lost"));
    case WC_EVENT_NONE:
    default:
      return g_strdup ("");
    }
}

char *
ui_format_entry (WcEntry *entry, const char *peer)
{
  g_autofree char *line = NULL;

  if (!entry)
    return g_strdup ("");
  if (wc_entry_get_kind (entry) == WC_ENTRY_EVENT)
    return format_event (wc_entry_get_event (entry), peer);

  line = g_strdup (wc_entry_get_text (entry));
  g_strdelimit (line, "\r\n\t", ' ');
  return wc_entry_get_own (entry) ? g_strdup_printf (_("You: %s"), line) : g_steal_pointer (&line);
}

const char *
ui_format_presence (WcPresence presence)
{
  switch (presence)
    {
    case WC_PRESENCE_ONLINE:
      return _("online");
    case WC_PRESENCE_OFFLINE:
      return _("offline");
    case WC_PRESENCE_UNKNOWN:
    default:
      return NULL;
    }
}

char *
ui_format_status (WcPresence presence, WcChat chat, gint64 chat_since)
{
  const char *who = ui_format_presence (presence);
  g_autofree char *what = NULL;

  if (chat == WC_CHAT_ASKED)
    what = g_strdup (_("asking for a chat…"));
  else if (chat == WC_CHAT_OPEN && chat_since > 0)
    {
      g_autofree char *since = ui_format_when (chat_since);

      /* Translators: since a time ("10:02") or a day ("Friday"). */
      what = g_strdup_printf (_("chat since %s"), since);
    }

  if (who && what)
    return g_strdup_printf ("%s · %s", who, what);
  return g_strdup (who ? who : what ? what : "");
}
