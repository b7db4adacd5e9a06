/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/connection-info.h"

#include <glib/gi18n.h>

#include "ui/encryption.h"
#include "ui/fingerprint.h"

struct _UiConnectionInfo
{
  GtkWidget parent_instance;

  GtkWidget *button;
  GtkLabel *title;
  GtkLabel *server;
  GtkLabel *explanation;
  GtkWidget *pin;
  GtkLabel *fingerprint;

  WcClient *client;
};

G_DEFINE_FINAL_TYPE (UiConnectionInfo, ui_connection_info, GTK_TYPE_WIDGET)

enum
{
  PROP_CLIENT = 1,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static const char *
find_pin (WcClient *client)
{
  const char *server = wc_client_get_server (client);
  g_autofree char *host = NULL;
  guint16 port;
  gboolean tls;

  if (!server || !wc_address_parse (server, &host, &port, &tls, NULL) || !tls)
    return NULL;
  return wc_pins_lookup (wc_client_get_pins (client), host, port);
}

static void
update_pin (UiConnectionInfo *self)
{
  const char *pin = self->client ? find_pin (self->client) : NULL;
  g_autofree char *text = ui_fingerprint_group (pin ? pin : "");
  g_autofree char *spelled = ui_fingerprint_spell (pin ? pin : "");
  /* Translators: %s is the fingerprint, letter by letter, for a screen reader. */
  g_autofree char *name = g_strdup_printf (_("Fingerprint: %s"), spelled);

  /* What can be selected is, as the keyboard comes to it first. */
  gtk_label_select_region (self->fingerprint, 0, 0);
  gtk_widget_set_visible (self->pin, pin != NULL);
  gtk_label_set_text (self->fingerprint, text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->fingerprint), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

static void
update (UiConnectionInfo *self)
{
  const char *address = self->client ? wc_client_get_server (self->client) : NULL;
  const UiEncryption encryption = ui_encryption_of (address);
  const char *name = ui_encryption_name (encryption);

  gtk_widget_set_visible (self->button, encryption != UI_ENCRYPTION_UNKNOWN);
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (self->button), ui_encryption_icon (encryption));
  gtk_widget_set_tooltip_text (self->button, name);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  if (encryption == UI_ENCRYPTION_NONE)
    gtk_widget_add_css_class (self->button, "warning");
  else
    gtk_widget_remove_css_class (self->button, "warning");
  gtk_label_set_text (self->title, name);
  gtk_label_set_text (self->server, address ? address : "");
  gtk_label_set_text (self->explanation, ui_encryption_explain (encryption));
}

static void
set_client (UiConnectionInfo *self, WcClient *client)
{
  if (self->client)
    g_signal_handlers_disconnect_by_func (self->client, update, self);
  g_set_object (&self->client, client);
  if (client)
    g_signal_connect_swapped (client, "notify::server", G_CALLBACK (update), self);
  update (self);
}

static void
ui_connection_info_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_CLIENT:
      g_value_set_object (value, UI_CONNECTION_INFO (object)->client);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_connection_info_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_CLIENT:
      set_client (UI_CONNECTION_INFO (object), g_value_get_object (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_connection_info_dispose (GObject *object)
{
  UiConnectionInfo *self = UI_CONNECTION_INFO (object);

  if (self->client)
    g_signal_handlers_disconnect_by_func (self->client, update, self);
  g_clear_object (&self->client);
  g_clear_pointer (&self->button, gtk_widget_unparent);

  G_OBJECT_CLASS (ui_connection_info_parent_class)->dispose (object);
}

static void
ui_connection_info_class_init (UiConnectionInfoClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = ui_connection_info_get_property;
  object_class->set_property = ui_connection_info_set_property;
  object_class->dispose = ui_connection_info_dispose;

  props[PROP_CLIENT] = g_param_spec_object ("client", NULL, NULL, WC_TYPE_CLIENT, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  gtk_widget_class_set_template_from_resource (widget_class, "/im/webchat/WebChat/ui/connection-info.ui");
  gtk_widget_class_bind_template_child (widget_class, UiConnectionInfo, button);
  gtk_widget_class_bind_template_child (widget_class, UiConnectionInfo, title);
  gtk_widget_class_bind_template_child (widget_class, UiConnectionInfo, server);
  gtk_widget_class_bind_template_child (widget_class, UiConnectionInfo, explanation);
  gtk_widget_class_bind_template_child (widget_class, UiConnectionInfo, pin);
  gtk_widget_class_bind_template_child (widget_class, UiConnectionInfo, fingerprint);
  gtk_widget_class_bind_template_callback (widget_class, update_pin);
}

static void
ui_connection_info_init (UiConnectionInfo *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
