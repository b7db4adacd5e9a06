/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/error-note.h"

struct _UiErrorNote
{
  GtkWidget parent_instance;

  GtkWidget *content;
  GtkWidget *label;
  GtkWidget *expander;

  char *text;
  char *details;
};

G_DEFINE_FINAL_TYPE (UiErrorNote, ui_error_note, GTK_TYPE_WIDGET)

enum
{
  PROP_TEXT = 1,
  PROP_DETAILS,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static void
ui_error_note_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  UiErrorNote *self = UI_ERROR_NOTE (object);

  switch (id)
    {
    case PROP_TEXT:
      g_value_set_string (value, self->text);
      break;
    case PROP_DETAILS:
      g_value_set_string (value, self->details);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_error_note_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  UiErrorNote *self = UI_ERROR_NOTE (object);

  switch (id)
    {
    case PROP_TEXT:
      g_free (self->text);
      self->text = g_value_dup_string (value);
      gtk_widget_set_visible (GTK_WIDGET (self), self->text && *self->text);
      break;
    case PROP_DETAILS:
      g_free (self->details);
      self->details = g_value_dup_string (value);
      gtk_widget_set_visible (self->expander, self->details && *self->details);
      gtk_expander_set_expanded (GTK_EXPANDER (self->expander), FALSE);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_error_note_dispose (GObject *object)
{
  g_clear_pointer (&UI_ERROR_NOTE (object)->content, gtk_widget_unparent);

  G_OBJECT_CLASS (ui_error_note_parent_class)->dispose (object);
}

static void
ui_error_note_finalize (GObject *object)
{
  UiErrorNote *self = UI_ERROR_NOTE (object);

  g_free (self->text);
  g_free (self->details);

  G_OBJECT_CLASS (ui_error_note_parent_class)->finalize (object);
}

static void
ui_error_note_class_init (UiErrorNoteClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = ui_error_note_get_property;
  object_class->set_property = ui_error_note_set_property;
  object_class->dispose = ui_error_note_dispose;
  object_class->finalize = ui_error_note_finalize;

  props[PROP_TEXT] = g_param_spec_string ("text", NULL, NULL, NULL, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  props[PROP_DETAILS] = g_param_spec_string ("details", NULL, NULL, NULL, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
  gtk_widget_class_set_template_from_resource (widget_class, "/im/webchat/WebChat/ui/error-note.ui");
  gtk_widget_class_bind_template_child (widget_class, UiErrorNote, content);
  gtk_widget_class_bind_template_child (widget_class, UiErrorNote, label);
  gtk_widget_class_bind_template_child (widget_class, UiErrorNote, expander);
}

static void
ui_error_note_init (UiErrorNote *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
ui_error_note_new (void)
{
  return g_object_new (UI_TYPE_ERROR_NOTE, NULL);
}

void
ui_error_note_set (UiErrorNote *self, const char *text, const char *details)
{
  g_return_if_fail (UI_IS_ERROR_NOTE (self));

  g_object_set (self, "text", text, "details", details, NULL);
}

GtkWidget *
ui_error_note_get_label (UiErrorNote *self)
{
  g_return_val_if_fail (UI_IS_ERROR_NOTE (self), NULL);

  return self->label;
}
