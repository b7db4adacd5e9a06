/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What strangers may try with TLS: none of it gets in, delays those who are in, or costs memory that does not come back. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/util/client.h"
#include "tests/util/deadline.h"
#include "tests/util/server.h"

#define LIST    "alice\nbob\ncarol\n"
#define TLS     "server.tls-listen=127.0.0.1:0"
#define NO_RATE "limits.messages-per-second=0"
#define NEVER   "session.login-timeout=3600"

#define N_HALF_OPEN      3000
#define HALF_OPEN_KB     20
#define N_FLOODERS       4
#define FLOOD_HANDSHAKES 150      /* of each */
#define N_ABORTS         500
#define NOISE_DESCRIPTORS 10      /* the store opens some when it is first asked */
#define NOISE_KB         16384    /* by which memory may be more after than before, whatever happened */

#define BYTES(string) { string, sizeof string - 1 }

/* Connected to the listener with TLS, and not a byte of it yet. */
static TestClient *
connect_raw (TestServer *server, const char *name)
{
  guint nth = test_server_tls_listener (server);

  return test_connect_to (name, test_server_host (server, nth), test_server_port (server, nth), NULL);
}

static void
start_chat (TestClient *a, const char *a_id, TestClient *b, const char *b_id)
{
  test_send (a, "CHAT_REQUEST %s", b_id);
  test_expect_started (a, b_id);
  test_expect_started (b, a_id);
}

/* What does not speak TLS */

/* Closed at once, though it might have an hour; nothing of the chat comes, at most an alert. */
static void
test_garbage (void)
{
  static const struct
  {
    const char *bytes;
    gsize len;
  } garbage[] = {
    BYTES ("HELLO alice\n"),
    BYTES ("HELLO alice 2\nCLIENTS\n"),
    BYTES ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    BYTES ("\0\0\0\0\0\0\0\0"),
    BYTES ("\x16\x03\x01\xff\xff\x01"),                     /* a record that is too long */
    BYTES ("\x16\x03\x01\x00\x06\x02\x00\x00\x02\x03\x03"), /* a server's hello */
    BYTES ("\x17\x03\x03\x00\x05HELLO"),                   /* text before the handshake */
    BYTES ("\x15\x03\x01\x00\x02\x02\x28"),                 /* an alert */
    BYTES ("\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10"), /* SSL 2 */
  };
  g_autoptr (TestServer) server = test_server_new (LIST, TLS, NEVER, NULL);
  g_autoptr (TestClient) alice = test_login_tls (server, "alice");

  for (guint i = 0; i < G_N_ELEMENTS (garbage); i++)
    {
      g_autoptr (TestClient) stranger = connect_raw (server, "stranger");
      g_autofree char *number = g_strdup_printf ("garbage %u", i);
      const char *answer;
      gsize len;

      g_test_message ("%s", number);
      test_send_bytes (stranger, garbage[i].bytes, (gssize) garbage[i].len);
      while ((answer = test_read_once (stranger, &len, NULL)) != NULL)
        {
          g_assert_cmpuint (len, <=, 7);
          g_assert_cmpint (answer[0], ==, 0x15);
        }
      test_expect_nothing (alice);
    }
}

/* A message of 16 MB, of which each record brings some: what is kept of it has a bound. */
static void
test_endless_hello (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, TLS, NEVER, NULL);
  g_autoptr (TestClient) alice = test_login_tls (server, "alice");
  g_autoptr (TestClient) stranger = connect_raw (server, "stranger");
  g_autoptr (GString) record = g_string_new_len ("\x16\x03\x01\x10\x00", 5);

  g_string_append_len (record, "\x01\xff\xff\xff", 4);
  g_string_set_size (record, 5 + 4096);
  memset (record->str + 9, 0, 4096 - 4);
  for (guint i = 0; i < 16 && !test_client_is_readable (stranger); i++)
    {
      test_send_bytes (stranger, record->str, (gssize) record->len);
      memset (record->str + 5, 0, 4);
    }
  test_server_wait_log (server, "closed: no TLS handshake: ", 0);
  test_expect_nothing (alice);
}

static void
test_weak (void)
{
  static const char *const priorities[] = {
    "NORMAL:-VERS-ALL:+VERS-TLS1.1",
    "NORMAL:-VERS-ALL:+VERS-TLS1.0",
    "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA",               /* no forward secrecy */
    "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CBC",
  };
  g_autoptr (TestServer) server = test_server_new (LIST, TLS, NEVER, NULL);
  gsize logged = 0;

  for (guint i = 0; i < G_N_ELEMENTS (priorities); i++)
    {
      g_autoptr (TestClient) stranger = connect_raw (server, priorities[i]);

      g_assert_false (test_client_start_tls (stranger, priorities[i]));
      logged = test_server_wait_log (server, "closed: no TLS handshake: ", logged);
    }
}

/* A login time-out is for the handshake too, from the first moment on; nobody could read a DECLINED. */
static void
test_time_out (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, TLS, "session.login-timeout=1", NULL);
  g_autoptr (TestClient) alice = test_login_tls (server, "alice");
  gint64 before = g_get_monotonic_time ();
  g_autoptr (TestClient) silent = connect_raw (server, "silent");
  g_autoptr (TestClient) halting = connect_raw (server, "halting");
  g_autoptr (TestClient) dribbling = connect_raw (server, "dribbling");
  g_autoptr (TestClient) done = test_connect_tls (server, "done");
  g_autoptr (GBytes) hello = test_tls_make_hello ();
  const char *bytes = g_bytes_get_data (hello, NULL);

  test_send_bytes (halting, bytes, 50);
  for (gsize i = 0; i < g_bytes_get_size (hello) - 1 && !test_client_is_readable (dribbling); i++)
    {
      test_send_bytes (dribbling, bytes + i, 1);
      g_usleep (20 * 1000);
    }
  test_expect_closed (silent);
  g_assert_cmpint (g_get_monotonic_time () - before, >=, 990 * 1000);
  test_expect_closed (halting);
  test_expect_closed (dribbling);
  /* Who has come as far as to read is told. */
  test_expect (done, "DECLINED");
  test_expect_closed (done);
  test_expect_nothing (alice);
}

/* Turned away, without a word before the handshake. */
static void
test_full (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, TLS, NEVER, "limits.max-connections=1", NULL);
  g_autoptr (TestClient) alice = test_login_tls (server, "alice");

  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (TestClient) stranger = connect_raw (server, "stranger");

      test_expect_closed (stranger);
    }
  test_expect_nothing (alice);
}

/* Many */

static guint
count_descriptors (TestServer *server)
{
  g_autofree char *folder = g_strdup_printf ("/proc/%d/fd", test_server_pid (server));
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static guint64
get_memory_kb (TestServer *server)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/statm", test_server_pid (server));
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return g_ascii_strtoull (strchr (text, ' '), NULL, 10) * (guint64) sysconf (_SC_PAGESIZE) / 1024;
}

/* A sanitizer keeps what was freed. */
static gboolean
can_tell_memory (void)
{
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
  return FALSE;
#elif defined __has_feature
  return !__has_feature (address_sanitizer) && !__has_feature (thread_sanitizer);
#else
  return TRUE;
#endif
}

typedef struct
{
  TestServer *server;
  guint descriptors;
  guint64 memory_kb;
} Rest;

static gboolean
has_come_back (gpointer data)
{
  Rest *rest = data;

  return count_descriptors (rest->server) <= rest->descriptors + NOISE_DESCRIPTORS
         && (!can_tell_memory () || get_memory_kb (rest->server) <= rest->memory_kb + NOISE_KB);
}

static void
wait_for_rest (Rest *rest)
{
  if (!test_wait_until (has_come_back, rest))
    test_fail ("%u descriptors and %u KB before, %u and %u after", rest->descriptors, (guint) rest->memory_kb,
               count_descriptors (rest->server), (guint) get_memory_kb (rest->server));
}

/* Most say nothing, or have begun a hello; one in ten has had its answer and says no more. */
static TestClient *
open_half (TestServer *server, GBytes *hello, guint i)
{
  TestClient *client = connect_raw (server, "half-open");

  if (i % 2 == 0)
    test_send_bytes (client, g_bytes_get_data (hello, NULL), i % 10 > 0 ? 100 : (gssize) g_bytes_get_size (hello));
  return client;
}

static void
test_half_open (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, TLS, NEVER, NULL);
  g_autoptr (TestClient) alice = test_login_tls (server, "alice");
  g_autoptr (TestClient) bob = test_login2_tls (server, "bob");
  g_autoptr (GPtrArray) crowd = g_ptr_array_new_with_free_func ((GDestroyNotify) test_client_free);
  g_autoptr (GBytes) hello = test_tls_make_hello ();
  Rest rest = { server, count_descriptors (server), get_memory_kb (server) };
  guint64 memory_kb;
  gint64 start, slowest = 0;

  for (guint i = 0; i < N_HALF_OPEN; i++)
    g_ptr_array_add (crowd, open_half (server, hello, i));

  /* Who is not served while the others are there would wait for an hour. */
  for (guint i = 0; i < 10; i++)
    {
      g_autoptr (TestClient) carol = NULL;

      start = g_get_monotonic_time ();
      carol = test_login_tls (server, "carol");
      start_chat (carol, "carol", alice, "alice");
      test_send (carol, "CHAT %u", i);
      test_expect (alice, "CHAT %u", i);
      slowest = MAX (slowest, g_get_monotonic_time () - start);
      test_send (carol, "END_REQUEST alice");
      test_expect (alice, "END_NOTIF");
    }
  g_test_message ("the slowest honest client took %d ms", (int) (slowest / 1000));

  /* All have what answer they get: each was served before the last carol. */
  memory_kb = get_memory_kb (server) - rest.memory_kb;
  g_test_message ("%u half-open connections: %.1f KB each", N_HALF_OPEN, (double) memory_kb / N_HALF_OPEN);
  if (can_tell_memory ())
    g_assert_cmpuint (memory_kb, <, N_HALF_OPEN * HALF_OPEN_KB);
  g_ptr_array_set_size (crowd, 0);
  wait_for_rest (&rest);
  test_expect_nothing (bob);
}

typedef struct
{
  TestServer *server;
  gint running; /* atomic */
} Flood;

static gpointer
flood_cb (gpointer data)
{
  Flood *flood = data;

  for (guint i = 0; i < FLOOD_HANDSHAKES; i++)
    test_client_free (test_connect_tls (flood->server, "flooder"));
  g_atomic_int_add (&flood->running, -1);
  return NULL;
}

/* Handshakes by the hundred do not stop those who are in: whoever waits for a line fails soon. */
static void
test_flood (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, TLS, NO_RATE, NULL);
  g_autoptr (TestClient) alice = test_login_tls (server, "alice");
  g_autoptr (TestClient) bob = test_login (server, "bob");
  GThread *threads[N_FLOODERS];
  Flood flood = { server, N_FLOODERS };
  Rest rest = { server, count_descriptors (server), get_memory_kb (server) };
  gint64 slowest = 0, start = g_get_monotonic_time ();
  guint n = 0;

  start_chat (alice, "alice", bob, "bob");
  for (guint i = 0; i < N_FLOODERS; i++)
    threads[i] = g_thread_new ("flooder", flood_cb, &flood);
  while (g_atomic_int_get (&flood.running) > 0)
    {
      gint64 sent = g_get_monotonic_time ();

      test_send (alice, "CHAT %u", n);
      test_expect (bob, "CHAT %u", n);
      test_send (bob, "CHAT %u", n);
      test_expect (alice, "CHAT %u", n);
      slowest = MAX (slowest, g_get_monotonic_time () - sent);
      n++;
    }
  g_test_message ("%.0f handshakes a second; meanwhile %u messages there and back, the slowest in %d ms",
                  N_FLOODERS * FLOOD_HANDSHAKES / ((double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC), n, (int) (slowest / 1000));
  for (guint i = 0; i < N_FLOODERS; i++)
    g_thread_join (threads[i]);
  wait_for_rest (&rest);
}

/* Gone in the middle of it, in every state. */
static void
test_aborts (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, TLS, NEVER, NULL);
  g_autoptr (TestClient) alice = test_login_tls (server, "alice");
  g_autoptr (GBytes) hello = test_tls_make_hello ();
  Rest rest = { server, count_descriptors (server), get_memory_kb (server) };

  for (guint i = 0; i < N_ABORTS; i++)
    {
      TestClient *client = open_half (server, hello, i);

      if (i % 5 == 0)
        g_usleep (1000);
      test_client_reset (client);
    }
  test_expect_nothing (alice);
  wait_for_rest (&rest);
}

/* It ends while handshakes are under way, and wait for their turn. */
static void
test_stop (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, TLS, NEVER, NULL);
  g_autoptr (TestClient) alice = test_login_tls (server, "alice");
  g_autoptr (GPtrArray) crowd = g_ptr_array_new_with_free_func ((GDestroyNotify) test_client_free);
  g_autoptr (GBytes) hello = test_tls_make_hello ();

  for (guint i = 0; i < 300; i++)
    g_ptr_array_add (crowd, open_half (server, hello, i));
  g_assert_cmpint (test_server_stop (server, SIGTERM), ==, 0);
  test_expect_closed (alice);
}

int
main (int argc, char **argv)
{
  struct rlimit files;

  g_test_init (&argc, &argv, NULL);
  getrlimit (RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit (RLIMIT_NOFILE, &files);

  g_test_add_func ("/tls-attack/garbage", test_garbage);
  g_test_add_func ("/tls-attack/endless-hello", test_endless_hello);
  g_test_add_func ("/tls-attack/weak", test_weak);
  g_test_add_func ("/tls-attack/time-out", test_time_out);
  g_test_add_func ("/tls-attack/full", test_full);
  if (files.rlim_max > N_HALF_OPEN + 100)
    g_test_add_func ("/tls-attack/half-open", test_half_open);
  g_test_add_func ("/tls-attack/flood", test_flood);
  g_test_add_func ("/tls-attack/aborts", test_aborts);
  g_test_add_func ("/tls-attack/stop", test_stop);
  return g_test_run ();
}
