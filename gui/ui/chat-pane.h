/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "client/client.h"

G_BEGIN_DECLS

/* The chat with one person under a header bar, and its history beside it. Chat views are made when first shown, and the last few of them
 * are kept, so that going back and forth between two people is quick and stays where it was.
 *
 * Properties: "client" (WcClient, construct only), "conversation" (WcConversation or NULL), "folded" (boolean: the pane is all that the window
 * shows, so it has a way back), "show-history" (boolean), "detached" (boolean: the chat is in a window of its own, and a note stands here). */
#define UI_TYPE_CHAT_PANE (ui_chat_pane_get_type ())
G_DECLARE_FINAL_TYPE (UiChatPane, ui_chat_pane, UI, CHAT_PANE, GtkWidget)

WcConversation *ui_chat_pane_get_conversation (UiChatPane *self); /* transfer none, may be NULL */
void ui_chat_pane_set_conversation (UiChatPane *self, WcConversation *conversation);

/* Forgets the views that are not shown; for when another person logs in. */
void ui_chat_pane_clear (UiChatPane *self);

/* The keyboard goes into the chat, or the history. FALSE when there is nothing to go into. */
gboolean ui_chat_pane_focus_chat (UiChatPane *self);
gboolean ui_chat_pane_focus_history (UiChatPane *self);

/* The keyboard goes on to the next part that shows: the log, the composer, the history; or, coming from elsewhere, to the first of them (backward: the
 * last). FALSE when there is none in that direction. */
gboolean ui_chat_pane_focus_next (UiChatPane *self, gboolean backward);

/* Opens the history: its search field has the keyboard; or it shows a message in its place. */
void ui_chat_pane_search (UiChatPane *self);
void ui_chat_pane_show_in_history (UiChatPane *self, guint64 seq);

/* Asks for a file, and writes the chat to it. */
void ui_chat_pane_export (UiChatPane *self);

/* One step back in the history, or out of it. FALSE when it does not show. */
gboolean ui_chat_pane_back (UiChatPane *self);

/* Whether the keyboard is in the history. */
gboolean ui_chat_pane_history_has_focus (UiChatPane *self);

G_END_DECLS
