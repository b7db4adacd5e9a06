/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ops/counters.h"

#define THREADS 4
#define EACH 50000

static gint64 now = 100;

static gint64
fake_clock (void)
{
  return now;
}

static void
test_descriptions (void)
{
  for (guint i = 0; i < N_COUNTERS; i++)
    g_assert_nonnull (counters_describe (i));
}

static void
test_totals (void)
{
  guint64 before = counters_get (COUNTER_LOGINS), other = counters_get (COUNTER_DECLINED);

  counters_add (COUNTER_LOGINS, 1);
  counters_add (COUNTER_LOGINS, 41);
  g_assert_cmpuint (counters_get (COUNTER_LOGINS), ==, before + 42);
  g_assert_cmpuint (counters_get (COUNTER_DECLINED), ==, other);
}

/* The second that runs does not count yet, and what is longer ago does not any more. */
static void
test_rate (void)
{
  counters_set_clock (fake_clock);
  counters_add (COUNTER_MESSAGES, 30);
  g_assert_cmpfloat (counters_get_rate (COUNTER_MESSAGES), ==, 0);
  now++;
  g_assert_cmpfloat (counters_get_rate (COUNTER_MESSAGES), ==, 30.0 / COUNTERS_RATE_SECONDS);
  counters_add (COUNTER_MESSAGES, 20);
  now++;
  g_assert_cmpfloat (counters_get_rate (COUNTER_MESSAGES), ==, 50.0 / COUNTERS_RATE_SECONDS);
  now += COUNTERS_RATE_SECONDS - 1;
  g_assert_cmpfloat (counters_get_rate (COUNTER_MESSAGES), ==, 20.0 / COUNTERS_RATE_SECONDS);
  now++;
  g_assert_cmpfloat (counters_get_rate (COUNTER_MESSAGES), ==, 0);

  /* One a second, all the time: each slot is used again and again. */
  for (guint i = 0; i < 5 * COUNTERS_RATE_SECONDS; i++)
    {
      counters_add (COUNTER_MESSAGES, 1);
      now++;
    }
  g_assert_cmpfloat (counters_get_rate (COUNTER_MESSAGES), ==, 1);
  counters_set_clock (NULL);
}

static gpointer
count_thread (gpointer data)
{
  for (guint i = 0; i < EACH; i++)
    counters_add (COUNTER_RATE_LIMITED, 1);
  return NULL;
}

static void
test_threads (void)
{
  GThread *threads[THREADS];

  for (guint i = 0; i < THREADS; i++)
    threads[i] = g_thread_new ("count", count_thread, NULL);
  for (guint i = 0; i < THREADS; i++)
    g_thread_join (threads[i]);
  g_assert_cmpuint (counters_get (COUNTER_RATE_LIMITED), ==, THREADS * EACH);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/counters/descriptions", test_descriptions);
  g_test_add_func ("/counters/totals", test_totals);
  g_test_add_func ("/counters/rate", test_rate);
  g_test_add_func ("/counters/threads", test_threads);
  return g_test_run ();
}
