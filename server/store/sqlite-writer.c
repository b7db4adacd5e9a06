/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sqlite-writer.h"

#include "store/retention.h"
#include "store/sqlite-tables.h"

/* One transaction takes at most so much, so that its senders are answered and a failure stays
 * small. */
#define BATCH_MESSAGES 4096
#define BATCH_BYTES    (4 * 1024 * 1024)

/* Session numbers are reserved on disk in blocks; the next block is asked for when half of one is
 * used. A crash loses the rest of a block, which does no harm. */
#define SESSION_BLOCK 16384

/* What is pending is written when the first of it has waited so long. */
#define MARKS_WAIT (2 * G_TIME_SPAN_SECOND)

/* What can wait is done when no message came for so long; when they never stop, after all that a
 * step that has waited so long. */
#define QUIET     (50 * G_TIME_SPAN_MILLISECOND)
#define QUIET_MAX G_TIME_SPAN_SECOND

struct _StoreWriter
{
  StoreStoredFunc stored;
  gpointer user_data;
  GThread *thread;
  StorePendingMarks *pending;
  StoreSearch *search;

  /* The thread's alone while it runs: */
  StoreTables *tables;
  StoreRetention *retention;
  gint64 last_batch; /* when one was stored, monotonic */

  GMutex lock; /* guards all that follows */
  GCond wake;  /* the thread waits for it while asleep */
  gboolean asleep;
  gboolean closing;
  StoreMessage *queue; /* appended, not taken by the thread yet */
  StoreMessage **queue_end;
  gsize backlog; /* bytes of the queue and of what the thread has taken */
  guint64 session_next;
  guint64 session_end; /* the first that is not reserved */
  gboolean session_wanted;
  gint64 marks_due; /* when the pending marks are to be written, monotonic; G_MAXINT64 for none */
};

typedef struct
{
  StoreMessage *queue;
  gboolean sessions;
  gboolean marks;
  gboolean retention;
} Work;

static void
touch (StoreWriter *self)
{
  const GArray *touched = store_tables_get_touched (self->tables);

  store_search_touch (self->search, (const gint64 *)(const void *)touched->data, touched->len);
}

/* Stores the batch and hands it to its owner. */
static void
store_batch (StoreWriter *self, StoreMessage *batch, guint n, gsize bytes)
{
  g_autoptr (GError) error = NULL;

  if (store_tables_add_batch (self->tables, batch, n, &error))
    touch (self);
  g_mutex_lock (&self->lock);
  self->backlog -= bytes;
  g_mutex_unlock (&self->lock);
  self->stored (batch, error, self->user_data);
}

/* Cuts as much off the head of the queue as one transaction takes. */
static StoreMessage *
cut_batch (StoreMessage **queue, guint *n, gsize *bytes)
{
  StoreMessage *batch = *queue, *last = batch;

  *n = 1;
  *bytes = store_message_get_size (last);
  while (last->next != NULL && *n < BATCH_MESSAGES && *bytes < BATCH_BYTES)
    {
      last = last->next;
      *bytes += store_message_get_size (last);
      *n += 1;
    }
  *queue = last->next;
  last->next = NULL;
  return batch;
}

/* Reserves a further block. When that fails, the next one who asks for a number makes the thread
 * try again. */
static void
reserve_sessions (StoreWriter *self)
{
  guint64 end = self->session_end + SESSION_BLOCK; /* only this thread changes it */
  gboolean reserved = store_tables_set_session (self->tables, end, NULL);

  g_mutex_lock (&self->lock);
  if (reserved)
    self->session_end = end;
  self->session_wanted = FALSE;
  g_mutex_unlock (&self->lock);
}

static void
write_marks (StoreWriter *self)
{
  g_autoptr (GError) error = NULL;

  if (store_tables_write_marks (self->tables, self->pending, &error))
    return;
  g_debug ("marks wait: %s", error->message);
  g_mutex_lock (&self->lock);
  self->marks_due = MIN (self->marks_due, g_get_monotonic_time () + MARKS_WAIT);
  g_mutex_unlock (&self->lock);
}

/* When the next step of retention is to be done. */
static gint64
get_retention_due (StoreWriter *self)
{
  gint64 due = store_retention_get_due (self->retention);

  if (due == G_MAXINT64)
    return due;
  return MAX (due, MIN (self->last_batch + QUIET, due + QUIET_MAX));
}

/* With the lock held: waits for work that is due. */
static void
sleep_until_due (StoreWriter *self, gint64 retention_due)
{
  gint64 due;

  while (self->queue == NULL && !self->session_wanted && !self->closing
         && g_get_monotonic_time () < (due = MIN (self->marks_due, retention_due)))
    {
      self->asleep = TRUE;
      if (due == G_MAXINT64)
        g_cond_wait (&self->wake, &self->lock);
      else
        g_cond_wait_until (&self->wake, &self->lock, due);
    }
  self->asleep = FALSE;
}

/* Sleeps until there is something to do. FALSE when nothing is left and the writer is to end. */
static gboolean
wait_for_work (StoreWriter *self, Work *work)
{
  gint64 retention_due = get_retention_due (self), now;
  gboolean closing;

  g_mutex_lock (&self->lock);
  sleep_until_due (self, retention_due);
  now = g_get_monotonic_time ();
  work->queue = g_steal_pointer (&self->queue);
  self->queue_end = &self->queue;
  work->sessions = self->session_wanted;
  work->marks = now >= self->marks_due;
  work->retention = now >= retention_due;
  if (work->marks)
    self->marks_due = G_MAXINT64;
  closing = self->closing;
  g_mutex_unlock (&self->lock);
  return work->queue != NULL || work->sessions || !closing;
}

static void
store_queue (StoreWriter *self, StoreMessage *queue)
{
  while (queue != NULL)
    {
      guint n;
      gsize bytes;
      StoreMessage *batch = cut_batch (&queue, &n, &bytes);

      store_batch (self, batch, n, bytes);
      /* Now that the senders were answered, nobody waits for it. */
      store_tables_checkpoint_if_due (self->tables);
      self->last_batch = g_get_monotonic_time ();
    }
}

static void
remove_old (StoreWriter *self)
{
  gint64 touched = store_retention_step (self->retention);

  store_search_touch (self->search, &touched, touched != 0 ? 1 : 0);
  store_tables_checkpoint_if_due (self->tables);
}

static gpointer
writer_thread (gpointer data)
{
  StoreWriter *self = data;
  Work work;

  while (wait_for_work (self, &work))
    {
      if (work.sessions)
        reserve_sessions (self);
      store_queue (self, work.queue);
      if (work.marks)
        write_marks (self);
      if (work.retention)
        remove_old (self);
    }
  return NULL;
}

static gboolean
open_tables (StoreWriter *self, const char *file, const StoreOptions *options, GError **error)
{
  self->tables = store_tables_open (file, options->durability, error);
  if (self->tables == NULL || !store_tables_get_session (self->tables, &self->session_next, error))
    return FALSE;
  self->retention = store_retention_new (self->tables, options->retention_days);
  self->session_end = self->session_next + SESSION_BLOCK;
  return store_tables_set_session (self->tables, self->session_end, error);
}

void
store_writer_free (StoreWriter *self)
{
  g_clear_pointer (&self->retention, store_retention_free);
  g_clear_pointer (&self->tables, store_tables_close);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->wake);
  g_free (self);
}

StoreWriter *
store_writer_new (const char *file,
                  const StoreOptions *options,
                  StorePendingMarks *pending,
                  StoreSearch *search,
                  StoreStoredFunc stored,
                  gpointer user_data,
                  GError **error)
{
  StoreWriter *self = g_new0 (StoreWriter, 1);

  self->pending = pending;
  self->search = search;
  self->marks_due = G_MAXINT64;
  self->stored = stored;
  self->user_data = user_data;
  self->queue_end = &self->queue;
  g_mutex_init (&self->lock);
  g_cond_init (&self->wake);
  if (open_tables (self, file, options, error))
    self->thread = g_thread_try_new ("store-writer", writer_thread, self, error);
  if (self->thread == NULL)
    g_clear_pointer (&self, store_writer_free);
  return self;
}

void
store_writer_stop (StoreWriter *self)
{
  g_mutex_lock (&self->lock);
  self->closing = TRUE;
  g_cond_signal (&self->wake);
  g_mutex_unlock (&self->lock);
  g_thread_join (self->thread);

  store_tables_write_marks (self->tables, self->pending, NULL);
  store_tables_set_session (self->tables, self->session_next, NULL);
}

/* With the lock held. Returns whether the thread must be woken, by who has let go of the lock. */
static gboolean
must_wake (StoreWriter *self)
{
  gboolean asleep = self->asleep;

  self->asleep = FALSE;
  return asleep;
}

void
store_writer_note_pending (StoreWriter *self, StorePendingState state)
{
  gboolean wake;
  gint64 due;

  if (state == STORE_PENDING_KNOWN)
    return;
  due = g_get_monotonic_time () + (state == STORE_PENDING_FIRST ? MARKS_WAIT : 0);
  g_mutex_lock (&self->lock);
  self->marks_due = MIN (self->marks_due, due);
  wake = must_wake (self);
  g_mutex_unlock (&self->lock);
  if (wake)
    g_cond_signal (&self->wake);
}

void
store_writer_append (StoreWriter *self, StoreMessage *message)
{
  gboolean wake;

  message->next = NULL;
  g_mutex_lock (&self->lock);
  *self->queue_end = message;
  self->queue_end = &message->next;
  self->backlog += store_message_get_size (message);
  wake = must_wake (self);
  g_mutex_unlock (&self->lock);
  if (wake)
    g_cond_signal (&self->wake);
}

gsize
store_writer_get_backlog (StoreWriter *self)
{
  gsize backlog;

  g_mutex_lock (&self->lock);
  backlog = self->backlog;
  g_mutex_unlock (&self->lock);
  return backlog;
}

guint64
store_writer_next_session (StoreWriter *self)
{
  guint64 session = 0;
  gboolean wake = FALSE;

  g_mutex_lock (&self->lock);
  if (self->session_next < self->session_end)
    session = self->session_next++;
  if (self->session_end - self->session_next <= SESSION_BLOCK / 2 && !self->session_wanted)
    {
      self->session_wanted = TRUE;
      wake = must_wake (self);
    }
  g_mutex_unlock (&self->lock);
  if (wake)
    g_cond_signal (&self->wake);
  return session;
}
