/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "admin/history.h"

#include "shared/timestamp.h"
#include "store/sqlite-db.h"

static void
wire_time_func (sqlite3_context *context, int n_values, sqlite3_value **values)
{
  char time[WIRE_TIME_LEN + 1];

  wire_time_format (sqlite3_value_int64 (values[0]), time);
  sqlite3_result_text (context, time, WIRE_TIME_LEN, SQLITE_TRANSIENT);
}

sqlite3 *
history_open (const char *file, guint *version, GError **error)
{
  g_autoptr (sqlite3) db = NULL;

  if (!g_file_test (file, G_FILE_TEST_EXISTS))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s: there is no history yet", file);
      return NULL;
    }
  db = store_db_open_reader (file, error);
  if (db == NULL || !store_db_exec (db, "BEGIN", error) || !store_db_get_version (db, version, error))
    return NULL;
  if (*version == 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s: there is no history yet", file);
      return NULL;
    }
  if (sqlite3_create_function (db, "wire_time", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, wire_time_func, NULL, NULL)
      != SQLITE_OK)
    {
      store_db_set_error (db, error);
      return NULL;
    }
  return g_steal_pointer (&db);
}

int
history_step (sqlite3_stmt *statement, GError **error)
{
  int result = sqlite3_step (statement);

  if (result == SQLITE_ROW || result == SQLITE_DONE)
    return result;
  store_db_set_error (sqlite3_db_handle (statement), error);
  return 0;
}
