/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/fingerprint.h"

#include <string.h>

#define GROUP 4
#define GROUPS_A_LINE 4
#define GROUPS_SHORT 4

static char *
join (const char *hex, gsize len, const char *in_group, const char *between, const char *line_end)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < len; i++)
    {
      if (i > 0 && i % (GROUP * GROUPS_A_LINE) == 0)
        g_string_append (text, line_end);
      else if (i > 0)
        g_string_append (text, i % GROUP == 0 ? between : in_group);
      g_string_append_c (text, hex[i]);
    }
  return g_string_free (text, FALSE);
}

char *
ui_fingerprint_group (const char *hex)
{
  return join (hex, strlen (hex), "", " ", "\n");
}

char *
ui_fingerprint_shorten (const char *hex)
{
  const gsize len = strlen (hex);
  const gsize shown = MIN (len, GROUP * GROUPS_SHORT);
  g_autofree char *start = join (hex, shown, "", " ", " ");

  return g_strconcat (start, shown < len ? " …" : "", NULL);
}

char *
ui_fingerprint_spell (const char *hex)
{
  return join (hex, strlen (hex), " ", ", ", ", ");
}
