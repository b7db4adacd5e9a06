/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Own messages on their way. Each keeps its nonce until the server has stored it, so that sending it again cannot double it.
 *
 * With a cache the outbox is on disk as well. A message goes there first (keep), and to the server only when it is there (kept_cb), so that the
 * server never has one that this side could forget the nonce of. It leaves the outbox on disk in the transaction that puts it among the
 * messages (wc_cache_sent). So, wherever this program, the server or the connection ends:
 * - before the message is on disk: it was not sent, and its text is the draft still, for both are written in one transaction;
 * - on disk, not sent: it is restored and sent;
 * - sent, not stored by the server: the same, and the server sees it for the first time;
 * - stored, SENT lost: it is sent again with the same nonce, and the server answers with the same SENT;
 * - SENT received, not written: as if it was lost;
 * - SENT written, but not that it is held (sync.c): the next login fetches it as one of the missing ones, and it is there already;
 * - SENT twice, or also as a CHAT from a connection that was given up: the second one finds no message with its nonce.
 * A message that may be stored already is "unsure", as is each that was restored. The unsure ones are sent before anything else is asked for, and
 * no page is asked for until all of them are answered: the page would have such a message, without its nonce. */
#include "client/client-private.h"

#include <glib/gi18n.h>
#include <string.h>

#include "client/entry-private.h"
#include "client/log-private.h"

#define WAITING_MAX 1000 /* of one conversation */
#define TRIES_MAX 10

/* What the tags of a CHAT with it may take of a line, so that it reaches everybody. */
#define LINE_RESERVE 512

typedef struct
{
  WcConversation *conversation;
  WcEntry *entry;
  char *nonce;
  guint n_tries;
  guint question; /* of the cache: it is being written */
  gboolean told;  /* that it is on disk */
  gboolean in_flight;
  gboolean unsure; /* it was in flight when an earlier connection ended: it may be stored already */
} WcOutgoing;

static WcOutgoing *
outgoing_new (WcConversation *conversation, WcEntry *entry, const char *nonce)
{
  WcOutgoing *item = g_new0 (WcOutgoing, 1);

  item->conversation = conversation;
  item->entry = g_object_ref (entry);
  item->nonce = nonce != NULL ? g_strdup (nonce) : g_uuid_string_random ();

  return item;
}

static void
outgoing_free (WcOutgoing *item)
{
  if (item->question != 0 && item->conversation->client != NULL && item->conversation->client->cache != NULL)
    wc_cache_cancel (item->conversation->client->cache, item->question);
  g_object_unref (item->entry);
  g_free (item->nonce);
  g_free (item);
}

/* Line ends become LF, other control characters go, white space at the end too. NULL if nothing is left. */
static char *
clean_text (const char *text)
{
  GString *out = g_string_sized_new (strlen (text));

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (c == '\r')
        {
          if (p[1] != '\n')
            g_string_append_c (out, '\n');
        }
      else if (c == '\n' || c == '\t' || (c >= 0x20 && (c < 0x7f || c >= 0xa0)))
        {
          g_string_append_unichar (out, c);
        }
    }
  g_strchomp (out->str);
  out->len = strlen (out->str);
  if (out->len == 0)
    {
      g_string_free (out, TRUE);
      return NULL;
    }

  return g_string_free (out, FALSE);
}

static void
message_init (WireMessage *message, WcConversation *self, const WcOutgoing *item)
{
  *message = (WireMessage) { .verb = WIRE_CHAT_MESSAGE };
  message->tags.set = WIRE_TAG_ID;
  message->tags.id = WIRE_SPAN (item->nonce);
  message->word[0] = WIRE_SPAN (self->peer);
  message->text = WIRE_SPAN (wc_entry_get_text (item->entry));
}

static gboolean
fits_line (WcConversation *self, const WcOutgoing *item)
{
  g_autoptr (GString) line = g_string_new (NULL);
  WireMessage message;

  message_init (&message, self, item);
  wire_message_format (&message, WIRE_PROTO2, line);

  return line->len <= WIRE_LINE_MAX - LINE_RESERVE;
}

static void
kept_cb (gboolean good, gpointer user_data)
{
  WcOutgoing *item = user_data;
  g_autoptr (WcConversation) self = g_object_ref (item->conversation);
  gboolean news = good && !item->told;

  /* Not good: it is sent all the same. Whoever cannot write to the disk can still talk. */
  item->question = 0;
  item->told |= good;
  if (news && self->client != NULL)
    wc_client_emit_kept (self->client, self, item->entry);
  wc_outbox_flush (self);
}

static void
keep (WcConversation *self, WcOutgoing *item)
{
  if (self->client->cache == NULL)
    return;

  if (item->question != 0)
    wc_cache_cancel (self->client->cache, item->question); /* it failed, and is tried again, before the first time was written */
  item->question = wc_cache_put_outgoing (self->client->cache, self->peer, item->nonce, wc_entry_get_text (item->entry),
                                          wc_entry_get_time (item->entry), kept_cb, item);
}

/* The draft goes in the moment in which the message is kept. Should the person have typed more than was sent, that is written again. */
static void
replace_draft (WcConversation *self)
{
  g_clear_handle_id (&self->draft_source, g_source_remove);
  if (*self->draft != '\0')
    wc_keep_draft (self);
}

gboolean
wc_conversation_send (WcConversation *self, const char *text, GError **error)
{
  g_autofree char *cleaned = NULL;
  g_autoptr (WcEntry) entry = NULL;
  WcOutgoing *item;

  g_return_val_if_fail (WC_IS_CONVERSATION (self), FALSE);
  g_return_val_if_fail (text != NULL, FALSE);

  if (!g_utf8_validate (text, -1, NULL) || (cleaned = clean_text (text)) == NULL)
    {
      g_set_error_literal (error, WC_ERROR, WC_ERROR_FAILED, _("There is no text to send."));
      return FALSE;
    }
  if (self->client == NULL || self->client->client_id == NULL)
    {
      g_set_error_literal (error, WC_ERROR, WC_ERROR_CLOSED, _("You are not logged in."));
      return FALSE;
    }
  if (self->outbox.length >= WAITING_MAX)
    {
      g_set_error_literal (error, WC_ERROR, WC_ERROR_FAILED, _("Too many messages are waiting to be sent."));
      return FALSE;
    }

  entry = wc_entry_new_message (self->client->client_id, TRUE, cleaned, 0, g_get_real_time () / 1000, WC_DELIVERY_WAITING);
  item = outgoing_new (self, entry, NULL);
  if (strlen (cleaned) > WIRE_TEXT_MAX || !fits_line (self, item))
    {
      outgoing_free (item);
      g_set_error (error, WC_ERROR, WC_ERROR_TOO_LONG, _("The text is too long: at most %d bytes can be sent at once."), WIRE_TEXT_MAX);
      return FALSE;
    }

  g_queue_push_tail (&self->outbox, item);
  keep (self, item);
  replace_draft (self);
  wc_log_add_waiting (self->log, item->entry);
  if (!self->log->at_end)
    wc_log_load_newest (self->log);
  self->may_type_at = 0; /* with the message the other side's sign that one types is gone */
  wc_conversation_set_last (self, item->entry);
  wc_conversation_touch (self);
  wc_outbox_flush (self);

  return TRUE;
}

static WcOutgoing *
take_failed (WcConversation *self, WcEntry *entry)
{
  for (GList *link = self->failed.head; link != NULL; link = link->next)
    {
      WcOutgoing *item = link->data;

      if (item->entry != entry)
        continue;
      g_queue_delete_link (&self->failed, link);
      return item;
    }

  return NULL;
}

void
wc_conversation_retry (WcConversation *self, WcEntry *entry)
{
  WcOutgoing *item;

  g_return_if_fail (WC_IS_CONVERSATION (self));
  g_return_if_fail (WC_IS_ENTRY (entry));

  if (wc_entry_get_delivery (entry) != WC_DELIVERY_FAILED || !wc_entry_get_own (entry) || self->client == NULL)
    return;

  /* With its old nonce: should it have been stored after all, it is not stored again. To a base server it was sent without one. */
  item = take_failed (self, entry);
  if (item == NULL)
    item = outgoing_new (self, entry, NULL);
  item->n_tries = 0;
  g_queue_push_tail (&self->outbox, item);
  wc_entry_set_stored (entry, 0, g_get_real_time () / 1000, WC_DELIVERY_WAITING);
  keep (self, item);
  wc_log_unsettle (self->log, entry);
  wc_conversation_set_last (self, entry);
  wc_outbox_flush (self);
}

void
wc_conversation_remove_failed (WcConversation *self, WcEntry *entry)
{
  g_autoptr (WcEntry) keep = NULL;
  WcOutgoing *item;

  g_return_if_fail (WC_IS_CONVERSATION (self));
  g_return_if_fail (WC_IS_ENTRY (entry));

  if (wc_entry_get_delivery (entry) != WC_DELIVERY_FAILED)
    return;

  keep = g_object_ref (entry);
  item = take_failed (self, entry);
  if (item != NULL && self->client != NULL && self->client->cache != NULL)
    wc_cache_remove_outgoing (self->client->cache, item->nonce);
  g_clear_pointer (&item, outgoing_free);
  wc_log_forget (self->log, entry);
}

/* The answer to a message came, whichever. */
static void
no_longer_in_flight (WcConversation *self, WcOutgoing *item, gboolean stored)
{
  if (item->in_flight && self->client != NULL)
    wc_pace_answered (&self->client->pace, item->nonce, stored);
  item->in_flight = FALSE;
}

static void
take_out (WcConversation *self, GList *link, gboolean stored)
{
  WcOutgoing *item = link->data;

  no_longer_in_flight (self, item, stored);
  self->n_unsure -= item->unsure;
  item->unsure = FALSE;
  g_queue_delete_link (&self->outbox, link);
}

static void
transmit (WcConversation *self, WcOutgoing *item)
{
  WireMessage message;

  message_init (&message, self, item);
  item->in_flight = TRUE;
  wc_client_send (self->client, &message);
}

/* One message a line: base has no line ends in a text. Nothing tells whether they arrived. */
static void
transmit_base (WcConversation *self, WcOutgoing *item)
{
  g_auto (GStrv) lines = g_strsplit (wc_entry_get_text (item->entry), "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      WireMessage message = { .verb = WIRE_CHAT_MESSAGE };

      if (*lines[i] == '\0')
        continue;
      message.word[0] = WIRE_SPAN (self->peer);
      message.text = WIRE_SPAN (lines[i]);
      wc_client_send (self->client, &message);
    }

  g_set_object (&self->base_sent, item->entry);
  self->client->base_sent_to = self;
  wc_entry_set_delivery (item->entry, WC_DELIVERY_NONE, NULL);
  wc_sync_sent (self, item->entry);
}

static void
flush_base (WcConversation *self)
{
  while (self->client != NULL && self->client->base_open == self && !g_queue_is_empty (&self->outbox))
    {
      WcOutgoing *item = self->outbox.head->data;

      if (item->question != 0)
        return;
      take_out (self, self->outbox.head, FALSE);
      if (self->client->cache != NULL)
        wc_cache_remove_outgoing (self->client->cache, item->nonce);
      transmit_base (self, item);
      outgoing_free (item);
    }
}

/* Whether there is something that was never on its way. */
static gboolean
has_waiting (WcConversation *self)
{
  for (GList *link = self->outbox.tail; link != NULL; link = link->prev)
    {
      WcOutgoing *item = link->data;

      if (!item->in_flight && item->question == 0 && (!item->unsure || self->client->base))
        return TRUE;
    }

  return FALSE;
}

/* In the order in which they were typed. all: else only those that may be stored already. */
static void
transmit_waiting (WcConversation *self, gboolean all)
{
  for (GList *link = self->outbox.head; link != NULL; link = link->next)
    {
      WcOutgoing *item = link->data;

      if (item->question != 0)
        return;
      if (item->in_flight || (!all && !item->unsure))
        continue;
      if (!wc_pace_take (&self->client->pace, self, item->nonce))
        return;
      transmit (self, item);
    }
}

void
wc_outbox_flush (WcConversation *self)
{
  if (self->client == NULL || self->client->state != WC_STATE_ONLINE)
    return;

  wc_outbox_resend (self);
  if (!has_waiting (self))
    return;
  if (self->chat != WC_CHAT_OPEN && !self->send_anyway)
    {
      wc_conversation_ask (self);
      return;
    }
  if (self->client->base)
    {
      flush_base (self);
      return;
    }
  if (self->again_source != 0)
    return;

  transmit_waiting (self, TRUE);

  /* The next one asks for a chat anew. */
  if (!has_waiting (self))
    self->send_anyway = FALSE;
}

void
wc_outbox_resend (WcConversation *self)
{
  if (self->client != NULL && !self->client->base && self->again_source == 0)
    transmit_waiting (self, FALSE);
}

void
wc_outbox_connection_lost (WcConversation *self)
{
  gboolean unsure = FALSE;

  /* What was refused before one that may be stored comes before it again. */
  for (GList *link = self->outbox.tail; link != NULL; link = link->prev)
    {
      WcOutgoing *item = link->data;

      unsure |= item->in_flight;
      self->n_unsure += unsure && !item->unsure;
      item->unsure |= unsure;
      no_longer_in_flight (self, item, FALSE);
    }
  if (self->client != NULL)
    wc_pace_forget (&self->client->pace, self);
  self->send_anyway = FALSE;
  g_clear_object (&self->base_sent);
}

static GList *
find (WcConversation *self, const char *nonce)
{
  for (GList *link = self->outbox.head; link != NULL; link = link->next)
    if (g_str_equal (((WcOutgoing *) link->data)->nonce, nonce))
      return link;

  return NULL;
}

static void
go_on (WcConversation *self)
{
  if (self->n_unsure == 0 && self->client != NULL)
    {
      wc_sync_check (self);
      wc_history_pump (self->client->history);
    }

  /* Those who had no room come first: one who has much to say must not talk all the time. */
  if (self->client != NULL)
    wc_pace_pump (self->client);
  wc_outbox_flush (self);
}

gboolean
wc_outbox_acknowledge (WcConversation *self, const char *nonce, guint64 seq, gint64 time)
{
  g_autoptr (WcConversation) keep = g_object_ref (self); /* a handler may have it forgotten */
  GList *link = find (self, nonce);
  WcOutgoing *item;

  if (link == NULL)
    return FALSE;

  item = link->data;
  take_out (self, link, TRUE);
  wc_entry_set_stored (item->entry, seq, time, WC_DELIVERY_STORED);
  wc_marks_decorate (self, item->entry);
  if (self->client != NULL && self->client->cache != NULL)
    wc_cache_sent (self->client->cache, self->peer, nonce, item->entry);
  wc_sync_sent (self, item->entry);
  outgoing_free (item);
  go_on (self);

  return TRUE;
}

static void
fail (WcConversation *self, GList *link, const char *why)
{
  WcOutgoing *item = link->data;
  g_autoptr (WcEntry) entry = g_object_ref (item->entry); /* a handler may have the item forgotten */

  take_out (self, link, FALSE);
  g_queue_push_tail (&self->failed, item);
  if (self->client->cache != NULL)
    wc_cache_fail_outgoing (self->client->cache, item->nonce, why);
  wc_entry_set_delivery (entry, WC_DELIVERY_FAILED, why);
  wc_log_settle (self->log, entry);
}

gboolean
wc_outbox_refused (WcConversation *self, const char *nonce, gboolean try_again, const char *why)
{
  g_autoptr (WcConversation) keep = g_object_ref (self);
  GList *link = find (self, nonce);
  WcOutgoing *item;

  if (link == NULL)
    return FALSE;

  item = link->data;
  if (try_again && ++item->n_tries < TRIES_MAX)
    {
      no_longer_in_flight (self, item, FALSE);
      self->send_anyway = self->chat != WC_CHAT_OPEN; /* it was sent so before */
      wc_conversation_try_again_later (self);
    }
  else
    {
      fail (self, link, why);
    }
  go_on (self);

  return TRUE;
}

void
wc_outbox_held (WcConversation *self, const char *nonce)
{
  g_autoptr (WcConversation) keep = g_object_ref (self);
  GList *link = find (self, nonce);

  if (link == NULL)
    return;

  no_longer_in_flight (self, link->data, FALSE);
  self->send_anyway = self->chat != WC_CHAT_OPEN; /* it was sent so before */
  go_on (self);
}

void
wc_outbox_fail_all (WcConversation *self, const char *why)
{
  g_autoptr (WcConversation) keep = g_object_ref (self);

  for (GList *link = self->outbox.head, *next; link != NULL; link = self->client != NULL ? next : NULL)
    {
      WcOutgoing *item = link->data;

      next = link->next;
      if (!item->in_flight && (!item->unsure || self->client->base))
        fail (self, link, why);
    }
}

void
wc_outbox_fail_base_sent (WcConversation *self, const char *why)
{
  if (self->base_sent != NULL)
    wc_entry_set_delivery (self->base_sent, WC_DELIVERY_FAILED, why);
  g_clear_object (&self->base_sent);
}

void
wc_outbox_restore (WcConversation *self, const WcCachedOutgoing *kept)
{
  g_autoptr (WcEntry) entry = wc_entry_new_message (self->client->client_id, TRUE, kept->text, 0, kept->time, WC_DELIVERY_WAITING);
  WcOutgoing *item = outgoing_new (self, entry, kept->nonce);

  item->told = TRUE;
  wc_log_add_waiting (self->log, entry);
  if (kept->error != NULL)
    {
      wc_entry_set_delivery (entry, WC_DELIVERY_FAILED, kept->error);
      g_queue_push_tail (&self->failed, item);
      return;
    }

  item->unsure = TRUE;
  self->n_unsure++;
  g_queue_push_tail (&self->outbox, item);
  wc_conversation_set_last (self, entry);
}

void
wc_outbox_clear (WcConversation *self)
{
  wc_outbox_connection_lost (self);
  g_queue_clear_full (&self->outbox, (GDestroyNotify) outgoing_free);
  g_queue_clear_full (&self->failed, (GDestroyNotify) outgoing_free);
  self->n_unsure = 0;
}
