/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of a WcLog: what the conversation puts into it, and what log.c, log-load.c and log-dates.c share. */
#pragma once

#include "client/log.h"

#include "client/pages.h"

G_BEGIN_DECLS

#define WC_LOG_PAGE 30  /* messages of a page: what GtkListView lays out without a hitch */
#define WC_LOG_MAX 8000 /* rows of a window that grows by itself: the oldest quarter goes then */

/* The rows are, in this order: stored messages in rising seq with the events between them, then the "tail": own
 * messages that are not stored yet. */
struct _WcLog
{
  GObject parent_instance;

  WcConversation *conversation; /* weak */
  GPtrArray *items;             /* of WcEntry */
  guint n_tail;
  guint64 first_seq; /* lowest and highest seq in the window; 0: no stored message in it */
  guint64 last_seq;
  guint live : 1;      /* the conversation's own log: events and unsent messages stand in it too */
  guint at_end : 1;    /* new messages belong in the window */
  guint has_older : 1; /* as far as is known */
  guint loaded : 1;    /* something was asked for */
  guint cut_off : 1;   /* what was asked for last could not be had for want of a connection */
  guint base_loaded : 1;
  guint had_newer : 1; /* "has-newer" as it was last told */

  WcPages *request;   /* the page on its way */
  WcHistoryKind kind; /* what it is */
  guint n_busy;       /* loading for other reasons: a page is being put in, a date is sought */
  guint n_chained;    /* pages that nobody asked for, since messages came meanwhile */
  guint jump;         /* counts jumps: an older one has lost */
  GError *error;
};

WcLog *wc_log_new_live (WcConversation *conversation);

/* The conversation goes: no page can come any more. */
void wc_log_disconnect (WcLog *self);

/* A message after the newest one, or an event: before the tail. Left out where the window is elsewhere. */
void wc_log_add (WcLog *self, WcEntry *entry);

/* An own message that waits: at the very end. */
void wc_log_add_waiting (WcLog *self, WcEntry *entry);

/* The message leaves the tail: it got its seq as the newest one, or failed, and stands before all that still wait. */
void wc_log_settle (WcLog *self, WcEntry *entry);

/* The message was stored with a seq that the window has, or had, already: takes its place there. */
void wc_log_merge (WcLog *self, WcEntry *entry);

/* A failed message waits again: goes to the very end. */
void wc_log_unsettle (WcLog *self, WcEntry *entry);

/* The message is in the log no more. */
void wc_log_forget (WcLog *self, WcEntry *entry);

/* Empties the window but for the tail, and the failed messages, which come into the tail. at_end: whether it then stands at the newest end. */
void wc_log_reset (WcLog *self, gboolean at_end);

/* Puts rows in at a position, in one items-changed. */
void wc_log_insert (WcLog *self, guint position, GPtrArray *entries);
void wc_log_remove (WcLog *self, guint position, guint n);

/* Seeks first_seq and last_seq anew, after rows went. */
void wc_log_measure (WcLog *self);

gboolean wc_log_find (WcLog *self, WcEntry *entry, guint *position);
gboolean wc_log_find_seq (WcLog *self, guint64 seq, guint *position);

void wc_log_set_range (WcLog *self, gboolean has_older, gboolean at_end);
void wc_log_set_request (WcLog *self, WcPages *request); /* cancels the one before */
void wc_log_hold_loading (WcLog *self);
void wc_log_release_loading (WcLog *self);
/* Puts in what the window does not have of a page that touches it (or of any page, when it is empty). */
void wc_log_fill (WcLog *self, GPtrArray *entries);

/* There is a connection: what could not be had without one is asked for again. */
void wc_log_came_online (WcLog *self);

void wc_log_set_error (WcLog *self, const GError *error);

G_END_DECLS
