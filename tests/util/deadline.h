/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long a test waits for something that must happen. Never how long it waits to see that nothing
 * happens. */
#pragma once

#include <glib.h>

/* The generous limit: 10 s, or WEBCHAT_TEST_TIMEOUT seconds from the environment. In microseconds. */
gint64 test_patience (void);

/* The monotonic time after which a wait that begins now has failed. */
gint64 test_deadline (void);

/* What is left of a deadline in milliseconds, for poll(); 0 when it is over. */
int test_remaining_ms (gint64 deadline);

/* Waits until the condition holds; asks every few milliseconds. FALSE when the deadline is over first. */
gboolean test_wait_until (gboolean (*condition) (gpointer), gpointer user_data);
