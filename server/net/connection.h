/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One connection: bytes in, lines to a handler; a bounded queue out; its time-outs. Knows nothing of what the lines mean.
 *
 * Threads: a connection is served by one worker at a time (the "serving" functions below); whatever may be called from any thread says so. The
 * lock of a connection is never held over a system call that can take long, and nothing is called back with it held. */
#pragma once

#include <netinet/in.h>

#include "net/deadlines.h"
#include "net/handshakes.h"
#include "net/io-pool.h"
#include "net/tls.h"
#include "shared/framing.h"

typedef struct _Connection Connection;

/* What the connections of one server share. */
typedef struct
{
  IoPool *pool;
  Deadlines *deadlines;
  Handshakes *handshakes; /* NULL where no connection has TLS */
  const struct _ConnectionHandler *handler;
  gpointer handler_data;
  gsize send_queue_bytes;
  gint64 line_timeout; /* microseconds from the first byte of a line to its last; 0 = for ever */
  gint64 take_timeout; /* microseconds in which a receiver takes at least something of what waits for it; 0 = for ever */
  gsize backlog_max;   /* bytes that may wait for all slow receivers together, before they have less each; 0 = no limit */
} ConnectionShared;

/* The server's. A line has at most 16 KiB, so that the slowest network brings it in time; and whoever takes nothing is gone, though its machine answers. */
#define CONNECTION_LINE_TIMEOUT (60 * G_TIME_SPAN_SECOND)
#define CONNECTION_TAKE_TIMEOUT (60 * G_TIME_SPAN_SECOND)
#define CONNECTION_BACKLOG_MAX (256 * 1024 * 1024)

typedef enum
{
  CONNECTION_FRAMING_UNDECIDED, /* so far the bytes may be those of an unframed client */
  CONNECTION_FRAMING_LINES,
  CONNECTION_UNFRAMED,          /* every read is a message, every message is a write */
} ConnectionFraming;

/* All are called while serving, so one at a time for a connection. */
typedef struct _ConnectionHandler
{
  /* Whether the next line may be handled now. FALSE stops the input before that line; connection_resume() tries again. */
  gboolean (*may_take) (Connection *connection, const char *line, gsize len);
  /* A line, writable, valid during the call; never empty. */
  void (*line) (Connection *connection, char *line, gsize len);
  /* A line over WIRE_LINE_MAX was thrown away; its first bytes. */
  void (*too_long) (Connection *connection, char *start, gsize len);
  /* The peer will send no more. FALSE: not now; connection_resume() tries again. */
  gboolean (*end_of_input) (Connection *connection);
  /* The time set by connection_set_timeout() has come. */
  void (*timeout) (Connection *connection);
  /* connection_notify_drained() was called, and little waits to be sent. */
  void (*drained) (Connection *connection);
  /* The connection is closed, by whomever; reason is for the log (static). Called exactly once. */
  void (*closed) (Connection *connection, const char *reason);
  /* Frees what the handler keeps with connection_set_user(). */
  void (*free_user) (gpointer user);
} ConnectionHandler;

/* Takes the descriptor (non-blocking). The caller gets a reference, and must call connection_start(). */
Connection *connection_new (const ConnectionShared *shared, int fd, const struct sockaddr_storage *address);
/* Everything goes through TLS from the first byte on. The handler hears of it when it sends its first line; a close before the handshake is done
 * just drops it, for nobody could read what is queued. Before connection_start(). */
void connection_set_tls (Connection *self, TlsCredentials *credentials);
/* Begins to serve it; a further reference is held until it is closed. FALSE with error set when the kernel refuses; it is closed then. */
gboolean connection_start (Connection *self, GError **error);

Connection *connection_ref (Connection *self); /* any thread */
void connection_unref (Connection *self);      /* any thread */

gpointer connection_get_user (Connection *self);
void connection_set_user (Connection *self, gpointer user);
gpointer connection_get_handler_data (Connection *self);
ConnectionFraming connection_get_framing (Connection *self);

/* "127.0.0.1:40000", "[::1]:40000"; the address alone, 16 bytes, as the key of limits. */
char *connection_describe (Connection *self);
const struct in6_addr *connection_get_address (Connection *self);

/* Whether nobody can read along on the way, and what a proof of identity can be tied to: the connection's tls-exporter channel binding (RFC 9266), NULL
 * where it has none. Transfer full. Serving. */
gboolean connection_is_tls (Connection *self);
GBytes *connection_get_binding (Connection *self);

/* Whether the line that is handled is what the stream ended with, without an LF: there may have been more of it. Serving. */
gboolean connection_is_line_cut (Connection *self);

/* Monotonic microseconds of the peer's last sign of life: a whole line that came, or that it took some of what waited for it. Bytes of a line that never
 * ends are none. Serving. */
gint64 connection_get_last_sign (Connection *self);

/* Appends whole lines (each with its LF) to what is to be sent. They go out when the thread's burst ends: a worker does that by itself, any other
 * thread calls connection_flush_burst(). A receiver that is further behind than send_queue_bytes already is disconnected. FALSE when it will not be
 * sent, since the connection ends. Any thread. */
gboolean connection_queue (Connection *self, const char *lines, gsize len);
/* Sends what this thread has queued, one system call a connection. Any thread. */
void connection_flush_burst (void);
/* The same in the middle of a burst, but only when a queue fills that might be sent: nobody is disconnected who was given no chance to read. For who
 * holds no lock. */
void connection_flush_burst_if_full (void);

/* For who produces much: the handler's drained() is called as soon as little waits to be sent. Any thread. */
void connection_notify_drained (Connection *self);
/* Whether that is so now: who produces much looks before each piece, for nobody is disconnected over what it asked for. Any thread. */
gboolean connection_wants_more (Connection *self);

/* Bytes that wait to be sent. Any thread. */
gsize connection_get_queued (Connection *self);

/* Tries again what the handler refused to take. Any thread. */
void connection_resume (Connection *self);
/* Does that by itself when the time has come, in monotonic microseconds. Serving. */
void connection_resume_at (Connection *self, gint64 when);

/* Whether no more will come than what is here already: a peer that is gone altogether is noticed by this, too. Asks the kernel. Serving. */
gboolean connection_has_peer_finished (Connection *self);

/* Monotonic microseconds of the handler's time-out; 0 takes it away. Serving. */
void connection_set_timeout (Connection *self, gint64 when);

/* No more input is handled; closes when what is queued has been sent, or after a while. Any thread; idempotent. reason is for the log (static). */
void connection_close (Connection *self, const char *reason);

/* After connection_close(): does not wait for the peer any more, which may miss the last lines then. Any thread. */
void connection_drop (Connection *self);

/* At the very end, after the pool was stopped: sends what can be sent until the deadline, and closes. */
void connection_shut_down (Connection *self, gint64 deadline);

/* For who makes the pool and the deadlines that connections are served by. */
extern const IoPoolFuncs connection_io_funcs;
extern const DeadlineFunc connection_deadline_func;
