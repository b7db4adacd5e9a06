/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Those who try again and again: what they may try gets less, and nobody else feels it. */
#include <string.h>

#include "tests/util/client.h"
#include "tests/util/proof.h"
#include "tests/util/server.h"

#define ATTACKER  "127.0.0.2"
#define ATTACKER2 "127.0.0.3"
#define FREE      4 /* so many with an ID are looked at without a wait */
#define FROM_FREE 21 /* and so many from an address */

static TestServer *
start (const char *entry)
{
  g_autofree char *alice = test_verifier ("wonderland"), *bob = test_verifier ("builder");
  g_autofree char *list = g_strdup_printf ("alice %s\nbob %s\n", alice, bob);

  return test_server_new (list, "auth.mode=required", entry, NULL);
}

static TestClient *
come_from (TestServer *server, const char *from)
{
  guint nth = test_server_usual_is_tls () ? test_server_tls_listener (server) : 0;
  TestClient *client = test_connect_to (from, test_server_host (server, nth), test_server_port (server, nth), from);

  if (test_server_usual_is_tls ())
    g_assert_true (test_client_start_tls (client, NULL));
  return client;
}

/* The answer is "not now": returns for how many ms, and it is the same whatever was tried. */
static guint64
expect_refused (TestClient *client)
{
  guint64 wait;

  test_expect_error_tagged (client, "wait=*", "rate-limited");
  wait = test_tag_uint (client, "wait");
  test_expect (client, "DECLINED");
  test_expect_closed (client);
  return wait;
}

static guint64
be_refused (TestServer *server, const char *from, const char *id, const char *password)
{
  g_autoptr (TestClient) client = come_from (server, from);
  g_autoptr (TestProof) proof = test_proof_new ("n,,", id);

  test_hello (client, id);
  test_auth (client, proof);
  test_respond (client, proof, password);
  return expect_refused (client);
}

static void
fail (TestServer *server, const char *from, const char *id)
{
  g_autoptr (TestClient) client = come_from (server, from);

  test_fail_to_prove (client, id, "guess");
}

/* From the address no more may be looked at without a wait than with an ID. */
static void
spend (TestServer *server, const char *from)
{
  for (guint i = FREE; i < FROM_FREE; i++)
    {
      g_autofree char *id = g_strdup_printf ("nobody%u", i);

      fail (server, from, id);
    }
}

/* So many guesses at once that the next one would have to wait until a minute from now, which is longer than such a server lets a login take, also when this
 * machine has needed a while for them. */
#define LONG_LOGIN "session.login-timeout=40"
#define LONG_WAIT_MS 60000
#define N_GUESSES 8

static void
guess_much (TestServer *server, const char *from, const char *id)
{
  TestClient *clients[N_GUESSES];

  for (guint i = 0; i < N_GUESSES; i++)
    {
      g_autoptr (TestProof) proof = test_proof_new ("n,,", id);

      clients[i] = come_from (server, from);
      test_hello (clients[i], id);
      test_auth (clients[i], proof);
      test_respond (clients[i], proof, "guess");
      if (i < FREE)
        test_expect (clients[i], "DECLINED");
    }
  for (guint i = 0; i < N_GUESSES; i++)
    test_client_free (clients[i]);
}

static void
assert_long_wait (guint64 wait)
{
  g_assert_cmpuint (wait, >, 30000);
  g_assert_cmpuint (wait, <=, LONG_WAIT_MS);
}

/* When the wait would outlast the login it is said at once, and the right password does not get in either. */
static void
test_refused (void)
{
  g_autoptr (TestServer) server = start (LONG_LOGIN);

  spend (server, ATTACKER);
  guess_much (server, ATTACKER, "alice");
  for (guint i = 0; i < 8; i++)
    assert_long_wait (be_refused (server, ATTACKER, i % 2 ? "alice" : "nobody", i % 4 ? "guess" : "wonderland"));
  assert_long_wait (be_refused (server, ATTACKER2, "alice", "wonderland"));
}

/* Otherwise the answer waits: no longer for a wrong one than for a right one, and nothing else is heard meanwhile. */
static void
test_held (void)
{
  g_autoptr (TestServer) server = start ("session.login-timeout=60");
  g_autoptr (TestClient) alice = NULL;
  g_autoptr (TestProof) proof = test_proof_new ("n,,", "alice");
  gint64 before;

  for (guint i = 0; i < FREE - 1; i++)
    fail (server, ATTACKER, "alice");
  before = g_get_monotonic_time ();
  fail (server, ATTACKER, "alice");
  fail (server, ATTACKER, "alice");
  g_assert_cmpint (g_get_monotonic_time () - before, >=, 1990 * 1000);

  before = g_get_monotonic_time ();
  alice = come_from (server, ATTACKER);
  test_hello (alice, "alice");
  test_auth (alice, proof);
  test_respond (alice, proof, "wonderland");
  test_send (alice, "PING x");
  test_expect_connected2 (alice);
  g_assert_cmpint (g_get_monotonic_time () - before, >=, 3900 * 1000);
  test_expect (alice, "PONG x");

  /* That she was mistaken is forgotten. */
  before = g_get_monotonic_time ();
  for (guint i = 0; i < FREE - 1; i++)
    fail (server, ATTACKER, "alice");
  {
    g_autoptr (TestClient) phone = come_from (server, ATTACKER);

    test_prove (phone, "alice", "wonderland");
  }
}

/* Whoever hangs up while the answer waits, or is stopped with the server, is no trouble. */
static void
test_gone_while_held (void)
{
  g_autoptr (TestServer) server = start ("session.login-timeout=60");
  g_autoptr (TestClient) bob = test_login_proved (server, "bob", "builder");
  TestClient *held[6];

  for (guint i = 0; i < FREE; i++)
    fail (server, ATTACKER, "alice");
  for (guint i = 0; i < G_N_ELEMENTS (held); i++)
    {
      g_autoptr (TestProof) proof = test_proof_new ("n,,", "alice");

      held[i] = come_from (server, ATTACKER2);
      test_hello (held[i], "alice");
      test_auth (held[i], proof);
      test_respond (held[i], proof, "guess");
    }
  for (guint i = 0; i < G_N_ELEMENTS (held); i++)
    if (i % 3 == 0)
      test_client_free (held[i]);
    else if (i % 3 == 1)
      test_client_reset (held[i]);
  test_expect_nothing (bob);
  test_server_crash_and_restart (server);
  for (guint i = 0; i < G_N_ELEMENTS (held); i++)
    if (i % 3 == 2)
      test_client_free (held[i]);
}

/* Stopped by SIGTERM while answers wait: test_server_free() finds the status. */
static void
test_stopped_while_held (void)
{
  g_autoptr (TestServer) server = start ("session.login-timeout=60");
  g_autoptr (TestClient) held = come_from (server, ATTACKER);
  g_autoptr (TestProof) proof = test_proof_new ("n,,", "alice");

  for (guint i = 0; i < FREE; i++)
    fail (server, ATTACKER, "alice");
  test_hello (held, "alice");
  test_auth (held, proof);
  test_respond (held, proof, "guess");
}

/* An ID under attack: its owner comes in as ever, where she always comes from. Elsewhere she has to wait like everybody. */
static void
test_owner (void)
{
  g_autoptr (TestServer) server = start (LONG_LOGIN);
  g_autoptr (TestClient) alice = test_login_proved (server, "alice", "wonderland");
  g_autoptr (TestClient) bob = test_login_proved (server, "bob", "builder");

  guess_much (server, ATTACKER, "alice");
  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (TestClient) phone = NULL;

      assert_long_wait (be_refused (server, i % 2 ? ATTACKER : ATTACKER2, "alice", "guess"));
      phone = test_login_proved (server, "alice", "wonderland");
      test_expect_nothing (phone);
    }
  assert_long_wait (be_refused (server, "127.0.0.9", "alice", "wonderland"));
  test_expect_nothing (alice);
  test_expect_nothing (bob);
}

#define CROWD 200

/* Hundreds of guesses at the same moment: four are looked at, and the right password in the middle of them is no help. */
static void
test_crowd (void)
{
  g_autoptr (TestServer) server = start ("session.login-timeout=1");
  g_autoptr (TestClient) bob = test_login_proved (server, "bob", "builder");
  TestClient *crowd[CROWD];
  TestProof *proofs[CROWD];
  guint looked_at = 0, refused = 0;

  for (guint i = 0; i < CROWD; i++)
    {
      g_autofree char *final = NULL;

      crowd[i] = come_from (server, ATTACKER);
      proofs[i] = test_proof_new ("n,,", "alice");
      test_send (crowd[i], "HELLO alice 2");
    }
  for (guint i = 0; i < CROWD; i++)
    {
      const char *line = test_line (crowd[i]);

      if (!g_str_has_prefix (line, "AUTH_REQUIRED "))
        continue; /* too slow for its second */
      test_auth (crowd[i], proofs[i]);
      test_send (crowd[i], "RESPONSE Yz1iaXdzLHI9eCxwPUFBQUE=");
    }
  for (guint i = 0; i < CROWD; i++)
    {
      const char *line = test_line (crowd[i]);

      if (strcmp (line, "DECLINED") == 0)
        looked_at++;
      else
        {
          g_assert_nonnull (strstr (line, "ERROR rate-limited "));
          refused++;
        }
    }
  g_assert_cmpuint (refused, >, 0);
  g_assert_cmpuint (looked_at + refused, ==, CROWD);
  test_expect_nothing (bob);
  for (guint i = 0; i < CROWD; i++)
    {
      test_client_free (crowd[i]);
      test_proof_free (proofs[i]);
    }
}

/* Invitations are guessed at no faster, and not instead. */
static void
test_invitations (void)
{
  g_autoptr (TestServer) server = start (LONG_LOGIN);
  g_autofree char *verifier = test_verifier ("mine");
  TestClient *clients[N_GUESSES];

  spend (server, ATTACKER);
  for (guint i = 0; i <= N_GUESSES; i++)
    {
      g_autoptr (TestClient) client = come_from (server, ATTACKER);

      test_hello (client, "alice");
      test_send (client, "INVITATION AAAAAAAAAAAAAAAAAAAAAAAAAAAA %s", verifier);
      if (i < FREE)
        {
          test_expect_error (client, "not-allowed");
          test_expect (client, "DECLINED");
        }
      if (i == N_GUESSES)
        assert_long_wait (expect_refused (client));
      else
        clients[i] = g_steal_pointer (&client);
    }
  assert_long_wait (be_refused (server, ATTACKER, "bob", "builder"));
  assert_long_wait (be_refused (server, ATTACKER2, "alice", "wonderland"));
  for (guint i = 0; i < N_GUESSES; i++)
    test_client_free (clients[i]);
}

/* Asking for challenges alone is no attempt, and slows nobody. */
static void
test_challenges (void)
{
  g_autoptr (TestServer) server = start ("session.login-timeout=10");
  g_autoptr (TestClient) alice = NULL;

  for (guint i = 0; i < 200; i++)
    {
      g_autofree char *id = i % 2 ? g_strdup ("alice") : g_strdup_printf ("nobody%u", i);
      g_autoptr (TestClient) client = test_connect (server, id);
      g_autoptr (TestProof) proof = test_proof_new ("n,,", id);

      test_hello (client, id);
      test_auth (client, proof);
    }
  alice = test_login_proved (server, "alice", "wonderland");
  test_expect_nothing (alice);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/auth-attack/refused", test_refused);
  g_test_add_func ("/auth-attack/held", test_held);
  g_test_add_func ("/auth-attack/gone-while-held", test_gone_while_held);
  g_test_add_func ("/auth-attack/stopped-while-held", test_stopped_while_held);
  g_test_add_func ("/auth-attack/owner", test_owner);
  g_test_add_func ("/auth-attack/crowd", test_crowd);
  g_test_add_func ("/auth-attack/invitations", test_invitations);
  g_test_add_func ("/auth-attack/challenges", test_challenges);

  return g_test_run ();
}
