/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a long conversation costs: for each length, how long import, export, backup and check-store take and how much memory
 * (the most that each had resident), and how long a server takes to answer HISTORY_REQ and SEARCH. An answer's time must not
 * grow with the conversation. Lengths may be given as arguments. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <glib/gstdio.h>

#include "tests/util/client.h"
#include "tests/util/server.h"

#define LIST "alice\nbob\ncarol\n"
#define N_PAGES    1000
#define N_SEARCHES 200
#define PAGE       50
#define N_WORDS    5000 /* that people use */
#define N_RARE     5    /* messages that have the rare word, wherever */

static char *vocabulary[N_WORDS];

static void
make_vocabulary (void)
{
  static const char consonants[] = "bcdfghjklmnprstvwz", vowels[] = "aeiou";
  g_autoptr (GRand) random = g_rand_new_with_seed (1);

  for (guint i = 0; i < N_WORDS; i++)
    {
      GString *word = g_string_new (NULL);

      for (int n = 2 + (i > 50) + g_rand_int_range (random, 0, 2); n > 0; n--)
        g_string_append_printf (word, "%c%c", consonants[g_rand_int_range (random, 0, strlen (consonants))],
                                vowels[g_rand_int_range (random, 0, strlen (vowels))]);
      vocabulary[i] = g_string_free (word, FALSE);
    }
}

/* The words of a language are used very unequally. Every second message has the first one of these. */
static void
append_words (GString *line, GRand *random)
{
  guint n = (guint) g_rand_int_range (random, 4, 20);

  for (guint i = 0; i < n; i++)
    {
      double place = g_rand_double (random);

      g_string_append_printf (line, "%s%s", i > 0 ? " " : "", vocabulary[(guint) (N_WORDS * place * place * place)]);
    }
}

/* What export would print of a conversation of n messages. */
static void
write_lines (const char *file, guint n)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (7);
  g_autoptr (GString) line = g_string_new (NULL);
  FILE *output = fopen (file, "w");
  gint64 start = 1700000000;

  g_assert_nonnull (output);
  for (guint i = 1; i <= n; i++)
    {
      g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (start + i);
      g_autofree char *stamp = g_date_time_format (time, "%Y-%m-%dT%H:%M:%S.000Z");

      g_string_printf (line, "{\"conversation\":[\"alice\",\"bob\"],\"seq\":%u,\"from\":\"%s\",\"time\":\"%s\",\"id\":\"%08x-%u\",\"text\":\"",
                       i, g_rand_boolean (random) ? "alice" : "bob", stamp, g_rand_int (random), i);
      append_words (line, random);
      if (i % (n / N_RARE) == n / N_RARE / 2)
        g_string_append (line, " Zyzzyva");
      g_string_append (line, "\"}\n");
      g_assert_cmpuint (fwrite (line->str, 1, line->len, output), ==, line->len);
    }
  g_assert_cmpint (fclose (output), ==, 0);
}

/* Runs a command of the operator's, and prints what it cost. */
static void
run_command (TestServer *server, guint n, const char *command, const char *argument)
{
  const char *argv[] = { test_server_program (), "--config", test_server_config_file (server), command, argument, NULL };
  gint64 start = g_get_monotonic_time ();
  g_autoptr (GError) error = NULL;
  struct rusage usage;
  double seconds;
  int status;
  GPid pid;

  g_spawn_async (test_server_folder (server), (char **) argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, NULL,
                 NULL, &pid, &error);
  g_assert_no_error (error);
  g_assert_cmpint (wait4 (pid, &status, 0, &usage), ==, pid);
  g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
  seconds = (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
  printf ("%8u  %-32s %8.2f s  %10.0f messages/s  %6.1f MB\n", n, command, seconds, n / seconds, (double) usage.ru_maxrss / 1024);
}

static int
compare_times (const void *a, const void *b)
{
  gint64 first = *(const gint64 *) a, second = *(const gint64 *) b;

  return (first > second) - (first < second);
}

static void
print_times (guint n, const char *name, gint64 *times, guint n_times, guint n_lines)
{
  qsort (times, n_times, sizeof *times, compare_times);
  printf ("%8u  %-32s %8.2f ms  %8.2f ms  %8.2f ms  %5.1f lines\n", n, name, times[n_times / 2] / 1e3, times[n_times * 99 / 100] / 1e3,
          times[n_times - 1] / 1e3, (double) n_lines / n_times);
}

/* Asks, and reads up to the line that ends the answer. Returns the lines before it, and the microseconds that all took. */
static guint
ask (TestClient *client, const char *question, const char *end, gint64 *time)
{
  gint64 start = g_get_monotonic_time ();
  guint lines = 0;
  const char *line;

  test_send (client, "%s", question);
  while (strstr (line = test_line (client), end) == NULL)
    {
      if (strstr (line, "ERROR") != NULL)
        g_error ("%s: %s", question, line);
      lines++;
    }
  *time = g_get_monotonic_time () - start;
  return lines;
}

static void
run_pages (TestClient *client, guint n, const char *name, const char *tag_name)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (7);
  gint64 times[N_PAGES];
  guint lines = 0;

  for (guint i = 0; i < N_PAGES; i++)
    {
      int seq = g_rand_int_range (random, 1, (gint32) n);
      g_autofree char *tag = tag_name != NULL ? g_strdup_printf ("%s=%d;", tag_name, seq) : g_strdup ("");
      g_autofree char *question = g_strdup_printf ("@%slimit=%d HISTORY_REQ bob", tag, PAGE);

      lines += ask (client, question, " HISTORY_END ", &times[i]);
    }
  print_times (n, name, times, N_PAGES, lines);
}

/* What is asked for: of each word so many letters (0: all). */
typedef struct
{
  const char *name;
  guint words[4]; /* of the vocabulary; RARE for the one of few messages, NONE for one of none; 0 after the first ends it */
  guint letters;
} Words;

#define RARE N_WORDS
#define NONE (N_WORDS + 1)

static const Words searches[] = {
  { "a common word", { 0 }, 0 },
  { "a rare word", { RARE }, 0 },
  { "no such word", { NONE }, 0 },
  { "a common and a rare one", { 1, RARE }, 0 },
  { "two common words", { 2, 7 }, 0 },
  { "four common words", { 1, 5, 20, 50 }, 0 },
  { "four unusual words", { 900, 1500, 2500, 4000 }, 0 },
  { "one letter", { 0 }, 1 },
  { "four beginnings of two", { 1, 5, 20, 50 }, 2 },
  { "two beginnings of four", { 100, 200 }, 4 },
};

static char *
spell (const Words *words)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (words->words) && (i == 0 || words->words[i] != 0); i++)
    {
      guint number = words->words[i];
      const char *word = number == RARE ? "zyzzyva" : number == NONE ? "qqqqq" : vocabulary[number];

      g_string_append_printf (text, " %.*s", words->letters > 0 ? (int) words->letters : (int) strlen (word), word);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
run_searches (TestClient *client, guint n, const Words *words)
{
  g_autofree char *name = g_strdup_printf ("SEARCH, %s", words->name);
  g_autofree char *text = spell (words);
  gint64 times[N_SEARCHES];
  guint lines = 0;

  for (guint i = 0; i < N_SEARCHES; i++)
    {
      g_autofree char *question = g_strdup_printf ("%sSEARCH%s", i % 2 ? "@conv=bob " : "", text);

      lines += ask (client, question, " SEARCH_END", &times[i]);
    }
  print_times (n, name, times, N_SEARCHES, lines);
}

/* The rare word also shows whether the search finds what it should. */
static void
run_first_search (TestClient *client, guint n)
{
  gint64 time;

  g_assert_cmpuint (ask (client, "SEARCH zyzzyva", " SEARCH_END", &time), ==, N_RARE);
  print_times (n, "SEARCH, the first", &time, 1, N_RARE);
}

static void
run_length (guint n)
{
  g_autoptr (TestServer) server = test_server_prepare (LIST, "limits.messages-per-second=0", NULL);
  g_autofree char *lines = test_server_path (server, "lines");
  g_autofree char *backup = test_server_path (server, "backup");
  TestClient *alice;

  write_lines (lines, n);
  test_server_write_config (server);
  run_command (server, n, "import", "lines");
  g_unlink (lines);
  run_command (server, n, "export", NULL);
  run_command (server, n, "backup", "backup");
  run_command (server, n, "check-store", NULL);
  g_unlink (backup);

  test_server_start (server);
  alice = test_login2 (server, "alice");
  printf ("%8s  %-32s %11s  %11s  %11s\n", "", "", "median", "99 of 100", "longest");
  run_pages (alice, n, "HISTORY_REQ, newest", NULL);
  run_pages (alice, n, "HISTORY_REQ, before", "before");
  run_pages (alice, n, "HISTORY_REQ, after", "after");
  run_first_search (alice, n); /* waits until all is indexed */
  for (guint i = 0; i < G_N_ELEMENTS (searches); i++)
    run_searches (alice, n, &searches[i]);
  test_client_free (alice);
}

int
main (int argc, char **argv)
{
  static const guint lengths[] = { 1000, 100000, 1000000 };

  setvbuf (stdout, NULL, _IOLBF, 0);
  g_setenv ("WEBCHAT_TEST_TIMEOUT", "300", FALSE); /* the first search waits for the index */
  make_vocabulary ();
  for (int i = 1; i < argc; i++)
    run_length ((guint) g_ascii_strtoull (argv[i], NULL, 10));
  for (guint i = 0; argc == 1 && i < G_N_ELEMENTS (lengths); i++)
    run_length (lengths[i]);
  return 0;
}
