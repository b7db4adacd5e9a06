/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ops/counters.h"

#define BACKLOG 4096 /* the kernel cuts it to net.core.somaxconn */

/* A peer that is gone without a word is noticed after idle + count * interval seconds, or when it has not acknowledged for as long. */
#define KEEP_ALIVE_IDLE 60
#define KEEP_ALIVE_INTERVAL 15
#define KEEP_ALIVE_COUNT 4
#define UNACKNOWLEDGED_MS ((KEEP_ALIVE_IDLE + KEEP_ALIVE_INTERVAL * KEEP_ALIVE_COUNT) * 1000)

/* Descriptors that must be free for accepting to go on: for the next connection, and for what the store opens meanwhile. */
#define FREE_DESCRIPTORS 2

/* How long a pause is at first, when one that leaves may be enough, and then. */
#define PAUSE_MS 5
#define LONG_PAUSE_MS 50
#define LOG_AGAIN_US (30 * G_TIME_SPAN_SECOND)

struct _Listener
{
  GSocketService *service;
  GObject *tls_mark; /* the source object of addresses with TLS */
  ListenerFunc func;
  ListenerRoomFunc has_room;
  gpointer user_data;
  guint log_handler;
  guint pause_source; /* accepting is paused */
  char *pause_reason; /* to be said yet */
  gint64 log_due;     /* monotonic: not before that it is said again */
};

static void
set_options (int fd)
{
  const int on = 1, idle = KEEP_ALIVE_IDLE, interval = KEEP_ALIVE_INTERVAL, count = KEEP_ALIVE_COUNT;
  const guint unacknowledged = UNACKNOWLEDGED_MS;

  /* Messages are small and must not wait for each other; and a base client has no PING: the kernel asks whether it still lives. */
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt (fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt (fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
  setsockopt (fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
  setsockopt (fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
  setsockopt (fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged, sizeof unacknowledged);
}

/* Takes what is free, and gives it back. */
static gboolean
has_descriptors (void)
{
  int fds[FREE_DESCRIPTORS];
  guint n = 0;

  while (n < FREE_DESCRIPTORS && (fds[n] = fcntl (STDERR_FILENO, F_DUPFD_CLOEXEC, 0)) >= 0)
    n++;
  for (guint i = 0; i < n; i++)
    close (fds[i]);
  return n == FREE_DESCRIPTORS;
}

/* The lowest free number is given first: one near the limit says that few are left. */
static gboolean
is_among_the_last (int fd)
{
  struct rlimit limit;

  return getrlimit (RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && (rlim_t) fd + FREE_DESCRIPTORS >= limit.rlim_cur;
}

/* Not at once: a log handler cannot log. */
static void
tell_reason (Listener *self)
{
  g_autofree char *reason = g_steal_pointer (&self->pause_reason);
  gint64 now = g_get_monotonic_time ();

  if (reason == NULL || now < self->log_due)
    return;
  g_warning ("accepting no connections for a moment: %s", reason);
  self->log_due = now + LOG_AGAIN_US;
}

static gboolean
pause_over_cb (gpointer user_data)
{
  Listener *self = user_data;

  tell_reason (self);
  if (has_descriptors () && self->has_room (self->user_data))
    {
      self->pause_source = 0;
      g_socket_service_start (self->service);
    }
  else
    self->pause_source = g_timeout_add (LONG_PAUSE_MS, pause_over_cb, self);
  return G_SOURCE_REMOVE;
}

static void
pause_accepting (Listener *self, const char *why)
{
  if (self->pause_source != 0)
    return;

  g_socket_service_stop (self->service);
  self->pause_source = g_timeout_add (PAUSE_MS, pause_over_cb, self);
  self->pause_reason = g_strdup (why);
  counters_add (COUNTER_ACCEPT_PAUSES, 1);
}

/* Where accept() fails, GSocketService tells nobody but the log, and tries again at once: 184,702 times a second. */
static void
gio_log_cb (const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
  if (g_str_has_prefix (message, "fail: ") && g_main_context_is_owner (NULL))
    pause_accepting (user_data, message + strlen ("fail: "));
  else
    g_log_default_handler (domain, level, message, NULL);
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
        close (fd); /* gone already */
      else
        pause_accepting (self, g_strerror (errno));
      return TRUE;
    }

  set_options (fd);
  self->func (fd, &address, source == self->tls_mark, self->user_data);
  if (is_among_the_last (fd))
    pause_accepting (self, "this process may open no more files");
  else if (!self->has_room (self->user_data))
    pause_accepting (self, "too many that were turned away are not gone yet");
  return TRUE;
}

Listener *
listener_new (ListenerFunc func, ListenerRoomFunc has_room, gpointer user_data)
{
  Listener *self = g_new0 (Listener, 1);

  self->service = g_socket_service_new ();
  g_socket_service_stop (self->service);
  g_socket_listener_set_backlog (G_SOCKET_LISTENER (self->service), BACKLOG);
  g_signal_connect (self->service, "incoming", G_CALLBACK (incoming_cb), self);
  self->tls_mark = g_object_new (G_TYPE_OBJECT, NULL);
  self->log_handler = g_log_set_handler ("GLib-GIO", G_LOG_LEVEL_WARNING, gio_log_cb, self);
  self->func = func;
  self->has_room = has_room;
  self->user_data = user_data;
  return self;
}

void
listener_free (Listener *self)
{
  g_clear_handle_id (&self->pause_source, g_source_remove);
  g_log_remove_handler ("GLib-GIO", self->log_handler);
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  g_signal_handlers_disconnect_by_data (self->service, self);
  g_object_unref (self->service);
  g_object_unref (self->tls_mark);
  g_free (self->pause_reason);
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
