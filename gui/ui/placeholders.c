/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stands in for the chat's widgets until they are there. */
#include "ui/chat-window.h"
#include "ui/history-pane.h"

struct _UiChatWindow
{
  AdwWindow parent_instance;
};
G_DEFINE_FINAL_TYPE (UiChatWindow, ui_chat_window, ADW_TYPE_WINDOW)
static void ui_chat_window_init (UiChatWindow *self) {}
static void ui_chat_window_class_init (UiChatWindowClass *klass) {}

GtkWidget *
ui_chat_window_new (GtkApplication *application, WcClient *client, WcConversation *conversation)
{
  return g_object_new (UI_TYPE_CHAT_WINDOW, "application", application, NULL);
}

GtkWidget *
ui_history_pane_new (WcConversation *conversation)
{
  return gtk_label_new ("History");
}
