/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/chat-view.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "ui/composer.h"
#include "ui/countdown.h"
#include "ui/jump-button.h"
#include "ui/message-list.h"
#include "ui/message-row.h"
#include "ui/pages.h"
#include "ui/read-keeper.h"

struct _UiChatView
{
  GtkWidget parent;
  WcClient *client;
  WcConversation *conversation;
  WcLog *log; /* the conversation's */
  UiReadKeeper *keeper;

  GtkWidget *box;
  UiPages *pages;
  GtkWidget *empty;
  UiMessageList *list;
  UiJumpButton *jump;
  UiCountdown *countdown;
  UiComposer *composer;
};

G_DEFINE_FINAL_TYPE (UiChatView, ui_chat_view, GTK_TYPE_WIDGET)

enum
{
  PROP_CLIENT = 1,
  PROP_CONVERSATION,
  N_PROPS
};
static GParamSpec *props[N_PROPS];

static void
message_received_cb (WcClient *client, WcConversation *conversation, WcEntry *entry, UiChatView *self)
{
  UiMessageRowContext context = { .peer = wc_conversation_get_peer (self->conversation) };
  g_autofree char *text = NULL;

  if (conversation != self->conversation || !gtk_widget_get_mapped (GTK_WIDGET (self)))
    return;
  text = ui_message_row_describe (entry, &context);
  ui_message_list_announce (self->list, text);
}

/* The log */

static void
update_page (UiChatView *self)
{
  gboolean empty = g_list_model_get_n_items (G_LIST_MODEL (self->log)) == 0 && !wc_log_get_loading (self->log)
                   && !wc_log_get_has_older (self->log);

  ui_pages_set_page (self->pages, empty ? "empty" : "list");
}

static void
log_changed_cb (GListModel *log, guint position, guint removed, guint added, UiChatView *self)
{
  update_page (self);
}

static void
log_state_cb (WcLog *log, GParamSpec *pspec, UiChatView *self)
{
  update_page (self);
}

static void
load_older_cb (UiMessageList *list, UiChatView *self)
{
  wc_log_load_older (self->log);
}

static void
load_newer_cb (UiMessageList *list, UiChatView *self)
{
  wc_log_load_newer (self->log);
}

static void
retry_cb (UiMessageList *list, WcEntry *entry, UiChatView *self)
{
  wc_conversation_retry (self->conversation, entry);
}

static void
remove_cb (UiMessageList *list, WcEntry *entry, UiChatView *self)
{
  wc_conversation_remove_failed (self->conversation, entry);
}

static void
client_state_cb (WcClient *client, GParamSpec *pspec, UiChatView *self)
{
  if (wc_client_get_state (client) == WC_STATE_ONLINE)
    wc_log_load_newest (self->log);
}

/* The chat */

static void
update_actions (UiChatView *self)
{
  WcChat chat = wc_conversation_get_chat (self->conversation);

  gtk_widget_action_set_enabled (GTK_WIDGET (self), "chat.start", chat == WC_CHAT_NONE);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "chat.end", chat == WC_CHAT_OPEN);
}

static void
chat_cb (WcConversation *conversation, GParamSpec *pspec, UiChatView *self)
{
  update_actions (self);
}

static gboolean
send_cb (UiComposer *composer, const char *text, UiChatView *self)
{
  g_autoptr (GError) error = NULL;

  if (!wc_conversation_send (self->conversation, text, &error))
    {
      ui_composer_set_trouble (composer, error->message);
      return FALSE;
    }
  ui_read_keeper_forget (self->keeper);
  if (wc_log_get_has_newer (self->log))
    wc_log_load_newest (self->log);
  ui_message_list_go_to_end (self->list); /* whoever writes wants to see it */
  return TRUE;
}

static void
typed_cb (UiComposer *composer, UiChatView *self)
{
  wc_conversation_type (self->conversation);
}

static void
keep_open_cb (UiCountdown *countdown, UiChatView *self)
{
  wc_conversation_keep_open (self->conversation);
  ui_chat_view_focus_composer (self); /* the button goes away */
}

static void
start_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  wc_conversation_request_chat (UI_CHAT_VIEW (widget)->conversation);
  ui_chat_view_focus_composer (UI_CHAT_VIEW (widget));
}

static void
end_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  wc_conversation_end_chat (UI_CHAT_VIEW (widget)->conversation);
}

static void
latest_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  UiChatView *self = UI_CHAT_VIEW (widget);

  wc_log_load_newest (self->log);
  ui_message_list_go_to_end (self->list);
  ui_chat_view_focus_composer (UI_CHAT_VIEW (widget));
}

/* Focus */

static gboolean
list_key_pressed_cb (GtkEventControllerKey *keys, guint keyval, guint keycode, GdkModifierType state, UiChatView *self)
{
  return keyval == GDK_KEY_Escape && ui_chat_view_focus_composer (self);
}

static void
jump_clicked_cb (UiJumpButton *button, UiChatView *self)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "chat.latest", NULL);
}

gboolean
ui_chat_view_focus_log (UiChatView *self)
{
  g_return_val_if_fail (UI_IS_CHAT_VIEW (self), FALSE);
  return ui_message_list_focus_rows (self->list);
}

gboolean
ui_chat_view_log_has_focus (UiChatView *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkWidget *focus = root ? gtk_root_get_focus (root) : NULL;

  return focus && gtk_widget_is_ancestor (focus, GTK_WIDGET (self->list));
}

gboolean
ui_chat_view_focus_composer (UiChatView *self)
{
  g_return_val_if_fail (UI_IS_CHAT_VIEW (self), FALSE);
  return gtk_widget_grab_focus (GTK_WIDGET (self->composer));
}

/* The widget */

static void
bind_log (UiChatView *self)
{
  static const char *const shared[] = { "has-older", "has-newer", "loading", "error" };

  for (gsize i = 0; i < G_N_ELEMENTS (shared); i++)
    g_object_bind_property (self->log, shared[i], self->list, shared[i], G_BINDING_SYNC_CREATE);
  g_object_bind_property (self->conversation, "peer", self->list, "peer", G_BINDING_SYNC_CREATE);
  g_object_bind_property (self->client, "idle-minutes", self->list, "idle-minutes", G_BINDING_SYNC_CREATE);
  g_signal_connect_object (self->log, "items-changed", G_CALLBACK (log_changed_cb), self, 0);
  g_signal_connect_object (self->log, "notify", G_CALLBACK (log_state_cb), self, 0);
  ui_message_list_set_entries (self->list, G_LIST_MODEL (self->log));
}

static void
ui_chat_view_constructed (GObject *object)
{
  UiChatView *self = UI_CHAT_VIEW (object);
  g_autofree char *hint = NULL;

  G_OBJECT_CLASS (ui_chat_view_parent_class)->constructed (object);
  self->log = g_object_ref (wc_conversation_get_log (self->conversation));
  bind_log (self);
  g_object_bind_property (self->conversation, "peer", self->composer, "peer", G_BINDING_SYNC_CREATE);
  g_object_bind_property (self->conversation, "draft", self->composer, "text",
                          G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL);
  g_object_bind_property (self->conversation, "idle-deadline", self->countdown, "deadline", G_BINDING_SYNC_CREATE);
  g_signal_connect_object (self->conversation, "notify::chat", G_CALLBACK (chat_cb), self, 0);
  g_signal_connect_object (self->client, "message-received", G_CALLBACK (message_received_cb), self, 0);
  g_signal_connect_object (self->client, "notify::state", G_CALLBACK (client_state_cb), self, 0);

  /* Translators: %s is a person */
  hint = g_strdup_printf (_("What you write to %s stands here."), wc_conversation_get_peer (self->conversation));
  adw_status_page_set_description (ADW_STATUS_PAGE (self->empty), hint);
  self->keeper = ui_read_keeper_new (GTK_WIDGET (self), self->conversation, self->list, self->jump);
  update_actions (self);
  client_state_cb (self->client, NULL, self);
  update_page (self);
}

static void
ui_chat_view_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  UiChatView *self = UI_CHAT_VIEW (object);

  switch (id)
    {
    case PROP_CLIENT:
      self->client = g_value_dup_object (value);
      break;
    case PROP_CONVERSATION:
      self->conversation = g_value_dup_object (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_chat_view_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  UiChatView *self = UI_CHAT_VIEW (object);

  switch (id)
    {
    case PROP_CLIENT:
      g_value_set_object (value, self->client);
      break;
    case PROP_CONVERSATION:
      g_value_set_object (value, self->conversation);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_chat_view_dispose (GObject *object)
{
  UiChatView *self = UI_CHAT_VIEW (object);

  g_clear_object (&self->keeper);
  if (self->log)
    g_signal_handlers_disconnect_by_data (self->log, self);
  if (self->conversation)
    g_signal_handlers_disconnect_by_data (self->conversation, self);
  if (self->client)
    g_signal_handlers_disconnect_by_data (self->client, self);
  g_clear_pointer (&self->box, gtk_widget_unparent);
  g_clear_object (&self->log);
  g_clear_object (&self->conversation);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (ui_chat_view_parent_class)->dispose (object);
}

static void
bind_template (GtkWidgetClass *widget_class)
{
  gtk_widget_class_set_template_from_resource (widget_class, "/im/webchat/WebChat/ui/chat-view.ui");
  gtk_widget_class_bind_template_child (widget_class, UiChatView, box);
  gtk_widget_class_bind_template_child (widget_class, UiChatView, pages);
  gtk_widget_class_bind_template_child (widget_class, UiChatView, empty);
  gtk_widget_class_bind_template_child (widget_class, UiChatView, list);
  gtk_widget_class_bind_template_child (widget_class, UiChatView, jump);
  gtk_widget_class_bind_template_child (widget_class, UiChatView, countdown);
  gtk_widget_class_bind_template_child (widget_class, UiChatView, composer);
  gtk_widget_class_bind_template_callback (widget_class, load_older_cb);
  gtk_widget_class_bind_template_callback (widget_class, load_newer_cb);
  gtk_widget_class_bind_template_callback (widget_class, retry_cb);
  gtk_widget_class_bind_template_callback (widget_class, remove_cb);
  gtk_widget_class_bind_template_callback (widget_class, list_key_pressed_cb);
  gtk_widget_class_bind_template_callback (widget_class, jump_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, keep_open_cb);
  gtk_widget_class_bind_template_callback (widget_class, send_cb);
  gtk_widget_class_bind_template_callback (widget_class, typed_cb);
}

static void
ui_chat_view_class_init (UiChatViewClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  g_type_ensure (UI_TYPE_MESSAGE_LIST);
  g_type_ensure (UI_TYPE_JUMP_BUTTON);
  g_type_ensure (UI_TYPE_PAGES);
  g_type_ensure (UI_TYPE_COUNTDOWN);
  g_type_ensure (UI_TYPE_COMPOSER);
  object_class->constructed = ui_chat_view_constructed;
  object_class->dispose = ui_chat_view_dispose;
  object_class->get_property = ui_chat_view_get_property;
  object_class->set_property = ui_chat_view_set_property;

  props[PROP_CLIENT] = g_param_spec_object ("client", NULL, NULL, WC_TYPE_CLIENT, flags | G_PARAM_CONSTRUCT_ONLY);
  props[PROP_CONVERSATION] = g_param_spec_object ("conversation", NULL, NULL, WC_TYPE_CONVERSATION,
                                                  flags | G_PARAM_CONSTRUCT_ONLY);
  g_object_class_install_properties (object_class, N_PROPS, props);
  gtk_widget_class_install_action (widget_class, "chat.start", NULL, start_cb);
  gtk_widget_class_install_action (widget_class, "chat.end", NULL, end_cb);
  gtk_widget_class_install_action (widget_class, "chat.latest", NULL, latest_cb);
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  bind_template (widget_class);
}

static void
ui_chat_view_init (UiChatView *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
ui_chat_view_new (WcClient *client, WcConversation *conversation)
{
  g_return_val_if_fail (WC_IS_CLIENT (client), NULL);
  g_return_val_if_fail (WC_IS_CONVERSATION (conversation), NULL);

  return g_object_new (UI_TYPE_CHAT_VIEW, "client", client, "conversation", conversation, NULL);
}

WcConversation *
ui_chat_view_get_conversation (UiChatView *self)
{
  g_return_val_if_fail (UI_IS_CHAT_VIEW (self), NULL);
  return self->conversation;
}
