/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "client/entry.h"
#include "ui/grouping.h"

G_BEGIN_DECLS

/* One message: text in a bubble, with name, avatar, time and the state of an own message as its place in its group asks for. Measures and
 * allocates its few children itself: that is three times as fast as boxes with wrapping labels, and a log has 200 of these.
 *
 * Actions, for a menu or key on it: "message.copy" (the selection, else the whole text), "message.copy-link" (s), "message.retry", "message.remove".
 * Signals: "retry" (WcEntry): the person wants a failed message sent again; "remove" (WcEntry): or gives it up. */
#define UI_TYPE_BUBBLE (ui_bubble_get_type ())
G_DECLARE_FINAL_TYPE (UiBubble, ui_bubble, UI, BUBBLE, GtkWidget)

GtkWidget *ui_bubble_new (void);

/* Shows an entry of kind MESSAGE; NULL shows nothing and forgets the last one. */
void ui_bubble_set_entry (UiBubble *self, WcEntry *entry, UiGroupFlags flags);
WcEntry *ui_bubble_get_entry (UiBubble *self); /* transfer none */

/* Opens the context menu at a point of the bubble, or below it with NULL. */
void ui_bubble_popup_menu (UiBubble *self, const GdkRectangle *at);

G_END_DECLS
