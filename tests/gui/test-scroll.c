/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log stays where its reader is: frames are counted, and every row that is seen is measured in each of them. */
#include <string.h>

#include "gui-util.h"
#include "rows.h"
#include "sample.h"

typedef struct
{
  GListStore *store; /* of WcEntry */
  UiMessageList *list;
  GtkWindow *window;
  guint first;    /* number of the oldest message in the store */
  guint n_older;  /* how often older ones were asked for */
  guint page;     /* how many come each time */
} Log;

static WcEntry *
make_entry (guint n)
{
  g_autofree char *text = sample_text (n);
  gboolean own = n % 5 < 2;

  return wc_entry_new_message (own ? "alice" : "Bob", own, text, n, (gint64) n * 90 * 1000,
                               own ? WC_DELIVERY_DELIVERED : WC_DELIVERY_NONE);
}

static void
prepend (Log *log, guint n)
{
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func (g_object_unref);

  log->first -= n;
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (entries, make_entry (log->first + i));
  g_list_store_splice (log->store, 0, 0, entries->pdata, n);
}

static WcEntry *
append (Log *log)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (log->store));
  g_autoptr (WcEntry) entry = make_entry (log->first + n);

  g_list_store_append (log->store, entry);
  return entry; /* the store holds it */
}

static void
load_older_cb (UiMessageList *list, Log *log)
{
  log->n_older++;
  if (log->page > 0)
    prepend (log, log->page);
}

static void
log_open (Log *log, guint n, gboolean has_older)
{
  log->store = g_list_store_new (WC_TYPE_ENTRY);
  log->first = 1000000;
  prepend (log, n);
  log->list = UI_MESSAGE_LIST (ui_message_list_new ());
  g_object_set (log->list, "peer", "Bob", "has-older", has_older, NULL);
  g_signal_connect (log->list, "load-older", G_CALLBACK (load_older_cb), log);
  ui_message_list_set_entries (log->list, G_LIST_MODEL (log->store));
  log->window = gui_open_window (GTK_WIDGET (log->list), 480, 600);
}

static void
log_close (Log *log)
{
  gui_close_window (log->window);
  g_assert_finalize_object (log->store);
}

static void
scroll_by (Log *log, double by)
{
  GtkAdjustment *adjustment = rows_adjustment (log->list);

  gtk_adjustment_set_value (adjustment, gtk_adjustment_get_value (adjustment) + by);
}

static gboolean
all_is_there (gpointer data)
{
  Log *log = data;

  return gtk_adjustment_get_value (rows_adjustment (log->list)) > 1500;
}

static void
test_bottom (gconstpointer n)
{
  Log log = { 0 };

  log_open (&log, GPOINTER_TO_UINT (n), FALSE);
  g_assert_cmpfloat (rows_gap (log.list), <=, 1);
  for (int i = 0; i < 30; i++)
    {
      WcEntry *entry = append (&log);

      gui_wait_frames (GTK_WIDGET (log.window), 1);
      g_assert_cmpfloat (rows_gap (log.list), <=, 1);
      g_autoptr (GHashTable) seen = rows_positions (log.list);
      g_assert_true (g_hash_table_contains (seen, entry));
    }
  gtk_window_set_default_size (log.window, 380, 420);
  gui_wait_frames (GTK_WIDGET (log.window), 4);
  g_assert_cmpfloat (rows_gap (log.list), <=, 1);
  gtk_window_set_default_size (log.window, 700, 640);
  gui_wait_frames (GTK_WIDGET (log.window), 4);
  g_assert_cmpfloat (rows_gap (log.list), <=, 1);
  g_assert_true (ui_message_list_get_at_end (log.list));
  log_close (&log);
}

static void
test_append_while_reading (void)
{
  Log log = { 0 };
  RowsWatch *watch;

  log_open (&log, 300, FALSE);
  gui_wait_until (all_is_there, &log);
  scroll_by (&log, -600);
  gui_wait_frames (GTK_WIDGET (log.window), 3);
  g_assert_false (ui_message_list_get_at_end (log.list));
  watch = rows_watch (log.list);
  for (int i = 0; i < 20; i++)
    {
      append (&log);
      gui_wait_frames (GTK_WIDGET (log.window), 1);
    }
  g_assert_cmpfloat (rows_stop_watching (watch), <=, 0.5);
  g_assert_cmpfloat (rows_gap (log.list), >, 600);
  log_close (&log);
}

/* The last row is seen, and changes its place in its group when the next one comes. */
static void
test_append_near_the_end (void)
{
  Log log = { 0 };

  log_open (&log, 60, FALSE);
  gui_wait_until (all_is_there, &log);
  scroll_by (&log, -40);
  gui_wait_frames (GTK_WIDGET (log.window), 3);
  g_autoptr (GHashTable) before = rows_positions (log.list);
  append (&log);
  gui_wait_frames (GTK_WIDGET (log.window), 3);
  g_autoptr (GHashTable) after = rows_positions (log.list);
  g_autoptr (WcEntry) third_last = g_list_model_get_item (G_LIST_MODEL (log.store), 58);
  g_assert_cmpfloat (ABS (*(double *) g_hash_table_lookup (before, third_last) - *(double *) g_hash_table_lookup (after, third_last)),
                     <=, 0.5);
  g_assert_false (ui_message_list_get_at_end (log.list));
  log_close (&log);
}

static void
test_prepend (void)
{
  static const double places[] = { 0, 37, 400 };
  Log log = { 0 };
  double worst = 0;

  log_open (&log, 100, TRUE);
  for (int round = 0; round < 15; round++)
    {
      RowsWatch *watch;
      double moved;

      /* Whatever was hidden is shown first, so that only the page is measured. */
      gtk_adjustment_set_value (rows_adjustment (log.list), places[round % 3]);
      gui_wait_frames (GTK_WIDGET (log.window), 6);
      gtk_adjustment_set_value (rows_adjustment (log.list), places[round % 3]);
      gui_wait_frames (GTK_WIDGET (log.window), 2);
      watch = rows_watch (log.list);
      prepend (&log, 25);
      gui_wait_frames (GTK_WIDGET (log.window), 6);
      moved = rows_stop_watching (watch);
      g_test_message ("page %d: %.2f px", round, moved);
      worst = MAX (worst, moved);
    }
  g_test_message ("15 pages: worst move %.2f px", worst);
  g_assert_cmpfloat (worst, <=, 0.5);
  log_close (&log);
}

/* As with a wheel: through some hundred rows, pages coming on the way. No step shows an older row below a newer one's place. */
static void
test_scroll_up (void)
{
  Log log = { .page = 50 };
  int steps = 0;

  log_open (&log, 80, TRUE);
  while (log.n_older < 8 && steps++ < 1000)
    {
      g_autoptr (GHashTable) before = rows_positions (log.list);
      GHashTableIter iter;
      gpointer entry, y;
      guint n_common = 0;

      scroll_by (&log, -120);
      gui_wait_frames (GTK_WIDGET (log.window), 1);
      g_autoptr (GHashTable) after = rows_positions (log.list);
      g_hash_table_iter_init (&iter, after);
      while (g_hash_table_iter_next (&iter, &entry, &y))
        if (g_hash_table_contains (before, entry))
          {
            double moved = *(double *) y - *(double *) g_hash_table_lookup (before, entry);

            n_common++;
            g_assert_cmpfloat (moved, >=, -0.5);
            g_assert_cmpfloat (moved, <=, 121);
          }
      g_assert_cmpuint (n_common, >, 0);
    }
  g_assert_cmpuint (log.n_older, >=, 8);
  log_close (&log);
}

static void
count_rows (GtkWidget *widget, guint *n)
{
  *n += UI_IS_MESSAGE_ROW (widget);
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child; child = gtk_widget_get_next_sibling (child))
    count_rows (child, n);
}

static void
test_opens_with_few_rows (void)
{
  Log log = { 0 };
  guint n = 0;

  log_open (&log, 5000, FALSE);
  count_rows (GTK_WIDGET (log.list), &n);
  g_assert_cmpuint (n, <=, UI_MESSAGE_LIST_OPEN + 4 * UI_MESSAGE_LIST_PAGE);
  log_close (&log);
}

static void
test_one_request_at_a_time (void)
{
  Log log = { 0 };

  log_open (&log, 3, TRUE);
  gui_wait_frames (GTK_WIDGET (log.window), 5);
  g_assert_cmpuint (log.n_older, >, 0);
  g_object_set (log.list, "loading", TRUE, NULL);
  log.n_older = 0;
  for (int i = 0; i < 5; i++)
    append (&log);
  gui_wait_frames (GTK_WIDGET (log.window), 5);
  g_assert_cmpuint (log.n_older, ==, 0);
  log_close (&log);
}

static void
test_error_waits_for_the_reader (void)
{
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "The server is away.\ntechnical words");
  Log log = { 0 };
  GtkWidget *again;

  log_open (&log, 3, TRUE);
  g_object_set (log.list, "error", error, NULL);
  gui_wait_frames (GTK_WIDGET (log.window), 3);
  log.n_older = 0;
  gui_wait_frames (GTK_WIDGET (log.window), 5);
  g_assert_cmpuint (log.n_older, ==, 0);
  g_assert_nonnull (gui_find_label (GTK_WIDGET (log.list), "The server is away."));
  again = gui_find_button (GTK_WIDGET (log.list), "Try Again");
  g_assert_nonnull (again);
  g_signal_emit_by_name (again, "clicked");
  g_assert_cmpuint (log.n_older, ==, 1);
  g_object_set (log.list, "error", NULL, NULL);
  g_assert_null (gui_find_button (GTK_WIDGET (log.list), "Try Again"));
  log_close (&log);
}

static void
test_newest_is_elsewhere (void)
{
  Log log = { 0 };
  RowsWatch *watch;

  log_open (&log, 200, FALSE);
  gui_wait_until (all_is_there, &log);
  g_object_set (log.list, "has-newer", TRUE, NULL);
  g_assert_false (ui_message_list_get_at_end (log.list));
  gtk_adjustment_set_value (rows_adjustment (log.list), 1e6);
  gui_wait_frames (GTK_WIDGET (log.window), 3);
  watch = rows_watch (log.list);
  for (int i = 0; i < 10; i++)
    append (&log);
  g_object_set (log.list, "has-newer", FALSE, NULL);
  gui_wait_frames (GTK_WIDGET (log.window), 3);
  g_assert_cmpfloat (rows_stop_watching (watch), <=, 0.5);
  g_assert_false (ui_message_list_get_at_end (log.list));
  log_close (&log);
}

static void
test_go_to (void)
{
  Log log = { 0 };
  double *y;

  log_open (&log, 400, FALSE);
  gui_wait_until (all_is_there, &log);
  g_autoptr (WcEntry) entry = g_list_model_get_item (G_LIST_MODEL (log.store), 120);
  ui_message_list_go_to (log.list, 120);
  gui_wait_frames (GTK_WIDGET (log.window), 8); /* older ones come above it meanwhile */
  g_autoptr (GHashTable) seen = rows_positions (log.list);
  y = g_hash_table_lookup (seen, entry);
  g_assert_nonnull (y);
  g_assert_cmpfloat (*y, <, 250); /* its end; its top is the view's */
  g_assert_cmpfloat (gtk_adjustment_get_value (rows_adjustment (log.list)), >, 100);
  ui_message_list_go_to_end (log.list);
  gui_wait_frames (GTK_WIDGET (log.window), 4);
  g_assert_cmpfloat (rows_gap (log.list), <=, 1);
  log_close (&log);
}

/* Home goes to the first row there is, and does not snap back. */
static void
test_keys_leave_the_end (void)
{
  Log log = { 0 };
  GtkWidget *view;

  log_open (&log, 30, FALSE);
  view = gui_find (GTK_WIDGET (log.list), GTK_TYPE_LIST_VIEW);
  g_assert_true (ui_message_list_focus_rows (log.list));
  gui_press (view, GDK_KEY_Home, 0);
  gtk_widget_activate_action (view, "list.scroll-to-item", "u", 0);
  gui_wait_frames (GTK_WIDGET (log.window), 4);
  g_assert_false (ui_message_list_get_at_end (log.list));
  g_assert_cmpfloat (rows_gap (log.list), >, 100);
  /* A key that moves nothing away from the end leaves it be. */
  ui_message_list_go_to_end (log.list);
  gui_wait_frames (GTK_WIDGET (log.window), 4);
  gui_press (view, GDK_KEY_Up, 0);
  gui_wait_frames (GTK_WIDGET (log.window), 4);
  g_assert_true (ui_message_list_get_at_end (log.list));
  log_close (&log);
}

int
main (int argc, char **argv)
{
  if (!gui_test_init (&argc, &argv))
    return 0;
  g_test_add_data_func ("/scroll/bottom/3", GUINT_TO_POINTER (3), test_bottom);
  g_test_add_data_func ("/scroll/bottom/100", GUINT_TO_POINTER (100), test_bottom);
  g_test_add_func ("/scroll/append-while-reading", test_append_while_reading);
  g_test_add_func ("/scroll/append-near-the-end", test_append_near_the_end);
  g_test_add_func ("/scroll/prepend", test_prepend);
  g_test_add_func ("/scroll/up", test_scroll_up);
  g_test_add_func ("/scroll/opens-with-few-rows", test_opens_with_few_rows);
  g_test_add_func ("/scroll/one-request-at-a-time", test_one_request_at_a_time);
  g_test_add_func ("/scroll/error", test_error_waits_for_the_reader);
  g_test_add_func ("/scroll/newest-is-elsewhere", test_newest_is_elsewhere);
  g_test_add_func ("/scroll/go-to", test_go_to);
  g_test_add_func ("/scroll/keys", test_keys_leave_the_end);
  return g_test_run ();
}
