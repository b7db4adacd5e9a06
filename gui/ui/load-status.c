/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/load-status.h"

#include "ui/trouble.h"

struct _UiLoadStatus
{
  GtkWidget parent_instance;

  GtkWidget *spinner;
  GtkWidget *trouble;
  GtkWidget *label;

  gboolean loading;
  GError *error;
};

G_DEFINE_FINAL_TYPE (UiLoadStatus, ui_load_status, GTK_TYPE_WIDGET)

enum
{
  PROP_LOADING = 1,
  PROP_ERROR,
  N_PROPS
};

enum
{
  SIGNAL_TRY_AGAIN,
  N_SIGNALS
};

static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

static void
update (UiLoadStatus *self)
{
  const gboolean trouble = self->error && !self->loading;

  gtk_spinner_set_spinning (GTK_SPINNER (self->spinner), self->loading);
  gtk_widget_set_visible (self->spinner, self->loading);
  gtk_widget_set_visible (self->trouble, trouble);
  gtk_widget_set_visible (GTK_WIDGET (self), self->loading || trouble);
  /* In the middle, the spinner would hide the day on top. */
  gtk_widget_set_halign (GTK_WIDGET (self), trouble ? GTK_ALIGN_CENTER : GTK_ALIGN_START);
  if (trouble)
    {
      g_autofree char *message = ui_trouble_message (self->error);

      gtk_label_set_text (GTK_LABEL (self->label), message);
      gtk_widget_set_tooltip_text (self->label, self->error->message);
    }
}

static void
clicked_cb (UiLoadStatus *self)
{
  g_signal_emit (self, signals[SIGNAL_TRY_AGAIN], 0);
}

static void
ui_load_status_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  UiLoadStatus *self = UI_LOAD_STATUS (object);

  switch (id)
    {
    case PROP_LOADING:
      g_value_set_boolean (value, self->loading);
      break;
    case PROP_ERROR:
      g_value_set_boxed (value, self->error);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_load_status_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  UiLoadStatus *self = UI_LOAD_STATUS (object);

  switch (id)
    {
    case PROP_LOADING:
      self->loading = g_value_get_boolean (value);
      break;
    case PROP_ERROR:
      g_clear_error (&self->error);
      self->error = g_value_dup_boxed (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      return;
    }
  update (self);
}

static void
ui_load_status_dispose (GObject *object)
{
  UiLoadStatus *self = UI_LOAD_STATUS (object);

  g_clear_pointer (&self->spinner, gtk_widget_unparent);
  g_clear_pointer (&self->trouble, gtk_widget_unparent);

  G_OBJECT_CLASS (ui_load_status_parent_class)->dispose (object);
}

static void
ui_load_status_finalize (GObject *object)
{
  g_clear_error (&UI_LOAD_STATUS (object)->error);

  G_OBJECT_CLASS (ui_load_status_parent_class)->finalize (object);
}

static void
ui_load_status_class_init (UiLoadStatusClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = ui_load_status_get_property;
  object_class->set_property = ui_load_status_set_property;
  object_class->dispose = ui_load_status_dispose;
  object_class->finalize = ui_load_status_finalize;

  props[PROP_LOADING] = g_param_spec_boolean ("loading", NULL, NULL, FALSE, flags);
  props[PROP_ERROR] = g_param_spec_boxed ("error", NULL, NULL, G_TYPE_ERROR, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
  signals[SIGNAL_TRY_AGAIN] = g_signal_new ("try-again", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_template_from_resource (widget_class, "/im/webchat/WebChat/ui/load-status.ui");
  gtk_widget_class_bind_template_child (widget_class, UiLoadStatus, spinner);
  gtk_widget_class_bind_template_child (widget_class, UiLoadStatus, trouble);
  gtk_widget_class_bind_template_child (widget_class, UiLoadStatus, label);
  gtk_widget_class_bind_template_callback (widget_class, clicked_cb);
}

static void
ui_load_status_init (UiLoadStatus *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  update (self);
}
