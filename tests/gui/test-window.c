/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The main window: which page shows, wide and narrow, its actions, the banner, and chats in windows of their own. */
#include <adwaita.h>

#include "client/client-private.h"
#include "client/conversation-private.h"
#include "client/log-private.h"
#include "gui-util.h"
#include "ui/chat-view.h"
#include "ui/chat-window.h"
#include "ui/composer.h"
#include "ui/connection-banner.h"
#include "ui/login-page.h"
#include "ui/main-page.h"
#include "ui/message-list.h"
#include "ui/new-chat-dialog.h"
#include "ui/people-pane.h"
#include "ui/window.h"

static GtkApplication *application;

typedef struct
{
  WcClient *client;
  UiSettings *settings;
  UiWindow *window;
} Fixture;

static gboolean
is_drawn (gpointer window)
{
  return gtk_widget_get_mapped (window) && gdk_frame_clock_get_frame_counter (gtk_widget_get_frame_clock (window)) >= 1;
}

static gboolean
is_folded (gpointer page)
{
  gboolean folded;

  g_object_get (page, "folded", &folded, NULL);
  return folded;
}

static gboolean
is_unfolded (gpointer page)
{
  return !is_folded (page);
}

static GtkWidget *
main_page (Fixture *f)
{
  return gui_find (GTK_WIDGET (f->window), UI_TYPE_MAIN_PAGE);
}

static void
open_window (Fixture *f, int width)
{
  g_object_set (f->settings, "window-width", width, NULL);
  f->window = ui_window_new (application, f->client, f->settings, NULL);
  gtk_window_present (GTK_WINDOW (f->window));
  gui_wait_until (is_drawn, f->window);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->client = wc_client_new ();
  f->settings = ui_settings_new (NULL);
}

/* As if logged in, with alice, bob and carol on the server. */
static void
log_in (Fixture *f)
{
  wc_client_set_identity (f->client, "localhost:5000", "me");
  wc_client_set_state (f->client, WC_STATE_ONLINE);
  wc_client_meet (f->client, "alice", FALSE);
  wc_client_meet (f->client, "bob", FALSE);
  wc_client_meet (f->client, "carol", FALSE);
  gui_wait_frames (GTK_WIDGET (f->window), 2);
}

static void
set_up_wide (Fixture *f, gconstpointer data)
{
  set_up (f, data);
  open_window (f, 1000);
  log_in (f);
  gui_wait_until (is_unfolded, main_page (f));
}

static void
set_up_narrow (Fixture *f, gconstpointer data)
{
  set_up (f, data);
  open_window (f, 360);
  log_in (f);
  gui_wait_until (is_folded, main_page (f));
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_object_add_weak_pointer (G_OBJECT (f->window), (gpointer *) &f->window);
  if (main_page (f))
    ui_main_page_reset (UI_MAIN_PAGE (main_page (f)));
  gui_close_window (GTK_WINDOW (f->window));
  g_assert_null (f->window);
  wc_client_logout (f->client);
  g_assert_finalize_object (f->client);
  g_assert_finalize_object (f->settings);
}

static WcConversation *
talk_to (Fixture *f, const char *peer)
{
  WcConversation *conversation = wc_client_get_conversation (f->client, peer);

  ui_window_open (f->window, conversation);
  gui_wait_frames (GTK_WIDGET (f->window), 2);
  return conversation;
}

static void
act (Fixture *f, const char *action)
{
  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (f->window), action, NULL));
  gui_wait_frames (GTK_WIDGET (f->window), 2);
}

/* Whether a button for the action could be pressed. */
static gboolean
can (Fixture *f, const char *action)
{
  GtkWidget *button = g_object_new (GTK_TYPE_BUTTON, "action-name", action, NULL);
  gboolean sensitive;

  gtk_widget_set_parent (button, main_page (f) ? main_page (f) : GTK_WIDGET (f->window));
  sensitive = gtk_widget_get_sensitive (button);
  gtk_widget_unparent (button);
  return sensitive;
}

static void
test_pages (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = g_error_new_literal (WC_ERROR, WC_ERROR_DECLINED, "DECLINED");
  GtkWidget *login;

  open_window (f, 900);
  login = gui_find (GTK_WIDGET (f->window), UI_TYPE_LOGIN_PAGE);
  g_assert_true (gtk_widget_get_mapped (login));
  g_assert_null (main_page (f));
  g_assert_cmpstr (gtk_window_get_title (GTK_WINDOW (f->window)), ==, "WebChat");
  g_assert_false (can (f, "win.new-chat"));
  g_assert_false (can (f, "win.log-out"));

  log_in (f);
  g_assert_true (gtk_widget_get_mapped (main_page (f)));
  g_assert_false (gtk_widget_get_visible (login));
  g_assert_cmpstr (gtk_window_get_title (GTK_WINDOW (f->window)), ==, "me – WebChat");

  /* Trouble that the client deals with by itself leaves everything where it is. */
  wc_client_set_state (f->client, WC_STATE_WAITING);
  wc_client_set_state (f->client, WC_STATE_CONNECTING);
  g_assert_true (gtk_widget_get_visible (main_page (f)));

  /* What it cannot deal with is shown where one can do something about it. */
  wc_client_set_error (f->client, error);
  wc_client_set_state (f->client, WC_STATE_OFFLINE);
  gui_wait_frames (GTK_WIDGET (f->window), 2);
  g_assert_true (gtk_widget_get_mapped (login));
  g_assert_false (gtk_widget_get_visible (main_page (f)));
  g_assert_true (gtk_widget_get_mapped (gui_find_id (login, "id_error")));
  g_assert_cmpstr (gtk_window_get_title (GTK_WINDOW (f->window)), ==, "WebChat");
}

static void
test_log_out (Fixture *f, gconstpointer data)
{
  ui_settings_set_log_in_at_start (f->settings, TRUE);
  talk_to (f, "alice");
  act (f, "win.log-out");
  g_assert_false (ui_settings_get_log_in_at_start (f->settings));
  g_assert_cmpint (wc_client_get_state (f->client), ==, WC_STATE_OFFLINE);
  g_assert_true (gtk_widget_get_mapped (gui_find (GTK_WIDGET (f->window), UI_TYPE_LOGIN_PAGE)));
  g_assert_null (ui_main_page_get_conversation (UI_MAIN_PAGE (main_page (f))));
}

static void
test_chats (Fixture *f, gconstpointer data)
{
  WcConversation *alice, *bob;
  GtkWidget *view;

  g_assert_nonnull (gui_find_label (GTK_WIDGET (f->window), "Choose a Person"));
  g_assert_false (can (f, "win.show-history"));
  gui_assert_named (GTK_WIDGET (f->window));

  alice = talk_to (f, "alice");
  view = gui_find (GTK_WIDGET (f->window), UI_TYPE_CHAT_VIEW);
  g_assert_true (gtk_widget_get_mapped (view));
  g_assert_true (ui_chat_view_get_conversation (UI_CHAT_VIEW (view)) == alice);
  g_assert_true (ui_main_page_shows (UI_MAIN_PAGE (main_page (f)), alice));
  gui_assert_named (GTK_WIDGET (f->window));

  bob = talk_to (f, "bob");
  g_assert_false (gtk_widget_get_visible (view));
  g_assert_false (ui_main_page_shows (UI_MAIN_PAGE (main_page (f)), alice));
  g_assert_true (ui_main_page_shows (UI_MAIN_PAGE (main_page (f)), bob));

  /* The view is kept: coming back finds it as it was. */
  talk_to (f, "alice");
  g_assert_true (gtk_widget_get_mapped (view));
}

static void
test_end_chat (Fixture *f, gconstpointer data)
{
  WcConversation *alice = talk_to (f, "alice");

  g_assert_null (gui_find_button (GTK_WIDGET (f->window), "End Chat"));
  g_assert_false (can (f, "win.end-chat"));
  wc_conversation_set_chat (alice, WC_CHAT_OPEN);
  gui_wait_frames (GTK_WIDGET (f->window), 2);
  g_assert_nonnull (gui_find_button (GTK_WIDGET (f->window), "End Chat"));
  g_assert_false (can (f, "win.start-chat"));
  act (f, "win.end-chat");
  g_assert_cmpint (wc_conversation_get_chat (alice), ==, WC_CHAT_NONE);
  g_assert_null (gui_find_button (GTK_WIDGET (f->window), "End Chat"));
}

static void
test_many_views (Fixture *f, gconstpointer data)
{
  GtkWidget *first;

  talk_to (f, "alice");
  first = gui_find (GTK_WIDGET (f->window), UI_TYPE_CHAT_VIEW);
  g_object_add_weak_pointer (G_OBJECT (first), (gpointer *) &first);
  for (int i = 0; i < 8; i++)
    {
      g_autofree char *peer = g_strdup_printf ("peer%d", i);

      talk_to (f, peer);
    }
  g_assert_null (first);
}

static void
test_history (Fixture *f, gconstpointer data)
{
  gboolean shown;

  talk_to (f, "alice");
  act (f, "win.show-history");
  g_object_get (f->window, "show-history", &shown, NULL);
  g_assert_true (shown);
  g_assert_nonnull (gui_find_label (GTK_WIDGET (f->window), "History"));
  act (f, "win.back");
  g_object_get (f->window, "show-history", &shown, NULL);
  g_assert_false (shown);
}

static void
test_detach (Fixture *f, gconstpointer data)
{
  WcConversation *alice = talk_to (f, "alice");
  GtkWindow *window = NULL;
  gboolean detached;

  wc_conversation_set_draft (alice, "half a sen");
  act (f, "win.detach");
  g_object_get (main_page (f), "detached", &detached, NULL);
  g_assert_true (detached);
  g_assert_nonnull (gui_find_label (GTK_WIDGET (f->window), "In a Window of Its Own"));
  g_assert_false (ui_main_page_shows (UI_MAIN_PAGE (main_page (f)), alice));
  for (GList *l = gtk_application_get_windows (application); l; l = l->next)
    if (UI_IS_CHAT_WINDOW (l->data))
      window = l->data;
  g_assert_nonnull (window);
  gui_wait_until (is_drawn, window);

  /* Not twice. */
  act (f, "win.detach");
  g_assert_cmpuint (g_list_length (gtk_application_get_windows (application)), ==, 2);

  gui_close_window (window);
  gui_wait_frames (GTK_WIDGET (f->window), 2);
  g_object_get (main_page (f), "detached", &detached, NULL);
  g_assert_false (detached);
  g_assert_true (ui_main_page_shows (UI_MAIN_PAGE (main_page (f)), alice));
  g_assert_cmpstr (wc_conversation_get_draft (alice), ==, "half a sen");
}

static void
test_narrow (Fixture *f, gconstpointer data)
{
  GtkWidget *people = gui_find (GTK_WIDGET (f->window), UI_TYPE_PEOPLE_PANE);
  WcConversation *selected;

  g_assert_cmpint (gtk_widget_get_width (GTK_WIDGET (f->window)), ==, 360);
  g_assert_true (gtk_widget_get_mapped (people));
  talk_to (f, "alice");
  g_assert_false (gtk_widget_get_mapped (people));
  g_assert_nonnull (gui_find_button (GTK_WIDGET (f->window), "Back"));
  g_assert_cmpint (gtk_widget_get_width (GTK_WIDGET (f->window)), ==, 360);

  /* One step back each time: the history, then the chat, then nothing. */
  act (f, "win.show-history");
  act (f, "win.back");
  g_assert_false (gtk_widget_get_mapped (people));
  act (f, "win.back");
  g_assert_true (gtk_widget_get_mapped (people));
  g_object_get (people, "selected", &selected, NULL);
  g_assert_null (selected);
  act (f, "win.back");
  g_assert_true (gtk_widget_get_mapped (people));

  talk_to (f, "bob");
  act (f, "win.find-person");
  g_assert_true (gtk_widget_get_mapped (people));
}

/* The longest names and texts fit too. */
static void
test_narrow_content (Fixture *f, gconstpointer data)
{
  const char *longest = "Wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww";
  g_autoptr (GError) error = g_error_new_literal (WC_ERROR, WC_ERROR_REFUSED, "refused");
  WcConversation *conversation;
  int minimum;

  wc_client_meet (f->client, longest, FALSE);
  conversation = talk_to (f, longest);
  wc_conversation_set_chat (conversation, WC_CHAT_OPEN);
  wc_client_set_error (f->client, error);
  wc_client_set_retry_time (f->client, g_get_monotonic_time () + (gint64) 3600 * G_USEC_PER_SEC);
  wc_client_set_state (f->client, WC_STATE_WAITING);
  gui_wait_frames (GTK_WIDGET (f->window), 2);
  gtk_widget_measure (main_page (f), GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
  g_assert_cmpint (minimum, <=, 360);
  g_assert_cmpint (gtk_widget_get_width (GTK_WIDGET (f->window)), ==, 360);
}

static gboolean
has_focus_within (GtkWidget *window, GtkWidget *widget)
{
  GtkWidget *focus = gtk_root_get_focus (GTK_ROOT (window));

  return focus && gtk_widget_is_ancestor (focus, widget);
}

static void
say_something (Fixture *f, const char *peer)
{
  g_autoptr (WcEntry) entry = wc_entry_new_message (peer, FALSE, "hello", 0, g_get_real_time () / 1000, WC_DELIVERY_NONE);

  wc_log_append (wc_conversation_get_log (wc_client_get_conversation (f->client, peer)), entry);
  gui_wait_frames (GTK_WIDGET (f->window), 3);
}

static void
test_panes (Fixture *f, gconstpointer data)
{
  GtkWidget *window = GTK_WIDGET (f->window);
  GtkWidget *people = gui_find (window, UI_TYPE_PEOPLE_PANE);

  talk_to (f, "alice");
  act (f, "win.show-history");
  g_assert_true (has_focus_within (window, gui_find (window, UI_TYPE_COMPOSER)));
  gtk_widget_activate_action (window, "win.next-pane", "b", TRUE);
  g_assert_true (has_focus_within (window, people)); /* there is no message yet */
  say_something (f, "alice");
  gtk_widget_activate_action (window, "win.next-pane", "b", FALSE);
  g_assert_true (has_focus_within (window, gui_find (window, UI_TYPE_MESSAGE_LIST)));
  gtk_widget_activate_action (window, "win.next-pane", "b", FALSE);
  g_assert_true (has_focus_within (window, gui_find (window, UI_TYPE_COMPOSER)));
  gtk_widget_activate_action (window, "win.next-pane", "b", FALSE);
  g_assert_true (has_focus_within (window, gui_find_id (window, "history")));
  gtk_widget_activate_action (window, "win.next-pane", "b", FALSE);
  g_assert_true (has_focus_within (window, people));
  gtk_widget_activate_action (window, "win.next-pane", "b", TRUE);
  g_assert_true (has_focus_within (window, gui_find_id (window, "history")));
  gtk_widget_activate_action (window, "win.find-person", NULL);
  g_assert_true (has_focus_within (window, gui_find_id (people, "search_entry")));
}

static UiNewChatDialog *
open_dialog (Fixture *f)
{
  g_autoptr (GList) windows = NULL;
  UiNewChatDialog *dialog = NULL;

  act (f, "win.new-chat");
  windows = gtk_window_list_toplevels ();
  for (GList *l = windows; l; l = l->next)
    if (UI_IS_NEW_CHAT_DIALOG (l->data))
      dialog = l->data;
  g_assert_nonnull (dialog);
  gui_wait_until (is_drawn, dialog);
  return dialog;
}

static void
test_new_chat (Fixture *f, gconstpointer data)
{
  UiNewChatDialog *dialog = open_dialog (f);
  GtkWidget *entry = gui_find_id (GTK_WIDGET (dialog), "entry");
  GtkWidget *button = gui_find_id (GTK_WIDGET (dialog), "start_button");
  WcConversation *conversation;

  gui_assert_named (GTK_WIDGET (dialog));
  g_assert_false (gtk_widget_get_sensitive (button));
  gtk_editable_set_text (GTK_EDITABLE (entry), "not an ID");
  gui_wait_frames (GTK_WIDGET (dialog), 2);
  g_assert_false (gtk_widget_get_sensitive (button));
  g_assert_nonnull (gui_find_label (GTK_WIDGET (dialog), "Not a Client-ID"));
  gtk_editable_set_text (GTK_EDITABLE (entry), "me");
  g_assert_false (gtk_widget_get_sensitive (button));
  gtk_editable_set_text (GTK_EDITABLE (entry), "stranger");
  gui_wait_frames (GTK_WIDGET (dialog), 2);
  g_assert_true (gtk_widget_get_sensitive (button));
  g_assert_nonnull (gui_find_label (GTK_WIDGET (dialog), "Not in the List"));
  gtk_editable_set_text (GTK_EDITABLE (entry), "bo");
  g_assert_true (gtk_widget_get_sensitive (button));

  g_object_add_weak_pointer (G_OBJECT (dialog), (gpointer *) &dialog);
  g_signal_emit_by_name (button, "clicked");
  gui_wait_frames (GTK_WIDGET (f->window), 2);
  g_assert_null (dialog);
  conversation = ui_main_page_get_conversation (UI_MAIN_PAGE (main_page (f)));
  g_assert_cmpstr (wc_conversation_get_peer (conversation), ==, "bob");
}

static gboolean
has_try_now (gpointer window)
{
  return gui_find_button (window, "Try Now") != NULL;
}

/* What cannot be kept on this computer is said, whether there is a connection or not. */
static void
test_cache_error (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = g_error_new_literal (WC_ERROR, WC_ERROR_FAILED, "The disk is full.\nSQLITE_FULL");
  const char *text = "What is new is not kept on this computer. The disk is full.";

  wc_client_set_cache_error (f->client, error);
  gui_wait_frames (GTK_WIDGET (f->window), 2);
  g_assert_nonnull (gui_find_label (GTK_WIDGET (f->window), text));
  wc_client_set_cache_error (f->client, NULL);
  gui_wait_frames (GTK_WIDGET (f->window), 3);
  g_assert_null (gui_find_label (GTK_WIDGET (f->window), text));
}

static gboolean
is_later (gpointer end)
{
  return g_get_monotonic_time () > *(gint64 *) end;
}

/* A connection that is back within the second was never said to be lost; nor does one short trouble after another add up to a long one. */
static void
test_short_trouble (Fixture *f, gconstpointer data)
{
  for (int i = 0; i < 4; i++)
    {
      gint64 end = g_get_monotonic_time () + G_USEC_PER_SEC / 2;

      wc_client_set_state (f->client, WC_STATE_WAITING);
      if (i == 3)
        break;
      gui_wait_until (is_later, &end);
      if (g_get_monotonic_time () < end + G_USEC_PER_SEC / 4)
        g_assert_null (gui_find_button (GTK_WIDGET (f->window), "Try Now"));
      wc_client_set_state (f->client, WC_STATE_ONLINE);
    }
  gui_wait_until (has_try_now, f->window);
}

static void
test_banner (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = g_error_new_literal (WC_ERROR, WC_ERROR_REFUSED, "refused");
  g_autofree char *text = NULL;

  g_assert_null (gui_find_button (GTK_WIDGET (f->window), "Try Now"));
  wc_client_set_error (f->client, error);
  wc_client_set_retry_time (f->client, g_get_monotonic_time () + 90 * G_USEC_PER_SEC + G_USEC_PER_SEC / 2);
  wc_client_set_state (f->client, WC_STATE_WAITING);
  gui_wait_frames (GTK_WIDGET (f->window), 2);
  g_assert_null (gui_find_button (GTK_WIDGET (f->window), "Try Now")); /* it may be over at once */
  gui_wait_until (has_try_now, f->window);
  g_object_get (gui_find (GTK_WIDGET (f->window), UI_TYPE_CONNECTION_BANNER), "text", &text, NULL);
  if (!g_pattern_match_simple ("Nothing answers at localhost:5000. Trying again in ?? s.", text))
    g_error ("the banner says “%s”", text);

  wc_client_set_state (f->client, WC_STATE_CONNECTING);
  gui_wait_frames (GTK_WIDGET (f->window), 2);
  g_assert_null (gui_find_button (GTK_WIDGET (f->window), "Try Now"));
  g_assert_nonnull (gui_find_label (GTK_WIDGET (f->window), "Connecting to localhost:5000…"));

  wc_client_set_state (f->client, WC_STATE_ONLINE);
  gui_wait_frames (GTK_WIDGET (f->window), 2);
  g_assert_null (gui_find_label (GTK_WIDGET (f->window), "Connecting to localhost:5000…"));
}

static void
test_size (Fixture *f, gconstpointer data)
{
  int width;

  gtk_window_set_default_size (GTK_WINDOW (f->window), 777, 555);
  g_object_get (f->settings, "window-width", &width, NULL);
  g_assert_cmpint (width, ==, 777);
}

int
main (int argc, char *argv[])
{
  int status;

  if (!gui_test_init (&argc, &argv))
    return 0;

  application = GTK_APPLICATION (adw_application_new ("im.webchat.Test", G_APPLICATION_NON_UNIQUE));
  g_assert_true (g_application_register (G_APPLICATION (application), NULL, NULL));

#define ADD(name, prepare, function) g_test_add ("/window/" name, Fixture, NULL, prepare, function, tear_down)
  ADD ("pages", set_up, test_pages);
  ADD ("log-out", set_up_wide, test_log_out);
  ADD ("chats", set_up_wide, test_chats);
  ADD ("end-chat", set_up_wide, test_end_chat);
  ADD ("many-views", set_up_wide, test_many_views);
  ADD ("history", set_up_wide, test_history);
  ADD ("detach", set_up_wide, test_detach);
  ADD ("narrow", set_up_narrow, test_narrow);
  ADD ("narrow-content", set_up_narrow, test_narrow_content);
  ADD ("panes", set_up_wide, test_panes);
  ADD ("new-chat", set_up_wide, test_new_chat);
  ADD ("banner", set_up_wide, test_banner);
  ADD ("banner/short-trouble", set_up_wide, test_short_trouble);
  ADD ("banner/cache-error", set_up_wide, test_cache_error);
  ADD ("size", set_up_wide, test_size);

  status = g_test_run ();
  g_object_unref (application);
  return status;
}
