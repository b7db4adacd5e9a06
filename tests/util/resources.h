/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a server process uses, as the system says. */
#pragma once

#include "tests/util/server.h"

guint test_server_descriptors (TestServer *self);
gsize test_server_memory (TestServer *self); /* resident bytes */

/* Waits until it has no more than so many descriptors; else the test fails. */
void test_await_descriptors (TestServer *self, guint n);
