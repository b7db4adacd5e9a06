/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG 4096 /* the kernel cuts it to net.core.somaxconn */

struct _Listener
{
  GSocketService *service;
  GObject *tls_mark; /* the source object of addresses with TLS */
  ListenerFunc func;
  gpointer user_data;
};

static void
set_options (int fd)
{
  int on = 1;

  /* Messages are small and must not wait for each other; and a base client has no PING: the kernel asks whether it still lives. */
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt (fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

static gboolean
incoming_cb (GSocketService *service, GSocketConnection *connection, GObject *source, gpointer user_data)
{
  Listener *self = user_data;
  GSocket *socket = g_socket_connection_get_socket (connection);
  struct sockaddr_storage address;
  socklen_t len = sizeof address;
  int fd;

  /* A descriptor of our own: the two GObjects behind this one cost more than everything else that an idle connection needs. */
  memset (&address, 0, sizeof address);
  fd = fcntl (g_socket_get_fd (socket), F_DUPFD_CLOEXEC, 0);
  if (fd < 0 || getpeername (fd, (struct sockaddr *) &address, &len) < 0 || fcntl (fd, F_SETFL, O_NONBLOCK) < 0)
    {
      if (fd >= 0)
        close (fd);
      return TRUE;
    }

  set_options (fd);
  self->func (fd, &address, source == self->tls_mark, self->user_data);
  return TRUE;
}

Listener *
listener_new (ListenerFunc func, gpointer user_data)
{
  Listener *self = g_new0 (Listener, 1);

  self->service = g_socket_service_new ();
  g_socket_service_stop (self->service);
  g_socket_listener_set_backlog (G_SOCKET_LISTENER (self->service), BACKLOG);
  g_signal_connect (self->service, "incoming", G_CALLBACK (incoming_cb), self);
  self->tls_mark = g_object_new (G_TYPE_OBJECT, NULL);
  self->func = func;
  self->user_data = user_data;
  return self;
}

void
listener_free (Listener *self)
{
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  g_signal_handlers_disconnect_by_data (self->service, self);
  g_object_unref (self->service);
  g_object_unref (self->tls_mark);
  g_free (self);
}

char *
listener_add (Listener *self, const char *address, gboolean tls, GError **error)
{
  g_autoptr (GSocketConnectable) parsed = g_network_address_parse (address, 0, error);
  g_autoptr (GSocketAddress) wanted = NULL, effective = NULL;
  const char *host;

  if (parsed == NULL)
    return NULL;
  host = g_network_address_get_hostname (G_NETWORK_ADDRESS (parsed));
  wanted = g_inet_socket_address_new_from_string (host, g_network_address_get_port (G_NETWORK_ADDRESS (parsed)));
  if (wanted == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "%s is not an IP address", host);
      return NULL;
    }

  if (!g_socket_listener_add_address (G_SOCKET_LISTENER (self->service), wanted, G_SOCKET_TYPE_STREAM,
                                      G_SOCKET_PROTOCOL_TCP, tls ? self->tls_mark : NULL, &effective, error))
    {
      g_prefix_error (error, "cannot listen on %s: ", address);
      return NULL;
    }

  return g_strdup_printf (strchr (host, ':') ? "[%s]:%u" : "%s:%u", host,
                          g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective)));
}

void
listener_start (Listener *self)
{
  g_socket_service_start (self->service);
}
