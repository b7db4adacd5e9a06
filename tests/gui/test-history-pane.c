/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui-util.h"
#include "past.h"
#include "rows.h"
#include "sample.h"
#include "ui/history-pane.h"
#include "ui/search-view.h"

#define DAY ((gint64) 24 * 3600 * 1000)
#define START G_GINT64_CONSTANT (1767225600000) /* 2026-01-01 00:00:00 UTC */

typedef struct
{
  Past *past;
  GtkWidget *pane;
  GtkWindow *window;
  WcLog *log;
  UiMessageList *list;
} Fixture;

static void
open_pane (Fixture *fixture, guint64 length)
{
  fixture->past = past_new (length, START);
  fixture->pane = ui_history_pane_new (fixture->past->conversation);
  fixture->log = ui_history_pane_get_log (UI_HISTORY_PANE (fixture->pane));
  fixture->list = UI_MESSAGE_LIST (gui_find (fixture->pane, UI_TYPE_MESSAGE_LIST));
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (fixture->log)), ==, 0); /* nothing before it is shown */
  fixture->window = gui_open_window (fixture->pane, 360, 600);
}

static void
close_pane (Fixture *fixture)
{
  g_object_ref (fixture->pane);
  gui_close_window (fixture->window);
  g_assert_finalize_object (fixture->pane);
  past_free (fixture->past);
}

static void
wait_until_loaded (Fixture *fixture)
{
  wait_for (g_list_model_get_n_items (G_LIST_MODEL (fixture->log)) > 0 && !wc_log_get_loading (fixture->log));
  gui_wait_frames (fixture->pane, 4);
}

static WcEntry *
first_seen (Fixture *fixture)
{
  g_autoptr (GHashTable) seen = rows_positions (fixture->list);
  GHashTableIter iter;
  gpointer entry, y;
  WcEntry *first = NULL;
  double top = G_MAXDOUBLE;

  g_hash_table_iter_init (&iter, seen);
  while (g_hash_table_iter_next (&iter, &entry, &y))
    if (*(double *) y < top)
      {
        top = *(double *) y;
        first = entry;
      }
  g_assert_nonnull (first);
  return first;
}

static void
test_paging (void)
{
  Fixture f = { 0 };
  guint64 oldest = G_MAXUINT64;
  int steps = 0;

  open_pane (&f, 100000);
  wait_until_loaded (&f);
  g_assert_cmpfloat (rows_gap (f.list), <=, 1);
  g_assert_cmpuint (wc_entry_get_seq (first_seen (&f)), >, 99950);
  while (wc_entry_get_seq (first_seen (&f)) > 99700 && steps++ < 2000)
    {
      GtkAdjustment *adjustment = rows_adjustment (f.list);
      guint64 seq = wc_entry_get_seq (first_seen (&f));

      g_assert_cmpuint (seq, <=, oldest); /* it only ever goes up */
      oldest = seq;
      gtk_adjustment_set_value (adjustment, gtk_adjustment_get_value (adjustment) - 250);
      gui_wait_frames (f.pane, 1);
    }
  g_assert_cmpuint (wc_entry_get_seq (first_seen (&f)), <=, 99700);
  /* No more was loaded than what is near. */
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (f.log)), <, 500);
  g_assert_cmpuint (f.past->n_requests, <, 25);
  close_pane (&f);
}

static void
test_day_on_top (void)
{
  Fixture f = { 0 };
  GtkWidget *day;
  GtkAdjustment *adjustment;

  open_pane (&f, 96 * 4); /* four days */
  wait_until_loaded (&f);
  day = gui_find_id (f.pane, "day");
  g_assert_nonnull (day);
  g_assert_cmpstr (gtk_label_get_text (GTK_LABEL (day)), ==, "Sunday, 4 January");
  adjustment = rows_adjustment (f.list);
  for (int i = 0; i < 300 && wc_entry_get_seq (first_seen (&f)) > 240; i++)
    {
      gtk_adjustment_set_value (adjustment, gtk_adjustment_get_value (adjustment) - 300);
      gui_wait_frames (f.pane, 1);
    }
  g_assert_cmpstr (gtk_label_get_text (GTK_LABEL (day)), ==, "Saturday, 3 January");
  close_pane (&f);
}

static void
choose_day (Fixture *f, int year, int month, int day)
{
  GtkWidget *calendar = gui_find (f->pane, GTK_TYPE_CALENDAR);
  g_autoptr (GDateTime) first = g_date_time_new_local (year, month, day == 1 ? 2 : 1, 0, 0, 0);
  g_autoptr (GDateTime) date = g_date_time_new_local (year, month, day, 0, 0, 0);

  gtk_menu_button_popup (GTK_MENU_BUTTON (gui_find (f->pane, GTK_TYPE_MENU_BUTTON)));
  wait_for (gtk_widget_get_mapped (calendar));
  gtk_calendar_select_day (GTK_CALENDAR (calendar), first);
  wait_for (gtk_calendar_get_day_is_marked (GTK_CALENDAR (calendar), 3) || year == 2027);
  gtk_calendar_select_day (GTK_CALENDAR (calendar), date);
}

static void
test_jump_to_a_date (void)
{
  Fixture f = { 0 };
  GtkWidget *jump;

  open_pane (&f, 20000); /* until 28 July */
  wait_until_loaded (&f);
  choose_day (&f, 2026, 3, 15);
  wait_for (wc_log_get_has_newer (f.log) && !wc_log_get_loading (f.log));
  gui_wait_frames (f.pane, 10);
  /* The day's first message is the first one seen, however many came above it meanwhile. */
  g_assert_cmpint (wc_entry_get_time (first_seen (&f)), ==, START + 73 * DAY);
  g_assert_cmpuint (f.past->n_requests, <, 120);
  /* And back to the newest. */
  jump = gui_find_button (f.pane, "Go to the newest message");
  g_assert_nonnull (jump);
  gui_assert_named (f.pane);
  g_signal_emit_by_name (jump, "clicked");
  wait_for (!wc_log_get_has_newer (f.log) && !wc_log_get_loading (f.log));
  gui_wait_frames (f.pane, 6);
  g_assert_cmpfloat (rows_gap (f.list), <=, 1);
  g_assert_cmpuint (wc_entry_get_seq (first_seen (&f)), >, 19950);
  close_pane (&f);
}

/* The marks are the month's that shows, also after its arrows turned to another one. */
static void
test_marks (void)
{
  Fixture f = { 0 };
  GtkCalendar *calendar;
  g_autoptr (GDateTime) may = g_date_time_new_local (2026, 5, 31, 0, 0, 0);

  open_pane (&f, 96 * 130); /* until 10 May */
  wait_until_loaded (&f);
  calendar = GTK_CALENDAR (gui_find (f.pane, GTK_TYPE_CALENDAR));
  gtk_calendar_select_day (calendar, may);
  gtk_menu_button_popup (GTK_MENU_BUTTON (gui_find (f.pane, GTK_TYPE_MENU_BUTTON)));
  wait_for (gtk_calendar_get_day_is_marked (calendar, 10));
  g_assert_true (gtk_calendar_get_day_is_marked (calendar, 1));
  g_assert_false (gtk_calendar_get_day_is_marked (calendar, 11));
  gui_assert_named (f.pane);
  g_signal_emit_by_name (gui_find (GTK_WIDGET (calendar), GTK_TYPE_BUTTON), "clicked"); /* the first of the arrows: to April */
  wait_for (gtk_calendar_get_day_is_marked (calendar, 30));
  g_assert_false (wc_log_get_has_newer (f.log)); /* nothing was chosen */
  gtk_menu_button_popdown (GTK_MENU_BUTTON (gui_find (f.pane, GTK_TYPE_MENU_BUTTON)));
  close_pane (&f);
}

static UiMessageRow *
pointed_row (Fixture *f)
{
  GtkWidget *view = gui_find (GTK_WIDGET (f->list), GTK_TYPE_LIST_VIEW);

  for (GtkWidget *item = gtk_widget_get_first_child (view); item; item = gtk_widget_get_next_sibling (item))
    if (gtk_widget_has_css_class (gtk_widget_get_first_child (item), "pointed"))
      return UI_MESSAGE_ROW (gtk_widget_get_first_child (item));
  return NULL;
}

/* A message that was found opens with its neighbours, is marked, and has the keyboard; before anything was loaded, and after. */
static void
test_show_message (gconstpointer loaded)
{
  const guint64 wanted[] = { 12345, 12350, 3, 19999 };
  Fixture f = { 0 };

  open_pane (&f, 20000);
  if (loaded)
    wait_until_loaded (&f);
  for (gsize i = 0; i < G_N_ELEMENTS (wanted); i++)
    {
      g_autoptr (GHashTable) seen = NULL;
      UiMessageRow *row;
      GtkWidget *focus;

      ui_history_pane_show (UI_HISTORY_PANE (f.pane), wanted[i]);
      wait_for ((row = pointed_row (&f)) != NULL && wc_entry_get_seq (ui_message_row_get_entry (row)) == wanted[i]);
      gui_wait_frames (f.pane, 8);
      row = pointed_row (&f);
      g_assert_nonnull (row);
      seen = rows_positions (f.list);
      g_assert_true (g_hash_table_contains (seen, ui_message_row_get_entry (row)));
      g_assert_cmpuint (g_hash_table_size (seen), >, 3);
      g_assert_cmpuint (wc_entry_get_seq (first_seen (&f)), <, wanted[i]);
      focus = gtk_root_get_focus (gtk_widget_get_root (f.pane));
      g_assert_true (focus == gtk_widget_get_parent (GTK_WIDGET (row)));
    }
  wait_for (pointed_row (&f) == NULL); /* for a moment only */
  close_pane (&f);
}

/* One that is not there any more: the first after it. None at all: in words. */
static void
test_show_what_is_gone (void)
{
  Fixture f = { 0 };

  open_pane (&f, 500);
  wait_until_loaded (&f);
  ui_history_pane_show (UI_HISTORY_PANE (f.pane), 501);
  wait_for (gtk_widget_get_mapped (gui_find_id (gui_find (f.pane, UI_TYPE_SEARCH_VIEW), "status")));
  g_assert_null (pointed_row (&f));
  close_pane (&f);
}

static void
test_jump_past_the_end (void)
{
  Fixture f = { 0 };

  open_pane (&f, 500);
  wait_until_loaded (&f);
  choose_day (&f, 2027, 5, 5);
  wait_for (gui_find_label (f.pane, "There is no message on this day or later."));
  gtk_menu_button_popdown (GTK_MENU_BUTTON (gui_find (f.pane, GTK_TYPE_MENU_BUTTON)));
  g_assert_cmpfloat (rows_gap (f.list), <=, 1);
  close_pane (&f);
}

static void
test_newer_pages (void)
{
  Fixture f = { 0 };
  int steps = 0;

  open_pane (&f, 3000);
  wait_until_loaded (&f);
  choose_day (&f, 2026, 1, 30);
  wait_for (wc_log_get_has_newer (f.log) && !wc_log_get_loading (f.log));
  gui_wait_frames (f.pane, 8);
  /* Down to the newest, page by page. */
  while (wc_log_get_has_newer (f.log) && steps++ < 3000)
    {
      GtkAdjustment *adjustment = rows_adjustment (f.list);

      gtk_adjustment_set_value (adjustment, gtk_adjustment_get_value (adjustment) + 300);
      gui_wait_frames (f.pane, 1);
    }
  g_assert_false (wc_log_get_has_newer (f.log));
  close_pane (&f);
}

static void
test_empty (void)
{
  Fixture f = { 0 };

  open_pane (&f, 0);
  wait_for (gui_find_label (f.pane, "No Messages Yet"));
  gui_assert_named (f.pane);
  close_pane (&f);
}

static void
test_error (void)
{
  g_autoptr (Sample) sample = sample_new ("Bob");
  GtkWidget *pane = ui_history_pane_new (sample->conversation); /* nobody is logged in */
  GtkWindow *window = gui_open_window (pane, 360, 600);

  wait_for (gui_find_label (pane, "You are not logged in."));
  g_assert_nonnull (gui_find_button (pane, "Try Again"));
  g_signal_emit_by_name (gui_find_button (pane, "Try Again"), "clicked");
  wait_for (gui_find_label (pane, "You are not logged in."));
  gui_assert_named (pane);
  gui_close_window (window);
}

static void
test_closed_while_loading (void)
{
  Fixture f = { 0 };

  f.past = past_new (500, START);
  f.past->silent = TRUE;
  f.pane = ui_history_pane_new (f.past->conversation);
  f.window = gui_open_window (f.pane, 360, 600);
  wait_for (gtk_widget_get_mapped (gui_find_id (f.pane, "opening")));
  close_pane (&f);
}

int
main (int argc, char **argv)
{
  g_setenv ("TZ", "UTC", TRUE);
  if (!gui_test_init (&argc, &argv))
    return 0;
  g_test_add_func ("/history-pane/paging", test_paging);
  g_test_add_func ("/history-pane/day-on-top", test_day_on_top);
  g_test_add_func ("/history-pane/jump-to-a-date", test_jump_to_a_date);
  g_test_add_func ("/history-pane/marks", test_marks);
  g_test_add_func ("/history-pane/jump-past-the-end", test_jump_past_the_end);
  g_test_add_data_func ("/history-pane/show-message/at-once", NULL, test_show_message);
  g_test_add_data_func ("/history-pane/show-message/loaded", "loaded", test_show_message);
  g_test_add_func ("/history-pane/show-what-is-gone", test_show_what_is_gone);
  g_test_add_func ("/history-pane/newer-pages", test_newer_pages);
  g_test_add_func ("/history-pane/empty", test_empty);
  g_test_add_func ("/history-pane/error", test_error);
  g_test_add_func ("/history-pane/closed-while-loading", test_closed_while_loading);
  return g_test_run ();
}
