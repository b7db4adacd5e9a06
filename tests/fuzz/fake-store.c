/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake-store.h"

#include <string.h>

#include "shared/limits.h"

typedef struct
{
  char *ids[2]; /* in the order of strcmp() */
  GArray *rows; /* of StoreRow, with texts of their own; seq is the place + 1 */
  guint64 read[2], delivered[2];
} Conversation;

typedef enum
{
  ASK_PAGE,
  ASK_LIST,
  ASK_SEARCH,
} AskKind;

typedef struct
{
  AskKind kind;
  char *id;
  char *other; /* ASK_SEARCH: NULL for everybody */
  char *words;
  StoreRange range;
  guint limit;
  StorePageFunc page_func;
  StoreListFunc list_func;
  StoreSearchFunc search_func;
  gpointer user_data;
} Ask;

struct _Store
{
  StoreStoredFunc stored;
  gpointer user_data;
  GPtrArray *conversations;
  StoreMessage *first, *last; /* appended */
  gsize backlog;
  GQueue asks;
  guint64 session;
  gboolean refuses_sessions;
};

static void
row_clear (gpointer data)
{
  StoreRow *row = data;

  g_free ((char *) row->from);
  g_free ((char *) row->text);
  g_free ((char *) row->nonce);
}

static void
conversation_free (gpointer data)
{
  Conversation *conversation = data;

  g_free (conversation->ids[0]);
  g_free (conversation->ids[1]);
  g_array_unref (conversation->rows);
  g_free (conversation);
}

static void
ask_free (gpointer data)
{
  Ask *ask = data;

  g_free (ask->id);
  g_free (ask->other);
  g_free (ask->words);
  g_free (ask);
}

Store *
fake_store_new (StoreStoredFunc stored, gpointer user_data)
{
  Store *self = g_new0 (Store, 1);

  self->stored = stored;
  self->user_data = user_data;
  self->conversations = g_ptr_array_new_with_free_func (conversation_free);
  self->session = WIRE_SESSION_FIRST;
  g_queue_init (&self->asks);
  return self;
}

void
store_free (Store *self)
{
  while (fake_store_run (self, FALSE))
    ;
  g_ptr_array_unref (self->conversations);
  g_free (self);
}

static Conversation *
find (Store *self, const char *a, const char *b, gboolean make)
{
  const char *lo = strcmp (a, b) < 0 ? a : b, *hi = lo == a ? b : a;
  Conversation *made;

  for (guint i = 0; i < self->conversations->len; i++)
    {
      Conversation *conversation = g_ptr_array_index (self->conversations, i);

      if (g_str_equal (conversation->ids[0], lo) && g_str_equal (conversation->ids[1], hi))
        return conversation;
    }
  if (!make)
    return NULL;
  made = g_new0 (Conversation, 1);
  made->ids[0] = g_strdup (lo);
  made->ids[1] = g_strdup (hi);
  made->rows = g_array_new (FALSE, TRUE, sizeof (StoreRow));
  g_array_set_clear_func (made->rows, row_clear);
  g_ptr_array_add (self->conversations, made);
  return made;
}

static guint
side (Conversation *conversation, const char *id)
{
  return g_str_equal (conversation->ids[1], id);
}

/* What comes in */

static void
commit_message (Conversation *conversation, StoreMessage *message)
{
  StoreRow row = { .seq = conversation->rows->len + 1, .time = message->time };

  for (guint i = 0; i < conversation->rows->len && message->nonce != NULL; i++)
    {
      StoreRow *old = &g_array_index (conversation->rows, StoreRow, i);

      if (g_strcmp0 (old->nonce, message->nonce) == 0 && g_str_equal (old->from, message->from))
        {
          message->repeated = TRUE;
          message->seq = old->seq;
          message->time = old->time;
          return;
        }
    }
  row.from = g_strdup (message->from);
  row.text = g_strndup (message->text, message->text_len);
  row.text_len = message->text_len;
  row.nonce = g_strdup (message->nonce);
  message->seq = row.seq;
  g_array_append_val (conversation->rows, row);
}

static void
commit_mark (Conversation *conversation, StoreMessage *mark)
{
  guint reader = side (conversation, mark->from);

  mark->seq = MIN (mark->seq, conversation->rows->len);
  mark->repeated = mark->seq <= conversation->read[reader];
  conversation->read[reader] = MAX (conversation->read[reader], mark->seq);
  conversation->delivered[reader] = MAX (conversation->delivered[reader], mark->seq);
}

static gboolean
commit (Store *self, gboolean fail)
{
  StoreMessage *batch = g_steal_pointer (&self->first);
  g_autoptr (GError) error = fail ? g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NO_SPACE, "no space") : NULL;

  if (batch == NULL)
    return FALSE;
  self->last = NULL;
  self->backlog = 0;
  for (StoreMessage *message = batch; message != NULL && !fail; message = message->next)
    {
      Conversation *conversation = find (self, message->from, message->to, TRUE);

      if (message->kind == STORE_MESSAGE)
        commit_message (conversation, message);
      else
        commit_mark (conversation, message);
    }
  self->stored (batch, error, self->user_data);
  return TRUE;
}

void
store_append (Store *self, StoreMessage *message)
{
  message->next = NULL;
  message->seq = message->kind == STORE_MESSAGE ? 0 : message->seq;
  if (self->last != NULL)
    self->last->next = message;
  else
    self->first = message;
  self->last = message;
  self->backlog += store_message_get_size (message);
}

gsize
store_get_backlog (Store *self)
{
  return self->backlog;
}

/* What is asked */

static void
answer_page (Store *self, Ask *ask)
{
  Conversation *conversation = find (self, ask->id, ask->other, FALSE);
  StorePage page = { 0 };
  guint64 from = ask->range.after, to; /* both excluded */

  if (conversation != NULL)
    {
      page.last = conversation->rows->len;
      page.delivered = conversation->delivered[side (conversation, ask->id)];
    }
  to = ask->range.before > 0 ? MIN (ask->range.before, page.last + 1) : page.last + 1;
  if (ask->range.after == 0 && !ask->range.from_start && to > ask->range.limit + 1)
    from = to - 1 - ask->range.limit;
  if (to > from + 1)
    {
      page.n_rows = (guint) MIN (to - from - 1, ask->range.limit);
      page.rows = &g_array_index (conversation->rows, StoreRow, from);
    }
  ask->page_func (&page, NULL, ask->user_data);
}

static void
answer_list (Store *self, Ask *ask)
{
  g_autoptr (GArray) rows = g_array_new (FALSE, TRUE, sizeof (StoreConversationRow));

  for (guint i = self->conversations->len; i-- > 0;)
    {
      Conversation *conversation = g_ptr_array_index (self->conversations, i);
      guint own = side (conversation, ask->id);
      StoreConversationRow row = { .peer = conversation->ids[!own], .last = conversation->rows->len };

      if (!g_str_equal (conversation->ids[own], ask->id) || row.last == 0)
        continue;
      row.time = g_array_index (conversation->rows, StoreRow, row.last - 1).time;
      row.read = conversation->read[own];
      row.delivered = conversation->delivered[!own];
      row.peer_read = conversation->read[!own];
      g_array_append_val (rows, row);
    }
  ask->list_func ((StoreConversationRow *) (gpointer) rows->data, rows->len, NULL, ask->user_data);
}

/* Where the words stand as they are; the real one is tested elsewhere. */
static void
answer_search (Store *self, Ask *ask)
{
  g_autoptr (GArray) hits = g_array_new (FALSE, TRUE, sizeof (StoreHit));

  for (guint i = 0; i < self->conversations->len; i++)
    {
      Conversation *conversation = g_ptr_array_index (self->conversations, i);
      guint own = side (conversation, ask->id);

      if (!g_str_equal (conversation->ids[own], ask->id) || (ask->other != NULL && !g_str_equal (conversation->ids[!own], ask->other)))
        continue;
      for (guint k = conversation->rows->len; k-- > 0 && hits->len < ask->limit;)
        {
          StoreHit hit = { conversation->ids[!own], g_array_index (conversation->rows, StoreRow, k) };

          if (strstr (hit.message.text, ask->words) != NULL)
            g_array_append_val (hits, hit);
        }
    }
  ask->search_func ((StoreHit *) (gpointer) hits->data, hits->len, NULL, ask->user_data);
}

static gboolean
answer_one (Store *self, gboolean fail)
{
  Ask *ask = g_queue_pop_head (&self->asks);
  g_autoptr (GError) error = fail ? g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "damaged") : NULL;

  if (ask == NULL)
    return FALSE;
  if (ask->kind == ASK_PAGE && fail)
    ask->page_func (NULL, error, ask->user_data);
  else if (ask->kind == ASK_PAGE)
    answer_page (self, ask);
  else if (ask->kind == ASK_LIST && fail)
    ask->list_func (NULL, 0, error, ask->user_data);
  else if (ask->kind == ASK_LIST)
    answer_list (self, ask);
  else if (fail)
    ask->search_func (NULL, 0, error, ask->user_data);
  else
    answer_search (self, ask);
  ask_free (ask);
  return TRUE;
}

gboolean
fake_store_run (Store *self, gboolean fail)
{
  gboolean any = commit (self, fail);

  for (guint n = self->asks.length; n > 0; n--)
    any |= answer_one (self, fail);
  return any;
}

static Ask *
ask_new (Store *self, AskKind kind, const char *id, const char *other, gpointer user_data)
{
  Ask *ask = g_new0 (Ask, 1);

  ask->kind = kind;
  ask->id = g_strdup (id);
  ask->other = g_strdup (other);
  ask->user_data = user_data;
  g_queue_push_tail (&self->asks, ask);
  return ask;
}

void
store_read (Store *self, const char *a, const char *b, const StoreRange *range, StorePageFunc func, gpointer user_data)
{
  Ask *ask = ask_new (self, ASK_PAGE, a, b, user_data);

  ask->range = *range;
  ask->page_func = func;
}

void
store_list (Store *self, const char *id, StoreListFunc func, gpointer user_data)
{
  ask_new (self, ASK_LIST, id, NULL, user_data)->list_func = func;
}

void
store_search (Store *self, const char *id, const char *conv, const char *words, guint limit, StoreSearchFunc func, gpointer user_data)
{
  Ask *ask = ask_new (self, ASK_SEARCH, id, conv, user_data);

  ask->words = g_strdup (words);
  ask->limit = limit;
  ask->search_func = func;
}

gboolean
store_set_delivered (Store *self, const char *receiver, const char *peer, guint64 seq)
{
  Conversation *conversation = find (self, receiver, peer, TRUE);
  guint64 *delivered = &conversation->delivered[side (conversation, receiver)];

  if (seq <= *delivered)
    return FALSE;
  *delivered = seq;
  return TRUE;
}

void
store_set_seen (Store *self, const char *id, gint64 time)
{
}

void
store_load_seen (Store *self, StoreSeenFunc func, gpointer user_data)
{
}

guint64
store_next_session (Store *self)
{
  return self->refuses_sessions ? 0 : self->session++;
}

/* For whoever looks whether what is told is true */

void
fake_store_refuse_sessions (Store *self, gboolean refuse)
{
  self->refuses_sessions = refuse;
}

guint64
fake_store_get_last (Store *self, const char *a, const char *b)
{
  Conversation *conversation = find (self, a, b, FALSE);

  return conversation != NULL ? conversation->rows->len : 0;
}

const StoreRow *
fake_store_get_row (Store *self, const char *a, const char *b, guint64 seq)
{
  Conversation *conversation = find (self, a, b, FALSE);

  if (conversation == NULL || seq < 1 || seq > conversation->rows->len)
    return NULL;
  return &g_array_index (conversation->rows, StoreRow, seq - 1);
}
