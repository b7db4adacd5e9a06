/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <sys/resource.h>

#include "chat/directory.h"
#include "chat/hub.h"
#include "identity/certificate.h"
#include "identity/secret.h"
#include "net/connection.h"
#include "net/deadlines.h"
#include "net/io-pool.h"
#include "net/listener.h"
#include "net/tls.h"
#include "ops/control.h"
#include "ops/counters.h"
#include "ops/report.h"
#include "store/store.h"

/* Descriptors for everything that is not a connection: the store, listeners, and those accepted beyond the limit to be told so (HUB_TURNED_AWAY_ROOM). */
#define SPARE_DESCRIPTORS 128
#define MIN_WORKERS 2
#define MAX_WORKERS 16
/* How long the last lines may take to go out at the end. */
#define GOODBYE_US (2 * G_TIME_SPAN_SECOND)
#define GOODBYE_EACH_US (100 * G_TIME_SPAN_MILLISECOND)

/* How often it is looked whether so many connections have gone that their memory is worth giving back. */
#define TRIM_SECONDS 5
#define TRIM_CONNECTIONS 200 /* or a quarter of those that there are */

struct _Server
{
  Config *config;
  Directory *directory;
  Hub *hub;
  Store *store;
  IoPool *pool;
  Deadlines *deadlines;
  ConnectionShared shared;
  TlsCredentials *credentials; /* of new connections; NULL: none has TLS */
  char *fingerprint;           /* of their certificate; NULL: not known */
  Listener *listener;
  GPtrArray *addresses;
  Control *control; /* NULL: there can be none */
  gint64 start;     /* s since 1970 UTC */
  guint trim_source;
  guint64 n_trimmed; /* connections that had gone when memory was last given back */
};

static void
list_cb (ClientList *list, gpointer user_data)
{
  Server *self = user_data;

  hub_set_client_list (self->hub, list);
}

static void
accepted_cb (int fd, const struct sockaddr_storage *address, gboolean tls, gpointer user_data)
{
  Server *self = user_data;
  Connection *connection = connection_new (&self->shared, fd, address);

  if (tls)
    connection_set_tls (connection, self->credentials);
  hub_admit (self->hub, connection);
}

static gboolean
has_room_cb (gpointer user_data)
{
  Server *self = user_data;

  return hub_has_room (self->hub);
}

/* What a crowd had stays with the C library otherwise, for another crowd that may never come. */
static gboolean
trim_cb (gpointer user_data)
{
#ifdef __GLIBC__
  Server *self = user_data;
  guint n = hub_count_connections (self->hub);
  guint64 n_gone = counters_get (COUNTER_CONNECTIONS) - n;

  if (n_gone - self->n_trimmed >= MAX (TRIM_CONNECTIONS, n / 4))
    {
      malloc_trim (0);
      self->n_trimmed = n_gone;
    }
#endif
  return G_SOURCE_CONTINUE;
}

/* Running out of descriptors must never happen while accepting: the limit on connections stays below theirs. */
static void
fit_descriptors (Config *config)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) < 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
  getrlimit (RLIMIT_NOFILE, &limit);

  if (limit.rlim_cur != RLIM_INFINITY && config->max_connections + SPARE_DESCRIPTORS > limit.rlim_cur)
    {
      config->max_connections = limit.rlim_cur > 2 * SPARE_DESCRIPTORS ? limit.rlim_cur - SPARE_DESCRIPTORS : limit.rlim_cur / 2;
      g_warning ("max-connections is lowered to %u: this process may open no more files", config->max_connections);
    }
}

/* Reads the certificate and its key, and has new connections use them; what is there stays when they cannot be used. */
static gboolean
load_credentials (Server *self, GError **error)
{
  g_autofree char *own = certificate_get_own_file (self->config->data_directory);
  g_autofree char *own_key = certificate_get_own_key_file (self->config->data_directory);
  gboolean configured = self->config->tls_certificate != NULL;
  const char *file = configured ? self->config->tls_certificate : own;
  TlsCredentials *credentials = tls_credentials_new (file, configured ? self->config->tls_key : own_key, error);

  if (credentials == NULL)
    return FALSE;
  g_clear_pointer (&self->credentials, tls_credentials_unref);
  self->credentials = credentials;
  g_free (self->fingerprint);
  self->fingerprint = certificate_get_fingerprint (file, NULL);
  g_message ("read the certificate %s: SHA-256 %s", file, self->fingerprint != NULL ? self->fingerprint : "unknown");
  return TRUE;
}

static gboolean
prepare_tls (Server *self, guint workers, GError **error)
{
  if (*self->config->tls_listen == NULL)
    return TRUE;
  self->shared.handshakes = handshakes_new (self->pool, MAX (1, workers / 2));
  return (self->config->tls_certificate != NULL || certificate_ensure (self->config->data_directory, NULL, error))
         && load_credentials (self, error);
}

static gboolean
bind_listeners (Server *self, char **addresses, gboolean tls, GError **error)
{
  for (char **address = addresses; *address != NULL; address++)
    {
      g_autofree char *bound = listener_add (self->listener, *address, tls, error);

      if (bound == NULL)
        return FALSE;
      g_ptr_array_add (self->addresses, g_strconcat (bound, tls ? " (TLS)" : NULL, NULL));
    }
  return TRUE;
}

static gboolean
build (Server *self, GError **error)
{
  const StoreOptions options = { .durability = self->config->durability, .retention_days = self->config->retention_days };
  const guint workers = CLAMP (g_get_num_processors (), MIN_WORKERS, MAX_WORKERS);
  g_autoptr (GBytes) secret = NULL;

  self->directory = directory_new (self->config->client_list, list_cb, self, error);
  if (self->directory == NULL)
    return FALSE;
  self->hub = hub_new (self->config, directory_get_list (self->directory), NULL);
  self->store = store_new_sqlite (self->config->data_directory, &options, hub_stored, self->hub, error);
  if (self->store == NULL)
    return FALSE;
  hub_set_store (self->hub, self->store);
  secret = secret_load (self->config->data_directory, error);
  if (secret == NULL)
    return FALSE;
  hub_set_identity (self->hub, secret, self->directory);

  self->deadlines = deadlines_new (NULL, connection_deadline_func);
  self->pool = io_pool_new (workers, &connection_io_funcs, error);
  if (self->pool == NULL)
    return FALSE;
  self->shared = (ConnectionShared){
    .pool = self->pool,
    .deadlines = self->deadlines,
    .handler = &hub_connection_handler,
    .handler_data = self->hub,
    .send_queue_bytes = self->config->send_queue_bytes,
    .line_timeout = CONNECTION_LINE_TIMEOUT,
    .take_timeout = CONNECTION_TAKE_TIMEOUT,
    .backlog_max = CONNECTION_BACKLOG_MAX,
  };
  self->listener = listener_new (accepted_cb, has_room_cb, self);
  return prepare_tls (self, workers, error) && bind_listeners (self, self->config->listen, FALSE, error)
         && bind_listeners (self, self->config->tls_listen, TRUE, error);
}

Server *
server_new (Config *config, GError **error)
{
  Server *self = g_new0 (Server, 1);

  self->config = config;
  self->addresses = g_ptr_array_new_with_free_func (g_free);
  self->start = g_get_real_time () / G_USEC_PER_SEC;
  fit_descriptors (config);
  if (!build (self, error))
    {
      server_stop (self);
      return NULL;
    }
  return self;
}

gboolean
server_reload (Server *self, GError **error)
{
  g_autoptr (GError) list_error = NULL, tls_error = NULL;

  directory_reload (self->directory, &list_error);
  if (self->credentials != NULL && !load_credentials (self, &tls_error))
    g_warning ("%s; the old certificate stays in force", tls_error->message);
  if (list_error == NULL && tls_error == NULL)
    return TRUE;
  g_propagate_error (error, list_error != NULL ? g_steal_pointer (&list_error) : g_steal_pointer (&tls_error));
  return FALSE;
}

/* What the control socket answers */

static gboolean
answer_status (GString *lines, gpointer user_data, GError **error)
{
  Server *self = user_data;

  report_status (lines, self->hub, self->config, self->addresses, self->fingerprint, self->start);
  return TRUE;
}

static gboolean
answer_clients (GString *lines, gpointer user_data, GError **error)
{
  Server *self = user_data;

  report_clients (lines, self->hub);
  return TRUE;
}

static gboolean
answer_listeners (GString *lines, gpointer user_data, GError **error)
{
  Server *self = user_data;

  for (guint i = 0; i < self->addresses->len; i++)
    g_string_append_printf (lines, "%s\n", (const char *) g_ptr_array_index (self->addresses, i));
  return TRUE;
}

static gboolean
answer_reload (GString *lines, gpointer user_data, GError **error)
{
  return server_reload (user_data, error);
}

static const ControlRequest requests[] = {
  { "status", answer_status },
  { "clients", answer_clients },
  { "listeners", answer_listeners },
  { "reload", answer_reload },
  { NULL, NULL },
};

/* Without it the server is as good as ever, but harder to look after. */
static void
open_control (Server *self)
{
  g_autoptr (GError) error = NULL;

  self->control = control_new (self->config->data_directory, requests, self, &error);
  if (self->control == NULL)
    g_warning ("no control socket: %s; commands cannot ask this server for anything", error->message);
}

const GPtrArray *
server_start (Server *self)
{
  open_control (self);
  listener_start (self->listener);
  self->trim_source = g_timeout_add_seconds (TRIM_SECONDS, trim_cb, self);
  return self->addresses;
}

/* With no worker left: the last answers go out, as far as their receivers read them. */
static void
say_goodbye (Hub *hub)
{
  g_autoptr (GPtrArray) connections = hub_get_connections (hub);
  gint64 end = g_get_monotonic_time () + GOODBYE_US;

  for (guint i = 0; i < connections->len; i++)
    connection_shut_down (g_ptr_array_index (connections, i), MIN (end, g_get_monotonic_time () + GOODBYE_EACH_US));
}

void
server_stop (Server *self)
{
  g_clear_handle_id (&self->trim_source, g_source_remove);
  g_clear_pointer (&self->control, control_free);
  g_clear_pointer (&self->listener, listener_free);
  if (self->hub != NULL)
    hub_begin_shutdown (self->hub);
  if (self->pool != NULL)
    io_pool_stop (self->pool);
  if (self->directory != NULL)
    directory_finish_changes (self->directory);
  g_clear_pointer (&self->store, store_free); /* commits, and answers every waiting sender */
  if (self->hub != NULL)
    hub_set_store (self->hub, NULL);
  if (self->pool != NULL)
    say_goodbye (self->hub);
  g_clear_pointer (&self->shared.handshakes, handshakes_free);
  g_clear_pointer (&self->pool, io_pool_free);
  g_clear_pointer (&self->deadlines, deadlines_free);
  g_clear_pointer (&self->hub, hub_free);
  g_clear_pointer (&self->directory, directory_free);
  g_clear_pointer (&self->credentials, tls_credentials_unref);
  g_free (self->fingerprint);
  g_clear_pointer (&self->addresses, g_ptr_array_unref);
  config_free (self->config);
  g_free (self);
}
