/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For connection.c (life and turns), input.c and output.c. */
#pragma once

#include "net/connection.h"
#include "net/tls.h"

typedef enum
{
  TIMER_HANDLER, /* connection_set_timeout() */
  TIMER_FRAMING, /* silence after HELLO without LF */
  TIMER_PACE,    /* the next message to an unframed client */
  TIMER_LINGER,  /* the end of a close that waits for the peer */
  TIMER_RESUME,  /* connection_resume_at() */
  TIMER_LINE,    /* a line has begun: look whether it has ended */
  TIMER_TAKE,    /* something waits to be sent: look whether the peer takes any of it */
  N_TIMERS,
} Timer;

struct _Connection
{
  IoItem io;
  gatomicrefcount refs;
  gint turn; /* atomic: 0 = nobody serves; else how often somebody came by */
  const ConnectionShared *shared;
  gpointer user;
  TlsSession *tls; /* NULL without */

  /* Serving. */
  WireFramer framer;
  char *waiting; /* a block with input that the handler would not take yet, from waiting_start on */
  guint waiting_start, waiting_len;
  char *in_hand; /* such a block while it is handled; borrowed */
  GList handshake_link; /* of who may shake hands */
  guint8 framing; /* ConnectionFraming */
  guint input_ended : 1;
  guint line_cut : 1;  /* the line that is handled, the last one, had no LF */
  guint input_end_told : 1;
  guint write_shut : 1;
  gint64 last_line;  /* monotonic: when the last whole one came */
  gint64 line_began; /* likewise, of the one that has begun; 0 when none has */

  /* Changed under lock by who serves, who may read it without: nothing is sent before TLS is established; whoever closes before that just drops it. Not beside
   * the bits below, which others change meanwhile. */
  gboolean handshaking;

  /* Under lock. */
  GMutex lock;
  Deadline deadline; /* the earliest of timers */
  gint64 timers[N_TIMERS];
  char *out;
  guint out_rest; /* unframed: so many bytes at its head are the rest of a message that was sent in part */
  guint out_len, out_cap, out_sent;
  guint backlog;     /* how much of it is in the sum of what slow receivers have waiting */
  gint64 last_taken; /* monotonic: when the kernel last took something that had had to wait */
  const char *close_reason;
  guint closing : 1;  /* connection_close() */
  guint broken : 1;   /* nothing can be sent any more */
  guint started : 1;  /* connection_start(): nothing is served before */
  guint closed : 1;   /* the descriptor is gone */
  guint sending : 1;  /* a thread is in send(): the descriptor must stay */
  guint blocked : 1;  /* the kernel took no more: wait for EPOLLOUT */
  guint behind : 1;   /* that was so, and something has waited ever since */
  guint in_burst : 1; /* some thread will flush it at the end of its burst */
  guint tell_drained : 1;
  guint input_stalled : 1; /* what came in waits until more can be answered */
  guint reading : 1;  /* wait for EPOLLIN */

  struct in6_addr address; /* IPv4 mapped */
  guint16 port;
};

/* Sets one of the timers; called with the lock held. */
void connection_set_timer_locked (Connection *self, Timer timer, gint64 when);

void connection_set_timer (Connection *self, Timer timer, gint64 when);

/* Nothing that comes in is handled any more. */
gboolean connection_is_over (Connection *self);

/* Arms the descriptor for what is waited for; called with the lock held. */
void connection_arm_locked (Connection *self);

/* Whether a producer waits, and may go on; called with the lock held. */
gboolean connection_is_drained_locked (Connection *self);

/* Sends what is queued, as far as the kernel takes it. Any thread. */
void connection_flush (Connection *self);

/* TIMER_TAKE has come; called with the lock held. */
void connection_check_taken_locked (Connection *self);

/* Counts what waits for it no more; called with the lock held, at its end. */
void connection_leave_backlog_locked (Connection *self);

/* Whether little enough waits to be sent that a line may be answered; the input is tried again when it is so: one read may ask for more than the queue
 * holds, and nobody is disconnected over what it asked for. */
gboolean connection_may_answer (Connection *self);

/* Marks it as past sending; called with the lock held. reason is static. */
void connection_break_locked (Connection *self, const char *reason);
void connection_break (Connection *self, const char *reason);

/* connection-tls.c. Serving: as much of the handshake as can be done now. */
void connection_shake_hands (Connection *self);

/* Like recv() and send() on the descriptor, through TLS where there is any. one_message: not what the peer wrote after that too, where TLS knows. */
gssize connection_recv (Connection *self, void *buffer, gsize size, gboolean one_message);
gssize connection_send (Connection *self, const void *data, gsize len);
/* Why they failed; static. */
const char *connection_explain_failure (Connection *self);
/* Whether more has come in of which the descriptor knows nothing. Serving. */
gboolean connection_has_pending_input (Connection *self);
/* Tells the peer that nothing more will be sent. FALSE: not now; blocked is set then. Serving, when nothing is queued. */
gboolean connection_shut_write (Connection *self);

/* input.c. All while serving. */

/* Handles what waited, then what can be read; a bounded part of it a turn. */
void connection_read_input (Connection *self);

/* TIMER_LINE has come. */
void connection_check_line (Connection *self);

/* Nothing has followed the first bytes for a while: that may be an unframed client's HELLO. */
void connection_take_silence (Connection *self);

/* A close that waits: once the queue is out the peer is told, and what it still sends is thrown away until it closes too. Closing with
 * unread input would reset the connection, and could take back the last lines. */
void connection_linger (Connection *self);
