/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the server remembers: the messages of every conversation, and which session numbers were used. An interface; sqlite.c
 * is the implementation for one machine. Knows nothing of chat rules. */
#pragma once

#include <gio/gio.h>

typedef struct _Store Store;

typedef enum
{
  STORE_MESSAGE,
  STORE_READ_MARK, /* from has read the conversation with to, up to seq */
} StoreKind;

/* A message (or a read mark, which keeps its place among the messages) on its way in; one block of memory. The two Client-IDs make the conversation, in either order. */
typedef struct _StoreMessage StoreMessage;
struct _StoreMessage
{
  StoreMessage *next; /* the store's, then the batch's link */
  gpointer owner;     /* the caller's, untouched */
  StoreKind kind;
  const char *from;
  const char *to;
  const char *nonce; /* the sender's name for it; NULL when it gave none. A mark: not looked at */
  const char *text;
  guint text_len;
  gboolean repeated; /* out: the same nonce was stored before, seq and time are the first one's; or the mark was there already, or beyond */
  guint64 seq;       /* out: 1, 2, 3 … without a gap in the conversation. A mark: in and out, lowered to the newest message */
  gint64 time;       /* ms since 1970 UTC, when it was accepted; the store raises it so that it never falls within a conversation */
};

/* Copies everything. Free with store_message_free(). */
StoreMessage *store_message_new (const char *from, const char *to, const char *nonce, const char *text, gsize text_len, gint64 time);
StoreMessage *store_read_mark_new (const char *reader, const char *peer, const char *nonce, guint64 seq);
void store_message_free (StoreMessage *message);

/* The bytes that it takes in memory, for counting a backlog. */
gsize store_message_get_size (const StoreMessage *message);

/* A batch has been committed (error NULL), or could not be (error in G_IO_ERROR; none of it is stored then, every seq is 0, and the next
 * batch may well succeed). Called on the writer's thread with the messages in the order in
 * which they were appended, linked by next; the callback owns them. */
typedef void (*StoreStoredFunc) (StoreMessage *batch, const GError *error, gpointer user_data);

typedef struct
{
  guint64 seq;
  gint64 time;
  const char *from;
  const char *text; /* text_len bytes, and a NUL after them */
  guint text_len;
  const char *nonce; /* NULL when it had none */
} StoreRow;

typedef struct
{
  const StoreRow *rows; /* in rising seq; valid during the callback */
  guint n_rows;
  guint64 last;  /* the newest seq that was ever given; 0 for none */
  guint64 removed; /* the newest seq that was removed for its age; 0 for none */
  guint64 delivered; /* how far the asker's (a's) devices have been sent the conversation */
  gboolean more; /* there are further messages in the direction that was asked for */
} StorePage;

/* Called on a reader's thread; page is NULL when error is set. */
typedef void (*StorePageFunc) (const StorePage *page, const GError *error, gpointer user_data);

/* Which page: messages before a seq (the newest ones of them), after one (the oldest ones of them), or with both 0 the newest. With both set: those between,
 * oldest first. */
typedef struct
{
  guint64 before;
  guint64 after;
  gboolean from_start; /* with before and after 0: the oldest instead of the newest */
  guint limit;         /* above STORE_PAGE_MAX means STORE_PAGE_MAX */
} StoreRange;

#define STORE_PAGE_MAX 1000

/* A conversation of one Client-ID's. */
typedef struct
{
  const char *peer;
  guint64 last;      /* the newest seq that was ever given; at least 1 */
  gint64 time;       /* when that was; ms */
  guint64 read;      /* how far the Client-ID has read; 0 for nothing */
  guint64 delivered; /* how far the peer's devices have been sent it, and the peer has read it */
  guint64 peer_read;
} StoreConversationRow;

/* Rows in the order of time, the newest first; valid during the call. On a reader's thread; error: rows is NULL. */
typedef void (*StoreListFunc) (const StoreConversationRow *rows, guint n_rows, const GError *error, gpointer user_data);

typedef struct
{
  const char *peer;
  StoreRow message;
} StoreHit;

/* Hits, the newest first; valid during the call. On a reader's thread; error: hits is NULL. */
typedef void (*StoreSearchFunc) (const StoreHit *hits, guint n_hits, const GError *error, gpointer user_data);

/* A Client-ID and when it was last there, ms. */
typedef void (*StoreSeenFunc) (const char *id, gint64 time, gpointer user_data);

typedef enum
{
  STORE_DURABILITY_FULL,   /* a commit is on disk: it survives a power cut */
  STORE_DURABILITY_NORMAL, /* a commit survives the process */
} StoreDurability;

typedef struct
{
  StoreDurability durability;
  guint retention_days; /* older messages are removed, a few at a time while nobody waits; 0: never */
} StoreOptions;

/* Opens (or makes) the store in a folder and starts its threads. The folder is made when it is missing, and locked: a second server on it is refused.
 * Returns NULL with a one-line error in G_IO_ERROR. */
Store *store_new_sqlite (const char *folder, const StoreOptions *options, StoreStoredFunc stored, gpointer user_data, GError **error);

/* Commits everything that was appended, calls stored for it, finishes running reads, and frees the store. */
void store_free (Store *self);

/* Takes the message. Any thread; never blocks. */
void store_append (Store *self, StoreMessage *message);

/* Bytes appended and not committed yet, for who must slow down its senders. Any thread. */
gsize store_get_backlog (Store *self);

/* Reads one page of the conversation between two Client-IDs. Any thread; never blocks. Sees at least everything that was reported as stored before. */
void store_read (Store *self, const char *a, const char *b, const StoreRange *range, StorePageFunc func, gpointer user_data);

/* The conversations of a Client-ID that have, or had, messages. Any thread; never blocks. */
void store_list (Store *self, const char *id, StoreListFunc func, gpointer user_data);

/* The newest messages that have all of the words, each of which may be the beginning of one of theirs (shared/search-text.h); in the conversation
 * with conv, or for NULL in all of the Client-ID's. Finds everything that was reported as stored before. Nothing in words can be
 * wrong; words without a letter find nothing. limit is at most STORE_PAGE_MAX. Any thread; never blocks. */
void store_search (Store *self, const char *id, const char *conv, const char *words, guint limit, StoreSearchFunc func, gpointer user_data);

/* receiver's devices have been sent the conversation with peer up to seq. Known at once, on disk within seconds. FALSE when as much was told in the
 * last moments: in any case of a message that was told of before its batch was reported as stored. Any thread; never blocks. */
gboolean store_set_delivered (Store *self, const char *receiver, const char *peer, guint64 seq);

/* When a Client-ID was last there; likewise. */
void store_set_seen (Store *self, const char *id, gint64 time);

/* All that is known of that. Before anything else uses the store; reads from the disk. */
void store_load_seen (Store *self, StoreSeenFunc func, gpointer user_data);

/* The next session number, never given out before in this store's life; 0 when the store cannot reserve any (disk full). Any thread; never blocks. */
guint64 store_next_session (Store *self);
