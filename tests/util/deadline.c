/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/util/deadline.h"

#define PATIENCE_DEFAULT_S 10
#define ASK_EVERY_US 2000

gint64
test_patience (void)
{
  const char *seconds = g_getenv ("WEBCHAT_TEST_TIMEOUT");
  gint64 value = seconds != NULL ? g_ascii_strtoll (seconds, NULL, 10) : 0;

  return (value > 0 ? value : PATIENCE_DEFAULT_S) * G_USEC_PER_SEC;
}

gint64
test_deadline (void)
{
  return g_get_monotonic_time () + test_patience ();
}

int
test_remaining_ms (gint64 deadline)
{
  gint64 left = deadline - g_get_monotonic_time ();

  return left <= 0 ? 0 : (int) (left / 1000 + 1);
}

gboolean
test_wait_until (gboolean (*condition) (gpointer), gpointer user_data)
{
  gint64 deadline = test_deadline ();

  while (!condition (user_data))
    {
      if (g_get_monotonic_time () >= deadline)
        return FALSE;
      g_usleep (ASK_EVERY_US);
    }
  return TRUE;
}
