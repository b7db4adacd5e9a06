/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A long conversation with Bob on a server in the test's own process: as many messages as one likes, none of which is kept
 * anywhere. Message number seq was written seq quarters of an hour after the first one. */
#pragma once

#include "client/script-server.h"

G_BEGIN_DECLS

typedef struct
{
  ScriptServer *server;
  WcClient *client;             /* logged in as alice */
  WcConversation *conversation; /* with Bob; the client's */
  guint64 length;               /* messages in the past */
  gint64 start;                 /* of message 1, in ms since 1970 */
  guint n_requests;             /* HISTORY_REQ so far */
  gboolean silent;              /* requests get no answer */
} Past;

Past *past_new (guint64 length, gint64 start);
void past_free (Past *past);

gint64 past_time (Past *past, guint64 seq);

/* Bob writes, now. */
void past_say (Past *past, const char *text);

G_END_DECLS
