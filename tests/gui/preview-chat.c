/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shows a chat view filled with samples, to be looked at: preview-chat [dark] [rtl] [narrow] [empty] [busy] [unread]
 * [history] [past] [window] [wide] [side] [missed]
 * [typing] [seen] [point] [export]. Not a test. */
#include <adwaita.h>

#include "client/conversation-private.h"
#include "gui-util.h"
#include "past.h"
#include "sample.h"
#include "ui/chat-view.h"
#include "ui/chat-window.h"
#include "ui/export-bar.h"
#include "ui/history-pane.h"

static gboolean
has_word (int argc, char **argv, const char *word)
{
  for (int i = 1; i < argc; i++)
    if (g_str_equal (argv[i], word))
      return TRUE;
  return FALSE;
}

int
main (int argc, char **argv)
{
  g_autoptr (Sample) sample = NULL;
  GtkWidget *view;
  int gui_argc = 1;
  char **gui_argv = argv;

  if (!gui_test_init (&gui_argc, &gui_argv))
    return 1;
  if (has_word (argc, argv, "dark"))
    adw_style_manager_set_color_scheme (adw_style_manager_get_default (), ADW_COLOR_SCHEME_FORCE_DARK);
  if (has_word (argc, argv, "rtl"))
    gtk_widget_set_default_direction (GTK_TEXT_DIR_RTL);
  sample = sample_new ("Bob");
  if (!has_word (argc, argv, "empty"))
    sample_fill (sample);
  if (has_word (argc, argv, "missed"))
    for (guint i = 0; i < 40; i++)
      {
        g_autofree char *text = sample_text (i);

        sample_receive (sample, text);
      }
  if (has_word (argc, argv, "past"))
    {
      Past *past = past_new (20000, g_get_real_time () / 1000 - G_GINT64_CONSTANT (20000) * 900000);

      view = ui_history_pane_new (past->conversation);
      if (has_word (argc, argv, "point"))
        ui_history_pane_show (UI_HISTORY_PANE (view), 12345);
    }
  else if (has_word (argc, argv, "history"))
    {
      view = ui_history_pane_new (sample->conversation);
      if (!has_word (argc, argv, "empty"))
        sample_add_page (ui_history_pane_get_log (UI_HISTORY_PANE (view)), 999900, 100, TRUE);
    }
  else
    {
      view = ui_chat_view_new (sample->client, sample->conversation);
    }
  if (has_word (argc, argv, "window"))
    {
      GtkWidget *window = ui_chat_window_new (NULL, sample->client, sample->conversation);

      g_object_ref_sink (view);
      wc_conversation_set_presence (sample->conversation, WC_PRESENCE_ONLINE);
      wc_conversation_set_chat (sample->conversation, WC_CHAT_OPEN);
      wc_conversation_set_typing (sample->conversation, has_word (argc, argv, "typing"));
      if (has_word (argc, argv, "seen"))
        {
          wc_conversation_set_chat (sample->conversation, WC_CHAT_NONE);
          wc_conversation_set_presence (sample->conversation, WC_PRESENCE_OFFLINE);
          wc_conversation_set_last_seen (sample->conversation, g_get_real_time () / 1000 - (gint64) 26 * 3600 * 1000);
        }
      if (has_word (argc, argv, "narrow"))
        gtk_window_set_default_size (GTK_WINDOW (window), 360, 720);
      if (has_word (argc, argv, "wide"))
        gtk_window_set_default_size (GTK_WINDOW (window), 1100, 720);
      if (has_word (argc, argv, "side"))
        g_object_set (window, "show-history", TRUE, NULL);
      gtk_window_present (GTK_WINDOW (window));
      if (has_word (argc, argv, "export")) /* it fails: nobody is logged in */
        {
          g_autoptr (GFile) file = g_file_new_for_path ("/nowhere/chat.txt");

          ui_export_bar_write (UI_EXPORT_BAR (gui_find (window, UI_TYPE_EXPORT_BAR)), sample->conversation, file, WC_EXPORT_TEXT);
        }
    }
  else
    {
      gui_open_window (view, has_word (argc, argv, "narrow") ? 360 : 760, has_word (argc, argv, "narrow") ? 720 : 860);
    }
  if (has_word (argc, argv, "unread"))
    for (int i = 0; i < 3; i++)
      sample_receive (sample, "One more thing, while you were away.");
  if (has_word (argc, argv, "busy"))
    {
      wc_conversation_set_idle_deadline (sample->conversation, g_get_monotonic_time () + 42 * G_USEC_PER_SEC);
      sample_event (sample, WC_EVENT_ENDED_BY_PEER, g_get_real_time () / 1000);
    }
  while (g_list_model_get_n_items (gtk_window_get_toplevels ()) > 0)
    g_main_context_iteration (NULL, TRUE);
  return 0;
}
