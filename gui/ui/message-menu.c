/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/message-menu.h"

#include "ui/message-row.h"

static UiBubble *
bubble_around (GtkWidget *widget)
{
  GtkWidget *row = widget ? gtk_widget_get_ancestor (widget, UI_TYPE_MESSAGE_ROW) : NULL;

  if (row == NULL && widget) /* the list's own row, which takes the focus, is around ours */
    row = gtk_widget_get_first_child (widget);
  return UI_IS_MESSAGE_ROW (row) ? ui_message_row_get_bubble (UI_MESSAGE_ROW (row)) : NULL;
}

static UiBubble *
focused_bubble (GtkWidget *view)
{
  GtkRoot *root = gtk_widget_get_root (view);
  GtkWidget *focus = root ? gtk_root_get_focus (root) : NULL;

  if (focus == NULL || !gtk_widget_is_ancestor (focus, view))
    return NULL;
  return bubble_around (focus);
}

static gboolean
popup_at (GtkWidget *view, double x, double y)
{
  UiBubble *bubble = bubble_around (gtk_widget_pick (view, x, y, GTK_PICK_DEFAULT));
  double bubble_x, bubble_y;

  if (bubble == NULL
      || !gtk_widget_translate_coordinates (view, GTK_WIDGET (bubble), x, y, &bubble_x, &bubble_y))
    return FALSE;
  ui_bubble_popup_menu (bubble, &(GdkRectangle){ (int) bubble_x, (int) bubble_y, 1, 1 });
  return TRUE;
}

/* In the capture phase: the label would show its own menu, which knows less. */
static void
pressed_cb (GtkGestureClick *gesture, int n_press, double x, double y, GtkWidget *view)
{
  GdkEvent *event = gtk_event_controller_get_current_event (GTK_EVENT_CONTROLLER (gesture));

  if (event && !gdk_event_triggers_context_menu (event))
    return;
  if (popup_at (view, x, y))
    gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
}

static void
long_pressed_cb (GtkGestureLongPress *gesture, double x, double y, GtkWidget *view)
{
  if (popup_at (view, x, y))
    gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
}

static gboolean
menu_key_cb (GtkWidget *widget, GVariant *args, gpointer data)
{
  UiBubble *bubble = focused_bubble (widget);

  if (bubble)
    ui_bubble_popup_menu (bubble, NULL);
  return bubble != NULL;
}

static gboolean
copy_key_cb (GtkWidget *widget, GVariant *args, gpointer data)
{
  UiBubble *bubble = focused_bubble (widget);

  return bubble && gtk_widget_activate_action (GTK_WIDGET (bubble), "message.copy", NULL);
}

static void
add_shortcut (GtkEventController *controller, const char *trigger, GtkShortcutFunc func)
{
  gtk_shortcut_controller_add_shortcut (GTK_SHORTCUT_CONTROLLER (controller),
                                        gtk_shortcut_new (gtk_shortcut_trigger_parse_string (trigger),
                                                          gtk_callback_action_new (func, NULL, NULL)));
}

void
ui_message_menu_attach (GtkListView *view)
{
  GtkGesture *click = gtk_gesture_click_new ();
  GtkGesture *press = gtk_gesture_long_press_new ();
  GtkEventController *keys = gtk_shortcut_controller_new ();

  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (click), 0);
  gtk_event_controller_set_propagation_phase (GTK_EVENT_CONTROLLER (click), GTK_PHASE_CAPTURE);
  g_signal_connect (click, "pressed", G_CALLBACK (pressed_cb), view);
  gtk_widget_add_controller (GTK_WIDGET (view), GTK_EVENT_CONTROLLER (click));

  gtk_gesture_single_set_touch_only (GTK_GESTURE_SINGLE (press), TRUE);
  gtk_event_controller_set_propagation_phase (GTK_EVENT_CONTROLLER (press), GTK_PHASE_CAPTURE);
  g_signal_connect (press, "pressed", G_CALLBACK (long_pressed_cb), view);
  gtk_widget_add_controller (GTK_WIDGET (view), GTK_EVENT_CONTROLLER (press));

  /* Before the label that has the focus shows its own menu. */
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  add_shortcut (keys, "Menu|<Shift>F10", menu_key_cb);
  add_shortcut (keys, "<Control>c", copy_key_cb);
  gtk_widget_add_controller (GTK_WIDGET (view), keys);
}
