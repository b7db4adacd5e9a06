/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the suite share. */
#pragma once

#include "store-suite.h"

void store_suite_add_test (const char *name,
                           const char *test,
                           StoreOpenFunc open,
                           void (*func) (StoreFixture *, gconstpointer));

void store_suite_add_marks (const char *name, StoreOpenFunc open);
void store_suite_add_retention (const char *name, StoreOpenFunc open);
void store_suite_add_search (const char *name, StoreOpenFunc open);
