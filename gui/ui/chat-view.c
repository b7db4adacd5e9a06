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

struct _UiChatView
{
  GtkWidget parent;
  WcClient *client;
  WcConversation *conversation;
  WcLog *log; /* the conversation's */
  GtkWindow *window; /* whose "is-active" is watched; not owned */

  GtkWidget *box;
  UiPages *pages;
  GtkWidget *empty;
  UiMessageList *list;
  UiJumpButton *jump;
  UiCountdown *countdown;
  UiComposer *composer;

  guint unread;          /* as last seen */
  gboolean divider_due;  /* the first new message is not in the log yet */
  guint n_new;           /* how many the divider announces */
};

G_DEFINE_FINAL_TYPE (UiChatView, ui_chat_view, GTK_TYPE_WIDGET)

enum
{
  PROP_CLIENT = 1,
  PROP_CONVERSATION,
  N_PROPS
};
static GParamSpec *props[N_PROPS];

/* What is new, and what has been read */

static gboolean
is_looked_at (UiChatView *self)
{
  return gtk_widget_get_mapped (GTK_WIDGET (self)) && self->window && gtk_window_is_active (self->window)
         && ui_message_list_get_at_end (self->list);
}

static void
update_read (UiChatView *self)
{
  if (wc_conversation_get_unread (self->conversation) > 0 && is_looked_at (self))
    wc_conversation_mark_read (self->conversation);
}

/* Above the first of the n newest messages from the other side. */
static void
place_divider (UiChatView *self)
{
  guint left = self->n_new;

  self->divider_due = FALSE;
  if (left == 0)
    {
      ui_message_list_set_divider (self->list, NULL, 0);
      return;
    }
  for (guint i = g_list_model_get_n_items (G_LIST_MODEL (self->log)); i > 0; i--)
    {
      g_autoptr (WcEntry) entry = g_list_model_get_item (G_LIST_MODEL (self->log), i - 1);

      if (wc_entry_get_kind (entry) == WC_ENTRY_MESSAGE && !wc_entry_get_own (entry) && --left == 0)
        {
          ui_message_list_set_divider (self->list, entry, self->n_new);
          return;
        }
    }
  self->divider_due = TRUE; /* further up than what is loaded */
}

static void
update_jump (UiChatView *self)
{
  ui_jump_button_set (self->jump, !ui_message_list_get_at_end (self->list), wc_conversation_get_unread (self->conversation));
}

static void
unread_cb (WcConversation *conversation, GParamSpec *pspec, UiChatView *self)
{
  guint unread = wc_conversation_get_unread (conversation);

  /* Read at once: nothing is new to whoever looks at it. Read later: the divider stays, to say where reading went on. */
  if (unread > self->unread)
    {
      if (is_looked_at (self))
        {
          self->unread = 0;
          wc_conversation_mark_read (conversation);
          return;
        }
      self->n_new = self->unread == 0 ? unread : self->n_new + unread - self->unread;
      place_divider (self);
    }
  self->unread = unread;
  update_jump (self);
}

static void
remove_divider (UiChatView *self)
{
  self->n_new = 0;
  place_divider (self);
}

static void
at_end_cb (UiMessageList *list, GParamSpec *pspec, UiChatView *self)
{
  if (self->conversation == NULL)
    return;
  update_read (self);
  update_jump (self);
}

static void
is_active_cb (GtkWindow *window, GParamSpec *pspec, UiChatView *self)
{
  update_read (self);
}

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
  if (self->divider_due)
    place_divider (self);
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
  remove_divider (self);
  if (wc_log_get_has_newer (self->log))
    wc_log_load_newest (self->log);
  ui_message_list_go_to_end (self->list); /* whoever writes wants to see it */
  return TRUE;
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
ui_chat_view_focus_composer (UiChatView *self)
{
  g_return_val_if_fail (UI_IS_CHAT_VIEW (self), FALSE);
  return gtk_widget_grab_focus (GTK_WIDGET (self->composer));
}

/* The widget */

static void
watch_window (UiChatView *self, GtkRoot *root)
{
  if (self->window)
    g_signal_handlers_disconnect_by_func (self->window, is_active_cb, self);
  self->window = GTK_IS_WINDOW (root) ? GTK_WINDOW (root) : NULL;
  if (self->window)
    g_signal_connect (self->window, "notify::is-active", G_CALLBACK (is_active_cb), self);
}

static void
ui_chat_view_root (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (ui_chat_view_parent_class)->root (widget);
  watch_window (UI_CHAT_VIEW (widget), gtk_widget_get_root (widget));
}

static void
ui_chat_view_unroot (GtkWidget *widget)
{
  watch_window (UI_CHAT_VIEW (widget), NULL);
  GTK_WIDGET_CLASS (ui_chat_view_parent_class)->unroot (widget);
}

static void
ui_chat_view_map (GtkWidget *widget)
{
  UiChatView *self = UI_CHAT_VIEW (widget);

  GTK_WIDGET_CLASS (ui_chat_view_parent_class)->map (widget);
  update_read (self);
}

static void
ui_chat_view_unmap (GtkWidget *widget)
{
  UiChatView *self = UI_CHAT_VIEW (widget);

  GTK_WIDGET_CLASS (ui_chat_view_parent_class)->unmap (widget);
  if (wc_conversation_get_unread (self->conversation) == 0)
    remove_divider (self); /* all was read: at the next visit nothing of it is new */
}

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
  g_signal_connect_object (self->conversation, "notify::unread", G_CALLBACK (unread_cb), self, 0);
  g_signal_connect_object (self->conversation, "notify::chat", G_CALLBACK (chat_cb), self, 0);
  g_signal_connect_object (self->client, "message-received", G_CALLBACK (message_received_cb), self, 0);
  g_signal_connect_object (self->client, "notify::state", G_CALLBACK (client_state_cb), self, 0);

  /* Translators: %s is a person */
  hint = g_strdup_printf (_("What you write to %s stands here."), wc_conversation_get_peer (self->conversation));
  adw_status_page_set_description (ADW_STATUS_PAGE (self->empty), hint);
  unread_cb (self->conversation, NULL, self);
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

  watch_window (self, NULL);
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
  gtk_widget_class_bind_template_callback (widget_class, list_key_pressed_cb);
  gtk_widget_class_bind_template_callback (widget_class, jump_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, at_end_cb);
  gtk_widget_class_bind_template_callback (widget_class, keep_open_cb);
  gtk_widget_class_bind_template_callback (widget_class, send_cb);
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
  widget_class->root = ui_chat_view_root;
  widget_class->unroot = ui_chat_view_unroot;
  widget_class->map = ui_chat_view_map;
  widget_class->unmap = ui_chat_view_unmap;

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
