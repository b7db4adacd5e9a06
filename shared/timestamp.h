/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "shared/span.h"

/* A time as 2026-11-23T10:00:00.123Z (24 bytes), and back. */
#define WIRE_TIME_LEN 24
void wire_time_format (gint64 unix_ms, char out[static WIRE_TIME_LEN + 1]);
gboolean wire_time_parse (WireSpan span, gint64 *unix_ms);
