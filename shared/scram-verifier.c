/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a list holds instead of passwords. */
#include "shared/scram-private.h"

#include <string.h>

#include <gsasl.h>

#define SCHEME SCRAM_SHA_256 "$"
#define SALT_MAX 1024
#define NEW_SALT_BYTES 16

G_DEFINE_QUARK (scram-error-quark, scram_error)

guint8 *
scram_base64_decode (const char *text, gsize len, gsize *n_bytes)
{
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  g_autofree char *copy = g_strndup (text, len);
  g_autofree char *again = NULL;
  g_autofree guint8 *bytes = NULL;

  if (len == 0 || len % 4 != 0 || strspn (copy, digits) + 2 < len)
    return NULL;
  bytes = g_base64_decode (copy, n_bytes);
  if (*n_bytes == 0)
    return NULL;
  again = g_base64_encode (bytes, *n_bytes);
  return strcmp (again, copy) == 0 ? g_steal_pointer (&bytes) : NULL;
}

/* How many bytes the base64 text stands for; 0 if it is none. */
static gsize
base64_size (WireSpan text)
{
  gsize n_bytes = 0;
  g_autofree guint8 *bytes = scram_base64_decode (text.data, text.len, &n_bytes);

  return bytes != NULL ? n_bytes : 0;
}

/* The part of the verifier up to a delimiter; *rest moves behind it. NUL delimits the last one. */
static gboolean
next_part (const char **rest, char delimiter, WireSpan *part)
{
  const char *end = strchr (*rest, delimiter);

  if (end == NULL)
    return FALSE;
  *part = (WireSpan){ *rest, (gsize) (end - *rest) };
  *rest = delimiter != '\0' ? end + 1 : end;
  return TRUE;
}

const char *
scram_verifier_parse (ScramVerifier *self, const char *verifier)
{
  const char *rest = verifier + strlen (SCHEME);
  guint64 iterations;
  WireSpan part;
  gsize salt;

  if (!g_str_has_prefix (verifier, SCHEME))
    return "what follows the Client-ID must be a verifier: SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey";
  if (!next_part (&rest, ':', &part) || !wire_span_to_uint (part, &iterations))
    return "the verifier has no number of iterations";
  if (iterations < 1 || iterations > SCRAM_ITERATIONS_MAX)
    return "the verifier's number of iterations must be from 1 to " G_STRINGIFY (SCRAM_ITERATIONS_MAX);
  self->iterations = (guint) iterations;

  salt = next_part (&rest, '$', &self->salt) && self->salt.len <= SALT_MAX / 3 * 4 ? base64_size (self->salt) : 0;
  if (salt == 0)
    return "the verifier's salt is not base64";
  if (!next_part (&rest, ':', &self->stored_key) || base64_size (self->stored_key) != SCRAM_KEY_BYTES)
    return "the verifier's StoredKey is not 32 bytes in base64";
  if (!next_part (&rest, '\0', &self->server_key) || base64_size (self->server_key) != SCRAM_KEY_BYTES)
    return "the verifier's ServerKey is not 32 bytes in base64";
  return NULL;
}

const char *
scram_verifier_check (const char *verifier)
{
  ScramVerifier parts;

  return scram_verifier_parse (&parts, verifier);
}

const char *
scram_verifier_check_new (const char *verifier)
{
  ScramVerifier parts;
  const char *wrong = scram_verifier_parse (&parts, verifier);

  if (wrong != NULL)
    return wrong;
  if (parts.iterations < SCRAM_ITERATIONS_MIN)
    return "the verifier's number of iterations must be at least " G_STRINGIFY (SCRAM_ITERATIONS_MIN);
  if (base64_size (parts.salt) < SCRAM_SALT_MIN)
    return "the verifier's salt must have at least " G_STRINGIFY (SCRAM_SALT_MIN) " bytes";
  return NULL;
}

guint
scram_verifier_get_iterations (const char *verifier)
{
  ScramVerifier parts;

  return scram_verifier_parse (&parts, verifier) == NULL ? parts.iterations : 0;
}

void
scram_secret_free (char *secret)
{
  if (secret != NULL)
    explicit_bzero (secret, strlen (secret));
  g_free (secret);
}

/* Characters that are newer than SASLprep are forbidden in a password that is set, and not in one that is typed. Which of them the flag says is not the same
 * in all versions of libgsasl, and its exchange takes but one of them: what must not pass in one of them, passes in none. NULL if so. */
static char *
prepare (const char *password)
{
  char *prepared = NULL, *other = NULL;

  if (gsasl_saslprep (password, GSASL_ALLOW_UNASSIGNED, &other, NULL) == GSASL_OK)
    {
      explicit_bzero (other, strlen (other));
      gsasl_free (other);
      gsasl_saslprep (password, 0, &prepared, NULL);
    }
  return prepared;
}

char *
scram_password_prepare (const char *password, GError **error)
{
  char *prepared, *copy;

  if (password[0] == '\0')
    {
      g_set_error_literal (error, SCRAM_ERROR, SCRAM_ERROR_PASSWORD_EMPTY, "The password is empty.");
      return NULL;
    }
  if (strlen (password) > SCRAM_PASSWORD_MAX)
    {
      g_set_error (error, SCRAM_ERROR, SCRAM_ERROR_PASSWORD_TOO_LONG, "The password is longer than %d bytes.", SCRAM_PASSWORD_MAX);
      return NULL;
    }
  /* What is made of nothing but invisible characters would be an empty password. */
  prepared = g_utf8_validate (password, -1, NULL) ? prepare (password) : NULL;
  if (prepared == NULL || prepared[0] == '\0')
    {
      gsasl_free (prepared);
      g_set_error_literal (error, SCRAM_ERROR, SCRAM_ERROR_PASSWORD_CHARACTERS,
                           "The password has characters in it that no password can have, such as line ends or emoji.");
      return NULL;
    }
  copy = g_strdup (prepared);
  explicit_bzero (prepared, strlen (prepared));
  gsasl_free (prepared);
  return copy;
}

gboolean
scram_password_check (const char *password, GError **error)
{
  char *prepared = scram_password_prepare (password, error);
  gboolean good = prepared != NULL;

  scram_secret_free (prepared);
  return good;
}

static void
fill_random (guint8 *bytes, gsize len)
{
  if (gsasl_random ((char *) bytes, len) != GSASL_OK)
    g_error ("the system has no random numbers"); /* nothing may go on with others */
}

static char *
format_verifier (guint iterations, const guint8 *salt, gsize salt_len, const guint8 *stored_key, const guint8 *server_key)
{
  g_autofree char *salt64 = g_base64_encode (salt, salt_len);
  g_autofree char *stored64 = g_base64_encode (stored_key, SCRAM_KEY_BYTES);
  g_autofree char *server64 = g_base64_encode (server_key, SCRAM_KEY_BYTES);

  return g_strdup_printf (SCHEME "%u:%s$%s:%s", iterations, salt64, stored64, server64);
}

char *
scram_verifier_new (const char *password, GError **error)
{
  char salted[GSASL_HASH_MAX_SIZE], client_key[GSASL_HASH_MAX_SIZE], server_key[GSASL_HASH_MAX_SIZE], stored_key[GSASL_HASH_MAX_SIZE];
  char *prepared = scram_password_prepare (password, error);
  guint8 salt[NEW_SALT_BYTES];
  int status;

  if (prepared == NULL)
    return NULL;
  fill_random (salt, sizeof salt);
  status = gsasl_scram_secrets_from_password (GSASL_HASH_SHA256, prepared, SCRAM_ITERATIONS, (char *) salt, sizeof salt, salted, client_key,
                                              server_key, stored_key);
  scram_secret_free (prepared);
  explicit_bzero (salted, sizeof salted);
  explicit_bzero (client_key, sizeof client_key);
  if (status != GSASL_OK)
    {
      g_set_error_literal (error, SCRAM_ERROR, SCRAM_ERROR_PASSWORD_CHARACTERS, gsasl_strerror (status));
      return NULL;
    }
  return format_verifier (SCRAM_ITERATIONS, salt, sizeof salt, (guint8 *) stored_key, (guint8 *) server_key);
}

/* No key is known whose hash the StoredKey is. That the ServerKey, which nobody is ever shown anything of, is the same tells those who have the list. */
char *
scram_verifier_new_unusable (void)
{
  guint8 salt[NEW_SALT_BYTES], key[SCRAM_KEY_BYTES];

  fill_random (salt, sizeof salt);
  fill_random (key, sizeof key);
  return format_verifier (SCRAM_ITERATIONS, salt, sizeof salt, key, key);
}

gboolean
scram_verifier_is_unusable (const char *verifier)
{
  const char *keys = strrchr (verifier, '$'), *server_key = strrchr (verifier, ':');

  return keys != NULL && server_key > keys && strlen (server_key + 1) == (gsize) (server_key - keys - 1)
         && strncmp (keys + 1, server_key + 1, (gsize) (server_key - keys - 1)) == 0;
}

/* A part of the fake verifier: HMAC-SHA-256 (secret, name NUL id). */
static void
derive (const guint8 *secret, gsize len, const char *name, const char *id, guint8 digest[SCRAM_KEY_BYTES])
{
  g_autoptr (GHmac) hmac = g_hmac_new (G_CHECKSUM_SHA256, secret, len);
  gsize digest_len = SCRAM_KEY_BYTES;

  g_hmac_update (hmac, (const guchar *) name, (gssize) strlen (name) + 1);
  g_hmac_update (hmac, (const guchar *) id, (gssize) strlen (id));
  g_hmac_get_digest (hmac, digest, &digest_len);
}

char *
scram_verifier_derive (const guint8 *secret, gsize len, const char *id, guint iterations)
{
  guint8 salt[SCRAM_KEY_BYTES], stored_key[SCRAM_KEY_BYTES], server_key[SCRAM_KEY_BYTES];

  derive (secret, len, "salt", id, salt);
  derive (secret, len, "StoredKey", id, stored_key);
  derive (secret, len, "ServerKey", id, server_key);
  return format_verifier (iterations, salt, NEW_SALT_BYTES, stored_key, server_key);
}
