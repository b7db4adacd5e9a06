/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small files of which nothing may be lost. All set G_IO_ERROR, naming the file. */
#pragma once

#include <sys/stat.h>

#include <gio/gio.h>

/* Sets the error for errno, and returns FALSE. */
gboolean files_set_error (GError **error, const char *file);

/* Puts a new file with these bytes in the place of one that is there or not, or (exclusive) only where there is none, else G_IO_ERROR_EXISTS. There is
 * always the whole of the one or of the other, and when it returns TRUE it is on the disk. owner: NULL for this process. Unless exclusive,
 * whoever calls it holds a lock against others that do. */
gboolean files_replace (const char *file, const char *bytes, gsize len, const struct stat *owner, mode_t mode, gboolean exclusive, GError **error);
