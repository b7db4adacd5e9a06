/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "client/conversation-private.h"
#include "client/log-private.h"
#include "gui-util.h"
#include "past.h"
#include "rows.h"
#include "sample.h"
#include "ui/chat-view.h"
#include "ui/chat-window.h"
#include "ui/clock.h"
#include "ui/composer.h"
#include "ui/countdown.h"
#include "ui/jump-button.h"

typedef struct
{
  Sample *sample;
  GtkWidget *view;
  GtkWindow *window;
  UiMessageList *list;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->sample = sample_new ("Bob");
}

static void
open_view (Fixture *fixture)
{
  fixture->view = ui_chat_view_new (fixture->sample->client, fixture->sample->conversation);
  fixture->window = gui_open_window (fixture->view, 480, 600);
  fixture->list = UI_MESSAGE_LIST (gui_find (fixture->view, UI_TYPE_MESSAGE_LIST));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_object_ref (fixture->view);
  gui_close_window (fixture->window);
  g_assert_finalize_object (fixture->view);
  sample_free (fixture->sample);
}

static void
say_much (Fixture *fixture, int n)
{
  gint64 now = g_get_real_time () / 1000;

  for (int i = 0; i < n; i++)
    {
      g_autofree char *text = sample_text ((guint) i);

      sample_say (fixture->sample, i % 3 == 0, text, now - (n - i) * 60000, WC_DELIVERY_NONE);
    }
}

static void
scroll_up (Fixture *fixture)
{
  GtkAdjustment *adjustment = rows_adjustment (fixture->list);

  gui_wait_frames (fixture->view, 6);
  gtk_adjustment_set_value (adjustment, gtk_adjustment_get_value (adjustment) - 700);
  gui_wait_frames (fixture->view, 2);
  g_assert_false (ui_message_list_get_at_end (fixture->list));
}

static gboolean
is_active (gpointer window)
{
  return gtk_window_is_active (window);
}

/* The row's parent is what an assistive technology reads. */
static void
test_names (Fixture *fixture, gconstpointer data)
{
  WcEntry *entry;
  UiMessageRow *row;
  g_autofree char *label = NULL;

  sample_fill (fixture->sample);
  open_view (fixture);
  gui_assert_named (fixture->view);
  entry = sample_say (fixture->sample, FALSE, "how is it going?", g_get_real_time () / 1000, WC_DELIVERY_NONE);
  gui_wait_frames (fixture->view, 2);
  row = rows_find (fixture->list, entry);
  label = ui_message_row_describe (entry, &(UiMessageRowContext){ .peer = "Bob" });
  g_assert_true (g_str_has_prefix (label, "Bob, "));
  g_assert_true (g_str_has_suffix (label, ": how is it going?"));
  g_assert_null (gtk_test_accessible_check_property (GTK_ACCESSIBLE (gtk_widget_get_parent (GTK_WIDGET (row))),
                                                     GTK_ACCESSIBLE_PROPERTY_LABEL, label));
  g_assert_true (gtk_test_accessible_has_role (GTK_ACCESSIBLE (gtk_widget_get_parent (GTK_WIDGET (row))),
                                               GTK_ACCESSIBLE_ROLE_LIST_ITEM));
}

static void
test_grouping_follows (Fixture *fixture, gconstpointer data)
{
  gint64 now = g_get_real_time () / 1000;
  WcEntry *first, *second;

  first = sample_say (fixture->sample, FALSE, "one", now, WC_DELIVERY_NONE);
  open_view (fixture);
  gui_wait_frames (fixture->view, 2);
  second = sample_say (fixture->sample, FALSE, "two", now, WC_DELIVERY_NONE);
  gui_wait_frames (fixture->view, 2);
  /* The name stays on the first, the time went on to the last. */
  g_assert_nonnull (gui_find_label (GTK_WIDGET (rows_find (fixture->list, first)), "Bob"));
  g_assert_null (gui_find_label (GTK_WIDGET (rows_find (fixture->list, second)), "Bob"));
  g_autofree char *time = g_strdup (gtk_label_get_text (GTK_LABEL (gui_find_label (fixture->view, "two"))));
  g_assert_nonnull (time);
  GtkWidget *day = gui_find_label (fixture->view, "Today");
  g_assert_nonnull (day);
  g_assert_true (gtk_widget_is_ancestor (day, GTK_WIDGET (rows_find (fixture->list, first))));
}

static gboolean
nothing_unread (gpointer conversation)
{
  return wc_conversation_get_unread (conversation) == 0;
}

static void
test_read_at_once (Fixture *fixture, gconstpointer data)
{
  open_view (fixture);
  gui_wait_until (is_active, fixture->window);
  sample_receive (fixture->sample, "hello");
  g_assert_cmpuint (wc_conversation_get_unread (fixture->sample->conversation), ==, 0);
  gui_wait_frames (fixture->view, 2);
  g_assert_null (gui_find_label (fixture->view, "1 new message"));
}

static void
test_divider (Fixture *fixture, gconstpointer data)
{
  GtkWidget *divider;
  WcEntry *first;

  say_much (fixture, 3);
  first = sample_receive (fixture->sample, "one");
  sample_receive (fixture->sample, "two");
  sample_say (fixture->sample, TRUE, "from another device", g_get_real_time () / 1000, WC_DELIVERY_STORED);
  sample_receive (fixture->sample, "three");
  open_view (fixture);
  gui_wait_until (nothing_unread, fixture->sample->conversation);
  gui_wait_frames (fixture->view, 2);
  divider = gui_find_label (fixture->view, "3 new messages");
  g_assert_nonnull (divider); /* what was read stays marked, for the eye to find its place */
  g_assert_true (gtk_widget_is_ancestor (divider, GTK_WIDGET (rows_find (fixture->list, first))));
  /* It goes when the reader leaves. */
  gtk_widget_set_visible (fixture->view, FALSE);
  gtk_widget_set_visible (fixture->view, TRUE);
  gui_wait_frames (fixture->view, 3);
  g_assert_null (gui_find_label (fixture->view, "3 new messages"));
}

static void
test_divider_further_up (Fixture *fixture, gconstpointer data)
{
  gint64 now = g_get_real_time () / 1000;
  g_autoptr (GPtrArray) older = g_ptr_array_new_with_free_func (g_object_unref);

  sample_set_state (fixture->sample->log, TRUE, FALSE);
  sample_say (fixture->sample, FALSE, "two", now, WC_DELIVERY_NONE);
  for (int i = 0; i < 2; i++)
    wc_conversation_add_unread (fixture->sample->conversation);
  open_view (fixture);
  gui_wait_frames (fixture->view, 2);
  g_assert_null (gui_find_label (fixture->view, "2 new messages"));
  g_ptr_array_add (older, wc_entry_new_message ("Bob", FALSE, "one", 0, now - 1, WC_DELIVERY_NONE));
  wc_log_insert (fixture->sample->log, 0, older);
  gui_wait_frames (fixture->view, 4);
  g_assert_nonnull (gui_find_label (fixture->view, "2 new messages"));
}

/* It stands above the first message after what was read, also when own ones from another device are among them. */
static void
test_divider_by_mark (Fixture *fixture, gconstpointer data)
{
  WcConversation *conversation = fixture->sample->conversation;
  g_autoptr (WcEntry) first = NULL;
  GtkWidget *divider;

  sample_add_page (fixture->sample->log, 1, 30, FALSE);
  wc_conversation_set_read (conversation, 26);
  first = g_list_model_get_item (G_LIST_MODEL (fixture->sample->log), 29); /* 27, 28 and 29 are one's own */
  g_assert_false (wc_entry_get_own (first));
  wc_conversation_add_unread (conversation);
  open_view (fixture);
  gui_wait_until (nothing_unread, conversation);
  gui_wait_frames (fixture->view, 2);
  divider = gui_find_label (fixture->view, "1 new message");
  g_assert_nonnull (divider);
  g_assert_true (gtk_widget_is_ancestor (divider, GTK_WIDGET (rows_find (fixture->list, first))));
}

/* Many new messages are not read because the last of them is on the screen: the chat opens where reading goes on. */
static void
test_opens_at_divider (Fixture *fixture, gconstpointer data)
{
  GtkWidget *divider, *jump;
  graphene_rect_t bounds;

  say_much (fixture, 60);
  for (int i = 0; i < 40; i++)
    {
      g_autofree char *text = sample_text ((guint) i);

      sample_receive (fixture->sample, text);
    }
  open_view (fixture);
  gui_wait_until (is_active, fixture->window);
  gui_wait_frames (fixture->view, 8);
  divider = gui_find_label (fixture->view, "40 new messages");
  g_assert_nonnull (divider);
  g_assert_true (gtk_widget_compute_bounds (divider, GTK_WIDGET (fixture->list), &bounds));
  g_assert_cmpfloat (bounds.origin.y, >=, 0);
  g_assert_cmpfloat (bounds.origin.y, <, 200);
  g_assert_cmpuint (wc_conversation_get_unread (fixture->sample->conversation), ==, 40);
  jump = gui_find_button (fixture->view, "Go to 40 new messages");
  g_assert_nonnull (jump);
  g_signal_emit_by_name (jump, "clicked");
  gui_wait_until (nothing_unread, fixture->sample->conversation);
}

/* As long as another window is in front, what comes is not read. */
static void
test_not_active (Fixture *fixture, gconstpointer data)
{
  WcConversation *conversation = fixture->sample->conversation;
  GtkWindow *other;

  say_much (fixture, 3);
  open_view (fixture);
  gui_wait_until (is_active, fixture->window);
  other = gui_open_window (gtk_label_new ("other"), 100, 100);
  gui_wait_until (is_active, other);
  sample_receive (fixture->sample, "one");
  sample_receive (fixture->sample, "two");
  gui_wait_frames (fixture->view, 3);
  g_assert_cmpuint (wc_conversation_get_unread (conversation), ==, 2);
  g_assert_nonnull (gui_find_label (fixture->view, "2 new messages"));
  gui_close_window (other);
  gtk_window_present (fixture->window);
  gui_wait_until (nothing_unread, conversation);
  g_assert_nonnull (gui_find_label (fixture->view, "2 new messages"));
}

static void
test_midnight (Fixture *fixture, gconstpointer data)
{
  UiClock *clock = ui_clock_get_default ();
  WcEntry *entry = sample_say (fixture->sample, FALSE, "hello", g_get_real_time () / 1000, WC_DELIVERY_NONE);

  open_view (fixture);
  gui_wait_frames (fixture->view, 2);
  g_assert_nonnull (gui_find_label (fixture->view, "Today"));
  ui_clock_stop_at (clock, wc_entry_get_time (entry) + (gint64) 24 * 3600 * 1000);
  g_assert_nonnull (gui_find_label (fixture->view, "Yesterday"));
  ui_clock_stop_at (clock, 0);
  g_assert_nonnull (gui_find_label (fixture->view, "Today"));
}

static void
test_jump (Fixture *fixture, gconstpointer data)
{
  GtkWidget *jump, *button;

  say_much (fixture, 60);
  open_view (fixture);
  jump = gui_find (fixture->view, UI_TYPE_JUMP_BUTTON);
  g_assert_false (gtk_widget_get_visible (jump));
  scroll_up (fixture);
  g_assert_true (gtk_widget_get_visible (jump));
  g_assert_nonnull (gui_find_button (jump, "Go to the newest message"));
  sample_receive (fixture->sample, "one");
  sample_receive (fixture->sample, "two");
  gui_wait_frames (fixture->view, 2);
  g_assert_cmpuint (wc_conversation_get_unread (fixture->sample->conversation), ==, 2);
  button = gui_find_button (jump, "Go to 2 new messages");
  g_assert_nonnull (button);
  g_assert_nonnull (gui_find_label (jump, "2"));
  gui_assert_named (fixture->view);
  g_signal_emit_by_name (button, "clicked");
  gui_wait_frames (fixture->view, 3);
  g_assert_cmpfloat (rows_gap (fixture->list), <=, 1);
  g_assert_false (gtk_widget_get_visible (jump));
  gui_wait_until (nothing_unread, fixture->sample->conversation);
}

static void
live_changed_cb (GtkLabel *label, GParamSpec *pspec, GPtrArray *said)
{
  g_ptr_array_add (said, g_strdup (gtk_label_get_text (label)));
}

static void
test_announced_once (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) said = g_ptr_array_new_with_free_func (g_free);
  GtkWidget *live;

  open_view (fixture);
  live = gui_find_id (fixture->view, "live");
  g_assert_nonnull (live);
  g_signal_connect (live, "notify::label", G_CALLBACK (live_changed_cb), said);
  sample_receive (fixture->sample, "hello");
  sample_say (fixture->sample, TRUE, "own", g_get_real_time () / 1000, WC_DELIVERY_STORED);
  gui_wait_frames (fixture->view, 3);
  g_assert_cmpuint (said->len, ==, 1);
  g_assert_true (g_str_has_prefix (said->pdata[0], "Bob, "));
  g_assert_true (g_str_has_suffix (said->pdata[0], ": hello"));
  g_assert_null (gtk_test_accessible_check_property (GTK_ACCESSIBLE (live), GTK_ACCESSIBLE_PROPERTY_LABEL, said->pdata[0]));
}

static void
test_countdown (Fixture *fixture, gconstpointer data)
{
  UiCountdown *countdown;
  gint64 now = g_get_monotonic_time ();
  const char *text;
  int seconds = 0;

  open_view (fixture);
  countdown = UI_COUNTDOWN (gui_find (fixture->view, UI_TYPE_COUNTDOWN));
  g_assert_false (ui_countdown_get_shown (countdown));
  wc_conversation_set_idle_deadline (fixture->sample->conversation, now + 600 * G_USEC_PER_SEC);
  g_assert_false (ui_countdown_get_shown (countdown));
  wc_conversation_set_idle_deadline (fixture->sample->conversation, g_get_monotonic_time () + 42 * G_USEC_PER_SEC);
  g_assert_true (ui_countdown_get_shown (countdown));
  gui_wait_frames (fixture->view, 2);
  g_assert_nonnull (gui_find_button (fixture->view, "Keep it Open"));
  text = gtk_label_get_text (GTK_LABEL (gui_find (GTK_WIDGET (countdown), GTK_TYPE_LABEL)));
  g_assert_cmpint (sscanf (text, "This silent chat ends in %d second", &seconds), ==, 1);
  g_assert_cmpint (seconds, <=, 42);
  g_assert_cmpint (seconds, >, 0);
  gui_assert_named (fixture->view);
  wc_conversation_set_idle_deadline (fixture->sample->conversation, 0);
  g_assert_false (ui_countdown_get_shown (countdown));
}

static gboolean
is_shown (gpointer countdown)
{
  return ui_countdown_get_shown (countdown);
}

static gboolean
is_not_shown (gpointer countdown)
{
  return !ui_countdown_get_shown (countdown);
}

static void
count_cb (UiCountdown *countdown, guint *n)
{
  (*n)++;
}

static void
test_countdown_by_itself (void)
{
  GtkWidget *countdown = g_object_ref_sink (ui_countdown_new ());
  GtkWindow *window = gui_open_window (countdown, 400, 100);
  guint n = 0;

  g_signal_connect (countdown, "keep-open", G_CALLBACK (count_cb), &n);
  /* It comes when its minute begins, and goes when the time is up. */
  ui_countdown_set_deadline (UI_COUNTDOWN (countdown), g_get_monotonic_time () + UI_COUNTDOWN_SECONDS * G_USEC_PER_SEC + 200000);
  g_assert_false (ui_countdown_get_shown (UI_COUNTDOWN (countdown)));
  gui_wait_until (is_shown, countdown);
  gui_wait_frames (countdown, 2);
  g_signal_emit_by_name (gui_find_button (countdown, "Keep it Open"), "clicked");
  g_assert_cmpuint (n, ==, 1);
  ui_countdown_set_deadline (UI_COUNTDOWN (countdown), g_get_monotonic_time () + 300000);
  gui_wait_until (is_not_shown, countdown);
  gui_close_window (window);
  g_assert_finalize_object (countdown);
}

static void
test_draft (Fixture *fixture, gconstpointer data)
{
  GtkTextBuffer *buffer;
  GtkWidget *second;

  wc_conversation_set_draft (fixture->sample->conversation, "half a thou");
  open_view (fixture);
  buffer = gtk_text_view_get_buffer (GTK_TEXT_VIEW (gui_find (fixture->view, GTK_TYPE_TEXT_VIEW)));
  gtk_text_buffer_insert_at_cursor (buffer, "ght", -1);
  g_assert_cmpstr (wc_conversation_get_draft (fixture->sample->conversation), ==, "half a thought");
  /* Another view of the same chat, as when it moves to a window of its own. */
  second = g_object_ref_sink (ui_chat_view_new (fixture->sample->client, fixture->sample->conversation));
  g_autofree char *text = ui_composer_dup_text (UI_COMPOSER (gui_find (second, UI_TYPE_COMPOSER)));
  g_assert_cmpstr (text, ==, "half a thought");
  g_assert_finalize_object (second);
}

static void
test_refused_text_stays (Fixture *fixture, gconstpointer data)
{
  GtkWidget *text;

  open_view (fixture);
  text = gui_find (fixture->view, GTK_TYPE_TEXT_VIEW);
  gtk_text_buffer_set_text (gtk_text_view_get_buffer (GTK_TEXT_VIEW (text)), "hello", -1);
  gui_press (text, GDK_KEY_Return, 0);
  gui_wait_frames (fixture->view, 2);
  g_assert_nonnull (gui_find_label (fixture->view, "You are not logged in."));
  g_assert_cmpstr (wc_conversation_get_draft (fixture->sample->conversation), ==, "hello");
}

static void
test_actions (Fixture *fixture, gconstpointer data)
{
  WcConversation *conversation = fixture->sample->conversation;
  GtkWidget *again;

  sample_event (fixture->sample, WC_EVENT_ENDED_BY_PEER, g_get_real_time () / 1000);
  open_view (fixture);
  gui_wait_frames (fixture->view, 2);
  again = gui_find_button (fixture->view, "Start Again");
  g_assert_nonnull (again);
  g_assert_true (gtk_widget_get_sensitive (again));
  wc_conversation_set_chat (conversation, WC_CHAT_ASKED);
  g_assert_false (gtk_widget_get_sensitive (again)); /* once is enough */
  wc_conversation_set_chat (conversation, WC_CHAT_OPEN);
  sample_event (fixture->sample, WC_EVENT_STARTED, g_get_real_time () / 1000);
  gui_wait_frames (fixture->view, 2);
  g_assert_null (gui_find_button (fixture->view, "Start Again")); /* it is past */
}

static gboolean
focus_reaches (Fixture *fixture, GtkDirectionType direction, GtkWidget *goal)
{
  for (int i = 0; i < 10; i++)
    {
      GtkWidget *focus;

      gtk_widget_child_focus (GTK_WIDGET (fixture->window), direction);
      focus = gtk_window_get_focus (fixture->window);
      g_test_message ("focus: %s", focus ? G_OBJECT_TYPE_NAME (focus) : "none");
      if (focus && (focus == goal || gtk_widget_is_ancestor (focus, goal)))
        return TRUE;
    }
  return FALSE;
}

static void
test_keyboard (Fixture *fixture, gconstpointer data)
{
  GtkWidget *text, *focus;

  say_much (fixture, 20);
  open_view (fixture);
  text = gui_find (fixture->view, GTK_TYPE_TEXT_VIEW);
  ui_chat_view_focus_composer (UI_CHAT_VIEW (fixture->view));
  g_assert_true (gtk_window_get_focus (fixture->window) == text);
  g_assert_true (ui_chat_view_focus_log (UI_CHAT_VIEW (fixture->view)));
  focus = gtk_window_get_focus (fixture->window);
  g_assert_true (gtk_widget_is_ancestor (focus, GTK_WIDGET (fixture->list)));
  g_assert_true (UI_IS_MESSAGE_ROW (gtk_widget_get_first_child (focus)));
  g_autoptr (WcEntry) newest = g_list_model_get_item (G_LIST_MODEL (fixture->sample->log), 19);
  g_assert_true (ui_message_row_get_entry (UI_MESSAGE_ROW (gtk_widget_get_first_child (focus))) == newest);
  gui_wait_frames (fixture->view, 3);
  g_assert_cmpfloat (rows_gap (fixture->list), <=, 1); /* it moves nothing */
  g_assert_true (gui_press (GTK_WIDGET (fixture->list), GDK_KEY_Escape, 0));
  g_assert_true (gtk_window_get_focus (fixture->window) == text);
  /* Shift+Tab goes from the composer into the log, Tab comes back: nothing holds the focus. */
  g_assert_true (focus_reaches (fixture, GTK_DIR_TAB_BACKWARD, GTK_WIDGET (fixture->list)));
  g_assert_true (focus_reaches (fixture, GTK_DIR_TAB_FORWARD, text));
}

static gboolean
has_entries (gpointer log)
{
  return g_list_model_get_n_items (log) >= 30;
}

/* With a server: pages come as the reader scrolls up, and what Bob says is at the bottom. */
static void
test_pages (void)
{
  Past *past = past_new (400, g_get_real_time () / 1000 - G_GINT64_CONSTANT (400) * 15 * 60000);
  GtkWidget *view = ui_chat_view_new (past->client, past->conversation);
  WcLog *log = wc_conversation_get_log (past->conversation);
  GtkWindow *window = gui_open_window (view, 480, 600);
  UiMessageList *list = UI_MESSAGE_LIST (gui_find (view, UI_TYPE_MESSAGE_LIST));
  int steps = 0;

  gui_wait_until (has_entries, log);
  gui_wait_frames (view, 4);
  g_assert_cmpfloat (rows_gap (list), <=, 1);
  while (g_list_model_get_n_items (G_LIST_MODEL (log)) < 400 && steps++ < 3000)
    {
      GtkAdjustment *adjustment = rows_adjustment (list);

      gtk_adjustment_set_value (adjustment, gtk_adjustment_get_value (adjustment) - 300);
      gui_wait_frames (view, 1);
    }
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (log)), ==, 400);
  g_assert_false (wc_log_get_has_older (log));
  past_say (past, "and one more");
  gtk_widget_activate_action (view, "chat.latest", NULL);
  gui_wait_frames (view, 4);
  wait_for (gui_find_label (view, "and one more"));
  gui_wait_frames (view, 2);
  g_assert_cmpfloat (rows_gap (list), <=, 1);
  gui_close_window (window);
  past_free (past);
}

static void
test_window (void)
{
  g_autoptr (Sample) sample = sample_new ("Bob");
  GtkWidget *window = ui_chat_window_new (NULL, sample->client, sample->conversation);
  gboolean shows = FALSE;

  sample_fill (sample);
  g_object_add_weak_pointer (G_OBJECT (window), (gpointer *) &window);
  gtk_window_present (GTK_WINDOW (window));
  wait_for (gtk_widget_get_mapped (window));
  gui_wait_frames (window, 3);
  g_assert_cmpstr (gtk_window_get_title (GTK_WINDOW (window)), ==, "Bob");
  g_assert_true (GTK_IS_TEXT_VIEW (gtk_window_get_focus (GTK_WINDOW (window))));
  gui_assert_named (window);
  gtk_widget_activate_action (window, "win.show-history", NULL);
  gui_wait_frames (window, 4);
  g_object_get (window, "show-history", &shows, NULL);
  g_assert_true (shows);
  gui_assert_named (window);
  gtk_widget_activate_action (window, "win.next-pane", "b", FALSE);
  gtk_widget_activate_action (window, "win.back", NULL);
  g_object_get (window, "show-history", &shows, NULL);
  g_assert_false (shows);
  gtk_window_destroy (GTK_WINDOW (window));
  wait_for (window == NULL); /* finalized */
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  if (!gui_test_init (&argc, &argv))
    return 0;
  ADD ("/chat-view/names", test_names);
  ADD ("/chat-view/grouping", test_grouping_follows);
  ADD ("/chat-view/read-at-once", test_read_at_once);
  ADD ("/chat-view/divider", test_divider);
  ADD ("/chat-view/divider-further-up", test_divider_further_up);
  ADD ("/chat-view/divider-by-mark", test_divider_by_mark);
  ADD ("/chat-view/opens-at-divider", test_opens_at_divider);
  ADD ("/chat-view/not-active", test_not_active);
  ADD ("/chat-view/midnight", test_midnight);
  ADD ("/chat-view/jump", test_jump);
  ADD ("/chat-view/announced-once", test_announced_once);
  ADD ("/chat-view/countdown", test_countdown);
  g_test_add_func ("/chat-view/countdown-by-itself", test_countdown_by_itself);
  ADD ("/chat-view/draft", test_draft);
  ADD ("/chat-view/refused-text-stays", test_refused_text_stays);
  ADD ("/chat-view/actions", test_actions);
  ADD ("/chat-view/keyboard", test_keyboard);
  g_test_add_func ("/chat-view/pages", test_pages);
  g_test_add_func ("/chat-window/life", test_window);
  return g_test_run ();
}
