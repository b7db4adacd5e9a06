/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/format.h"

#include <glib/gi18n.h>

#include "ui/clock.h"
#include "ui/timestamp.h"

/* How many days ago it was; what is yet to come counts as today. */
static guint
days_since (gint64 time_ms)
{
  const guint then = ui_day_number (time_ms);
  const guint today = ui_clock_get_today (ui_clock_get_default ());

  return then < today ? today - then : 0;
}

static char *
format_date (gint64 time_ms)
{
  g_autoptr (GDateTime) then = g_date_time_new_from_unix_local (time_ms / 1000);
  g_autoptr (GDateTime) now = g_date_time_new_from_unix_local (ui_now () / 1000);

  if (!then || !now)
    return g_strdup ("");
  if (g_date_time_get_year (then) == g_date_time_get_year (now))
    /* Translators: a day and its month, as "3 May". See the documentation of g_date_time_format(). */
    return g_date_time_format (then, _("%-e %b"));
  /* Translators: a day, its month and year, as "3 May 2024". See the documentation of g_date_time_format(). */
  return g_date_time_format (then, _("%-e %b %Y"));
}

char *
ui_format_when (gint64 time_ms)
{
  g_autoptr (GDateTime) then = g_date_time_new_from_unix_local (time_ms / 1000);
  guint days;

  if (!time_ms || !then)
    return g_strdup ("");

  days = days_since (time_ms);
  if (days == 0)
    return ui_time_of_day (time_ms);
  if (days == 1)
    return g_strdup (_("Yesterday"));
  if (days < 7)
    return g_date_time_format (then, "%A");
  return format_date (time_ms);
}

static char *
timed_out_text (guint minutes)
{
  if (minutes == 0)
    return g_strdup (_("Ended after a while without a message"));
  return g_strdup_printf (ngettext ("Ended after %u minute without a message", "Ended after %u minutes without a message",
                                    minutes),
                          minutes);
}

char *
ui_format_event (WcEvent event, const char *peer, guint idle_minutes)
{
  switch (event)
    {
    case WC_EVENT_STARTED:
      return g_strdup (_("Chat started"));
    case WC_EVENT_ENDED_BY_ME:
      return g_strdup (_("You ended the chat"));
    case WC_EVENT_ENDED_BY_PEER:
      /* Translators: %s is a person, here and below */
      return g_strdup_printf (_("%s ended the chat"), peer);
    case WC_EVENT_TIMED_OUT:
      return timed_out_text (idle_minutes);
    case WC_EVENT_OFFLINE:
      return g_strdup_printf (_("%s is not connected"), peer);
    case WC_EVENT_BUSY:
      return g_strdup_printf (_("%s is busy with somebody else"), peer);
    case WC_EVENT_UNKNOWN:
      return g_strdup_printf (_("%s is not on this server’s list"), peer);
    case WC_EVENT_SELF:
      return g_strdup (_("A chat needs somebody else"));
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
ui_format_line (const char *text)
{
  return g_strdelimit (g_strdup (text), "\r\n\t", ' ');
}

char *
ui_format_entry (WcEntry *entry, const char *peer)
{
  g_autofree char *line = NULL;

  if (!entry)
    return g_strdup ("");
  if (wc_entry_get_kind (entry) == WC_ENTRY_EVENT)
    return ui_format_event (wc_entry_get_event (entry), peer, 0);

  line = ui_format_line (wc_entry_get_text (entry));
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

static char *
format_last_seen (gint64 last_seen)
{
  g_autofree char *time = ui_time_of_day (last_seen);
  g_autofree char *date = NULL;

  switch (days_since (last_seen))
    {
    case 0:
      /* Translators: when somebody was there last; %s is a time, "10:41". */
      return g_strdup_printf (_("last seen today at %s"), time);
    case 1:
      return g_strdup_printf (_("last seen yesterday at %s"), time);
    default:
      date = format_date (last_seen);
      /* Translators: when somebody was there last; %s is a day, "3 May". */
      return g_strdup_printf (_("last seen on %s"), date);
    }
}

char *
ui_format_status (WcPresence presence, gint64 last_seen, gboolean typing, WcChat chat, gint64 chat_since)
{
  const char *known = ui_format_presence (presence);
  g_autofree char *who = NULL;
  g_autofree char *what = NULL;

  /* While it lasts, nothing else matters. */
  if (typing)
    return g_strdup (_("typing…"));
  if (presence != WC_PRESENCE_ONLINE && last_seen > 0)
    who = format_last_seen (last_seen);
  else if (known)
    who = g_strdup (known);

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
