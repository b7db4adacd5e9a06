/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HISTORY_REQ: read from the store in pieces, each when the one before has gone out. */
#include "chat/hub-private.h"

#define ROWS_PER_READ 32

/* Messages are numbered without a gap, so that every request is a range of numbers, read upwards. */
typedef struct
{
  Job job;
  char *with;       /* the other side's Client-ID */
  WireTags asked;   /* without its texts: they lie in the line */
  char *id;         /* what the asker calls the request; NULL for nothing */
  gboolean started; /* the range is known */
  gboolean finished;
  gboolean failed;
  guint64 first, after, end; /* what comes next lies between after and end, both excluded */
  guint64 last;     /* the newest that exists */
  guint64 removed;  /* the newest of those that were too old */
  guint64 count;
  guint64 delivered; /* how far the asker's devices had been sent it before */
  guint64 sent;      /* the newest message of the other side's that was sent now */
} HistoryJob;

static void
history_job_free (Job *job)
{
  HistoryJob *self = (HistoryJob *) job;

  g_free (self->with);
  g_free (self->id);
  g_free (self);
}

static void
choose_range (HistoryJob *self, WireDialect dialect)
{
  guint64 limit = self->asked.set & WIRE_TAG_LIMIT ? MIN (self->asked.limit, WIRE_HISTORY_LIMIT_MAX) : WIRE_HISTORY_LIMIT_DEFAULT;
  guint64 newest_end = self->last + 1;

  self->started = TRUE;
  self->after = 0;
  self->end = newest_end;
  if (dialect == WIRE_PROTO2)
    {
      if (self->asked.set & WIRE_TAG_BEFORE)
        self->end = CLAMP (self->asked.before, 1, newest_end);
      if (self->asked.set & WIRE_TAG_AFTER)
        {
          self->after = CLAMP (self->asked.after, self->removed, self->last);
          self->end = MIN (self->end, self->after + limit + 1);
        }
      else
        self->after = MAX (self->removed, self->end - 1 > limit ? self->end - 1 - limit : 0);
    }
  self->end = MAX (self->end, self->after + 1);
  self->first = self->after;
}

/* Whether there is more in the direction that was asked for. */
static gboolean
has_more (HistoryJob *self)
{
  if (self->asked.set & WIRE_TAG_AFTER)
    return self->end <= self->last && !(self->asked.set & WIRE_TAG_BEFORE && self->end >= self->asked.before);

  return self->first > self->removed;
}

/* Whoever wrote what was away when it came is told that it has arrived. */
static void
tell_delivered (HistoryJob *self, Peer *peer)
{
  Hub *hub = peer->hub;

  g_mutex_lock (&hub->lock);
  peer->history_with = NULL;
  if (peer->dialect == WIRE_PROTO2 && self->sent > MAX (self->delivered, peer->history_delivered))
    marks_set_delivered (hub, peer->id, self->with, self->sent);
  peer->history_delivered = 0;
  g_mutex_unlock (&hub->lock);
}

static void
send_end (HistoryJob *self, Peer *peer)
{
  WireMessage end = { .verb = WIRE_HISTORY_END, .word[0] = WIRE_SPAN (self->with) };

  if (self->failed)
    {
      peer_send_error (peer, WIRE_STORE_FAILED, self->id ? WIRE_SPAN (self->id) : WIRE_NO_SPAN, "the history cannot be read; try again later");
      return;
    }
  if (peer->dialect == WIRE_BASE)
    return;

  end.tags.set = WIRE_TAG_COUNT | WIRE_TAG_LAST | WIRE_TAG_MORE;
  end.tags.count = self->count;
  end.tags.last = self->last;
  end.tags.more = has_more (self);
  peer_send (peer, &end);
}

static void
send_row (HistoryJob *self, Peer *peer, const StoreRow *row)
{
  WireMessage message = { .verb = WIRE_HISTORY_RESP, .text = { row->text, row->text_len } };
  gboolean own = g_str_equal (row->from, peer->id);

  message.tags.set = WIRE_TAG_SEQ | WIRE_TAG_FROM | WIRE_TAG_TIME;
  message.tags.seq = row->seq;
  message.tags.from = WIRE_SPAN (row->from);
  message.tags.time = row->time;
  if (row->nonce != NULL && own)
    {
      message.tags.set |= WIRE_TAG_ID; /* its own name for it: so it can tell what has arrived from what has not */
      message.tags.id = WIRE_SPAN (row->nonce);
    }
  peer_send (peer, &message);
  if (!own)
    self->sent = row->seq;
}

/* On a reader's thread; the job is nobody else's until drained() is asked for. */
static void
read_cb (const StorePage *page, const GError *error, gpointer user_data)
{
  Peer *peer = user_data;
  Connection *connection = peer->connection;
  HistoryJob *self = (HistoryJob *) peer->job;

  if (error != NULL)
    {
      g_warning ("cannot read the history of %s with %s: %s", peer->id, self->with, error->message);
      self->failed = TRUE;
    }
  else if (!self->started)
    {
      self->last = page->last;
      self->removed = page->removed;
      self->delivered = page->delivered;
      choose_range (self, peer->dialect);
    }
  else
    {
      guint i = 0;

      for (; i < page->n_rows && page->rows[i].seq < self->end && connection_wants_more (connection); i++)
        {
          send_row (self, peer, &page->rows[i]);
          self->after = page->rows[i].seq;
          self->count++;
        }
      /* Also when they were removed since: what comes after them was not asked for. */
      if (page->n_rows == 0 || (i < page->n_rows && page->rows[i].seq >= self->end))
        self->after = self->end;
    }

  self->finished = self->failed || self->after + 1 >= self->end;
  connection_flush_burst ();
  connection_notify_drained (connection);
  connection_unref (connection);
}

static void
history_job_next (Job *job, Peer *peer)
{
  HistoryJob *self = (HistoryJob *) job;
  StoreRange newest = { .limit = 1 };
  StoreRange range = { .after = self->after, .from_start = TRUE, .limit = MIN (ROWS_PER_READ, self->end - self->after - 1) };

  if (self->finished)
    {
      send_end (self, peer);
      tell_delivered (self, peer);
      peer_end_job (peer);
      return;
    }

  connection_ref (peer->connection);
  store_read (peer->hub->store, peer->id, self->with, self->started ? &range : &newest, read_cb, peer);
}

void
handle_history_req (Peer *peer, const WireMessage *message)
{
  Hub *hub = peer->hub;
  g_autofree char *with = wire_span_dup (message->word[0]);
  gboolean known;
  HistoryJob *job;

  g_mutex_lock (&hub->lock);
  known = client_list_contains (hub->list, with);
  g_mutex_unlock (&hub->lock);
  if (!known)
    {
      peer_send_error (peer, WIRE_UNKNOWN_CLIENT, message->tags.id, "nobody on the ClientID-List has that Client-ID");
      return;
    }

  job = g_new0 (HistoryJob, 1);
  job->job.next = history_job_next;
  job->job.free = history_job_free;
  job->with = g_steal_pointer (&with);
  job->asked = message->tags;
  job->id = message->tags.id.data ? wire_span_dup (message->tags.id) : NULL;
  g_mutex_lock (&hub->lock);
  peer->history_with = job->with;
  g_mutex_unlock (&hub->lock);
  peer_start_job (peer, &job->job);
}
