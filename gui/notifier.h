/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "client/client.h"

G_BEGIN_DECLS

/* Tells the desktop of messages that come while none of the app's windows is in use, one notification a person, and takes it back when
 * they are read. Choosing one activates app.open-chat. Main thread only. */
#define WEBCHAT_TYPE_NOTIFIER (webchat_notifier_get_type ())
G_DECLARE_FINAL_TYPE (WebchatNotifier, webchat_notifier, WEBCHAT, NOTIFIER, GObject)

/* The application must outlive it. */
WebchatNotifier *webchat_notifier_new (GtkApplication *application, WcClient *client);

G_END_DECLS
