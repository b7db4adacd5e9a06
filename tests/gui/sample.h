/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A conversation without a server, for tests and the preview: people, messages and events as the engine would put them there. */
#pragma once

#include "client/client.h"

G_BEGIN_DECLS

typedef struct
{
  WcClient *client;
  WcConversation *conversation; /* the client's */
  WcLog *log;                   /* the conversation's */
} Sample;

Sample *sample_new (const char *peer);
void sample_free (Sample *sample);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Sample, sample_free)

/* Puts a message at the newest end; time in ms since 1970. The entry is the log's. */
WcEntry *sample_say (Sample *sample, gboolean own, const char *text, gint64 time, WcDelivery delivery);
WcEntry *sample_event (Sample *sample, WcEvent event, gint64 time);

/* A received message, live: in the log, counted as unread, and told by the client's signal. */
WcEntry *sample_receive (Sample *sample, const char *text);

void sample_fail (WcEntry *entry, const char *why);
void sample_deliver (WcEntry *entry, WcDelivery delivery);

/* A chat as it comes over a day or two: every kind of row there is. */
void sample_fill (Sample *sample);

/* n stored messages, a quarter of an hour apart, into any log: numbered from the first one's seq, put before (or after) what it holds. */
void sample_add_page (WcLog *log, guint64 first_seq, guint n, gboolean before);

/* What the log says of itself, as when pages come and go. */
void sample_set_state (WcLog *log, gboolean has_older, gboolean has_newer);

/* A text like people's, another for each n; from one word to several lines. */
char *sample_text (guint n);

G_END_DECLS
