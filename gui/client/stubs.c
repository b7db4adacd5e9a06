/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The functions whose engine is being built, so that widgets can be built meanwhile. */
#include "client/client-private.h"
#include "client/log-private.h"

void wc_client_login_async (WcClient *self, const char *server, const char *client_id, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_task_return_new_error (task, WC_ERROR, WC_ERROR_FAILED, "Not built yet.");
}
gboolean wc_client_login_finish (WcClient *self, GAsyncResult *result, GError **error) { return g_task_propagate_boolean (G_TASK (result), error); }
void wc_client_logout (WcClient *self) { }
void wc_client_retry_now (WcClient *self) { }
WcHistoryQueue *wc_history_queue_new (WcClient *client) { return g_malloc (1); }
void wc_history_queue_free (WcHistoryQueue *self) { g_free (self); }
void wc_history_cancel (WcHistory *self) { }
void wc_conversation_touch (WcConversation *self) { }
void wc_conversation_disown (WcConversation *self) { self->client = NULL; }
void wc_conversation_request_chat (WcConversation *self) { wc_conversation_set_chat (self, WC_CHAT_ASKED); }
void wc_conversation_end_chat (WcConversation *self) { wc_conversation_set_chat (self, WC_CHAT_NONE); }
void wc_conversation_keep_open (WcConversation *self) { }
void wc_conversation_retry (WcConversation *self, WcEntry *entry) { }
gboolean wc_conversation_send (WcConversation *self, const char *text, GError **error)
{
  g_autoptr (WcEntry) entry = wc_entry_new_message ("me", TRUE, text, 0, g_get_real_time () / 1000, WC_DELIVERY_WAITING);
  wc_log_append (self->log, entry);
  return TRUE;
}
void wc_log_load_newest (WcLog *self) { }
void wc_log_load_older (WcLog *self) { }
void wc_log_load_newer (WcLog *self) { }
void wc_log_jump_to_date_async (WcLog *self, GDateTime *day, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "Not built yet.");
}
int wc_log_jump_to_date_finish (WcLog *self, GAsyncResult *result, GError **error) { g_task_propagate_int (G_TASK (result), error); return -1; }
void wc_log_mark_days_async (WcLog *self, int year, int month, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_task_return_new_error (task, WC_ERROR, WC_ERROR_FAILED, "Not built yet.");
}
gboolean wc_log_mark_days_finish (WcLog *self, GAsyncResult *result, guint32 *days, GError **error) { return g_task_propagate_boolean (G_TASK (result), error); }
