/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/people-model.h"

#include <gtk/gtk.h>

#include <string.h>

struct _UiPeopleModel
{
  GObject parent_instance;

  GListModel *source;
  GPtrArray *watched; /* the source's items in its order, each with our handlers on it */
  GtkSorter *sorter;
  GtkFilter *filter;
  GtkSortListModel *sorted;
  GtkFilterListModel *shown;

  char *search; /* as set */
  char *needle; /* folded, for comparing */
  guint unread;
  guint sort_source;
};

static void ui_people_model_list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (UiPeopleModel, ui_people_model, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, ui_people_model_list_model_init))

enum
{
  PROP_SOURCE = 1,
  PROP_SEARCH,
  PROP_SOURCE_EMPTY,
  PROP_UNREAD,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static char *
fold (const char *text)
{
  g_autofree char *normal = g_utf8_normalize (text, -1, G_NORMALIZE_ALL);

  return normal ? g_utf8_casefold (normal, -1) : g_strdup ("");
}

static gint64
last_time (WcConversation *conversation)
{
  WcEntry *last = wc_conversation_get_last (conversation);

  return last ? wc_entry_get_time (last) : G_MININT64;
}

static int
compare_cb (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const gint64 time_a = last_time ((WcConversation *) a);
  const gint64 time_b = last_time ((WcConversation *) b);
  const char *peer_a = wc_conversation_get_peer ((WcConversation *) a);
  const char *peer_b = wc_conversation_get_peer ((WcConversation *) b);
  int order;

  if (time_a != time_b)
    return time_a > time_b ? GTK_ORDERING_SMALLER : GTK_ORDERING_LARGER;

  /* Client-IDs are ASCII; upper and lower case stand together, as in a telephone book. */
  order = g_ascii_strcasecmp (peer_a, peer_b);
  return gtk_ordering_from_cmpfunc (order ? order : strcmp (peer_a, peer_b));
}

static gboolean
matches_cb (gpointer item, gpointer user_data)
{
  UiPeopleModel *self = user_data;
  g_autofree char *peer = NULL;

  if (!*self->needle)
    return TRUE;

  peer = fold (wc_conversation_get_peer (item));
  return strstr (peer, self->needle) != NULL;
}

static gboolean
sort_cb (gpointer user_data)
{
  UiPeopleModel *self = user_data;

  self->sort_source = 0;
  gtk_sorter_changed (self->sorter, GTK_SORTER_CHANGE_DIFFERENT);
  return G_SOURCE_REMOVE;
}

/* A burst of messages sorts once. */
static void
last_changed_cb (UiPeopleModel *self)
{
  if (!self->sort_source)
    self->sort_source = g_idle_add_full (G_PRIORITY_HIGH_IDLE, sort_cb, self, NULL);
}

static void
count_unread (UiPeopleModel *self)
{
  guint unread = 0;

  for (guint i = 0; i < self->watched->len; i++)
    unread += wc_conversation_get_unread (g_ptr_array_index (self->watched, i));

  if (unread == self->unread)
    return;
  self->unread = unread;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_UNREAD]);
}

static void
unread_changed_cb (UiPeopleModel *self)
{
  count_unread (self);
}

static void
source_items_changed_cb (UiPeopleModel *self, guint position, guint removed, guint added, GListModel *source)
{
  const gboolean was_empty = self->watched->len == 0;

  for (guint i = 0; i < removed; i++)
    g_signal_handlers_disconnect_by_data (g_ptr_array_index (self->watched, position + i), self);
  if (removed)
    g_ptr_array_remove_range (self->watched, position, removed);

  for (guint i = 0; i < added; i++)
    {
      WcConversation *conversation = g_list_model_get_item (source, position + i);

      g_signal_connect_swapped (conversation, "notify::last", G_CALLBACK (last_changed_cb), self);
      g_signal_connect_swapped (conversation, "notify::unread", G_CALLBACK (unread_changed_cb), self);
      g_ptr_array_insert (self->watched, (int) (position + i), conversation);
    }

  if (was_empty != (self->watched->len == 0))
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SOURCE_EMPTY]);
  count_unread (self);
}

static void
set_source (UiPeopleModel *self, GListModel *source)
{
  if (self->source == source)
    return;

  if (self->source)
    {
      g_signal_handlers_disconnect_by_data (self->source, self);
      source_items_changed_cb (self, 0, self->watched->len, 0, self->source);
      g_clear_object (&self->source);
    }
  if (source)
    {
      self->source = g_object_ref (source);
      source_items_changed_cb (self, 0, 0, g_list_model_get_n_items (source), source);
      g_signal_connect_swapped (source, "items-changed", G_CALLBACK (source_items_changed_cb), self);
    }
  if (self->sorted)
    gtk_sort_list_model_set_model (self->sorted, source);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SOURCE]);
}

static void
set_search (UiPeopleModel *self, const char *search)
{
  g_autofree char *old_needle = NULL;
  g_autofree char *stripped = NULL;

  if (!search)
    search = "";
  if (g_str_equal (self->search, search))
    return;

  g_free (self->search);
  self->search = g_strdup (search);

  stripped = g_strstrip (g_strdup (search));
  old_needle = g_steal_pointer (&self->needle);
  self->needle = fold (stripped);
  gtk_filter_changed (self->filter, g_str_has_prefix (self->needle, old_needle)   ? GTK_FILTER_CHANGE_MORE_STRICT
                                    : g_str_has_prefix (old_needle, self->needle) ? GTK_FILTER_CHANGE_LESS_STRICT
                                                                                  : GTK_FILTER_CHANGE_DIFFERENT);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SEARCH]);
}

static void
shown_items_changed_cb (UiPeopleModel *self, guint position, guint removed, guint added)
{
  g_list_model_items_changed (G_LIST_MODEL (self), position, removed, added);
}

static GType
ui_people_model_get_item_type (GListModel *model)
{
  return WC_TYPE_CONVERSATION;
}

static guint
ui_people_model_get_n_items (GListModel *model)
{
  return g_list_model_get_n_items (G_LIST_MODEL (UI_PEOPLE_MODEL (model)->shown));
}

static gpointer
ui_people_model_get_item (GListModel *model, guint position)
{
  return g_list_model_get_item (G_LIST_MODEL (UI_PEOPLE_MODEL (model)->shown), position);
}

static void
ui_people_model_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = ui_people_model_get_item_type;
  iface->get_n_items = ui_people_model_get_n_items;
  iface->get_item = ui_people_model_get_item;
}

static void
ui_people_model_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  UiPeopleModel *self = UI_PEOPLE_MODEL (object);

  switch (id)
    {
    case PROP_SOURCE:
      g_value_set_object (value, self->source);
      break;
    case PROP_SEARCH:
      g_value_set_string (value, self->search);
      break;
    case PROP_SOURCE_EMPTY:
      g_value_set_boolean (value, self->watched->len == 0);
      break;
    case PROP_UNREAD:
      g_value_set_uint (value, self->unread);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_people_model_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  UiPeopleModel *self = UI_PEOPLE_MODEL (object);

  switch (id)
    {
    case PROP_SOURCE:
      set_source (self, g_value_get_object (value));
      break;
    case PROP_SEARCH:
      set_search (self, g_value_get_string (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_people_model_dispose (GObject *object)
{
  UiPeopleModel *self = UI_PEOPLE_MODEL (object);

  if (self->shown)
    g_signal_handlers_disconnect_by_data (self->shown, self);
  g_clear_object (&self->shown);
  g_clear_object (&self->sorted);
  g_clear_object (&self->filter);
  set_source (self, NULL);
  g_clear_object (&self->sorter);
  g_clear_handle_id (&self->sort_source, g_source_remove);

  G_OBJECT_CLASS (ui_people_model_parent_class)->dispose (object);
}

static void
ui_people_model_finalize (GObject *object)
{
  UiPeopleModel *self = UI_PEOPLE_MODEL (object);

  g_ptr_array_unref (self->watched);
  g_free (self->search);
  g_free (self->needle);

  G_OBJECT_CLASS (ui_people_model_parent_class)->finalize (object);
}

static void
ui_people_model_class_init (UiPeopleModelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags read_only = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  const GParamFlags read_write = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->get_property = ui_people_model_get_property;
  object_class->set_property = ui_people_model_set_property;
  object_class->dispose = ui_people_model_dispose;
  object_class->finalize = ui_people_model_finalize;

  props[PROP_SOURCE] = g_param_spec_object ("source", NULL, NULL, G_TYPE_LIST_MODEL, read_write);
  props[PROP_SEARCH] = g_param_spec_string ("search", NULL, NULL, "", read_write);
  props[PROP_SOURCE_EMPTY] = g_param_spec_boolean ("source-empty", NULL, NULL, TRUE, read_only);
  props[PROP_UNREAD] = g_param_spec_uint ("unread", NULL, NULL, 0, G_MAXUINT, 0, read_only);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
ui_people_model_init (UiPeopleModel *self)
{
  self->watched = g_ptr_array_new_with_free_func (g_object_unref);
  self->search = g_strdup ("");
  self->needle = g_strdup ("");

  self->sorter = GTK_SORTER (gtk_custom_sorter_new (compare_cb, NULL, NULL));
  self->filter = GTK_FILTER (gtk_custom_filter_new (matches_cb, self, NULL));
  self->sorted = gtk_sort_list_model_new (NULL, g_object_ref (self->sorter));
  self->shown = gtk_filter_list_model_new (g_object_ref (G_LIST_MODEL (self->sorted)), g_object_ref (self->filter));
  g_signal_connect_swapped (self->shown, "items-changed", G_CALLBACK (shown_items_changed_cb), self);
}

UiPeopleModel *
ui_people_model_new (void)
{
  return g_object_new (UI_TYPE_PEOPLE_MODEL, NULL);
}
