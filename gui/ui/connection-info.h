/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "client/client.h"

G_BEGIN_DECLS

/* A lock for the header bar: whether the connection is encrypted, and behind it to which server, and what that server can be recognised by.
 *
 * Properties: "client" (WcClient). */
#define UI_TYPE_CONNECTION_INFO (ui_connection_info_get_type ())
G_DECLARE_FINAL_TYPE (UiConnectionInfo, ui_connection_info, UI, CONNECTION_INFO, GtkWidget)

G_END_DECLS
