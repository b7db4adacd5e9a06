/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/util/siege.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/util/deadline.h"
#include "tests/util/resources.h"

#define N_ATTACKERS 2 /* threads */
#define ATTACK_US (1500 * G_TIME_SPAN_MILLISECOND)

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

int
attacker_connect (guint16 port, guint turn)
{
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (0x7f000002 + turn % 20) };
  struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK), .sin_port = htons (port) };
  const struct timeval patience = { .tv_sec = 10 }, moment = { .tv_usec = 200000 };
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
  setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &moment, sizeof moment);
  return fd;
}

gboolean
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

void
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

void
siege_chat (Siege *siege)
{
  siege->n_chats++;
  test_send (siege->alice, "CHAT %u", siege->n_chats);
  test_expect (siege->bob, "CHAT %u", siege->n_chats);
  test_send (siege->bob, "CHAT back %u", siege->n_chats);
  test_expect (siege->alice, "CHAT back %u", siege->n_chats);
  siege->most_memory = MAX (siege->most_memory, test_server_memory (siege->server));
}

void
siege_let_in (Siege *siege)
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

void
siege_begin_with (Siege *siege, TestServer *server, TestClient *alice, TestClient *bob)
{
  siege->server = server;
  siege->port = test_server_port (server, 0);
  siege->alice = alice;
  siege->bob = bob;
  test_send (siege->alice, "CHAT_REQUEST bob");
  test_expect_started (siege->alice, "bob");
  test_expect_started (siege->bob, "alice");
  siege_chat (siege);
  siege_let_in (siege);
  siege_chat (siege);
  test_await_descriptors (server, test_server_descriptors (server));
  siege->descriptors = test_server_descriptors (server) + STORE_DESCRIPTORS;
  siege->memory = test_server_memory (server);
}

void
siege_begin (Siege *siege, TestServer *server)
{
  siege_begin_with (siege, server, test_login (server, "alice"), test_login (server, "bob"));
}

void
siege_end (Siege *siege)
{
  siege_chat (siege);
  siege_let_in (siege);
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

void
siege_withstand (Siege *siege, void (*attack) (guint16 port, guint turn, gconstpointer data), gconstpointer data)
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
      siege_chat (siege);
      if (i % 10 == 0)
        siege_let_in (siege);
      if (siege->reloads && i % 10 == 5)
        test_server_signal (siege->server, SIGHUP);
    }
  g_atomic_int_set (&siege->stop, TRUE);
  for (guint i = 0; i < N_ATTACKERS; i++)
    g_thread_join (threads[i]);
  g_assert_cmpint (g_atomic_int_get (&siege->n_turns), >, 0);
}

