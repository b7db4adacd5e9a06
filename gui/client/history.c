/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/history.h"

#include <glib/gi18n.h>
#include <string.h>

#include "client/client-private.h"
#include "shared/client-id.h"

#define IN_FLIGHT_MAX 16
#define TRIES_MAX 10

/* A base server answers with everything at once: no more than this is kept of it. */
#define BASE_LINES_MAX 100000

struct _WcHistory
{
  WcHistoryQueue *queue;
  GList *link; /* in which list it is */
  GQueue *list;
  char *peer;
  WcHistoryKind kind;
  guint64 seq;
  guint limit;
  gboolean idle;
  guint n_tries;
  guint64 id;
  gint64 sent_at;
  GPtrArray *entries;
  WcHistoryFunc func; /* NULL: nobody wants the answer any more */
  gpointer user_data;
};

struct _WcHistoryQueue
{
  WcClient *client; /* not owned: it owns the queue */
  GQueue waiting;
  GQueue idle;
  GQueue in_flight; /* in the order of the answers */
  gint64 last_answer;
  guint pause_source;
  guint quiet_source; /* base: the end of the answer is seen by nothing more coming */
};

WcHistoryQueue *
wc_history_queue_new (WcClient *client)
{
  WcHistoryQueue *self = g_new0 (WcHistoryQueue, 1);

  self->client = client;

  return self;
}

static void
wc_history_free (WcHistory *request)
{
  g_queue_delete_link (request->list, request->link);
  g_clear_pointer (&request->entries, g_ptr_array_unref);
  g_free (request->peer);
  g_free (request);
}

static void
move_to (WcHistory *request, GQueue *list, gboolean head)
{
  if (request->list != NULL)
    g_queue_delete_link (request->list, request->link);
  request->list = list;
  if (head)
    g_queue_push_head (list, request);
  else
    g_queue_push_tail (list, request);
  request->link = head ? list->head : list->tail;
}

static void
stop_timers (WcHistoryQueue *self)
{
  g_clear_handle_id (&self->pause_source, g_source_remove);
  g_clear_handle_id (&self->quiet_source, g_source_remove);
}

void
wc_history_queue_free (WcHistoryQueue *self)
{
  GQueue *lists[] = { &self->in_flight, &self->waiting, &self->idle };

  stop_timers (self);
  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    while (!g_queue_is_empty (lists[i]))
      wc_history_free (lists[i]->head->data);
  g_free (self);
}

/* Takes the request out and calls its function, which may ask for the next page. */
static void
complete (WcHistory *request, const WcHistoryPage *page, const GError *error)
{
  WcHistoryFunc func = request->func;
  gpointer user_data = request->user_data;
  g_autoptr (GPtrArray) entries = g_steal_pointer (&request->entries);

  wc_history_free (request);
  if (func != NULL)
    func (page, error, user_data);
}

static gboolean
quiet_cb (gpointer user_data)
{
  WcHistoryQueue *self = user_data;
  WcHistory *request = self->in_flight.head->data;
  WcHistoryPage page = { .entries = request->entries, .base = TRUE };

  self->quiet_source = 0;
  complete (request, &page, NULL);
  wc_history_pump (self);

  return G_SOURCE_REMOVE;
}

static void
wait_for_quiet (WcHistoryQueue *self)
{
  g_clear_handle_id (&self->quiet_source, g_source_remove);
  self->quiet_source = g_timeout_add (self->client->timing.base_quiet, quiet_cb, self);
}

static void
transmit (WcHistoryQueue *self, WcHistory *request)
{
  WireMessage message = { .verb = WIRE_HISTORY_REQ };

  if (request->entries == NULL)
    request->entries = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_set_size (request->entries, 0);
  request->sent_at = g_get_monotonic_time ();
  move_to (request, &self->in_flight, FALSE);

  message.word[0] = WIRE_SPAN (request->peer);
  message.tags.set = WIRE_TAG_LIMIT;
  message.tags.limit = request->limit;
  if (request->kind == WC_HISTORY_BEFORE)
    {
      message.tags.set |= WIRE_TAG_BEFORE;
      message.tags.before = request->seq;
    }
  else if (request->kind == WC_HISTORY_AFTER)
    {
      message.tags.set |= WIRE_TAG_AFTER;
      message.tags.after = request->seq;
    }
  request->id = wc_client_send_tracked (self->client, &message);
  if (self->client->base)
    wait_for_quiet (self);
}

/* An own message that may be stored already would be in the page as well as in the outbox. */
static gboolean
is_blocked (WcHistoryQueue *self, WcHistory *request)
{
  WcConversation *conversation = wc_client_lookup (self->client, request->peer);

  return !self->client->base && conversation != NULL && conversation->n_unsure > 0;
}

static WcHistory *
next (WcHistoryQueue *self, GQueue *list)
{
  for (GList *link = list->head; link != NULL; link = link->next)
    if (!is_blocked (self, link->data))
      return link->data;

  return NULL;
}

void
wc_history_pump (WcHistoryQueue *self)
{
  WcHistory *request;
  guint max = self->client->base ? 1 : IN_FLIGHT_MAX;

  if (self->client->state != WC_STATE_ONLINE || self->pause_source != 0)
    return;

  while (self->in_flight.length < max && (request = next (self, &self->waiting)) != NULL)
    transmit (self, request);
  while (self->in_flight.length < max && (request = next (self, &self->idle)) != NULL)
    transmit (self, request);
}

WcHistory *
wc_history_request (WcClient *client, const char *peer, WcHistoryKind kind, guint64 seq, guint limit, gboolean idle, WcHistoryFunc func,
                    gpointer user_data, GError **error)
{
  WcHistoryQueue *self;
  WcHistory *request;

  if (client == NULL || client->state == WC_STATE_OFFLINE)
    {
      g_set_error_literal (error, WC_ERROR, WC_ERROR_CLOSED, _("You are not logged in."));
      return NULL;
    }

  self = client->history;
  request = g_new0 (WcHistory, 1);
  request->queue = self;
  request->peer = g_strdup (peer);
  request->kind = kind;
  request->seq = seq;
  request->limit = limit;
  request->idle = idle;
  request->func = func;
  request->user_data = user_data;
  move_to (request, idle ? &self->idle : &self->waiting, FALSE);
  wc_history_pump (self);

  return request;
}

void
wc_history_cancel (WcHistory *request)
{
  request->func = NULL;
  if (request->list != &request->queue->in_flight)
    wc_history_free (request);
}

void
wc_history_connection_lost (WcHistoryQueue *self)
{
  stop_timers (self);
  for (GList *link = self->in_flight.tail, *previous; link != NULL; link = previous)
    {
      WcHistory *request = link->data;

      previous = link->prev;
      if (request->func == NULL)
        wc_history_free (request);
      else
        move_to (request, request->idle ? &self->idle : &self->waiting, TRUE);
    }
}

void
wc_history_fail_all (WcHistoryQueue *self, const GError *error)
{
  wc_history_connection_lost (self);
  while (self->waiting.length > 0)
    complete (self->waiting.head->data, NULL, error);
  while (self->idle.length > 0)
    complete (self->idle.head->data, NULL, error);
}

gint64
wc_history_get_waiting_since (WcHistoryQueue *self)
{
  WcHistory *request = g_queue_peek_head (&self->in_flight);

  return request != NULL ? MAX (request->sent_at, self->last_answer) : 0;
}

static void
add_entry (WcHistoryQueue *self, WcHistory *request, const WireMessage *message)
{
  g_autofree char *from = wire_span_dup (message->tags.from), *text = wire_span_dup (message->text);
  gboolean own = g_str_equal (from, self->client->client_id);
  WcDelivery delivery = own && !self->client->base ? WC_DELIVERY_STORED : WC_DELIVERY_NONE;

  g_ptr_array_add (request->entries, wc_entry_new_message (from, own, text, message->tags.seq, message->tags.time, delivery));
}

/* "From <id>:" has become the from tag; there is no other. */
static gboolean
take_base_response (WcHistoryQueue *self, WcHistory *request, const WireMessage *message)
{
  wait_for_quiet (self);
  if ((message->tags.set & WIRE_TAG_FROM) == 0 || !client_id_is_valid (message->tags.from.data, message->tags.from.len)
      || request->entries->len >= BASE_LINES_MAX)
    return FALSE;

  add_entry (self, request, message);

  return TRUE;
}

/* One's own message that waits for its SENT: the page says that it is stored. */
static void
acknowledge (WcHistoryQueue *self, const char *peer, const WireTags *tags)
{
  WcConversation *conversation = wc_client_lookup (self->client, peer);
  g_autofree char *nonce = wire_span_dup (tags->id);

  if (conversation != NULL && wire_span_equal (tags->from, self->client->client_id))
    wc_outbox_acknowledge (conversation, nonce, tags->seq, tags->time);
}

gboolean
wc_history_take_response (WcHistoryQueue *self, const WireMessage *message)
{
  const guint needed = WIRE_TAG_SEQ | WIRE_TAG_FROM | WIRE_TAG_TIME;
  WcHistory *request = g_queue_peek_head (&self->in_flight);
  const WireTags *tags = &message->tags;

  if (request == NULL)
    return FALSE;
  if (self->client->base)
    return take_base_response (self, request, message);

  self->last_answer = g_get_monotonic_time ();
  if ((tags->set & needed) != needed || tags->seq == 0 || !client_id_is_valid (tags->from.data, tags->from.len)
      || request->entries->len >= request->limit
      || (request->entries->len > 0 && wc_entry_get_seq (request->entries->pdata[request->entries->len - 1]) >= tags->seq))
    return FALSE;

  add_entry (self, request, message);
  if ((tags->set & WIRE_TAG_ID) != 0)
    acknowledge (self, request->peer, tags);

  return TRUE;
}

gboolean
wc_history_take_end (WcHistoryQueue *self, const WireMessage *message)
{
  WcHistory *request = g_queue_peek_head (&self->in_flight);
  WcHistoryPage page = { 0 };

  if (request == NULL || !wire_span_equal (message->word[0], request->peer))
    return FALSE;

  self->last_answer = g_get_monotonic_time ();
  page.entries = request->entries;
  page.last = (message->tags.set & WIRE_TAG_LAST) != 0 ? message->tags.last : 0;
  if (page.entries->len > 0)
    page.last = MAX (page.last, wc_entry_get_seq (page.entries->pdata[page.entries->len - 1]));
  page.more = (message->tags.set & WIRE_TAG_MORE) != 0 ? message->tags.more != 0 : page.entries->len >= request->limit;
  complete (request, &page, NULL);
  wc_history_pump (self);

  return TRUE;
}

static gboolean
pause_cb (gpointer user_data)
{
  WcHistoryQueue *self = user_data;

  self->pause_source = 0;
  wc_history_pump (self);

  return G_SOURCE_REMOVE;
}

gboolean
wc_history_take_error (WcHistoryQueue *self, guint64 id, gboolean try_again, const char *why)
{
  for (GList *link = self->in_flight.head; link != NULL; link = link->next)
    {
      WcHistory *request = link->data;
      g_autoptr (GError) error = NULL;

      if (request->id != id)
        continue;

      if (request->func != NULL && try_again && ++request->n_tries < TRIES_MAX)
        {
          /* Behind those in flight, which may be refused too: they keep their order then. */
          move_to (request, request->idle ? &self->idle : &self->waiting, request->idle);
          if (self->pause_source == 0)
            self->pause_source = g_timeout_add (self->client->timing.pause, pause_cb, self);
          return TRUE;
        }

      g_set_error (&error, WC_ERROR, WC_ERROR_FAILED, _("The server could not show these messages.\n%s"), why);
      complete (request, NULL, error);
      wc_history_pump (self);
      return TRUE;
    }

  return FALSE;
}
