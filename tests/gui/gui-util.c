/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui-util.h"

#include <adwaita.h>

#define PATIENCE_SECONDS 60 /* only ever reached by a test that fails */

gboolean
gui_test_init (int *argc, char ***argv)
{
  GtkCssProvider *css;

  if (!gtk_init_check ())
    {
      g_print ("1..0 # SKIP no display\n");
      return FALSE;
    }
  /* Without G_TEST_OPTION_ISOLATE_DIRS: it would empty XDG_DATA_DIRS, where GTK finds its icons and schemas. */
  g_test_init (argc, argv, NULL);
  adw_init ();
  g_object_set (gtk_settings_get_default (), "gtk-enable-animations", FALSE, "gtk-cursor-blink", FALSE, NULL);
  gtk_icon_theme_add_resource_path (gtk_icon_theme_get_for_display (gdk_display_get_default ()), "/im/webchat/WebChat/icons");
  css = gtk_css_provider_new ();
  gtk_css_provider_load_from_resource (css, "/im/webchat/WebChat/style.css");
  gtk_style_context_add_provider_for_display (gdk_display_get_default (), GTK_STYLE_PROVIDER (css),
                                              GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
  g_object_unref (css);
  return TRUE;
}

static gboolean
late_cb (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_CONTINUE;
}

static gboolean
tick_cb (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

void
gui_wait_until (GuiCondition condition, gpointer data)
{
  gboolean late = FALSE;
  guint late_id = g_timeout_add_seconds (PATIENCE_SECONDS, late_cb, &late);
  guint tick_id = g_timeout_add (10, tick_cb, NULL); /* a condition may come true without a source of its own */

  while (!condition (data) && !late)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (tick_id);
  g_source_remove (late_id);
  g_assert_false (late);
}

static void
count_cb (GdkFrameClock *clock, guint *left)
{
  if (*left)
    (*left)--;
}

void
gui_wait_frames (GtkWidget *widget, guint n)
{
  GdkFrameClock *clock = gtk_widget_get_frame_clock (widget);
  guint left = n;
  gulong id = g_signal_connect (clock, "after-paint", G_CALLBACK (count_cb), &left);

  while (left)
    {
      guint before = left;

      gtk_widget_queue_draw (widget);
      while (left == before)
        g_main_context_iteration (NULL, TRUE);
    }
  g_signal_handler_disconnect (clock, id);
}

static gboolean
is_drawn (gpointer window)
{
  return gtk_widget_get_mapped (window) && gtk_widget_get_width (window) > 0
         && gdk_frame_clock_get_frame_counter (gtk_widget_get_frame_clock (window)) >= 1;
}

GtkWindow *
gui_open_window (GtkWidget *child, int width, int height)
{
  GtkWindow *window = GTK_WINDOW (gtk_window_new ());

  gtk_window_set_default_size (window, width, height);
  gtk_window_set_child (window, child);
  gtk_window_present (window);
  gui_wait_until (is_drawn, window);
  gui_wait_frames (GTK_WIDGET (window), 2);
  return window;
}

void
gui_close_window (GtkWindow *window)
{
  gtk_window_destroy (window);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

typedef gboolean (*GuiMatch) (GtkWidget *widget, gconstpointer data);

static GtkWidget *
find (GtkWidget *root, GuiMatch match, gconstpointer data)
{
  GtkWidget *found = NULL;

  if (root == NULL || match (root, data))
    return root;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child && !found; child = gtk_widget_get_next_sibling (child))
    found = find (child, match, data);
  return found;
}

static gboolean
has_type (GtkWidget *widget, gconstpointer type)
{
  return g_type_is_a (G_OBJECT_TYPE (widget), *(const GType *) type);
}

GtkWidget *
gui_find (GtkWidget *root, GType type)
{
  return find (root, has_type, &type);
}

static gboolean
has_id (GtkWidget *widget, gconstpointer id)
{
  return g_strcmp0 (gtk_buildable_get_buildable_id (GTK_BUILDABLE (widget)), id) == 0;
}

GtkWidget *
gui_find_id (GtkWidget *root, const char *id)
{
  return find (root, has_id, id);
}

static gboolean
is_button (GtkWidget *widget, gconstpointer name)
{
  return GTK_IS_BUTTON (widget) && gtk_widget_get_mapped (widget)
         && (g_strcmp0 (gtk_button_get_label (GTK_BUTTON (widget)), name) == 0
             || g_strcmp0 (gtk_widget_get_tooltip_text (widget), name) == 0);
}

GtkWidget *
gui_find_button (GtkWidget *root, const char *name)
{
  return find (root, is_button, name);
}

static gboolean
is_label (GtkWidget *widget, gconstpointer text)
{
  return GTK_IS_LABEL (widget) && gtk_widget_get_mapped (widget) && g_strcmp0 (gtk_label_get_text (GTK_LABEL (widget)), text) == 0;
}

GtkWidget *
gui_find_label (GtkWidget *root, const char *text)
{
  return find (root, is_label, text);
}

static gboolean
lacks_name (GtkWidget *widget, gconstpointer data)
{
  if (!gtk_widget_get_mapped (widget))
    return FALSE;
  if (!GTK_IS_BUTTON (widget) && !GTK_IS_TEXT_VIEW (widget) && !GTK_IS_ENTRY (widget) && !GTK_IS_LIST_VIEW (widget))
    return FALSE;
  if (GTK_IS_BUTTON (widget) && gtk_button_get_label (GTK_BUTTON (widget)))
    return FALSE;
  if (GTK_IS_BUTTON (widget) && GTK_IS_MENU_BUTTON (gtk_widget_get_parent (widget)))
    widget = gtk_widget_get_parent (widget);
  return !gtk_test_accessible_has_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL);
}

void
gui_assert_named (GtkWidget *root)
{
  GtkWidget *nameless = find (root, lacks_name, NULL);

  if (nameless)
    g_error ("a %s (%s; %s) has no accessible name", G_OBJECT_TYPE_NAME (nameless), gtk_widget_get_tooltip_text (nameless),
             gtk_buildable_get_buildable_id (GTK_BUILDABLE (nameless)));
}

gboolean
gui_press (GtkWidget *widget, guint keyval, GdkModifierType state)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (widget);
  gboolean handled = FALSE;

  for (guint i = 0; i < g_list_model_get_n_items (controllers) && !handled; i++)
    {
      g_autoptr (GtkEventController) controller = g_list_model_get_item (controllers, i);

      if (GTK_IS_EVENT_CONTROLLER_KEY (controller))
        g_signal_emit_by_name (controller, "key-pressed", keyval, 0, state, &handled);
    }
  return handled;
}
