/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/entry.h"
#include "client/log.h"

G_BEGIN_DECLS

typedef struct _WcClient WcClient;

typedef enum
{
  WC_PRESENCE_UNKNOWN, /* a base server does not tell */
  WC_PRESENCE_OFFLINE,
  WC_PRESENCE_ONLINE,
} WcPresence;

typedef enum
{
  WC_CHAT_NONE,
  WC_CHAT_ASKED, /* CHAT_REQUEST is on its way */
  WC_CHAT_OPEN,
} WcChat;

/* Everything with one person: the row in the list of people and the log beside it. One for each Client-ID, for as long as its
 * WcClient lives.
 *
 * Properties, all notified, read-only but "draft": "peer" (Client-ID, construct only), "presence" (int, WcPresence), "chat" (int, WcChat), "chat-since" (int64, ms since
 * 1970; 0 without a chat), "last" (WcEntry, the newest message, or NULL), "unread" (uint), "idle-deadline" (int64, monotonic microseconds at which the
 * idle time-out ends the chat; 0 = none), "draft" (string, what stands unsent in the composer; kept on disk), "log" (WcLog), "read" (uint64, the seq up to which one has read it, on
 * whichever device; what is beyond it counts as "unread"), "typing" (boolean, the peer is typing), "last-seen" (int64, ms since 1970, when the peer was there
 * last; 0: not known, or there now). Main thread only. */
#define WC_TYPE_CONVERSATION (wc_conversation_get_type ())
G_DECLARE_FINAL_TYPE (WcConversation, wc_conversation, WC, CONVERSATION, GObject)

const char *wc_conversation_get_peer (WcConversation *self);
WcClient *wc_conversation_get_client (WcConversation *self); /* transfer none; NULL once it is gone */
WcPresence wc_conversation_get_presence (WcConversation *self);
WcChat wc_conversation_get_chat (WcConversation *self);
gint64 wc_conversation_get_chat_since (WcConversation *self);
WcEntry *wc_conversation_get_last (WcConversation *self); /* transfer none */
guint wc_conversation_get_unread (WcConversation *self);
gint64 wc_conversation_get_idle_deadline (WcConversation *self);
const char *wc_conversation_get_draft (WcConversation *self); /* never NULL */
void wc_conversation_set_draft (WcConversation *self, const char *draft);
WcLog *wc_conversation_get_log (WcConversation *self); /* transfer none */
guint64 wc_conversation_get_read (WcConversation *self);
gboolean wc_conversation_get_typing (WcConversation *self);
gint64 wc_conversation_get_last_seen (WcConversation *self);

/* Asks for a chat. The answer comes as "chat" and as an event in the log. Nothing happens when one is open. */
void wc_conversation_request_chat (WcConversation *self);

/* Sends a text (valid UTF-8, not empty; line ends allowed; control characters other than TAB are dropped, at most WIRE_TEXT_MAX bytes or FALSE
 * with error set: the text stays the caller's). It stands in the log at once as WAITING. With no chat open one is asked for first, and the message waits for
 * it. While the connection is away it waits, and is sent with the same id when it is back. */
gboolean wc_conversation_send (WcConversation *self, const char *text, GError **error);

/* Sends a failed message again, as the same entry. */
void wc_conversation_retry (WcConversation *self, WcEntry *entry);

/* Forgets a failed message: out of the log, and of what is kept on disk. */
void wc_conversation_remove_failed (WcConversation *self, WcEntry *entry);

void wc_conversation_end_chat (WcConversation *self);

/* "Keep it open": the idle time-out starts anew. */
void wc_conversation_keep_open (WcConversation *self);

/* The person is looking at it: unread becomes 0, "read" the newest message, and the peer and one's other devices are told. */
void wc_conversation_mark_read (WcConversation *self);

/* The person types. The peer is told, at most every few seconds. */
void wc_conversation_type (WcConversation *self);

typedef enum
{
  WC_EXPORT_TEXT, /* for people: a line a message, with date and name */
  WC_EXPORT_JSON, /* an object a line: conversation, seq, from, time, text; as the server's own export */
} WcExportFormat;

/* Writes all messages, from what is kept here and else from the server, oldest first; the file is replaced when it is whole. progress (may be NULL) is told
 * how many are written and how many there are. Finish returns FALSE with WC_ERROR, or G_IO_ERROR from the file; what was there before is untouched then. */
void wc_conversation_export_async (WcConversation *self, GFile *file, WcExportFormat format, GFileProgressCallback progress, gpointer progress_data,
                                   GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
gboolean wc_conversation_export_finish (WcConversation *self, GAsyncResult *result, GError **error);

G_END_DECLS
