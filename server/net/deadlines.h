/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One structure for every time-out of every connection: a heap, and a single source on the main context that wakes for its top. */
#pragma once

#include <gio/gio.h>

typedef struct _Deadlines Deadlines;
typedef struct _Deadline Deadline;

/* Embedded in what it belongs to; all zero at first. */
struct _Deadline
{
  gint64 when; /* monotonic microseconds */
  guint place; /* 1 + position in the heap; 0 = not in it */
};

/* The deadline has come, and has left the heap. Called on the main context's thread with the structure locked, so that nobody can free the
 * deadline's owner meanwhile: hand over to somebody, and do not call back in here. */
typedef void (*DeadlineFunc) (Deadline *deadline);

Deadlines *deadlines_new (GMainContext *context, DeadlineFunc func);
void deadlines_free (Deadlines *self);

/* Sets, moves, or (with 0) takes away a deadline. Any thread. */
void deadlines_set (Deadlines *self, Deadline *deadline, gint64 when);
