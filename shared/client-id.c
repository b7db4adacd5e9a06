/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/client-id.h"

#include "shared/limits.h"

gboolean
client_id_is_valid (const char *id, gsize len)
{
  if (len == 0 || len > WIRE_ID_MAX || !g_ascii_isalnum (id[0]))
    return FALSE;

  for (gsize i = 1; i < len; i++)
    if (!g_ascii_isalnum (id[i]) && id[i] != '.' && id[i] != '_' && id[i] != '-')
      return FALSE;

  return TRUE;
}
