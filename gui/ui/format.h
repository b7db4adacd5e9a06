/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/conversation.h"

G_BEGIN_DECLS

/* Texts that several views share. The caller frees what is returned. Main thread only. */

/* A point in time (ms since 1970) as short as a list needs it: "10:41", "Yesterday", "Friday", "3 May", "3 May 2024". Empty for 0. */
char *ui_format_when (gint64 time_ms);

/* One line about an entry: its text with line ends as spaces, or what an event means for this peer. */
char *ui_format_entry (WcEntry *entry, const char *peer);

/* "online", "offline"; NULL when the server does not tell. Static, translated. */
const char *ui_format_presence (WcPresence presence);

/* What stands under a person's name: "online · chat since 10:02". May be empty. */
char *ui_format_status (WcPresence presence, WcChat chat, gint64 chat_since);

G_END_DECLS
