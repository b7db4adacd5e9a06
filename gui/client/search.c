/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/search.h"

struct _WcHit
{
  GObject parent_instance;

  WcConversation *conversation; /* weak */
  WcEntry *entry;
};

struct _WcSearch
{
  GObject parent_instance;

  GPtrArray *hits; /* of WcHit */
  char *words;
  gboolean loading;
  gboolean has_more;
  GError *error;
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

G_DEFINE_FINAL_TYPE (WcHit, wc_hit, G_TYPE_OBJECT)

static void
wc_hit_finalize (GObject *object)
{
  WcHit *self = WC_HIT (object);

  g_clear_weak_pointer (&self->conversation);
  g_object_unref (self->entry);

  G_OBJECT_CLASS (wc_hit_parent_class)->finalize (object);
}

static void
wc_hit_class_init (WcHitClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = wc_hit_finalize;
}

static void
wc_hit_init (WcHit *self)
{
}

WcConversation *
wc_hit_get_conversation (WcHit *self)
{
  g_return_val_if_fail (WC_IS_HIT (self), NULL);
  return self->conversation;
}

WcEntry *
wc_hit_get_entry (WcHit *self)
{
  g_return_val_if_fail (WC_IS_HIT (self), NULL);
  return self->entry;
}

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
wc_search_finalize (GObject *object)
{
  WcSearch *self = WC_SEARCH (object);

  g_ptr_array_unref (self->hits);
  g_free (self->words);
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
  self->words = g_strdup ("");
}

WcSearch *
wc_search_new (WcClient *client, WcConversation *conversation)
{
  return g_object_new (WC_TYPE_SEARCH, NULL);
}

void
wc_search_set_words (WcSearch *self, const char *words)
{
  g_return_if_fail (WC_IS_SEARCH (self));

  if (g_strcmp0 (self->words, words) == 0)
    return;

  g_free (self->words);
  self->words = g_strdup (words != NULL ? words : "");
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_WORDS]);
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
}

void
wc_search_append (WcSearch *self, WcConversation *conversation, WcEntry *entry)
{
  WcHit *hit = g_object_new (WC_TYPE_HIT, NULL);

  g_return_if_fail (WC_IS_SEARCH (self));

  g_set_weak_pointer (&hit->conversation, conversation);
  hit->entry = g_object_ref (entry);
  g_ptr_array_add (self->hits, hit);
  g_list_model_items_changed (G_LIST_MODEL (self), self->hits->len - 1, 0, 1);
}
