/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A conversation with 1,000,000 messages, on a real server and in the cache: the chat is opened, paged up, its history is jumped through by
 * date, and searched. What counts is the longest time for which the main loop did not come round, that is for which the window stood
 * still: it should stay under 100 ms. Also without the cache, as on a new device. BENCH_MESSAGES says how many messages else. */
#include <stdio.h>
#include <time.h>

#include <adwaita.h>

#include "client/cache/cache.h"
#include "gui-util.h"
#include "rows.h"
#include "store/store.h"
#include "tests/util/server.h"
#include "ui/chat-view.h"
#include "ui/history-pane.h"
#include "ui/search-view.h"

#define MESSAGES_DEFAULT 1000000
#define GOAL_MS 100
#define PAGE 1000
#define STEP_PIXELS 150 /* three notches of a wheel */
#define STEPS 300
#define JUMPS 20
#define MINUTE_MS G_GINT64_CONSTANT (60000)

/* Time stands still between two polls of the main loop. */
static struct
{
  gint64 returned; /* from the last poll, monotonic microseconds */
  gint64 cpu;
  double worst, worst_cpu; /* ms */
  guint over;
} probe;

static gint64
thread_cpu_us (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * G_GINT64_CONSTANT (1000000) + now.tv_nsec / 1000;
}

static gint
probing_poll (GPollFD *fds, guint n, gint timeout)
{
  gint result;

  if (probe.returned != 0)
    {
      double busy = (g_get_monotonic_time () - probe.returned) / 1000.0, cpu = (thread_cpu_us () - probe.cpu) / 1000.0;

      probe.worst = MAX (probe.worst, busy);
      probe.worst_cpu = MAX (probe.worst_cpu, cpu);
      probe.over += busy > GOAL_MS;
    }
  result = g_poll (fds, n, timeout);
  probe.returned = g_get_monotonic_time ();
  probe.cpu = thread_cpu_us ();
  return result;
}

static gint64 step_start;

static void
begin (void)
{
  probe.worst = probe.worst_cpu = probe.over = 0;
  probe.returned = 0;
  step_start = g_get_monotonic_time ();
}

static void
end (const char *what)
{
  g_print ("  %-56s %6.0f ms in all; longest stall %4.0f ms (%4.0f ms CPU)%s\n", what, (g_get_monotonic_time () - step_start) / 1000.0, probe.worst,
           probe.worst_cpu, probe.worst_cpu > GOAL_MS ? "  OVER 100 ms" : "");
}

/* The messages */

static guint64 length;
static gint64 start;

/* Half of what is said are the commonest thirty words; one message in 10,000 has a word of its own. */
static void
make_text (guint64 seq, GString *text)
{
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint32) seq);
  int n = g_rand_int_range (random, 2, 24);

  g_string_truncate (text, 0);
  for (int i = 0; i < n; i++)
    {
      int word = g_rand_boolean (random) ? g_rand_int_range (random, 0, 30) : g_rand_int_range (random, 0, 5000);

      g_string_append_printf (text, "%s%c%c%ce%d", i > 0 ? " " : "", 'a' + word % 26, 'a' + word / 26 % 26, 'a' + word / 676 % 26, word % 7);
    }
  if (seq % 10000 == 0)
    g_string_append_printf (text, " needle%" G_GUINT64_FORMAT, seq);
}

static const char *
writer (guint64 seq)
{
  return seq % 3 == 0 ? "bob" : "alice";
}

static gint64
time_of (guint64 seq)
{
  return start + (gint64) seq * MINUTE_MS;
}

static void
stored_cb (StoreMessage *batch, const GError *error, gpointer user_data)
{
  g_assert_no_error (error);
  while (batch != NULL)
    {
      StoreMessage *next = batch->next;

      store_message_free (batch);
      batch = next;
    }
}

static void
fill_store (const char *folder)
{
  const StoreOptions options = { .durability = STORE_DURABILITY_NORMAL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  Store *store = store_new_sqlite (folder, &options, stored_cb, NULL, &error);

  g_assert_no_error (error);
  for (guint64 seq = 1; seq <= length; seq++)
    {
      const char *from = writer (seq);

      make_text (seq, text);
      store_append (store, store_message_new (from, from[0] == 'a' ? "bob" : "alice", NULL, text->str, text->len, time_of (seq)));
      while (store_get_backlog (store) > 8 * 1024 * 1024)
        g_thread_yield ();
    }
  store_free (store);
}

static void
loaded_cb (const WcCached *cached, gpointer data)
{
  *(gboolean *) data = TRUE;
}

typedef struct
{
  gboolean answered, more;
} Found;

static void
found_cb (GPtrArray *hits, gboolean more, gpointer data)
{
  *(Found *) data = (Found){ TRUE, more };
}

/* An answer that was given before everything was in the index says that there is more. */
static void
wait_for_index (WcCache *cache)
{
  Found found;

  do
    {
      found = (Found){ FALSE, FALSE };
      wc_cache_search (cache, "bob", "needle10000", 0, 10, found_cb, &found);
      while (!found.answered)
        g_main_context_iteration (NULL, TRUE);
    }
  while (found.more);
}

static void
fill_cache (GFile *folder, const char *server)
{
  WcCache *cache = wc_cache_open (folder, server, "alice", NULL, NULL);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint64 seq = 1; seq <= length;)
    {
      g_autoptr (GPtrArray) page = g_ptr_array_new_with_free_func (g_object_unref);
      guint64 first = seq;
      gboolean written = FALSE;

      for (; seq <= length && page->len < PAGE; seq++)
        {
          gboolean own = writer (seq)[0] == 'a';

          make_text (seq, text);
          g_ptr_array_add (page, wc_entry_new_message (writer (seq), own, text->str, seq, time_of (seq), own ? WC_DELIVERY_READ : WC_DELIVERY_NONE));
        }
      wc_cache_put (cache, "bob", page, first, seq - 1);
      wc_cache_load (cache, loaded_cb, &written);
      while (!written)
        g_main_context_iteration (NULL, TRUE);
    }
  wc_cache_set_marks (cache, "bob", length, length, length, length);
  wait_for_index (cache);
  wc_cache_close (cache);
}

/* The steps */

static gboolean
is_ready (gpointer data)
{
  return wc_client_get_ready (data);
}

static gboolean
is_online (gpointer data)
{
  return wc_client_get_state (data) == WC_STATE_ONLINE;
}

static gboolean
has_rows (gpointer data)
{
  return g_list_model_get_n_items (data) > 20 && !wc_log_get_loading (data);
}

static gboolean
is_set (gpointer data)
{
  return *(gboolean *) data;
}

/* Of a UiSearchView. */
static gboolean
is_searched (gpointer data)
{
  WcSearch *found = ui_search_view_get_search (data);

  return found != NULL && !wc_search_get_loading (found);
}

static gboolean
has_hits (gpointer data)
{
  WcSearch *found = ui_search_view_get_search (data);

  return is_searched (data) || (found != NULL && g_list_model_get_n_items (G_LIST_MODEL (found)) > 0);
}

static void
scroll_up (GtkWidget *widget, const char *what)
{
  UiMessageList *list = UI_MESSAGE_LIST (gui_find (widget, UI_TYPE_MESSAGE_LIST));

  begin ();
  for (guint i = 0; i < STEPS; i++)
    {
      GtkAdjustment *adjustment = rows_adjustment (list);

      gtk_adjustment_set_value (adjustment, gtk_adjustment_get_value (adjustment) - STEP_PIXELS);
      gui_wait_frames (widget, 1);
    }
  end (what);
}

typedef struct
{
  gboolean done;
  int position;
} Jump;

static void
jumped_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  Jump *jump = data;

  jump->position = wc_log_jump_to_date_finish (WC_LOG (source), result, NULL);
  jump->done = TRUE;
}

static void
sought_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  Jump *jump = data;

  jump->position = wc_log_jump_to_seq_finish (WC_LOG (source), result, NULL);
  jump->done = TRUE;
}

static void
marked_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  guint32 days;

  wc_log_mark_days_finish (WC_LOG (source), result, &days, NULL);
  *(gboolean *) data = TRUE;
}

/* As the date popover and a hit do it; by_seq: a hit. */
static void
jump_about (GtkWidget *pane, gboolean by_seq)
{
  WcLog *log = ui_history_pane_get_log (UI_HISTORY_PANE (pane));
  UiMessageList *list = UI_MESSAGE_LIST (gui_find (pane, UI_TYPE_MESSAGE_LIST));

  begin ();
  for (guint i = 0; i < JUMPS; i++)
    {
      guint64 seq = 1 + (length - 1) * (i * 7 % JUMPS) / JUMPS;
      g_autoptr (GDateTime) day = g_date_time_new_from_unix_local (time_of (seq) / 1000);
      gboolean marked = FALSE;
      Jump jump = { 0 };

      if (by_seq)
        wc_log_jump_to_seq_async (log, seq, NULL, sought_cb, &jump);
      else
        {
          wc_log_mark_days_async (log, g_date_time_get_year (day), g_date_time_get_month (day), NULL, marked_cb, &marked);
          gui_wait_until (is_set, &marked);
          wc_log_jump_to_date_async (log, day, NULL, jumped_cb, &jump);
        }
      gui_wait_until (is_set, &jump.done);
      if (jump.position < 0)
        {
          g_print ("  (no jump to message %" G_GUINT64_FORMAT ")\n", seq);
          break;
        }
      ui_message_list_go_to (list, (guint) jump.position);
      gui_wait_frames (pane, 3);
    }
  end (by_seq ? "20 jumps to a message" : "20 jumps to a day, with its month's marks");
}

static void
search (WcClient *client, WcConversation *conversation, const char *words)
{
  GtkWidget *view = g_object_new (UI_TYPE_SEARCH_VIEW, "client", client, "conversation", conversation, NULL);
  GtkWindow *window = gui_open_window (view, 400, 700);
  g_autofree char *what = NULL;
  double first;
  WcSearch *found;

  begin ();
  ui_search_view_begin (UI_SEARCH_VIEW (view), words);
  gui_wait_until (has_hits, view);
  first = (g_get_monotonic_time () - step_start) / 1000.0;
  gui_wait_until (is_searched, view);
  gui_wait_frames (view, 3);
  found = ui_search_view_get_search (UI_SEARCH_VIEW (view));
  what = g_strdup_printf ("search \"%s\"%s: %u hits, first after %.0f ms", words, conversation != NULL ? " here" : "",
                          g_list_model_get_n_items (G_LIST_MODEL (found)), first);
  end (what);
  if (wc_search_get_error (found) != NULL)
    g_print ("  (the server's hits are missing: %s)\n", wc_search_get_error (found)->message);
  gui_close_window (window);
}

static void
login_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  wc_client_login_finish (WC_CLIENT (source), result, &error);
  g_assert_no_error (error);
}

static void
use_the_app (GFile *folder, const char *server)
{
  g_autoptr (WcClient) client = wc_client_new ();
  WcConversation *conversation;
  GtkWidget *view, *pane;
  GtkWindow *window;

  wc_client_set_folder (client, folder);
  begin ();
  wc_client_login_async (client, server, "alice", NULL, login_cb, NULL);
  gui_wait_until (is_ready, client);
  end ("until there is something to show");
  conversation = wc_client_get_conversation (client, "bob");

  begin ();
  view = ui_chat_view_new (client, conversation);
  window = gui_open_window (view, 700, 700);
  gui_wait_until (has_rows, wc_conversation_get_log (conversation));
  gui_wait_frames (view, 3);
  gui_wait_until (is_online, client);
  end ("the chat is opened, and online");
  scroll_up (view, "300 notches up the chat");
  gui_close_window (window);

  begin ();
  pane = ui_history_pane_new (conversation);
  window = gui_open_window (pane, 400, 700);
  gui_wait_until (has_rows, ui_history_pane_get_log (UI_HISTORY_PANE (pane)));
  gui_wait_frames (pane, 3);
  end ("the history is opened");
  jump_about (pane, FALSE);
  jump_about (pane, TRUE);
  scroll_up (pane, "300 notches up the history");
  gui_close_window (window);

  search (client, conversation, "needle");
  search (client, conversation, "needle500000");
  search (client, NULL, "a");
  search (client, NULL, "aaae0 baae1");
  wc_client_logout (client);
}

static double
seconds_since (gint64 since)
{
  return (g_get_monotonic_time () - since) / 1e6;
}

int
main (int argc, char **argv)
{
  g_autofree char *top = NULL, *with_path = NULL, *without_path = NULL, *data = NULL;
  g_autoptr (GFile) with = NULL, without = NULL;
  const char *number = g_getenv ("BENCH_MESSAGES");
  TestServer *server;
  gint64 since;

  if (!gui_test_init (&argc, &argv))
    return 0;
  length = number != NULL ? g_ascii_strtoull (number, NULL, 10) : MESSAGES_DEFAULT;
  start = g_get_real_time () / 1000 - ((gint64) length + 60) * MINUTE_MS;
  top = test_make_folder ();
  with = g_file_new_for_path (with_path = g_build_filename (top, "with", NULL));
  without = g_file_new_for_path (without_path = g_build_filename (top, "without", NULL));
  server = test_server_prepare ("alice\nbob\n", "store.durability=normal", NULL);
  data = test_server_path (server, "data");

  since = g_get_monotonic_time ();
  fill_store (data);
  g_print ("%" G_GUINT64_FORMAT " messages: in the store after %.0f s", length, seconds_since (since));
  test_server_start (server);
  since = g_get_monotonic_time ();
  fill_cache (with, test_server_address (server, 0));
  g_print (", in the cache after %.0f s\n", seconds_since (since));

  g_main_context_set_poll_func (NULL, probing_poll);
  g_print ("with the cache:\n");
  use_the_app (with, test_server_address (server, 0));
  g_print ("on a new device:\n");
  use_the_app (without, test_server_address (server, 0));
  test_server_free (server);
  test_remove_folder (top);
  return 0;
}
