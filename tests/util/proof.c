/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/util/proof.h"

#include <string.h>

#define MAC_BYTES 32

typedef struct
{
  guint8 bytes[MAC_BYTES];
} Mac;

static Mac
hmac (const void *key, gsize key_len, const void *data, gsize len)
{
  g_autoptr (GHmac) hash = g_hmac_new (G_CHECKSUM_SHA256, key, key_len);
  gsize mac_len = MAC_BYTES;
  Mac mac;

  g_hmac_update (hash, data, (gssize) len);
  g_hmac_get_digest (hash, mac.bytes, &mac_len);
  return mac;
}

static Mac
hmac_text (Mac key, const char *text)
{
  return hmac (key.bytes, MAC_BYTES, text, strlen (text));
}

static Mac
sha256 (Mac data)
{
  g_autoptr (GChecksum) hash = g_checksum_new (G_CHECKSUM_SHA256);
  gsize mac_len = MAC_BYTES;
  Mac mac;

  g_checksum_update (hash, data.bytes, MAC_BYTES);
  g_checksum_get_digest (hash, mac.bytes, &mac_len);
  return mac;
}

/* PBKDF2 with a result of one block. */
static Mac
stretch (const char *password, const guint8 *salt, gsize salt_len, guint iterations)
{
  g_autofree guint8 *block = g_malloc (salt_len + 4);
  Mac last, sum;

  memcpy (block, salt, salt_len);
  memcpy (block + salt_len, "\0\0\0\1", 4);
  sum = last = hmac (password, strlen (password), block, salt_len + 4);
  for (guint i = 1; i < iterations; i++)
    {
      last = hmac (password, strlen (password), last.bytes, MAC_BYTES);
      for (guint j = 0; j < MAC_BYTES; j++)
        sum.bytes[j] ^= last.bytes[j];
    }
  return sum;
}

char *
test_base64_bytes (const guint8 *bytes, gsize len)
{
  return g_base64_encode (bytes, len);
}

char *
test_base64 (const char *text)
{
  return g_base64_encode ((const guchar *) text, strlen (text));
}

char *
test_unbase64 (const char *base64)
{
  gsize len;
  g_autofree guchar *bytes = g_base64_decode (base64, &len);

  g_assert_cmpuint (len, >, 0);
  g_assert_null (memchr (bytes, '\0', len));
  return g_strndup ((char *) bytes, len);
}

char *
test_verifier_new (const char *password, guint iterations, const char *salt)
{
  Mac salted = stretch (password, (const guint8 *) salt, strlen (salt), iterations);
  Mac stored_key = sha256 (hmac_text (salted, "Client Key"));
  Mac server_key = hmac_text (salted, "Server Key");
  g_autofree char *salt64 = test_base64 (salt);
  g_autofree char *stored64 = test_base64_bytes (stored_key.bytes, MAC_BYTES);
  g_autofree char *server64 = test_base64_bytes (server_key.bytes, MAC_BYTES);

  return g_strdup_printf ("SCRAM-SHA-256$%u:%s$%s:%s", iterations, salt64, stored64, server64);
}

char *
test_verifier (const char *password)
{
  g_autofree char *salt = g_strdup_printf ("%016x", g_str_hash (password));

  return test_verifier_new (password, 4096, salt);
}

TestProof *
test_proof_new (const char *header, const char *id)
{
  TestProof *self = g_new0 (TestProof, 1);

  self->header = g_strdup (header);
  self->first_bare = g_strdup_printf ("n=%s,r=%08x%08x%08x", id, g_random_int (), g_random_int (), g_random_int ());
  return self;
}

void
test_proof_free (TestProof *self)
{
  g_clear_pointer (&self->binding, g_bytes_unref);
  g_free (self->header);
  g_free (self->first_bare);
  g_free (self->challenge);
  g_free (self->nonce);
  g_free (self->v);
  g_free (self);
}

char *
test_proof_first (TestProof *self)
{
  g_autofree char *text = g_strconcat (self->header, self->first_bare, NULL);

  return test_base64 (text);
}

/* The value of key= in the challenge. */
static char *
get_part (TestProof *self, const char *key)
{
  g_auto (GStrv) parts = g_strsplit (self->challenge, ",", -1);

  for (char **part = parts; *part != NULL; part++)
    if (g_str_has_prefix (*part, key))
      return g_strdup (*part + strlen (key));
  test_fail ("no %s in the challenge %s", key, self->challenge);
}

void
test_proof_take_challenge (TestProof *self, const char *base64)
{
  g_free (self->challenge);
  self->challenge = test_unbase64 (base64);
  g_free (self->nonce);
  self->nonce = get_part (self, "r=");
}

guint
test_proof_iterations (TestProof *self)
{
  g_autofree char *iterations = get_part (self, "i=");

  return (guint) g_ascii_strtoull (iterations, NULL, 10);
}

char *
test_proof_salt (TestProof *self)
{
  return get_part (self, "s=");
}

/* c=: the header, and what the proof is tied to. */
static char *
bind_channel (TestProof *self)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  g_byte_array_append (bytes, (const guint8 *) self->header, (guint) strlen (self->header));
  if (self->binding != NULL)
    g_byte_array_append (bytes, g_bytes_get_data (self->binding, NULL), (guint) g_bytes_get_size (self->binding));
  return test_base64_bytes (bytes->data, bytes->len);
}

char *
test_proof_final (TestProof *self, const char *password)
{
  g_autofree char *salt64 = test_proof_salt (self);
  gsize salt_len;
  g_autofree guchar *salt = g_base64_decode (salt64, &salt_len);
  Mac salted = stretch (password, salt, salt_len, test_proof_iterations (self));
  Mac client_key = hmac_text (salted, "Client Key"), server_key = hmac_text (salted, "Server Key"), signature, proof;
  g_autofree char *channel = bind_channel (self);
  g_autofree char *without = g_strdup_printf ("c=%s,r=%s", channel, self->nonce);
  g_autofree char *all = g_strjoin (",", self->first_bare, self->challenge, without, NULL);
  g_autofree char *proof64 = NULL, *signature64 = NULL, *text = NULL;

  signature = hmac_text (sha256 (client_key), all);
  for (guint i = 0; i < MAC_BYTES; i++)
    proof.bytes[i] = client_key.bytes[i] ^ signature.bytes[i];
  proof64 = test_base64_bytes (proof.bytes, MAC_BYTES);
  signature = hmac_text (server_key, all);
  signature64 = test_base64_bytes (signature.bytes, MAC_BYTES);
  g_free (self->v);
  self->v = g_strconcat ("v=", signature64, NULL);
  text = g_strconcat (without, ",p=", proof64, NULL);
  return test_base64 (text);
}

void
test_hello (TestClient *client, const char *id)
{
  test_send (client, "HELLO %s 2", id);
  test_expect_prefix (client, "AUTH_REQUIRED SCRAM-SHA-256");
}

void
test_auth (TestClient *client, TestProof *proof)
{
  g_autofree char *first = test_proof_first (proof);
  const char *line;

  test_send (client, "AUTH %s %s", proof->binding != NULL ? "SCRAM-SHA-256-PLUS" : "SCRAM-SHA-256", first);
  line = test_line (client);
  if (!g_str_has_prefix (line, "CHALLENGE "))
    test_fail ("AUTH was answered by %s", line);
  test_proof_take_challenge (proof, line + strlen ("CHALLENGE "));
}

void
test_respond (TestClient *client, TestProof *proof, const char *password)
{
  g_autofree char *final = test_proof_final (proof, password);

  test_send (client, "RESPONSE %s", final);
}

static TestProof *
do_prove (TestClient *client, const char *id, const char *password)
{
  TestProof *proof = test_proof_new ("n,,", id);

  test_hello (client, id);
  test_auth (client, proof);
  test_respond (client, proof, password);
  return proof;
}

void
test_prove (TestClient *client, const char *id, const char *password)
{
  g_autoptr (TestProof) proof = do_prove (client, id, password);
  g_autofree char *v = NULL;

  test_expect_connected2 (client);
  v = test_unbase64 (test_tag (client, "v"));
  g_assert_cmpstr (v, ==, proof->v);
}

void
test_fail_to_prove (TestClient *client, const char *id, const char *password)
{
  g_autoptr (TestProof) proof = do_prove (client, id, password);

  test_expect (client, "DECLINED");
  test_expect_closed (client);
}

TestClient *
test_login_proved (TestServer *server, const char *id, const char *password)
{
  TestClient *client = test_connect (server, id);

  test_prove (client, id, password);
  return client;
}

TestClient *
test_connect_afresh (TestServer *server, const char *name)
{
  static guint count;
  guint nth = test_server_usual_is_tls () ? test_server_tls_listener (server) : 0;
  g_autofree char *from = g_strdup_printf ("127.1.%u.%u", count / 250, count % 250 + 1);
  TestClient *client = test_connect_to (name, test_server_host (server, nth), test_server_port (server, nth), from);

  count++;
  if (test_server_usual_is_tls ())
    g_assert_true (test_client_start_tls (client, NULL));
  return client;
}

char *
test_invitation_token (TestServer *server, const char *id, const char *verifier, gint64 expires)
{
  g_autofree char *file = test_server_path (server, "data/secret"), *secret = NULL, *token = NULL;
  g_autoptr (GByteArray) data = g_byte_array_new ();
  guint8 when[5], bytes[5 + 16];
  gsize len;
  Mac mac;

  g_assert_true (g_file_get_contents (file, &secret, &len, NULL));
  g_assert_cmpuint (len, ==, 32);
  for (guint i = 0; i < sizeof when; i++)
    when[i] = (guint8) (expires >> (8 * (4 - i)));
  g_byte_array_append (data, (const guint8 *) "invitation", strlen ("invitation") + 1);
  g_byte_array_append (data, (const guint8 *) id, (guint) strlen (id) + 1);
  g_byte_array_append (data, (const guint8 *) verifier, (guint) strlen (verifier) + 1);
  g_byte_array_append (data, when, sizeof when);
  mac = hmac (secret, len, data->data, data->len);
  memcpy (bytes, when, sizeof when);
  memcpy (bytes + sizeof when, mac.bytes, 16);
  token = g_base64_encode (bytes, sizeof bytes);
  g_strdelimit (token, "+", '-');
  g_strdelimit (token, "/", '_');
  return g_steal_pointer (&token);
}
