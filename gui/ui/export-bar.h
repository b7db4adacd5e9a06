/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "client/conversation.h"

G_BEGIN_DECLS

/* Writes a chat to a file that is asked for, and is to be seen only when that takes longer than a second, with the progress and a way to
 * stop it, or when it failed, with the reason. Signal: "done" (string): all is written, to a file of this name. */
#define UI_TYPE_EXPORT_BAR (ui_export_bar_get_type ())
G_DECLARE_FINAL_TYPE (UiExportBar, ui_export_bar, UI, EXPORT_BAR, GtkWidget)

/* Asks for a file, and writes. Nothing happens while another one is being asked for or written. */
void ui_export_bar_ask (UiExportBar *self, WcConversation *conversation);

/* The same, the file being known. */
void ui_export_bar_write (UiExportBar *self, WcConversation *conversation, GFile *file, WcExportFormat format);

G_END_DECLS
