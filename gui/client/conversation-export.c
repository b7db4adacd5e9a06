/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All of a conversation, to a file. */
#include "client/conversation-private.h"

void
wc_conversation_export_async (WcConversation *self, GFile *file, WcExportFormat format, GFileProgressCallback progress, gpointer progress_data,
                              GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "not yet");
}

gboolean
wc_conversation_export_finish (WcConversation *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
