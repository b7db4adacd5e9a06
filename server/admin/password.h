/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A password on its way from a person to the ClientID-List. */
#pragma once

#include <gio/gio.h>

/* Reads one: from the terminal, twice and without showing it, when standard input is one and from_stdin is FALSE; else all of standard input, without the
 * line end after it. Only one that may be a password is returned. NULL with a one-line error. Free with password_free(). */
char *password_read (const char *client_id, gboolean from_stdin, GError **error);

/* A new one that nobody guesses, and that can be read out to somebody. */
char *password_generate (void);

/* Wipes it. */
void password_free (char *password);
