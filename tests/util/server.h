/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A real webchat-server process in a folder of its own, on ports that the system chose.
 * Whatever goes wrong in here fails the test, and shows what the server logged. */
#pragma once

#include <glib.h>

typedef struct _TestServer TestServer;

/* A server that is not started yet. client_list is the content of its ClientID-List. Then come
 * config entries as "group.key=value", ended by NULL. Those not given: server.listen=127.0.0.1:0,
 * server.client-list=ClientID-List, server.data-directory=data. */
TestServer *test_server_prepare (const char *client_list, ...) G_GNUC_NULL_TERMINATED;

/* The same, and started. */
TestServer *test_server_new (const char *client_list, ...) G_GNUC_NULL_TERMINATED;

/* Stops it with SIGTERM if it runs, fails unless it exits with 0, and removes the folder. */
void test_server_free (TestServer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestServer, test_server_free)

/* Whether WEBCHAT_TEST_TLS is set: then each server has server.tls-listen=127.0.0.1:0 too, and clients use it. */
gboolean test_server_usual_is_tls (void);

/* Changes a config entry ("group.key=value") for the next start. */
void test_server_set (TestServer *self, const char *entry);

/* Sets a variable of its environment for the next start, and those after it. */
void test_server_set_variable (TestServer *self, const char *name, const char *value);

/* Writes the config file, for a run of the program before the first start. */
void test_server_write_config (TestServer *self);

/* Starts it (again) on the same folder and waits for its "listening on" lines. */
void test_server_start (TestServer *self);

/* Ends it with a signal and waits. Returns the status as of waitpid(). */
int test_server_stop (TestServer *self, int signal_number);

/* SIGKILL, and started again on the same data. */
void test_server_crash_and_restart (TestServer *self);

void test_server_signal (TestServer *self, int signal_number);

/* Waits until it has ended by itself. Returns the status as of waitpid(). */
int test_server_wait (TestServer *self);

/* The listeners in the order of their "listening on" lines. */
guint test_server_n_listeners (TestServer *self);
const char *test_server_address (TestServer *self, guint nth); /* "127.0.0.1:40123", owned by self */
const char *test_server_host (TestServer *self, guint nth);    /* without port and brackets,
owned by self */
guint16 test_server_port (TestServer *self, guint nth);
guint test_server_tls_listener (TestServer *self); /* which one is the first with TLS; there must be one */

GPid test_server_pid (TestServer *self);
const char *test_server_folder (TestServer *self);
const char *test_server_config_file (TestServer *self);
char *test_server_path (TestServer *self, const char *name); /* transfer full: a file in its folder */

/* Writes a file in its folder: into the existing file, or beside it and renamed over it. */
void test_server_rewrite_file (TestServer *self, const char *name, const char *content);
void test_server_replace_file (TestServer *self, const char *name, const char *content);

/* Everything that it wrote to standard error so far, over all its starts. Transfer full. */
char *test_server_log (TestServer *self);

/* Fails the test, and shows what the servers that run have logged last. */
#define test_fail(...) \
  G_STMT_START \
  { \
    test_show_logs (); \
    g_error (__VA_ARGS__); \
  } \
  G_STMT_END
void test_show_logs (void);

/* Waits until the log has this text, beginning at the byte offset from. Returns the offset after it. */
gsize test_server_wait_log (TestServer *self, const char *text, gsize from);

/* The program that is tested: WEBCHAT_SERVER in the environment. */
const char *test_server_program (void);

/* Another name, in the server's folder, for a file that was built: without spaces, wherever that was. Transfer full. */
char *test_server_link (TestServer *self, const char *file, const char *name);

/* One run of the program to its end. */
typedef struct
{
  int status; /* exit status; -1 when a signal ended it */
  char *out;
  char *err;
} TestRun;

/* Runs webchat-server with these arguments (ended by NULL) in folder. Fails when it has not ended
 * in time. */
void test_run_server (TestRun *run, const char *folder, ...) G_GNUC_NULL_TERMINATED;
void test_run_clear (TestRun *run);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TestRun, test_run_clear)

/* A new temporary folder; and one removed with all that is in it. */
char *test_make_folder (void);
void test_remove_folder (const char *folder);
