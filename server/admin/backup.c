/* SPDX-License-Identifier: GPL-3.0-or-later */
/* backup: the store at one moment, as one file that can take the place of its history.db. */
#include "admin/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "admin/history.h"
#include "store/sqlite-db.h"
#include "store/sqlite-folder.h"

#define STOP_CHECKED 10000 /* steps of SQLite's machine between two looks: well under a millisecond */

/* Between two signals the file with the temporary name must go. */
static volatile sig_atomic_t stopped;

static void
stop_signal (int signal_number)
{
  stopped = TRUE;
}

static int
stop_cb (void *user_data)
{
  return stopped;
}

static void
catch_signals (void)
{
  static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
  const struct sigaction action = { .sa_handler = stop_signal };

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    sigaction (signals[i], &action, NULL);
}

static gboolean
set_errno_error (GError **error, const char *file, int code)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", file, g_strerror (code));
  return FALSE;
}

/* VACUUM reads in one transaction, takes nothing along that was removed, and leaves a file without a WAL. */
static gboolean
copy (sqlite3 *db, const char *to, GError **error)
{
  g_autoptr (sqlite3_stmt) vacuum = NULL;

  /* The transaction in which the file was looked at, and the setting of a reader, are in its way. */
  if (!store_db_exec (db, "COMMIT; PRAGMA query_only = OFF", error)
      || !store_db_prepare (db, "VACUUM INTO ?", &vacuum, error))
    return FALSE;
  sqlite3_progress_handler (db, STOP_CHECKED, stop_cb, NULL);
  sqlite3_bind_text (vacuum, 1, to, -1, SQLITE_STATIC);
  if (store_db_run (vacuum, error))
    return TRUE;
  g_prefix_error (error, "backup of ");
  return FALSE;
}

static gboolean
sync_file (const char *file, int flags, GError **error)
{
  int fd = g_open (file, flags | O_CLOEXEC, 0);
  gboolean done = fd >= 0 && fsync (fd) == 0;
  int code = errno;

  if (fd >= 0)
    close (fd);
  return done || set_errno_error (error, file, code);
}

/* Never over a file that is there, also if it came to be only now. */
static gboolean
rename_new (const char *from, const char *to, GError **error)
{
  if (renameat2 (AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
    return TRUE;
  if (errno != EINVAL && errno != ENOSYS)
    return set_errno_error (error, to, errno);
  if (link (from, to) != 0) /* a file system that cannot do it in one step */
    return set_errno_error (error, to, errno);
  g_unlink (from);
  return TRUE;
}

static gboolean
back_up (sqlite3 *db, const char *part, const char *file, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (file);

  return copy (db, part, error) && sync_file (part, O_RDONLY, error) && rename_new (part, file, error)
         && sync_file (folder, O_RDONLY | O_DIRECTORY, error);
}

gboolean
admin_backup (const Config *config, char **args, GError **error)
{
  const char *file = args[0];
  g_autofree char *history = store_folder_get_history (config->data_directory);
  g_autofree char *part = g_strconcat (file, ".part-XXXXXX", NULL);
  g_autofree char *journal = NULL; /* SQLite leaves it there when it fails */
  g_autoptr (sqlite3) db = NULL;
  guint version;
  int fd;

  if (g_file_test (file, G_FILE_TEST_EXISTS)) /* said now rather than after the work */
    return set_errno_error (error, file, EEXIST);
  db = history_open (history, &version, error);
  if (db == NULL)
    return FALSE;

  catch_signals ();
  fd = g_mkstemp_full (part, O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0)
    return set_errno_error (error, part, errno);
  close (fd);
  journal = g_strconcat (part, "-journal", NULL);
  if (back_up (db, part, file, error))
    return TRUE;
  g_unlink (part);
  g_unlink (journal);
  return FALSE;
}
