/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For scram.c (the exchange) and scram-verifier.c (what a list holds). */
#pragma once

#include "shared/scram.h"
#include "shared/span.h"

#define SCRAM_KEY_BYTES 32 /* a SHA-256 */

/* The parts of a verifier, within it; all but the iterations in base64. */
typedef struct
{
  guint iterations;
  WireSpan salt, stored_key, server_key;
} ScramVerifier;

/* Returns what is wrong (static), or NULL. */
const char *scram_verifier_parse (ScramVerifier *self, const char *verifier);

/* The bytes that the base64 text stands for, or NULL if it is not what an encoder makes. Transfer full. */
guint8 *scram_base64_decode (const char *text, gsize len, gsize *n_bytes);

/* The password as SASLprep has it, or NULL with SCRAM_ERROR. Free with scram_secret_free(). */
char *scram_password_prepare (const char *password, GError **error);

/* Overwrites the text and frees it; NULL is nothing. */
void scram_secret_free (char *secret);

/* The client's end where the server does not bind to the channel, but could (scram-unbound.c). Messages as they are before base64. */
typedef struct _ScramUnbound ScramUnbound;

ScramUnbound *scram_unbound_new (const char *id, const char *password /* as SASLprep has it */);
void scram_unbound_free (ScramUnbound *self);
char *scram_unbound_first (ScramUnbound *self);                          /* transfer full */
char *scram_unbound_respond (ScramUnbound *self, const char *challenge); /* transfer full; NULL: it makes no sense. Slow */
gboolean scram_unbound_verify (ScramUnbound *self, const char *message);
