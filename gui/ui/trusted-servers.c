/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/trusted-servers.h"

#include <glib/gi18n.h>

#include "ui/error-note.h"
#include "ui/fingerprint.h"
#include "ui/trouble.h"

struct _UiTrustedServers
{
  AdwPreferencesGroup parent_instance;

  GtkListBox *list;
  GtkWidget *empty_row;
  UiErrorNote *error;

  WcPins *pins;
};

G_DEFINE_FINAL_TYPE (UiTrustedServers, ui_trusted_servers, ADW_TYPE_PREFERENCES_GROUP)

enum
{
  PROP_PINS = 1,
  N_PROPS
};

enum
{
  SIGNAL_REMOVED,
  N_SIGNALS
};

static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

static void
update_error (UiTrustedServers *self)
{
  const GError *error = self->pins ? wc_pins_get_error (self->pins) : NULL;
  g_autofree char *details = error ? ui_trouble_details (error, NULL) : NULL;

  ui_error_note_set (self->error, error ? _("These servers cannot be kept on this computer: they last until WebChat is closed.") : NULL, details);
}

static void
remove_clicked_cb (UiTrustedServers *self, GtkWidget *button)
{
  GListModel *pins = wc_pins_get_list (self->pins);
  GtkWidget *row = gtk_widget_get_ancestor (button, GTK_TYPE_LIST_BOX_ROW);
  g_autoptr (WcPin) pin = g_list_model_get_item (pins, (guint) gtk_list_box_row_get_index (GTK_LIST_BOX_ROW (row)));
  const guint left = g_list_model_get_n_items (pins) - 1;
  const int index = gtk_list_box_row_get_index (GTK_LIST_BOX_ROW (row));
  GtkListBoxRow *next;

  g_return_if_fail (pin != NULL);

  /* The keyboard is on a button that goes. */
  gtk_root_set_focus (gtk_widget_get_root (GTK_WIDGET (self)), NULL);
  wc_pins_remove (self->pins, pin);
  next = left > 0 ? gtk_list_box_get_row_at_index (self->list, MIN (index, (int) left - 1)) : NULL;
  if (next)
    gtk_widget_child_focus (GTK_WIDGET (next), GTK_DIR_TAB_FORWARD);
  g_signal_emit (self, signals[SIGNAL_REMOVED], 0, wc_pin_get_address (pin), wc_pin_get_fingerprint (pin));
}

static GtkWidget *
create_row_cb (gpointer item, gpointer user_data)
{
  UiTrustedServers *self = user_data;
  WcPin *pin = item;
  g_autofree char *shortened = ui_fingerprint_shorten (wc_pin_get_fingerprint (pin));
  g_autofree char *whole = ui_fingerprint_group (wc_pin_get_fingerprint (pin));
  /* Translators: %s is a server's address. */
  g_autofree char *name = g_strdup_printf (_("Remove %s"), wc_pin_get_address (pin));
  GtkWidget *row = g_object_new (ADW_TYPE_ACTION_ROW, "title", wc_pin_get_address (pin), "subtitle", shortened, "tooltip-text", whole,
                                 "use-markup", FALSE, NULL);
  GtkWidget *button = g_object_new (GTK_TYPE_BUTTON, "icon-name", "user-trash-symbolic", "valign", GTK_ALIGN_CENTER, "tooltip-text", name, NULL);

  gtk_widget_add_css_class (button, "flat");
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  g_signal_connect_object (button, "clicked", G_CALLBACK (remove_clicked_cb), self, G_CONNECT_SWAPPED);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), button);
  return row;
}

static void
ui_trusted_servers_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  UiTrustedServers *self = UI_TRUSTED_SERVERS (object);

  switch (id)
    {
    case PROP_PINS:
      g_value_set_object (value, self->pins);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_trusted_servers_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  UiTrustedServers *self = UI_TRUSTED_SERVERS (object);

  switch (id)
    {
    case PROP_PINS:
      if (!g_set_object (&self->pins, g_value_get_object (value)))
        break;
      if (self->pins)
        g_signal_connect_object (self->pins, "notify::error", G_CALLBACK (update_error), self, G_CONNECT_SWAPPED);
      update_error (self);
      gtk_list_box_bind_model (self->list, self->pins ? wc_pins_get_list (self->pins) : NULL, create_row_cb, self, NULL);
      gtk_list_box_set_placeholder (self->list, self->empty_row);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_trusted_servers_dispose (GObject *object)
{
  UiTrustedServers *self = UI_TRUSTED_SERVERS (object);

  if (self->pins)
    gtk_list_box_bind_model (self->list, NULL, NULL, NULL, NULL);
  g_clear_object (&self->pins);

  G_OBJECT_CLASS (ui_trusted_servers_parent_class)->dispose (object);
}

static void
ui_trusted_servers_class_init (UiTrustedServersClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = ui_trusted_servers_get_property;
  object_class->set_property = ui_trusted_servers_set_property;
  object_class->dispose = ui_trusted_servers_dispose;

  props[PROP_PINS] = g_param_spec_object ("pins", NULL, NULL, WC_TYPE_PINS, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  signals[SIGNAL_REMOVED] = g_signal_new ("removed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_STRING,
                                          G_TYPE_STRING);

  g_type_ensure (UI_TYPE_ERROR_NOTE);
  gtk_widget_class_set_template_from_resource (widget_class, "/im/webchat/WebChat/ui/trusted-servers.ui");
  gtk_widget_class_bind_template_child (widget_class, UiTrustedServers, list);
  gtk_widget_class_bind_template_child (widget_class, UiTrustedServers, empty_row);
  gtk_widget_class_bind_template_child (widget_class, UiTrustedServers, error);
}

static void
ui_trusted_servers_init (UiTrustedServers *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
