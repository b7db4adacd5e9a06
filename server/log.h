/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the server tells its operator: structured, to standard error or the journal. Never the text of a message. */
#pragma once

#include <glib.h>

/* Sends GLib's log to standard error, or to the journal when that is what standard error is, through a thread of its own. Once, first of all. */
void log_init (void);

/* Writes what still waits. Once, last of all: nothing may be logged after it. */
void log_finish (void);

/* Something that happened to one connection: who (NULL before it has logged in), from where, what. Any thread. */
void log_connection (const char *client_id, const char *address, const char *format, ...) G_GNUC_PRINTF (3, 4);
