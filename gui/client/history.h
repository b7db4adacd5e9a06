/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HISTORY_REQ and its answers. Requests are pipelined, a bounded number at a time, and answered in order; those that a
 * lost connection left without an answer are sent again when it is back. */
#pragma once

#include "client/client.h"
#include "shared/message.h"

G_BEGIN_DECLS

typedef struct _WcHistory WcHistory;           /* one request */
typedef struct _WcHistoryQueue WcHistoryQueue; /* all of a client */

typedef enum
{
  WC_HISTORY_NEWEST,
  WC_HISTORY_BEFORE,
  WC_HISTORY_AFTER,
} WcHistoryKind;

typedef struct
{
  GPtrArray *entries; /* of WcEntry in rising seq, never NULL; the callee may take references */
  guint64 last;       /* the newest seq that exists */
  gboolean more;      /* there is more in the direction asked for */
  gboolean base;      /* from a base server: everything, without seq and time */
  gboolean cached;    /* from this computer (pages.h) */
  gboolean partial;   /* there are more between its end and what was asked for, but they cannot be had now */
} WcHistoryPage;

WcHistoryQueue *wc_history_queue_new (WcClient *client);
void wc_history_queue_free (WcHistoryQueue *self); /* every request ends without its func */

/* What the client tells it. */
void wc_history_pump (WcHistoryQueue *self);                                        /* online: sends what it may */
void wc_history_connection_lost (WcHistoryQueue *self);
void wc_history_fail_all (WcHistoryQueue *self, const GError *error);
gboolean wc_history_take_response (WcHistoryQueue *self, const WireMessage *message); /* FALSE: nobody asked */
gboolean wc_history_take_end (WcHistoryQueue *self, const WireMessage *message);
gboolean wc_history_take_error (WcHistoryQueue *self, guint64 id, gboolean try_again, const char *why);
gint64 wc_history_get_waiting_since (WcHistoryQueue *self); /* monotonic; 0: no answer is owed */

/* page is NULL with error set (WC_ERROR). */
typedef void (*WcHistoryFunc) (const WcHistoryPage *page, const GError *error, gpointer user_data);

/* Asks for a page of the conversation with a peer. idle: after everything else. Returns NULL with error set, without
 * calling func, when there is no login; else func is called exactly once, never from within this call, unless
 * wc_history_cancel comes first. A base server answers every kind with all there is. */
WcHistory *wc_history_request (WcClient *client, const char *peer, WcHistoryKind kind, guint64 seq, guint limit, gboolean idle,
                               WcHistoryFunc func, gpointer user_data, GError **error);

/* func will not be called. */
void wc_history_cancel (WcHistory *self);

G_END_DECLS
