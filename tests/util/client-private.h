/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For client.c (the connection, lines in and out) and client-tags.c. */
#pragma once

#include "tests/util/client.h"

struct _TestClient
{
  char *name;
  int fd;
  TestTls *tls;   /* NULL without */
  GString *input; /* read and not handed out yet */
  GString *line;  /* handed out last */
  GStringChunk *tags; /* every tag value handed out */
  gboolean ended;
  gboolean proto2;
  guint n_barriers;
};

/* The next line; the end of the stream instead of what is wanted fails the test. */
const char *test_client_need_line (TestClient *self, const char *wanted);
