/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/scroll-keeper.h"

#include <math.h>

#include "ui/message-row.h"

#define NEAR 1.0 /* pixels that nobody sees */

struct _UiScrollKeeper
{
  GObject parent;
  GtkScrolledWindow *scroller; /* not owned */
  GtkListView *view;           /* not owned */
  GtkAdjustment *adjustment;
  GdkFrameClock *clock; /* while the view is realized */
  gulong layout_id;

  gboolean at_end;
  gboolean may_stick;
  gboolean wants_end;  /* as soon as it may stick */
  gboolean wants_start; /* as soon as there is a layout */
  gboolean own_change; /* the value is being set from here */
  double last_value;
  double last_upper;
  double last_page;

  WcEntry *held; /* the entry whose row shall stay at held_y */
  double held_y;
};

G_DEFINE_FINAL_TYPE (UiScrollKeeper, ui_scroll_keeper, G_TYPE_OBJECT)

enum
{
  PROP_AT_END = 1,
  N_PROPS
};
static GParamSpec *props[N_PROPS];

enum
{
  SIGNAL_SETTLED,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

static double
bottom (UiScrollKeeper *self)
{
  return gtk_adjustment_get_upper (self->adjustment) - gtk_adjustment_get_page_size (self->adjustment);
}

static void
set_at_end (UiScrollKeeper *self, gboolean at_end)
{
  at_end = at_end && self->may_stick;
  if (self->at_end == at_end)
    return;
  self->at_end = at_end;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_AT_END]);
}

static void
remember (UiScrollKeeper *self)
{
  self->last_value = gtk_adjustment_get_value (self->adjustment);
  self->last_upper = gtk_adjustment_get_upper (self->adjustment);
  self->last_page = gtk_adjustment_get_page_size (self->adjustment);
}

static void
set_value (UiScrollKeeper *self, double value)
{
  self->own_change = TRUE;
  gtk_adjustment_set_value (self->adjustment, value);
  self->own_change = FALSE;
}

static gboolean
row_y (UiScrollKeeper *self, GtkWidget *item, double *y, double *height)
{
  graphene_rect_t bounds;

  if (!gtk_widget_get_child_visible (item) || !UI_IS_MESSAGE_ROW (gtk_widget_get_first_child (item))
      || !gtk_widget_compute_bounds (item, GTK_WIDGET (self->view), &bounds))
    return FALSE;
  *y = bounds.origin.y;
  *height = bounds.size.height;
  return *height > 0;
}

/* The first row of which something can be seen, or the last one. */
static GtkWidget *
visible_row (UiScrollKeeper *self, gboolean last, double *at)
{
  GtkWidget *found = NULL;
  int view_height = gtk_widget_get_height (GTK_WIDGET (self->view));

  for (GtkWidget *item = gtk_widget_get_first_child (GTK_WIDGET (self->view)); item;
       item = gtk_widget_get_next_sibling (item))
    {
      double y, height;

      if (!row_y (self, item, &y, &height) || y + height <= 0 || y >= view_height)
        continue;
      if (found == NULL || (last ? y > *at : y < *at))
        {
          found = gtk_widget_get_first_child (item);
          *at = y;
        }
    }
  return found;
}

static GtkWidget *
row_of (UiScrollKeeper *self, WcEntry *entry, double *y)
{
  for (GtkWidget *item = gtk_widget_get_first_child (GTK_WIDGET (self->view)); item;
       item = gtk_widget_get_next_sibling (item))
    {
      GtkWidget *row = gtk_widget_get_first_child (item);
      double height;

      if (UI_IS_MESSAGE_ROW (row) && ui_message_row_get_entry (UI_MESSAGE_ROW (row)) == entry
          && row_y (self, item, y, &height))
        return row;
    }
  return NULL;
}

/* GtkListView 4.8 anchors a row by itself when rows come before it, but not when the rows around it change their height. */
static void
keep_held_row (UiScrollKeeper *self)
{
  double y;

  if (row_of (self, self->held, &y) && fabs (y - self->held_y) > 0.5)
    set_value (self, gtk_adjustment_get_value (self->adjustment) + y - self->held_y);
}

/* After the allocation, before the painting: what is set here is laid out once more in the same frame, so nothing flickers. */
static void
layout_cb (GdkFrameClock *clock, UiScrollKeeper *self)
{
  double value = gtk_adjustment_get_value (self->adjustment);

  if (!ui_scroll_keeper_is_laid_out (self))
    return;
  if (self->wants_start)
    ui_scroll_keeper_go_to_start (self);
  if (self->at_end)
    {
      if (value < bottom (self) - 0.5)
        set_value (self, bottom (self));
    }
  else if (self->held)
    {
      keep_held_row (self);
    }
  else if (value >= bottom (self) - NEAR)
    {
      set_at_end (self, TRUE);
    }
  remember (self);
  g_signal_emit (self, signals[SIGNAL_SETTLED], 0);
}

static void
paint_cb (GdkFrameClock *clock, UiScrollKeeper *self)
{
  g_clear_object (&self->held);
}

static void
value_changed_cb (GtkAdjustment *adjustment, UiScrollKeeper *self)
{
  double value = gtk_adjustment_get_value (adjustment);

  if (self->own_change)
    return;
  if (gtk_adjustment_get_upper (adjustment) != self->last_upper
      || gtk_adjustment_get_page_size (adjustment) != self->last_page)
    return; /* the layout moved it, not the reader */
  self->held_y -= value - self->last_value;
  self->last_value = value;
  self->wants_end = FALSE;
  set_at_end (self, value >= bottom (self) - NEAR);
  g_signal_emit (self, signals[SIGNAL_SETTLED], 0);
}

/* A key may move the focus to a row far away, and the view with it; then the end must let go. The next layout
 * finds out whether it did. */
static gboolean
key_pressed_cb (GtkEventControllerKey *controller, guint keyval, guint keycode, GdkModifierType state, UiScrollKeeper *self)
{
  switch (keyval)
    {
    case GDK_KEY_Up:
    case GDK_KEY_KP_Up:
    case GDK_KEY_Page_Up:
    case GDK_KEY_KP_Page_Up:
    case GDK_KEY_Home:
    case GDK_KEY_KP_Home:
      set_at_end (self, FALSE);
      gtk_widget_queue_resize (GTK_WIDGET (self->view));
      break;
    default:
      break;
    }
  return GDK_EVENT_PROPAGATE;
}

static void
realize_cb (GtkWidget *view, UiScrollKeeper *self)
{
  self->clock = g_object_ref (gtk_widget_get_frame_clock (view));
  self->layout_id = g_signal_connect_after (self->clock, "layout", G_CALLBACK (layout_cb), self);
  g_signal_connect (self->clock, "after-paint", G_CALLBACK (paint_cb), self);
}

static void
unrealize_cb (GtkWidget *view, UiScrollKeeper *self)
{
  if (self->clock)
    g_signal_handlers_disconnect_by_data (self->clock, self);
  g_clear_object (&self->clock);
}

static void
ui_scroll_keeper_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_AT_END)
    g_value_set_boolean (value, UI_SCROLL_KEEPER (object)->at_end);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
ui_scroll_keeper_dispose (GObject *object)
{
  UiScrollKeeper *self = UI_SCROLL_KEEPER (object);

  unrealize_cb (NULL, self);
  if (self->view)
    g_signal_handlers_disconnect_by_data (self->view, self);
  if (self->adjustment)
    g_signal_handlers_disconnect_by_data (self->adjustment, self);
  self->view = NULL;
  g_clear_object (&self->adjustment);
  g_clear_object (&self->held);
  G_OBJECT_CLASS (ui_scroll_keeper_parent_class)->dispose (object);
}

static void
ui_scroll_keeper_class_init (UiScrollKeeperClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = ui_scroll_keeper_dispose;
  object_class->get_property = ui_scroll_keeper_get_property;
  props[PROP_AT_END] = g_param_spec_boolean ("at-end", NULL, NULL, TRUE,
                                             G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, props);
  signals[SIGNAL_SETTLED] = g_signal_new ("settled", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 0);
}

static void
ui_scroll_keeper_init (UiScrollKeeper *self)
{
  self->at_end = TRUE;
  self->may_stick = TRUE;
}

UiScrollKeeper *
ui_scroll_keeper_new (GtkScrolledWindow *scroller, GtkListView *view)
{
  UiScrollKeeper *self = g_object_new (UI_TYPE_SCROLL_KEEPER, NULL);
  GtkEventController *keys = gtk_event_controller_key_new ();

  self->scroller = scroller;
  self->view = view;
  self->adjustment = g_object_ref (gtk_scrolled_window_get_vadjustment (scroller));
  g_signal_connect (self->adjustment, "value-changed", G_CALLBACK (value_changed_cb), self);
  g_signal_connect (view, "realize", G_CALLBACK (realize_cb), self);
  g_signal_connect (view, "unrealize", G_CALLBACK (unrealize_cb), self);
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  g_signal_connect_object (keys, "key-pressed", G_CALLBACK (key_pressed_cb), self, 0);
  gtk_widget_add_controller (GTK_WIDGET (view), keys);
  return self;
}

gboolean
ui_scroll_keeper_get_at_end (UiScrollKeeper *self)
{
  g_return_val_if_fail (UI_IS_SCROLL_KEEPER (self), FALSE);
  return self->at_end;
}

void
ui_scroll_keeper_set_may_stick (UiScrollKeeper *self, gboolean may_stick)
{
  g_return_if_fail (UI_IS_SCROLL_KEEPER (self));

  self->may_stick = may_stick;
  if (!may_stick)
    set_at_end (self, FALSE);
  else if (self->wants_end)
    ui_scroll_keeper_go_to_end (self);
}

void
ui_scroll_keeper_go_to_end (UiScrollKeeper *self)
{
  g_return_if_fail (UI_IS_SCROLL_KEEPER (self));

  g_clear_object (&self->held);
  self->wants_end = !self->may_stick;
  self->wants_start = FALSE;
  set_at_end (self, TRUE);
  gtk_widget_queue_resize (GTK_WIDGET (self->view));
}

void
ui_scroll_keeper_go_to_start (UiScrollKeeper *self)
{
  g_return_if_fail (UI_IS_SCROLL_KEEPER (self));

  g_clear_object (&self->held);
  self->wants_end = FALSE;
  set_at_end (self, FALSE);
  /* The value may be 0 already, and the list anchored elsewhere: at no row at all, say, and rows put before the first one would take its place. Before
   * its first allocation, GtkListView 4.8 would stay blank for good after this. */
  self->wants_start = !ui_scroll_keeper_is_laid_out (self);
  if (!self->wants_start)
    gtk_widget_activate_action (GTK_WIDGET (self->view), "list.scroll-to-item", "u", 0);
}

void
ui_scroll_keeper_hold (UiScrollKeeper *self, gboolean change_is_before)
{
  GtkWidget *row;

  g_return_if_fail (UI_IS_SCROLL_KEEPER (self));

  if (self->at_end || self->held)
    return;
  row = visible_row (self, change_is_before, &self->held_y);
  if (row)
    g_set_object (&self->held, ui_message_row_get_entry (UI_MESSAGE_ROW (row)));
}

gboolean
ui_scroll_keeper_is_laid_out (UiScrollKeeper *self)
{
  return gtk_adjustment_get_page_size (self->adjustment) > 1;
}

double
ui_scroll_keeper_pages_before (UiScrollKeeper *self)
{
  double page = gtk_adjustment_get_page_size (self->adjustment);

  return page > 1 ? gtk_adjustment_get_value (self->adjustment) / page : 0;
}

double
ui_scroll_keeper_pages_after (UiScrollKeeper *self)
{
  double page = gtk_adjustment_get_page_size (self->adjustment);

  return page > 1 ? (bottom (self) - gtk_adjustment_get_value (self->adjustment)) / page : 0;
}

GtkWidget *
ui_scroll_keeper_first_visible (UiScrollKeeper *self, double *y)
{
  return visible_row (self, FALSE, y);
}

GtkWidget *
ui_scroll_keeper_last_visible (UiScrollKeeper *self)
{
  double y;

  return visible_row (self, TRUE, &y);
}
