/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/login-page.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "ui/error-note.h"
#include "ui/trouble.h"

struct _UiLoginPage
{
  GtkWidget parent_instance;

  GtkWidget *content;
  GtkWidget *id_row;
  GtkWidget *server_row;
  GtkWidget *server_expander;
  UiErrorNote *id_error;
  UiErrorNote *server_error;
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
dup_stripped (GtkWidget *row)
{
  return g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (row))));
}

static void
update_button (UiLoginPage *self)
{
  const gboolean busy = self->logging_in != NULL;
  const char *label = busy ? _("Cancel") : _("Log In");
  g_autofree char *client_id = dup_stripped (self->id_row);

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
  gtk_editable_set_editable (GTK_EDITABLE (self->server_row), !busy);
  update_button (self);
  if (busy)
    {
      g_autofree char *server = dup_stripped (self->server_row);
      g_autofree char *text = g_strdup_printf (_("Connecting to %s…"), server);

      gtk_label_set_text (self->progress, text);
    }
  else
    gtk_label_set_text (self->progress, "");
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_BUSY]);
}

static void
set_field_error (GtkWidget *row, UiErrorNote *note, const char *text, const char *details)
{
  ui_error_note_set (note, text, details);
  if (text)
    {
      gtk_widget_add_css_class (row, "error");
      gtk_accessible_update_state (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_STATE_INVALID, GTK_ACCESSIBLE_INVALID_TRUE, -1);
      gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text, -1);
    }
  else
    {
      gtk_widget_remove_css_class (row, "error");
      gtk_accessible_reset_state (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_STATE_INVALID);
      gtk_accessible_reset_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION);
    }
}

static void
id_changed_cb (UiLoginPage *self)
{
  set_field_error (self->id_row, self->id_error, NULL, NULL);
  update_button (self);
}

static void
server_changed_cb (UiLoginPage *self)
{
  set_field_error (self->server_row, self->server_error, NULL, NULL);
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
remember_login (UiLoginPage *self)
{
  ui_settings_set_server (self->settings, wc_client_get_server (self->client));
  ui_settings_set_log_in_at_start (self->settings, TRUE);
  if (self->folder)
    wc_client_id_save_async (self->folder, wc_client_get_client_id (self->client), NULL, id_saved_cb, NULL);
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
    remember_login (self);
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

  gtk_editable_set_text (GTK_EDITABLE (self->server_row), ui_settings_get_server (self->settings));
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
  gtk_widget_class_set_template_from_resource (widget_class, "/im/webchat/WebChat/ui/login-page.ui");
  gtk_widget_class_bind_template_child (widget_class, UiLoginPage, content);
  gtk_widget_class_bind_template_child (widget_class, UiLoginPage, id_row);
  gtk_widget_class_bind_template_child (widget_class, UiLoginPage, server_row);
  gtk_widget_class_bind_template_child (widget_class, UiLoginPage, server_expander);
  gtk_widget_class_bind_template_child (widget_class, UiLoginPage, id_error);
  gtk_widget_class_bind_template_child (widget_class, UiLoginPage, server_error);
  gtk_widget_class_bind_template_child (widget_class, UiLoginPage, button);
  gtk_widget_class_bind_template_child (widget_class, UiLoginPage, spinner);
  gtk_widget_class_bind_template_child (widget_class, UiLoginPage, button_label);
  gtk_widget_class_bind_template_child (widget_class, UiLoginPage, progress);
  gtk_widget_class_bind_template_callback (widget_class, id_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, server_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, button_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, ui_login_page_log_in);
}

static void
ui_login_page_init (UiLoginPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));

  /* "Address" makes sense to the eye only, which sees "Server" above it. A name beside the row's own title would be read with it. */
  gtk_accessible_reset_relation (GTK_ACCESSIBLE (self->server_row), GTK_ACCESSIBLE_RELATION_LABELLED_BY);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->server_row), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Server"), -1);
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
    gtk_editable_set_text (GTK_EDITABLE (self->server_row), server);
}

void
ui_login_page_log_in (UiLoginPage *self)
{
  g_autofree char *client_id = NULL;
  g_autofree char *server = NULL;
  g_autoptr (GCancellable) cancellable = NULL;

  g_return_if_fail (UI_IS_LOGIN_PAGE (self));

  if (self->logging_in)
    return;

  client_id = dup_stripped (self->id_row);
  server = dup_stripped (self->server_row);
  if (!*client_id)
    {
      self->log_in_when_loaded = self->loading != NULL;
      return;
    }

  ui_login_page_show_error (self, NULL);
  cancellable = g_cancellable_new ();
  set_logging_in (self, cancellable);
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
ui_login_page_show_error (UiLoginPage *self, const GError *error)
{
  g_autofree char *server = NULL;
  g_autofree char *advice = NULL;
  g_autofree char *details = NULL;
  gboolean about_id;

  g_return_if_fail (UI_IS_LOGIN_PAGE (self));

  set_field_error (self->id_row, self->id_error, NULL, NULL);
  set_field_error (self->server_row, self->server_error, NULL, NULL);
  if (!error)
    return;

  server = dup_stripped (self->server_row);
  advice = ui_trouble_advice (error, server);
  details = ui_trouble_details (error);
  about_id = ui_trouble_is_about_client_id (error);
  if (about_id)
    set_field_error (self->id_row, self->id_error, advice, details);
  else
    {
      adw_expander_row_set_expanded (ADW_EXPANDER_ROW (self->server_expander), TRUE);
      set_field_error (self->server_row, self->server_error, advice, details);
    }
  gtk_widget_grab_focus (about_id ? self->id_row : self->server_row);
}
