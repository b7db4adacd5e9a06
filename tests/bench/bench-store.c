/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a stored message costs: time and CPU time of the whole process, from store_message_new() to
 * store_message_free(). Loads: one = one message at a time; pairs = 100 conversations with one
 * message in flight each; flood = as many as fit in the backlog. After each of them: pages of 50
 * messages out of the middle of the history that it left. */
#include <stdio.h>
#include <time.h>

#include <glib/gstdio.h>

#include "store/store.h"

#define N_PAIRS     100
#define N_PAGES     1000
#define BACKLOG_MAX (4 * 1024 * 1024)
#define TEXT        "sixty-four bytes of text, as much as people write in one message"

typedef struct
{
  GMutex lock;
  GCond changed;
  StoreMessage *answered; /* not taken by the sender yet */
  StoreMessage **answered_end;
  guint n_batches;
  guint n_pages;
} Bench;

typedef struct
{
  const char *name;
  guint n_messages;
  guint in_flight;
  gboolean nonces;
} Load;

static const Load loads[] = {
  { "one", 2000, 1, FALSE },           { "one, nonce", 2000, 1, TRUE },
  { "pairs", 100000, N_PAIRS, FALSE }, { "pairs, nonce", 100000, N_PAIRS, TRUE },
  { "flood", 500000, 100000, FALSE },  { "flood, nonce", 500000, 100000, TRUE },
};

static void
stored_cb (StoreMessage *batch, const GError *error, gpointer user_data)
{
  Bench *bench = user_data;

  if (error != NULL)
    g_error ("%s", error->message);
  g_mutex_lock (&bench->lock);
  *bench->answered_end = batch;
  while (*bench->answered_end != NULL)
    bench->answered_end = &(*bench->answered_end)->next;
  bench->n_batches++;
  g_cond_signal (&bench->changed);
  g_mutex_unlock (&bench->lock);
}

static StoreMessage *
take_answered (Bench *bench)
{
  StoreMessage *answered;

  g_mutex_lock (&bench->lock);
  while (bench->answered == NULL)
    g_cond_wait (&bench->changed, &bench->lock);
  answered = g_steal_pointer (&bench->answered);
  bench->answered_end = &bench->answered;
  g_mutex_unlock (&bench->lock);
  return answered;
}

static void
append (Store *store, guint number, gboolean with_nonce)
{
  char from[16], to[16], nonce[24];

  g_snprintf (from, sizeof from, "%u", 10000 + number % N_PAIRS);
  g_snprintf (to, sizeof to, "%u", 20000 + number % N_PAIRS);
  g_snprintf (nonce, sizeof nonce, "%08x-%u", number * 2654435761u,
              number); /* as random as a client's */
  store_append (
      store, store_message_new (from, to, with_nonce ? nonce : NULL, TEXT, strlen (TEXT), number));
}

static void
send_all (Store *store, Bench *bench, const Load *load)
{
  guint n_sent = 0, n_answered = 0;

  while (n_answered < load->n_messages)
    {
      while (n_sent < load->n_messages && n_sent - n_answered < load->in_flight
             && (n_sent - n_answered <= N_PAIRS || store_get_backlog (store) < BACKLOG_MAX))
        append (store, n_sent++, load->nonces);
      for (StoreMessage *message = take_answered (bench); message != NULL; n_answered++)
        {
          StoreMessage *next = message->next;

          store_message_free (message);
          message = next;
        }
    }
}

static void
page_cb (const StorePage *page, const GError *error, gpointer user_data)
{
  Bench *bench = user_data;

  if (error != NULL)
    g_error ("%s", error->message);
  g_mutex_lock (&bench->lock);
  bench->n_pages++;
  g_cond_signal (&bench->changed);
  g_mutex_unlock (&bench->lock);
}

static void
read_pages (Store *store, Bench *bench, guint64 before)
{
  StoreRange range = { .before = before, .limit = 50 };

  for (guint i = 0; i < N_PAGES; i++)
    store_read (store, "10000", "20000", &range, page_cb, bench);
  g_mutex_lock (&bench->lock);
  while (bench->n_pages < N_PAGES)
    g_cond_wait (&bench->changed, &bench->lock);
  g_mutex_unlock (&bench->lock);
}

static double
seconds (clockid_t clock)
{
  struct timespec now;

  clock_gettime (clock, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
run (const Load *load, StoreDurability durability)
{
  g_autofree char *folder = g_dir_make_tmp ("webchat-bench-XXXXXX", NULL);
  Bench bench = { .answered_end = &bench.answered };
  g_autoptr (GError) error = NULL;
  Store *store = store_new_sqlite (folder, &(StoreOptions){ .durability = durability }, stored_cb, &bench, &error);
  double wall = seconds (CLOCK_MONOTONIC), cpu = seconds (CLOCK_PROCESS_CPUTIME_ID), reading;

  if (store == NULL)
    g_error ("%s", error->message);
  send_all (store, &bench, load);
  wall = seconds (CLOCK_MONOTONIC) - wall;
  cpu = seconds (CLOCK_PROCESS_CPUTIME_ID) - cpu;
  reading = seconds (CLOCK_PROCESS_CPUTIME_ID);
  read_pages (store, &bench, load->n_messages / N_PAIRS / 2);
  reading = seconds (CLOCK_PROCESS_CPUTIME_ID) - reading;
  store_free (store);

  printf ("%-7s %-13s %9.0f msg/s %7.2f CPU us/msg %8.0f commits/s %7.1f msg/commit %6.0f CPU "
          "us/page\n",
          durability == STORE_DURABILITY_FULL ? "full" : "normal", load->name,
          load->n_messages / wall, cpu * 1e6 / load->n_messages, bench.n_batches / wall,
          (double)load->n_messages / bench.n_batches, reading * 1e6 / N_PAGES);

  g_autofree char *file = g_build_filename (folder, "history.db", NULL);
  g_autofree char *lock = g_build_filename (folder, "lock", NULL);
  g_unlink (file);
  g_unlink (lock);
  g_rmdir (folder);
}

int
main (void)
{
  setvbuf (stdout, NULL, _IOLBF, 0);
  for (guint i = 0; i < G_N_ELEMENTS (loads); i++)
    {
      run (&loads[i], STORE_DURABILITY_FULL);
      run (&loads[i], STORE_DURABILITY_NORMAL);
    }
  return 0;
}
