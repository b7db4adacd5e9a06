/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The history pane over 100,000 messages: how long it takes to open, and what a frame costs while its reader scrolls up through
 * it with pages coming on the way. CPU time, since that is what a faster or busier machine changes least. */
#include <stdio.h>
#include <time.h>

#include "gui-util.h"
#include "past.h"
#include "rows.h"
#include "ui/history-pane.h"

#define LENGTH 100000
#define STEPS 900
#define STEP_PIXELS 150 /* three notches of a wheel */

static double
cpu_ms (void)
{
  return clock () * 1000.0 / CLOCKS_PER_SEC;
}

static guint
resident_kb (void)
{
  guint pages = 0;
  FILE *file = fopen ("/proc/self/statm", "r");

  if (file)
    {
      if (fscanf (file, "%*u %u", &pages) != 1)
        pages = 0;
      fclose (file);
    }
  return pages * 4;
}

int
main (int argc, char **argv)
{
  g_autofree double *costs = g_new0 (double, STEPS);
  double opened, total = 0;
  guint memory, over_frame = 0;
  Past *past;
  GtkWidget *pane;
  GtkWindow *window;
  UiMessageList *list;
  WcLog *log;

  if (!gui_test_init (&argc, &argv))
    return 0;
  past = past_new (LENGTH, g_get_real_time () / 1000 - LENGTH * G_GINT64_CONSTANT (900000));
  memory = resident_kb ();
  opened = cpu_ms ();
  pane = ui_history_pane_new (past->conversation);
  log = ui_history_pane_get_log (UI_HISTORY_PANE (pane));
  list = UI_MESSAGE_LIST (gui_find (pane, UI_TYPE_MESSAGE_LIST));
  window = gui_open_window (pane, 400, 700);
  wait_for (g_list_model_get_n_items (G_LIST_MODEL (log)) > 0);
  gui_wait_frames (pane, 2);
  opened = cpu_ms () - opened;
  for (int i = 0; i < STEPS; i++)
    {
      GtkAdjustment *adjustment = rows_adjustment (list);
      double before = cpu_ms ();

      gtk_adjustment_set_value (adjustment, gtk_adjustment_get_value (adjustment) - STEP_PIXELS);
      gui_wait_frames (pane, 1);
      costs[i] = cpu_ms () - before;
      total += costs[i];
      over_frame += costs[i] > 16.7;
    }
  double worst = 0;
  for (int i = 0; i < STEPS; i++)
    worst = MAX (worst, costs[i]);
  g_print ("open: %.0f ms CPU\n", opened);
  g_print ("%d steps of %d px through %u messages: mean %.1f ms CPU a frame, worst %.0f ms, %u over a frame's 16.7 ms\n", STEPS,
           STEP_PIXELS, g_list_model_get_n_items (G_LIST_MODEL (log)), total / STEPS, worst, over_frame);
  g_print ("memory: %u KB more\n", resident_kb () - memory);
  gui_close_window (window);
  past_free (past);
  return 0;
}
