/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/util/server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "tests/util/deadline.h"

#define LISTENING "listening on "
#define SHOWN_BYTES 4000 /* of a log */

static GPtrArray *servers; /* those that there are */

struct _TestServer
{
  char *folder;
  char *config_file;
  char *log_file;
  GKeyFile *config;
  GPtrArray *variables; /* names and values in turn */
  GPid pid; /* 0 when it does not run */
  int out;  /* its standard output */
  GString *out_text;
  GPtrArray *addresses; /* as printed */
  GPtrArray *hosts;
  GArray *ports;
  int first_tls; /* of them; -1: none */
};

/* Files and folders */

char *
test_make_folder (void)
{
  g_autoptr (GError) error = NULL;
  char *folder = g_dir_make_tmp ("webchat-test-XXXXXX", &error);

  g_assert_no_error (error);
  return folder;
}

void
test_remove_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_DIR) && !g_file_test (path, G_FILE_TEST_IS_SYMLINK))
        test_remove_folder (path);
      else
        g_unlink (path);
    }
  g_rmdir (folder);
}

char *
test_server_path (TestServer *self, const char *name)
{
  return g_build_filename (self->folder, name, NULL);
}

void
test_server_rewrite_file (TestServer *self, const char *name, const char *content)
{
  g_autofree char *path = test_server_path (self, name);
  gsize len = strlen (content);
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, content, len), ==, (gssize) len);
  g_assert_no_errno (close (fd));
}

void
test_server_replace_file (TestServer *self, const char *name, const char *content)
{
  g_autofree char *path = test_server_path (self, name);
  g_autofree char *beside = g_strconcat (name, ".new", NULL);
  g_autofree char *beside_path = test_server_path (self, beside);

  test_server_rewrite_file (self, beside, content);
  g_assert_no_errno (g_rename (beside_path, path));
}

/* The log */

char *
test_server_log (TestServer *self)
{
  char *text = NULL;

  return g_file_get_contents (self->log_file, &text, NULL, NULL) ? text : g_strdup ("");
}

static void
show_log (TestServer *self)
{
  g_autofree char *log = test_server_log (self);
  gsize len = strlen (log);

  g_printerr ("# what the server logged last:\n%s# end of log\n",
              len > SHOWN_BYTES ? log + len - SHOWN_BYTES : log);
}

void
test_show_logs (void)
{
  for (guint i = 0; servers != NULL && i < servers->len; i++)
    show_log (g_ptr_array_index (servers, i));
}

gsize
test_server_wait_log (TestServer *self, const char *text, gsize from)
{
  gint64 deadline = test_deadline ();

  do
    {
      g_autofree char *log = test_server_log (self);
      const char *found = strlen (log) >= from ? strstr (log + from, text) : NULL;

      if (found != NULL)
        return (gsize) (found - log) + strlen (text);
      g_usleep (2000);
    }
  while (g_get_monotonic_time () < deadline);

  show_log (self);
  g_error ("the server did not log \"%s\"", text);
}

/* Making one */

gboolean
test_server_usual_is_tls (void)
{
  return g_getenv ("WEBCHAT_TEST_TLS") != NULL;
}

void
test_server_set (TestServer *self, const char *entry)
{
  const char *dot = strchr (entry, '.');
  const char *equals = strchr (entry, '=');
  g_autofree char *group = NULL;
  g_autofree char *key = NULL;

  g_assert (dot != NULL && equals != NULL && dot < equals);
  group = g_strndup (entry, (gsize) (dot - entry));
  key = g_strndup (dot + 1, (gsize) (equals - dot - 1));
  g_key_file_set_value (self->config, group, key, equals + 1);
}

void
test_server_set_variable (TestServer *self, const char *name, const char *value)
{
  g_ptr_array_add (self->variables, g_strdup (name));
  g_ptr_array_add (self->variables, g_strdup (value));
}

static TestServer *
prepare (const char *client_list, va_list entries)
{
  TestServer *self = g_new0 (TestServer, 1);
  const char *entry;

  self->folder = test_make_folder ();
  self->config_file = g_build_filename (self->folder, "webchat.conf", NULL);
  self->log_file = g_build_filename (self->folder, "log", NULL);
  self->config = g_key_file_new ();
  self->variables = g_ptr_array_new_with_free_func (g_free);
  self->out = -1;
  self->out_text = g_string_new (NULL);
  self->addresses = g_ptr_array_new_with_free_func (g_free);
  self->hosts = g_ptr_array_new_with_free_func (g_free);
  self->ports = g_array_new (FALSE, FALSE, sizeof (guint16));
  self->first_tls = -1;

  test_server_set (self, "server.listen=127.0.0.1:0");
  if (test_server_usual_is_tls ())
    test_server_set (self, "server.tls-listen=127.0.0.1:0");
  test_server_set (self, "server.client-list=ClientID-List");
  test_server_set (self, "server.data-directory=data");
  while ((entry = va_arg (entries, const char *)) != NULL)
    test_server_set (self, entry);

  test_server_rewrite_file (self, "ClientID-List", client_list);
  if (servers == NULL)
    servers = g_ptr_array_new ();
  g_ptr_array_add (servers, self);
  return self;
}

TestServer *
test_server_prepare (const char *client_list, ...)
{
  TestServer *self;
  va_list entries;

  va_start (entries, client_list);
  self = prepare (client_list, entries);
  va_end (entries);
  return self;
}

TestServer *
test_server_new (const char *client_list, ...)
{
  TestServer *self;
  va_list entries;

  va_start (entries, client_list);
  self = prepare (client_list, entries);
  va_end (entries);
  test_server_start (self);
  return self;
}

void
test_server_free (TestServer *self)
{
  if (self->pid != 0)
    {
      int status = test_server_stop (self, SIGTERM);

      if (!WIFEXITED (status) || WEXITSTATUS (status) != 0)
        {
          show_log (self);
          g_error ("the server ended with wait status 0x%x", (guint) status);
        }
    }
  test_remove_folder (self->folder);
  g_ptr_array_remove (servers, self);
  if (servers->len == 0)
    g_clear_pointer (&servers, g_ptr_array_unref);
  g_ptr_array_unref (self->variables);
  g_ptr_array_unref (self->addresses);
  g_ptr_array_unref (self->hosts);
  g_array_unref (self->ports);
  g_string_free (self->out_text, TRUE);
  g_key_file_unref (self->config);
  g_free (self->folder);
  g_free (self->config_file);
  g_free (self->log_file);
  g_free (self);
}

/* Running */

const char *
test_server_program (void)
{
  const char *program = g_getenv ("WEBCHAT_SERVER");

  if (program == NULL)
    g_error ("WEBCHAT_SERVER must name the webchat-server to test; meson test sets it");
  return program;
}

char *
test_server_link (TestServer *self, const char *file, const char *name)
{
  g_autofree char *target = g_canonicalize_filename (file, NULL);
  char *link = test_server_path (self, name);

  if (symlink (target, link) != 0 && errno != EEXIST)
    g_error ("%s: %s", link, g_strerror (errno));
  return link;
}

/* In the child: a test that dies takes its server along. */
static void
die_with_parent_cb (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static char **
child_environment (void)
{
  char **environment = g_get_environ ();

  /* A finding of a sanitizer must end the server, so that its exit status tells. */
  environment = g_environ_setenv (environment, "UBSAN_OPTIONS",
                                  "halt_on_error=1:print_stacktrace=1", FALSE);
  environment = g_environ_setenv (environment, "G_SLICE", "always-malloc", FALSE);
  /* So must a critical; a warning may be what the server has to say. */
  environment = g_environ_setenv (environment, "G_DEBUG", "fatal-criticals", TRUE);
  return environment;
}

static guint
count_listeners (TestServer *self)
{
  static const char *const keys[] = { "listen", "tls-listen" };
  guint count = 0;

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_auto (GStrv) list = g_key_file_get_string_list (self->config, "server", keys[i], NULL, NULL);

      count += list != NULL ? g_strv_length (list) : 0;
    }
  return count;
}

static void
add_listener (TestServer *self, const char *line)
{
  g_autofree char *address = NULL;
  char *host;
  const char *colon;
  guint64 number;
  guint16 port;

  g_assert_true (g_str_has_prefix (line, LISTENING));
  if (self->first_tls < 0 && g_str_has_suffix (line, " (TLS)"))
    self->first_tls = (int) self->ports->len;
  address = g_strdup (line + strlen (LISTENING));
  g_strdelimit (address, " ", '\0'); /* the (TLS) after it */
  colon = strrchr (address, ':');
  g_assert_nonnull (colon);
  g_assert_true (g_ascii_string_to_unsigned (colon + 1, 10, 1, G_MAXUINT16, &number, NULL));
  port = (guint16) number;
  g_array_append_val (self->ports, port);
  host = address[0] == '[' ? g_strndup (address + 1, (gsize) (colon - address - 2))
                           : g_strndup (address, (gsize) (colon - address));
  g_ptr_array_add (self->hosts, host);
  g_ptr_array_add (self->addresses, g_steal_pointer (&address));
}

/* One more read from its standard output; FALSE at the end of it. */
static gboolean
read_output (TestServer *self, gint64 deadline)
{
  struct pollfd poll_fd = { .fd = self->out, .events = POLLIN };
  char bytes[1024];
  gssize got;

  if (poll (&poll_fd, 1, test_remaining_ms (deadline)) <= 0)
    {
      show_log (self);
      g_error ("the server neither said anything on standard output nor ended in time");
    }
  got = read (self->out, bytes, sizeof bytes);
  g_assert_cmpint (got, >=, 0);
  g_string_append_len (self->out_text, bytes, got);
  return got > 0;
}

static void
await_listeners (TestServer *self)
{
  gint64 deadline = test_deadline ();
  guint wanted = count_listeners (self);

  while (self->ports->len < wanted)
    {
      char *end;

      while (self->ports->len < wanted && (end = strchr (self->out_text->str, '\n')) != NULL)
        {
          *end = '\0';
          add_listener (self, self->out_text->str);
          g_string_erase (self->out_text, 0, end + 1 - self->out_text->str);
        }
      if (self->ports->len < wanted && !read_output (self, deadline))
        {
          show_log (self);
          g_error ("the server ended instead of listening");
        }
    }
}

void
test_server_write_config (TestServer *self)
{
  g_assert_true (g_key_file_save_to_file (self->config, self->config_file, NULL));
}

void
test_server_start (TestServer *self)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) environment = child_environment ();
  const char *argv[] = { test_server_program (), "--config", self->config_file, NULL };
  int log;

  for (guint i = 0; i < self->variables->len; i += 2)
    environment = g_environ_setenv (environment, g_ptr_array_index (self->variables, i),
                                    g_ptr_array_index (self->variables, i + 1), TRUE);
  g_assert_cmpint (self->pid, ==, 0);
  test_server_write_config (self);
  g_ptr_array_set_size (self->addresses, 0);
  g_ptr_array_set_size (self->hosts, 0);
  g_array_set_size (self->ports, 0);
  self->first_tls = -1;
  g_string_truncate (self->out_text, 0);

  log = open (self->log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  g_assert_cmpint (log, >=, 0);
  g_spawn_async_with_pipes_and_fds (self->folder, argv, (const char *const *) environment,
                                    G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDIN_FROM_DEV_NULL,
                                    die_with_parent_cb, NULL, -1, -1, log, NULL, NULL, 0,
                                    &self->pid, NULL, &self->out, NULL, &error);
  g_assert_no_error (error);
  close (log);
  await_listeners (self);
}

int
test_server_wait (TestServer *self)
{
  gint64 deadline = test_deadline ();
  int status;

  g_assert_cmpint (self->pid, !=, 0);
  while (read_output (self, deadline))
    ;
  g_assert_cmpint (waitpid (self->pid, &status, 0), ==, self->pid);
  g_spawn_close_pid (self->pid);
  self->pid = 0;
  close (self->out);
  self->out = -1;
  g_assert_cmpstr (self->out_text->str, ==, ""); /* nothing but the lines about listeners */
  return status;
}

void
test_server_signal (TestServer *self, int signal_number)
{
  g_assert_cmpint (self->pid, !=, 0);
  g_assert_no_errno (kill (self->pid, signal_number));
}

int
test_server_stop (TestServer *self, int signal_number)
{
  test_server_signal (self, signal_number);
  return test_server_wait (self);
}

void
test_server_crash_and_restart (TestServer *self)
{
  int status = test_server_stop (self, SIGKILL);

  g_assert_true (WIFSIGNALED (status));
  test_server_start (self);
}

guint
test_server_n_listeners (TestServer *self)
{
  return self->ports->len;
}

const char *
test_server_address (TestServer *self, guint nth)
{
  g_assert_cmpuint (nth, <, self->addresses->len);
  return g_ptr_array_index (self->addresses, nth);
}

const char *
test_server_host (TestServer *self, guint nth)
{
  g_assert_cmpuint (nth, <, self->hosts->len);
  return g_ptr_array_index (self->hosts, nth);
}

guint16
test_server_port (TestServer *self, guint nth)
{
  g_assert_cmpuint (nth, <, self->ports->len);
  return g_array_index (self->ports, guint16, nth);
}

guint
test_server_tls_listener (TestServer *self)
{
  g_assert_cmpint (self->first_tls, >=, 0);
  return (guint) self->first_tls;
}

GPid
test_server_pid (TestServer *self)
{
  return self->pid;
}

const char *
test_server_folder (TestServer *self)
{
  return self->folder;
}

const char *
test_server_config_file (TestServer *self)
{
  return self->config_file;
}

/* Runs to the end */

static void
limit_run_cb (gpointer seconds)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  alarm (GPOINTER_TO_UINT (seconds)); /* it outlives exec, and SIGALRM ends what should have ended */
}

void
test_run_server (TestRun *run, const char *folder, ...)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) environment = child_environment ();
  const char *argument;
  va_list arguments;
  int status;

  g_ptr_array_add (argv, (char *) test_server_program ());
  va_start (arguments, folder);
  while ((argument = va_arg (arguments, const char *)) != NULL)
    g_ptr_array_add (argv, (char *) argument);
  va_end (arguments);
  g_ptr_array_add (argv, NULL);

  g_spawn_sync (folder, (char **) argv->pdata, environment, G_SPAWN_DEFAULT, limit_run_cb,
                GUINT_TO_POINTER ((guint) (test_patience () / G_USEC_PER_SEC)), &run->out, &run->err,
                &status, &error);
  g_assert_no_error (error);
  run->status = WIFEXITED (status) ? WEXITSTATUS (status) : -1;
}

void
test_run_clear (TestRun *run)
{
  g_clear_pointer (&run->out, g_free);
  g_clear_pointer (&run->err, g_free);
}
