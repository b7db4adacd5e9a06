/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server's io-pool.h and deadlines.h for a fuzz target, linked in the place of the real ones: one thread, which serves when it is told to, and a time that
 * passes when it is told to. g_get_monotonic_time() and g_get_real_time() are this time, too. So the same input does the same each time. */
#pragma once

#include "net/deadlines.h"
#include "net/io-pool.h"

/* Serves what is ready or was woken, until nothing is. Aborts when that does not end. TRUE when there was anything. */
gboolean fake_io_run (IoPool *pool);

/* How many descriptors are registered. */
guint fake_io_count (IoPool *pool);

/* Monotonic microseconds of the earliest deadline; 0 for none. */
gint64 fake_deadlines_next (Deadlines *deadlines);

/* Tells of every deadline that has come. */
void fake_deadlines_run (Deadlines *deadlines);

void fake_clock_reset (void);
void fake_clock_set (gint64 monotonic);
