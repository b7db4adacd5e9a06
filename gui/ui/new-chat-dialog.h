/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "client/client.h"

G_BEGIN_DECLS

/* Asks whom to start a chat with: somebody from the list, or any Client-ID typed.
 *
 * Signal "chosen" (WcConversation), once, just before it closes. */
#define UI_TYPE_NEW_CHAT_DIALOG (ui_new_chat_dialog_get_type ())
G_DECLARE_FINAL_TYPE (UiNewChatDialog, ui_new_chat_dialog, UI, NEW_CHAT_DIALOG, AdwWindow)

GtkWindow *ui_new_chat_dialog_new (GtkWindow *parent, WcClient *client);

G_END_DECLS
