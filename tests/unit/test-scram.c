/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Both ends of SCRAM against each other and against RFC 7677. test-verifier is about what a list holds. */
#include "shared/scram.h"

#include <string.h>

/* RFC 7677, section 3: the user "user" with the password "pencil". */
#define RFC_VERIFIER \
  "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
#define RFC_ID "user"
#define RFC_PASSWORD "pencil"

#define KEY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static GBytes *
make_binding (const char *text)
{
  return text != NULL ? g_bytes_new (text, strlen (text)) : NULL;
}

static char *
base64 (const char *text)
{
  return g_base64_encode ((const guchar *) text, strlen (text));
}

static char *
unbase64 (const char *text)
{
  gsize len;
  g_autofree guchar *bytes = g_base64_decode (text, &len);

  return g_strndup ((char *) bytes, len);
}

/* One step of the server's with a text. */
static ScramResult
say (ScramServer *server, const char *text, char **answer)
{
  g_autofree char *word = base64 (text);

  return scram_server_step (server, word, strlen (word), answer);
}

/* An exchange up to the client's last message. */
typedef struct
{
  ScramServer *server;
  ScramClient *client;
  char *first, *challenge, *final;
} Exchange;

static void
exchange_clear (Exchange *self)
{
  scram_server_free (self->server);
  scram_client_free (self->client);
  g_free (self->first);
  g_free (self->challenge);
  g_free (self->final);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Exchange, exchange_clear)

/* FALSE when the server stops it. */
static gboolean
exchange_begin (Exchange *self, const char *mechanism, const char *verifier, const char *id, const char *password, GBytes *ours, GBytes *theirs)
{
  g_autoptr (GError) error = NULL;

  *self = (Exchange){ .server = scram_server_new (mechanism, RFC_ID, verifier, theirs), .client = scram_client_new (mechanism, id, password, ours) };
  g_assert_nonnull (self->server);
  g_assert_nonnull (self->client);
  self->first = scram_client_first (self->client);
  g_assert_nonnull (self->first);
  if (scram_server_step (self->server, self->first, strlen (self->first), &self->challenge) != SCRAM_MORE)
    {
      g_assert_null (self->challenge);
      return FALSE;
    }
  self->final = scram_client_respond (self->client, self->challenge, strlen (self->challenge), &error);
  g_assert_no_error (error);
  return TRUE;
}

/* All of it; whether the server is convinced, and the client of the server. */
static gboolean
is_proved (const char *mechanism, const char *verifier, const char *id, const char *password, const char *our_binding, const char *their_binding)
{
  g_autoptr (GBytes) ours = make_binding (our_binding);
  g_autoptr (GBytes) theirs = make_binding (their_binding);
  g_auto (Exchange) exchange = { 0 };
  g_autofree char *v = NULL;

  if (!exchange_begin (&exchange, mechanism, verifier, id, password, ours, theirs))
    return FALSE;
  if (scram_server_step (exchange.server, exchange.final, strlen (exchange.final), &v) != SCRAM_DONE)
    {
      g_assert_null (v);
      return FALSE;
    }
  g_assert_true (scram_client_verify (exchange.client, v, strlen (v)));
  return TRUE;
}

static void
test_vector (void)
{
  g_assert_true (is_proved (SCRAM_SHA_256, RFC_VERIFIER, RFC_ID, RFC_PASSWORD, NULL, NULL));
  g_assert_false (is_proved (SCRAM_SHA_256, RFC_VERIFIER, RFC_ID, "pencils", NULL, NULL));
  g_assert_false (is_proved (SCRAM_SHA_256, RFC_VERIFIER, RFC_ID, "Pencil", NULL, NULL));
  g_assert_false (is_proved (SCRAM_SHA_256, RFC_VERIFIER, "users", RFC_PASSWORD, NULL, NULL));
  g_assert_false (is_proved (SCRAM_SHA_256, RFC_VERIFIER, "User", RFC_PASSWORD, NULL, NULL));
}

static void
test_new_verifier (void)
{
  gint64 begin = g_get_monotonic_time ();
  g_autofree char *verifier = scram_verifier_new ("correct horse", NULL);
  g_autofree char *again = NULL, *unusable = NULL;

  g_test_message ("%d iterations take %" G_GINT64_FORMAT " ms", SCRAM_ITERATIONS, (g_get_monotonic_time () - begin) / 1000);
  again = scram_verifier_new ("correct horse", NULL);
  g_assert_cmpstr (verifier, !=, again);
  g_assert_null (scram_verifier_check_new (verifier));
  g_assert_cmpuint (scram_verifier_get_iterations (verifier), ==, SCRAM_ITERATIONS);
  g_assert_true (is_proved (SCRAM_SHA_256, verifier, RFC_ID, "correct horse", NULL, NULL));
  g_assert_false (is_proved (SCRAM_SHA_256, verifier, RFC_ID, "correct hors", NULL, NULL));

  unusable = scram_verifier_new_unusable ();
  g_assert_null (scram_verifier_check_new (unusable));
  g_assert_cmpuint (strlen (unusable), ==, strlen (verifier));
  g_assert_false (is_proved (SCRAM_SHA_256, unusable, RFC_ID, "correct horse", NULL, NULL));
}

/* tls-exporter ties a proof to its channel: whoever stands in between has two channels. */
static void
test_plus (void)
{
  static const char one[] = "12345678901234567890123456789012", two[] = "12345678901234567890123456789013";

  g_assert_true (is_proved (SCRAM_SHA_256_PLUS, RFC_VERIFIER, RFC_ID, RFC_PASSWORD, one, one));
  g_assert_false (is_proved (SCRAM_SHA_256_PLUS, RFC_VERIFIER, RFC_ID, "pencils", one, one));
  g_assert_false (is_proved (SCRAM_SHA_256_PLUS, RFC_VERIFIER, RFC_ID, RFC_PASSWORD, one, two));
  g_assert_false (is_proved (SCRAM_SHA_256_PLUS, RFC_VERIFIER, RFC_ID, RFC_PASSWORD, two, "1234567890123456789012345678901"));
  /* A client that cannot bind says n, and is let in. */
  g_assert_true (is_proved (SCRAM_SHA_256, RFC_VERIFIER, RFC_ID, RFC_PASSWORD, NULL, one));
  /* One that could says y: fine where the server cannot, and else somebody in between took the offer of PLUS away. */
  g_assert_true (is_proved (SCRAM_SHA_256, RFC_VERIFIER, RFC_ID, RFC_PASSWORD, one, NULL));
  g_assert_false (is_proved (SCRAM_SHA_256, RFC_VERIFIER, RFC_ID, "pencils", one, NULL));
  g_assert_false (is_proved (SCRAM_SHA_256, RFC_VERIFIER, RFC_ID, RFC_PASSWORD, one, one));
}

static void
test_mechanisms (void)
{
  static const char *const unknown[] = { "", "PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-512", "scram-sha-256", "SCRAM-SHA-256 ", "SCRAM-SHA-256-PLUS" };

  for (guint i = 0; i < G_N_ELEMENTS (unknown); i++)
    {
      g_assert_null (scram_server_new (unknown[i], RFC_ID, RFC_VERIFIER, NULL));
      g_assert_null (scram_client_new (unknown[i], RFC_ID, RFC_PASSWORD, NULL));
    }
}

/* How client-first may begin. With a binding the server has offered PLUS. */
static const struct
{
  const char *message;
  gboolean without, with, plus; /* whether it is taken: without binding, with one, and with PLUS */
} firsts[] = {
  { "n,,n=user,r=abcdefgh", TRUE, TRUE, FALSE },
  { "y,,n=user,r=abcdefgh", TRUE, FALSE, FALSE }, /* I could bind, but you did not offer it: somebody took the offer away */
  { "p=tls-exporter,,n=user,r=abcdefgh", FALSE, FALSE, TRUE },
  { "p=tls-unique,,n=user,r=abcdefgh", FALSE, FALSE, FALSE },
  { "p=tls-exporter2,,n=user,r=abcdefgh", FALSE, FALSE, FALSE },
  { "p=,,n=user,r=abcdefgh", FALSE, FALSE, FALSE },
  { "n,a=user,n=user,r=abcdefgh", TRUE, TRUE, FALSE },
  { "p=tls-exporter,a=user,n=user,r=abcdefgh", FALSE, FALSE, TRUE },
  /* others' names */
  { "n,a=root,n=user,r=abcdefgh", FALSE, FALSE, FALSE },
  { "n,a=,n=user,r=abcdefgh", FALSE, FALSE, FALSE },
  { "n,a=users,n=user,r=abcdefgh", FALSE, FALSE, FALSE },
  { "n,,n=root,r=abcdefgh", FALSE, FALSE, FALSE },
  { "n,,n=user2,r=abcdefgh", FALSE, FALSE, FALSE },
  { "n,,n=use,r=abcdefgh", FALSE, FALSE, FALSE },
  { "n,,n=User,r=abcdefgh", FALSE, FALSE, FALSE },
  { "n,,n=us=2Cer,r=abcdefgh", FALSE, FALSE, FALSE },
  { "n,,n=user\xc2\xad,r=abcdefgh", FALSE, FALSE, FALSE }, /* a soft hyphen, that SASLprep takes away */
  { "n,,n=\xef\xbd\x95ser,r=abcdefgh", FALSE, FALSE, FALSE }, /* a wide u, that it makes a u of */
  { "n,,n=,r=abcdefgh", FALSE, FALSE, FALSE },
  /* cut off, out of order, something else */
  { "n,,n=user,r=", FALSE, FALSE, FALSE },
  { "n,,n=user,r", FALSE, FALSE, FALSE },
  { "n,,n=user", FALSE, FALSE, FALSE },
  { "n,,", FALSE, FALSE, FALSE },
  { "n,", FALSE, FALSE, FALSE },
  { "n", FALSE, FALSE, FALSE },
  { "n,,r=abcdefgh,n=user", FALSE, FALSE, FALSE },
  { "n,,m=ext,n=user,r=abcdefgh", FALSE, FALSE, FALSE }, /* a mandatory extension */
  { "N,,n=user,r=abcdefgh", FALSE, FALSE, FALSE },
  { "c=biws,r=abcdefgh,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", FALSE, FALSE, FALSE },
  { ",,n=user,r=abcdefgh", FALSE, FALSE, FALSE },
  { "n,,n=user,r=ab\ncd", FALSE, FALSE, FALSE },
  { "%s%n%s%n", FALSE, FALSE, FALSE },
};

static gboolean
is_taken (const char *mechanism, const char *message, GBytes *binding)
{
  g_autoptr (ScramServer) server = scram_server_new (mechanism, RFC_ID, RFC_VERIFIER, binding);
  g_autofree char *answer = NULL, *after = NULL;
  ScramResult result = say (server, message, &answer);

  g_assert_cmpint (result, !=, SCRAM_DONE);
  g_assert_true ((result == SCRAM_MORE) == (answer != NULL));
  if (result == SCRAM_FAILED) /* for good */
    g_assert_cmpint (say (server, "n,,n=user,r=abcdefgh", &after), ==, SCRAM_FAILED);
  return result == SCRAM_MORE;
}

static void
test_firsts (void)
{
  g_autoptr (GBytes) binding = make_binding ("12345678901234567890123456789012");

  for (guint i = 0; i < G_N_ELEMENTS (firsts); i++)
    {
      g_test_message ("%s", firsts[i].message);
      g_assert_true (is_taken (SCRAM_SHA_256, firsts[i].message, NULL) == firsts[i].without);
      g_assert_true (is_taken (SCRAM_SHA_256, firsts[i].message, binding) == firsts[i].with);
      g_assert_true (is_taken (SCRAM_SHA_256_PLUS, firsts[i].message, binding) == firsts[i].plus);
    }
}

/* What a server's challenge says is the verifier's, and its nonce is never the same. */
static void
test_challenge (void)
{
  g_autoptr (ScramServer) one = scram_server_new (SCRAM_SHA_256, RFC_ID, RFC_VERIFIER, NULL);
  g_autoptr (ScramServer) two = scram_server_new (SCRAM_SHA_256, RFC_ID, RFC_VERIFIER, NULL);
  g_autofree char *a = NULL, *b = NULL, *text = NULL;

  g_assert_cmpint (say (one, "n,,n=user,r=abcdefgh", &a), ==, SCRAM_MORE);
  g_assert_cmpint (say (two, "n,,n=user,r=abcdefgh", &b), ==, SCRAM_MORE);
  g_assert_cmpstr (a, !=, b);
  text = unbase64 (a);
  g_assert_true (g_str_has_prefix (text, "r=abcdefgh"));
  g_assert_cmpuint (strcspn (text, ","), >=, strlen ("r=abcdefgh") + 18);
  g_assert_true (g_str_has_suffix (text, ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"));
}

/* What client-final becomes before it is said; NULL: it is left out. */
typedef char *(*Spoil) (const char *final);

static char *
spoil_nothing (const char *final)
{
  return g_strdup (final);
}

static char *
spoil_proof (const char *final)
{
  char *text = g_strdup (final);
  char *at = strstr (text, ",p=") + 3;

  *at = *at == 'A' ? 'B' : 'A';
  return text;
}

static char *
spoil_length_of_proof (const char *final)
{
  g_autofree char *text = g_strndup (final, (gsize) (strstr (final, ",p=") - final));

  return g_strconcat (text, ",p=AAAA", NULL);
}

static char *
spoil_by_leaving_out_proof (const char *final)
{
  return g_strndup (final, (gsize) (strstr (final, ",p=") - final));
}

static char *
spoil_by_emptying_proof (const char *final)
{
  g_autofree char *text = spoil_by_leaving_out_proof (final);

  return g_strconcat (text, ",p=", NULL);
}

static char *
spoil_nonce (const char *final)
{
  char *text = g_strdup (final);
  char *at = strstr (text, ",p=") - 1;

  *at = *at == 'A' ? 'B' : 'A';
  return text;
}

static char *
spoil_by_cutting_nonce (const char *final)
{
  g_autofree char *text = spoil_by_leaving_out_proof (final);

  text[strlen (text) - 1] = '\0';
  return g_strconcat (text, strstr (final, ",p="), NULL);
}

static char *
spoil_binding (const char *final)
{
  return g_strconcat ("c=eSws", strchr (final, ','), NULL); /* "y,," */
}

static char *
spoil_by_adding (const char *final)
{
  return g_strconcat (final, ",", NULL);
}

static char *
spoil_by_cutting (const char *final)
{
  return g_strndup (final, strlen (final) - 1);
}

static char *
spoil_by_doubling (const char *final)
{
  return g_strconcat (final, ",", final, NULL);
}

static const struct
{
  const char *name;
  Spoil spoil;
} spoils[] = {
  { "the proof", spoil_proof },
  { "the length of the proof", spoil_length_of_proof },
  { "no proof", spoil_by_leaving_out_proof },
  { "an empty proof", spoil_by_emptying_proof },
  { "the nonce", spoil_nonce },
  { "half a nonce", spoil_by_cutting_nonce },
  { "the binding", spoil_binding },
  { "more", spoil_by_adding },
  { "less", spoil_by_cutting },
  { "twice", spoil_by_doubling },
};

static ScramResult
try_spoiled (Spoil spoil)
{
  g_auto (Exchange) exchange = { 0 };
  g_autofree char *final = NULL, *spoiled = NULL, *v = NULL, *again = NULL;
  ScramResult result;

  g_assert_true (exchange_begin (&exchange, SCRAM_SHA_256, RFC_VERIFIER, RFC_ID, RFC_PASSWORD, NULL, NULL));
  final = unbase64 (exchange.final);
  spoiled = spoil (final);
  result = say (exchange.server, spoiled, &v);
  g_assert_true ((result == SCRAM_DONE) == (v != NULL));
  /* It is over either way: the right one comes too late, and so does the same one again. */
  g_assert_cmpint (scram_server_step (exchange.server, exchange.final, strlen (exchange.final), &again), ==, SCRAM_FAILED);
  g_assert_null (again);
  return result;
}

static void
test_spoiled (void)
{
  g_assert_cmpint (try_spoiled (spoil_nothing), ==, SCRAM_DONE);
  for (guint i = 0; i < G_N_ELEMENTS (spoils); i++)
    {
      g_test_message ("%s", spoils[i].name);
      g_assert_cmpint (try_spoiled (spoils[i].spoil), ==, SCRAM_FAILED);
    }
}

/* A whole exchange that somebody has overheard, said again: the server's nonce is another one. */
static void
test_replay (void)
{
  g_auto (Exchange) overheard = { 0 };
  g_autoptr (ScramServer) server = scram_server_new (SCRAM_SHA_256, RFC_ID, RFC_VERIFIER, NULL);
  g_autofree char *challenge = NULL, *v = NULL, *w = NULL;

  g_assert_true (exchange_begin (&overheard, SCRAM_SHA_256, RFC_VERIFIER, RFC_ID, RFC_PASSWORD, NULL, NULL));
  g_assert_cmpint (scram_server_step (overheard.server, overheard.final, strlen (overheard.final), &v), ==, SCRAM_DONE);
  g_assert_cmpint (scram_server_step (server, overheard.first, strlen (overheard.first), &challenge), ==, SCRAM_MORE);
  g_assert_cmpint (scram_server_step (server, overheard.final, strlen (overheard.final), &w), ==, SCRAM_FAILED);
}

/* client-final first, or client-first twice. */
static void
test_order (void)
{
  g_auto (Exchange) exchange = { 0 };
  g_autoptr (ScramServer) server = scram_server_new (SCRAM_SHA_256, RFC_ID, RFC_VERIFIER, NULL);
  g_autofree char *answer = NULL;

  g_assert_true (exchange_begin (&exchange, SCRAM_SHA_256, RFC_VERIFIER, RFC_ID, RFC_PASSWORD, NULL, NULL));
  g_assert_cmpint (scram_server_step (server, exchange.final, strlen (exchange.final), &answer), ==, SCRAM_FAILED);
  g_assert_cmpint (scram_server_step (exchange.server, exchange.first, strlen (exchange.first), &answer), ==, SCRAM_FAILED);
  g_assert_null (answer);
}

static const char *const bad_base64[] = {
  "", "=", "====", "A", "AA", "AAA", "AAAAA", "AA=A", "A===", "AA==AAAA", "AAAA====", "AA=", "bixu bix", "bi,s", "bi-_", "biw\n", "AB==" /* bits that are lost */,
  "AAA=\n", "\xff\xff\xff\xff", "AAAA" /* NUL bytes */,
};

static void
test_base64 (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (bad_base64); i++)
    {
      g_autoptr (ScramServer) server = scram_server_new (SCRAM_SHA_256, RFC_ID, RFC_VERIFIER, NULL);
      g_autoptr (ScramClient) client = scram_client_new (SCRAM_SHA_256, RFC_ID, RFC_PASSWORD, NULL);
      g_autofree char *first = scram_client_first (client), *answer = NULL;
      g_autoptr (GError) error = NULL;

      g_assert_cmpint (scram_server_step (server, bad_base64[i], strlen (bad_base64[i]), &answer), ==, SCRAM_FAILED);
      g_assert_null (answer);
      g_assert_null (scram_client_respond (client, bad_base64[i], strlen (bad_base64[i]), &error));
      g_assert_error (error, SCRAM_ERROR, SCRAM_ERROR_CHALLENGE);
      g_assert_false (scram_client_verify (client, bad_base64[i], strlen (bad_base64[i])));
    }
}

/* A message is never longer than it needs to be, however much a line may hold. */
static void
test_too_long (void)
{
  g_autofree char *nonce = g_strnfill (SCRAM_MESSAGE_MAX, 'r');
  g_autofree char *first = g_strconcat ("n,,n=user,r=", nonce, NULL);
  g_autofree char *shorter = g_strndup (first, SCRAM_MESSAGE_MAX / 4 * 3);
  g_autofree char *answer = NULL;
  g_autoptr (ScramServer) one = scram_server_new (SCRAM_SHA_256, RFC_ID, RFC_VERIFIER, NULL);
  g_autoptr (ScramServer) two = scram_server_new (SCRAM_SHA_256, RFC_ID, RFC_VERIFIER, NULL);

  g_assert_cmpint (say (one, first, &answer), ==, SCRAM_FAILED);
  g_assert_null (answer);
  g_assert_cmpint (say (two, shorter, &answer), ==, SCRAM_MORE);
}

/* What a server says to the client, and whether it is answered. */
static const struct
{
  const char *rest; /* after the client's nonce */
  gboolean good;
} challenges[] = {
  { "server,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", TRUE },
  { "server,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4095", FALSE },
  { "server,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1", FALSE },
  { "server,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=0", FALSE },
  { "server,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=-5000", FALSE },
  { "server,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=10000001", FALSE }, /* would take seconds, this one longer than anybody lives: */
  { "server,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4294967295", FALSE },
  { "server,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4294971392", FALSE }, /* 2^32 + 4096 */
  { "server,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=18446744073709555712", FALSE },
  { "server,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=", FALSE },
  { "server,s=W22ZaJ0SNY7soEsUEjb6gQ==", FALSE },
  { "server,s=,i=4096", FALSE },
  { "server,i=4096", FALSE },
  { NULL, FALSE },                                 /* another nonce */
};

static void
test_challenges (void)
{
  for (guint j = 0; j < 2 * G_N_ELEMENTS (challenges); j++)
    {
      guint i = j / 2;
      g_autoptr (GBytes) binding = make_binding (j % 2 == 0 ? NULL : "one");
      g_autoptr (ScramClient) client = scram_client_new (SCRAM_SHA_256, RFC_ID, RFC_PASSWORD, binding);
      g_autofree char *first64 = scram_client_first (client), *first = unbase64 (first64);
      g_autofree char *text = challenges[i].rest != NULL ? g_strconcat (strstr (first, "r="), challenges[i].rest, NULL)
                                                         : g_strdup ("r=another,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
      g_autofree char *challenge = base64 (text), *answer = NULL;
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", text);
      answer = scram_client_respond (client, challenge, strlen (challenge), &error);
      g_assert_true ((answer != NULL) == challenges[i].good);
      if (!challenges[i].good)
        g_assert_error (error, SCRAM_ERROR, SCRAM_ERROR_CHALLENGE);
    }
}

/* Who does not know the verifier cannot pass for the server. */
static void
test_impostor (void)
{
  static const char *const answers[] = { "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", ("v=" KEY), "v=", "e=other-error", "ok", "v=AAAA" };

  for (guint j = 0; j < 2 * G_N_ELEMENTS (answers); j++)
    {
      g_auto (Exchange) exchange = { 0 };
      g_autofree char *answer = base64 (answers[j / 2]);
      g_autoptr (GBytes) binding = make_binding (j % 2 == 0 ? NULL : "one");

      g_assert_true (exchange_begin (&exchange, SCRAM_SHA_256, RFC_VERIFIER, RFC_ID, RFC_PASSWORD, binding, NULL));
      g_assert_false (scram_client_verify (exchange.client, answer, strlen (answer)));
    }
}

/* Not before it has answered a challenge. */
static void
test_hasty_server (void)
{
  g_autoptr (ScramClient) client = scram_client_new (SCRAM_SHA_256, RFC_ID, RFC_PASSWORD, NULL);
  g_autofree char *v = base64 ("v=" KEY), *first = NULL;

  g_assert_false (scram_client_verify (client, v, strlen (v)));
  first = scram_client_first (client);
  g_assert_false (scram_client_verify (client, v, strlen (v)));
}

/* A challenge that makes no sense, and then one that would keep the client busy for hours, in the place of the server's last word. It hangs if that
 * is computed. */
static void
test_late_challenge (void)
{
  g_autoptr (ScramClient) client = scram_client_new (SCRAM_SHA_256, RFC_ID, RFC_PASSWORD, NULL);
  g_autofree char *first = scram_client_first (client);
  gsize len;
  g_autofree guchar *bytes = g_base64_decode (first, &len);
  g_autofree char *message = g_strndup ((char *) bytes, len);
  g_autofree char *late = g_strconcat (strstr (message, "r="), "more,s=c2FsdHNhbHQ=,i=2000000000", NULL);
  g_autofree char *empty = base64 ("r=nothing"), *coded = base64 (late);
  g_autoptr (GError) error = NULL;

  g_assert_null (scram_client_respond (client, empty, strlen (empty), &error));
  g_assert_error (error, SCRAM_ERROR, SCRAM_ERROR_CHALLENGE);
  g_assert_false (scram_client_verify (client, coded, strlen (coded)));
}

/* The same password, typed on different keyboards (RFC 4013). */
static const struct
{
  const char *set, *typed;
  gboolean same;
} spellings[] = {
  { "p\xc3\xa4ssw\xc3\xb6rd", "pa\xcc\x88sswo\xcc\x88rd", TRUE }, /* composed or not */
  { "I\xc2\xadX", "IX", TRUE },                                   /* a soft hyphen is nothing */
  { "\xe2\x85\xa8", "IX", TRUE },                                 /* the Roman numeral nine */
  { "a\xc2\xa0z", "a z", TRUE },                                  /* a space that does not break */
  { "\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c", "\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c", TRUE },
  { " spaces  ", " spaces  ", TRUE },
  { " spaces  ", "spaces", FALSE },
  { "p\xc3\xa4ssword", "passw\xc3\xb6rd", FALSE },
  { "USER", "user", FALSE },
};

static void
test_saslprep (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (spellings); i++)
    {
      g_autofree char *verifier = scram_verifier_new (spellings[i].set, NULL);

      g_assert_nonnull (verifier);
      g_assert_true (is_proved (SCRAM_SHA_256, verifier, RFC_ID, spellings[i].typed, NULL, NULL) == spellings[i].same);
    }
}

/* The verifier of an ID that has none is answered like any other, and no password fits. */
static void
test_derived (void)
{
  g_autofree char *verifier = scram_verifier_derive ((const guint8 *) "secret", 6, RFC_ID, 4096);

  g_assert_false (is_proved (SCRAM_SHA_256, verifier, RFC_ID, RFC_PASSWORD, NULL, NULL));
  g_assert_false (is_proved (SCRAM_SHA_256, verifier, RFC_ID, "secret", NULL, NULL));
}

static gpointer
exchange_thread (gpointer data)
{
  for (guint i = 0; i < 10; i++)
    g_assert_true (is_proved (SCRAM_SHA_256, RFC_VERIFIER, RFC_ID, RFC_PASSWORD, NULL, NULL) && !is_proved (SCRAM_SHA_256, RFC_VERIFIER, RFC_ID, "x", NULL, NULL));
  return NULL;
}

static void
test_threads (void)
{
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("exchange", exchange_thread, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/scram/vector", test_vector);
  g_test_add_func ("/scram/new-verifier", test_new_verifier);
  g_test_add_func ("/scram/plus", test_plus);
  g_test_add_func ("/scram/mechanisms", test_mechanisms);
  g_test_add_func ("/scram/firsts", test_firsts);
  g_test_add_func ("/scram/challenge", test_challenge);
  g_test_add_func ("/scram/spoiled", test_spoiled);
  g_test_add_func ("/scram/replay", test_replay);
  g_test_add_func ("/scram/order", test_order);
  g_test_add_func ("/scram/base64", test_base64);
  g_test_add_func ("/scram/too-long", test_too_long);
  g_test_add_func ("/scram/challenges", test_challenges);
  g_test_add_func ("/scram/impostor", test_impostor);
  g_test_add_func ("/scram/hasty-server", test_hasty_server);
  g_test_add_func ("/scram/late-challenge", test_late_challenge);
  g_test_add_func ("/scram/saslprep", test_saslprep);
  g_test_add_func ("/scram/derived", test_derived);
  g_test_add_func ("/scram/threads", test_threads);

  return g_test_run ();
}
