/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of this room share. One lock guards who is connected and who talks with whom; it is held for look-ups and changes of pointers,
 * never over I/O. Lines are queued under it, so that everybody sees events in one order. */
#pragma once

#include "chat/attempts.h"
#include "chat/hub.h"
#include "shared/message.h"

typedef struct _Peer Peer;
typedef struct _Proof Proof; /* auth.c */
typedef struct _Client Client;
typedef struct _Session Session;

/* A Client-ID that somebody is logged in with. Lives while it has connections. Locked. */
struct _Client
{
  char *id;
  Peer *base;          /* at most one base connection */
  Peer *devices;       /* any number on protocol 2, linked by next_device */
  GPtrArray *sessions; /* of Session; NULL when there are none */
};

typedef enum
{
  SIDE_A,
  SIDE_B,
  N_SIDES,
} Side;

/* An open chat between two Client-IDs; at most one a pair. Locked. */
struct _Session
{
  guint64 number;
  Client *client[N_SIDES];
  Peer *base[N_SIDES];         /* the base connection that is in it */
  gboolean devices[N_SIDES];   /* the client's protocol 2 devices were told of it, and so are in it too */
  gint64 last_message;         /* monotonic microseconds */
  GList idle_link;             /* in the hub's queue, the longest idle first */
};

/* Something that answers one request with many lines, as fast as the receiver takes them; its peer's input waits meanwhile. */
typedef struct _Job
{
  void (*next) (struct _Job *job, Peer *peer); /* go on: little waits to be sent. Serving */
  void (*free) (struct _Job *job);
} Job;

/* What the chat keeps for each connection. */
struct _Peer
{
  Hub *hub;
  Connection *connection; /* owns this */
  WireDialect dialect;    /* set at login, before anybody else sees the peer */
  char *id;               /* its Client-ID; likewise */
  char *verifier;         /* the one by which it has proved that; NULL: it was not asked. Likewise */

  gint pending; /* atomic: messages on their way to the store */
  gint waiting; /* atomic: input waits for pending to fall */

  /* Serving. */
  Job *job;
  Proof *proof;          /* it was asked who it is, and has not shown it yet */
  gint64 login_deadline; /* monotonic: it must be logged in by then */
  gint64 rate_time; /* when the sender's allowance would be whole again */
  gint64 typing_time, request_time; /* likewise for TYPING, and for what is neither */
  gint64 refused_until; /* no message is taken before */
  gint64 unheard_until; /* nothing is; 0 = that is over */
  gboolean asks_no_more; /* what has come already is all */
  gboolean pinged;

  /* Locked. */
  gint64 since;   /* s since 1970 UTC: logged in; before that, accepted */
  gboolean unframed; /* how it logged in */
  Client *client; /* NULL: not logged in, or no more: another connection may take over at any time */
  Peer *next_device;
  Session *session;    /* base only: the one chat it is in */
  gboolean turned_away; /* it was one too many, and counts no more than it may stay */
  const char *history_with;  /* whose history it is being sent; the job's. NULL: nobody's */
  guint64 history_delivered; /* how far that was told to be delivered meanwhile */
  gboolean leaving;    /* the connection is gone; leaves when nothing is pending any more */
  gint64 admitted_at;  /* monotonic */
  GList admitted_link; /* in the hub's list of connections */
  GList stranger_link; /* in the list of those who have not logged in; data is NULL when it is not in it */
  GList watch_link;    /* in the list of those who asked for presence; data is NULL when it is not in it */
};

struct _Hub
{
  const Config *config;
  Store *store;
  Attempts *attempts;
  GBytes *secret;       /* these two: set before the first connection */
  Directory *directory; /* NULL: invitations cannot be accepted */
  gint stopping; /* atomic */

  /* The store's thread alone. */
  gboolean failure_logged; /* the log says that nothing can be stored, and not yet that this is over */
  gint64 failure_due;      /* monotonic: not before that it says so again */

  GMutex lock;
  ClientList *list;
  GHashTable *clients;  /* Client-ID -> Client */
  GHashTable *sessions; /* a set of Session, equal by their pair of clients */
  GHashTable *seen;     /* Client-ID -> when it was last there; see seen.c */
  GQueue idle;          /* of Session */
  GSource *idle_source;
  GQueue watchers;      /* of Peer: who gets PRESENCE */
  gint64 announce_time; /* when they might be told as much at once as ever again */
  GHashTable *untold;   /* a set of Client-IDs: what they are to be told a little later */
  GSource *untold_source;
  GQueue admitted;      /* of Peer: everybody connected, logged in or not */
  GQueue strangers;     /* of Peer: those who have not logged in yet, the longest there first */
  guint n_turned_away;  /* so many of them are only told to go */
  GHashTable *addresses; /* struct in6_addr, of IPv6 the network -> how many connections; only with a limit per address */

  /* The main thread's. */
  gint64 log_turned_away_due; /* monotonic: not before that it is said again */
  guint n_unlogged;           /* were turned away meanwhile */
};

/* peer.c: one connection's side of the chat. Queueing is for any thread, and is meant to be done with the hub's lock held where order matters. */
void peer_send (Peer *self, const WireMessage *message);
/* The line of it for whoever speaks protocol 2. It is the thread's own, until its next message. */
const GString *peer_format_proto2 (const WireMessage *message);
/* To all devices of the client (NULL: to none) but one, formatted once. FALSE when none of them will be sent it. */
gboolean peer_send_devices (Client *client, const WireMessage *message, Peer *except);
void peer_send_verb (Peer *self, WireVerb verb); /* a message that is its verb alone */
void peer_send_error (Peer *self, WireError error, WireSpan id, const char *text);
/* whom and reason (NULL) may be missing. */
void peer_send_unreachable (Peer *self, WireSpan id, WireSpan whom, const char *reason);
void peer_log (Peer *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* Starts a job; it is asked for its first lines at once. Serving. */
void peer_start_job (Peer *self, Job *job);
void peer_end_job (Peer *self);

/* hub.c: the connection is closed, and counts no more towards the limits. */
void hub_dismiss (Hub *hub, Peer *peer);
/* It has logged in, or is gone. Lock held; idempotent. */
void hub_know (Hub *hub, Peer *peer);

/* registry.c: who is connected. All with the lock held, but for the first two. */
void registry_init (Hub *hub, GMainContext *context);
void registry_clear (Hub *hub);
Client *registry_find (Hub *hub, const char *id);
Client *registry_join (Hub *hub, Peer *peer, const char *id);
void registry_leave (Hub *hub, Peer *peer);
void registry_watch (Hub *hub, Peer *peer);
/* PRESENCE to everybody who watches, at once or, when it is one of very many, a little later. */
void registry_announce (Hub *hub, const char *id, gboolean online);

/* seen.c: when a Client-ID was last there. All with the lock held. */
void seen_init (Hub *hub);
void seen_load (Hub *hub);
void seen_now (Hub *hub, const char *id);
gboolean seen_get (Hub *hub, const char *id, gint64 *time); /* ms since 1970 UTC; FALSE: unknown */
void seen_follow_list (Hub *hub); /* forgets who is not on it */

/* sessions.c: the open chats. All with the lock held. */
Session *session_find (Hub *hub, Client *a, Client *b);
Session *session_start (Hub *hub, Client *asker, Client *other); /* NULL when no number can be had */
void session_touch (Hub *hub, Session *session);
Side session_side (Session *session, Client *client);
void session_attach_base (Session *session, Peer *base);
/* Ends it and tells everybody in it but silent (may be NULL). */
void session_end (Hub *hub, Session *session, Peer *silent);
/* The peer's connection goes: its chats end where nobody of its side is left. */
void sessions_leave (Hub *hub, Peer *peer);
void sessions_send_started (Peer *to, Session *session, Client *other);
void sessions_send_ended (Peer *to, Client *other);
void sessions_init (Hub *hub, GMainContext *context);
void sessions_clear (Hub *hub);

/* rate.c: a token bucket without a bucket: paid_until is when everything taken so far is paid for. Returns for how many microseconds nothing more can be had; 0
 * when this one was. */
gint64 rate_take_token (gint64 *paid_until, guint per_second, guint burst, gint64 now);

/* FALSE when the peer sends messages too fast, and was told so. Serving. */
gboolean rate_check (Peer *peer, WireSpan id);
/* Whatever is handled is charged for; WIRE_NO_VERB is what cannot be understood. Messages have their own allowance above. Serving. */
void rate_charge (Peer *peer, WireVerb verb);
/* FALSE when the peer has asked for too much: its next line is to wait, and is tried again in time. Serving. */
gboolean rate_may_ask (Peer *peer);
/* The same for TYPING, of which nobody misses one. Serving. */
gboolean rate_check_typing (Peer *peer);

/* The handlers of the verbs, by theme. Serving, without the lock. */
void handle_hello (Peer *peer, const WireMessage *message);        /* login.c */
void handle_quit (Peer *peer, const WireMessage *message);
void login_begin (Peer *peer);
/* Whether somebody who is not logged in may say this. */
gboolean login_may_hear (Peer *peer, WireVerb verb);
/* The peer has proved to be id by the verifier. v is for CONNECTED, NULL for none. FALSE when the list has another verifier for it meanwhile: it is not logged
 * in then, and was not answered. */
gboolean login_with_proof (Peer *peer, const char *id, const char *verifier, const char *v);
void login_timeout (Peer *peer);
/* DECLINED, a line in the log, and the end of the connection. claimed is the Client-ID that it gave, NULL for none; why is static. */
void login_decline (Peer *peer, const char *claimed, const char *why);
void login_leave (Peer *peer);                                     /* idempotent */
void login_expel (Peer *peer, const char *why);                    /* lock held; why is static */
void handle_auth (Peer *peer, const WireMessage *message);         /* auth.c */
void handle_response (Peer *peer, const WireMessage *message);
/* AUTH_REQUIRED. */
void proof_begin (Peer *peer, const char *id);
const char *proof_get_id (Proof *self); /* who the peer says it is */
gboolean proof_has_begun (Proof *self); /* AUTH was heard */
void proof_free (Proof *self);
/* Looks at what should prove the ID, now or when it is its turn; the peer's input waits meanwhile. Too many have failed: the peer is told, and declined. */
typedef void (*ProofFunc) (Peer *peer, const char *first, const char *second);
void proof_attempt (Peer *peer, ProofFunc func, WireSpan first, WireSpan second);
void proof_refuse (Peer *peer, const WireMessage *message);        /* nobody asked for it */
void handle_invitation (Peer *peer, const WireMessage *message);   /* invitations.c */
void handle_ping (Peer *peer, const WireMessage *message);
void handle_pong (Peer *peer, const WireMessage *message);
void handle_chat_request (Peer *peer, const WireMessage *message); /* chats.c */
void handle_end_request (Peer *peer, const WireMessage *message);
void handle_timeout (Peer *peer, const WireMessage *message);
/* Before a message is delivered: a free base connection of the receiver's gets a chat for it. Lock held. */
void chats_reach_base (Hub *hub, Client *sender, Client *receiver);
void handle_chat_message (Peer *peer, const WireMessage *message); /* messages.c */
void handle_chat (Peer *peer, const WireMessage *message);
gboolean messages_may_go_on (Peer *peer, WireVerb verb);
/* Hands it to the store as the peer's; hub_stored() gets it back. Takes it. Serving. */
void messages_submit (Peer *peer, StoreMessage *message);
void handle_read (Peer *peer, const WireMessage *message);         /* marks.c */
void handle_typing (Peer *peer, const WireMessage *message);
/* A mark that is stored now, and rose, is told to the other side's devices and to the reader's others. Lock held. */
void marks_send_read (Hub *hub, const StoreMessage *mark, Peer *from);
/* A device of the receiver's was sent the message seq of the sender's: kept, and, if it rises, told to the sender's devices. Lock held. */
void marks_set_delivered (Hub *hub, const char *receiver, const char *sender, guint64 seq);
void handle_history_req (Peer *peer, const WireMessage *message);  /* history.c */
void handle_clients (Peer *peer, const WireMessage *message);      /* presence.c */
void handle_conversations (Peer *peer, const WireMessage *message); /* conversations.c */
void handle_search (Peer *peer, const WireMessage *message);       /* search.c */
