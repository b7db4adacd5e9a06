/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ops/control.h"

#include <errno.h>
#include <string.h>
#include <sys/un.h>

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

#include "ops/control-private.h"

#define REQUEST_MAX 64   /* bytes, with the LF */
#define ASKERS_MAX  8    /* at once; others wait to be accepted */
#define ASKER_MS    5000 /* from accept to the end of the answer */

struct _Control
{
  char *path;
  GSocketService *service;
  const ControlRequest *requests;
  gpointer user_data;
  GQueue askers; /* of Asker */
};

/* One connection: first it is read, then written to. */
typedef struct
{
  Control *control;
  GList link;
  GSocketConnection *connection;
  GSource *ready;
  GSource *timeout;
  char request[REQUEST_MAX];
  gsize len;
  GString *answer; /* NULL: not yet */
  gsize sent;
} Asker;

static GSocket *
asker_get_socket (Asker *self)
{
  return g_socket_connection_get_socket (self->connection);
}

static void
clear_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
asker_free (Asker *self)
{
  g_queue_unlink (&self->control->askers, &self->link);
  clear_source (&self->ready);
  clear_source (&self->timeout);
  if (self->answer != NULL)
    g_string_free (self->answer, TRUE);
  g_object_unref (self->connection); /* closes it */
  if (self->control->askers.length == ASKERS_MAX - 1)
    g_socket_service_start (self->control->service);
  g_free (self);
}

static void
asker_wait_for (Asker *self, GIOCondition condition, GSocketSourceFunc func)
{
  clear_source (&self->ready);
  self->ready = g_socket_create_source (asker_get_socket (self), condition, NULL);
  g_source_set_callback (self->ready, G_SOURCE_FUNC (func), self, NULL);
  g_source_attach (self->ready, g_main_context_get_thread_default ());
}

static gboolean
writable_cb (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  Asker *self = user_data;
  g_autoptr (GError) error = NULL;
  gssize sent = g_socket_send (socket, self->answer->str + self->sent, self->answer->len - self->sent, NULL, &error);

  if (sent > 0)
    self->sent += (gsize) sent;
  if (self->sent == self->answer->len || (sent < 0 && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)))
    {
      asker_free (self);
      return G_SOURCE_REMOVE;
    }
  return G_SOURCE_CONTINUE;
}

static const ControlRequest *
find_request (Control *self, const char *name)
{
  for (const ControlRequest *request = self->requests; request->name != NULL; request++)
    if (strcmp (request->name, name) == 0)
      return request;
  return NULL;
}

/* name is NULL when the line was too long to be one. */
static void
asker_answer (Asker *self, const char *name)
{
  const ControlRequest *request = name != NULL ? find_request (self->control, name) : NULL;
  g_autoptr (GError) error = NULL;

  self->answer = g_string_new (CONTROL_OK);
  if (request == NULL)
    g_string_assign (self->answer, CONTROL_ERROR "there is no such request\n");
  else if (!request->answer (self->answer, self->control->user_data, &error))
    g_string_printf (self->answer, CONTROL_ERROR "%s\n", error->message);
  g_string_append (self->answer, CONTROL_END);
  asker_wait_for (self, G_IO_OUT, writable_cb);
}

static gboolean
readable_cb (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  Asker *self = user_data;
  g_autoptr (GError) error = NULL;
  gssize got = g_socket_receive (socket, self->request + self->len, REQUEST_MAX - self->len, NULL, &error);
  char *end;

  if (got < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;
  if (got <= 0)
    {
      asker_free (self);
      return G_SOURCE_REMOVE;
    }

  self->len += (gsize) got;
  end = memchr (self->request, '\n', self->len);
  if (end == NULL && self->len < REQUEST_MAX)
    return G_SOURCE_CONTINUE;
  if (end != NULL)
    *end = '\0';
  asker_answer (self, end != NULL ? self->request : NULL); /* it waits with another source now */
  return G_SOURCE_REMOVE;
}

static gboolean
timeout_cb (gpointer user_data)
{
  asker_free (user_data);
  return G_SOURCE_REMOVE;
}

static gboolean
incoming_cb (GSocketService *service, GSocketConnection *connection, GObject *source, gpointer user_data)
{
  Control *self = user_data;
  Asker *asker = g_new0 (Asker, 1);

  asker->control = self;
  asker->link.data = asker;
  asker->connection = g_object_ref (connection);
  g_queue_push_tail_link (&self->askers, &asker->link);
  g_socket_set_blocking (asker_get_socket (asker), FALSE);
  asker->timeout = g_timeout_source_new (ASKER_MS);
  g_source_set_callback (asker->timeout, timeout_cb, asker, NULL);
  g_source_attach (asker->timeout, g_main_context_get_thread_default ());
  asker_wait_for (asker, G_IO_IN, readable_cb);
  if (self->askers.length == ASKERS_MAX)
    g_socket_service_stop (service);
  return TRUE;
}

char *
control_get_path (const char *data_directory, GError **error)
{
  g_autofree char *path = g_build_filename (data_directory, "control", NULL);
  const gsize max = sizeof ((struct sockaddr_un *) NULL)->sun_path - 1;

  if (strlen (path) <= max)
    return g_steal_pointer (&path);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FILENAME_TOO_LONG, "%s: longer than the %" G_GSIZE_FORMAT " bytes that a socket's path may have",
               path, max);
  return NULL;
}

/* A socket is left by a server that crashed; anything else is somebody's file. */
static gboolean
remove_stale (const char *path, GError **error)
{
  GStatBuf info;

  if (g_lstat (path, &info) != 0)
    return TRUE; /* if that is more than its absence, bind() says what */
  if (!S_ISSOCK (info.st_mode))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, "%s is there, and is no socket", path);
      return FALSE;
    }
  if (g_unlink (path) == 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "%s: %s", path, g_strerror (errno));
  return FALSE;
}

/* Between bind and listen nobody can connect: the mode is right before anybody can. */
static gboolean
open_socket (Control *self, GError **error)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (self->path);
  g_autoptr (GSocket) socket = NULL;

  if (!remove_stale (self->path, error))
    return FALSE;
  socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, error);
  if (socket == NULL)
    return FALSE;
  if (!g_socket_bind (socket, address, FALSE, error))
    {
      g_prefix_error (error, "%s: ", self->path);
      return FALSE;
    }
  if (g_chmod (self->path, 0600) != 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "%s: %s", self->path, g_strerror (errno));
      return FALSE;
    }
  return g_socket_listen (socket, error)
         && g_socket_listener_add_socket (G_SOCKET_LISTENER (self->service), socket, NULL, error);
}

Control *
control_new (const char *data_directory, const ControlRequest *requests, gpointer user_data, GError **error)
{
  g_autofree char *path = control_get_path (data_directory, error);
  Control *self;

  if (path == NULL)
    return NULL;
  self = g_new0 (Control, 1);
  self->path = g_steal_pointer (&path);
  self->requests = requests;
  self->user_data = user_data;
  g_queue_init (&self->askers);
  self->service = g_socket_service_new ();
  g_signal_connect (self->service, "incoming", G_CALLBACK (incoming_cb), self);
  if (open_socket (self, error))
    return self;

  g_clear_pointer (&self->path, g_free); /* not ours to take away */
  control_free (self);
  return NULL;
}

void
control_free (Control *self)
{
  if (self->path != NULL)
    g_unlink (self->path);
  while (self->askers.head != NULL)
    asker_free (self->askers.head->data);
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  g_signal_handlers_disconnect_by_data (self->service, self);
  g_object_unref (self->service);
  g_free (self->path);
  g_free (self);
}
