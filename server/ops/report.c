/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ops/report.h"

#include "ops/counters.h"

#define FINGERPRINT_GROUP 4
#define FINGERPRINT_GROUPS_A_LINE 4

static void
append_time (GString *lines, gint64 time)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_local (time);
  g_autofree char *text = g_date_time_format (date, "%Y-%m-%d %H:%M:%S");

  g_string_append (lines, text);
}

/* In groups, as the app shows it to whoever has to compare them. */
static void
append_fingerprint (GString *lines, const char *fingerprint)
{
  g_string_append (lines, "fingerprint of the certificate (SHA-256):");
  for (guint i = 0; fingerprint[i] != '\0'; i++)
    {
      if (i % (FINGERPRINT_GROUP * FINGERPRINT_GROUPS_A_LINE) == 0)
        g_string_append (lines, "\n   ");
      if (i % FINGERPRINT_GROUP == 0)
        g_string_append_c (lines, ' ');
      g_string_append_c (lines, fingerprint[i]);
    }
  g_string_append_c (lines, '\n');
}

void
report_status (GString *lines, Hub *hub, const Config *config, const GPtrArray *addresses, const char *fingerprint, gint64 start)
{
  g_autoptr (HubStatus) status = hub_get_status (hub, 0);

  g_string_append (lines, "webchat-server " WEBCHAT_VERSION ", since ");
  append_time (lines, start);
  g_string_append_c (lines, '\n');
  for (guint i = 0; i < addresses->len; i++)
    g_string_append_printf (lines, "listening on %s\n", (const char *) g_ptr_array_index (addresses, i));
  if (fingerprint != NULL)
    append_fingerprint (lines, fingerprint);

  g_string_append_printf (lines, "now:\n%12u connections, of at most %u\n%12u of them logged in\n%12u people\n%12u chats\n",
                          status->n_connections, config->max_connections, status->n_logged_in, status->n_people, status->n_chats);
  g_string_append_printf (lines, "%12.1f messages a second\n%12" G_GSIZE_FORMAT " bytes waiting in the store\n",
                          counters_get_rate (COUNTER_MESSAGES), status->backlog);
  g_string_append (lines, "since the start:\n");
  for (guint i = 0; i < N_COUNTERS; i++)
    g_string_append_printf (lines, "%12" G_GUINT64_FORMAT " %s\n", counters_get (i), counters_describe (i));
}

void
report_clients (GString *lines, Hub *hub)
{
  g_autoptr (HubStatus) status = hub_get_status (hub, REPORT_CLIENTS_MAX);

  for (guint i = 0; i < status->connections->len; i++)
    {
      const HubConnection *row = &g_array_index (status->connections, HubConnection, i);
      g_autofree char *address = connection_describe (row->connection);

      g_string_append_printf (lines, "%s\t%s\t%s\t%s\t%" G_GINT64_FORMAT "\t%" G_GSIZE_FORMAT "\n", row->id != NULL ? row->id : "-", address,
                              row->dialect, connection_is_tls (row->connection) ? "TLS" : "-", row->since,
                              connection_get_queued (row->connection));
    }
}
