/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operator's commands on a server's store, each run to its end: webchat-server --config … COMMAND … */
#pragma once

#include "tests/util/server.h"

/* It ends with 0 and says nothing on standard error. Returns its standard output, transfer full. */
char *test_admin (TestServer *server, ...) G_GNUC_NULL_TERMINATED;

/* It ends with 1 and one line on standard error, in which this text is. Returns its standard output, transfer full. */
char *test_admin_fails (TestServer *server, const char *text, ...) G_GNUC_NULL_TERMINATED;

/* Runs a line of the shell in the server's folder, in which $admin is the program with its --config.
 * test_run_clear() frees what it sets. */
void test_admin_shell (TestServer *server, TestRun *run, const char *command);

/* Runs SQL on the store, or on another file of the server's folder; no server may run. */
void test_admin_sql (TestServer *server, const char *name, const char *sql);

#define TEST_HISTORY "data/history.db"
