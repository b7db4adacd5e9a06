/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The token of an invitation. The server keeps none of them: a token is signed together with the verifier that stood in the ClientID-List when it was made,
 * and is worth nothing once that is another. Pure functions. */
#pragma once

#include <glib.h>

/* expires: seconds since 1970; at least 0, at most 2^40 - 1. Transfer full. */
char *invitation_token_new (GBytes *secret, const char *id, const char *verifier, gint64 expires);

typedef enum
{
  INVITATION_VALID,
  INVITATION_EXPIRED, /* it was one for this ID and this verifier */
  INVITATION_INVALID, /* used already, withdrawn, another's, or never one */
} InvitationState;

/* verifier: the one in the list now; NULL when there is none, or the ID is not on the list. now: seconds since 1970. */
InvitationState invitation_token_check (GBytes *secret, const char *id, const char *verifier, const char *token, gsize len, gint64 now);
