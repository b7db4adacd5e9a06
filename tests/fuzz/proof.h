/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A client's end of SCRAM-SHA-256 for the fuzz targets, by itself: it knows the key that a password makes, and so computes nothing for long. */
#pragma once

#include <glib.h>

#define PROOF_KEY_BYTES 32

/* The ServerKey of the verifier. */
extern const guint8 proof_server_key[PROOF_KEY_BYTES];

/* The verifier of the key, for a ClientID-List. Transfer full. */
char *proof_get_verifier (void);

/* What stands for r= in a message in base64. Transfer full. */
char *proof_find_nonce (const char *base64);

/* The text of a message in base64. Transfer full. */
char *proof_decode (const char *base64);
char *proof_encode (const char *text);

/* client-final with its proof, as text: after client-first-message-bare and server-first. gs2 is the header that the client-first began with, binding what it binds
 * to; NULL for nothing. Transfer full. */
char *proof_make (const char *first_bare, const char *challenge, const char *gs2, GBytes *binding);
