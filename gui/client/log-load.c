/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages for the window. */
#include "client/log-private.h"

#include <string.h>

#include "client/client-private.h"

#define CHAIN_MAX 5

static void page_cb (const WcHistoryPage *page, const GError *error, gpointer user_data);

static GPtrArray *
slice (GPtrArray *entries, guint from, guint to)
{
  GPtrArray *part = g_ptr_array_new ();

  for (guint i = from; i < to; i++)
    g_ptr_array_add (part, entries->pdata[i]);

  return part;
}

void
wc_log_fill (WcLog *self, GPtrArray *entries)
{
  g_autoptr (GPtrArray) older = NULL, newer = NULL;
  guint64 first = self->first_seq, last = self->last_seq;
  guint n_older = 0, n_known = 0;

  if (entries->len == 0)
    return;
  if (first == 0)
    {
      /* What else is in it happened since. */
      wc_log_insert (self, 0, entries);
      return;
    }
  if (wc_entry_get_seq (entries->pdata[entries->len - 1]) + 1 < first || wc_entry_get_seq (entries->pdata[0]) > last + 1)
    return;

  while (n_older < entries->len && wc_entry_get_seq (entries->pdata[n_older]) < first)
    n_older++;
  n_known = n_older;
  while (n_known < entries->len && wc_entry_get_seq (entries->pdata[n_known]) <= last)
    n_known++;

  older = slice (entries, 0, n_older);
  newer = slice (entries, n_known, entries->len);
  wc_log_insert (self, 0, older);
  wc_log_insert (self, self->items->len - self->n_tail, newer);
}

/* How many lines of a base server's history are in the log already, since they came as they were said. */
static guint
count_live_lines (WcLog *self)
{
  guint n = 0;

  for (guint i = 0; i < self->items->len - self->n_tail; i++)
    {
      WcEntry *entry = self->items->pdata[i];
      g_auto (GStrv) lines = NULL;

      if (wc_entry_get_kind (entry) != WC_ENTRY_MESSAGE || wc_entry_get_delivery (entry) == WC_DELIVERY_FAILED)
        continue;
      lines = g_strsplit (wc_entry_get_text (entry), "\n", -1);
      for (guint j = 0; lines[j] != NULL; j++)
        n += *lines[j] != '\0';
    }

  return n;
}

static void
put_base_page (WcLog *self, const WcHistoryPage *page)
{
  guint n_live = count_live_lines (self);
  g_autoptr (GPtrArray) older = slice (page->entries, 0, page->entries->len - MIN (n_live, page->entries->len));

  self->base_loaded = TRUE;
  wc_log_insert (self, 0, older);
  wc_log_set_range (self, FALSE, TRUE);
  if (older->len > 0 && self->live && wc_conversation_get_last (self->conversation) == NULL)
    wc_conversation_set_last (self->conversation, older->pdata[older->len - 1]);
}

static gboolean
reaches_end (WcLog *self, const WcHistoryPage *page)
{
  return self->last_seq >= page->last && (!self->conversation->held_known || self->last_seq >= self->conversation->held);
}

static void
put_page (WcLog *self, const WcHistoryPage *page)
{
  /* An empty window is at the end by what comes from the server from now on; what is kept here may have ended earlier. */
  gboolean was_at_end = self->at_end && (self->first_seq != 0 || !page->cached);

  switch (self->kind)
    {
    case WC_HISTORY_NEWEST:
      if (!self->at_end)
        wc_log_reset (self, FALSE);
      wc_log_fill (self, page->entries);
      wc_log_set_range (self, page->more && self->first_seq != 1, was_at_end || reaches_end (self, page));
      break;
    case WC_HISTORY_BEFORE:
      wc_log_fill (self, page->entries);
      wc_log_set_range (self, page->more && page->entries->len > 0 && self->first_seq != 1, self->at_end);
      break;
    case WC_HISTORY_AFTER:
      wc_log_fill (self, page->entries);
      wc_log_set_range (self, self->has_older, was_at_end || reaches_end (self, page) || page->entries->len == 0);
      break;
    default:
      g_assert_not_reached ();
    }
}

static void
load (WcLog *self, WcHistoryKind kind, guint64 seq)
{
  g_autoptr (GError) error = NULL;
  WcPages *request;

  self->kind = kind;
  self->cut_off = FALSE;
  request = wc_pages_request (self->conversation, kind, seq, WC_LOG_PAGE, FALSE, page_cb, self, &error);
  wc_log_set_request (self, request);
  wc_log_set_error (self, error);
}

static void
page_cb (const WcHistoryPage *page, const GError *error, gpointer user_data)
{
  g_autoptr (WcLog) self = g_object_ref (user_data);
  gboolean newest = self->kind == WC_HISTORY_NEWEST || self->n_chained > 0;

  self->n_busy++; /* still loading for those that are told of the new rows */
  self->request = NULL;
  if (page != NULL && self->conversation != NULL)
    {
      if (page->base)
        put_base_page (self, page);
      else
        put_page (self, page);
    }
  if (page != NULL)
    self->cut_off = page->partial;
  else
    self->cut_off = g_error_matches (error, WC_ERROR, WC_ERROR_CLOSED) && self->conversation != NULL && self->conversation->client != NULL
                    && self->conversation->client->cache != NULL;
  wc_log_set_error (self, error);
  self->n_busy--;

  /* Messages that came while the newest page was on its way are beyond it. */
  if (page != NULL && newest && !self->cut_off && !self->at_end && self->request == NULL && self->n_chained < CHAIN_MAX && self->last_seq != 0)
    {
      self->n_chained++;
      self->n_busy++;
      load (self, WC_HISTORY_AFTER, self->last_seq);
      self->n_busy--;
    }
  else
    {
      self->n_chained = 0;
    }

  if (!wc_log_get_loading (self))
    {
      self->n_busy++;
      wc_log_release_loading (self);
    }
}

/* A base server has shown everything once it has shown anything. */
static gboolean
is_complete (WcLog *self)
{
  return self->base_loaded;
}

void
wc_log_load_newest (WcLog *self)
{
  g_return_if_fail (WC_IS_LOG (self));

  if (is_complete (self) || self->n_busy > 0)
    return;
  if (self->at_end && self->first_seq != 0)
    {
      if (self->items->len < WC_LOG_PAGE)
        wc_log_load_older (self);
      return;
    }
  if (self->request != NULL && self->kind == WC_HISTORY_NEWEST)
    return;

  self->n_chained = 0;
  load (self, WC_HISTORY_NEWEST, 0);
}

void
wc_log_load_older (WcLog *self)
{
  g_return_if_fail (WC_IS_LOG (self));

  if (is_complete (self) || wc_log_get_loading (self) || !self->has_older)
    return;

  if (self->first_seq == 0)
    load (self, WC_HISTORY_NEWEST, 0);
  else
    load (self, WC_HISTORY_BEFORE, self->first_seq);
}

void
wc_log_load_newer (WcLog *self)
{
  g_return_if_fail (WC_IS_LOG (self));

  if (wc_log_get_loading (self) || !wc_log_get_has_newer (self))
    return;

  load (self, WC_HISTORY_AFTER, self->last_seq);
}

void
wc_log_came_online (WcLog *self)
{
  if (!self->cut_off || self->n_busy > 0 || self->request != NULL)
    return;

  self->cut_off = FALSE;
  self->n_chained = 0;
  if (self->first_seq == 0)
    {
      load (self, WC_HISTORY_NEWEST, 0);
    }
  else if (self->kind == WC_HISTORY_BEFORE)
    {
      /* Whoever scrolls there asks again. */
      if (self->error != NULL)
        load (self, WC_HISTORY_BEFORE, self->first_seq);
    }
  else if (!self->at_end)
    {
      self->n_chained = 1;
      load (self, WC_HISTORY_AFTER, self->last_seq);
    }
}
