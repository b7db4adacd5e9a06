/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/chat-window.h"

#include "ui/chat-pane.h"
#include "ui/window.h"

struct _UiChatWindow
{
  AdwWindow parent;
  WcClient *client;
  WcConversation *conversation;
  UiChatPane *pane;
  gboolean show_history;
};

G_DEFINE_FINAL_TYPE (UiChatWindow, ui_chat_window, ADW_TYPE_WINDOW)

enum
{
  PROP_CLIENT = 1,
  PROP_CONVERSATION,
  PROP_SHOW_HISTORY,
  N_PROPS
};
static GParamSpec *props[N_PROPS];

static void
update_actions (UiChatWindow *self)
{
  WcChat chat = wc_conversation_get_chat (self->conversation);

  gtk_widget_action_set_enabled (GTK_WIDGET (self), "win.start-chat", chat == WC_CHAT_NONE);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "win.end-chat", chat == WC_CHAT_OPEN);
}

static void
chat_cb (WcConversation *conversation, GParamSpec *pspec, UiChatWindow *self)
{
  update_actions (self);
}

static void
start_chat_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  wc_conversation_request_chat (UI_CHAT_WINDOW (widget)->conversation);
}

static void
end_chat_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  wc_conversation_end_chat (UI_CHAT_WINDOW (widget)->conversation);
}

/* The chat is in a window of its own already. */
static void
detach_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
}

static void
back_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  UiChatWindow *self = UI_CHAT_WINDOW (widget);

  if (!ui_chat_pane_back (self->pane))
    ui_chat_pane_focus_chat (self->pane);
}

static void
search_chat_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  ui_chat_pane_search (UI_CHAT_WINDOW (widget)->pane);
}

static void
export_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  ui_chat_pane_export (UI_CHAT_WINDOW (widget)->pane);
}

/* Everybody's messages are searched where everybody is. */
static void
search_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  GtkApplication *application = gtk_window_get_application (GTK_WINDOW (widget));

  for (GList *l = application ? gtk_application_get_windows (application) : NULL; l; l = l->next)
    if (UI_IS_WINDOW (l->data))
      {
        gtk_window_present (l->data);
        gtk_widget_activate_action (l->data, "win.search", NULL);
        return;
      }
}

static void
next_pane_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  UiChatWindow *self = UI_CHAT_WINDOW (widget);

  const gboolean backward = g_variant_get_boolean (parameter);

  if (ui_chat_pane_focus_next (self->pane, backward))
    return;
  gtk_window_set_focus (GTK_WINDOW (self), NULL); /* round to the first again */
  ui_chat_pane_focus_next (self->pane, backward);
}

static void
set_show_history (UiChatWindow *self, gboolean show_history)
{
  if (self->show_history == show_history)
    return;
  self->show_history = show_history;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SHOW_HISTORY]);
}

static void
ui_chat_window_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  UiChatWindow *self = UI_CHAT_WINDOW (object);

  switch (id)
    {
    case PROP_CLIENT:
      self->client = g_value_dup_object (value);
      break;
    case PROP_CONVERSATION:
      self->conversation = g_value_dup_object (value);
      break;
    case PROP_SHOW_HISTORY:
      set_show_history (self, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_chat_window_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  UiChatWindow *self = UI_CHAT_WINDOW (object);

  switch (id)
    {
    case PROP_CLIENT:
      g_value_set_object (value, self->client);
      break;
    case PROP_CONVERSATION:
      g_value_set_object (value, self->conversation);
      break;
    case PROP_SHOW_HISTORY:
      g_value_set_boolean (value, self->show_history);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_chat_window_constructed (GObject *object)
{
  UiChatWindow *self = UI_CHAT_WINDOW (object);

  G_OBJECT_CLASS (ui_chat_window_parent_class)->constructed (object);
  gtk_window_set_title (GTK_WINDOW (self), wc_conversation_get_peer (self->conversation));
  g_object_set (self->pane, "client", self->client, NULL);
  ui_chat_pane_set_conversation (self->pane, self->conversation);
  g_object_bind_property (self, "show-history", self->pane, "show-history", G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL);
  g_signal_connect_object (self->conversation, "notify::chat", G_CALLBACK (chat_cb), self, 0);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "win.detach", FALSE);
  update_actions (self);
  ui_chat_pane_focus_chat (self->pane);
}

static void
ui_chat_window_dispose (GObject *object)
{
  UiChatWindow *self = UI_CHAT_WINDOW (object);

  g_clear_object (&self->conversation);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (ui_chat_window_parent_class)->dispose (object);
}

static void
install_actions (GtkWidgetClass *widget_class)
{
  gtk_widget_class_install_action (widget_class, "win.start-chat", NULL, start_chat_cb);
  gtk_widget_class_install_action (widget_class, "win.end-chat", NULL, end_chat_cb);
  gtk_widget_class_install_action (widget_class, "win.detach", NULL, detach_cb);
  gtk_widget_class_install_action (widget_class, "win.back", NULL, back_cb);
  gtk_widget_class_install_action (widget_class, "win.search-chat", NULL, search_chat_cb);
  gtk_widget_class_install_action (widget_class, "win.search", NULL, search_cb);
  gtk_widget_class_install_action (widget_class, "win.export", NULL, export_cb);
  gtk_widget_class_install_action (widget_class, "win.next-pane", "b", next_pane_cb);
  gtk_widget_class_install_property_action (widget_class, "win.show-history", "show-history");

  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "win.back", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_F6, 0, "win.next-pane", "b", FALSE);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_F6, GDK_SHIFT_MASK, "win.next-pane", "b", TRUE);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_f, GDK_CONTROL_MASK, "win.search-chat", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_f, GDK_CONTROL_MASK | GDK_SHIFT_MASK, "win.search", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_h, GDK_CONTROL_MASK, "win.show-history", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_e, GDK_CONTROL_MASK | GDK_SHIFT_MASK, "win.end-chat", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_o, GDK_CONTROL_MASK | GDK_SHIFT_MASK, "window.close", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_w, GDK_CONTROL_MASK, "window.close", NULL);
}

static void
ui_chat_window_class_init (UiChatWindowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  g_type_ensure (UI_TYPE_CHAT_PANE);
  object_class->constructed = ui_chat_window_constructed;
  object_class->dispose = ui_chat_window_dispose;
  object_class->get_property = ui_chat_window_get_property;
  object_class->set_property = ui_chat_window_set_property;
  props[PROP_CLIENT] = g_param_spec_object ("client", NULL, NULL, WC_TYPE_CLIENT, flags | G_PARAM_CONSTRUCT_ONLY);
  props[PROP_CONVERSATION] = g_param_spec_object ("conversation", NULL, NULL, WC_TYPE_CONVERSATION,
                                                  flags | G_PARAM_CONSTRUCT_ONLY);
  props[PROP_SHOW_HISTORY] = g_param_spec_boolean ("show-history", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
  install_actions (widget_class);
  gtk_widget_class_set_template_from_resource (widget_class, "/im/webchat/WebChat/ui/chat-window.ui");
  gtk_widget_class_bind_template_child (widget_class, UiChatWindow, pane);
}

static void
ui_chat_window_init (UiChatWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
ui_chat_window_new (GtkApplication *application, WcClient *client, WcConversation *conversation)
{
  g_return_val_if_fail (WC_IS_CLIENT (client), NULL);
  g_return_val_if_fail (WC_IS_CONVERSATION (conversation), NULL);

  return g_object_new (UI_TYPE_CHAT_WINDOW, "application", application, "client", client, "conversation", conversation, NULL);
}
