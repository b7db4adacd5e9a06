/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who types, and who is there. */
#include "client/client-private.h"

void
wc_conversation_type (WcConversation *self)
{
  gint64 now = g_get_monotonic_time ();

  g_return_if_fail (WC_IS_CONVERSATION (self));

  /* A server that does not list conversations does not know TYPING either. */
  if (self->client == NULL || self->client->state != WC_STATE_ONLINE || self->client->listing != WC_LISTING_KNOWN
      || self->presence != WC_PRESENCE_ONLINE || now < self->may_type_at)
    return;

  self->may_type_at = now + self->client->timing.typing_pause * (gint64) 1000;
  wc_client_send_verb (self->client, WIRE_TYPING, self->peer);
}

static gboolean
stopped_cb (gpointer user_data)
{
  WcConversation *self = user_data;

  self->typing_source = 0;
  wc_conversation_set_typing (self, FALSE);

  return G_SOURCE_REMOVE;
}

void
wc_typing_seen (WcConversation *self)
{
  g_clear_handle_id (&self->typing_source, g_source_remove);
  self->typing_source = g_timeout_add (self->client->timing.typing_lasts, stopped_cb, self);
  wc_conversation_set_typing (self, TRUE);
}

void
wc_typing_ended (WcConversation *self)
{
  g_clear_handle_id (&self->typing_source, g_source_remove);
  wc_conversation_set_typing (self, FALSE);
}

void
wc_typing_stop (WcConversation *self)
{
  wc_typing_ended (self);
  self->may_type_at = 0;
}

void
wc_conversation_is_there (WcConversation *self, gboolean there, gint64 since)
{
  g_object_freeze_notify (G_OBJECT (self));
  if (!there)
    wc_typing_ended (self);
  if (there)
    wc_conversation_set_last_seen (self, 0);
  else if (since != 0 && since != self->last_seen)
    {
      wc_conversation_set_last_seen (self, since);
      wc_keep_last_seen (self);
    }
  wc_conversation_set_presence (self, there ? WC_PRESENCE_ONLINE : WC_PRESENCE_OFFLINE);
  g_object_thaw_notify (G_OBJECT (self));
}
