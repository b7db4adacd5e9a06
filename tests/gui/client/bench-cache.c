/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A conversation of 1,000,000 messages in the cache, without a connection: how long each thing takes that a person does, and how long the main
 * loop stands still meanwhile. "turn" is the longest time between two turns of the main loop; the CPU time of the longest turn beside it does not
 * depend on what else the machine does. Argument: another number of messages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/log-private.h"
#include "script-server.h"

#define PAGE 1000
#define STEP_MS 30000

static guint n_messages = 1000000;

/* --- The main loop, watched --- */

static gint64 worst_turn, worst_cpu; /* microseconds */

static gint64
cpu_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);

  return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static gboolean
tick_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* A turn is no longer than the tick when there is nothing to do. */
static void
turn (void)
{
  gint64 begun = g_get_monotonic_time (), cpu = cpu_time ();

  g_main_context_iteration (NULL, TRUE);
  worst_turn = MAX (worst_turn, g_get_monotonic_time () - begun);
  worst_cpu = MAX (worst_cpu, cpu_time () - cpu);
}

#define measure(name, action, condition)                                                                                      \
  G_STMT_START                                                                                                                \
  {                                                                                                                           \
    gint64 begun = g_get_monotonic_time (), called;                                                                           \
    worst_turn = worst_cpu = 0;                                                                                               \
    action;                                                                                                                   \
    called = g_get_monotonic_time () - begun;                                                                                 \
    while (!(condition))                                                                                                      \
      turn ();                                                                                                                \
    g_print ("%-46s %9.1f ms, longest turn %5.1f ms (CPU %4.1f ms), call %5.2f ms\n", name, (g_get_monotonic_time () - begun) / 1e3, \
             worst_turn / 1e3, worst_cpu / 1e3, called / 1e3);                                                                \
  }                                                                                                                           \
  G_STMT_END

/* --- What is in it --- */

/* Some words are in every third message, some in hardly any. */
static char *
make_text (guint seq)
{
  guint32 x = seq * 2654435761u;
  GString *text = g_string_new (seq % 3 == 0 ? "the" : "well");

  for (guint i = 0, n = 3 + (x >> 20) % 12; i < n; i++)
    {
      x = x * 1664525u + 1013904223u;
      /* The smaller the number, the more often. */
      g_string_append_printf (text, " w%x", (x >> 8) % ((x >> 4) % 20000 + 1));
    }
  if (seq % 50000 == 0)
    g_string_append (text, " seldom");

  return g_string_free (text, FALSE);
}

static void
set_cb (const WcCached *cached, gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

static void
fill (WcCache *cache)
{
  for (guint first = 1; first <= n_messages; first += PAGE)
    {
      g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func (g_object_unref);
      gboolean done = FALSE;

      for (guint seq = first; seq < first + PAGE && seq <= n_messages; seq++)
        {
          g_autofree char *text = make_text (seq);
          gboolean own = seq % 5 < 2;

          g_ptr_array_add (entries, wc_entry_new_message (own ? "alice" : "bob", own, text, seq, G_GINT64_CONSTANT (1600000000000) + (gint64) seq * STEP_MS,
                                                          WC_DELIVERY_NONE));
        }
      wc_cache_put (cache, "bob", entries, first, first + entries->len - 1);
      wc_cache_set_held (cache, "bob", first + entries->len - 1);
      wc_cache_set_marks (cache, "bob", 0, first + entries->len - 1, 0, 0);
      if (first / PAGE % 20 == 0)
        {
          wc_cache_load (cache, set_cb, &done);
          while (!done)
            turn ();
        }
    }
}

/* --- What is asked of it --- */

typedef struct
{
  gboolean done;
  guint n;
  gboolean more;
} Found;

static void
search_cb (GPtrArray *hits, gboolean more, gpointer user_data)
{
  Found *found = user_data;

  found->done = TRUE;
  found->n = hits->len;
  found->more = more;
}

static void
search (WcCache *cache, const char *peer, const char *words, gint64 before)
{
  g_autofree char *name = g_strdup_printf ("search \"%s\"%s%s", words, peer != NULL ? ", one conversation" : "", before != 0 ? ", old ones" : "");
  Found found = { 0 };

  measure (name, wc_cache_search (cache, peer, words, before, 50, search_cb, &found), found.done);
}

static void
done_cb (gboolean good, gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

static void
result_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static void
bench_log (WcConversation *bob)
{
  g_autoptr (WcLog) log = wc_log_new (bob);
  g_autoptr (GAsyncResult) jumped = NULL, dated = NULL, marked = NULL;
  g_autoptr (GDateTime) day = g_date_time_new_from_unix_local (1600000000 + (gint64) n_messages / 2 * (STEP_MS / 1000));
  guint n_days = 0, n_pages = 0;
  guint32 days = 0;
  int position;

  measure ("open the conversation", wc_log_load_newest (log), !wc_log_get_loading (log));
  g_assert_cmpuint (log->last_seq, ==, n_messages);
  g_assert_cmpuint (log->first_seq, ==, n_messages + 1 - WC_LOG_PAGE);
  measure ("100 older pages", wc_log_load_older (log), !wc_log_get_loading (log) && (++n_pages == 100 || (wc_log_load_older (log), FALSE)));
  g_assert_cmpuint (log->first_seq, ==, n_messages + 1 - 101 * WC_LOG_PAGE);
  measure ("jump to a message", wc_log_jump_to_seq_async (log, n_messages / 3, NULL, result_cb, &jumped), jumped != NULL);
  position = wc_log_jump_to_seq_finish (log, jumped, NULL);
  g_assert_cmpint (position, >=, 0);
  measure ("jump to a date", wc_log_jump_to_date_async (log, day, NULL, result_cb, &dated), dated != NULL);
  position = wc_log_jump_to_date_finish (log, dated, NULL);
  g_assert_cmpint (position, >=, 0);
  measure ("the days of a month", wc_log_mark_days_async (log, g_date_time_get_year (day), g_date_time_get_month (day), NULL, result_cb, &marked),
           marked != NULL);
  g_assert_true (wc_log_mark_days_finish (log, marked, &days, NULL));
  for (guint i = 0; i < 31; i++)
    n_days += (days >> i) & 1;
  g_assert_cmpuint (n_days, >, 0);
}

int
main (int argc, char **argv)
{
  g_autoptr (GFile) folder = test_folder_new ();
  g_autoptr (ScriptServer) server = script_server_new ();
  g_auto (Login) login = { 0 };
  WcClient *client;
  WcCache *cache;
  WcConversation *bob;
  gboolean loaded = FALSE, kept = FALSE;

  if (argc > 1)
    n_messages = atoi (argv[1]);
  g_timeout_add (5, tick_cb, NULL);
  script_stop_listening (server);

  g_print ("%u messages\n", n_messages);
  cache = wc_cache_open (folder, script_address (server), "alice", NULL, NULL);
  measure ("fill the cache", fill (cache), TRUE);
  measure ("an outgoing message, while indexing", wc_cache_put_outgoing (cache, "bob", "n", "text", 1, done_cb, &kept), kept);
  measure ("the newest page, while indexing", wc_cache_load (cache, set_cb, &loaded), loaded);
  search (cache, NULL, "seldom", 0);
  measure ("close", wc_cache_close (cache), TRUE);

  client = test_client_new ();
  wc_client_set_folder (client, folder);
  measure ("start", login_start (&login, client, script_address (server), "alice", NULL), wc_client_get_ready (client));
  bob = wc_client_get_conversation (client, "bob");
  bench_log (bob);

  cache = client->cache;
  search (cache, NULL, "seldom", 0);
  search (cache, NULL, "the", 0);
  search (cache, "bob", "the", 0);
  search (cache, "bob", "the", G_GINT64_CONSTANT (1600000000000) + STEP_MS * G_GINT64_CONSTANT (1000));
  search (cache, NULL, "w", 0);
  search (cache, NULL, "w1", 0);
  search (cache, NULL, "w12", 0);
  search (cache, NULL, "w123", 0);
  search (cache, NULL, "the w1 w2", 0);
  search (cache, "bob", "well the", 0);
  search (cache, "bob", "seldom w123", 0);
  search (cache, NULL, "nothing", 0);
  measure ("close", test_client_finish (client), TRUE);
  test_folder_free (g_steal_pointer (&folder));

  return 0;
}
