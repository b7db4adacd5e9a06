/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the main thread calls: questions and changes become jobs, and answers of the thread become calls again. */
#include "client/cache/cache-private.h"

#include <string.h>

#define RETRY_MS 5000
#define PATIENCE_MS 1000

static guint last_question; /* main thread */

/* --- What travels between the threads --- */

static void
row_clear (gpointer data)
{
  CacheRow *row = data;

  g_free (row->from);
  g_free (row->text);
  g_free (row->peer);
}

GArray *
cache_rows_new (void)
{
  GArray *rows = g_array_new (FALSE, TRUE, sizeof (CacheRow));

  g_array_set_clear_func (rows, row_clear);

  return rows;
}

void
cache_state_free (gpointer data)
{
  CacheState *state = data;

  g_free (state->peer);
  g_free (state->draft);
  g_clear_pointer (&state->unread_seqs, g_array_unref);
  g_clear_pointer (&state->last, g_array_unref);
  g_free (state);
}

void
cache_outgoing_free (gpointer data)
{
  WcCachedOutgoing *outgoing = data;

  g_free (outgoing->peer);
  g_free (outgoing->nonce);
  g_free (outgoing->text);
  g_free (outgoing->error);
  g_free (outgoing);
}

CacheJob *
cache_job_new (CacheJobType type, void (*run) (CacheDb *db, CacheJob *job), const char *peer)
{
  CacheJob *job = g_new0 (CacheJob, 1);

  job->type = type;
  job->run = run;
  job->peer = g_strdup (peer);
  if (type == CACHE_READ || type == CACHE_SEARCH)
    {
      job->rows = cache_rows_new ();
      job->states = g_ptr_array_new_with_free_func (cache_state_free);
      job->outbox = g_ptr_array_new_with_free_func (cache_outgoing_free);
    }

  return job;
}

void
cache_job_free (CacheJob *job)
{
  g_clear_pointer (&job->rows, g_array_unref);
  g_clear_pointer (&job->states, g_ptr_array_unref);
  g_clear_pointer (&job->outbox, g_ptr_array_unref);
  g_clear_error (&job->error);
  g_free (job->peer);
  g_free (job->nonce);
  g_free (job->text);
  g_free (job);
}

/* One at a time, so that a lot of them leaves the main loop room for other things. */
static gboolean
answer_cb (gpointer user_data)
{
  WcCache *self = user_data;
  CacheJob *job;

  g_mutex_lock (&self->mutex);
  job = g_queue_pop_head (&self->answers);
  if (job == NULL)
    g_clear_pointer (&self->source, g_source_unref);
  g_mutex_unlock (&self->mutex);
  if (job == NULL)
    return G_SOURCE_REMOVE;

  /* The function may close the cache, and self is no more then. */
  if (job->question == 0 || g_hash_table_remove (self->questions, GUINT_TO_POINTER (job->question)))
    job->answer (self, job);
  cache_job_free (job);

  return G_SOURCE_CONTINUE;
}

void
cache_hand_over (WcCache *self, CacheJob *job)
{
  g_mutex_lock (&self->mutex);
  g_queue_push_tail (&self->answers, job);
  if (self->source == NULL)
    {
      self->source = g_idle_source_new ();
      g_source_set_priority (self->source, G_PRIORITY_DEFAULT);
      g_source_set_callback (self->source, answer_cb, self, NULL);
      g_source_attach (self->source, self->context);
    }
  g_mutex_unlock (&self->mutex);
}

static void
answer_error (WcCache *self, CacheJob *job)
{
  if (self->error_func != NULL)
    self->error_func (job->error, self->user_data);
}

void
cache_tell_error (WcCache *self, const GError *error)
{
  CacheJob *job = cache_job_new (CACHE_WRITE, NULL, NULL);

  job->error = error != NULL ? g_error_copy (error) : NULL;
  job->answer = answer_error;
  cache_hand_over (self, job);
}

/* --- Opening and closing --- */

WcCache *
wc_cache_open_full (GFile *folder, const char *server, const char *client_id, guint retry_ms, guint patience_ms, WcCacheErrorFunc error_func,
                    gpointer user_data)
{
  WcCache *self;
  g_autofree char *path = NULL;

  g_return_val_if_fail (server != NULL && client_id != NULL, NULL);

  self = g_new0 (WcCache, 1);
  path = folder != NULL ? g_file_get_path (folder) : NULL;
  self->context = g_main_context_ref_thread_default ();
  self->questions = g_hash_table_new (NULL, NULL);
  self->error_func = error_func;
  self->user_data = user_data;
  self->client_id = g_strdup (client_id);
  self->jobs = g_async_queue_new ();
  self->retry_ms = retry_ms;
  self->patience_ms = patience_ms;
  g_mutex_init (&self->mutex);
  g_queue_init (&self->answers);
  g_queue_init (&self->backlog);
  g_queue_init (&self->searches);
  self->db = cache_db_new (path, server, client_id);
  self->thread = g_thread_new ("cache", cache_thread, self);

  return self;
}

WcCache *
wc_cache_open (GFile *folder, const char *server, const char *client_id, WcCacheErrorFunc error_func, gpointer user_data)
{
  return wc_cache_open_full (folder, server, client_id, RETRY_MS, PATIENCE_MS, error_func, user_data);
}

static void
cancel_cb (gpointer key, gpointer value, gpointer user_data)
{
  g_atomic_int_set (&((CacheJob *) value)->cancelled, 1);
}

void
wc_cache_close (WcCache *self)
{
  g_return_if_fail (self != NULL);

  g_hash_table_foreach (self->questions, cancel_cb, NULL);
  g_async_queue_push (self->jobs, cache_job_new (CACHE_QUIT, NULL, NULL));
  g_thread_join (self->thread);

  if (self->source != NULL)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
  g_queue_clear_full (&self->answers, (GDestroyNotify) cache_job_free);
  g_async_queue_unref (self->jobs);
  g_hash_table_unref (self->questions);
  g_main_context_unref (self->context);
  g_mutex_clear (&self->mutex);
  g_free (self->client_id);
  g_free (self);
}

/* --- Questions --- */

static guint
ask (WcCache *self, CacheJob *job, void (*answer) (WcCache *cache, CacheJob *job), GCallback func, gpointer user_data)
{
  guint question;

  /* Those of an earlier cache are no questions of this one. */
  do
    question = ++last_question;
  while (question == 0 || g_hash_table_contains (self->questions, GUINT_TO_POINTER (question)));

  job->question = question;
  job->answer = answer;
  job->func = func;
  job->user_data = user_data;
  g_hash_table_insert (self->questions, GUINT_TO_POINTER (question), job);
  g_async_queue_push (self->jobs, job);

  return question;
}

void
wc_cache_cancel (WcCache *self, guint question)
{
  CacheJob *job;

  g_return_if_fail (self != NULL);

  job = question != 0 ? g_hash_table_lookup (self->questions, GUINT_TO_POINTER (question)) : NULL;
  if (job == NULL)
    return;

  g_atomic_int_set (&job->cancelled, 1);
  g_hash_table_remove (self->questions, GUINT_TO_POINTER (question));
}

static WcEntry *
row_to_entry (WcCache *self, const char *peer, const CacheRow *row)
{
  const char *from = row->from != NULL ? row->from : row->own ? self->client_id : peer;

  return wc_entry_new_message (from, row->own, row->text, row->seq, row->time, row->own ? WC_DELIVERY_STORED : WC_DELIVERY_NONE);
}

static void
cached_conversation_free (gpointer data)
{
  WcCachedConversation *conversation = data;

  g_free (conversation->peer);
  g_free (conversation->draft);
  g_array_unref (conversation->unread_seqs);
  g_clear_object (&conversation->last);
  g_free (conversation);
}

static WcCachedConversation *
state_to_conversation (WcCache *self, CacheState *state)
{
  WcCachedConversation *conversation = g_new0 (WcCachedConversation, 1);

  conversation->known_last = state->known_last;
  conversation->held = state->held;
  conversation->read = state->read;
  conversation->delivered = state->delivered;
  conversation->peer_read = state->peer_read;
  conversation->unread_seqs = g_steal_pointer (&state->unread_seqs);
  conversation->last_seen = state->last_seen;
  conversation->draft = g_steal_pointer (&state->draft);
  conversation->peer = g_steal_pointer (&state->peer);
  if (state->last->len > 0)
    conversation->last = row_to_entry (self, conversation->peer, &g_array_index (state->last, CacheRow, 0));

  return conversation;
}

static void
answer_load (WcCache *self, CacheJob *job)
{
  g_autoptr (GPtrArray) conversations = g_ptr_array_new_with_free_func (cached_conversation_free);
  WcCached cached = { .conversations = conversations, .outbox = job->outbox };

  for (guint i = 0; i < job->states->len; i++)
    g_ptr_array_add (conversations, state_to_conversation (self, job->states->pdata[i]));
  cached.fresh = conversations->len == 0 && job->outbox->len == 0;
  ((WcCacheLoadFunc) job->func) (&cached, job->user_data);
}

guint
wc_cache_load (WcCache *self, WcCacheLoadFunc func, gpointer user_data)
{
  g_return_val_if_fail (self != NULL && func != NULL, 0);

  return ask (self, cache_job_new (CACHE_READ, cache_load, NULL), answer_load, G_CALLBACK (func), user_data);
}

static void
answer_page (WcCache *self, CacheJob *job)
{
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func (g_object_unref);
  WcCachePage page = { .entries = entries, .whole = job->good, .more = job->more, .known_last = job->known_last };

  for (guint i = 0; i < job->rows->len; i++)
    g_ptr_array_add (entries, row_to_entry (self, job->peer, &g_array_index (job->rows, CacheRow, i)));
  ((WcCachePageFunc) job->func) (&page, job->user_data);
}

guint
wc_cache_read (WcCache *self, const char *peer, WcHistoryKind kind, guint64 seq, guint limit, WcCachePageFunc func, gpointer user_data)
{
  CacheJob *job;

  g_return_val_if_fail (self != NULL && peer != NULL && func != NULL, 0);

  job = cache_job_new (CACHE_READ, cache_read, peer);
  job->numbers[0] = kind;
  job->numbers[1] = seq;
  job->limit = limit;
  job->more = TRUE;

  return ask (self, job, answer_page, G_CALLBACK (func), user_data);
}

static void
hit_free (gpointer data)
{
  WcCacheHit *hit = data;

  g_free (hit->peer);
  g_object_unref (hit->entry);
  g_free (hit);
}

static void
answer_search (WcCache *self, CacheJob *job)
{
  g_autoptr (GPtrArray) hits = g_ptr_array_new_with_free_func (hit_free);

  for (guint i = 0; i < job->rows->len; i++)
    {
      CacheRow *row = &g_array_index (job->rows, CacheRow, i);
      WcCacheHit *hit = g_new0 (WcCacheHit, 1);

      hit->entry = row_to_entry (self, row->peer, row);
      hit->peer = g_steal_pointer (&row->peer);
      g_ptr_array_add (hits, hit);
    }
  ((WcCacheSearchFunc) job->func) (hits, job->more, job->user_data);
}

guint
wc_cache_search (WcCache *self, const char *peer, const char *words, gint64 before_time, guint limit, WcCacheSearchFunc func, gpointer user_data)
{
  CacheJob *job;

  g_return_val_if_fail (self != NULL && words != NULL && func != NULL, 0);

  job = cache_job_new (CACHE_SEARCH, cache_search, peer);
  job->text = g_strdup (words);
  job->time = before_time;
  job->limit = limit;

  return ask (self, job, answer_search, G_CALLBACK (func), user_data);
}

/* --- Changes --- */

static CacheJob *
change_new (void (*run) (CacheDb *db, CacheJob *job), const char *peer)
{
  return cache_job_new (CACHE_WRITE, run, peer);
}

static void
add_row (WcCache *self, CacheJob *job, WcEntry *entry)
{
  CacheRow row = { .seq = wc_entry_get_seq (entry), .time = wc_entry_get_time (entry), .own = wc_entry_get_own (entry) };
  const char *from = wc_entry_get_from (entry);

  if (job->rows == NULL)
    job->rows = cache_rows_new ();
  if (g_strcmp0 (from, row.own ? self->client_id : job->peer) != 0)
    row.from = g_strdup (from);
  row.text = g_strdup (wc_entry_get_text (entry));
  g_array_append_val (job->rows, row);
}

void
wc_cache_put (WcCache *self, const char *peer, GPtrArray *entries, guint64 first, guint64 last)
{
  CacheJob *job;

  g_return_if_fail (self != NULL && peer != NULL && entries != NULL);

  job = change_new (cache_put, peer);
  job->rows = cache_rows_new ();
  job->numbers[0] = first;
  job->numbers[1] = last;
  for (guint i = 0; i < entries->len; i++)
    if (wc_entry_get_seq (entries->pdata[i]) != 0)
      add_row (self, job, entries->pdata[i]);
  g_async_queue_push (self->jobs, job);
}

void
wc_cache_forget (WcCache *self, const char *peer)
{
  g_return_if_fail (self != NULL && peer != NULL);

  g_async_queue_push (self->jobs, change_new (cache_forget, peer));
}

void
wc_cache_set_marks (WcCache *self, const char *peer, guint64 known_last, guint64 read, guint64 delivered, guint64 peer_read)
{
  CacheJob *job;

  g_return_if_fail (self != NULL && peer != NULL);

  job = change_new (cache_set_marks, peer);
  job->numbers[0] = known_last;
  job->numbers[1] = read;
  job->numbers[2] = delivered;
  job->numbers[3] = peer_read;
  g_async_queue_push (self->jobs, job);
}

void
wc_cache_set_held (WcCache *self, const char *peer, guint64 held)
{
  CacheJob *job;

  g_return_if_fail (self != NULL && peer != NULL);

  job = change_new (cache_set_held, peer);
  job->numbers[0] = held;
  g_async_queue_push (self->jobs, job);
}

void
wc_cache_set_last_seen (WcCache *self, const char *peer, gint64 time)
{
  CacheJob *job;

  g_return_if_fail (self != NULL && peer != NULL);

  job = change_new (cache_set_last_seen, peer);
  job->time = time;
  g_async_queue_push (self->jobs, job);
}

void
wc_cache_set_draft (WcCache *self, const char *peer, const char *draft)
{
  CacheJob *job;

  g_return_if_fail (self != NULL && peer != NULL && draft != NULL);

  job = cache_job_new (CACHE_WRITE_DURABLE, cache_set_draft, peer);
  job->text = g_strdup (draft);
  g_async_queue_push (self->jobs, job);
}

static void
answer_done (WcCache *self, CacheJob *job)
{
  ((WcCacheDoneFunc) job->func) (job->good, job->user_data);
}

guint
wc_cache_put_outgoing (WcCache *self, const char *peer, const char *nonce, const char *text, gint64 time, WcCacheDoneFunc done, gpointer user_data)
{
  CacheJob *job;

  g_return_val_if_fail (self != NULL && peer != NULL && nonce != NULL && text != NULL, 0);

  job = cache_job_new (CACHE_WRITE_DURABLE, cache_put_outgoing, peer);
  job->nonce = g_strdup (nonce);
  job->text = g_strdup (text);
  job->time = time;
  if (done != NULL)
    return ask (self, job, answer_done, G_CALLBACK (done), user_data);

  g_async_queue_push (self->jobs, job);
  return 0;
}

void
wc_cache_sent (WcCache *self, const char *peer, const char *nonce, WcEntry *entry)
{
  CacheJob *job;

  g_return_if_fail (self != NULL && peer != NULL && nonce != NULL && WC_IS_ENTRY (entry));

  job = change_new (cache_sent, peer);
  job->nonce = g_strdup (nonce);
  add_row (self, job, entry);
  g_async_queue_push (self->jobs, job);
}

void
wc_cache_fail_outgoing (WcCache *self, const char *nonce, const char *why)
{
  CacheJob *job;

  g_return_if_fail (self != NULL && nonce != NULL);

  job = change_new (cache_fail_outgoing, NULL);
  job->nonce = g_strdup (nonce);
  job->text = g_strdup (why != NULL ? why : "");
  g_async_queue_push (self->jobs, job);
}

void
wc_cache_remove_outgoing (WcCache *self, const char *nonce)
{
  CacheJob *job;

  g_return_if_fail (self != NULL && nonce != NULL);

  job = change_new (cache_remove_outgoing, NULL);
  job->nonce = g_strdup (nonce);
  g_async_queue_push (self->jobs, job);
}
