/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the server remembers: the messages of every conversation, and which session numbers were used. An interface; sqlite.c
 * is the implementation for one machine. Knows nothing of chat rules. */
#pragma once

#include <gio/gio.h>

typedef struct _Store Store;

/* A message on its way in; one block of memory. The two Client-IDs make the conversation, in either order. */
typedef struct _StoreMessage StoreMessage;
struct _StoreMessage
{
  StoreMessage *next; /* the store's, then the batch's link */
  gpointer owner;     /* the caller's, untouched */
  const char *from;
  const char *to;
  const char *nonce; /* the sender's name for it; NULL when it gave none */
  const char *text;
  guint text_len;
  gboolean repeated; /* out: the same nonce was stored before, seq and time are the first one's */
  guint64 seq;       /* out: 1, 2, 3 … without a gap in the conversation */
  gint64 time;       /* ms since 1970 UTC, when it was accepted; the store raises it so that it never falls within a conversation */
};

/* Copies everything. Free with store_message_free(). */
StoreMessage *store_message_new (const char *from, const char *to, const char *nonce, const char *text, gsize text_len, gint64 time);
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
  guint64 last;  /* the newest seq that exists; 0 for none */
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

typedef enum
{
  STORE_DURABILITY_FULL,   /* a commit is on disk: it survives a power cut */
  STORE_DURABILITY_NORMAL, /* a commit survives the process */
} StoreDurability;

/* Opens (or makes) the store in a folder and starts its threads. The folder is made when it is missing, and locked: a second server on it is refused.
 * Returns NULL with a one-line error in G_IO_ERROR. */
Store *store_new_sqlite (const char *folder, StoreDurability durability, StoreStoredFunc stored, gpointer user_data, GError **error);

/* Commits everything that was appended, calls stored for it, finishes running reads, and frees the store. */
void store_free (Store *self);

/* Takes the message. Any thread; never blocks. */
void store_append (Store *self, StoreMessage *message);

/* Bytes appended and not committed yet, for who must slow down its senders. Any thread. */
gsize store_get_backlog (Store *self);

/* Reads one page of the conversation between two Client-IDs. Any thread; never blocks. Sees at least everything that was reported as stored before. */
void store_read (Store *self, const char *a, const char *b, const StoreRange *range, StorePageFunc func, gpointer user_data);

/* The next session number, never given out before in this store's life; 0 when the store cannot reserve any (disk full). Any thread; never blocks. */
guint64 store_next_session (Store *self);
