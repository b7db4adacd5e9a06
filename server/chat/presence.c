/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CLIENTS: who is on the list and who of them is there, now and as it changes. */
#include "chat/hub-private.h"

#define CLIENTS_PER_TURN 500

typedef struct
{
  Job job;
  ClientList *list;
  gboolean since; /* it wants to know when those who are away were last there */
  guint position;
} ClientsJob;

static void
clients_job_free (Job *job)
{
  ClientsJob *self = (ClientsJob *) job;

  client_list_unref (self->list);
  g_free (self);
}

static void
clients_job_next (Job *job, Peer *peer)
{
  ClientsJob *self = (ClientsJob *) job;
  Hub *hub = peer->hub;
  guint size = client_list_get_size (self->list);
  guint end = MIN (size, self->position + CLIENTS_PER_TURN);

  g_mutex_lock (&hub->lock);
  for (; self->position < end && connection_wants_more (peer->connection); self->position++)
    {
      const char *id = client_list_get_id (self->list, self->position);
      WireMessage message = { .verb = WIRE_CLIENT, .word[0] = WIRE_SPAN (id) };
      gboolean online = registry_find (hub, id) != NULL;

      message.tags.set = WIRE_TAG_STATE;
      message.tags.state = WIRE_SPAN (online ? "online" : "offline");
      if (self->since && !online && seen_get (hub, id, &message.tags.since))
        message.tags.set |= WIRE_TAG_SINCE;
      peer_send (peer, &message);
    }
  g_mutex_unlock (&hub->lock);

  if (self->position < size)
    {
      connection_notify_drained (peer->connection);
      return;
    }
  peer_send_verb (peer, WIRE_CLIENTS_END);
  peer_end_job (peer);
}

void
handle_clients (Peer *peer, const WireMessage *message)
{
  Hub *hub = peer->hub;
  ClientsJob *job = g_new0 (ClientsJob, 1);

  job->job.next = clients_job_next;
  job->job.free = clients_job_free;
  job->since = wire_tags_want (&message->tags, "since");

  /* Watching begins before the list is written: a change in between is told rather than missed. */
  g_mutex_lock (&hub->lock);
  job->list = client_list_ref (hub->list);
  if (peer->client != NULL)
    registry_watch (hub, peer);
  g_mutex_unlock (&hub->lock);
  peer_start_job (peer, &job->job);
}
