/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/password-group.h"

#include <adwaita.h>

#include "ui/field-error.h"
#include "ui/tooltip-names.h"

struct _UiPasswordGroup
{
  GtkWidget parent_instance;

  GtkWidget *content;
  GtkWidget *password_row;
  GtkLabel *password_hint;
  UiErrorNote *password_error;

  gboolean shown;
  gboolean can_remember;
  gboolean remember;
  gboolean editable;
};

G_DEFINE_FINAL_TYPE (UiPasswordGroup, ui_password_group, GTK_TYPE_WIDGET)

enum
{
  PROP_SHOWN = 1,
  PROP_CAN_REMEMBER,
  PROP_REMEMBER,
  PROP_EDITABLE,
  N_PROPS
};

enum
{
  SIGNAL_CHANGED,
  SIGNAL_ACTIVATE,
  N_SIGNALS
};

static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

static void
changed_cb (UiPasswordGroup *self)
{
  ui_password_group_set_error (self, NULL, NULL);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

static void
entry_activated_cb (UiPasswordGroup *self)
{
  g_signal_emit (self, signals[SIGNAL_ACTIVATE], 0);
}

static gboolean
ui_password_group_grab_focus (GtkWidget *widget)
{
  UiPasswordGroup *self = UI_PASSWORD_GROUP (widget);

  return self->shown && gtk_widget_grab_focus (self->password_row);
}

static gboolean *
field_of (UiPasswordGroup *self, guint id)
{
  switch (id)
    {
    case PROP_SHOWN:
      return &self->shown;
    case PROP_CAN_REMEMBER:
      return &self->can_remember;
    case PROP_REMEMBER:
      return &self->remember;
    case PROP_EDITABLE:
      return &self->editable;
    default:
      return NULL;
    }
}

static void
ui_password_group_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  const gboolean *field = field_of (UI_PASSWORD_GROUP (object), id);

  if (field)
    g_value_set_boolean (value, *field);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
ui_password_group_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  gboolean *field = field_of (UI_PASSWORD_GROUP (object), id);

  if (!field)
    {
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      return;
    }
  if (*field == g_value_get_boolean (value))
    return;
  *field = g_value_get_boolean (value);
  g_object_notify_by_pspec (object, pspec);
}

static void
ui_password_group_dispose (GObject *object)
{
  g_clear_pointer (&UI_PASSWORD_GROUP (object)->content, gtk_widget_unparent);

  G_OBJECT_CLASS (ui_password_group_parent_class)->dispose (object);
}

static void
ui_password_group_class_init (UiPasswordGroupClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->get_property = ui_password_group_get_property;
  object_class->set_property = ui_password_group_set_property;
  object_class->dispose = ui_password_group_dispose;
  widget_class->grab_focus = ui_password_group_grab_focus;

  props[PROP_SHOWN] = g_param_spec_boolean ("shown", NULL, NULL, FALSE, flags);
  props[PROP_CAN_REMEMBER] = g_param_spec_boolean ("can-remember", NULL, NULL, FALSE, flags);
  props[PROP_REMEMBER] = g_param_spec_boolean ("remember", NULL, NULL, TRUE, flags);
  props[PROP_EDITABLE] = g_param_spec_boolean ("editable", NULL, NULL, TRUE, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);

  signals[SIGNAL_CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_ACTIVATE] = g_signal_new ("activate", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  g_type_ensure (UI_TYPE_ERROR_NOTE);
  gtk_widget_class_set_template_from_resource (widget_class, "/im/webchat/WebChat/ui/password-group.ui");
  gtk_widget_class_bind_template_child (widget_class, UiPasswordGroup, content);
  gtk_widget_class_bind_template_child (widget_class, UiPasswordGroup, password_row);
  gtk_widget_class_bind_template_child (widget_class, UiPasswordGroup, password_hint);
  gtk_widget_class_bind_template_child (widget_class, UiPasswordGroup, password_error);
  gtk_widget_class_bind_template_callback (widget_class, changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, entry_activated_cb);
}

static void
ui_password_group_init (UiPasswordGroup *self)
{
  self->remember = TRUE;
  self->editable = TRUE;
  gtk_widget_init_template (GTK_WIDGET (self));
  ui_name_by_tooltips (self->password_row);
}

const char *
ui_password_group_get_password (UiPasswordGroup *self)
{
  g_return_val_if_fail (UI_IS_PASSWORD_GROUP (self), NULL);

  return self->shown ? gtk_editable_get_text (GTK_EDITABLE (self->password_row)) : "";
}

void
ui_password_group_clear (UiPasswordGroup *self)
{
  g_return_if_fail (UI_IS_PASSWORD_GROUP (self));

  gtk_editable_set_text (GTK_EDITABLE (self->password_row), "");
}

void
ui_password_group_set_error (UiPasswordGroup *self, const char *text, const char *details)
{
  g_return_if_fail (UI_IS_PASSWORD_GROUP (self));

  ui_password_group_set_hint (self, NULL);
  ui_field_set_error (self->password_row, self->password_error, text, details);
}

void
ui_password_group_set_hint (UiPasswordGroup *self, const char *hint)
{
  g_return_if_fail (UI_IS_PASSWORD_GROUP (self));

  gtk_label_set_label (self->password_hint, hint ? hint : "");
  gtk_widget_set_visible (GTK_WIDGET (self->password_hint), hint != NULL);
  if (hint)
    gtk_accessible_update_property (GTK_ACCESSIBLE (self->password_row), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, hint, -1);
}
