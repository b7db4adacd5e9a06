/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attackers, in threads of their own and with sockets of their own. Whatever they do, a pair that chats meanwhile sees each message come, in order and in
 * time, somebody new gets in, and in the end the server has no more descriptors, and not much more memory, than before. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/util/client.h"
#include "tests/util/deadline.h"
#include "tests/util/resources.h"
#include "tests/util/server.h"

#define LIST "alice\nbob\ncarol\ndave\nmallory\nmallet\nzoe\n"
#define QUICK_LOGIN "session.login-timeout=2"

/* What a thread does over and over until it is told to stop. */
#define N_ATTACKERS 2
#define ATTACK_US (1500 * G_TIME_SPAN_MILLISECOND)
#define N_HALF_OPEN 10000

/* The store's readers open their files when they are first needed, and keep them. */
#define STORE_DESCRIPTORS 16

/* The server's memory after an attack may be so much more than before: the allocator keeps some of what it had to have. A crowd of thousands leaves its
 * traces in tables and arenas. */
#define MEMORY_KEPT (16 * 1024 * 1024)
/* And so much more while it goes on. */
#define MEMORY_MORE (64 * 1024 * 1024)

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define MEMORY_IS_TELLING FALSE
#elif defined __has_feature
#define MEMORY_IS_TELLING !(__has_feature (address_sanitizer) || __has_feature (thread_sanitizer))
#else
#define MEMORY_IS_TELLING TRUE
#endif

typedef struct
{
  TestServer *server;
  TestClient *alice, *bob; /* chat */
  guint n_chats;
  guint descriptors;
  gsize memory, most_memory;

  void (*attack) (guint16 port, guint turn, gconstpointer data);
  gconstpointer data;
  guint16 port;
  gint stop;    /* atomic */
  gint n_turns; /* atomic */
} Siege;

/* Of attackers */

/* From one of many addresses. -1 when it cannot be had. */
static int
attacker_connect (guint16 port, guint turn)
{
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (0x7f000002 + turn % 20) };
  struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK), .sin_port = htons (port) };
  const struct timeval patience = { .tv_usec = 200000 };
  const int on = 1;

  if (fd < 0)
    return -1;
  setsockopt (fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (bind (fd, (struct sockaddr *) &from, sizeof from) < 0 || connect (fd, (struct sockaddr *) &to, sizeof to) < 0)
    {
      close (fd);
      return -1;
    }
  return fd;
}

/* As much as the server takes. FALSE when it takes no more. */
static gboolean
attacker_send (int fd, const char *bytes, gsize len)
{
  while (len > 0)
    {
      gssize n = send (fd, bytes, len, MSG_NOSIGNAL);

      if (n <= 0)
        return FALSE;
      bytes += n;
      len -= (gsize) n;
    }
  return TRUE;
}

static void
attacker_leave (int fd, guint turn)
{
  struct linger at_once = { .l_onoff = 1 };

  if (turn % 2 == 0)
    setsockopt (fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close (fd);
}

static gpointer
attack_thread (gpointer data)
{
  Siege *siege = data;

  while (!g_atomic_int_get (&siege->stop))
    siege->attack (siege->port, (guint) g_atomic_int_add (&siege->n_turns, 1), siege->data);
  return NULL;
}

/* Of those who behave */

static void
chat_once (Siege *siege)
{
  siege->n_chats++;
  test_send (siege->alice, "CHAT %u", siege->n_chats);
  test_expect (siege->bob, "CHAT %u", siege->n_chats);
  test_send (siege->bob, "CHAT back %u", siege->n_chats);
  test_expect (siege->alice, "CHAT back %u", siege->n_chats);
  siege->most_memory = MAX (siege->most_memory, test_server_memory (siege->server));
}

/* Somebody new comes, as soon as there is a place. */
static void
let_in (Siege *siege)
{
  gint64 deadline = test_deadline ();
  gboolean in = FALSE;

  while (!in)
    {
      g_autoptr (TestClient) zoe = test_connect (siege->server, "zoe");

      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      test_send (zoe, "HELLO zoe");
      in = g_strcmp0 (test_line_or_end (zoe), "CONNECTED") == 0;
    }
}

static void
siege_begin (Siege *siege, TestServer *server)
{
  siege->server = server;
  siege->port = test_server_port (server, 0);
  siege->alice = test_login (server, "alice");
  siege->bob = test_login (server, "bob");
  test_send (siege->alice, "CHAT_REQUEST bob");
  test_expect_started (siege->alice, "bob");
  test_expect_started (siege->bob, "alice");
  chat_once (siege);
  let_in (siege);
  chat_once (siege);
  test_await_descriptors (server, test_server_descriptors (server));
  siege->descriptors = test_server_descriptors (server) + STORE_DESCRIPTORS;
  siege->memory = test_server_memory (server);
}

static void
siege_end (Siege *siege)
{
  chat_once (siege);
  let_in (siege);
  test_await_descriptors (siege->server, siege->descriptors);
  g_test_message ("%u chats; memory %zu KiB before, %zu at most, %zu after", siege->n_chats, siege->memory / 1024,
                  siege->most_memory / 1024, test_server_memory (siege->server) / 1024);
  if (MEMORY_IS_TELLING)
    {
      g_assert_cmpuint (siege->most_memory, <, siege->memory + MEMORY_MORE);
      g_assert_cmpuint (test_server_memory (siege->server), <, siege->memory + MEMORY_KEPT);
    }
  test_client_free (siege->alice);
  test_client_free (siege->bob);
}

/* The attackers do this for a while, and the others go on. */
static void
withstand (Siege *siege, void (*attack) (guint16 port, guint turn, gconstpointer data), gconstpointer data)
{
  GThread *threads[N_ATTACKERS];
  gint64 end = g_get_monotonic_time () + ATTACK_US;

  siege->attack = attack;
  siege->data = data;
  g_atomic_int_set (&siege->stop, FALSE);
  for (guint i = 0; i < N_ATTACKERS; i++)
    threads[i] = g_thread_new ("attacker", attack_thread, siege);
  for (guint i = 0; i == 0 || g_get_monotonic_time () < end; i++)
    {
      chat_once (siege);
      if (i % 10 == 0)
        let_in (siege);
    }
  g_atomic_int_set (&siege->stop, TRUE);
  for (guint i = 0; i < N_ATTACKERS; i++)
    g_thread_join (threads[i]);
  g_assert_cmpint (g_atomic_int_get (&siege->n_turns), >, 0);
}

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
  withstand (&siege, come_and_go, NULL);
  siege_end (&siege);
}

static void
test_garbage (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "limits.messages-per-second=0", NULL);
  Siege siege = { 0 };

  siege_begin (&siege, server);
  withstand (&siege, send_garbage, NULL);
  siege_end (&siege);
}

static void
test_giant_lines (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "limits.messages-per-second=0", NULL);
  Siege siege = { 0 };

  siege_begin (&siege, server);
  withstand (&siege, send_giant_line, NULL);
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
      chat_once (&siege);
      let_in (&siege);
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
    chat_once (&siege);
  close (fd);
  withstand (&siege, flood, "@limit=200 HISTORY_REQ mallet\n");
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
        chat_once (&siege);
    }
  g_test_message ("%u connections", n);
  g_assert_cmpuint (n, ==, wanted);
  let_in (&siege);
  chat_once (&siege);
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
      chat_once (&siege);
      poll (polls, G_N_ELEMENTS (polls), 50);
      left = 0;
      for (guint i = 0; i < G_N_ELEMENTS (polls); i++)
        {
          char bytes[100];
          gssize n = recv (polls[i].fd, bytes, sizeof bytes, MSG_DONTWAIT);

          if (n == 0 || (n < 0 && errno != EAGAIN))
            continue;
          left++;
          attacker_send (polls[i].fd, "a", 1);
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
        chat_once (&siege);
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
  let_in (&siege); /* while all of them are there */
  chat_once (&siege);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    attacker_leave (fds[i], i);
  withstand (&siege, stay_silent, NULL);
  siege_end (&siege);
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
  return g_test_run ();
}
