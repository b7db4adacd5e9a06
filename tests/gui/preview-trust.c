/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shows what people see of encryption, passwords and invitations, to be looked at: preview-trust [dark] [rtl] [narrow] and one of password, wrong, wait,
 * plain, changed, unknown, link, damaged, invitation, no-keyring, own, expired, other, kept, preferences, main. Not a test. */
#include <adwaita.h>

#include "client/client-private.h"
#include "gui-util.h"
#include "ui/connection-info.h"
#include "ui/invitation-dialog.h"
#include "ui/login-page.h"
#include "ui/pages.h"
#include "ui/preferences-window.h"
#include "ui/window.h"

#define FINGERPRINT "3f2a91bc77de04518c6ea0f21b9d44703f2a91bc77de04518c6ea0f21b9d4470"
#define OTHER "9e107d9d372bb6826bd81d3542a419d6e4d909c290d0fb1ca068ffaddf22cbd0"
#define LINK "webchat://chat.lab/alice?token=AGlg_0f3V3m0Zb4JtqUw8Zq0v4rNf0&sha256=" FINGERPRINT

static gboolean
has_word (int argc, char **argv, const char *word)
{
  for (int i = 1; i < argc; i++)
    if (g_str_equal (argv[i], word))
      return TRUE;
  return FALSE;
}

static void
show_error (GtkWidget *page, WcError code)
{
  g_autoptr (GError) error = g_error_new_literal (WC_ERROR, code, "The technical text");

  ui_login_page_show_error (UI_LOGIN_PAGE (page), error);
}

static void
show_on_login_page (int argc, char **argv, WcClient *client, GtkWidget *page)
{
  ui_login_page_fill (UI_LOGIN_PAGE (page), "alice", "chat.lab");
  wc_client_set_identity (client, "chat.lab", "alice");
  wc_pins_set (wc_client_get_pins (client), "chat.lab", 5001, FINGERPRINT);
  client->trust.fingerprint = g_strdup (has_word (argc, argv, "unknown") ? FINGERPRINT : OTHER);
  if (has_word (argc, argv, "password"))
    show_error (page, WC_ERROR_PASSWORD_NEEDED);
  if (has_word (argc, argv, "wrong"))
    {
      show_error (page, WC_ERROR_PASSWORD_NEEDED);
      show_error (page, WC_ERROR_WRONG_PASSWORD);
    }
  if (has_word (argc, argv, "wait"))
    {
      client->trust.wait = 60000;
      show_error (page, WC_ERROR_RATE_LIMITED);
    }
  if (has_word (argc, argv, "plain"))
    {
      show_error (page, WC_ERROR_TLS);
      ui_login_page_fill (UI_LOGIN_PAGE (page), "alice", "plain://chat.lab");
    }
  if (has_word (argc, argv, "tls"))
    show_error (page, WC_ERROR_TLS);
  if (has_word (argc, argv, "changed"))
    show_error (page, WC_ERROR_CERTIFICATE_CHANGED);
  if (has_word (argc, argv, "unknown"))
    show_error (page, WC_ERROR_CERTIFICATE_UNKNOWN);
}

static void
show_invitation (int argc, char **argv, UiWindow *window)
{
  const char *link = has_word (argc, argv, "link") ? NULL : has_word (argc, argv, "damaged") ? "webchat://chat.lab/alice?token" : LINK;
  GtkWidget *dialog;
  GtkWidget *own;

  ui_window_open_invitation (window, link);
  dialog = GTK_WIDGET (g_list_model_get_item (gtk_window_get_toplevels (), 1));
  if (!UI_IS_INVITATION_DIALOG (dialog))
    dialog = GTK_WIDGET (g_list_model_get_item (gtk_window_get_toplevels (), 0));
  for (int i = 0; i < 100; i++)
    g_main_context_iteration (NULL, FALSE);
  own = gui_find_id (dialog, "own_switch");
  if (has_word (argc, argv, "own"))
    gtk_switch_set_active (GTK_SWITCH (own), TRUE);
  if (has_word (argc, argv, "expired"))
    g_object_set (gui_find_id (dialog, "join_error"), "text",
                  "This invitation is not valid any more: it was used, it has expired, or it was withdrawn. Ask whoever runs the server for a new one.",
                  "details", "not-allowed", NULL);
  if (has_word (argc, argv, "kept"))
    {
      gtk_label_set_text (GTK_LABEL (gui_find_id (dialog, "kept_password")), "k7mzq-3xh9w-np2rt-vbd84");
      ui_pages_set_page (UI_PAGES (gui_find_id (dialog, "pages")), "page_password");
    }
}

int
main (int argc, char **argv)
{
  static const char *const invitations[] = { "link", "damaged", "invitation", "no-keyring", "own", "expired", "other", "kept" };
  g_autoptr (WcClient) client = NULL;
  g_autoptr (UiSettings) settings = NULL;
  g_autoptr (WcSecrets) secrets = wc_secrets_new_memory ();
  UiWindow *window;
  int gui_argc = 1;
  char **gui_argv = argv;

  if (!gui_test_init (&gui_argc, &gui_argv))
    return 1;
  if (has_word (argc, argv, "dark"))
    adw_style_manager_set_color_scheme (adw_style_manager_get_default (), ADW_COLOR_SCHEME_FORCE_DARK);
  if (has_word (argc, argv, "rtl"))
    gtk_widget_set_default_direction (GTK_TEXT_DIR_RTL);
  client = wc_client_new ();
  if (!has_word (argc, argv, "no-keyring"))
    wc_client_set_secrets (client, secrets);
  settings = ui_settings_new (NULL);
  g_object_set (settings, "window-width", has_word (argc, argv, "narrow") ? 360 : 900, "window-height", 740, NULL);
  window = ui_window_new (NULL, client, settings, NULL);
  gtk_window_present (GTK_WINDOW (window));
  for (int i = 0; i < 200; i++)
    g_main_context_iteration (NULL, FALSE);
  if (has_word (argc, argv, "main") || has_word (argc, argv, "other"))
    {
      wc_client_set_identity (client, has_word (argc, argv, "plain") ? "plain://chat.lab" : "chat.lab", "bob");
      wc_pins_set (wc_client_get_pins (client), "chat.lab", 5001, FINGERPRINT);
      wc_client_set_state (client, WC_STATE_ONLINE);
      wc_client_meet (client, "alice", FALSE);
      for (int i = 0; i < 200; i++)
        g_main_context_iteration (NULL, FALSE);
      if (has_word (argc, argv, "main"))
        gtk_menu_button_popup (GTK_MENU_BUTTON (gtk_widget_get_first_child (gui_find (GTK_WIDGET (window), UI_TYPE_CONNECTION_INFO))));
    }
  else
    show_on_login_page (argc, argv, client, gui_find (GTK_WIDGET (window), UI_TYPE_LOGIN_PAGE));
  for (gsize i = 0; i < G_N_ELEMENTS (invitations); i++)
    if (has_word (argc, argv, invitations[i]))
      show_invitation (argc, argv, window);
  if (has_word (argc, argv, "preferences"))
    {
      GtkWindow *preferences = ui_preferences_window_new (GTK_WINDOW (window), settings, wc_client_get_pins (client));

      if (has_word (argc, argv, "narrow"))
        gtk_window_set_default_size (preferences, 360, 740);
      wc_pins_set (wc_client_get_pins (client), "work.example.org", 7001, OTHER);
      gtk_window_present (preferences);
    }
  while (g_list_model_get_n_items (gtk_window_get_toplevels ()) > 0)
    g_main_context_iteration (NULL, TRUE);
  return 0;
}
