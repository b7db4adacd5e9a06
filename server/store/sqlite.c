/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store on one machine: a folder with one SQLite file, one thread that writes and a few that
 * read. */
#include "store/store.h"

#include <unistd.h>

#include "store/search.h"
#include "store/sqlite-folder.h"
#include "store/sqlite-reader.h"
#include "store/sqlite-writer.h"

#define SEARCH_FILE "search.db"

struct _Store
{
  int lock; /* the descriptor that holds the lock on the folder */
  StorePendingMarks *pending;
  StoreSearch *search;
  StoreWriter *writer;
  StoreReaders *readers;
};

static gboolean
open_folder (Store *self,
             const char *folder,
             const StoreOptions *options,
             StoreStoredFunc stored,
             gpointer user_data,
             GError **error)
{
  g_autofree char *file = store_folder_get_history (folder);
  g_autofree char *index = g_build_filename (folder, SEARCH_FILE, NULL);

  self->lock = store_folder_lock (folder, error);
  if (self->lock < 0 || !store_folder_make_file (file, error))
    return FALSE;
  self->search = store_search_new (index, file, error);
  if (self->search == NULL)
    return FALSE;
  self->writer
      = store_writer_new (file, options, self->pending, self->search, stored, user_data, error);
  if (self->writer == NULL)
    return FALSE;
  self->readers = store_readers_new (file, self->pending);
  return TRUE;
}

Store *
store_new_sqlite (const char *folder,
                  const StoreOptions *options,
                  StoreStoredFunc stored,
                  gpointer user_data,
                  GError **error)
{
  Store *self = g_new0 (Store, 1);

  self->lock = -1;
  self->pending = store_pending_marks_new ();
  if (!open_folder (self, folder, options, stored, user_data, error))
    g_clear_pointer (&self, store_free);
  return self;
}

void
store_free (Store *self)
{
  g_clear_pointer (&self->readers, store_readers_free);
  if (self->search != NULL)
    store_search_stop (self->search);
  if (self->writer != NULL)
    store_writer_stop (self->writer); /* its last answers may use the store */
  g_clear_pointer (&self->writer,
                   store_writer_free); /* the last connection to close leaves no WAL behind */
  g_clear_pointer (&self->search, store_search_free);
  store_pending_marks_free (self->pending);
  if (self->lock >= 0)
    close (self->lock);
  g_free (self);
}

void
store_append (Store *self, StoreMessage *message)
{
  store_writer_append (self->writer, message);
}

gsize
store_get_backlog (Store *self)
{
  return store_writer_get_backlog (self->writer);
}

void
store_read (Store *self,
            const char *a,
            const char *b,
            const StoreRange *range,
            StorePageFunc func,
            gpointer user_data)
{
  store_readers_read (self->readers, a, b, range, func, user_data);
}

void
store_list (Store *self, const char *id, StoreListFunc func, gpointer user_data)
{
  store_readers_list (self->readers, id, func, user_data);
}

void
store_search (Store *self,
              const char *id,
              const char *conv,
              const char *words,
              guint limit,
              StoreSearchFunc func,
              gpointer user_data)
{
  store_search_find (self->search, id, conv, words, limit, func, user_data);
}

/* What is pending stays so at least until the writer has reported all that it has committed. */
gboolean
store_set_delivered (Store *self, const char *receiver, const char *peer, guint64 seq)
{
  if (store_pending_marks_get_delivered (self->pending, receiver, peer) >= seq)
    return FALSE;
  store_writer_note_pending (
      self->writer, store_pending_marks_set_delivered (self->pending, receiver, peer, seq));
  return TRUE;
}

void
store_set_seen (Store *self, const char *id, gint64 time)
{
  store_writer_note_pending (self->writer, store_pending_marks_set_seen (self->pending, id, time));
}

void
store_load_seen (Store *self, StoreSeenFunc func, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!store_readers_load_seen (self->readers, func, user_data, &error))
    g_warning ("%s", error->message);
}

guint64
store_next_session (Store *self)
{
  return store_writer_next_session (self->writer);
}
