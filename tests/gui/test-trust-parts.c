/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is shown of encryption and certificates where nobody logs in: the lock, the trusted servers, fingerprints; and passwords that are made. */
#include <adwaita.h>

#include "client/client-private.h"
#include "gui-util.h"
#include "shared/scram.h"
#include "ui/connection-info.h"
#include "ui/encryption.h"
#include "ui/fingerprint.h"
#include "ui/password.h"
#include "ui/preferences-window.h"
#include "ui/trusted-servers.h"

#define SOME "3f2a91bc77de04518c6ea0f21b9d44703f2a91bc77de04518c6ea0f21b9d4470"

static gboolean
is_drawn (gpointer window)
{
  return gtk_widget_get_mapped (window) && gdk_frame_clock_get_frame_counter (gtk_widget_get_frame_clock (window)) >= 1;
}

static void
test_encryption (void)
{
  static const struct
  {
    const char *server;
    UiEncryption expected;
  } rows[] = {
    { "localhost:5000", UI_ENCRYPTION_LOCAL },
    { "localhost", UI_ENCRYPTION_LOCAL },
    { " 127.0.0.1:7000 ", UI_ENCRYPTION_LOCAL },
    { "[::1]:5000", UI_ENCRYPTION_LOCAL },
    { "LOCALHOST:5001", UI_ENCRYPTION_TLS },
    { "tls://localhost", UI_ENCRYPTION_TLS },
    { "chat.lab", UI_ENCRYPTION_TLS },
    { "chat.lab:5000", UI_ENCRYPTION_TLS },
    { "plain://chat.lab", UI_ENCRYPTION_NONE },
    { "plain://10.0.0.1:5000", UI_ENCRYPTION_NONE },
    { "chat lab", UI_ENCRYPTION_UNKNOWN },
    { "", UI_ENCRYPTION_UNKNOWN },
    { NULL, UI_ENCRYPTION_UNKNOWN },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if (ui_encryption_of (rows[i].server) != rows[i].expected)
      g_error ("“%s” is taken for: %s", rows[i].server, ui_encryption_name (ui_encryption_of (rows[i].server)));
}

static void
test_fingerprint (void)
{
  g_autofree char *grouped = ui_fingerprint_group (SOME);
  g_autofree char *shortened = ui_fingerprint_shorten (SOME);
  g_autofree char *whole = ui_fingerprint_shorten ("3f2a");
  g_autofree char *spelled = ui_fingerprint_spell ("3f2a91bc");
  g_autofree char *nothing = ui_fingerprint_group ("");

  g_assert_cmpstr (grouped, ==, "3f2a 91bc 77de 0451\n8c6e a0f2 1b9d 4470\n3f2a 91bc 77de 0451\n8c6e a0f2 1b9d 4470");
  g_assert_cmpstr (shortened, ==, "3f2a 91bc 77de 0451 …");
  g_assert_cmpstr (whole, ==, "3f2a");
  g_assert_cmpstr (spelled, ==, "3 f 2 a, 9 1 b c");
  g_assert_cmpstr (nothing, ==, "");
}

static void
test_generated (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < 1000; i++)
    {
      char *password = ui_password_generate ();

      g_assert_true (g_regex_match_simple ("^([2-9a-hjkmnp-z]{5}-){3}[2-9a-hjkmnp-z]{5}$", password, 0, 0));
      g_assert_true (scram_password_check (password, NULL));
      g_assert_true (g_hash_table_add (seen, password));
    }
}

static GtkWindow *
open_preferences (WcPins *pins, UiSettings *settings)
{
  GtkWindow *window = ui_preferences_window_new (NULL, settings, pins);

  gtk_window_present (window);
  gui_wait_until (is_drawn, window);
  return window;
}

static void
test_trusted_servers (void)
{
  g_autoptr (UiSettings) settings = ui_settings_new (NULL);
  g_autoptr (WcPins) pins = wc_pins_new (NULL);
  GtkWindow *window;
  GtkWidget *root;

  wc_pins_set (pins, "chat.lab", 5001, SOME);
  wc_pins_set (pins, "work.lab", 7001, SOME);
  window = open_preferences (pins, settings);
  root = GTK_WIDGET (window);
  g_assert_nonnull (gui_find_label (root, "chat.lab"));
  g_assert_nonnull (gui_find_label (root, "work.lab:7001"));
  g_assert_nonnull (gui_find_label (root, "3f2a 91bc 77de 0451 …"));
  g_assert_null (gui_find_label (root, "None yet"));
  gui_assert_named (gui_find (root, UI_TYPE_TRUSTED_SERVERS));

  /* Out, and back; the keyboard goes to what is beside it. */
  gtk_widget_grab_focus (gui_find_button (root, "Remove chat.lab"));
  g_signal_emit_by_name (gui_find_button (root, "Remove chat.lab"), "clicked");
  g_assert_null (wc_pins_lookup (pins, "chat.lab", 5001));
  g_assert_nonnull (wc_pins_lookup (pins, "work.lab", 7001));
  gui_wait_frames (root, 2);
  g_assert_true (gtk_root_get_focus (GTK_ROOT (window))
                 == gtk_widget_get_ancestor (gui_find_button (root, "Remove work.lab:7001"), GTK_TYPE_LIST_BOX_ROW));
  g_assert_nonnull (gui_find_label (root, "chat.lab is not trusted any more"));
  g_signal_emit_by_name (gui_find_button (root, "_Undo"), "clicked");
  g_assert_cmpstr (wc_pins_lookup (pins, "chat.lab", 5001), ==, SOME);

  g_signal_emit_by_name (gui_find_button (root, "Remove chat.lab"), "clicked");
  g_signal_emit_by_name (gui_find_button (root, "Remove work.lab:7001"), "clicked");
  gui_wait_frames (root, 2);
  g_assert_nonnull (gui_find_label (root, "None yet"));
  g_assert_cmpuint (g_list_model_get_n_items (wc_pins_get_list (pins)), ==, 0);
  gui_close_window (window);
}

static gboolean
has_error (gpointer pins)
{
  return wc_pins_get_error (pins) != NULL;
}

/* What cannot be kept is said where it is shown. */
static void
test_not_kept (void)
{
  g_autoptr (UiSettings) settings = ui_settings_new (NULL);
  g_autoptr (GFile) folder = g_file_new_for_path ("/dev/null/webchat");
  g_autoptr (WcPins) pins = wc_pins_new (folder);
  GtkWindow *window = open_preferences (pins, settings);
  GtkWidget *group = gui_find (GTK_WIDGET (window), UI_TYPE_TRUSTED_SERVERS);
  g_autofree char *text = NULL;

  wc_pins_set (pins, "chat.lab", 5001, SOME);
  gui_wait_until (has_error, pins);
  g_object_get (gui_find_id (group, "error"), "text", &text, NULL);
  g_assert_true (g_str_has_prefix (text, "These servers cannot be kept on this computer"));
  gui_close_window (window);
}

static void
test_connection_info (void)
{
  g_autoptr (WcClient) client = wc_client_new ();
  GtkWidget *info = g_object_new (UI_TYPE_CONNECTION_INFO, "client", client, NULL);
  GtkWindow *window = gui_open_window (info, 300, 300);
  GtkWidget *button = gui_find_id (info, "button");

  g_assert_false (gtk_widget_get_visible (button));
  wc_pins_set (wc_client_get_pins (client), "chat.lab", 5001, SOME);
  wc_client_set_identity (client, "chat.lab", "me");
  g_assert_true (gtk_widget_get_visible (button));
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, "Encrypted");
  g_assert_cmpstr (gtk_menu_button_get_icon_name (GTK_MENU_BUTTON (button)), ==, "webchat-lock-symbolic");

  wc_client_set_identity (client, "plain://chat.lab", "me");
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, "Not encrypted");
  g_assert_true (gtk_widget_has_css_class (button, "warning"));
  wc_client_set_identity (client, "localhost:5000", "me");
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, "Not encrypted, on this computer only");
  g_assert_false (gtk_widget_has_css_class (button, "warning"));
  gui_close_window (window);
}

int
main (int argc, char *argv[])
{
  if (!gui_test_init (&argc, &argv))
    return 0;

  g_test_add_func ("/trust-parts/encryption", test_encryption);
  g_test_add_func ("/trust-parts/fingerprint", test_fingerprint);
  g_test_add_func ("/trust-parts/generated", test_generated);
  g_test_add_func ("/trust-parts/servers", test_trusted_servers);
  g_test_add_func ("/trust-parts/not-kept", test_not_kept);
  g_test_add_func ("/trust-parts/info", test_connection_info);

  return g_test_run ();
}
