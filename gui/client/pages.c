/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/pages.h"

#include <glib/gi18n.h>

#include "client/client-private.h"

struct _WcPages
{
  WcConversation *conversation; /* not owned: it ends this when it goes */
  WcHistoryKind kind;
  guint64 seq;
  guint limit;
  gboolean idle;
  guint epoch;       /* of the conversation, when it was asked */
  guint question;    /* to the cache; 0: none */
  WcHistory *request; /* to the server; NULL: none */
  WcHistoryFunc func;
  gpointer user_data;
};

static void ask_cache (WcPages *self);

/* Takes it out: func may ask for the next page. */
static void
complete (WcPages *self, const WcHistoryPage *page, const GError *error)
{
  WcHistoryFunc func = self->func;
  gpointer user_data = self->user_data;

  g_ptr_array_remove_fast (self->conversation->pages, self);
  g_free (self);
  func (page, error, user_data);
}

static void
set_not_here (GError **error)
{
  g_set_error_literal (error, WC_ERROR, WC_ERROR_CLOSED, _("These messages are not on this computer. They can be shown when the connection is back."));
}

/* --- The server --- */

void
wc_pages_keep (WcConversation *conversation, WcHistoryKind kind, guint64 seq, const WcHistoryPage *page)
{
  WcCache *cache = conversation->client != NULL ? conversation->client->cache : NULL;
  guint64 lowest = page->entries->len > 0 ? wc_entry_get_seq (page->entries->pdata[0]) : 0;
  guint64 highest = page->entries->len > 0 ? wc_entry_get_seq (page->entries->pdata[page->entries->len - 1]) : 0;
  guint64 first, last;

  if (cache == NULL || page->base || (page->more && highest == 0))
    return;

  switch (kind)
    {
    case WC_HISTORY_NEWEST:
      first = page->more ? lowest : 1;
      last = page->last;
      break;
    case WC_HISTORY_BEFORE:
      first = page->more ? lowest : 1;
      last = seq - 1;
      break;
    case WC_HISTORY_AFTER:
      first = seq + 1;
      last = page->more ? highest : page->last;
      break;
    default:
      g_assert_not_reached ();
    }
  wc_cache_put (cache, conversation->peer, page->entries, first, last);

  /* Else the cache would take its own end for the conversation's. */
  if (page->last > 0)
    wc_cache_set_marks (cache, conversation->peer, page->last, 0, 0, 0);
}

static void
server_cb (const WcHistoryPage *page, const GError *error, gpointer user_data)
{
  WcPages *self = user_data;

  self->request = NULL;
  if (page != NULL && self->epoch == self->conversation->epoch)
    wc_pages_keep (self->conversation, self->kind, self->seq, page);
  complete (self, page, error);
}

static gboolean
ask_server (WcPages *self, GError **error)
{
  self->request = wc_history_request (self->conversation->client, self->conversation->peer, self->kind, self->seq, self->limit, self->idle,
                                      server_cb, self, error);

  return self->request != NULL;
}

/* --- The cache --- */

/* Nothing that the server has more of is missing in it, as far as is known. */
static gboolean
is_enough (WcPages *self, const WcCachePage *page)
{
  if (!page->whole)
    return FALSE;
  if (self->kind == WC_HISTORY_BEFORE || (self->kind == WC_HISTORY_AFTER && page->entries->len >= self->limit))
    return TRUE;

  return page->known_last > 0 && page->known_last >= self->conversation->known_last;
}

static void
cache_cb (const WcCachePage *cached, gpointer user_data)
{
  WcPages *self = user_data;
  WcConversation *conversation = self->conversation;
  WcHistoryPage page = { .entries = cached->entries, .last = MAX (cached->known_last, conversation->known_last), .more = cached->more, .cached = TRUE };
  g_autoptr (GError) error = NULL;

  self->question = 0;
  if (self->epoch != conversation->epoch)
    {
      /* It was about a history that is no more. */
      self->epoch = conversation->epoch;
      ask_cache (self);
      return;
    }

  if (is_enough (self, cached))
    {
      complete (self, &page, NULL);
    }
  else if (conversation->client->state == WC_STATE_ONLINE)
    {
      if (!ask_server (self, &error))
        complete (self, NULL, error);
    }
  else if (cached->entries->len > 0)
    {
      page.partial = page.more = TRUE;
      complete (self, &page, NULL);
    }
  else
    {
      set_not_here (&error);
      complete (self, NULL, error);
    }
}

static void
ask_cache (WcPages *self)
{
  WcCache *cache = self->conversation->client->cache;
  g_autoptr (GError) error = NULL;

  if (cache != NULL)
    self->question = wc_cache_read (cache, self->conversation->peer, self->kind, self->seq, self->limit, cache_cb, self);
  else if (!ask_server (self, &error))
    complete (self, NULL, error);
}

/* --- Requests --- */

WcPages *
wc_pages_request (WcConversation *conversation, WcHistoryKind kind, guint64 seq, guint limit, gboolean idle, WcHistoryFunc func,
                  gpointer user_data, GError **error)
{
  WcClient *client = conversation != NULL ? conversation->client : NULL;
  WcPages *self;

  if (client == NULL)
    {
      g_set_error_literal (error, WC_ERROR, WC_ERROR_CLOSED, _("You are not logged in."));
      return NULL;
    }

  self = g_new0 (WcPages, 1);
  self->conversation = conversation;
  self->kind = kind;
  self->seq = seq;
  self->limit = limit;
  self->idle = idle;
  self->epoch = conversation->epoch;
  self->func = func;
  self->user_data = user_data;
  if (client->cache != NULL && !client->base)
    {
      ask_cache (self);
    }
  else if (!ask_server (self, error))
    {
      g_free (self);
      return NULL;
    }
  g_ptr_array_add (conversation->pages, self);

  return self;
}

static void
stop_asking (WcPages *self)
{
  WcClient *client = self->conversation->client;

  g_clear_pointer (&self->request, wc_history_cancel);
  if (self->question != 0 && client != NULL && client->cache != NULL)
    wc_cache_cancel (client->cache, self->question);
  self->question = 0;
}

void
wc_pages_cancel (WcPages *self)
{
  stop_asking (self);
  g_ptr_array_remove_fast (self->conversation->pages, self);
  g_free (self);
}

void
wc_pages_connection_lost (WcConversation *conversation)
{
  if (conversation->client == NULL || conversation->client->cache == NULL)
    return;

  for (guint i = 0; i < conversation->pages->len; i++)
    {
      WcPages *self = conversation->pages->pdata[i];

      if (self->request == NULL)
        continue;
      g_clear_pointer (&self->request, wc_history_cancel);
      ask_cache (self);
    }
}

void
wc_pages_end_all (WcConversation *conversation)
{
  g_autoptr (GError) error = g_error_new_literal (WC_ERROR, WC_ERROR_CLOSED, _("You are not logged in."));

  for (guint i = 0; i < conversation->pages->len; i++)
    stop_asking (conversation->pages->pdata[i]);
  conversation->client = NULL;
  while (conversation->pages->len > 0)
    complete (conversation->pages->pdata[0], NULL, error);
}
