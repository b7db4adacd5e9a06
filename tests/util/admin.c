/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/util/admin.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <signal.h>

#include <glib/gstdio.h>
#include <sqlite3.h>

/* The config is written when a server starts; a command may come before. */
static void
run (TestServer *server, TestRun *result, va_list arguments)
{
  g_autoptr (GString) command = g_string_new ("exec $admin");
  const char *argument;

  while ((argument = va_arg (arguments, const char *)) != NULL)
    {
      g_autofree char *quoted = g_shell_quote (argument);

      g_string_append_printf (command, " %s", quoted);
    }
  test_admin_shell (server, result, command->str);
}

char *
test_admin (TestServer *server, ...)
{
  g_auto (TestRun) result = { 0 };
  va_list arguments;

  va_start (arguments, server);
  run (server, &result, arguments);
  va_end (arguments);
  g_assert_cmpstr (result.err, ==, "");
  g_assert_cmpint (result.status, ==, 0);
  return g_steal_pointer (&result.out);
}

char *
test_admin_fails (TestServer *server, const char *text, ...)
{
  g_auto (TestRun) result = { 0 };
  va_list arguments;

  va_start (arguments, text);
  run (server, &result, arguments);
  va_end (arguments);
  g_test_message ("it says: %s", result.err);
  g_assert_cmpint (result.status, ==, 1);
  g_assert_true (g_str_has_prefix (result.err, "webchat-server: "));
  g_assert_cmpstr (strchr (result.err, '\n'), ==, "\n");
  if (strstr (result.err, text) == NULL)
    g_error ("\"%s\" is not in: %s", text, result.err);
  return g_steal_pointer (&result.out);
}

static void
die_with_parent_cb (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

void
test_admin_shell (TestServer *server, TestRun *result, const char *command)
{
  g_autofree char *program = test_server_link (server, test_server_program (), "program"); /* the shell takes $admin apart at spaces */
  g_autofree char *admin = g_strdup_printf ("%s --config %s", program, test_server_config_file (server));
  g_auto (GStrv) environment = g_environ_setenv (g_get_environ (), "admin", admin, TRUE);
  const char *argv[] = { "/bin/sh", "-c", command, NULL };
  g_autoptr (GError) error = NULL;
  int status;

  test_server_write_config (server);
  environment = g_environ_setenv (environment, "UBSAN_OPTIONS", "halt_on_error=1:print_stacktrace=1", FALSE);
  environment = g_environ_setenv (environment, "G_DEBUG", "fatal-criticals", TRUE);
  g_spawn_sync (test_server_folder (server), (char **) argv, environment, G_SPAWN_DEFAULT, die_with_parent_cb, NULL,
                &result->out, &result->err, &status, &error);
  g_assert_no_error (error);
  result->status = WIFEXITED (status) ? WEXITSTATUS (status) : -1;
}

void
test_admin_sql (TestServer *server, const char *name, const char *sql)
{
  g_autofree char *file = test_server_path (server, name);
  g_autofree char *folder = g_path_get_dirname (file);
  char *message = NULL;
  sqlite3 *db;

  g_mkdir_with_parents (folder, 0700);
  g_assert_cmpint (sqlite3_open (file, &db), ==, SQLITE_OK);
  sqlite3_exec (db, sql, NULL, NULL, &message);
  g_assert_cmpstr (message, ==, NULL);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
}
