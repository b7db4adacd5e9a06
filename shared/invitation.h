/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The link by which somebody is invited: webchat://HOST:PORT/ID?token=TOKEN&sha256=FINGERPRINT. Pure functions. */
#pragma once

#include <glib.h>

#define INVITATION_LINK_MAX 1024 /* bytes */
#define INVITATION_TOKEN_MAX 128 /* bytes */

/* All parts are there. Whoever makes one by hand frees nothing of it that is not theirs. */
typedef struct
{
  char *host;        /* a name or an address; an IPv6 address without its brackets */
  guint16 port;
  char *client_id;
  char *token;       /* for INVITATION: letters, digits, - and _ */
  char *fingerprint; /* SHA-256 of the server certificate's DER: 64 lower-case hex digits */
} Invitation;

typedef enum
{
  INVITATION_ERROR_NO_LINK, /* something else than such a link */
  INVITATION_ERROR_DAMAGED, /* one that lacks something, or has something in it that cannot be */
} InvitationError;

#define INVITATION_ERROR (invitation_error_quark ())
GQuark invitation_error_quark (void);

/* Blanks and line ends around the link are no part of it. Without a port it is 5001. Unknown parts after the ? are ignored. NULL with INVITATION_ERROR,
 * whose message is for a person. Transfer full. */
Invitation *invitation_parse (const char *link, GError **error);
/* Transfer full. What is in it must be as described above. */
char *invitation_format (const Invitation *self);
void invitation_free (Invitation *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Invitation, invitation_free)
