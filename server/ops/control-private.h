/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the two ends of the control socket share. */
#pragma once

#include "ops/control.h"

#define CONTROL_OK    "ok\n"
#define CONTROL_ERROR "error "
#define CONTROL_END   "end\n"

/* Transfer full; NULL with an error when no socket can have so long a path. */
char *control_get_path (const char *data_directory, GError **error);
