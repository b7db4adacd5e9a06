/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rest of the shell: settings, preferences, shortcuts, what is said of errors. */
#include <adwaita.h>
#include <glib/gstdio.h>

#include "application.h"
#include "gui-util.h"
#include "ui/clock.h"
#include "ui/format.h"
#include "ui/preferences-window.h"
#include "ui/settings.h"
#include "ui/timestamp.h"
#include "ui/trouble.h"

static void
test_settings_defaults (void)
{
  g_autoptr (UiSettings) settings = ui_settings_new (NULL);

  g_assert_cmpstr (ui_settings_get_server (settings), ==, "localhost:5000");
  g_assert_false (ui_settings_get_log_in_at_start (settings));
  g_assert_cmpuint (ui_settings_get_idle_minutes (settings), ==, 15);
  g_assert_cmpstr (ui_settings_get_color_scheme (settings), ==, "default");
}

static void
test_settings_kept (void)
{
  g_autofree char *path = g_dir_make_tmp ("webchat-settings-XXXXXX", NULL);
  g_autoptr (GFile) top = g_file_new_for_path (path);
  g_autoptr (GFile) folder = g_file_get_child (top, "profile"); /* made when it is needed */
  g_autoptr (GFile) other = g_file_get_child (top, "other");
  g_autofree char *file = g_build_filename (path, "profile", "settings.ini", NULL);
  g_autofree char *profile_path = g_file_get_path (folder);
  g_autofree char *other_path = g_file_get_path (other);
  UiSettings *settings = ui_settings_new (folder);
  UiSettings *others = ui_settings_new (other);

  ui_settings_set_server (settings, "chat.lab:5001");
  ui_settings_set_log_in_at_start (settings, TRUE);
  ui_settings_set_idle_minutes (settings, 0);
  ui_settings_set_color_scheme (settings, "dark");
  g_object_set (settings, "window-width", 400, NULL);
  g_assert_finalize_object (settings);

  settings = ui_settings_new (folder);
  g_assert_cmpstr (ui_settings_get_server (settings), ==, "chat.lab:5001");
  g_assert_true (ui_settings_get_log_in_at_start (settings));
  g_assert_cmpuint (ui_settings_get_idle_minutes (settings), ==, 0);
  g_assert_cmpstr (ui_settings_get_color_scheme (settings), ==, "dark");
  g_assert_finalize_object (settings);

  /* Another profile knows nothing of it. */
  g_assert_cmpstr (ui_settings_get_server (others), ==, "localhost:5000");
  g_assert_finalize_object (others);

  g_remove (file);
  g_rmdir (profile_path);
  g_rmdir (other_path);
  g_assert_cmpint (g_rmdir (path), ==, 0);
}

static gboolean
is_drawn (gpointer window)
{
  return gtk_widget_get_mapped (window) && gdk_frame_clock_get_frame_counter (gtk_widget_get_frame_clock (window)) >= 1;
}

static void
test_preferences (void)
{
  g_autoptr (UiSettings) settings = ui_settings_new (NULL);
  GtkWindow *window;
  GtkSwitch *idle_switch;
  GtkSpinButton *minutes;
  AdwComboRow *color_row;

  ui_settings_set_idle_minutes (settings, 30);
  window = ui_preferences_window_new (NULL, settings, NULL);
  g_object_add_weak_pointer (G_OBJECT (window), (gpointer *) &window);
  gtk_window_present (window);
  gui_wait_until (is_drawn, window);
  idle_switch = GTK_SWITCH (gui_find_id (GTK_WIDGET (window), "idle_switch"));
  minutes = GTK_SPIN_BUTTON (gui_find_id (GTK_WIDGET (window), "idle_minutes"));
  color_row = ADW_COMBO_ROW (gui_find_id (GTK_WIDGET (window), "color_row"));

  g_assert_true (gtk_switch_get_active (idle_switch));
  g_assert_cmpint (gtk_spin_button_get_value_as_int (minutes), ==, 30);
  gtk_spin_button_set_value (minutes, 5);
  g_assert_cmpuint (ui_settings_get_idle_minutes (settings), ==, 5);

  /* Off is 0; on again is what it was. */
  gtk_switch_set_active (idle_switch, FALSE);
  g_assert_cmpuint (ui_settings_get_idle_minutes (settings), ==, 0);
  g_assert_cmpint (gtk_spin_button_get_value_as_int (minutes), ==, 5);
  gtk_switch_set_active (idle_switch, TRUE);
  g_assert_cmpuint (ui_settings_get_idle_minutes (settings), ==, 5);

  adw_combo_row_set_selected (color_row, 2);
  g_assert_cmpstr (ui_settings_get_color_scheme (settings), ==, "dark");
  ui_settings_set_color_scheme (settings, "light");
  g_assert_cmpuint (adw_combo_row_get_selected (color_row), ==, 1);

  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (idle_switch), GTK_ACCESSIBLE_PROPERTY_LABEL, "End silent chats");
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (minutes), GTK_ACCESSIBLE_PROPERTY_LABEL, "Minutes until a silent chat ends");
  gui_close_window (window);
  g_assert_null (window);
}

static void
test_shortcuts (void)
{
  g_autoptr (GtkBuilder) builder = gtk_builder_new_from_resource ("/im/webchat/WebChat/ui/shortcuts-window.ui");
  GtkWindow *window = GTK_WINDOW (gtk_builder_get_object (builder, "shortcuts_window"));

  gtk_window_present (window);
  gui_wait_until (is_drawn, window);
  g_assert_nonnull (gui_find_label (GTK_WIDGET (window), "New chat"));
  gui_close_window (window);
}

/* Every error has its own words, and each names the server where it is about the server. */
static void
test_trouble (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (WcError code = WC_ERROR_BAD_ADDRESS; code <= WC_ERROR_RATE_LIMITED; code++)
    {
      g_autoptr (GError) error = g_error_new_literal (WC_ERROR, (int) code, "raw words\nmore of them");
      g_autofree char *details = ui_trouble_details (error, NULL);
      g_autofree char *brief = ui_trouble_brief (error, "chat.lab");
      char *advice = ui_trouble_advice (error, "chat.lab");

      g_assert_cmpstr (advice, !=, "");
      g_assert_null (strstr (advice, "raw words"));
      g_assert_null (strstr (brief, "raw words"));
      g_assert_false (g_str_has_suffix (brief, "."));
      g_assert_nonnull (strstr (details, "raw words"));
      if (code != WC_ERROR_TOO_LONG && code != WC_ERROR_FAILED)
        g_assert_true (g_hash_table_add (seen, advice));
      else
        g_free (advice);
    }
}

/* A name that is not found is told without the port, which has nothing to do with it. */
static void
test_trouble_with_name (void)
{
  g_autoptr (GError) error = g_error_new_literal (WC_ERROR, WC_ERROR_NAME_NOT_FOUND, "no");
  g_autofree char *advice = ui_trouble_advice (error, "chat.lab:5001");
  g_autofree char *brief = ui_trouble_brief (error, "chat.lab:5001");
  g_autofree char *unknown = ui_trouble_brief (NULL, NULL);

  g_assert_cmpstr (advice, ==, "There is no computer named chat.lab. Is the name spelled right?");
  g_assert_cmpstr (brief, ==, "chat.lab is not to be found");
  g_assert_nonnull (unknown);
}

static void
assert_when (gint64 seconds_ago, const char *expected)
{
  g_autofree char *text = ui_format_when (g_get_real_time () / 1000 - seconds_ago * 1000);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_when (void)
{
  g_autofree char *never = ui_format_when (0);
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autoptr (GDateTime) days_ago = g_date_time_add_days (now, -3);
  g_autofree char *weekday = g_date_time_format (days_ago, "%A");
  const gint64 since_midnight = g_date_time_get_hour (now) * 3600 + g_date_time_get_minute (now) * 60;

  g_assert_cmpstr (never, ==, "");
  assert_when (since_midnight + 2 * 3600, "Yesterday");
  assert_when ((gint64) 3 * 24 * 3600, weekday);
}

static void
test_status (void)
{
  g_autofree char *nothing = ui_format_status (WC_PRESENCE_UNKNOWN, 0, FALSE, WC_CHAT_NONE, 0);
  g_autofree char *online = ui_format_status (WC_PRESENCE_ONLINE, 0, FALSE, WC_CHAT_NONE, 0);
  g_autofree char *asked = ui_format_status (WC_PRESENCE_OFFLINE, 0, FALSE, WC_CHAT_ASKED, 0);
  g_autofree char *open = ui_format_status (WC_PRESENCE_ONLINE, 0, FALSE, WC_CHAT_OPEN, g_get_real_time () / 1000);

  g_assert_cmpstr (nothing, ==, "");
  g_assert_cmpstr (online, ==, "online");
  g_assert_cmpstr (asked, ==, "offline · asking for a chat…");
  g_assert_true (g_str_has_prefix (open, "online · chat since "));
}

/* Noon of the 20th of May 2026; what is said of a time depends on the day on which it is said. */
static gint64
local_noon (int days_later)
{
  g_autoptr (GDateTime) noon = g_date_time_new_local (2026, 5, 20, 12, 0, 0);
  g_autoptr (GDateTime) then = g_date_time_add_days (noon, days_later);

  return g_date_time_to_unix (then) * 1000;
}

static void
assert_status (gint64 last_seen, gboolean typing, const char *expected)
{
  g_autofree char *text = ui_format_status (WC_PRESENCE_OFFLINE, last_seen, typing, WC_CHAT_NONE, 0);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_last_seen (void)
{
  UiClock *clock = ui_clock_get_default ();
  g_autofree char *online = NULL;

  ui_clock_stop_at (clock, local_noon (0));
  assert_status (local_noon (0), FALSE, "last seen today at 12:00");
  assert_status (local_noon (-1), FALSE, "last seen yesterday at 12:00");
  assert_status (local_noon (-17), FALSE, "last seen on 3 May");
  assert_status (local_noon (-382), FALSE, "last seen on 3 May 2025");
  assert_status (local_noon (1), FALSE, "last seen today at 12:00"); /* by a clock that is ahead of ours */
  assert_status (local_noon (0), TRUE, "typing…");
  assert_status (0, FALSE, "offline");
  online = ui_format_status (WC_PRESENCE_ONLINE, local_noon (-1), FALSE, WC_CHAT_NONE, 0);
  g_assert_cmpstr (online, ==, "online");
  ui_clock_stop_at (clock, 0);
}

static void
count_cb (UiClock *clock, GParamSpec *pspec, guint *n)
{
  (*n)++;
}

static void
test_midnight (void)
{
  UiClock *clock = ui_clock_get_default ();
  const guint really = ui_clock_get_today (clock);
  const gint64 noon = local_noon (0);
  const gint64 night = noon + (gint64) (11 * 3600 + 3599) * 1000;
  guint n = 0;

  ui_clock_stop_at (clock, noon);
  g_signal_connect (clock, "notify::today", G_CALLBACK (count_cb), &n);
  ui_clock_stop_at (clock, night);
  g_assert_cmpuint (n, ==, 0);
  g_assert_true (ui_same_day (noon, night));
  ui_clock_stop_at (clock, night + 1000);
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpuint (ui_clock_get_today (clock), ==, ui_day_number (noon) + 1);
  ui_clock_stop_at (clock, 0);
  g_assert_cmpuint (ui_clock_get_today (clock), >=, really);
  g_signal_handlers_disconnect_by_func (clock, count_cb, &n);
}

static void
test_profiles (void)
{
  g_autoptr (WebchatApplication) plain = webchat_application_new (NULL, NULL, NULL);
  g_autoptr (WebchatApplication) dotted = webchat_application_new ("7.a_b", NULL, NULL);

  g_assert_true (webchat_profile_is_valid ("bob-2"));
  g_assert_false (webchat_profile_is_valid (""));
  g_assert_false (webchat_profile_is_valid (".."));
  g_assert_false (webchat_profile_is_valid ("a/b"));
  g_assert_cmpstr (g_application_get_application_id (G_APPLICATION (plain)), ==, "im.webchat.WebChat");
  g_assert_cmpstr (g_application_get_application_id (G_APPLICATION (dotted)), ==, "im.webchat.WebChat.profile-7_2ea_5fb");
}

int
main (int argc, char *argv[])
{
  if (!gui_test_init (&argc, &argv))
    return 0;

  g_test_add_func ("/settings/defaults", test_settings_defaults);
  g_test_add_func ("/settings/kept", test_settings_kept);
  g_test_add_func ("/preferences", test_preferences);
  g_test_add_func ("/shortcuts", test_shortcuts);
  g_test_add_func ("/trouble/words", test_trouble);
  g_test_add_func ("/trouble/name", test_trouble_with_name);
  g_test_add_func ("/format/when", test_when);
  g_test_add_func ("/format/status", test_status);
  g_test_add_func ("/format/last-seen", test_last_seen);
  g_test_add_func ("/clock/midnight", test_midnight);
  g_test_add_func ("/application/profiles", test_profiles);

  return g_test_run ();
}
