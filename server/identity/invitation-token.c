/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "identity/invitation-token.h"

#include <string.h>

#define EXPIRES_BYTES 5
#define MAC_BYTES     16
#define TOKEN_BYTES   (EXPIRES_BYTES + MAC_BYTES)
#define TOKEN_CHARS   (TOKEN_BYTES / 3 * 4) /* without a remainder, so there is no padding */

G_STATIC_ASSERT (TOKEN_BYTES % 3 == 0);

/* The token for what expires then: the time, big-endian, and the signature. */
static void
make_bytes (guint8 bytes[TOKEN_BYTES], GBytes *secret, const char *id, const char *verifier, const guint8 expires[EXPIRES_BYTES])
{
  static const char purpose[] = "invitation";
  g_autoptr (GHmac) hmac = g_hmac_new (G_CHECKSUM_SHA256, g_bytes_get_data (secret, NULL), g_bytes_get_size (secret));
  guint8 digest[32];
  gsize len = sizeof digest;

  /* Each text with its NUL, so that none of them can pass for the end of another. */
  g_hmac_update (hmac, (const guchar *)purpose, sizeof purpose);
  g_hmac_update (hmac, (const guchar *)id, (gssize)strlen (id) + 1);
  g_hmac_update (hmac, (const guchar *)verifier, (gssize)strlen (verifier) + 1);
  g_hmac_update (hmac, expires, EXPIRES_BYTES);
  g_hmac_get_digest (hmac, digest, &len);
  memcpy (bytes, expires, EXPIRES_BYTES);
  memcpy (bytes + EXPIRES_BYTES, digest, MAC_BYTES);
}

char *
invitation_token_new (GBytes *secret, const char *id, const char *verifier, gint64 expires)
{
  guint8 when[EXPIRES_BYTES], bytes[TOKEN_BYTES];
  char *token;

  g_return_val_if_fail (expires >= 0 && expires >> (EXPIRES_BYTES * 8) == 0, NULL);

  for (guint i = 0; i < EXPIRES_BYTES; i++)
    when[i] = (guint8)(expires >> (8 * (EXPIRES_BYTES - 1 - i)));
  make_bytes (bytes, secret, id, verifier, when);
  token = g_base64_encode (bytes, TOKEN_BYTES);
  g_strdelimit (token, "+", '-');
  return g_strdelimit (token, "/", '_');
}

/* Only what an encoder makes: the digits of base64url. */
static gboolean
decode (guint8 bytes[TOKEN_BYTES], const char *token, gsize len)
{
  g_autofree char *copy = NULL;
  g_autofree guint8 *decoded = NULL;
  gsize n_bytes = 0;

  if (len != TOKEN_CHARS)
    return FALSE;
  for (gsize i = 0; i < len; i++)
    if (!g_ascii_isalnum (token[i]) && token[i] != '-' && token[i] != '_')
      return FALSE;
  copy = g_strndup (token, len);
  g_strdelimit (copy, "-", '+');
  g_strdelimit (copy, "_", '/');
  decoded = g_base64_decode (copy, &n_bytes);
  if (n_bytes != TOKEN_BYTES)
    return FALSE;
  memcpy (bytes, decoded, TOKEN_BYTES);
  return TRUE;
}

/* Takes the same time wherever they differ. */
static gboolean
is_equal (const guint8 *a, const guint8 *b, gsize len)
{
  guint8 difference = 0;

  for (gsize i = 0; i < len; i++)
    difference |= a[i] ^ b[i];
  return difference == 0;
}

InvitationState
invitation_token_check (GBytes *secret, const char *id, const char *verifier, const char *token, gsize len, gint64 now)
{
  guint8 given[TOKEN_BYTES], right[TOKEN_BYTES];
  gint64 expires = 0;

  if (!decode (given, token, len))
    return INVITATION_INVALID;
  /* The same work without a verifier: the time does not tell who is on the list. */
  make_bytes (right, secret, id, verifier != NULL ? verifier : "", given);
  if (!is_equal (given, right, TOKEN_BYTES) || verifier == NULL)
    return INVITATION_INVALID;
  for (guint i = 0; i < EXPIRES_BYTES; i++)
    expires = expires << 8 | given[i];
  return now < expires ? INVITATION_VALID : INVITATION_EXPIRED;
}
