/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A chat to a file: quietly when it is quick, with its progress when it is not, in words when it fails. */
#include <string.h>

#include <glib/gstdio.h>

#include "gui-util.h"
#include "past.h"
#include "ui/export-bar.h"

#define START G_GINT64_CONSTANT (1767225600000) /* 2026-01-01 00:00:00 UTC */

typedef struct
{
  Past *past;
  GtkWidget *bar;
  GtkWindow *window;
  char *folder;
  char *path;
  GFile *file;
  char *done;
  gboolean was_shown;
} Fixture;

static void
done_cb (UiExportBar *bar, const char *name, Fixture *f)
{
  f->done = g_strdup (name);
}

static void
visible_cb (GtkWidget *bar, GParamSpec *pspec, Fixture *f)
{
  f->was_shown |= gtk_widget_get_visible (bar);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->past = past_new (450, START);
  f->bar = g_object_new (UI_TYPE_EXPORT_BAR, NULL);
  g_signal_connect (f->bar, "done", G_CALLBACK (done_cb), f);
  g_signal_connect (f->bar, "notify::visible", G_CALLBACK (visible_cb), f);
  f->window = gui_open_window (f->bar, 360, 200);
  f->folder = g_dir_make_tmp ("webchat-export-XXXXXX", NULL);
  f->path = g_build_filename (f->folder, "chat.txt", NULL);
  f->file = g_file_new_for_path (f->path);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  if (f->window)
    {
      g_object_ref (f->bar);
      gui_close_window (f->window);
      g_assert_finalize_object (f->bar);
    }
  past_free (f->past);
  g_remove (f->path);
  g_assert_cmpint (g_rmdir (f->folder), ==, 0); /* nothing half written is left */
  g_object_unref (f->file);
  g_free (f->folder);
  g_free (f->path);
  g_free (f->done);
}

static void
test_good (Fixture *f, gconstpointer data)
{
  g_autofree char *text = NULL;

  ui_export_bar_write (UI_EXPORT_BAR (f->bar), f->past->conversation, f->file, WC_EXPORT_TEXT);
  wait_for (f->done != NULL);
  g_assert_cmpstr (f->done, ==, "chat.txt");
  g_assert_true (g_file_get_contents (f->path, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "#1 "));
  g_assert_nonnull (strstr (text, "#450 "));
  g_assert_false (gtk_widget_get_visible (f->bar));
}

static gboolean
is_shown (gpointer bar)
{
  return gtk_widget_get_mapped (bar);
}

static void
test_cancel (Fixture *f, gconstpointer data)
{
  f->past->silent = TRUE;
  ui_export_bar_write (UI_EXPORT_BAR (f->bar), f->past->conversation, f->file, WC_EXPORT_JSON);
  g_assert_false (gtk_widget_get_visible (f->bar));
  gui_wait_until (is_shown, f->bar);
  g_assert_nonnull (gui_find_label (f->bar, "Exporting the chat with Bob…"));
  gui_assert_named (f->bar);
  g_signal_emit_by_name (gui_find_button (f->bar, "Cancel"), "clicked");
  g_assert_false (gtk_widget_get_visible (f->bar));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_false (gtk_widget_get_visible (f->bar));
  g_assert_null (f->done);
  wait_for (!g_file_query_exists (f->file, NULL));
}

static void
test_failure (Fixture *f, gconstpointer data)
{
  g_autoptr (GFile) nowhere = g_file_new_build_filename (f->folder, "nowhere", "chat.txt", NULL);
  GtkWidget *label;

  ui_export_bar_write (UI_EXPORT_BAR (f->bar), f->past->conversation, nowhere, WC_EXPORT_TEXT);
  gui_wait_until (is_shown, f->bar);
  wait_for (gui_find_button (f->bar, "Close") != NULL);
  label = gui_find (f->bar, GTK_TYPE_LABEL);
  g_assert_true (g_str_has_prefix (gtk_label_get_text (GTK_LABEL (label)), "The chat with Bob could not be exported: "));
  gui_assert_named (f->bar);
  g_signal_emit_by_name (gui_find_button (f->bar, "Close"), "clicked");
  g_assert_false (gtk_widget_get_visible (f->bar));
  g_assert_null (f->done);
  /* And again, to a place that exists. */
  ui_export_bar_write (UI_EXPORT_BAR (f->bar), f->past->conversation, f->file, WC_EXPORT_TEXT);
  wait_for (f->done != NULL);
}

/* The bar goes while it writes: so does what is under way. */
static void
test_closed (Fixture *f, gconstpointer data)
{
  f->past->silent = TRUE;
  ui_export_bar_write (UI_EXPORT_BAR (f->bar), f->past->conversation, f->file, WC_EXPORT_TEXT);
  g_object_add_weak_pointer (G_OBJECT (f->bar), (gpointer *) &f->bar);
  gui_close_window (f->window);
  f->window = NULL;
  wait_for (f->bar == NULL);
}

/* The chooser offers a name, whose end goes with the kind of file. */
static void
test_ask (Fixture *f, gconstpointer data)
{
  ui_export_bar_ask (UI_EXPORT_BAR (f->bar), f->past->conversation);
  gui_wait_frames (GTK_WIDGET (f->window), 2);
  ui_export_bar_ask (UI_EXPORT_BAR (f->bar), f->past->conversation); /* one is enough */
  gui_wait_frames (GTK_WIDGET (f->window), 2);
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  if (!gui_test_init (&argc, &argv))
    return 0;
  ADD ("/export/good", test_good);
  ADD ("/export/cancel", test_cancel);
  ADD ("/export/failure", test_failure);
  ADD ("/export/closed", test_closed);
  ADD ("/export/ask", test_ask);
  return g_test_run ();
}
