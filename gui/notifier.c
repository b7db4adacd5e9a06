/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "notifier.h"

/* What a notification shows of a message; the desktop cuts off far earlier. */
#define BODY_CHARS 200

struct _WebchatNotifier
{
  GObject parent_instance;

  GtkApplication *application; /* not held: it holds us */
  WcClient *client;
  GHashTable *pending; /* WcConversation (held), each with a notification out */
};

G_DEFINE_FINAL_TYPE (WebchatNotifier, webchat_notifier, G_TYPE_OBJECT)

static char *
notification_id (WcConversation *conversation)
{
  return g_strconcat ("chat-", wc_conversation_get_peer (conversation), NULL);
}

static gboolean
is_in_use (WebchatNotifier *self)
{
  for (GList *l = gtk_application_get_windows (self->application); l; l = l->next)
    if (gtk_window_is_active (l->data))
      return TRUE;
  return FALSE;
}

static void
withdraw (WebchatNotifier *self, WcConversation *conversation)
{
  g_autofree char *id = notification_id (conversation);

  g_application_withdraw_notification (G_APPLICATION (self->application), id);
}

static void
unread_changed_cb (WebchatNotifier *self, GParamSpec *pspec, WcConversation *conversation)
{
  if (wc_conversation_get_unread (conversation) > 0 || !g_hash_table_contains (self->pending, conversation))
    return;

  g_signal_handlers_disconnect_by_data (conversation, self);
  withdraw (self, conversation);
  g_hash_table_remove (self->pending, conversation);
}

static void
message_received_cb (WebchatNotifier *self, WcConversation *conversation, WcEntry *entry)
{
  const char *peer = wc_conversation_get_peer (conversation);
  g_autoptr (GNotification) notification = NULL;
  g_autofree char *id = NULL;
  g_autofree char *body = NULL;

  if (is_in_use (self))
    return;
  /* Whoever was away may have read it on another device. */
  if (wc_entry_get_seq (entry) > 0 && wc_entry_get_seq (entry) <= wc_conversation_get_read (conversation))
    return;

  id = notification_id (conversation);
  body = g_utf8_substring (wc_entry_get_text (entry), 0, MIN (BODY_CHARS, g_utf8_strlen (wc_entry_get_text (entry), -1)));
  notification = g_notification_new (peer);
  g_notification_set_body (notification, body);
  g_notification_set_priority (notification, G_NOTIFICATION_PRIORITY_HIGH);
  g_notification_set_category (notification, "im.received");
  g_notification_set_default_action_and_target (notification, "app.open-chat", "s", peer);
  g_application_send_notification (G_APPLICATION (self->application), id, notification);

  if (g_hash_table_add (self->pending, g_object_ref (conversation)))
    g_signal_connect_swapped (conversation, "notify::unread", G_CALLBACK (unread_changed_cb), self);
}

static void
webchat_notifier_dispose (GObject *object)
{
  WebchatNotifier *self = WEBCHAT_NOTIFIER (object);

  if (self->client)
    g_signal_handlers_disconnect_by_data (self->client, self);
  if (self->pending)
    {
      GHashTableIter iter;
      gpointer conversation;

      /* Whoever answers one after the app has gone would start it, but not find the chat. */
      g_hash_table_iter_init (&iter, self->pending);
      while (g_hash_table_iter_next (&iter, &conversation, NULL))
        {
          g_signal_handlers_disconnect_by_data (conversation, self);
          withdraw (self, conversation);
        }
      g_clear_pointer (&self->pending, g_hash_table_unref);
    }
  g_clear_object (&self->client);

  G_OBJECT_CLASS (webchat_notifier_parent_class)->dispose (object);
}

static void
webchat_notifier_class_init (WebchatNotifierClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = webchat_notifier_dispose;
}

static void
webchat_notifier_init (WebchatNotifier *self)
{
  self->pending = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
}

WebchatNotifier *
webchat_notifier_new (GtkApplication *application, WcClient *client)
{
  WebchatNotifier *self = g_object_new (WEBCHAT_TYPE_NOTIFIER, NULL);

  self->application = application;
  self->client = g_object_ref (client);
  g_signal_connect_swapped (client, "message-received", G_CALLBACK (message_received_cb), self);
  return self;
}
