/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines with tags. */
#include "tests/util/client-private.h"

#include <string.h>

/* The tags of a line, as they stand there, and the rest after them. */
static GHashTable *
split_tags (const char *line, const char **rest)
{
  GHashTable *tags = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  const char *space = line[0] == '@' ? strchr (line, ' ') : NULL;
  g_autofree char *all = NULL;
  g_auto (GStrv) items = NULL;

  *rest = line;
  if (space == NULL)
    return tags;
  *rest = space + 1;
  all = g_strndup (line + 1, (gsize) (space - line - 1));
  items = g_strsplit (all, ";", -1);
  for (guint i = 0; items[i] != NULL; i++)
    {
      g_auto (GStrv) pair = g_strsplit (items[i], "=", 2);

      g_assert_cmpuint (g_strv_length (pair), ==, 2);
      if (!g_hash_table_insert (tags, g_strdup (pair[0]), g_strdup (pair[1])))
        test_fail ("the tag %s stands twice in \"%s\"", pair[0], line);
    }
  return tags;
}

/* Takes what is wanted out of tags. FALSE unless it was there as wanted. */
static gboolean
take_tag (GHashTable *tags, const char *wanted)
{
  g_auto (GStrv) pair = g_strsplit (wanted, "=", 2);
  const char *value;
  gboolean fits;

  g_assert_cmpuint (g_strv_length (pair), ==, 2);
  value = g_hash_table_lookup (tags, pair[0]);
  if (g_str_equal (pair[1], "?"))
    fits = TRUE;
  else if (g_str_equal (pair[1], "*"))
    fits = value != NULL && *value != '\0';
  else
    fits = g_strcmp0 (value, pair[1]) == 0;
  g_hash_table_remove (tags, pair[0]);
  return fits;
}

static gboolean
tags_fit (GHashTable *tags, const char *wanted)
{
  g_auto (GStrv) items = g_strsplit (wanted, ";", -1);
  gboolean fit = TRUE;

  for (guint i = 0; items[i] != NULL; i++)
    fit = take_tag (tags, items[i]) && fit;
  return fit && g_hash_table_size (tags) == 0;
}

static const char *
expect_tags (TestClient *self, const char *wanted_tags, const char *wanted)
{
  g_autofree char *whole = g_strdup_printf ("@%s %s", wanted_tags, wanted);
  const char *line = test_client_need_line (self, whole);
  const char *rest;
  g_autoptr (GHashTable) tags = split_tags (line, &rest);

  if (!tags_fit (tags, wanted_tags))
    test_fail ("%s: wanted \"%s\", got \"%s\"", self->name, whole, line);
  return rest;
}

void
test_expect_tagged (TestClient *self, const char *tags, const char *format, ...)
{
  g_autoptr (GString) wanted = g_string_new (NULL);
  const char *rest;
  va_list arguments;

  va_start (arguments, format);
  g_string_vprintf (wanted, format, arguments);
  va_end (arguments);
  rest = expect_tags (self, tags, wanted->str);
  if (!g_str_equal (rest, wanted->str))
    test_fail ("%s: wanted \"@%s %s\", got \"%s\"", self->name, tags, wanted->str, self->line->str);
}

void
test_expect_error_tagged (TestClient *self, const char *tags, const char *code)
{
  g_autofree char *prefix = g_strdup_printf ("ERROR %s ", code);
  const char *rest = expect_tags (self, tags, prefix);

  if (!g_str_has_prefix (rest, prefix) || strlen (rest) == strlen (prefix))
    test_fail ("%s: wanted \"@%s %s…\", got \"%s\"", self->name, tags, prefix, self->line->str);
}

const char *
test_tag (TestClient *self, const char *key)
{
  const char *rest;
  g_autoptr (GHashTable) tags = split_tags (self->line->str, &rest);

  const char *value = g_hash_table_lookup (tags, key);

  return value != NULL ? g_string_chunk_insert_const (self->tags, value) : NULL;
}

guint64
test_tag_uint (TestClient *self, const char *key)
{
  const char *value = test_tag (self, key);
  guint64 number;

  if (value == NULL || !g_ascii_string_to_unsigned (value, 10, 0, G_MAXUINT64, &number, NULL))
    test_fail ("%s: no number in the tag %s of \"%s\"", self->name, key, self->line->str);
  return number;
}

gint64
test_tag_time (TestClient *self, const char *key)
{
  const char *value = test_tag (self, key);
  g_autoptr (GDateTime) time = NULL;

  if (value == NULL
      || !g_regex_match_simple ("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$", value, 0, 0)
      || (time = g_date_time_new_from_iso8601 (value, NULL)) == NULL)
    test_fail ("%s: no time in the tag %s of \"%s\"", self->name, key, self->line->str);
  return g_date_time_to_unix (time) * 1000 + g_date_time_get_microsecond (time) / 1000;
}
