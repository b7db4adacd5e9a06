/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gi18n.h>

#include "client/client-private.h"
#include "shared/client-id.h"

#define TRIES_MAX 5

struct _WcSearchRequest
{
  WcSearchQueue *queue;
  char *peer; /* NULL: in all conversations */
  char *words;
  guint limit;
  guint64 id;
  guint n_tries;
  GPtrArray *hits;
  WcSearchFunc func; /* NULL: nobody wants the answer any more */
  gpointer user_data;
};

struct _WcSearchQueue
{
  WcClient *client; /* not owned: it owns the queue */
  WcSearchRequest *asked; /* the server works on it */
  GQueue waiting;
  guint pause_source;
};

WcSearchQueue *
wc_search_queue_new (WcClient *client)
{
  WcSearchQueue *self = g_new0 (WcSearchQueue, 1);

  self->client = client;

  return self;
}

static void
request_free (WcSearchRequest *request)
{
  g_ptr_array_unref (request->hits);
  g_free (request->peer);
  g_free (request->words);
  g_free (request);
}

void
wc_search_queue_free (WcSearchQueue *self)
{
  g_clear_handle_id (&self->pause_source, g_source_remove);
  g_clear_pointer (&self->asked, request_free);
  g_queue_clear_full (&self->waiting, (GDestroyNotify) request_free);
  g_free (self);
}

/* It is in no list any more. Its function may ask for something else. */
static void
complete (WcSearchRequest *request, const GError *error)
{
  if (request->func != NULL)
    request->func (error == NULL ? request->hits : NULL, request->hits->len >= request->limit, error, request->user_data);
  request_free (request);
}

static void
pump (WcSearchQueue *self)
{
  WireMessage message = { .verb = WIRE_SEARCH };
  WcSearchRequest *request;

  if (self->asked != NULL || self->pause_source != 0 || self->client->state != WC_STATE_ONLINE || self->waiting.length == 0)
    return;

  request = self->asked = g_queue_pop_head (&self->waiting);
  g_ptr_array_set_size (request->hits, 0);
  message.tags.set = WIRE_TAG_LIMIT;
  message.tags.limit = request->limit;
  if (request->peer != NULL)
    {
      message.tags.set |= WIRE_TAG_CONV;
      message.tags.conv = WIRE_SPAN (request->peer);
    }
  message.text = WIRE_SPAN (request->words);
  request->id = wc_client_send_tracked (self->client, &message);
}

void
wc_search_queue_fail_all (WcSearchQueue *self, const GError *error)
{
  WcSearchRequest *request;

  g_clear_handle_id (&self->pause_source, g_source_remove);
  if ((request = g_steal_pointer (&self->asked)) != NULL)
    complete (request, error);
  while ((request = g_queue_pop_head (&self->waiting)) != NULL)
    complete (request, error);
}

gboolean
wc_search_queue_take_response (WcSearchQueue *self, const WireMessage *message)
{
  const guint needed = WIRE_TAG_CONV | WIRE_TAG_SEQ | WIRE_TAG_FROM | WIRE_TAG_TIME;
  const WireTags *tags = &message->tags;
  g_autofree char *peer = NULL, *from = NULL, *text = NULL;
  g_autoptr (WcEntry) entry = NULL;
  WcConversation *conversation;
  gboolean own;

  if (self->asked == NULL)
    return FALSE;
  if ((tags->set & needed) != needed || tags->seq == 0 || !client_id_is_valid (tags->from.data, tags->from.len)
      || self->asked->hits->len >= self->asked->limit)
    return FALSE;
  if (self->asked->func == NULL)
    return TRUE;

  /* What is in a room is no one's that can be shown. */
  peer = wire_span_dup (tags->conv);
  conversation = wc_client_meet (self->client, peer, FALSE);
  if (conversation == NULL)
    return TRUE;

  from = wire_span_dup (tags->from);
  text = wire_span_dup (message->text);
  own = g_str_equal (from, self->client->client_id);
  entry = wc_entry_new_message (from, own, text, tags->seq, tags->time, own ? WC_DELIVERY_STORED : WC_DELIVERY_NONE);
  g_ptr_array_add (self->asked->hits, wc_hit_new (conversation, entry));

  return TRUE;
}

gboolean
wc_search_queue_take_end (WcSearchQueue *self)
{
  WcSearchRequest *request = g_steal_pointer (&self->asked);

  if (request == NULL)
    return FALSE;

  complete (request, NULL);
  pump (self);

  return TRUE;
}

static gboolean
pause_cb (gpointer user_data)
{
  WcSearchQueue *self = user_data;

  self->pause_source = 0;
  pump (self);

  return G_SOURCE_REMOVE;
}

gboolean
wc_search_queue_take_error (WcSearchQueue *self, guint64 id, gboolean try_again, const char *why)
{
  WcSearchRequest *request = self->asked;
  g_autoptr (GError) error = NULL;

  if (request == NULL || request->id != id)
    return FALSE;

  self->asked = NULL;
  if (try_again && request->func != NULL && ++request->n_tries < TRIES_MAX)
    {
      g_queue_push_head (&self->waiting, request);
      self->pause_source = g_timeout_add (self->client->timing.pause, pause_cb, self);
      return TRUE;
    }

  g_set_error (&error, WC_ERROR, WC_ERROR_FAILED, _("The server could not search. Only what is kept on this computer was searched.\n%s"), why);
  complete (request, error);
  pump (self);

  return TRUE;
}

WcSearchRequest *
wc_search_request (WcClient *client, const char *peer, const char *words, guint limit, WcSearchFunc func, gpointer user_data, GError **error)
{
  WcSearchRequest *request;

  if (client->state != WC_STATE_ONLINE)
    {
      g_set_error_literal (error, WC_ERROR, WC_ERROR_CLOSED, _("Only what is kept on this computer was searched: there is no connection to the server."));
      return NULL;
    }
  if (client->base)
    {
      g_set_error_literal (error, WC_ERROR, WC_ERROR_FAILED, _("Only what is kept on this computer was searched: this server cannot search."));
      return NULL;
    }

  request = g_new0 (WcSearchRequest, 1);
  request->queue = client->searches;
  request->peer = g_strdup (peer);
  request->words = g_strdup (words);
  request->limit = limit;
  request->hits = g_ptr_array_new_with_free_func (g_object_unref);
  request->func = func;
  request->user_data = user_data;
  g_queue_push_tail (&client->searches->waiting, request);
  pump (client->searches);

  return request;
}

void
wc_search_request_cancel (WcSearchRequest *request)
{
  request->func = NULL;
  if (request->queue->asked == request)
    return; /* its answer is still to come, and to be told from the next one's */

  g_queue_remove (&request->queue->waiting, request);
  request_free (request);
}
