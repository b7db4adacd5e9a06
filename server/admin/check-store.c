/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check-store: what the server relies on, looked at message by message. A line for each mistake, then what there is. */
#include "admin/commands.h"

#include <stdio.h>

#include "admin/history.h"
#include "shared/client-id.h"
#include "shared/limits.h"
#include "shared/message.h"
#include "store/sqlite-db.h"
#include "store/sqlite-folder.h"

#define SHOWN 100 /* mistakes; the rest is counted */

typedef struct
{
  sqlite3 *db;
  guint version;
  guint64 n_mistakes;
  guint64 n_conversations;
  guint64 n_messages;
  guint64 n_removed;

  /* The conversation that is looked at. */
  gint64 conversation; /* 0: none */
  char *name;
  guint64 last;
  gint64 last_time;
} Check;

static void
check_clear (Check *self)
{
  g_free (self->name);
  sqlite3_close (self->db);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Check, check_clear)

static void G_GNUC_PRINTF (2, 3)
mistake (Check *self, const char *format, ...)
{
  va_list arguments;

  if (++self->n_mistakes > SHOWN)
    return;
  va_start (arguments, format);
  vprintf (format, arguments);
  va_end (arguments);
  putchar ('\n');
}

/* SQL that finds mistakes: a row, whose one column says what it is, for each. */
static const struct
{
  guint since; /* the schema that has what it looks at */
  const char *sql;
} queries[] = {
  { 1, "SELECT 'the counter of sessions is missing' WHERE NOT EXISTS (SELECT 1 FROM counter WHERE name = 'session')" },
  { 1, "SELECT 'the counter of sessions is ' || value FROM counter"
       " WHERE name = 'session' AND value < " G_STRINGIFY (WIRE_SESSION_FIRST) },
  { 1, "SELECT 'messages of conversation ' || (r.id >> 32) || ' share the id ' || r.nonce FROM recent r"
       " JOIN message m ON m.id >> 32 = r.id >> 32 AND m.sender = r.sender AND m.nonce = r.nonce WHERE r.nonce IS NOT NULL" },
  { 1, "SELECT 'messages of conversation ' || (id >> 32) || ' share the id ' || nonce FROM recent"
       " WHERE nonce IS NOT NULL GROUP BY id >> 32, sender, nonce HAVING count (*) > 1" },
  { 2, "SELECT 'a mark belongs to conversation ' || conversation || ', which is missing' FROM mark"
       " WHERE conversation NOT IN (SELECT id FROM conversation)" },
  { 2, "SELECT 'a mark of conversation ' || conversation || ' is of side ' || side FROM mark WHERE side NOT IN (0, 1)" },
};

static gboolean
run_query (Check *self, const char *sql, const char *fine, GError **error)
{
  g_autoptr (sqlite3_stmt) statement = NULL;
  int result;

  if (!store_db_prepare (self->db, sql, &statement, error))
    return FALSE;
  while ((result = history_step (statement, error)) == SQLITE_ROW)
    {
      const char *text = (const char *) sqlite3_column_text (statement, 0);

      if (g_strcmp0 (text, fine) != 0)
        mistake (self, "%s", text);
    }
  return result != 0;
}

static void
check_message (Check *self, guint64 seq, sqlite3_stmt *row)
{
  gint64 sender = sqlite3_column_int64 (row, 1), time = sqlite3_column_int64 (row, 2);
  const char *nonce = (const char *) sqlite3_column_text (row, 3), *text = (const char *) sqlite3_column_text (row, 4);
  const char *why;

  if (seq == self->last)
    mistake (self, "%s: message %" G_GUINT64_FORMAT " is there twice", self->name, seq);
  else if (seq < self->last)
    mistake (self, "%s: message %" G_GUINT64_FORMAT " should have been removed", self->name, seq);
  else if (seq > self->last + 1)
    mistake (self, "%s: messages %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT " are missing", self->name, self->last + 1, seq - 1);
  if (time < self->last_time || time < 0)
    mistake (self, "%s: message %" G_GUINT64_FORMAT " is older than the one before", self->name, seq);
  if (sender != 0 && sender != 1)
    mistake (self, "%s: message %" G_GUINT64_FORMAT " is from nobody", self->name, seq);
  if (nonce != NULL && (nonce[0] == '\0' || sqlite3_column_bytes (row, 3) > WIRE_NONCE_MAX))
    mistake (self, "%s: message %" G_GUINT64_FORMAT " has an id that is empty or too long", self->name, seq);
  if (wire_text_check (text, (gsize) sqlite3_column_bytes (row, 4), &why) != WIRE_OK)
    mistake (self, "%s: message %" G_GUINT64_FORMAT ": %s", self->name, seq, why);
  self->last = MAX (self->last, seq);
  self->last_time = MAX (self->last_time, time);
  self->n_messages++;
}

/* The messages are sorted by conversation, and the conversations are walked through beside them: so one pass finds
 * messages without a conversation, too. */
static gboolean
check_messages (Check *self, sqlite3_stmt *messages, int *state, GError **error)
{
  while (*state == SQLITE_ROW && sqlite3_column_int64 (messages, 0) >> 32 <= self->conversation)
    {
      gint64 id = sqlite3_column_int64 (messages, 0);

      if (id >> 32 == self->conversation)
        check_message (self, (guint64) id & STORE_SEQ_MAX, messages);
      else
        mistake (self, "message %" G_GUINT64_FORMAT " belongs to conversation %" G_GINT64_FORMAT ", which is missing",
                 (guint64) id & STORE_SEQ_MAX, id >> 32);
      *state = history_step (messages, error);
    }
  return *state != 0;
}

static gboolean
check_marks (Check *self, sqlite3_stmt *marks, GError **error)
{
  int result;

  if (marks == NULL)
    return TRUE;
  sqlite3_bind_int64 (marks, 1, self->conversation);
  while ((result = history_step (marks, error)) == SQLITE_ROW)
    {
      gint64 read = sqlite3_column_int64 (marks, 0), delivered = sqlite3_column_int64 (marks, 1);

      if (read < 0 || read > delivered || (guint64) delivered > self->last)
        mistake (self, "%s: read up to %" G_GINT64_FORMAT ", delivered up to %" G_GINT64_FORMAT ", but %" G_GUINT64_FORMAT " is the last",
                 self->name, read, delivered, self->last);
    }
  sqlite3_reset (marks);
  return result != 0;
}

static void
enter_conversation (Check *self, sqlite3_stmt *row)
{
  const char *lo = (const char *) sqlite3_column_text (row, 1), *hi = (const char *) sqlite3_column_text (row, 2);
  gint64 removed = sqlite3_column_int64 (row, 3);

  self->conversation = sqlite3_column_int64 (row, 0);
  g_free (self->name);
  self->name = g_strdup_printf ("%s and %s", lo, hi);
  self->n_conversations++;
  self->last = (guint64) MAX (removed, 0);
  self->last_time = sqlite3_column_int64 (row, 4);
  self->n_removed += self->last;
  if (!client_id_is_valid (lo, strlen (lo)) || !client_id_is_valid (hi, strlen (hi)) || strcmp (lo, hi) >= 0)
    mistake (self, "%s: not two Client-IDs in their order", self->name);
  if (removed < 0 || removed > STORE_SEQ_MAX)
    mistake (self, "%s: messages are removed up to %" G_GINT64_FORMAT, self->name, removed);
}

static gboolean
check_conversations (Check *self, GError **error)
{
  gboolean has_marks = self->version >= HISTORY_HAS_MARKS;
  g_autoptr (sqlite3_stmt) conversations = NULL;
  g_autoptr (sqlite3_stmt) messages = NULL;
  g_autoptr (sqlite3_stmt) marks = NULL;
  int result, state;

  if (!store_db_prepare (self->db,
                         has_marks ? "SELECT id, lo, hi, removed, removed_time FROM conversation ORDER BY id"
                                   : "SELECT id, lo, hi, 0, 0 FROM conversation ORDER BY id",
                         &conversations, error)
      || !store_db_prepare (self->db, "SELECT id, sender, time, nonce, body FROM history ORDER BY id", &messages, error)
      || (has_marks
          && !store_db_prepare (self->db, "SELECT read, delivered FROM mark WHERE conversation = ?", &marks, error)))
    return FALSE;

  state = history_step (messages, error);
  while (state != 0 && (result = history_step (conversations, error)) == SQLITE_ROW)
    {
      enter_conversation (self, conversations);
      if (!check_messages (self, messages, &state, error) || !check_marks (self, marks, error))
        return FALSE;
    }
  if (state == 0 || result == 0)
    return FALSE;
  self->conversation = G_MAXINT32; /* what is left belongs to none */
  return check_messages (self, messages, &state, error);
}

static gboolean
check_all (Check *self, GError **error)
{
  if (!run_query (self, "PRAGMA integrity_check", "ok", error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (queries); i++)
    if (self->version >= queries[i].since && !run_query (self, queries[i].sql, NULL, error))
      return FALSE;
  return check_conversations (self, error);
}

gboolean
admin_check_store (const Config *config, char **args, GError **error)
{
  g_autofree char *file = args[0] != NULL ? g_strdup (args[0]) : store_folder_get_history (config->data_directory);
  g_auto (Check) self = { 0 };

  self.db = history_open (file, &self.version, error);
  if (self.db == NULL || !check_all (&self, error))
    return FALSE;
  if (self.n_mistakes > SHOWN)
    printf ("%" G_GUINT64_FORMAT " further mistakes are not shown\n", self.n_mistakes - SHOWN);
  printf ("%s: schema %u, conversations: %" G_GUINT64_FORMAT ", messages: %" G_GUINT64_FORMAT ", removed: %" G_GUINT64_FORMAT "\n",
          file, self.version, self.n_conversations, self.n_messages, self.n_removed);
  if (self.n_mistakes > 0)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s has mistakes: %" G_GUINT64_FORMAT, file, self.n_mistakes);
  return self.n_mistakes == 0;
}
