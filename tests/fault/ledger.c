/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/fault/ledger.h"

#include <string.h>

#include "store/store.h"

#define SHOWN_MAX 20 /* faults of one kind */

typedef struct
{
  char *key; /* from, to and text */
  gboolean kept, refused;
} Message;

struct _FaultLedger
{
  GPtrArray *messages; /* by number */
};

FaultRow *
fault_row_new (guint64 seq, const char *from, const char *text, const char *nonce)
{
  FaultRow *self = g_new (FaultRow, 1);

  *self = (FaultRow){ seq, g_strdup (from), g_strdup (text), g_strdup (nonce) };
  return self;
}

void
fault_row_free (gpointer row)
{
  FaultRow *self = row;

  g_free (self->from);
  g_free (self->text);
  g_free (self->nonce);
  g_free (self);
}

static void
message_free (gpointer data)
{
  Message *self = data;

  g_free (self->key);
  g_free (self);
}

FaultLedger *
fault_ledger_new (void)
{
  FaultLedger *self = g_new (FaultLedger, 1);

  self->messages = g_ptr_array_new_with_free_func (message_free);
  return self;
}

void
fault_ledger_free (FaultLedger *self)
{
  g_ptr_array_unref (self->messages);
  g_free (self);
}

static char *
make_key (const char *from, const char *to, const char *text)
{
  return g_strdup_printf ("%s to %s: %s", from, to, text);
}

guint
fault_ledger_issue (FaultLedger *self, const char *from, const char *to, const char *text)
{
  Message *message = g_new0 (Message, 1);

  message->key = make_key (from, to, text);
  g_ptr_array_add (self->messages, message);
  return self->messages->len - 1;
}

static Message *
find (FaultLedger *self, guint number)
{
  g_assert_cmpuint (number, <, self->messages->len);
  return self->messages->pdata[number];
}

void
fault_ledger_kept (FaultLedger *self, guint number)
{
  g_assert_false (find (self, number)->kept);
  g_assert_false (find (self, number)->refused);
  find (self, number)->kept = TRUE;
}

void
fault_ledger_refused (FaultLedger *self, guint number)
{
  find (self, number)->refused = TRUE;
}

guint
fault_ledger_count_kept (FaultLedger *self)
{
  guint n = 0;

  for (guint i = 0; i < self->messages->len; i++)
    n += find (self, i)->kept;
  return n;
}

static void G_GNUC_PRINTF (2, 3)
fault (guint *n, const char *format, ...)
{
  g_autofree char *line = NULL;
  va_list args;

  va_start (args, format);
  line = g_strdup_vprintf (format, args);
  va_end (args);
  if (++*n <= SHOWN_MAX)
    g_printerr ("# FAULT: %.200s%s\n", line, strlen (line) > 200 ? " ..." : "");
}

/* How often each message may be there, and must be. */
typedef struct
{
  guint most, least, found;
} Times;

static GHashTable *
expected_times (FaultLedger *self)
{
  GHashTable *times = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);

  for (guint i = 0; i < self->messages->len; i++)
    {
      Message *message = self->messages->pdata[i];
      Times *of = g_hash_table_lookup (times, message->key);

      if (of == NULL)
        g_hash_table_insert (times, message->key, of = g_new0 (Times, 1));
      of->most += !message->refused;
      of->least += message->kept;
    }
  return times;
}

/* Whether a key is one of these two's. */
static gboolean
is_between (const char *key, const char *a, const char *b)
{
  g_autofree char *there = g_strdup_printf ("%s to %s: ", a, b);
  g_autofree char *back = g_strdup_printf ("%s to %s: ", b, a);

  return g_str_has_prefix (key, there) || g_str_has_prefix (key, back);
}

static guint
check_times (GHashTable *times, const char *a, const char *b)
{
  GHashTableIter iter;
  gpointer key, value;
  guint n = 0;

  g_hash_table_iter_init (&iter, times);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      Times *of = value;

      if (is_between (key, a, b) && (of->found < of->least || of->found > of->most))
        fault (&n, "stored %u times, not %u to %u: %s", of->found, of->least, of->most, (char *) key);
    }
  return n;
}

guint
fault_ledger_check (FaultLedger *self, const char *a, const char *b, GPtrArray *rows)
{
  g_autoptr (GHashTable) times = expected_times (self);
  g_autoptr (GHashTable) nonces = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint n = 0;

  for (guint i = 0; i < rows->len; i++)
    {
      FaultRow *row = rows->pdata[i];
      g_autofree char *key = make_key (row->from, strcmp (row->from, a) == 0 ? b : a, row->text);
      Times *of = g_hash_table_lookup (times, key);

      if (row->seq != i + 1)
        fault (&n, "%s and %s: the store has seq %" G_GUINT64_FORMAT " at place %u", a, b, row->seq, i + 1);
      if (of == NULL)
        fault (&n, "nobody sent this text of %" G_GSIZE_FORMAT " bytes: %s", strlen (row->text), key);
      else
        of->found++;
      if (row->nonce == NULL || !g_hash_table_add (nonces, g_strconcat (row->from, " ", row->nonce, NULL)))
        fault (&n, "%s and %s: seq %" G_GUINT64_FORMAT " has no nonce of its own", a, b, row->seq);
    }
  return n + check_times (times, a, b);
}

guint
fault_compare_rows (const char *holder, const char *peer, GPtrArray *held, GPtrArray *stored)
{
  guint n = 0;

  if (held->len != stored->len)
    fault (&n, "%s holds %u messages with %s, the server %u", holder, held->len, peer, stored->len);
  for (guint i = 0; i < MIN (held->len, stored->len); i++)
    {
      FaultRow *mine = held->pdata[i], *right = stored->pdata[i];

      if (mine->seq != right->seq || strcmp (mine->from, right->from) != 0 || strcmp (mine->text, right->text) != 0)
        {
          fault (&n, "%s holds seq %" G_GUINT64_FORMAT " from %s at place %u with %s, the server %" G_GUINT64_FORMAT " from %s: \"%.60s\", not \"%.60s\"",
                 holder, mine->seq, mine->from, i + 1, peer, right->seq, right->from, mine->text, right->text);
          break; /* what follows is another one too */
        }
    }
  return n;
}

/* The server's store. Its answers come on another thread. */
typedef struct
{
  GAsyncQueue *done;
  GPtrArray *rows;
  const char *peer;
  guint64 mark;
  guint64 after;
  gboolean more;
} Reading;

static void
page_cb (const StorePage *page, const GError *error, gpointer user_data)
{
  Reading *self = user_data;

  g_assert_no_error (error);
  for (guint i = 0; i < page->n_rows; i++)
    {
      g_ptr_array_add (self->rows, fault_row_new (page->rows[i].seq, page->rows[i].from, page->rows[i].text, page->rows[i].nonce));
      self->after = page->rows[i].seq;
    }
  self->more = page->more;
  g_async_queue_push (self->done, self);
}

static void
list_cb (const StoreConversationRow *rows, guint n_rows, const GError *error, gpointer user_data)
{
  Reading *self = user_data;

  g_assert_no_error (error);
  for (guint i = 0; i < n_rows; i++)
    if (strcmp (rows[i].peer, self->peer) == 0)
      self->mark = rows[i].read;
  g_async_queue_push (self->done, self);
}

static void
stored_cb (StoreMessage *batch, const GError *error, gpointer user_data)
{
  g_assert_not_reached ();
}

static Store *
open_store (const char *folder)
{
  const StoreOptions options = { .durability = STORE_DURABILITY_NORMAL };
  g_autoptr (GError) error = NULL;
  Store *store = store_new_sqlite (folder, &options, stored_cb, NULL, &error);

  g_assert_no_error (error);
  return store;
}

GPtrArray *
fault_read_store (const char *folder, const char *a, const char *b)
{
  Reading reading = { .done = g_async_queue_new (), .rows = g_ptr_array_new_with_free_func (fault_row_free), .more = TRUE };
  Store *store = open_store (folder);

  while (reading.more)
    {
      StoreRange range = { .after = reading.after, .from_start = reading.after == 0, .limit = STORE_PAGE_MAX };

      store_read (store, a, b, &range, page_cb, &reading);
      g_async_queue_pop (reading.done);
    }
  store_free (store);
  g_async_queue_unref (reading.done);
  return reading.rows;
}

guint64
fault_read_store_mark (const char *folder, const char *id, const char *peer)
{
  Reading reading = { .done = g_async_queue_new (), .peer = peer };
  Store *store = open_store (folder);

  store_list (store, id, list_cb, &reading);
  g_async_queue_pop (reading.done);
  store_free (store);
  g_async_queue_unref (reading.done);
  return reading.mark;
}
