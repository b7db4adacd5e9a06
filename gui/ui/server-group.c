/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/server-group.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "ui/encryption.h"
#include "ui/field-error.h"

struct _UiServerGroup
{
  GtkWidget parent_instance;

  GtkWidget *content;
  GtkWidget *server_expander;
  GtkWidget *server_row;
  GtkWidget *encryption;
  GtkImage *encryption_icon;
  GtkLabel *encryption_label;
  UiErrorNote *server_error;

  gboolean editable;
};

G_DEFINE_FINAL_TYPE (UiServerGroup, ui_server_group, GTK_TYPE_WIDGET)

enum
{
  PROP_TEXT = 1,
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
update_encryption (UiServerGroup *self)
{
  const UiEncryption encryption = ui_encryption_of (ui_server_group_get_text (self));
  /* Translators: “Encrypted” or the like, and what that means. */
  g_autofree char *text = g_strdup_printf (_("%s. %s"), ui_encryption_name (encryption), ui_encryption_explain (encryption));

  gtk_widget_set_visible (self->encryption, encryption != UI_ENCRYPTION_UNKNOWN);
  gtk_image_set_from_icon_name (self->encryption_icon, ui_encryption_icon (encryption));
  gtk_label_set_text (self->encryption_label, text);
  if (encryption == UI_ENCRYPTION_NONE)
    gtk_widget_add_css_class (self->encryption, "open");
  else
    gtk_widget_remove_css_class (self->encryption, "open");
}

static void
changed_cb (UiServerGroup *self)
{
  ui_server_group_set_error (self, NULL, NULL);
  update_encryption (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_TEXT]);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

static void
entry_activated_cb (UiServerGroup *self)
{
  g_signal_emit (self, signals[SIGNAL_ACTIVATE], 0);
}

static gboolean
ui_server_group_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (UI_SERVER_GROUP (widget)->server_row);
}

static void
ui_server_group_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  UiServerGroup *self = UI_SERVER_GROUP (object);

  switch (id)
    {
    case PROP_TEXT:
      g_value_set_string (value, ui_server_group_get_text (self));
      break;
    case PROP_EDITABLE:
      g_value_set_boolean (value, self->editable);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_server_group_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  UiServerGroup *self = UI_SERVER_GROUP (object);

  switch (id)
    {
    case PROP_TEXT:
      ui_server_group_set_text (self, g_value_get_string (value));
      break;
    case PROP_EDITABLE:
      self->editable = g_value_get_boolean (value);
      g_object_notify_by_pspec (object, pspec);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_server_group_dispose (GObject *object)
{
  g_clear_pointer (&UI_SERVER_GROUP (object)->content, gtk_widget_unparent);

  G_OBJECT_CLASS (ui_server_group_parent_class)->dispose (object);
}

static void
ui_server_group_class_init (UiServerGroupClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->get_property = ui_server_group_get_property;
  object_class->set_property = ui_server_group_set_property;
  object_class->dispose = ui_server_group_dispose;
  widget_class->grab_focus = ui_server_group_grab_focus;

  props[PROP_TEXT] = g_param_spec_string ("text", NULL, NULL, "", flags);
  props[PROP_EDITABLE] = g_param_spec_boolean ("editable", NULL, NULL, TRUE, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);

  signals[SIGNAL_CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_ACTIVATE] = g_signal_new ("activate", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  g_type_ensure (UI_TYPE_ERROR_NOTE);
  gtk_widget_class_set_template_from_resource (widget_class, "/im/webchat/WebChat/ui/server-group.ui");
  gtk_widget_class_bind_template_child (widget_class, UiServerGroup, content);
  gtk_widget_class_bind_template_child (widget_class, UiServerGroup, server_expander);
  gtk_widget_class_bind_template_child (widget_class, UiServerGroup, server_row);
  gtk_widget_class_bind_template_child (widget_class, UiServerGroup, encryption);
  gtk_widget_class_bind_template_child (widget_class, UiServerGroup, encryption_icon);
  gtk_widget_class_bind_template_child (widget_class, UiServerGroup, encryption_label);
  gtk_widget_class_bind_template_child (widget_class, UiServerGroup, server_error);
  gtk_widget_class_bind_template_callback (widget_class, changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, entry_activated_cb);
}

static void
ui_server_group_init (UiServerGroup *self)
{
  self->editable = TRUE;
  gtk_widget_init_template (GTK_WIDGET (self));

  /* "Address" makes sense to the eye only, which sees "Server" above it. A name beside the row's own title would be read with it. */
  gtk_accessible_reset_relation (GTK_ACCESSIBLE (self->server_row), GTK_ACCESSIBLE_RELATION_LABELLED_BY);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->server_row), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Server"), -1);
  update_encryption (self);
}

const char *
ui_server_group_get_text (UiServerGroup *self)
{
  g_return_val_if_fail (UI_IS_SERVER_GROUP (self), NULL);

  return gtk_editable_get_text (GTK_EDITABLE (self->server_row));
}

void
ui_server_group_set_text (UiServerGroup *self, const char *text)
{
  g_return_if_fail (UI_IS_SERVER_GROUP (self));

  gtk_editable_set_text (GTK_EDITABLE (self->server_row), text ? text : "");
}

void
ui_server_group_set_error (UiServerGroup *self, const char *text, const char *details)
{
  g_return_if_fail (UI_IS_SERVER_GROUP (self));

  ui_field_set_error (self->server_row, self->server_error, text, details);
  if (text)
    adw_expander_row_set_expanded (ADW_EXPANDER_ROW (self->server_expander), TRUE);
}
