/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/client.h"

G_BEGIN_DECLS

/* What to tell a person about an error of the engine. The caller frees all strings; none of them holds a raw error message but
 * ui_trouble_details(). server: what the person typed or the client is set to. */

/* What happened and what to do about it; a sentence or two. */
char *ui_trouble_advice (const GError *error, const char *server);

/* What happened in a few words without a full stop, for the banner. error may be NULL. */
char *ui_trouble_brief (const GError *error, const char *server);

/* What an error of the engine says itself, without the technical text behind it. */
char *ui_trouble_message (const GError *error);

/* The technical text, for behind "Details"; with both fingerprints where a certificate is not the one that was expected. client: whose login it was; may be
 * NULL. */
char *ui_trouble_details (const GError *error, WcClient *client);

/* What has to be changed. */
typedef enum
{
  UI_TROUBLE_CLIENT_ID,
  UI_TROUBLE_PASSWORD,
  UI_TROUBLE_SERVER, /* the address, or whatever is behind it */
} UiTroubleWhere;
UiTroubleWhere ui_trouble_where (const GError *error);

G_END_DECLS
