/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "gui-util.h"
#include "shared/limits.h"
#include "ui/composer.h"

typedef struct
{
  UiComposer *composer;
  GtkWindow *window;
  GtkWidget *view;
  GtkTextBuffer *buffer;
  GPtrArray *sent;
  gboolean refuse;
} Fixture;

static gboolean
send_cb (UiComposer *composer, const char *text, Fixture *fixture)
{
  if (fixture->refuse)
    {
      ui_composer_set_trouble (composer, "No.");
      return FALSE;
    }
  g_ptr_array_add (fixture->sent, g_strdup (text));
  return TRUE;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

  fixture->sent = g_ptr_array_new_with_free_func (g_free);
  fixture->composer = UI_COMPOSER (ui_composer_new ());
  g_object_set (fixture->composer, "peer", "Bob", NULL);
  g_signal_connect (fixture->composer, "send", G_CALLBACK (send_cb), fixture);
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (fixture->composer));
  fixture->window = gui_open_window (box, 400, 500);
  fixture->view = gui_find (GTK_WIDGET (fixture->composer), GTK_TYPE_TEXT_VIEW);
  fixture->buffer = gtk_text_view_get_buffer (GTK_TEXT_VIEW (fixture->view));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_object_ref (fixture->composer);
  gui_close_window (fixture->window);
  g_assert_finalize_object (fixture->composer);
  g_ptr_array_unref (fixture->sent);
}

static void
count_cb (UiComposer *composer, guint *n)
{
  (*n)++;
}

/* Only what the person does counts: neither a draft that is put there, nor the emptying after a message was sent. */
static void
test_typed (Fixture *fixture, gconstpointer data)
{
  guint n = 0;

  g_signal_connect (fixture->composer, "typed", G_CALLBACK (count_cb), &n);
  g_object_set (fixture->composer, "text", "a draft", NULL);
  g_assert_cmpuint (n, ==, 0);
  g_signal_emit_by_name (fixture->view, "insert-at-cursor", "s");
  g_assert_cmpuint (n, ==, 1);
  g_signal_emit_by_name (fixture->view, "delete-from-cursor", GTK_DELETE_CHARS, -1);
  g_assert_cmpuint (n, ==, 2);
  gtk_widget_activate_action (GTK_WIDGET (fixture->composer), "composer.send", NULL);
  g_assert_cmpuint (fixture->sent->len, ==, 1);
  g_assert_cmpuint (n, ==, 2);
  g_signal_emit_by_name (fixture->view, "insert-at-cursor", "x");
  g_assert_cmpuint (n, ==, 3);
  g_signal_emit_by_name (fixture->view, "delete-from-cursor", GTK_DELETE_CHARS, -1);
  g_assert_cmpuint (n, ==, 3); /* there is nothing any more that could be sent */
}

static void
assert_text (Fixture *fixture, const char *wanted)
{
  g_autofree char *text = ui_composer_dup_text (fixture->composer);

  g_assert_cmpstr (text, ==, wanted);
}

static gboolean
can_send (Fixture *fixture)
{
  return gtk_widget_get_sensitive (gui_find_button (GTK_WIDGET (fixture->composer), "Send"));
}

static void
test_enter (Fixture *fixture, gconstpointer data)
{
  static const guint enters[] = { GDK_KEY_Return, GDK_KEY_KP_Enter, GDK_KEY_ISO_Enter };

  for (gsize i = 0; i < G_N_ELEMENTS (enters); i++)
    {
      gtk_text_buffer_set_text (fixture->buffer, " hello\nthere \n", -1);
      g_assert_true (can_send (fixture));
      g_assert_true (gui_press (fixture->view, enters[i], 0));
      g_assert_cmpuint (fixture->sent->len, ==, i + 1);
      g_assert_cmpstr (fixture->sent->pdata[i], ==, "hello\nthere");
      assert_text (fixture, "");
      g_assert_false (can_send (fixture));
    }
}

static void
test_shift_enter (Fixture *fixture, gconstpointer data)
{
  gtk_text_buffer_set_text (fixture->buffer, "hello", -1);
  g_assert_true (gui_press (fixture->view, GDK_KEY_Return, GDK_SHIFT_MASK));
  g_assert_cmpuint (fixture->sent->len, ==, 0);
  assert_text (fixture, "hello\n");
}

static void
test_white_space (Fixture *fixture, gconstpointer data)
{
  static const char *const texts[] = { "", " ", "\n\n\t ", "\xc2\xa0", "\xe3\x80\x80\n" };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      gtk_text_buffer_set_text (fixture->buffer, texts[i], -1);
      g_assert_false (can_send (fixture));
      g_assert_true (gui_press (fixture->view, GDK_KEY_Return, 0));
      g_assert_cmpuint (fixture->sent->len, ==, 0);
      assert_text (fixture, texts[i]);
    }
}

static void
test_input_method (Fixture *fixture, gconstpointer data)
{
  GtkWidget *placeholder = gui_find_label (GTK_WIDGET (fixture->composer), "Message Bob");

  g_assert_nonnull (placeholder);
  g_signal_emit_by_name (fixture->view, "preedit-changed", "に");
  g_assert_false (gtk_widget_get_visible (placeholder));
  gtk_text_buffer_set_text (fixture->buffer, "hello", -1);
  gui_press (fixture->view, GDK_KEY_Return, 0); /* the method's: it takes what is composed */
  g_assert_cmpuint (fixture->sent->len, ==, 0);
  g_signal_emit_by_name (fixture->view, "preedit-changed", "");
  g_assert_true (gui_press (fixture->view, GDK_KEY_Return, 0));
  g_assert_cmpuint (fixture->sent->len, ==, 1);
  g_assert_true (gtk_widget_get_visible (placeholder));
}

static void
test_too_long (Fixture *fixture, gconstpointer data)
{
  g_autofree char *most = g_strnfill (WIRE_TEXT_MAX, 'x');
  GtkWidget *root = GTK_WIDGET (fixture->composer);
  g_autoptr (GString) umlauts = g_string_new (NULL);

  gtk_text_buffer_set_text (fixture->buffer, most, -1);
  gui_wait_frames (root, 2);
  g_assert_nonnull (gui_find_label (root, "0 bytes left"));
  g_assert_true (can_send (fixture));
  gtk_text_buffer_insert_at_cursor (fixture->buffer, "x", -1);
  gui_wait_frames (root, 2);
  g_assert_nonnull (gui_find_label (root, "Too long by 1 byte: shorten it, or send it in parts"));
  g_assert_false (can_send (fixture));
  g_assert_true (gui_press (fixture->view, GDK_KEY_Return, 0));
  g_assert_cmpuint (fixture->sent->len, ==, 0);
  g_assert_cmpint (gtk_text_buffer_get_char_count (fixture->buffer), ==, WIRE_TEXT_MAX + 1); /* nothing is lost */
  /* It is bytes that count. */
  while (umlauts->len < WIRE_TEXT_MAX + 2)
    g_string_append (umlauts, "ü");
  gtk_text_buffer_set_text (fixture->buffer, umlauts->str, -1);
  gui_wait_frames (root, 2);
  g_assert_nonnull (gui_find_label (root, "Too long by 2 bytes: shorten it, or send it in parts"));
  gtk_text_buffer_set_text (fixture->buffer, "x", -1);
  gui_wait_frames (root, 2);
  g_assert_false (gtk_widget_get_visible (gui_find_id (root, "note")));
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  GtkWidget *root = GTK_WIDGET (fixture->composer);

  fixture->refuse = TRUE;
  gtk_text_buffer_set_text (fixture->buffer, "hello", -1);
  gui_press (fixture->view, GDK_KEY_Return, 0);
  gui_wait_frames (root, 2);
  assert_text (fixture, "hello");
  g_assert_nonnull (gui_find_label (root, "No."));
  gtk_text_buffer_insert_at_cursor (fixture->buffer, "!", -1);
  gui_wait_frames (root, 2);
  g_assert_null (gui_find_label (root, "No."));
}

static int
height_of (Fixture *fixture, int n_lines)
{
  g_autoptr (GString) text = g_string_new ("1");

  for (int i = 1; i < n_lines; i++)
    g_string_append_printf (text, "\n%d", i + 1);
  gtk_text_buffer_set_text (fixture->buffer, text->str, -1);
  gui_wait_frames (GTK_WIDGET (fixture->window), 4);
  return gtk_widget_get_height (GTK_WIDGET (fixture->composer));
}

static void
test_height (Fixture *fixture, gconstpointer data)
{
  int one = height_of (fixture, 1);
  int two = height_of (fixture, 2);
  int line = height_of (fixture, 6) - height_of (fixture, 5);
  int eight = height_of (fixture, 8);

  g_assert_cmpint (line, >, 8);
  g_assert_cmpint (two, >, one);
  g_assert_cmpint (eight, >=, one + 6 * line);
  g_assert_cmpint (height_of (fixture, 9), <=, eight + line / 2);
  g_assert_cmpint (height_of (fixture, 100), ==, height_of (fixture, 9));
}

static void
test_draft (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;

  g_object_set (fixture->composer, "text", "one\ntwo", NULL);
  assert_text (fixture, "one\ntwo");
  gtk_text_buffer_insert_at_cursor (fixture->buffer, "!", -1);
  g_object_get (fixture->composer, "text", &text, NULL);
  g_assert_cmpstr (text, ==, "one\ntwo!");
  g_object_set (fixture->composer, "text", NULL, NULL);
  assert_text (fixture, "");
}

static void
test_names (Fixture *fixture, gconstpointer data)
{
  gui_assert_named (GTK_WIDGET (fixture->composer));
  g_assert_null (gtk_test_accessible_check_property (GTK_ACCESSIBLE (fixture->view), GTK_ACCESSIBLE_PROPERTY_LABEL, "Message Bob"));
  g_assert_nonnull (gui_find_button (GTK_WIDGET (fixture->composer), "Insert Emoji"));
  gtk_widget_grab_focus (GTK_WIDGET (fixture->composer));
  g_assert_true (gtk_window_get_focus (fixture->window) == fixture->view);
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  if (!gui_test_init (&argc, &argv))
    return 0;
  ADD ("/composer/enter", test_enter);
  ADD ("/composer/shift-enter", test_shift_enter);
  ADD ("/composer/white-space", test_white_space);
  ADD ("/composer/input-method", test_input_method);
  ADD ("/composer/too-long", test_too_long);
  ADD ("/composer/refused", test_refused);
  ADD ("/composer/height", test_height);
  ADD ("/composer/draft", test_draft);
  ADD ("/composer/names", test_names);
  g_test_add ("/composer/typed", Fixture, NULL, set_up, test_typed, tear_down);
  return g_test_run ();
}
