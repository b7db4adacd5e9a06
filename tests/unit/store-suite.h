/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every implementation of the store must do. */
#pragma once

#include "store-fixture.h"

/* Adds the tests under /store/NAME. */
void store_suite_add (const char *name, StoreOpenFunc open);
