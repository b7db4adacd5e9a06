/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proving who one is: those who may come in, and those who may not. test-auth-list is about a list that changes, test-auth-attack about
 * those who try again and again. */
#include <string.h>

#include "tests/util/client.h"
#include "tests/util/proof.h"
#include "tests/util/server.h"

#define USERS 60

/* alice, bob and some users have passwords, carol has none. */
static char *
make_list (void)
{
  g_autofree char *alice = test_verifier ("wonderland");
  g_autofree char *bob = test_verifier ("builder");
  g_autofree char *user = test_verifier ("pass");
  GString *list = g_string_new (NULL);

  g_string_append_printf (list, "alice %s\nbob %s\ncarol\n", alice, bob);
  for (guint i = 0; i < USERS; i++)
    g_string_append_printf (list, "u%u %s\n", i, user);
  return g_string_free (list, FALSE);
}

static TestServer *
start (const char *mode)
{
  g_autofree char *list = make_list ();
  g_autofree char *entry = g_strconcat ("auth.mode=", mode, NULL);

  return test_server_new (list, entry, "server.tls-listen=127.0.0.1:0", NULL);
}

static void
expect_declined (TestClient *client)
{
  test_expect (client, "DECLINED");
  test_expect_closed (client);
}

/* The client of the tests itself, against RFC 7677. */
static void
test_vector (void)
{
  g_autoptr (TestProof) proof = test_proof_new ("n,,", "user");
  g_autofree char *challenge = test_base64 ("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
  g_autofree char *final64 = NULL, *final = NULL;

  g_free (proof->first_bare);
  proof->first_bare = g_strdup ("n=user,r=rOprNGfwEbeRWgbNEkqO");
  test_proof_take_challenge (proof, challenge);
  final64 = test_proof_final (proof, "pencil");
  final = test_unbase64 (final64);
  g_assert_cmpstr (final, ==, "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  g_assert_cmpstr (proof->v, ==, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

/* In both modes whoever has a password proves it, and talks with the others as ever. */
static void
test_proved (gconstpointer mode)
{
  g_autoptr (TestServer) server = start (mode);
  g_autoptr (TestClient) alice = test_login_proved (server, "alice", "wonderland");
  g_autoptr (TestClient) bob = test_login_proved (server, "bob", "builder");
  g_autoptr (TestClient) phone = test_login_proved (server, "bob", "builder");

  test_expect_nothing (alice);
  test_send (alice, "@id=1 CHAT_MESSAGE bob hello");
  test_expect_tagged (alice, "id=1;seq=1;time=*", "SENT bob");
  test_expect_tagged (bob, "conv=alice;from=alice;seq=1;time=*;id=1", "CHAT hello");
  test_expect_tagged (phone, "conv=alice;from=alice;seq=1;time=*;id=1", "CHAT hello");
}

/* Who has no password comes in as ever in open mode, and is told nothing that would be a proof. */
static void
test_mixed (void)
{
  g_autoptr (TestServer) server = start ("open");
  g_autoptr (TestClient) alice = test_login_proved (server, "alice", "wonderland");
  g_autoptr (TestClient) carol = test_connect (server, "carol");
  g_autoptr (TestClient) carol_base = test_login (server, "carol");

  test_send (carol, "HELLO carol 2");
  test_expect (carol, "CONNECTED 2");
  test_send (carol, "@id=1 CHAT_MESSAGE alice hello");
  test_expect_tagged (carol, "id=1;seq=1;time=*", "SENT alice");
  test_expect_tagged (alice, "conv=carol;from=carol;seq=1;time=*;id=1", "CHAT hello");
  test_expect (carol, "DELIVERED alice 1");
  /* Nobody asked her. */
  test_send (carol, "@id=2 AUTH SCRAM-SHA-256 biws");
  test_expect_error_tagged (carol, "id=2", "not-allowed");
  test_send (carol, "RESPONSE biws");
  test_expect_error (carol, "not-allowed");
  test_send (carol, "INVITATION abc def");
  test_expect_error (carol, "not-allowed");
  test_expect_nothing (carol_base);
}

/* Without any verifier and in open mode nothing is new. */
static void
test_nobody_asked (void)
{
  g_autoptr (TestServer) server = test_server_new ("alice\nbob\n", NULL);
  g_autoptr (TestClient) alice = test_login2 (server, "alice");
  g_autoptr (TestClient) nobody = test_connect (server, "nobody");

  test_send (nobody, "HELLO nobody 2");
  expect_declined (nobody);
}

/* Base cannot prove anything: an ID that must be proved is closed to it, framed or not. */
static void
test_downgrade (gconstpointer mode)
{
  static const char *const hellos[] = { "HELLO alice\n", "HELLO alice 1\n", "HELLO alice two\n", "HELLO alice 0\n", "HELLO alice", "HELLO nobody\n", "HELLO alice -2\n" };
  g_autoptr (TestServer) server = start (mode);

  for (guint i = 0; i < G_N_ELEMENTS (hellos); i++)
    {
      g_autoptr (TestClient) client = test_connect (server, hellos[i]);

      test_send_bytes (client, hellos[i], -1);
      test_expect_bytes (client, g_str_has_suffix (hellos[i], "\n") ? "DECLINED\n" : "DECLINED");
      test_expect_closed (client);
    }
}

static void
test_required_base (void)
{
  g_autoptr (TestServer) server = start ("required");
  g_autoptr (TestClient) carol = test_connect (server, "carol");

  test_send (carol, "HELLO carol");
  expect_declined (carol);
}

/* What is said instead of a proof. */
static const char *const no_proofs[] = {
  "CHAT hi\n", "CHAT_MESSAGE bob hi\n", "@id=1 CHAT_MESSAGE bob hi\n", "CHAT_REQUEST bob\n", "CLIENTS\n", "CONVERSATIONS\n", "HISTORY_REQ bob\n", "SEARCH x\n",
  "READ bob 1\n", "TYPING bob\n", "TIMEOUT\n", "END_REQUEST bob\n",
  "HELLO alice 2\n", "HELLO bob 2\n", "HELLO carol\n", "HELLO carol 2\n", "HELLO alice\n",
  "AUTH\n", "AUTH SCRAM-SHA-256\n", "AUTH biws\n", "auth SCRAM-SHA-256 biws\n", "RESPONSE\n", "RESPONSE biws\n", "INVITATION\n", "INVITATION abc\n",
  "CONNECTED 2\n", "CHALLENGE biws\n", "NONSENSE\n", "\xff\xff\n", "AUTH SCRAM-SHA-256 bi\x01s\n", "@\n", "@id=1\n",
  "AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=\n", "AUTH SCRAM-SHA-1 biws\n", "AUTH scram-sha-256 biws\n", "AUTH EXTERNAL =\n", "AUTH ANONYMOUS =\n",
};

static void
test_no_proof (gconstpointer mode)
{
  g_autoptr (TestServer) server = start (mode);
  g_autoptr (TestClient) bob = test_login_proved (server, "bob", "builder");

  for (guint i = 0; i < G_N_ELEMENTS (no_proofs); i++)
    {
      g_autoptr (TestClient) client = test_connect (server, no_proofs[i]);

      test_hello (client, "alice");
      test_send_bytes (client, no_proofs[i], -1);
      /* A valid proof after it is heard no more. */
      test_send_bytes (client, "AUTH SCRAM-SHA-256 bixuPWFsaWNlLHI9YWJjZGVm\n", -1);
      expect_declined (client);
    }
  {
    g_autoptr (TestClient) client = test_connect (server, "talker");
    g_autofree char *line = g_strnfill (40000, 'A');

    test_hello (client, "alice");
    test_send (client, "AUTH SCRAM-SHA-256 %s", line);
    expect_declined (client);
  }
  test_expect_nothing (bob);
}

/* A sign of life, and a farewell, are heard. */
static void
test_small_talk (void)
{
  g_autoptr (TestServer) server = start ("open");
  g_autoptr (TestClient) alice = test_connect (server, "alice");
  g_autoptr (TestClient) other = test_connect (server, "alice");
  g_autoptr (TestProof) proof = test_proof_new ("n,,", "alice");

  test_hello (alice, "alice");
  test_send (alice, "PING x");
  test_expect (alice, "PONG x");
  test_auth (alice, proof);
  test_send (alice, "PING y");
  test_expect (alice, "PONG y");
  test_send (alice, "PONG z");
  test_respond (alice, proof, "wonderland");
  test_expect_connected2 (alice);

  test_hello (other, "alice");
  test_send (other, "QUIT");
  test_expect_closed (other);
}

/* Each of the three messages at another's place. */
static void
test_order (void)
{
  g_autoptr (TestServer) server = start ("open");
  g_autoptr (TestProof) proof = test_proof_new ("n,,", "alice");
  g_autofree char *first = test_proof_first (proof), *final = NULL;

  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (TestClient) client = test_connect_afresh (server, "alice");

      test_hello (client, "alice");
      if (i > 0)
        test_auth (client, proof);
      if (i > 0 && final == NULL)
        final = test_proof_final (proof, "wonderland");
      if (i == 0) /* the last one first */
        test_send (client, "RESPONSE %s", first);
      else if (i == 1) /* the first one again */
        test_send (client, "AUTH SCRAM-SHA-256 %s", first);
      else if (i == 2) /* the first one as the last */
        test_send (client, "RESPONSE %s", first);
      else if (i == 3) /* the last one as the first */
        test_send (client, "AUTH SCRAM-SHA-256 %s", final);
      else
        {
          g_autofree char *verifier = test_verifier ("other");

          test_send (client, "INVITATION abc %s", verifier);
        }
      expect_declined (client);
    }
}

/* client-first for alice. */
static const char *const bad_firsts[] = {
  "n,,n=bob,r=abcdef",          /* HELLO said alice */
  "n,,n=alic,r=abcdef",
  "n,,n=alice2,r=abcdef",
  "n,,n=Alice,r=abcdef",
  "n,,n=al=2Cice,r=abcdef",
  "n,a=bob,n=alice,r=abcdef",   /* to act as bob */
  "n,a=,n=alice,r=abcdef",
  "n,a=root,n=root,r=abcdef",
  "p=tls-exporter,,n=alice,r=abcdef", /* binds, but not by PLUS */
  "p=tls-unique,,n=alice,r=abcdef",
  "x,,n=alice,r=abcdef",
  ",,n=alice,r=abcdef",
  "n,,n=alice,r=",
  "n,,n=alice",
  "n,,",
  "n",
  "n,,r=abcdef,n=alice",
  "n,,m=x,n=alice,r=abcdef",
  "n,,n=alice,r=abc\ndef",
  "n,,n=%s%n,r=abcdef",
};

static void
test_bad_firsts (void)
{
  g_autoptr (TestServer) server = start ("open");

  for (guint i = 0; i < G_N_ELEMENTS (bad_firsts); i++)
    {
      g_autoptr (TestClient) client = test_connect (server, bad_firsts[i]);
      g_autofree char *first = test_base64 (bad_firsts[i]);

      test_hello (client, "alice");
      test_send (client, "AUTH SCRAM-SHA-256 %s", first);
      expect_declined (client);
    }
  /* That was no attempt at the password, and slows nobody. */
  {
    g_autoptr (TestClient) alice = test_login_proved (server, "alice", "wonderland");

    test_expect_nothing (alice);
  }
}

/* An authzid that is the ID itself says nothing new. */
static void
test_own_authzid (void)
{
  g_autoptr (TestServer) server = start ("open");
  g_autoptr (TestClient) alice = test_connect (server, "alice");
  g_autoptr (TestProof) proof = test_proof_new ("n,a=alice,", "alice");

  test_hello (alice, "alice");
  test_auth (alice, proof);
  test_respond (alice, proof, "wonderland");
  test_expect_connected2 (alice);
}

/* A right client-final, and what becomes of it. */
static char *
spoil (const char *final, guint how)
{
  g_auto (GStrv) parts = g_strsplit (final, ",", -1); /* c=, r=, p= */

  switch (how)
    {
    case 0: /* a bit of the proof */
      parts[2][2] = parts[2][2] == 'A' ? 'B' : 'A';
      break;
    case 1: /* cut off */
      return g_strndup (final, strlen (final) - 4);
    case 2:
      return g_strjoin (",", parts[0], parts[1], NULL);
    case 3:
      return g_strjoin (",", parts[0], parts[1], "p=", NULL);
    case 4: /* another order */
      return g_strjoin (",", parts[1], parts[0], parts[2], NULL);
    case 5: /* only the client's nonce */
      parts[1][strlen (parts[1]) - 24] = '\0';
      break;
    case 6: /* claims that it was not offered a binding */
      memcpy (parts[0], "c=eSws", 6);
      break;
    case 7: /* a longer proof */
      return g_strconcat (final, "AAAA", NULL);
    case 8:
      return g_strconcat (final, ",x=y", NULL);
    default:
      return g_strdup ("p=");
    }
  return g_strjoinv (",", parts);
}

static void
test_bad_finals (void)
{
  g_autoptr (TestServer) server = start ("open");

  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *id = g_strdup_printf ("u%u", i);
      g_autoptr (TestClient) client = test_connect_afresh (server, id);
      g_autoptr (TestProof) proof = test_proof_new ("n,,", id);
      g_autofree char *final64 = NULL, *final = NULL, *spoiled = NULL, *spoiled64 = NULL;

      test_hello (client, id);
      test_auth (client, proof);
      final64 = test_proof_final (proof, "pass");
      final = test_unbase64 (final64);
      spoiled = spoil (final, i);
      spoiled64 = test_base64 (spoiled);
      test_send (client, "RESPONSE %s", spoiled64);
      /* And the right one after it. */
      test_send (client, "RESPONSE %s", final64);
      expect_declined (client);
    }
}

static const char *const bad_words[] = { "=", "====", "A", "AAAAA", "!!!!", "biws=", "AA==AAAA", "bi_-", "%s%n", "\xc3\xa4\xc3\xa4" };

static void
test_bad_base64 (void)
{
  g_autoptr (TestServer) server = start ("open");

  for (guint i = 0; i < G_N_ELEMENTS (bad_words); i++)
    {
      g_autofree char *id = g_strdup_printf ("u%u", i);
      g_autoptr (TestClient) first = test_connect_afresh (server, id);
      g_autoptr (TestClient) second = test_connect_afresh (server, id);
      g_autoptr (TestProof) proof = test_proof_new ("n,,", id);

      test_hello (first, id);
      test_send (first, "AUTH SCRAM-SHA-256 %s", bad_words[i]);
      expect_declined (first);
      test_hello (second, id);
      test_auth (second, proof);
      test_send (second, "RESPONSE %s", bad_words[i]);
      expect_declined (second);
    }
}

/* What somebody has overheard: the last message, or all of it. */
static void
test_replay (void)
{
  g_autoptr (TestServer) server = start ("open");
  g_autoptr (TestProof) proof = test_proof_new ("n,,", "alice");
  g_autoptr (TestProof) own = test_proof_new ("n,,", "alice");
  g_autoptr (TestClient) alice = test_connect (server, "alice");
  g_autoptr (TestClient) thief = test_connect_afresh (server, "thief");
  g_autoptr (TestClient) patient_thief = test_connect_afresh (server, "patient thief");
  g_autofree char *first = test_proof_first (proof), *final = NULL;

  test_hello (alice, "alice");
  test_auth (alice, proof);
  final = test_proof_final (proof, "wonderland");
  test_send (alice, "RESPONSE %s", final);
  test_expect_connected2 (alice);

  test_hello (thief, "alice");
  test_send (thief, "AUTH SCRAM-SHA-256 %s", first);
  test_expect_prefix (thief, "CHALLENGE ");
  test_send (thief, "RESPONSE %s", final);
  expect_declined (thief);

  test_hello (patient_thief, "alice");
  test_auth (patient_thief, own);
  test_send (patient_thief, "RESPONSE %s", final);
  expect_declined (patient_thief);
  test_expect_nothing (alice);
}

static void
test_wrong_password (gconstpointer mode)
{
  static const char *const ids[] = { "alice", "u1", "u2", "nobody", "Alice", "alice-" };
  g_autoptr (TestServer) server = start (mode);

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_autoptr (TestClient) client = test_connect_afresh (server, ids[i]);

      test_fail_to_prove (client, ids[i], "builder");
    }
  /* In required mode nobody can be carol, who has no verifier. */
  if (strcmp (mode, "required") == 0)
    {
      g_autoptr (TestClient) carol = test_connect_afresh (server, "carol");

      test_fail_to_prove (carol, "carol", "");
    }
}

/* What the server says to an ID: iterations, and length of salt and nonce. */
static char *
get_salt (TestServer *server, const char *id, guint *iterations, gsize *nonce_len)
{
  g_autoptr (TestClient) client = test_connect (server, id);
  g_autoptr (TestProof) proof = test_proof_new ("n,,", id);

  test_hello (client, id);
  test_auth (client, proof);
  *iterations = test_proof_iterations (proof);
  *nonce_len = strlen (proof->nonce);
  return test_proof_salt (proof);
}

/* Nothing in a challenge tells whether the ID is on the list, has a verifier, or had one yesterday. */
static void
test_enumeration (void)
{
  static const char *const ids[] = { "alice", "carol", "nobody", "nobody2", "x" };
  g_autoptr (TestServer) server = start ("required");
  char *salts[G_N_ELEMENTS (ids)];

  for (guint round = 0; round < 3; round++)
    {
      for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
        {
          guint iterations;
          gsize nonce_len, bytes;
          char *salt = get_salt (server, ids[i], &iterations, &nonce_len);

          g_assert_cmpuint (iterations, ==, 4096);
          if (round == 0)
            {
              salts[i] = salt;
              g_assert_cmpuint (strlen (salt), ==, strlen (salts[0]));
              for (guint j = 0; j < i; j++)
                g_assert_cmpstr (salt, !=, salts[j]);
              g_free (g_base64_decode (salt, &bytes));
              g_assert_cmpuint (bytes, ==, 16);
            }
          else
            {
              g_assert_cmpstr (salt, ==, salts[i]);
              g_free (salt);
            }
        }
      test_server_crash_and_restart (server);
    }
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    g_free (salts[i]);
}

/* TLS: what a proof is tied to */

static TestClient *
hello_tls (TestServer *server, const char *id)
{
  TestClient *client = test_connect_tls (server, id);

  test_send (client, "HELLO %s 2", id);
  test_expect (client, "AUTH_REQUIRED SCRAM-SHA-256 SCRAM-SHA-256-PLUS");
  return client;
}

static void
test_plus (void)
{
  g_autoptr (TestServer) server = start ("required");
  g_autoptr (TestClient) alice = hello_tls (server, "alice");
  g_autoptr (TestClient) thief = hello_tls (server, "u1");
  g_autoptr (TestProof) proof = test_proof_new ("p=tls-exporter,,", "alice");
  g_autoptr (TestProof) stolen = test_proof_new ("p=tls-exporter,,", "u1");
  g_autofree char *v = NULL;

  proof->binding = test_tls_get_binding (test_client_tls (alice));
  test_auth (alice, proof);
  test_respond (alice, proof, "wonderland");
  test_expect_connected2 (alice);
  v = test_unbase64 (test_tag (alice, "v"));
  g_assert_cmpstr (v, ==, proof->v);
  test_expect_nothing (alice);

  /* Made for another connection: by somebody in between. */
  stolen->binding = test_tls_get_binding (test_client_tls (alice));
  test_auth (thief, stolen);
  test_respond (thief, stolen, "pass");
  expect_declined (thief);
}

/* A client that cannot bind may say so. One that could, and was told that the server cannot, was lied to: PLUS was offered. */
static void
test_unbound (void)
{
  g_autoptr (TestServer) server = start ("required");
  g_autoptr (TestClient) alice = hello_tls (server, "alice");
  g_autoptr (TestClient) bob = hello_tls (server, "bob");
  g_autoptr (TestProof) proof = test_proof_new ("n,,", "alice");
  g_autofree char *first = test_base64 ("y,,n=bob,r=abcdef");

  test_auth (alice, proof);
  test_respond (alice, proof, "wonderland");
  test_expect_connected2 (alice);

  test_send (bob, "AUTH SCRAM-SHA-256 %s", first);
  expect_declined (bob);
}

/* Without TLS there is nothing to bind to: y is as good as n, and PLUS is not offered. */
static void
test_plain_plus (void)
{
  g_autoptr (TestServer) server = start ("required");
  g_autoptr (TestClient) alice = test_connect_to ("alice", test_server_host (server, 0), test_server_port (server, 0), NULL);
  g_autoptr (TestClient) bob = test_connect_to ("bob", test_server_host (server, 0), test_server_port (server, 0), NULL);
  g_autoptr (TestProof) proof = test_proof_new ("y,,", "alice");
  g_autofree char *first = test_base64 ("p=tls-exporter,,n=bob,r=abcdef");

  test_send (alice, "HELLO alice 2");
  test_expect (alice, "AUTH_REQUIRED SCRAM-SHA-256");
  test_auth (alice, proof);
  test_respond (alice, proof, "wonderland");
  test_expect_connected2 (alice);

  test_hello (bob, "bob");
  test_send (bob, "AUTH SCRAM-SHA-256-PLUS %s", first);
  expect_declined (bob);
}

/* The login time-out is for all of it. */
static void
test_time_out (void)
{
  g_autofree char *list = make_list ();
  g_autoptr (TestServer) server = test_server_new (list, "session.login-timeout=1", NULL);
  gint64 before = g_get_monotonic_time ();
  g_autoptr (TestClient) silent = test_connect (server, "silent");
  g_autoptr (TestClient) halting = test_connect (server, "halting");
  g_autoptr (TestClient) chatty = test_connect (server, "chatty");
  g_autoptr (TestProof) proof = test_proof_new ("n,,", "alice");

  test_hello (silent, "alice");
  test_hello (halting, "alice");
  test_auth (halting, proof);
  test_send_bytes (halting, "RESPONSE bi", -1);
  test_hello (chatty, "nobody");
  for (guint i = 0; i < 20; i++)
    {
      test_send (chatty, "PING %u", i);
      test_expect (chatty, "PONG %u", i);
    }
  expect_declined (silent);
  g_assert_cmpint (g_get_monotonic_time () - before, >=, 990 * 1000);
  expect_declined (halting);
  expect_declined (chatty);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/auth/vector", test_vector);
  g_test_add_data_func ("/auth/proved/open", "open", test_proved);
  g_test_add_data_func ("/auth/proved/required", "required", test_proved);
  g_test_add_func ("/auth/mixed", test_mixed);
  g_test_add_func ("/auth/nobody-asked", test_nobody_asked);
  g_test_add_data_func ("/auth/downgrade/open", "open", test_downgrade);
  g_test_add_data_func ("/auth/downgrade/required", "required", test_downgrade);
  g_test_add_func ("/auth/required-base", test_required_base);
  g_test_add_data_func ("/auth/no-proof/open", "open", test_no_proof);
  g_test_add_data_func ("/auth/no-proof/required", "required", test_no_proof);
  g_test_add_func ("/auth/small-talk", test_small_talk);
  g_test_add_func ("/auth/order", test_order);
  g_test_add_func ("/auth/bad-firsts", test_bad_firsts);
  g_test_add_func ("/auth/own-authzid", test_own_authzid);
  g_test_add_func ("/auth/bad-finals", test_bad_finals);
  g_test_add_func ("/auth/bad-base64", test_bad_base64);
  g_test_add_func ("/auth/replay", test_replay);
  g_test_add_data_func ("/auth/wrong-password/open", "open", test_wrong_password);
  g_test_add_data_func ("/auth/wrong-password/required", "required", test_wrong_password);
  g_test_add_func ("/auth/enumeration", test_enumeration);
  g_test_add_func ("/auth/plus", test_plus);
  g_test_add_func ("/auth/unbound", test_unbound);
  g_test_add_func ("/auth/plain-plus", test_plain_plus);
  g_test_add_func ("/auth/time-out", test_time_out);

  return g_test_run ();
}
