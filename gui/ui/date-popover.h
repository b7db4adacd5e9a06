/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "client/log.h"

G_BEGIN_DECLS

/* A calendar to jump by: the days that have messages are marked. Choosing a day moves the log's window to it.
 *
 * Property: "log" (WcLog). Signal: "jumped" (uint): the log stands at the chosen day; the day's first message is at this position. */
#define UI_TYPE_DATE_POPOVER (ui_date_popover_get_type ())
G_DECLARE_FINAL_TYPE (UiDatePopover, ui_date_popover, UI, DATE_POPOVER, GtkPopover)

GtkWidget *ui_date_popover_new (void);
void ui_date_popover_set_log (UiDatePopover *self, WcLog *log);

G_END_DECLS
