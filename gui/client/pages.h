/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages of a conversation, from wherever they can be had: what is kept on this computer first, the server for what is not. What
 * the server sends is kept. Main thread only. */
#pragma once

#include "client/conversation.h"
#include "client/history.h"

G_BEGIN_DECLS

typedef struct _WcPages WcPages; /* one request */

/* As wc_history_request, but for what func may get while there is no connection: a page with fewer messages than there are (page->partial), which touch
 * what was asked for; or WC_ERROR_CLOSED, when not even the first of them is here. Returns NULL with error set, without calling func, when nothing
 * can be asked: neither a connection nor anything kept. */
WcPages *wc_pages_request (WcConversation *conversation, WcHistoryKind kind, guint64 seq, guint limit, gboolean idle, WcHistoryFunc func,
                           gpointer user_data, GError **error);

/* func will not be called. */
void wc_pages_cancel (WcPages *self);

/* Messages that came as an answer of the server to the same request: all there is between them is kept, too. For those who ask it themselves. */
void wc_pages_keep (WcConversation *conversation, WcHistoryKind kind, guint64 seq, const WcHistoryPage *page);

/* The connection went: what is on its way from the server is not waited for, when there is a cache to take as much of it from as there is. */
void wc_pages_connection_lost (WcConversation *conversation);

/* The conversation loses its client: every request ends with an error. */
void wc_pages_end_all (WcConversation *conversation);

G_END_DECLS
