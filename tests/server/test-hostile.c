/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attackers by the thousand; see siege.h for what must hold meanwhile and afterwards. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/util/deadline.h"
#include "tests/util/proof.h"
#include "tests/util/resources.h"
#include "tests/util/siege.h"

#define LIST "alice\nbob\ncarol\ndave\nmallory\nmallet\nzoe\n"
#define QUICK_LOGIN "session.login-timeout=2"

#define N_HALF_OPEN 10000

/* The attacks, one turn each */

static void
come_and_go (guint16 port, guint turn, gconstpointer data)
{
  static const char *const words[] = { "", "HELLO mallory\n", "HELLO", "HELLO mallory 2\nCLIENTS\n", "\n\n\n\n", "HELLO mallory\nCHAT_REQUEST mallet\n" };
  int fd = attacker_connect (port, turn);
  const char *word = words[turn % G_N_ELEMENTS (words)];

  if (fd < 0)
    return;
  attacker_send (fd, word, strlen (word));
  attacker_leave (fd, turn);
}

/* Says hello and sends many times the same, and reads none of the answers. */
static void
flood (guint16 port, guint turn, gconstpointer line)
{
  g_autoptr (GString) many = g_string_new ("HELLO mallory 2\n");
  int fd = attacker_connect (port, turn);

  if (fd < 0)
    return;
  for (guint i = 0; i < 5000; i++)
    g_string_append (many, line);
  attacker_send (fd, many->str, many->len);
  attacker_leave (fd, turn);
}

/* Bytes of every kind: as the first that come, and from somebody who is logged in. */
static void
send_garbage (guint16 port, guint turn, gconstpointer data)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (turn);
  int fd = attacker_connect (port, turn);
  char bytes[20000];

  if (fd < 0)
    return;
  for (guint i = 0; i < sizeof bytes; i++)
    bytes[i] = turn % 3 == 0 ? 0 : (char) g_rand_int_range (random, 0, turn % 3 == 1 ? 256 : 33);
  if (turn % 2 == 0)
    attacker_send (fd, "HELLO mallory 2\n", strlen ("HELLO mallory 2\n"));
  attacker_send (fd, bytes, sizeof bytes);
  attacker_leave (fd, turn / 2);
}

static void
send_giant_line (guint16 port, guint turn, gconstpointer data)
{
  g_autofree char *giant = g_strnfill (4 * 1024 * 1024, 'x');
  int fd = attacker_connect (port, turn);

  if (fd < 0)
    return;
  attacker_send (fd, "HELLO mallory 2\nCHAT ", strlen ("HELLO mallory 2\nCHAT "));
  attacker_send (fd, giant, strlen (giant));
  attacker_leave (fd, turn);
}

static void
test_come_and_go (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "limits.messages-per-second=0", NULL);
  Siege siege = { 0 };

  siege_begin (&siege, server);
  siege_withstand (&siege, come_and_go, NULL);
  siege_end (&siege);
}

static void
test_garbage (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "limits.messages-per-second=0", NULL);
  Siege siege = { 0 };

  siege_begin (&siege, server);
  siege_withstand (&siege, send_garbage, NULL);
  siege_end (&siege);
}

static void
test_giant_lines (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "limits.messages-per-second=0", NULL);
  Siege siege = { 0 };

  siege_begin (&siege, server);
  siege_withstand (&siege, send_giant_line, NULL);
  siege_end (&siege);
}

/* The server has its usual limit on messages, and the pair has to keep to it. */
static void
test_floods (void)
{
  static const char *const lines[] = {
    "PING x\n", "CHAT_MESSAGE mallet hello\n", "@id=1 CHAT_MESSAGE mallet again\n", "HISTORY_REQ mallet\n", "@limit=200 HISTORY_REQ mallet\n",
    "SEARCH hello\n", "CONVERSATIONS\n", "CLIENTS\n", "READ mallet 1\n", "TYPING mallet\n", "CHAT_REQUEST mallet\n", "END_REQUEST mallet\n",
    "TIMEOUT\n", "SHOUT\n", "AUTH SCRAM-SHA-256 x\n", "HELLO mallory 2\n", "CHAT x\n",
  };

  g_autoptr (TestServer) server = test_server_new (LIST, NULL);
  Siege siege = { 0 };

  siege_begin (&siege, server);
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      int fds[4];

      for (guint j = 0; j < G_N_ELEMENTS (fds); j++)
        {
          g_autoptr (GString) many = g_string_new ("HELLO mallory 2\n");

          fds[j] = attacker_connect (siege.port, i + j);
          g_assert_cmpint (fds[j], >=, 0);
          fcntl (fds[j], F_SETFL, O_NONBLOCK);
          for (guint k = 0; k < 10000; k++)
            g_string_append (many, lines[i]);
          attacker_send (fds[j], many->str, many->len);
        }
      siege_chat (&siege);
      siege_let_in (&siege);
      for (guint j = 0; j < G_N_ELEMENTS (fds); j++)
        attacker_leave (fds[j], i + j);
      test_await_descriptors (server, siege.descriptors);
    }
  siege_end (&siege);
}

/* The same where messages are not limited: what slows them down then is that they are not read faster than they are answered. */
static void
test_pipeline (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "limits.messages-per-second=0", NULL);
  g_autoptr (GString) many = g_string_new (NULL);
  Siege siege = { 0 };
  int fd;

  siege_begin (&siege, server);
  for (guint i = 0; i < 100000; i++)
    g_string_append_printf (many, "@id=%u CHAT_MESSAGE mallet hello %u\n", i, i);
  fd = attacker_connect (siege.port, 0);
  attacker_send (fd, "HELLO mallory 2\n", strlen ("HELLO mallory 2\n"));
  attacker_send (fd, many->str, many->len);
  for (guint i = 0; i < 50; i++)
    siege_chat (&siege);
  close (fd);
  siege_withstand (&siege, flood, "@limit=200 HISTORY_REQ mallet\n");
  siege_end (&siege);
}

/* 10,000 connections, or as many as this process and the server may have, that say nothing, or do not finish what they say. All of them are gone
 * when their time to log in is over. */
static void
test_half_open (gconstpointer word)
{
  g_autoptr (TestServer) server = test_server_new (LIST, QUICK_LOGIN, "limits.messages-per-second=0", NULL);
  g_autofree int *fds = g_new (int, N_HALF_OPEN);
  struct rlimit limit;
  guint n = 0, wanted = N_HALF_OPEN;
  Siege siege = { 0 };

  g_assert_no_errno (getrlimit (RLIMIT_NOFILE, &limit));
  wanted = (guint) MIN ((rlim_t) wanted, limit.rlim_cur - 200);
  siege_begin (&siege, server);
  while (n < wanted && (fds[n] = attacker_connect (siege.port, n)) >= 0)
    {
      attacker_send (fds[n], word, strlen (word));
      if (n++ % 500 == 0)
        siege_chat (&siege);
    }
  g_test_message ("%u connections", n);
  g_assert_cmpuint (n, ==, wanted);
  siege_let_in (&siege);
  siege_chat (&siege);
  test_await_descriptors (server, siege.descriptors);
  for (guint i = 0; i < n; i++)
    close (fds[i]);
  siege_end (&siege);
}

/* Bytes of a HELLO that come one by one buy no time. */
static void
test_trickled_hello (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "session.login-timeout=1", NULL);
  struct pollfd polls[200];
  Siege siege = { 0 };
  gint64 begin, deadline;
  guint left = G_N_ELEMENTS (polls);

  siege_begin (&siege, server);
  begin = g_get_monotonic_time ();
  deadline = test_deadline ();
  for (guint i = 0; i < left; i++)
    {
      polls[i] = (struct pollfd) { .fd = attacker_connect (siege.port, i), .events = POLLIN };
      attacker_send (polls[i].fd, "HELLO ", 6);
    }
  while (left > 0)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      siege_chat (&siege);
      poll (polls, G_N_ELEMENTS (polls), 50);
      left = 0;
      for (guint i = 0; i < G_N_ELEMENTS (polls); i++)
        {
          char bytes[100];
          gssize n = recv (polls[i].fd, bytes, sizeof bytes, MSG_DONTWAIT);

          if (n == 0 || (n < 0 && errno != EAGAIN))
            continue;
          left++;
          attacker_send (polls[i].fd, "*", 1); /* no Client-ID: a moment's silence must not make an unframed client's HELLO of it */
        }
    }
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, 1 * G_TIME_SPAN_SECOND);
  for (guint i = 0; i < G_N_ELEMENTS (polls); i++)
    close (polls[i].fd);
  siege_end (&siege);
}

/* A hundred devices that read nothing, and somebody who writes to them. */
static void
test_never_reading (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "limits.messages-per-second=0", "limits.send-queue-bytes=65536", NULL);
  g_autofree char *text = g_strnfill (8000, 't');
  TestClient *devices[100];
  g_autoptr (TestClient) dave = NULL;
  Siege siege = { 0 };
  guint n = 0;

  siege_begin (&siege, server);
  dave = test_login2 (server, "dave");
  test_send (dave, "CLIENTS");
  while (!g_str_equal (test_line (dave), "CLIENTS_END"))
    ;
  for (guint i = 0; i < G_N_ELEMENTS (devices); i++)
    {
      devices[i] = test_connect_narrow (server, "carol");
      test_send (devices[i], "HELLO carol 2");
      test_expect_connected2 (devices[i]);
    }
  test_expect (dave, "PRESENCE carol online");
  for (gboolean offline = FALSE; !offline; n++)
    {
      const char *line;

      g_assert_cmpuint (n, <, 2000);
      test_send (dave, "@id=%u CHAT_MESSAGE carol %s", n, text);
      while (strstr (line = test_line (dave), " SENT carol") == NULL)
        offline |= g_str_equal (line, "PRESENCE carol offline");
      if (n % 10 == 0)
        siege_chat (&siege);
    }
  for (guint i = 0; i < G_N_ELEMENTS (devices); i++)
    test_client_free (devices[i]);
  g_clear_pointer (&dave, test_client_free);
  siege_end (&siege);
}

/* As many silent ones as the server takes, again and again. */
static void
stay_silent (guint16 port, guint turn, gconstpointer data)
{
  int fds[30];

  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    fds[i] = attacker_connect (port, turn + i);
  g_usleep (100000);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    if (fds[i] >= 0)
      attacker_leave (fds[i], turn);
}

static void
test_full (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, QUICK_LOGIN, "limits.messages-per-second=0", "limits.max-connections=50", NULL);
  int fds[60];
  Siege siege = { 0 };

  siege_begin (&siege, server);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    fds[i] = attacker_connect (siege.port, i);
  siege_let_in (&siege); /* while all of them are there */
  siege_chat (&siege);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    attacker_leave (fds[i], i);
  siege_withstand (&siege, stay_silent, NULL);
  siege_end (&siege);
}

/* Everything at once, with TLS and proofs. */

static void
attacker_shake_hands (guint16 port, guint turn, const char *words)
{
  int fd = attacker_connect (port, turn);
  TestTls *tls = fd >= 0 ? test_tls_new (fd, NULL, "an attacker") : NULL;
  char bytes[1000];

  if (tls != NULL)
    {
      test_tls_send (tls, words, strlen (words), test_deadline ());
      if (turn % 2 == 0)
        test_tls_recv (tls, bytes, sizeof bytes, g_get_monotonic_time () + 50 * G_TIME_SPAN_MILLISECOND);
      if (turn % 3 == 0)
        test_tls_bye (tls);
      test_tls_free (tls);
    }
  if (fd >= 0)
    attacker_leave (fd, turn);
}

static void
attacker_say (guint16 port, guint turn, const char *bytes, gsize len)
{
  int fd = attacker_connect (port, turn);

  if (fd < 0)
    return;
  attacker_send (fd, bytes, len);
  if (turn % 5 == 0)
    g_usleep (20000);
  attacker_leave (fd, turn);
}

typedef struct
{
  guint16 tls_port;
  GBytes *hello; /* of TLS */
} Storm;

static void
storm (guint16 port, guint turn, gconstpointer data)
{
  static const char *const proofs[] = {
    /* client-first "n,,n=vera,r=abcdefgh", and something that is no proof */
    "HELLO vera 2\nAUTH SCRAM-SHA-256 biwsbj12ZXJhLHI9YWJjZGVmZ2g=\n",
    "HELLO vera 2\nAUTH SCRAM-SHA-256 biwsbj12ZXJhLHI9YWJjZGVmZ2g=\nRESPONSE Yz1iaXdzLHI9YSxwPQ==\n",
    "HELLO vera 2\nAUTH SCRAM-SHA-256-PLUS x\n", "HELLO vera 2\nINVITATION abc abc\n", "HELLO nobody 2\nPING x\n",
  };
  const Storm *with = data;
  gsize len;
  const char *hello = g_bytes_get_data (with->hello, &len);
  const char *proof = proofs[turn / 7 % G_N_ELEMENTS (proofs)];

  switch (turn % 7)
    {
    case 0: send_garbage (with->tls_port, turn, NULL); break;
    case 1: attacker_say (with->tls_port, turn, hello, len / (turn % 3 + 1)); break;
    case 2: attacker_shake_hands (with->tls_port, turn, "HELLO mallory 2\nCLIENTS\nCHAT_MESSAGE mallet hello\nPING x\n"); break;
    case 3: attacker_shake_hands (with->tls_port, turn, proof); break;
    case 4: attacker_say (port, turn, proof, strlen (proof)); break;
    case 5: come_and_go (port, turn, NULL); break;
    default: come_and_go (with->tls_port, turn, NULL); break;
    }
}

static void
test_storm (void)
{
  g_autofree char *verifier = test_verifier ("secret");
  g_autofree char *list = g_strdup_printf (LIST "vera %s\n", verifier);
  g_autoptr (TestServer) server = test_server_new (list, QUICK_LOGIN, "limits.messages-per-second=0", "server.tls-listen=127.0.0.1:0", NULL);
  Storm with = { test_server_port (server, test_server_tls_listener (server)), test_tls_make_hello () };
  Siege siege = { .reloads = TRUE };

  siege_begin_with (&siege, server, test_login_tls (server, "alice"), test_login (server, "bob"));
  siege_withstand (&siege, storm, &with);
  siege_end (&siege);
  g_bytes_unref (with.hello);
}

int
main (int argc, char **argv)
{
  struct rlimit limit;

  /* Both ends of 10,000 connections: the server inherits it. */
  if (getrlimit (RLIMIT_NOFILE, &limit) == 0)
    {
      limit.rlim_cur = limit.rlim_max;
      setrlimit (RLIMIT_NOFILE, &limit);
    }

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hostile/come-and-go", test_come_and_go);
  g_test_add_func ("/hostile/garbage", test_garbage);
  g_test_add_func ("/hostile/giant-lines", test_giant_lines);
  g_test_add_func ("/hostile/floods", test_floods);
  g_test_add_func ("/hostile/pipeline", test_pipeline);
  g_test_add_data_func ("/hostile/half-open", "", test_half_open);
  g_test_add_data_func ("/hostile/half-said", "HELLO ", test_half_open);
  g_test_add_func ("/hostile/trickled-hello", test_trickled_hello);
  g_test_add_func ("/hostile/never-reading", test_never_reading);
  g_test_add_func ("/hostile/full", test_full);
  g_test_add_func ("/hostile/storm", test_storm);
  return g_test_run ();
}
