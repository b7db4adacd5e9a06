/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CONVERSATIONS: with whom the asker has messages, and how far both have come. Read at once, and sent at the receiver's pace. */
#include "chat/hub-private.h"

#include <string.h>

typedef struct
{
  Job job;
  char *id;                   /* what the asker calls the request; NULL for nothing */
  gboolean marks;             /* it wants to know of both sides */
  ClientList *list;           /* as it was when it asked: nobody else is named */
  gboolean ready;
  StoreConversationRow *rows; /* one block with their texts; NULL when they cannot be read */
  guint n_rows, position;
} ConversationsJob;

static void
conversations_job_free (Job *job)
{
  ConversationsJob *self = (ConversationsJob *) job;

  client_list_unref (self->list);
  g_free (self->rows);
  g_free (self->id);
  g_free (self);
}

static StoreConversationRow *
copy_rows (const StoreConversationRow *rows, guint n)
{
  gsize size = (n + 1) * sizeof *rows; /* never nothing */
  StoreConversationRow *copy;
  char *text;

  for (guint i = 0; i < n; i++)
    size += strlen (rows[i].peer) + 1;
  copy = g_malloc (size);
  text = (char *) (copy + n);
  for (guint i = 0; i < n; i++)
    {
      gsize len = strlen (rows[i].peer) + 1;

      copy[i] = rows[i];
      copy[i].peer = memcpy (text, rows[i].peer, len);
      text += len;
    }
  return copy;
}

/* On a reader's thread; the job is nobody else's until drained() is asked for. */
static void
list_cb (const StoreConversationRow *rows, guint n_rows, const GError *error, gpointer user_data)
{
  Peer *peer = user_data;
  Connection *connection = peer->connection;
  ConversationsJob *self = (ConversationsJob *) peer->job;

  if (error == NULL)
    {
      self->rows = copy_rows (rows, n_rows);
      self->n_rows = n_rows;
    }
  else
    g_warning ("cannot read the conversations of %s: %s", peer->id, error->message);
  self->ready = TRUE;
  connection_notify_drained (connection);
  connection_unref (connection);
}

static void
send_row (ConversationsJob *self, Peer *peer, const StoreConversationRow *row)
{
  WireMessage message = { .verb = WIRE_CONVERSATION, .word[0] = WIRE_SPAN (row->peer) };

  message.tags.set = WIRE_TAG_LAST | WIRE_TAG_READ | WIRE_TAG_TIME;
  message.tags.last = row->last;
  message.tags.read = row->read;
  message.tags.time = row->time;
  if (self->marks)
    {
      message.tags.set |= WIRE_TAG_DELIVERED | WIRE_TAG_PEERREAD;
      message.tags.delivered = row->delivered;
      message.tags.peerread = row->peer_read;
    }
  peer_send (peer, &message);
}

static void
conversations_job_next (Job *job, Peer *peer)
{
  ConversationsJob *self = (ConversationsJob *) job;

  if (!self->ready)
    {
      connection_ref (peer->connection);
      store_list (peer->hub->store, peer->id, list_cb, peer);
      return;
    }

  for (; self->position < self->n_rows && connection_wants_more (peer->connection); self->position++)
    if (client_list_contains (self->list, self->rows[self->position].peer))
      send_row (self, peer, &self->rows[self->position]);
  if (self->position < self->n_rows)
    {
      connection_notify_drained (peer->connection);
      return;
    }

  if (self->rows != NULL)
    peer_send_verb (peer, WIRE_CONVERSATIONS_END);
  else
    peer_send_error (peer, WIRE_STORE_FAILED, self->id ? WIRE_SPAN (self->id) : WIRE_NO_SPAN,
                     "the conversations cannot be read; try again later");
  peer_end_job (peer);
}

void
handle_conversations (Peer *peer, const WireMessage *message)
{
  Hub *hub = peer->hub;
  ConversationsJob *job = g_new0 (ConversationsJob, 1);

  job->job.next = conversations_job_next;
  job->job.free = conversations_job_free;
  job->id = message->tags.id.data ? wire_span_dup (message->tags.id) : NULL;
  job->marks = wire_tags_want (&message->tags, "marks");
  g_mutex_lock (&hub->lock);
  job->list = client_list_ref (hub->list);
  g_mutex_unlock (&hub->lock);
  peer_start_job (peer, &job->job);
}
