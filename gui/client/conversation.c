/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The object and its properties. */
#include "client/conversation-private.h"

#include "client/log-private.h"
#include "client/pages.h"

enum
{
  PROP_PEER = 1,
  PROP_PRESENCE,
  PROP_CHAT,
  PROP_CHAT_SINCE,
  PROP_LAST,
  PROP_UNREAD,
  PROP_IDLE_DEADLINE,
  PROP_DRAFT,
  PROP_LOG,
  PROP_READ,
  PROP_TYPING,
  PROP_LAST_SEEN,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (WcConversation, wc_conversation, G_TYPE_OBJECT)

static void
wc_conversation_dispose (GObject *object)
{
  WcConversation *self = WC_CONVERSATION (object);

  wc_conversation_disown (self);
  while (self->logs->len > 0)
    wc_log_disconnect (self->logs->pdata[0]);
  g_clear_object (&self->log);
  g_clear_object (&self->last);

  G_OBJECT_CLASS (wc_conversation_parent_class)->dispose (object);
}

static void
wc_conversation_finalize (GObject *object)
{
  WcConversation *self = WC_CONVERSATION (object);

  g_assert (self->idle_source == 0 && self->again_source == 0 && self->read_source == 0 && self->typing_source == 0);
  g_assert (self->draft_source == 0);
  g_assert (self->sync == NULL);
  g_assert (g_queue_is_empty (&self->outbox) && g_queue_is_empty (&self->failed));
  g_ptr_array_unref (self->logs);
  g_ptr_array_unref (self->pages);
  g_ptr_array_unref (self->floating);
  g_array_unref (self->unread_seqs);
  g_free (self->peer);
  g_free (self->draft);

  G_OBJECT_CLASS (wc_conversation_parent_class)->finalize (object);
}

static void
wc_conversation_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  WcConversation *self = WC_CONVERSATION (object);

  switch (id)
    {
    case PROP_PEER:
      g_value_set_string (value, self->peer);
      break;
    case PROP_PRESENCE:
      g_value_set_int (value, self->presence);
      break;
    case PROP_CHAT:
      g_value_set_int (value, self->chat);
      break;
    case PROP_CHAT_SINCE:
      g_value_set_int64 (value, self->chat_since);
      break;
    case PROP_LAST:
      g_value_set_object (value, self->last);
      break;
    case PROP_UNREAD:
      g_value_set_uint (value, self->unread);
      break;
    case PROP_IDLE_DEADLINE:
      g_value_set_int64 (value, self->idle_deadline);
      break;
    case PROP_DRAFT:
      g_value_set_string (value, self->draft);
      break;
    case PROP_LOG:
      g_value_set_object (value, self->log);
      break;
    case PROP_READ:
      g_value_set_uint64 (value, self->read);
      break;
    case PROP_TYPING:
      g_value_set_boolean (value, self->typing);
      break;
    case PROP_LAST_SEEN:
      g_value_set_int64 (value, self->last_seen);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
wc_conversation_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  WcConversation *self = WC_CONVERSATION (object);

  switch (id)
    {
    case PROP_PEER:
      self->peer = g_value_dup_string (value);
      break;
    case PROP_DRAFT:
      wc_conversation_set_draft (self, g_value_get_string (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
wc_conversation_constructed (GObject *object)
{
  WcConversation *self = WC_CONVERSATION (object);

  G_OBJECT_CLASS (wc_conversation_parent_class)->constructed (object);
  self->log = wc_log_new_live (self);
}

static void
wc_conversation_class_init (WcConversationClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
  const GParamFlags ro = flags | G_PARAM_READABLE;

  object_class->constructed = wc_conversation_constructed;
  object_class->dispose = wc_conversation_dispose;
  object_class->finalize = wc_conversation_finalize;
  object_class->get_property = wc_conversation_get_property;
  object_class->set_property = wc_conversation_set_property;

  props[PROP_PEER] = g_param_spec_string ("peer", NULL, NULL, NULL, flags | G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY);
  props[PROP_PRESENCE] = g_param_spec_int ("presence", NULL, NULL, WC_PRESENCE_UNKNOWN, WC_PRESENCE_ONLINE, WC_PRESENCE_UNKNOWN, ro);
  props[PROP_CHAT] = g_param_spec_int ("chat", NULL, NULL, WC_CHAT_NONE, WC_CHAT_OPEN, WC_CHAT_NONE, ro);
  props[PROP_CHAT_SINCE] = g_param_spec_int64 ("chat-since", NULL, NULL, 0, G_MAXINT64, 0, ro);
  props[PROP_LAST] = g_param_spec_object ("last", NULL, NULL, WC_TYPE_ENTRY, ro);
  props[PROP_UNREAD] = g_param_spec_uint ("unread", NULL, NULL, 0, G_MAXUINT, 0, ro);
  props[PROP_IDLE_DEADLINE] = g_param_spec_int64 ("idle-deadline", NULL, NULL, 0, G_MAXINT64, 0, ro);
  props[PROP_DRAFT] = g_param_spec_string ("draft", NULL, NULL, "", flags | G_PARAM_READWRITE);
  props[PROP_LOG] = g_param_spec_object ("log", NULL, NULL, WC_TYPE_LOG, ro);
  props[PROP_READ] = g_param_spec_uint64 ("read", NULL, NULL, 0, G_MAXUINT64, 0, ro);
  props[PROP_TYPING] = g_param_spec_boolean ("typing", NULL, NULL, FALSE, ro);
  props[PROP_LAST_SEEN] = g_param_spec_int64 ("last-seen", NULL, NULL, 0, G_MAXINT64, 0, ro);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
wc_conversation_init (WcConversation *self)
{
  self->pages = g_ptr_array_new ();
  self->logs = g_ptr_array_new ();
  self->floating = g_ptr_array_new_with_free_func (g_object_unref);
  self->unread_seqs = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->draft = g_strdup ("");
  g_queue_init (&self->outbox);
  g_queue_init (&self->failed);
}

WcConversation *
wc_conversation_new (WcClient *client, const char *peer)
{
  WcConversation *self = g_object_new (WC_TYPE_CONVERSATION, "peer", peer, NULL);

  self->client = client;

  return self;
}

void
wc_conversation_add_log (WcConversation *self, WcLog *log)
{
  g_ptr_array_add (self->logs, log);
}

void
wc_conversation_remove_log (WcConversation *self, WcLog *log)
{
  g_ptr_array_remove_fast (self->logs, log);
}

void
wc_conversation_set_presence (WcConversation *self, WcPresence presence)
{
  if (self->presence == presence)
    return;

  self->presence = presence;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PRESENCE]);
}

void
wc_conversation_set_last (WcConversation *self, WcEntry *entry)
{
  if (g_set_object (&self->last, entry))
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_LAST]);
}

void
wc_conversation_set_read (WcConversation *self, guint64 read)
{
  if (self->read == read)
    return;

  self->read = read;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_READ]);
}

void
wc_conversation_set_typing (WcConversation *self, gboolean typing)
{
  if (self->typing == !!typing)
    return;

  self->typing = !!typing;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_TYPING]);
}

void
wc_conversation_set_last_seen (WcConversation *self, gint64 last_seen)
{
  if (self->last_seen == last_seen)
    return;

  self->last_seen = last_seen;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_LAST_SEEN]);
}

void
wc_conversation_set_unread (WcConversation *self, guint unread)
{
  if (self->unread == unread)
    return;

  self->unread = unread;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_UNREAD]);
}

void
wc_conversation_set_idle_deadline (WcConversation *self, gint64 deadline)
{
  if (self->idle_deadline == deadline)
    return;

  self->idle_deadline = deadline;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_IDLE_DEADLINE]);
}

void
wc_conversation_set_chat (WcConversation *self, WcChat chat)
{
  gint64 since = chat == WC_CHAT_OPEN ? g_get_real_time () / 1000 : 0;

  if (self->chat == chat)
    return;

  g_object_freeze_notify (G_OBJECT (self));
  self->chat = chat;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_CHAT]);
  if (self->chat_since != since)
    {
      self->chat_since = since;
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_CHAT_SINCE]);
    }
  wc_conversation_touch (self);
  g_object_thaw_notify (G_OBJECT (self));
}

void
wc_conversation_disown (WcConversation *self)
{
  wc_keep_draft_now (self);
  wc_outbox_clear (self);
  wc_pages_end_all (self);
  wc_sync_stop (self);
  wc_marks_stop (self);
  wc_typing_stop (self);
  g_clear_handle_id (&self->again_source, g_source_remove);
  g_ptr_array_set_size (self->floating, 0);
  g_clear_object (&self->base_sent);
  wc_conversation_set_chat (self, WC_CHAT_NONE);
}

const char *
wc_conversation_get_peer (WcConversation *self)
{
  g_return_val_if_fail (WC_IS_CONVERSATION (self), NULL);
  return self->peer;
}

WcClient *
wc_conversation_get_client (WcConversation *self)
{
  g_return_val_if_fail (WC_IS_CONVERSATION (self), NULL);
  return self->client;
}

WcPresence
wc_conversation_get_presence (WcConversation *self)
{
  g_return_val_if_fail (WC_IS_CONVERSATION (self), WC_PRESENCE_UNKNOWN);
  return self->presence;
}

WcChat
wc_conversation_get_chat (WcConversation *self)
{
  g_return_val_if_fail (WC_IS_CONVERSATION (self), WC_CHAT_NONE);
  return self->chat;
}

gint64
wc_conversation_get_chat_since (WcConversation *self)
{
  g_return_val_if_fail (WC_IS_CONVERSATION (self), 0);
  return self->chat_since;
}

WcEntry *
wc_conversation_get_last (WcConversation *self)
{
  g_return_val_if_fail (WC_IS_CONVERSATION (self), NULL);
  return self->last;
}

guint
wc_conversation_get_unread (WcConversation *self)
{
  g_return_val_if_fail (WC_IS_CONVERSATION (self), 0);
  return self->unread;
}

gint64
wc_conversation_get_idle_deadline (WcConversation *self)
{
  g_return_val_if_fail (WC_IS_CONVERSATION (self), 0);
  return self->idle_deadline;
}

const char *
wc_conversation_get_draft (WcConversation *self)
{
  g_return_val_if_fail (WC_IS_CONVERSATION (self), "");
  return self->draft;
}

void
wc_conversation_set_draft (WcConversation *self, const char *draft)
{
  g_return_if_fail (WC_IS_CONVERSATION (self));

  if (draft == NULL)
    draft = "";
  if (g_str_equal (self->draft, draft))
    return;

  g_free (self->draft);
  self->draft = g_strdup (draft);
  wc_keep_draft (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_DRAFT]);
}

WcLog *
wc_conversation_get_log (WcConversation *self)
{
  g_return_val_if_fail (WC_IS_CONVERSATION (self), NULL);
  return self->log;
}

guint64
wc_conversation_get_read (WcConversation *self)
{
  g_return_val_if_fail (WC_IS_CONVERSATION (self), 0);
  return self->read;
}

gboolean
wc_conversation_get_typing (WcConversation *self)
{
  g_return_val_if_fail (WC_IS_CONVERSATION (self), FALSE);
  return self->typing;
}

gint64
wc_conversation_get_last_seen (WcConversation *self)
{
  g_return_val_if_fail (WC_IS_CONVERSATION (self), 0);
  return self->last_seen;
}
