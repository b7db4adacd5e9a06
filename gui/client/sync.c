/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holding a conversation without a gap: "held" is the highest seq up to which nothing is missing. After a login the server's list of
 * conversations (listing.c) says what is to be asked for; a server without that list is asked about each person. */
#include "client/client-private.h"
#include "client/entry-private.h"
#include "client/log-private.h"
#include "client/pages.h"

/* A conversation that is new to this device: so many of its unread messages are fetched at most. */
#define FIRST_SIGHT_MAX 1000

/* So far behind, all of it is not fetched at once: the newest FIRST_SIGHT_MAX are, and the others when somebody looks at them. */
#define CATCH_UP_MAX 5000

static void catch_up (WcConversation *self);
static void begin_listed (WcConversation *self, gboolean replaced);

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

/* What was there before this device saw the conversation is no news, unless it came live. */
static gboolean
is_news (WcConversation *self, guint64 seq)
{
  return seq == 0 || seq > self->baseline || (self->live_from != 0 && seq >= self->live_from);
}

static void
tell (WcConversation *self, WcEntry *entry)
{
  guint64 seq = wc_entry_get_seq (entry);

  if (wc_entry_get_own (entry))
    {
      wc_conversation_touch (self);
      return;
    }

  wc_typing_ended (self);
  wc_marks_add_unread (self, seq);
  if (!is_news (self, seq))
    return;

  wc_conversation_touch (self);
  self->late = MAX (self->late, seq);
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
      g_autoptr (WcEntry) keep = g_object_ref (entry);

      g_ptr_array_remove_fast (self->floating, entry);
      take_own (self, entry);
    }
}

static void
take_page_entry (WcConversation *self, WcEntry *entry)
{
  WcEntry *own = find_floating (self, wc_entry_get_seq (entry));

  if (own != NULL)
    {
      g_autoptr (WcEntry) keep = g_object_ref (own);

      g_ptr_array_remove_fast (self->floating, own);
      take_own (self, own);
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
  self->epoch++;
  self->held_known = FALSE;
  self->held = 0;
  self->known_last = 0;
  self->login_last = 0;
  self->baseline = 0;
  self->live_from = 0;
  self->late = 0;
  while (self->floating->len > 0)
    {
      g_autoptr (WcEntry) entry = g_ptr_array_steal_index (self->floating, 0);

      foreach_log (self, wc_log_merge, entry); /* no longer waiting: the pages bring it */
    }
  wc_keep_nothing (self);
  wc_marks_forget (self);
  wc_conversation_set_last (self, NULL);
  for (guint i = 0; i < self->logs->len; i++)
    {
      WcLog *log = self->logs->pdata[i];

      wc_log_set_request (log, NULL);
      wc_log_reset (log, log->live);
      if (log->loaded)
        wc_log_load_newest (log);
    }
}

/* There is nothing beyond held: it was removed. */
static void
hold_the_rest (WcConversation *self)
{
  g_ptr_array_sort (self->floating, compare_seq);
  while (self->floating->len > 0)
    {
      g_autoptr (WcEntry) entry = g_ptr_array_steal_index (self->floating, 0);

      take_own (self, entry);
    }
  self->held = MAX (self->held, self->known_last);
}

static void
take_page (WcConversation *self, const WcHistoryPage *page)
{
  wc_pages_keep (self, WC_HISTORY_AFTER, self->sync_from, page);
  for (guint i = 0; i < page->entries->len && self->client != NULL; i++)
    if (wc_entry_get_seq (page->entries->pdata[i]) > self->held)
      {
        take_page_entry (self, page->entries->pdata[i]);
        take_floating (self);
      }
  self->known_last = MAX (self->known_last, page->last);
}

/* The first page of a connection begins with the message that is held last: another one there means another history, however much longer it is. */
static gboolean
is_of_another (WcConversation *self, const WcHistoryPage *page)
{
  WcEntry *first = page->entries->len > 0 ? page->entries->pdata[0] : NULL;

  return self->check_time != 0 && first != NULL && wc_entry_get_seq (first) == self->sync_from && wc_entry_get_time (first) != self->check_time;
}

static void
begin_anew (WcConversation *self, guint64 last)
{
  guint64 known_last = MAX (self->known_last, last);

  start_over (self);
  if (self->listed)
    {
      begin_listed (self, TRUE);
      self->known_last = known_last;
      wc_sync_check (self);
    }
  else
    {
      wc_sync_begin (self);
    }
}

static void
caught_up_cb (const WcHistoryPage *page, const GError *error, gpointer user_data)
{
  WcConversation *self = user_data;
  g_autoptr (WcConversation) keep = g_object_ref (self);

  self->sync = NULL;
  if (page == NULL)
    return; /* the login ended, or the server cannot say now: the next message or login asks again */
  if ((page->last < self->sync_from && !self->listed) || is_of_another (self, page))
    {
      begin_anew (self, page->last);
      return;
    }

  self->check_due = FALSE;
  if (!self->listed)
    self->sync_due = FALSE; /* the page told what is newest, whyever it was asked for */
  take_page (self, page);
  if (page->entries->len == 0)
    hold_the_rest (self);
  wc_keep_held (self);
  wc_sync_check (self);
}

/* When the message that is held last was sent; 0: it is not known any more. */
static gint64
held_time (WcConversation *self)
{
  guint position;

  if (self->last != NULL && self->held != 0 && wc_entry_get_seq (self->last) == self->held)
    return wc_entry_get_time (self->last);

  return wc_log_find_seq (self->log, self->held, &position) ? wc_entry_get_time (self->log->items->pdata[position]) : 0;
}

static void
ask_for_missing (WcConversation *self)
{
  /* Whoever looks at a conversation does not wait for all the others. */
  gboolean idle = !self->log->loaded;

  self->sync_from = self->held;
  self->check_time = self->check_due ? held_time (self) : 0;
  self->sync = wc_history_request (self->client, self->peer, WC_HISTORY_AFTER, self->held - (self->check_time != 0), WIRE_HISTORY_LIMIT_MAX, idle, caught_up_cb,
                                   self, NULL);
}

static void
catch_up (WcConversation *self)
{
  if (self->client != NULL && self->held_known && self->sync == NULL && self->n_unsure == 0 && self->held < self->known_last)
    ask_for_missing (self);
}

/* The newest message is here, for whom it is the first that is known. */
static void
show_newest (WcConversation *self, const WcHistoryPage *page)
{
  WcEntry *entry = page->entries->len > 0 ? page->entries->pdata[page->entries->len - 1] : NULL;

  if (entry == NULL || self->last != NULL)
    return;

  wc_marks_decorate (self, entry);
  wc_pages_keep (self, WC_HISTORY_NEWEST, 0, page);
  wc_conversation_set_last (self, entry);
  if (wc_entry_get_seq (entry) == self->held)
    wc_log_add (self->log, entry);
}

static void
preview_cb (const WcHistoryPage *page, const GError *error, gpointer user_data)
{
  WcConversation *self = user_data;
  g_autoptr (WcConversation) keep = g_object_ref (self);

  self->sync = NULL;
  if (page == NULL)
    return;

  self->known_last = MAX (self->known_last, page->last);
  show_newest (self, page);
  catch_up (self);
}

/* Own messages that are before what is held now take their place there. */
static void
settle_passed (WcConversation *self)
{
  g_ptr_array_sort (self->floating, compare_seq);
  while (self->floating->len > 0 && wc_entry_get_seq (self->floating->pdata[0]) <= self->held)
    {
      g_autoptr (WcEntry) entry = g_ptr_array_steal_index (self->floating, 0);
      gboolean newest = wc_entry_get_seq (entry) == self->held;

      foreach_log (self, newest ? wc_log_settle : wc_log_merge, entry);
      if (newest && g_queue_is_empty (&self->outbox))
        wc_conversation_set_last (self, entry);
    }
  take_floating (self);
}

/* From a server that does not list conversations: where this device begins. */
static void
newest_cb (const WcHistoryPage *page, const GError *error, gpointer user_data)
{
  WcConversation *self = user_data;
  g_autoptr (WcConversation) keep = g_object_ref (self);

  self->sync = NULL;
  if (page == NULL)
    return;

  self->known_last = MAX (self->known_last, page->last);
  if (!self->held_known)
    {
      self->held_known = TRUE;
      self->held = self->baseline = page->last;
      wc_marks_raise_read (self, page->last);
      show_newest (self, page);
      if (page->entries->len == 0)
        wc_log_set_range (self->log, FALSE, self->log->at_end);
      settle_passed (self);
      wc_keep_held (self);
    }
  catch_up (self);
}

static void
ask_for_newest (WcConversation *self, WcHistoryFunc func)
{
  self->sync = wc_history_request (self->client, self->peer, WC_HISTORY_NEWEST, 0, 1, TRUE, func, self, NULL);
}

/* The first time that this device hears of the conversation: it begins with what is not read yet. */
static void
begin_unread (WcConversation *self, guint64 last, gboolean news)
{
  self->held_known = TRUE;
  self->held = MIN (MAX (self->read, last - MIN (last, FIRST_SIGHT_MAX)), last);
  self->baseline = news ? 0 : last;
  if (last == 0)
    wc_log_set_range (self->log, FALSE, self->log->at_end);
  settle_passed (self);
}

static void
skip_ahead (WcConversation *self)
{
  self->held = self->known_last - FIRST_SIGHT_MAX;
  for (guint i = 0; i < self->logs->len; i++)
    {
      WcLog *log = self->logs->pdata[i];

      if (!log->at_end)
        continue;
      wc_log_reset (log, log->live);
      if (log->loaded && !log->live)
        wc_log_load_newest (log);
    }
  settle_passed (self);
}

/* Whether the server's history cannot be the one that is held: it has less than it had, or its newest message is another one. */
static gboolean
is_replaced (WcConversation *self)
{
  if (self->listed_last < self->login_last)
    return TRUE;

  return self->held_known && self->last != NULL && self->listed_last > 0 && wc_entry_get_seq (self->last) == self->listed_last
         && self->listed_time != 0 && wc_entry_get_time (self->last) != self->listed_time;
}

static void
begin_listed (WcConversation *self, gboolean replaced)
{
  self->login_last = 0;
  wc_marks_listed (self);
  if (!self->held_known)
    begin_unread (self, self->listed_last, self->client->returning && !replaced);
  self->known_last = MAX (self->known_last, self->listed_last);
  if (self->known_last - MIN (self->held, self->known_last) > CATCH_UP_MAX)
    skip_ahead (self);
  wc_keep_marks (self);
  wc_keep_held (self);
}

/* What the list of conversations says, once everything that is older than it has been settled. */
static void
settle_listed (WcConversation *self)
{
  gboolean replaced = is_replaced (self);

  if (replaced)
    start_over (self);
  begin_listed (self, replaced);
}

void
wc_sync_begin (WcConversation *self)
{
  self->sync_due |= !self->listed;
  wc_sync_check (self);
}

void
wc_sync_came_online (WcConversation *self)
{
  /* What the server has at least, if it has what it had. */
  self->login_last = self->known_last;
  self->listed = FALSE;
  self->sync_due = TRUE;
  self->check_due = TRUE;
}

void
wc_sync_listed (WcConversation *self, guint64 last, gint64 time)
{
  if (self->listed)
    {
      /* Asked for again, for the sake of another one. */
      self->known_last = MAX (self->known_last, last);
    }
  else
    {
      self->listed = TRUE;
      self->listed_last = last;
      self->listed_time = time;
      self->sync_due = TRUE;
    }
  wc_sync_check (self);
}

void
wc_sync_check (WcConversation *self)
{
  WcClient *client = self->client;

  /* SENT for what is sent again comes first, for the pages would show those messages as somebody else's copy of them. */
  if (client == NULL || client->base || client->state != WC_STATE_ONLINE || self->sync != NULL || self->n_unsure > 0)
    return;

  if (self->sync_due && self->listed)
    {
      self->sync_due = FALSE;
      settle_listed (self);
    }
  else if (self->sync_due && client->listing == WC_LISTING_NONE)
    {
      self->sync_due = FALSE;
      if (self->held_known)
        ask_for_missing (self);
      else
        ask_for_newest (self, newest_cb);
      return;
    }

  catch_up (self);
  if (self->sync == NULL && self->listed && self->last == NULL && self->known_last > 0)
    ask_for_newest (self, preview_cb);
}

/* A message of a conversation of which it is not known yet where this device begins. FALSE: this is where. */
static gboolean
must_wait_for_list (WcConversation *self, guint64 seq)
{
  if (self->held_known || seq == 0 || self->client == NULL || self->client->listing == WC_LISTING_NONE)
    return FALSE;

  self->known_last = MAX (self->known_last, seq);
  if (self->client->listing != WC_LISTING_KNOWN || self->listed)
    return TRUE;

  /* Met since: nothing had been said then. If that does not fit, the server says more when it is asked again. */
  if (seq != 1)
    {
      wc_client_list_conversations (self->client);
      return TRUE;
    }

  self->listed = TRUE;
  self->sync_due = FALSE;
  self->held_known = TRUE;

  return FALSE;
}

void
wc_sync_receive (WcConversation *self, WcEntry *entry)
{
  g_autoptr (WcConversation) keep = g_object_ref (self); /* a handler may have it forgotten */
  guint64 seq = wc_entry_get_seq (entry);

  if (must_wait_for_list (self, seq))
    {
      if (self->live_from == 0 || seq < self->live_from)
        self->live_from = seq;
      return;
    }
  if (seq != 0 && seq <= self->baseline && (self->live_from == 0 || seq < self->live_from))
    self->live_from = seq;

  if (seq == 0 || !self->held_known || seq == self->held + 1)
    {
      wc_keep_entry (self, entry);
      take (self, entry);
      take_floating (self);
      wc_keep_held (self);
    }
  else if (seq > self->held)
    {
      /* Not kept: the pages that bring the missing ones bring it too. */
      self->known_last = MAX (self->known_last, seq);
      catch_up (self);
    }
  else if (seq <= self->baseline && seq > self->late)
    {
      /* It was live, but the answer about what is newest overtook it: new all the same, and in the log or before it. */
      guint position;

      if (wc_log_find_seq (self->log, seq, &position))
        entry = self->log->items->pdata[position];
      tell (self, entry);
    }
}

void
wc_sync_sent (WcConversation *self, WcEntry *entry)
{
  guint64 seq = wc_entry_get_seq (entry);
  gboolean wait = must_wait_for_list (self, seq);

  if (!wait && (seq == 0 || !self->held_known || seq == self->held + 1))
    {
      take_own (self, entry);
      take_floating (self);
      wc_keep_held (self);
    }
  else if (wait || seq > self->held)
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
  self->listed = FALSE;
}
