/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rows.h"

#include <math.h>

#include "gui-util.h"

struct _RowsWatch
{
  UiMessageList *list;
  GdkFrameClock *clock;
  gulong handler_id;
  GHashTable *before;
  double worst;
  guint n_common; /* in the last frame */
};

static GtkWidget *
list_view (UiMessageList *list)
{
  return gui_find (GTK_WIDGET (list), GTK_TYPE_LIST_VIEW);
}

GtkAdjustment *
rows_adjustment (UiMessageList *list)
{
  return gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (gui_find (GTK_WIDGET (list), GTK_TYPE_SCROLLED_WINDOW)));
}

double
rows_gap (UiMessageList *list)
{
  GtkAdjustment *adjustment = rows_adjustment (list);

  return gtk_adjustment_get_upper (adjustment) - gtk_adjustment_get_page_size (adjustment) - gtk_adjustment_get_value (adjustment);
}

GHashTable *
rows_positions (UiMessageList *list)
{
  GHashTable *positions = g_hash_table_new_full (NULL, NULL, g_object_unref, g_free);
  GtkWidget *view = list_view (list);

  for (GtkWidget *item = gtk_widget_get_first_child (view); item; item = gtk_widget_get_next_sibling (item))
    {
      GtkWidget *row = gtk_widget_get_first_child (item);
      graphene_rect_t bounds;
      double *y;

      if (!UI_IS_MESSAGE_ROW (row) || !gtk_widget_get_child_visible (item) || !gtk_widget_compute_bounds (item, view, &bounds))
        continue;
      if (bounds.origin.y + bounds.size.height < 1 || bounds.origin.y > gtk_widget_get_height (view) - 1)
        continue;
      y = g_new (double, 1);
      *y = bounds.origin.y + bounds.size.height; /* a day may come to stand at its top: the message is at the bottom */
      g_hash_table_insert (positions, g_object_ref (ui_message_row_get_entry (UI_MESSAGE_ROW (row))), y);
    }
  return positions;
}

UiMessageRow *
rows_find (UiMessageList *list, WcEntry *entry)
{
  for (GtkWidget *item = gtk_widget_get_first_child (list_view (list)); item; item = gtk_widget_get_next_sibling (item))
    {
      GtkWidget *row = gtk_widget_get_first_child (item);

      if (UI_IS_MESSAGE_ROW (row) && ui_message_row_get_entry (UI_MESSAGE_ROW (row)) == entry)
        return UI_MESSAGE_ROW (row);
    }
  return NULL;
}

static void
after_paint_cb (GdkFrameClock *clock, RowsWatch *watch)
{
  g_autoptr (GHashTable) now = rows_positions (watch->list);
  GHashTableIter iter;
  gpointer entry, before;

  watch->n_common = 0;
  g_hash_table_iter_init (&iter, watch->before);
  while (g_hash_table_iter_next (&iter, &entry, &before))
    {
      double *y = g_hash_table_lookup (now, entry);

      if (y == NULL)
        continue;
      watch->n_common++;
      watch->worst = MAX (watch->worst, fabs (*y - *(double *) before));
    }
}

RowsWatch *
rows_watch (UiMessageList *list)
{
  RowsWatch *watch = g_new0 (RowsWatch, 1);

  watch->list = list;
  watch->clock = g_object_ref (gtk_widget_get_frame_clock (GTK_WIDGET (list)));
  watch->before = rows_positions (list);
  watch->handler_id = g_signal_connect (watch->clock, "after-paint", G_CALLBACK (after_paint_cb), watch);
  g_assert_cmpuint (g_hash_table_size (watch->before), >, 1);
  return watch;
}

double
rows_stop_watching (RowsWatch *watch)
{
  double worst = watch->worst;

  g_assert_cmpuint (watch->n_common, >, 0);
  g_signal_handler_disconnect (watch->clock, watch->handler_id);
  g_object_unref (watch->clock);
  g_hash_table_unref (watch->before);
  g_free (watch);
  return worst;
}
