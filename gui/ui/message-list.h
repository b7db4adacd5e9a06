/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "client/entry.h"

G_BEGIN_DECLS

#define UI_MESSAGE_LIST_OPEN 40 /* rows that are shown at first */
#define UI_MESSAGE_LIST_PAGE 8   /* rows that are added at a time: 25 cost a frame of 160 ms on a busy machine, 8 half of that */
#define UI_MESSAGE_LIST_AHEAD 25 /* when fewer than this are left, more are asked for */

/* A log of messages and events, the newest at the bottom: what a chat and the history pane have in common. It opens at the end with
 * few rows, shows more of its model as the reader scrolls up, and asks for what the model does not hold yet.
 *
 * Properties: "has-older", "has-newer", "loading", "error" (of WcLog, bind them), "peer" (string, whom it is with), "idle-minutes"
 * (uint, of WcClient), "at-end" (read only, notified: the newest row is shown), "day-on-top" (the day of the first
 * row seen stays on top), "plain" (no avatars). Signals: "load-older", "load-newer", "retry" (WcEntry), "remove" (WcEntry). */
#define UI_TYPE_MESSAGE_LIST (ui_message_list_get_type ())
G_DECLARE_FINAL_TYPE (UiMessageList, ui_message_list, UI, MESSAGE_LIST, GtkWidget)

GtkWidget *ui_message_list_new (void);

/* A model of WcEntry, oldest first, or NULL. */
void ui_message_list_set_entries (UiMessageList *self, GListModel *entries);

gboolean ui_message_list_get_at_end (UiMessageList *self);
void ui_message_list_go_to_end (UiMessageList *self);

/* Shows the model from this position on, the row there at the top. */
void ui_message_list_go_to (UiMessageList *self, guint position);

/* The same a little further down, with some rows before it, and that row marked for a moment and with the keyboard focus: it was looked for. */
void ui_message_list_point_at (UiMessageList *self, guint position);

/* "n new messages" above an entry; NULL takes it away. */
void ui_message_list_set_divider (UiMessageList *self, WcEntry *entry, guint n);

/* Has an assistive technology read a text, once. */
void ui_message_list_announce (UiMessageList *self, const char *text);

/* Keyboard focus to the newest row that can be seen. */
gboolean ui_message_list_focus_rows (UiMessageList *self);

G_END_DECLS
