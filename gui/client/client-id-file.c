/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The local file Client-ID, which remembers who the person is. */
#include "client/client.h"

#include <glib/gi18n.h>
#include <string.h>

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

static void
replace_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (g_file_replace_contents_finish (G_FILE (source), result, NULL, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* The folder is made in a thread: there is no async call that makes its parents too. */
static void
make_folder_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GError *error = NULL;

  if (g_file_make_directory_with_parents (data, cancellable, &error) || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_EXISTS))
    {
      g_clear_error (&error);
      g_task_return_boolean (task, TRUE);
    }
  else
    {
      g_task_return_error (task, error);
    }
}

typedef struct
{
  GFile *file;
  GBytes *content;
} SaveData;

static void
save_data_free (SaveData *data)
{
  g_object_unref (data->file);
  g_bytes_unref (data->content);
  g_free (data);
}

static void
make_folder_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SaveData *data = g_task_get_task_data (task);
  GError *error = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &error))
    g_task_return_error (task, error);
  else
    /* Written beside and renamed. */
    g_file_replace_contents_bytes_async (data->file, data->content, NULL, FALSE, G_FILE_CREATE_REPLACE_DESTINATION,
                                         g_task_get_cancellable (task), replace_cb, g_object_ref (task));
}

void
wc_client_id_save_async (GFile *folder, const char *client_id, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GTask) make_folder = NULL;
  SaveData *data;
  char *line;

  g_task_set_source_tag (task, wc_client_id_save_async);
  if (!client_id_is_valid (client_id, strlen (client_id)))
    {
      g_task_return_new_error (task, WC_ERROR, WC_ERROR_BAD_ID, _("“%s” is not a Client-ID."), client_id);
      return;
    }

  data = g_new0 (SaveData, 1);
  line = g_strconcat (client_id, "\n", NULL);
  data->file = g_file_get_child (folder, FILE_NAME);
  data->content = g_bytes_new_take (line, strlen (line));
  g_task_set_task_data (task, data, (GDestroyNotify) save_data_free);

  make_folder = g_task_new (NULL, cancellable, make_folder_cb, g_steal_pointer (&task));
  g_task_set_task_data (make_folder, g_object_ref (folder), g_object_unref);
  g_task_run_in_thread (make_folder, make_folder_thread);
}

gboolean
wc_client_id_save_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, wc_client_id_save_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
