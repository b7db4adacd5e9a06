/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/countdown.h"

#include <glib/gi18n.h>

struct _UiCountdown
{
  GtkWidget parent;
  GtkWidget *box;
  GtkWidget *label;
  gint64 deadline;
  guint source_id; /* until the last minute begins, then for each second */
};

G_DEFINE_FINAL_TYPE (UiCountdown, ui_countdown, GTK_TYPE_WIDGET)

enum
{
  PROP_DEADLINE = 1,
  PROP_SHOWN,
  N_PROPS
};
static GParamSpec *props[N_PROPS];

enum
{
  SIGNAL_KEEP_OPEN,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

static void
set_shown (UiCountdown *self, gboolean shown)
{
  if (ui_countdown_get_shown (self) == shown)
    return;
  gtk_widget_set_visible (self->box, shown);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SHOWN]);
}

static void
show_seconds (UiCountdown *self, int seconds)
{
  g_autofree char *text = g_strdup_printf (ngettext ("This silent chat ends in %d second", "This silent chat ends in %d seconds",
                                                     (gulong) seconds),
                                           seconds);

  gtk_label_set_text (GTK_LABEL (self->label), text);
}

static gboolean
tick_cb (gpointer data)
{
  UiCountdown *self = data;
  gint64 left = self->deadline - g_get_monotonic_time ();
  gint64 last_minute = UI_COUNTDOWN_SECONDS * G_USEC_PER_SEC;
  gint64 wait;

  self->source_id = 0;
  if (self->deadline == 0 || left <= 0)
    {
      set_shown (self, FALSE);
      return G_SOURCE_REMOVE;
    }
  if (left > last_minute)
    {
      set_shown (self, FALSE);
      wait = left - last_minute;
    }
  else
    {
      show_seconds (self, (int) ((left + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC));
      set_shown (self, TRUE);
      wait = (left - 1) % G_USEC_PER_SEC + 1; /* until the next full second */
    }
  self->source_id = g_timeout_add ((guint) MIN (wait / 1000 + 1, G_MAXINT), tick_cb, self);
  return G_SOURCE_REMOVE;
}

void
ui_countdown_set_deadline (UiCountdown *self, gint64 deadline)
{
  g_return_if_fail (UI_IS_COUNTDOWN (self));

  if (self->deadline == deadline)
    return;
  self->deadline = deadline;
  g_clear_handle_id (&self->source_id, g_source_remove);
  tick_cb (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_DEADLINE]);
}

gboolean
ui_countdown_get_shown (UiCountdown *self)
{
  g_return_val_if_fail (UI_IS_COUNTDOWN (self), FALSE);
  return gtk_widget_get_visible (self->box);
}

static void
keep_open_cb (GtkButton *button, UiCountdown *self)
{
  g_signal_emit (self, signals[SIGNAL_KEEP_OPEN], 0);
}

static void
ui_countdown_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  if (id == PROP_DEADLINE)
    ui_countdown_set_deadline (UI_COUNTDOWN (object), g_value_get_int64 (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
ui_countdown_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  UiCountdown *self = UI_COUNTDOWN (object);

  if (id == PROP_DEADLINE)
    g_value_set_int64 (value, self->deadline);
  else if (id == PROP_SHOWN)
    g_value_set_boolean (value, ui_countdown_get_shown (self));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
ui_countdown_dispose (GObject *object)
{
  UiCountdown *self = UI_COUNTDOWN (object);

  g_clear_handle_id (&self->source_id, g_source_remove);
  g_clear_pointer (&self->box, gtk_widget_unparent);
  G_OBJECT_CLASS (ui_countdown_parent_class)->dispose (object);
}

static void
ui_countdown_class_init (UiCountdownClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GParamFlags flags = G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->dispose = ui_countdown_dispose;
  object_class->get_property = ui_countdown_get_property;
  object_class->set_property = ui_countdown_set_property;

  props[PROP_DEADLINE] = g_param_spec_int64 ("deadline", NULL, NULL, 0, G_MAXINT64, 0, flags | G_PARAM_READWRITE);
  props[PROP_SHOWN] = g_param_spec_boolean ("shown", NULL, NULL, FALSE, flags | G_PARAM_READABLE);
  g_object_class_install_properties (object_class, N_PROPS, props);
  signals[SIGNAL_KEEP_OPEN] = g_signal_new ("keep-open", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                            G_TYPE_NONE, 0);
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
}

static void
ui_countdown_init (UiCountdown *self)
{
  GtkWidget *button = gtk_button_new_with_label (_("Keep it Open"));

  self->label = gtk_label_new (NULL);
  gtk_label_set_wrap (GTK_LABEL (self->label), TRUE);
  gtk_label_set_xalign (GTK_LABEL (self->label), 0);
  gtk_widget_set_hexpand (self->label, TRUE);
  gtk_widget_add_css_class (self->label, "numeric");
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  g_signal_connect (button, "clicked", G_CALLBACK (keep_open_cb), self);

  self->box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  gtk_box_append (GTK_BOX (self->box), self->label);
  gtk_box_append (GTK_BOX (self->box), button);
  gtk_widget_add_css_class (self->box, "countdown");
  gtk_widget_set_visible (self->box, FALSE);
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
}

GtkWidget *
ui_countdown_new (void)
{
  return g_object_new (UI_TYPE_COUNTDOWN, NULL);
}
