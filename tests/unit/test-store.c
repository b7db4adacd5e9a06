/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-suite.h"

static Store *
open_full (const char *folder, StoreStoredFunc stored, gpointer user_data, GError **error)
{
  return store_new_sqlite (folder, STORE_DURABILITY_FULL, stored, user_data, error);
}

static Store *
open_normal (const char *folder, StoreStoredFunc stored, gpointer user_data, GError **error)
{
  return store_new_sqlite (folder, STORE_DURABILITY_NORMAL, stored, user_data, error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  store_suite_add ("sqlite-full", open_full);
  store_suite_add ("sqlite-normal", open_normal);
  return g_test_run ();
}
