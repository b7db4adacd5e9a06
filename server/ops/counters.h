/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the server counts for its operator, since it started. One set a process; every function may be called from any thread, and none waits. */
#pragma once

#include <glib.h>

typedef enum
{
  COUNTER_CONNECTIONS,   /* accepted, those that were turned away too */
  COUNTER_TURNED_AWAY,   /* one too many, or from an address that has too many */
  COUNTER_LOGINS,        /* that succeeded */
  COUNTER_DECLINED,      /* logins that did not */
  COUNTER_MESSAGES,      /* stored, repeated ones not */
  COUNTER_RATE_LIMITED,  /* requests refused for coming too fast */
  COUNTER_ACCEPT_PAUSES, /* how often nothing was accepted for a while, since the system had no more to give */
  COUNTER_SLOW_READERS,  /* connections ended because they did not take what was sent to them */
  COUNTER_TIMEOUTS,      /* connections ended because they did not log in, finish a line or answer in time */
  N_COUNTERS,
} Counter;

/* "logins declined": what it counts, for people. Static. */
const char *counters_describe (Counter counter);

void counters_add (Counter counter, guint n);
guint64 counters_get (Counter counter);

/* Over this many whole seconds. */
#define COUNTERS_RATE_SECONDS 10

/* How many of them there were a second, lately. */
double counters_get_rate (Counter counter);

/* The clock of the rates, in whole seconds that only rise; a test sets its own (NULL: the monotonic one). Before anything is counted. */
void counters_set_clock (gint64 (*clock) (void));
