/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The heap of deadlines against a plain list that does the same slowly. */
#include "net/deadlines.h"

#define N 500

static Deadline deadlines[N];
static gint64 expected[N]; /* 0: not set */
static GArray *fired;      /* indices, in the order in which they came */

static void
fired_cb (Deadline *deadline)
{
  guint i = deadline - deadlines;

  g_array_append_val (fired, i);
}

static guint
count_set (void)
{
  guint n = 0;

  for (guint i = 0; i < N; i++)
    n += expected[i] > 0;
  return n;
}

/* Everything lies in the past: one iteration tells all of them, the earliest first. */
static void
test_order (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  Deadlines *heap = deadlines_new (context, fired_cb);

  for (guint round = 0; round < 20; round++)
    {
      fired = g_array_new (FALSE, FALSE, sizeof (guint));
      for (guint step = 0; step < 4 * N; step++)
        {
          guint i = g_test_rand_int_range (0, N);

          expected[i] = g_test_rand_int_range (0, 4) == 0 ? 0 : g_test_rand_int_range (1, 1000000);
          deadlines_set (heap, &deadlines[i], expected[i]);
        }

      guint n = count_set ();

      while (fired->len < n)
        g_assert_true (g_main_context_iteration (context, TRUE));
      g_assert_cmpuint (fired->len, ==, n);
      for (guint k = 0; k < n; k++)
        {
          guint i = g_array_index (fired, guint, k);

          g_assert_cmpint (expected[i], >, 0);
          g_assert_cmpuint (deadlines[i].place, ==, 0);
          if (k > 0)
            g_assert_cmpint (expected[g_array_index (fired, guint, k - 1)], <=, expected[i]);
        }
      for (guint i = 0; i < N; i++)
        expected[i] = 0;
      g_array_unref (fired);
    }
  deadlines_free (heap);
}

static void
test_future (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  Deadlines *heap = deadlines_new (context, fired_cb);
  gint64 now = g_get_monotonic_time ();

  fired = g_array_new (FALSE, FALSE, sizeof (guint));
  deadlines_set (heap, &deadlines[0], now + G_TIME_SPAN_HOUR);
  deadlines_set (heap, &deadlines[1], now + 20 * G_TIME_SPAN_MILLISECOND);
  while (fired->len == 0)
    g_main_context_iteration (context, TRUE);

  g_assert_cmpint (g_get_monotonic_time (), >=, now + 20 * G_TIME_SPAN_MILLISECOND);
  g_assert_cmpuint (fired->len, ==, 1);
  g_assert_cmpuint (g_array_index (fired, guint, 0), ==, 1);

  deadlines_set (heap, &deadlines[0], 0);
  g_assert_false (g_main_context_pending (context));
  g_array_unref (fired);
  deadlines_free (heap);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/deadlines/order", test_order);
  g_test_add_func ("/deadlines/future", test_future);
  return g_test_run ();
}
