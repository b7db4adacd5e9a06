/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "client/client.h"
#include "ui/settings.h"

G_BEGIN_DECLS

/* The main window: the login page until somebody is logged in, then people and chats, until they log out or the server ends it.
 * Keeps its size in the settings.
 *
 * Properties: "client" (WcClient), "settings" (UiSettings), "folder" (GFile: the profile's; may be NULL), all construct only;
 * "show-history" (boolean). */
#define UI_TYPE_WINDOW (ui_window_get_type ())
G_DECLARE_FINAL_TYPE (UiWindow, ui_window, UI, WINDOW, AdwApplicationWindow)

UiWindow *ui_window_new (GtkApplication *application, WcClient *client, UiSettings *settings, GFile *folder);

/* Fills in the login page (NULL: what was there last time) and logs in at once if at_once. */
void ui_window_log_in (UiWindow *self, const char *client_id, const char *server, gboolean at_once);

/* Shows what a webchat:// link invites to, or, without one (NULL), asks for it. */
void ui_window_open_invitation (UiWindow *self, const char *link);

/* Shows the chat with somebody, and puts the keyboard into it. */
void ui_window_open (UiWindow *self, WcConversation *conversation);

/* Whether a chat is before the person's eyes: shown here, and the window the one in use. */
gboolean ui_window_shows (UiWindow *self, WcConversation *conversation);

G_END_DECLS
