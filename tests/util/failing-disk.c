/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loaded into a server (LD_PRELOAD): as long as the file that WEBCHAT_TEST_DISK names says so, its
 * writes and syncs fail, as on a disk that the system has made read-only or that is broken. The file
 * holds two numbers: the errno of writes and that of syncs, 0 for those that work. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int
wanted (int nth)
{
  const char *name = getenv ("WEBCHAT_TEST_DISK");
  int fd = name != NULL ? open (name, O_RDONLY | O_CLOEXEC) : -1, codes[2] = { 0, 0 };
  char text[32] = "";

  if (fd < 0)
    return 0;
  if (read (fd, text, sizeof text - 1) > 0)
    sscanf (text, "%d %d", &codes[0], &codes[1]);
  close (fd);
  return codes[nth];
}

static int
fails (int nth)
{
  int before = errno, code = wanted (nth);

  errno = code != 0 ? code : before;
  return code != 0;
}

/* The names that SQLite calls. */
#define NEXT(name) ((__typeof__ (&name)) dlsym (RTLD_NEXT, #name))

ssize_t
pwrite64 (int fd, const void *data, size_t len, off64_t offset)
{
  return fails (0) ? -1 : NEXT (pwrite64) (fd, data, len, offset);
}

int
ftruncate64 (int fd, off64_t len)
{
  return fails (0) ? -1 : NEXT (ftruncate64) (fd, len);
}

int
fdatasync (int fd)
{
  return fails (1) ? -1 : NEXT (fdatasync) (fd);
}
