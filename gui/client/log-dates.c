/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Places in a conversation that is not loaded: a message, and dates. Times never fall while seq rises, so single messages asked for by seq are
 * enough to find any day: a few dozen of them, however long the conversation is. */
#include "client/log-private.h"

#include <glib/gi18n.h>
#include <string.h>

#include "client/conversation-private.h"

#define CONTEXT 8 /* messages shown before the one jumped to */
#define DAYS_MAX 31

/* Between two messages whose days are known: what is between them is not. Day -1 is before the month, n_days after it. */
typedef struct
{
  guint64 a, b;
  int day_a, day_b;
} Range;

typedef struct _Search Search;
typedef void (*Step) (Search *search, const WcHistoryPage *page);

struct _Search
{
  GTask *task; /* owns this */
  WcLog *log;  /* the task's source */
  WcPages *request;
  Step step;
  GSource *cancel_source;

  /* Jump: every seq up to lo is too early, "found" is the first that is not, as far as is known. */
  gint64 target;
  guint64 lo, hi, found;
  guint jump;
  gboolean without_context; /* if it cannot be had with messages before it, then without them */

  /* Marks. */
  gint64 bounds[DAYS_MAX + 1]; /* where the days begin, and the month ends */
  int n_days;
  guint32 marks;
  GArray *ranges;
  Range range; /* the one being looked at */
  guint64 middle;
  int last_day;
  guint64 last;
};

static void
search_free (gpointer data)
{
  Search *search = data;

  g_assert (search->request == NULL && search->cancel_source == NULL);
  g_array_unref (search->ranges);
  g_free (search);
}

/* The task is over: nothing may come any more. */
static GTask *
search_end (Search *search)
{
  GTask *task = g_steal_pointer (&search->task);

  g_clear_pointer (&search->request, wc_pages_cancel);
  if (search->cancel_source != NULL)
    {
      g_source_destroy (search->cancel_source);
      g_clear_pointer (&search->cancel_source, g_source_unref);
    }
  wc_log_release_loading (search->log);

  return task;
}

static void
search_fail (Search *search, GQuark domain, int code, const char *message)
{
  g_autoptr (GTask) task = search_end (search);

  g_task_return_new_error (task, domain, code, "%s", message);
}

static gboolean
cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  Search *search = user_data;

  search_fail (search, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Cancelled"));

  return G_SOURCE_REMOVE;
}

static Search *
search_new (WcLog *log, gpointer tag, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  Search *search = g_new0 (Search, 1);

  search->task = g_task_new (log, cancellable, callback, user_data);
  search->log = log;
  search->ranges = g_array_new (FALSE, FALSE, sizeof (Range));
  g_task_set_source_tag (search->task, tag);
  g_task_set_task_data (search->task, search, search_free);
  wc_log_hold_loading (log);
  if (cancellable != NULL)
    {
      search->cancel_source = g_cancellable_source_new (cancellable);
      g_source_set_callback (search->cancel_source, G_SOURCE_FUNC (cancelled_cb), search, NULL);
      g_source_attach (search->cancel_source, g_main_context_get_thread_default ());
    }

  return search;
}

static void ask (Search *search, WcHistoryKind kind, guint64 seq, guint limit, Step step);

/* The message may be here without those before it. */
static void
ask_without_context (Search *search)
{
  search->without_context = FALSE;
  ask (search, WC_HISTORY_AFTER, search->found - 1, WC_LOG_PAGE, search->step);
}

static void
answer_cb (const WcHistoryPage *page, const GError *error, gpointer user_data)
{
  Search *search = user_data;

  search->request = NULL;
  if (page == NULL && search->without_context)
    {
      ask_without_context (search);
    }
  else if (page == NULL)
    search_fail (search, error->domain, error->code, error->message);
  else if (page->base)
    search_fail (search, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, _("This server does not tell when messages were written."));
  else
    search->step (search, page);
}

static void
ask (Search *search, WcHistoryKind kind, guint64 seq, guint limit, Step step)
{
  WcConversation *conversation = search->log->conversation;
  g_autoptr (GError) error = NULL;

  search->step = step;
  if (conversation != NULL && conversation->client != NULL && wc_client_get_is_base (conversation->client))
    search_fail (search, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, _("This server does not tell when messages were written."));
  else if (conversation == NULL)
    search_fail (search, WC_ERROR, WC_ERROR_CLOSED, _("You are not logged in."));
  else
    {
      search->request = wc_pages_request (conversation, kind, seq, limit, FALSE, answer_cb, search, &error);
      if (search->request == NULL)
        search_fail (search, error->domain, error->code, error->message);
    }
}

static WcEntry *
page_first (const WcHistoryPage *page)
{
  return page->entries->len > 0 ? page->entries->pdata[0] : NULL;
}

/* --- The jump --- */

/* The position of the message, or of the first one after it. */
static guint
find_from (WcLog *log, guint64 seq)
{
  guint position = 0;

  while (wc_entry_get_seq (log->items->pdata[position]) < seq)
    position++;

  return position;
}

static void
shown_step (Search *search, const WcHistoryPage *page)
{
  WcLog *log = search->log;
  g_autoptr (GTask) task = NULL;
  guint64 last = page->entries->len > 0 ? wc_entry_get_seq (page->entries->pdata[page->entries->len - 1]) : 0;

  if (search->jump != log->jump)
    {
      search_fail (search, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Cancelled"));
      return;
    }
  if (last < search->found)
    {
      if (page->partial && search->without_context)
        ask_without_context (search);
      else
        search_fail (search, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, _("The message is gone."));
      return;
    }

  wc_log_set_request (log, NULL);
  wc_log_reset (log, FALSE);
  wc_log_fill (log, page->entries);
  wc_log_set_range (log, log->first_seq > 1, log->last_seq >= page->last && log->last_seq >= log->conversation->held);
  wc_log_set_error (log, NULL);
  log->loaded = TRUE;

  task = search_end (search);
  g_task_return_int (task, find_from (log, search->found));
}

/* The window goes to where "found" is. */
static void
show_found (Search *search)
{
  guint64 before = search->found - 1;

  ask (search, WC_HISTORY_AFTER, before > CONTEXT ? before - CONTEXT : 0, CONTEXT + WC_LOG_PAGE, shown_step);
}

static void narrow_step (Search *search, const WcHistoryPage *page);

static void
narrow (Search *search)
{
  g_assert (search->hi > search->lo);

  if (search->hi - search->lo <= 1)
    {
      show_found (search);
    }
  else
    {
      search->middle = search->lo + (search->hi - search->lo) / 2;
      ask (search, WC_HISTORY_AFTER, search->middle - 1, 1, narrow_step);
    }
}

static void
narrow_step (Search *search, const WcHistoryPage *page)
{
  WcEntry *entry = page_first (page);

  if (entry == NULL || wc_entry_get_time (entry) >= search->target)
    {
      /* Nothing exists between the middle and this one. */
      search->hi = search->middle;
      if (entry != NULL)
        search->found = wc_entry_get_seq (entry);
    }
  else
    {
      search->lo = MAX (wc_entry_get_seq (entry), search->middle);
      search->hi = MAX (search->hi, search->lo + 1);
    }
  narrow (search);
}

static void
jump_newest_step (Search *search, const WcHistoryPage *page)
{
  WcEntry *entry = page_first (page);

  if (entry == NULL || wc_entry_get_time (entry) < search->target)
    {
      search_fail (search, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, _("There are no messages on that day, and none after it."));
      return;
    }

  search->lo = 0;
  search->hi = search->found = wc_entry_get_seq (entry);
  narrow (search);
}

void
wc_log_jump_to_date_async (WcLog *self, GDateTime *day, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GDateTime) start = NULL;
  Search *search;

  g_return_if_fail (WC_IS_LOG (self));
  g_return_if_fail (day != NULL);

  search = search_new (self, wc_log_jump_to_date_async, cancellable, callback, user_data);
  start = g_date_time_new_local (g_date_time_get_year (day), g_date_time_get_month (day), g_date_time_get_day_of_month (day), 0, 0, 0);
  search->target = start != NULL ? g_date_time_to_unix (start) * 1000 : 0;
  search->jump = ++self->jump;
  ask (search, WC_HISTORY_NEWEST, 0, 1, jump_newest_step);
}

int
wc_log_jump_to_date_finish (WcLog *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), -1);

  return g_task_propagate_int (G_TASK (result), error);
}

void
wc_log_jump_to_seq_async (WcLog *self, guint64 seq, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  Search *search;
  guint position;

  g_return_if_fail (WC_IS_LOG (self));
  g_return_if_fail (seq > 0);

  if (wc_log_find_seq (self, seq, &position))
    {
      g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

      self->jump++;
      g_task_return_int (task, position);
      return;
    }

  search = search_new (self, wc_log_jump_to_seq_async, cancellable, callback, user_data);
  search->found = seq;
  search->jump = ++self->jump;
  search->without_context = seq > 1;
  show_found (search);
}

int
wc_log_jump_to_seq_finish (WcLog *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), -1);

  return g_task_propagate_int (G_TASK (result), error);
}

/* --- The days of a month --- */

static int
day_of (Search *search, gint64 time)
{
  int day = -1;

  while (day < search->n_days && time >= search->bounds[day + 1])
    day++;

  return day;
}

static void
mark (Search *search, int day)
{
  if (day >= 0 && day < search->n_days)
    search->marks |= 1u << day;
}

static gboolean
is_interesting (Search *search, const Range *range)
{
  if (range->b - range->a <= 1)
    return FALSE;

  for (int day = MAX (range->day_a + 1, 0); day < MIN (range->day_b, search->n_days); day++)
    if ((search->marks & (1u << day)) == 0)
      return TRUE;

  return FALSE;
}

static void next_range (Search *search);

static void
add_range (Search *search, guint64 a, int day_a, guint64 b, int day_b)
{
  Range range = { a, b, day_a, day_b };

  g_array_append_val (search->ranges, range);
}

static void
middle_step (Search *search, const WcHistoryPage *page)
{
  WcEntry *entry = page_first (page);
  Range *range = &search->range;
  guint64 seq = entry != NULL ? wc_entry_get_seq (entry) : range->b;
  int day = entry != NULL && seq < range->b ? day_of (search, wc_entry_get_time (entry)) : range->day_b;

  mark (search, day);
  add_range (search, range->a, range->day_a, search->middle, day);
  if (seq < range->b)
    add_range (search, seq, day, range->b, range->day_b);
  next_range (search);
}

static void
all_step (Search *search, const WcHistoryPage *page)
{
  for (guint i = 0; i < page->entries->len; i++)
    mark (search, day_of (search, wc_entry_get_time (page->entries->pdata[i])));
  next_range (search);
}

static void
marks_done (Search *search)
{
  g_autoptr (GTask) task = search_end (search);

  g_task_return_boolean (task, TRUE);
}

static void
next_range (Search *search)
{
  while (search->ranges->len > 0)
    {
      Range *range = &search->range;

      *range = g_array_index (search->ranges, Range, search->ranges->len - 1);
      g_array_set_size (search->ranges, search->ranges->len - 1);
      if (!is_interesting (search, range))
        continue;

      if (range->b - range->a - 1 <= WIRE_HISTORY_LIMIT_MAX)
        {
          ask (search, WC_HISTORY_AFTER, range->a, range->b - range->a - 1, all_step);
        }
      else
        {
          search->middle = range->a + (range->b - range->a) / 2;
          ask (search, WC_HISTORY_AFTER, search->middle - 1, 1, middle_step);
        }
      return;
    }

  marks_done (search);
}

static void
oldest_step (Search *search, const WcHistoryPage *page)
{
  WcEntry *entry = page_first (page);

  if (entry != NULL)
    {
      int day = day_of (search, wc_entry_get_time (entry));

      mark (search, day);
      add_range (search, wc_entry_get_seq (entry), day, search->last, search->last_day);
    }
  next_range (search);
}

static void
marks_newest_step (Search *search, const WcHistoryPage *page)
{
  WcEntry *entry = page_first (page);

  if (entry == NULL)
    {
      next_range (search);
      return;
    }

  search->last = wc_entry_get_seq (entry);
  search->last_day = day_of (search, wc_entry_get_time (entry));
  mark (search, search->last_day);
  ask (search, WC_HISTORY_AFTER, 0, 1, oldest_step);
}

void
wc_log_mark_days_async (WcLog *self, int year, int month, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  Search *search;

  g_return_if_fail (WC_IS_LOG (self));
  g_return_if_fail (g_date_valid_dmy (1, month, year));

  search = search_new (self, wc_log_mark_days_async, cancellable, callback, user_data);
  search->n_days = g_date_get_days_in_month (month, year);
  for (int i = 0; i <= search->n_days; i++)
    {
      gboolean next_month = i == search->n_days;
      g_autoptr (GDateTime) start = g_date_time_new_local (next_month && month == 12 ? year + 1 : year,
                                                           next_month ? month % 12 + 1 : month, next_month ? 1 : i + 1, 0, 0, 0);

      search->bounds[i] = start != NULL ? g_date_time_to_unix (start) * 1000 : G_MAXINT64;
    }
  ask (search, WC_HISTORY_NEWEST, 0, 1, marks_newest_step);
}

gboolean
wc_log_mark_days_finish (WcLog *self, GAsyncResult *result, guint32 *days, GError **error)
{
  Search *search;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  search = g_task_get_task_data (G_TASK (result));
  *days = search->marks;

  return g_task_propagate_boolean (G_TASK (result), error);
}
