/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677) for both ends, and the verifiers that a server keeps instead of passwords. Pure functions
 * over memory. Any thread; an exchange is used by one thread at a time. */
#pragma once

#include <glib.h>

#define SCRAM_SHA_256 "SCRAM-SHA-256"
#define SCRAM_SHA_256_PLUS "SCRAM-SHA-256-PLUS" /* bound to the TLS channel by tls-exporter (RFC 9266) */

#define SCRAM_ITERATIONS 65536        /* of new verifiers: about 0.15 s of computing for the client, and for each guess of who stole the list */
#define SCRAM_ITERATIONS_MIN 4096     /* of RFC 7677; no client proves a password by less */
#define SCRAM_ITERATIONS_MAX 10000000 /* the client has to compute them: no server may keep it busy for long */
#define SCRAM_SALT_MIN 8              /* bytes, in a verifier that a client sets */
#define SCRAM_PASSWORD_MAX 1024       /* bytes */
#define SCRAM_MESSAGE_MAX 4096        /* bytes of one message in base64 */

typedef enum
{
  SCRAM_ERROR_PASSWORD_EMPTY,
  SCRAM_ERROR_PASSWORD_TOO_LONG,
  SCRAM_ERROR_PASSWORD_CHARACTERS, /* not UTF-8, or with characters that SASLprep (RFC 4013) forbids */
  SCRAM_ERROR_CHALLENGE,           /* the server's challenge is none that one should answer */
} ScramError;

#define SCRAM_ERROR (scram_error_quark ())
GQuark scram_error_quark (void);

/* Whether it may be a password. The message of the SCRAM_ERROR is for a person. */
gboolean scram_password_check (const char *password, GError **error);

/* What a list holds: SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey (RFC 5803). Transfer full. Computes for long: never on a main loop. */
char *scram_verifier_new (const char *password, GError **error);
/* One that no password fits. */
char *scram_verifier_new_unusable (void);
/* Whether it is one of these. */
gboolean scram_verifier_is_unusable (const char *verifier);
/* What is wrong with it (static), or NULL. */
const char *scram_verifier_check (const char *verifier);
/* The same more strictly, for one that comes over the network: enough iterations, and enough salt. */
const char *scram_verifier_check_new (const char *verifier);
/* For an ID that has none: no password fits it, it stays the same, and nobody without the secret can tell it from a real one. */
char *scram_verifier_derive (const guint8 *secret, gsize len, const char *id, guint iterations);
/* Of a verifier that scram_verifier_check() found nothing wrong with. */
guint scram_verifier_get_iterations (const char *verifier);

typedef enum
{
  SCRAM_FAILED, /* the exchange is over; so it is from now on */
  SCRAM_MORE,
  SCRAM_DONE,   /* it is proved */
} ScramResult;

/* The server's end of one exchange. */
typedef struct _ScramServer ScramServer;

/* NULL for a mechanism that is not offered: one that is unknown, or PLUS without a binding. The user name must be id, and so must an authzid if there is
 * one. binding is the channel's tls-exporter value, NULL without TLS; with one, a client that says that the server cannot bind is refused, since somebody
 * in between took PLUS away. verifier must be well-formed. */
ScramServer *scram_server_new (const char *mechanism, const char *id, const char *verifier, GBytes *binding);
/* Takes the client's next message, in base64. *answer is what to send, in base64; transfer full, NULL when there is nothing. Never slow. */
ScramResult scram_server_step (ScramServer *self, const char *base64, gsize len, char **answer);
void scram_server_free (ScramServer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScramServer, scram_server_free)

/* The client's end of one exchange. */
typedef struct _ScramClient ScramClient;

/* NULL for a mechanism that is unknown, or PLUS without a binding. Give the binding to SCRAM_SHA_256 too, when there is one and the server did not offer PLUS: a
 * server that did offer it finds out then, and refuses. */
ScramClient *scram_client_new (const char *mechanism, const char *id, const char *password, GBytes *binding);
/* The first message, in base64; NULL when the password may be none. Transfer full. */
char *scram_client_first (ScramClient *self);
/* The answer to the server's CHALLENGE, in base64; transfer full. NULL with SCRAM_ERROR when it should not be answered. Computes for long, up to the time
 * that SCRAM_ITERATIONS_MAX iterations take: call it in a thread. */
char *scram_client_respond (ScramClient *self, const char *challenge, gsize len, GError **error);
/* Whether the server knows the verifier, by the v of its CONNECTED. FALSE: it is not the one that the password was set at. */
gboolean scram_client_verify (ScramClient *self, const char *v, gsize len);
void scram_client_free (ScramClient *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScramClient, scram_client_free)
