/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What more than one of the commands asks. */
#pragma once

#include "config.h"

/* FALSE with an error in G_OPTION_ERROR when it is none. */
gboolean site_check_client_id (const char *id, GError **error);

/* Prints one line: what was done to the files, and what becomes of it now that the server was told. FALSE with an error that says both when it refuses. */
gboolean site_tell_server (const Config *config, const char *done, GError **error);

/* Where the configuration is without --config: for root in the system's folder, else in the user's. Transfer full. */
char *site_get_default_config (void);

/* A host name, or an IP address without brackets, as the network knows it. Transfer full. NULL with an error in G_OPTION_ERROR when it can be none. */
char *site_normalize_host (const char *text, GError **error);
