/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A search in what is kept here and in what the server has, shown as one list. */
#include <string.h>

#include "client/client-private.h"
#include "shared/search-text.h"

#define PAGE 30
#define WORDS_MAX 512 /* bytes that the server is asked for */

struct _WcSearch
{
  GObject parent_instance;

  WcClient *client;             /* weak */
  WcConversation *conversation; /* weak */
  gboolean everywhere;

  char *words;
  char *asked; /* what the words are to the server; NULL: there is nothing to look for */
  GPtrArray *hits; /* of WcHit: what is shown, and may be of the words before */
  gboolean loading;
  gboolean has_more;
  GError *error;

  /* On this computer. */
  GPtrArray *local;
  guint question; /* 0: none is open */
  guint n_caches; /* of the client, when it was put */
  gboolean local_more;

  /* The server. */
  GPtrArray *remote;
  guint delay_source;
  WcSearchRequest *request;
  guint limit;
  gboolean remote_known; /* it has answered */
  gboolean remote_more;
};

enum
{
  PROP_WORDS = 1,
  PROP_LOADING,
  PROP_ERROR,
  PROP_HAS_MORE,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

static GType
wc_search_get_item_type (GListModel *model)
{
  return WC_TYPE_HIT;
}

static guint
wc_search_get_n_items (GListModel *model)
{
  return WC_SEARCH (model)->hits->len;
}

static gpointer
wc_search_get_item (GListModel *model, guint position)
{
  WcSearch *self = WC_SEARCH (model);

  return position < self->hits->len ? g_object_ref (self->hits->pdata[position]) : NULL;
}

static void
wc_search_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = wc_search_get_item_type;
  iface->get_n_items = wc_search_get_n_items;
  iface->get_item = wc_search_get_item;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (WcSearch, wc_search, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, wc_search_list_model_init))

static void
set_flag (WcSearch *self, gboolean *flag, gboolean value, guint prop)
{
  if (*flag == value)
    return;

  *flag = value;
  g_object_notify_by_pspec (G_OBJECT (self), props[prop]);
}

static void
set_error (WcSearch *self, const GError *error)
{
  if (self->error == NULL && error == NULL)
    return;

  g_clear_error (&self->error);
  if (error != NULL)
    self->error = g_error_copy (error);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_ERROR]);
}

/* Shows what is known by now. */
static void
update (WcSearch *self)
{
  g_autoptr (WcSearch) keep = g_object_ref (self);
  g_autoptr (GPtrArray) wanted = wc_hits_merge (self->hits, self->local, self->remote);
  gboolean loading = self->question != 0 || self->request != NULL || self->delay_source != 0;

  /* The hits of the words before give way to new ones, not to a blank moment. */
  if (wanted->len > 0 || !loading)
    wc_hits_become (self->hits, wanted, G_LIST_MODEL (self));

  set_flag (self, &self->has_more, self->local_more || (self->remote_more && self->limit < WIRE_SEARCH_LIMIT_MAX), PROP_HAS_MORE);
  set_flag (self, &self->loading, loading, PROP_LOADING);
}

static void
stop_asking_server (WcSearch *self)
{
  g_clear_handle_id (&self->delay_source, g_source_remove);
  g_clear_pointer (&self->request, wc_search_request_cancel);
}

static void
stop (WcSearch *self)
{
  if (self->client == NULL)
    self->request = NULL; /* it went with the client */
  stop_asking_server (self);
  if (self->question != 0 && self->client != NULL && self->client->cache != NULL && self->client->n_caches == self->n_caches)
    wc_cache_cancel (self->client->cache, self->question);
  self->question = 0;
}

static const char *
get_peer (WcSearch *self)
{
  return self->conversation != NULL ? wc_conversation_get_peer (self->conversation) : NULL;
}

/* --- On this computer --- */

static void
local_cb (GPtrArray *found, gboolean more, gpointer user_data)
{
  WcSearch *self = user_data;

  self->question = 0;
  self->local_more = more;
  for (guint i = 0; i < found->len; i++)
    {
      WcCacheHit *hit = found->pdata[i];
      WcConversation *conversation = wc_client_meet (self->client, hit->peer, FALSE);

      if (conversation != NULL)
        g_ptr_array_add (self->local, wc_hit_new (conversation, hit->entry));
    }
  update (self);
}

static void
ask_cache (WcSearch *self, gint64 before_time)
{
  if (self->client->cache == NULL)
    return;

  self->n_caches = self->client->n_caches;
  self->question = wc_cache_search (self->client->cache, get_peer (self), self->words, before_time, PAGE, local_cb, self);
}

/* --- The server --- */

static void
remote_cb (GPtrArray *hits, gboolean more, const GError *error, gpointer user_data)
{
  WcSearch *self = user_data;

  self->request = NULL;
  if (hits != NULL)
    {
      g_ptr_array_unref (self->remote);
      self->remote = g_ptr_array_ref (hits);
      self->remote_known = TRUE;
      self->remote_more = more;
    }
  set_error (self, error);
  update (self);
}

static void
ask_server (WcSearch *self)
{
  g_autoptr (GError) error = NULL;

  self->request = wc_search_request (self->client, get_peer (self), self->asked, self->limit, remote_cb, self, &error);
  set_error (self, error);
}

static gboolean
delay_cb (gpointer user_data)
{
  WcSearch *self = user_data;

  self->delay_source = 0;
  ask_server (self);
  update (self);

  return G_SOURCE_REMOVE;
}

/* Not for each letter; but that it cannot be asked is said at once. */
static void
ask_server_soon (WcSearch *self)
{
  if (self->client->state == WC_STATE_ONLINE && !self->client->base && self->client->timing.search > 0)
    self->delay_source = g_timeout_add (self->client->timing.search, delay_cb, self);
  else
    ask_server (self);
}

/* The words are looked for anew. */
static void
begin (WcSearch *self)
{
  stop (self);
  g_ptr_array_set_size (self->local, 0);
  g_ptr_array_unref (self->remote);
  self->remote = g_ptr_array_new_with_free_func (g_object_unref);
  self->local_more = FALSE;
  self->remote_more = FALSE;
  self->remote_known = FALSE;
  self->limit = PAGE;

  if (self->client != NULL && self->asked != NULL && (self->everywhere || self->conversation != NULL))
    {
      ask_cache (self, 0);
      ask_server_soon (self);
    }
  else
    {
      set_error (self, NULL);
    }
  update (self);
}

static void
state_changed_cb (WcSearch *self)
{
  if (self->client == NULL || self->asked == NULL || self->remote_known || (!self->everywhere && self->conversation == NULL))
    return;

  if (self->client->state != WC_STATE_ONLINE && self->error != NULL)
    return;

  /* It comes back: what it could not be asked for, it is asked for now. It goes: nothing is waited for. */
  stop_asking_server (self);
  ask_server_soon (self);
  update (self);
}

/* Words as one line of no more than the server wants to read. NULL: there is nothing in them to look for. */
static char *
clean_words (const char *words)
{
  g_autofree char *query = search_text_query (words);
  const char *end;
  char *clean;

  if (query == NULL || !g_utf8_validate (words, -1, NULL))
    return NULL;

  end = words + MIN (strlen (words), WORDS_MAX);
  while ((*end & 0xc0) == 0x80)
    end--;
  clean = g_strndup (words, end - words);
  for (char *p = clean; *p != '\0'; p = g_utf8_next_char (p))
    if (g_unichar_iscntrl (g_utf8_get_char (p)))
      memset (p, ' ', g_utf8_next_char (p) - p);

  return g_strstrip (clean);
}

static void
wc_search_dispose (GObject *object)
{
  WcSearch *self = WC_SEARCH (object);

  stop (self);
  g_clear_weak_pointer (&self->client);
  g_clear_weak_pointer (&self->conversation);

  G_OBJECT_CLASS (wc_search_parent_class)->dispose (object);
}

static void
wc_search_finalize (GObject *object)
{
  WcSearch *self = WC_SEARCH (object);

  g_assert (self->delay_source == 0 && self->request == NULL && self->question == 0);
  g_ptr_array_unref (self->hits);
  g_ptr_array_unref (self->local);
  g_ptr_array_unref (self->remote);
  g_free (self->words);
  g_free (self->asked);
  g_clear_error (&self->error);

  G_OBJECT_CLASS (wc_search_parent_class)->finalize (object);
}

static void
wc_search_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  WcSearch *self = WC_SEARCH (object);

  switch (id)
    {
    case PROP_WORDS:
      g_value_set_string (value, self->words);
      break;
    case PROP_LOADING:
      g_value_set_boolean (value, self->loading);
      break;
    case PROP_ERROR:
      g_value_set_boxed (value, self->error);
      break;
    case PROP_HAS_MORE:
      g_value_set_boolean (value, self->has_more);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
wc_search_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  if (id == PROP_WORDS)
    wc_search_set_words (WC_SEARCH (object), g_value_get_string (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
wc_search_class_init (WcSearchClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->dispose = wc_search_dispose;
  object_class->finalize = wc_search_finalize;
  object_class->get_property = wc_search_get_property;
  object_class->set_property = wc_search_set_property;

  props[PROP_WORDS] = g_param_spec_string ("words", NULL, NULL, "", flags | G_PARAM_READWRITE);
  props[PROP_LOADING] = g_param_spec_boolean ("loading", NULL, NULL, FALSE, flags | G_PARAM_READABLE);
  props[PROP_ERROR] = g_param_spec_boxed ("error", NULL, NULL, G_TYPE_ERROR, flags | G_PARAM_READABLE);
  props[PROP_HAS_MORE] = g_param_spec_boolean ("has-more", NULL, NULL, FALSE, flags | G_PARAM_READABLE);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
wc_search_init (WcSearch *self)
{
  self->hits = g_ptr_array_new_with_free_func (g_object_unref);
  self->local = g_ptr_array_new_with_free_func (g_object_unref);
  self->remote = g_ptr_array_new_with_free_func (g_object_unref);
  self->words = g_strdup ("");
  self->limit = PAGE;
}

WcSearch *
wc_search_new (WcClient *client, WcConversation *conversation)
{
  WcSearch *self = g_object_new (WC_TYPE_SEARCH, NULL);

  g_set_weak_pointer (&self->client, client);
  g_set_weak_pointer (&self->conversation, conversation);
  self->everywhere = conversation == NULL;
  if (client != NULL)
    {
      g_signal_connect_object (client, "notify::state", G_CALLBACK (state_changed_cb), self, G_CONNECT_SWAPPED);
      g_signal_connect_object (client, "notify::client-id", G_CALLBACK (begin), self, G_CONNECT_SWAPPED);
      g_signal_connect_object (client, "notify::server", G_CALLBACK (begin), self, G_CONNECT_SWAPPED);
      g_signal_connect_object (client, "notify::ready", G_CALLBACK (begin), self, G_CONNECT_SWAPPED);
    }

  return self;
}

void
wc_search_set_words (WcSearch *self, const char *words)
{
  g_return_if_fail (WC_IS_SEARCH (self));

  if (words == NULL)
    words = "";
  if (g_str_equal (self->words, words))
    return;

  g_free (self->words);
  self->words = g_strdup (words);
  g_free (self->asked);
  self->asked = clean_words (self->words);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_WORDS]);
  begin (self);
}

const char *
wc_search_get_words (WcSearch *self)
{
  g_return_val_if_fail (WC_IS_SEARCH (self), "");
  return self->words;
}

gboolean
wc_search_get_loading (WcSearch *self)
{
  g_return_val_if_fail (WC_IS_SEARCH (self), FALSE);
  return self->loading;
}

gboolean
wc_search_get_has_more (WcSearch *self)
{
  g_return_val_if_fail (WC_IS_SEARCH (self), FALSE);
  return self->has_more;
}

const GError *
wc_search_get_error (WcSearch *self)
{
  g_return_val_if_fail (WC_IS_SEARCH (self), NULL);
  return self->error;
}

void
wc_search_load_more (WcSearch *self)
{
  g_return_if_fail (WC_IS_SEARCH (self));

  if (!self->has_more || self->loading || self->client == NULL)
    return;

  if (self->local_more && self->local->len > 0)
    {
      WcHit *oldest = self->local->pdata[self->local->len - 1];

      ask_cache (self, wc_entry_get_time (wc_hit_get_entry (oldest)));
    }
  if (self->remote_more && self->limit < WIRE_SEARCH_LIMIT_MAX)
    {
      self->limit = MIN (self->limit + PAGE, WIRE_SEARCH_LIMIT_MAX);
      ask_server (self);
    }
  update (self);
}

void
wc_search_append (WcSearch *self, WcConversation *conversation, WcEntry *entry)
{
  g_return_if_fail (WC_IS_SEARCH (self));

  g_ptr_array_add (self->hits, wc_hit_new (conversation, entry));
  g_list_model_items_changed (G_LIST_MODEL (self), self->hits->len - 1, 0, 1);
}
