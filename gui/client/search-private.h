/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of a WcSearch: its hits, and the requests to the server. */
#pragma once

#include "client/search.h"
#include "shared/message.h"

G_BEGIN_DECLS

/* search-hits.c */
WcHit *wc_hit_new (WcConversation *conversation, WcEntry *entry);

/* All hits of both, each message once, newest first. Where it is among the shown ones it is the shown object. Transfer full. */
GPtrArray *wc_hits_merge (GPtrArray *shown, GPtrArray *local, GPtrArray *remote);

/* Makes shown, the items of a model in the order of wc_hits_merge, to those of wanted. What stays is not touched. */
void wc_hits_become (GPtrArray *shown, GPtrArray *wanted, GListModel *model);

/* search-queue.c: SEARCH and its answers, one at a time. A request that is lost with the connection fails. */
typedef struct _WcSearchRequest WcSearchRequest;
typedef struct _WcSearchQueue WcSearchQueue;

WcSearchQueue *wc_search_queue_new (WcClient *client);
void wc_search_queue_free (WcSearchQueue *self); /* every request ends without its func */
void wc_search_queue_fail_all (WcSearchQueue *self, const GError *error);
gboolean wc_search_queue_take_response (WcSearchQueue *self, const WireMessage *message); /* FALSE: nobody asked */
gboolean wc_search_queue_take_end (WcSearchQueue *self);
gboolean wc_search_queue_take_error (WcSearchQueue *self, guint64 id, gboolean try_again, const char *why);

/* hits: of WcHit, newest first; NULL with error set (WC_ERROR). */
typedef void (*WcSearchFunc) (GPtrArray *hits, gboolean more, const GError *error, gpointer user_data);

/* Asks for at most limit (WIRE_SEARCH_LIMIT_MAX) hits, in the conversation with a peer or, NULL, in all. Returns NULL with error set, without calling func, when the
 * server cannot be asked now; else func is called exactly once, never from within this call, unless wc_search_request_cancel comes first. */
WcSearchRequest *wc_search_request (WcClient *client, const char *peer, const char *words, guint limit, WcSearchFunc func, gpointer user_data,
                                    GError **error);
void wc_search_request_cancel (WcSearchRequest *request);

G_END_DECLS
