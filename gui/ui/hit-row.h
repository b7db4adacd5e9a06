/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "client/search.h"

G_BEGIN_DECLS

/* One message that was found: who wrote it, when, and the text around the words that were searched for. */
#define UI_TYPE_HIT_ROW (ui_hit_row_get_type ())
G_DECLARE_FINAL_TYPE (UiHitRow, ui_hit_row, UI, HIT_ROW, GtkWidget)

GtkWidget *ui_hit_row_new (void);

/* names_chat: also says with whom the chat is, which is not to be seen from an own message. hit may be NULL. */
void ui_hit_row_set_hit (UiHitRow *self, WcHit *hit, const char *words, gboolean names_chat);

G_END_DECLS
