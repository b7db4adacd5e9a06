/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/conversation.h"
#include "ui/jump-button.h"
#include "ui/message-list.h"

G_BEGIN_DECLS

/* What is new in a chat, and what has been read of it. While the chat is before its reader's eyes (it shows, its window is the active one, and the
 * newest message is to be seen) all of it is marked as read. What came before that is told apart by a divider, which stays until the chat is
 * left, and is counted on the button that goes to the newest message. */
#define UI_TYPE_READ_KEEPER (ui_read_keeper_get_type ())
G_DECLARE_FINAL_TYPE (UiReadKeeper, ui_read_keeper, UI, READ_KEEPER, GObject)

/* view: the widget that the chat is in; the list and the button are inside it. The widgets are not held: they outlive the keeper. */
UiReadKeeper *ui_read_keeper_new (GtkWidget *view, WcConversation *conversation, UiMessageList *list, UiJumpButton *jump);

/* Nothing is new any more: whoever answers has read. */
void ui_read_keeper_forget (UiReadKeeper *self);

G_END_DECLS
