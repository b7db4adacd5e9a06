/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A connection over a socket pair that holds little, so that writes are cut short. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/connection.h"

#define N_MESSAGES 8
#define TEXT_LEN 8000

typedef struct
{
  GMainContext *context;
  ConnectionShared shared;
  Connection *connection;
  int peer;
  gint greeted; /* atomic */
  gint closed;  /* atomic */
} Fixture;

static gboolean
may_take_cb (Connection *connection, const char *line, gsize len)
{
  return TRUE;
}

static void
line_cb (Connection *connection, char *line, gsize len)
{
  Fixture *f = connection_get_handler_data (connection);

  g_atomic_int_set (&f->greeted, TRUE);
}

static gboolean
end_of_input_cb (Connection *connection)
{
  connection_close (connection, "the peer closed");
  return TRUE;
}

static void
closed_cb (Connection *connection, const char *reason)
{
  Fixture *f = connection_get_handler_data (connection);

  g_atomic_int_set (&f->closed, TRUE);
}

static void
nothing_cb (Connection *connection)
{
}

static void
free_user_cb (gpointer user)
{
}

static const ConnectionHandler handler = {
  .may_take = may_take_cb,
  .line = line_cb,
  .end_of_input = end_of_input_cb,
  .timeout = nothing_cb,
  .drained = nothing_cb,
  .closed = closed_cb,
  .free_user = free_user_cb,
};

static void
wait_for (Fixture *f, gint *flag)
{
  gint64 deadline = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;

  while (!g_atomic_int_get (flag))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_main_context_iteration (f->context, FALSE);
      g_usleep (500);
    }
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  struct sockaddr_storage address = { .ss_family = AF_INET };
  int fds[2], little = 1; /* the kernel makes it its smallest */

  f->context = g_main_context_new ();
  f->shared.pool = io_pool_new (2, &connection_io_funcs, &error);
  g_assert_no_error (error);
  f->shared.deadlines = deadlines_new (f->context, connection_deadline_func);
  f->shared.handler = &handler;
  f->shared.handler_data = f;
  f->shared.send_queue_bytes = 1024 * 1024;

  g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds));
  g_assert_no_errno (setsockopt (fds[0], SOL_SOCKET, SO_SNDBUF, &little, sizeof little));
  f->peer = fds[1];
  f->connection = connection_new (&f->shared, fds[0], &address);
  g_assert_true (connection_start (f->connection, &error));
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  close (f->peer);
  wait_for (f, &f->closed);
  connection_unref (f->connection);
  io_pool_stop (f->shared.pool);
  io_pool_free (f->shared.pool);
  deadlines_free (f->shared.deadlines);
  g_main_context_unref (f->context);
}

/* Reads until there is as much as expected. */
static void
expect_bytes (Fixture *f, const GString *expected)
{
  g_autoptr (GString) got = g_string_new (NULL);
  gint64 deadline = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;

  while (got->len < expected->len)
    {
      char bytes[1000];
      gssize n = recv (f->peer, bytes, sizeof bytes, 0);

      if (n > 0)
        g_string_append_len (got, bytes, n);
      else
        g_assert_true (n < 0 && errno == EAGAIN);
      if (g_get_monotonic_time () > deadline)
        break;
      g_main_context_iteration (f->context, FALSE);
    }
  g_assert_cmpmem (got->str, got->len, expected->str, expected->len);
}

/* Writes one message of each kind, and what an unframed client reads of it. */
static void
queue_messages (Fixture *f, gboolean unframed, GString *expected)
{
  g_autofree char *text = g_strnfill (TEXT_LEN, 't');

  for (guint i = 0; i < N_MESSAGES; i++)
    {
      g_autofree char *history = g_strdup_printf ("HISTORY_RESP From alice: %u %s\n", i, text);
      g_autofree char *chat = g_strdup_printf ("CHAT %u %s\n", i, text);

      connection_queue (f->connection, history, strlen (history));
      connection_queue (f->connection, chat, strlen (chat));
      g_string_append_printf (expected, unframed ? "%sCHAT  %u %s" : "%sCHAT %u %s\n", history, i, text);
    }
  connection_flush_burst ();
}

static void
test_cut_short (Fixture *f, gconstpointer unframed)
{
  const char *hello = unframed ? "HELLO alice" : "HELLO alice\n";
  g_autoptr (GString) expected = g_string_new (NULL);

  g_assert_cmpint (send (f->peer, hello, strlen (hello), 0), ==, strlen (hello));
  wait_for (f, &f->greeted);
  queue_messages (f, unframed != NULL, expected);
  expect_bytes (f, expected);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/connection/cut-short", Fixture, NULL, set_up, test_cut_short, tear_down);
  g_test_add ("/connection/cut-short-unframed", Fixture, GINT_TO_POINTER (TRUE), set_up, test_cut_short, tear_down);
  return g_test_run ();
}
