/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/errors.h"

#include <string.h>

static const char *const codes[] = {
  [WIRE_OK] = "ok",
  [WIRE_BAD_TEXT] = "bad-text",
  [WIRE_TOO_LONG] = "too-long",
  [WIRE_BAD_ARGUMENTS] = "bad-arguments",
  [WIRE_UNKNOWN_VERB] = "unknown-verb",
  [WIRE_UNKNOWN_CLIENT] = "unknown-client",
  [WIRE_NOT_ALLOWED] = "not-allowed",
  [WIRE_RATE_LIMITED] = "rate-limited",
  [WIRE_BUSY] = "busy",
  [WIRE_STORE_FAILED] = "store-failed",
  [WIRE_SHUTTING_DOWN] = "shutting-down",
};

const char *
wire_error_code (WireError error)
{
  g_return_val_if_fail (error < G_N_ELEMENTS (codes), "ok");

  return codes[error];
}

WireError
wire_error_from_code (const char *code, gsize len)
{
  for (gsize i = 1; i < G_N_ELEMENTS (codes); i++)
    if (strlen (codes[i]) == len && memcmp (codes[i], code, len) == 0)
      return (WireError) i;

  return WIRE_OK;
}
