/* SPDX-License-Identifier: GPL-3.0-or-later */
/* import: what export has printed, into the store of a server that does not run. One transaction: all of it or nothing.
 * What is there already stays as it is, so a second time changes nothing. */
#include "admin/commands.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "admin/history.h"
#include "admin/import-line.h"
#include "store/sqlite-db.h"
#include "store/sqlite-folder.h"

enum
{
  BEGIN,
  MOVE_RECENT,
  CLEAR_RECENT,
  FIND_CONVERSATION,
  ADD_CONVERSATION,
  SET_REMOVED,
  LAST_MESSAGE,
  GET_MESSAGE,
  ADD_MESSAGE,
  RAISE_MARKS,
  COMMIT,
  N_STATEMENTS,
};

#define COLUMNS "id, sender, time, nonce, body"

static const char *const statements[N_STATEMENTS] = {
  [BEGIN] = "BEGIN IMMEDIATE",
  /* What the server has not put into its place yet: no other table needs to be looked at then. */
  [MOVE_RECENT] = "INSERT INTO message (" COLUMNS ") SELECT " COLUMNS " FROM recent ORDER BY id",
  [CLEAR_RECENT] = "DELETE FROM recent",
  [FIND_CONVERSATION] = "SELECT id, removed, removed_time FROM conversation WHERE lo = ? AND hi = ?",
  [ADD_CONVERSATION] = "INSERT INTO conversation (lo, hi) VALUES (?, ?)",
  [SET_REMOVED] = "UPDATE conversation SET removed = ?2, removed_time = ?3 WHERE id = ?1",
  [LAST_MESSAGE] = "SELECT id, time FROM message WHERE id > ?1 << 32 AND id < (?1 + 1) << 32 ORDER BY id DESC LIMIT 1",
  [GET_MESSAGE] = "SELECT sender, time, nonce, body FROM message WHERE id = ?",
  [ADD_MESSAGE] = "INSERT INTO message (" COLUMNS ") VALUES (?, ?, ?, ?, ?)",
  [RAISE_MARKS] = ("INSERT INTO mark (conversation, side, read, delivered) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE"
                   " SET read = max (read, excluded.read), delivered = max (delivered, excluded.delivered)"),
  [COMMIT] = "COMMIT",
};

typedef struct
{
  int lock;
  sqlite3 *db;
  sqlite3_stmt *statements[N_STATEMENTS];
  ImportParser *parser;
  guint64 n_added;
  guint64 n_known;

  /* The conversation of the line before. */
  gint64 conversation; /* 0 before the first */
  char lo[WIRE_ID_MAX + 1];
  char hi[WIRE_ID_MAX + 1];
  guint64 removed;
  gint64 removed_time; /* ms since 1970 */
  guint64 last;
  gint64 last_time; /* ms since 1970 */
} Import;

static void
import_clear (Import *self)
{
  for (guint i = 0; i < N_STATEMENTS; i++)
    sqlite3_finalize (self->statements[i]);
  sqlite3_close (self->db); /* rolls back what was not committed */
  g_clear_pointer (&self->parser, import_parser_free);
  if (self->lock >= 0)
    close (self->lock);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Import, import_clear)

static gboolean G_GNUC_PRINTF (2, 3)
refuse (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error != NULL)
    *error = g_error_new_valist (G_IO_ERROR, G_IO_ERROR_INVALID_DATA, format, arguments);
  va_end (arguments);
  return FALSE;
}

/* Where a conversation ends. */
static gboolean
load_last (Import *self, GError **error)
{
  sqlite3_stmt *last = self->statements[LAST_MESSAGE];
  int result;

  sqlite3_bind_int64 (last, 1, self->conversation);
  result = history_step (last, error);
  self->last = self->removed;
  self->last_time = self->removed_time;
  if (result == SQLITE_ROW)
    {
      self->last = (guint64) sqlite3_column_int64 (last, 0) & STORE_SEQ_MAX;
      self->last_time = sqlite3_column_int64 (last, 1);
    }
  sqlite3_reset (last);
  return result != 0;
}

static gboolean
add_conversation (Import *self, GError **error)
{
  sqlite3_stmt *add = self->statements[ADD_CONVERSATION];

  sqlite3_bind_text (add, 1, self->lo, -1, SQLITE_STATIC);
  sqlite3_bind_text (add, 2, self->hi, -1, SQLITE_STATIC);
  if (!store_db_run (add, error))
    return FALSE;
  self->conversation = sqlite3_last_insert_rowid (self->db);
  self->removed = 0;
  self->removed_time = 0;
  return TRUE;
}

static gboolean
enter_conversation (Import *self, const ImportLine *line, GError **error)
{
  sqlite3_stmt *find = self->statements[FIND_CONVERSATION];
  int result;

  if (self->conversation != 0 && strcmp (self->lo, line->lo) == 0 && strcmp (self->hi, line->hi) == 0)
    return TRUE;

  g_strlcpy (self->lo, line->lo, sizeof self->lo);
  g_strlcpy (self->hi, line->hi, sizeof self->hi);
  sqlite3_bind_text (find, 1, self->lo, -1, SQLITE_STATIC);
  sqlite3_bind_text (find, 2, self->hi, -1, SQLITE_STATIC);
  result = history_step (find, error);
  if (result == SQLITE_ROW)
    {
      self->conversation = sqlite3_column_int64 (find, 0);
      self->removed = (guint64) sqlite3_column_int64 (find, 1);
      self->removed_time = sqlite3_column_int64 (find, 2);
    }
  sqlite3_reset (find);
  return result != 0 && (result == SQLITE_ROW || add_conversation (self, error)) && load_last (self, error);
}

static gboolean
is_same (sqlite3_stmt *there, const ImportLine *line)
{
  const char *nonce = (const char *) sqlite3_column_text (there, 2);
  const void *text = sqlite3_column_text (there, 3);

  return sqlite3_column_int (there, 0) == (int) line->side && sqlite3_column_int64 (there, 1) == line->time
         && g_strcmp0 (nonce, line->nonce) == 0 && (gsize) sqlite3_column_bytes (there, 3) == line->text_len
         && memcmp (text, line->text, line->text_len) == 0;
}

/* The message should be there. */
static gboolean
compare_message (Import *self, const ImportLine *line, GError **error)
{
  sqlite3_stmt *get = self->statements[GET_MESSAGE];
  gboolean same;
  int result;

  self->n_known++;
  if (line->seq <= self->removed)
    return TRUE; /* it was there */
  sqlite3_bind_int64 (get, 1, store_db_message_id (self->conversation, line->seq));
  result = history_step (get, error);
  same = result == SQLITE_ROW && is_same (get, line);
  sqlite3_reset (get);
  return result != 0
         && (same
             || refuse (error, "message %" G_GUINT64_FORMAT " of %s and %s is another one in the store", line->seq, self->lo,
                        self->hi));
}

static gboolean
add_message (Import *self, const ImportLine *line, GError **error)
{
  sqlite3_stmt *add = self->statements[ADD_MESSAGE];

  if (line->seq != self->last + 1)
    return refuse (error,
                   "message %" G_GUINT64_FORMAT " of %s and %s should come next, not %" G_GUINT64_FORMAT, self->last + 1,
                   self->lo, self->hi, line->seq);
  if (line->time < self->last_time)
    return refuse (error, "\"time\" is before that of the message before");

  sqlite3_bind_int64 (add, 1, store_db_message_id (self->conversation, line->seq));
  sqlite3_bind_int (add, 2, (int) line->side);
  sqlite3_bind_int64 (add, 3, line->time);
  sqlite3_bind_text (add, 4, line->nonce, -1, SQLITE_STATIC); /* NULL for none */
  sqlite3_bind_text (add, 5, line->text, (int) line->text_len, SQLITE_STATIC);
  if (!store_db_run (add, error))
    {
      if (sqlite3_extended_errcode (self->db) != SQLITE_CONSTRAINT_UNIQUE)
        return FALSE;
      g_clear_error (error);
      return refuse (error, "an earlier message has the same \"id\"");
    }
  self->last = line->seq;
  self->last_time = line->time;
  self->n_added++;
  return TRUE;
}

static gboolean
raise_marks (Import *self, const ImportLine *line, GError **error)
{
  sqlite3_stmt *raise_ = self->statements[RAISE_MARKS];

  if (line->delivered > self->last)
    return refuse (error, "the conversation ends before \"delivered\"");
  sqlite3_bind_int64 (raise_, 1, self->conversation);
  sqlite3_bind_int (raise_, 2, (int) line->side);
  sqlite3_bind_int64 (raise_, 3, (sqlite3_int64) line->read);
  sqlite3_bind_int64 (raise_, 4, (sqlite3_int64) line->delivered);
  return store_db_run (raise_, error);
}

/* A conversation that is new here begins where it began there; of one that has messages they stay. */
static gboolean
begin_after_removed (Import *self, const ImportLine *line, GError **error)
{
  sqlite3_stmt *set = self->statements[SET_REMOVED];

  if (line->removed <= self->last)
    return TRUE;
  if (self->last > 0)
    return refuse (error, "messages %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT " of %s and %s are missing", self->last + 1,
                   line->removed, self->lo, self->hi);
  sqlite3_bind_int64 (set, 1, self->conversation);
  sqlite3_bind_int64 (set, 2, (sqlite3_int64) line->removed);
  sqlite3_bind_int64 (set, 3, line->time);
  self->removed = self->last = line->removed;
  self->removed_time = self->last_time = line->time;
  return store_db_run (set, error);
}

static gboolean
take_line (Import *self, const char *data, gsize len, GError **error)
{
  ImportLine line;

  if (!import_parser_parse (self->parser, data, len, &line, error) || !enter_conversation (self, &line, error))
    return FALSE;
  switch (line.kind)
    {
    case IMPORT_MARKS:
      return raise_marks (self, &line, error);
    case IMPORT_REMOVED:
      return begin_after_removed (self, &line, error);
    case IMPORT_MESSAGE:
    default:
      return line.seq <= self->last ? compare_message (self, &line, error) : add_message (self, &line, error);
    }
}

/* Reads up to an LF or the end. FALSE when the line is longer than any may be. */
static gboolean
read_line (FILE *input, char line[static IMPORT_LINE_MAX], gsize *len)
{
  int c;

  *len = 0;
  while ((c = getc_unlocked (input)) != EOF && c != '\n')
    {
      if (*len == IMPORT_LINE_MAX)
        return FALSE;
      line[(*len)++] = (char) c;
    }
  return TRUE;
}

static gboolean
is_blank (const char *line, gsize len)
{
  while (len > 0 && g_ascii_isspace (line[len - 1]))
    len--;
  return len == 0;
}

static gboolean
take_lines (Import *self, FILE *input, const char *name, GError **error)
{
  g_autofree char *line = g_malloc (IMPORT_LINE_MAX);

  for (guint64 number = 1; !feof (input); number++)
    {
      gsize len;
      gboolean good = read_line (input, line, &len) || refuse (error, "longer than any that export prints");

      if (ferror (input))
        {
          int code = errno;

          g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", name, g_strerror (code));
          return FALSE;
        }
      if (!good || (!is_blank (line, len) && !take_line (self, line, len, error)))
        {
          g_prefix_error (error, "%s:%" G_GUINT64_FORMAT ": ", name, number);
          return FALSE;
        }
    }
  return TRUE;
}

static gboolean
lock_store (Import *self, const char *folder, GError **error)
{
  g_autoptr (GError) locked = NULL;

  self->lock = store_folder_lock (folder, &locked);
  if (g_error_matches (locked, G_IO_ERROR, G_IO_ERROR_BUSY))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY, "%s: a server uses this folder; stop it, then import", folder);
  else if (locked != NULL)
    g_propagate_error (error, g_steal_pointer (&locked));
  return self->lock >= 0;
}

static gboolean
open_store (Import *self, const char *folder, GError **error)
{
  g_autofree char *file = store_folder_get_history (folder);

  if (!lock_store (self, folder, error) || !store_folder_make_file (file, error))
    return FALSE;
  self->db = store_db_open_writer (file, STORE_DURABILITY_FULL, error);
  if (self->db == NULL || !store_db_migrate (self->db, error))
    return FALSE;
  for (guint i = 0; i < N_STATEMENTS; i++)
    if (!store_db_prepare (self->db, statements[i], &self->statements[i], error))
      return FALSE;
  self->parser = import_parser_new (error);
  return self->parser != NULL;
}

static gboolean
import (Import *self, FILE *input, const char *name, GError **error)
{
  for (guint i = BEGIN; i <= CLEAR_RECENT; i++)
    if (!store_db_run (self->statements[i], error))
      return FALSE;
  return take_lines (self, input, name, error) && store_db_run (self->statements[COMMIT], error);
}

gboolean
admin_import (const Config *config, char **args, GError **error)
{
  const char *name = args[0] != NULL ? args[0] : "standard input";
  g_auto (Import) self = { .lock = -1 };
  FILE *input = args[0] != NULL ? fopen (args[0], "re") : stdin;
  gboolean done;

  if (input == NULL)
    {
      int code = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", name, g_strerror (code));
      return FALSE;
    }
  done = open_store (&self, config->data_directory, error) && import (&self, input, name, error);
  if (args[0] != NULL)
    fclose (input);
  if (done)
    g_print ("%" G_GUINT64_FORMAT " messages added, %" G_GUINT64_FORMAT " were there already\n", self.n_added, self.n_known);
  return done;
}
