/* SPDX-License-Identifier: GPL-3.0-or-later */
/* status: what the running server says of itself, and who is connected to it. */
#include "admin/commands.h"

#include <stdio.h>
#include <string.h>

#include "ops/control.h"

enum
{
  FIELD_ID,
  FIELD_ADDRESS,
  FIELD_DIALECT,
  FIELD_TLS,
  FIELD_SINCE,
  FIELD_QUEUED,
  N_FIELDS,
};

static const char *const titles[N_FIELDS] = { "Client-ID", "address", "dialect", "TLS", "since", "to be sent" };

/* Seconds since 1970 as a person here reads them. */
static void
make_readable (char **field)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_local (g_ascii_strtoll (*field, NULL, 10));
  char *text = date != NULL ? g_date_time_format (date, "%Y-%m-%d %H:%M:%S") : g_strdup ("-");

  g_free (*field);
  *field = text;
}

/* Of char **: one with N_FIELDS words for each line. */
static GPtrArray *
parse (const char *answer)
{
  GPtrArray *rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  g_auto (GStrv) lines = g_strsplit (answer, "\n", -1);

  for (char **line = lines; *line != NULL; line++)
    {
      char **fields = g_strsplit (*line, "\t", -1);

      if (g_strv_length (fields) < N_FIELDS) /* a later version may say more */
        {
          g_strfreev (fields);
          continue;
        }
      make_readable (&fields[FIELD_SINCE]);
      g_ptr_array_add (rows, fields);
    }
  return rows;
}

static void
print_row (const char *const *fields, const int *widths)
{
  for (guint i = 0; i < N_FIELDS - 1; i++)
    printf ("%-*s  ", widths[i], fields[i]);
  printf ("%*s\n", widths[N_FIELDS - 1], fields[N_FIELDS - 1]);
}

static void
print_table (GPtrArray *rows)
{
  int widths[N_FIELDS];

  for (guint i = 0; i < N_FIELDS; i++)
    {
      widths[i] = (int) strlen (titles[i]);
      for (guint j = 0; j < rows->len; j++)
        widths[i] = MAX (widths[i], (int) strlen (((char **) g_ptr_array_index (rows, j))[i]));
    }
  print_row (titles, widths);
  for (guint j = 0; j < rows->len; j++)
    print_row (g_ptr_array_index (rows, j), widths);
}

gboolean
admin_status (const Config *config, char **args, GError **error)
{
  g_autofree char *status = control_ask (config->data_directory, "status", error);
  g_autofree char *clients = status != NULL ? control_ask (config->data_directory, "clients", error) : NULL;
  g_autoptr (GPtrArray) rows = NULL;

  if (clients == NULL)
    {
      g_prefix_error (error, "%s: ", config->data_directory);
      return FALSE;
    }
  rows = parse (clients);
  fputs (status, stdout);
  if (rows->len > 0)
    {
      putchar ('\n');
      print_table (rows);
    }
  return TRUE;
}
