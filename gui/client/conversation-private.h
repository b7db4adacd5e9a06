/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of a WcConversation: shared by conversation.c (the object), conversation-chat.c (a chat's life), outbox.c
 * (sending), sync.c (what is held of the conversation), marks.c (what was read) and typing.c. */
#pragma once

#include "client/conversation.h"

#include "client/cache/cache.h"
#include "client/client.h"
#include "client/history.h"

G_BEGIN_DECLS

typedef struct
{
  guint64 read;      /* this person's */
  guint64 delivered; /* the other side's */
  guint64 peer_read;
} WcMarks;

struct _WcConversation
{
  GObject parent_instance;

  char *peer;
  WcClient *client; /* not owned; NULL once it is gone */
  WcLog *log;
  GPtrArray *logs;  /* every WcLog over this conversation; not owned, they take themselves out */
  WcEntry *last;
  char *draft;
  guint draft_source;   /* it is not on disk yet */
  WcPresence presence;
  gint64 last_seen;
  gboolean typing;      /* the peer is */
  guint typing_source;
  gint64 may_type_at;   /* monotonic: TYPING is not said before */

  /* Marks. */
  guint unread;
  GArray *unread_seqs;  /* of guint64, rising: the peer's messages above "read" that are here */
  guint n_unnumbered;   /* of a base server */
  guint64 read;         /* up to here this person has read it */
  guint64 delivered;    /* up to here the peer's devices were sent it, */
  guint64 peer_read;    /* and the peer has read it */
  guint64 read_told;    /* what the server is known to have been told on this connection */
  guint64 read_id;      /* of the READ that said so */
  guint read_source;    /* not told again before */

  /* The chat. */
  WcChat chat;
  gint64 chat_since;
  gint64 idle_deadline;
  guint idle_source;
  guint64 ask_id;         /* of the CHAT_REQUEST on its way; 0: none is */
  WcEvent last_event;     /* the newest event, so that the same one is not said again and again */
  gboolean asked_by_user; /* the chat was wanted for itself, not for a message */
  gboolean unwanted;      /* the chat was given up before the answer came */

  /* What is held: every message from the first one loaded up to "held". */
  gboolean held_known;
  guint64 held;
  guint64 held_kept;   /* what is on disk of it */
  guint64 known_last;  /* the newest seq that is known to exist */
  guint epoch;         /* counts how often the server's history turned out to be another one: what was asked before is not kept */
  GPtrArray *pages;    /* of WcPages, on their way */
  guint64 baseline;    /* what was the newest when this device first heard of it: up to it nothing is news, unless it came live */
  guint64 live_from;   /* the first one up to there that did; 0: none */
  guint64 late;        /* the newest one that was told of as news */
  gboolean sync_due;   /* to be asked for after login */
  guint64 login_last;  /* known_last at login: a server with less has another history */
  gboolean listed;     /* the server's list has come, with */
  guint64 listed_last; /* what is newest there, */
  gint64 listed_time;  /* when that was, */
  WcMarks listed_marks; /* and the marks */
  guint64 sync_from;   /* what was held when "sync" was asked for */
  gint64 check_time;   /* when that was sent, if the answer is to show it; else 0 */
  gboolean check_due;  /* on this connection nothing has shown yet that the server's history is the one that is held */
  WcHistory *sync;
  GPtrArray *floating; /* own WcEntry, stored, but after messages that are not here yet */

  /* Own messages without their SENT, oldest first: of WcOutgoing. */
  GQueue outbox;
  GQueue failed;        /* those that the server refused */
  gboolean stalled;     /* some of them have no room on the connection: see pace.c */
  guint n_unsure;       /* were in flight on an earlier connection: they may be stored already */
  gboolean send_anyway; /* the peer cannot chat now, but the server keeps messages for it */
  guint again_source;   /* the server had no time for a request */
  WcEntry *base_sent;   /* the last message to a base server: its UNREACHABLE does not say what it is about */
};

/* conversation.c. */
WcConversation *wc_conversation_new (WcClient *client, const char *peer);
void wc_conversation_disown (WcConversation *self); /* its client goes, or forgets it */
void wc_conversation_add_log (WcConversation *self, WcLog *log);
void wc_conversation_remove_log (WcConversation *self, WcLog *log);
void wc_conversation_set_presence (WcConversation *self, WcPresence presence);
void wc_conversation_set_last (WcConversation *self, WcEntry *entry);
void wc_conversation_set_unread (WcConversation *self, guint unread);
void wc_conversation_set_read (WcConversation *self, guint64 read);
void wc_conversation_set_typing (WcConversation *self, gboolean typing);
void wc_conversation_set_last_seen (WcConversation *self, gint64 last_seen);
void wc_conversation_set_chat (WcConversation *self, WcChat chat); /* with chat-since and the idle time-out */
void wc_conversation_set_idle_deadline (WcConversation *self, gint64 deadline);

/* conversation-chat.c: a chat's life. */
void wc_conversation_ask (WcConversation *self); /* asks for a chat, for the sake of a message */
void wc_conversation_touch (WcConversation *self); /* something happened in the chat: the idle time-out starts anew */
void wc_conversation_add_event (WcConversation *self, WcEvent event);
void wc_conversation_chat_started (WcConversation *self);
void wc_conversation_chat_ended (WcConversation *self); /* END_NOTIF */
void wc_conversation_unreachable (WcConversation *self, WcEvent why);
gboolean wc_conversation_ask_failed (WcConversation *self, guint64 id, gboolean try_again); /* FALSE: not its id */

/* conversation-link.c: the connection comes and goes. */
void wc_conversation_came_online (WcConversation *self);
void wc_conversation_went_away (WcConversation *self);
void wc_conversation_logged_out (WcConversation *self);
void wc_conversation_try_again_later (WcConversation *self);

/* outbox.c: sending. */
void wc_outbox_flush (WcConversation *self);
void wc_outbox_resend (WcConversation *self);        /* what an earlier connection left without its SENT */
void wc_outbox_connection_lost (WcConversation *self);
void wc_outbox_fail_all (WcConversation *self, const char *why);
void wc_outbox_fail_base_sent (WcConversation *self, const char *why);
void wc_outbox_clear (WcConversation *self);
void wc_outbox_restore (WcConversation *self, const WcCachedOutgoing *kept);
/* FALSE: no such message waits. */
gboolean wc_outbox_acknowledge (WcConversation *self, const char *nonce, guint64 seq, gint64 time);
gboolean wc_outbox_refused (WcConversation *self, const char *nonce, gboolean try_again, const char *why);
void wc_outbox_held (WcConversation *self, const char *nonce); /* it was too much at once: as if it had not been sent */

/* sync.c: holding the conversation without a gap. */
void wc_sync_begin (WcConversation *self);                   /* somebody new */
void wc_sync_came_online (WcConversation *self);
void wc_sync_listed (WcConversation *self, guint64 last, gint64 time); /* what the server's list says is newest, and when that was; 0: nothing */
void wc_sync_check (WcConversation *self);                   /* nothing stands in the way of catching up any more */
void wc_sync_receive (WcConversation *self, WcEntry *entry); /* a live message */
void wc_sync_sent (WcConversation *self, WcEntry *entry);    /* an own one, its seq set */
void wc_sync_stop (WcConversation *self);

/* marks.c: what was delivered, and what was read. */
void wc_marks_decorate (WcConversation *self, WcEntry *entry); /* an own message gets the state that the marks say */
void wc_marks_raise_peer (WcConversation *self, guint64 delivered, guint64 peer_read);
void wc_marks_raise_read (WcConversation *self, guint64 read); /* by another device */
void wc_marks_add_unread (WcConversation *self, guint64 seq);
void wc_conversation_add_unread (WcConversation *self); /* for tests of widgets: one more, without a number */
void wc_marks_listed (WcConversation *self);
gboolean wc_marks_refused (WcConversation *self, guint64 id, gboolean try_again); /* FALSE: not its id */
void wc_marks_retry (WcConversation *self); /* the server had no time for it */
void wc_marks_flush (WcConversation *self);
void wc_marks_stop (WcConversation *self);
void wc_marks_forget (WcConversation *self);
void wc_marks_restore (WcConversation *self, const WcMarks *marks, GArray *unread_seqs);

/* restore.c: what is on disk of it. Nothing happens without a cache. */
void wc_keep_entry (WcConversation *self, WcEntry *entry);
void wc_keep_held (WcConversation *self);
void wc_keep_marks (WcConversation *self);
void wc_keep_last_seen (WcConversation *self);
void wc_keep_nothing (WcConversation *self);
void wc_keep_draft (WcConversation *self); /* soon */
void wc_keep_draft_now (WcConversation *self);

/* typing.c: who types, and who is there. */
void wc_typing_seen (WcConversation *self);
void wc_typing_ended (WcConversation *self);
void wc_typing_stop (WcConversation *self);
void wc_conversation_is_there (WcConversation *self, gboolean there, gint64 since); /* since: when the peer was there last; 0: not known */

G_END_DECLS
