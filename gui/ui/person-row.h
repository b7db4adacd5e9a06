/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "client/conversation.h"

G_BEGIN_DECLS

/* A person in a list: avatar with presence, name, last message, its time, how many are unread. The list item that holds the row gets
 * an accessible name that says all of it in words.
 *
 * Properties: "conversation" (WcConversation), "compact" (boolean: only avatar, name and presence). */
#define UI_TYPE_PERSON_ROW (ui_person_row_get_type ())
G_DECLARE_FINAL_TYPE (UiPersonRow, ui_person_row, UI, PERSON_ROW, GtkWidget)

GtkWidget *ui_person_row_new (void);

G_END_DECLS
