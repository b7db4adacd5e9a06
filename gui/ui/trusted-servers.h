/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "client/trust/pins.h"

G_BEGIN_DECLS

/* The servers whose certificates a person has trusted, to be taken out.
 *
 * Properties: "pins" (WcPins).
 * Signals: "removed" (string address, string fingerprint): one was taken out, and could be put back. */
#define UI_TYPE_TRUSTED_SERVERS (ui_trusted_servers_get_type ())
G_DECLARE_FINAL_TYPE (UiTrustedServers, ui_trusted_servers, UI, TRUSTED_SERVERS, AdwPreferencesGroup)

G_END_DECLS
