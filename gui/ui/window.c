/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/window.h"

#include "ui/pages.h"
#include "ui/window-private.h"

G_DEFINE_FINAL_TYPE (UiWindow, ui_window, ADW_TYPE_APPLICATION_WINDOW)

enum
{
  PROP_CLIENT = 1,
  PROP_SETTINGS,
  PROP_FOLDER,
  PROP_SHOW_HISTORY,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static void
update_title (UiWindow *self)
{
  const char *client_id = wc_client_get_client_id (self->client);
  const gboolean logged_in = gtk_stack_get_visible_child (self->stack) == GTK_WIDGET (self->main_page);
  g_autofree char *title = NULL;

  /* Who one is comes first: it tells the windows of two profiles apart. */
  if (logged_in && client_id)
    title = g_strdup_printf ("%s – WebChat", client_id);
  gtk_window_set_title (GTK_WINDOW (self), title ? title : "WebChat");
}

static void
show_page (UiWindow *self, GtkWidget *page)
{
  GtkRoot *root = GTK_ROOT (self);

  if (gtk_stack_get_visible_child (self->stack) == page)
    return;

  gtk_root_set_focus (root, NULL);
  ui_stack_show_only (self->stack, page);
  gtk_widget_grab_focus (page);
  update_title (self);
  ui_window_update_actions (self);
}

static void
conversation_changed_cb (UiWindow *self)
{
  g_signal_group_set_target (self->chat_watch, ui_main_page_get_conversation (self->main_page));
  ui_window_update_actions (self);
}

static void
make_main_page (UiWindow *self)
{
  self->main_page = UI_MAIN_PAGE (ui_main_page_new (self->client));
  g_signal_connect_object (self->main_page, "notify::conversation", G_CALLBACK (conversation_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->main_page, "notify::detached", G_CALLBACK (conversation_changed_cb), self, G_CONNECT_SWAPPED);
  g_object_bind_property (self, "show-history", self->main_page, "show-history", G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL);
  gtk_stack_add_named (self->stack, GTK_WIDGET (self->main_page), "main");
}

/* There is something to show as soon as what an earlier login has left is read: the banner says what is wrong with the connection. */
static void
update_page (UiWindow *self)
{
  const gboolean offline = wc_client_get_state (self->client) == WC_STATE_OFFLINE;
  gboolean busy;

  if (!offline && wc_client_get_ready (self->client))
    {
      if (!self->main_page)
        make_main_page (self);
      show_page (self, GTK_WIDGET (self->main_page));
    }
  else if (offline && self->main_page && gtk_stack_get_visible_child (self->stack) == GTK_WIDGET (self->main_page))
    {
      ui_main_page_reset (self->main_page);
      show_page (self, GTK_WIDGET (self->login_page));
      /* What goes wrong with an invitation is said where it was taken; and with a login that the page has begun, by the page when it ends. */
      g_object_get (self->login_page, "busy", &busy, NULL);
      if (!busy)
        ui_login_page_show_error (self->login_page, self->invitation_dialog ? NULL : wc_client_get_error (self->client));
    }
}

static void
ui_window_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  UiWindow *self = UI_WINDOW (object);

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
    case PROP_SHOW_HISTORY:
      g_value_set_boolean (value, self->show_history);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_window_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  UiWindow *self = UI_WINDOW (object);

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
    case PROP_SHOW_HISTORY:
      self->show_history = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_window_constructed (GObject *object)
{
  UiWindow *self = UI_WINDOW (object);
  const GBindingFlags flags = G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL;

  G_OBJECT_CLASS (ui_window_parent_class)->constructed (object);

  g_object_bind_property (self->settings, "window-width", self, "default-width", flags);
  g_object_bind_property (self->settings, "window-height", self, "default-height", flags);
  g_object_bind_property (self->settings, "maximized", self, "maximized", flags);

  self->login_page = UI_LOGIN_PAGE (ui_login_page_new (self->client, self->settings, self->folder));
  gtk_stack_add_named (self->stack, GTK_WIDGET (self->login_page), "login");
  gtk_widget_grab_focus (GTK_WIDGET (self->login_page));

  g_signal_connect_object (self->client, "notify::state", G_CALLBACK (update_page), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->client, "notify::state", G_CALLBACK (ui_window_update_actions), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->client, "notify::ready", G_CALLBACK (update_page), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->client, "notify::client-id", G_CALLBACK (update_title), self, G_CONNECT_SWAPPED);
  update_page (self);
  ui_window_update_actions (self);
}

static void
ui_window_dispose (GObject *object)
{
  UiWindow *self = UI_WINDOW (object);

  self->login_page = NULL;
  self->main_page = NULL;
  g_clear_weak_pointer (&self->invitation_dialog);
  g_clear_object (&self->chat_watch);
  g_clear_object (&self->client);
  g_clear_object (&self->settings);
  g_clear_object (&self->folder);

  G_OBJECT_CLASS (ui_window_parent_class)->dispose (object);
}

static void
ui_window_class_init (UiWindowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GParamFlags construct_only = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->get_property = ui_window_get_property;
  object_class->set_property = ui_window_set_property;
  object_class->constructed = ui_window_constructed;
  object_class->dispose = ui_window_dispose;

  props[PROP_CLIENT] = g_param_spec_object ("client", NULL, NULL, WC_TYPE_CLIENT, construct_only);
  props[PROP_SETTINGS] = g_param_spec_object ("settings", NULL, NULL, UI_TYPE_SETTINGS, construct_only);
  props[PROP_FOLDER] = g_param_spec_object ("folder", NULL, NULL, G_TYPE_FILE, construct_only);
  props[PROP_SHOW_HISTORY] = g_param_spec_boolean ("show-history", NULL, NULL, FALSE, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  gtk_widget_class_set_template_from_resource (widget_class, "/im/webchat/WebChat/ui/window.ui");
  gtk_widget_class_bind_template_child (widget_class, UiWindow, stack);
  ui_window_class_install_actions (widget_class);
}

static void
ui_window_init (UiWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));

  self->chat_watch = g_signal_group_new (WC_TYPE_CONVERSATION);
  g_signal_group_connect_swapped (self->chat_watch, "notify::chat", G_CALLBACK (ui_window_update_actions), self);
}

UiWindow *
ui_window_new (GtkApplication *application, WcClient *client, UiSettings *settings, GFile *folder)
{
  return g_object_new (UI_TYPE_WINDOW, "application", application, "client", client, "settings", settings, "folder", folder, NULL);
}

void
ui_window_log_in (UiWindow *self, const char *client_id, const char *server, gboolean at_once)
{
  g_return_if_fail (UI_IS_WINDOW (self));

  ui_login_page_fill (self->login_page, client_id, server);
  if (at_once)
    ui_login_page_log_in (self->login_page);
}

static void
joined_cb (UiWindow *self)
{
  ui_login_page_fill (self->login_page, wc_client_get_client_id (self->client), wc_client_get_server (self->client));
  ui_login_page_remember (self->login_page);
}

void
ui_window_open_invitation (UiWindow *self, const char *link)
{
  g_return_if_fail (UI_IS_WINDOW (self));

  if (!self->invitation_dialog)
    {
      GtkWindow *dialog = ui_invitation_dialog_new (GTK_WINDOW (self), self->client);

      g_set_weak_pointer (&self->invitation_dialog, UI_INVITATION_DIALOG (dialog));
      g_signal_connect_object (dialog, "joined", G_CALLBACK (joined_cb), self, G_CONNECT_SWAPPED);
    }
  ui_invitation_dialog_open (self->invitation_dialog, link);
  gtk_window_present (GTK_WINDOW (self->invitation_dialog));
}

void
ui_window_open (UiWindow *self, WcConversation *conversation)
{
  g_return_if_fail (UI_IS_WINDOW (self));

  if (self->main_page)
    ui_main_page_open (self->main_page, conversation, TRUE);
}

gboolean
ui_window_shows (UiWindow *self, WcConversation *conversation)
{
  g_return_val_if_fail (UI_IS_WINDOW (self), FALSE);

  return gtk_window_is_active (GTK_WINDOW (self)) && self->main_page && ui_main_page_shows (self->main_page, conversation);
}
