/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One line of what export prints, taken apart by SQLite's JSON functions and checked as far as it can be without
 * the store. */
#pragma once

#include <gio/gio.h>
#include <sqlite3.h>

#include "shared/limits.h"

/* The longest that export can print is a text of nothing but control characters: 6 bytes for each of its 8192. */
#define IMPORT_LINE_MAX (WIRE_TEXT_MAX * 6 + 4096)

typedef enum
{
  IMPORT_MESSAGE,
  IMPORT_MARKS,
  IMPORT_REMOVED,
} ImportKind;

typedef struct
{
  ImportKind kind;
  char lo[WIRE_ID_MAX + 1]; /* the two Client-IDs, in the order of their bytes */
  char hi[WIRE_ID_MAX + 1];
  guint side; /* of from or reader: 0 for lo, 1 for hi */

  gint64 time; /* of the message, or of the newest one removed; ms since 1970 */

  guint64 seq;
  const char *nonce; /* NULL for none; this and text are valid until the next line */
  const char *text;
  gsize text_len;

  guint64 read;
  guint64 delivered;

  guint64 removed;
} ImportLine;

typedef struct _ImportParser ImportParser;

/* Uses a connection of its own; NULL with an error. */
ImportParser *import_parser_new (GError **error);
void import_parser_free (ImportParser *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ImportParser, import_parser_free)

/* Takes a line of len bytes. FALSE with an error that says what is wrong with it. */
gboolean import_parser_parse (ImportParser *self, const char *data, gsize len, ImportLine *line, GError **error);
