/* SPDX-License-Identifier: GPL-3.0-or-later */
/* export: conversations as JSON lines. Each conversation is whole before the next one begins: what was removed from
 * it, its messages in rising seq, its marks. So import needs to look at no line twice. */
#include "admin/commands.h"

#include <errno.h>
#include <stdio.h>

#include "admin/history.h"
#include "shared/client-id.h"
#include "shared/limits.h"
#include "store/sqlite-db.h"
#include "store/sqlite-folder.h"

#define OUTPUT_BYTES 65536

/* In all of them: ?1 conversation, ?2 and ?3 its Client-IDs. */
#define PAIR "'conversation', json_array (?2, ?3)"
#define SIDE(column) "iif (" column " = 0, ?2, ?3)"
#define HEAD PAIR ", 'seq', seq, 'from', " SIDE ("sender") ", 'time', wire_time (time), "

enum
{
  REMOVED,
  MESSAGES,
  MARKS,
  N_STATEMENTS,
};

static const char *const statements[N_STATEMENTS] = {
  [REMOVED] = "SELECT json_object (" PAIR ", 'removed', removed, 'time', wire_time (removed_time)) FROM conversation WHERE id = ?1 AND removed > 0",
  /* The id is selected so that SQLite merges the view's tables by it as it goes, and does not sort first. */
  [MESSAGES] = ("SELECT iif (nonce IS NULL, json_object (" HEAD "'text', body),"
                " json_object (" HEAD "'id', nonce, 'text', body)), id"
                " FROM history WHERE id > ?1 << 32 AND id < (?1 + 1) << 32 ORDER BY id"),
  [MARKS] = ("SELECT json_object (" PAIR ", 'reader', " SIDE ("side") ", 'read', read, 'delivered', delivered)"
             " FROM mark WHERE conversation = ?1 AND (read > 0 OR delivered > 0) ORDER BY side"),
};

typedef struct
{
  sqlite3 *db;
  sqlite3_stmt *statements[N_STATEMENTS]; /* NULL where the schema is too old to have any of it */
} Export;

static void
export_clear (Export *self)
{
  for (guint i = 0; i < N_STATEMENTS; i++)
    sqlite3_finalize (self->statements[i]);
  sqlite3_close (self->db);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Export, export_clear)

static gboolean
set_output_error (GError **error)
{
  int code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "standard output: %s", g_strerror (code));
  return FALSE;
}

static gboolean
print_rows (sqlite3_stmt *statement, GError **error)
{
  int result;

  while ((result = history_step (statement, error)) == SQLITE_ROW)
    {
      const char *line = (const char *) sqlite3_column_text (statement, 0);
      gsize len = (gsize) sqlite3_column_bytes (statement, 0);

      if (line == NULL)
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "out of memory");
          return FALSE;
        }
      if (fwrite (line, 1, len, stdout) != len || putchar ('\n') == EOF)
        return set_output_error (error);
    }
  return result == SQLITE_DONE;
}

static gboolean
print_conversation (Export *self, gint64 id, const char *lo, const char *hi, GError **error)
{
  for (guint i = 0; i < N_STATEMENTS; i++)
    {
      sqlite3_stmt *statement = self->statements[i];
      gboolean done;

      if (statement == NULL)
        continue;
      sqlite3_bind_int64 (statement, 1, id);
      sqlite3_bind_text (statement, 2, lo, -1, SQLITE_STATIC);
      sqlite3_bind_text (statement, 3, hi, -1, SQLITE_STATIC);
      done = print_rows (statement, error);
      sqlite3_reset (statement);
      if (!done)
        return FALSE;
    }
  return TRUE;
}

/* Those with lo and hi, or with both NULL all. */
static gboolean
print_conversations (Export *self, const char *lo, const char *hi, GError **error)
{
  static const char one[] = "SELECT id, lo, hi FROM conversation WHERE lo = ? AND hi = ?";
  static const char all[] = "SELECT id, lo, hi FROM conversation ORDER BY lo, hi";
  g_autoptr (sqlite3_stmt) list = NULL;
  gboolean found = lo == NULL;
  int result;

  if (!store_db_prepare (self->db, lo != NULL ? one : all, &list, error))
    return FALSE;
  if (lo != NULL)
    {
      sqlite3_bind_text (list, 1, lo, -1, SQLITE_STATIC);
      sqlite3_bind_text (list, 2, hi, -1, SQLITE_STATIC);
    }
  while ((result = history_step (list, error)) == SQLITE_ROW)
    {
      found = TRUE;
      if (!print_conversation (self, sqlite3_column_int64 (list, 0), (const char *) sqlite3_column_text (list, 1),
                               (const char *) sqlite3_column_text (list, 2), error))
        return FALSE;
    }
  if (result == SQLITE_DONE && !found)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s and %s have no conversation", lo, hi);
  return result == SQLITE_DONE && found;
}

static gboolean
prepare (Export *self, guint version, GError **error)
{
  for (guint i = 0; i < N_STATEMENTS; i++)
    if ((i == MESSAGES || version >= HISTORY_HAS_MARKS)
        && !store_db_prepare (self->db, statements[i], &self->statements[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
check_ids (char **args, GError **error)
{
  for (guint i = 0; args[i] != NULL; i++)
    if (!client_id_is_valid (args[i], strlen (args[i])))
      {
        g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "\"%s\" is no Client-ID", args[i]);
        return FALSE;
      }
  if (args[0] != NULL && args[1] == NULL)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "export takes two Client-IDs, or none for all conversations");
      return FALSE;
    }
  return TRUE;
}

gboolean
admin_export (const Config *config, char **args, GError **error)
{
  g_autofree char *file = store_folder_get_history (config->data_directory);
  gboolean swap = args[0] != NULL && args[1] != NULL && strcmp (args[0], args[1]) > 0;
  g_auto (Export) self = { 0 };
  guint version;

  if (!check_ids (args, error))
    return FALSE;
  self.db = history_open (file, &version, error);
  if (self.db == NULL || !prepare (&self, version, error))
    return FALSE;
  setvbuf (stdout, NULL, _IOFBF, OUTPUT_BYTES);
  if (!print_conversations (&self, args[0] == NULL ? NULL : args[swap], args[0] == NULL ? NULL : args[!swap], error))
    return FALSE;
  return fflush (stdout) == 0 || set_output_error (error);
}
