/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client's end of SCRAM-SHA-256 over TLS where the server does not offer SCRAM-SHA-256-PLUS: it says 'y', "I could have bound to the channel, and you cannot",
 * and a server that has offered it knows that somebody in between took the offer away (RFC 5802, section 6). libgsasl says 'n' there, or nothing at all; the
 * computing is its. */
#include "shared/scram-private.h"

#include <string.h>

#include <gsasl.h>

#define HEADER "y,,"
#define HEADER_BASE64 "eSws"
#define NONCE_BYTES 18

struct _ScramUnbound
{
  char *first_bare;
  char *password; /* prepared */
  char *nonce;
  char *v;        /* what the server has to say; NULL before the answer */
};

ScramUnbound *
scram_unbound_new (const char *id, const char *password)
{
  ScramUnbound *self = g_new0 (ScramUnbound, 1);
  guchar nonce[NONCE_BYTES];

  if (gsasl_nonce ((char *) nonce, sizeof nonce) != GSASL_OK)
    g_error ("no random numbers");
  self->nonce = g_base64_encode (nonce, sizeof nonce);
  self->first_bare = g_strdup_printf ("n=%s,r=%s", id, self->nonce);
  self->password = g_strdup (password);
  return self;
}

void
scram_unbound_free (ScramUnbound *self)
{
  if (self == NULL)
    return;
  g_free (self->first_bare);
  scram_secret_free (self->password);
  g_free (self->nonce);
  g_free (self->v);
  g_free (self);
}

char *
scram_unbound_first (ScramUnbound *self)
{
  return g_strconcat (HEADER, self->first_bare, NULL);
}

static void
hmac (const char *key, const char *text, guint8 *result)
{
  g_autoptr (GHmac) hash = g_hmac_new (G_CHECKSUM_SHA256, (const guchar *) key, SCRAM_KEY_BYTES);
  gsize len = SCRAM_KEY_BYTES;

  g_hmac_update (hash, (const guchar *) text, (gssize) strlen (text));
  g_hmac_get_digest (hash, result, &len);
}

/* The proof, in base64; and what the server's has to be. */
static char *
prove (ScramUnbound *self, const guint8 *salt, gsize salt_len, guint iterations, const char *all)
{
  char salted[GSASL_HASH_MAX_SIZE], client_key[GSASL_HASH_MAX_SIZE], server_key[GSASL_HASH_MAX_SIZE], stored_key[GSASL_HASH_MAX_SIZE];
  guint8 proof[SCRAM_KEY_BYTES], signature[SCRAM_KEY_BYTES];
  g_autofree char *signature_base64 = NULL;

  if (gsasl_scram_secrets_from_password (GSASL_HASH_SHA256, self->password, iterations, (const char *) salt, salt_len, salted, client_key, server_key,
                                         stored_key) != GSASL_OK)
    return NULL;

  hmac (stored_key, all, proof);
  for (guint i = 0; i < SCRAM_KEY_BYTES; i++)
    proof[i] ^= (guint8) client_key[i];
  hmac (server_key, all, signature);
  explicit_bzero (salted, sizeof salted);
  explicit_bzero (client_key, sizeof client_key);
  explicit_bzero (server_key, sizeof server_key);
  signature_base64 = g_base64_encode (signature, sizeof signature);
  self->v = g_strconcat ("v=", signature_base64, NULL);
  return g_base64_encode (proof, sizeof proof);
}

char *
scram_unbound_respond (ScramUnbound *self, const char *challenge)
{
  g_auto (GStrv) parts = g_strsplit (challenge, ",", 4);
  g_autofree guint8 *salt = NULL;
  g_autofree char *bare = NULL, *all = NULL, *proof = NULL;
  gsize salt_len = 0;
  guint64 iterations;

  if (self->v != NULL || g_strv_length (parts) < 3 || !g_str_has_prefix (parts[0], "r=") || !g_str_has_prefix (parts[1], "s=")
      || !g_str_has_prefix (parts[2], "i="))
    return NULL;
  if (!g_str_has_prefix (parts[0] + 2, self->nonce) || strlen (parts[0] + 2) == strlen (self->nonce))
    return NULL; /* the answer to somebody else, or one that adds nothing */
  salt = scram_base64_decode (parts[1] + 2, strlen (parts[1] + 2), &salt_len);
  if (salt == NULL || salt_len == 0 || !wire_span_to_uint (WIRE_SPAN (parts[2] + 2), &iterations) || iterations < SCRAM_ITERATIONS_MIN
      || iterations > SCRAM_ITERATIONS_MAX)
    return NULL;

  bare = g_strdup_printf ("c=" HEADER_BASE64 ",%s", parts[0]);
  all = g_strdup_printf ("%s,%s,%s", self->first_bare, challenge, bare);
  proof = prove (self, salt, salt_len, (guint) iterations, all);
  return proof != NULL ? g_strdup_printf ("%s,p=%s", bare, proof) : NULL;
}

gboolean
scram_unbound_verify (ScramUnbound *self, const char *message)
{
  return self->v != NULL && g_str_equal (message, self->v);
}
