/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the server costs while it stores every message on disk: its CPU time a message, and its memory an idle connection.
 * Loads: one = one pair, one message in flight; pairs = 100 pairs with one in flight each; flood = 100 pairs with 64 each. The first three
 * in base; the last two likewise in protocol 2, where every message is answered by SENT and DELIVERED. */
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/util/client.h"
#include "tests/util/server.h"

#define N_PAIRS 100
#define N_IDLE  2000
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

/* The clients of the load, logged in: from each one messages go to the one after it. */
static GPtrArray *
log_in (const Load *load, TestServer *server)
{
  GPtrArray *clients = g_ptr_array_new_with_free_func ((GDestroyNotify) test_client_free);

  for (guint i = 0; i < load->pairs; i++)
    {
      g_autofree char *from_id = g_strdup_printf ("from%u", i), *to_id = g_strdup_printf ("to%u", i);
      TestClient *from = load->proto2 ? test_login2 (server, from_id) : test_login (server, from_id);
      TestClient *to = load->proto2 ? test_login2 (server, to_id) : test_login (server, to_id);

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
run_load (const Load *load, TestServer *server)
{
  g_autoptr (GPtrArray) clients = log_in (load, server);
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
  printf ("%-6s %8.0f messages/s   %6.1f us of CPU a message\n", load->name, n / seconds, (cpu_seconds (server) - cpu) * 1e6 / n);
}

static void
run_idle (TestServer *server)
{
  g_autoptr (GPtrArray) idle = g_ptr_array_new_with_free_func ((GDestroyNotify) test_client_free);
  double before = memory_kb (server);

  for (guint i = 0; i < N_IDLE; i++)
    {
      g_autofree char *id = g_strdup_printf ("idle%u", i);

      g_ptr_array_add (idle, test_login (server, id));
    }
  printf ("idle   %8u connections  %6.2f KB of memory a connection\n", idle->len, (memory_kb (server) - before) / N_IDLE);
}

int
main (void)
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
  server = test_server_new (list->str, "limits.messages-per-second=0", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (loads); i++)
    run_load (&loads[i], server);
  run_idle (server);
  return 0;
}
