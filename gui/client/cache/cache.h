/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the app keeps on disk of one login: conversations with their messages, read marks and drafts, and the messages that
 * wait to be sent. A SQLite file, used by a thread of its own; every call here returns at once, and every callback comes to the main
 * context that was the thread's default when it was opened, in the order of the calls (but for searches, which may be answered later). What was
 * put before something was asked for is seen by it. Main thread only. */
#pragma once

#include "client/entry.h"
#include "client/history.h"

G_BEGIN_DECLS

typedef struct _WcCache WcCache;

/* Why nothing can be kept, in words for a person; NULL when it can again. Told once for each change. The domain is G_IO_ERROR: BUSY (another process has
 * the file), NOT_SUPPORTED (a newer version made it), NO_SPACE, READ_ONLY, FAILED. What could not be written is tried again, in its order, while the program runs. */
typedef void (*WcCacheErrorFunc) (const GError *error, gpointer user_data);

/* The file is folder/<server>/<Client-ID>.db, names made safe (what is not a lower-case letter, digit, dot, hyphen or underscore becomes %XX). One that is
 * damaged is moved aside and a new one begun, with what could be read of its drafts and outbox. It works without a file too (folder NULL, or
 * trouble), on nothing: gets empty answers. */
WcCache *wc_cache_open (GFile *folder, const char *server, const char *client_id, WcCacheErrorFunc error_func, gpointer user_data);

/* No callback comes any more. What was put is written before this returns. */
void wc_cache_close (WcCache *self);

#define WC_CACHE_UNREAD_MAX 10000

typedef struct
{
  char *peer;
  guint64 known_last; /* the newest seq that is known to exist */
  guint64 held;       /* as it was set; 0 after wc_cache_forget */
  guint64 read;       /* marks, see wc_cache_set_marks */
  guint64 delivered;
  guint64 peer_read;
  GArray *unread_seqs; /* of guint64, rising: the peer's messages with read < seq <= held, among the newest WC_CACHE_UNREAD_MAX messages */
  gint64 last_seen;
  char *draft;        /* never NULL */
  WcEntry *last;      /* the newest message kept; NULL for none */
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
  GPtrArray *outbox;        /* of WcCachedOutgoing, failed ones too, in the order in which they are to be sent */
  gboolean fresh;           /* nothing was ever kept for this login */
} WcCached;

/* Everything but the messages themselves: what is needed to show the app. cached is never NULL and the callee's to read during the call. */
typedef void (*WcCacheLoadFunc) (const WcCached *cached, gpointer user_data);
guint wc_cache_load (WcCache *self, WcCacheLoadFunc func, gpointer user_data);

/* Messages of one conversation between which nothing is missing, and which touch the seq that was asked for. Own ones are WC_DELIVERY_STORED. */
typedef struct
{
  GPtrArray *entries;  /* of WcEntry in rising seq, never NULL */
  gboolean whole;      /* there are limit of them, or the conversation begins or ends there as far as is known. Else the cache ends there */
  gboolean more;       /* there are further ones in that direction, here or on the server */
  guint64 known_last;  /* the newest seq that is known to exist; 0: nothing is known */
} WcCachePage;

typedef void (*WcCachePageFunc) (const WcCachePage *page, gpointer user_data);

/* The newest ones that are kept are given even if newer ones are known to exist (not whole then). The pages before and after a seq are empty
 * where the cache does not have its neighbour. */
guint wc_cache_read (WcCache *self, const char *peer, WcHistoryKind kind, guint64 seq, guint limit, WcCachePageFunc func, gpointer user_data);

typedef struct
{
  char *peer;
  WcEntry *entry;
} WcCacheHit;

/* The newest messages with all of the words (shared/search-text.h), newest first; in one conversation or, NULL, in all. before_time: only
 * older ones than that, ms; 0 = all. Where very much is not in the index yet, only a second is waited for it: the answer holds what can be found by then, which
 * are the newest ones, and more is TRUE. There may be a few more than limit, so that messages of the same millisecond are never parted by it. */
typedef void (*WcCacheSearchFunc) (GPtrArray *hits, gboolean more, gpointer user_data); /* of WcCacheHit */
guint wc_cache_search (WcCache *self, const char *peer, const char *words, gint64 before_time, guint limit, WcCacheSearchFunc func, gpointer user_data);

/* The function of this question will not be called. 0 is no question, and one that was answered is none any more. */
void wc_cache_cancel (WcCache *self, guint question);

/* All there is of the conversation from first to last: entries (in rising seq; those without one are left out), and nothing between them. A page, or one
 * message, for which both are its seq. What is kept already stays. It never touches the outbox. */
void wc_cache_put (WcCache *self, const char *peer, GPtrArray *entries, guint64 first, guint64 last);

/* The server's history is not the one that was kept: forgets the messages and marks, but neither draft nor outbox. */
void wc_cache_forget (WcCache *self, const char *peer);

/* None of them goes back; 0 says nothing. With all 0 it only makes the conversation known, so that it is loaded the next time. */
void wc_cache_set_marks (WcCache *self, const char *peer, guint64 known_last, guint64 read, guint64 delivered, guint64 peer_read);

/* Up to where the caller has seen to everything. Never goes back. Where a put before it was lost for want of room, it is lost too. */
void wc_cache_set_held (WcCache *self, const char *peer, guint64 held);

void wc_cache_set_last_seen (WcCache *self, const char *peer, gint64 time);
void wc_cache_set_draft (WcCache *self, const char *peer, const char *draft);

/* A message that is to be sent: once done is called with good it is on disk, and no crash loses it. Not good: it could not be written, and is tried
 * again while the program runs. A new nonce takes the draft's place in the same moment; a known one waits again, without its error, at the end. */
typedef void (*WcCacheDoneFunc) (gboolean good, gpointer user_data);
guint wc_cache_put_outgoing (WcCache *self, const char *peer, const char *nonce, const char *text, gint64 time, WcCacheDoneFunc done, gpointer user_data);

/* The server has stored it: from the outbox (if it is there) to the messages, in one moment. entry has its seq and time. */
void wc_cache_sent (WcCache *self, const char *peer, const char *nonce, WcEntry *entry);
/* The server refused it: it stays, with the reason. */
void wc_cache_fail_outgoing (WcCache *self, const char *nonce, const char *why);
void wc_cache_remove_outgoing (WcCache *self, const char *nonce);

G_END_DECLS
