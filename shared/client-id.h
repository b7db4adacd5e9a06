/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Whether the len bytes at id are a Client-ID: [A-Za-z0-9][A-Za-z0-9._-]{0,63}. */
gboolean client_id_is_valid (const char *id, gsize len);
