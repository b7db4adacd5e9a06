/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes with an invitation: the link that somebody was sent (first byte even), and the token that a client shows to the server (odd). */
#include "fuzz.h"

#include <string.h>

#include "identity/invitation-token.h"
#include "shared/client-id.h"
#include "shared/invitation.h"

#define EXPIRES 1800000000
#define SECRET  "thirty-two bytes that are a secret"

static const char verifier[] = "SCRAM-SHA-256$4096:c2FsdHNhbHQ=$QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=:QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI=";

static void
check_invitation (const Invitation *invitation)
{
  g_autofree char *link = invitation_format (invitation);
  g_autoptr (GError) error = NULL;
  g_autoptr (Invitation) again = invitation_parse (link, &error);

  g_assert_true (client_id_is_valid (invitation->client_id, strlen (invitation->client_id)));
  g_assert_cmpstr (invitation->host, !=, "");
  g_assert_null (strpbrk (invitation->host, "/?#[]@% \r\n"));
  g_assert_cmpuint (invitation->port, >, 0);
  g_assert_cmpuint (strlen (invitation->token) - 1, <, INVITATION_TOKEN_MAX);
  g_assert_cmpuint (strlen (invitation->fingerprint), ==, 64);

  /* What a link says is what its parts say. */
  if (again == NULL && strlen (link) > INVITATION_LINK_MAX)
    return;
  g_assert_no_error (error);
  g_assert_cmpstr (again->host, ==, invitation->host);
  g_assert_cmpuint (again->port, ==, invitation->port);
  g_assert_cmpstr (again->client_id, ==, invitation->client_id);
  g_assert_cmpstr (again->token, ==, invitation->token);
  g_assert_cmpstr (again->fingerprint, ==, invitation->fingerprint);
}

static void
try_link (const uint8_t *data, size_t size)
{
  g_autofree char *link = g_strndup ((const char *) data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (Invitation) invitation = invitation_parse (link, &error);

  if (invitation != NULL)
    {
      g_assert_no_error (error);
      check_invitation (invitation);
      return;
    }
  g_assert_nonnull (error);
  g_assert_cmpstr (error->message, !=, "");
  g_assert_null (strchr (error->message, '\n'));
}

/* Only the one that the server made is let in, before its time is over, and while the verifier is the one that it was made with. */
static void
try_token (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) secret = g_bytes_new_static (SECRET, strlen (SECRET));
  g_autofree char *right = invitation_token_new (secret, "alice", verifier, EXPIRES);
  const char *token = (const char *) data;
  gboolean is_right = size == strlen (right) && memcmp (token, right, size) == 0;

  g_assert_cmpint (invitation_token_check (secret, "alice", verifier, token, size, EXPIRES - 1), ==, is_right ? INVITATION_VALID : INVITATION_INVALID);
  g_assert_cmpint (invitation_token_check (secret, "alice", verifier, token, size, EXPIRES), ==, is_right ? INVITATION_EXPIRED : INVITATION_INVALID);
  g_assert_cmpint (invitation_token_check (secret, "bob", verifier, token, size, 0), ==, INVITATION_INVALID);
  g_assert_cmpint (invitation_token_check (secret, "alice", verifier + 1, token, size, 0), ==, INVITATION_INVALID);
  g_assert_cmpint (invitation_token_check (secret, "alice", NULL, token, size, 0), ==, INVITATION_INVALID);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (size == 0)
    return 0;
  if (data[0] % 2 == 0)
    try_link (data + 1, size - 1);
  else
    try_token (data + 1, size - 1);
  return 0;
}
