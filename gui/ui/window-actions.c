/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/new-chat-dialog.h"
#include "ui/window-private.h"

static WcConversation *
shown_conversation (UiWindow *self)
{
  return self->main_page ? ui_main_page_get_conversation (self->main_page) : NULL;
}

static gboolean
is_logged_in (UiWindow *self)
{
  return self->main_page && gtk_stack_get_visible_child (self->stack) == GTK_WIDGET (self->main_page);
}

static void
chat_chosen_cb (UiWindow *self, WcConversation *conversation)
{
  wc_conversation_request_chat (conversation);
  ui_window_open (self, conversation);
}

static void
new_chat_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  UiWindow *self = UI_WINDOW (widget);
  GtkWindow *dialog = ui_new_chat_dialog_new (GTK_WINDOW (self), self->client);

  g_signal_connect_object (dialog, "chosen", G_CALLBACK (chat_chosen_cb), self, G_CONNECT_SWAPPED);
  gtk_window_present (dialog);
}

static void
find_person_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  ui_main_page_find_person (UI_WINDOW (widget)->main_page);
}

static void
start_chat_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  WcConversation *conversation = shown_conversation (UI_WINDOW (widget));

  if (conversation)
    wc_conversation_request_chat (conversation);
}

static void
end_chat_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  WcConversation *conversation = shown_conversation (UI_WINDOW (widget));

  if (conversation)
    wc_conversation_end_chat (conversation);
}

static void
detach_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  ui_main_page_detach (UI_WINDOW (widget)->main_page);
}

static void
back_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  UiWindow *self = UI_WINDOW (widget);

  if (is_logged_in (self))
    ui_main_page_back (self->main_page);
}

static void
next_pane_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  UiWindow *self = UI_WINDOW (widget);

  if (is_logged_in (self))
    ui_main_page_next_pane (self->main_page, g_variant_get_boolean (parameter));
}

static void
search_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  ui_main_page_search (UI_WINDOW (widget)->main_page);
}

static void
search_chat_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  ui_main_page_search_chat (UI_WINDOW (widget)->main_page);
}

static void
export_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  ui_main_page_export (UI_WINDOW (widget)->main_page);
}

static void
log_out_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  UiWindow *self = UI_WINDOW (widget);

  ui_settings_set_log_in_at_start (self->settings, FALSE);
  wc_client_logout (self->client);
}

static void
forget_password_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  UiWindow *self = UI_WINDOW (widget);

  log_out_cb (widget, action, parameter);
  wc_client_forget_password (self->client);
}

static void
open_invitation_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  ui_window_open_invitation (UI_WINDOW (widget), NULL);
}

void
ui_window_class_install_actions (GtkWidgetClass *widget_class)
{
  gtk_widget_class_install_action (widget_class, "win.new-chat", NULL, new_chat_cb);
  gtk_widget_class_install_action (widget_class, "win.find-person", NULL, find_person_cb);
  gtk_widget_class_install_action (widget_class, "win.start-chat", NULL, start_chat_cb);
  gtk_widget_class_install_action (widget_class, "win.end-chat", NULL, end_chat_cb);
  gtk_widget_class_install_action (widget_class, "win.detach", NULL, detach_cb);
  gtk_widget_class_install_action (widget_class, "win.back", NULL, back_cb);
  gtk_widget_class_install_action (widget_class, "win.next-pane", "b", next_pane_cb);
  gtk_widget_class_install_action (widget_class, "win.search", NULL, search_cb);
  gtk_widget_class_install_action (widget_class, "win.search-chat", NULL, search_chat_cb);
  gtk_widget_class_install_action (widget_class, "win.export", NULL, export_cb);
  gtk_widget_class_install_action (widget_class, "win.log-out", NULL, log_out_cb);
  gtk_widget_class_install_action (widget_class, "win.forget-password", NULL, forget_password_cb);
  gtk_widget_class_install_action (widget_class, "win.open-invitation", NULL, open_invitation_cb);
  gtk_widget_class_install_property_action (widget_class, "win.show-history", "show-history");

  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "win.back", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Left, GDK_ALT_MASK, "win.back", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_F6, 0, "win.next-pane", "b", FALSE);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_F6, GDK_SHIFT_MASK, "win.next-pane", "b", TRUE);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_n, GDK_CONTROL_MASK, "win.new-chat", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_k, GDK_CONTROL_MASK, "win.find-person", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_f, GDK_CONTROL_MASK, "win.search-chat", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_f, GDK_CONTROL_MASK | GDK_SHIFT_MASK, "win.search", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_h, GDK_CONTROL_MASK, "win.show-history", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_o, GDK_CONTROL_MASK | GDK_SHIFT_MASK, "win.detach", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_e, GDK_CONTROL_MASK | GDK_SHIFT_MASK, "win.end-chat", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_w, GDK_CONTROL_MASK, "window.close", NULL);
}

void
ui_window_update_actions (UiWindow *self)
{
  GtkWidget *widget = GTK_WIDGET (self);
  WcConversation *conversation = shown_conversation (self);
  const gboolean logged_in = is_logged_in (self);
  const WcChat chat = conversation ? wc_conversation_get_chat (conversation) : WC_CHAT_NONE;

  gtk_widget_action_set_enabled (widget, "win.new-chat", logged_in);
  gtk_widget_action_set_enabled (widget, "win.find-person", logged_in);
  gtk_widget_action_set_enabled (widget, "win.search", logged_in);
  gtk_widget_action_set_enabled (widget, "win.search-chat", logged_in && conversation);
  gtk_widget_action_set_enabled (widget, "win.export", logged_in && conversation);
  gtk_widget_action_set_enabled (widget, "win.log-out", logged_in);
  gtk_widget_action_set_enabled (widget, "win.forget-password", logged_in && wc_client_get_has_password (self->client));
  gtk_widget_action_set_enabled (widget, "win.show-history", logged_in && conversation);
  gtk_widget_action_set_enabled (widget, "win.detach", logged_in && conversation);
  gtk_widget_action_set_enabled (widget, "win.start-chat", logged_in && conversation && chat == WC_CHAT_NONE);
  gtk_widget_action_set_enabled (widget, "win.end-chat", logged_in && conversation && chat == WC_CHAT_OPEN);
}
