/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "log.h"

#define DOMAIN "webchat-server"

void
log_init (void)
{
  g_log_writer_default_set_use_stderr (TRUE); /* standard output belongs to the lines that name the listeners */
  g_log_set_writer_func (g_log_writer_default, NULL, NULL);
}

void
log_connection (const char *client_id, const char *address, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);

  if (client_id != NULL)
    g_log_structured (DOMAIN, G_LOG_LEVEL_MESSAGE, "CLIENT_ID", client_id, "CLIENT_ADDRESS", address,
                      "MESSAGE", "%s at %s: %s", client_id, address, what);
  else
    g_log_structured (DOMAIN, G_LOG_LEVEL_MESSAGE, "CLIENT_ADDRESS", address, "MESSAGE", "%s: %s", address, what);
}
