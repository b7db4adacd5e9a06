/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Windows over a long conversation, which a made-up server holds. */
#include "script-server.h"

#include <stdlib.h>
#include <string.h>

#include "client/log-private.h"
#include "shared/timestamp.h"

typedef struct
{
  ScriptServer *server;
  WcClient *client;
  WcConversation *bob;
  gint64 *times; /* of message 1 at [0], in ms */
  guint n;
  guint n_asked;
  guint refuse; /* so many requests to answer with ERROR rate-limited */
  gboolean mute;
} Fixture;

static gint64
local_ms (int year, int month, int day, int hour)
{
  g_autoptr (GDateTime) time = g_date_time_new_local (year, month, day, hour, 0, 0);

  return g_date_time_to_unix (time) * 1000;
}

static void
say_message (Fixture *f, guint seq)
{
  char time[WIRE_TIME_LEN + 1];

  wire_time_format (f->times[seq - 1], time);
  script_say (f->server, "@seq=%u;from=%s;time=%s HISTORY_RESP message %u\n", seq, seq % 3 == 0 ? "alice" : "bob", time, seq);
}

static guint
tag (const char *line, const char *key, guint fallback)
{
  g_autofree char *tags = g_strndup (line, strcspn (line, " "));
  const char *at = strstr (tags, key);

  return at != NULL ? strtoul (at + strlen (key), NULL, 10) : fallback;
}

/* Answers HISTORY_REQ as a server does. */
static void
answer_cb (ScriptServer *server, const char *line, gpointer user_data)
{
  Fixture *f = user_data;
  guint limit, first, last;

  if (strstr (line, " CONVERSATIONS") != NULL)
    {
      g_autofree char *tags = g_strdup_printf ("last=%u;read=%u", f->n, f->n);

      script_list (server, f->n > 0 ? tags : NULL, "bob");
    }
  if (strstr (line, " HISTORY_REQ bob") == NULL || f->mute)
    return;
  f->n_asked++;
  if (f->refuse > 0)
    {
      f->refuse--;
      script_say (server, "@id=r%u ERROR rate-limited slower\n", tag (line, "id=r", 0));
      return;
    }

  limit = tag (line, "limit=", 50);
  if (strstr (line, "after=") != NULL)
    {
      first = MIN (tag (line, "after=", 0), f->n) + 1;
      last = MIN (first + limit - 1, f->n);
      for (guint seq = first; seq <= last; seq++)
        say_message (f, seq);
      script_say (server, "@count=%u;last=%u;more=%d HISTORY_END bob\n", last + 1 - first, f->n, last < f->n);
    }
  else
    {
      last = MIN (tag (line, "before=", f->n + 1) - 1, f->n);
      first = last >= limit ? last - limit + 1 : 1;
      for (guint seq = first; seq <= last; seq++)
        say_message (f, seq);
      script_say (server, "@count=%u;last=%u;more=%d HISTORY_END bob\n", last + 1 - first, f->n, first > 1);
    }
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->server = script_server_new ();
  f->client = test_client_new ();
  f->times = g_new0 (gint64, 200000);
}

/* Alice logs in on a server that holds what is in times. */
static void
begin (Fixture *f)
{
  g_auto (Login) login = { 0 };

  login_start (&login, f->client, script_address (f->server), "alice", NULL);
  script_welcome (f->server);
  script_set_handler (f->server, answer_cb, f);
  wait_for (login.done);
  f->bob = wc_client_get_conversation (f->client, "bob");
  script_say (f->server, "@state=online CLIENT bob\nCLIENTS_END\n");
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  test_client_finish (f->client);
  script_server_free (f->server);
  g_free (f->times);
}

static void
assert_window (WcLog *log, guint64 first, guint64 last)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (log));

  g_assert_cmpuint (n, ==, last - first + 1);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (WcEntry) entry = g_list_model_get_item (G_LIST_MODEL (log), i);
      g_autofree char *text = g_strdup_printf ("message %" G_GUINT64_FORMAT, first + i);

      g_assert_cmpuint (wc_entry_get_seq (entry), ==, first + i);
      g_assert_cmpstr (wc_entry_get_text (entry), ==, text);
    }
}

/* Follows items-changed alone, and must come to the same length. */
static void
mirror_cb (GListModel *model, guint position, guint removed, guint added, gpointer user_data)
{
  GArray *mirror = user_data;

  g_assert_cmpuint (position + removed, <=, mirror->len);
  g_array_remove_range (mirror, position, removed);
  for (guint i = 0; i < added; i++)
    {
      g_autoptr (WcEntry) entry = g_list_model_get_item (model, position + i);
      guint64 seq = wc_entry_get_seq (entry);

      g_array_insert_val (mirror, position + i, seq);
    }
  g_assert_cmpuint (mirror->len, ==, g_list_model_get_n_items (model));
}

static void
test_pages (Fixture *f, gconstpointer data)
{
  g_autoptr (GArray) mirror = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (WcLog) pane = NULL;
  WcLog *log;

  f->n = 100;
  begin (f);
  log = wc_conversation_get_log (f->bob);
  g_signal_connect (log, "items-changed", G_CALLBACK (mirror_cb), mirror);

  wait_for (wc_conversation_get_last (f->bob) != NULL);
  assert_window (log, 100, 100);
  g_assert_true (wc_log_get_has_older (log));
  wc_log_load_newest (log);
  g_assert_true (wc_log_get_loading (log));
  wc_log_load_older (log);
  wait_for (!wc_log_get_loading (log));
  assert_window (log, 70, 100);
  for (guint first = 40; first > 1; first = MAX (first, 31) - 30)
    {
      wc_log_load_older (log);
      wait_for (!wc_log_get_loading (log));
      assert_window (log, first, 100);
      g_assert_true (wc_log_get_has_older (log));
    }
  wc_log_load_older (log);
  wait_for (!wc_log_get_loading (log));
  assert_window (log, 1, 100);
  g_assert_false (wc_log_get_has_older (log));
  g_assert_false (wc_log_get_has_newer (log));
  g_assert_cmpuint (f->n_asked, ==, 5);
  wc_log_load_older (log);
  wc_log_load_newer (log);
  wc_log_load_newest (log);
  g_assert_false (wc_log_get_loading (log));
  g_assert_cmpuint (mirror->len, ==, 100);

  /* A window of its own, that gets what comes. */
  pane = wc_log_new (f->bob);
  g_assert_true (wc_log_get_conversation (pane) == f->bob);
  wc_log_load_newest (pane);
  wait_for (!wc_log_get_loading (pane));
  assert_window (pane, 71, 100);
  script_say (f->server, "@conv=bob;from=bob;seq=101;time=2026-11-23T10:00:00.000Z CHAT message 101\n");
  wait_for (wc_entry_get_seq (wc_conversation_get_last (f->bob)) == 101);
  assert_window (pane, 71, 101);
  assert_window (log, 1, 101);
}

static void
test_few (Fixture *f, gconstpointer data)
{
  g_autoptr (WcLog) empty = NULL;
  WcLog *log;

  f->n = 3;
  begin (f);
  log = wc_conversation_get_log (f->bob);
  wc_log_load_newest (log);
  wait_for (!wc_log_get_loading (log));
  wait_for (wc_conversation_get_last (f->bob) != NULL);
  assert_window (log, 1, 3);
  g_assert_false (wc_log_get_has_older (log));

  f->n = 0;
  empty = wc_log_new (f->bob);
  g_assert_true (wc_log_get_has_older (empty));
  wc_log_load_older (empty);
  wait_for (!wc_log_get_loading (empty));
  g_assert_false (wc_log_get_has_older (empty));
  g_assert_false (wc_log_get_has_newer (empty));
}

/* Messages come while the newest page is on its way. */
static void
test_race (Fixture *f, gconstpointer data)
{
  g_autoptr (WcLog) pane = NULL;

  f->n = 50;
  begin (f);
  wait_for (wc_conversation_get_last (f->bob) != NULL);
  pane = wc_log_new (f->bob);
  script_say (f->server, "@conv=bob;from=bob;seq=51;time=2026-11-23T10:00:00.000Z CHAT message 51\n");
  wc_log_load_newest (pane);
  wait_for (!wc_log_get_loading (pane) || wc_entry_get_seq (wc_conversation_get_last (f->bob)) == 51);
  f->n = 51;
  wait_for (!wc_log_get_loading (pane) && wc_entry_get_seq (wc_conversation_get_last (f->bob)) == 51);
  g_assert_false (wc_log_get_has_newer (pane));
  assert_window (pane, pane->first_seq, 51);
}

static void
test_errors (Fixture *f, gconstpointer data)
{
  g_autoptr (WcLog) pane = NULL;

  f->n = 50;
  begin (f);
  wait_for (wc_conversation_get_last (f->bob) != NULL);
  pane = wc_log_new (f->bob);
  f->refuse = 3;
  wc_log_load_newest (pane);
  wait_for (!wc_log_get_loading (pane));
  g_assert_null (wc_log_get_error (pane));
  assert_window (pane, 21, 50);

  f->refuse = 100;
  wc_log_load_older (pane);
  wait_for (!wc_log_get_loading (pane));
  g_assert_nonnull (wc_log_get_error (pane));
  assert_window (pane, 21, 50);

  f->refuse = 0;
  f->mute = TRUE;
  wc_log_load_older (pane);
  g_assert_null (wc_log_get_error (pane));
  wc_client_logout (f->client);
  g_assert_false (wc_log_get_loading (pane));
  g_assert_error (wc_log_get_error (pane), WC_ERROR, WC_ERROR_CLOSED);
  wc_log_load_older (pane);
  g_assert_false (wc_log_get_loading (pane));
}

typedef struct
{
  gboolean done;
  int position;
  guint32 days;
  GError *error;
} Answer;

static void
jump_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;

  answer->position = wc_log_jump_to_date_finish (WC_LOG (source), result, &answer->error);
  answer->done = TRUE;
}

static void
jump (WcLog *log, int year, int month, int day, Answer *answer)
{
  g_autoptr (GDateTime) date = g_date_time_new_local (year, month, day, 15, 30, 0);

  *answer = (Answer) { 0 };
  wc_log_jump_to_date_async (log, date, NULL, jump_cb, answer);
  wait_for (answer->done);
}

/* 100,000 messages: ten an hour from 1 January 2026 on. */
static void
make_long (Fixture *f)
{
  gint64 start = local_ms (2026, 1, 1, 0);

  f->n = 100000;
  for (guint i = 0; i < f->n; i++)
    f->times[i] = start + i * (gint64) 360000;
}

static void
test_jump (Fixture *f, gconstpointer data)
{
  g_autoptr (WcLog) pane = NULL;
  WcLog *live;
  Answer answer;
  guint before;

  make_long (f);
  begin (f);
  pane = wc_log_new (f->bob);
  live = wc_conversation_get_log (f->bob);
  wc_log_load_newest (live);
  wait_for (!wc_log_get_loading (live));

  before = f->n_asked;
  for (int month = 1; month <= 12; month++)
    {
      g_autoptr (WcEntry) entry = NULL;
      gint64 day = local_ms (2026, month, 9, 0);

      jump (pane, 2026, month, 9, &answer);
      g_assert_no_error (answer.error);
      entry = g_list_model_get_item (G_LIST_MODEL (pane), answer.position);
      g_assert_cmpint (wc_entry_get_time (entry), >=, day);
      g_assert_cmpint (f->times[wc_entry_get_seq (entry) - 2], <, day);
      g_assert_cmpint (answer.position, >, 0);
      g_assert_true (wc_log_get_has_older (pane));
      g_assert_true (wc_log_get_has_newer (pane));
    }
  g_assert_cmpuint (f->n_asked - before, <=, 12 * 20);

  /* On from there, both ways. */
  before = pane->first_seq;
  wc_log_load_older (pane);
  wait_for (!wc_log_get_loading (pane));
  wc_log_load_newer (pane);
  wait_for (!wc_log_get_loading (pane));
  assert_window (pane, before - 30, pane->last_seq);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (pane)), ==, 38 + 60);
  wc_log_load_newest (pane);
  wait_for (!wc_log_get_loading (pane));
  assert_window (pane, 99971, 100000);
  g_assert_false (wc_log_get_has_newer (pane));

  /* Before the first message, and after the last. */
  jump (pane, 2020, 1, 1, &answer);
  g_assert_cmpint (answer.position, ==, 0);
  g_assert_false (wc_log_get_has_older (pane));
  jump (pane, 2030, 1, 1, &answer);
  g_assert_cmpint (answer.position, ==, -1);
  g_assert_error (answer.error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&answer.error);

  /* The live log too, with what waits in it, and back when something is written. */
  f->mute = TRUE;
  g_assert_true (wc_conversation_send (f->bob, "waits", NULL));
  f->mute = FALSE;
  jump (live, 2026, 3, 1, &answer);
  g_assert_no_error (answer.error);
  g_assert_true (wc_log_get_has_newer (live));
  g_assert_true (wc_conversation_send (f->bob, "back", NULL));
  wait_for (!wc_log_get_loading (live));
  g_assert_false (wc_log_get_has_newer (live));
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (live)), ==, 32);
}

static void
test_jump_cancelled (Fixture *f, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GDateTime) date = g_date_time_new_local (2026, 5, 5, 0, 0, 0);
  WcLog *pane;
  Answer first = { 0 }, second = { 0 };

  make_long (f);
  begin (f);
  pane = wc_log_new (f->bob);
  wc_log_jump_to_date_async (pane, date, cancellable, jump_cb, &first);
  g_assert_true (wc_log_get_loading (pane));
  g_cancellable_cancel (cancellable);
  wait_for (first.done);
  g_assert_error (first.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (wc_log_get_loading (pane));
  g_clear_error (&first.error);

  /* The later one counts. */
  first.done = FALSE;
  wc_log_jump_to_date_async (pane, date, NULL, jump_cb, &first);
  wc_log_jump_to_date_async (pane, date, NULL, jump_cb, &second);
  wait_for (first.done && second.done);
  g_assert_error (first.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_no_error (second.error);
  g_clear_error (&first.error);

  /* In the middle of one, everything ends. */
  first.done = FALSE;
  f->mute = TRUE;
  wc_log_jump_to_date_async (pane, date, NULL, jump_cb, &first);
  wc_client_logout (f->client);
  wait_for (first.done);
  g_assert_error (first.error, WC_ERROR, WC_ERROR_CLOSED);
  g_clear_error (&first.error);
  g_assert_finalize_object (pane);
}

static void
mark_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;

  wc_log_mark_days_finish (WC_LOG (source), result, &answer->days, &answer->error);
  answer->done = TRUE;
}

static void
assert_days (Fixture *f, WcLog *log, int year, int month)
{
  Answer answer = { 0 };
  guint32 expected = 0;
  gint64 start = local_ms (year, month, 1, 0);
  gint64 end = month == 12 ? local_ms (year + 1, 1, 1, 0) : local_ms (year, month + 1, 1, 0);

  for (guint i = 0; i < f->n; i++)
    if (f->times[i] >= start && f->times[i] < end)
      {
        g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (f->times[i] / 1000);

        expected |= 1u << (g_date_time_get_day_of_month (time) - 1);
      }

  f->n_asked = 0;
  wc_log_mark_days_async (log, year, month, NULL, mark_cb, &answer);
  wait_for (answer.done);
  g_assert_no_error (answer.error);
  g_assert_cmphex (answer.days, ==, expected);
  g_assert_cmpuint (f->n_asked, <=, 200);
}

static void
test_marks (Fixture *f, gconstpointer data)
{
  g_autoptr (WcLog) pane = NULL;
  gint64 time;

  begin (f);
  pane = wc_log_new (f->bob);
  assert_days (f, pane, 2026, 1);

  make_long (f);
  for (int month = 1; month <= 12; month++)
    assert_days (f, pane, 2026, month);
  assert_days (f, pane, 2025, 12);
  assert_days (f, pane, 2030, 2);

  /* Bursts with silence between them: most days have nothing. */
  time = local_ms (2025, 11, 1, 0);
  for (guint i = 0; i < f->n; i++)
    f->times[i] = time += i % 997 == 0 ? 3 * 86400000 + (i % 7) * 3600000 : i % 100;
  for (int month = 1; month <= 6; month++)
    assert_days (f, pane, 2026, month);

  f->n = 1;
  assert_days (f, pane, 2025, 11);
}

#define ADD(name, func) g_test_add ("/client/history/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("pages", test_pages);
  ADD ("few", test_few);
  ADD ("race", test_race);
  ADD ("errors", test_errors);
  ADD ("jump", test_jump);
  ADD ("jump-cancelled", test_jump_cancelled);
  ADD ("marks", test_marks);

  return g_test_run ();
}
