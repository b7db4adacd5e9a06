/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kill -9 in the middle of storing: whatever was reported as stored is there afterwards, and no seq
 * is missing. The test starts itself as the victim, which prints what it was told is stored. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store-fixture.h"

#define END_OF_LINE " ."
#define VICTIM        "--victim"
#define N_PEERS       5
#define IN_FLIGHT_MAX 3000

/* The victim's messages in flight */
static GMutex lock;
static GCond changed;
static guint in_flight;

static void
report_cb (StoreMessage *batch, const GError *error, gpointer user_data)
{
  g_autoptr (GString) lines = g_string_new (NULL);
  guint n = 0;

  g_assert_no_error (error);
  while (batch != NULL)
    {
      StoreMessage *message = batch;

      batch = message->next;
      g_string_append_printf (lines, "%s %" G_GUINT64_FORMAT " %s" END_OF_LINE "\n", message->to, message->seq, message->text);
      store_message_free (message);
      n++;
    }
  for (gsize done = 0; done < lines->len;)
    {
      gssize written = write (STDOUT_FILENO, lines->str + done, lines->len - done);

      if (written < 0)
        _exit (1);
      done += (gsize)written;
    }

  g_mutex_lock (&lock);
  in_flight -= n;
  g_cond_signal (&changed);
  g_mutex_unlock (&lock);
}

/* Stores until it is killed. */
static G_NORETURN void
be_victim (const char *folder)
{
  Store *store = store_new_sqlite (folder, &(StoreOptions){ .durability = STORE_DURABILITY_FULL }, report_cb, NULL, NULL);

  if (store == NULL)
    exit (1);
  for (;;)
    {
      g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, store_next_session (store));
      g_autofree char *peer = g_strdup_printf ("peer%d", atoi (text) % N_PEERS);

      g_mutex_lock (&lock);
      while (in_flight >= IN_FLIGHT_MAX)
        g_cond_wait (&changed, &lock);
      in_flight++;
      g_mutex_unlock (&lock);
      store_append (store, store_message_new ("alice", peer, text, text, strlen (text), 1));
    }
}

/* What the victims reported, and what is in the store. */
typedef struct
{
  GHashTable *texts; /* text -> "peer seq" */
  guint64 session; /* the highest: texts are session numbers, so that none may come twice either */
} Report;

/* FALSE for a line that the kill cut off. */
static gboolean
check_line (Report *report, const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 4);

  if (!g_str_has_suffix (line, END_OF_LINE))
    return FALSE;
  g_assert_cmpuint (g_strv_length (words), ==, 4);
  g_assert_true (g_hash_table_insert (report->texts, g_strdup (words[2]), g_strdup_printf ("%s %s", words[0], words[1])));
  report->session = MAX (report->session, g_ascii_strtoull (words[2], NULL, 10));
  return TRUE;
}

/* Runs a victim, kills it after so many lines, and takes in all that it could still say. */
static void
run_victim (StoreFixture *fixture, Report *report, guint n_lines)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) victim
    = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, "/proc/self/exe", VICTIM, fixture->folder, NULL);
  g_autoptr (GDataInputStream) lines = NULL;
  gboolean cut_off = FALSE;
  char *line;

  g_assert_no_error (error);
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (victim));
  for (guint i = 0; (line = g_data_input_stream_read_line (lines, NULL, NULL, &error)) != NULL; i++)
    {
      if (i == n_lines)
        g_subprocess_force_exit (victim);
      g_assert_false (cut_off); /* only the last one may be */
      cut_off = !check_line (report, line);
      g_free (line);
    }
  g_assert_no_error (error);
  g_assert_true (g_subprocess_wait (victim, NULL, &error));
  g_assert_true (g_subprocess_get_if_signaled (victim));
  g_assert_cmpint (g_subprocess_get_term_sig (victim), ==, SIGKILL);
}

typedef struct
{
  Report *report;
  const char *peer;
  guint n_found;
} Check;

static void
check_row_cb (const StoreRow *row, gpointer user_data)
{
  Check *check = user_data;
  const char *reported = g_hash_table_lookup (check->report->texts, row->text);
  g_autofree char *is = g_strdup_printf ("%s %" G_GUINT64_FORMAT, check->peer, row->seq);

  g_assert_cmpstr (row->from, ==, "alice");
  g_assert_cmpstr (row->nonce, ==, row->text);
  if (reported == NULL) /* stored, but killed before it could say so */
    return;
  g_assert_cmpstr (is, ==, reported);
  check->n_found++;
}

static void
check_store (StoreFixture *fixture, Report *report)
{
  guint n_found = 0;

  for (guint i = 0; i < N_PEERS; i++)
    {
      g_autofree char *peer = g_strdup_printf ("peer%u", i);
      Check check = { report, peer, 0 };

      store_fixture_read_all (fixture, "alice", peer, check_row_cb, &check);
      n_found += check.n_found;
    }
  g_assert_cmpuint (n_found, ==, g_hash_table_size (report->texts));
  g_assert_cmpuint (store_next_session (fixture->store), >, report->session);
}

static void
test_kill (StoreFixture *fixture, gconstpointer open)
{
  static const guint moments[] = { 0, 1, 700, 5000, 20000 };
  Report report = { .texts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free) };

  for (guint i = 0; i < G_N_ELEMENTS (moments); i++)
    {
      store_fixture_close (fixture);
      run_victim (fixture, &report, moments[i]);
      g_assert_cmpuint (g_hash_table_size (report.texts), >, moments[i]);
      store_fixture_reopen (fixture);
      check_store (fixture, &report);
    }
  g_hash_table_unref (report.texts);
}

static Store *
open_full (const char *folder,
             guint retention_days,
             StoreStoredFunc stored,
             gpointer user_data,
             GError **error)
{
  const StoreOptions options = { .durability = STORE_DURABILITY_FULL, .retention_days = retention_days };

  return store_new_sqlite (folder, &options, stored, user_data, error);
}

int
main (int argc, char **argv)
{
  if (argc == 3 && strcmp (argv[1], VICTIM) == 0)
    be_victim (argv[2]);
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/store/crash/kill", StoreFixture, open_full, store_fixture_set_up, test_kill,
              store_fixture_tear_down);
  return g_test_run ();
}
