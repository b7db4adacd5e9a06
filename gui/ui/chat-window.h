/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "client/client.h"

G_BEGIN_DECLS

/* One chat in a window of its own, with its header bar and history.
 *
 * Properties: "client", "conversation" (construct only), "show-history" (boolean).
 * Actions: "win.start-chat", "win.end-chat", "win.show-history", "win.back", "win.next-pane" (b: backward), as in the main window. */
#define UI_TYPE_CHAT_WINDOW (ui_chat_window_get_type ())
G_DECLARE_FINAL_TYPE (UiChatWindow, ui_chat_window, UI, CHAT_WINDOW, AdwWindow)

GtkWidget *ui_chat_window_new (GtkApplication *application, WcClient *client, WcConversation *conversation);

G_END_DECLS
