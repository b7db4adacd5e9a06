/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "client/client.h"
#include "ui/settings.h"

G_BEGIN_DECLS

/* Where one says who one is and which server to log in to. Fills in what the Client-ID file and the settings hold; a login that works is
 * written to both.
 *
 * Properties: "client" (WcClient), "settings" (UiSettings), "folder" (GFile: where the file Client-ID lies; may be NULL), all construct only;
 * "busy" (boolean, read-only: a login is on its way). */
#define UI_TYPE_LOGIN_PAGE (ui_login_page_get_type ())
G_DECLARE_FINAL_TYPE (UiLoginPage, ui_login_page, UI, LOGIN_PAGE, GtkWidget)

GtkWidget *ui_login_page_new (WcClient *client, UiSettings *settings, GFile *folder);

/* Sets what stands in the fields; NULL leaves one as it is. A Client-ID set here is not replaced by that of the file. */
void ui_login_page_fill (UiLoginPage *self, const char *client_id, const char *server);

/* Logs in with what stands in the fields; with no Client-ID yet, as soon as the file has been read. Nothing while busy. */
void ui_login_page_log_in (UiLoginPage *self);
/* Keeps what the client is logged in with for the next start, and forgets what was typed as a password. */
void ui_login_page_remember (UiLoginPage *self);
void ui_login_page_cancel (UiLoginPage *self);

/* Shows an error under the field that it is about. error: NULL clears all. A certificate that nobody vouches for is asked about. */
void ui_login_page_show_error (UiLoginPage *self, const GError *error);

G_END_DECLS
