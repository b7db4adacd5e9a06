/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define UI_COUNTDOWN_SECONDS 60 /* before the deadline it shows itself */

/* A bar that is there in the last minute before a deadline only: how long a silent chat stays open, and a button to keep it.
 *
 * Properties: "deadline" (int64, monotonic microseconds; 0: none), "shown" (read only, notified). Signal: "keep-open". */
#define UI_TYPE_COUNTDOWN (ui_countdown_get_type ())
G_DECLARE_FINAL_TYPE (UiCountdown, ui_countdown, UI, COUNTDOWN, GtkWidget)

GtkWidget *ui_countdown_new (void);
void ui_countdown_set_deadline (UiCountdown *self, gint64 deadline);
gboolean ui_countdown_get_shown (UiCountdown *self);

G_END_DECLS
