/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum
{
  WC_ENTRY_MESSAGE, /* somebody wrote something */
  WC_ENTRY_EVENT,   /* a quiet row: something happened to the chat */
} WcEntryKind;

/* How far an own message has come. Received ones stay at NONE. */
typedef enum
{
  WC_DELIVERY_NONE,
  WC_DELIVERY_WAITING,
  WC_DELIVERY_STORED,
  WC_DELIVERY_DELIVERED,
  WC_DELIVERY_READ,
  WC_DELIVERY_FAILED,
} WcDelivery;

typedef enum
{
  WC_EVENT_NONE,
  WC_EVENT_STARTED,       /* the chat is open */
  WC_EVENT_ENDED_BY_ME,
  WC_EVENT_ENDED_BY_PEER, /* or by the server; the wire does not tell */
  WC_EVENT_TIMED_OUT,     /* this side's idle time-out */
  WC_EVENT_OFFLINE,       /* UNREACHABLE, and why */
  WC_EVENT_BUSY,
  WC_EVENT_UNKNOWN,
  WC_EVENT_SELF,
  WC_EVENT_UNREACHABLE,   /* the server did not say why */
  WC_EVENT_LOST,          /* the connection went while the chat was open */
} WcEvent;

/* One row of a conversation: a message or an event. Immutable but for the properties "delivery" (int, WcDelivery), "seq" (uint64), "time" (int64) and
 * "error" (string), all read-only and notified. Main thread only. */
#define WC_TYPE_ENTRY (wc_entry_get_type ())
G_DECLARE_FINAL_TYPE (WcEntry, wc_entry, WC, ENTRY, GObject)

WcEntryKind wc_entry_get_kind (WcEntry *self);
WcEvent wc_entry_get_event (WcEntry *self);
guint64 wc_entry_get_seq (WcEntry *self);        /* 0: not stored yet, an event, or a base server */
const char *wc_entry_get_from (WcEntry *self);   /* Client-ID; NULL for an event */
gboolean wc_entry_get_own (WcEntry *self);
gint64 wc_entry_get_time (WcEntry *self);        /* ms since 1970 UTC; 0: not known (history of a base server) */
const char *wc_entry_get_text (WcEntry *self);   /* may hold line ends; NULL for an event */

/* An own message to a base server stays at WC_DELIVERY_NONE once it is sent: nothing tells how far it came. */
WcDelivery wc_entry_get_delivery (WcEntry *self);
const char *wc_entry_get_error (WcEntry *self);  /* for a person; only with WC_DELIVERY_FAILED */

/* For the engine and for tests. */
WcEntry *wc_entry_new_message (const char *from, gboolean own, const char *text, guint64 seq, gint64 time, WcDelivery delivery);
WcEntry *wc_entry_new_event (WcEvent event, gint64 time);

G_END_DECLS
