/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SEARCH: what the store finds in the asker's own conversations, sent at the receiver's pace. */
#include "chat/hub-private.h"

#include <string.h>

typedef struct
{
  Job job;
  char *words;
  char *conv;       /* NULL: all conversations */
  char *id;         /* what the asker calls the request; NULL for nothing */
  guint limit;
  guint asked_for;  /* of the store: more when there are hits that nobody may see */
  ClientList *list; /* as it was when it asked: nobody else is named */
  gboolean ready;
  StoreHit *hits;   /* one block with their texts; NULL when the search failed */
  guint n_hits, position;
  guint n_found;    /* of whomever: so many hits the store gave */
} SearchJob;

static void
search_job_free (Job *job)
{
  SearchJob *self = (SearchJob *) job;

  client_list_unref (self->list);
  g_free (self->hits);
  g_free (self->words);
  g_free (self->conv);
  g_free (self->id);
  g_free (self);
}

static const char *
put (char **at, const char *data, gsize len)
{
  char *start = memcpy (*at, data, len);

  start[len] = '\0';
  *at += len + 1;
  return start;
}

/* Those with whom is on the list, as many as were asked for. */
static guint
choose_hits (SearchJob *self, const StoreHit *hits, guint n, const StoreHit **chosen)
{
  guint n_chosen = 0;

  for (guint i = 0; i < n && n_chosen < self->limit; i++)
    if (client_list_contains (self->list, hits[i].peer))
      chosen[n_chosen++] = &hits[i];
  return n_chosen;
}

static StoreHit *
copy_hits (const StoreHit **hits, guint n)
{
  gsize size = (n + 1) * sizeof **hits; /* never nothing */
  StoreHit *copy;
  char *text;

  for (guint i = 0; i < n; i++)
    size += strlen (hits[i]->peer) + strlen (hits[i]->message.from) + hits[i]->message.text_len + 3;
  copy = g_malloc (size);
  text = (char *) (copy + n);
  for (guint i = 0; i < n; i++)
    {
      copy[i] = *hits[i];
      copy[i].peer = put (&text, hits[i]->peer, strlen (hits[i]->peer));
      copy[i].message.from = put (&text, hits[i]->message.from, strlen (hits[i]->message.from));
      copy[i].message.text = put (&text, hits[i]->message.text, hits[i]->message.text_len);
      copy[i].message.nonce = NULL;
    }
  return copy;
}

/* On a reader's thread; the job is nobody else's until drained() is asked for. */
static void
found_cb (const StoreHit *hits, guint n_hits, const GError *error, gpointer user_data)
{
  Peer *peer = user_data;
  Connection *connection = peer->connection;
  SearchJob *self = (SearchJob *) peer->job;

  if (error == NULL)
    {
      g_autofree const StoreHit **chosen = g_new (const StoreHit *, n_hits + 1);

      self->n_found = n_hits;
      self->n_hits = choose_hits (self, hits, n_hits, chosen);
      self->hits = copy_hits (chosen, self->n_hits);
    }
  else
    g_warning ("cannot search for %s: %s", peer->id, error->message);
  self->ready = TRUE;
  connection_notify_drained (connection);
  connection_unref (connection);
}

static void
send_hit (Peer *peer, const StoreHit *hit)
{
  WireMessage message = { .verb = WIRE_SEARCH_RESP, .text = { hit->message.text, hit->message.text_len } };

  message.tags.set = WIRE_TAG_CONV | WIRE_TAG_SEQ | WIRE_TAG_FROM | WIRE_TAG_TIME;
  message.tags.conv = WIRE_SPAN (hit->peer);
  message.tags.seq = hit->message.seq;
  message.tags.from = WIRE_SPAN (hit->message.from);
  message.tags.time = hit->message.time;
  peer_send (peer, &message);
}

static void
send_end (SearchJob *self, Peer *peer)
{
  WireMessage end = { .verb = WIRE_SEARCH_END };

  if (self->hits == NULL)
    {
      peer_send_error (peer, WIRE_STORE_FAILED, self->id ? WIRE_SPAN (self->id) : WIRE_NO_SPAN,
                       "the messages cannot be searched; try again later");
      return;
    }

  end.tags.set = WIRE_TAG_COUNT;
  end.tags.count = self->n_hits;
  peer_send (peer, &end);
}

/* Whether there may be more to send than was found, because there are hits with those who are off the list. */
static gboolean
must_ask_for_more (SearchJob *self)
{
  return self->n_hits < self->limit && self->n_found == self->asked_for && self->asked_for < STORE_PAGE_MAX && self->hits != NULL;
}

static void
ask (SearchJob *self, Peer *peer, guint n)
{
  self->asked_for = n;
  self->ready = FALSE;
  g_clear_pointer (&self->hits, g_free);
  self->n_hits = self->n_found = 0;
  connection_ref (peer->connection);
  store_search (peer->hub->store, peer->id, self->conv, self->words, n, found_cb, peer);
}

static void
search_job_next (Job *job, Peer *peer)
{
  SearchJob *self = (SearchJob *) job;

  if (!self->ready)
    {
      ask (self, peer, self->limit);
      return;
    }
  if (self->position == 0 && must_ask_for_more (self))
    {
      ask (self, peer, STORE_PAGE_MAX);
      return;
    }

  for (; self->position < self->n_hits && connection_wants_more (peer->connection); self->position++)
    send_hit (peer, &self->hits[self->position]);
  if (self->position < self->n_hits)
    {
      connection_notify_drained (peer->connection);
      return;
    }

  send_end (self, peer);
  peer_end_job (peer);
}

void
handle_search (Peer *peer, const WireMessage *message)
{
  Hub *hub = peer->hub;
  g_autofree char *conv = message->tags.conv.data ? wire_span_dup (message->tags.conv) : NULL;
  g_autoptr (ClientList) list = NULL;
  SearchJob *job;

  g_mutex_lock (&hub->lock);
  list = client_list_ref (hub->list);
  g_mutex_unlock (&hub->lock);
  if (conv != NULL && !client_list_contains (list, conv))
    {
      peer_send_error (peer, WIRE_UNKNOWN_CLIENT, message->tags.id, "nobody on the ClientID-List has that Client-ID");
      return;
    }

  job = g_new0 (SearchJob, 1);
  job->job.next = search_job_next;
  job->job.free = search_job_free;
  job->words = wire_span_dup (message->text);
  job->conv = g_steal_pointer (&conv);
  job->id = message->tags.id.data ? wire_span_dup (message->tags.id) : NULL;
  job->limit = message->tags.set & WIRE_TAG_LIMIT ? MIN (message->tags.limit, WIRE_SEARCH_LIMIT_MAX) : WIRE_SEARCH_LIMIT_DEFAULT;
  job->list = g_steal_pointer (&list);
  peer_start_job (peer, &job->job);
}
