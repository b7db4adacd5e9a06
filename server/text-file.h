/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small text file that a person wrote, read as a whole and taken apart by lines. */
#pragma once

#include <gio/gio.h>

/* Reads a file of at most max bytes; a NUL follows the *len bytes, and a byte order mark is left
 * out. The error names the file. Free with g_free(). */
char *text_file_read (const char *file, gsize max, gsize *len, GError **error);

typedef struct
{
  char *next; /* what comes after the line */
  gsize left;
  char *line; /* without its LF and the CR before it; not ended by NUL */
  gsize len;
  guint number; /* from 1 */
} TextLines;

/* Goes through a text of len bytes. */
void text_lines_init (TextLines *self, char *text, gsize len);
gboolean text_lines_next (TextLines *self);

/* Sets "file:line: reason" in G_IO_ERROR_INVALID_DATA, and returns FALSE. */
gboolean text_file_set_error (GError **error, const char *file, guint line, const char *format, ...)
    G_GNUC_PRINTF (4, 5);
