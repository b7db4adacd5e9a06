/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sqlite-folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define LOCK_FILE    "lock"
#define HISTORY_FILE "history.db"

static int
set_errno_error (GError **error, const char *file, int code)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", file, g_strerror (code));
  return -1;
}

/* What root makes, in a command, is the folder's owner's: the server's user must be able to open it. */
static gboolean
give_to_owner (int fd, const char *file)
{
  g_autofree char *folder = g_path_get_dirname (file);
  GStatBuf owner;

  return geteuid () != 0 || (g_stat (folder, &owner) == 0 && fchown (fd, owner.st_uid, owner.st_gid) == 0);
}

static int
open_private (const char *file, GError **error)
{
  int fd = g_open (file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600), code;

  if (fd < 0 && errno == EEXIST)
    fd = g_open (file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  else if (fd >= 0 && !give_to_owner (fd, file))
    {
      code = errno;
      close (fd);
      return set_errno_error (error, file, code);
    }
  return fd >= 0 ? fd : set_errno_error (error, file, errno);
}

char *
store_folder_get_history (const char *folder)
{
  return g_build_filename (folder, HISTORY_FILE, NULL);
}

int
store_folder_lock (const char *folder, GError **error)
{
  g_autofree char *file = g_build_filename (folder, LOCK_FILE, NULL);
  int lock, code;

  if (g_mkdir_with_parents (folder, 0700) != 0)
    return set_errno_error (error, folder, errno);
  lock = open_private (file, error);
  if (lock < 0 || flock (lock, LOCK_EX | LOCK_NB) == 0)
    return lock;

  code = errno;
  close (lock);
  if (code != EWOULDBLOCK)
    return set_errno_error (error, file, code);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY, "%s: another server is using this folder",
               folder);
  return -1;
}

gboolean
store_folder_make_file (const char *file, GError **error)
{
  int fd = open_private (file, error);

  if (fd >= 0)
    close (fd);
  return fd >= 0;
}
