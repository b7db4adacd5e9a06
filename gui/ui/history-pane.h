/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "client/client.h"

G_BEGIN_DECLS

/* All past messages with one person, by day, under a header bar of its own: through a window over the conversation that loads only what is
 * near the screen. Loads nothing before it is shown. Focusing it focuses the messages.
 *
 * Its button to close it activates "win.show-history", which the window that holds it has as a boolean state. */
#define UI_TYPE_HISTORY_PANE (ui_history_pane_get_type ())
G_DECLARE_FINAL_TYPE (UiHistoryPane, ui_history_pane, UI, HISTORY_PANE, GtkWidget)

GtkWidget *ui_history_pane_new (WcConversation *conversation);

/* Shows a message in its place, marked for a moment; or says in words why it cannot. */
void ui_history_pane_show (UiHistoryPane *self, guint64 seq);

/* The keyboard into the search field. */
void ui_history_pane_search (UiHistoryPane *self);

/* One step back: to the messages that were found, then out of the search. FALSE when nothing is searched for. */
gboolean ui_history_pane_back (UiHistoryPane *self);

WcLog *ui_history_pane_get_log (UiHistoryPane *self); /* transfer none */

G_END_DECLS
