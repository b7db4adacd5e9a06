/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is asked for after a login: who is there, and which conversations have something new. */
#include "client/client-private.h"

#define WANT_SINCE "since"
#define WANT_MARKS "marks"

static void
ask_for_conversations (WcClient *self)
{
  WireMessage message = { .verb = WIRE_CONVERSATIONS };

  message.tags.set = WIRE_TAG_WANT;
  message.tags.want = WIRE_SPAN (WANT_MARKS);
  self->listing = WC_LISTING_ASKED;
  self->listing_id = wc_client_send_tracked (self, &message);
}

void
wc_client_begin_listing (WcClient *self)
{
  WireMessage message = { .verb = WIRE_CLIENTS };

  if (self->base)
    {
      self->listing = WC_LISTING_NONE;
      return;
    }

  message.tags.set = WIRE_TAG_WANT;
  message.tags.want = WIRE_SPAN (WANT_SINCE);
  wc_client_send (self, &message);
  ask_for_conversations (self);
}

void
wc_client_list_conversations (WcClient *self)
{
  if (self->state == WC_STATE_ONLINE && self->listing == WC_LISTING_KNOWN)
    ask_for_conversations (self);
}

void
wc_client_stop_listing (WcClient *self)
{
  g_clear_handle_id (&self->listing_source, g_source_remove);
  self->listing = WC_LISTING_UNKNOWN;
  self->listing_id = 0;
}

gboolean
wc_client_take_conversation (WcClient *self, const WireMessage *message)
{
  const WireTags *tags = &message->tags;
  g_autofree char *peer = wire_span_dup (message->word[0]);
  WcConversation *conversation;

  if ((tags->set & WIRE_TAG_LAST) == 0)
    return FALSE;
  conversation = g_str_equal (peer, self->client_id) ? NULL : wc_client_meet (self, peer, TRUE);
  if (conversation == NULL)
    return TRUE;

  conversation->listed_marks = (WcMarks) {
    .read = (tags->set & WIRE_TAG_READ) != 0 ? tags->read : 0,
    .delivered = (tags->set & WIRE_TAG_DELIVERED) != 0 ? tags->delivered : 0,
    .peer_read = (tags->set & WIRE_TAG_PEERREAD) != 0 ? tags->peerread : 0,
  };
  wc_sync_listed (conversation, tags->last, (tags->set & WIRE_TAG_TIME) != 0 ? tags->time : 0);

  return TRUE;
}

/* The server says nothing of those who are not on its list of people any more. What is held of such a conversation may be all that is left. */
static gboolean
is_off_the_list (WcConversation *conversation)
{
  return conversation->held > 0 && conversation->presence == WC_PRESENCE_UNKNOWN;
}

static void
not_listed (WcConversation *conversation)
{
  if (!conversation->listed && !is_off_the_list (conversation))
    wc_sync_listed (conversation, 0, 0);
}

/* Everybody else who was not mentioned has no messages. */
gboolean
wc_client_take_conversations_end (WcClient *self, const WireMessage *message)
{
  if (self->listing != WC_LISTING_ASKED)
    return FALSE;

  self->listing = WC_LISTING_KNOWN;
  self->listing_id = 0;
  wc_client_flush_arriving (self);
  wc_client_foreach (self, not_listed);
  self->returning = TRUE;

  return TRUE;
}

static gboolean
ask_again_cb (gpointer user_data)
{
  WcClient *self = user_data;

  self->listing_source = 0;
  ask_for_conversations (self);

  return G_SOURCE_REMOVE;
}

gboolean
wc_client_listing_failed (WcClient *self, guint64 id, gboolean try_again)
{
  if (self->listing_id == 0 || self->listing_id != id)
    return FALSE;

  self->listing_id = 0;
  if (try_again)
    {
      self->listing_source = g_timeout_add (self->timing.pause, ask_again_cb, self);
    }
  else
    {
      /* An older server: it is asked about each person. */
      self->listing = WC_LISTING_NONE;
      wc_client_flush_arriving (self);
      wc_client_foreach (self, wc_sync_check);
    }

  return TRUE;
}
