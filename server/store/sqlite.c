/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store on one machine: a folder with one SQLite file, one thread that writes and a few that
 * read. */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "store/sqlite-reader.h"
#include "store/sqlite-writer.h"

#define LOCK_FILE    "lock"
#define HISTORY_FILE "history.db"

struct _Store
{
  int lock; /* the descriptor that holds the lock on the folder */
  StoreWriter *writer;
  StoreReaders *readers;
};

static gboolean
set_errno_error (GError **error, const char *file, int code)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", file, g_strerror (code));
  return FALSE;
}

/* Only the owner may read what people wrote; the folder may be somebody else's make and more open
 * than that. */
static int
open_private (const char *file, GError **error)
{
  int fd = g_open (file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

  if (fd < 0)
    set_errno_error (error, file, errno);
  return fd;
}

static gboolean
lock_folder (Store *self, const char *folder, GError **error)
{
  g_autofree char *file = g_build_filename (folder, LOCK_FILE, NULL);

  self->lock = open_private (file, error);
  if (self->lock < 0)
    return FALSE;
  if (flock (self->lock, LOCK_EX | LOCK_NB) == 0)
    return TRUE;
  if (errno != EWOULDBLOCK)
    return set_errno_error (error, file, errno);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY, "%s: another server is using this folder",
               folder);
  return FALSE;
}

static gboolean
open_folder (Store *self,
             const char *folder,
             StoreDurability durability,
             StoreStoredFunc stored,
             gpointer user_data,
             GError **error)
{
  g_autofree char *file = g_build_filename (folder, HISTORY_FILE, NULL);
  int fd;

  if (g_mkdir_with_parents (folder, 0700) != 0)
    return set_errno_error (error, folder, errno);
  if (!lock_folder (self, folder, error))
    return FALSE;

  fd = open_private (file, error); /* SQLite gives the files beside it the same mode */
  if (fd < 0)
    return FALSE;
  close (fd);

  self->writer = store_writer_new (file, durability, stored, user_data, error);
  if (self->writer == NULL)
    return FALSE;
  self->readers = store_readers_new (file);
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
  if (!open_folder (self, folder, options->durability, stored, user_data, error))
    g_clear_pointer (&self, store_free);
  return self;
}

void
store_free (Store *self)
{
  g_clear_pointer (&self->readers, store_readers_free);
  g_clear_pointer (&self->writer,
                   store_writer_free); /* the last connection to close leaves no WAL behind */
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

guint64
store_next_session (Store *self)
{
  return store_writer_next_session (self->writer);
}
