/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Searching: the text around what was found, the field and its hits, in one chat and in all of them. */
#include <string.h>

#include <adwaita.h>

#include "client/client-private.h"
#include "client/conversation-private.h"
#include "gui-util.h"
#include "sample.h"
#include "ui/chat-pane.h"
#include "ui/history-pane.h"
#include "ui/hit-row.h"
#include "ui/main-page.h"
#include "ui/pages.h"
#include "ui/people-pane.h"
#include "ui/search-view.h"
#include "ui/snippet.h"
#include "ui/window.h"

static void
test_snippet (void)
{
  static const struct
  {
    const char *text, *words, *markup;
  } rows[] = {
    { "see you at the harbour", "harb", "see you at the <b>harb</b>our" },
    { "See you", "see YOU", "<b>See</b> <b>you</b>" },
    { "the sea", "he", "the sea" }, /* words are found by how they begin */
    { "Café, cafe\xcc\x81s, CAFE", "cafe", "<b>Café</b>, <b>cafe\xcc\x81</b>s, <b>CAFE</b>" },
    { "a < b & c", "c", "a &lt; b &amp; <b>c</b>" },
    { "one\ntwo\tthree", "two", "one <b>two</b> three" },
    { "I don't know", "don't", "I <b>don&apos;t</b> know" },
    { "I don. True", "don't", "I <b>don. T</b>rue" }, /* as the index sees it */
    { "明日は東京です", "東京", "明日は<b>東京</b>です" },
    { "party 🎉🎉", "🎉", "party <b>🎉🎉</b>" },
    { "Привет, мир", "МИР", "Привет, <b>мир</b>" },
    { "straße", "strasse", "<b>straße</b>" },
    { "nothing", "", "nothing" },
    { "", "x", "" },
    { "0123456789 0123456789 0123456789 0123456789 needle in it", "needle", "…0123456789 0123456789 <b>needle</b> in it" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *markup = ui_snippet_markup (rows[i].text, rows[i].words);

      g_assert_cmpstr (markup, ==, rows[i].markup);
      g_assert_true (pango_parse_markup (markup, -1, 0, NULL, NULL, NULL, NULL));
    }
}

/* As long as a message can be, and of what takes longest to fold. */
static void
test_snippet_of_much (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *markup = NULL;

  while (text->len < 8000)
    g_string_append (text, "ﷺ é ");
  g_string_append (text, "end");
  markup = ui_snippet_markup (text->str, "end é");
  g_assert_nonnull (strstr (markup, "<b>é</b>"));
  g_assert_true (pango_parse_markup (markup, -1, 0, NULL, NULL, NULL, NULL));
}

typedef struct
{
  Sample *sample;
  GtkWidget *view;
  GtkWindow *window;
  WcHit *opened;
  guint n_stops;
} Fixture;

static void
open_cb (UiSearchView *view, WcHit *hit, Fixture *f)
{
  g_set_object (&f->opened, hit);
}

static void
stop_cb (UiSearchView *view, Fixture *f)
{
  f->n_stops++;
}

static void
set_up (Fixture *f, gconstpointer in_chat)
{
  f->sample = sample_new ("Bob");
  f->view = g_object_new (UI_TYPE_SEARCH_VIEW, "client", f->sample->client, "child", gtk_label_new ("the child"), NULL);
  if (in_chat)
    g_object_set (f->view, "conversation", f->sample->conversation, NULL);
  g_signal_connect (f->view, "open", G_CALLBACK (open_cb), f);
  g_signal_connect (f->view, "stop", G_CALLBACK (stop_cb), f);
  f->window = gui_open_window (f->view, 320, 500);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_object_ref (f->view);
  gui_close_window (f->window);
  g_assert_finalize_object (f->view);
  g_clear_object (&f->opened);
  sample_free (f->sample);
}

static gboolean
is_idle (gpointer search)
{
  return !wc_search_get_loading (search);
}

static WcSearch *
search_for (GtkWidget *view, const char *words)
{
  WcSearch *search;

  ui_search_view_begin (UI_SEARCH_VIEW (view), words);
  search = ui_search_view_get_search (UI_SEARCH_VIEW (view));
  g_assert_nonnull (search);
  gui_wait_until (is_idle, search);
  return search;
}

static void
find (Fixture *f, WcSearch *search, gboolean own, const char *text, guint64 seq)
{
  g_autoptr (WcEntry) entry = wc_entry_new_message (own ? "me" : "Bob", own, text, seq, g_get_real_time () / 1000 - (gint64) 24 * 3600 * 1000,
                                                    WC_DELIVERY_NONE);

  wc_search_append (search, f->sample->conversation, entry);
}

static GtkWidget *
entry_of (GtkWidget *view)
{
  return gui_find (view, GTK_TYPE_SEARCH_ENTRY);
}

static gboolean
has_focus (GtkWidget *window, GtkWidget *widget)
{
  GtkWidget *focus = gtk_root_get_focus (GTK_ROOT (window));

  return focus && (focus == widget || gtk_widget_is_ancestor (focus, widget));
}

static void
test_hits (Fixture *f, gconstpointer data)
{
  WcSearch *search;
  GtkWidget *row, *item;

  g_assert_nonnull (gui_find_label (f->view, "the child"));
  search = search_for (f->view, "harb");
  gui_wait_frames (f->view, 2);
  g_assert_nonnull (gui_find_label (f->view, "No Messages Found"));
  g_assert_null (gui_find_label (f->view, "the child"));
  find (f, search, FALSE, "down at the harbour", 7);
  find (f, search, TRUE, "which harbour?", 8);
  gui_wait_frames (f->view, 3);
  g_assert_null (gui_find_label (f->view, "No Messages Found"));
  row = gui_find (f->view, UI_TYPE_HIT_ROW);
  item = gtk_widget_get_parent (row);
  g_assert_nonnull (gui_find_label (row, "Bob"));
  g_assert_nonnull (gui_find_label (row, "Yesterday"));
  g_assert_nonnull (gui_find_label (row, "down at the harbour"));
  g_assert_nonnull (strstr (gtk_label_get_label (GTK_LABEL (gui_find_label (row, "down at the harbour"))), "<b>harb</b>"));
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (item), GTK_ACCESSIBLE_PROPERTY_LABEL, "Bob, Yesterday: down at the harbour");
  g_assert_nonnull (gui_find_label (f->view, data ? "You" : "You to Bob"));
  gui_assert_named (f->view);
}

/* From the field to the hits and back, and out, without a pointer. */
static void
test_keyboard (Fixture *f, gconstpointer data)
{
  GtkWidget *window = GTK_WIDGET (f->window);
  WcSearch *search = search_for (f->view, "harbour");
  GtkWidget *list = gui_find (f->view, GTK_TYPE_LIST_VIEW);

  find (f, search, FALSE, "down at the harbour", 7);
  find (f, search, FALSE, "harbour two", 6);
  gui_wait_frames (f->view, 3);
  g_signal_emit_by_name (entry_of (f->view), "activate");
  g_assert_cmpuint (wc_entry_get_seq (wc_hit_get_entry (f->opened)), ==, 7);
  g_assert_true (has_focus (window, entry_of (f->view)));
  g_assert_true (gui_press (entry_of (f->view), GDK_KEY_Down, 0));
  g_assert_true (has_focus (window, list));
  g_signal_emit_by_name (list, "activate", 1);
  g_assert_cmpuint (wc_entry_get_seq (wc_hit_get_entry (f->opened)), ==, 6);
  g_assert_true (gui_press (list, GDK_KEY_Escape, 0));
  g_assert_true (has_focus (window, entry_of (f->view)));
  g_signal_emit_by_name (entry_of (f->view), "stop-search");
  g_assert_nonnull (gui_find_label (f->view, "the child"));
  g_assert_cmpuint (f->n_stops, ==, 0);
  g_signal_emit_by_name (entry_of (f->view), "stop-search");
  g_assert_cmpuint (f->n_stops, ==, 1);
}

/* The child is where the chosen message shows; then one comes back to the hits. */
static void
test_back (Fixture *f, gconstpointer data)
{
  UiSearchView *view = UI_SEARCH_VIEW (f->view);
  WcSearch *search = search_for (f->view, "harbour");

  g_assert_true (ui_search_view_get_searching (view));
  find (f, search, FALSE, "down at the harbour", 7);
  gui_wait_frames (f->view, 2);
  ui_search_view_show_child (view);
  g_assert_false (ui_search_view_get_searching (view));
  g_assert_nonnull (gui_find_label (f->view, "the child"));
  g_assert_true (ui_search_view_back (view));
  g_assert_true (ui_search_view_get_searching (view));
  g_assert_true (ui_search_view_back (view));
  g_assert_false (ui_search_view_get_searching (view));
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (entry_of (f->view))), ==, "");
  g_assert_false (ui_search_view_back (view));
  ui_search_view_set_note (view, "The message is gone.");
  g_assert_nonnull (gui_find_label (f->view, "The message is gone."));
}

/* In the window */

static GtkApplication *application;

typedef struct
{
  WcClient *client;
  UiSettings *settings;
  UiWindow *window;
} App;

static gboolean
is_drawn (gpointer window)
{
  return gtk_widget_get_mapped (window) && gdk_frame_clock_get_frame_counter (gtk_widget_get_frame_clock (window)) >= 1;
}

static void
set_up_app (App *app, gconstpointer width)
{
  app->client = wc_client_new ();
  app->settings = ui_settings_new (NULL);
  g_object_set (app->settings, "window-width", GPOINTER_TO_INT (width), NULL);
  app->window = ui_window_new (application, app->client, app->settings, NULL);
  gtk_window_present (GTK_WINDOW (app->window));
  gui_wait_until (is_drawn, app->window);
  wc_client_set_identity (app->client, "localhost:5000", "me");
  wc_client_set_state (app->client, WC_STATE_ONLINE);
  wc_client_meet (app->client, "alice", FALSE);
  wc_client_meet (app->client, "bob", FALSE);
  wc_client_set_state (app->client, WC_STATE_WAITING); /* there is no server to be asked, so the search ends */
  gui_wait_frames (GTK_WIDGET (app->window), 2);
}

static void
tear_down_app (App *app, gconstpointer data)
{
  g_object_add_weak_pointer (G_OBJECT (app->window), (gpointer *) &app->window);
  gui_close_window (GTK_WINDOW (app->window));
  g_assert_null (app->window);
  wc_client_logout (app->client);
  g_assert_finalize_object (app->client);
  g_assert_finalize_object (app->settings);
}

static void
act (App *app, const char *action)
{
  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (app->window), action, NULL));
  gui_wait_frames (GTK_WIDGET (app->window), 3);
}

static gboolean
shows_history (App *app)
{
  gboolean shows;

  g_object_get (app->window, "show-history", &shows, NULL);
  return shows;
}

static void
test_everywhere (App *app, gconstpointer data)
{
  GtkWidget *window = GTK_WIDGET (app->window);
  GtkWidget *page = gui_find (window, UI_TYPE_MAIN_PAGE);
  WcConversation *bob = wc_client_get_conversation (app->client, "bob");
  g_autoptr (WcEntry) entry = wc_entry_new_message ("bob", FALSE, "at the harbour", 7, 1, WC_DELIVERY_NONE);
  GtkWidget *view = gui_find_id (page, "search");
  WcSearch *search;
  int width;

  ui_window_open (app->window, wc_client_get_conversation (app->client, "alice"));
  act (app, "win.search");
  g_assert_true (has_focus (window, view));
  g_assert_nonnull (gui_find_label (view, "Search All Messages"));
  gui_assert_named (window);
  width = gtk_widget_get_width (view);
  search = search_for (view, "harbour");
  wc_search_append (search, bob, entry);
  gui_wait_frames (window, 3);
  g_assert_nonnull (gui_find_label (view, "Only this computer was searched: the server cannot be asked now."));
  g_assert_cmpint (gtk_widget_get_width (view), ==, width); /* what there is to say moves nothing */
  g_signal_emit_by_name (entry_of (view), "activate");
  gui_wait_frames (window, 3);
  /* The hit's chat, and its history; the hits stay for the next one. */
  g_assert_true (ui_main_page_get_conversation (UI_MAIN_PAGE (page)) == bob);
  g_assert_true (shows_history (app));
  g_assert_true (ui_search_view_get_searching (UI_SEARCH_VIEW (view)));
  gui_assert_named (window);
  /* Back: out of the history, to the list in a narrow window, out of the search. */
  for (int i = 0; i < 6 && g_strcmp0 (ui_pages_get_page (UI_PAGES (gui_find_id (page, "sidebar"))), "people") != 0; i++)
    {
      if (!shows_history (app))
        act (app, "win.search");
      act (app, "win.back");
    }
  g_assert_false (shows_history (app));
  g_assert_cmpstr (ui_pages_get_page (UI_PAGES (gui_find_id (page, "sidebar"))), ==, "people");
  g_assert_true (has_focus (window, gui_find_id (page, "people")));
}

/* What was typed to find a person may have been a word. */
static void
test_from_people (App *app, gconstpointer data)
{
  GtkWidget *window = GTK_WIDGET (app->window);
  GtkWidget *people = gui_find (window, UI_TYPE_PEOPLE_PANE);
  GtkWidget *view = gui_find_id (gui_find (window, UI_TYPE_MAIN_PAGE), "search");

  act (app, "win.find-person");
  gtk_editable_set_text (GTK_EDITABLE (gui_find_id (people, "search_entry")), "harbour");
  gui_wait_frames (window, 3);
  g_assert_nonnull (gui_find_button (people, "Search Messages"));
  g_signal_emit_by_name (gui_find_button (people, "Search Messages"), "clicked");
  gui_wait_frames (window, 2);
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (entry_of (view))), ==, "harbour");
  g_assert_cmpstr (wc_search_get_words (ui_search_view_get_search (UI_SEARCH_VIEW (view))), ==, "harbour");
}

static void
test_in_chat (App *app, gconstpointer data)
{
  GtkWidget *window = GTK_WIDGET (app->window);
  GtkWidget *history;

  ui_window_open (app->window, wc_client_get_conversation (app->client, "bob"));
  act (app, "win.search-chat");
  g_assert_true (shows_history (app));
  history = gui_find (window, UI_TYPE_HISTORY_PANE);
  g_assert_nonnull (history);
  g_assert_true (has_focus (window, entry_of (history)));
  search_for (gui_find (history, UI_TYPE_SEARCH_VIEW), "harbour");
  gui_assert_named (window);
  act (app, "win.back"); /* the words go */
  g_assert_true (shows_history (app));
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (entry_of (history))), ==, "");
  act (app, "win.back"); /* the history goes */
  g_assert_false (shows_history (app));
  g_assert_true (has_focus (window, gui_find (window, UI_TYPE_CHAT_PANE)));
}

int
main (int argc, char **argv)
{
  int status;

  if (!gui_test_init (&argc, &argv))
    return 0;
  application = GTK_APPLICATION (adw_application_new ("im.webchat.TestSearch", G_APPLICATION_NON_UNIQUE));
  g_assert_true (g_application_register (G_APPLICATION (application), NULL, NULL));
  g_test_add_func ("/search/snippet", test_snippet);
  g_test_add_func ("/search/snippet-of-much", test_snippet_of_much);
  g_test_add ("/search/hits/everywhere", Fixture, NULL, set_up, test_hits, tear_down);
  g_test_add ("/search/hits/in-chat", Fixture, "chat", set_up, test_hits, tear_down);
  g_test_add ("/search/keyboard", Fixture, NULL, set_up, test_keyboard, tear_down);
  g_test_add ("/search/back", Fixture, NULL, set_up, test_back, tear_down);
  g_test_add ("/search/everywhere/wide", App, GINT_TO_POINTER (1100), set_up_app, test_everywhere, tear_down_app);
  g_test_add ("/search/everywhere/narrow", App, GINT_TO_POINTER (360), set_up_app, test_everywhere, tear_down_app);
  g_test_add ("/search/from-people", App, GINT_TO_POINTER (1100), set_up_app, test_from_people, tear_down_app);
  g_test_add ("/search/in-chat/wide", App, GINT_TO_POINTER (1100), set_up_app, test_in_chat, tear_down_app);
  g_test_add ("/search/in-chat/narrow", App, GINT_TO_POINTER (360), set_up_app, test_in_chat, tear_down_app);
  status = g_test_run ();
  g_object_unref (application);
  return status;
}
