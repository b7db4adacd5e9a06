/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Connecting, HELLO and its answer; the way from each failure. */
#include "client/client-private.h"

#include <glib/gi18n.h>
#include <string.h>

#include "shared/client-id.h"

static void
stop_login_timers (WcClient *self)
{
  g_clear_handle_id (&self->login_source, g_source_remove);
  if (self->connecting != NULL)
    g_cancellable_cancel (self->connecting);
  g_clear_object (&self->connecting);
}

/* Ends the task of wc_client_login_async: its callback may do anything with the client. */
static void
end_login (WcClient *self, GError *error)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->login_task);

  g_clear_handle_id (&self->login_cancel_source, g_source_remove);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

void
wc_client_drop_connection (WcClient *self)
{
  stop_login_timers (self);
  g_clear_handle_id (&self->keep_alive_source, g_source_remove);
  wc_client_stop_probe (self);
  wc_client_stop_listing (self);
  wc_client_reset_auth (self);
  wc_pace_reset (&self->pace);
  if (self->connection != NULL)
    wc_connection_close (self->connection);
  g_clear_object (&self->connection);
}

/* Nothing is tried any more. */
static void
go_offline (WcClient *self, const GError *error)
{
  GError *closed;

  self->open_when_loaded = FALSE;
  wc_client_drop_connection (self);
  wc_client_stop_waiting (self);
  wc_client_unwatch_network (self);
  wc_client_flush_arriving (self);
  g_object_freeze_notify (G_OBJECT (self));
  wc_client_set_error (self, error);
  wc_client_set_state (self, WC_STATE_OFFLINE);
  g_object_thaw_notify (G_OBJECT (self));

  closed = g_error_new_literal (WC_ERROR, WC_ERROR_CLOSED, _("You are not logged in."));
  wc_history_fail_all (self->history, closed);
  wc_search_queue_fail_all (self->searches, closed);
  g_error_free (closed);
  wc_client_foreach (self, wc_conversation_logged_out);
}

/* DECLINED and the like stay true however often one asks. */
static gboolean
is_final (const GError *error)
{
  if (error->domain != WC_ERROR)
    return FALSE;

  switch (error->code)
    {
    case WC_ERROR_DECLINED:
    case WC_ERROR_REPLACED:
    case WC_ERROR_PASSWORD_NEEDED:
    case WC_ERROR_WRONG_PASSWORD:
    case WC_ERROR_CERTIFICATE_UNKNOWN:
    case WC_ERROR_CERTIFICATE_CHANGED:
    case WC_ERROR_INVITATION:
    case WC_ERROR_IMPOSTOR:
      return TRUE;
    default:
      return FALSE;
    }
}

static void
take_failure (WcClient *self, const GError *failure)
{
  g_autoptr (WcClient) keep = g_object_ref (self);
  g_autoptr (GError) cause = wc_client_auth_failed (self, failure);
  g_autoptr (GError) error = NULL;

  if (cause == NULL)
    {
      wc_client_drop_connection (self);
      wc_client_open (self);
      return;
    }
  error = wc_client_refine_error (self, cause);

  /* With something to show, trouble with the network is no reason to show nothing; but whoever comes by an invitation wants to know whether it worked. */
  if (is_final (error) || (self->login_task != NULL && (!self->ready || self->auth.invitation != NULL)))
    {
      go_offline (self, error);
      if (self->login_task != NULL)
        {
          wc_client_set_ready (self, FALSE);
          end_login (self, g_error_copy (error));
        }
    }
  else
    {
      wc_client_wait (self, error);
      if (self->login_task != NULL && self->state == WC_STATE_WAITING)
        end_login (self, NULL);
    }
}

void
wc_client_fail (WcClient *self, WcError code, const char *message)
{
  g_autoptr (GError) error = g_error_new_literal (WC_ERROR, code, message);

  take_failure (self, error);
}

void
wc_client_connection_closed (WcClient *self, const GError *error)
{
  take_failure (self, error);
}

static gboolean
login_timeout_cb (gpointer user_data)
{
  WcClient *self = user_data;
  gboolean no_answer = self->connection == NULL || self->ready; /* it was a WebChat server before, and is stuck now */
  g_autofree char *message = NULL;

  self->login_source = 0;
  if (no_answer)
    message = g_strdup_printf (_("%s does not answer. Is the address right, and the computer on?"), self->server);
  else
    message = g_strdup_printf (_("Something answers at %s, but not as a WebChat server does."), self->server);
  wc_client_fail (self, no_answer ? WC_ERROR_NO_ANSWER : WC_ERROR_NOT_WEBCHAT, message);

  return G_SOURCE_REMOVE;
}

void
wc_client_limit_login (WcClient *self, guint ms)
{
  g_clear_handle_id (&self->login_source, g_source_remove);
  self->login_source = g_timeout_add (ms, login_timeout_cb, self);
}

static void
say_hello (WcClient *self)
{
  WireMessage hello = { .verb = WIRE_HELLO };

  hello.word[0] = WIRE_SPAN (self->client_id);
  hello.word[1] = WIRE_SPAN ("2");
  wc_client_set_base (self, FALSE);
  self->n_bad_lines = 0;
  wc_client_send (self, &hello);
}

static void
opened_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GWeakRef *ref = user_data;
  g_autoptr (WcClient) self = g_weak_ref_get (ref);
  g_autoptr (GError) error = NULL;
  g_autofree char *fingerprint = NULL;
  g_autoptr (WcConnection) connection = wc_connection_open_finish (result, &fingerprint, &error);

  g_weak_ref_clear (ref);
  g_free (ref);

  /* Given up: the client may be gone, or be connecting anew. */
  if (self == NULL || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  g_clear_object (&self->connecting);
  if (connection == NULL)
    {
      g_free (self->trust.fingerprint);
      self->trust.fingerprint = g_steal_pointer (&fingerprint);
      take_failure (self, error);
      return;
    }

  self->connection = g_steal_pointer (&connection);
  wc_client_set_encrypted (self, wc_connection_get_is_tls (self->connection));
  wc_connection_start (self->connection, &wc_client_events, self);
  say_hello (self);
  wc_client_set_state (self, WC_STATE_AUTHENTICATING);
}

static void
connect_now (WcClient *self)
{
  GWeakRef *ref = g_new0 (GWeakRef, 1);
  WcEndpoint endpoint = { .host = self->host, .port = self->port, .tls = self->tls };

  if (self->tls)
    endpoint.pin = wc_pins_lookup (self->trust.pins, self->host, self->port);
  if (endpoint.pin == NULL && self->auth.invitation != NULL)
    {
      endpoint.pin = self->auth.invitation->fingerprint;
      endpoint.is_invitation = TRUE;
    }
  endpoint.database = self->trust.database;
  endpoint.handshake_ms = self->timing.handshake;

  g_weak_ref_init (ref, self);
  wc_client_limit_login (self, self->timing.login);
  wc_connection_open_async (&endpoint, self->connecting, opened_cb, ref);
}

void
wc_client_open (WcClient *self)
{
  g_assert (self->connection == NULL && self->connecting == NULL);

  self->connecting = g_cancellable_new ();
  self->network.hurried = FALSE;
  if (!wc_client_prepare_trust (self, self->connecting, connect_now))
    connect_now (self);
  wc_client_set_state (self, WC_STATE_CONNECTING);
}

void
wc_client_logged_in (WcClient *self, gboolean base)
{
  g_autoptr (WcClient) keep = g_object_ref (self);
  WcConnection *connection = self->connection;

  stop_login_timers (self);
  wc_client_set_base (self, base);
  if (!base)
    wc_connection_expect_whole_lines (connection);
  self->online_since = g_get_monotonic_time ();
  wc_client_start_keep_alive (self);
  wc_client_set_error (self, NULL);
  wc_client_set_state (self, WC_STATE_ONLINE);

  /* A handler of these notifications may have logged out. */
  if (self->connection != connection || self->state != WC_STATE_ONLINE)
    return;

  /* First what may have been stored already, so that its SENT comes before the history that has it. */
  wc_client_foreach (self, wc_outbox_resend);
  wc_client_begin_listing (self);
  wc_client_foreach (self, wc_conversation_came_online);
  wc_history_pump (self->history);

  if (self->login_task != NULL)
    end_login (self, NULL);
}

static gboolean
login_cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  WcClient *self = user_data;
  g_autoptr (WcClient) keep = g_object_ref (self);

  self->login_cancel_source = 0;
  go_offline (self, NULL);
  if (self->login_task != NULL)
    end_login (self, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Cancelled")));

  return G_SOURCE_REMOVE;
}

void
wc_client_login_async (WcClient *self, const char *server, const char *client_id, GCancellable *cancellable, GAsyncReadyCallback callback,
                       gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autofree char *trimmed = g_strstrip (g_strdup (server));
  g_autofree char *host = NULL;
  GError *error = NULL;
  gboolean tls;
  guint16 port;

  g_return_if_fail (WC_IS_CLIENT (self));

  g_task_set_source_tag (task, wc_client_login_async);
  if (g_task_return_error_if_cancelled (task))
    return;
  if (!wc_address_parse (trimmed, &host, &port, &tls, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  if (!client_id_is_valid (client_id, strlen (client_id)))
    {
      g_task_return_new_error (task, WC_ERROR, WC_ERROR_BAD_ID,
                               _("“%s” is not a Client-ID. It has 1 to 64 letters, digits, dots, hyphens and underscores, and begins with a letter or digit."),
                               client_id);
      return;
    }

  wc_client_logout (self);
  wc_client_set_identity (self, trimmed, client_id);
  g_free (self->host);
  self->host = g_steal_pointer (&host);
  self->port = port;
  self->tls = tls;
  wc_client_take_invitation (self);
  wc_client_begin_trust (self);
  wc_client_set_encrypted (self, FALSE);
  self->attempt = 0;
  self->n_quick_ends = 0;
  self->login_task = g_steal_pointer (&task);
  if (cancellable != NULL)
    {
      g_autoptr (GSource) source = g_cancellable_source_new (cancellable);

      g_source_set_callback (source, G_SOURCE_FUNC (login_cancelled_cb), self, NULL);
      self->login_cancel_source = g_source_attach (source, g_main_context_get_thread_default ());
    }
  wc_client_set_error (self, NULL);
  wc_client_watch_network (self);
  wc_client_open_with_cache (self);
}

gboolean
wc_client_login_finish (WcClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

void
wc_client_logout (WcClient *self)
{
  g_return_if_fail (WC_IS_CLIENT (self));

  if (self->state == WC_STATE_OFFLINE && self->login_task == NULL)
    return;

  if (self->connection != NULL)
    {
      wc_client_foreach (self, wc_marks_flush);
      if (self->state == WC_STATE_ONLINE && !self->base)
        wc_client_send_verb (self, WIRE_QUIT, NULL);
      wc_connection_finish (self->connection);
      g_clear_object (&self->connection);
    }
  go_offline (self, NULL);
  wc_client_logged_out_trust (self);
  if (self->login_task != NULL)
    end_login (self, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Cancelled")));
}
