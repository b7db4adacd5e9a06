/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of a WcClient: shared by client.c (the object), client-login.c (connection and state), client-reconnect.c,
 * client-receive.c (what the server says), sync.c and history.c. */
#pragma once

#include "client/client.h"

#include "client/cache/cache.h"
#include "client/connection.h"
#include "client/conversation-private.h"
#include "client/history.h"
#include "client/search-private.h"
#include "shared/message.h"
#include "shared/scram.h"

G_BEGIN_DECLS

#define WC_PEOPLE_MAX 50000 /* a server that tells of more is not listened to any further */

#define WC_WAIT_MAX_MS (15 * 60 * 1000) /* no server may silence anybody for longer */

/* All in milliseconds. Tests make them short. */
typedef struct
{
  guint login;      /* from the start of connecting to CONNECTED */
  guint handshake;  /* of TLS, within that: so that it is known what it is that takes so long; 0 = no limit of its own */
  guint ping_after; /* silence after which the server is asked for a sign of life; 0 = never */
  guint dead_after; /* silence after which it is taken for dead, and how long an answer may be owed */
  guint probe;      /* how long the answer may take after the network changed, or the machine slept; 0 = no such probes */
  guint settle;     /* after a change of the network, before it is tried */
  guint calm;       /* at least so long between two tries that such changes lead to */
  guint retry_min;  /* the first back-off, doubled each time */
  guint retry_max;
  guint base_quiet; /* so long nothing: a base server's history is complete */
  guint pause;      /* after the server said that it is too much at once */
  guint minute;     /* of "idle-minutes" */
  guint read_pause; /* between two READ of a conversation */
  guint typing_pause; /* between two TYPING of a conversation */
  guint typing_lasts; /* after TYPING, when no other one comes */
  guint draft_pause; /* between a change of a draft and its way to the disk */
  guint search;     /* after the last letter, before the server is asked for the words */
} WcTiming;

/* Clocks that go on while the machine sleeps, in microseconds; g_get_monotonic_time() does not. Tests have their own. */
typedef struct
{
  gint64 (*boot) (void);
  gint64 (*wall) (void);
} WcClocks;

/* client-network.c: what happens around the connection. */
typedef struct
{
  GNetworkMonitor *monitor;
  gulong changed_handler; /* 0: not watched, for there is no login */
  gboolean available;     /* as last heard */
  WcClocks clocks;
  gint64 boot_ahead; /* of the monotonic clock, when last looked at */
  gint64 wall_ahead;
  int clock_fd;      /* readable once the clock is set, as it is after a sleep; -1 for none */
  guint clock_source;
  guint nudge_source;
  gint64 last_nudge;
  guint probe_source;
  gint64 probe_sent;
  guint n_probes;
  gboolean hurried; /* this try began before the network changed: it has little time left */
} WcNetwork;

/* pace.c: the messages of this connection. */
typedef struct
{
  GHashTable *in_flight; /* nonce -> WcConversation, not owned: sent, and not answered */
  GQueue stalled;        /* of WcConversation, not owned: with messages that had no room */
  guint window;          /* how many may be in flight */
  guint n_stored;        /* since the window was changed */
  gboolean held;         /* one was refused: none is sent now */
  guint source;          /* for so long at least */
} WcPace;

/* The server's list of conversations, on this connection. */
typedef enum
{
  WC_LISTING_UNKNOWN,
  WC_LISTING_ASKED,
  WC_LISTING_KNOWN,
  WC_LISTING_NONE, /* it does not have one: base, or an older protocol 2 */
} WcListing;

/* client-trust.c: what a login is made with. */
typedef struct
{
  WcPins *pins;
  WcSecrets *secrets;     /* NULL: there is no keyring */
  GError *keyring_error;
  char *password;         /* NULL: not known */
  char *password_for;     /* whose that is; NULL: of the next login */
  gboolean remember;
  gboolean from_keyring;  /* the password need not be stored, or taken out of the keyring */
  gboolean look_up;       /* in the keyring, before the next connection */
  gboolean encrypted;
  char *fingerprint;      /* of the certificate that the last login failed for */
  guint wait;             /* in which the server does not want to be asked again, ms */
  GTlsDatabase *database; /* NULL: the system's */
} WcTrust;

/* client-auth.c: the proof of who one is, on this connection. */
typedef enum
{
  WC_AUTH_NONE,      /* not asked for */
  WC_AUTH_BEGUN,     /* AUTH sent */
  WC_AUTH_COMPUTING, /* the answer to the CHALLENGE */
  WC_AUTH_PROVED,    /* RESPONSE sent: the server's own proof is to come */
  WC_AUTH_INVITED,   /* INVITATION sent, or about to be */
} WcAuthStage;

/* Whether an invitation may have been accepted though nobody said so. */
typedef enum
{
  WC_INVITATION_NEW,
  WC_INVITATION_SENT,
  WC_INVITATION_CHECKING, /* whether its password is right already */
} WcInvitationStage;

typedef struct
{
  WcAuthStage stage;
  ScramClient *exchange;   /* NULL while COMPUTING: the thread has it */
  GCancellable *computing; /* NULL: nothing is, for this connection */
  guint n_computing;       /* with those of earlier connections */
  Invitation *invitation;  /* to be accepted, */
  char *new_password;      /* with this, */
  char *verifier;          /* which is this to the server */
  WcInvitationStage invitation_stage;
  GError *invitation_error; /* how it failed, should the password turn out to be wrong as well */
} WcAuth;

struct _WcClient
{
  GObject parent_instance;

  WcState state;
  char *server;
  char *host;
  guint16 port;
  gboolean tls;
  char *client_id;
  GError *error;
  gint64 retry_time;
  guint idle_minutes;
  GFile *folder;  /* NULL: nothing is kept */
  WcCache *cache; /* of this server and Client-ID, from the login on, also after a logout; NULL: nothing is kept */
  guint n_caches;            /* opened or closed so far: a question belongs to one of them */
  gboolean loading;          /* what the cache holds is on its way */
  gboolean open_when_loaded; /* a login waits for it */
  gboolean ready;
  GError *cache_error;
  WcTiming timing;
  WcTrust trust;
  WcAuth auth;

  GListStore *people;
  GHashTable *by_peer;   /* Client-ID in the conversation -> WcConversation, owned by people or arriving */
  GPtrArray *arriving;   /* people met in a CLIENTS answer that is not complete: they go into the list at once */

  /* The connection. */
  WcConnection *connection;
  GCancellable *connecting;
  GTask *login_task; /* until the first CONNECTED */
  guint login_source;
  guint login_cancel_source;
  guint keep_alive_source;
  guint retry_source;
  guint attempt;
  guint n_bad_lines;
  gint64 online_since; /* monotonic microseconds */
  guint n_quick_ends;  /* base: how often in a row the server hung up soon after login */
  guint64 last_id;     /* of the ids that requests carry */
  gboolean base;
  WcListing listing;
  guint64 listing_id;    /* of CONVERSATIONS */
  guint listing_source;  /* the server had no time for it */
  gboolean returning;    /* this device had the list before: what it does not know is new, and not only new to it */

  /* Base: one chat at a time, and answers that do not say whose they are. */
  WcConversation *base_asked;
  WcConversation *base_open;
  WcConversation *base_sent_to; /* whom the last message went to */

  WcNetwork network;
  WcPace pace;
  WcHistoryQueue *history;
  WcSearchQueue *searches;
};

/* client.c */
void wc_client_set_state (WcClient *self, WcState state);
void wc_client_set_error (WcClient *self, const GError *error);
void wc_client_set_retry_time (WcClient *self, gint64 retry_time);
void wc_client_set_ready (WcClient *self, gboolean ready);
void wc_client_set_cache_error (WcClient *self, const GError *error);
void wc_client_set_base (WcClient *self, gboolean base);
void wc_client_set_identity (WcClient *self, const char *server, const char *client_id); /* forgets people if it is another */
void wc_client_forget_people (WcClient *self);
WcConversation *wc_client_lookup (WcClient *self, const char *peer);
/* The conversation with a peer, made if need be; NULL for what is no Client-ID. in_list: one of many to come, which are
 * put into "people" together by wc_client_flush_arriving. */
WcConversation *wc_client_meet (WcClient *self, const char *peer, gboolean in_list);
void wc_client_flush_arriving (WcClient *self);
void wc_client_foreach (WcClient *self, void (*func) (WcConversation *conversation));
void wc_client_emit_message (WcClient *self, WcConversation *conversation, WcEntry *entry);
void wc_client_emit_started (WcClient *self, WcConversation *conversation, gboolean by_peer);
void wc_client_emit_kept (WcClient *self, WcConversation *conversation, WcEntry *entry);

/* client-login.c */
void wc_client_open (WcClient *self); /* connects and says HELLO */
void wc_client_limit_login (WcClient *self, guint ms); /* from now on */
void wc_client_drop_connection (WcClient *self);
void wc_client_fail (WcClient *self, WcError code, const char *message); /* the connection is of no use; takes the usual way from there */
void wc_client_connection_closed (WcClient *self, const GError *error);
void wc_client_logged_in (WcClient *self, gboolean base);

/* client-trust.c */
void wc_client_init_trust (WcClient *self);
void wc_client_clear_trust (WcClient *self);
void wc_client_begin_trust (WcClient *self); /* a login begins, its server and Client-ID are set */
/* Reads pins, and the keyring if need be, then calls back in the main loop, unless cancelled. FALSE: nothing is to be read, and it does not. */
gboolean wc_client_prepare_trust (WcClient *self, GCancellable *cancellable, void (*done) (WcClient *self));
void wc_client_store_password (WcClient *self); /* it was right */
void wc_client_wrong_password (WcClient *self);
void wc_client_logged_out_trust (WcClient *self);

/* client-auth.c. Each of the handlers: FALSE: it makes no sense now. */
void wc_client_clear_auth (WcClient *self);
void wc_client_reset_auth (WcClient *self); /* the connection is no more */
void wc_client_take_invitation (WcClient *self); /* of a login that begins: drops one for somebody else */
gboolean wc_client_take_auth_required (WcClient *self, const WireMessage *message);
gboolean wc_client_take_challenge (WcClient *self, const WireMessage *message);
gboolean wc_client_check_connected (WcClient *self, const WireMessage *message); /* FALSE: it must not be believed, and the login has failed */
void wc_client_auth_declined (WcClient *self);
gboolean wc_client_invitation_refused (WcClient *self, const char *text); /* FALSE: there is none */
/* A login failed. NULL: it goes on by another connection; else what it failed for. Transfer full. */
GError *wc_client_auth_failed (WcClient *self, const GError *error);

/* client.c */
void wc_client_set_keyring_error (WcClient *self, const GError *error);
void wc_client_set_encrypted (WcClient *self, gboolean encrypted);

/* client-cache.c */
void wc_client_open_with_cache (WcClient *self); /* wc_client_open, once what is kept here has been read */
void wc_client_close_cache (WcClient *self);     /* what was put is written */

/* restore.c: puts what was kept of an earlier login where the server's word would put it. Before the first connection. */
void wc_client_restore (WcClient *self, const WcCached *cached);

/* client-reconnect.c */
void wc_client_wait (WcClient *self, const GError *error); /* tries again later */
void wc_client_stop_waiting (WcClient *self);
void wc_client_hurry (WcClient *self); /* the try that is on its way has little time left */
void wc_client_start_keep_alive (WcClient *self);

/* client-network.c: notices when the network changes and when the machine has slept. Then a connection must show at once that it lives, and
 * a wait is over. */
void wc_client_init_network (WcClient *self);
void wc_client_clear_network (WcClient *self);
void wc_client_watch_network (WcClient *self); /* from login to logout */
void wc_client_unwatch_network (WcClient *self);
void wc_client_stop_probe (WcClient *self);
void wc_client_check_sleep (WcClient *self); /* looks whether the machine has slept; may drop the connection */
void wc_client_take_pong (WcClient *self, WireSpan token);
GError *wc_client_refine_error (WcClient *self, const GError *error); /* transfer full: says so when it is for want of a network */

/* listing.c */
void wc_client_begin_listing (WcClient *self);
void wc_client_list_conversations (WcClient *self); /* anew, for somebody who was not in the list */
void wc_client_stop_listing (WcClient *self);
gboolean wc_client_take_conversation (WcClient *self, const WireMessage *message);
gboolean wc_client_take_conversations_end (WcClient *self, const WireMessage *message);
gboolean wc_client_listing_failed (WcClient *self, guint64 id, gboolean try_again); /* FALSE: not its id */

/* client-receive.c */
extern const WcConnectionEvents wc_client_events;

/* client-send.c: each of them queues a line; nothing without a connection. */
void wc_client_send (WcClient *self, const WireMessage *message);
void wc_client_send_verb (WcClient *self, WireVerb verb, const char *peer); /* peer may be NULL */
guint64 wc_client_send_tracked (WcClient *self, WireMessage *message); /* with an id of its own, which is returned */
gboolean wc_client_parse_id (const char *id, guint64 *number); /* of wc_client_send_tracked */

/* pace.c: how fast messages are sent. */
void wc_pace_init (WcPace *self);
void wc_pace_reset (WcPace *self); /* a connection begins, or is no more */
void wc_pace_clear (WcPace *self);
/* Whether this message may be sent now. FALSE: the conversation is flushed when there is room. */
gboolean wc_pace_take (WcPace *self, WcConversation *conversation, const char *nonce);
WcConversation *wc_pace_lookup (WcPace *self, const char *nonce); /* whose it is; NULL: it is not in flight */
void wc_pace_answered (WcPace *self, const char *nonce, gboolean stored);
void wc_pace_forget (WcPace *self, WcConversation *conversation);
void wc_pace_pump (WcClient *client); /* there may be room */
void wc_pace_hold (WcClient *client, guint ms); /* ERROR rate-limited for a message */

/* For tests: other times than the usual ones. */
void wc_client_set_timing (WcClient *self, const WcTiming *timing);

/* For tests, before a login: who is trusted in the place of those whom the system trusts. */
void wc_client_set_tls_database (WcClient *self, GTlsDatabase *database);

/* For tests, before a login: a network and clocks of their own. */
void wc_client_set_network_monitor (WcClient *self, GNetworkMonitor *monitor);
void wc_client_set_clocks (WcClient *self, const WcClocks *clocks);

G_END_DECLS
