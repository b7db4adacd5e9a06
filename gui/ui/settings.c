/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/settings.h"

#define G_SETTINGS_ENABLE_BACKEND
#include <gio/gsettingsbackend.h>

#define SCHEMA_ID "im.webchat.WebChat"
#define SCHEMA_PATH "/im/webchat/WebChat/"

struct _UiSettings
{
  GObject parent_instance;

  GSettings *store; /* NULL where the schema is not installed */

  char *server;
  char *color_scheme;
  guint idle_minutes;
  int window_width;
  int window_height;
  gboolean log_in_at_start;
  gboolean remember_password;
  gboolean maximized;
};

G_DEFINE_FINAL_TYPE (UiSettings, ui_settings, G_TYPE_OBJECT)

enum
{
  PROP_SERVER = 1,
  PROP_LOG_IN_AT_START,
  PROP_REMEMBER_PASSWORD,
  PROP_IDLE_MINUTES,
  PROP_COLOR_SCHEME,
  PROP_WINDOW_WIDTH,
  PROP_WINDOW_HEIGHT,
  PROP_MAXIMIZED,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

/* Beside the installed schemas, those of the build folder that the program lies in: so it can be tried without installing it. */
static GSettingsSchema *
find_schema (void)
{
  GSettingsSchemaSource *installed = g_settings_schema_source_get_default ();
  g_autoptr (GSettingsSchemaSource) built = NULL;
  g_autofree char *program = NULL;
  g_autofree char *program_dir = NULL;
  g_autofree char *schema_dir = NULL;
  GSettingsSchema *schema = NULL;

  if (installed)
    schema = g_settings_schema_source_lookup (installed, SCHEMA_ID, TRUE);
  if (schema)
    return schema;

  program = g_file_read_link ("/proc/self/exe", NULL);
  if (!program)
    return NULL;

  program_dir = g_path_get_dirname (program);
  schema_dir = g_build_filename (program_dir, "..", "data", NULL);
  built = g_settings_schema_source_new_from_directory (schema_dir, NULL, TRUE, NULL);
  return built ? g_settings_schema_source_lookup (built, SCHEMA_ID, FALSE) : NULL;
}

/* A file of the profile's own rather than the desktop's database: profiles must not share it, and a machine without dconf remembers too. */
static GSettingsBackend *
open_backend (GFile *folder)
{
  g_autoptr (GFile) file = NULL;
  g_autofree char *path = NULL;

  if (!folder)
    return g_memory_settings_backend_new ();

  file = g_file_get_child (folder, "settings.ini");
  path = g_file_get_path (file);
  return g_keyfile_settings_backend_new (path, "/", NULL);
}

static void
ui_settings_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  UiSettings *self = UI_SETTINGS (object);

  switch (id)
    {
    case PROP_SERVER:
      g_value_set_string (value, self->server);
      break;
    case PROP_LOG_IN_AT_START:
      g_value_set_boolean (value, self->log_in_at_start);
      break;
    case PROP_REMEMBER_PASSWORD:
      g_value_set_boolean (value, self->remember_password);
      break;
    case PROP_IDLE_MINUTES:
      g_value_set_uint (value, self->idle_minutes);
      break;
    case PROP_COLOR_SCHEME:
      g_value_set_string (value, self->color_scheme);
      break;
    case PROP_WINDOW_WIDTH:
      g_value_set_int (value, self->window_width);
      break;
    case PROP_WINDOW_HEIGHT:
      g_value_set_int (value, self->window_height);
      break;
    case PROP_MAXIMIZED:
      g_value_set_boolean (value, self->maximized);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_settings_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  UiSettings *self = UI_SETTINGS (object);

  switch (id)
    {
    case PROP_SERVER:
      ui_settings_set_server (self, g_value_get_string (value));
      break;
    case PROP_LOG_IN_AT_START:
      ui_settings_set_log_in_at_start (self, g_value_get_boolean (value));
      break;
    case PROP_REMEMBER_PASSWORD:
      ui_settings_set_remember_password (self, g_value_get_boolean (value));
      break;
    case PROP_IDLE_MINUTES:
      ui_settings_set_idle_minutes (self, g_value_get_uint (value));
      break;
    case PROP_COLOR_SCHEME:
      ui_settings_set_color_scheme (self, g_value_get_string (value));
      break;
    case PROP_WINDOW_WIDTH:
      self->window_width = g_value_get_int (value);
      g_object_notify_by_pspec (object, pspec);
      break;
    case PROP_WINDOW_HEIGHT:
      self->window_height = g_value_get_int (value);
      g_object_notify_by_pspec (object, pspec);
      break;
    case PROP_MAXIMIZED:
      self->maximized = g_value_get_boolean (value);
      g_object_notify_by_pspec (object, pspec);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_settings_finalize (GObject *object)
{
  UiSettings *self = UI_SETTINGS (object);

  g_clear_object (&self->store);
  g_free (self->server);
  g_free (self->color_scheme);

  G_OBJECT_CLASS (ui_settings_parent_class)->finalize (object);
}

static void
ui_settings_class_init (UiSettingsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->get_property = ui_settings_get_property;
  object_class->set_property = ui_settings_set_property;
  object_class->finalize = ui_settings_finalize;

  props[PROP_SERVER] = g_param_spec_string ("server", NULL, NULL, "localhost:5000", flags);
  props[PROP_LOG_IN_AT_START] = g_param_spec_boolean ("log-in-at-start", NULL, NULL, FALSE, flags);
  props[PROP_REMEMBER_PASSWORD] = g_param_spec_boolean ("remember-password", NULL, NULL, TRUE, flags);
  props[PROP_IDLE_MINUTES] = g_param_spec_uint ("idle-minutes", NULL, NULL, 0, 1440, 15, flags);
  props[PROP_COLOR_SCHEME] = g_param_spec_string ("color-scheme", NULL, NULL, "default", flags);
  props[PROP_WINDOW_WIDTH] = g_param_spec_int ("window-width", NULL, NULL, 1, G_MAXINT, 980, flags);
  props[PROP_WINDOW_HEIGHT] = g_param_spec_int ("window-height", NULL, NULL, 1, G_MAXINT, 680, flags);
  props[PROP_MAXIMIZED] = g_param_spec_boolean ("maximized", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
ui_settings_init (UiSettings *self)
{
  self->server = g_strdup ("localhost:5000");
  self->color_scheme = g_strdup ("default");
  self->remember_password = TRUE;
  self->idle_minutes = 15;
  self->window_width = 980;
  self->window_height = 680;
}

UiSettings *
ui_settings_new (GFile *folder)
{
  g_autoptr (GSettingsSchema) schema = find_schema ();
  UiSettings *self = g_object_new (UI_TYPE_SETTINGS, NULL);

  if (schema)
    {
      g_autoptr (GSettingsBackend) backend = open_backend (folder);

      self->store = g_settings_new_full (schema, backend, SCHEMA_PATH);
      for (guint i = 1; i < N_PROPS; i++)
        g_settings_bind (self->store, props[i]->name, self, props[i]->name, G_SETTINGS_BIND_DEFAULT);
    }
  else
    g_message ("The settings schema " SCHEMA_ID " is not installed: settings last until the app ends");

  return self;
}

const char *
ui_settings_get_server (UiSettings *self)
{
  g_return_val_if_fail (UI_IS_SETTINGS (self), NULL);

  return self->server;
}

void
ui_settings_set_server (UiSettings *self, const char *server)
{
  g_return_if_fail (UI_IS_SETTINGS (self));
  g_return_if_fail (server != NULL);

  if (g_str_equal (self->server, server))
    return;

  g_free (self->server);
  self->server = g_strdup (server);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SERVER]);
}

gboolean
ui_settings_get_log_in_at_start (UiSettings *self)
{
  g_return_val_if_fail (UI_IS_SETTINGS (self), FALSE);

  return self->log_in_at_start;
}

void
ui_settings_set_log_in_at_start (UiSettings *self, gboolean log_in_at_start)
{
  g_return_if_fail (UI_IS_SETTINGS (self));

  if (self->log_in_at_start == !!log_in_at_start)
    return;

  self->log_in_at_start = !!log_in_at_start;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_LOG_IN_AT_START]);
}

gboolean
ui_settings_get_remember_password (UiSettings *self)
{
  g_return_val_if_fail (UI_IS_SETTINGS (self), FALSE);

  return self->remember_password;
}

void
ui_settings_set_remember_password (UiSettings *self, gboolean remember_password)
{
  g_return_if_fail (UI_IS_SETTINGS (self));

  if (self->remember_password == !!remember_password)
    return;

  self->remember_password = !!remember_password;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_REMEMBER_PASSWORD]);
}

guint
ui_settings_get_idle_minutes (UiSettings *self)
{
  g_return_val_if_fail (UI_IS_SETTINGS (self), 0);

  return self->idle_minutes;
}

void
ui_settings_set_idle_minutes (UiSettings *self, guint minutes)
{
  g_return_if_fail (UI_IS_SETTINGS (self));

  if (self->idle_minutes == minutes)
    return;

  self->idle_minutes = minutes;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_IDLE_MINUTES]);
}

const char *
ui_settings_get_color_scheme (UiSettings *self)
{
  g_return_val_if_fail (UI_IS_SETTINGS (self), NULL);

  return self->color_scheme;
}

void
ui_settings_set_color_scheme (UiSettings *self, const char *color_scheme)
{
  g_return_if_fail (UI_IS_SETTINGS (self));
  g_return_if_fail (color_scheme != NULL);

  if (g_str_equal (self->color_scheme, color_scheme))
    return;

  g_free (self->color_scheme);
  self->color_scheme = g_strdup (color_scheme);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_COLOR_SCHEME]);
}
