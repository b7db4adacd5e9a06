/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/fault/robots.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "tests/util/deadline.h"
#include "tests/util/server.h"

static void
with_free (gpointer data)
{
  FaultWith *self = data;

  g_free (self->peer);
  g_free (self);
}

void
fault_robot_init (FaultRobot *self, const char *id, const char *name, guint16 port, const char *top_folder, FaultLedger *ledger)
{
  *self = (FaultRobot){ .id = id, .name = name, .ledger = ledger, .ended = TRUE };
  self->server = g_strdup_printf ("127.0.0.1:%u", port);
  self->folder = g_build_filename (top_folder, name, NULL);
  self->with = g_ptr_array_new_with_free_func (with_free);
  self->rows = g_ptr_array_new_with_free_func (fault_row_free);
}

void
fault_robot_clear (FaultRobot *self)
{
  if (self->process != NULL)
    fault_robot_kill (self);
  g_ptr_array_unref (self->with);
  g_ptr_array_unref (self->rows);
  g_free (self->server);
  g_free (self->folder);
}

static void
take_with (FaultRobot *self, char **words)
{
  FaultWith *with = g_new0 (FaultWith, 1);

  with->peer = g_strdup (words[1]);
  with->last = g_ascii_strtoull (words[2], NULL, 10);
  with->read = g_ascii_strtoull (words[3], NULL, 10);
  with->peer_read = g_ascii_strtoull (words[4], NULL, 10);
  with->unread = (guint) g_ascii_strtoull (words[5], NULL, 10);
  g_ptr_array_add (self->with, with);
}

static void
take_message (FaultRobot *self, const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 4);
  g_autofree char *text = NULL;

  if (g_strv_length (words) != 4)
    test_fail ("%s said what nobody understands: %s", self->name, line);
  text = g_strcompress (words[3]);
  g_ptr_array_add (self->rows, fault_row_new (g_ascii_strtoull (words[1], NULL, 10), words[2], text, NULL));
}

static void
heed (FaultRobot *self, const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 6);
  guint n = g_strv_length (words);

  if (strcmp (line, "ready") == 0)
    self->ready = TRUE;
  else if (strcmp (line, "done") == 0)
    self->answered = TRUE;
  else if (n == 2 && strcmp (words[0], "kept") == 0)
    {
      fault_ledger_kept (self->ledger, (guint) g_ascii_strtoull (words[1], NULL, 10));
      self->n_open--;
    }
  else if (n >= 2 && strcmp (words[0], "refused") == 0)
    {
      fault_ledger_refused (self->ledger, (guint) g_ascii_strtoull (words[1], NULL, 10));
      self->n_open--;
    }
  else if (n >= 1 && strcmp (words[0], "failed") == 0)
    self->n_failed++;
  else if (n == 3 && strcmp (words[0], "state") == 0)
    {
      self->online = words[1][0] == '1';
      self->n_sending = (guint) g_ascii_strtoull (words[2], NULL, 10);
    }
  else if (n == 2 && strcmp (words[0], "outbox") == 0)
    self->n_sending = (guint) g_ascii_strtoull (words[1], NULL, 10);
  else if (n == 6 && strcmp (words[0], "with") == 0)
    take_with (self, words);
  else if (g_str_has_prefix (line, "message "))
    take_message (self, line);
  else
    test_fail ("%s said: %s", self->name, line);
}

static void
line_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  GDataInputStream *says = G_DATA_INPUT_STREAM (source);
  g_autofree char *line = g_data_input_stream_read_line_finish (says, result, NULL, NULL);
  FaultRobot *self = data;

  if (line == NULL)
    {
      self->ended = TRUE;
      return;
    }
  heed (self, line);
  g_data_input_stream_read_line_async (says, G_PRIORITY_DEFAULT, NULL, line_cb, self);
}

static void
die_with_parent_cb (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static void
spawn (FaultRobot *self, const char *const *argv)
{
  g_autoptr (GSubprocessLauncher) launcher
      = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GError) error = NULL;

  g_subprocess_launcher_set_child_setup (launcher, die_with_parent_cb, NULL, NULL);
  g_subprocess_launcher_setenv (launcher, "G_DEBUG", "fatal-criticals", TRUE);
  self->process = g_subprocess_launcher_spawnv (launcher, argv, &error);
  g_assert_no_error (error);
  self->says = g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->process));
  self->ready = self->ended = FALSE;
  self->n_open = 0;
  self->n_runs++;
  g_data_input_stream_read_line_async (self->says, G_PRIORITY_DEFAULT, NULL, line_cb, self);
}

static const char *
robot_program (void)
{
  const char *program = g_getenv ("WEBCHAT_ROBOT");

  if (program == NULL)
    g_error ("WEBCHAT_ROBOT must name the robot; meson test sets it");
  return program;
}

void
fault_robot_start (FaultRobot *self)
{
  const char *const argv[] = { robot_program (), self->server, self->id, self->folder, NULL };

  g_assert_null (self->process);
  spawn (self, argv);
}

static gboolean
wake_cb (gpointer data)
{
  return G_SOURCE_CONTINUE; /* so that a wait looks at the clock */
}

/* Hears what there is to hear until the flag is set. */
static void
wait_for (FaultRobot *self, const gboolean *flag, const char *what)
{
  gint64 deadline = test_deadline () + 2 * test_patience ();
  guint source = g_timeout_add (100, wake_cb, NULL);

  while (!*flag && g_get_monotonic_time () < deadline)
    {
      g_main_context_iteration (NULL, TRUE);
      if (self->ended && flag != &self->ended)
        break;
    }
  g_source_remove (source);
  if (!*flag)
    test_fail ("%s %s: %s", self->name, self->ended ? "ended" : "hangs", what);
}

static void
reap (FaultRobot *self, int signal_number)
{
  int status;

  wait_for (self, &self->ended, "it was asked to end");
  g_subprocess_wait (self->process, NULL, NULL);
  status = g_subprocess_get_status (self->process);
  if (signal_number != 0 ? !WIFSIGNALED (status) || WTERMSIG (status) != signal_number : !WIFEXITED (status) || WEXITSTATUS (status) != 0)
    test_fail ("%s ended with wait status 0x%x", self->name, (guint) status);
  g_clear_object (&self->says);
  g_clear_object (&self->process);
  self->ready = FALSE;
}

void
fault_robot_kill (FaultRobot *self)
{
  g_subprocess_force_exit (self->process);
  reap (self, SIGKILL);
}

void
fault_robot_end (FaultRobot *self)
{
  fault_robot_order (self, "quit");
  reap (self, 0);
}

static void G_GNUC_PRINTF (2, 0)
tell (FaultRobot *self, const char *format, va_list args)
{
  GOutputStream *orders = g_subprocess_get_stdin_pipe (self->process);
  g_autofree char *line = g_strdup_vprintf (format, args);
  g_autofree char *whole = g_strconcat (line, "\n", NULL);
  g_autoptr (GError) error = NULL;

  if (self->ended)
    test_fail ("%s has ended by itself", self->name);
  g_output_stream_write_all (orders, whole, strlen (whole), NULL, NULL, &error);
  if (error != NULL)
    test_fail ("%s takes no order: %s", self->name, error->message);
}

void
fault_robot_order (FaultRobot *self, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  tell (self, format, args);
  va_end (args);
}

static void
forget_answer (FaultRobot *self)
{
  self->answered = FALSE;
  g_ptr_array_set_size (self->with, 0);
  g_ptr_array_set_size (self->rows, 0);
}

void
fault_robot_ask (FaultRobot *self, const char *format, ...)
{
  va_list args;

  wait_for (self, &self->ready, "it was started");
  forget_answer (self);
  va_start (args, format);
  tell (self, format, args);
  va_end (args);
  wait_for (self, &self->answered, format);
}

void
fault_robot_read_cache (FaultRobot *self, const char *peer)
{
  const char *const argv[] = { robot_program (), "--cache", self->server, self->id, self->folder, peer, NULL };

  g_assert_null (self->process);
  forget_answer (self);
  spawn (self, argv);
  wait_for (self, &self->answered, "it reads its cache");
  reap (self, 0);
}

const FaultWith *
fault_robot_with (FaultRobot *self, const char *peer)
{
  for (guint i = 0; i < self->with->len; i++)
    if (strcmp (((FaultWith *) self->with->pdata[i])->peer, peer) == 0)
      return self->with->pdata[i];
  return NULL;
}
