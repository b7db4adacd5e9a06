/* SPDX-License-Identifier: GPL-3.0-or-later */
/* More messages at once than a server takes: each arrives once, and in the order in which it was typed. */
#include "script-server.h"

#include <string.h>

#define TIME "2026-11-23T10:00:00.000Z"
#define WINDOW 50
#define WAIT_MS 150

static const char *const people[] = { "bob", "carol", "dave" };
#define N_PEOPLE G_N_ELEMENTS (people)

typedef struct
{
  ScriptServer *server;
  WcClient *client;

  /* The server. */
  guint allowance;      /* so many messages it takes, then it refuses for a while, and takes as many again */
  guint left;
  gint64 refusing_until;
  gboolean no_wait;     /* does not say for how long */
  gboolean deaf;        /* does not answer; the test does */
  GPtrArray *unanswered; /* ids */
  GString *stored[N_PEOPLE];
  guint n_stored, n_refused, n_sent;
} Fixture;

static void
store (Fixture *f, const char *id, guint person, const char *text)
{
  g_string_append_printf (f->stored[person], "%s ", text);
  f->n_stored++;
  script_say (f->server, "@id=%s;seq=%u;time=" TIME " SENT %s\n", id, f->n_stored, people[person]);
}

static void
refuse (Fixture *f, const char *id, gint64 now)
{
  f->n_refused++;
  if (f->no_wait)
    script_say (f->server, "@id=%s ERROR rate-limited slower\n", id);
  else
    script_say (f->server, "@id=%s;wait=%u ERROR rate-limited slower\n", id, (guint) ((f->refusing_until - now) / 1000 + 1));
}

static void
take_message (Fixture *f, const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 4);
  const char *id = strstr (words[0], "id=") + 3;
  gint64 now = g_get_monotonic_time ();
  guint person = 0;

  while (strcmp (people[person], words[2]) != 0)
    person++;
  f->n_sent++;
  if (f->deaf)
    {
      g_ptr_array_add (f->unanswered, g_strdup (id));
      return;
    }

  if (now < f->refusing_until)
    {
      f->refusing_until = now + WAIT_MS * 1000; /* on a slow machine too, none overtakes one that was refused */
      refuse (f, id, now);
    }
  else if (f->left == 0)
    {
      f->left = f->allowance;
      f->refusing_until = now + WAIT_MS * 1000;
      refuse (f, id, now);
    }
  else
    {
      f->left--;
      store (f, id, person, words[3]);
    }
}

static void
line_cb (ScriptServer *server, const char *line, gpointer user_data)
{
  Fixture *f = user_data;

  if (strstr (line, " CHAT_MESSAGE ") != NULL)
    take_message (f, line);
  else if (strstr (line, " CHAT_REQUEST ") != NULL)
    script_say (server, "CHAT_STARTED 100000 %s\n", strrchr (line, ' ') + 1);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->server = script_server_new ();
  f->client = test_client_new ();
  f->client->timing.pause = WAIT_MS;
  f->unanswered = g_ptr_array_new_with_free_func (g_free);
  f->allowance = f->left = G_MAXUINT;
  for (guint i = 0; i < N_PEOPLE; i++)
    f->stored[i] = g_string_new (NULL);
  script_login (f->server, f->client, "bob", "carol", "dave", NULL);
  script_set_handler (f->server, line_cb, f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  test_client_finish (f->client);
  script_server_free (f->server);
  g_ptr_array_unref (f->unanswered);
  for (guint i = 0; i < N_PEOPLE; i++)
    g_string_free (f->stored[i], TRUE);
}

static WcConversation *
with (Fixture *f, guint person)
{
  return wc_client_get_conversation (f->client, people[person]);
}

static void
type (Fixture *f, guint person, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      g_assert_true (wc_conversation_send (with (f, person), text, NULL));
    }
}

/* Each once, and in order. */
static void
assert_stored (Fixture *f, guint person, guint n)
{
  g_autoptr (GString) expected = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append_printf (expected, "%u ", i);
  g_assert_cmpstr (f->stored[person]->str, ==, expected->str);
}

/* A burst goes through, then a few at a time. data: whether the server says how long. */
static void
test_burst (Fixture *f, gconstpointer data)
{
  f->no_wait = GPOINTER_TO_INT (data);
  f->allowance = 25;
  f->left = 100;
  type (f, 0, 300);
  type (f, 1, 60);
  type (f, 2, 60);
  wait_for (f->n_stored == 420);
  assert_stored (f, 0, 300);
  assert_stored (f, 1, 60);
  assert_stored (f, 2, 60);
  g_assert_cmpuint (f->n_refused, >, 0);

  /* It slows down: most of what is sent is taken. */
  g_test_message ("%u sent, %u refused", f->n_sent, f->n_refused);
  g_assert_cmpuint (f->n_refused, <, 420);
}

/* No more than a window is on its way, whoever it is for; and nobody has to wait until somebody else has said everything. */
static void
test_window (Fixture *f, gconstpointer data)
{
  f->deaf = TRUE;
  type (f, 0, 200);
  wait_for (f->n_sent == WINDOW);
  type (f, 1, 10);
  script_say (f->server, "PING settle\n");
  wait_for (wc_conversation_get_chat (with (f, 1)) == WC_CHAT_OPEN);
  g_assert_cmpuint (f->n_sent, ==, WINDOW);

  f->deaf = FALSE;
  for (guint i = 0; i < WINDOW; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      store (f, f->unanswered->pdata[i], 0, text);
    }
  wait_for (strlen (f->stored[1]->str) == 20);
  g_assert_cmpuint (f->n_stored, <, 210);
  wait_for (f->n_stored == 210);
  assert_stored (f, 0, 200);
  assert_stored (f, 1, 10);
}

/* Nothing is sent as long as the server does not want it, though there were room; nor before the last one on its way is answered. */
static void
test_held (Fixture *f, gconstpointer data)
{
  gint64 since;

  f->deaf = TRUE;
  type (f, 0, 3);
  wait_for (f->n_sent == 3);
  since = g_get_monotonic_time ();
  script_say (f->server, "@id=%s;wait=100 ERROR rate-limited slower\n", (char *) f->unanswered->pdata[0]);
  wait_for (g_hash_table_size (f->client->pace.in_flight) == 2);
  type (f, 1, 1);
  wait_for (f->client->pace.source == 0);
  g_assert_cmpint (g_get_monotonic_time () - since, >=, 100000);
  g_assert_cmpuint (f->n_sent, ==, 3);

  /* The second one was taken; the last one was not. Then everything goes out. */
  f->deaf = FALSE;
  script_say (f->server, "@id=%s;seq=1;time=" TIME " SENT bob\n", (char *) f->unanswered->pdata[1]);
  script_say (f->server, "@id=%s;wait=10 ERROR rate-limited slower\n", (char *) f->unanswered->pdata[2]);
  wait_for (f->n_sent == 6);
  g_assert_cmpstr (f->stored[0]->str, ==, "0 2 ");
  assert_stored (f, 1, 1);
}

/* The connection ends while nothing is sent: the next one knows nothing of that, and gets everything in order. */
static void
test_connection_lost (Fixture *f, gconstpointer data)
{
  f->deaf = TRUE;
  type (f, 0, 70);
  wait_for (f->n_sent == WINDOW);
  script_say (f->server, "@id=%s;wait=600000 ERROR rate-limited slower\n", (char *) f->unanswered->pdata[0]);
  wait_for (f->client->pace.held);
  script_set_handler (f->server, NULL, NULL);
  script_hang_up (f->server);
  script_welcome (f->server);
  f->deaf = FALSE;
  script_set_handler (f->server, line_cb, f);
  script_say (f->server, "CLIENTS_END\nCONVERSATIONS_END\nCHAT_STARTED 100000 bob\n");
  wait_for (f->n_stored == 70);
  assert_stored (f, 0, 70);
}

#define add(path, data, test) g_test_add (path, Fixture, data, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add ("/client/pace/burst", GINT_TO_POINTER (FALSE), test_burst);
  add ("/client/pace/burst-no-wait", GINT_TO_POINTER (TRUE), test_burst);
  add ("/client/pace/window", NULL, test_window);
  add ("/client/pace/held", NULL, test_held);
  add ("/client/pace/connection-lost", NULL, test_connection_lost);

  return g_test_run ();
}
