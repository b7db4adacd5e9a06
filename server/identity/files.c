/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "identity/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

gboolean
files_set_error (GError **error, const char *file)
{
  int code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", file, g_strerror (code));
  return FALSE;
}

static gboolean
write_all (int fd, const char *bytes, gsize len)
{
  while (len > 0)
    {
      gssize n = write (fd, bytes, len);

      if (n < 0 && errno != EINTR)
        return FALSE;
      if (n > 0)
        {
          bytes += n;
          len -= (gsize) n;
        }
    }
  return TRUE;
}

/* In whatever folder this is, somebody else may have put something under the name: it is neither followed nor opened. */
static int
create_new (const char *path, mode_t mode)
{
  if (unlink (path) < 0 && errno != ENOENT)
    return -1;
  return open (path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
}

static gboolean
write_new (const char *path, const char *bytes, gsize len, const struct stat *owner, mode_t mode)
{
  int fd = create_new (path, mode & 0600);
  gboolean good;
  int code;

  if (fd < 0)
    return FALSE;
  good = (owner == NULL || (owner->st_uid == geteuid () && owner->st_gid == getegid ()) || fchown (fd, owner->st_uid, owner->st_gid) == 0)
         && fchmod (fd, mode) == 0 && write_all (fd, bytes, len) && fsync (fd) == 0;
  code = errno;
  close (fd);
  errno = code;
  return good;
}

static gboolean
sync_folder (const char *file)
{
  g_autofree char *folder = g_path_get_dirname (file);
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean good;

  if (fd < 0)
    return FALSE;
  good = fsync (fd) == 0;
  close (fd);
  return good;
}

/* Where the bytes are written first. Of several processes that each make a file because there is none, each needs a name of its own. */
static char *
make_path (const char *file, gboolean exclusive)
{
  static gint count;

  return exclusive ? g_strdup_printf ("%s.%d-%d.new", file, (int) getpid (), g_atomic_int_add (&count, 1)) : g_strconcat (file, ".new", NULL);
}

gboolean
files_replace (const char *file, const char *bytes, gsize len, const struct stat *owner, mode_t mode, gboolean exclusive, GError **error)
{
  g_autofree char *path = make_path (file, exclusive);
  gboolean written = write_new (path, bytes, len, owner, mode);
  gboolean placed = written && (exclusive ? link (path, file) : rename (path, file)) == 0;

  if (!placed)
    files_set_error (error, written ? file : path);
  if (!placed || exclusive)
    unlink (path);
  return placed && (sync_folder (file) || files_set_error (error, file));
}
