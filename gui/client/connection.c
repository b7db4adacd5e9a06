/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/connection.h"

#include <glib/gi18n.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "client/client.h"
#include "shared/framing.h"

#define READ_SIZE 16384
#define FINISH_MS 2000 /* how long the last bytes may take after wc_connection_finish */

/* For base servers, which know no PING: the kernel finds out that the peer is gone. */
typedef struct
{
  int after_s; /* of silence */
  int every_s;
  int count;
  int unacked_ms;
} Patience;

static const Patience usual = { 12, 4, 3, 24000 };
static const Patience impatient = { 1, 2, 2, 4000 };

struct _WcConnection
{
  GObject parent_instance;

  GSocketConnection *stream;
  GCancellable *cancellable;
  const WcConnectionEvents *events; /* NULL: nobody listens any more */
  gpointer user_data;

  WireFramer framer;
  char *buffer;
  gint64 last_heard;

  GByteArray *queue;   /* waits */
  GByteArray *writing; /* is being written; NULL: nothing is */
  GError *error;       /* why it ends */
  guint finish_source;
  gboolean reading;
  gboolean finishing;
  gboolean whole_lines;
};

G_DEFINE_FINAL_TYPE (WcConnection, wc_connection, G_TYPE_OBJECT)

static void read_more (WcConnection *self);
static void write_cb (GObject *source, GAsyncResult *result, gpointer user_data);

static void
wc_connection_finalize (GObject *object)
{
  WcConnection *self = WC_CONNECTION (object);

  g_assert (!self->reading && self->writing == NULL && self->finish_source == 0);
  wire_framer_clear (&self->framer);
  g_byte_array_unref (self->queue);
  g_clear_error (&self->error);
  g_object_unref (self->cancellable);
  g_object_unref (self->stream);
  g_free (self->buffer);

  G_OBJECT_CLASS (wc_connection_parent_class)->finalize (object);
}

static void
wc_connection_class_init (WcConnectionClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = wc_connection_finalize;
}

static void
wc_connection_init (WcConnection *self)
{
  self->cancellable = g_cancellable_new ();
  self->queue = g_byte_array_new ();
  wire_framer_init (&self->framer);
}

/* Keeps the first reason, and lets the pending calls end: the last one of them tells. */
static void
fail (WcConnection *self, WcError code, const char *message, const GError *cause)
{
  if (self->error == NULL)
    {
      if (cause != NULL)
        self->error = g_error_new (WC_ERROR, code, "%s\n%s", message, cause->message);
      else
        self->error = g_error_new_literal (WC_ERROR, code, message);
    }
  g_cancellable_cancel (self->cancellable);
}

static void
tell_if_over (WcConnection *self)
{
  const WcConnectionEvents *events = self->events;

  if (self->error == NULL || self->reading || self->writing != NULL)
    return;

  g_clear_handle_id (&self->finish_source, g_source_remove);
  self->events = NULL;
  if (events != NULL)
    events->closed (self, self->error, self->user_data);
}

static void
hand_out_lines (WcConnection *self, char *data, gsize len)
{
  gboolean end = len == 0;

  while (self->events != NULL && self->error == NULL)
    {
      char *line;
      gsize line_len;
      WireFrame frame;

      if (end)
        frame = wire_framer_end (&self->framer, &line, &line_len);
      else
        frame = wire_framer_next (&self->framer, &data, &len, &line, &line_len);

      if (frame == WIRE_FRAME_NONE)
        break;
      if (frame == WIRE_FRAME_TOO_LONG)
        self->events->too_long (self, self->user_data);
      else if (line_len > 0)
        self->events->line (self, line, line_len, self->user_data);
      if (end)
        break;
    }
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (WcConnection) self = user_data;
  g_autoptr (GError) error = NULL;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (source), result, &error);

  self->reading = FALSE;
  if (n > 0)
    {
      self->last_heard = g_get_monotonic_time ();
      hand_out_lines (self, self->buffer, n);
    }
  else if (n == 0)
    {
      if (!self->whole_lines)
        hand_out_lines (self, NULL, 0);
      fail (self, WC_ERROR_CLOSED, _("The server closed the connection."), NULL);
    }
  else
    {
      fail (self, WC_ERROR_CLOSED, _("The connection to the server was lost."), error);
    }

  if (self->error == NULL)
    read_more (self);
  tell_if_over (self);
}

static void
read_more (WcConnection *self)
{
  GInputStream *in = g_io_stream_get_input_stream (G_IO_STREAM (self->stream));

  self->reading = TRUE;
  g_input_stream_read_async (in, self->buffer, READ_SIZE, G_PRIORITY_DEFAULT, self->cancellable, read_cb, g_object_ref (self));
}

void
wc_connection_expect_whole_lines (WcConnection *self)
{
  g_return_if_fail (WC_IS_CONNECTION (self));

  self->whole_lines = TRUE;
}

static void
write_more (WcConnection *self)
{
  GOutputStream *out = g_io_stream_get_output_stream (G_IO_STREAM (self->stream));

  if (self->writing != NULL || self->error != NULL)
    return;
  if (self->queue->len == 0)
    {
      if (self->finishing)
        g_socket_shutdown (g_socket_connection_get_socket (self->stream), FALSE, TRUE, NULL);
      return;
    }

  self->writing = g_steal_pointer (&self->queue);
  self->queue = g_byte_array_new ();
  g_output_stream_write_all_async (out, self->writing->data, self->writing->len, G_PRIORITY_DEFAULT, self->cancellable, write_cb,
                                   g_object_ref (self));
}

static void
write_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (WcConnection) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, &error) && !self->finishing)
    {
      /* What the server said before it hung up is still to be read: DECLINED, for one. The read ends it. */
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || !self->reading)
        fail (self, WC_ERROR_CLOSED, _("The connection to the server was lost."), error);
    }
  g_clear_pointer (&self->writing, g_byte_array_unref);

  if (error == NULL)
    write_more (self);
  else
    g_byte_array_set_size (self->queue, 0);
  tell_if_over (self);
}

void
wc_connection_start (WcConnection *self, const WcConnectionEvents *events, gpointer user_data)
{
  g_return_if_fail (WC_IS_CONNECTION (self));
  g_return_if_fail (self->buffer == NULL);

  self->events = events;
  self->user_data = user_data;
  self->buffer = g_malloc (READ_SIZE);
  self->last_heard = g_get_monotonic_time ();
  read_more (self);
}

void
wc_connection_send (WcConnection *self, const char *data, gsize len)
{
  g_return_if_fail (WC_IS_CONNECTION (self));

  if (self->error != NULL || self->finishing)
    return;
  if (self->queue->len + len > WC_CONNECTION_QUEUE_MAX)
    {
      fail (self, WC_ERROR_NO_ANSWER, _("The server has stopped reading. It is tried again."), NULL);
      return;
    }

  g_byte_array_append (self->queue, (const guint8 *) data, len);
  write_more (self);
}

void
wc_connection_close (WcConnection *self)
{
  g_return_if_fail (WC_IS_CONNECTION (self));

  self->events = NULL;
  fail (self, WC_ERROR_CLOSED, "", NULL);
  g_clear_handle_id (&self->finish_source, g_source_remove);
}

static gboolean
finish_cb (gpointer user_data)
{
  WcConnection *self = user_data;

  self->finish_source = 0;
  wc_connection_close (self);

  return G_SOURCE_REMOVE;
}

void
wc_connection_finish (WcConnection *self)
{
  g_return_if_fail (WC_IS_CONNECTION (self));

  self->events = NULL;
  if (self->error != NULL || self->finishing)
    return;

  /* The read goes on, for a socket closed with unread bytes takes back what it has sent. */
  self->finishing = TRUE;
  self->finish_source = g_timeout_add_full (G_PRIORITY_DEFAULT, FINISH_MS, finish_cb, g_object_ref (self), g_object_unref);
  write_more (self);
}

gint64
wc_connection_get_last_heard (WcConnection *self)
{
  g_return_val_if_fail (WC_IS_CONNECTION (self), 0);
  return self->last_heard;
}

/* Each of these options is a help only: a failure changes nothing. */
static void
set_patience (GSocket *socket, const Patience *patience)
{
  g_socket_set_option (socket, IPPROTO_TCP, TCP_KEEPIDLE, patience->after_s, NULL);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_KEEPINTVL, patience->every_s, NULL);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_KEEPCNT, patience->count, NULL);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_USER_TIMEOUT, patience->unacked_ms, NULL);
}

GSocket *
wc_connection_get_socket (WcConnection *self)
{
  g_return_val_if_fail (WC_IS_CONNECTION (self), NULL);
  return g_socket_connection_get_socket (self->stream);
}

static void
set_up_socket (GSocket *socket)
{
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  g_socket_set_keepalive (socket, TRUE);
  set_patience (socket, &usual);
}

void
wc_connection_set_impatient (WcConnection *self, gboolean is_impatient)
{
  g_return_if_fail (WC_IS_CONNECTION (self));

  set_patience (g_socket_connection_get_socket (self->stream), is_impatient ? &impatient : &usual);
}

/* What went wrong, and what to do. */
static GError *
explain (const GError *error, const char *host, guint16 port)
{
  g_autofree char *where = strchr (host, ':') != NULL ? g_strdup_printf ("[%s]:%u", host, port) : g_strdup_printf ("%s:%u", host, port);
  g_autofree char *what = NULL;
  WcError code = WC_ERROR_FAILED;

  if (g_error_matches (error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_TEMPORARY_FAILURE))
    {
      code = WC_ERROR_NAME_NOT_FOUND;
      what = g_strdup_printf (_("Nobody can tell now where “%s” is. Is this computer connected to the network?"), host);
    }
  else if (error->domain == G_RESOLVER_ERROR)
    {
      code = WC_ERROR_NAME_NOT_FOUND;
      what = g_strdup_printf (_("There is no computer with the name “%s”. Is it spelled right?"), host);
    }
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
    {
      code = WC_ERROR_REFUSED;
      what = g_strdup_printf (_("Nothing answers at %s. Is webchat-server running there?"), where);
    }
  else if (error->domain == G_TLS_ERROR)
    {
      code = WC_ERROR_TLS;
      what = g_strdup_printf (_("No safe connection to %s is possible. Ask whoever runs the server whether its certificate is right."), where);
    }
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE))
    {
      code = WC_ERROR_NO_NETWORK;
      what = g_strdup_printf (_("There is no way to %s. Is this computer connected to the network?"), where);
    }
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE))
    {
      code = WC_ERROR_NO_ANSWER;
      what = g_strdup_printf (_("%s does not answer. Is the address right, and the computer on?"), where);
    }
  else
    {
      what = g_strdup_printf (_("The connection to %s failed."), where);
    }

  return g_error_new (WC_ERROR, code, "%s\n%s", what, error->message);
}

typedef struct
{
  char *host;
  guint16 port;
} OpenData;

static void
open_data_free (OpenData *data)
{
  g_free (data->host);
  g_free (data);
}

static void
connect_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  OpenData *data = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) stream = g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, &error);
  WcConnection *self;

  if (stream == NULL)
    {
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        g_task_return_error (task, g_steal_pointer (&error));
      else
        g_task_return_error (task, explain (error, data->host, data->port));
      return;
    }

  set_up_socket (g_socket_connection_get_socket (stream));
  self = g_object_new (WC_TYPE_CONNECTION, NULL);
  self->stream = g_steal_pointer (&stream);
  g_task_return_pointer (task, self, g_object_unref);
}

void
wc_connection_open_async (const char *host, guint16 port, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnectable) address = g_network_address_new (host, port);
  OpenData *data = g_new0 (OpenData, 1);

  data->host = g_strdup (host);
  data->port = port;
  g_task_set_source_tag (task, wc_connection_open_async);
  g_task_set_task_data (task, data, (GDestroyNotify) open_data_free);

  /* A proxy for the web is of no use here, and asking for one can take long. */
  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_connect_async (client, address, cancellable, connect_cb, g_steal_pointer (&task));
}

WcConnection *
wc_connection_open_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, wc_connection_open_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
