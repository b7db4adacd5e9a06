/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tail-model.h"

struct _UiTailModel
{
  GObject parent;
  GListModel *model;
  guint initial;
  guint first;  /* position in model of the first row shown */
  guint length; /* of model, as told to whoever listens */
};

static void list_model_init (GListModelInterface *iface);
G_DEFINE_FINAL_TYPE_WITH_CODE (UiTailModel, ui_tail_model, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

static GType
ui_tail_model_get_item_type (GListModel *list)
{
  return g_list_model_get_item_type (UI_TAIL_MODEL (list)->model);
}

static guint
ui_tail_model_get_n_items (GListModel *list)
{
  UiTailModel *self = UI_TAIL_MODEL (list);

  return self->length - self->first;
}

static gpointer
ui_tail_model_get_item (GListModel *list, guint position)
{
  UiTailModel *self = UI_TAIL_MODEL (list);

  if (position >= self->length - self->first)
    return NULL;
  return g_list_model_get_item (self->model, self->first + position);
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = ui_tail_model_get_item_type;
  iface->get_n_items = ui_tail_model_get_n_items;
  iface->get_item = ui_tail_model_get_item;
}

static guint
last_rows (guint length, guint n)
{
  return length > n ? length - n : 0;
}

static void
items_changed_cb (GListModel *model, guint position, guint removed, guint added, UiTailModel *self)
{
  guint shown = self->length - self->first;
  guint old_length = self->length;

  self->length += added - removed;
  if (removed == old_length) /* also from empty */
    {
      self->first = last_rows (self->length, self->initial);
      g_list_model_items_changed (G_LIST_MODEL (self), 0, shown, self->length - self->first);
    }
  else if ((position == 0 && removed == 0) || (position < self->first && position + removed <= self->first))
    {
      self->first += added - removed; /* before the first row shown: hidden as well */
    }
  else if (position >= self->first)
    {
      g_list_model_items_changed (G_LIST_MODEL (self), position - self->first, removed, added);
    }
  else
    {
      /* Across the edge: what comes instead is hidden with the rest before it. */
      guint gone = position + removed - self->first;

      self->first = position + added;
      g_list_model_items_changed (G_LIST_MODEL (self), 0, gone, 0);
    }
}

static void
ui_tail_model_dispose (GObject *object)
{
  UiTailModel *self = UI_TAIL_MODEL (object);

  if (self->model)
    g_signal_handlers_disconnect_by_func (self->model, items_changed_cb, self);
  g_clear_object (&self->model);
  self->first = self->length = 0;
  G_OBJECT_CLASS (ui_tail_model_parent_class)->dispose (object);
}

static void
ui_tail_model_class_init (UiTailModelClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ui_tail_model_dispose;
}

static void
ui_tail_model_init (UiTailModel *self)
{
}

UiTailModel *
ui_tail_model_new (GListModel *model, guint initial)
{
  UiTailModel *self = g_object_new (UI_TYPE_TAIL_MODEL, NULL);

  self->model = g_object_ref (model);
  self->initial = initial;
  self->length = g_list_model_get_n_items (model);
  self->first = last_rows (self->length, initial);
  g_signal_connect (model, "items-changed", G_CALLBACK (items_changed_cb), self);
  return self;
}

guint
ui_tail_model_get_hidden (UiTailModel *self)
{
  g_return_val_if_fail (UI_IS_TAIL_MODEL (self), 0);
  return self->first;
}

void
ui_tail_model_reveal (UiTailModel *self, guint n)
{
  g_return_if_fail (UI_IS_TAIL_MODEL (self));

  n = MIN (n, self->first);
  if (n == 0)
    return;
  self->first -= n;
  g_list_model_items_changed (G_LIST_MODEL (self), 0, 0, n);
}

void
ui_tail_model_restart (UiTailModel *self, guint position)
{
  guint shown;

  g_return_if_fail (UI_IS_TAIL_MODEL (self));

  shown = self->length - self->first;
  self->first = MIN (position, self->length);
  g_list_model_items_changed (G_LIST_MODEL (self), 0, shown, self->length - self->first);
}

