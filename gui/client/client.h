/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/conversation.h"
#include "client/trust/pins.h"
#include "client/trust/secrets.h"
#include "shared/invitation.h"

G_BEGIN_DECLS

typedef enum
{
  WC_STATE_OFFLINE,        /* not logged in, and not trying */
  WC_STATE_CONNECTING,
  WC_STATE_AUTHENTICATING, /* connected, HELLO sent */
  WC_STATE_ONLINE,
  WC_STATE_WAITING,        /* was online, or is known from an earlier login; tries again at "retry-time" */
} WcState;

#define WC_ERROR (wc_error_quark ())
typedef enum
{
  WC_ERROR_BAD_ADDRESS,    /* not as wc_address_parse() has it */
  WC_ERROR_BAD_ID,         /* not a Client-ID */
  WC_ERROR_NAME_NOT_FOUND, /* no such host */
  WC_ERROR_NO_NETWORK,
  WC_ERROR_REFUSED,        /* nothing listens there */
  WC_ERROR_NO_ANSWER,      /* the time ran out */
  WC_ERROR_DECLINED,       /* the server does not know this Client-ID, or may not let it in */
  WC_ERROR_NOT_WEBCHAT,    /* something answers, but not a WebChat server */
  WC_ERROR_BUSY,           /* the server is full */
  WC_ERROR_CLOSED,         /* the connection ended */
  WC_ERROR_REPLACED,       /* base only: the same ID logged in elsewhere */
  WC_ERROR_TLS,            /* no safe connection: what answers does not speak TLS, or not as one must */
  WC_ERROR_TOO_LONG,       /* a text over WIRE_TEXT_MAX */
  WC_ERROR_FAILED,

  /* From here on: all but RATE_LIMITED stay true however often one asks, so it does not reconnect after them. */
  WC_ERROR_PASSWORD_NEEDED,     /* the server asks for a proof, and there is no password */
  WC_ERROR_WRONG_PASSWORD,      /* declined after a proof */
  WC_ERROR_CERTIFICATE_UNKNOWN, /* neither trusted by the system nor pinned: see wc_client_trust_certificate() */
  WC_ERROR_CERTIFICATE_CHANGED, /* another one is pinned */
  WC_ERROR_INVITATION,          /* used, expired, withdrawn, or for another server */
  WC_ERROR_IMPOSTOR,            /* the server could not prove that it knows this Client-ID's password */
  WC_ERROR_RATE_LIMITED,        /* too many logins: see wc_client_get_wait() */
} WcError;
GQuark wc_error_quark (void);

/* The connection to a server, and all that is known through it. Drives the protocol with GIO async streams; never blocks; every pending
 * operation ends with the object. After the first login it reconnects by itself, with back-off and jitter, and comes back to where it was.
 *
 * Properties, notified: "state" (int, WcState), "server" (string), "client-id" (string), "error" (GError boxed, the last trouble; NULL while all is
 * well), "retry-time" (int64, monotonic microseconds; 0 unless WAITING), "people" (GListModel of WcConversation, unsorted, one for everybody on the
 * server's list but oneself, and everybody met), "idle-minutes" (uint, read-write: after how long a chat is ended with TIMEOUT; 0 = never; default 15), "is-base" (boolean), "ready" (boolean: there is something to show, for it was logged in once, or what is kept of an earlier login has
 * been read: people, messages, drafts), "cache-error" (GError boxed: why nothing can be kept on this computer; NULL while it can), "is-encrypted"
 * (boolean: the connection has TLS; stays as it was while there is none), "keyring-error" (GError boxed: why the password could not be looked up or stored;
 * NULL while all is well).
 *
 * Signals: "message-received" (WcConversation, WcEntry) for each new message from somebody else, also
 * those that came while the connection was away; "chat-started" (WcConversation, gboolean by_peer); "message-kept" (WcConversation, WcEntry) when an own
 * message is on this computer's disk, and no crash can lose it any more: once for each, after wc_conversation_send() has returned, and only with a folder.
 * Main thread only. */
#define WC_TYPE_CLIENT (wc_client_get_type ())
G_DECLARE_FINAL_TYPE (WcClient, wc_client, WC, CLIENT, GObject)

WcClient *wc_client_new (void);

/* Where to keep what is known, for each server and Client-ID; NULL, the default, is nowhere. Before a login; or after the last logout with NULL, which
 * returns when all is written. */
void wc_client_set_folder (WcClient *self, GFile *folder);
gboolean wc_client_get_ready (WcClient *self);
const GError *wc_client_get_cache_error (WcClient *self);

WcState wc_client_get_state (WcClient *self);
const char *wc_client_get_server (WcClient *self);
const char *wc_client_get_client_id (WcClient *self);
const GError *wc_client_get_error (WcClient *self);
gint64 wc_client_get_retry_time (WcClient *self);
gboolean wc_client_get_is_base (WcClient *self); /* the server speaks the original protocol only */
GListModel *wc_client_get_people (WcClient *self); /* transfer none */
guint wc_client_get_idle_minutes (WcClient *self);
void wc_client_set_idle_minutes (WcClient *self, guint minutes);

/* Connects and logs in. Finish returns FALSE with a WC_ERROR (its message is for a person, and technical details stand behind it after a line end) or
 * G_IO_ERROR_CANCELLED; the state is OFFLINE again then. With something kept from an earlier login there, trouble with the network is no failure: it
 * becomes "ready", and goes on trying as after a lost connection. */
void wc_client_login_async (WcClient *self, const char *server, const char *client_id, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
gboolean wc_client_login_finish (WcClient *self, GAsyncResult *result, GError **error);

/* QUIT, and no more reconnecting. What is known of people stays until the next login with another ID or server. */
void wc_client_logout (WcClient *self);

/* While WAITING: try at once. */
void wc_client_retry_now (WcClient *self);

/* The conversation with an ID, made when there is none yet (transfer none); NULL when it is not a Client-ID. */
WcConversation *wc_client_get_conversation (WcClient *self, const char *peer);

/* What a login is made with. Each before wc_client_login_async(). */

/* For the next login and those after it of the same server and Client-ID, also by itself; remembered in memory, and in the keyring once the server has
 * let it in (see below). NULL, and without a call of this: it is looked for in the keyring. A login that needs none does not use it. */
void wc_client_set_password (WcClient *self, const char *password);
/* Whether a password goes to the keyring when it was right. Default TRUE. */
void wc_client_set_remember_password (WcClient *self, gboolean remember);
/* Whether there is a keyring, as far as is known. */
gboolean wc_client_get_can_remember (WcClient *self);
const GError *wc_client_get_keyring_error (WcClient *self);
/* Whether the server asked for a proof, and there was a password for it. */
gboolean wc_client_get_has_password (WcClient *self);
/* Neither in memory nor in the keyring is it known any more; for after a logout. */
void wc_client_forget_password (WcClient *self);

/* The next login, with the invitation's Client-ID and wc_invitation_get_address(), accepts it: this becomes the password. The certificate is trusted if
 * the system or a pin says so, or without a pin if it is the one that the invitation names; that is pinned then. It is over once a login has worked;
 * NULL: there is none. */
void wc_client_set_invitation (WcClient *self, const Invitation *invitation, const char *new_password);
/* Its server as wc_client_login_async() wants it. Transfer full. */
char *wc_invitation_get_address (const Invitation *invitation);

/* Where passwords are kept; NULL, the default, is nowhere. */
void wc_client_set_secrets (WcClient *self, WcSecrets *secrets);
WcSecrets *wc_client_get_secrets (WcClient *self); /* transfer none */

/* Which certificates are trusted though the system does not know them. The default is one in memory. */
void wc_client_set_pins (WcClient *self, WcPins *pins);
WcPins *wc_client_get_pins (WcClient *self); /* transfer none */

/* SHA-256 of the certificate that the last login failed for (WC_ERROR_CERTIFICATE_UNKNOWN, _CHANGED): 64 lower-case hex digits; else NULL. */
const char *wc_client_get_certificate_fingerprint (WcClient *self);
/* Pins that one for the server, unless another one is (WC_ERROR_CERTIFICATE_CHANGED): a person has to take that away first. Then log in again.
 * server, fingerprint: what the person has seen and meant. FALSE: the last login failed for something else since, and nothing was done. */
gboolean wc_client_trust_certificate (WcClient *self, const char *server, const char *fingerprint);

/* After WC_ERROR_RATE_LIMITED: for how many milliseconds the server will not be asked again; else 0. */
guint wc_client_get_wait (WcClient *self);
gboolean wc_client_get_is_encrypted (WcClient *self);

/* What is written as "host", "host:port" or "[v6]:port", each also after "tls://" or "plain://". Without one of these it is TLS, but for this computer
 * itself (localhost, 127.*, ::1) with another port than WIRE_TLS_PORT. Without a port it is WIRE_TLS_PORT, or WIRE_PORT without TLS. FALSE with
 * WC_ERROR_BAD_ADDRESS. */
gboolean wc_address_parse (const char *text, char **host, guint16 *port, gboolean *tls, GError **error);
/* The shortest way to write it. Transfer full. */
char *wc_address_format (const char *host, guint16 port, gboolean tls);

/* The local file Client-ID in a folder: read (NULL and no error when there is none) and written atomically. */
void wc_client_id_load_async (GFile *folder, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
char *wc_client_id_load_finish (GAsyncResult *result, GError **error);
void wc_client_id_save_async (GFile *folder, const char *client_id, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
gboolean wc_client_id_save_finish (GAsyncResult *result, GError **error);

G_END_DECLS
