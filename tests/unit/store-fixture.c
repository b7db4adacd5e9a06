/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-fixture.h"

#include <glib/gstdio.h>

#define DEADLINE (60 * G_TIME_SPAN_SECOND)

static void
stored_cb (StoreMessage *batch, const GError *error, gpointer user_data)
{
  StoreFixture *self = user_data;

  g_mutex_lock (&self->lock);
  g_clear_error (&self->last_error);
  if (error != NULL)
    self->last_error = g_error_copy (error);
  for (StoreMessage *message = batch; message != NULL; message = message->next)
    g_ptr_array_add (self->answered, message);
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

static void
open_store (StoreFixture *self)
{
  g_autoptr (GError) error = NULL;

  self->store = self->open (self->folder, self->retention_days, stored_cb, self, &error);
  g_assert_no_error (error);
  g_assert_nonnull (self->store);
}

void
store_fixture_set_up (StoreFixture *self, gconstpointer open)
{
  g_autofree char *parent = g_dir_make_tmp ("webchat-store-XXXXXX", NULL);

  self->open = (StoreOpenFunc)open;
  self->folder = g_build_filename (parent, "deep", "data", NULL); /* the store makes it */
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->answered = g_ptr_array_new_with_free_func ((GDestroyNotify)store_message_free);
  open_store (self);
}

static void
remove_folder (const char *folder)
{
  GDir *dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (folder, name, NULL);
      g_unlink (file);
    }
  g_clear_pointer (&dir, g_dir_close);
  g_rmdir (folder);
}

void
store_fixture_tear_down (StoreFixture *self, gconstpointer open)
{
  g_autofree char *deep = g_path_get_dirname (self->folder);
  g_autofree char *parent = g_path_get_dirname (deep);

  store_fixture_close (self);
  remove_folder (self->folder);
  remove_folder (deep);
  remove_folder (parent);
  g_free (self->folder);
  g_ptr_array_unref (self->answered);
  g_clear_error (&self->last_error);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
}

void
store_fixture_close (StoreFixture *self)
{
  g_clear_pointer (&self->store, store_free);
}

void
store_fixture_reopen (StoreFixture *self)
{
  store_fixture_close (self);
  open_store (self);
}

/* With the lock held. */
static void
wait_for_change (StoreFixture *self, gint64 deadline)
{
  if (!g_cond_wait_until (&self->changed, &self->lock, deadline))
    g_error ("the store has not answered in time");
}

void
store_fixture_wait (StoreFixture *self, guint n)
{
  gint64 deadline = g_get_monotonic_time () + DEADLINE;

  g_mutex_lock (&self->lock);
  while (self->answered->len < n)
    wait_for_change (self, deadline);
  g_mutex_unlock (&self->lock);
}

StoreMessage *
store_fixture_put (StoreFixture *self,
                   const char *from,
                   const char *to,
                   const char *nonce,
                   const char *text,
                   gint64 time)
{
  StoreMessage *message = store_message_new (from, to, nonce, text, strlen (text), time);
  guint n;

  g_mutex_lock (&self->lock);
  n = self->answered->len;
  g_mutex_unlock (&self->lock);
  store_append (self->store, message);
  store_fixture_wait (self, n + 1);
  return message;
}

static void
copy_page (StoreAnswer *answer, const StorePage *page)
{
  StoreRow *rows = g_new (StoreRow, page->n_rows);

  for (guint i = 0; i < page->n_rows; i++)
    {
      rows[i] = page->rows[i];
      rows[i].from = g_strdup (page->rows[i].from);
      rows[i].text = g_strdup (page->rows[i].text);
      rows[i].nonce = g_strdup (page->rows[i].nonce);
      g_assert_cmpuint (strlen (rows[i].text), ==, rows[i].text_len);
    }
  answer->page = *page;
  answer->page.rows = rows;
}

typedef struct
{
  StoreFixture *fixture;
  StoreAnswer *answer;
} Reading;

static void
page_cb (const StorePage *page, const GError *error, gpointer user_data)
{
  Reading *reading = user_data;

  g_assert_true ((page == NULL) == (error != NULL));
  if (page != NULL)
    copy_page (reading->answer, page);
  else
    reading->answer->error = g_error_copy (error);

  g_mutex_lock (&reading->fixture->lock);
  reading->answer->done = TRUE;
  g_cond_broadcast (&reading->fixture->changed);
  g_mutex_unlock (&reading->fixture->lock);
}

StoreAnswer *
store_fixture_read (StoreFixture *self, const char *a, const char *b, StoreRange range)
{
  Reading reading = { self, g_new0 (StoreAnswer, 1) };
  gint64 deadline = g_get_monotonic_time () + DEADLINE;

  store_read (self->store, a, b, &range, page_cb, &reading);
  g_mutex_lock (&self->lock);
  while (!reading.answer->done)
    wait_for_change (self, deadline);
  g_mutex_unlock (&self->lock);
  return reading.answer;
}

void
store_answer_free (StoreAnswer *self)
{
  for (guint i = 0; i < self->page.n_rows; i++)
    {
      g_free ((char *)self->page.rows[i].from);
      g_free ((char *)self->page.rows[i].text);
      g_free ((char *)self->page.rows[i].nonce);
    }
  g_free ((StoreRow *)self->page.rows);
  g_clear_error (&self->error);
  g_free (self);
}

typedef struct
{
  StoreFixture *fixture;
  char *text;
} Listing;

static void
list_cb (const StoreConversationRow *rows, guint n_rows, const GError *error, gpointer user_data)
{
  Listing *listing = user_data;
  GString *text = g_string_new (NULL);

  g_assert_no_error (error);
  for (guint i = 0; i < n_rows; i++)
    g_string_append_printf (
        text,
        "%s last=%" G_GUINT64_FORMAT " time=%" G_GINT64_FORMAT " read=%" G_GUINT64_FORMAT
        " delivered=%" G_GUINT64_FORMAT " peer_read=%" G_GUINT64_FORMAT "\n",
        rows[i].peer, rows[i].last, rows[i].time, rows[i].read, rows[i].delivered,
        rows[i].peer_read);

  g_mutex_lock (&listing->fixture->lock);
  listing->text = g_string_free (text, FALSE);
  g_cond_broadcast (&listing->fixture->changed);
  g_mutex_unlock (&listing->fixture->lock);
}

char *
store_fixture_list (StoreFixture *self, const char *id)
{
  Listing listing = { self, NULL };
  gint64 deadline = g_get_monotonic_time () + DEADLINE;

  store_list (self->store, id, list_cb, &listing);
  g_mutex_lock (&self->lock);
  while (listing.text == NULL)
    wait_for_change (self, deadline);
  g_mutex_unlock (&self->lock);
  return listing.text;
}

static void
search_cb (const StoreHit *hits, guint n_hits, const GError *error, gpointer user_data)
{
  Listing *listing = user_data;
  GString *text = g_string_new (NULL);
  gint64 time = G_MAXINT64;

  g_assert_true ((hits == NULL) == (error != NULL));
  if (error != NULL)
    g_string_printf (text, "error %s %d", g_quark_to_string (error->domain), error->code);
  for (guint i = 0; i < n_hits; i++)
    {
      const StoreRow *row = &hits[i].message;

      g_assert_cmpint (row->time, <=, time);
      g_assert_cmpuint (strlen (row->text), ==, row->text_len);
      time = row->time;
      g_string_append_printf (text, "%s %" G_GUINT64_FORMAT " %s: %s\n", hits[i].peer, row->seq,
                              row->from, row->text);
    }

  g_mutex_lock (&listing->fixture->lock);
  listing->text = g_string_free (text, FALSE);
  g_cond_broadcast (&listing->fixture->changed);
  g_mutex_unlock (&listing->fixture->lock);
}

char *
store_fixture_search (
    StoreFixture *self, const char *id, const char *conv, const char *words, guint limit)
{
  Listing listing = { self, NULL };
  gint64 deadline = g_get_monotonic_time () + DEADLINE;

  store_search (self->store, id, conv, words, limit, search_cb, &listing);
  g_mutex_lock (&self->lock);
  while (listing.text == NULL)
    wait_for_change (self, deadline);
  g_mutex_unlock (&self->lock);
  return listing.text;
}

guint64
store_fixture_read_all (
    StoreFixture *self, const char *a, const char *b, StoreRowFunc func, gpointer user_data)
{
  guint64 seq = 0, last;
  gint64 time = 0;
  gboolean more;

  do
    {
      StoreRange range = { .after = seq, .from_start = TRUE, .limit = STORE_PAGE_MAX };
      g_autoptr (StoreAnswer) answer = store_fixture_read (self, a, b, range);

      g_assert_no_error (answer->error);
      for (guint i = 0; i < answer->page.n_rows; i++)
        {
          const StoreRow *row = &answer->page.rows[i];

          g_assert_cmpuint (row->seq, ==, ++seq);
          g_assert_cmpint (row->time, >=, time);
          time = row->time;
          if (func != NULL)
            func (row, user_data);
        }
      more = answer->page.more;
      last = answer->page.last;
    }
  while (more);
  g_assert_cmpuint (last, ==, seq);
  return seq;
}
