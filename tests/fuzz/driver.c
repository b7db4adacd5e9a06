/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a fuzz target without libFuzzer: the corpus, then mutations of it that are the same each
 * time. What it finds it leaves as a file for the corpus. Usage: fuzz-NAME CORPUS-FOLDER
 * DICTIONARY; FUZZ_SECONDS and FUZZ_SEED in the environment. */
#include "fuzz.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <glib.h>

#define SECONDS_DEFAULT 4
#define SEED_DEFAULT 20261123
#define INPUT_MAX 70000
#define MUTATIONS_MAX 6
#define KEPT_MAX 400

#define CRASH_FILE "fuzz-crash"

static GPtrArray *inputs;  /* of GBytes: the corpus */
static GPtrArray *words;   /* of GBytes: the dictionary */
static GByteArray *running; /* the input that is tried now */

/* The target has aborted: save what it was fed. Async-signal-safe. */
static void
crashed_cb (int number)
{
  int fd = open (CRASH_FILE, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  static const char message[] = "the input is in the file " CRASH_FILE "\n";

  if (fd >= 0 && write (fd, running->data, running->len) == (ssize_t) running->len)
    (void) !write (STDERR_FILENO, message, sizeof message - 1);
  signal (number, SIG_DFL);
  raise (number);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
read_corpus (const char *folder)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &error);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  g_assert_no_error (error);
  while ((name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_build_filename (folder, name, NULL));
  g_ptr_array_sort (names, compare_names); /* the same order everywhere */
  for (guint i = 0; i < names->len; i++)
    {
      char *content;
      gsize len;

      g_assert_true (g_file_get_contents (g_ptr_array_index (names, i), &content, &len, NULL));
      g_ptr_array_add (inputs, g_bytes_new_take (content, len));
    }
  g_assert_cmpuint (inputs->len, >, 0);
}

/* libFuzzer's form: one "word" a line, with \xAB and \\ and \". */
static void
read_dictionary (const char *file)
{
  g_autofree char *content = NULL;
  g_auto (GStrv) lines = NULL;

  g_assert_true (g_file_get_contents (file, &content, NULL, NULL));
  lines = g_strsplit (content, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *start = lines[i][0] == '#' ? NULL : strchr (lines[i], '"');
      GByteArray *word;

      if (start == NULL)
        continue;
      word = g_byte_array_new ();
      for (const char *p = start + 1; *p != '"' && *p != '\0'; p++)
        {
          guint8 byte = (guint8) *p;

          if (*p == '\\' && p[1] == 'x')
            {
              byte = (guint8) (g_ascii_xdigit_value (p[2]) * 16 + g_ascii_xdigit_value (p[3]));
              p += 3;
            }
          else if (*p == '\\')
            byte = (guint8) *++p;
          g_byte_array_append (word, &byte, 1);
        }
      g_ptr_array_add (words, g_byte_array_free_to_bytes (word));
    }
}

/* Mutations */

static guint
pick (GRand *random, guint n)
{
  return n > 0 ? g_rand_int (random) % n : 0;
}

static void
insert (GByteArray *input, guint at, const guint8 *bytes, guint len)
{
  guint old = input->len;

  if (len == 0 || old + len > INPUT_MAX)
    return;
  g_byte_array_set_size (input, old + len);
  memmove (input->data + at + len, input->data + at, old - at);
  memcpy (input->data + at, bytes, len);
}

static void
insert_from (GByteArray *input, GRand *random, GPtrArray *from, gboolean whole)
{
  gsize size;
  const guint8 *bytes;
  guint start, len;

  if (from->len == 0)
    return;
  bytes = g_bytes_get_data (g_ptr_array_index (from, pick (random, from->len)), &size);
  start = whole ? 0 : pick (random, (guint) size);
  len = whole ? (guint) size : pick (random, (guint) size - start + 1);
  insert (input, pick (random, input->len + 1), bytes + start, len);
}

static void
remove_some (GByteArray *input, GRand *random)
{
  guint at = pick (random, input->len);
  guint len = 1 + pick (random, 40);

  if (input->len > 0)
    g_byte_array_remove_range (input, at, MIN (len, input->len - at));
}

/* Long runs of one byte: this is how limits are reached. */
static void
insert_run (GByteArray *input, GRand *random)
{
  static const char bytes[] = "x\\ \n;=@\xc3";
  guint len = 1u << pick (random, 15);
  g_autofree guint8 *run = g_malloc (len);

  memset (run, bytes[pick (random, sizeof bytes - 1)], len);
  insert (input, pick (random, input->len + 1), run, len);
}

static void
mutate (GByteArray *input, GRand *random)
{
  guint8 byte = (guint8) g_rand_int (random);

  switch (pick (random, 8))
    {
    case 0:
    case 1:
      if (input->len > 0)
        input->data[pick (random, input->len)] ^= (guint8) (1u << pick (random, 8));
      break;
    case 2:
      insert (input, pick (random, input->len + 1), &byte, 1);
      break;
    case 3:
      remove_some (input, random);
      break;
    case 4:
    case 5:
      insert_from (input, random, words, TRUE);
      break;
    case 6:
      insert_from (input, random, inputs, FALSE);
      break;
    default:
      if (pick (random, 8) == 0)
        insert_run (input, random);
      break;
    }
}

static void
try_bytes (const guint8 *bytes, gsize len)
{
  g_autofree guint8 *copy = g_malloc (MAX (len, 1)); /* of the exact size, for the sanitizer */

  memcpy (copy, bytes, len);
  LLVMFuzzerTestOneInput (copy, len);
}

/* A target may have a g_get_monotonic_time() of its own. */
static gint64
get_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static guint64
try_mutations (gint64 until, GRand *random)
{
  guint64 n = 0;

  for (; get_time () < until; n++)
    {
      gsize size;
      const guint8 *bytes = g_bytes_get_data (g_ptr_array_index (inputs, pick (random, inputs->len)), &size);

      g_byte_array_set_size (running, 0);
      g_byte_array_append (running, bytes, (guint) size);
      for (guint i = 1 + pick (random, MUTATIONS_MAX); i > 0; i--)
        mutate (running, random);
      try_bytes (running->data, running->len);
      /* Some go on from where others ended. */
      if (inputs->len < KEPT_MAX && pick (random, 50) == 0)
        g_ptr_array_add (inputs, g_bytes_new (running->data, running->len));
    }
  return n;
}

static gint64
get_number (const char *variable, gint64 fallback)
{
  const char *value = g_getenv (variable);

  return value != NULL ? g_ascii_strtoll (value, NULL, 10) : fallback;
}

int
main (int argc, char **argv)
{
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint32) get_number ("FUZZ_SEED", SEED_DEFAULT));
  gint64 seconds = get_number ("FUZZ_SECONDS", SECONDS_DEFAULT);
  guint n_corpus;
  guint64 n;

  if (argc != 3)
    {
      g_printerr ("usage: %s CORPUS-FOLDER DICTIONARY\n", argv[0]);
      return 2;
    }
  inputs = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  words = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  running = g_byte_array_new ();
  read_corpus (argv[1]);
  read_dictionary (argv[2]);
  signal (SIGABRT, crashed_cb);
  signal (SIGSEGV, crashed_cb);
  signal (SIGTRAP, crashed_cb);

  n_corpus = inputs->len;
  for (guint i = 0; i < n_corpus; i++)
    {
      gsize size;
      const guint8 *bytes = g_bytes_get_data (g_ptr_array_index (inputs, i), &size);

      g_byte_array_set_size (running, 0);
      g_byte_array_append (running, bytes, (guint) size);
      try_bytes (bytes, size);
    }
  n = try_mutations (get_time () + seconds * G_USEC_PER_SEC, random);
  g_print ("%u inputs of the corpus, %" G_GUINT64_FORMAT " mutations\n", n_corpus, n);

  g_ptr_array_unref (inputs);
  g_ptr_array_unref (words);
  g_byte_array_unref (running);
  return 0;
}
