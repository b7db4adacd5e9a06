/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The window as a list model. log-load.c fills it, log-dates.c finds dates in it. */
#include "client/log-private.h"

#include <string.h>

#include "client/conversation-private.h"

enum
{
  PROP_LOADING = 1,
  PROP_HAS_OLDER,
  PROP_HAS_NEWER,
  PROP_ERROR,
  PROP_CONVERSATION,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

static GType
wc_log_get_item_type (GListModel *model)
{
  return WC_TYPE_ENTRY;
}

static guint
wc_log_get_n_items (GListModel *model)
{
  return WC_LOG (model)->items->len;
}

static gpointer
wc_log_get_item (GListModel *model, guint position)
{
  WcLog *self = WC_LOG (model);

  return position < self->items->len ? g_object_ref (self->items->pdata[position]) : NULL;
}

static void
wc_log_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = wc_log_get_item_type;
  iface->get_n_items = wc_log_get_n_items;
  iface->get_item = wc_log_get_item;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (WcLog, wc_log, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, wc_log_list_model_init))

static void
wc_log_dispose (GObject *object)
{
  WcLog *self = WC_LOG (object);

  wc_log_disconnect (self);

  G_OBJECT_CLASS (wc_log_parent_class)->dispose (object);
}

static void
wc_log_finalize (GObject *object)
{
  WcLog *self = WC_LOG (object);

  g_assert (self->request == NULL);
  g_ptr_array_unref (self->items);
  g_clear_error (&self->error);

  G_OBJECT_CLASS (wc_log_parent_class)->finalize (object);
}

static void
wc_log_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  WcLog *self = WC_LOG (object);

  switch (id)
    {
    case PROP_LOADING:
      g_value_set_boolean (value, wc_log_get_loading (self));
      break;
    case PROP_HAS_OLDER:
      g_value_set_boolean (value, wc_log_get_has_older (self));
      break;
    case PROP_HAS_NEWER:
      g_value_set_boolean (value, wc_log_get_has_newer (self));
      break;
    case PROP_ERROR:
      g_value_set_boxed (value, self->error);
      break;
    case PROP_CONVERSATION:
      g_value_set_object (value, self->conversation);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
wc_log_class_init (WcLogClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->dispose = wc_log_dispose;
  object_class->finalize = wc_log_finalize;
  object_class->get_property = wc_log_get_property;

  props[PROP_LOADING] = g_param_spec_boolean ("loading", NULL, NULL, FALSE, flags);
  props[PROP_HAS_OLDER] = g_param_spec_boolean ("has-older", NULL, NULL, FALSE, flags);
  props[PROP_HAS_NEWER] = g_param_spec_boolean ("has-newer", NULL, NULL, FALSE, flags);
  props[PROP_ERROR] = g_param_spec_boxed ("error", NULL, NULL, G_TYPE_ERROR, flags);
  props[PROP_CONVERSATION] = g_param_spec_object ("conversation", NULL, NULL, WC_TYPE_CONVERSATION, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
wc_log_init (WcLog *self)
{
  self->items = g_ptr_array_new_with_free_func (g_object_unref);
  self->has_older = TRUE;
}

static WcLog *
wc_log_create (WcConversation *conversation, gboolean live)
{
  WcLog *self = g_object_new (WC_TYPE_LOG, NULL);

  g_set_weak_pointer (&self->conversation, conversation);
  self->live = !!live;
  self->at_end = self->live;
  wc_conversation_add_log (conversation, self);

  return self;
}

WcLog *
wc_log_new (WcConversation *conversation)
{
  g_return_val_if_fail (WC_IS_CONVERSATION (conversation), NULL);

  return wc_log_create (conversation, FALSE);
}

WcLog *
wc_log_new_live (WcConversation *conversation)
{
  return wc_log_create (conversation, TRUE);
}

void
wc_log_disconnect (WcLog *self)
{
  wc_log_set_request (self, NULL);
  if (self->conversation != NULL)
    wc_conversation_remove_log (self->conversation, self);
  g_clear_weak_pointer (&self->conversation);
}

WcConversation *
wc_log_get_conversation (WcLog *self)
{
  g_return_val_if_fail (WC_IS_LOG (self), NULL);
  return self->conversation;
}

gboolean
wc_log_get_loading (WcLog *self)
{
  g_return_val_if_fail (WC_IS_LOG (self), FALSE);
  return self->request != NULL || self->n_busy > 0;
}

gboolean
wc_log_get_has_older (WcLog *self)
{
  g_return_val_if_fail (WC_IS_LOG (self), FALSE);
  return self->has_older;
}

gboolean
wc_log_get_has_newer (WcLog *self)
{
  g_return_val_if_fail (WC_IS_LOG (self), FALSE);
  return self->first_seq != 0 && !self->at_end;
}

const GError *
wc_log_get_error (WcLog *self)
{
  g_return_val_if_fail (WC_IS_LOG (self), NULL);
  return self->error;
}

void
wc_log_set_range (WcLog *self, gboolean has_older, gboolean at_end)
{
  gboolean had_older = self->has_older;
  gboolean has_newer;

  self->has_older = !!has_older;
  self->at_end = !!at_end;
  has_newer = wc_log_get_has_newer (self);
  if (had_older != has_older)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_HAS_OLDER]);
  if (self->had_newer != has_newer)
    {
      self->had_newer = !!has_newer;
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_HAS_NEWER]);
    }
}

void
wc_log_set_request (WcLog *self, WcPages *request)
{
  gboolean was_loading = wc_log_get_loading (self);

  g_clear_pointer (&self->request, wc_pages_cancel);
  self->request = request;
  if (request != NULL)
    self->loaded = TRUE;
  if (was_loading != wc_log_get_loading (self))
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_LOADING]);
}

void
wc_log_hold_loading (WcLog *self)
{
  gboolean was_loading = wc_log_get_loading (self);

  self->n_busy++;
  if (!was_loading)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_LOADING]);
}

void
wc_log_release_loading (WcLog *self)
{
  self->n_busy--;
  if (!wc_log_get_loading (self))
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_LOADING]);
}

void
wc_log_set_error (WcLog *self, const GError *error)
{
  if (self->error == NULL && error == NULL)
    return;

  g_clear_error (&self->error);
  if (error != NULL)
    self->error = g_error_copy (error);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_ERROR]);
}

void
wc_log_insert (WcLog *self, guint position, GPtrArray *entries)
{
  guint old_len = self->items->len;

  if (entries->len == 0)
    return;

  g_ptr_array_set_size (self->items, old_len + entries->len);
  memmove (self->items->pdata + position + entries->len, self->items->pdata + position,
           (old_len - position) * sizeof (gpointer));
  for (guint i = 0; i < entries->len; i++)
    {
      WcEntry *entry = entries->pdata[i];
      guint64 seq = wc_entry_get_seq (entry);

      self->items->pdata[position + i] = g_object_ref (entry);
      if (self->conversation != NULL)
        wc_marks_decorate (self->conversation, entry);
      if (seq != 0 && (self->first_seq == 0 || seq < self->first_seq))
        self->first_seq = seq;
      self->last_seq = MAX (self->last_seq, seq);
    }
  g_list_model_items_changed (G_LIST_MODEL (self), position, 0, entries->len);
}

static void
wc_log_insert_one (WcLog *self, guint position, WcEntry *entry)
{
  gpointer pdata[] = { entry };
  GPtrArray one = { pdata, 1 };

  wc_log_insert (self, position, &one);
}

void
wc_log_remove (WcLog *self, guint position, guint n)
{
  if (n == 0)
    return;

  g_ptr_array_remove_range (self->items, position, n);
  g_list_model_items_changed (G_LIST_MODEL (self), position, n, 0);
}

void
wc_log_measure (WcLog *self)
{
  guint end = self->items->len - self->n_tail;

  self->first_seq = 0;
  self->last_seq = 0;
  for (guint i = 0; i < end && self->first_seq == 0; i++)
    self->first_seq = wc_entry_get_seq (self->items->pdata[i]);
  for (guint i = end; i > 0 && self->last_seq == 0; i--)
    self->last_seq = wc_entry_get_seq (self->items->pdata[i - 1]);
}

gboolean
wc_log_find (WcLog *self, WcEntry *entry, guint *position)
{
  for (guint i = self->items->len; i > 0; i--)
    if (self->items->pdata[i - 1] == entry)
      {
        *position = i - 1;
        return TRUE;
      }

  return FALSE;
}

gboolean
wc_log_find_seq (WcLog *self, guint64 seq, guint *position)
{
  if (seq == 0 || seq < self->first_seq || seq > self->last_seq)
    return FALSE;

  for (guint i = self->items->len - self->n_tail; i > 0; i--)
    if (wc_entry_get_seq (self->items->pdata[i - 1]) == seq)
      {
        *position = i - 1;
        return TRUE;
      }

  return FALSE;
}

void
wc_log_forget (WcLog *self, WcEntry *entry)
{
  guint position;

  if (!wc_log_find (self, entry, &position))
    return;

  if (position >= self->items->len - self->n_tail)
    self->n_tail--;
  wc_log_remove (self, position, 1);
}

/* A message that could not be sent stands where that happened; when that part of the window goes, it goes to the end, for it
 * is nowhere else. */
static void
wc_log_rescue_failed (WcLog *self, guint n)
{
  for (guint i = n; i > 0; i--)
    {
      g_autoptr (WcEntry) entry = g_object_ref (self->items->pdata[i - 1]);

      if (wc_entry_get_delivery (entry) != WC_DELIVERY_FAILED || wc_entry_get_seq (entry) != 0)
        continue;
      wc_log_remove (self, i - 1, 1);
      self->n_tail++;
      wc_log_insert_one (self, self->items->len + 1 - self->n_tail, entry);
    }
}

/* A window that only ever grows would let a server fill the memory. */
static void
wc_log_trim (WcLog *self)
{
  if (self->items->len <= WC_LOG_MAX)
    return;

  wc_log_rescue_failed (self, MIN (WC_LOG_MAX / 4, self->items->len - self->n_tail));
  wc_log_remove (self, 0, MIN (WC_LOG_MAX / 4, self->items->len - self->n_tail));
  wc_log_measure (self);
  wc_log_set_range (self, !self->base_loaded, self->at_end);
}

void
wc_log_add (WcLog *self, WcEntry *entry)
{
  guint64 seq = wc_entry_get_seq (entry);

  if (!self->at_end || (wc_entry_get_kind (entry) == WC_ENTRY_EVENT && !self->live))
    return;
  if (seq != 0 && seq <= self->last_seq)
    return; /* a page brought it already */

  wc_log_insert_one (self, self->items->len - self->n_tail, entry);
  if (self->first_seq == 1)
    wc_log_set_range (self, FALSE, TRUE);
  wc_log_trim (self);
}

void
wc_log_add_waiting (WcLog *self, WcEntry *entry)
{
  if (!self->live)
    return;

  self->n_tail++;
  wc_log_insert_one (self, self->items->len, entry);
}

/* Takes an entry out of the tail, and says where it stood. */
static gboolean
wc_log_leave_tail (WcLog *self, WcEntry *entry, guint *position)
{
  if (self->n_tail == 0 || !wc_log_find (self, entry, position) || *position < self->items->len - self->n_tail)
    return FALSE;

  self->n_tail--;
  return TRUE;
}

void
wc_log_settle (WcLog *self, WcEntry *entry)
{
  guint64 seq = wc_entry_get_seq (entry);
  guint position, end;

  if (!wc_log_leave_tail (self, entry, &position))
    {
      if (wc_entry_get_delivery (entry) != WC_DELIVERY_FAILED)
        wc_log_add (self, entry);
      return;
    }

  if (seq != 0 && (!self->at_end || seq <= self->last_seq))
    {
      /* Its place is outside the window, or a page has filled it. */
      self->n_tail++;
      wc_log_merge (self, entry);
      return;
    }

  end = self->items->len - self->n_tail - 1;
  if (position != end)
    {
      g_object_ref (entry);
      wc_log_remove (self, position, 1);
      wc_log_insert_one (self, end, entry);
      g_object_unref (entry);
    }
  if (seq != 0)
    {
      self->last_seq = MAX (self->last_seq, seq);
      if (self->first_seq == 0)
        self->first_seq = seq;
      if (self->first_seq == 1)
        wc_log_set_range (self, FALSE, self->at_end);
    }
  wc_log_trim (self);
}

void
wc_log_merge (WcLog *self, WcEntry *entry)
{
  g_autoptr (WcEntry) keep = g_object_ref (entry);
  guint position;

  if (wc_log_leave_tail (self, entry, &position))
    wc_log_remove (self, position, 1);
  if (wc_log_find_seq (self, wc_entry_get_seq (entry), &position) && self->items->pdata[position] != entry)
    {
      g_object_unref (self->items->pdata[position]);
      self->items->pdata[position] = g_steal_pointer (&keep);
      g_list_model_items_changed (G_LIST_MODEL (self), position, 1, 1);
    }
}

void
wc_log_unsettle (WcLog *self, WcEntry *entry)
{
  g_autoptr (WcEntry) keep = g_object_ref (entry);
  guint position;

  if (!self->live)
    return;
  if (wc_log_find (self, entry, &position))
    {
      if (position >= self->items->len - self->n_tail)
        return;
      if (position == self->items->len - 1)
        {
          self->n_tail++;
          return;
        }
      wc_log_remove (self, position, 1);
    }
  wc_log_add_waiting (self, entry);
}

void
wc_log_reset (WcLog *self, gboolean at_end)
{
  wc_log_rescue_failed (self, self->items->len - self->n_tail);
  self->first_seq = 0;
  self->last_seq = 0;
  wc_log_remove (self, 0, self->items->len - self->n_tail);
  wc_log_set_range (self, TRUE, at_end);
}

void
wc_log_append (WcLog *self, WcEntry *entry)
{
  g_return_if_fail (WC_IS_LOG (self));
  g_return_if_fail (WC_IS_ENTRY (entry));

  if (wc_entry_get_delivery (entry) == WC_DELIVERY_WAITING)
    {
      self->n_tail++;
      wc_log_insert_one (self, self->items->len, entry);
    }
  else
    {
      wc_log_insert_one (self, self->items->len - self->n_tail, entry);
    }
}
