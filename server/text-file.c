/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define READ_BYTES      65536

static char *
set_errno_error (GError **error, const char *file)
{
  int code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", file, g_strerror (code));
  return NULL;
}

static char *
read_all (int fd, const char *file, gsize max, gsize *len, GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (;;)
    {
      gsize had = bytes->len;
      gssize n;

      g_byte_array_set_size (bytes, (guint)had + READ_BYTES);
      do
        n = read (fd, bytes->data + had, READ_BYTES);
      while (n < 0 && errno == EINTR);
      if (n < 0)
        return set_errno_error (error, file);
      g_byte_array_set_size (bytes, (guint)(had + (gsize)n));
      if (n == 0)
        break;
      if (bytes->len > max)
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                       "%s: larger than %" G_GSIZE_FORMAT " bytes", file, max);
          return NULL;
        }
    }
  *len = bytes->len;
  g_byte_array_append (bytes, (const guint8 *)"", 1);
  return g_realloc (g_byte_array_steal (bytes, NULL), *len + 1);
}

char *
text_file_read (const char *file, gsize max, gsize *len, GError **error)
{
  int fd = g_open (file, O_RDONLY | O_CLOEXEC, 0);
  char *text;

  if (fd < 0)
    return set_errno_error (error, file);
  text = read_all (fd, file, max, len, error);
  close (fd);
  if (text != NULL && g_str_has_prefix (text, BYTE_ORDER_MARK))
    {
      *len -= strlen (BYTE_ORDER_MARK);
      memmove (text, text + strlen (BYTE_ORDER_MARK), *len + 1);
    }
  return text;
}

void
text_lines_init (TextLines *self, char *text, gsize len)
{
  *self = (TextLines){ .next = text, .left = len };
}

gboolean
text_lines_next (TextLines *self)
{
  char *end;

  if (self->left == 0)
    return FALSE;
  end = memchr (self->next, '\n', self->left);
  self->line = self->next;
  self->len = end != NULL ? (gsize)(end - self->next) : self->left;
  self->next += end != NULL ? self->len + 1 : self->len;
  self->left -= end != NULL ? self->len + 1 : self->len;
  self->number++;
  if (self->len > 0 && self->line[self->len - 1] == '\r')
    self->len--;
  return TRUE;
}

gboolean
text_file_set_error (GError **error, const char *file, guint line, const char *format, ...)
{
  g_autofree char *reason = NULL;
  va_list args;

  va_start (args, format);
  reason = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s:%u: %s", file, line, reason);
  return FALSE;
}
