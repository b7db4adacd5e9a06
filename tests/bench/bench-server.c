/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the server costs while it stores every message on disk: its CPU time a message, its memory an idle connection, and both again over TLS; and its
 * CPU time a handshake.
 * Loads: one = one pair, one message in flight; pairs = 100 pairs with one in flight each; flood = 100 pairs with 64 each. The first three
 * in base; the last two likewise in protocol 2, where every message is answered by SENT and DELIVERED. */
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/util/client.h"
#include "tests/util/server.h"

#define N_PAIRS 100
#define N_IDLE  2000
#define N_HANDSHAKERS 4
#define N_HANDSHAKES  500 /* of each */
#define TEXT    "sixty-four bytes of text, as much as people write in one message"

typedef struct
{
  const char *name;
  guint pairs;
  guint in_flight; /* of each pair */
  guint rounds;
  gboolean proto2;
} Load;

static const Load loads[] = {
  { "one", 1, 1, 2000, FALSE },
  { "pairs", N_PAIRS, 1, 500, FALSE },
  { "flood", N_PAIRS, 64, 30, FALSE },
  { "pairs2", N_PAIRS, 1, 500, TRUE },
  { "flood2", N_PAIRS, 64, 30, TRUE },
};

static double
cpu_seconds (TestServer *server)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", (int) test_server_pid (server));
  g_autofree char *stat = NULL;
  guint64 user, system;

  g_assert_true (g_file_get_contents (path, &stat, NULL, NULL));
  g_assert_cmpint (sscanf (strrchr (stat, ')'), ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, &user, &system), ==, 2);
  return (double) (user + system) / (double) sysconf (_SC_CLK_TCK);
}

static double
memory_kb (TestServer *server)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/smaps_rollup", (int) test_server_pid (server));
  g_autofree char *text = NULL;
  const char *pss;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  pss = strstr (text, "\nPss:");
  g_assert_nonnull (pss);
  return g_ascii_strtod (pss + strlen ("\nPss:"), NULL);
}

static TestClient *
log_one_in (TestServer *server, const char *id, gboolean proto2, gboolean tls)
{
  if (tls)
    return proto2 ? test_login2_tls (server, id) : test_login_tls (server, id);
  return proto2 ? test_login2 (server, id) : test_login (server, id);
}

/* The clients of the load, logged in: from each one messages go to the one after it. */
static GPtrArray *
log_in (const Load *load, TestServer *server, gboolean tls)
{
  GPtrArray *clients = g_ptr_array_new_with_free_func ((GDestroyNotify) test_client_free);

  for (guint i = 0; i < load->pairs; i++)
    {
      g_autofree char *from_id = g_strdup_printf ("from%u", i), *to_id = g_strdup_printf ("to%u", i);
      TestClient *from = log_one_in (server, from_id, load->proto2, tls);
      TestClient *to = log_one_in (server, to_id, load->proto2, tls);

      g_ptr_array_add (clients, from);
      g_ptr_array_add (clients, to);
      test_send (from, "CHAT_REQUEST %s", to_id);
      test_expect_started (from, to_id);
      test_expect_started (to, from_id);
    }
  return clients;
}

static void
hear (const Load *load, TestClient *from, TestClient *to)
{
  if (load->proto2)
    {
      test_expect_prefix (to, "@conv=");
      test_expect_prefix (from, "@seq=");
      test_expect_prefix (from, "DELIVERED ");
    }
  else
    test_expect (to, "CHAT " TEXT);
}

static void
run_load (const Load *load, TestServer *server, gboolean tls)
{
  g_autoptr (GPtrArray) clients = log_in (load, server, tls);
  g_autoptr (GString) burst = g_string_new (NULL);
  const guint n = load->pairs * load->in_flight * load->rounds;
  gint64 start = g_get_monotonic_time ();
  double cpu = cpu_seconds (server), seconds;

  for (guint i = 0; i < load->in_flight; i++)
    g_string_append (burst, "CHAT " TEXT "\n");

  for (guint round = 0; round < load->rounds; round++)
    {
      for (guint pair = 0; pair < load->pairs; pair++)
        test_send_bytes (g_ptr_array_index (clients, 2 * pair), burst->str, (gssize) burst->len);
      for (guint pair = 0; pair < load->pairs; pair++)
        for (guint i = 0; i < load->in_flight; i++)
          hear (load, g_ptr_array_index (clients, 2 * pair), g_ptr_array_index (clients, 2 * pair + 1));
    }

  seconds = (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
  printf ("%-6s %-4s %8.0f messages/s   %6.1f us of CPU a message\n", load->name, tls ? "TLS" : "", n / seconds,
          (cpu_seconds (server) - cpu) * 1e6 / n);
}

static void
run_idle (TestServer *server, gboolean tls)
{
  g_autoptr (GPtrArray) idle = g_ptr_array_new_with_free_func ((GDestroyNotify) test_client_free);
  double before = memory_kb (server);

  for (guint i = 0; i < N_IDLE; i++)
    {
      g_autofree char *id = g_strdup_printf ("idle%u", i);

      g_ptr_array_add (idle, log_one_in (server, id, FALSE, tls));
    }
  printf ("idle   %-4s %8u connections  %6.2f KB of memory a connection\n", tls ? "TLS" : "", idle->len, (memory_kb (server) - before) / N_IDLE);
}

static gpointer
shake_hands_cb (gpointer server)
{
  for (guint i = 0; i < N_HANDSHAKES; i++)
    test_client_free (test_connect_tls (server, "handshaker"));
  return NULL;
}

static void
run_handshakes (TestServer *server)
{
  const guint n = N_HANDSHAKERS * N_HANDSHAKES;
  gint64 start = g_get_monotonic_time ();
  double cpu = cpu_seconds (server), seconds;
  GThread *threads[N_HANDSHAKERS];

  for (guint i = 0; i < N_HANDSHAKERS; i++)
    threads[i] = g_thread_new ("handshaker", shake_hands_cb, server);
  for (guint i = 0; i < N_HANDSHAKERS; i++)
    g_thread_join (threads[i]);
  seconds = (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
  cpu = cpu_seconds (server) - cpu;
  printf ("handshakes  %8.0f a second, the clients' work included   %6.0f us of CPU each: %.0f a second on one core\n", n / seconds,
          cpu * 1e6 / n, n / cpu);
}

int
main (int argc, char **argv)
{
  g_autoptr (GString) list = g_string_new (NULL);
  g_autoptr (TestServer) server = NULL;
  struct rlimit files;

  setvbuf (stdout, NULL, _IOLBF, 0);
  getrlimit (RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit (RLIMIT_NOFILE, &files);

  for (guint i = 0; i < N_PAIRS; i++)
    g_string_append_printf (list, "from%u\nto%u\n", i, i);
  for (guint i = 0; i < N_IDLE; i++)
    g_string_append_printf (list, "idle%u\n", i);
  server = test_server_new (list->str, "limits.messages-per-second=0", "server.tls-listen=127.0.0.1:0", NULL);

  /* Only those named, when any are. */
  for (guint i = 0; i < G_N_ELEMENTS (loads); i++)
    for (guint tls = 0; tls < 2; tls++)
      if (argc < 2 || g_strv_contains ((const char *const *) argv + 1, loads[i].name))
        run_load (&loads[i], server, tls);
  for (guint tls = 0; tls < 2; tls++)
    run_idle (server, tls);
  run_handshakes (server);
  return 0;
}
