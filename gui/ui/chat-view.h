/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "client/client.h"

G_BEGIN_DECLS

/* One chat: its log, and below it the composer. Focusing the view focuses the composer. Escape in the log goes to the composer; in the
 * composer it is left to the window.
 *
 * While the view is mapped, its window active and the newest message shown, the conversation counts as read.
 *
 * Properties: "client", "conversation" (construct only).
 * Actions, for whatever is inside the view and by gtk_widget_activate_action() on it: "chat.start" and "chat.end", each enabled when it
 * makes sense, and "chat.latest" (to the newest message). */
#define UI_TYPE_CHAT_VIEW (ui_chat_view_get_type ())
G_DECLARE_FINAL_TYPE (UiChatView, ui_chat_view, UI, CHAT_VIEW, GtkWidget)

GtkWidget *ui_chat_view_new (WcClient *client, WcConversation *conversation);

WcConversation *ui_chat_view_get_conversation (UiChatView *self); /* transfer none */

/* Keyboard focus to the log, for F6. */
gboolean ui_chat_view_focus_log (UiChatView *self);
gboolean ui_chat_view_log_has_focus (UiChatView *self);

/* Gives the focus to the text being written. Not the view's grab_focus(): GTK would call that when the focus leaves the text. */
gboolean ui_chat_view_focus_composer (UiChatView *self);

G_END_DECLS
