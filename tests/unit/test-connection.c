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
  const char *reason;
  gint refusing; /* atomic: no line is taken */
  gint n_lines;  /* atomic */
} Fixture;

static gboolean
may_take_cb (Connection *connection, const char *line, gsize len)
{
  Fixture *f = connection_get_handler_data (connection);

  return !g_atomic_int_get (&f->refusing);
}

static void
line_cb (Connection *connection, char *line, gsize len)
{
  Fixture *f = connection_get_handler_data (connection);

  g_atomic_int_set (&f->greeted, TRUE);
  g_atomic_int_inc (&f->n_lines);
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

  f->reason = reason;
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

/* Time-outs that a test can wait for. */
static void
set_up_hurried (Fixture *f, gconstpointer data)
{
  f->shared.line_timeout = 300 * G_TIME_SPAN_MILLISECOND;
  f->shared.take_timeout = 1000 * G_TIME_SPAN_MILLISECOND;
  set_up (f, data);
}

static void
say (Fixture *f, const char *bytes)
{
  g_assert_cmpint (send (f->peer, bytes, strlen (bytes), MSG_NOSIGNAL), ==, strlen (bytes));
}

/* A line that comes byte by byte, and never ends: each byte is one, and none of them buys time. */
static void
test_trickled_line (Fixture *f, gconstpointer data)
{
  gint64 begin = g_get_monotonic_time (), deadline = begin + 10 * G_TIME_SPAN_SECOND;

  say (f, "HELLO alice\n");
  wait_for (f, &f->greeted);
  while (!g_atomic_int_get (&f->closed))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      send (f->peer, "x", 1, MSG_NOSIGNAL);
      g_main_context_iteration (f->context, FALSE);
      g_usleep (10000);
    }
  g_assert_cmpstr (f->reason, ==, "did not finish a line in time");
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, f->shared.line_timeout);
}

/* Many lines one after the other, in pieces, for longer than one of them may take. */
static void
test_lines_in_pieces (Fixture *f, gconstpointer data)
{
  gint64 end = g_get_monotonic_time () + 3 * f->shared.line_timeout;
  guint n = 0;

  for (; g_get_monotonic_time () < end || n == 0; n++)
    {
      say (f, "one\ntw");
      g_main_context_iteration (f->context, FALSE);
      g_usleep (10000);
      say (f, "o\nth");
      g_main_context_iteration (f->context, FALSE);
      g_usleep (10000);
      say (f, "ree\n");
    }
  while ((guint) g_atomic_int_get (&f->n_lines) < 3 * n)
    {
      g_assert_false (g_atomic_int_get (&f->closed));
      g_assert_cmpint (g_get_monotonic_time (), <, end + 10 * G_TIME_SPAN_SECOND);
      g_main_context_iteration (f->context, FALSE);
    }
  g_assert_cmpint (g_atomic_int_get (&f->n_lines), ==, 3 * n);
}

/* Who takes nothing of what waits is gone after a while; who takes a little now and then is not. The kernel has room for more only after some of that. */
static void
test_takes_nothing (Fixture *f, gconstpointer data)
{
  g_autoptr (GString) expected = g_string_new (NULL);
  gint64 begin = g_get_monotonic_time (), last = begin;
  char bytes[1500];

  queue_messages (f, FALSE, expected);
  queue_messages (f, FALSE, expected);
  while (g_get_monotonic_time () < begin + 3 * f->shared.take_timeout / 2)
    {
      last = g_get_monotonic_time ();
      g_assert_true (recv (f->peer, bytes, sizeof bytes, 0) > 0 || errno == EAGAIN);
      g_assert_false (g_atomic_int_get (&f->closed));
      g_main_context_iteration (f->context, FALSE);
      g_usleep (10000);
    }
  wait_for (f, &f->closed);
  g_assert_cmpint (g_get_monotonic_time () - last, >=, f->shared.take_timeout / 2);
  g_assert_cmpstr (f->reason, ==, "takes nothing of what waits for it");
}

/* What was refused waits, and comes in its order, however often it is refused again. */
static void
test_refused (Fixture *f, gconstpointer data)
{
  const guint n = 300;
  g_autoptr (GString) all = g_string_new (NULL);
  gint64 deadline = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;

  g_atomic_int_set (&f->refusing, TRUE);
  for (guint i = 0; i < n; i++)
    g_string_append (all, "a line that ends\r\nand one that goes on\n\n");
  say (f, all->str);
  say (f, "the last\n");
  for (guint i = 0; i < 100; i++)
    {
      connection_resume (f->connection);
      g_usleep (1000);
    }
  g_assert_cmpint (g_atomic_int_get (&f->n_lines), ==, 0);
  g_atomic_int_set (&f->refusing, FALSE);
  connection_resume (f->connection);
  while ((guint) g_atomic_int_get (&f->n_lines) < 2 * n + 1)
    g_assert_cmpint (g_get_monotonic_time (), <, deadline);
}

/* When very much waits for all together, who has most is given up first. */
static void
set_up_crowded (Fixture *f, gconstpointer data)
{
  f->shared.backlog_max = 300000;
  set_up (f, data);
}

static void
test_crowd (Fixture *f, gconstpointer data)
{
  g_autofree char *line = g_strnfill (10000, 'c');
  guint n = 0;

  line[9999] = '\n';
  while (connection_queue (f->connection, line, 10000))
    {
      connection_flush_burst ();
      g_assert_cmpuint (++n, <, 100);
    }
  g_assert_cmpuint (n, >, 30);
  wait_for (f, &f->closed);
  g_assert_cmpstr (f->reason, ==, "reads too slowly: its send queue is full");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/connection/cut-short", Fixture, NULL, set_up, test_cut_short, tear_down);
  g_test_add ("/connection/cut-short-unframed", Fixture, GINT_TO_POINTER (TRUE), set_up, test_cut_short, tear_down);
  g_test_add ("/connection/trickled-line", Fixture, NULL, set_up_hurried, test_trickled_line, tear_down);
  g_test_add ("/connection/lines-in-pieces", Fixture, NULL, set_up_hurried, test_lines_in_pieces, tear_down);
  g_test_add ("/connection/takes-nothing", Fixture, NULL, set_up_hurried, test_takes_nothing, tear_down);
  g_test_add ("/connection/refused", Fixture, NULL, set_up, test_refused, tear_down);
  g_test_add ("/connection/crowd", Fixture, NULL, set_up_crowded, test_crowd, tear_down);
  return g_test_run ();
}
