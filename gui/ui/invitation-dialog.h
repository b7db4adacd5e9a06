/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "client/client.h"

G_BEGIN_DECLS

/* Takes an invitation: asks for the link where there is none, shows to which server and as whom it leads, and logs in with it. The new password is made
 * here and kept in the keyring, unless the person wants one of their own or there is no keyring.
 *
 * Properties: "client" (WcClient, construct only), "busy" (boolean, read-only: it is on its way, or its password is being stored, and the dialog stays then).
 * Signals: "joined": the client is logged in now. */
#define UI_TYPE_INVITATION_DIALOG (ui_invitation_dialog_get_type ())
G_DECLARE_FINAL_TYPE (UiInvitationDialog, ui_invitation_dialog, UI, INVITATION_DIALOG, AdwWindow)

GtkWindow *ui_invitation_dialog_new (GtkWindow *parent, WcClient *client);

/* With this link; one that is none is said to be so, and another one asked for. link: NULL asks for one, and takes that of the clipboard if there is one.
 * Nothing while busy, or while it shows a password that nothing else has. */
void ui_invitation_dialog_open (UiInvitationDialog *self, const char *link);

G_END_DECLS
