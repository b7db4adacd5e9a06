/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/client.h"
#include "shared/invitation.h"

G_BEGIN_DECLS

/* Whether they are the same invitation, however their links were written. a may be NULL, and is no invitation then. */
gboolean ui_invitation_equal (const Invitation *a, const Invitation *b);

/* Its server as the keyring has it: "host:port". The caller frees it. */
char *ui_invitation_get_keyring_server (const Invitation *invitation);

/* What went wrong with it and what to do about it, as ui_trouble_advice(). The caller frees it. */
char *ui_invitation_advice (const Invitation *invitation, const GError *error);

G_END_DECLS
