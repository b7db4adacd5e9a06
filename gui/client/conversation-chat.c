/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A chat's life: asked for, open, ended, timed out. */
#include "client/client-private.h"

#include <glib/gi18n.h>

#include "client/log-private.h"

void
wc_conversation_add_event (WcConversation *self, WcEvent event)
{
  g_autoptr (WcEntry) entry = wc_entry_new_event (event, g_get_real_time () / 1000);

  self->last_event = event;
  wc_log_add (self->log, entry);
}

/* Base answers do not say whom they are about, so there is one question at a time. */
static void
transmit_ask (WcConversation *self)
{
  WireMessage message = { .verb = WIRE_CHAT_REQUEST };

  if (self->client == NULL || self->client->state != WC_STATE_ONLINE || self->ask_id != 0)
    return;
  if (self->client->base)
    {
      if (self->client->base_asked != NULL)
        return;
      self->client->base_asked = self;
    }

  message.word[0] = WIRE_SPAN (self->peer);
  self->ask_id = wc_client_send_tracked (self->client, &message);
}

static void
ask_if_wanted (WcConversation *self)
{
  if (self->chat == WC_CHAT_ASKED)
    transmit_ask (self);
}

/* The answer came. Returns whether it is still wanted. */
static gboolean
ask_is_over (WcConversation *self)
{
  gboolean unwanted = self->unwanted;

  self->ask_id = 0;
  self->unwanted = FALSE;
  if (self->client->base_asked == self)
    self->client->base_asked = NULL;

  return !unwanted;
}

static void
ask_next (WcClient *client)
{
  if (client->base && client->base_asked == NULL)
    wc_client_foreach (client, ask_if_wanted);
}

void
wc_conversation_ask (WcConversation *self)
{
  if (self->chat != WC_CHAT_NONE || self->client == NULL || self->client->state == WC_STATE_OFFLINE)
    return;

  self->unwanted = FALSE;
  wc_conversation_set_chat (self, WC_CHAT_ASKED);
  transmit_ask (self);
}

void
wc_conversation_request_chat (WcConversation *self)
{
  g_return_if_fail (WC_IS_CONVERSATION (self));

  if (self->chat == WC_CHAT_OPEN || self->client == NULL || self->client->state == WC_STATE_OFFLINE)
    return;

  self->asked_by_user = TRUE;
  wc_conversation_ask (self);
}

void
wc_conversation_chat_started (WcConversation *self)
{
  WcClient *client = self->client;
  gboolean asked = self->ask_id != 0;
  gboolean wanted = ask_is_over (self);

  if (!wanted)
    {
      wc_client_send_verb (client, WIRE_END_REQUEST, self->peer);
      ask_next (client);
      return;
    }
  if (client->base)
    {
      if (client->base_open != NULL && client->base_open != self)
        wc_conversation_chat_ended (client->base_open);
      client->base_open = self;
    }
  if (self->chat == WC_CHAT_OPEN)
    return; /* it was open, as the server says to who asks again */

  self->asked_by_user = FALSE;
  self->send_anyway = FALSE;
  wc_conversation_set_chat (self, WC_CHAT_OPEN);
  wc_conversation_add_event (self, WC_EVENT_STARTED);
  wc_outbox_flush (self);
  ask_next (client);
  wc_client_emit_started (client, self, !asked);
}

static const char *
explain (WcEvent why)
{
  switch ((int) why)
    {
    case WC_EVENT_UNKNOWN:
      return _("The server does not know this person.");
    case WC_EVENT_SELF:
      return _("One cannot chat with oneself.");
    default:
      return _("The person cannot be reached.");
    }
}

void
wc_conversation_unreachable (WcConversation *self, WcEvent why)
{
  gboolean for_message = !self->asked_by_user;
  gboolean wanted = ask_is_over (self);

  if (!wanted || self->chat == WC_CHAT_OPEN)
    {
      ask_next (self->client);
      return;
    }

  self->asked_by_user = FALSE;
  wc_conversation_set_chat (self, WC_CHAT_NONE);
  if (!for_message || self->last_event != why)
    wc_conversation_add_event (self, why);

  if (self->client->base || why == WC_EVENT_UNKNOWN || why == WC_EVENT_SELF)
    {
      wc_outbox_fail_all (self, explain (why));
    }
  else
    {
      self->send_anyway = !g_queue_is_empty (&self->outbox);
      wc_outbox_flush (self);
    }
  ask_next (self->client);
}

gboolean
wc_conversation_ask_failed (WcConversation *self, guint64 id, gboolean try_again)
{
  if (self->ask_id == 0 || self->ask_id != id)
    return FALSE;

  if (try_again && self->chat == WC_CHAT_ASKED)
    {
      self->ask_id = 0;
      wc_conversation_try_again_later (self);
    }
  else
    {
      wc_conversation_unreachable (self, WC_EVENT_UNREACHABLE);
    }

  return TRUE;
}

static void
end_with (WcConversation *self, WcEvent event)
{
  if (self->client != NULL && self->client->base_open == self)
    self->client->base_open = NULL;
  wc_conversation_set_chat (self, WC_CHAT_NONE);
  wc_conversation_add_event (self, event);
}

/* An END_NOTIF with no chat open is the answer to this side's own END_REQUEST or TIMEOUT. */
void
wc_conversation_chat_ended (WcConversation *self)
{
  if (self->chat != WC_CHAT_OPEN)
    return;

  end_with (self, WC_EVENT_ENDED_BY_PEER);
  wc_outbox_flush (self);
}

void
wc_conversation_end_chat (WcConversation *self)
{
  g_return_if_fail (WC_IS_CONVERSATION (self));

  if (self->client == NULL || self->chat == WC_CHAT_NONE)
    return;

  if (self->chat == WC_CHAT_OPEN)
    {
      wc_client_send_verb (self->client, WIRE_END_REQUEST, self->peer);
      end_with (self, WC_EVENT_ENDED_BY_ME);
      return;
    }

  self->unwanted = self->ask_id != 0;
  self->asked_by_user = FALSE;
  wc_conversation_set_chat (self, WC_CHAT_NONE);
  if (self->client->base)
    {
      wc_outbox_fail_all (self, _("The chat was given up."));
    }
  else
    {
      self->send_anyway = !g_queue_is_empty (&self->outbox);
      wc_outbox_flush (self);
    }
}

static gboolean idle_cb (gpointer user_data);

static void
arm_idle (WcConversation *self)
{
  gint64 left = (self->idle_deadline - g_get_monotonic_time ()) / 1000 + 1;

  self->idle_source = g_timeout_add (CLAMP (left, 1, G_MAXINT), idle_cb, self);
}

static gboolean
idle_cb (gpointer user_data)
{
  WcConversation *self = user_data;
  g_autoptr (WcConversation) keep = g_object_ref (self);

  self->idle_source = 0;
  if (g_get_monotonic_time () < self->idle_deadline)
    {
      arm_idle (self);
      return G_SOURCE_REMOVE;
    }

  wc_client_send_verb (self->client, WIRE_TIMEOUT, self->peer);
  end_with (self, WC_EVENT_TIMED_OUT);

  return G_SOURCE_REMOVE;
}

void
wc_conversation_touch (WcConversation *self)
{
  gboolean counts = self->chat == WC_CHAT_OPEN && self->client != NULL && self->client->idle_minutes > 0;
  gint64 deadline = 0;

  if (counts)
    deadline = g_get_monotonic_time () + self->client->idle_minutes * (gint64) self->client->timing.minute * 1000;

  /* A later deadline leaves the timer alone: it looks again when it fires. */
  if (!counts || deadline < self->idle_deadline)
    g_clear_handle_id (&self->idle_source, g_source_remove);
  wc_conversation_set_idle_deadline (self, deadline);
  if (counts && self->idle_source == 0)
    arm_idle (self);
}

void
wc_conversation_keep_open (WcConversation *self)
{
  g_return_if_fail (WC_IS_CONVERSATION (self));

  wc_conversation_touch (self);
}
