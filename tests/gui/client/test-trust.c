/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is remembered of whom one trusts: the file of certificates, and the keyring. */
#include "script-server.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "client/trust/pins.h"
#include "client/trust/secrets.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static void
done_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

static void
load (WcPins *pins)
{
  gboolean done = FALSE;

  wc_pins_load_async (pins, NULL, done_cb, &done);
  wait_for (done);
}

static void
flush (WcPins *pins)
{
  gboolean done = FALSE;

  wc_pins_flush_async (pins, NULL, done_cb, &done);
  wait_for (done);
}

/* The thread that read or wrote for it may hold it a little longer. */
static void
let_go (WcPins *pins)
{
  gpointer left = pins;

  g_object_add_weak_pointer (G_OBJECT (pins), &left);
  g_object_unref (pins);
  wait_for (left == NULL);
}

static guint
count (WcPins *pins)
{
  return g_list_model_get_n_items (wc_pins_get_list (pins));
}

static void
test_memory (void)
{
  g_autoptr (WcPins) pins = wc_pins_new (NULL);
  g_autoptr (WcPin) pin = NULL;

  load (pins);
  g_assert_null (wc_pins_lookup (pins, "chat.lab", 5001));
  wc_pins_set (pins, "Chat.LAB", 5001, A);
  wc_pins_set (pins, "chat.lab", 5002, B);
  g_assert_cmpstr (wc_pins_lookup (pins, "chat.lab", 5001), ==, A);
  g_assert_cmpstr (wc_pins_lookup (pins, "CHAT.lab", 5002), ==, B);
  g_assert_null (wc_pins_lookup (pins, "chat.lab", 5003));
  wc_pins_set (pins, "chat.lab", 5001, B);
  g_assert_cmpstr (wc_pins_lookup (pins, "chat.lab", 5001), ==, B);
  g_assert_cmpuint (count (pins), ==, 2);
  pin = g_list_model_get_item (wc_pins_get_list (pins), 0);
  g_assert_cmpstr (wc_pin_get_address (pin), ==, "chat.lab");
  wc_pins_remove (pins, pin);
  wc_pins_remove (pins, pin);
  g_assert_null (wc_pins_lookup (pins, "chat.lab", 5001));
  g_assert_cmpuint (count (pins), ==, 1);
  flush (pins);
  g_assert_no_error (wc_pins_get_error (pins));
}

static void
test_file (void)
{
  GFile *top = test_folder_new ();
  g_autoptr (GFile) folder = g_file_get_child (top, "profile");
  g_autoptr (GFile) file = g_file_get_child (folder, "known-servers");
  WcPins *pins = wc_pins_new (folder);
  g_autoptr (WcPin) pin = NULL;
  struct stat info;

  /* Before it has been read, and all at once. */
  wc_pins_set (pins, "chat.lab", 5001, A);
  wc_pins_set (pins, "::1", 5001, A);
  wc_pins_set (pins, "müller.example", 5001, A);
  wc_pins_set (pins, "chat.lab", 5001, B);
  flush (pins);
  g_assert_no_error (wc_pins_get_error (pins));
  let_go (pins);
  g_assert_cmpint (stat (g_file_peek_path (file), &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);

  pins = wc_pins_new (folder);
  wc_pins_set (pins, "::1", 5001, B); /* newer than what the file has */
  load (pins);
  g_assert_cmpuint (count (pins), ==, 3);
  g_assert_cmpstr (wc_pins_lookup (pins, "chat.lab", 5001), ==, B);
  g_assert_cmpstr (wc_pins_lookup (pins, "::1", 5001), ==, B);
  g_assert_cmpstr (wc_pins_lookup (pins, "müller.example", 5001), ==, A);
  pin = g_list_model_get_item (wc_pins_get_list (pins), 1);
  wc_pins_remove (pins, pin);
  flush (pins);
  let_go (pins);

  pins = wc_pins_new (folder);
  load (pins);
  g_assert_cmpuint (count (pins), ==, 2);
  let_go (pins);
  test_folder_free (top);
}

/* A file that was damaged: what is good in it is used, and all of it is kept. */
static const struct
{
  const char *name;
  const char *content;
  guint n_good;
} damaged[] = {
  { "rubbish", "\x01\x02 rubbish", 0 },
  { "no-utf8", "[chat.lab 5001]\nsha256=" A "\n[\xff 1]\n", 0 },
  { "cut-off", "[chat.lab 5001]\nsha256=" A "\n[other.lab 5001]\nsha256=aaaa", 1 },
  { "no-port", "[chat.lab]\nsha256=" A "\n", 0 },
  { "bad-port", "[chat.lab 99999]\nsha256=" A "\n", 0 },
  { "no-host", "[ 5001]\nsha256=" A "\n", 0 },
  { "upper-case", "[chat.lab 5001]\nsha256=ABCDEF\n[other.lab 5001]\nsha256=" B "\n", 1 },
  { "no-key", "[chat.lab 5001]\n", 0 },
};

static void
test_damaged (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  GFile *folder = test_folder_new ();
  g_autofree char *path = g_build_filename (g_file_peek_path (folder), "known-servers", NULL);
  g_autofree char *first = g_strconcat (path, ".damaged-1", NULL), *second = g_strconcat (path, ".damaged-2", NULL);

  for (guint turn = 0; turn < 2; turn++)
    {
      g_autofree char *kept = NULL;
      WcPins *pins;

      g_assert_true (g_file_set_contents (path, damaged[i].content, -1, NULL));
      pins = wc_pins_new (folder);
      load (pins);
      g_assert_error (wc_pins_get_error (pins), WC_ERROR, WC_ERROR_FAILED);
      g_assert_nonnull (strstr (wc_pins_get_error (pins)->message, turn == 0 ? first : second));
      g_assert_cmpuint (count (pins), ==, damaged[i].n_good);
      wc_pins_set (pins, "new.lab", 5001, A);
      flush (pins);
      let_go (pins);
      g_assert_true (g_file_get_contents (turn == 0 ? first : second, &kept, NULL, NULL));
      g_assert_cmpstr (kept, ==, damaged[i].content);

      pins = wc_pins_new (folder);
      load (pins);
      g_assert_no_error (wc_pins_get_error (pins));
      g_assert_cmpuint (count (pins), ==, damaged[i].n_good + 1);
      let_go (pins);
    }
  test_folder_free (folder);
}

static void
test_large (void)
{
  GFile *folder = test_folder_new ();
  g_autofree char *path = g_build_filename (g_file_peek_path (folder), "known-servers", NULL);
  g_autoptr (GString) many = g_string_new (NULL);
  g_autofree char *large = g_strnfill (2 * 1024 * 1024, '#');
  WcPins *pins;

  for (guint i = 0; i < WC_PINS_MAX + 10; i++)
    g_string_append_printf (many, "[host%u 5001]\nsha256=" A "\n", i);
  g_assert_true (g_file_set_contents (path, many->str, many->len, NULL));
  pins = wc_pins_new (folder);
  load (pins);
  g_assert_cmpuint (count (pins), ==, WC_PINS_MAX);
  g_assert_error (wc_pins_get_error (pins), WC_ERROR, WC_ERROR_FAILED);
  flush (pins);
  let_go (pins);

  g_assert_true (g_file_set_contents (path, large, -1, NULL));
  pins = wc_pins_new (folder);
  load (pins);
  g_assert_error (wc_pins_get_error (pins), WC_ERROR, WC_ERROR_FAILED);
  let_go (pins);
  test_folder_free (folder);
}

/* What cannot be read is not replaced; and what cannot be written is known as long as the program runs. */
static void
test_not_a_file (void)
{
  GFile *folder = test_folder_new ();
  g_autofree char *path = g_build_filename (g_file_peek_path (folder), "known-servers", NULL);
  g_autoptr (GFile) under_file = NULL;
  WcPins *pins;

  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  pins = wc_pins_new (folder);
  load (pins);
  g_assert_error (wc_pins_get_error (pins), G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE);
  wc_pins_set (pins, "chat.lab", 5001, A);
  flush (pins);
  g_assert_cmpstr (wc_pins_lookup (pins, "chat.lab", 5001), ==, A);
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_DIR));
  let_go (pins);

  g_assert_cmpint (g_rmdir (path), ==, 0);
  pins = wc_pins_new (folder);
  load (pins);
  g_assert_no_error (wc_pins_get_error (pins));
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  wc_pins_set (pins, "chat.lab", 5001, A);
  flush (pins);
  g_assert_error (wc_pins_get_error (pins), G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_cmpint (g_rmdir (path), ==, 0);
  wc_pins_set (pins, "chat.lab", 5001, B);
  flush (pins);
  g_assert_no_error (wc_pins_get_error (pins));
  let_go (pins);

  under_file = g_file_new_build_filename (path, "profile", NULL);
  pins = wc_pins_new (under_file);
  wc_pins_set (pins, "chat.lab", 5001, A);
  flush (pins);
  g_assert_error (wc_pins_get_error (pins), G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY);
  let_go (pins);
  test_folder_free (folder);
}

typedef struct
{
  gboolean done;
  char *password;
  GError *error;
} Answer;

static void
looked_up_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;

  answer->password = wc_secrets_lookup_finish (WC_SECRETS (source), result, &answer->error);
  answer->done = TRUE;
}

static void
stored_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;

  wc_secrets_store_finish (WC_SECRETS (source), result, &answer->error);
  answer->done = TRUE;
}

static void
answer_clear (Answer *answer)
{
  wc_secrets_wipe (answer->password);
  g_clear_error (&answer->error);
  *answer = (Answer) { 0 };
}

static void
look_up (WcSecrets *secrets, const char *client_id, Answer *answer)
{
  answer_clear (answer);
  wc_secrets_lookup_async (secrets, "chat.lab:5001", client_id, NULL, looked_up_cb, answer);
  wait_for (answer->done);
}

static void
store (WcSecrets *secrets, const char *client_id, const char *password)
{
  Answer answer = { 0 };

  wc_secrets_store_async (secrets, "chat.lab:5001", client_id, password, NULL, stored_cb, &answer);
  wait_for (answer.done);
  g_assert_no_error (answer.error);
}

/* What every one of them does. */
static void
check_secrets (WcSecrets *secrets)
{
  Answer answer = { 0 };

  look_up (secrets, "alice", &answer);
  g_assert_no_error (answer.error);
  g_assert_null (answer.password);
  store (secrets, "alice", "corréct horse");
  store (secrets, "bob", "another");
  store (secrets, "bob", "yet another");
  look_up (secrets, "alice", &answer);
  g_assert_cmpstr (answer.password, ==, "corréct horse");
  look_up (secrets, "bob", &answer);
  g_assert_cmpstr (answer.password, ==, "yet another");
  look_up (secrets, "Alice", &answer);
  g_assert_null (answer.password);
  store (secrets, "alice", NULL);
  store (secrets, "alice", NULL);
  look_up (secrets, "alice", &answer);
  g_assert_no_error (answer.error);
  g_assert_null (answer.password);
  answer_clear (&answer);
}

static void
test_secrets_memory (void)
{
  g_autoptr (WcSecrets) secrets = wc_secrets_new_memory ();

  check_secrets (secrets);
}

/* Each of the following has a process of its own, for there is one session bus in each. */
static void
in_a_process (void)
{
  g_test_trap_subprocess (NULL, 60 * G_USEC_PER_SEC, G_TEST_SUBPROCESS_INHERIT_STDERR);
  g_test_trap_assert_passed ();
}

static void
test_keyring_no_bus (void)
{
  g_autoptr (WcSecrets) secrets = NULL;
  Answer answer = { 0 };

  if (!g_test_subprocess ())
    {
      in_a_process ();
      return;
    }

  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus", TRUE);
  secrets = wc_secrets_new_keyring ();
  look_up (secrets, "alice", &answer);
  g_assert_nonnull (answer.error);
  g_assert_null (answer.password);
  answer_clear (&answer);
  wc_secrets_store_async (secrets, "chat.lab:5001", "alice", "x", NULL, stored_cb, &answer);
  wait_for (answer.done);
  g_assert_nonnull (answer.error);
  answer_clear (&answer);
}

/* Kept to the end: libsecret does not let go of the connection, which an orderly end would wait for. */
static GTestDBus *bus;

static void
start_bus (void)
{
  bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (bus);
}

static gboolean
has_programs (const char *program)
{
  g_autofree char *dbus = g_find_program_in_path ("dbus-daemon");
  g_autofree char *other = program != NULL ? g_find_program_in_path (program) : NULL;

  if (dbus != NULL && (program == NULL || other != NULL))
    return TRUE;
  g_test_skip ("a program is not there");

  return FALSE;
}

/* Calls are taken, and not answered. */
static GDBusMessage *
swallow_cb (GDBusConnection *connection, GDBusMessage *message, gboolean incoming, gpointer user_data)
{
  if (incoming && g_dbus_message_get_message_type (message) == G_DBUS_MESSAGE_TYPE_METHOD_CALL)
    g_clear_object (&message);

  return message;
}

/* There is one by name, and it never says a word. */
static void
test_keyring_hangs (void)
{
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (WcSecrets) secrets = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  GError *error = NULL;
  Answer answer = { 0 };
  gint64 since;

  if (!has_programs (NULL))
    return;
  if (!g_test_subprocess ())
    {
      in_a_process ();
      return;
    }

  start_bus ();
  connection = g_dbus_connection_new_for_address_sync (g_test_dbus_get_bus_address (bus),
                                                       G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                                       NULL, NULL, &error);
  g_assert_no_error (error);
  g_dbus_connection_add_filter (connection, swallow_cb, NULL, NULL);
  reply = g_dbus_connection_call_sync (connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                                       g_variant_new ("(su)", "org.freedesktop.secrets", 0), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);

  secrets = wc_secrets_new_keyring ();
  since = g_get_monotonic_time ();
  look_up (secrets, "alice", &answer);
  g_assert_error (answer.error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpint (g_get_monotonic_time () - since, >=, (WC_SECRETS_PATIENCE_MS - 100) * 1000);

  answer_clear (&answer);
  wc_secrets_lookup_async (secrets, "chat.lab:5001", "alice", cancellable, looked_up_cb, &answer);
  g_cancellable_cancel (cancellable);
  wait_for (answer.done);
  g_assert_error (answer.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  answer_clear (&answer);
  g_test_dbus_stop (bus);
}

static void
appeared_cb (GDBusConnection *connection, const char *name, const char *owner, gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

static void
wait_for_name (const char *name)
{
  gboolean there = FALSE;
  guint watch = g_bus_watch_name (G_BUS_TYPE_SESSION, name, G_BUS_NAME_WATCHER_FLAGS_NONE, appeared_cb, NULL, &there, NULL);

  wait_for (there);
  g_bus_unwatch_name (watch);
}

static void
test_keyring_real (void)
{
  g_autoptr (GSubprocess) daemon = NULL;
  g_autoptr (WcSecrets) secrets = NULL;
  GError *error = NULL;
  GFile *folder;

  if (!has_programs ("gnome-keyring-daemon"))
    return;
  if (!g_test_subprocess ())
    {
      g_setenv ("ASAN_OPTIONS", "detect_leaks=0", TRUE); /* libsecret 0.20 keeps an answer of the keyring each time */
      in_a_process ();
      return;
    }

  folder = test_folder_new ();
  g_setenv ("XDG_DATA_HOME", g_file_peek_path (folder), TRUE);
  g_setenv ("XDG_RUNTIME_DIR", g_file_peek_path (folder), TRUE);
  start_bus ();
  daemon = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, &error,
                             "gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets", NULL);
  g_assert_no_error (error);
  g_assert_true (g_output_stream_write_all (g_subprocess_get_stdin_pipe (daemon), "login", 5, NULL, NULL, NULL));
  g_assert_true (g_output_stream_close (g_subprocess_get_stdin_pipe (daemon), NULL, NULL));
  wait_for_name ("org.freedesktop.secrets");

  secrets = wc_secrets_new_keyring ();
  check_secrets (secrets);

  g_subprocess_send_signal (daemon, SIGTERM);
  g_subprocess_wait (daemon, NULL, NULL);
  g_test_dbus_stop (bus);
  test_folder_free (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client/trust/pins/memory", test_memory);
  g_test_add_func ("/client/trust/pins/file", test_file);
  for (guint i = 0; i < G_N_ELEMENTS (damaged); i++)
    {
      g_autofree char *path = g_strconcat ("/client/trust/pins/damaged/", damaged[i].name, NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_damaged);
    }
  g_test_add_func ("/client/trust/pins/large", test_large);
  g_test_add_func ("/client/trust/pins/not-a-file", test_not_a_file);
  g_test_add_func ("/client/trust/secrets/memory", test_secrets_memory);
  g_test_add_func ("/client/trust/secrets/no-bus", test_keyring_no_bus);
  g_test_add_func ("/client/trust/secrets/hangs", test_keyring_hangs);
  g_test_add_func ("/client/trust/secrets/real", test_keyring_real);

  return g_test_run ();
}
