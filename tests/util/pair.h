/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What most tests of protocol 2 begin with: a server without a limit on messages, and a device each of alice and bob. */
#pragma once

#include "tests/util/client.h"
#include "tests/util/server.h"

#define PAIR_LIST "alice\nbob\ncarol\ndave\n"

typedef struct
{
  TestServer *server;
  TestClient *alice; /* either may be freed and set to NULL by the test */
  TestClient *bob;
} Pair;

void pair_set_up (Pair *p, gconstpointer data);
void pair_tear_down (Pair *p, gconstpointer data);
