/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/preferences-window.h"

#include <glib/gi18n.h>

#include "ui/trusted-servers.h"

struct _UiPreferencesWindow
{
  AdwPreferencesWindow parent_instance;

  GtkSwitch *idle_switch;
  GtkSpinButton *idle_minutes;
  AdwComboRow *color_row;

  UiSettings *settings;
  WcPins *pins;
  AdwToast *toast; /* for the server that was taken out last; not held */
  char *removed_address;
  char *removed_fingerprint;
};

G_DEFINE_FINAL_TYPE (UiPreferencesWindow, ui_preferences_window, ADW_TYPE_PREFERENCES_WINDOW)

enum
{
  PROP_SETTINGS = 1,
  PROP_PINS,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

/* In the order of the rows in the .ui file. */
static const char *const color_schemes[] = { "default", "light", "dark" };

static gboolean
minutes_to_switch_cb (GBinding *binding, const GValue *from, GValue *to, gpointer user_data)
{
  g_value_set_boolean (to, g_value_get_uint (from) > 0);
  return TRUE;
}

static gboolean
switch_to_minutes_cb (GBinding *binding, const GValue *from, GValue *to, gpointer user_data)
{
  UiPreferencesWindow *self = user_data;

  g_value_set_uint (to, g_value_get_boolean (from) ? (guint) gtk_spin_button_get_value_as_int (self->idle_minutes) : 0);
  return TRUE;
}

/* While it is off the spin button keeps what it was, for when it is switched on again. */
static gboolean
minutes_to_spin_cb (GBinding *binding, const GValue *from, GValue *to, gpointer user_data)
{
  if (g_value_get_uint (from) == 0)
    return FALSE;
  g_value_set_double (to, g_value_get_uint (from));
  return TRUE;
}

static gboolean
spin_to_minutes_cb (GBinding *binding, const GValue *from, GValue *to, gpointer user_data)
{
  UiPreferencesWindow *self = user_data;

  if (!gtk_switch_get_active (self->idle_switch))
    return FALSE;
  g_value_set_uint (to, (guint) g_value_get_double (from));
  return TRUE;
}

static gboolean
scheme_to_row_cb (GBinding *binding, const GValue *from, GValue *to, gpointer user_data)
{
  for (guint i = 0; i < G_N_ELEMENTS (color_schemes); i++)
    if (g_strcmp0 (g_value_get_string (from), color_schemes[i]) == 0)
      {
        g_value_set_uint (to, i);
        return TRUE;
      }
  return FALSE;
}

static gboolean
row_to_scheme_cb (GBinding *binding, const GValue *from, GValue *to, gpointer user_data)
{
  const guint i = g_value_get_uint (from);

  if (i >= G_N_ELEMENTS (color_schemes))
    return FALSE;
  g_value_set_string (to, color_schemes[i]);
  return TRUE;
}

static void
undo_cb (UiPreferencesWindow *self)
{
  g_autofree char *host = NULL;
  guint16 port;
  gboolean tls;

  if (self->removed_address && wc_address_parse (self->removed_address, &host, &port, &tls, NULL))
    wc_pins_set (self->pins, host, port, self->removed_fingerprint);
}

static void
server_removed_cb (UiPreferencesWindow *self, const char *address, const char *fingerprint)
{
  /* Translators: %s is a server's address. */
  g_autofree char *text = g_strdup_printf (_("%s is not trusted any more"), address);
  AdwToast *toast = adw_toast_new (text);

  /* What can be undone is the last one only. */
  g_free (self->removed_address);
  g_free (self->removed_fingerprint);
  self->removed_address = g_strdup (address);
  self->removed_fingerprint = g_strdup (fingerprint);
  if (self->toast)
    adw_toast_dismiss (self->toast);
  g_set_weak_pointer (&self->toast, toast);
  adw_toast_set_button_label (toast, _("_Undo"));
  g_signal_connect_object (toast, "button-clicked", G_CALLBACK (undo_cb), self, G_CONNECT_SWAPPED);
  adw_preferences_window_add_toast (ADW_PREFERENCES_WINDOW (self), toast);
}

static void
ui_preferences_window_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  UiPreferencesWindow *self = UI_PREFERENCES_WINDOW (object);

  switch (id)
    {
    case PROP_SETTINGS:
      g_value_set_object (value, self->settings);
      break;
    case PROP_PINS:
      g_value_set_object (value, self->pins);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_preferences_window_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  UiPreferencesWindow *self = UI_PREFERENCES_WINDOW (object);

  switch (id)
    {
    case PROP_SETTINGS:
      self->settings = g_value_dup_object (value);
      break;
    case PROP_PINS:
      self->pins = g_value_dup_object (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_preferences_window_constructed (GObject *object)
{
  UiPreferencesWindow *self = UI_PREFERENCES_WINDOW (object);
  const GBindingFlags flags = G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL;

  G_OBJECT_CLASS (ui_preferences_window_parent_class)->constructed (object);

  g_object_bind_property_full (self->settings, "idle-minutes", self->idle_minutes, "value", flags, minutes_to_spin_cb,
                               spin_to_minutes_cb, self, NULL);
  g_object_bind_property_full (self->settings, "idle-minutes", self->idle_switch, "active", flags, minutes_to_switch_cb,
                               switch_to_minutes_cb, self, NULL);
  g_object_bind_property_full (self->settings, "color-scheme", self->color_row, "selected", flags, scheme_to_row_cb,
                               row_to_scheme_cb, self, NULL);
}

static void
ui_preferences_window_dispose (GObject *object)
{
  UiPreferencesWindow *self = UI_PREFERENCES_WINDOW (object);

  g_clear_weak_pointer (&self->toast);
  g_clear_object (&self->settings);
  g_clear_object (&self->pins);
  g_clear_pointer (&self->removed_address, g_free);
  g_clear_pointer (&self->removed_fingerprint, g_free);

  G_OBJECT_CLASS (ui_preferences_window_parent_class)->dispose (object);
}

static void
ui_preferences_window_class_init (UiPreferencesWindowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = ui_preferences_window_get_property;
  object_class->set_property = ui_preferences_window_set_property;
  object_class->constructed = ui_preferences_window_constructed;
  object_class->dispose = ui_preferences_window_dispose;

  props[PROP_SETTINGS] = g_param_spec_object ("settings", NULL, NULL, UI_TYPE_SETTINGS,
                                              G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  props[PROP_PINS] = g_param_spec_object ("pins", NULL, NULL, WC_TYPE_PINS, G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  g_type_ensure (UI_TYPE_TRUSTED_SERVERS);
  gtk_widget_class_set_template_from_resource (widget_class, "/im/webchat/WebChat/ui/preferences-window.ui");
  gtk_widget_class_bind_template_child (widget_class, UiPreferencesWindow, idle_switch);
  gtk_widget_class_bind_template_child (widget_class, UiPreferencesWindow, idle_minutes);
  gtk_widget_class_bind_template_child (widget_class, UiPreferencesWindow, color_row);
  gtk_widget_class_bind_template_callback (widget_class, server_removed_cb);
}

static void
ui_preferences_window_init (UiPreferencesWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWindow *
ui_preferences_window_new (GtkWindow *parent, UiSettings *settings, WcPins *pins)
{
  return g_object_new (UI_TYPE_PREFERENCES_WINDOW, "transient-for", parent, "settings", settings, "pins", pins, NULL);
}
