/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a running server tells its operator of itself, in lines. Main thread. */
#pragma once

#include "chat/hub.h"

/* For people: what there is now, and what was counted since the start (seconds since 1970 UTC). addresses are those listened on; fingerprint
 * that of the certificate, as 64 hex digits, or NULL. */
void report_status (GString *lines, Hub *hub, const Config *config, const GPtrArray *addresses, const char *fingerprint, gint64 start);

/* At most so many connections are listed. */
#define REPORT_CLIENTS_MAX 10000

/* A line each for the connections, the oldest first, fields parted by TAB: Client-ID ("-" before the login), address, dialect, "TLS" or "-", since when
 * (seconds since 1970 UTC), bytes that wait to be sent. */
void report_clients (GString *lines, Hub *hub);
