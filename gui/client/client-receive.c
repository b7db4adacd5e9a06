/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the server says: one handler a verb. */
#include "client/client-private.h"

#include <glib/gi18n.h>
#include <string.h>

#include "client/entry-private.h"
#include "shared/client-id.h"

#define BAD_LINES_MAX 100 /* of one connection: so many are no accident */

/* FALSE: the line makes no sense here. */
typedef gboolean (*Handler) (WcClient *self, const WireMessage *message);

/* The person that a word names; NULL for what is none, as a room is. */
static WcConversation *
meet (WcClient *self, WireSpan peer)
{
  char id[WIRE_ID_MAX + 1];

  if (peer.len == 0 || peer.len > WIRE_ID_MAX)
    return NULL;

  memcpy (id, peer.data, peer.len);
  id[peer.len] = '\0';

  return wc_client_meet (self, id, FALSE);
}

static gboolean
take_connected (WcClient *self, const WireMessage *message)
{
  if (self->state != WC_STATE_AUTHENTICATING)
    return FALSE;
  if (!wc_client_check_connected (self, message))
    return TRUE;

  wc_client_logged_in (self, !wire_span_equal (message->word[0], "2"));

  return TRUE;
}

static gboolean
take_declined (WcClient *self, const WireMessage *message)
{
  wc_client_auth_declined (self);

  return TRUE;
}

/* In base every text is from whomever the one chat is with. */
static gboolean
take_chat_base (WcClient *self, const WireMessage *message)
{
  g_autofree char *text = wire_span_dup (message->text);
  g_autoptr (WcEntry) entry = NULL;

  if (self->base_open == NULL)
    return TRUE;

  entry = wc_entry_new_message (wc_conversation_get_peer (self->base_open), FALSE, text, 0, g_get_real_time () / 1000, WC_DELIVERY_NONE);
  wc_sync_receive (self->base_open, entry);

  return TRUE;
}

static gboolean
take_chat (WcClient *self, const WireMessage *message)
{
  const guint needed = WIRE_TAG_CONV | WIRE_TAG_FROM | WIRE_TAG_SEQ | WIRE_TAG_TIME;
  const WireTags *tags = &message->tags;
  g_autofree char *from = NULL, *text = NULL, *id = NULL;
  g_autoptr (WcEntry) entry = NULL;
  WcConversation *conversation;
  gboolean own;

  if (self->base)
    return take_chat_base (self, message);
  if ((tags->set & needed) != needed || tags->seq == 0 || !client_id_is_valid (tags->from.data, tags->from.len))
    return FALSE;

  conversation = meet (self, tags->conv);
  if (conversation == NULL)
    return TRUE;

  from = wire_span_dup (tags->from);
  own = g_str_equal (from, self->client_id);
  if (own && (tags->set & WIRE_TAG_ID) != 0)
    {
      /* This device's own message comes back when it was sent on a connection that is no more. */
      id = wire_span_dup (tags->id);
      if (wc_outbox_acknowledge (conversation, id, tags->seq, tags->time))
        return TRUE;
    }

  text = wire_span_dup (message->text);
  entry = wc_entry_new_message (from, own, text, tags->seq, tags->time, own ? WC_DELIVERY_STORED : WC_DELIVERY_NONE);
  wc_sync_receive (conversation, entry);

  return TRUE;
}

static gboolean
take_sent (WcClient *self, const WireMessage *message)
{
  const guint needed = WIRE_TAG_ID | WIRE_TAG_SEQ | WIRE_TAG_TIME;
  WcConversation *conversation;
  g_autofree char *id = NULL;

  if ((message->tags.set & needed) != needed || message->tags.seq == 0)
    return FALSE;

  id = wire_span_dup (message->tags.id);
  conversation = meet (self, message->word[0]);
  if (conversation != NULL)
    wc_outbox_acknowledge (conversation, id, message->tags.seq, message->tags.time);

  return TRUE;
}

static gboolean
take_chat_started (WcClient *self, const WireMessage *message)
{
  WcConversation *conversation = meet (self, message->word[1]);

  if (conversation == NULL)
    return FALSE;

  wc_conversation_chat_started (conversation);

  return TRUE;
}

static WcEvent
reason_to_event (const WireTags *tags)
{
  static const struct { const char *reason; WcEvent event; } reasons[] = {
    { "offline", WC_EVENT_OFFLINE },
    { "busy", WC_EVENT_BUSY },
    { "unknown", WC_EVENT_UNKNOWN },
    { "self", WC_EVENT_SELF },
  };

  if ((tags->set & WIRE_TAG_REASON) != 0)
    for (guint i = 0; i < G_N_ELEMENTS (reasons); i++)
      if (wire_span_equal (tags->reason, reasons[i].reason))
        return reasons[i].event;

  return WC_EVENT_UNREACHABLE;
}

static gboolean
take_unreachable (WcClient *self, const WireMessage *message)
{
  WcConversation *conversation;

  if (!self->base)
    {
      conversation = meet (self, message->word[0]);
      if (conversation == NULL)
        return FALSE;
      if ((message->tags.set & WIRE_TAG_ID) != 0)
        {
          g_autofree char *id = wire_span_dup (message->tags.id);

          if (wc_outbox_refused (conversation, id, FALSE, _("The person cannot be reached.")))
            return TRUE;
        }
      wc_conversation_unreachable (conversation, reason_to_event (&message->tags));
    }
  else if (self->base_asked != NULL)
    {
      wc_conversation_unreachable (self->base_asked, WC_EVENT_UNREACHABLE);
    }
  else if (self->base_sent_to != NULL)
    {
      wc_outbox_fail_base_sent (self->base_sent_to, _("The chat had ended already."));
    }

  return TRUE;
}

static gboolean
take_end_notif (WcClient *self, const WireMessage *message)
{
  WcConversation *conversation = self->base ? self->base_open : meet (self, message->word[0]);

  if (conversation != NULL)
    wc_conversation_chat_ended (conversation);

  return TRUE;
}

static gboolean
take_history_response (WcClient *self, const WireMessage *message)
{
  return wc_history_take_response (self->history, message);
}

static gboolean
take_history_end (WcClient *self, const WireMessage *message)
{
  return wc_history_take_end (self->history, message);
}

static gboolean
take_search_response (WcClient *self, const WireMessage *message)
{
  return wc_search_queue_take_response (self->searches, message);
}

static gboolean
take_search_end (WcClient *self, const WireMessage *message)
{
  return wc_search_queue_take_end (self->searches);
}

static gboolean
take_client (WcClient *self, const WireMessage *message)
{
  WcConversation *conversation;
  g_autofree char *peer = wire_span_dup (message->word[0]);

  if (g_str_equal (peer, self->client_id))
    return TRUE;
  conversation = wc_client_meet (self, peer, TRUE);
  if (conversation == NULL)
    return FALSE;

  wc_conversation_is_there (conversation, (message->tags.set & WIRE_TAG_STATE) != 0 && wire_span_equal (message->tags.state, "online"),
                            (message->tags.set & WIRE_TAG_SINCE) != 0 ? message->tags.since : 0);

  return TRUE;
}

static gboolean
take_clients_end (WcClient *self, const WireMessage *message)
{
  guint n_known = g_list_model_get_n_items (G_LIST_MODEL (self->people));

  wc_client_flush_arriving (self);
  for (guint i = n_known; i < g_list_model_get_n_items (G_LIST_MODEL (self->people)); i++)
    {
      g_autoptr (WcConversation) conversation = g_list_model_get_item (G_LIST_MODEL (self->people), i);

      wc_sync_begin (conversation);
    }

  return TRUE;
}

static gboolean
take_presence (WcClient *self, const WireMessage *message)
{
  WcConversation *conversation;

  if (wire_span_equal (message->word[0], self->client_id))
    return TRUE;
  conversation = meet (self, message->word[0]);
  if (conversation == NULL)
    return FALSE;

  wc_conversation_is_there (conversation, wire_span_equal (message->word[1], "online"), g_get_real_time () / 1000);

  return TRUE;
}

/* From another device of one's own (own=1) or from the other side. */
static gboolean
take_read (WcClient *self, const WireMessage *message)
{
  WcConversation *conversation;
  guint64 seq;

  if (!wire_span_to_uint (message->word[1], &seq))
    return FALSE;
  conversation = meet (self, message->word[0]);
  if (conversation == NULL)
    return TRUE;

  if ((message->tags.set & WIRE_TAG_OWN) != 0 && message->tags.own != 0)
    wc_marks_raise_read (conversation, seq);
  else
    wc_marks_raise_peer (conversation, 0, seq);

  return TRUE;
}

static gboolean
take_delivered (WcClient *self, const WireMessage *message)
{
  WcConversation *conversation;
  guint64 seq;

  if (!wire_span_to_uint (message->word[1], &seq))
    return FALSE;
  conversation = meet (self, message->word[0]);
  if (conversation != NULL)
    wc_marks_raise_peer (conversation, seq, 0);

  return TRUE;
}

static gboolean
take_typing (WcClient *self, const WireMessage *message)
{
  WcConversation *conversation = meet (self, message->word[0]);

  if (conversation != NULL)
    wc_typing_seen (conversation);

  return TRUE;
}

static gboolean
take_ping (WcClient *self, const WireMessage *message)
{
  WireMessage pong = { .verb = WIRE_PONG, .word = { message->word[0] } };

  wc_client_send (self, &pong);

  return TRUE;
}

static gboolean
take_pong (WcClient *self, const WireMessage *message)
{
  /* Of others that something came is all that counts. */
  wc_client_take_pong (self, message->word[0]);

  return TRUE;
}

/* When to try again, in milliseconds. */
static guint
get_wait (WcClient *self, const WireMessage *message)
{
  guint64 wait = (message->tags.set & WIRE_TAG_WAIT) != 0 ? message->tags.wait : self->timing.pause;

  return MIN (wait, WC_WAIT_MAX_MS);
}

static void
login_error (WcClient *self, WireError code, const WireMessage *line, const char *text)
{
  g_autofree char *message = NULL;

  if (code == WIRE_RATE_LIMITED)
    {
      guint wait = get_wait (self, line), seconds = (wait + 999) / 1000;

      self->trust.wait = wait;
      message = g_strdup_printf (ngettext ("Too many logins were tried. The server can be asked again in %u second.\n%s",
                                          "Too many logins were tried. The server can be asked again in %u seconds.\n%s", seconds), seconds, text);
      wc_client_fail (self, WC_ERROR_RATE_LIMITED, message);
    }
  else if (code == WIRE_BUSY || code == WIRE_SHUTTING_DOWN)
    {
      message = g_strdup_printf (_("The server at %s is full or stopping. Try again a little later.\n%s"), self->server, text);
      wc_client_fail (self, WC_ERROR_BUSY, message);
    }
  else if (!wc_client_invitation_refused (self, text))
    {
      message = g_strdup_printf (_("The server at %s did not accept the login.\n%s"), self->server, text);
      wc_client_fail (self, WC_ERROR_FAILED, message);
    }
}

/* What a person reads under a message of theirs that failed. */
static const char *
explain (WireError code)
{
  switch (code)
    {
    case WIRE_TOO_LONG:
      return _("It is too long for the server.");
    case WIRE_UNKNOWN_CLIENT:
      return _("The server does not know this person.");
    case WIRE_NOT_ALLOWED:
      return _("The server does not allow it.");
    case WIRE_STORE_FAILED:
      return _("The server could not store it.");
    case WIRE_RATE_LIMITED:
    case WIRE_BUSY:
    case WIRE_SHUTTING_DOWN:
      return _("The server has no time for it.");
    default:
      return _("The server did not accept it.");
    }
}

static gboolean
may_work_later (WireError code)
{
  return code == WIRE_RATE_LIMITED || code == WIRE_BUSY || code == WIRE_STORE_FAILED || code == WIRE_SHUTTING_DOWN;
}

/* Too much at once: there is nothing wrong with the message. */
static void
take_rate_limited (WcClient *self, const char *nonce, guint wait)
{
  WcConversation *conversation = wc_pace_lookup (&self->pace, nonce);

  if (conversation == NULL)
    return;

  wc_pace_hold (self, wait);
  wc_outbox_held (conversation, nonce);
}

/* Errors are rare enough to look for whose they are. */
static void
find_refused (WcClient *self, const char *nonce, gboolean try_again, const char *why)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->people));

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (WcConversation) conversation = g_list_model_get_item (G_LIST_MODEL (self->people), i);

      if (conversation != NULL && wc_outbox_refused (conversation, nonce, try_again, why))
        return;
    }
}

static void
find_request (WcClient *self, guint64 id, gboolean try_again)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->people));

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (WcConversation) conversation = g_list_model_get_item (G_LIST_MODEL (self->people), i);

      if (conversation != NULL
          && (wc_conversation_ask_failed (conversation, id, try_again) || wc_marks_refused (conversation, id, try_again)))
        return;
    }
}

static gboolean
take_error (WcClient *self, const WireMessage *message)
{
  WireError code = wire_error_from_code (message->word[0].data, message->word[0].len);
  g_autofree char *text = wire_span_dup (message->text);
  g_autofree char *id = NULL;
  guint64 number;

  if (self->state == WC_STATE_AUTHENTICATING)
    {
      login_error (self, code, message, text);
      return TRUE;
    }

  g_debug ("the server says: ERROR %s %s", wire_error_code (code), text);
  if ((message->tags.set & WIRE_TAG_ID) == 0)
    return TRUE;

  id = wire_span_dup (message->tags.id);
  if (!wc_client_parse_id (id, &number) && code == WIRE_RATE_LIMITED)
    take_rate_limited (self, id, get_wait (self, message));
  else if (!wc_client_parse_id (id, &number))
    find_refused (self, id, may_work_later (code), explain (code));
  else if (!wc_history_take_error (self->history, number, may_work_later (code), text)
           && !wc_search_queue_take_error (self->searches, number, may_work_later (code), text)
           && !wc_client_listing_failed (self, number, may_work_later (code)))
    find_request (self, number, may_work_later (code));

  return TRUE;
}

static const Handler handlers[WIRE_N_VERBS] = {
  [WIRE_CONNECTED] = take_connected,
  [WIRE_DECLINED] = take_declined,
  [WIRE_AUTH_REQUIRED] = wc_client_take_auth_required,
  [WIRE_CHALLENGE] = wc_client_take_challenge,
  [WIRE_CHAT] = take_chat,
  [WIRE_SENT] = take_sent,
  [WIRE_CHAT_STARTED] = take_chat_started,
  [WIRE_UNREACHABLE] = take_unreachable,
  [WIRE_END_NOTIF] = take_end_notif,
  [WIRE_HISTORY_RESP] = take_history_response,
  [WIRE_HISTORY_END] = take_history_end,
  [WIRE_SEARCH_RESP] = take_search_response,
  [WIRE_SEARCH_END] = take_search_end,
  [WIRE_CLIENT] = take_client,
  [WIRE_CLIENTS_END] = take_clients_end,
  [WIRE_PRESENCE] = take_presence,
  [WIRE_CONVERSATION] = wc_client_take_conversation,
  [WIRE_CONVERSATIONS_END] = wc_client_take_conversations_end,
  [WIRE_READ] = take_read,
  [WIRE_DELIVERED] = take_delivered,
  [WIRE_TYPING] = take_typing,
  [WIRE_PING] = take_ping,
  [WIRE_PONG] = take_pong,
  [WIRE_ERROR] = take_error,
};

static void
not_webchat (WcClient *self)
{
  g_autofree char *text = g_strdup_printf (_("Something answers at %s, but not as a WebChat server does. Is it the right port?"), self->server);

  wc_client_fail (self, WC_ERROR_NOT_WEBCHAT, text);
}

/* At login nothing but the answer is expected; later a line that makes no sense may be from a newer server. */
static void
bad_line (WcClient *self, const char *why)
{
  g_debug ("a line from the server makes no sense: %s", why);
  if (self->state == WC_STATE_AUTHENTICATING || ++self->n_bad_lines > BAD_LINES_MAX)
    not_webchat (self);
}

static gboolean
is_of_login (WireVerb verb)
{
  return verb == WIRE_CONNECTED || verb == WIRE_DECLINED || verb == WIRE_ERROR || verb == WIRE_AUTH_REQUIRED || verb == WIRE_CHALLENGE;
}

static void
line_cb (WcConnection *connection, char *line, gsize len, gpointer user_data)
{
  g_autoptr (WcClient) self = g_object_ref (user_data);
  WireDialect dialect = self->base ? WIRE_BASE : WIRE_PROTO2;
  const char *why = "";
  WireMessage message;
  WireError error = wire_message_parse (&message, dialect, WIRE_FROM_SERVER, line, len, &why);

  if (error == WIRE_UNKNOWN_VERB && self->state == WC_STATE_ONLINE)
    return; /* a newer server's */
  if (error != WIRE_OK)
    {
      bad_line (self, why);
      return;
    }

  if (self->state == WC_STATE_AUTHENTICATING && !is_of_login (message.verb))
    not_webchat (self);
  else if (handlers[message.verb] == NULL || !handlers[message.verb] (self, &message))
    bad_line (self, wire_verb_name (message.verb));
}

static void
too_long_cb (WcConnection *connection, gpointer user_data)
{
  g_autoptr (WcClient) self = g_object_ref (user_data);

  bad_line (self, "too long");
}

static void
closed_cb (WcConnection *connection, const GError *error, gpointer user_data)
{
  g_autoptr (WcClient) self = g_object_ref (user_data);

  wc_client_connection_closed (self, error);
}

const WcConnectionEvents wc_client_events = {
  .line = line_cb,
  .too_long = too_long_cb,
  .closed = closed_cb,
};
