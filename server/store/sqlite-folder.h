/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folder that a store lives in: its files, and the lock by which one program at a time writes
 * to it. */
#pragma once

#include <gio/gio.h>

/* The path of the database. Free with g_free(). */
char *store_folder_get_history (const char *folder);

/* Makes the folder when it is missing, and takes the lock. Returns a descriptor that holds it until
 * it is closed; -1 with an error in G_IO_ERROR, which is G_IO_ERROR_BUSY when another program has
 * the lock. */
int store_folder_lock (const char *folder, GError **error);

/* Makes a file when it is missing, so that only its owner may read what people wrote, however open
 * the folder is; what root makes is the folder's owner's. SQLite gives the files beside it the same mode and owner. */
gboolean store_folder_make_file (const char *file, GError **error);
