/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/conversation.h"

G_BEGIN_DECLS

/* Texts that several views share; those with a day in them are right until ui_clock_get_default() says that it has changed. The caller frees what is returned. Main thread only. */

/* A point in time (ms since 1970) as short as a list needs it: "10:41", "Yesterday", "Friday", "3 May", "3 May 2024". Empty for 0. */
char *ui_format_when (gint64 time_ms);

/* An event in words: "Bob ended the chat". idle_minutes: after how long a silent chat ends; 0 when that is not known. */
char *ui_format_event (WcEvent event, const char *peer, guint idle_minutes);

/* A text with its line ends and tabs as spaces. */
char *ui_format_line (const char *text);

/* One line about an entry: its text with line ends as spaces, or what an event means for this peer. */
char *ui_format_entry (WcEntry *entry, const char *peer);

/* "online", "offline"; NULL when the server does not tell. Static, translated. */
const char *ui_format_presence (WcPresence presence);

/* What stands under a person's name: "online · chat since 10:02", "last seen yesterday at 22:10", "typing…". May be empty. */
char *ui_format_status (WcPresence presence, gint64 last_seen, gboolean typing, WcChat chat, gint64 chat_since);

G_END_DECLS
