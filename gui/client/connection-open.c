/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making a connection: the name, TCP, TLS; and why it could not be made. */
#include "client/connection-private.h"

#include <glib/gi18n.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "client/client.h"

typedef struct
{
  char *host;
  guint16 port;
  gboolean tls;
  char *pin;
  gboolean is_invitation;
  GTlsDatabase *database;
  guint handshake_ms;

  GSocketConnection *stream;
  GCancellable *handshake; /* the caller's, and the time limit's */
  gulong cancelled_handler;
  guint handshake_source;
  GTask *task;       /* not owned: whose answer the handshake is to be */
  gboolean too_late; /* it was answered without it */
  char *fingerprint; /* what the server has shown */
  gboolean refused;
  GTlsCertificateFlags flaws;
} Opening;

static void
opening_free (Opening *self)
{
  g_assert (self->handshake_source == 0 && self->cancelled_handler == 0);
  g_free (self->host);
  g_free (self->pin);
  g_free (self->fingerprint);
  g_clear_object (&self->database);
  g_clear_object (&self->stream);
  g_clear_object (&self->handshake);
  g_free (self);
}

static char *
name_place (Opening *self)
{
  return g_strdup_printf (strchr (self->host, ':') != NULL ? "[%s]:%u" : "%s:%u", self->host, self->port);
}

/* What went wrong before a byte was said, and what to do. */
static GError *
explain (Opening *self, const GError *error)
{
  g_autofree char *where = name_place (self);
  g_autofree char *what = NULL;
  WcError code = WC_ERROR_FAILED;

  if (g_error_matches (error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_TEMPORARY_FAILURE))
    {
      code = WC_ERROR_NAME_NOT_FOUND;
      what = g_strdup_printf (_("Nobody can tell now where “%s” is. Is this computer connected to the network?"), self->host);
    }
  else if (error->domain == G_RESOLVER_ERROR)
    {
      code = WC_ERROR_NAME_NOT_FOUND;
      what = g_strdup_printf (_("There is no computer with the name “%s”. Is it spelled right?"), self->host);
    }
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
    {
      code = WC_ERROR_REFUSED;
      what = g_strdup_printf (_("Nothing answers at %s. Is webchat-server running there?"), where);
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

static void
add_flaw (GString *out, const char *flaw)
{
  if (out->len > 0)
    g_string_append (out, "; ");
  g_string_append (out, flaw);
}

/* What the system has against the certificate. */
static char *
list_flaws (GTlsCertificateFlags flaws)
{
  GString *out = g_string_new (NULL);

  if ((flaws & G_TLS_CERTIFICATE_UNKNOWN_CA) != 0)
    add_flaw (out, _("nobody whom this computer trusts vouches for it"));
  if ((flaws & G_TLS_CERTIFICATE_BAD_IDENTITY) != 0)
    add_flaw (out, _("it is for another name"));
  if ((flaws & G_TLS_CERTIFICATE_EXPIRED) != 0)
    add_flaw (out, _("its time is over"));
  if ((flaws & G_TLS_CERTIFICATE_NOT_ACTIVATED) != 0)
    add_flaw (out, _("its time has not come yet"));
  if ((flaws & G_TLS_CERTIFICATE_REVOKED) != 0)
    add_flaw (out, _("it was revoked"));
  if ((flaws & G_TLS_CERTIFICATE_INSECURE) != 0)
    add_flaw (out, _("it is too weak"));
  if (out->len == 0)
    add_flaw (out, _("it is not in order"));

  return g_string_free (out, FALSE);
}

static GError *
explain_certificate (Opening *self)
{
  g_autofree char *where = name_place (self), *flaws = list_flaws (self->flaws);

  if (self->pin == NULL)
    return g_error_new (WC_ERROR, WC_ERROR_CERTIFICATE_UNKNOWN,
                        _("This computer does not know the certificate of %s. Compare its fingerprint with that of whoever runs the server:\n%s\n%s"),
                        where, self->fingerprint, flaws);
  if (self->is_invitation)
    return g_error_new (WC_ERROR, WC_ERROR_INVITATION,
                        _("What answers at %s is not the server that the invitation is for: it shows another certificate. Ask for a new invitation.\n"
                          "invitation: %s\nshown: %s\n%s"),
                        where, self->pin, self->fingerprint, flaws);

  return g_error_new (WC_ERROR, WC_ERROR_CERTIFICATE_CHANGED,
                      _("%s shows another certificate than before. Somebody may be reading along, so there is no connection. Ask whoever runs the "
                        "server whether it has a new one.\ntrusted: %s\nshown: %s\n%s"),
                      where, self->pin, self->fingerprint, flaws);
}

/* Whether the server has said anything: the errors of TLS do not tell. */
static gboolean
has_answered (GSocketConnection *stream)
{
  struct tcp_info info = { 0 };
  socklen_t len = sizeof info;

  return getsockopt (g_socket_get_fd (g_socket_connection_get_socket (stream)), IPPROTO_TCP, TCP_INFO, &info, &len) == 0
         && info.tcpi_bytes_received > 1; /* the end counts as one */
}

/* The TCP connection is there, and TLS is not. */
static GError *
explain_handshake (Opening *self, const GError *error)
{
  g_autofree char *where = name_place (self), *plain = NULL, *what = NULL;
  WcError code = WC_ERROR_TLS;

  if (self->refused)
    return explain_certificate (self);
  if (g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_UNAVAILABLE))
    return g_error_new (WC_ERROR, WC_ERROR_TLS, _("This computer cannot make safe connections. Is the package glib-networking installed?\n%s"),
                        error->message);

  if (self->too_late || (g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_NOT_TLS) && has_answered (self->stream)))
    {
      plain = wc_address_format (self->host, self->port, FALSE);
      what = g_strdup_printf (_("What answers at %s does not offer a safe connection (TLS). Is the port right? In a network that you trust you can do "
                                "without: %s"), where, plain);
    }
  else if (error->domain == G_IO_ERROR || !has_answered (self->stream))
    {
      /* A server that is full, or stops, as well as one that does not know what this is. Nobody is led to do without TLS for that. */
      code = WC_ERROR_CLOSED;
      what = g_strdup_printf (_("%s closed the connection before it was safe. Is it a WebChat server with TLS? It may also be full, or stopping."), where);
    }
  else
    {
      what = g_strdup_printf (_("No safe connection to %s is possible. Whoever runs the server can tell why."), where);
    }

  return g_error_new (WC_ERROR, code, "%s\n%s", what, error->message);
}

static char *
get_fingerprint (GTlsCertificate *certificate)
{
  g_autoptr (GByteArray) der = NULL;

  g_object_get (certificate, "certificate", &der, NULL);

  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, der->data, der->len);
}

/* What the system has nothing against is good; else only what is pinned. */
static gboolean
judge (Opening *self, GTlsCertificate *certificate, GTlsCertificateFlags flaws)
{
  g_free (self->fingerprint);
  self->fingerprint = get_fingerprint (certificate);
  self->flaws = flaws;
  self->refused = flaws != 0 && g_strcmp0 (self->pin, self->fingerprint) != 0;

  return !self->refused;
}

/* Called only when the system does not trust it. */
static gboolean
accept_certificate_cb (GTlsConnection *tls, GTlsCertificate *certificate, GTlsCertificateFlags flaws, gpointer user_data)
{
  return judge (user_data, certificate, flaws);
}

static gboolean
too_late_cb (gpointer user_data)
{
  Opening *self = user_data;
  g_autoptr (GError) error = NULL;

  /* It is over when its thread has noticed. Nobody waits for that. */
  self->handshake_source = 0;
  self->too_late = TRUE;
  g_cancellable_cancel (self->handshake);
  g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "no TLS handshake in time");
  g_task_return_error (self->task, explain_handshake (self, error));

  return G_SOURCE_REMOVE;
}

static void
cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  g_cancellable_cancel (user_data);
}

static void
end_limit (Opening *self, GCancellable *cancellable)
{
  g_clear_handle_id (&self->handshake_source, g_source_remove);
  if (self->cancelled_handler != 0)
    g_cancellable_disconnect (cancellable, self->cancelled_handler);
  self->cancelled_handler = 0;
}

static void
handshake_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GTlsConnection *tls = G_TLS_CONNECTION (source);
  Opening *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  gboolean is_done = g_tls_connection_handshake_finish (tls, result, &error);
  GTlsCertificate *certificate;

  end_limit (self, g_task_get_cancellable (task));
  g_signal_handlers_disconnect_by_data (tls, self);
  if (self->too_late || g_task_return_error_if_cancelled (task))
    return;
  if (!is_done)
    {
      g_task_return_error (task, explain_handshake (self, error));
      return;
    }

  /* Once more: nobody was asked where a session from before goes on, and what was good then need not be now. */
  certificate = g_tls_connection_get_peer_certificate (tls);
  if (certificate == NULL)
    {
      g_set_error_literal (&error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, "no certificate");
      g_task_return_error (task, explain_handshake (self, error));
      return;
    }
  if (!judge (self, certificate, g_tls_connection_get_peer_certificate_errors (tls)))
    {
      g_task_return_error (task, explain_certificate (self));
      return;
    }

  g_task_return_pointer (task, wc_connection_new_tls (tls, g_socket_connection_get_socket (self->stream), self->fingerprint), g_object_unref);
}

static void
begin_tls (GTask *task)
{
  Opening *self = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  g_autoptr (GSocketConnectable) identity = g_network_address_new (self->host, self->port);
  g_autoptr (GSocketAddress) peer = NULL;
  g_autoptr (GIOStream) tls = NULL;
  GError *error = NULL;

  /* It may have ended already. glib-networking asks for the address too, and does not expect that there is none. */
  peer = g_socket_connection_get_remote_address (self->stream, &error);
  if (peer != NULL)
    tls = g_tls_client_connection_new (G_IO_STREAM (self->stream), identity, &error);
  if (tls == NULL)
    {
      g_task_return_error (task, explain_handshake (self, error));
      g_error_free (error);
      return;
    }

  /* Lines are whole or they are not, and who cuts them off gains nothing: the server may just go. */
  g_tls_connection_set_require_close_notify (G_TLS_CONNECTION (tls), FALSE);
  if (self->database != NULL)
    g_tls_connection_set_database (G_TLS_CONNECTION (tls), self->database);
  g_signal_connect (tls, "accept-certificate", G_CALLBACK (accept_certificate_cb), self);

  self->task = task;
  self->handshake = g_cancellable_new ();
  if (cancellable != NULL)
    self->cancelled_handler = g_cancellable_connect (cancellable, G_CALLBACK (cancelled_cb), g_object_ref (self->handshake), g_object_unref);
  if (self->handshake_ms > 0)
    self->handshake_source = g_timeout_add (self->handshake_ms, too_late_cb, self);
  g_tls_connection_handshake_async (G_TLS_CONNECTION (tls), G_PRIORITY_DEFAULT, self->handshake, handshake_cb, g_object_ref (task));
}

static void
load_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  GTlsDatabase *database = g_tls_backend_get_default_database (g_tls_backend_get_default ());

  g_task_return_pointer (task, database, g_object_unref); /* NULL: there is no TLS here, as will turn out */
}

static void
loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Opening *self = g_task_get_task_data (task);

  self->database = g_task_propagate_pointer (G_TASK (result), NULL);
  if (!g_task_return_error_if_cancelled (task))
    begin_tls (task);
}

/* The first time it takes a tenth of a second: hundreds of certificates are read. */
static void
load_trusted (GTask *task)
{
  g_autoptr (GTask) loading = g_task_new (NULL, NULL, loaded_cb, g_object_ref (task));

  g_task_set_source_tag (loading, load_trusted);
  g_task_run_in_thread (loading, load_thread);
}

static void
connect_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Opening *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  self->stream = g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, &error);
  if (self->stream == NULL)
    {
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        g_task_return_error (task, g_steal_pointer (&error));
      else
        g_task_return_error (task, explain (self, error));
      return;
    }

  wc_connection_set_up_socket (g_socket_connection_get_socket (self->stream));
  if (self->tls && self->database != NULL)
    begin_tls (task);
  else if (self->tls)
    load_trusted (task);
  else
    g_task_return_pointer (task, wc_connection_new_plain (self->stream), g_object_unref);
}

void
wc_connection_open_async (const WcEndpoint *endpoint, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnectable) address = g_network_address_new (endpoint->host, endpoint->port);
  Opening *self = g_new0 (Opening, 1);

  self->host = g_strdup (endpoint->host);
  self->port = endpoint->port;
  self->tls = endpoint->tls;
  self->pin = g_strdup (endpoint->pin);
  self->is_invitation = endpoint->is_invitation;
  g_set_object (&self->database, endpoint->database);
  self->handshake_ms = endpoint->handshake_ms;
  g_task_set_source_tag (task, wc_connection_open_async);
  g_task_set_task_data (task, self, (GDestroyNotify) opening_free);

  /* A proxy for the web is of no use here, and asking for one can take long. */
  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_connect_async (client, address, cancellable, connect_cb, g_steal_pointer (&task));
}

WcConnection *
wc_connection_open_finish (GAsyncResult *result, char **fingerprint, GError **error)
{
  Opening *self;

  g_return_val_if_fail (g_async_result_is_tagged (result, wc_connection_open_async), NULL);

  self = g_task_get_task_data (G_TASK (result));
  *fingerprint = self->refused ? g_strdup (self->fingerprint) : NULL;

  return g_task_propagate_pointer (G_TASK (result), error);
}
