/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clients that end their messages with nothing at all, as the original's do. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/util/client.h"
#include "tests/util/server.h"

/* The original's IDs have five characters. */
#define LIST "alice\nbobby\ncarol\n"
#define GAP_US (10 * 1000)
#define SILENCE_US (200 * 1000)
#define TICK_US 2000 /* by how much clocks in milliseconds may be off */
#define ROUNDS 8

typedef struct
{
  TestServer *server;
  TestClient *alice; /* unframed */
  TestClient *bob;   /* unframed */
} Pair;

static void
set_up (Pair *p, gconstpointer data)
{
  p->server = test_server_new (LIST, "limits.messages-per-second=0", NULL);
  p->alice = test_login_unframed (p->server, "alice");
  p->bob = test_login_unframed (p->server, "bobby");
}

static void
tear_down (Pair *p, gconstpointer data)
{
  g_clear_pointer (&p->alice, test_client_free);
  g_clear_pointer (&p->bob, test_client_free);
  test_server_free (p->server);
}

static void
say (TestClient *client, const char *message)
{
  test_send_bytes (client, message, -1);
}

/* One read is one message, to the byte. */
static void
expect_read (TestClient *client, const char *message)
{
  g_assert_cmpstr (test_read_once (client, NULL, NULL), ==, message);
}

static guint64
expect_started (TestClient *client, const char *partner)
{
  const char *message = test_read_once (client, NULL, NULL);
  g_auto (GStrv) words = g_strsplit (message, " ", -1);
  guint64 session;

  g_assert_cmpuint (g_strv_length (words), ==, 3);
  g_assert_cmpstr (words[0], ==, "CHAT_STARTED");
  g_assert_true (g_ascii_string_to_unsigned (words[1], 10, 100000, G_MAXUINT64, &session, NULL));
  g_assert_cmpstr (words[2], ==, partner); /* and no line end after it */
  return session;
}

static void
start_chat (Pair *p)
{
  guint64 session;

  say (p->alice, "CHAT_REQUEST bobby");
  session = expect_started (p->alice, "bobby");
  g_assert_cmpuint (expect_started (p->bob, "alice"), ==, session);
}

/* The silence after HELLO is what tells; the answer cannot come before it. */
static void
test_hello (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autoptr (TestClient) alice = test_connect (server, "alice");
  gint64 before = g_get_monotonic_time (), when;

  say (alice, "HELLO alice");
  g_assert_cmpstr (test_read_once (alice, NULL, &when), ==, "CONNECTED");
  g_assert_cmpint (when - before, >=, SILENCE_US - TICK_US);
}

static void
test_hello_declined (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autoptr (TestClient) nobody = test_connect (server, "nobody");

  say (nobody, "HELLO nobod");
  test_expect_bytes (nobody, "DECLINED");
}

/* TRUE when the rest was sent well within the silence. */
static gboolean
try_framed_in_two (TestServer *server, const char *first, const char *rest)
{
  g_autoptr (TestClient) alice = test_connect (server, "alice");
  gint64 before = g_get_monotonic_time ();

  say (alice, first);
  say (alice, rest);
  if (g_get_monotonic_time () - before > SILENCE_US / 4)
    return FALSE;
  test_expect (alice, "CONNECTED"); /* with an LF */
  test_expect_nothing (alice);
  return TRUE;
}

/* More bytes within the silence: it is a framed client whose line came in two. */
static void
test_framed_in_two (void)
{
  static const char *const cuts[][2] = {
    { "HELLO alice", "\n" }, { "HELLO alice", "\r\n" }, { "HELLO alice\r", "\n" },
    { "HELLO al", "ice\n" }, { "H", "ELLO alice\n" },
  };
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cuts); i++)
    {
      guint attempts = 0;

      while (!try_framed_in_two (server, cuts[i][0], cuts[i][1]))
        g_assert_cmpuint (++attempts, <, 100);
    }
}

/* What is no complete HELLO is no unframed client, however long the silence: the login time-out ends it. */
static void
test_no_hello (void)
{
  static const char *const parts[] = { "HELLO ", "HELL", "CHAT hi", "HELLO ?" };
  g_autoptr (TestServer) server = test_server_new (LIST, "session.login-timeout=1", NULL);
  TestClient *clients[G_N_ELEMENTS (parts)];

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      clients[i] = test_connect (server, parts[i]);
      say (clients[i], parts[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      test_expect_bytes (clients[i], "DECLINED");
      test_client_free (clients[i]);
    }
}

/* The dialogue that two original clients have. */
static void
test_dialogue (Pair *p, gconstpointer data)
{
  start_chat (p);
  say (p->alice, "CHAT_MESSAGE bobby hello there");
  expect_read (p->bob, "CHAT  hello there");
  say (p->bob, "CHAT_MESSAGE alice hi");
  expect_read (p->alice, "CHAT  hi");
  say (p->alice, "CHAT by the other verb");
  expect_read (p->bob, "CHAT  by the other verb");
  say (p->alice, "END_REQUEST bobby");
  expect_read (p->bob, "END_NOTIF");
  say (p->alice, "CHAT_REQUEST carol");
  expect_read (p->alice, "UNREACHABLE");
  say (p->alice, "HISTORY_REQ bobby");
  test_expect_bytes (p->alice, "HISTORY_RESP From alice: hello there\n"
                               "HISTORY_RESP From bobby: hi\n"
                               "HISTORY_RESP From alice: by the other verb\n");
}

/* TIMEOUT is what the original sends after 15 s on its own clock. */
static void
test_timeout (Pair *p, gconstpointer data)
{
  say (p->alice, "TIMEOUT");
  expect_read (p->alice, "END_NOTIF");
  start_chat (p);
  say (p->bob, "TIMEOUT");
  expect_read (p->bob, "END_NOTIF");
  expect_read (p->alice, "END_NOTIF");
}

static void
test_trailing_line_end (Pair *p, gconstpointer data)
{
  start_chat (p);
  say (p->alice, "CHAT with LF\n");
  expect_read (p->bob, "CHAT  with LF");
  say (p->alice, "CHAT with CRLF\r\n");
  expect_read (p->bob, "CHAT  with CRLF");
  say (p->alice, "CHAT  spaces kept ");
  expect_read (p->bob, "CHAT   spaces kept ");
}

static void
test_errors (Pair *p, gconstpointer data)
{
  static const struct
  {
    const char *message;
    const char *answer;
  } wrong[] = {
    { "NONSENSE", "ERROR unknown-verb " }, { "CHAT_REQUEST", "ERROR bad-arguments " },
    { "CHAT \xff", "ERROR bad-text " },
    { "HISTORY_REQ nobod", "ERROR unknown-client " },
  };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      const char *answer;

      say (p->alice, wrong[i].message);
      answer = test_read_once (p->alice, NULL, NULL);
      g_assert_true (g_str_has_prefix (answer, wrong[i].answer));
      g_assert_null (strchr (answer, '\n'));
    }
  start_chat (p);
}

/* TRUE when each message came in a read of its own. */
static gboolean
read_apart (TestClient *client, const char *const *messages)
{
  for (; *messages != NULL; messages++)
    {
      const char *got = test_read_once (client, NULL, NULL);

      if (!g_str_equal (got, *messages))
        {
          g_autoptr (GString) rest = g_string_new (NULL);
          gsize missing;

          /* Nothing but that this client was scheduled too late may be the reason. */
          for (const char *const *left = messages; *left != NULL; left++)
            g_string_append (rest, *left);
          g_assert_true (g_str_has_prefix (rest->str, got));
          missing = rest->len - strlen (got);
          g_string_erase (rest, 0, (gssize) strlen (got));
          if (missing > 0)
            test_expect_bytes (client, rest->str);
          return FALSE;
        }
    }
  return TRUE;
}

/* However fast a sender is, an unframed receiver gets one read a message, 10 ms apart. */
static void
test_one_read_a_message (Pair *p, gconstpointer data)
{
  static const char *const messages[] = { "CHAT  1", "CHAT  2", "CHAT  3", "CHAT  4", "CHAT  5",
                                          "CHAT  6", "END_NOTIF", NULL };
  g_autoptr (TestClient) carol = test_login (p->server, "carol");

  for (guint round = 0; round < ROUNDS; round++)
    {
      gint64 before;
      gboolean apart;

      test_send (carol, "CHAT_REQUEST alice");
      test_expect_started (carol, "alice");
      expect_started (p->alice, "carol");
      before = g_get_monotonic_time ();
      test_send_bytes (carol, "CHAT 1\nCHAT 2\nCHAT 3\nCHAT 4\nCHAT 5\nCHAT 6\nEND_REQUEST alice\n", -1);
      apart = read_apart (p->alice, messages);
      /* This holds however slow this machine is. */
      g_assert_cmpint (g_get_monotonic_time () - before, >=, 6 * GAP_US - TICK_US);
      if (apart)
        return;
    }
  test_fail ("messages came together in every one of %d rounds", ROUNDS);
}

/* The same for the history, which the server has at hand all at once. */
static void
test_history_apart (Pair *p, gconstpointer data)
{
  g_autoptr (GPtrArray) messages = g_ptr_array_new_with_free_func (g_free);

  start_chat (p);
  for (guint i = 0; i < 12; i++)
    {
      g_autofree char *message = g_strdup_printf ("CHAT message %u", i);
      g_autofree char *received = g_strdup_printf ("CHAT  message %u", i);

      say (p->alice, message);
      expect_read (p->bob, received);
      g_ptr_array_add (messages, g_strdup_printf ("HISTORY_RESP From alice: message %u\n", i));
    }
  g_ptr_array_add (messages, NULL);

  for (guint round = 0; round < ROUNDS; round++)
    {
      gint64 before = g_get_monotonic_time ();
      gboolean apart;

      say (p->bob, "HISTORY_REQ alice");
      apart = read_apart (p->bob, (const char *const *) messages->pdata);
      g_assert_cmpint (g_get_monotonic_time () - before, >=, 11 * GAP_US - TICK_US);
      if (apart)
        return;
    }
  test_fail ("history came together in every one of %d rounds", ROUNDS);
}

/* An unframed client that goes away ends its chat like any other. */
static void
test_disconnect (Pair *p, gconstpointer data)
{
  start_chat (p);
  g_clear_pointer (&p->alice, test_client_free);
  expect_read (p->bob, "END_NOTIF");
}

static void
test_taken_over (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) newer = NULL;

  start_chat (p);
  newer = test_login_unframed (p->server, "alice");
  expect_read (p->alice, "END_NOTIF");
  g_assert_null (test_read_once (p->alice, NULL, NULL));
  expect_read (p->bob, "END_NOTIF");
}

static void
test_with_framed (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) carol = test_login (p->server, "carol");

  say (p->alice, "CHAT_REQUEST carol");
  expect_started (p->alice, "carol");
  test_expect_started (carol, "alice");
  say (p->alice, "CHAT  two spaces");
  test_expect (carol, "CHAT  two spaces");
  test_send (carol, "CHAT  two spaces back");
  expect_read (p->alice, "CHAT   two spaces back");
  test_send (carol, "HISTORY_REQ alice");
  test_expect (carol, "HISTORY_RESP From alice:  two spaces");
  test_expect (carol, "HISTORY_RESP From carol:  two spaces back");
  test_expect_nothing (carol);
}

/* A text with a line end reaches it as one message a line. */
static void
test_with_proto2 (Pair *p, gconstpointer data)
{
  g_autoptr (TestClient) carol = test_login2 (p->server, "carol");

  test_send (carol, "CHAT_REQUEST alice");
  test_expect_started (carol, "alice");
  expect_started (p->alice, "carol");
  test_send (carol, "@id=1 CHAT_MESSAGE alice one\\ntwo");
  test_expect_tagged (carol, "id=1;seq=1;time=*", "SENT alice");
  test_expect_bytes (p->alice, "CHAT  one" "CHAT  two");
  say (p->alice, "CHAT_MESSAGE carol back\\slash");
  test_expect_tagged (carol, "conv=alice;from=alice;seq=2;time=*;id=?", "CHAT back\\\\slash");
  say (p->alice, "HISTORY_REQ carol");
  test_expect_bytes (p->alice,
                     "HISTORY_RESP From carol: one\n"
                     "HISTORY_RESP From carol: two\n"
                     "HISTORY_RESP From alice: back\\slash\n");
}

#define ADD(path, func) g_test_add (path, Pair, NULL, set_up, func, tear_down)

/* Whether all of it was sent before the silence could have been one. */
static gboolean
say_hello_to_a_stopped_server (TestServer *server, TestClient *alice)
{
  gint64 before = g_get_monotonic_time ();
  siginfo_t stopped;

  test_send_bytes (alice, "HELLO alice", -1);
  test_client_free (test_login (server, "carol")); /* the server has seen these bytes, too */
  test_server_signal (server, SIGSTOP);
  g_assert_no_errno (waitid (P_PID, (id_t) test_server_pid (server), &stopped, WSTOPPED));
  test_send_bytes (alice, "\n", 1);
  return g_get_monotonic_time () - before < SILENCE_US * 3 / 4;
}

/* It is the client's silence that counts, not how long the server was kept from listening. */
static void
test_busy_server (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  gboolean in_time;

  do
    {
      g_autoptr (TestClient) alice = test_connect (server, "alice");

      in_time = say_hello_to_a_stopped_server (server, alice);
      g_usleep (SILENCE_US);
      test_server_signal (server, SIGCONT);
      if (in_time)
        test_expect (alice, "CONNECTED");
    }
  while (!in_time);
}

/* HELLO is complete so late that the silence after it lasts longer than the login time-out. The connection is declined, and
 * that is that: it takes nothing over from who is logged in. */
static void
test_too_late (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "session.login-timeout=1", NULL);
  g_autoptr (TestClient) alice = test_login (server, "alice");
  g_autoptr (TestClient) late = test_connect (server, "late");

  g_usleep (G_USEC_PER_SEC - SILENCE_US / 2);
  test_send_bytes (late, "HELLO alice", -1);
  test_expect (late, "DECLINED");
  test_expect_closed (late);
  test_client_free (test_login_unframed (server, "carol")); /* a silence that began later is over */
  test_expect_nothing (alice);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/unframed/hello", test_hello);
  g_test_add_func ("/unframed/hello-declined", test_hello_declined);
  g_test_add_func ("/unframed/framed-in-two", test_framed_in_two);
  g_test_add_func ("/unframed/no-hello", test_no_hello);
  g_test_add_func ("/unframed/busy-server", test_busy_server);
  g_test_add_func ("/unframed/too-late", test_too_late);
  ADD ("/unframed/dialogue", test_dialogue);
  ADD ("/unframed/timeout", test_timeout);
  ADD ("/unframed/trailing-line-end", test_trailing_line_end);
  ADD ("/unframed/errors", test_errors);
  ADD ("/unframed/one-read-a-message", test_one_read_a_message);
  ADD ("/unframed/history-apart", test_history_apart);
  ADD ("/unframed/disconnect", test_disconnect);
  ADD ("/unframed/taken-over", test_taken_over);
  ADD ("/unframed/with-framed", test_with_framed);
  ADD ("/unframed/with-proto2", test_with_proto2);
  return g_test_run ();
}
