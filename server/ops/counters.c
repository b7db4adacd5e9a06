/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ops/counters.h"

/* A ring of seconds for each counter. Whoever comes first in a second takes over the slot of one long gone; what others count at that very moment may be
 * missing in the rate, never in the total. */
#define SLOTS (COUNTERS_RATE_SECONDS + 2)

typedef struct
{
  gint64 second;
  guint64 count;
} Slot;

static struct
{
  guint64 total;
  Slot slots[SLOTS];
} counters[N_COUNTERS];

static const char *const descriptions[N_COUNTERS] = {
  [COUNTER_CONNECTIONS] = "connections accepted",
  [COUNTER_TURNED_AWAY] = "connections turned away",
  [COUNTER_LOGINS] = "logins",
  [COUNTER_DECLINED] = "logins declined",
  [COUNTER_MESSAGES] = "messages stored",
  [COUNTER_RATE_LIMITED] = "requests refused for coming too fast",
  [COUNTER_ACCEPT_PAUSES] = "pauses in accepting connections",
  [COUNTER_SLOW_READERS] = "connections ended for reading too slowly",
  [COUNTER_TIMEOUTS] = "connections ended for saying nothing in time",
};

static gint64
monotonic_second (void)
{
  return g_get_monotonic_time () / G_USEC_PER_SEC;
}

static gint64 (*get_second) (void) = monotonic_second;

void
counters_set_clock (gint64 (*clock) (void))
{
  get_second = clock != NULL ? clock : monotonic_second;
}

const char *
counters_describe (Counter counter)
{
  return descriptions[counter];
}

void
counters_add (Counter counter, guint n)
{
  gint64 now = get_second ();
  Slot *slot = &counters[counter].slots[now % SLOTS];
  gint64 had = __atomic_load_n (&slot->second, __ATOMIC_ACQUIRE);

  __atomic_fetch_add (&counters[counter].total, n, __ATOMIC_RELAXED);
  if (had < now && __atomic_compare_exchange_n (&slot->second, &had, now, FALSE, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
    __atomic_store_n (&slot->count, 0, __ATOMIC_RELEASE);
  __atomic_fetch_add (&slot->count, n, __ATOMIC_RELAXED);
}

guint64
counters_get (Counter counter)
{
  return __atomic_load_n (&counters[counter].total, __ATOMIC_RELAXED);
}

double
counters_get_rate (Counter counter)
{
  gint64 now = get_second ();
  guint64 sum = 0;

  for (guint i = 0; i < SLOTS; i++)
    {
      Slot *slot = &counters[counter].slots[i];
      gint64 second = __atomic_load_n (&slot->second, __ATOMIC_ACQUIRE);

      if (second < now && second >= now - COUNTERS_RATE_SECONDS)
        sum += __atomic_load_n (&slot->count, __ATOMIC_RELAXED);
    }
  return (double) sum / COUNTERS_RATE_SECONDS;
}
