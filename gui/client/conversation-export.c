/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All of a conversation, to a file: a page is read, written, and forgotten before the next one. */
#include <glib/gi18n.h>
#include <string.h>

#include "client/client-private.h"
#include "client/pages.h"
#include "shared/timestamp.h"

#define PAGE WIRE_HISTORY_LIMIT_MAX

typedef struct
{
  WcConversation *conversation;
  WcClient *client; /* it must not go while it is asked */
  char *own_id;
  WcExportFormat format;
  GFileProgressCallback progress;
  gpointer progress_data;

  GFile *file;
  gboolean created;       /* the file was not there before */
  GOutputStream *stream;
  WcPages *request;
  GSource *cancel_source; /* while a page is on its way */
  GString *text;
  guint64 seq;            /* up to which it is written */
  gboolean more;
  goffset n_written;      /* messages */
  goffset n_total;
  GError *error;          /* why it ends before the end */
} Export;

static void ask_for_page (GTask *task);

static void
export_free (Export *self)
{
  g_assert (self->request == NULL && self->cancel_source == NULL);
  g_clear_object (&self->stream);
  g_object_unref (self->file);
  g_clear_error (&self->error);
  g_string_free (self->text, TRUE);
  g_free (self->own_id);
  g_object_unref (self->client);
  g_object_unref (self->conversation);
  g_free (self);
}

/* --- The end --- */

static void
deleted_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Export *self = g_task_get_task_data (task);

  g_file_delete_finish (G_FILE (source), result, NULL);
  g_task_return_error (task, g_steal_pointer (&self->error));
}

static void
closed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Export *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  gboolean good = g_output_stream_close_finish (G_OUTPUT_STREAM (source), result, &error);

  if (good && self->error == NULL)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }

  if (self->error == NULL)
    self->error = g_steal_pointer (&error);
  if (self->created)
    g_file_delete_async (self->file, G_PRIORITY_DEFAULT, NULL, deleted_cb, g_steal_pointer (&task));
  else
    g_task_return_error (task, g_steal_pointer (&self->error));
}

/* Takes both. */
static void
give_up (GTask *task, GError *error)
{
  Export *self = g_task_get_task_data (task);
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();

  /* A stream that is closed so leaves the file that it was to replace as it was before. */
  self->error = error;
  g_cancellable_cancel (cancelled);
  g_output_stream_close_async (self->stream, G_PRIORITY_DEFAULT, cancelled, closed_cb, task);
}

/* --- Writing --- */

static void
append_json_string (GString *out, const char *text)
{
  g_string_append_c (out, '"');
  for (const char *p = text; *p != '\0'; p++)
    {
      if (*p == '"' || *p == '\\')
        g_string_append_printf (out, "\\%c", *p);
      else if (*p == '\n')
        g_string_append (out, "\\n");
      else if (*p == '\t')
        g_string_append (out, "\\t");
      else if ((guchar) *p < 0x20)
        g_string_append_printf (out, "\\u%04x", (guint) *p);
      else
        g_string_append_c (out, *p);
    }
  g_string_append_c (out, '"');
}

/* As `webchat-server export` writes it, and `import` reads it. What a base server does not tell is left out. */
static void
append_json (Export *self, WcEntry *entry)
{
  const char *peer = wc_conversation_get_peer (self->conversation);
  gboolean own_first = strcmp (self->own_id, peer) < 0;
  char time[WIRE_TIME_LEN + 1];

  g_string_append (self->text, "{\"conversation\":[");
  append_json_string (self->text, own_first ? self->own_id : peer);
  g_string_append_c (self->text, ',');
  append_json_string (self->text, own_first ? peer : self->own_id);
  g_string_append_c (self->text, ']');
  if (wc_entry_get_seq (entry) != 0)
    g_string_append_printf (self->text, ",\"seq\":%" G_GUINT64_FORMAT, wc_entry_get_seq (entry));
  g_string_append (self->text, ",\"from\":");
  append_json_string (self->text, wc_entry_get_from (entry));
  if (wc_entry_get_time (entry) != 0)
    {
      wire_time_format (wc_entry_get_time (entry), time);
      g_string_append_printf (self->text, ",\"time\":\"%s\"", time);
    }
  g_string_append (self->text, ",\"text\":");
  append_json_string (self->text, wc_entry_get_text (entry));
  g_string_append (self->text, "}\n");
}

/* Further lines of a text are indented, so that none looks like a message. */
static void
append_text (Export *self, WcEntry *entry)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (wc_entry_get_time (entry) / 1000);
  g_autofree char *when = time != NULL && wc_entry_get_time (entry) != 0 ? g_date_time_format (time, "%Y-%m-%d %H:%M:%S ") : NULL;

  g_string_append_printf (self->text, "%s%s: ", when != NULL ? when : "", wc_entry_get_from (entry));
  for (const char *p = wc_entry_get_text (entry); *p != '\0'; p++)
    {
      g_string_append_c (self->text, *p);
      if (*p == '\n')
        g_string_append (self->text, "    ");
    }
  g_string_append_c (self->text, '\n');
}

static void
written_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Export *self = g_task_get_task_data (task);
  GError *error = NULL;

  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, &error))
    {
      give_up (g_steal_pointer (&task), error);
      return;
    }

  if (self->progress != NULL)
    self->progress (self->n_written, self->more ? MAX (self->n_total, self->n_written) : self->n_written, self->progress_data);
  if (self->more)
    ask_for_page (g_steal_pointer (&task));
  else
    g_output_stream_close_async (self->stream, G_PRIORITY_DEFAULT, g_task_get_cancellable (task), closed_cb, g_object_ref (task));
}

/* --- Reading --- */

static void
stop_listening (Export *self)
{
  if (self->cancel_source != NULL)
    g_source_destroy (self->cancel_source);
  g_clear_pointer (&self->cancel_source, g_source_unref);
}

static gboolean
cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  GTask *task = user_data;
  Export *self = g_task_get_task_data (task);

  stop_listening (self);
  g_clear_pointer (&self->request, wc_pages_cancel);
  give_up (task, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Cancelled")));

  return G_SOURCE_REMOVE;
}

static void
page_cb (const WcHistoryPage *page, const GError *error, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Export *self = g_task_get_task_data (task);

  self->request = NULL;
  stop_listening (self);
  if (page == NULL)
    {
      give_up (g_steal_pointer (&task), g_error_copy (error));
      return;
    }
  if (page->partial || (page->more && page->entries->len == 0))
    {
      give_up (g_steal_pointer (&task), g_error_new_literal (WC_ERROR, WC_ERROR_CLOSED,
                                                             _("Not all of the conversation is on this computer. Try again when the connection is back.")));
      return;
    }

  g_string_truncate (self->text, 0);
  for (guint i = 0; i < page->entries->len; i++)
    {
      if (self->format == WC_EXPORT_JSON)
        append_json (self, page->entries->pdata[i]);
      else
        append_text (self, page->entries->pdata[i]);
      self->seq = MAX (self->seq, wc_entry_get_seq (page->entries->pdata[i]));
    }
  self->n_written += page->entries->len;
  self->n_total = page->last;
  self->more = page->more && !page->base;
  g_output_stream_write_all_async (self->stream, self->text->str, self->text->len, G_PRIORITY_DEFAULT, g_task_get_cancellable (task), written_cb,
                                   g_object_ref (task));
}

static void
ask_for_page (GTask *task)
{
  Export *self = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  GError *error = NULL;

  /* Whoever reads the conversation meanwhile comes first. */
  self->request = wc_pages_request (self->conversation, WC_HISTORY_AFTER, self->seq, PAGE, TRUE, page_cb, task, &error);
  if (self->request == NULL)
    {
      give_up (task, error);
    }
  else if (cancellable != NULL)
    {
      self->cancel_source = g_cancellable_source_new (cancellable);
      g_source_set_callback (self->cancel_source, G_SOURCE_FUNC (cancelled_cb), task, NULL);
      g_source_attach (self->cancel_source, g_main_context_get_thread_default ());
    }
}

static void
opened (GTask *task, GFileOutputStream *stream)
{
  Export *self = g_task_get_task_data (task);

  self->stream = G_OUTPUT_STREAM (stream);
  ask_for_page (task);
}

static void
opened_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  GFileOutputStream *stream = g_file_replace_finish (G_FILE (source), result, &error);

  if (stream == NULL)
    g_task_return_error (task, error);
  else
    opened (g_steal_pointer (&task), stream);
}

static void
created_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Export *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  GFileOutputStream *stream = g_file_create_finish (G_FILE (source), result, &error);

  if (stream != NULL)
    {
      self->created = TRUE;
      opened (g_steal_pointer (&task), stream);
    }
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_EXISTS))
    {
      GCancellable *cancellable = g_task_get_cancellable (task);

      g_file_replace_async (self->file, NULL, FALSE, G_FILE_CREATE_PRIVATE | G_FILE_CREATE_REPLACE_DESTINATION, G_PRIORITY_DEFAULT, cancellable,
                            opened_cb, g_steal_pointer (&task));
    }
  else
    {
      g_task_return_error (task, g_steal_pointer (&error));
    }
}

void
wc_conversation_export_async (WcConversation *self, GFile *file, WcExportFormat format, GFileProgressCallback progress, gpointer progress_data,
                              GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  Export *data;

  g_return_if_fail (WC_IS_CONVERSATION (self));
  g_return_if_fail (G_IS_FILE (file));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, wc_conversation_export_async);
  g_task_set_check_cancellable (task, FALSE); /* a file that was replaced is replaced */
  if (self->client == NULL || self->client->client_id == NULL)
    {
      g_task_return_new_error (task, WC_ERROR, WC_ERROR_CLOSED, _("You are not logged in."));
      return;
    }

  data = g_new0 (Export, 1);
  data->conversation = g_object_ref (self);
  data->client = g_object_ref (self->client);
  data->own_id = g_strdup (self->client->client_id);
  data->format = format;
  data->progress = progress;
  data->progress_data = progress_data;
  data->text = g_string_new (NULL);
  g_task_set_task_data (task, data, (GDestroyNotify) export_free);

  data->file = g_object_ref (file);

  /* Nobody else's to read, and in its place only when it is whole. GIO's replacing begins at once where no file is, and would leave what is half
   * written. */
  g_file_create_async (file, G_FILE_CREATE_PRIVATE, G_PRIORITY_DEFAULT, cancellable, created_cb, g_steal_pointer (&task));
}

gboolean
wc_conversation_export_finish (WcConversation *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
