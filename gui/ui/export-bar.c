/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/export-bar.h"

#include <string.h>

#include <glib/gi18n.h>

#include "ui/trouble.h"

#define PATIENCE_MS 1000 /* what is done sooner needs no progress */

struct _UiExportBar
{
  GtkWidget parent_instance;

  GtkWidget *content;
  GtkLabel *label;
  GtkProgressBar *progress;
  GtkButton *button;

  GtkFileChooserNative *chooser; /* while a file is asked for */
  GtkFileFilter *json;           /* the chooser's */
  WcConversation *conversation;  /* what is exported, or was last */
  GCancellable *writing;         /* NULL: nothing is */
  guint patience_source;
};

G_DEFINE_FINAL_TYPE (UiExportBar, ui_export_bar, GTK_TYPE_WIDGET)

enum
{
  SIGNAL_DONE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
stop (UiExportBar *self)
{
  if (self->writing)
    g_cancellable_cancel (self->writing);
  g_clear_object (&self->writing);
  g_clear_handle_id (&self->patience_source, g_source_remove);
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

static void
clicked_cb (UiExportBar *self)
{
  stop (self);
}

static gboolean
patience_cb (gpointer user_data)
{
  UiExportBar *self = user_data;

  self->patience_source = 0;
  gtk_widget_set_visible (GTK_WIDGET (self), TRUE);
  return G_SOURCE_REMOVE;
}

static void
show_failure (UiExportBar *self, const GError *error)
{
  g_autofree char *why = ui_trouble_message (error);
  /* Translators: a person, and why it did not work. */
  g_autofree char *text = g_strdup_printf (_("The chat with %s could not be exported: %s"), wc_conversation_get_peer (self->conversation), why);

  gtk_label_set_text (self->label, text);
  gtk_widget_add_css_class (GTK_WIDGET (self->label), "error");
  gtk_widget_set_visible (GTK_WIDGET (self->progress), FALSE);
  gtk_button_set_label (self->button, _("Close"));
  gtk_widget_set_visible (GTK_WIDGET (self), TRUE);
}

static void
show_begin (UiExportBar *self)
{
  /* Translators: %s is a person */
  g_autofree char *text = g_strdup_printf (_("Exporting the chat with %s…"), wc_conversation_get_peer (self->conversation));

  gtk_label_set_text (self->label, text);
  gtk_widget_remove_css_class (GTK_WIDGET (self->label), "error");
  gtk_progress_bar_set_fraction (self->progress, 0);
  gtk_widget_set_visible (GTK_WIDGET (self->progress), TRUE);
  gtk_button_set_label (self->button, _("Cancel"));
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

/* Writing: holds the bar until it has ended. */
typedef struct
{
  UiExportBar *bar;
  GFile *file;
  GCancellable *cancellable;
} Writing;

static void
writing_free (Writing *writing)
{
  g_object_unref (writing->bar);
  g_object_unref (writing->file);
  g_object_unref (writing->cancellable);
  g_free (writing);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Writing, writing_free)

static void
progress_cb (goffset written, goffset total, gpointer user_data)
{
  Writing *writing = user_data;

  if (!g_cancellable_is_cancelled (writing->cancellable) && total > 0)
    gtk_progress_bar_set_fraction (writing->bar->progress, MIN (1, (double) written / (double) total));
}

static void
written_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Writing) writing = user_data;
  g_autoptr (GError) error = NULL;
  const gboolean good = wc_conversation_export_finish (WC_CONVERSATION (object), result, &error);
  UiExportBar *self = writing->bar;

  if (self->writing != writing->cancellable)
    return; /* stopped, and perhaps another one begun */
  stop (self);
  if (good)
    {
      g_autofree char *name = g_file_get_basename (writing->file);

      g_signal_emit (self, signals[SIGNAL_DONE], 0, name);
    }
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      show_failure (self, error);
    }
}

void
ui_export_bar_write (UiExportBar *self, WcConversation *conversation, GFile *file, WcExportFormat format)
{
  Writing *writing;

  g_return_if_fail (UI_IS_EXPORT_BAR (self));
  g_return_if_fail (WC_IS_CONVERSATION (conversation));
  g_return_if_fail (G_IS_FILE (file));

  if (self->writing)
    return;
  g_set_object (&self->conversation, conversation);
  show_begin (self);
  self->writing = g_cancellable_new ();
  self->patience_source = g_timeout_add (PATIENCE_MS, patience_cb, self);
  writing = g_new0 (Writing, 1);
  writing->bar = g_object_ref (self);
  writing->file = g_object_ref (file);
  writing->cancellable = g_object_ref (self->writing);
  wc_conversation_export_async (conversation, file, format, progress_cb, writing, self->writing, written_cb, writing);
}

/* The file */

static const char *
suffix_of (WcExportFormat format)
{
  return format == WC_EXPORT_JSON ? ".jsonl" : ".txt";
}

static WcExportFormat
format_of (UiExportBar *self, const char *name)
{
  if (gtk_file_chooser_get_filter (GTK_FILE_CHOOSER (self->chooser)) == self->json || g_str_has_suffix (name, ".jsonl") || g_str_has_suffix (name, ".json"))
    return WC_EXPORT_JSON;
  return WC_EXPORT_TEXT;
}

static GtkFileFilter *
make_filter (const char *name, const char *const *suffixes)
{
  GtkFileFilter *filter = gtk_file_filter_new ();

  gtk_file_filter_set_name (filter, name);
  for (; *suffixes; suffixes++)
    gtk_file_filter_add_suffix (filter, *suffixes);
  return filter;
}

static void
response_cb (UiExportBar *self, int response, GtkFileChooserNative *chooser)
{
  g_autoptr (GFile) file = response == GTK_RESPONSE_ACCEPT ? gtk_file_chooser_get_file (GTK_FILE_CHOOSER (chooser)) : NULL;
  g_autofree char *name = file ? g_file_get_basename (file) : NULL;

  if (file)
    ui_export_bar_write (self, self->conversation, file, format_of (self, name));
  g_clear_object (&self->chooser);
  g_clear_object (&self->json);
}

/* The name's end goes with the kind of file. */
static void
filter_cb (GtkFileChooser *chooser, GParamSpec *pspec, UiExportBar *self)
{
  g_autofree char *name = gtk_file_chooser_get_current_name (chooser);
  const char *end = name ? strrchr (name, '.') : NULL;
  WcExportFormat format;

  if (!end || !(g_str_equal (end, ".txt") || g_str_equal (end, ".jsonl")))
    return;
  format = format_of (self, "");
  if (!g_str_equal (end, suffix_of (format)))
    {
      g_autofree char *stem = g_strndup (name, (gsize) (end - name));
      g_autofree char *other = g_strconcat (stem, suffix_of (format), NULL);

      gtk_file_chooser_set_current_name (chooser, other);
    }
}

void
ui_export_bar_ask (UiExportBar *self, WcConversation *conversation)
{
  const char *const text_suffixes[] = { "txt", NULL };
  const char *const json_suffixes[] = { "jsonl", "json", NULL };
  g_autoptr (GtkFileFilter) text = NULL;
  g_autofree char *name = NULL;
  GtkRoot *root;

  g_return_if_fail (UI_IS_EXPORT_BAR (self));
  g_return_if_fail (WC_IS_CONVERSATION (conversation));

  if (self->chooser || self->writing)
    return;
  g_set_object (&self->conversation, conversation);
  root = gtk_widget_get_root (GTK_WIDGET (self));
  self->chooser = gtk_file_chooser_native_new (_("Export Chat"), GTK_IS_WINDOW (root) ? GTK_WINDOW (root) : NULL, GTK_FILE_CHOOSER_ACTION_SAVE,
                                               _("_Export"), NULL);
  text = make_filter (_("Text, to be read"), text_suffixes);
  self->json = make_filter (_("JSON, a message a line"), json_suffixes);
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (self->chooser), text);
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (self->chooser), self->json);
  /* Translators: the name of a file; %s is a person */
  name = g_strdup_printf (_("Chat with %s.txt"), wc_conversation_get_peer (conversation));
  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (self->chooser), name);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (self->chooser), TRUE);
  g_signal_connect_object (self->chooser, "response", G_CALLBACK (response_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->chooser, "notify::filter", G_CALLBACK (filter_cb), self, 0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (self->chooser));
}

/* What is under way holds the bar. */
static void
ui_export_bar_unroot (GtkWidget *widget)
{
  UiExportBar *self = UI_EXPORT_BAR (widget);

  stop (self);
  if (self->chooser)
    gtk_native_dialog_destroy (GTK_NATIVE_DIALOG (self->chooser));
  g_clear_object (&self->chooser);
  g_clear_object (&self->json);

  GTK_WIDGET_CLASS (ui_export_bar_parent_class)->unroot (widget);
}

static void
ui_export_bar_dispose (GObject *object)
{
  UiExportBar *self = UI_EXPORT_BAR (object);

  g_clear_pointer (&self->content, gtk_widget_unparent);
  g_clear_object (&self->conversation);

  G_OBJECT_CLASS (ui_export_bar_parent_class)->dispose (object);
}

static void
ui_export_bar_finalize (GObject *object)
{
  UiExportBar *self = UI_EXPORT_BAR (object);

  g_assert (self->patience_source == 0 && self->writing == NULL && self->chooser == NULL);

  G_OBJECT_CLASS (ui_export_bar_parent_class)->finalize (object);
}

static void
ui_export_bar_class_init (UiExportBarClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = ui_export_bar_dispose;
  object_class->finalize = ui_export_bar_finalize;
  widget_class->unroot = ui_export_bar_unroot;
  signals[SIGNAL_DONE] = g_signal_new ("done", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  gtk_widget_class_set_template_from_resource (widget_class, "/im/webchat/WebChat/ui/export-bar.ui");
  gtk_widget_class_bind_template_child (widget_class, UiExportBar, content);
  gtk_widget_class_bind_template_child (widget_class, UiExportBar, label);
  gtk_widget_class_bind_template_child (widget_class, UiExportBar, progress);
  gtk_widget_class_bind_template_child (widget_class, UiExportBar, button);
  gtk_widget_class_bind_template_callback (widget_class, clicked_cb);
}

static void
ui_export_bar_init (UiExportBar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
