/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes to the ClientID-List's file, by several at once too. */
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "identity/client-list-edit.h"
#include "identity/client-list.h"

#define KEY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define V1 "SCRAM-SHA-256$4096:MTExMTExMTE=$" KEY ":" KEY
#define V2 "SCRAM-SHA-256$4096:MjIyMjIyMjI=$" KEY ":" KEY
#define V3 "SCRAM-SHA-256$9000:MzMzMzMzMzM=$" KEY ":" KEY

typedef struct
{
  char *folder;
  char *list;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->folder = g_dir_make_tmp ("webchat-list-XXXXXX", NULL);
  f->list = g_build_filename (f->folder, "ClientID-List", NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_autoptr (GDir) folder = g_dir_open (f->folder, 0, NULL);
  const char *name;

  g_chmod (f->folder, 0700);
  while ((name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *path = g_build_filename (f->folder, name, NULL);

      g_assert_no_errno (g_remove (path));
    }
  g_assert_no_errno (g_rmdir (f->folder));
  g_free (f->folder);
  g_free (f->list);
}

static void
write_list (Fixture *f, const char *text)
{
  g_assert_true (g_file_set_contents (f->list, text, -1, NULL));
}

static void
assert_list (Fixture *f, const char *text)
{
  g_autofree char *now = NULL;

  g_assert_true (g_file_get_contents (f->list, &now, NULL, NULL));
  g_assert_cmpstr (now, ==, text);
}

/* No file but these is in the folder. */
static void
assert_files (Fixture *f, guint expected)
{
  g_autoptr (GDir) folder = g_dir_open (f->folder, 0, NULL);
  guint count = 0;

  while (g_dir_read_name (folder) != NULL)
    count++;
  g_assert_cmpuint (count, ==, expected);
}

#define EDITED "# who may come\n\n  alice\t" V1 "  # since May\r\nbob\n\n#carol\ncarol # no password\ndave " V3 "\n# the end"

static const struct
{
  const char *id, *verifier, *after;
} edits[] = {
  { "alice", V2, "# who may come\n\n  alice " V2 "  # since May\r\nbob\n\n#carol\ncarol # no password\ndave " V3 "\n# the end" },
  { "alice", NULL, "# who may come\n\n  alice  # since May\r\nbob\n\n#carol\ncarol # no password\ndave " V3 "\n# the end" },
  { "bob", V2, "# who may come\n\n  alice\t" V1 "  # since May\r\nbob " V2 "\n\n#carol\ncarol # no password\ndave " V3 "\n# the end" },
  { "bob", NULL, EDITED },
  { "carol", V2, "# who may come\n\n  alice\t" V1 "  # since May\r\nbob\n\n#carol\ncarol " V2 " # no password\ndave " V3 "\n# the end" },
  { "dave", V2, "# who may come\n\n  alice\t" V1 "  # since May\r\nbob\n\n#carol\ncarol # no password\ndave " V2 "\n# the end" },
};

static void
test_set (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (edits); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (ClientList) list = NULL;

      write_list (f, EDITED);
      g_assert_true (client_list_set (f->list, edits[i].id, edits[i].verifier, NULL, &error));
      g_assert_no_error (error);
      assert_list (f, edits[i].after);
      list = client_list_load (f->list, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (client_list_get_verifier (list, edits[i].id), ==, edits[i].verifier);
      g_assert_cmpuint (client_list_get_size (list), ==, 4);
    }
  assert_files (f, 2); /* and the lock */
}

/* Only while the present verifier is the expected one. */
static void
test_expected (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  write_list (f, "alice " V1 "\nbob\n");
  g_assert_false (client_list_set (f->list, "alice", V2, V3, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WRONG_ETAG);
  g_clear_error (&error);
  g_assert_false (client_list_set (f->list, "bob", V2, V1, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WRONG_ETAG);
  g_clear_error (&error);
  assert_list (f, "alice " V1 "\nbob\n");
  g_assert_true (client_list_set (f->list, "alice", V2, V1, &error));
  assert_list (f, "alice " V2 "\nbob\n");
  g_assert_false (client_list_set (f->list, "alice", V3, V1, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WRONG_ETAG);
  g_clear_error (&error);
  g_assert_false (client_list_set (f->list, "alice", V3, "", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WRONG_ETAG);
  assert_list (f, "alice " V2 "\nbob\n");
  g_assert_true (client_list_set (f->list, "bob", V3, "", NULL));
  assert_list (f, "alice " V2 "\nbob " V3 "\n");
}

static void
test_add (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (client_list_add (f->list, "alice", NULL, &error));
  g_assert_no_error (error);
  assert_list (f, "alice\n");
  g_assert_true (client_list_add (f->list, "bob", V1, &error));
  assert_list (f, "alice\nbob " V1 "\n");
  g_assert_false (client_list_add (f->list, "alice", V1, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  assert_list (f, "alice\nbob " V1 "\n");

  write_list (f, "alice\n# no line end");
  g_clear_error (&error);
  g_assert_true (client_list_add (f->list, "bob", NULL, &error));
  assert_list (f, "alice\n# no line end\nbob\n");
}

static void
test_remove (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  write_list (f, EDITED);
  g_assert_true (client_list_remove (f->list, "alice", &error));
  assert_list (f, "# who may come\n\nbob\n\n#carol\ncarol # no password\ndave " V3 "\n# the end");
  g_assert_true (client_list_remove (f->list, "carol", &error));
  assert_list (f, "# who may come\n\nbob\n\n#carol\ndave " V3 "\n# the end");
  g_assert_no_error (error);
  g_assert_false (client_list_remove (f->list, "carol", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (client_list_remove (f->list, "da", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (client_list_set (f->list, "davee", V1, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* What would be more than one word, or more than one line, never gets near the file. */
static void
test_bad_words (Fixture *f, gconstpointer data)
{
  static const char *const ids[] = { "", " ", "a b", "a\nmallory", "a\r", "#a", "../a", "a/b", "-a", "%s", "%n", "a\xc3\xa4", "a\x1b[2J", "a#b",
                                     "0123456789012345678901234567890123456789012345678901234567890123x" };
  static const char *const verifiers[] = { "", "x", "%n", V1 "\nmallory", V1 " " V2, " " V1, V1 "#", "SCRAM-SHA-256$0:AAAA$" KEY ":" KEY };

  write_list (f, "alice\n");
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_autoptr (GError) one = NULL, two = NULL, three = NULL;

      g_assert_false (client_list_add (f->list, ids[i], NULL, &one));
      g_assert_error (one, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_assert_false (client_list_set (f->list, ids[i], V1, NULL, &two));
      g_assert_error (two, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_assert_false (client_list_remove (f->list, ids[i], &three));
      g_assert_error (three, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    }
  for (guint i = 0; i < G_N_ELEMENTS (verifiers); i++)
    {
      g_autoptr (GError) one = NULL, two = NULL;

      g_assert_false (client_list_add (f->list, "bob", verifiers[i], &one));
      g_assert_error (one, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_assert_false (client_list_set (f->list, "alice", verifiers[i], NULL, &two));
      g_assert_error (two, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    }
  assert_list (f, "alice\n");
}

/* A list with a mistake is not made worse, and a list that is not there is not made by a change. */
static void
test_bad_file (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (client_list_set (f->list, "alice", V1, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (client_list_remove (f->list, "alice", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (g_file_test (f->list, G_FILE_TEST_EXISTS));

  write_list (f, "alice\nno such thing\n");
  g_assert_false (client_list_add (f->list, "bob", NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  g_assert_nonnull (strstr (error->message, "ClientID-List:2: "));
  assert_list (f, "alice\nno such thing\n");
}

/* The new file is like the old one, and where a link points to. */
static void
test_owner_and_mode (Fixture *f, gconstpointer data)
{
  static const mode_t modes[] = { 0600, 0640, 0644, 0660, 0400 };
  g_autofree char *link = g_build_filename (f->folder, "link", NULL);
  g_autofree char *new = g_build_filename (f->folder, "new", NULL);
  g_autoptr (GError) error = NULL;
  GStatBuf info;

  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      write_list (f, "alice\n");
      g_assert_no_errno (g_chmod (f->list, (int) modes[i]));
      if (geteuid () == 0)
        g_assert_no_errno (chown (f->list, 1234, 2345));
      g_assert_true (client_list_set (f->list, "alice", V1, NULL, &error));
      g_assert_no_error (error);
      g_assert_no_errno (g_stat (f->list, &info));
      g_assert_cmpuint (info.st_mode & 07777, ==, modes[i]);
      g_assert_cmpuint (info.st_uid, ==, geteuid () == 0 ? 1234 : geteuid ());
      g_assert_cmpuint (info.st_gid, ==, geteuid () == 0 ? 2345 : getegid ());
    }

  g_assert_no_errno (symlink ("ClientID-List", link));
  g_assert_true (client_list_add (link, "bob", NULL, &error));
  assert_list (f, "alice " V1 "\nbob\n");
  g_assert_true (g_file_test (link, G_FILE_TEST_IS_SYMLINK));

  g_assert_true (client_list_add (new, "carol", V1, &error));
  g_assert_no_errno (g_stat (new, &info));
  g_assert_cmpuint (info.st_mode & 0777, ==, 0640);
}

/* Somebody who may write into the folder put links there, for root to follow. */
static void
test_planted_links (Fixture *f, gconstpointer data)
{
  g_autofree char *victim = g_build_filename (f->folder, "victim", NULL);
  g_autofree char *new = g_strconcat (f->list, ".new", NULL);
  g_autofree char *lock = g_strconcat (f->list, ".lock", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  write_list (f, "alice\n");
  g_assert_true (g_file_set_contents (victim, "untouched", -1, NULL));
  g_assert_no_errno (symlink (victim, new));
  g_assert_true (client_list_set (f->list, "alice", V1, NULL, &error));
  assert_list (f, "alice " V1 "\n");
  g_assert_false (g_file_test (f->list, G_FILE_TEST_IS_SYMLINK));

  g_assert_no_errno (g_remove (lock));
  g_assert_no_errno (symlink (victim, lock));
  g_assert_false (client_list_set (f->list, "alice", V2, NULL, &error));
  g_assert_nonnull (error);
  assert_list (f, "alice " V1 "\n");
  g_assert_true (g_file_get_contents (victim, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "untouched");
}

/* A folder that cannot be written to. Root can, so this needs somebody else. */
static void
test_unwritable (Fixture *f, gconstpointer data)
{
  pid_t child;
  int status;

  write_list (f, "alice\n");
  g_assert_no_errno (g_chmod (f->list, 0644));
  g_assert_no_errno (g_chmod (f->folder, 0555));
  child = fork ();
  if (child == 0)
    {
      g_autoptr (GError) error = NULL;

      if (geteuid () == 0 && (setgid (65534) < 0 || setuid (65534) < 0))
        _exit (2);
      _exit (!client_list_set (f->list, "alice", V1, NULL, &error) && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED) ? 0 : 1);
    }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
  assert_list (f, "alice\n");
}

#define EDITORS 8
#define EDITS 15

typedef struct
{
  Fixture *f;
  guint number;
} Editor;

/* Adds some of its own, and gives itself one verifier after the other. */
static gboolean
edit_much (Fixture *f, guint number)
{
  g_autofree char *own = g_strdup_printf ("editor%u", number);

  for (guint i = 0; i < EDITS; i++)
    {
      g_autofree char *id = g_strdup_printf ("new%u-%u", number, i);
      g_autoptr (GError) error = NULL;

      if (!client_list_add (f->list, id, i % 2 ? V1 : NULL, &error) || !client_list_set (f->list, own, i % 2 ? V2 : V3, NULL, &error)
          || (i % 5 == 4 && !client_list_remove (f->list, id, &error)))
        {
          g_printerr ("%s\n", error->message);
          return FALSE;
        }
    }
  return TRUE;
}

static gpointer
edit_thread (gpointer data)
{
  Editor *editor = data;

  g_assert_true (edit_much (editor->f, editor->number));
  return NULL;
}

static void
assert_edited (Fixture *f)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ClientList) list = client_list_load (f->list, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (client_list_get_size (list), ==, EDITORS + EDITORS * (EDITS - EDITS / 5));
  for (guint i = 0; i < EDITORS; i++)
    {
      g_autofree char *own = g_strdup_printf ("editor%u", i);

      g_assert_cmpstr (client_list_get_verifier (list, own), ==, (EDITS - 1) % 2 ? V2 : V3);
    }
}

static void
write_editors (Fixture *f)
{
  g_autoptr (GString) text = g_string_new ("# the editors\n");

  for (guint i = 0; i < EDITORS; i++)
    g_string_append_printf (text, "editor%u\n", i);
  write_list (f, text->str);
}

/* Nobody loses another's change, in one process or in several; whoever reads meanwhile reads a whole list. */
static void
test_threads (Fixture *f, gconstpointer data)
{
  GThread *threads[EDITORS];
  Editor editors[EDITORS];

  write_editors (f);
  for (guint i = 0; i < EDITORS; i++)
    {
      editors[i] = (Editor){ f, i };
      threads[i] = g_thread_new ("editor", edit_thread, &editors[i]);
    }
  for (guint i = 0; i < 200; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (ClientList) list = client_list_load (f->list, &error);

      g_assert_no_error (error);
      g_assert_cmpuint (client_list_get_size (list), >=, EDITORS);
    }
  for (guint i = 0; i < EDITORS; i++)
    g_thread_join (threads[i]);
  assert_edited (f);
  assert_files (f, 2);
}

static void
test_processes (Fixture *f, gconstpointer data)
{
  pid_t children[EDITORS];

  write_editors (f);
  for (guint i = 0; i < EDITORS; i++)
    {
      children[i] = fork ();
      if (children[i] == 0)
        _exit (edit_much (f, i) ? 0 : 1);
    }
  for (guint i = 0; i < EDITORS; i++)
    {
      int status;

      g_assert_cmpint (waitpid (children[i], &status, 0), ==, children[i]);
      g_assert_cmpint (status, ==, 0);
    }
  assert_edited (f);
  assert_files (f, 2);
}

/* Whoever is killed in the middle leaves the whole of the one list or of the other, and no lock. */
static void
test_killed (Fixture *f, gconstpointer data)
{
  g_autofree char *new = g_strconcat (f->list, ".new", NULL);

  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (ClientList) list = NULL;
      pid_t child;
      int ready[2];
      char byte;

      write_editors (f);
      g_assert_no_errno (pipe (ready));
      child = fork ();
      if (child == 0)
        {
          if (write (ready[1], "r", 1) == 1)
            for (;;)
              edit_much (f, 0);
          _exit (0);
        }
      g_assert_cmpint (read (ready[0], &byte, 1), ==, 1);
      g_usleep (g_test_rand_int_range (0, 5000)); /* at some moment, whichever */
      g_assert_no_errno (kill (child, SIGKILL));
      g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
      close (ready[0]);
      close (ready[1]);
      list = client_list_load (f->list, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (client_list_get_size (list), >=, EDITORS);
      g_assert_true (client_list_set (f->list, "editor1", V1, NULL, &error));
      g_assert_no_error (error);
      g_assert_false (g_file_test (new, G_FILE_TEST_EXISTS));
    }
}

/* What a list says of its verifiers. */
static void
test_usual_iterations (Fixture *f, gconstpointer data)
{
  static const struct
  {
    const char *text;
    guint usual;
  } lists[] = {
    { "alice\nbob\n", 0 },
    { "alice " V3 "\nbob\n", 9000 },
    { "a " V1 "\nb " V3 "\nc " V3 "\n", 9000 },
    { "a " V1 "\nb " V3 "\nc " V2 "\n", 4096 },
    { "a " V3 "\nb " V1 "\n", 4096 },
    { "", 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      g_autoptr (ClientList) list = NULL;

      write_list (f, lists[i].text);
      list = client_list_load (f->list, NULL);
      g_assert_cmpuint (client_list_get_usual_iterations (list), ==, lists[i].usual);
      g_assert_true (client_list_has_verifiers (list) == (lists[i].usual > 0));
    }
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/list-edit/set", test_set);
  ADD ("/list-edit/expected", test_expected);
  ADD ("/list-edit/add", test_add);
  ADD ("/list-edit/remove", test_remove);
  ADD ("/list-edit/bad-words", test_bad_words);
  ADD ("/list-edit/bad-file", test_bad_file);
  ADD ("/list-edit/owner-and-mode", test_owner_and_mode);
  ADD ("/list-edit/planted-links", test_planted_links);
  ADD ("/list-edit/unwritable", test_unwritable);
  ADD ("/list-edit/threads", test_threads);
  ADD ("/list-edit/processes", test_processes);
  ADD ("/list-edit/killed", test_killed);
  ADD ("/list-edit/usual-iterations", test_usual_iterations);

  return g_test_run ();
}
