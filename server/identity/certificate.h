/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The certificate that the server makes for itself where the configuration names none, and what is asked about any certificate. Files: not on a
 * worker. Errors are in G_IO_ERROR, one line, and name the file. */
#pragma once

#include <gio/gio.h>

/* The two PEM files in the data directory. Transfer full. */
char *certificate_get_own_file (const char *data_directory);
char *certificate_get_own_key_file (const char *data_directory);

/* Makes them unless they are there: a self-signed certificate (EC P-256) for ten years, the key for nobody else to read, both with the folder's owner. names:
 * the host names and IP addresses it is for; NULL: localhost, this machine's name, 127.0.0.1 and ::1. A key that is there without a certificate
 * gets one; a certificate without its key is an error, for clients may know it already. */
gboolean certificate_ensure (const char *data_directory, const char *const *names, GError **error);

/* Of the first certificate in a PEM file: SHA-256 over its DER, as 64 lower-case hexadecimal digits; and the first host name or address that it is
 * for. NULL with an error. Transfer full. */
char *certificate_get_fingerprint (const char *certificate_file, GError **error);
char *certificate_get_name (const char *certificate_file, GError **error);
