/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* Asks whether a server that nobody vouches for is the right one, by the fingerprint of its certificate. Its response is "trust", or "cancel". */
#define UI_TYPE_TRUST_DIALOG (ui_trust_dialog_get_type ())
G_DECLARE_FINAL_TYPE (UiTrustDialog, ui_trust_dialog, UI, TRUST_DIALOG, AdwMessageDialog)

/* server: as the person typed it; fingerprint: 64 hex digits. */
GtkWindow *ui_trust_dialog_new (GtkWindow *parent, const char *server, const char *fingerprint);

/* What it asks about. */
const char *ui_trust_dialog_get_server (UiTrustDialog *self);
const char *ui_trust_dialog_get_fingerprint (UiTrustDialog *self);

G_END_DECLS
