/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How fast messages are sent, over all conversations of a connection. No more than a window of them are on their way at once. When the server says
 * that it was too much (ERROR rate-limited), it refuses every message that follows, too, for as long as it says. So nothing is sent until that time has
 * passed and every message that is on its way has been answered; then what was refused goes out again, in the order in which it was typed. */
#include "client/client-private.h"

#define WINDOW_MAX 50
#define WINDOW_MIN 5
#define WINDOW_GROWS_AFTER 10 /* messages that were stored */

void
wc_pace_init (WcPace *self)
{
  self->in_flight = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->window = WINDOW_MAX;
}

void
wc_pace_reset (WcPace *self)
{
  WcConversation *conversation;

  while ((conversation = g_queue_pop_head (&self->stalled)) != NULL)
    conversation->stalled = FALSE;
  g_hash_table_remove_all (self->in_flight);
  g_clear_handle_id (&self->source, g_source_remove);
  self->held = FALSE;
  self->window = WINDOW_MAX;
  self->n_stored = 0;
}

void
wc_pace_clear (WcPace *self)
{
  g_assert (g_queue_is_empty (&self->stalled) && self->source == 0);
  g_hash_table_unref (self->in_flight);
}

static gboolean
may_send (WcPace *self)
{
  return !self->held && g_hash_table_size (self->in_flight) < self->window;
}

gboolean
wc_pace_take (WcPace *self, WcConversation *conversation, const char *nonce)
{
  if (may_send (self))
    {
      g_hash_table_insert (self->in_flight, g_strdup (nonce), conversation);
      return TRUE;
    }

  if (!conversation->stalled)
    g_queue_push_tail (&self->stalled, conversation);
  conversation->stalled = TRUE;

  return FALSE;
}

WcConversation *
wc_pace_lookup (WcPace *self, const char *nonce)
{
  return g_hash_table_lookup (self->in_flight, nonce);
}

static void
release_if_over (WcPace *self)
{
  if (self->source == 0 && g_hash_table_size (self->in_flight) == 0)
    self->held = FALSE;
}

void
wc_pace_answered (WcPace *self, const char *nonce, gboolean stored)
{
  if (!g_hash_table_remove (self->in_flight, nonce))
    return;

  release_if_over (self);
  if (stored && ++self->n_stored >= WINDOW_GROWS_AFTER)
    {
      self->n_stored = 0;
      self->window = MIN (self->window + 1, WINDOW_MAX);
    }
}

void
wc_pace_forget (WcPace *self, WcConversation *conversation)
{
  if (conversation->stalled)
    g_queue_remove (&self->stalled, conversation);
  conversation->stalled = FALSE;
}

void
wc_pace_pump (WcClient *client)
{
  WcPace *self = &client->pace;
  guint n = self->stalled.length; /* who has more to send than there is room for is there again */

  for (; n > 0 && may_send (self) && !g_queue_is_empty (&self->stalled); n--)
    {
      WcConversation *conversation = g_queue_pop_head (&self->stalled);

      conversation->stalled = FALSE;
      wc_outbox_flush (conversation);
    }
}

static gboolean
go_on_cb (gpointer user_data)
{
  WcClient *client = user_data;

  client->pace.source = 0;
  release_if_over (&client->pace);
  wc_pace_pump (client);

  return G_SOURCE_REMOVE;
}

void
wc_pace_hold (WcClient *client, guint ms)
{
  WcPace *self = &client->pace;

  if (!self->held)
    self->window = MAX (self->window / 2, WINDOW_MIN);
  self->held = TRUE;
  self->n_stored = 0;

  /* The newest answer knows best. */
  g_clear_handle_id (&self->source, g_source_remove);
  self->source = g_timeout_add (ms, go_on_cb, client);
}
