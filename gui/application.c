/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "application.h"

#include <glib/gi18n.h>

#include "shared/client-id.h"

#include "notifier.h"
#include "ui/preferences-window.h"
#include "ui/settings.h"
#include "ui/window.h"

#define APP_ID "im.webchat.WebChat"
#define RESOURCES "/im/webchat/WebChat"

struct _WebchatApplication
{
  AdwApplication parent_instance;

  char *profile;
  char *server;
  char *client_id;

  GFile *folder;
  WcClient *client;
  UiSettings *settings;
  WebchatNotifier *notifier;
  UiWindow *window; /* not held; NULL before it is shown and after it is closed */
};

G_DEFINE_FINAL_TYPE (WebchatApplication, webchat_application, ADW_TYPE_APPLICATION)

/* The elements of an application ID have letters, digits, dashes and underscores only. */
static char *
application_id_for (const char *profile)
{
  GString *id = g_string_new (APP_ID);

  if (profile)
    g_string_append (id, ".profile-");
  for (; profile && *profile; profile++)
    if (g_ascii_isalnum (*profile) || *profile == '-')
      g_string_append_c (id, *profile);
    else
      g_string_append_printf (id, "_%02x", (guint) *profile);
  return g_string_free (id, FALSE);
}

static GFile *
folder_for (const char *profile)
{
  g_autofree char *path = NULL;

  if (profile)
    path = g_build_filename (g_get_user_data_dir (), "webchat", "profiles", profile, NULL);
  else
    path = g_build_filename (g_get_user_data_dir (), "webchat", NULL);
  return g_file_new_for_path (path);
}

static GtkWindow *
front_window (WebchatApplication *self)
{
  return gtk_application_get_active_window (GTK_APPLICATION (self));
}

static void
quit_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  WebchatApplication *self = user_data;

  if (self->window)
    gtk_window_close (GTK_WINDOW (self->window));
  else
    g_application_quit (G_APPLICATION (self));
}

static void
preferences_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  WebchatApplication *self = user_data;

  gtk_window_present (ui_preferences_window_new (front_window (self), self->settings, wc_client_get_pins (self->client)));
}

static void
shortcuts_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  WebchatApplication *self = user_data;
  g_autoptr (GtkBuilder) builder = gtk_builder_new_from_resource (RESOURCES "/ui/shortcuts-window.ui");
  GtkWindow *window = GTK_WINDOW (gtk_builder_get_object (builder, "shortcuts_window"));

  gtk_window_set_transient_for (window, front_window (self));
  gtk_window_present (window);
}

static void
about_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  WebchatApplication *self = user_data;

  adw_show_about_window (front_window (self),
                         "application-name", "WebChat",
                         "application-icon", APP_ID,
                         "version", WEBCHAT_VERSION,
                         "developer-name", _("The WebChat developers"),
                         "comments", _("Chat with the people on your own server."),
                         "license-type", GTK_LICENSE_GPL_3_0,
                         "copyright", "© The WebChat developers",
                         /* Translators: your names, one a line. */
                         "translator-credits", _("translator-credits"),
                         NULL);
}

static void
open_chat_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  WebchatApplication *self = user_data;
  WcConversation *conversation = wc_client_get_conversation (self->client, g_variant_get_string (parameter, NULL));

  if (conversation)
    webchat_application_open_chat (self, conversation);
}

static gboolean
scheme_to_style_cb (GBinding *binding, const GValue *from, GValue *to, gpointer user_data)
{
  const char *scheme = g_value_get_string (from);

  g_value_set_enum (to, g_strcmp0 (scheme, "dark") == 0    ? ADW_COLOR_SCHEME_FORCE_DARK
                        : g_strcmp0 (scheme, "light") == 0 ? ADW_COLOR_SCHEME_FORCE_LIGHT
                                                           : ADW_COLOR_SCHEME_DEFAULT);
  return TRUE;
}

static void
window_destroyed_cb (WebchatApplication *self)
{
  self->window = NULL;
  /* Chats in windows of their own do not outlive the one that they came from. */
  g_application_quit (G_APPLICATION (self));
}

static void
webchat_application_startup (GApplication *application)
{
  static const GActionEntry actions[] = {
    { .name = "quit", .activate = quit_cb },
    { .name = "preferences", .activate = preferences_cb },
    { .name = "shortcuts", .activate = shortcuts_cb },
    { .name = "about", .activate = about_cb },
    { .name = "open-chat", .parameter_type = "s", .activate = open_chat_cb },
  };
  WebchatApplication *self = WEBCHAT_APPLICATION (application);
  GtkApplication *gtk_application = GTK_APPLICATION (application);
  g_autoptr (GFile) cache = g_file_get_child (self->folder, "cache");
  g_autoptr (WcPins) pins = wc_pins_new (self->folder);
  g_autoptr (WcSecrets) secrets = wc_secrets_new_keyring ();

  G_APPLICATION_CLASS (webchat_application_parent_class)->startup (application);

  gtk_window_set_default_icon_name (APP_ID);
  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions), self);
  gtk_application_set_accels_for_action (gtk_application, "app.quit", (const char *[]) { "<Control>q", NULL });
  gtk_application_set_accels_for_action (gtk_application, "app.preferences", (const char *[]) { "<Control>comma", NULL });
  gtk_application_set_accels_for_action (gtk_application, "app.shortcuts", (const char *[]) { "<Control>question", NULL });

  self->client = wc_client_new ();
  wc_client_set_folder (self->client, cache);
  wc_client_set_pins (self->client, pins);
  wc_client_set_secrets (self->client, secrets);
  self->settings = ui_settings_new (self->folder);
  self->notifier = webchat_notifier_new (gtk_application, self->client);
  g_object_bind_property (self->settings, "idle-minutes", self->client, "idle-minutes", G_BINDING_SYNC_CREATE);
  g_object_bind_property_full (self->settings, "color-scheme", adw_style_manager_get_default (), "color-scheme", G_BINDING_SYNC_CREATE,
                               scheme_to_style_cb, NULL, NULL, NULL);
}

static void
webchat_application_activate (GApplication *application)
{
  WebchatApplication *self = WEBCHAT_APPLICATION (application);

  if (!self->window)
    {
      const gboolean at_once = (self->server && self->client_id) || ui_settings_get_log_in_at_start (self->settings);

      self->window = ui_window_new (GTK_APPLICATION (application), self->client, self->settings, self->folder);
      g_signal_connect_object (self->window, "destroy", G_CALLBACK (window_destroyed_cb), self, G_CONNECT_SWAPPED);
      ui_window_log_in (self->window, self->client_id, self->server, at_once);
    }
  gtk_window_present (GTK_WINDOW (self->window));
}

/* Links: those of the command line, of the desktop, and of another instance that was started with one. */
static void
webchat_application_open (GApplication *application, GFile **files, int n_files, const char *hint)
{
  WebchatApplication *self = WEBCHAT_APPLICATION (application);
  g_autofree char *link = g_file_get_uri (files[n_files - 1]);

  g_application_activate (application);
  ui_window_open_invitation (self->window, link);
}

static void
webchat_application_shutdown (GApplication *application)
{
  WebchatApplication *self = WEBCHAT_APPLICATION (application);

  if (self->client)
    {
      wc_client_logout (self->client);
      wc_client_set_folder (self->client, NULL); /* whoever may still hold the client: all is written now */
    }
  g_clear_object (&self->notifier);
  g_clear_object (&self->settings);
  g_clear_object (&self->client);

  G_APPLICATION_CLASS (webchat_application_parent_class)->shutdown (application);
}

static void
webchat_application_finalize (GObject *object)
{
  WebchatApplication *self = WEBCHAT_APPLICATION (object);

  g_free (self->profile);
  g_free (self->server);
  g_free (self->client_id);
  g_object_unref (self->folder);

  G_OBJECT_CLASS (webchat_application_parent_class)->finalize (object);
}

static void
webchat_application_class_init (WebchatApplicationClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  object_class->finalize = webchat_application_finalize;
  application_class->startup = webchat_application_startup;
  application_class->activate = webchat_application_activate;
  application_class->open = webchat_application_open;
  application_class->shutdown = webchat_application_shutdown;
}

static void
webchat_application_init (WebchatApplication *self)
{
}

gboolean
webchat_profile_is_valid (const char *profile)
{
  return client_id_is_valid (profile, strlen (profile));
}

WebchatApplication *
webchat_application_new (const char *profile, const char *server, const char *client_id)
{
  g_autofree char *id = application_id_for (profile);
  WebchatApplication *self;

  g_return_val_if_fail (profile == NULL || webchat_profile_is_valid (profile), NULL);

  self = g_object_new (WEBCHAT_TYPE_APPLICATION, "application-id", id, "resource-base-path", RESOURCES, "flags",
                       G_APPLICATION_HANDLES_OPEN, NULL);
  self->profile = g_strdup (profile);
  self->server = g_strdup (server);
  self->client_id = g_strdup (client_id);
  self->folder = folder_for (profile);
  return self;
}

void
webchat_application_open_chat (WebchatApplication *self, WcConversation *conversation)
{
  g_return_if_fail (WEBCHAT_IS_APPLICATION (self));

  g_application_activate (G_APPLICATION (self));
  ui_window_open (self->window, conversation);
}
