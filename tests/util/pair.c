/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/util/pair.h"

void
pair_set_up (Pair *p, gconstpointer data)
{
  p->server = test_server_new (PAIR_LIST, "limits.messages-per-second=0", NULL);
  p->alice = test_login2 (p->server, "alice");
  p->bob = test_login2 (p->server, "bob");
}

void
pair_tear_down (Pair *p, gconstpointer data)
{
  g_clear_pointer (&p->alice, test_client_free);
  g_clear_pointer (&p->bob, test_client_free);
  test_server_free (p->server);
}
