/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between connection-open.c, which makes a connection, and connection.c, which is one. */
#pragma once

#include "client/connection.h"

G_BEGIN_DECLS

/* Options that each connection has. */
void wc_connection_set_up_socket (GSocket *socket);

WcConnection *wc_connection_new_plain (GSocketConnection *stream);
WcConnection *wc_connection_new_tls (GTlsConnection *stream, GSocket *socket, const char *fingerprint); /* after the handshake */

G_END_DECLS
