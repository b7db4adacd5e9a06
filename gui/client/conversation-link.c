/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the coming and going of the connection means for a conversation. */
#include "client/client-private.h"
#include "client/log-private.h"

static void
link_is_down (WcConversation *self)
{
  self->ask_id = 0;
  self->unwanted = FALSE;
  g_clear_handle_id (&self->again_source, g_source_remove);
  wc_sync_stop (self);
  wc_marks_stop (self);
  wc_typing_stop (self);
  wc_outbox_connection_lost (self);
  wc_conversation_set_presence (self, WC_PRESENCE_UNKNOWN);
}

static void
end_as_lost (WcConversation *self)
{
  wc_conversation_set_chat (self, WC_CHAT_NONE);
  wc_conversation_add_event (self, WC_EVENT_LOST);
}

void
wc_conversation_went_away (WcConversation *self)
{
  link_is_down (self);
  wc_pages_connection_lost (self);
  if (self->chat == WC_CHAT_OPEN)
    end_as_lost (self);
}

void
wc_conversation_logged_out (WcConversation *self)
{
  link_is_down (self);
  if (self->chat == WC_CHAT_OPEN)
    end_as_lost (self);
  wc_keep_draft_now (self);
  self->asked_by_user = FALSE;
  wc_conversation_set_chat (self, WC_CHAT_NONE);
}

/* A chat that was asked for is asked for again; one that is needed for a message too. */
void
wc_conversation_came_online (WcConversation *self)
{
  if (self->chat == WC_CHAT_ASKED)
    {
      wc_conversation_set_chat (self, WC_CHAT_NONE);
      wc_conversation_ask (self);
    }
  wc_outbox_flush (self);
  wc_sync_came_online (self);
  for (guint i = 0; i < self->logs->len; i++)
    wc_log_came_online (self->logs->pdata[i]);
}

static gboolean
again_cb (gpointer user_data)
{
  WcConversation *self = user_data;

  self->again_source = 0;
  if (self->chat == WC_CHAT_ASKED && self->ask_id == 0)
    {
      wc_conversation_set_chat (self, WC_CHAT_NONE);
      wc_conversation_ask (self);
    }
  wc_outbox_flush (self);
  wc_marks_retry (self);

  return G_SOURCE_REMOVE;
}

void
wc_conversation_try_again_later (WcConversation *self)
{
  if (self->again_source == 0)
    self->again_source = g_timeout_add (self->client->timing.pause, again_cb, self);
}
