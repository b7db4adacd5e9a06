/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What ./run shows where there is no display: a whole conversation in the terminal, with a real server. */
#include <gio/gio.h>

#include "tests/util/server.h"

static void
test_conversation (void)
{
  g_autoptr (TestServer) server = test_server_new ("alice\nbob\n", NULL);
  g_autofree char *address = NULL, *out = NULL, *err = NULL;
  const char *argv[] = { g_getenv ("WEBCHAT_DEMO"), NULL, "alice", "bob", NULL };
  g_autoptr (GError) error = NULL;
  int status;

  argv[1] = address = g_strdup (test_server_address (server, 0));
  g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, &err, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (err, ==, "");
  g_spawn_check_wait_status (status, &error);
  g_assert_no_error (error);
  g_assert_true (g_str_has_suffix (out, "both have logged out\n"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/client/demo/conversation", test_conversation);
  return g_test_run ();
}
