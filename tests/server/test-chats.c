/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chats of base clients: how they begin, whom they keep from others, how they end. */
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "tests/util/client.h"
#include "tests/util/server.h"

#define LIST "alice\nbob\ncarol\ndave\n"

typedef struct
{
  TestServer *server;
  TestClient *alice;
  TestClient *bob;
  TestClient *carol;
} People;

static void
set_up (People *p, gconstpointer data)
{
  p->server = test_server_new (LIST, "limits.messages-per-second=0", NULL);
  p->alice = test_login (p->server, "alice");
  p->bob = test_login (p->server, "bob");
  p->carol = test_login (p->server, "carol");
}

static void
tear_down (People *p, gconstpointer data)
{
  g_clear_pointer (&p->alice, test_client_free);
  g_clear_pointer (&p->bob, test_client_free);
  g_clear_pointer (&p->carol, test_client_free);
  test_server_free (p->server);
}

static guint64
start_chat (TestClient *a, const char *a_id, TestClient *b, const char *b_id)
{
  guint64 session;

  test_send (a, "CHAT_REQUEST %s", b_id);
  session = test_expect_started (a, b_id);
  g_assert_cmpuint (test_expect_started (b, a_id), ==, session);
  return session;
}

static void
start_alice_bob (People *p)
{
  start_chat (p->alice, "alice", p->bob, "bob");
}

static void
check_chat_goes_on (People *p)
{
  test_send (p->alice, "CHAT going on");
  test_expect (p->bob, "CHAT going on");
  test_send (p->bob, "CHAT indeed");
  test_expect (p->alice, "CHAT indeed");
}

static void
check_both_free (People *p)
{
  test_expect_nothing (p->alice);
  test_expect_nothing (p->bob);
  start_chat (p->bob, "bob", p->alice, "alice");
}

static void
test_start (People *p, gconstpointer data)
{
  start_alice_bob (p);
  check_chat_goes_on (p);
}

static void
test_sessions_rise (People *p, gconstpointer data)
{
  guint64 last = 0;

  for (guint i = 0; i < 5; i++)
    {
      guint64 session = start_chat (p->alice, "alice", p->bob, "bob");

      g_assert_cmpuint (session, >, last);
      last = session;
      test_send (p->alice, "END_REQUEST bob");
      test_expect (p->bob, "END_NOTIF");
      test_expect_nothing (p->alice);
    }
}

/* Not on the list, not connected, oneself. */
static void
test_unreachable (People *p, gconstpointer data)
{
  static const char *const whom[] = { "nobody", "dave", "alice", "Bob", "bobb", "bo" };

  for (guint i = 0; i < G_N_ELEMENTS (whom); i++)
    {
      test_send (p->alice, "CHAT_REQUEST %s", whom[i]);
      test_expect (p->alice, "UNREACHABLE");
    }
  start_alice_bob (p);
}

static void
test_busy (People *p, gconstpointer data)
{
  start_alice_bob (p);
  test_send (p->carol, "CHAT_REQUEST alice");
  test_expect (p->carol, "UNREACHABLE");
  test_send (p->carol, "CHAT_REQUEST bob");
  test_expect (p->carol, "UNREACHABLE");
  check_chat_goes_on (p);
}

/* Whoever asks while in a chat, whomever for. */
static void
test_asking_in_a_chat (People *p, gconstpointer data)
{
  static const char *const whom[] = { "carol", "bob", "alice", "dave", "nobody" };

  start_alice_bob (p);
  for (guint i = 0; i < G_N_ELEMENTS (whom); i++)
    {
      test_send (p->alice, "CHAT_REQUEST %s", whom[i]);
      test_expect (p->alice, "UNREACHABLE");
    }
  test_expect_nothing (p->carol);
  check_chat_goes_on (p);
}

static void
test_end (People *p, gconstpointer data)
{
  start_alice_bob (p);
  test_send (p->alice, "END_REQUEST bob");
  test_expect (p->bob, "END_NOTIF");
  check_both_free (p);
}

/* It ends for who did not start it just the same. */
static void
test_end_by_the_other (People *p, gconstpointer data)
{
  start_alice_bob (p);
  test_send (p->bob, "END_REQUEST alice");
  test_expect (p->alice, "END_NOTIF");
  check_both_free (p);
}

static void
test_end_of_no_chat (People *p, gconstpointer data)
{
  static const char *const whom[] = { "bob", "dave" };

  for (guint i = 0; i < G_N_ELEMENTS (whom); i++)
    {
      test_send (p->alice, "END_REQUEST %s", whom[i]);
      test_expect (p->alice, "END_NOTIF");
    }
  test_expect_nothing (p->bob);
}

/* The chat with bob is not the chat with carol. */
static void
test_end_of_another_chat (People *p, gconstpointer data)
{
  start_alice_bob (p);
  test_send (p->alice, "END_REQUEST carol");
  test_expect (p->alice, "END_NOTIF");
  test_expect_nothing (p->carol);
  check_chat_goes_on (p);
}

static void
test_timeout (People *p, gconstpointer data)
{
  start_alice_bob (p);
  test_send (p->alice, "TIMEOUT");
  test_expect (p->alice, "END_NOTIF");
  test_expect (p->bob, "END_NOTIF");
  check_both_free (p);
}

static void
test_timeout_of_no_chat (People *p, gconstpointer data)
{
  test_send (p->alice, "TIMEOUT");
  test_expect (p->alice, "END_NOTIF");
  test_expect_nothing (p->bob);
  test_expect_nothing (p->carol);
  test_expect_nothing (p->alice);
}

static void
test_disconnect (People *p, gconstpointer data)
{
  start_alice_bob (p);
  g_clear_pointer (&p->alice, test_client_free);
  test_expect (p->bob, "END_NOTIF");
  start_chat (p->carol, "carol", p->bob, "bob");
}

static void
test_crash (People *p, gconstpointer data)
{
  start_alice_bob (p);
  test_client_reset (g_steal_pointer (&p->alice));
  test_expect (p->bob, "END_NOTIF");
  start_chat (p->bob, "bob", p->carol, "carol");
}

static void
test_take_over (People *p, gconstpointer data)
{
  g_autoptr (TestClient) newer = test_login (p->server, "alice");

  test_expect_closed (p->alice);
  start_chat (newer, "alice", p->bob, "bob");
}

static void
test_take_over_in_a_chat (People *p, gconstpointer data)
{
  g_autoptr (TestClient) newer = NULL;

  start_alice_bob (p);
  newer = test_login (p->server, "alice");
  test_expect (p->alice, "END_NOTIF");
  test_expect_closed (p->alice);
  test_expect (p->bob, "END_NOTIF");
  test_expect_nothing (newer);
  start_chat (newer, "alice", p->bob, "bob");
}

/* The lines up to the answer to a barrier that was sent already, and to the CHAT_STARTED. Returns
 * its session. */
static guint64
read_crossing (TestClient *client, guint *n_unreachable)
{
  guint64 session = 0;
  gboolean answered = FALSE;

  while (session == 0 || !answered)
    {
      const char *line = test_line (client);

      if (g_str_has_prefix (line, "CHAT_STARTED "))
        {
          g_assert_cmpuint (session, ==, 0);
          session = g_ascii_strtoull (line + strlen ("CHAT_STARTED "), NULL, 10);
        }
      else if (g_str_equal (line, "UNREACHABLE"))
        (*n_unreachable)++;
      else
        answered = g_str_has_prefix (line, "ERROR unknown-verb ");
    }
  return session;
}

/* Both ask at once: one chat comes of it, and who asked second was in it already. */
static void
test_crossing_requests (People *p, gconstpointer data)
{
  for (guint i = 0; i < 20; i++)
    {
      guint n_unreachable = 0;
      guint64 session;

      test_send_bytes (p->alice, "CHAT_REQUEST bob\nBARRIER\n", -1);
      test_send_bytes (p->bob, "CHAT_REQUEST alice\nBARRIER\n", -1);
      session = read_crossing (p->alice, &n_unreachable);
      g_assert_cmpuint (session, >=, 100000);
      g_assert_cmpuint (read_crossing (p->bob, &n_unreachable), ==, session);
      g_assert_cmpuint (n_unreachable, ==, 1);
      test_send (p->alice, "TIMEOUT");
      test_expect (p->alice, "END_NOTIF");
      test_expect (p->bob, "END_NOTIF");
    }
}

static void
check_session_is_new (TestServer *server, guint64 *last)
{
  g_autoptr (TestClient) alice = test_login (server, "alice");
  g_autoptr (TestClient) bob = test_login (server, "bob");
  guint64 session = start_chat (alice, "alice", bob, "bob");

  g_assert_cmpuint (session, >, *last);
  *last = session;
}

/* A number is never used twice while the data lives, whatever ends the server. */
static void
test_sessions_after_restart (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  guint64 last = 99999;

  check_session_is_new (server, &last);
  for (guint i = 0; i < 3; i++)
    {
      test_server_crash_and_restart (server);
      check_session_is_new (server, &last);
      g_assert_cmpint (test_server_stop (server, SIGTERM), ==, 0);
      test_server_start (server);
      check_session_is_new (server, &last);
    }
}

static void
test_idle (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "session.idle-timeout=1", NULL);
  g_autoptr (TestClient) alice = test_login (server, "alice");
  g_autoptr (TestClient) bob = test_login (server, "bob");
  gint64 before = g_get_monotonic_time ();

  start_chat (alice, "alice", bob, "bob");
  test_expect (alice, "END_NOTIF");
  test_expect (bob, "END_NOTIF");
  g_assert_cmpint (g_get_monotonic_time () - before, >=, 990 * 1000);
  start_chat (bob, "bob", alice, "alice");
}

/* A message puts the end off: it comes a whole time-out after the last one. FALSE when this machine
 * was too slow to tell. */
static gboolean
try_idle_after_message (TestServer *server)
{
  g_autoptr (TestClient) alice = test_login (server, "alice");
  g_autoptr (TestClient) bob = test_login (server, "bob");
  struct pollfd poll_fd = { .events = POLLIN };
  gint64 start = g_get_monotonic_time (), sent;

  start_chat (alice, "alice", bob, "bob");
  poll_fd.fd = test_client_fd (bob);
  g_assert_true (poll (&poll_fd, 1, 600) == 0 || g_get_monotonic_time () - start > 900 * 1000);
  sent = g_get_monotonic_time ();
  if (sent - start > 800 * 1000)
    return FALSE;
  test_send (alice, "CHAT still there?");
  test_expect (bob, "CHAT still there?");
  test_expect (bob, "END_NOTIF");
  g_assert_cmpint (g_get_monotonic_time () - sent, >=, 990 * 1000);
  test_expect (alice, "END_NOTIF");
  return TRUE;
}

static void
test_idle_after_message (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "session.idle-timeout=1", NULL);

  for (guint i = 0; i < 20; i++)
    if (try_idle_after_message (server))
      return;
  g_test_skip ("this machine was too busy to keep time");
}

#define ADD(path, func) g_test_add (path, People, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/chats/start", test_start);
  ADD ("/chats/sessions-rise", test_sessions_rise);
  ADD ("/chats/unreachable", test_unreachable);
  ADD ("/chats/busy", test_busy);
  ADD ("/chats/asking-in-a-chat", test_asking_in_a_chat);
  ADD ("/chats/end", test_end);
  ADD ("/chats/end-by-the-other", test_end_by_the_other);
  ADD ("/chats/end-of-no-chat", test_end_of_no_chat);
  ADD ("/chats/end-of-another-chat", test_end_of_another_chat);
  ADD ("/chats/timeout", test_timeout);
  ADD ("/chats/timeout-of-no-chat", test_timeout_of_no_chat);
  ADD ("/chats/disconnect", test_disconnect);
  ADD ("/chats/crash", test_crash);
  ADD ("/chats/take-over", test_take_over);
  ADD ("/chats/take-over-in-a-chat", test_take_over_in_a_chat);
  ADD ("/chats/crossing-requests", test_crossing_requests);
  g_test_add_func ("/chats/sessions-after-restart", test_sessions_after_restart);
  g_test_add_func ("/chats/idle", test_idle);
  g_test_add_func ("/chats/idle-after-message", test_idle_after_message);
  return g_test_run ();
}
