/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The running server: owns every part, and knows the order in which they start and stop. Main thread only. */
#pragma once

#include "config.h"

typedef struct _Server Server;

/* Opens the store, reads the ClientID-List and the certificate (which it makes if it needs one and none is configured), and binds every address. Owns the config from now on, also when it fails. NULL with a one-line error. */
Server *server_new (Config *config, GError **error);

/* Begins to accept. Returns the addresses in the order of the config, those with TLS after the others and marked "(TLS)", with the ports that they got
 * (transfer none). */
const GPtrArray *server_start (Server *self);

/* SIGHUP: reads the ClientID-List again, and the certificate with its key; whoever is connected stays so. FALSE with a one-line error, which was logged, when something stays as it was. */
gboolean server_reload (Server *self, GError **error);

/* Stops accepting, stores and answers what was accepted, closes, and frees everything. */
void server_stop (Server *self);
