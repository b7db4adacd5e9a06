/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times as people read them: in the local time zone, worded and ordered as the locale does. Times are milliseconds since 1970
 * UTC; 0 means that it is not known, for which every function here answers NULL. All strings are the caller's. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* "10:41", or "10:41 AM" where the locale counts to twelve. */
char *ui_time_of_day (gint64 time);

/* "Today", "Yesterday", "Monday, 21 November", and with its year when that is not the year of now. */
char *ui_day_name (gint64 time, gint64 now);

/* Day and time of day, for a tooltip. */
char *ui_time_in_full (gint64 time);

/* FALSE when either is not known. */
gboolean ui_same_day (gint64 a, gint64 b);

/* The local day of a time, counted from some day long ago; 0 when it is not known. */
guint ui_day_number (gint64 time);

G_END_DECLS
