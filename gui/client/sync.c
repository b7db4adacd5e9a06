/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holding a conversation without a gap: "held" is the highest seq up to which nothing is missing. */
#include "client/client-private.h"
#include "client/entry-private.h"
#include "client/log-private.h"

static void catch_up (WcConversation *self);

static void
foreach_log (WcConversation *self, void (*func) (WcLog *log, WcEntry *entry), WcEntry *entry)
{
  for (guint i = 0; i < self->logs->len; i++)
    func (self->logs->pdata[i], entry);
}

static void
hold (WcConversation *self, WcEntry *entry)
{
  guint64 seq = wc_entry_get_seq (entry);

  if (seq != 0)
    {
      self->held = seq;
      self->held_known = TRUE;
      self->known_last = MAX (self->known_last, seq);
    }
  /* An own message that still waits is newer. */
  if (g_queue_is_empty (&self->outbox))
    wc_conversation_set_last (self, entry);
}

static void
tell (WcConversation *self, WcEntry *entry)
{
  wc_conversation_touch (self);
  if (wc_entry_get_own (entry))
    return;

  wc_conversation_add_unread (self);
  if (self->client != NULL)
    wc_client_emit_message (self->client, self, entry);
}

/* The next message of the conversation, from the peer or from another device of one's own. */
static void
take (WcConversation *self, WcEntry *entry)
{
  g_autoptr (WcConversation) keep = g_object_ref (self);

  hold (self, entry);
  foreach_log (self, wc_log_add, entry);
  tell (self, entry);
}

/* The next message is an own one, which stands in the log already. */
static void
take_own (WcConversation *self, WcEntry *entry)
{
  hold (self, entry);
  foreach_log (self, wc_log_settle, entry);
}

static WcEntry *
find_floating (WcConversation *self, guint64 seq)
{
  for (guint i = 0; i < self->floating->len; i++)
    if (wc_entry_get_seq (self->floating->pdata[i]) == seq)
      return self->floating->pdata[i];

  return NULL;
}

/* Own messages that came too early follow as soon as all before them are here. */
static void
take_floating (WcConversation *self)
{
  WcEntry *entry;

  while ((entry = find_floating (self, self->held + 1)) != NULL)
    {
      take_own (self, entry);
      g_ptr_array_remove_fast (self->floating, entry);
    }
}

static void
take_page_entry (WcConversation *self, WcEntry *entry)
{
  WcEntry *own = find_floating (self, wc_entry_get_seq (entry));

  if (own != NULL)
    {
      take_own (self, own);
      g_ptr_array_remove_fast (self->floating, own);
    }
  else
    {
      take (self, entry);
    }
}

static int
compare_seq (gconstpointer a, gconstpointer b)
{
  guint64 seq_a = wc_entry_get_seq (*(WcEntry *const *) a), seq_b = wc_entry_get_seq (*(WcEntry *const *) b);

  return (seq_a > seq_b) - (seq_a < seq_b);
}

/* The server holds less than was seen of it: its store was lost or replaced. What it has now counts. */
static void
start_over (WcConversation *self)
{
  g_message ("the server's history with %s is not the one it had", self->peer);
  self->held_known = FALSE;
  self->held = 0;
  self->known_last = 0;
  self->late = 0;
  g_ptr_array_set_size (self->floating, 0);
  wc_conversation_set_last (self, NULL);
  for (guint i = 0; i < self->logs->len; i++)
    {
      WcLog *log = self->logs->pdata[i];

      wc_log_set_request (log, NULL);
      wc_log_reset (log, log->live);
      if (log->loaded)
        wc_log_load_newest (log);
    }
  wc_sync_begin (self);
}

static void
caught_up_cb (const WcHistoryPage *page, const GError *error, gpointer user_data)
{
  WcConversation *self = user_data;
  g_autoptr (WcConversation) keep = g_object_ref (self);

  self->sync = NULL;
  if (page == NULL && (self->client == NULL || self->client->state != WC_STATE_ONLINE))
    return; /* the login ended: the next one asks again */
  if (page != NULL && page->last < self->sync_from)
    {
      start_over (self);
      return;
    }

  for (guint i = 0; page != NULL && i < page->entries->len && self->client != NULL; i++)
    if (wc_entry_get_seq (page->entries->pdata[i]) > self->held)
      {
        take_page_entry (self, page->entries->pdata[i]);
        take_floating (self);
      }
  if (page != NULL)
    {
      self->sync_due = FALSE; /* the page told what is newest, whyever it was asked for */
      self->known_last = MAX (self->known_last, page->last);
    }

  if (page != NULL && page->entries->len > 0)
    {
      catch_up (self);
      return;
    }

  /* There is nothing between: it was removed, or cannot be had. */
  g_ptr_array_sort (self->floating, compare_seq);
  while (self->floating->len > 0)
    {
      take_own (self, self->floating->pdata[0]);
      g_ptr_array_remove_index (self->floating, 0);
    }
  self->held = MAX (self->held, self->known_last);
}

static void
ask_for_missing (WcConversation *self)
{
  self->sync_from = self->held;
  self->sync = wc_history_request (self->client, self->peer, WC_HISTORY_AFTER, self->held, WIRE_HISTORY_LIMIT_MAX, FALSE, caught_up_cb,
                                   self, NULL);
}

static void
catch_up (WcConversation *self)
{
  if (self->client != NULL && self->sync == NULL && self->n_resent == 0 && self->held < self->known_last)
    ask_for_missing (self);
}

static void
newest_cb (const WcHistoryPage *page, const GError *error, gpointer user_data)
{
  WcConversation *self = user_data;
  WcEntry *entry;

  self->sync = NULL;
  if (page == NULL)
    return;

  self->known_last = MAX (self->known_last, page->last);
  if (!self->held_known)
    {
      self->held_known = TRUE;
      self->held = self->baseline = page->last;
      entry = page->entries->len > 0 ? page->entries->pdata[page->entries->len - 1] : NULL;
      if (entry != NULL)
        {
          hold (self, entry);
          self->held = page->last;
          wc_log_add (self->log, entry);
        }
      else
        {
          wc_log_set_range (self->log, FALSE, self->log->at_end);
        }
      take_floating (self);
    }
  catch_up (self);
}

void
wc_sync_begin (WcConversation *self)
{
  self->sync_due = TRUE;
  wc_sync_check (self);
}

void
wc_sync_check (WcConversation *self)
{
  /* SENT for what is sent again comes first, for the pages would show those messages as somebody else's copy of them. */
  if (self->client == NULL || self->client->base || self->client->state != WC_STATE_ONLINE || self->sync != NULL || self->n_resent > 0)
    return;

  if (!self->sync_due)
    {
      catch_up (self);
    }
  else if (self->held_known)
    {
      self->sync_due = FALSE;
      ask_for_missing (self);
    }
  else
    {
      self->sync_due = FALSE;
      self->sync = wc_history_request (self->client, self->peer, WC_HISTORY_NEWEST, 0, 1, TRUE, newest_cb, self, NULL);
    }
}

void
wc_sync_receive (WcConversation *self, WcEntry *entry)
{
  guint64 seq = wc_entry_get_seq (entry);

  if (seq == 0 || !self->held_known || seq == self->held + 1)
    {
      take (self, entry);
      take_floating (self);
    }
  else if (seq > self->held)
    {
      /* Not kept: the pages that bring the missing ones bring it too. */
      self->known_last = MAX (self->known_last, seq);
      catch_up (self);
    }
  else if (seq <= self->baseline && seq > self->late)
    {
      /* It was live, but the answer about the newest message overtook it: new all the same, and in the log or before it. */
      g_autoptr (WcConversation) keep = g_object_ref (self);
      guint position;

      self->late = seq;
      if (wc_log_find_seq (self->log, seq, &position))
        entry = self->log->items->pdata[position];
      tell (self, entry);
    }
}

void
wc_sync_sent (WcConversation *self, WcEntry *entry)
{
  guint64 seq = wc_entry_get_seq (entry);

  if (seq == 0 || !self->held_known || seq == self->held + 1)
    {
      take_own (self, entry);
      take_floating (self);
    }
  else if (seq > self->held)
    {
      g_ptr_array_add (self->floating, g_object_ref (entry));
      self->known_last = MAX (self->known_last, seq);
      catch_up (self);
    }
  else
    {
      /* A page had it already. */
      foreach_log (self, wc_log_merge, entry);
      if (self->last != NULL && wc_entry_get_seq (self->last) == seq)
        wc_conversation_set_last (self, entry);
    }
}

void
wc_sync_stop (WcConversation *self)
{
  g_clear_pointer (&self->sync, wc_history_cancel);
}
