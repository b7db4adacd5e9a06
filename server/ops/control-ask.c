/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include <gio/gunixsocketaddress.h>

#include "ops/control-private.h"

#define ANSWER_MAX (64 * 1024 * 1024) /* bytes */
#define ASK_SECONDS 30                /* for each step: the server may be reading a long list */
#define READ_BYTES 65536

/* It is not there, or it is one that a crashed server left. */
static gboolean
is_absent (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
}

static GSocket *
open_socket (const char *path, GError **error)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, error);
  g_autoptr (GError) wrong = NULL;

  if (socket == NULL)
    return NULL;
  g_socket_set_timeout (socket, ASK_SECONDS);
  if (g_socket_connect (socket, address, NULL, &wrong))
    return g_steal_pointer (&socket);
  if (is_absent (wrong))
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no server runs");
  else
    g_set_error (error, G_IO_ERROR, wrong->code, "cannot ask the server by %s: %s", path, wrong->message);
  return NULL;
}

static gboolean
read_all (GSocket *socket, GString *answer, GError **error)
{
  for (;;)
    {
      gsize had = answer->len;
      gssize got;

      g_string_set_size (answer, had + READ_BYTES);
      got = g_socket_receive (socket, answer->str + had, READ_BYTES, NULL, error);
      g_string_set_size (answer, had + (gsize) MAX (got, 0));
      if (got <= 0)
        return got == 0;
      if (answer->len > ANSWER_MAX)
        {
          g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "the server's answer is too long");
          return FALSE;
        }
    }
}

/* The answer without its first and last line; or what went wrong. */
static char *
take_answer (GString *answer, GError **error)
{
  g_autofree char *text = NULL;

  if (strlen (answer->str) != answer->len || !g_str_has_suffix (answer->str, "\n" CONTROL_END))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT, "the server did not answer to the end");
      return NULL;
    }
  text = g_strndup (answer->str, answer->len - strlen (CONTROL_END));
  if (g_str_has_prefix (text, CONTROL_OK))
    return g_strdup (text + strlen (CONTROL_OK));
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "the server says: %s",
               g_strchomp (text + (g_str_has_prefix (text, CONTROL_ERROR) ? strlen (CONTROL_ERROR) : 0)));
  return NULL;
}

char *
control_ask (const char *data_directory, const char *request, GError **error)
{
  g_autofree char *path = control_get_path (data_directory, error);
  g_autofree char *line = g_strconcat (request, "\n", NULL);
  g_autoptr (GSocket) socket = path != NULL ? open_socket (path, error) : NULL;
  g_autoptr (GString) answer = g_string_new (NULL);

  if (socket == NULL || g_socket_send (socket, line, strlen (line), NULL, error) < 0 || !read_all (socket, answer, error))
    return NULL;
  return take_answer (answer, error);
}
