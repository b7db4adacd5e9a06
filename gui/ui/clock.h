/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* What day it is, for everything that says "today" and "yesterday": one timer for all of them. It ends with the day also when the computer
 * slept over midnight, or somebody set its clock. Property "today" (uint, notified): the local day, counted from
 * some day long ago. Main thread only. */
#define UI_TYPE_CLOCK (ui_clock_get_type ())
G_DECLARE_FINAL_TYPE (UiClock, ui_clock, UI, CLOCK, GObject)

UiClock *ui_clock_get_default (void); /* transfer none */
guint ui_clock_get_today (UiClock *self);

/* ms since 1970. */
gint64 ui_now (void);

/* For tests: from now on it is always this time (ms since 1970). 0: time goes on. */
void ui_clock_stop_at (UiClock *self, gint64 now);

G_END_DECLS
