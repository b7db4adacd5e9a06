/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of a WcCache: cache.c (what the main thread calls), thread.c (its thread), file.c and db.c (the
 * file), and what is done in the file: messages.c, state.c, search.c. A CacheDb is touched by the cache's thread alone. */
#pragma once

#include "client/cache/cache.h"

#include <sqlite3.h>

G_BEGIN_DECLS

#define CACHE_APPLICATION_ID 0x57434331 /* "WCC1" */
#define CACHE_SCHEMA_VERSION 1

/* A message's number is its time, so that a search finds the newest first, with these bits for those of one millisecond. */
#define CACHE_ID_BITS 16

#define CACHE_INDEX_STEP 500 /* messages put into the index at once, while nobody waits */

typedef struct
{
  guint64 seq;
  gint64 time;
  gboolean own;
  char *from; /* NULL: whose it is follows from own */
  char *text;
  char *peer; /* of a search's hit; else NULL */
} CacheRow;

GArray *cache_rows_new (void);

typedef struct
{
  char *peer;
  guint64 known_last, held, read, delivered, peer_read;
  gint64 last_seen;
  char *draft;
  GArray *unread_seqs;
  GArray *last; /* of CacheRow: one or none */
} CacheState;

/* --- Jobs --- */

typedef struct _CacheDb CacheDb;
typedef struct _CacheJob CacheJob;

typedef enum
{
  CACHE_READ,
  CACHE_WRITE,
  CACHE_WRITE_DURABLE, /* on disk before it is answered, whatever happens to the machine */
  CACHE_SEARCH,        /* waits for the index */
  CACHE_QUIT,
} CacheJobType;

struct _CacheJob
{
  CacheJobType type;
  void (*run) (CacheDb *db, CacheJob *job); /* in the thread; in a transaction if it writes. Trouble stands in db->rc */
  void (*answer) (WcCache *cache, CacheJob *job); /* in the main thread; NULL: nobody waits */
  guint question;
  int cancelled; /* atomic */
  GCallback func;
  gpointer user_data;

  /* What each kind makes of them is seen where it is made. */
  char *peer;
  char *nonce;
  char *text;
  guint64 numbers[4];
  gint64 time; /* ms */
  guint limit;
  GArray *rows; /* of CacheRow */

  /* The answer. */
  gboolean good;
  gboolean more;
  guint64 known_last;
  GPtrArray *states; /* of CacheState */
  GPtrArray *outbox; /* of WcCachedOutgoing */
  gint64 deadline;   /* of a search, monotonic: it waits no longer for the index */
  gboolean again;    /* it met damage, and is done a second time */
  GError *error;     /* to be told: NULL is that all is well again */
};

void cache_state_free (gpointer state);
void cache_outgoing_free (gpointer outgoing);

CacheJob *cache_job_new (CacheJobType type, void (*run) (CacheDb *db, CacheJob *job), const char *peer);
void cache_job_free (CacheJob *job);

/* --- The file --- */

struct _CacheDb
{
  char *path;
  char *client_id;
  int lock_fd;
  sqlite3 *sqlite;         /* NULL: there is none, and gets empty answers */
  GHashTable *statements;  /* SQL (by address) -> sqlite3_stmt */
  GHashTable *ids;         /* peer -> its number */
  int rc;                  /* the first trouble since cache_db_begin or cache_db_clear; nothing is done any more while it is not SQLITE_OK */
  gboolean tidy;           /* nothing waits to be indexed or cleared away */
  gboolean durable;        /* how transactions are written */
  gboolean read_only;
  const int *interrupted;  /* atomic: ends what runs */
};

/* folder NULL: on nothing. */
CacheDb *cache_db_new (const char *folder, const char *server, const char *client_id);
void cache_db_free (CacheDb *db);

/* Opens the file, or tries again. FALSE with error set: db->sqlite is NULL then. */
gboolean cache_db_open (CacheDb *db, GError **error);

/* The file was found to be damaged: moves it aside, begins a new one, and takes over what is most precious. */
gboolean cache_db_replace (CacheDb *db, GError **error);

GError *cache_db_error (CacheDb *db, int rc);
gboolean cache_rc_is_damage (int rc);

void cache_db_begin (CacheDb *db, gboolean durable);
gboolean cache_db_end (CacheDb *db); /* commits, or rolls back when there was trouble: FALSE, and db->rc stays for the caller to clear */
void cache_db_clear (CacheDb *db);

/* types has a letter for each parameter: i (gint64 or guint64), s (const char *, NULL allowed). sql is a literal: the statement is kept by its address. */
void cache_db_run (CacheDb *db, const char *sql, const char *types, ...);
sqlite3_stmt *cache_db_query (CacheDb *db, const char *sql, const char *types, ...);
gboolean cache_db_next (CacheDb *db, sqlite3_stmt *stmt); /* FALSE at the end or on trouble: the statement is reset */
void cache_db_end_query (sqlite3_stmt *stmt); /* before its end */
gint64 cache_db_number (CacheDb *db, const char *sql, const char *types, ...); /* of the first row; 0 for none */
char *cache_column_dup (sqlite3_stmt *stmt, int column); /* NULL for NULL */

/* The number of a conversation; made if need be, else 0 for none. */
gint64 cache_db_conversation (CacheDb *db, const char *peer, gboolean make);

/* messages.c */
void cache_put (CacheDb *db, CacheJob *job);    /* rows, numbers: first, last */
void cache_read (CacheDb *db, CacheJob *job);   /* numbers: kind, seq; limit */
void cache_forget (CacheDb *db, CacheJob *job);
void cache_read_row (sqlite3_stmt *stmt, GArray *rows); /* columns: seq, time, own, sender, text */
void cache_keep_row (CacheDb *db, gint64 conversation, const CacheRow *row);
void cache_add_range (CacheDb *db, gint64 conversation, guint64 first, guint64 last);

/* state.c */
void cache_load (CacheDb *db, CacheJob *job);
void cache_set_marks (CacheDb *db, CacheJob *job);     /* numbers: known_last, read, delivered, peer_read */
void cache_set_held (CacheDb *db, CacheJob *job);      /* numbers: held */
void cache_set_last_seen (CacheDb *db, CacheJob *job); /* time */
void cache_set_draft (CacheDb *db, CacheJob *job);     /* text */
void cache_put_outgoing (CacheDb *db, CacheJob *job);  /* nonce, text, time */
void cache_sent (CacheDb *db, CacheJob *job);          /* nonce, rows: one */
void cache_fail_outgoing (CacheDb *db, CacheJob *job); /* nonce, text: why */
void cache_remove_outgoing (CacheDb *db, CacheJob *job);

/* search.c */
void cache_search (CacheDb *db, CacheJob *job);    /* peer or NULL, text: words, time, limit */
void cache_search_make (CacheDb *db);              /* in a transaction: an empty index, for everything to be put into */
void cache_search_check (CacheDb *db);             /* in a transaction: makes it anew when its words are other ones */
gboolean cache_search_replace (CacheDb *db);       /* it is damaged */
void cache_tidy (CacheDb *db);                     /* one step, a transaction of its own; trouble stands in db->rc */

/* --- The thread --- */

struct _WcCache
{
  /* Main thread. */
  GThread *thread;
  GMainContext *context;
  GHashTable *questions; /* number -> CacheJob, not owned */
  WcCacheErrorFunc error_func;
  gpointer user_data;
  char *client_id;

  /* Both. */
  GAsyncQueue *jobs;
  GMutex mutex;    /* guards answers and source */
  GQueue answers;  /* of CacheJob */
  GSource *source; /* while there are answers */
  guint retry_ms;  /* these are set before the thread starts */
  guint patience_ms;

  /* The thread's. */
  CacheDb *db;
  GQueue backlog;  /* of CacheJob: could not be written */
  gsize backlog_bytes;
  gint64 retry_at; /* monotonic: not before */
  GHashTable *torn; /* peers of whom something put was lost */
  gboolean all_torn; /* so was everything */
  GQueue searches; /* of CacheJob: wait for the index */
  GError *error;   /* as it was last told */
};

gpointer cache_thread (gpointer cache);

/* From the thread: the main thread calls job->answer, and frees it. */
void cache_hand_over (WcCache *self, CacheJob *job);
void cache_tell_error (WcCache *self, const GError *error);

/* For tests: as wc_cache_open, with other times: after which what could not be written is tried again, and for how long a search waits for the index. */
WcCache *wc_cache_open_full (GFile *folder, const char *server, const char *client_id, guint retry_ms, guint patience_ms, WcCacheErrorFunc error_func,
                             gpointer user_data);

G_END_DECLS
