/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "client/client.h"

G_BEGIN_DECLS

/* The list of people with its header bar, main menu and search.
 *
 * Properties: "client" (WcClient, construct only), "selected" (WcConversation or NULL: the row that stands out), "folded" (boolean: the
 * pane is all that the window shows, so moving through the list opens nothing), "unread" (uint, read-only, of everybody).
 *
 * Signal "open" (WcConversation, gboolean enter): a person was chosen; enter: by click or Enter, so that the keyboard should go on in the chat,
 * rather than by moving through the list. */
#define UI_TYPE_PEOPLE_PANE (ui_people_pane_get_type ())
G_DECLARE_FINAL_TYPE (UiPeoplePane, ui_people_pane, UI, PEOPLE_PANE, GtkWidget)

/* Puts the keyboard into the search entry, with what stands there selected. */
void ui_people_pane_search (UiPeoplePane *self);

/* What is searched for. */
const char *ui_people_pane_get_search (UiPeoplePane *self);

/* Puts the keyboard onto somebody's row; NULL, or somebody who is not in the list: the first one. FALSE when it cannot. */
gboolean ui_people_pane_focus_row (UiPeoplePane *self, WcConversation *conversation);

/* NULL selects nobody. Does not emit "open". */
void ui_people_pane_set_selected (UiPeoplePane *self, WcConversation *conversation);

/* The model shown, in its order (transfer none). */
GListModel *ui_people_pane_get_model (UiPeoplePane *self);

G_END_DECLS
