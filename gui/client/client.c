/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The object: properties, people, signals. */
#include "client/client-private.h"

#include <glib/gi18n.h>
#include <string.h>

#include "shared/client-id.h"

#define IDLE_MINUTES_DEFAULT 15
#define IDLE_MINUTES_MAX 1440

enum
{
  PROP_STATE = 1,
  PROP_SERVER,
  PROP_CLIENT_ID,
  PROP_ERROR,
  PROP_RETRY_TIME,
  PROP_PEOPLE,
  PROP_IDLE_MINUTES,
  PROP_IS_BASE,
  PROP_READY,
  PROP_CACHE_ERROR,
  PROP_IS_ENCRYPTED,
  PROP_KEYRING_ERROR,
  N_PROPS,
};

enum
{
  SIGNAL_MESSAGE_RECEIVED,
  SIGNAL_CHAT_STARTED,
  SIGNAL_MESSAGE_KEPT,
  N_SIGNALS,
};

static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

static const WcTiming usual_timing = {
  .login = 20000,
  .handshake = 10000,
  .ping_after = 12000,
  .dead_after = 25000,
  .probe = 4000,
  .settle = 200,
  .calm = 3000,
  .retry_min = 1000,
  .retry_max = 60000,
  .base_quiet = 500,
  .pause = 1000,
  .minute = 60000,
  .read_pause = 1000,
  .typing_pause = 4000,
  .typing_lasts = 6000,
  .draft_pause = 300,
  .search = 150,
};

G_DEFINE_QUARK (wc-error-quark, wc_error)

G_DEFINE_FINAL_TYPE (WcClient, wc_client, G_TYPE_OBJECT)

static void
wc_client_dispose (GObject *object)
{
  WcClient *self = WC_CLIENT (object);

  wc_client_logout (self);
  wc_client_forget_people (self);
  wc_client_close_cache (self);
  g_clear_pointer (&self->history, wc_history_queue_free);
  g_clear_pointer (&self->searches, wc_search_queue_free);

  G_OBJECT_CLASS (wc_client_parent_class)->dispose (object);
}

static void
wc_client_finalize (GObject *object)
{
  WcClient *self = WC_CLIENT (object);

  g_assert (self->connection == NULL && self->connecting == NULL && self->login_task == NULL);
  g_assert (self->login_source == 0 && self->login_cancel_source == 0 && self->keep_alive_source == 0 && self->retry_source == 0);
  g_assert (self->listing_source == 0);
  g_assert (self->history == NULL && self->searches == NULL && self->cache == NULL);
  g_hash_table_unref (self->by_peer);
  g_ptr_array_unref (self->arriving);
  g_object_unref (self->people);
  g_free (self->server);
  g_free (self->host);
  g_free (self->client_id);
  g_clear_error (&self->error);
  g_clear_error (&self->cache_error);
  g_clear_object (&self->folder);
  wc_client_clear_network (self);
  wc_pace_clear (&self->pace);
  wc_client_clear_auth (self);
  wc_client_clear_trust (self);

  G_OBJECT_CLASS (wc_client_parent_class)->finalize (object);
}

static void
wc_client_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  WcClient *self = WC_CLIENT (object);

  switch (id)
    {
    case PROP_STATE:
      g_value_set_int (value, self->state);
      break;
    case PROP_SERVER:
      g_value_set_string (value, self->server);
      break;
    case PROP_CLIENT_ID:
      g_value_set_string (value, self->client_id);
      break;
    case PROP_ERROR:
      g_value_set_boxed (value, self->error);
      break;
    case PROP_RETRY_TIME:
      g_value_set_int64 (value, self->retry_time);
      break;
    case PROP_PEOPLE:
      g_value_set_object (value, self->people);
      break;
    case PROP_IDLE_MINUTES:
      g_value_set_uint (value, self->idle_minutes);
      break;
    case PROP_IS_BASE:
      g_value_set_boolean (value, self->base);
      break;
    case PROP_READY:
      g_value_set_boolean (value, self->ready);
      break;
    case PROP_CACHE_ERROR:
      g_value_set_boxed (value, self->cache_error);
      break;
    case PROP_IS_ENCRYPTED:
      g_value_set_boolean (value, self->trust.encrypted);
      break;
    case PROP_KEYRING_ERROR:
      g_value_set_boxed (value, self->trust.keyring_error);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
wc_client_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  if (id == PROP_IDLE_MINUTES)
    wc_client_set_idle_minutes (WC_CLIENT (object), g_value_get_uint (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
wc_client_class_init (WcClientClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
  const GParamFlags ro = flags | G_PARAM_READABLE;

  object_class->dispose = wc_client_dispose;
  object_class->finalize = wc_client_finalize;
  object_class->get_property = wc_client_get_property;
  object_class->set_property = wc_client_set_property;

  props[PROP_STATE] = g_param_spec_int ("state", NULL, NULL, WC_STATE_OFFLINE, WC_STATE_WAITING, WC_STATE_OFFLINE, ro);
  props[PROP_SERVER] = g_param_spec_string ("server", NULL, NULL, NULL, ro);
  props[PROP_CLIENT_ID] = g_param_spec_string ("client-id", NULL, NULL, NULL, ro);
  props[PROP_ERROR] = g_param_spec_boxed ("error", NULL, NULL, G_TYPE_ERROR, ro);
  props[PROP_RETRY_TIME] = g_param_spec_int64 ("retry-time", NULL, NULL, 0, G_MAXINT64, 0, ro);
  props[PROP_PEOPLE] = g_param_spec_object ("people", NULL, NULL, G_TYPE_LIST_MODEL, ro);
  props[PROP_IDLE_MINUTES] = g_param_spec_uint ("idle-minutes", NULL, NULL, 0, IDLE_MINUTES_MAX, IDLE_MINUTES_DEFAULT,
                                                flags | G_PARAM_READWRITE);
  props[PROP_IS_BASE] = g_param_spec_boolean ("is-base", NULL, NULL, FALSE, ro);
  props[PROP_READY] = g_param_spec_boolean ("ready", NULL, NULL, FALSE, ro);
  props[PROP_CACHE_ERROR] = g_param_spec_boxed ("cache-error", NULL, NULL, G_TYPE_ERROR, ro);
  props[PROP_IS_ENCRYPTED] = g_param_spec_boolean ("is-encrypted", NULL, NULL, FALSE, ro);
  props[PROP_KEYRING_ERROR] = g_param_spec_boxed ("keyring-error", NULL, NULL, G_TYPE_ERROR, ro);
  g_object_class_install_properties (object_class, N_PROPS, props);

  signals[SIGNAL_MESSAGE_RECEIVED] = g_signal_new ("message-received", WC_TYPE_CLIENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                                   G_TYPE_NONE, 2, WC_TYPE_CONVERSATION, WC_TYPE_ENTRY);
  signals[SIGNAL_CHAT_STARTED] = g_signal_new ("chat-started", WC_TYPE_CLIENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                               G_TYPE_NONE, 2, WC_TYPE_CONVERSATION, G_TYPE_BOOLEAN);
  signals[SIGNAL_MESSAGE_KEPT] = g_signal_new ("message-kept", WC_TYPE_CLIENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                               G_TYPE_NONE, 2, WC_TYPE_CONVERSATION, WC_TYPE_ENTRY);
}

static void
wc_client_init (WcClient *self)
{
  self->people = g_list_store_new (WC_TYPE_CONVERSATION);
  self->by_peer = g_hash_table_new (g_str_hash, g_str_equal);
  self->arriving = g_ptr_array_new_with_free_func (g_object_unref);
  self->idle_minutes = IDLE_MINUTES_DEFAULT;
  self->timing = usual_timing;
  wc_client_init_network (self);
  wc_client_init_trust (self);
  wc_pace_init (&self->pace);
  self->history = wc_history_queue_new (self);
  self->searches = wc_search_queue_new (self);
}

WcClient *
wc_client_new (void)
{
  return g_object_new (WC_TYPE_CLIENT, NULL);
}

void
wc_client_set_timing (WcClient *self, const WcTiming *timing)
{
  self->timing = *timing;
}

void
wc_client_set_state (WcClient *self, WcState state)
{
  if (self->state == state)
    return;

  self->state = state;
  if (state == WC_STATE_ONLINE)
    wc_client_set_ready (self, TRUE);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STATE]);
}

void
wc_client_set_ready (WcClient *self, gboolean ready)
{
  if (self->ready == !!ready)
    return;

  self->ready = !!ready;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_READY]);
}

void
wc_client_set_cache_error (WcClient *self, const GError *error)
{
  if (self->cache_error == NULL && error == NULL)
    return;

  g_clear_error (&self->cache_error);
  if (error != NULL)
    self->cache_error = g_error_copy (error);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_CACHE_ERROR]);
}

void
wc_client_set_keyring_error (WcClient *self, const GError *error)
{
  if (self->trust.keyring_error == NULL && error == NULL)
    return;

  g_clear_error (&self->trust.keyring_error);
  if (error != NULL)
    self->trust.keyring_error = g_error_copy (error);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_KEYRING_ERROR]);
}

void
wc_client_set_encrypted (WcClient *self, gboolean encrypted)
{
  if (self->trust.encrypted == !!encrypted)
    return;

  self->trust.encrypted = !!encrypted;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_IS_ENCRYPTED]);
}

void
wc_client_set_error (WcClient *self, const GError *error)
{
  if (self->error == NULL && error == NULL)
    return;

  g_clear_error (&self->error);
  if (error != NULL)
    self->error = g_error_copy (error);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_ERROR]);
}

void
wc_client_set_retry_time (WcClient *self, gint64 retry_time)
{
  if (self->retry_time == retry_time)
    return;

  self->retry_time = retry_time;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_RETRY_TIME]);
}

void
wc_client_set_base (WcClient *self, gboolean base)
{
  if (self->base == base)
    return;

  self->base = base;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_IS_BASE]);
}

void
wc_client_set_identity (WcClient *self, const char *server, const char *client_id)
{
  if (g_strcmp0 (self->server, server) == 0 && g_strcmp0 (self->client_id, client_id) == 0)
    return;

  wc_client_forget_people (self);
  wc_client_close_cache (self);
  wc_client_set_ready (self, FALSE);
  g_object_freeze_notify (G_OBJECT (self));
  g_free (self->server);
  self->server = g_strdup (server);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SERVER]);
  g_free (self->client_id);
  self->client_id = g_strdup (client_id);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_CLIENT_ID]);
  g_object_thaw_notify (G_OBJECT (self));
}

void
wc_client_forget_people (WcClient *self)
{
  wc_client_flush_arriving (self);
  g_hash_table_remove_all (self->by_peer);
  wc_client_foreach (self, wc_conversation_disown);
  self->base_asked = NULL;
  self->base_open = NULL;
  self->base_sent_to = NULL;
  self->returning = FALSE;
  g_list_store_remove_all (self->people);
}

WcConversation *
wc_client_lookup (WcClient *self, const char *peer)
{
  return g_hash_table_lookup (self->by_peer, peer);
}

WcConversation *
wc_client_meet (WcClient *self, const char *peer, gboolean in_list)
{
  WcConversation *conversation = wc_client_lookup (self, peer);

  if (conversation != NULL)
    return conversation;
  if (!client_id_is_valid (peer, strlen (peer)) || g_hash_table_size (self->by_peer) >= WC_PEOPLE_MAX)
    return NULL;

  conversation = wc_conversation_new (self, peer);
  g_hash_table_insert (self->by_peer, (char *) wc_conversation_get_peer (conversation), conversation);
  g_ptr_array_add (self->arriving, conversation);
  if (!in_list)
    {
      wc_client_flush_arriving (self);
      wc_sync_begin (conversation);
    }

  return conversation;
}

void
wc_client_flush_arriving (WcClient *self)
{
  if (self->arriving->len == 0)
    return;

  g_list_store_splice (self->people, g_list_model_get_n_items (G_LIST_MODEL (self->people)), 0, self->arriving->pdata,
                       self->arriving->len);
  g_ptr_array_set_size (self->arriving, 0);
}

void
wc_client_foreach (WcClient *self, void (*func) (WcConversation *conversation))
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->people));

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (WcConversation) conversation = g_list_model_get_item (G_LIST_MODEL (self->people), i);

      if (conversation != NULL)
        func (conversation);
    }
}

void
wc_client_emit_message (WcClient *self, WcConversation *conversation, WcEntry *entry)
{
  g_signal_emit (self, signals[SIGNAL_MESSAGE_RECEIVED], 0, conversation, entry);
}

void
wc_client_emit_started (WcClient *self, WcConversation *conversation, gboolean by_peer)
{
  g_signal_emit (self, signals[SIGNAL_CHAT_STARTED], 0, conversation, by_peer);
}

void
wc_client_emit_kept (WcClient *self, WcConversation *conversation, WcEntry *entry)
{
  g_signal_emit (self, signals[SIGNAL_MESSAGE_KEPT], 0, conversation, entry);
}

WcState
wc_client_get_state (WcClient *self)
{
  g_return_val_if_fail (WC_IS_CLIENT (self), WC_STATE_OFFLINE);
  return self->state;
}

const char *
wc_client_get_server (WcClient *self)
{
  g_return_val_if_fail (WC_IS_CLIENT (self), NULL);
  return self->server;
}

const char *
wc_client_get_client_id (WcClient *self)
{
  g_return_val_if_fail (WC_IS_CLIENT (self), NULL);
  return self->client_id;
}

const GError *
wc_client_get_error (WcClient *self)
{
  g_return_val_if_fail (WC_IS_CLIENT (self), NULL);
  return self->error;
}

gint64
wc_client_get_retry_time (WcClient *self)
{
  g_return_val_if_fail (WC_IS_CLIENT (self), 0);
  return self->retry_time;
}

gboolean
wc_client_get_is_base (WcClient *self)
{
  g_return_val_if_fail (WC_IS_CLIENT (self), FALSE);
  return self->base;
}

GListModel *
wc_client_get_people (WcClient *self)
{
  g_return_val_if_fail (WC_IS_CLIENT (self), NULL);
  return G_LIST_MODEL (self->people);
}

guint
wc_client_get_idle_minutes (WcClient *self)
{
  g_return_val_if_fail (WC_IS_CLIENT (self), 0);
  return self->idle_minutes;
}

void
wc_client_set_idle_minutes (WcClient *self, guint minutes)
{
  g_return_if_fail (WC_IS_CLIENT (self));

  minutes = MIN (minutes, IDLE_MINUTES_MAX);
  if (self->idle_minutes == minutes)
    return;

  self->idle_minutes = minutes;
  wc_client_foreach (self, wc_conversation_touch);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_IDLE_MINUTES]);
}

WcConversation *
wc_client_get_conversation (WcClient *self, const char *peer)
{
  g_return_val_if_fail (WC_IS_CLIENT (self), NULL);
  g_return_val_if_fail (peer != NULL, NULL);

  return wc_client_meet (self, peer, FALSE);
}

gboolean
wc_client_get_ready (WcClient *self)
{
  g_return_val_if_fail (WC_IS_CLIENT (self), FALSE);
  return self->ready;
}

const GError *
wc_client_get_cache_error (WcClient *self)
{
  g_return_val_if_fail (WC_IS_CLIENT (self), NULL);
  return self->cache_error;
}
