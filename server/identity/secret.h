/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server's secret: what invitations are signed with, and what those are answered by who are not on the ClientID-List. */
#pragma once

#include <gio/gio.h>

#define SECRET_BYTES 32

/* The file "secret" in the data directory, made if it is not there; with the folder's owner, for nobody else to read. Files: not on a worker. NULL with
 * G_IO_ERROR, naming the file. */
GBytes *secret_load (const char *data_directory, GError **error);
