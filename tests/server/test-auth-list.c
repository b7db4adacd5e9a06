/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proofs, and a ClientID-List that changes under them. */
#include <signal.h>
#include <string.h>

#include "tests/util/client.h"
#include "tests/util/deadline.h"
#include "tests/util/proof.h"
#include "tests/util/server.h"

#define LIST_FILE "ClientID-List"

/* alice, bob and two users have passwords, carol has none. */
static TestServer *
start (void)
{
  g_autofree char *alice = test_verifier ("wonderland"), *bob = test_verifier ("builder"), *user = test_verifier ("pass");
  g_autofree char *list = g_strdup_printf ("alice %s\nbob %s\ncarol\nu1 %s\nu2 %s\n", alice, bob, user, user);

  return test_server_new (list, NULL);
}

static void
expect_declined (TestClient *client)
{
  test_expect (client, "DECLINED");
  test_expect_closed (client);
}

/* Replaces the list, and waits until it is in force: until somebody is let in who is on this one alone. */
static void
change_list (TestServer *server, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
change_list (TestServer *server, const char *format, ...)
{
  static guint n;
  g_autofree char *marker = g_strdup_printf ("marker%u", n++);
  g_autofree char *entries = NULL, *list = NULL;
  gint64 deadline = test_deadline ();
  gboolean in;
  va_list args;

  va_start (args, format);
  entries = g_strdup_vprintf (format, args);
  va_end (args);
  list = g_strconcat (entries, marker, "\n", NULL);
  test_server_replace_file (server, LIST_FILE, list);
  test_server_signal (server, SIGHUP);
  do
    {
      g_autoptr (TestClient) client = test_connect (server, marker);

      test_send (client, "HELLO %s", marker);
      in = g_strcmp0 (test_line (client), "CONNECTED") == 0;
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    }
  while (!in);
}

/* Between the challenge and the answer: what counts is what is in force at the end. */
static void
test_change_meanwhile (void)
{
  g_autoptr (TestServer) server = start ();
  g_autofree char *new = test_verifier ("newpass"), *old = test_verifier ("builder");

  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (TestClient) client = test_connect_afresh (server, "u1");
      g_autoptr (TestProof) proof = test_proof_new ("n,,", "u1");

      if (i > 0)
        change_list (server, "u1 %s\nu2 %s\n", i == 1 ? old : new, old);
      test_hello (client, "u1");
      test_auth (client, proof);
      if (i == 0) /* another verifier */
        change_list (server, "u1 %s\n", new);
      else if (i == 1) /* gone */
        change_list (server, "u2 %s\n", old);
      else /* none any more */
        change_list (server, "u1\nu2 %s\n", old);
      test_respond (client, proof, i == 0 ? "pass" : i == 1 ? "builder" : "newpass");
      expect_declined (client);
    }
  /* And before the challenge. */
  {
    g_autoptr (TestClient) client = test_connect_afresh (server, "u2");
    g_autoptr (TestProof) proof = test_proof_new ("n,,", "u2");

    test_hello (client, "u2");
    change_list (server, "u2 %s\n", new);
    test_auth (client, proof);
    test_respond (client, proof, "newpass");
    test_expect_connected2 (client);
  }
}

/* What was proved is no longer true: those who proved it are disconnected, and nobody else. */
static void
test_change_later (void)
{
  g_autoptr (TestServer) server = start ();
  g_autofree char *alice_verifier = test_verifier ("wonderland"), *bob_verifier = test_verifier ("builder"), *new = test_verifier ("new");
  g_autoptr (TestClient) alice = test_login_proved (server, "alice", "wonderland");
  g_autoptr (TestClient) phone = test_login_proved (server, "alice", "wonderland");
  g_autoptr (TestClient) bob = test_login_proved (server, "bob", "builder");
  g_autoptr (TestClient) carol = test_login2 (server, "carol");
  g_autoptr (TestClient) carol_base = test_login (server, "carol");
  g_autoptr (TestClient) again = NULL;

  change_list (server, "alice %s\nbob %s\ncarol\n", alice_verifier, bob_verifier);
  test_expect_nothing (alice);
  change_list (server, "alice %s\nbob %s\ncarol\n", new, bob_verifier);
  test_expect_error (alice, "not-allowed");
  test_expect_closed (alice);
  test_expect_error (phone, "not-allowed");
  test_expect_closed (phone);
  test_expect_nothing (bob);
  test_expect_nothing (carol);
  again = test_login_proved (server, "alice", "new");

  /* A first verifier: whoever came in without may not be who they say. */
  change_list (server, "alice %s\nbob %s\ncarol %s\n", new, bob_verifier, new);
  test_expect_error (carol, "not-allowed");
  test_expect_closed (carol);
  test_expect_closed (carol_base);
  test_expect_nothing (again);

  /* And none any more. */
  change_list (server, "alice\nbob %s\n", bob_verifier);
  test_expect_error (again, "not-allowed");
  test_expect_closed (again);
  test_expect_nothing (bob);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/auth-list/meanwhile", test_change_meanwhile);
  g_test_add_func ("/auth-list/later", test_change_later);

  return g_test_run ();
}
