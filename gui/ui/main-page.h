/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "client/client.h"

G_BEGIN_DECLS

/* What one sees while logged in: people, the chat with one of them, and its history. One beside the other where there is room, one at a time
 * where there is not.
 *
 * Properties: "client" (WcClient, construct only), "conversation" (WcConversation or NULL: whose chat is shown), "folded" (boolean,
 * read-only: one pane at a time), "show-history" (boolean), "detached" (boolean, read-only: the chat shown is in a window of its own),
 * "unread" (uint, read-only, of everybody). */
#define UI_TYPE_MAIN_PAGE (ui_main_page_get_type ())
G_DECLARE_FINAL_TYPE (UiMainPage, ui_main_page, UI, MAIN_PAGE, GtkWidget)

GtkWidget *ui_main_page_new (WcClient *client);

WcConversation *ui_main_page_get_conversation (UiMainPage *self); /* transfer none, may be NULL */

/* Shows somebody's chat. enter: the keyboard goes into it. NULL shows nobody's. */
void ui_main_page_open (UiMainPage *self, WcConversation *conversation, gboolean enter);

/* Nobody's chat, no views and no windows: for when somebody logged out. */
void ui_main_page_reset (UiMainPage *self);

/* Moves the chat shown into a window of its own, or presents that when it has one. It comes back when the window closes. */
void ui_main_page_detach (UiMainPage *self);

/* One step back: out of a search, out of the history, else the list of people shows. FALSE when there is nothing to go back from. */
gboolean ui_main_page_back (UiMainPage *self);

/* Puts the keyboard into the search for people. */
void ui_main_page_find_person (UiMainPage *self);

/* Searches the messages of all chats, beside the chat, or of the chat shown, in its history. */
void ui_main_page_search (UiMainPage *self);
void ui_main_page_search_chat (UiMainPage *self);

/* Writes the chat shown to a file that is asked for. */
void ui_main_page_export (UiMainPage *self);

/* Puts the keyboard into the next pane that shows: people, log, composer, history. */
void ui_main_page_next_pane (UiMainPage *self, gboolean backward);

/* Whether a conversation is before the person's eyes here, the window being active or not. */
gboolean ui_main_page_shows (UiMainPage *self, WcConversation *conversation);

G_END_DECLS
