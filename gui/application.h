/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "client/client.h"

G_BEGIN_DECLS

/* The running app: owns the connection, the settings and the windows of one profile. Main thread only. */
#define WEBCHAT_TYPE_APPLICATION (webchat_application_get_type ())
G_DECLARE_FINAL_TYPE (WebchatApplication, webchat_application, WEBCHAT, APPLICATION, AdwApplication)

/* profile: NULL, or a name for which webchat_profile_is_valid(): the process is then an instance beside the others, with a folder of its own.
 * server, client_id: what to log in with instead of what is remembered; may be NULL. */
WebchatApplication *webchat_application_new (const char *profile, const char *server, const char *client_id);

/* Whether a name can be a profile's: the same characters as a Client-ID, so it is safe as a folder's name. */
gboolean webchat_profile_is_valid (const char *profile);

/* Shows the chat with somebody in a window, in front (as app.open-chat does). */
void webchat_application_open_chat (WebchatApplication *self, WcConversation *conversation);

G_END_DECLS
