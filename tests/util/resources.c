/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/util/resources.h"

#include <string.h>
#include <unistd.h>

#include "tests/util/deadline.h"

guint
test_server_descriptors (TestServer *self)
{
  g_autofree char *folder = g_strdup_printf ("/proc/%d/fd", test_server_pid (self));
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

gsize
test_server_memory (TestServer *self)
{
  g_autofree char *file = g_strdup_printf ("/proc/%d/statm", test_server_pid (self));
  g_autofree char *statm = NULL;

  g_assert_true (g_file_get_contents (file, &statm, NULL, NULL));
  return g_ascii_strtoull (strchr (statm, ' '), NULL, 10) * (gsize) sysconf (_SC_PAGESIZE);
}

void
test_await_descriptors (TestServer *self, guint n)
{
  gint64 deadline = test_deadline ();

  while (test_server_descriptors (self) > n)
    {
      if (g_get_monotonic_time () > deadline)
        test_fail ("the server has %u descriptors still, not %u", test_server_descriptors (self), n);
      g_usleep (10000);
    }
}
