/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the app keeps on disk of one login: conversations with their messages, read marks and drafts, and the messages that
 * wait to be sent. A SQLite file, used by a thread of its own; every call here returns at once, and every callback comes to the main
 * thread, in the order of the calls. What was put before something was asked for is seen by it. Main thread only. */
#pragma once

#include "client/entry.h"

G_BEGIN_DECLS

typedef struct _WcCache WcCache;

/* Why the cache does not work (the disk is full, the file is damaged, another process has it); NULL when it works again. Told once for each change. */
typedef void (*WcCacheErrorFunc) (const GError *error, gpointer user_data);

/* The file is folder/<server>/<Client-ID>.db, names made safe. One that is damaged is moved aside and a new one begun. It works without
 * a file too, on nothing: gets empty answers. */
WcCache *wc_cache_open (GFile *folder, const char *server, const char *client_id, WcCacheErrorFunc error_func, gpointer user_data);

/* No callback comes any more. What was put is written before this returns. */
void wc_cache_close (WcCache *self);

typedef struct
{
  char *peer;
  guint64 known_last; /* the newest seq that is known to exist */
  guint64 held;       /* the newest seq up to which, from some page on, nothing is missing here; 0: no message is kept */
  guint64 read;       /* marks, see wc_cache_set_marks */
  guint64 delivered;
  guint64 peer_read;
  guint unread;       /* messages from the peer above read, as far as they are kept */
  gint64 last_seen;
  char *draft;        /* never NULL */
  WcEntry *last;      /* the newest message; NULL for none */
} WcCachedConversation;

typedef struct
{
  char *peer;
  char *nonce;
  char *text;
  gint64 time;  /* when it was typed, ms */
  char *error;  /* NULL: waits to be sent. Else the server refused it, for this reason */
} WcCachedOutgoing;

typedef struct
{
  GPtrArray *conversations; /* of WcCachedConversation */
  GPtrArray *outbox;        /* of WcCachedOutgoing, oldest first */
  gboolean fresh;           /* nothing was ever kept for this login */
} WcCached;

/* Everything but the messages themselves: what is needed to show the app. cached is never NULL and the callee's to read during the call. */
typedef void (*WcCacheLoadFunc) (const WcCached *cached, gpointer user_data);
void wc_cache_load (WcCache *self, WcCacheLoadFunc func, gpointer user_data);

/* Messages of one conversation whose seqs follow each other as far as there are any. */
typedef struct
{
  GPtrArray *entries;  /* of WcEntry in rising seq, never NULL */
  gboolean whole;      /* nothing is missing between the seq that was asked for and the entries, and there are limit of them, or the conversation ends there */
  gboolean more;       /* there are further ones in that direction, here or on the server */
} WcCachePage;

typedef void (*WcCachePageFunc) (const WcCachePage *page, gpointer user_data);

/* As WcHistoryKind: the newest (0, 0), those before a seq, or those after one. To end it early is wc_cache_cancel. */
guint wc_cache_read (WcCache *self, const char *peer, guint64 before, guint64 after, guint limit, WcCachePageFunc func, gpointer user_data);

typedef struct
{
  char *peer;
  WcEntry *entry;
} WcCacheHit;

/* The newest messages with all of the words (shared/search-text.h), newest first; in one conversation or, NULL, in all. before_time: only
 * older ones than that, ms; 0 = all. */
typedef void (*WcCacheSearchFunc) (GPtrArray *hits, gboolean more, gpointer user_data); /* of WcCacheHit */
guint wc_cache_search (WcCache *self, const char *peer, const char *words, gint64 before_time, guint limit, WcCacheSearchFunc func, gpointer user_data);

/* How many messages from the peer are kept above a seq. */
typedef void (*WcCacheCountFunc) (guint count, gpointer user_data);
guint wc_cache_count_unread (WcCache *self, const char *peer, guint64 read, WcCacheCountFunc func, gpointer user_data);

/* The function of this question will not be called. 0 is no question. */
void wc_cache_cancel (WcCache *self, guint question);

/* The conversation's messages from first to last, as far as there are any: a page, or one message. Entries without seq are left out. */
void wc_cache_put (WcCache *self, const char *peer, GPtrArray *entries, guint64 first, guint64 last);

/* The server's history is not the one that was kept: forgets the messages and marks, but neither draft nor outbox. */
void wc_cache_forget (WcCache *self, const char *peer);

/* None of them goes back; 0 says nothing. */
void wc_cache_set_marks (WcCache *self, const char *peer, guint64 known_last, guint64 read, guint64 delivered, guint64 peer_read);
void wc_cache_set_last_seen (WcCache *self, const char *peer, gint64 time);
void wc_cache_set_draft (WcCache *self, const char *peer, const char *draft);

/* A message that is to be sent: once done is called it is on disk, and no crash loses it (good: FALSE when it could not be written). Takes the draft's
 * place in the same moment. The same nonce again makes it wait again, at the end. */
typedef void (*WcCacheDoneFunc) (gboolean good, gpointer user_data);
guint wc_cache_put_outgoing (WcCache *self, const char *peer, const char *nonce, const char *text, gint64 time, WcCacheDoneFunc done, gpointer user_data);

/* The server has stored it: from the outbox to the messages, in one moment. entry has its seq and time. */
void wc_cache_sent (WcCache *self, const char *peer, const char *nonce, WcEntry *entry);
/* The server refused it: it stays, with the reason. */
void wc_cache_fail_outgoing (WcCache *self, const char *nonce, const char *why);
void wc_cache_remove_outgoing (WcCache *self, const char *nonce);

G_END_DECLS
