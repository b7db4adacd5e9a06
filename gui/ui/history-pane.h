/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "client/client.h"

G_BEGIN_DECLS

#define UI_TYPE_HISTORY_PANE (ui_history_pane_get_type ())
G_DECLARE_FINAL_TYPE (UiHistoryPane, ui_history_pane, UI, HISTORY_PANE, GtkWidget)

GtkWidget *ui_history_pane_new (WcConversation *conversation);

G_END_DECLS
