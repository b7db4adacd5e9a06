/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "identity/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "identity/files.h"
#include "text-file.h"

/* A file of the right size, or an error. */
static GBytes *
read_secret (const char *file, GError **error)
{
  guint8 bytes[SECRET_BYTES + 1];
  int fd = open (file, O_RDONLY | O_CLOEXEC);
  GBytes *secret = NULL;
  gssize n;

  if (fd < 0)
    {
      files_set_error (error, file);
      return NULL;
    }
  n = read (fd, bytes, sizeof bytes);
  if (n < 0)
    files_set_error (error, file);
  else if (n != SECRET_BYTES)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                 "%s: this is no secret of %d bytes. Without the file a new one is made, and invitations that are not used yet are void", file,
                 SECRET_BYTES);
  else
    secret = g_bytes_new (bytes, SECRET_BYTES);
  close (fd);
  explicit_bzero (bytes, sizeof bytes);
  return secret;
}

static gboolean
make_secret (const char *data_directory, const char *file, GError **error)
{
  char bytes[SECRET_BYTES];
  struct stat folder;
  gboolean made;

  if (stat (data_directory, &folder) < 0)
    return files_set_error (error, data_directory);
  if (getrandom (bytes, sizeof bytes, 0) != sizeof bytes)
    return files_set_error (error, file);
  made = files_replace (file, bytes, sizeof bytes, &folder, 0600, TRUE, error);
  explicit_bzero (bytes, sizeof bytes);
  return made;
}

GBytes *
secret_load (const char *data_directory, GError **error)
{
  g_autofree char *file = g_build_filename (data_directory, "secret", NULL);
  g_autoptr (GError) missing = NULL, making = NULL;
  GBytes *secret = read_secret (file, &missing);

  if (secret != NULL || !g_error_matches (missing, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    {
      if (missing != NULL)
        g_propagate_error (error, g_steal_pointer (&missing));
      return secret;
    }
  if (!make_secret (data_directory, file, &making) && !g_error_matches (making, G_IO_ERROR, G_IO_ERROR_EXISTS))
    {
      g_propagate_error (error, g_steal_pointer (&making));
      return NULL;
    }
  return read_secret (file, error); /* ours, or that of somebody who was faster */
}
