/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shows a chat view filled with samples, to be looked at: preview-chat [dark] [rtl] [narrow] [busy] [bottom]. Not a test. */
#include <adwaita.h>

#include "client/conversation-private.h"
#include "gui-util.h"
#include "sample.h"
#include "ui/chat-view.h"

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
  view = ui_chat_view_new (sample->client, sample->conversation);
  gui_open_window (view, has_word (argc, argv, "narrow") ? 360 : 760, has_word (argc, argv, "narrow") ? 720 : 860);
  if (has_word (argc, argv, "busy"))
    {
      wc_conversation_set_idle_deadline (sample->conversation, g_get_monotonic_time () + 42 * G_USEC_PER_SEC);
      sample_event (sample, WC_EVENT_ENDED_BY_PEER, g_get_real_time () / 1000);
    }
  while (g_list_model_get_n_items (gtk_window_get_toplevels ()) > 0)
    g_main_context_iteration (NULL, TRUE);
  return 0;
}
