/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The proof of identity, from both ends. The first byte says which of it (% 4), the second how; then lines, which are the messages.
 *   0  a server, and a client that says what the lines say
 *   1  a client, and a server that says what the lines say
 *   2  a server, and a client that proves who it is, with changes on the way as the bytes say
 *   3  a line of a ClientID-List, and a password
 * In the lines, byte 1 stands for the nonce that the other end has just made. */
#include "fuzz.h"

#include <string.h>

#include "proof.h"
#include "shared/scram.h"

#define LINES 3
#define COMPUTE_MAX 5000 /* iterations that there is time for here */

/* The second byte. */
enum
{
  WITH_TLS = 1,
  PLUS = 2,
  IN_BASE64 = 4,   /* the lines are base64 already */
  NOT_LISTED = 8,  /* an ID that there is nothing about in the list */
};

typedef struct
{
  GBytes *binding;
  const char *mechanism;
  char *verifier;
  char *line[LINES];
  gsize len[LINES];
  gboolean in_base64;
} Case;

static void
read_case (Case *self, guint8 how, const uint8_t *data, size_t size)
{
  const char *at = (const char *) data, *end = at + size;

  self->binding = how & WITH_TLS ? g_bytes_new_static ("what tls-exporter says of this channel", 32) : NULL;
  self->mechanism = how & PLUS ? SCRAM_SHA_256_PLUS : SCRAM_SHA_256;
  self->verifier = how & NOT_LISTED ? scram_verifier_derive (proof_server_key, PROOF_KEY_BYTES, "alice", 4096) : proof_get_verifier ();
  self->in_base64 = (how & IN_BASE64) != 0;
  for (guint i = 0; i < LINES; i++)
    {
      const char *lf = memchr (at, '\n', (gsize) (end - at));

      self->len[i] = (gsize) ((lf != NULL ? lf : end) - at);
      self->line[i] = g_strndup (at, self->len[i]);
      at = lf != NULL ? lf + 1 : end;
    }
}

static void
clear_case (Case *self)
{
  g_clear_pointer (&self->binding, g_bytes_unref);
  g_free (self->verifier);
  for (guint i = 0; i < LINES; i++)
    g_free (self->line[i]);
}

/* Line i as a message in base64. */
static char *
message_of (Case *self, guint i, const char *nonce, gsize *len)
{
  g_autoptr (GString) text = NULL;

  if (self->in_base64)
    {
      *len = self->len[i];
      return g_memdup2 (self->line[i], self->len[i] + 1);
    }
  text = g_string_new (NULL);
  for (gsize k = 0; k < self->len[i]; k++)
    if (self->line[i][k] == '\1' && nonce != NULL)
      g_string_append (text, nonce);
    else
      g_string_append_c (text, self->line[i][k]);
  *len = (text->len + 2) / 3 * 4;
  return g_base64_encode ((const guchar *) text->str, text->len);
}

static void
assert_base64 (const char *text)
{
  g_assert_cmpuint (strlen (text) % 4, ==, 0);
  g_assert_cmpuint (strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="), ==, strlen (text));
}

/* Whoever does not know the key gets nowhere, whatever they say. */
static void
try_server (Case *self)
{
  g_autoptr (ScramServer) server = scram_server_new (self->mechanism, "alice", self->verifier, self->binding);
  g_autofree char *nonce = NULL;

  if (server == NULL)
    {
      g_assert_cmpstr (self->mechanism, ==, SCRAM_SHA_256_PLUS);
      g_assert_null (self->binding);
      return;
    }
  for (guint i = 0; i < LINES; i++)
    {
      g_autofree char *answer = NULL, *message = NULL;
      gsize len;
      ScramResult result;

      message = message_of (self, i, nonce, &len);
      result = scram_server_step (server, message, len, &answer);
      if (result == SCRAM_MORE)
        {
          g_assert_cmpuint (i, ==, 0);
          assert_base64 (answer);
          nonce = proof_find_nonce (answer);
        }
      else
        {
          g_assert_cmpint (result, ==, SCRAM_FAILED);
          g_assert_null (answer);
        }
    }
}

/* So many that computing them would only take time: the number is one that a client accepts. */
static gboolean
takes_long (const char *challenge64, gsize len)
{
  g_autofree char *copy = g_strndup (challenge64, len), *challenge = proof_decode (copy);
  const char *at = strstr (challenge, ",i=");
  guint64 iterations = at != NULL ? g_ascii_strtoull (at + strlen (",i="), NULL, 10) : 0;

  return iterations > COMPUTE_MAX && iterations <= SCRAM_ITERATIONS_MAX;
}

/* A server that does not have the verifier shows nothing that the client believes. */
static void
try_client (Case *self)
{
  g_autoptr (ScramClient) client = scram_client_new (self->mechanism, "alice", "pencil", self->binding);
  g_autofree char *first = NULL, *challenge = NULL, *response = NULL, *v = NULL, *nonce = NULL;
  g_autoptr (GError) error = NULL;
  gsize len;

  if (client == NULL)
    return;
  first = scram_client_first (client);
  assert_base64 (first);
  nonce = proof_find_nonce (first);
  challenge = message_of (self, 0, nonce, &len);
  if (takes_long (challenge, len))
    return;
  response = scram_client_respond (client, challenge, len, &error);
  g_assert_true ((response == NULL) == (error != NULL));
  if (response != NULL)
    assert_base64 (response);
  else
    g_assert_null (strchr (error->message, '\n'));
  v = message_of (self, 1, nonce, &len);
  g_assert_false (scram_client_verify (client, v, len));
}

/* Changes of two bytes: where, and what to. A where beyond the end cuts off. */
static char *
change (const char *text, const char *changes, gsize len)
{
  g_autoptr (GString) changed = g_string_new (text);

  for (gsize i = 0; i + 1 < len; i += 2)
    {
      gsize at = (guint8) changes[i];

      if (at < changed->len)
        changed->str[at] ^= changes[i + 1];
      else
        g_string_truncate (changed, (guint8) changes[i + 1]);
    }
  return g_strdup (changed->str);
}

/* libgsasl minds no bits in base64 that stand for nothing. */
static gboolean
is_same_proof (const char *a, const char *b)
{
  const char *proof_a = strstr (a, ",p="), *proof_b = strstr (b, ",p=");
  g_autofree char *bytes_a = NULL, *bytes_b = NULL;
  gsize len_a, len_b;

  if (proof_a == NULL || proof_a - a != proof_b - b || strncmp (a, b, (gsize) (proof_b - b)) != 0)
    return FALSE;
  bytes_a = (char *) g_base64_decode (proof_a + strlen (",p="), &len_a);
  bytes_b = (char *) g_base64_decode (proof_b + strlen (",p="), &len_b);
  return len_a == len_b && memcmp (bytes_a, bytes_b, len_a) == 0;
}

/* The right proof is one, and the same proof with anything else about it is none. */
static void
try_tampering (Case *self)
{
  gboolean plus = g_str_equal (self->mechanism, SCRAM_SHA_256_PLUS), listed = strstr (self->verifier, "c2FsdHNhbHQ=") != NULL;
  const char *gs2 = plus ? "p=tls-exporter,," : "n,,";
  g_autoptr (ScramServer) server = scram_server_new (self->mechanism, "alice", self->verifier, self->binding);
  g_autofree char *answer = NULL, *last = NULL, *first = NULL, *first64 = NULL, *challenge = NULL, *proof = NULL, *final = NULL, *final64 = NULL,
                  *sent = g_strconcat (gs2, "n=alice,r=abcdefghijklmnopqrstuvwx", NULL);
  ScramResult result;

  if (server == NULL)
    return;
  first = change (sent, self->line[0], self->len[0]);
  first64 = proof_encode (first);
  if (scram_server_step (server, first64, strlen (first64), &answer) != SCRAM_MORE)
    {
      g_assert_cmpstr (first, !=, sent);
      return;
    }
  challenge = proof_decode (answer);
  proof = proof_make (sent + strlen (gs2), challenge, gs2, plus ? self->binding : NULL);
  final = change (proof, self->line[1], self->len[1]);
  final64 = proof_encode (final);
  result = scram_server_step (server, final64, strlen (final64), &last);
  if (listed && g_str_equal (first, sent) && g_str_equal (final, proof))
    g_assert_cmpint (result, ==, SCRAM_DONE);
  else if (result != SCRAM_FAILED)
    g_assert_true (listed && g_str_equal (first, sent) && is_same_proof (final, proof));
  g_clear_pointer (&answer, g_free);
  g_assert_cmpint (scram_server_step (server, final64, strlen (final64), &answer), ==, SCRAM_FAILED);
}

static void
try_texts (Case *self)
{
  const char *verifier = self->line[0], *wrong = scram_verifier_check (verifier);
  g_autoptr (GError) error = NULL;

  if (wrong == NULL)
    {
      g_autoptr (ScramServer) server = scram_server_new (SCRAM_SHA_256, "alice", verifier, NULL);
      g_autofree char *first = proof_encode ("n,,n=alice,r=abc"), *answer = NULL;

      g_assert_cmpuint (scram_verifier_get_iterations (verifier) - 1, <, SCRAM_ITERATIONS_MAX);
      g_assert_cmpint (scram_server_step (server, first, strlen (first), &answer), ==, SCRAM_MORE);
      scram_verifier_is_unusable (verifier);
      scram_verifier_check_new (verifier);
    }
  else
    {
      g_assert_cmpstr (wrong, !=, "");
      g_assert_nonnull (scram_verifier_check_new (verifier));
    }
  g_assert_true (scram_password_check (self->line[1], &error) == (error == NULL));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static void (*const tries[]) (Case *self) = { try_server, try_client, try_tampering, try_texts };
  Case one;

  if (size < 2 || size > 2 * SCRAM_MESSAGE_MAX)
    return 0;
  read_case (&one, data[1], data + 2, size - 2);
  tries[data[0] % G_N_ELEMENTS (tries)](&one);
  clear_case (&one);
  return 0;
}
