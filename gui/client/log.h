/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/entry.h"

G_BEGIN_DECLS

typedef struct _WcConversation WcConversation;

/* A GListModel of WcEntry, oldest first: a window over all the messages of one conversation. It holds what was asked
 * for, a page at a time, and grows at either end; while it reaches the newest message, new ones are appended.
 *
 * The conversation's own log (wc_conversation_get_log) holds events and own unsent messages too; own messages that WAIT stand at the end.
 *
 * Properties: "conversation" (WcConversation), "loading" (a page is on its way), "has-older", "has-newer" (more exists beyond the window), "error" (GError, boxed: why the
 * last page could not be had; NULL when it could). All notified. Main thread only. */
#define WC_TYPE_LOG (wc_log_get_type ())
G_DECLARE_FINAL_TYPE (WcLog, wc_log, WC, LOG, GObject)

/* A further window of its own over the conversation, for the history pane: messages only, no events. Empty until something is loaded. */
WcLog *wc_log_new (WcConversation *conversation);

WcConversation *wc_log_get_conversation (WcLog *self); /* transfer none; NULL once it is gone */
gboolean wc_log_get_loading (WcLog *self);
gboolean wc_log_get_has_older (WcLog *self);
gboolean wc_log_get_has_newer (WcLog *self);
const GError *wc_log_get_error (WcLog *self);

/* Each asks for one page; nothing happens while one is on its way or there is no more. */
void wc_log_load_newest (WcLog *self); /* drops the window unless it reaches the newest already */
void wc_log_load_older (WcLog *self);
void wc_log_load_newer (WcLog *self);

/* Moves the window to the first message of a local calendar day, or the first after it. Finish returns the message's position in the
 * model, or -1 with error set (G_IO_ERROR_NOT_FOUND when nothing is that late). */
void wc_log_jump_to_date_async (WcLog *self, GDateTime *day, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
int wc_log_jump_to_date_finish (WcLog *self, GAsyncResult *result, GError **error);

/* Moves the window to a message. Finish returns its position in the model, or that of the first one after it; -1 with error set when there is neither. */
void wc_log_jump_to_seq_async (WcLog *self, guint64 seq, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
int wc_log_jump_to_seq_finish (WcLog *self, GAsyncResult *result, GError **error);

/* Which days of a local calendar month have messages: bit 0 for the 1st. Finish returns FALSE with error set when it cannot be told. */
void wc_log_mark_days_async (WcLog *self, int year, int month, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
gboolean wc_log_mark_days_finish (WcLog *self, GAsyncResult *result, guint32 *days, GError **error);

/* For tests of widgets, without a server: puts an entry at the newest end (transfer none); a WAITING one stays below those that are not. */
void wc_log_append (WcLog *self, WcEntry *entry);

G_END_DECLS
