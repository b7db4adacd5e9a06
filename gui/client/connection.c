/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/connection-private.h"

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

  GIOStream *stream;
  GSocket *socket;  /* under it */
  GBytes *binding;  /* NULL without TLS */
  char *fingerprint;
  gboolean is_tls;
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
  g_object_unref (self->socket);
  g_clear_pointer (&self->binding, g_bytes_unref);
  g_free (self->fingerprint);
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
  GInputStream *in = g_io_stream_get_input_stream (self->stream);

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
said_goodbye_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (WcConnection) self = user_data;

  g_output_stream_close_finish (G_OUTPUT_STREAM (source), result, NULL);
}

/* Everything is written: the server is to see the end. */
static void
end_writing (WcConnection *self)
{
  /* Under TLS the end is a message of its own: without it what went before could have been cut off. */
  if (self->is_tls)
    g_output_stream_close_async (g_io_stream_get_output_stream (self->stream), G_PRIORITY_DEFAULT, self->cancellable, said_goodbye_cb,
                                 g_object_ref (self));
  else
    g_socket_shutdown (self->socket, FALSE, TRUE, NULL);
}

static void
write_more (WcConnection *self)
{
  GOutputStream *out = g_io_stream_get_output_stream (self->stream);

  if (self->writing != NULL || self->error != NULL)
    return;
  if (self->queue->len == 0)
    {
      if (self->finishing)
        end_writing (self);
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

gboolean
wc_connection_get_is_tls (WcConnection *self)
{
  g_return_val_if_fail (WC_IS_CONNECTION (self), FALSE);
  return self->is_tls;
}

GBytes *
wc_connection_get_binding (WcConnection *self)
{
  g_return_val_if_fail (WC_IS_CONNECTION (self), NULL);
  return self->binding;
}

const char *
wc_connection_get_fingerprint (WcConnection *self)
{
  g_return_val_if_fail (WC_IS_CONNECTION (self), NULL);
  return self->fingerprint;
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
  return self->socket;
}

void
wc_connection_set_up_socket (GSocket *socket)
{
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  g_socket_set_keepalive (socket, TRUE);
  set_patience (socket, &usual);
}

WcConnection *
wc_connection_new_plain (GSocketConnection *stream)
{
  WcConnection *self = g_object_new (WC_TYPE_CONNECTION, NULL);

  self->stream = G_IO_STREAM (g_object_ref (stream));
  self->socket = g_object_ref (g_socket_connection_get_socket (stream));

  return self;
}

WcConnection *
wc_connection_new_tls (GTlsConnection *stream, GSocket *socket, const char *fingerprint)
{
  WcConnection *self = g_object_new (WC_TYPE_CONNECTION, NULL);
  g_autoptr (GByteArray) binding = g_byte_array_new ();

  self->stream = G_IO_STREAM (g_object_ref (stream));
  self->socket = g_object_ref (socket);
  self->is_tls = TRUE;
  self->whole_lines = TRUE; /* whoever speaks TLS ends lines */
  self->fingerprint = g_strdup (fingerprint);
  if (g_tls_connection_get_channel_binding_data (stream, G_TLS_CHANNEL_BINDING_TLS_EXPORTER, binding, NULL) && binding->len > 0)
    self->binding = g_byte_array_free_to_bytes (g_steal_pointer (&binding));

  return self;
}

void
wc_connection_set_impatient (WcConnection *self, gboolean is_impatient)
{
  g_return_if_fail (WC_IS_CONNECTION (self));

  set_patience (self->socket, is_impatient ? &impatient : &usual);
}
