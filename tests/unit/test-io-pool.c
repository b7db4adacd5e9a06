/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The workers, with items that are no connections. */
#include "net/io-pool.h"

#define N_ITEMS 40

static IoPool *pool;
static IoItem items[N_ITEMS];
static gint served[N_ITEMS]; /* atomic */
static gint bursts;          /* atomic */

/* Each item is woken again while it is served. */
static void
serve (IoItem *item)
{
  g_atomic_int_inc (&served[item - items]);
  io_pool_wake (pool, item);
}

static void
burst_end (void)
{
  g_atomic_int_inc (&bursts);
}

static void
ignore (IoItem *item)
{
}

/* A burst ends, and so does the pool, however much there is to do. */
static void
test_always_woken (void)
{
  static const IoPoolFuncs funcs = { serve, burst_end, ignore, ignore };
  g_autoptr (GError) error = NULL;
  gint64 deadline = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;

  pool = io_pool_new (2, &funcs, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < N_ITEMS; i++)
    io_pool_wake (pool, &items[i]);
  for (guint i = 0; i < N_ITEMS; i++)
    while (g_atomic_int_get (&served[i]) < 3 || g_atomic_int_get (&bursts) < 10)
      {
        g_assert_cmpint (g_get_monotonic_time (), <, deadline);
        g_usleep (1000);
      }
  io_pool_stop (pool);
  io_pool_free (pool);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/io-pool/always-woken", test_always_woken);
  return g_test_run ();
}
