/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What the app remembers for a profile, beside its Client-ID. Kept with GSettings (schema im.webchat.WebChat) in settings.ini in the
 * profile's folder, so that two profiles never share an address. Where the schema is not installed, the defaults hold until the process ends.
 *
 * Properties, all read-write and notified: "server" (string), "log-in-at-start", "remember-password" (boolean), "idle-minutes" (uint, 0: never),
 * "color-scheme" (string: "default", "light" or "dark"), "window-width", "window-height" (int, pixels), "maximized" (boolean).
 * Main thread only. */
#define UI_TYPE_SETTINGS (ui_settings_get_type ())
G_DECLARE_FINAL_TYPE (UiSettings, ui_settings, UI, SETTINGS, GObject)

/* folder: where settings.ini is kept; NULL keeps nothing. */
UiSettings *ui_settings_new (GFile *folder);

const char *ui_settings_get_server (UiSettings *self);
void ui_settings_set_server (UiSettings *self, const char *server);
gboolean ui_settings_get_log_in_at_start (UiSettings *self);
void ui_settings_set_log_in_at_start (UiSettings *self, gboolean log_in_at_start);
gboolean ui_settings_get_remember_password (UiSettings *self);
void ui_settings_set_remember_password (UiSettings *self, gboolean remember_password);
guint ui_settings_get_idle_minutes (UiSettings *self);
void ui_settings_set_idle_minutes (UiSettings *self, guint minutes);
const char *ui_settings_get_color_scheme (UiSettings *self);
void ui_settings_set_color_scheme (UiSettings *self, const char *color_scheme);

G_END_DECLS
