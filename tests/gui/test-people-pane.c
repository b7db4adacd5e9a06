/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of people: order, search, presence, unread messages, and what is said of them. */
#include <adwaita.h>

#include "client/client-private.h"
#include "client/conversation-private.h"
#include "gui-util.h"
#include "ui/clock.h"
#include "ui/pages.h"
#include "ui/people-model.h"
#include "ui/people-pane.h"
#include "ui/person-row.h"
#include "ui/timestamp.h"

#define MINUTE ((gint64) 60 * 1000)

typedef struct
{
  WcClient *client;
  UiPeopleModel *model; /* for the model's tests */
  GtkWidget *pane;      /* for the pane's */
  GtkWindow *window;
  WcConversation *opened;
  gboolean entered;
  guint n_opened;
} Fixture;

static WcConversation *
meet (Fixture *f, const char *peer)
{
  return wc_client_meet (f->client, peer, FALSE);
}

static void
last_said (Fixture *f, const char *peer, const char *text, gint64 minutes_ago)
{
  const gint64 time = g_get_real_time () / 1000 - minutes_ago * MINUTE;
  g_autoptr (WcEntry) entry = wc_entry_new_message (peer, FALSE, text, 1, time, WC_DELIVERY_NONE);

  wc_conversation_set_last (meet (f, peer), entry);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->client = wc_client_new ();
}

static void
set_up_model (Fixture *f, gconstpointer data)
{
  set_up (f, data);
  f->model = ui_people_model_new ();
  g_object_set (f->model, "source", wc_client_get_people (f->client), NULL);
}

static void
open_cb (Fixture *f, WcConversation *conversation, gboolean enter)
{
  f->opened = conversation;
  f->entered = enter;
  f->n_opened++;
}

static void
set_up_pane (Fixture *f, gconstpointer data)
{
  set_up (f, data);
  f->pane = g_object_new (UI_TYPE_PEOPLE_PANE, "client", f->client, NULL);
  g_signal_connect_swapped (f->pane, "open", G_CALLBACK (open_cb), f);
  f->window = gui_open_window (f->pane, 320, 500);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  if (f->model)
    g_assert_finalize_object (f->model);
  if (f->pane)
    {
      g_object_add_weak_pointer (G_OBJECT (f->pane), (gpointer *) &f->pane);
      gui_close_window (f->window);
      g_assert_null (f->pane);
    }
  g_assert_finalize_object (f->client);
}

/* Who is in a model, in its order: "alice bob carol". */
static char *
names (gpointer model)
{
  GString *all = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr (WcConversation) item = g_list_model_get_item (model, i);

      g_string_append_printf (all, "%s%s", i ? " " : "", wc_conversation_get_peer (item));
    }
  return g_string_free (all, FALSE);
}

static void
assert_names (gpointer model, const char *expected)
{
  g_autofree char *found = NULL;

  while (g_main_context_iteration (NULL, FALSE)) /* it sorts in an idle */
    ;
  found = names (model);
  g_assert_cmpstr (found, ==, expected);
}

static void
test_order (Fixture *f, gconstpointer data)
{
  meet (f, "dave");
  meet (f, "Carol");
  meet (f, "bob");
  meet (f, "alice");
  assert_names (f->model, "alice bob Carol dave");

  last_said (f, "dave", "hello", 60);
  assert_names (f->model, "dave alice bob Carol");
  last_said (f, "Carol", "hello", 30);
  assert_names (f->model, "Carol dave alice bob");
  last_said (f, "dave", "again", 0);
  assert_names (f->model, "dave Carol alice bob");

  meet (f, "aaron");
  assert_names (f->model, "dave Carol aaron alice bob");
}

static void
test_search (Fixture *f, gconstpointer data)
{
  gboolean source_empty;

  meet (f, "alice");
  meet (f, "Malik");
  meet (f, "bob");

  g_object_set (f->model, "search", "ali", NULL);
  assert_names (f->model, "alice Malik");
  g_object_set (f->model, "search", " MALI ", NULL);
  assert_names (f->model, "Malik");
  g_object_set (f->model, "search", "zz", NULL);
  assert_names (f->model, "");
  g_object_get (f->model, "source-empty", &source_empty, NULL);
  g_assert_false (source_empty);
  meet (f, "zz-top");
  assert_names (f->model, "zz-top");
  g_object_set (f->model, "search", NULL, NULL);
  assert_names (f->model, "alice bob Malik zz-top");
}

static void
count_cb (guint *count)
{
  (*count)++;
}

static void
test_unread (Fixture *f, gconstpointer data)
{
  guint unread, n_notified = 0;

  g_signal_connect_swapped (f->model, "notify::unread", G_CALLBACK (count_cb), &n_notified);
  wc_conversation_add_unread (meet (f, "alice"));
  wc_conversation_add_unread (meet (f, "alice"));
  wc_conversation_add_unread (meet (f, "bob"));
  g_object_get (f->model, "unread", &unread, NULL);
  g_assert_cmpuint (unread, ==, 3);
  wc_conversation_mark_read (meet (f, "alice"));
  g_object_get (f->model, "unread", &unread, NULL);
  g_assert_cmpuint (unread, ==, 1);
  g_assert_cmpuint (n_notified, ==, 4);

  /* Whoever is no longer there is not counted. */
  g_object_set (f->model, "source", NULL, NULL);
  g_object_get (f->model, "unread", &unread, NULL);
  g_assert_cmpuint (unread, ==, 0);
}

/* A burst of messages must not cost a sort of everybody each. */
static void
test_burst (Fixture *f, gconstpointer data)
{
  guint n_changes = 0;

  for (int i = 0; i < 300; i++)
    {
      g_autofree char *peer = g_strdup_printf ("peer%03d", i);

      meet (f, peer);
    }
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_signal_connect_swapped (f->model, "items-changed", G_CALLBACK (count_cb), &n_changes);
  for (int i = 0; i < 300; i++)
    {
      g_autofree char *peer = g_strdup_printf ("peer%03d", i);

      last_said (f, peer, "hello", 300 - i);
    }
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (n_changes, >=, 1);
  g_assert_cmpuint (n_changes, <, 20);
}

static const char *
page (Fixture *f)
{
  return ui_pages_get_page (UI_PAGES (gui_find_id (f->pane, "pages")));
}

static void
search (Fixture *f, const char *text)
{
  gtk_editable_set_text (GTK_EDITABLE (gui_find_id (f->pane, "search_entry")), text);
}

static void
test_pages (Fixture *f, gconstpointer data)
{
  g_assert_cmpstr (page (f), ==, "page_waiting");
  wc_client_set_state (f->client, WC_STATE_ONLINE);
  g_assert_cmpstr (page (f), ==, "page_empty");
  wc_client_set_base (f->client, TRUE);
  g_assert_cmpstr (page (f), ==, "page_unlisted");
  wc_client_set_base (f->client, FALSE);
  meet (f, "alice");
  g_assert_cmpstr (page (f), ==, "page_people");
  search (f, "bob");
  g_assert_cmpstr (page (f), ==, "page_no_match");
  search (f, "");
  g_assert_cmpstr (page (f), ==, "page_people");
  gui_wait_frames (f->pane, 2);
  gui_assert_named (f->pane);
}

static GtkWidget *
row_of (Fixture *f)
{
  gui_wait_frames (f->pane, 2);
  return gui_find (f->pane, UI_TYPE_PERSON_ROW);
}

static void
assert_spoken (Fixture *f, const char *expected)
{
  GtkWidget *row = row_of (f);

  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (gtk_widget_get_parent (row)), GTK_ACCESSIBLE_PROPERTY_LABEL, expected);
}

static void
test_spoken (Fixture *f, gconstpointer data)
{
  g_autoptr (WcEntry) yesterday = NULL;
  WcConversation *alice = meet (f, "alice");

  assert_spoken (f, "alice");
  wc_conversation_set_presence (alice, WC_PRESENCE_ONLINE);
  assert_spoken (f, "alice, online");
  wc_conversation_set_presence (alice, WC_PRESENCE_OFFLINE);
  assert_spoken (f, "alice, offline");

  yesterday = wc_entry_new_message ("me", TRUE, "two\nlines", 1, g_get_real_time () / 1000 - 24 * 60 * MINUTE, WC_DELIVERY_STORED);
  wc_conversation_set_last (alice, yesterday);
  assert_spoken (f, "alice, offline, Yesterday: You: two lines");
  wc_conversation_add_unread (alice);
  assert_spoken (f, "alice, offline, 1 unread message, Yesterday: You: two lines");
  wc_conversation_add_unread (alice);
  assert_spoken (f, "alice, offline, 2 unread messages, Yesterday: You: two lines");
}

static void
test_row (Fixture *f, gconstpointer data)
{
  WcConversation *alice = meet (f, "alice");
  GtkWidget *row = row_of (f);
  GtkWidget *dot = gui_find_id (row, "dot");

  g_assert_nonnull (gui_find_label (row, "alice"));
  g_assert_false (gtk_widget_get_visible (dot));

  wc_conversation_set_presence (alice, WC_PRESENCE_ONLINE);
  g_assert_true (gtk_widget_get_visible (dot));
  g_assert_true (gtk_widget_has_css_class (dot, "online"));
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (dot), GTK_ACCESSIBLE_PROPERTY_LABEL, "online");
  wc_conversation_set_presence (alice, WC_PRESENCE_OFFLINE);
  g_assert_true (gtk_widget_has_css_class (dot, "offline"));
  g_assert_false (gtk_widget_has_css_class (dot, "online"));

  last_said (f, "alice", "see you then", 0);
  g_assert_nonnull (gui_find_label (row_of (f), "see you then"));
  wc_conversation_set_draft (alice, "I meant\nto say");
  g_assert_nonnull (gui_find_label (row_of (f), "Draft: I meant to say"));
  wc_conversation_add_unread (alice);
  g_assert_nonnull (gui_find_label (row_of (f), "see you then"));
  g_assert_nonnull (gui_find_label (row_of (f), "1"));
  wc_conversation_mark_read (alice);
  gui_wait_frames (f->pane, 2);
  g_assert_null (gui_find_label (row_of (f), "1"));
}

static void
assert_row_reads (Fixture *f, const char *expected)
{
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (gtk_widget_get_parent (row_of (f))), GTK_ACCESSIBLE_PROPERTY_LABEL, expected);
}

static void
test_typing (Fixture *f, gconstpointer data)
{
  WcConversation *alice = meet (f, "alice");

  wc_conversation_set_presence (alice, WC_PRESENCE_ONLINE);
  gui_wait_frames (f->pane, 2);
  wc_conversation_set_typing (alice, TRUE); /* before there is any message */
  gui_wait_frames (f->pane, 2);
  g_assert_nonnull (gui_find_label (row_of (f), "typing…"));
  wc_conversation_set_typing (alice, FALSE);
  last_said (f, "alice", "see you then", 24 * 60);
  g_assert_nonnull (gui_find_label (row_of (f), "see you then"));
  wc_conversation_set_draft (alice, "I meant\nto say");
  wc_conversation_set_typing (alice, TRUE);
  g_assert_nonnull (gui_find_label (row_of (f), "typing…"));
  assert_row_reads (f, "alice, online, Yesterday: typing…");
  wc_conversation_set_typing (alice, FALSE);
  g_assert_nonnull (gui_find_label (row_of (f), "Draft: I meant to say"));
  assert_row_reads (f, "alice, online, Yesterday: Draft: I meant to say");
  /* Not of the chat that is open: there it stands before one's eyes. */
  ui_people_pane_set_selected (UI_PEOPLE_PANE (f->pane), alice);
  gui_wait_frames (f->pane, 2);
  g_assert_nonnull (gui_find_label (row_of (f), "see you then"));
  assert_row_reads (f, "alice, online, Yesterday: see you then");
}

/* What was today is yesterday after midnight, without anything else happening. */
static void
test_midnight (Fixture *f, gconstpointer data)
{
  UiClock *clock = ui_clock_get_default ();
  WcConversation *alice = meet (f, "alice");
  g_autofree char *time = NULL;

  last_said (f, "alice", "see you then", 0);
  time = ui_time_of_day (wc_entry_get_time (wc_conversation_get_last (alice)));
  gui_wait_frames (f->pane, 2);
  g_assert_nonnull (gui_find_label (row_of (f), time));
  ui_clock_stop_at (clock, wc_entry_get_time (wc_conversation_get_last (alice)) + 24 * 60 * MINUTE);
  g_assert_nonnull (gui_find_label (row_of (f), "Yesterday"));
  assert_row_reads (f, "alice, Yesterday: see you then");
  ui_clock_stop_at (clock, 0);
  g_assert_nonnull (gui_find_label (row_of (f), time));
}

static void
activate (Fixture *f, guint position)
{
  gtk_widget_activate_action (gui_find_id (f->pane, "list"), "list.activate-item", "u", position);
}

static void
select_row (Fixture *f, guint position)
{
  gtk_widget_activate_action (gui_find_id (f->pane, "list"), "list.select-item", "(ubb)", position, FALSE, FALSE);
}

static void
test_open (Fixture *f, gconstpointer data)
{
  WcConversation *alice = meet (f, "alice");
  WcConversation *bob = meet (f, "bob");
  WcConversation *selected;

  gui_wait_frames (f->pane, 2);
  g_assert_cmpuint (f->n_opened, ==, 0);
  activate (f, 1);
  g_assert_true (f->opened == bob && f->entered);

  /* Moving through the list opens without taking the keyboard away. */
  select_row (f, 0);
  g_assert_true (f->opened == alice && !f->entered);
  g_assert_cmpuint (f->n_opened, ==, 2);

  /* Not so where the list is all there is. */
  g_object_set (f->pane, "folded", TRUE, NULL);
  select_row (f, 1);
  g_assert_cmpuint (f->n_opened, ==, 2);
  g_object_set (f->pane, "folded", FALSE, NULL);

  /* A row keeps its mark while it moves, or is hidden and shown again, and nothing opens by that. */
  ui_people_pane_set_selected (UI_PEOPLE_PANE (f->pane), bob);
  last_said (f, "bob", "hello", 0);
  assert_names (ui_people_pane_get_model (UI_PEOPLE_PANE (f->pane)), "bob alice");
  search (f, "ali");
  search (f, "");
  g_object_get (f->pane, "selected", &selected, NULL);
  g_assert_true (selected == bob);
  g_object_unref (selected);
  g_assert_cmpuint (gtk_single_selection_get_selected (GTK_SINGLE_SELECTION (
                      gtk_list_view_get_model (GTK_LIST_VIEW (gui_find_id (f->pane, "list"))))), ==, 0);
  g_assert_cmpuint (f->n_opened, ==, 2);
}

static void
test_search_opens (Fixture *f, gconstpointer data)
{
  meet (f, "alice");
  meet (f, "bob");
  ui_people_pane_search (UI_PEOPLE_PANE (f->pane));
  search (f, "bo");
  g_signal_emit_by_name (gui_find_id (f->pane, "search_entry"), "activate");
  g_assert_cmpstr (wc_conversation_get_peer (f->opened), ==, "bob");
  g_assert_true (f->entered);
  search (f, "nobody");
  g_signal_emit_by_name (gui_find_id (f->pane, "search_entry"), "activate");
  g_assert_cmpuint (f->n_opened, ==, 1);
  g_signal_emit_by_name (gui_find_id (f->pane, "search_entry"), "stop-search");
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (gui_find_id (f->pane, "search_entry"))), ==, "");
}

int
main (int argc, char *argv[])
{
  if (!gui_test_init (&argc, &argv))
    return 0;

#define ADD(name, prepare, function) g_test_add (name, Fixture, NULL, prepare, function, tear_down)
  ADD ("/people-model/order", set_up_model, test_order);
  ADD ("/people-model/search", set_up_model, test_search);
  ADD ("/people-model/unread", set_up_model, test_unread);
  ADD ("/people-model/burst", set_up_model, test_burst);
  ADD ("/people-pane/pages", set_up_pane, test_pages);
  ADD ("/people-pane/spoken", set_up_pane, test_spoken);
  ADD ("/people-pane/row", set_up_pane, test_row);
  ADD ("/people-pane/open", set_up_pane, test_open);
  ADD ("/people-pane/search-opens", set_up_pane, test_search_opens);

  g_test_add ("/people-pane/typing", Fixture, NULL, set_up_pane, test_typing, tear_down);
  g_test_add ("/people-pane/midnight", Fixture, NULL, set_up_pane, test_midnight, tear_down);

  return g_test_run ();
}
