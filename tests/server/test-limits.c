/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What nobody can get more of than the config gives. */
#include <string.h>

#include "tests/util/client.h"
#include "tests/util/deadline.h"
#include "tests/util/server.h"

#define LIST "alice\nbob\ncarol\ndave\nerin\n"
#define NO_RATE "limits.messages-per-second=0"

static void
start_chat (TestClient *a, const char *a_id, TestClient *b, const char *b_id)
{
  test_send (a, "CHAT_REQUEST %s", b_id);
  test_expect_started (a, b_id);
  test_expect_started (b, a_id);
}

/* Rate */

static void
test_rate (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "limits.messages-per-second=1",
                                                   "limits.messages-burst=20", NULL);
  g_autoptr (TestClient) alice = test_login2 (server, "alice");
  g_autoptr (TestClient) bob = test_login2 (server, "bob");
  g_autoptr (GString) all = g_string_new (NULL);
  g_autoptr (GHashTable) sent = g_hash_table_new (g_str_hash, g_str_equal);
  gint64 before = g_get_monotonic_time ();
  const guint n = 60;
  guint n_seconds;

  for (guint i = 0; i < n; i++)
    g_string_append_printf (all, "@id=%u CHAT_MESSAGE bob x\n", i);
  test_send_bytes (alice, all->str, (gssize) all->len);
  for (guint i = 0; i < n; i++)
    {
      const char *line = test_line (alice);

      if (strstr (line, " SENT bob") != NULL)
        {
          g_assert_true (g_hash_table_add (sent, (char *) test_tag (alice, "id")));
          test_expect_prefix (alice, "DELIVERED bob ");
        }
      else
        {
          g_assert_nonnull (strstr (line, " ERROR rate-limited "));
          g_assert_nonnull (test_tag (alice, "id"));
        }
    }
  /* A burst is let through, HELLO perhaps counted, and no more than that and one a second. */
  n_seconds = (guint) ((g_get_monotonic_time () - before) / G_USEC_PER_SEC) + 1;
  g_assert_cmpuint (g_hash_table_size (sent), >=, 19);
  g_assert_cmpuint (g_hash_table_size (sent), <=, 20 + n_seconds);
  /* What was refused did not reach bob; what was sent did. */
  for (guint i = g_hash_table_size (sent); i > 0; i--)
    {
      g_assert_nonnull (strstr (test_line (bob), " CHAT x"));
      g_assert_true (g_hash_table_contains (sent, test_tag (bob, "id")));
    }
  test_expect_nothing (bob);
}

/* Sends n messages in one go. Returns how many of them got SENT; wait gets what the last refusal said, in ms. */
static guint
send_many (TestClient *alice, guint n, guint64 *wait)
{
  g_autoptr (GString) all = g_string_new (NULL);
  guint n_sent = 0, n_answered = 0;

  for (guint i = 0; i < n; i++)
    g_string_append_printf (all, "@id=%" G_GINT64_FORMAT "-%u CHAT_MESSAGE bob x\n", g_get_monotonic_time (), i);
  test_send_bytes (alice, all->str, (gssize) all->len);
  while (n_answered < n)
    {
      const char *line = test_line (alice);

      if (strstr (line, " SENT bob") != NULL)
        n_sent++;
      else
        {
          g_assert_nonnull (strstr (line, " ERROR rate-limited at most 20 messages a second: try again in 0."));
          *wait = test_tag_uint (alice, "wait");
          g_assert_cmpuint (*wait, >, 0);
          g_assert_cmpuint (*wait, <=, 500);
        }
      n_answered++;
    }
  return n_sent;
}

/* A refusal says for how long nothing more is taken; nothing is until then, and something is at once then. */
static void
test_rate_wait (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "limits.messages-burst=30", NULL);
  g_autoptr (TestClient) alice = test_login2 (server, "alice");
  gint64 begin = g_get_monotonic_time ();
  guint64 wait = 0, ignored = 0;
  guint more;

  g_assert_cmpuint (send_many (alice, 100, &wait), >=, 30);
  more = send_many (alice, 1, &ignored);
  if (g_get_monotonic_time () < begin + 450 * G_TIME_SPAN_MILLISECOND)
    g_assert_cmpuint (more, ==, 0); /* 0.05 s are enough for a message, but not after a refusal */
  g_usleep (wait * 1000);
  g_assert_cmpuint (send_many (alice, 9, &ignored), ==, 9);
}

static void
test_rate_base (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "limits.messages-per-second=1",
                                                   "limits.messages-burst=10", NULL);
  g_autoptr (TestClient) alice = test_login (server, "alice");
  g_autoptr (TestClient) bob = test_login (server, "bob");
  g_autoptr (GString) all = g_string_new (NULL);

  start_chat (alice, "alice", bob, "bob");
  for (guint i = 0; i < 40; i++)
    g_string_append (all, "CHAT x\n");
  test_send_bytes (alice, all->str, (gssize) all->len);
  test_expect (bob, "CHAT x");
  test_expect_prefix (alice, "ERROR rate-limited at most 1 message a second: try again in ");
  /* The connection lives on, and bob's own allowance is untouched. */
  test_send (bob, "CHAT y");
  while (!g_str_equal (test_line (alice), "CHAT y"))
    ;
}

/* What else is asked for in masses is all answered, in its order, but not at any speed; meanwhile others are served. */
static void
test_requests (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  g_autoptr (TestClient) alice = test_login2 (server, "alice");
  g_autoptr (TestClient) bob = test_login (server, "bob");
  g_autoptr (TestClient) carol = test_login (server, "carol");
  g_autoptr (GString) all = g_string_new (NULL);
  gint64 begin = g_get_monotonic_time ();
  const guint n = 4000;

  for (guint i = 0; i < n; i++)
    g_string_append_printf (all, "PING %u\n", i);
  test_send_bytes (alice, all->str, (gssize) all->len);
  start_chat (bob, "bob", carol, "carol");
  for (guint i = 0; i < n; i++)
    test_expect (alice, "PONG %u", i);
  /* 2,000 at once, and 1,000 a second. */
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, 1500 * G_TIME_SPAN_MILLISECOND);
  test_expect_nothing (bob);
}

/* Who comes and goes all the time is not told to everybody each time; but how it is in the end is. */
static void
test_flapping (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NO_RATE, NULL);
  g_autoptr (TestClient) alice = test_login2 (server, "alice");
  g_autoptr (TestClient) bob = NULL;
  g_autoptr (TestClient) carol = NULL;
  gboolean bob_is_there = FALSE, carol_is_there = FALSE;
  guint n_lines = 0;
  const guint n = 500;

  test_send (alice, "CLIENTS");
  while (!g_str_equal (test_line (alice), "CLIENTS_END"))
    ;
  for (guint i = 0; i < n; i++)
    test_client_reset (test_login2 (server, "bob"));
  bob = test_login2 (server, "bob");
  carol = test_login2 (server, "carol");
  while (!bob_is_there || !carol_is_there)
    {
      const char *line = test_line (alice);

      g_assert_true (g_str_has_prefix (line, "PRESENCE "));
      bob_is_there = g_str_has_prefix (line, "PRESENCE bob ") ? g_str_has_suffix (line, " online") : bob_is_there;
      carol_is_there |= g_str_equal (line, "PRESENCE carol online");
      n_lines++;
    }
  g_test_message ("%u lines", n_lines);
  g_assert_cmpuint (n_lines, <, 2 * n);
}

static void
test_no_rate_limit (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NO_RATE, NULL);
  g_autoptr (TestClient) alice = test_login (server, "alice");
  g_autoptr (TestClient) bob = test_login (server, "bob");
  g_autoptr (GString) all = g_string_new (NULL);

  start_chat (alice, "alice", bob, "bob");
  for (guint i = 0; i < 3000; i++)
    g_string_append_printf (all, "CHAT %u\n", i);
  test_send_bytes (alice, all->str, (gssize) all->len);
  for (guint i = 0; i < 3000; i++)
    test_expect (bob, "CHAT %u", i);
  test_expect_nothing (alice);
}

/* Connections */

/* Whether a login is let in; a connection that is refused may be told so, or just be closed. */
static gboolean
gets_in (TestServer *server, const char *id, const char *local_host, TestClient **client)
{
  *client = test_connect_to (id, test_server_host (server, 0), test_server_port (server, 0), local_host);
  test_send (*client, "HELLO %s", id);
  return g_strcmp0 (test_line_or_end (*client), "CONNECTED") == 0;
}

/* A place that became free can be taken, soon. */
static void
wait_for_a_place (TestServer *server, const char *id, const char *local_host)
{
  gint64 deadline = test_deadline ();
  gboolean in;

  do
    {
      TestClient *client;

      in = gets_in (server, id, local_host, &client);
      test_client_free (client);
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    }
  while (!in);
}

static void
test_max_connections (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "limits.max-connections=3", NULL);
  g_autoptr (TestClient) alice = test_login (server, "alice");
  g_autoptr (TestClient) bob = test_login (server, "bob");
  g_autoptr (TestClient) carol = test_login (server, "carol");
  g_autoptr (TestClient) dave = test_connect (server, "dave");

  test_send (dave, "HELLO dave");
  test_expect_nothing (alice);
  /* It is turned away or made to wait; it does not get in. */
  if (test_client_is_readable (dave))
    g_assert_cmpstr (test_line_or_end (dave), !=, "CONNECTED");
  start_chat (alice, "alice", bob, "bob");
  g_clear_pointer (&dave, test_client_free);
  g_clear_pointer (&carol, test_client_free);
  wait_for_a_place (server, "erin", NULL);
  test_send (alice, "CHAT still here");
  test_expect (bob, "CHAT still here");
}

/* Those who say nothing do not keep others out until their time to log in is over: whoever has been silent for longest makes room. */
static void
test_silent_make_room (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "limits.max-connections=3", "session.login-timeout=600", NULL);
  g_autoptr (TestClient) alice = test_login (server, "alice");
  g_autoptr (TestClient) first = test_connect (server, "first");
  g_autoptr (TestClient) second = NULL;
  TestClient *bob = NULL;
  gint64 deadline = test_deadline ();

  test_expect_nothing (alice);
  second = test_connect (server, "second");
  while (!gets_in (server, "bob", NULL, &bob))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      test_client_free (bob);
    }
  test_expect_closed (first);
  start_chat (alice, "alice", bob, "bob");
  test_send_bytes (second, "HELLO carol\n", -1);
  test_expect (second, "CONNECTED");
  test_client_free (bob);
}

/* Whoever was turned away takes nobody's place, though it stays and listens. */
static void
test_turned_away (gconstpointer limit)
{
  g_autoptr (TestServer) server = test_server_new (LIST, limit, NULL);
  g_autoptr (TestClient) alice = test_login2 (server, "alice");
  g_autoptr (TestClient) bob = test_login (server, "bob");
  g_autoptr (TestClient) dave = test_connect (server, "dave");
  g_autoptr (TestClient) erin = NULL;

  test_expect_error (dave, "busy");
  test_send (alice, "CLIENTS");
  while (!g_str_equal (test_line (alice), "CLIENTS_END"))
    ;
  test_client_reset (g_steal_pointer (&bob)); /* gone at once, so that its place is free when alice hears of it */
  test_expect (alice, "PRESENCE bob offline");
  g_assert_true (gets_in (server, "erin", NULL, &erin));
}

static void
test_per_address (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "limits.max-connections-per-address=2", NULL);
  TestClient *alice, *bob, *carol, *dave;

  g_assert_true (gets_in (server, "alice", "127.0.0.2", &alice));
  g_assert_true (gets_in (server, "bob", "127.0.0.2", &bob));
  g_assert_false (gets_in (server, "carol", "127.0.0.2", &carol));
  g_assert_true (gets_in (server, "dave", "127.0.0.3", &dave));
  start_chat (alice, "alice", dave, "dave");
  test_client_free (bob);
  wait_for_a_place (server, "erin", "127.0.0.2");
  test_client_free (alice);
  test_client_free (carol);
  test_client_free (dave);
}

/* Slow readers */

/* bob reads nothing and is dropped; everybody else does not notice. */
static void
test_slow_reader (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NO_RATE, "limits.send-queue-bytes=65536", NULL);
  g_autoptr (TestClient) alice = test_login2 (server, "alice");
  g_autoptr (TestClient) bob = test_connect_narrow (server, "bob");
  g_autoptr (TestClient) carol = test_login (server, "carol");
  g_autoptr (TestClient) dave = test_login (server, "dave");
  g_autofree char *text = g_strnfill (8000, 's');
  gboolean dropped = FALSE;
  guint64 last = 0, delivered = 0;

  test_send (bob, "HELLO bob 2");
  test_expect_connected2 (bob);
  start_chat (carol, "carol", dave, "dave");
  test_send (alice, "CHAT_REQUEST bob");
  test_expect_started (alice, "bob");
  for (guint i = 0; i < 4000 && !dropped; i++)
    {
      const char *line;

      test_send (alice, "@id=%u CHAT_MESSAGE bob %s", i, text);
      while (g_str_equal (line = test_line (alice), "END_NOTIF bob"))
        dropped = TRUE;
      g_assert_true (g_str_has_suffix (line, " SENT bob"));
      g_assert_cmpuint (test_tag_uint (alice, "seq"), ==, ++last);
      test_send (alice, "PING %u", i);
      while (!g_str_has_prefix (line = test_line (alice), "PONG "))
        if (g_str_equal (line, "END_NOTIF bob"))
          dropped = TRUE;
        else
          {
            g_autofree char *wanted = g_strdup_printf ("DELIVERED bob %" G_GUINT64_FORMAT, ++delivered);

            g_assert_cmpstr (line, ==, wanted); /* each, until bob is behind; from then on none */
          }
      test_send (carol, "CHAT %u", i);
      test_expect (dave, "CHAT %u", i);
    }
  g_assert_true (dropped);
  g_assert_cmpuint (delivered, <, last);

  /* What reached bob before is in order; then comes the end. */
  test_expect_started (bob, "alice");
  for (guint64 seq = 1;; seq++)
    {
      const char *line = test_line_or_end (bob);

      if (line == NULL)
        {
          g_assert_cmpuint (seq, <=, delivered + 1);
          break;
        }
      g_assert_cmpuint (test_tag_uint (bob, "seq"), ==, seq);
    }

  /* Back again, bob reads what was missed. */
  g_clear_pointer (&bob, test_client_free);
  bob = test_login2 (server, "bob");
  test_send (bob, "@limit=1 HISTORY_REQ alice");
  test_expect_prefix (bob, "@");
  g_assert_cmpuint (test_tag_uint (bob, "seq"), ==, last);
}

/* Who asks for more than it reads is dropped as well, or not read any more; memory stays bounded
 * and others are served. */
static void
test_greedy_reader (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NO_RATE, "limits.send-queue-bytes=65536", NULL);
  g_autoptr (TestClient) alice = test_login2 (server, "alice");
  g_autoptr (TestClient) bob = test_connect_narrow (server, "bob");
  g_autofree char *text = g_strnfill (8000, 'g');
  g_autofree char *statm_file = g_strdup_printf ("/proc/%d/statm", test_server_pid (server));
  g_autofree char *statm = NULL;
  guint64 pages;

  for (guint i = 1; i <= 200; i++)
    {
      test_send (alice, "@id=%u CHAT_MESSAGE bob %s", i, text);
      test_expect_prefix (alice, "@id=");
    }
  test_send (bob, "HELLO bob 2");
  test_expect_connected2 (bob);
  /* 400 answers of 1.6 MB each. */
  for (guint i = 0; i < 400; i++)
    test_send (bob, "@limit=200 HISTORY_REQ alice");
  for (guint i = 0; i < 200; i++)
    test_expect_nothing (alice);
  g_assert_true (g_file_get_contents (statm_file, &statm, NULL, NULL));
  pages = g_ascii_strtoull (strchr (statm, ' '), NULL, 10);
  g_assert_cmpuint (pages * 4096, <, 400 * 1024 * 1024);
}

/* Who asks much at once, and reads all the answers, is not behind. */
static void
test_many_at_once (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NO_RATE, "limits.send-queue-bytes=16384", NULL);
  g_autoptr (TestClient) alice = test_login (server, "alice");
  g_autoptr (GString) all = g_string_new (NULL);
  const guint n = 1000;

  for (guint i = 0; i < n; i++)
    g_string_append (all, "SHOUT\n");
  test_send_bytes (alice, all->str, (gssize) all->len);
  for (guint i = 0; i < n; i++)
    test_expect_error (alice, "unknown-verb");
  test_expect_nothing (alice);
}

/* What the store has committed in one go is more than the queue holds; bob, who reads, gets all of it. */
static void
test_many_stored_at_once (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NO_RATE, "limits.send-queue-bytes=65536", NULL);
  g_autoptr (TestClient) alice = test_login2 (server, "alice");
  g_autoptr (TestClient) bob = test_login2 (server, "bob");
  g_autofree char *text = g_strnfill (1000, 'b');
  g_autoptr (GString) all = g_string_new (NULL);
  const guint n = 110;

  for (guint i = 0; i < n; i++)
    g_string_append_printf (all, "CHAT_MESSAGE bob %s\n", text);
  test_send_bytes (alice, all->str, (gssize) all->len);
  for (guint i = 1; i <= n; i++)
    {
      g_autofree char *tags = g_strdup_printf ("conv=alice;from=alice;seq=%u;time=*", i);

      test_expect_tagged (bob, tags, "CHAT %s", text);
    }
}

/* Nor is who asks for a history whose messages are about as long as the queue. */
static void
test_long_messages (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NO_RATE, "limits.send-queue-bytes=16384", NULL);
  g_autoptr (TestClient) alice = test_login2 (server, "alice");
  g_autoptr (TestClient) bob = NULL;
  g_autofree char *shorter = g_strnfill (3000, 's'), *longer = g_strnfill (16000, '\\');

  test_send (alice, "CHAT_MESSAGE bob %s", shorter);
  test_send (alice, "CHAT_MESSAGE bob %s", longer);
  test_expect_tagged (alice, "seq=1;time=*", "SENT bob");
  test_expect_tagged (alice, "seq=2;time=*", "SENT bob");
  bob = test_login2 (server, "bob");
  for (guint i = 0; i < 10; i++)
    {
      test_send (bob, "HISTORY_REQ alice");
      test_expect_tagged (bob, "seq=1;from=alice;time=*", "HISTORY_RESP %s", shorter);
      test_expect_tagged (bob, "seq=2;from=alice;time=*", "HISTORY_RESP %s", longer);
      test_expect_tagged (bob, "count=2;last=2;more=0", "HISTORY_END alice");
    }
}

/* A sender that outruns the store is slowed, not refused and not forgotten. */
static void
test_fast_sender (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, NO_RATE, NULL);
  g_autoptr (TestClient) alice = test_login2 (server, "alice");
  g_autofree char *text = g_strnfill (2000, 'f');
  g_autoptr (GString) block = g_string_new (NULL);
  const guint n_blocks = 40, block_size = 250;

  for (guint b = 0; b < n_blocks; b++)
    {
      g_string_truncate (block, 0);
      for (guint i = 0; i < block_size; i++)
        g_string_append_printf (block, "@id=%u CHAT_MESSAGE bob %s\n", b * block_size + i + 1, text);
      test_send_bytes (alice, block->str, (gssize) block->len);
    }
  for (guint i = 1; i <= n_blocks * block_size; i++)
    {
      g_autofree char *tags = g_strdup_printf ("id=%u;seq=%u;time=*", i, i);

      test_expect_tagged (alice, tags, "SENT bob");
    }
  test_expect_nothing (alice);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/limits/rate", test_rate);
  g_test_add_func ("/limits/rate-wait", test_rate_wait);
  g_test_add_func ("/limits/rate-base", test_rate_base);
  g_test_add_func ("/limits/requests", test_requests);
  g_test_add_func ("/limits/flapping", test_flapping);
  g_test_add_func ("/limits/no-rate-limit", test_no_rate_limit);
  g_test_add_func ("/limits/max-connections", test_max_connections);
  g_test_add_func ("/limits/silent-make-room", test_silent_make_room);
  g_test_add_data_func ("/limits/turned-away", "limits.max-connections=2", test_turned_away);
  g_test_add_data_func ("/limits/turned-away-address", "limits.max-connections-per-address=2", test_turned_away);
  g_test_add_func ("/limits/per-address", test_per_address);
  g_test_add_func ("/limits/slow-reader", test_slow_reader);
  g_test_add_func ("/limits/greedy-reader", test_greedy_reader);
  g_test_add_func ("/limits/many-at-once", test_many_at_once);
  g_test_add_func ("/limits/many-stored-at-once", test_many_stored_at_once);
  g_test_add_func ("/limits/long-messages", test_long_messages);
  g_test_add_func ("/limits/fast-sender", test_fast_sender);
  return g_test_run ();
}
