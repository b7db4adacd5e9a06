/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A connection to the history file: opened with the settings that writer and readers need, errors
 * as GError, schema brought up to date. */
#pragma once

#include <gio/gio.h>
#include <sqlite3.h>

#include "store/store.h"

/* Each connection is used by one thread at a time. NULL with an error that names the file. */
sqlite3 *store_db_open_writer (const char *file, StoreDurability durability, GError **error);
sqlite3 *store_db_open_reader (const char *file, GError **error);

/* The number that a message has in the tables: so they are sorted by it, conversation by
 * conversation, and no second index is needed. A higher seq than there can be counts as the
 * highest. */
#define STORE_SEQ_MAX G_MAXUINT32
gint64 store_db_message_id (gint64 conversation, guint64 seq);

/* Which version of the tables the file has, 0 for none; an error when they are another program's or
 * a newer server's. */
gboolean store_db_get_version (sqlite3 *db, guint *version, GError **error);

/* Makes the tables in an empty file, brings those of an older version up to date, and refuses what
 * it does not know. */
gboolean store_db_migrate (sqlite3 *db, GError **error);

/* The statement lives until sqlite3_finalize(). */
gboolean store_db_prepare (sqlite3 *db, const char *sql, sqlite3_stmt **statement, GError **error);

/* Runs SQL without results. */
gboolean store_db_exec (sqlite3 *db, const char *sql, GError **error);

/* Steps a statement that gives no row, and resets it. */
gboolean store_db_run (sqlite3_stmt *statement, GError **error);

/* Steps a statement for the first n columns of one row, and resets it. Without a row, the values stay
 * as they are. found may be NULL. */
gboolean store_db_get_ints (
    sqlite3_stmt *statement, int n, gint64 *values, gboolean *found, GError **error);

/* The first column of the one row that the SQL has. */
gboolean store_db_get_int (sqlite3 *db, const char *sql, gint64 *value, GError **error);

/* Sets the error from what SQLite said last on this connection. Returns FALSE. */
gboolean store_db_set_error (sqlite3 *db, GError **error);
