/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/login-page.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "ui/field-error.h"
#include "ui/password-group.h"
#include "ui/server-group.h"
#include "ui/trouble.h"
#include "ui/trust-dialog.h"

struct _UiLoginPage
{
  GtkWidget parent_instance;

  GtkWidget *content;
  GtkWidget *id_row;
  UiErrorNote *id_error;
  UiPasswordGroup *password;
  UiServerGroup *server;
  GtkWidget *button;
  GtkWidget *spinner;
  GtkLabel *button_label;
  GtkLabel *progress;

  WcClient *client;
  UiSettings *settings;
  GFile *folder;
  GCancellable *loading;    /* reading the Client-ID file */
  GCancellable *logging_in; /* NULL unless busy */
  gboolean log_in_when_loaded;
  guint wait_source; /* while the seconds count down until the server may be asked again */
  gint64 wait_end;   /* monotonic microseconds */
};

G_DEFINE_FINAL_TYPE (UiLoginPage, ui_login_page, GTK_TYPE_WIDGET)

enum
{
  PROP_CLIENT = 1,
  PROP_SETTINGS,
  PROP_FOLDER,
  PROP_BUSY,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static char *
dup_client_id (UiLoginPage *self)
{
  return g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (self->id_row))));
}

static char *
dup_server (UiLoginPage *self)
{
  return g_strstrip (g_strdup (ui_server_group_get_text (self->server)));
}

static void
update_button (UiLoginPage *self)
{
  const gboolean busy = self->logging_in != NULL;
  const char *label = busy ? _("Cancel") : _("Log In");
  g_autofree char *client_id = dup_client_id (self);

  gtk_label_set_label (self->button_label, label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->button), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  gtk_widget_set_sensitive (self->button, busy || *client_id);
  if (busy)
    gtk_widget_remove_css_class (self->button, "suggested-action");
  else
    gtk_widget_add_css_class (self->button, "suggested-action");
}

static void
set_logging_in (UiLoginPage *self, GCancellable *cancellable)
{
  const gboolean busy = cancellable != NULL;

  g_set_object (&self->logging_in, cancellable);
  gtk_editable_set_editable (GTK_EDITABLE (self->id_row), !busy);
  g_object_set (self->password, "editable", !busy, NULL);
  g_object_set (self->server, "editable", !busy, NULL);
  update_button (self);
  if (busy)
    {
      g_autofree char *server = dup_server (self);
      g_autofree char *text = g_strdup_printf (_("Connecting to %s…"), server);

      gtk_label_set_text (self->progress, text);
    }
  else
    gtk_label_set_text (self->progress, "");
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_BUSY]);
}

static void
stop_waiting (UiLoginPage *self)
{
  if (!self->wait_source)
    return;
  g_clear_handle_id (&self->wait_source, g_source_remove);
  ui_password_group_set_error (self->password, NULL, NULL);
}

static void
id_changed_cb (UiLoginPage *self)
{
  stop_waiting (self);
  ui_field_set_error (self->id_row, self->id_error, NULL, NULL);
  update_button (self);
}

static void
password_changed_cb (UiLoginPage *self)
{
  stop_waiting (self);
}

static void
password_shown_cb (UiLoginPage *self)
{
  /* Whoever opens it wants to type; and what is hidden must not keep the keyboard. */
  if (!gtk_widget_grab_focus (GTK_WIDGET (self->password)))
    gtk_widget_grab_focus (self->id_row);
}

static void
update_can_remember (UiLoginPage *self)
{
  g_object_set (self->password, "can-remember", wc_client_get_can_remember (self->client), NULL);
}

static void
server_changed_cb (UiLoginPage *self)
{
  stop_waiting (self);
}

static void
button_clicked_cb (UiLoginPage *self)
{
  if (self->logging_in)
    ui_login_page_cancel (self);
  else
    ui_login_page_log_in (self);
}

static void
id_saved_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!wc_client_id_save_finish (result, &error) && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_warning ("The Client-ID could not be saved: %s", error->message);
}

static void
logged_in_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UiLoginPage) self = user_data;
  g_autoptr (GError) error = NULL;
  const gboolean ok = wc_client_login_finish (WC_CLIENT (source), result, &error);

  if (!self->content) /* disposed meanwhile */
    return;

  set_logging_in (self, NULL);
  if (ok)
    ui_login_page_remember (self);
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    ui_login_page_show_error (self, error);
}

static void
id_loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (UiLoginPage) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *client_id = wc_client_id_load_finish (result, &error);

  g_clear_object (&self->loading);
  if (!self->content || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  if (error)
    g_message ("The Client-ID file could not be read: %s", error->message);
  if (client_id && !*gtk_editable_get_text (GTK_EDITABLE (self->id_row)))
    gtk_editable_set_text (GTK_EDITABLE (self->id_row), client_id);
  if (self->log_in_when_loaded && *gtk_editable_get_text (GTK_EDITABLE (self->id_row)))
    ui_login_page_log_in (self);
  self->log_in_when_loaded = FALSE;
}

static gboolean
ui_login_page_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (UI_LOGIN_PAGE (widget)->id_row);
}

static void
ui_login_page_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  UiLoginPage *self = UI_LOGIN_PAGE (object);

  switch (id)
    {
    case PROP_CLIENT:
      g_value_set_object (value, self->client);
      break;
    case PROP_SETTINGS:
      g_value_set_object (value, self->settings);
      break;
    case PROP_FOLDER:
      g_value_set_object (value, self->folder);
      break;
    case PROP_BUSY:
      g_value_set_boolean (value, self->logging_in != NULL);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_login_page_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  UiLoginPage *self = UI_LOGIN_PAGE (object);

  switch (id)
    {
    case PROP_CLIENT:
      self->client = g_value_dup_object (value);
      break;
    case PROP_SETTINGS:
      self->settings = g_value_dup_object (value);
      break;
    case PROP_FOLDER:
      self->folder = g_value_dup_object (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_login_page_constructed (GObject *object)
{
  UiLoginPage *self = UI_LOGIN_PAGE (object);

  G_OBJECT_CLASS (ui_login_page_parent_class)->constructed (object);

  ui_server_group_set_text (self->server, ui_settings_get_server (self->settings));
  g_object_bind_property (self->settings, "remember-password", self->password, "remember", G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL);
  g_signal_connect_object (self->client, "notify::keyring-error", G_CALLBACK (update_can_remember), self, G_CONNECT_SWAPPED);
  update_can_remember (self);
  if (self->folder)
    {
      self->loading = g_cancellable_new ();
      wc_client_id_load_async (self->folder, self->loading, id_loaded_cb, g_object_ref (self));
    }
}

static void
ui_login_page_dispose (GObject *object)
{
  UiLoginPage *self = UI_LOGIN_PAGE (object);

  if (self->loading)
    g_cancellable_cancel (self->loading);
  if (self->logging_in)
    g_cancellable_cancel (self->logging_in);
  stop_waiting (self);
  g_clear_pointer (&self->content, gtk_widget_unparent);
  g_clear_object (&self->loading);
  g_clear_object (&self->logging_in);
  g_clear_object (&self->client);
  g_clear_object (&self->settings);
  g_clear_object (&self->folder);

  G_OBJECT_CLASS (ui_login_page_parent_class)->dispose (object);
}

static void
ui_login_page_class_init (UiLoginPageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GParamFlags construct_only = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->get_property = ui_login_page_get_property;
  object_class->set_property = ui_login_page_set_property;
  object_class->constructed = ui_login_page_constructed;
  object_class->dispose = ui_login_page_dispose;
  widget_class->grab_focus = ui_login_page_grab_focus;

  props[PROP_CLIENT] = g_param_spec_object ("client", NULL, NULL, WC_TYPE_CLIENT, construct_only);
  props[PROP_SETTINGS] = g_param_spec_object ("settings", NULL, NULL, UI_TYPE_SETTINGS, construct_only);
  props[PROP_FOLDER] = g_param_spec_object ("folder", NULL, NULL, G_TYPE_FILE, construct_only);
  props[PROP_BUSY] = g_param_spec_boolean ("busy", NULL, NULL, FALSE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  g_type_ensure (UI_TYPE_ERROR_NOTE);
  g_type_ensure (UI_TYPE_PASSWORD_GROUP);
  g_type_ensure (UI_TYPE_SERVER_GROUP);
  gtk_widget_class_set_template_from_resource (widget_class, "/im/webchat/WebChat/ui/login-page.ui");
  gtk_widget_class_bind_template_child (widget_class, UiLoginPage, content);
  gtk_widget_class_bind_template_child (widget_class, UiLoginPage, id_row);
  gtk_widget_class_bind_template_child (widget_class, UiLoginPage, id_error);
  gtk_widget_class_bind_template_child (widget_class, UiLoginPage, password);
  gtk_widget_class_bind_template_child (widget_class, UiLoginPage, server);
  gtk_widget_class_bind_template_child (widget_class, UiLoginPage, button);
  gtk_widget_class_bind_template_child (widget_class, UiLoginPage, spinner);
  gtk_widget_class_bind_template_child (widget_class, UiLoginPage, button_label);
  gtk_widget_class_bind_template_child (widget_class, UiLoginPage, progress);
  gtk_widget_class_bind_template_callback (widget_class, id_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, password_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, server_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, button_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, ui_login_page_log_in);
}

static void
ui_login_page_init (UiLoginPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect_object (self->password, "notify::shown", G_CALLBACK (password_shown_cb), self, G_CONNECT_SWAPPED);
  update_button (self);
}

GtkWidget *
ui_login_page_new (WcClient *client, UiSettings *settings, GFile *folder)
{
  return g_object_new (UI_TYPE_LOGIN_PAGE, "client", client, "settings", settings, "folder", folder, NULL);
}

void
ui_login_page_fill (UiLoginPage *self, const char *client_id, const char *server)
{
  g_return_if_fail (UI_IS_LOGIN_PAGE (self));

  if (client_id)
    gtk_editable_set_text (GTK_EDITABLE (self->id_row), client_id);
  if (server)
    ui_server_group_set_text (self->server, server);
}

void
ui_login_page_log_in (UiLoginPage *self)
{
  g_autofree char *client_id = NULL;
  g_autofree char *server = NULL;
  g_autoptr (GCancellable) cancellable = NULL;
  const char *password;

  g_return_if_fail (UI_IS_LOGIN_PAGE (self));

  if (self->logging_in)
    return;

  client_id = dup_client_id (self);
  server = dup_server (self);
  if (!*client_id)
    {
      self->log_in_when_loaded = self->loading != NULL;
      return;
    }

  ui_login_page_show_error (self, NULL);
  cancellable = g_cancellable_new ();
  set_logging_in (self, cancellable);
  password = ui_password_group_get_password (self->password);
  wc_client_set_password (self->client, *password ? password : NULL);
  wc_client_set_remember_password (self->client, ui_settings_get_remember_password (self->settings));
  wc_client_login_async (self->client, server, client_id, cancellable, logged_in_cb, g_object_ref (self));
}

void
ui_login_page_cancel (UiLoginPage *self)
{
  g_return_if_fail (UI_IS_LOGIN_PAGE (self));

  if (self->logging_in)
    g_cancellable_cancel (self->logging_in);
}

void
ui_login_page_remember (UiLoginPage *self)
{
  g_return_if_fail (UI_IS_LOGIN_PAGE (self));

  ui_settings_set_server (self->settings, wc_client_get_server (self->client));
  ui_settings_set_log_in_at_start (self->settings, TRUE);
  if (self->folder)
    wc_client_id_save_async (self->folder, wc_client_get_client_id (self->client), NULL, id_saved_cb, NULL);
  ui_password_group_clear (self->password);
  g_object_set (self->password, "shown", FALSE, NULL);
}

static void
trust_cb (UiLoginPage *self, const char *response, UiTrustDialog *dialog)
{
  const char *server = ui_trust_dialog_get_server (dialog);
  g_autofree char *typed = dup_server (self);

  if (!g_str_equal (response, "trust") || self->logging_in || !g_str_equal (typed, server))
    return;

  /* What the person has looked at, and nothing that came after it. */
  if (wc_client_trust_certificate (self->client, server, ui_trust_dialog_get_fingerprint (dialog)))
    ui_login_page_log_in (self);
}

static void
ask_whether_to_trust (UiLoginPage *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  const char *server = wc_client_get_server (self->client);
  const char *fingerprint = wc_client_get_certificate_fingerprint (self->client);
  GtkWindow *dialog;

  if (!server || !fingerprint)
    return;

  dialog = ui_trust_dialog_new (GTK_IS_WINDOW (root) ? GTK_WINDOW (root) : NULL, server, fingerprint);
  g_signal_connect_object (dialog, "response", G_CALLBACK (trust_cb), self, G_CONNECT_SWAPPED);
  gtk_window_present (dialog);
}

static void
show_wait (UiLoginPage *self, gint64 left_us)
{
  const guint seconds = (guint) ((left_us + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC);
  g_autofree char *text = g_strdup_printf (_("There were too many logins of late, perhaps by somebody else. It is tried again in %u s."), seconds);

  ui_password_group_set_error (self->password, text, NULL);
}

static gboolean
wait_cb (gpointer user_data)
{
  UiLoginPage *self = user_data;
  const gint64 left = self->wait_end - g_get_monotonic_time ();

  if (left > 0)
    {
      show_wait (self, left);
      return G_SOURCE_CONTINUE;
    }
  self->wait_source = 0;
  /* Somebody may have come in by an invitation meanwhile. */
  if (wc_client_get_state (self->client) == WC_STATE_OFFLINE)
    ui_login_page_log_in (self);
  return G_SOURCE_REMOVE;
}

static void
wait_and_retry (UiLoginPage *self)
{
  const gint64 wait = MAX (1, wc_client_get_wait (self->client)) * (gint64) 1000;

  self->wait_end = g_get_monotonic_time () + wait;
  show_wait (self, wait);
  self->wait_source = g_timeout_add (MIN (1000, wait / 1000), wait_cb, self);
}

static void
show_password_error (UiLoginPage *self, const GError *error, const char *advice, const char *details)
{
  gboolean shown;

  if (g_error_matches (error, WC_ERROR, WC_ERROR_RATE_LIMITED) && wc_client_get_wait (self->client) > 0)
    {
      wait_and_retry (self);
      return;
    }

  g_object_get (self->password, "shown", &shown, NULL);
  if (g_error_matches (error, WC_ERROR, WC_ERROR_PASSWORD_NEEDED))
    {
      /* Nobody has done anything wrong. */
      ui_password_group_set_hint (self->password, advice);
      g_object_set (self->password, "shown", TRUE, NULL);
      return;
    }
  if (g_error_matches (error, WC_ERROR, WC_ERROR_WRONG_PASSWORD) && !shown)
    advice = _("The password that is kept on this computer is not right any more. Type the new one.");
  ui_password_group_set_error (self->password, advice, details);
  g_object_set (self->password, "shown", TRUE, NULL);
}

void
ui_login_page_show_error (UiLoginPage *self, const GError *error)
{
  g_autofree char *server = NULL;
  g_autofree char *advice = NULL;
  g_autofree char *details = NULL;

  g_return_if_fail (UI_IS_LOGIN_PAGE (self));

  stop_waiting (self);
  ui_field_set_error (self->id_row, self->id_error, NULL, NULL);
  ui_password_group_set_error (self->password, NULL, NULL);
  ui_server_group_set_error (self->server, NULL, NULL);
  if (!error)
    return;

  server = dup_server (self);
  advice = ui_trouble_advice (error, server);
  details = ui_trouble_details (error, self->client);
  switch (ui_trouble_where (error))
    {
    case UI_TROUBLE_CLIENT_ID:
      ui_field_set_error (self->id_row, self->id_error, advice, details);
      gtk_widget_grab_focus (self->id_row);
      break;
    case UI_TROUBLE_PASSWORD:
      show_password_error (self, error, advice, details);
      gtk_widget_grab_focus (GTK_WIDGET (self->password));
      break;
    case UI_TROUBLE_SERVER:
    default:
      ui_server_group_set_error (self->server, advice, details);
      gtk_widget_grab_focus (GTK_WIDGET (self->server));
      if (g_error_matches (error, WC_ERROR, WC_ERROR_CERTIFICATE_UNKNOWN))
        ask_whether_to_trust (self);
    }
}
