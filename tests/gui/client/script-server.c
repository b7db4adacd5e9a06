/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "script-server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "fake-network.h"

#define TIME "2026-11-23T10:00:00.000Z"

struct _ScriptServer
{
  GSocketService *service;
  guint16 port;
  char *address;
  GQueue connections; /* accepted by the system, not by the test */
  GSocketConnection *connection;
  GIOStream *stream; /* of that, or over it */
  GTlsCertificate *certificate;
  ScriptPlus plus;
  gboolean shaking, shaken;
  GSource *source;
  GString *input;
  GQueue lines;
  char *line;
  char *id;
  gboolean ended;
  ScriptHandler handler;
  gpointer user_data;
};

static gboolean
incoming_cb (GSocketService *service, GSocketConnection *connection, GObject *source, gpointer user_data)
{
  ScriptServer *self = user_data;

  /* Written in small pieces: each would wait for the acknowledgement of the one before. */
  g_socket_set_option (g_socket_connection_get_socket (connection), IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  g_queue_push_tail (&self->connections, g_object_ref (connection));

  return TRUE;
}

void
script_listen (ScriptServer *self)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, self->port);
  g_autoptr (GSocketAddress) effective = NULL;
  GError *error = NULL;

  self->service = g_socket_service_new ();
  g_signal_connect (self->service, "incoming", G_CALLBACK (incoming_cb), self);
  g_socket_listener_add_address (G_SOCKET_LISTENER (self->service), address, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, &effective, &error);
  g_assert_no_error (error);
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective));
  g_socket_service_start (self->service);
}

void
script_stop_listening (ScriptServer *self)
{
  if (self->service == NULL)
    return;

  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  g_clear_object (&self->service);
}

ScriptServer *
script_server_new (void)
{
  ScriptServer *self = g_new0 (ScriptServer, 1);

  self->input = g_string_new (NULL);
  script_listen (self);
  self->address = g_strdup_printf ("127.0.0.1:%u", self->port);

  return self;
}

static void
drop_connection (ScriptServer *self)
{
  if (self->source != NULL)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
  if (self->connection != NULL)
    g_io_stream_close (G_IO_STREAM (self->connection), NULL, NULL);
  g_clear_object (&self->stream);
  g_clear_object (&self->connection);
}

void
script_server_free (ScriptServer *self)
{
  script_stop_listening (self);
  drop_connection (self);
  g_queue_clear_full (&self->connections, g_object_unref);
  g_queue_clear_full (&self->lines, g_free);
  g_string_free (self->input, TRUE);
  g_clear_object (&self->certificate);
  g_free (self->address);
  g_free (self->line);
  g_free (self->id);
  g_free (self);
}

const char *
script_address (ScriptServer *self)
{
  return self->address;
}

guint16
script_port (ScriptServer *self)
{
  return self->port;
}

void
script_set_certificate (ScriptServer *self, GTlsCertificate *certificate)
{
  g_set_object (&self->certificate, certificate);
  g_free (self->address);
  self->address = g_strdup_printf ("%s127.0.0.1:%u", certificate != NULL ? "tls://" : "", self->port);
}

void
script_set_plus (ScriptServer *self, ScriptPlus plus)
{
  self->plus = plus;
}

void
script_set_handler (ScriptServer *self, ScriptHandler handler, gpointer user_data)
{
  self->handler = handler;
  self->user_data = user_data;
}

static void
split_lines (ScriptServer *self)
{
  char *lf;

  while ((lf = strchr (self->input->str, '\n')) != NULL)
    {
      g_autofree char *line = g_strndup (self->input->str, lf - self->input->str);

      g_string_erase (self->input, 0, lf + 1 - self->input->str);
      if (self->handler != NULL)
        self->handler (self, line, self->user_data);
      else
        g_queue_push_tail (&self->lines, g_steal_pointer (&line));
    }
}

static gboolean
readable_cb (GPollableInputStream *stream, gpointer user_data)
{
  ScriptServer *self = user_data;
  g_autoptr (GError) error = NULL;
  char buffer[4096];
  gssize n;

  /* What TLS has taken in already, nothing tells of. */
  while ((n = g_pollable_input_stream_read_nonblocking (stream, buffer, sizeof buffer, NULL, &error)) > 0)
    g_string_append_len (self->input, buffer, n);
  self->ended = !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  split_lines (self);

  return self->ended ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

gboolean
script_has_connection (ScriptServer *self)
{
  return !g_queue_is_empty (&self->connections);
}

static void
shaken_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ScriptServer *self = user_data;

  self->shaken = g_tls_connection_handshake_finish (G_TLS_CONNECTION (source), result, NULL);
  self->shaking = FALSE;
}

static gboolean
shake_hands (ScriptServer *self)
{
  GError *error = NULL;

  self->stream = g_tls_server_connection_new (G_IO_STREAM (self->connection), self->certificate, &error);
  g_assert_no_error (error);
  g_tls_connection_set_require_close_notify (G_TLS_CONNECTION (self->stream), FALSE);
  self->shaking = TRUE;
  g_tls_connection_handshake_async (G_TLS_CONNECTION (self->stream), G_PRIORITY_DEFAULT, NULL, shaken_cb, self);
  wait_for (!self->shaking);

  return self->shaken;
}

gboolean
script_try_accept (ScriptServer *self)
{
  GInputStream *in;

  wait_for (script_has_connection (self));

  drop_connection (self);
  g_string_truncate (self->input, 0);
  g_queue_clear_full (&self->lines, g_free);
  self->ended = FALSE;
  self->connection = g_queue_pop_head (&self->connections);
  if (self->certificate == NULL)
    self->stream = G_IO_STREAM (g_object_ref (self->connection));
  else if (!shake_hands (self))
    return FALSE;

  in = g_io_stream_get_input_stream (self->stream);
  self->source = g_pollable_input_stream_create_source (G_POLLABLE_INPUT_STREAM (in), NULL);
  g_source_set_callback (self->source, G_SOURCE_FUNC (readable_cb), self, NULL);
  g_source_attach (self->source, NULL);

  return TRUE;
}

void
script_accept (ScriptServer *self)
{
  g_assert_true (script_try_accept (self));
}

const char *
script_expect (ScriptServer *self, const char *pattern)
{
  const char *id;

  wait_for (self->lines.length > 0 || self->ended);
  if (self->lines.length == 0)
    g_error ("the client hung up instead of saying: %s", pattern);

  g_free (self->line);
  self->line = g_queue_pop_head (&self->lines);
  if (!g_pattern_match_simple (pattern, self->line))
    g_error ("the client said: %s\ninstead of: %s", self->line, pattern);

  g_clear_pointer (&self->id, g_free);
  id = g_str_has_prefix (self->line, "@") ? strstr (self->line, "id=") : NULL;
  if (id != NULL)
    self->id = g_strndup (id + 3, strcspn (id + 3, "; "));

  return self->line;
}

const char *
script_id (ScriptServer *self)
{
  g_assert_nonnull (self->id);

  return self->id;
}

gboolean
script_is_quiet (ScriptServer *self)
{
  return self->lines.length == 0;
}

void
script_say_bytes (ScriptServer *self, const char *bytes, gsize len)
{
  /* The client may have hung up already. */
  g_output_stream_write_all (g_io_stream_get_output_stream (self->stream), bytes, len, NULL, NULL, NULL);
}

void
script_say (ScriptServer *self, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  script_say_bytes (self, text, strlen (text));
}

void
script_hang_up (ScriptServer *self)
{
  drop_connection (self);
}

void
script_expect_end (ScriptServer *self)
{
  wait_for (self->ended);
  drop_connection (self);
}

/* The nth word of a line. Transfer full. */
static char *
get_word (const char *line, guint nth)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);

  g_assert_cmpuint (g_strv_length (words), >, nth);

  return g_strdup (words[nth]);
}

static GBytes *
get_binding (ScriptServer *self)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  GError *error = NULL;

  if (self->certificate == NULL || self->plus == SCRIPT_PLUS_CANNOT)
    return NULL;

  g_tls_connection_get_channel_binding_data (G_TLS_CONNECTION (self->stream), G_TLS_CHANNEL_BINDING_TLS_EXPORTER, data, &error);
  g_assert_no_error (error);

  return g_byte_array_free_to_bytes (g_steal_pointer (&data));
}

char *
script_ask_proof (ScriptServer *self, const char *verifier)
{
  g_autoptr (GBytes) binding = get_binding (self);
  g_autofree char *mechanism = NULL, *first = NULL, *response = NULL, *challenge = NULL;
  g_autoptr (ScramServer) exchange = NULL;
  char *proof = NULL;

  script_say (self, "AUTH_REQUIRED SCRAM-SHA-256%s\n", binding != NULL && self->plus == SCRIPT_PLUS_OFFERED ? " SCRAM-SHA-256-PLUS" : "");
  mechanism = get_word (script_expect (self, "AUTH SCRAM-SHA-256* *"), 1);
  g_assert_cmpstr (mechanism, ==, binding != NULL && self->plus == SCRIPT_PLUS_OFFERED ? SCRAM_SHA_256_PLUS : SCRAM_SHA_256);
  first = get_word (self->line, 2);
  exchange = scram_server_new (mechanism, "alice", verifier, binding);
  g_assert_nonnull (exchange);
  if (scram_server_step (exchange, first, strlen (first), &challenge) != SCRAM_MORE)
    return NULL;
  script_say (self, "CHALLENGE %s\n", challenge);
  response = get_word (script_expect (self, "RESPONSE *"), 1);
  if (scram_server_step (exchange, response, strlen (response), &proof) != SCRAM_DONE)
    g_clear_pointer (&proof, g_free);

  return proof;
}

void
script_prove (ScriptServer *self, const char *verifier)
{
  g_autofree char *proof = NULL;

  script_expect (self, "HELLO alice 2");
  proof = script_ask_proof (self, verifier);
  if (proof != NULL)
    script_say (self, "@v=%s CONNECTED 2\n", proof);
  else
    script_say (self, "DECLINED\n");
}

gboolean
wait_tick_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
login_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Login *login = user_data;

  g_assert_false (login->done);
  login->done = TRUE;
  login->ok = wc_client_login_finish (WC_CLIENT (source), result, &login->error);
}

void
login_start (Login *login, WcClient *client, const char *server, const char *client_id, GCancellable *cancellable)
{
  *login = (Login) { 0 };
  wc_client_login_async (client, server, client_id, cancellable, login_cb, login);
}

void
login_clear (Login *login)
{
  g_clear_error (&login->error);
}

WcClient *
test_client_new (void)
{
  static const WcTiming timing = {
    .login = 10000,
    .ping_after = 60000,
    .dead_after = 120000,
    .probe = 10000,
    .retry_min = 10,
    .retry_max = 100,
    .base_quiet = 100,
    .pause = 20,
    .minute = 60000,
    .read_pause = 20,
    .typing_pause = 50,
    .typing_lasts = 60000,
    .draft_pause = 20,
  };
  WcClient *client = wc_client_new ();

  wc_client_set_timing (client, &timing);
  wc_client_set_network_monitor (client, fake_network ());
  wc_client_set_clocks (client, &fake_clocks);

  return client;
}

void
script_welcome (ScriptServer *self)
{
  script_accept (self);
  script_expect (self, "HELLO alice 2");
  script_say (self, "@time=" TIME " CONNECTED 2\n");
}

void
script_login (ScriptServer *self, WcClient *client, ...)
{
  g_auto (Login) login = { 0 };
  const char *peer;
  va_list args;

  login_start (&login, client, self->address, "alice", NULL);
  script_welcome (self);
  script_expect (self, "@want=since CLIENTS");
  script_expect (self, "@id=r*;want=marks CONVERSATIONS");
  wait_for (login.done);
  g_assert_no_error (login.error);
  g_assert_cmpint (wc_client_get_state (client), ==, WC_STATE_ONLINE);

  script_say (self, "@state=online CLIENT alice\n");
  va_start (args, client);
  while ((peer = va_arg (args, const char *)) != NULL)
    script_say (self, "@state=online CLIENT %s\n", peer);
  va_end (args);
  script_say (self, "CLIENTS_END\nCONVERSATIONS_END\nPING in\n");
  script_expect (self, "PONG in");
}

void
script_list (ScriptServer *self, const char *tags, const char *peer)
{
  if (tags != NULL)
    script_say (self, "@%s;time=" TIME " CONVERSATION %s\n", tags, peer);
  script_say (self, "CONVERSATIONS_END\n");
}

void
script_expect_lists (ScriptServer *self)
{
  script_expect (self, "@want=since CLIENTS");
  script_expect (self, "@id=r*;want=marks CONVERSATIONS");
}

void
script_login_base (ScriptServer *self, WcClient *client)
{
  g_auto (Login) login = { 0 };

  login_start (&login, client, self->address, "alice", NULL);
  script_accept (self);
  script_expect (self, "HELLO alice 2");
  script_say (self, "CONNECTED\n");
  wait_for (login.done);
  g_assert_no_error (login.error);
  g_assert_true (wc_client_get_is_base (client));
}

void
test_client_finish (WcClient *client)
{
  wc_client_logout (client);
  g_assert_cmpint (wc_client_get_state (client), ==, WC_STATE_OFFLINE);

  /* A connect that was given up holds nothing but itself. */
  g_assert_finalize_object (client);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

GFile *
test_folder_new (void)
{
  g_autofree char *path = g_dir_make_tmp ("webchat-client-XXXXXX", NULL);

  return g_file_new_for_path (path);
}

static void
remove_all (GFile *file)
{
  g_autoptr (GFileEnumerator) children = g_file_enumerate_children (file, "standard::name", G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, NULL, NULL);
  GFile *child;

  while (children != NULL && g_file_enumerator_iterate (children, NULL, &child, NULL, NULL) && child != NULL)
    remove_all (child);
  g_file_delete (file, NULL, NULL);
}

void
test_folder_free (GFile *folder)
{
  remove_all (folder);
  g_object_unref (folder);
}

static const char *
event_name (WcEvent event)
{
  static const char *const names[] = {
    [WC_EVENT_NONE] = "none", [WC_EVENT_STARTED] = "started", [WC_EVENT_ENDED_BY_ME] = "ended by me",
    [WC_EVENT_ENDED_BY_PEER] = "ended by peer", [WC_EVENT_TIMED_OUT] = "timed out", [WC_EVENT_OFFLINE] = "offline",
    [WC_EVENT_BUSY] = "busy", [WC_EVENT_UNKNOWN] = "unknown", [WC_EVENT_SELF] = "self",
    [WC_EVENT_UNREACHABLE] = "unreachable", [WC_EVENT_LOST] = "lost",
  };

  return names[event];
}

char *
log_to_text (WcLog *log)
{
  static const char *const deliveries[] = { "", " [waiting]", " [stored]", " [delivered]", " [read]", " [failed]" };
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (log)); i++)
    {
      g_autoptr (WcEntry) entry = g_list_model_get_item (G_LIST_MODEL (log), i);

      if (wc_entry_get_kind (entry) == WC_ENTRY_EVENT)
        g_string_append_printf (out, "* %s\n", event_name (wc_entry_get_event (entry)));
      else
        g_string_append_printf (out, "%s: %s%s\n", wc_entry_get_from (entry), wc_entry_get_text (entry),
                                deliveries[wc_entry_get_delivery (entry)]);
    }

  return g_string_free (out, FALSE);
}
