/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files that an operator writes: the ClientID-List (first byte even) and the config (odd). */
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <glib.h>

#include "identity/client-list.h"
#include "config.h"
#include "shared/client-id.h"

static void
check_error (const GError *error)
{
  g_assert_nonnull (error);
  g_assert_cmpstr (error->message, !=, "");
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_null (strchr (error->message, '\n'));
}

static void
try_client_list (const char *file)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ClientList) list = client_list_load (file, &error);

  if (list == NULL)
    {
      check_error (error);
      return;
    }
  g_assert_no_error (error);
  for (guint i = 0; i < client_list_get_size (list); i++)
    {
      const char *id = client_list_get_id (list, i);

      g_assert_true (client_id_is_valid (id, strlen (id)));
      g_assert_true (client_list_contains (list, id));
      client_list_get_verifier (list, id);
    }
  g_assert_false (client_list_contains (list, "not on any list!"));
}

static void
try_config (const char *file)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Config) config = config_load (file, &error);

  if (config == NULL)
    {
      check_error (error);
      return;
    }
  g_assert_no_error (error);
  g_assert_true (g_path_is_absolute (config->client_list));
  g_assert_true (g_path_is_absolute (config->data_directory));
  g_assert_nonnull (config->listen);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *file = NULL;
  int fd;

  if (size == 0)
    return 0;
  fd = memfd_create ("input", MFD_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, data + 1, size - 1), ==, (gssize) size - 1);
  file = g_strdup_printf ("/proc/self/fd/%d", fd);
  if (data[0] % 2 == 0)
    try_client_list (file);
  else
    try_config (file);
  close (fd);
  return 0;
}
