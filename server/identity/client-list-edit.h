/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes to the ClientID-List's file, by the server and by the operator's commands at the same time: under a lock (the file NAME.lock beside it), and by a
 * new file in the old one's place, so that whoever reads it reads the whole of the one or of the other. Comments, blank lines, order, owner and mode are
 * kept. What would not load is not written. When they return TRUE it is on the disk.
 *
 * Any thread that may wait for the disk. Errors are G_IO_ERROR and name the file. */
#pragma once

#include <gio/gio.h>

/* Gives the ID, which must be on the list (else G_IO_ERROR_NOT_FOUND), this verifier; NULL takes it away. With expected, only while its present verifier is
 * that one ("": while it has none); else G_IO_ERROR_WRONG_ETAG. */
gboolean client_list_set (const char *file, const char *id, const char *verifier, const char *expected, GError **error);

/* Appends it, with a verifier or (NULL) without. G_IO_ERROR_EXISTS if it is on the list already. A file that is not there is made, with its folder's owner
 * if this is root, for the group to read. */
gboolean client_list_add (const char *file, const char *id, const char *verifier, GError **error);

/* G_IO_ERROR_NOT_FOUND if it is not on the list. */
gboolean client_list_remove (const char *file, const char *id, GError **error);
