/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far each side has got: "read" is this person's mark, on whichever device; "delivered" and "peer_read" are the other side's. None of them
 * goes back. What is unread are the other side's messages above "read", so that all devices count the same. */
#include "client/client-private.h"
#include "client/entry-private.h"
#include "client/log-private.h"

/* --- What the other side has got --- */

static WcDelivery
delivery_of (WcConversation *self, guint64 seq)
{
  if (seq <= self->peer_read)
    return WC_DELIVERY_READ;

  return seq <= self->delivered ? WC_DELIVERY_DELIVERED : WC_DELIVERY_STORED;
}

void
wc_marks_decorate (WcConversation *self, WcEntry *entry)
{
  WcDelivery now = wc_entry_get_delivery (entry);
  guint64 seq = wc_entry_get_seq (entry);

  if (seq != 0 && (now == WC_DELIVERY_STORED || now == WC_DELIVERY_DELIVERED) && delivery_of (self, seq) > now)
    wc_entry_set_delivery (entry, delivery_of (self, seq), NULL);
}

/* All from the newest back to the first that the marks said before already. The tail is in no order, but short. */
static void
decorate_log (WcConversation *self, WcLog *log, guint64 above)
{
  guint end = log->items->len - log->n_tail;

  for (guint i = log->items->len; i > 0; i--)
    {
      WcEntry *entry = log->items->pdata[i - 1];
      guint64 seq = wc_entry_get_seq (entry);

      if (i <= end && seq != 0 && seq <= above)
        return;
      wc_marks_decorate (self, entry);
    }
}

void
wc_marks_raise_peer (WcConversation *self, guint64 delivered, guint64 peer_read)
{
  guint64 above = G_MAXUINT64;

  delivered = MAX (delivered, peer_read); /* what was read was delivered */
  if (delivered > self->delivered)
    above = self->delivered;
  if (peer_read > self->peer_read)
    above = MIN (above, self->peer_read);
  if (above == G_MAXUINT64)
    return;

  self->delivered = MAX (self->delivered, delivered);
  self->peer_read = MAX (self->peer_read, peer_read);
  for (guint i = 0; i < self->logs->len; i++)
    decorate_log (self, self->logs->pdata[i], above);
  if (self->last != NULL)
    wc_marks_decorate (self, self->last);
  wc_keep_marks (self);
}

/* --- What is unread --- */

static void
set_unread (WcConversation *self, guint64 read)
{
  guint n = 0;

  while (n < self->unread_seqs->len && g_array_index (self->unread_seqs, guint64, n) <= read)
    n++;
  g_array_remove_range (self->unread_seqs, 0, n);

  g_object_freeze_notify (G_OBJECT (self));
  wc_conversation_set_read (self, read);
  wc_conversation_set_unread (self, self->unread_seqs->len + self->n_unnumbered);
  g_object_thaw_notify (G_OBJECT (self));
  wc_keep_marks (self);
}

void
wc_marks_add_unread (WcConversation *self, guint64 seq)
{
  guint at = self->unread_seqs->len;

  if (seq == 0)
    {
      self->n_unnumbered++;
    }
  else
    {
      while (at > 0 && g_array_index (self->unread_seqs, guint64, at - 1) > seq)
        at--;
      if (seq <= self->read || (at > 0 && g_array_index (self->unread_seqs, guint64, at - 1) == seq))
        return;
      g_array_insert_val (self->unread_seqs, at, seq);
    }

  wc_conversation_set_unread (self, self->unread_seqs->len + self->n_unnumbered);
}

void
wc_conversation_add_unread (WcConversation *self)
{
  wc_marks_add_unread (self, 0);
}

void
wc_marks_raise_read (WcConversation *self, guint64 read)
{
  if (read > self->read)
    set_unread (self, read);
}

/* --- Telling what was read: about once a second, for each message that scrolls by is not worth a line --- */

static gboolean tell_again_cb (gpointer user_data);

static void
tell (WcConversation *self)
{
  WireMessage message = { .verb = WIRE_READ };
  char seq[24];

  if (self->client == NULL || self->client->state != WC_STATE_ONLINE || !self->listed || self->read <= self->read_told)
    return;

  g_snprintf (seq, sizeof seq, "%" G_GUINT64_FORMAT, self->read);
  message.word[0] = WIRE_SPAN (self->peer);
  message.word[1] = WIRE_SPAN (seq);
  self->read_id = wc_client_send_tracked (self->client, &message);
  self->read_told = self->read;
}

static void
tell_soon (WcConversation *self)
{
  if (self->read_source != 0)
    return;

  tell (self);
  if (self->client != NULL && self->client->state == WC_STATE_ONLINE)
    self->read_source = g_timeout_add (self->client->timing.read_pause, tell_again_cb, self);
}

static gboolean
tell_again_cb (gpointer user_data)
{
  WcConversation *self = user_data;

  self->read_source = 0;
  if (self->read > self->read_told)
    tell_soon (self);

  return G_SOURCE_REMOVE;
}

void
wc_conversation_mark_read (WcConversation *self)
{
  g_return_if_fail (WC_IS_CONVERSATION (self));

  if (self->unread == 0)
    return;

  self->n_unnumbered = 0;
  set_unread (self, MAX (self->read, self->held));
  if (self->listed)
    tell_soon (self);
}

gboolean
wc_marks_refused (WcConversation *self, guint64 id, gboolean try_again)
{
  if (self->read_id == 0 || self->read_id != id)
    return FALSE;

  /* The next login sees that the server does not know it, in any case. */
  self->read_id = 0;
  if (try_again)
    {
      self->read_told = 0;
      wc_conversation_try_again_later (self);
    }

  return TRUE;
}

void
wc_marks_retry (WcConversation *self)
{
  if (self->listed && self->read > self->read_told)
    tell_soon (self);
}

/* The server's marks came with its list. What was read here while it could not be told is told now. */
void
wc_marks_listed (WcConversation *self)
{
  const WcMarks *marks = &self->listed_marks;

  wc_marks_raise_peer (self, marks->delivered, marks->peer_read);
  wc_marks_raise_read (self, marks->read);
  self->read_told = marks->read;
  if (self->read > self->read_told)
    tell_soon (self);
}

/* Before the connection is given up. */
void
wc_marks_flush (WcConversation *self)
{
  tell (self);
}

void
wc_marks_stop (WcConversation *self)
{
  g_clear_handle_id (&self->read_source, g_source_remove);
  self->read_id = 0;
  self->read_told = 0;
  self->listed_marks = (WcMarks) { 0 };
}

void
wc_marks_restore (WcConversation *self, const WcMarks *marks, GArray *unread_seqs)
{
  self->delivered = marks->delivered;
  self->peer_read = marks->peer_read;
  g_array_set_size (self->unread_seqs, 0);
  g_array_append_vals (self->unread_seqs, unread_seqs->data, unread_seqs->len);
  wc_conversation_set_read (self, marks->read);
  wc_conversation_set_unread (self, self->unread_seqs->len);
}

void
wc_marks_forget (WcConversation *self)
{
  self->delivered = 0;
  self->peer_read = 0;
  g_array_set_size (self->unread_seqs, 0);
  set_unread (self, 0);
}
