/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The contract over TLS: the same as without it, and what an attacker may try with it. */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/util/client.h"
#include "tests/util/deadline.h"
#include "tests/util/server.h"

#define LIST    "alice\nbob\ncarol\n"
#define TLS     "server.tls-listen=127.0.0.1:0"
#define NO_RATE "limits.messages-per-second=0"

static void
start_chat (TestClient *a, const char *a_id, TestClient *b, const char *b_id)
{
  test_send (a, "CHAT_REQUEST %s", b_id);
  test_expect_started (a, b_id);
  test_expect_started (b, a_id);
}

/* Login, chat, history and the end, in base, each with TLS or without. */
static void
test_base (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, TLS, NULL);
  g_autoptr (TestClient) alice = test_login_tls (server, "alice");
  g_autoptr (TestClient) bob = test_login (server, "bob");

  g_assert_cmpstr (test_tls_get_version (test_client_tls (alice)), ==, "TLS1.3");
  start_chat (alice, "alice", bob, "bob");
  test_send (alice, "CHAT hello");
  test_expect (bob, "CHAT hello");
  test_send (bob, "CHAT_MESSAGE alice who reads along?");
  test_expect (alice, "CHAT who reads along?");
  test_send (alice, "HISTORY_REQ bob");
  test_expect (alice, "HISTORY_RESP From alice: hello");
  test_expect (alice, "HISTORY_RESP From bob: who reads along?");
  test_send (bob, "END_REQUEST alice");
  test_expect (alice, "END_NOTIF");
  test_expect_nothing (alice);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tls/base", test_base);
  return g_test_run ();
}
