/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/search.h"

#include "store/conversation-list.h"
#include "store/search-index.h"
#include "store/search-query.h"
#include "store/sqlite-db.h"

/* Changed conversations are indexed when none has changed for so long, or when the first of them
 * has waited so long: many messages at a time cost much less than each by itself. */
#define QUIET     G_TIME_SPAN_SECOND
#define QUIET_MAX G_TIME_SPAN_MINUTE
#define RETRY     (10 * G_TIME_SPAN_SECOND) /* after a failure */

/* One step: some 30 ms. */
#define STEP_BUDGET        2000 /* messages; a long one counts as several */
#define STEP_CONVERSATIONS 256

#define CHANGED_MAX 65536 /* beyond it, all are looked through */

typedef struct
{
  char *id;
  char *conv; /* NULL for all */
  char *words;
  guint limit;
  StoreSearchFunc func;
  gpointer user_data;
  gboolean again; /* it began anew once, because the index was damaged */

  StoreConversationList *list; /* once it has begun */
  GArray *todo;                /* gint64: conversations to be indexed first, rising */
  guint n_done;
} Request;

struct _StoreSearch
{
  char *file;
  char *history;
  GThread *thread;

  /* The thread's alone: */
  StoreSearchIndex *index; /* NULL while it is not open */
  GArray *todo;            /* gint64: what is being indexed with nobody waiting, rising */
  guint n_done;
  gint64 through; /* all conversations are being looked through, up to here; -1: no */

  GMutex lock; /* guards what follows */
  GCond wake;
  gboolean closing;
  GQueue requests;     /* Request, owned */
  GHashTable *changed; /* a set of owned gint64 */
  gboolean all_changed;
  gint64 first_change; /* since the changed ones were last taken, monotonic; 0 for none */
  gint64 last_change;
  gint64 not_before; /* after a failure */
};

static void
request_reset (Request *self)
{
  g_clear_pointer (&self->list, store_conversation_list_free);
  g_clear_pointer (&self->todo, g_array_unref);
  self->n_done = 0;
}

static void
request_free (Request *self)
{
  request_reset (self);
  g_free (self->id);
  g_free (self->conv);
  g_free (self->words);
  g_free (self);
}

static void
answer_error (Request *request, const GError *error)
{
  request->func (NULL, 0, error, request->user_data);
  request_free (request);
}

static int
compare_ids (gconstpointer a, gconstpointer b)
{
  const gint64 *one = a, *other = b;

  return *one < *other ? -1 : *one > *other ? 1 : 0;
}

static gboolean
open_index (StoreSearch *self, GError **error)
{
  if (self->index == NULL)
    self->index = store_search_index_open (self->file, self->history, error);
  return self->index != NULL;
}

/* After a failure. A damaged index is made anew the next time, from all there is; and so does begin
 * anew who waits. */
static gboolean
drop_damaged (StoreSearch *self)
{
  if (self->index == NULL || !store_search_index_is_damaged (self->index))
    return FALSE;
  g_message ("%s: the search index is damaged, and made anew", self->file);
  g_clear_pointer (&self->index, store_search_index_close);
  store_search_index_remove (self->file);
  g_array_set_size (self->todo, 0);
  self->n_done = 0;
  self->through = 0;
  g_mutex_lock (&self->lock);
  for (GList *link = self->requests.head; link != NULL; link = link->next)
    request_reset (link->data);
  g_mutex_unlock (&self->lock);
  return TRUE;
}

/* Indexes conversations, as many as one step does. */
static gboolean
catch_up (StoreSearch *self, const GArray *todo, guint *n_done, GError **error)
{
  guint budget = STEP_BUDGET, end = MIN (todo->len, *n_done + STEP_CONVERSATIONS), n = *n_done;
  gboolean ok = store_search_index_begin_step (self->index, error), done = TRUE;

  while (ok && done && n < end && budget > 0)
    {
      ok = store_search_index_catch_up (self->index, g_array_index (todo, gint64, n), &budget,
                                        &done, error);
      n += ok && done ? 1 : 0;
    }
  if (!store_search_index_end_step (self->index, ok, ok ? error : NULL))
    return FALSE;
  *n_done = n;
  return TRUE;
}

/* Reads what the one who asks can find, and what of it must be indexed first. */
static gboolean
begin_request (StoreSearch *self, Request *request, GError **error)
{
  sqlite3 *history = store_search_index_get_history (self->index);

  if (!store_db_exec (history, "BEGIN", error))
    return FALSE;
  request->list = store_conversation_list_read (history, request->id, request->conv, error);
  store_db_exec (history, "COMMIT", NULL);
  if (request->list == NULL)
    return FALSE;

  request->todo = g_array_new (FALSE, FALSE, sizeof (gint64));
  for (guint i = 0; i < request->list->n_items; i++)
    {
      const StoreListed *listed = &request->list->items[i];

      if (!store_search_index_is_up_to (self->index, listed->id, listed->removed, listed->row.last))
        g_array_append_val (request->todo, listed->id);
    }
  g_array_sort (request->todo, compare_ids);
  return TRUE;
}

/* One step for a request. *answered: it is done with, and freed. */
static gboolean
serve_step (StoreSearch *self, Request *request, gboolean *answered, GError **error)
{
  g_autoptr (StoreHits) hits = NULL;

  if (!open_index (self, error))
    return FALSE;
  if (request->list == NULL && !begin_request (self, request, error))
    return FALSE;
  if (request->n_done < request->todo->len
      && !catch_up (self, request->todo, &request->n_done, error))
    return FALSE;
  if (request->n_done < request->todo->len)
    return TRUE;

  hits = store_search_query_run (self->index, request->id, request->list, request->words,
                                 request->limit, error);
  if (hits == NULL)
    return FALSE;
  request->func (hits->items, hits->n_items, NULL, request->user_data);
  request_free (request);
  *answered = TRUE;
  return TRUE;
}

static void
put_last (StoreSearch *self, Request *request)
{
  g_mutex_lock (&self->lock);
  g_queue_push_tail (&self->requests, request);
  g_mutex_unlock (&self->lock);
}

static void
serve (StoreSearch *self, Request *request)
{
  g_autoptr (GError) error = NULL;
  gboolean answered = FALSE;

  if (serve_step (self, request, &answered, &error))
    {
      if (!answered)
        put_last (self, request);
    }
  else if (drop_damaged (self) && !request->again)
    {
      request->again = TRUE;
      request_reset (request);
      put_last (self, request);
    }
  else
    answer_error (request, error);
}

/* The next of all conversations, to be looked through. */
static gboolean
list_further (StoreSearch *self, GError **error)
{
  sqlite3 *history = store_search_index_get_history (self->index);
  sqlite3_stmt *statement = NULL;
  gint64 conversation;
  int result;

  if (!store_db_prepare (history, "SELECT id FROM conversation WHERE id > ? ORDER BY id LIMIT ?",
                         &statement, error))
    return FALSE;
  sqlite3_bind_int64 (statement, 1, self->through);
  sqlite3_bind_int (statement, 2, STEP_CONVERSATIONS);
  while ((result = sqlite3_step (statement)) == SQLITE_ROW)
    {
      conversation = sqlite3_column_int64 (statement, 0);
      g_array_append_val (self->todo, conversation);
    }
  if (result != SQLITE_DONE)
    store_db_set_error (history, error);
  sqlite3_finalize (statement);
  self->through
      = self->todo->len > 0 ? g_array_index (self->todo, gint64, self->todo->len - 1) : -1;
  return result == SQLITE_DONE;
}

/* One step with nobody waiting. */
static gboolean
work_step (StoreSearch *self, GError **error)
{
  if (!open_index (self, error))
    return FALSE;
  if (self->n_done == self->todo->len)
    {
      g_array_set_size (self->todo, 0);
      self->n_done = 0;
      if (self->through >= 0 && !list_further (self, error))
        return FALSE;
    }
  return self->todo->len == 0 || catch_up (self, self->todo, &self->n_done, error);
}

static gboolean
is_working (StoreSearch *self)
{
  return self->n_done < self->todo->len || self->through >= 0;
}

static void
work (StoreSearch *self)
{
  g_autoptr (GError) error = NULL;

  if (work_step (self, &error))
    {
      if (!is_working (self))
        sqlite3_db_release_memory (store_search_index_get_db (self->index));
      return;
    }
  if (!drop_damaged (self))
    g_message ("not indexed for searching: %s", error->message);
  g_mutex_lock (&self->lock);
  self->not_before = g_get_monotonic_time () + RETRY;
  g_mutex_unlock (&self->lock);
}

/* With the lock held: takes over what has changed. */
static void
take_changed (StoreSearch *self)
{
  GHashTableIter iter;
  gpointer key;

  g_array_set_size (self->todo, 0);
  self->n_done = 0;
  if (self->all_changed)
    self->through = 0;
  g_hash_table_iter_init (&iter, self->changed);
  while (!self->all_changed && g_hash_table_iter_next (&iter, &key, NULL))
    g_array_append_vals (self->todo, key, 1);
  g_array_sort (self->todo, compare_ids);
  g_hash_table_remove_all (self->changed);
  self->all_changed = FALSE;
  self->first_change = 0;
}

/* With the lock held: when there is something to do; G_MAXINT64 for when something comes. */
static gint64
get_due (StoreSearch *self)
{
  gint64 due = G_MAXINT64;

  if (is_working (self))
    due = 0;
  else if (self->first_change != 0)
    due = MIN (self->last_change + QUIET, self->first_change + QUIET_MAX);
  return due == G_MAXINT64 ? due : MAX (due, self->not_before);
}

/* Sleeps until there is something to do; FALSE when the thread is to end. */
static gboolean
wait_for_work (StoreSearch *self, Request **request)
{
  gboolean closing;
  gint64 due;

  g_mutex_lock (&self->lock);
  while (!self->closing && self->requests.length == 0
         && g_get_monotonic_time () < (due = get_due (self)))
    {
      if (due == G_MAXINT64)
        g_cond_wait (&self->wake, &self->lock);
      else
        g_cond_wait_until (&self->wake, &self->lock, due);
    }
  closing = self->closing;
  *request = closing ? NULL : g_queue_pop_head (&self->requests);
  if (*request == NULL && !closing && !is_working (self))
    take_changed (self);
  g_mutex_unlock (&self->lock);
  return !closing;
}

static gpointer
search_thread (gpointer data)
{
  StoreSearch *self = data;
  Request *request;

  while (wait_for_work (self, &request))
    {
      if (request != NULL)
        serve (self, request);
      else
        work (self);
    }
  g_clear_pointer (&self->index, store_search_index_close);
  return NULL;
}

StoreSearch *
store_search_new (const char *file, const char *history, GError **error)
{
  StoreSearch *self = g_new0 (StoreSearch, 1);

  self->file = g_strdup (file);
  self->history = g_strdup (history);
  self->todo = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->through = -1;
  self->changed = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->all_changed = TRUE; /* what an earlier process has left */
  self->first_change = self->last_change = g_get_monotonic_time ();
  g_queue_init (&self->requests);
  g_mutex_init (&self->lock);
  g_cond_init (&self->wake);
  self->thread = g_thread_try_new ("store-search", search_thread, self, error);
  if (self->thread == NULL)
    g_clear_pointer (&self, store_search_free);
  return self;
}

static void
refuse (Request *request)
{
  g_autoptr (GError) error
      = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CLOSED, "the store is closing");

  answer_error (request, error);
}

void
store_search_stop (StoreSearch *self)
{
  Request *request;

  g_mutex_lock (&self->lock);
  self->closing = TRUE;
  g_cond_signal (&self->wake);
  g_mutex_unlock (&self->lock);
  g_thread_join (self->thread);
  while ((request = g_queue_pop_head (&self->requests)) != NULL)
    refuse (request);
}

void
store_search_free (StoreSearch *self)
{
  g_array_unref (self->todo);
  g_hash_table_unref (self->changed);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->wake);
  g_free (self->file);
  g_free (self->history);
  g_free (self);
}

void
store_search_touch (StoreSearch *self, const gint64 *conversations, guint n)
{
  gint64 now = g_get_monotonic_time ();
  gboolean first;

  if (n == 0)
    return;
  g_mutex_lock (&self->lock);
  for (guint i = 0; i < n && !self->all_changed; i++)
    if (!g_hash_table_contains (self->changed, &conversations[i]))
      g_hash_table_add (self->changed, g_memdup2 (&conversations[i], sizeof (gint64)));
  if (g_hash_table_size (self->changed) > CHANGED_MAX)
    {
      g_hash_table_remove_all (self->changed);
      self->all_changed = TRUE;
    }
  first = self->first_change == 0;
  if (first)
    self->first_change = now;
  self->last_change = now;
  g_mutex_unlock (&self->lock);
  if (first)
    g_cond_signal (&self->wake);
}

void
store_search_find (StoreSearch *self,
                   const char *id,
                   const char *conv,
                   const char *words,
                   guint limit,
                   StoreSearchFunc func,
                   gpointer user_data)
{
  Request *request = g_new0 (Request, 1);
  gboolean closing;

  request->id = g_strdup (id);
  request->conv = g_strdup (conv);
  request->words = g_strdup (words);
  request->limit = limit;
  request->func = func;
  request->user_data = user_data;
  g_mutex_lock (&self->lock);
  closing = self->closing;
  if (!closing)
    g_queue_push_tail (&self->requests, request);
  g_cond_signal (&self->wake);
  g_mutex_unlock (&self->lock);
  if (closing)
    refuse (request);
}
