/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "admin/import-line.h"

#include "shared/client-id.h"
#include "shared/message.h"
#include "shared/timestamp.h"
#include "store/sqlite-db.h"

enum
{
  KEY_CONVERSATION,
  KEY_SEQ,
  KEY_FROM,
  KEY_TIME,
  KEY_ID,
  KEY_TEXT,
  KEY_READER,
  KEY_READ,
  KEY_DELIVERED,
  KEY_REMOVED,
  N_KEYS,
};

static const struct
{
  const char *name;
  const char *type; /* as json_each() names it */
  int sqlite_type;
} keys[N_KEYS] = {
  [KEY_CONVERSATION] = { "conversation", "array", SQLITE_TEXT },
  [KEY_SEQ] = { "seq", "integer", SQLITE_INTEGER },
  [KEY_FROM] = { "from", "text", SQLITE_TEXT },
  [KEY_TIME] = { "time", "text", SQLITE_TEXT },
  [KEY_ID] = { "id", "text", SQLITE_TEXT },
  [KEY_TEXT] = { "text", "text", SQLITE_TEXT },
  [KEY_READER] = { "reader", "text", SQLITE_TEXT },
  [KEY_READ] = { "read", "integer", SQLITE_INTEGER },
  [KEY_DELIVERED] = { "delivered", "integer", SQLITE_INTEGER },
  [KEY_REMOVED] = { "removed", "integer", SQLITE_INTEGER },
};

#define BIT(key) (1u << KEY_##key)

/* Which keys make which kind of line; all of them must be there, and no other. */
static const struct
{
  guint needed;
  guint allowed;
} kinds[] = {
  [IMPORT_MESSAGE] = { BIT (CONVERSATION) | BIT (SEQ) | BIT (FROM) | BIT (TIME) | BIT (TEXT), BIT (ID) },
  [IMPORT_MARKS] = { BIT (CONVERSATION) | BIT (READER) | BIT (READ) | BIT (DELIVERED), 0 },
  [IMPORT_REMOVED] = { BIT (CONVERSATION) | BIT (REMOVED) | BIT (TIME), 0 },
};

struct _ImportParser
{
  sqlite3 *db; /* in memory, empty: there only to lend its functions */
  sqlite3_stmt *valid;
  sqlite3_stmt *each;
  sqlite3_stmt *pair;

  guint found; /* keys of the line */
  guint64 number[N_KEYS];
  GString *string[N_KEYS]; /* owned */
  char *known_pair;        /* the conversation of the line before, as JSON: most lines have the same */
  char ids[2][WIRE_ID_MAX + 1];
};

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

/* SQLite's JSON functions would take it for the end of the string. */
static gboolean
has_escaped_nul (const char *data, gsize len)
{
  const char *end = data + len;

  for (const char *p = data; (p = memchr (p, '\\', (gsize) (end - p))) != NULL && end - p > 1; p += 2)
    if (end - p >= 6 && memcmp (p, "\\u0000", 6) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
is_json_object (ImportParser *self, const char *data, gsize len)
{
  gboolean valid;

  sqlite3_bind_text (self->valid, 1, data, (int) len, SQLITE_STATIC);
  valid = sqlite3_step (self->valid) == SQLITE_ROW && sqlite3_column_int (self->valid, 0);
  sqlite3_reset (self->valid);
  return valid;
}

/* The key and value of the row that each is on. */
static gboolean
take_value (ImportParser *self, GError **error)
{
  const char *name = (const char *) sqlite3_column_text (self->each, 0);
  const char *type = (const char *) sqlite3_column_text (self->each, 1);
  guint key = 0;

  while (key < N_KEYS && strcmp (keys[key].name, name) != 0)
    key++;
  if (key == N_KEYS)
    return refuse (error, "there is a key that is not known here");
  if (self->found & 1u << key)
    return refuse (error, "\"%s\" is there twice", keys[key].name);
  if (strcmp (type, keys[key].type) != 0 || sqlite3_column_type (self->each, 2) != keys[key].sqlite_type)
    return refuse (error, "\"%s\" is not of the type %s", keys[key].name, keys[key].type);

  self->found |= 1u << key;
  if (keys[key].sqlite_type == SQLITE_INTEGER)
    {
      sqlite3_int64 number = sqlite3_column_int64 (self->each, 2);

      if (number < 0 || number > STORE_SEQ_MAX)
        return refuse (error, "\"%s\" is out of range", keys[key].name);
      self->number[key] = (guint64) number;
      return TRUE;
    }
  g_string_truncate (self->string[key], 0);
  g_string_append_len (self->string[key], (const char *) sqlite3_column_text (self->each, 2),
                       sqlite3_column_bytes (self->each, 2));
  return TRUE;
}

static gboolean
take_values (ImportParser *self, const char *data, gsize len, GError **error)
{
  gboolean good = TRUE;
  int result;

  self->found = 0;
  sqlite3_bind_text (self->each, 1, data, (int) len, SQLITE_STATIC);
  while (good && (result = sqlite3_step (self->each)) != SQLITE_DONE)
    good = result == SQLITE_ROW ? take_value (self, error) : store_db_set_error (self->db, error);
  sqlite3_reset (self->each);
  return good;
}

static gboolean
find_kind (ImportParser *self, ImportLine *line, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if ((self->found & kinds[i].needed) == kinds[i].needed && (self->found & ~(kinds[i].needed | kinds[i].allowed)) == 0)
      {
        line->kind = (ImportKind) i;
        return TRUE;
      }
  return refuse (error, "its keys are those of no line that export prints");
}

static gboolean
read_pair (ImportParser *self, GError **error)
{
  const GString *pair = self->string[KEY_CONVERSATION];
  guint n = 0;

  if (g_strcmp0 (self->known_pair, pair->str) == 0)
    return TRUE;

  g_clear_pointer (&self->known_pair, g_free);
  sqlite3_bind_text (self->pair, 1, pair->str, (int) pair->len, SQLITE_STATIC);
  for (; sqlite3_step (self->pair) == SQLITE_ROW; n++)
    {
      const char *id = (const char *) sqlite3_column_text (self->pair, 0);
      gsize len = (gsize) sqlite3_column_bytes (self->pair, 0);

      if (n < 2 && id != NULL && client_id_is_valid (id, len))
        memcpy (self->ids[n], id, len + 1);
      else
        n = 2;
    }
  sqlite3_reset (self->pair);
  if (n != 2 || strcmp (self->ids[0], self->ids[1]) == 0)
    return refuse (error, "\"conversation\" is not two Client-IDs");
  self->known_pair = g_strdup (pair->str);
  return TRUE;
}

static gboolean
find_side (ImportParser *self, guint key, ImportLine *line, GError **error)
{
  const char *id = self->string[key]->str;

  line->side = strcmp (id, line->hi) == 0;
  return line->side == 1 || strcmp (id, line->lo) == 0
         || refuse (error, "\"%s\" is not one of the conversation's two", keys[key].name);
}

static gboolean
read_time (ImportParser *self, ImportLine *line, GError **error)
{
  const GString *time = self->string[KEY_TIME];

  return (wire_time_parse ((WireSpan){ time->str, time->len }, &line->time) && line->time >= 0)
         || refuse (error, "\"time\" does not look like 2026-11-23T10:00:00.123Z");
}

static gboolean
read_message (ImportParser *self, ImportLine *line, GError **error)
{
  const GString *id = self->string[KEY_ID], *text = self->string[KEY_TEXT];
  const char *why;

  if (!find_side (self, KEY_FROM, line, error) || !read_time (self, line, error))
    return FALSE;
  line->seq = self->number[KEY_SEQ];
  if (line->seq == 0)
    return refuse (error, "\"seq\" begins with 1");
  line->nonce = self->found & BIT (ID) ? id->str : NULL;
  if (line->nonce != NULL && (id->len > WIRE_NONCE_MAX || wire_text_check (id->str, id->len, &why) != WIRE_OK))
    return refuse (error, "\"id\" is not 1 to %d bytes of text", WIRE_NONCE_MAX);

  line->text = text->str;
  line->text_len = text->len;
  return wire_text_check (text->str, text->len, &why) == WIRE_OK || refuse (error, "\"text\": %s", why);
}

static gboolean
read_marks (ImportParser *self, ImportLine *line, GError **error)
{
  line->read = self->number[KEY_READ];
  line->delivered = self->number[KEY_DELIVERED];
  return find_side (self, KEY_READER, line, error)
         && (line->read <= line->delivered || refuse (error, "\"read\" is beyond \"delivered\""));
}

gboolean
import_parser_parse (ImportParser *self, const char *data, gsize len, ImportLine *line, GError **error)
{
  guint lo;

  if (!g_utf8_validate_len (data, len, NULL))
    return refuse (error, "not UTF-8");
  if (!is_json_object (self, data, len))
    return refuse (error, "not a JSON object");
  if (has_escaped_nul (data, len))
    return refuse (error, "there is a NUL in it");
  if (!take_values (self, data, len, error) || !find_kind (self, line, error) || !read_pair (self, error))
    return FALSE;

  lo = strcmp (self->ids[0], self->ids[1]) > 0;
  memcpy (line->lo, self->ids[lo], sizeof line->lo);
  memcpy (line->hi, self->ids[!lo], sizeof line->hi);
  switch (line->kind)
    {
    case IMPORT_MARKS:
      return read_marks (self, line, error);
    case IMPORT_REMOVED:
      line->removed = self->number[KEY_REMOVED];
      return read_time (self, line, error);
    case IMPORT_MESSAGE:
    default:
      return read_message (self, line, error);
    }
}

ImportParser *
import_parser_new (GError **error)
{
  g_autoptr (ImportParser) self = g_new0 (ImportParser, 1);

  for (guint i = 0; i < N_KEYS; i++)
    self->string[i] = g_string_new (NULL);
  if (sqlite3_open (":memory:", &self->db) != SQLITE_OK)
    {
      refuse (error, "out of memory");
      return NULL;
    }
  if (!store_db_prepare (self->db, "SELECT json_valid (?1) AND json_type (?1) = 'object'", &self->valid, error)
      || !store_db_prepare (self->db, "SELECT key, type, value FROM json_each (?)", &self->each, error)
      || !store_db_prepare (self->db, "SELECT iif (type = 'text', value, NULL) FROM json_each (?)", &self->pair, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
import_parser_free (ImportParser *self)
{
  sqlite3_finalize (self->valid);
  sqlite3_finalize (self->each);
  sqlite3_finalize (self->pair);
  sqlite3_close (self->db);
  for (guint i = 0; i < N_KEYS; i++)
    g_string_free (self->string[i], TRUE);
  g_free (self->known_pair);
  g_free (self);
}
