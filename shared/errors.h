/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* The codes of ERROR <code> <text>. */
typedef enum
{
  WIRE_OK,
  WIRE_BAD_TEXT,
  WIRE_TOO_LONG,
  WIRE_BAD_ARGUMENTS,
  WIRE_UNKNOWN_VERB,
  WIRE_UNKNOWN_CLIENT,
  WIRE_NOT_ALLOWED,
  WIRE_RATE_LIMITED,
  WIRE_BUSY,
  WIRE_STORE_FAILED,
  WIRE_SHUTTING_DOWN,
} WireError;

/* "bad-text" for WIRE_BAD_TEXT; never NULL. */
const char *wire_error_code (WireError error);

/* The other way; WIRE_OK for a code that this version does not know. */
WireError wire_error_from_code (const char *code, gsize len);
