/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line of JSON on its way into the store: nothing gets past that the server would not have stored itself. */
#include "fuzz.h"

#include <string.h>

#include "admin/import-line.h"
#include "shared/client-id.h"
#include "shared/message.h"

static void
check_message (const ImportLine *line)
{
  const char *why;

  g_assert_cmpuint (line->seq, >, 0);
  g_assert_cmpint (line->time, >=, 0);
  g_assert_cmpuint (strlen (line->text), ==, line->text_len);
  g_assert_cmpint (wire_text_check (line->text, line->text_len, &why), ==, WIRE_OK);
  if (line->nonce != NULL)
    g_assert_cmpuint (strlen (line->nonce) - 1, <, WIRE_NONCE_MAX);
}

static void
check_line (const ImportLine *line)
{
  g_assert_true (client_id_is_valid (line->lo, strlen (line->lo)));
  g_assert_true (client_id_is_valid (line->hi, strlen (line->hi)));
  g_assert_cmpstr (line->lo, <, line->hi);
  if (line->kind == IMPORT_MESSAGE)
    check_message (line);
  else if (line->kind == IMPORT_MARKS)
    g_assert_cmpuint (line->read, <=, line->delivered);
  if (line->kind != IMPORT_REMOVED)
    g_assert_cmpuint (line->side, <=, 1);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static ImportParser *parser; /* as in an import, lines follow each other */
  ImportLine line = { 0 };
  g_autoptr (GError) error = NULL;

  if (parser == NULL)
    parser = import_parser_new (&error);
  g_assert_no_error (error);
  if (size > IMPORT_LINE_MAX)
    return 0;
  if (import_parser_parse (parser, (const char *) data, size, &line, &error))
    {
      g_assert_no_error (error);
      check_line (&line);
    }
  else
    {
      g_assert_nonnull (error);
      g_assert_null (strchr (error->message, '\n'));
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
    }
  return 0;
}
