/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ui/bubble.h"

G_BEGIN_DECLS

/* What a row needs to know beside its entry. */
typedef struct
{
  UiGroupFlags flags;
  guint new_messages;   /* 0, or how many the divider above this row announces */
  const char *peer;     /* whom the conversation is with */
  guint idle_minutes;   /* the idle time-out that an event row speaks of */
} UiMessageRowContext;

/* One row of a log: the day's heading and the divider of new messages where they belong, then a bubble or an event in quiet words.
 * Signals: "retry", "remove" (WcEntry), as UiBubble. */
#define UI_TYPE_MESSAGE_ROW (ui_message_row_get_type ())
G_DECLARE_FINAL_TYPE (UiMessageRow, ui_message_row, UI, MESSAGE_ROW, GtkWidget)

GtkWidget *ui_message_row_new (void);

/* May be called again for the same entry with another context; NULL forgets it. */
void ui_message_row_set_entry (UiMessageRow *self, WcEntry *entry, const UiMessageRowContext *context);
WcEntry *ui_message_row_get_entry (UiMessageRow *self); /* transfer none */
UiBubble *ui_message_row_get_bubble (UiMessageRow *self); /* transfer none; NULL for an event */
gboolean ui_message_row_has_heading (UiMessageRow *self);

/* How the row reads aloud: "Bob, 10:40: how is it going?" (transfer full). */
char *ui_message_row_describe (WcEntry *entry, const UiMessageRowContext *context);

G_END_DECLS
