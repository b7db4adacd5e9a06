/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/util/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define BALLAST "ballast"
#define FAILING "failing"

/* In a user namespace of its own, one is root of that only; but may mount there. */
static gboolean
write_map (const char *file, guint id)
{
  g_autofree char *map = g_strdup_printf ("0 %u 1", id);

  return g_file_set_contents_full (file, map, -1, G_FILE_SET_CONTENTS_NONE, 0644, NULL);
}

static gboolean
enter_user_namespace (void)
{
  uid_t user = geteuid ();
  gid_t group = getegid ();

  return unshare (CLONE_NEWUSER | CLONE_NEWNS) == 0
         && g_file_set_contents_full ("/proc/self/setgroups", "deny", -1, G_FILE_SET_CONTENTS_NONE, 0644, NULL)
         && write_map ("/proc/self/uid_map", user) && write_map ("/proc/self/gid_map", group);
}

gboolean
test_disk_enter (const char **why)
{
  if ((unshare (CLONE_NEWNS) == 0 || enter_user_namespace ()) && mount ("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
    return TRUE;
  *why = g_strerror (errno);
  return FALSE;
}

void
test_disk_mount (const char *folder, guint kib)
{
  g_autofree char *options = g_strdup_printf ("size=%uk,mode=0700", kib);

  g_assert_no_errno (g_mkdir_with_parents (folder, 0700));
  g_assert_no_errno (mount ("webchat-test", folder, "tmpfs", 0, options));
}

void
test_disk_unmount (const char *folder)
{
  g_assert_no_errno (umount (folder));
}

void
test_disk_set_read_only (const char *folder, gboolean read_only)
{
  g_assert_no_errno (mount (NULL, folder, NULL, MS_REMOUNT | (read_only ? MS_RDONLY : 0), NULL));
}

void
test_disk_fill (const char *folder)
{
  g_autofree char *file = g_build_filename (folder, BALLAST, NULL);
  static const char zeros[4096];
  int fd = g_open (file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

  g_assert_cmpint (fd, >=, 0);
  while (write (fd, zeros, sizeof zeros) > 0)
    ;
  g_assert_cmpint (errno, ==, ENOSPC);
  close (fd);
}

void
test_disk_clear (const char *folder)
{
  g_autofree char *file = g_build_filename (folder, BALLAST, NULL);

  g_assert_no_errno (g_unlink (file));
}

void
test_disk_prepare_failing (TestServer *server)
{
  const char *library = g_getenv ("WEBCHAT_FAILING_DISK");
  g_autofree char *file = test_server_path (server, FAILING);
  g_autofree char *sanitizer = g_strconcat (g_getenv ("ASAN_OPTIONS") ? g_getenv ("ASAN_OPTIONS") : "", ":verify_asan_link_order=0", NULL);
  g_autofree char *name = NULL;

  if (library == NULL)
    g_error ("WEBCHAT_FAILING_DISK must name the library that is made of failing-disk.c; meson test sets it");
  name = test_server_link (server, library, "failing-disk.so"); /* the loader takes a list that spaces part */
  test_server_set_variable (server, "LD_PRELOAD", name);
  test_server_set_variable (server, "WEBCHAT_TEST_DISK", file);
  test_server_set_variable (server, "ASAN_OPTIONS", sanitizer);
}

void
test_disk_fail (TestServer *server, int write_errno, int sync_errno)
{
  g_autofree char *codes = g_strdup_printf ("%d %d", write_errno, sync_errno);

  test_server_replace_file (server, FAILING, codes);
}
