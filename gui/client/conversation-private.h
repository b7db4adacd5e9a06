/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of a WcConversation: shared by conversation.c (the object), conversation-chat.c (a chat's life), outbox.c
 * (sending) and sync.c (what is held of the conversation). */
#pragma once

#include "client/conversation.h"

#include "client/client.h"
#include "client/history.h"

G_BEGIN_DECLS

struct _WcConversation
{
  GObject parent_instance;

  char *peer;
  WcClient *client; /* not owned; NULL once it is gone */
  WcLog *log;
  GPtrArray *logs;  /* every WcLog over this conversation; not owned, they take themselves out */
  WcEntry *last;
  char *draft;
  WcPresence presence;
  guint unread;

  /* The chat. */
  WcChat chat;
  gint64 chat_since;
  gint64 idle_deadline;
  guint idle_source;
  WcEvent last_event;  /* the newest event, so that the same one is not said again and again */
  gboolean asked_by_user; /* the pending CHAT_REQUEST was wanted for itself, not for a message */

  /* What is held: every message from the first one loaded up to "held". */
  gboolean held_known;
  guint64 held;
  guint64 known_last; /* the newest seq that is known to exist */
  WcHistory *sync;

  /* Own messages without their SENT, oldest first: of WcOutgoing. */
  GQueue outbox;
  guint n_in_flight;
  guint n_resent; /* in flight, and in flight on an earlier connection already */
  gboolean send_anyway; /* the peer cannot chat now, but the server keeps messages for it */
};

/* conversation.c. */
WcConversation *wc_conversation_new (WcClient *client, const char *peer);
void wc_conversation_disown (WcConversation *self); /* its client goes, or forgets it */
void wc_conversation_add_log (WcConversation *self, WcLog *log);
void wc_conversation_remove_log (WcConversation *self, WcLog *log);
void wc_conversation_set_presence (WcConversation *self, WcPresence presence);
void wc_conversation_set_last (WcConversation *self, WcEntry *entry);
void wc_conversation_add_unread (WcConversation *self);
void wc_conversation_set_chat (WcConversation *self, WcChat chat); /* with chat-since and the idle time-out */
void wc_conversation_set_idle_deadline (WcConversation *self, gint64 deadline);

/* conversation-chat.c */
void wc_conversation_touch (WcConversation *self); /* something happened in the chat: the idle time-out starts anew */

G_END_DECLS
