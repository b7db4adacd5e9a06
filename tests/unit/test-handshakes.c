/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose turn it is to shake hands, and who is woken for it. */
#include <gio/gio.h>

#include "net/handshakes.h"

#define N_ITEMS 4

typedef struct
{
  IoItem item; /* first, so that it is one */
  GList link;
  gint n_woken; /* atomic */
} Guest;

typedef struct
{
  IoPool *pool;
  Handshakes *handshakes;
  Guest guests[N_ITEMS];
} Fixture;

static void
serve_cb (IoItem *item)
{
  g_atomic_int_inc (&((Guest *) item)->n_woken);
}

static void
burst_end_cb (void)
{
}

static void
ref_cb (IoItem *item)
{
}

static const IoPoolFuncs funcs = { serve_cb, burst_end_cb, ref_cb, ref_cb };

static void
set_up (Fixture *f, gconstpointer limit)
{
  g_autoptr (GError) error = NULL;

  f->pool = io_pool_new (1, &funcs, &error);
  g_assert_no_error (error);
  f->handshakes = handshakes_new (f->pool, GPOINTER_TO_UINT (limit));
  for (guint i = 0; i < N_ITEMS; i++)
    f->guests[i].link.data = &f->guests[i].item;
}

static void
tear_down (Fixture *f, gconstpointer limit)
{
  io_pool_stop (f->pool);
  handshakes_free (f->handshakes);
  io_pool_free (f->pool);
}

static gboolean
enter (Fixture *f, guint i)
{
  return handshakes_enter (f->handshakes, &f->guests[i].link);
}

static void
give_up (Fixture *f, guint i)
{
  handshakes_give_up (f->handshakes, &f->guests[i].link);
}

static void
wait_woken (Fixture *f, guint i, gint n)
{
  gint64 deadline = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;

  while (g_atomic_int_get (&f->guests[i].n_woken) < n)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_usleep (500);
    }
}

/* One at a time, in the order in which they came; who comes later does not overtake. */
static void
test_order (Fixture *f, gconstpointer limit)
{
  g_assert_true (enter (f, 0));
  g_assert_false (enter (f, 1));
  g_assert_false (enter (f, 2));
  g_assert_false (enter (f, 1)); /* as when its time-out wakes it */
  handshakes_leave (f->handshakes);
  wait_woken (f, 1, 1);
  g_assert_false (enter (f, 0)); /* behind the others now */
  g_assert_true (enter (f, 1));
  g_assert_false (enter (f, 2));
  handshakes_leave (f->handshakes);
  wait_woken (f, 2, 1);
  g_assert_true (enter (f, 2));
  handshakes_leave (f->handshakes);
  wait_woken (f, 0, 1);
  g_assert_true (enter (f, 0));
  handshakes_leave (f->handshakes);
  g_assert_cmpint (g_atomic_int_get (&f->guests[1].n_woken), ==, 1);
}

/* Who goes while its turn has come, and not been taken, leaves it to the next. */
static void
test_give_up (Fixture *f, gconstpointer limit)
{
  g_assert_true (enter (f, 0));
  g_assert_false (enter (f, 1));
  g_assert_false (enter (f, 2));
  g_assert_false (enter (f, 3));
  give_up (f, 2);
  give_up (f, 0); /* it does not wait: nothing */
  handshakes_leave (f->handshakes);
  wait_woken (f, 1, 1);
  give_up (f, 1);
  wait_woken (f, 3, 1);
  g_assert_true (enter (f, 3));
  handshakes_leave (f->handshakes);
  g_assert_cmpint (g_atomic_int_get (&f->guests[2].n_woken), ==, 0);
}

/* With room for two, both places are taken though the first was woken for both. */
static void
test_two (Fixture *f, gconstpointer limit)
{
  g_assert_true (enter (f, 0));
  g_assert_true (enter (f, 1));
  g_assert_false (enter (f, 2));
  g_assert_false (enter (f, 3));
  handshakes_leave (f->handshakes);
  handshakes_leave (f->handshakes);
  wait_woken (f, 2, 1);
  g_assert_true (enter (f, 2));
  wait_woken (f, 3, 1);
  g_assert_true (enter (f, 3));
  handshakes_leave (f->handshakes);
  handshakes_leave (f->handshakes);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/handshakes/order", Fixture, GUINT_TO_POINTER (1), set_up, test_order, tear_down);
  g_test_add ("/handshakes/give-up", Fixture, GUINT_TO_POINTER (1), set_up, test_give_up, tear_down);
  g_test_add ("/handshakes/two", Fixture, GUINT_TO_POINTER (2), set_up, test_two, tear_down);
  return g_test_run ();
}
