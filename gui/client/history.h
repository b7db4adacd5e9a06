/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HISTORY_REQ and its answers. Requests are pipelined, a bounded number at a time, and answered in order; those that a
 * lost connection left without an answer are sent again when it is back. */
#pragma once

#include "client/client.h"

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
} WcHistoryPage;

WcHistoryQueue *wc_history_queue_new (WcClient *client);
void wc_history_queue_free (WcHistoryQueue *self); /* every request ends without its func */

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
