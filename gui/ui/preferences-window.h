/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "client/client.h"
#include "ui/settings.h"

G_BEGIN_DECLS

/* What one can choose. Bound to the settings both ways: it holds at once.
 *
 * Properties: "settings" (UiSettings), "pins" (WcPins: the servers that can be taken out), both construct only. */
#define UI_TYPE_PREFERENCES_WINDOW (ui_preferences_window_get_type ())
G_DECLARE_FINAL_TYPE (UiPreferencesWindow, ui_preferences_window, UI, PREFERENCES_WINDOW, AdwPreferencesWindow)

GtkWindow *ui_preferences_window_new (GtkWindow *parent, UiSettings *settings, WcPins *pins);

G_END_DECLS
