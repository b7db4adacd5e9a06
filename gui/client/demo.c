/* SPDX-License-Identifier: GPL-3.0-or-later */
/* webchat-demo HOST:PORT ALICE BOB: two people have a real chat through a running server, and the terminal shows it. For
 * machines without a display. Exit status 0 only if everything really happened. */
#include <locale.h>
#include <stdlib.h>

#include "client/client.h"

#define PATIENCE_S 20

typedef struct
{
  WcClient *client;
  WcConversation *with; /* the conversation with the other one */
  gboolean answered;    /* the login has ended */
  GError *error;
} Person;

typedef gboolean (*Condition) (Person *alice, Person *bob);

typedef struct
{
  gboolean by_bob;
  const char *text;
} Line;

static const Line lines[] = {
  { FALSE, "Hello! Does this really go through the server?" },
  { TRUE, "It does, and it is stored there before I see it." },
  { FALSE, "Two lines\nin one message?" },
  { TRUE, "That too. Ünïcödé as well. 👋" },
};

static guint n_said;

static gboolean
give_up_cb (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;

  return G_SOURCE_CONTINUE;
}

/* Runs the main loop until it holds; ends the program when it does not. */
static void
expect (Condition condition, const char *what, Person *alice, Person *bob)
{
  gboolean late = FALSE;
  guint source = g_timeout_add_seconds (PATIENCE_S, give_up_cb, &late);

  while (!late && !condition (alice, bob))
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (source);

  if (late)
    {
      g_printerr ("webchat-demo: this did not happen within %d seconds: %s\n", PATIENCE_S, what);
      exit (1);
    }
}

static const char *
name (Person *person)
{
  return wc_client_get_client_id (person->client);
}

static void
login_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Person *person = user_data;

  person->answered = TRUE;
  wc_client_login_finish (WC_CLIENT (source), result, &person->error);
}

static gboolean
both_answered (Person *alice, Person *bob)
{
  return alice->answered && bob->answered;
}

static gboolean
chat_is_open (Person *alice, Person *bob)
{
  return wc_conversation_get_chat (alice->with) == WC_CHAT_OPEN && wc_conversation_get_chat (bob->with) == WC_CHAT_OPEN;
}

static gboolean
chat_is_over (Person *alice, Person *bob)
{
  return wc_conversation_get_chat (alice->with) == WC_CHAT_NONE && wc_conversation_get_chat (bob->with) == WC_CHAT_NONE;
}

static gboolean
is_stored (WcEntry *entry)
{
  switch ((int) wc_entry_get_delivery (entry))
    {
    case WC_DELIVERY_STORED:
    case WC_DELIVERY_DELIVERED:
    case WC_DELIVERY_READ:
      return TRUE;
    default:
      return FALSE;
    }
}

static gboolean
has_last (Person *person, gboolean own)
{
  WcEntry *last = wc_conversation_get_last (person->with);

  return last != NULL && wc_entry_get_own (last) == own && g_strcmp0 (wc_entry_get_text (last), lines[n_said].text) == 0
         && (!own || is_stored (last));
}

static gboolean
both_have_it (Person *alice, Person *bob)
{
  return has_last (alice, !lines[n_said].by_bob) && has_last (bob, lines[n_said].by_bob);
}

static gboolean
both_are_offline (Person *alice, Person *bob)
{
  return wc_client_get_state (alice->client) == WC_STATE_OFFLINE && wc_client_get_state (bob->client) == WC_STATE_OFFLINE;
}

static WcLog *history;

static gboolean
history_is_loaded (Person *alice, Person *bob)
{
  return !wc_log_get_loading (history);
}

static void
log_in (Person *alice, Person *bob, const char *server, char **ids)
{
  Person *people[] = { alice, bob };

  for (guint i = 0; i < 2; i++)
    {
      people[i]->client = wc_client_new ();
      wc_client_login_async (people[i]->client, server, ids[i], NULL, login_cb, people[i]);
    }
  expect (both_answered, "the logins are answered", alice, bob);

  for (guint i = 0; i < 2; i++)
    {
      if (people[i]->error != NULL)
        {
          g_printerr ("webchat-demo: %s cannot log in: %s\n", ids[i], people[i]->error->message);
          exit (1);
        }
      g_print ("  * %s has logged in at %s\n", ids[i], server);
      people[i]->with = wc_client_get_conversation (people[i]->client, ids[1 - i]);
    }
}

static void
say (Person *alice, Person *bob)
{
  const Line *line = &lines[n_said];
  Person *writer = line->by_bob ? bob : alice, *reader = line->by_bob ? alice : bob;
  g_autoptr (GError) error = NULL;
  WcEntry *read;

  if (!wc_conversation_send (writer->with, line->text, &error))
    {
      g_printerr ("webchat-demo: %s cannot write: %s\n", name (writer), error->message);
      exit (1);
    }
  expect (both_have_it, "a message is stored, and read by the other one", alice, bob);
  read = wc_conversation_get_last (reader->with);
  g_print ("  %s reads #%" G_GUINT64_FORMAT " from %s: %s\n", name (reader), wc_entry_get_seq (read), wc_entry_get_from (read),
           wc_entry_get_text (read));
}

/* What was said just now must stand at the end of the history, in order. */
static void
read_history (Person *alice, Person *bob)
{
  guint n;

  history = wc_log_new (bob->with);
  wc_log_load_newest (history);
  expect (history_is_loaded, "the history comes", alice, bob);

  n = g_list_model_get_n_items (G_LIST_MODEL (history));
  g_print ("  * %s reads the history with %s:\n", name (bob), name (alice));
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      guint position = n - G_N_ELEMENTS (lines) + i; /* too few: beyond the end, and NULL */
      g_autoptr (WcEntry) entry = g_list_model_get_item (G_LIST_MODEL (history), position);

      if (entry == NULL || g_strcmp0 (wc_entry_get_text (entry), lines[i].text) != 0 || wc_entry_get_own (entry) != lines[i].by_bob)
        {
          g_printerr ("webchat-demo: the history does not hold what was said\n");
          exit (1);
        }
      g_print ("      #%" G_GUINT64_FORMAT " %s: %s\n", wc_entry_get_seq (entry), wc_entry_get_from (entry), wc_entry_get_text (entry));
    }
  g_clear_object (&history);
}

int
main (int argc, char **argv)
{
  Person alice = { 0 }, bob = { 0 };

  if (argc != 4)
    {
      g_printerr ("Usage: webchat-demo HOST:PORT ALICE BOB\n");
      return 2;
    }

  setlocale (LC_ALL, "");
  log_in (&alice, &bob, argv[1], argv + 2);

  wc_conversation_request_chat (alice.with);
  expect (chat_is_open, "the chat starts", &alice, &bob);
  g_print ("  * %s has started a chat with %s\n", name (&alice), name (&bob));

  for (n_said = 0; n_said < G_N_ELEMENTS (lines); n_said++)
    say (&alice, &bob);

  wc_conversation_end_chat (alice.with);
  expect (chat_is_over, "the chat ends for both", &alice, &bob);
  g_print ("  * %s has ended the chat\n", name (&alice));

  read_history (&alice, &bob);

  wc_client_logout (alice.client);
  wc_client_logout (bob.client);
  expect (both_are_offline, "both log out", &alice, &bob);
  g_print ("  * both have logged out\n");
  g_object_unref (alice.client);
  g_object_unref (bob.client);

  return 0;
}
