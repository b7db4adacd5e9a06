/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cache's thread: does what the main thread asks for, in order; what is to be written, as much at once as has gathered. */
#include "client/cache/cache-private.h"

#include <string.h>

#define GROUP_MAX 256                  /* jobs of one transaction */
#define BACKLOG_MAX_BYTES (64 << 20)   /* of what could not be written; then messages, which the server has too, are let go */

/* --- What could not be written --- */

static gsize
job_size (const CacheJob *job)
{
  gsize size = sizeof *job + (job->text != NULL ? strlen (job->text) : 0);

  for (guint i = 0; job->rows != NULL && i < job->rows->len; i++)
    size += sizeof (CacheRow) + strlen (g_array_index (job->rows, CacheRow, i).text);

  return size;
}

static void
put_off (WcCache *self, CacheJob *job)
{
  if (job->run == cache_put && self->backlog_bytes > BACKLOG_MAX_BYTES)
    {
      /* Who says later that everything up to there is held would be wrong. */
      g_hash_table_add (self->torn, g_strdup (job->peer));
      cache_job_free (job);
      return;
    }

  self->backlog_bytes += job_size (job);
  g_queue_push_tail (&self->backlog, job);
}

static gboolean
is_torn (WcCache *self, const CacheJob *job)
{
  if (job->run == cache_forget)
    g_hash_table_remove (self->torn, job->peer);

  return job->run == cache_set_held && (self->all_torn || g_hash_table_contains (self->torn, job->peer));
}

static void
set_trouble (WcCache *self, const GError *error)
{
  if (error == NULL ? self->error == NULL : self->error != NULL && g_error_matches (self->error, error->domain, error->code))
    return;

  g_clear_error (&self->error);
  self->error = error != NULL ? g_error_copy (error) : NULL;
  cache_tell_error (self, error);
}

static void
set_trouble_rc (WcCache *self, int rc)
{
  g_autoptr (GError) error = cache_db_error (self->db, rc);

  set_trouble (self, error);
}

/* Damage that is met while working. */
static void
handle_damage (WcCache *self)
{
  g_autoptr (GError) error = NULL;

  /* If it is nothing but the index, that can be made from the rest. */
  if (self->db->rc == SQLITE_CORRUPT_VTAB && cache_search_replace (self->db))
    return;

  self->all_torn = TRUE; /* what is said to be held was in the old one */
  cache_db_replace (self->db, &error);
  set_trouble (self, error);
}

/* --- Writing --- */

static gboolean
write_all (WcCache *self, GPtrArray *jobs)
{
  CacheDb *db = self->db;
  gboolean durable = FALSE;

  for (guint i = 0; i < jobs->len; i++)
    durable = durable || ((CacheJob *) jobs->pdata[i])->type == CACHE_WRITE_DURABLE;

  cache_db_begin (db, durable);
  for (guint i = 0; i < jobs->len && db->rc == SQLITE_OK; i++)
    if (!is_torn (self, jobs->pdata[i]))
      ((CacheJob *) jobs->pdata[i])->run (db, jobs->pdata[i]);

  return cache_db_end (db);
}

/* A transaction of its own for each that is not a question of room: one that never can be written must not stand in the way of the others. */
static gboolean
is_for_later (int rc)
{
  switch (rc & 0xff)
    {
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
    case SQLITE_RANGE:
    case SQLITE_MISUSE:
    case SQLITE_ERROR:
      return FALSE;
    default:
      return TRUE;
    }
}

static gboolean write_jobs (WcCache *self, GPtrArray *jobs);

static gboolean
write_one_by_one (WcCache *self, GPtrArray *jobs)
{
  gboolean good = TRUE;

  for (guint i = 0; i < jobs->len; i++)
    {
      g_autoptr (GPtrArray) one = g_ptr_array_new ();

      g_ptr_array_add (one, jobs->pdata[i]);
      if (!write_all (self, one))
        {
          g_warning ("the cache cannot keep something: %s", sqlite3_errstr (self->db->rc));
          good = good && !is_for_later (self->db->rc);
        }
    }

  return good;
}

/* FALSE: it is to be tried again. */
static gboolean
write_jobs (WcCache *self, GPtrArray *jobs)
{
  int rc;

  if (self->db->read_only || self->db->sqlite == NULL)
    return FALSE;
  if (write_all (self, jobs))
    return TRUE;

  rc = self->db->rc;
  if (cache_rc_is_damage (rc))
    {
      handle_damage (self);
      if (self->db->sqlite == NULL || write_all (self, jobs))
        return self->db->sqlite != NULL;
      rc = self->db->rc;
    }
  if (!is_for_later (rc))
    return write_one_by_one (self, jobs);

  set_trouble_rc (self, rc);
  return FALSE;
}

/* All that could not be written, in its order: FALSE if it still cannot. */
static gboolean
write_backlog (WcCache *self)
{
  gint64 now = g_get_monotonic_time ();

  if (self->db->path == NULL || now < self->retry_at)
    return FALSE;
  self->retry_at = now + self->retry_ms * G_GINT64_CONSTANT (1000);

  if (self->db->sqlite == NULL || self->db->read_only)
    {
      g_autoptr (GError) error = NULL;

      if (!cache_db_open (self->db, &error))
        {
          set_trouble (self, error);
          return FALSE;
        }
    }

  while (self->backlog.length > 0)
    {
      g_autoptr (GPtrArray) jobs = g_ptr_array_new ();

      for (GList *link = self->backlog.head; link != NULL && jobs->len < GROUP_MAX; link = link->next)
        g_ptr_array_add (jobs, link->data);
      if (!write_jobs (self, jobs))
        return FALSE;
      for (guint i = 0; i < jobs->len; i++)
        cache_job_free (g_queue_pop_head (&self->backlog));
    }
  self->backlog_bytes = 0;
  self->retry_at = 0;
  set_trouble (self, NULL);

  return TRUE;
}

/* Answers it. What is to be tried again is kept, without its question. */
static void
finish_write (WcCache *self, CacheJob *job, gboolean good)
{
  if (!good && self->db->path != NULL)
    {
      CacheJob *kept = cache_job_new (job->type, job->run, NULL);

      kept->peer = g_steal_pointer (&job->peer);
      kept->nonce = g_steal_pointer (&job->nonce);
      kept->text = g_steal_pointer (&job->text);
      kept->rows = g_steal_pointer (&job->rows);
      kept->time = job->time;
      memcpy (kept->numbers, job->numbers, sizeof kept->numbers);
      put_off (self, kept);
    }

  job->good = good;
  if (job->answer != NULL)
    cache_hand_over (self, job);
  else
    cache_job_free (job);
}

/* The job, and all that wait behind it and write too. Returns the first one that does not. */
static CacheJob *
write_group (WcCache *self, CacheJob *job)
{
  g_autoptr (GPtrArray) jobs = g_ptr_array_new ();
  gboolean good;

  do
    {
      g_ptr_array_add (jobs, job);
      job = g_async_queue_try_pop (self->jobs);
    }
  while (job != NULL && (job->type == CACHE_WRITE || job->type == CACHE_WRITE_DURABLE) && jobs->len < GROUP_MAX);

  good = (self->backlog.length == 0 || write_backlog (self)) && write_jobs (self, jobs);
  if (good)
    set_trouble (self, NULL);
  for (guint i = 0; i < jobs->len; i++)
    finish_write (self, jobs->pdata[i], good);

  return job;
}

/* --- Reading --- */

/* Half an answer is none: what is missing in it would be taken for what does not exist. */
static void
forget_answer (CacheJob *job)
{
  g_array_set_size (job->rows, 0);
  g_ptr_array_set_size (job->states, 0);
  g_ptr_array_set_size (job->outbox, 0);
  job->good = FALSE;
  job->more = job->type == CACHE_READ;
}

/* FALSE when the answer is to be sought once more. */
static gboolean
try_to_read (WcCache *self, CacheJob *job)
{
  gboolean damaged;

  cache_db_clear (self->db);
  if (self->db->sqlite == NULL || g_atomic_int_get (&job->cancelled) != 0)
    return TRUE;

  job->run (self->db, job);
  if (self->db->rc == SQLITE_OK)
    return TRUE;

  damaged = cache_rc_is_damage (self->db->rc);
  forget_answer (job);
  if (damaged)
    handle_damage (self);
  else
    g_warning ("the cache cannot be read: %s", sqlite3_errstr (self->db->rc));
  cache_db_clear (self->db);

  return !damaged;
}

static void
read_one (WcCache *self, CacheJob *job)
{
  if (!try_to_read (self, job))
    try_to_read (self, job);
  cache_hand_over (self, job);
}

static gboolean
is_due (WcCache *self, const CacheJob *job)
{
  return self->db->tidy || self->db->sqlite == NULL || g_get_monotonic_time () >= job->deadline;
}

/* When everything is in the index, or it takes too long. One that turned out to be damaged is made anew first. */
static void
run_searches (WcCache *self)
{
  CacheJob *job;

  while ((job = g_queue_peek_head (&self->searches)) != NULL && is_due (self, job))
    {
      if (!try_to_read (self, job) && !job->again)
        {
          job->again = TRUE;
          job->deadline = g_get_monotonic_time () + self->patience_ms * G_GINT64_CONSTANT (1000);
          continue;
        }

      job->more |= !self->db->tidy && self->db->sqlite != NULL;
      cache_hand_over (self, g_queue_pop_head (&self->searches));
    }
}

static void
tidy (WcCache *self)
{
  cache_tidy (self->db);
  if (cache_rc_is_damage (self->db->rc))
    handle_damage (self);
  else if (self->db->rc != SQLITE_OK)
    self->db->tidy = TRUE; /* no room for the index: it goes on with the next message that can be kept */
  cache_db_clear (self->db);
}

static CacheJob *
next_job (WcCache *self)
{
  if (!self->db->tidy && self->db->sqlite != NULL)
    return g_async_queue_try_pop (self->jobs);
  if (self->backlog.length > 0 && self->db->path != NULL)
    return g_async_queue_timeout_pop (self->jobs, self->retry_ms * G_GUINT64_CONSTANT (1000));

  return g_async_queue_pop (self->jobs);
}

/* FALSE: it was the last one. */
static gboolean
do_job (WcCache *self, CacheJob *job)
{
  while (job != NULL)
    {
      switch (job->type)
        {
        case CACHE_READ:
          read_one (self, job);
          break;
        case CACHE_SEARCH:
          job->deadline = g_get_monotonic_time () + self->patience_ms * G_GINT64_CONSTANT (1000);
          g_queue_push_tail (&self->searches, job);
          break;
        case CACHE_WRITE:
        case CACHE_WRITE_DURABLE:
          job = write_group (self, job);
          continue;
        case CACHE_QUIT:
          cache_job_free (job);
          return FALSE;
        default:
          g_assert_not_reached ();
        }
      job = NULL;
    }

  return TRUE;
}

gpointer
cache_thread (gpointer data)
{
  WcCache *self = data;
  g_autoptr (GError) error = NULL;
  gboolean running = TRUE;

  self->torn = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (!cache_db_open (self->db, &error))
    {
      set_trouble (self, error);
      self->retry_at = g_get_monotonic_time () + self->retry_ms * G_GINT64_CONSTANT (1000);
    }

  while (running)
    {
      CacheJob *job = next_job (self);

      if (job != NULL)
        running = do_job (self, job);
      else if (!self->db->tidy && self->db->sqlite != NULL)
        tidy (self);
      else
        write_backlog (self);
      run_searches (self);
    }

  self->retry_at = 0;
  if (self->backlog.length > 0)
    write_backlog (self);
  g_queue_clear_full (&self->backlog, (GDestroyNotify) cache_job_free);
  g_queue_clear_full (&self->searches, (GDestroyNotify) cache_job_free);
  g_hash_table_unref (self->torn);
  g_clear_error (&self->error);
  cache_db_free (self->db);

  return NULL;
}
