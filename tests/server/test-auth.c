/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proving who one is: those who may come in, and those who may not. */
#include <signal.h>
#include <string.h>

#include "tests/util/client.h"
#include "tests/util/proof.h"
#include "tests/util/server.h"

/* alice and bob have passwords, carol has none. */
static char *
make_list (void)
{
  g_autofree char *alice = test_verifier ("wonderland");
  g_autofree char *bob = test_verifier ("builder");

  return g_strdup_printf ("alice %s\nbob %s\ncarol\n", alice, bob);
}

static TestServer *
start (const char *mode)
{
  g_autofree char *list = make_list ();
  g_autofree char *entry = g_strconcat ("auth.mode=", mode, NULL);

  return test_server_new (list, entry, NULL);
}

/* In both modes whoever has a password proves it, and talks with the others as ever. */
static void
test_proved (gconstpointer mode)
{
  g_autoptr (TestServer) server = start (mode);
  g_autoptr (TestClient) alice = test_login_proved (server, "alice", "wonderland");
  g_autoptr (TestClient) bob = test_login_proved (server, "bob", "builder");

  test_expect_nothing (alice);
  test_send (alice, "@id=1 CHAT_MESSAGE bob hello");
  test_expect_tagged (alice, "id=1;seq=1;time=*", "SENT bob");
  test_expect_tagged (bob, "conv=alice;from=alice;seq=1;time=*;id=1", "CHAT hello");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/auth/proved/open", "open", test_proved);
  g_test_add_data_func ("/auth/proved/required", "required", test_proved);

  return g_test_run ();
}
