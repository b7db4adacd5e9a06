/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The connection was lost: waiting, and coming back. And keep-alive, which finds out that it was. */
#include "client/client-private.h"

#include <glib/gi18n.h>

/* Online for so long: the next loss begins with a short wait again. */
#define SETTLED_US (10 * G_USEC_PER_SEC)

/* A base server that hangs up so soon after login, and again: somebody else took the ID over. */
#define QUICK_END_US (5 * G_USEC_PER_SEC)
#define QUICK_ENDS_MAX 3

static gboolean
retry_cb (gpointer user_data)
{
  WcClient *self = user_data;

  self->retry_source = 0;
  wc_client_set_retry_time (self, 0);
  wc_client_check_sleep (self);
  wc_client_open (self);

  return G_SOURCE_REMOVE;
}

/* Doubled each time, and anything between half of that and all of it: clients do not come back as one crowd. */
static guint
back_off (WcClient *self)
{
  guint64 limit = MIN ((guint64) self->timing.retry_min << MIN (self->attempt, 16), self->timing.retry_max);

  self->attempt++;

  return limit / 2 + (limit > 1 ? g_random_int_range (0, limit / 2 + 1) : 0);
}

/* Whether this end looks as if the ID were in use elsewhere. On base the server just hangs up then. */
static gboolean
was_replaced (WcClient *self, const GError *error, gint64 online_for)
{
  if (!self->base || online_for == 0 || !g_error_matches (error, WC_ERROR, WC_ERROR_CLOSED))
    return FALSE;

  self->n_quick_ends = online_for < QUICK_END_US ? self->n_quick_ends + 1 : 0;

  return self->n_quick_ends >= QUICK_ENDS_MAX;
}

void
wc_client_wait (WcClient *self, const GError *error)
{
  g_autoptr (GError) cause = g_error_copy (error);
  gint64 online_for = self->state == WC_STATE_ONLINE ? g_get_monotonic_time () - self->online_since : 0;
  guint delay;

  if (was_replaced (self, error, online_for))
    {
      wc_client_fail (self, WC_ERROR_REPLACED, _("Somebody has logged in elsewhere with your Client-ID."));
      return;
    }

  if (online_for >= SETTLED_US)
    self->attempt = 0;
  delay = back_off (self);
  if (g_error_matches (error, WC_ERROR, WC_ERROR_RATE_LIMITED))
    delay = MAX (delay, self->trust.wait);
  wc_client_drop_connection (self);
  wc_client_flush_arriving (self);
  self->base_asked = NULL;
  self->base_open = NULL;
  wc_history_connection_lost (self->history);
  self->retry_source = g_timeout_add (delay, retry_cb, self);

  g_object_freeze_notify (G_OBJECT (self));
  wc_client_set_error (self, cause);
  wc_client_set_retry_time (self, g_get_monotonic_time () + delay * (gint64) 1000);
  wc_client_set_state (self, WC_STATE_WAITING);
  g_object_thaw_notify (G_OBJECT (self));
  wc_client_foreach (self, wc_conversation_went_away);

  /* Nobody waits for these: what is kept here has been searched already. */
  wc_search_queue_fail_all (self->searches, cause);
}

void
wc_client_stop_waiting (WcClient *self)
{
  g_clear_handle_id (&self->retry_source, g_source_remove);
  wc_client_set_retry_time (self, 0);
}

void
wc_client_retry_now (WcClient *self)
{
  g_return_if_fail (WC_IS_CLIENT (self));

  if (self->state != WC_STATE_WAITING || self->retry_source == 0)
    return;

  wc_client_stop_waiting (self);
  wc_client_open (self);
}

void
wc_client_hurry (WcClient *self)
{
  if (self->network.hurried || self->timing.probe == 0 || self->timing.probe >= self->timing.login || self->login_source == 0
      || (self->login_task != NULL && !self->ready))
    return;

  /* Once only: a network that changes all the time must not keep it from ever coming to an end, nor give it no time at all. */
  self->network.hurried = TRUE;
  wc_client_limit_login (self, self->timing.probe);
}

static gboolean keep_alive_cb (gpointer user_data);

static void
look_in (WcClient *self, gint64 ms)
{
  self->keep_alive_source = g_timeout_add (CLAMP (ms, 1, self->timing.ping_after), keep_alive_cb, self);
}

/* Looks when there may be something to see: it does not wake the machine more often than that. */
static gboolean
keep_alive_cb (gpointer user_data)
{
  WcClient *self = user_data;
  g_autoptr (WcClient) keep = g_object_ref (self);
  gint64 now = g_get_monotonic_time ();
  gint64 silence = (now - wc_connection_get_last_heard (self->connection)) / 1000;
  gint64 owed_since = wc_history_get_waiting_since (self->history);
  gint64 owed = owed_since != 0 ? (now - owed_since) / 1000 : 0;

  self->keep_alive_source = 0;
  wc_client_check_sleep (self);
  if (self->base)
    {
      /* It knows no PING: the kernel's probes must do. */
      look_in (self, self->timing.ping_after);
      return G_SOURCE_REMOVE;
    }
  if (MAX (silence, owed) >= self->timing.dead_after)
    {
      wc_client_fail (self, WC_ERROR_NO_ANSWER, _("The server does not answer any more. It is tried again."));
      return G_SOURCE_REMOVE;
    }

  if (silence >= self->timing.ping_after)
    wc_client_send_verb (self, WIRE_PING, "alive");
  look_in (self, MIN (self->timing.dead_after - MAX (silence, owed), silence < self->timing.ping_after ? self->timing.ping_after - silence : G_MAXINT));

  return G_SOURCE_REMOVE;
}

void
wc_client_start_keep_alive (WcClient *self)
{
  if (self->timing.ping_after > 0)
    look_in (self, self->timing.ping_after);
}
