/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a conversation has on disk: written as it changes, and put back before the first connection. Nothing here waits for the disk. What
 * is written comes there in the order of the calls, and may end anywhere in it: a message is written before "held" says that it is there, so that
 * an end between the two only has it fetched again. */
#include "client/client-private.h"
#include "client/log-private.h"

static WcCache *
cache_of (WcConversation *self)
{
  return self->client != NULL ? self->client->cache : NULL;
}

void
wc_keep_entry (WcConversation *self, WcEntry *entry)
{
  WcCache *cache = cache_of (self);
  guint64 seq = wc_entry_get_seq (entry);
  gpointer pdata[] = { entry };
  GPtrArray one = { pdata, 1 };

  if (cache != NULL && seq != 0)
    wc_cache_put (cache, self->peer, &one, seq, seq);
}

void
wc_keep_held (WcConversation *self)
{
  WcCache *cache = cache_of (self);

  if (cache == NULL || self->held <= self->held_kept)
    return;

  self->held_kept = self->held;
  wc_cache_set_held (cache, self->peer, self->held);
}

void
wc_keep_marks (WcConversation *self)
{
  WcCache *cache = cache_of (self);

  if (cache != NULL && self->known_last > 0)
    wc_cache_set_marks (cache, self->peer, self->known_last, self->read, self->delivered, self->peer_read);
}

void
wc_keep_last_seen (WcConversation *self)
{
  WcCache *cache = cache_of (self);

  if (cache != NULL && self->known_last > 0 && self->last_seen != 0)
    wc_cache_set_last_seen (cache, self->peer, self->last_seen);
}

void
wc_keep_nothing (WcConversation *self)
{
  WcCache *cache = cache_of (self);

  self->held_kept = 0;
  if (cache != NULL)
    wc_cache_forget (cache, self->peer);
}

/* --- The draft: not at each key --- */

void
wc_keep_draft_now (WcConversation *self)
{
  WcCache *cache = cache_of (self);

  if (self->draft_source == 0)
    return;

  g_clear_handle_id (&self->draft_source, g_source_remove);
  if (cache != NULL)
    wc_cache_set_draft (cache, self->peer, self->draft);
}

static gboolean
draft_cb (gpointer user_data)
{
  wc_keep_draft_now (user_data);

  return G_SOURCE_REMOVE;
}

void
wc_keep_draft (WcConversation *self)
{
  if (cache_of (self) != NULL && self->draft_source == 0)
    self->draft_source = g_timeout_add (self->client->timing.draft_pause, draft_cb, self);
}

/* --- Back from the disk --- */

static void
restore_conversation (WcConversation *self, const WcCachedConversation *cached)
{
  WcEntry *last = cached->last;

  g_object_freeze_notify (G_OBJECT (self));
  self->known_last = cached->known_last;
  self->held = self->held_kept = cached->held;
  self->held_known = cached->held != 0;
  wc_marks_restore (self, &(WcMarks) { cached->read, cached->delivered, cached->peer_read }, cached->unread_seqs);
  wc_conversation_set_last_seen (self, cached->last_seen);
  wc_conversation_set_draft (self, cached->draft);
  g_clear_handle_id (&self->draft_source, g_source_remove);
  if (last != NULL)
    {
      wc_marks_decorate (self, last);
      wc_conversation_set_last (self, last);
      if (wc_entry_get_seq (last) == self->held)
        wc_log_add (self->log, last); /* else what is between is not here yet */
    }
  g_object_thaw_notify (G_OBJECT (self));
}

void
wc_client_restore (WcClient *self, const WcCached *cached)
{
  self->returning = !cached->fresh;
  for (guint i = 0; i < cached->conversations->len; i++)
    {
      const WcCachedConversation *kept = cached->conversations->pdata[i];
      WcConversation *conversation = wc_client_meet (self, kept->peer, TRUE);

      if (conversation != NULL)
        restore_conversation (conversation, kept);
    }
  for (guint i = 0; i < cached->outbox->len; i++)
    {
      const WcCachedOutgoing *kept = cached->outbox->pdata[i];
      WcConversation *conversation = wc_client_meet (self, kept->peer, TRUE);

      if (conversation != NULL)
        wc_outbox_restore (conversation, kept);
    }
}
