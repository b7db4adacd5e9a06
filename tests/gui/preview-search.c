/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shows a search with some hits, to be looked at: preview-search [dark] [rtl] [narrow] [chat] [none] [people] [open]
 * [trouble] [export]. Not a test. */
#include <adwaita.h>

#include "client/client-private.h"
#include "client/conversation-private.h"
#include "client/log-private.h"
#include "gui-util.h"
#include "sample.h"
#include "ui/history-pane.h"
#include "ui/main-page.h"
#include "ui/search-view.h"
#include "ui/window.h"

#define HOUR ((gint64) 3600 * 1000)

static gboolean
has_word (int argc, char **argv, const char *word)
{
  for (int i = 1; i < argc; i++)
    if (g_str_equal (argv[i], word))
      return TRUE;
  return FALSE;
}

static WcEntry *
say (WcClient *client, const char *peer, gboolean own, const char *text, gint64 hours_ago)
{
  WcConversation *conversation = wc_client_get_conversation (client, peer);
  WcEntry *entry = wc_entry_new_message (own ? "me" : peer, own, text, (guint64) (1000 - hours_ago), g_get_real_time () / 1000 - hours_ago * HOUR,
                                         own ? WC_DELIVERY_READ : WC_DELIVERY_NONE);

  wc_log_set_range (wc_conversation_get_log (conversation), FALSE, TRUE);
  wc_log_append (wc_conversation_get_log (conversation), entry);
  wc_conversation_set_last (conversation, entry);
  return entry;
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *peer;
    gboolean own;
    const char *text;
    gint64 hours_ago;
  } said[] = {
    { "Юрий", FALSE, "The pictures of the harbour are on the disk that I left with you in October; the good ones are in the second folder.", 900 },
    { "bob", FALSE, "Harbour or market, which of them first?", 400 },
    { "bob", TRUE, "I have been at the harbor master's office, and they say that the Harbour Café opens at nine tomorrow.", 70 },
    { "alice", FALSE, "明日 harbour 東京 🎉", 30 },
    { "alice", TRUE, "See you at the harbour", 2 },
    { "bob", FALSE, "at one, at the harbour", 1 },
  };
  g_autoptr (WcClient) client = NULL;
  g_autoptr (UiSettings) settings = NULL;
  UiWindow *window;
  GtkWidget *view;
  int gui_argc = 1;
  char **gui_argv = argv;
  gboolean in_chat = has_word (argc, argv, "chat");

  if (!gui_test_init (&gui_argc, &gui_argv))
    return 1;
  if (has_word (argc, argv, "dark"))
    adw_style_manager_set_color_scheme (adw_style_manager_get_default (), ADW_COLOR_SCHEME_FORCE_DARK);
  if (has_word (argc, argv, "rtl"))
    gtk_widget_set_default_direction (GTK_TEXT_DIR_RTL);
  client = wc_client_new ();
  settings = ui_settings_new (NULL);
  g_object_set (settings, "window-width", has_word (argc, argv, "narrow") ? 360 : 1150, "window-height", 700, NULL);
  window = ui_window_new (NULL, client, settings, NULL);
  gtk_window_present (GTK_WINDOW (window));
  wc_client_set_identity (client, "localhost:5000", "me");
  wc_client_set_state (client, WC_STATE_ONLINE);
  wc_client_set_state (client, WC_STATE_WAITING); /* there is no server to be asked */
  for (gsize i = 0; i < G_N_ELEMENTS (said); i++)
    if (!g_str_equal (said[i].peer, "Юрий"))
      g_object_unref (say (client, said[i].peer, said[i].own, said[i].text, said[i].hours_ago));
  wc_conversation_set_draft (wc_client_get_conversation (client, "alice"), "I wanted to say");
  wc_conversation_set_typing (wc_client_get_conversation (client, "bob"), has_word (argc, argv, "people"));
  wc_conversation_set_presence (wc_client_get_conversation (client, "bob"), WC_PRESENCE_ONLINE);
  if (!has_word (argc, argv, "narrow") || in_chat || has_word (argc, argv, "open"))
    ui_window_open (window, wc_client_get_conversation (client, "bob"));
  if (has_word (argc, argv, "trouble"))
    {
      g_autoptr (GError) error = g_error_new_literal (WC_ERROR, WC_ERROR_REFUSED, "refused");
      g_autoptr (GError) full = g_error_new_literal (WC_ERROR, WC_ERROR_FAILED, "The disk is full.");

      wc_client_set_error (client, error);
      wc_client_set_retry_time (client, g_get_monotonic_time () + 90 * G_USEC_PER_SEC);
      wc_client_set_cache_error (client, full);
    }
  if (!has_word (argc, argv, "people"))
    {
      WcSearch *search;

      gtk_widget_activate_action (GTK_WIDGET (window), in_chat ? "win.search-chat" : "win.search", NULL);
      view = in_chat ? gui_find (gui_find (GTK_WIDGET (window), UI_TYPE_HISTORY_PANE), UI_TYPE_SEARCH_VIEW) : gui_find_id (gui_find (GTK_WIDGET (window), UI_TYPE_MAIN_PAGE), "search");
      ui_search_view_begin (UI_SEARCH_VIEW (view), "harb");
      search = ui_search_view_get_search (UI_SEARCH_VIEW (view));
      while (wc_search_get_loading (search))
        g_main_context_iteration (NULL, TRUE);
      for (gsize i = G_N_ELEMENTS (said); i > 0 && !has_word (argc, argv, "none"); i--)
        if (!in_chat || g_str_equal (said[i - 1].peer, "bob"))
          {
            WcConversation *conversation = wc_client_get_conversation (client, g_str_equal (said[i - 1].peer, "Юрий") ? "yuri" : said[i - 1].peer);
            g_autoptr (WcEntry) entry = wc_entry_new_message (said[i - 1].own ? "me" : said[i - 1].peer, said[i - 1].own, said[i - 1].text, i,
                                                              g_get_real_time () / 1000 - said[i - 1].hours_ago * HOUR, WC_DELIVERY_NONE);

            wc_search_append (search, conversation, entry);
          }
    }
  while (g_list_model_get_n_items (gtk_window_get_toplevels ()) > 0)
    g_main_context_iteration (NULL, TRUE);
  return 0;
}
