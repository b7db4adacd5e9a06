/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A server's history file, opened for a command that only reads; the server may run meanwhile. */
#pragma once

#include <sqlite3.h>

#include "config.h"

/* The schema from which on there are marks, and messages may have been removed. */
#define HISTORY_HAS_MARKS 2

/* Opens file, and begins a transaction: all that is read is of one moment, and the server, which goes on, cannot
 * shorten its log of changes until the database is closed. *version is the schema's: an older one is read as
 * it is. SQL gets a function wire_time (ms). NULL with an error that names the file. Free with sqlite3_close(). */
sqlite3 *history_open (const char *file, guint *version, GError **error);

/* Steps a statement that gives rows: SQLITE_ROW, SQLITE_DONE, or 0 with the error set. */
int history_step (sqlite3_stmt *statement, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (sqlite3, sqlite3_close)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (sqlite3_stmt, sqlite3_finalize)
