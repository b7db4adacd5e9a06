/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proof.h"

#include <string.h>

static const guint8 client_key[PROOF_KEY_BYTES] = "what a client's password makes ";
const guint8 proof_server_key[PROOF_KEY_BYTES] = "and what the server proves with";

static void
get_stored_key (guint8 stored_key[PROOF_KEY_BYTES])
{
  g_autoptr (GChecksum) hash = g_checksum_new (G_CHECKSUM_SHA256);
  gsize len = PROOF_KEY_BYTES;

  g_checksum_update (hash, client_key, PROOF_KEY_BYTES);
  g_checksum_get_digest (hash, stored_key, &len);
}

char *
proof_get_verifier (void)
{
  g_autofree char *stored64 = NULL, *server64 = g_base64_encode (proof_server_key, PROOF_KEY_BYTES);
  guint8 stored_key[PROOF_KEY_BYTES];

  get_stored_key (stored_key);
  stored64 = g_base64_encode (stored_key, PROOF_KEY_BYTES);
  return g_strdup_printf ("SCRAM-SHA-256$4096:c2FsdHNhbHQ=$%s:%s", stored64, server64);
}

char *
proof_decode (const char *base64)
{
  gsize len;
  char *bytes = (char *) g_base64_decode (base64, &len);

  bytes = g_realloc (bytes, len + 1);
  bytes[len] = '\0';
  return bytes;
}

char *
proof_encode (const char *text)
{
  return g_base64_encode ((const guchar *) text, strlen (text));
}

char *
proof_find_nonce (const char *base64)
{
  g_autofree char *message = proof_decode (base64);
  const char *nonce = strstr (message, "r=");

  g_assert_nonnull (nonce);
  nonce += strlen ("r=");
  return g_strndup (nonce, strcspn (nonce, ","));
}

static char *
encode_binding (const char *gs2, GBytes *binding)
{
  g_autoptr (GByteArray) header = g_byte_array_new ();

  g_byte_array_append (header, (const guint8 *) gs2, (guint) strlen (gs2));
  if (binding != NULL)
    g_byte_array_append (header, g_bytes_get_data (binding, NULL), (guint) g_bytes_get_size (binding));
  return g_base64_encode (header->data, header->len);
}

char *
proof_make (const char *first_bare, const char *challenge, const char *gs2, GBytes *binding)
{
  g_autofree char *challenge64 = proof_encode (challenge), *nonce = proof_find_nonce (challenge64);
  g_autofree char *header = encode_binding (gs2, binding), *without_proof = g_strdup_printf ("c=%s,r=%s", header, nonce);
  g_autofree char *all = g_strdup_printf ("%s,%s,%s", first_bare, challenge, without_proof), *proof64 = NULL;
  g_autoptr (GHmac) hmac = NULL;
  guint8 stored_key[PROOF_KEY_BYTES], proof[PROOF_KEY_BYTES];
  gsize len = PROOF_KEY_BYTES;

  get_stored_key (stored_key);
  hmac = g_hmac_new (G_CHECKSUM_SHA256, stored_key, PROOF_KEY_BYTES);
  g_hmac_update (hmac, (const guchar *) all, (gssize) strlen (all));
  g_hmac_get_digest (hmac, proof, &len);
  for (guint i = 0; i < PROOF_KEY_BYTES; i++)
    proof[i] ^= client_key[i];
  proof64 = g_base64_encode (proof, PROOF_KEY_BYTES);
  return g_strdup_printf ("%s,p=%s", without_proof, proof64);
}
