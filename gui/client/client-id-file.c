/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The local file Client-ID, which remembers who the person is. */
#include "client/client.h"

#include <errno.h>
#include <string.h>

#include <glib/gi18n.h>
#include <glib/gstdio.h>

#include "shared/client-id.h"
#include "shared/limits.h"

#define FILE_NAME "Client-ID"

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, &error);
  const char *data;
  gsize len;

  if (bytes == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  data = g_bytes_get_data (bytes, &len);
  while (len > 0 && g_ascii_isspace (data[len - 1]))
    len--;
  if (client_id_is_valid (data, len))
    g_task_return_pointer (task, g_strndup (data, len), g_free);
  else
    g_task_return_new_error (task, WC_ERROR, WC_ERROR_BAD_ID, _("The file “%s” does not hold a Client-ID."), FILE_NAME);
}

static void
open_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GFileInputStream) stream = g_file_read_finish (G_FILE (source), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    g_task_return_pointer (task, NULL, NULL);
  else if (error != NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    /* Longer than any Client-ID with its line end, so that a longer file is seen to be wrong, and never read whole. */
    g_input_stream_read_bytes_async (G_INPUT_STREAM (stream), WIRE_ID_MAX + 16, G_PRIORITY_DEFAULT, g_task_get_cancellable (task),
                                     read_cb, g_object_ref (task));
}

void
wc_client_id_load_async (GFile *folder, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GFile) file = g_file_get_child (folder, FILE_NAME);

  g_task_set_source_tag (task, wc_client_id_load_async);
  g_file_read_async (file, G_PRIORITY_DEFAULT, cancellable, open_cb, g_steal_pointer (&task));
}

char *
wc_client_id_load_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, wc_client_id_load_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

typedef struct
{
  char *folder;
  char *line;
} SaveData;

static void
save_data_free (SaveData *data)
{
  g_free (data->folder);
  g_free (data->line);
  g_free (data);
}

/* In a thread: GIO makes no parents asynchronously, and creates a file that is new empty at first. Here it is written beside and renamed, so that
 * whoever looks at any moment finds a whole ID or no file. */
static void
save_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  SaveData *data = task_data;
  g_autofree char *path = g_build_filename (data->folder, FILE_NAME, NULL);
  GError *error = NULL;

  if (g_mkdir_with_parents (data->folder, 0700) < 0)
    {
      int code = errno;

      g_task_return_new_error (task, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", data->folder, g_strerror (code));
    }
  else if (g_file_set_contents_full (path, data->line, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
wc_client_id_save_async (GFile *folder, const char *client_id, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  SaveData *data;

  g_task_set_source_tag (task, wc_client_id_save_async);
  if (!client_id_is_valid (client_id, strlen (client_id)))
    {
      g_task_return_new_error (task, WC_ERROR, WC_ERROR_BAD_ID, _("“%s” is not a Client-ID."), client_id);
      return;
    }

  data = g_new0 (SaveData, 1);
  data->folder = g_file_get_path (folder);
  data->line = g_strconcat (client_id, "\n", NULL);
  g_task_set_task_data (task, data, (GDestroyNotify) save_data_free);
  g_task_run_in_thread (task, save_thread);
}

gboolean
wc_client_id_save_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, wc_client_id_save_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
