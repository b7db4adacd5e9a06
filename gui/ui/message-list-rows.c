/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/message-list-private.h"

#include "ui/message-row.h"

#define POINT_SECONDS 3 /* for as long as a message that was looked for is marked */
#define POINT_BEFORE 3  /* rows before it */

static void
show_row (UiMessageList *self, GtkListItem *item)
{
  guint position = gtk_list_item_get_position (item);
  WcEntry *entry = gtk_list_item_get_item (item);
  UiMessageRowContext context;

  if (entry == NULL || position == GTK_INVALID_LIST_POSITION)
    return;
  context = (UiMessageRowContext){
    .flags = ui_group_flags_at (self->entries, ui_tail_model_get_hidden (self->tail) + position, self->has_older),
    .new_messages = entry == self->divider ? self->n_new : 0,
    .peer = self->peer ? self->peer : "",
    .idle_minutes = self->idle_minutes,
  };
  if (self->has_newer)
    context.flags &= ~UI_GROUP_NEWEST;
  if (self->plain)
    context.flags |= UI_GROUP_PLAIN;
  ui_message_row_set_entry (UI_MESSAGE_ROW (gtk_list_item_get_child (item)), entry, &context);
  if (entry == self->pointed)
    gtk_widget_add_css_class (gtk_list_item_get_child (item), "pointed");
  else
    gtk_widget_remove_css_class (gtk_list_item_get_child (item), "pointed");
}

void
ui_message_list_refresh_rows (UiMessageList *self)
{
  for (guint i = 0; i < self->rows->len; i++)
    show_row (self, self->rows->pdata[i]);
}

void
ui_message_list_refresh_row_at (UiMessageList *self, guint position)
{
  for (guint i = 0; i < self->rows->len; i++)
    if (gtk_list_item_get_position (self->rows->pdata[i]) == position)
      show_row (self, self->rows->pdata[i]);
}

static void
refresh_row_of (UiMessageList *self, WcEntry *entry)
{
  for (guint i = 0; i < self->rows->len; i++)
    if (gtk_list_item_get_item (self->rows->pdata[i]) == entry)
      show_row (self, self->rows->pdata[i]);
}

static void
retry_cb (UiMessageRow *row, WcEntry *entry, UiMessageList *self)
{
  g_signal_emit (self, ui_message_list_signals[UI_MESSAGE_LIST_RETRY], 0, entry);
}

static void
remove_cb (UiMessageRow *row, WcEntry *entry, UiMessageList *self)
{
  g_signal_emit (self, ui_message_list_signals[UI_MESSAGE_LIST_REMOVE], 0, entry);
}

static void
setup_cb (GtkListItemFactory *factory, GtkListItem *item, UiMessageList *self)
{
  GtkWidget *row = ui_message_row_new ();

  g_signal_connect_object (row, "retry", G_CALLBACK (retry_cb), self, 0);
  g_signal_connect_object (row, "remove", G_CALLBACK (remove_cb), self, 0);
  gtk_list_item_set_child (item, row);
  gtk_list_item_set_activatable (item, FALSE); /* selectable it stays: else the row could not have the focus */
}

static void
bind_cb (GtkListItemFactory *factory, GtkListItem *item, UiMessageList *self)
{
  g_ptr_array_add (self->rows, item);
  show_row (self, item);
}

static void
unbind_cb (GtkListItemFactory *factory, GtkListItem *item, UiMessageList *self)
{
  g_ptr_array_remove_fast (self->rows, item);
  ui_message_row_set_entry (UI_MESSAGE_ROW (gtk_list_item_get_child (item)), NULL, NULL);
}

static gboolean
focus_cb (gpointer data)
{
  UiMessageList *self = data;

  self->focus_id = 0;
  for (guint i = 0; i < self->rows->len && self->focus_due; i++)
    if (gtk_list_item_get_item (self->rows->pdata[i]) == self->pointed)
      self->focus_due = !gtk_widget_grab_focus (gtk_widget_get_parent (gtk_list_item_get_child (self->rows->pdata[i])));
  return G_SOURCE_REMOVE;
}

void
ui_message_list_focus_pointed (UiMessageList *self)
{
  /* Not now, perhaps in the middle of a layout: the list may scroll for it. */
  if (self->focus_due && !self->focus_id)
    self->focus_id = g_idle_add (focus_cb, self);
}

void
ui_message_list_forget_pointed (UiMessageList *self)
{
  g_autoptr (WcEntry) pointed = g_steal_pointer (&self->pointed);

  g_clear_handle_id (&self->point_id, g_source_remove);
  g_clear_handle_id (&self->focus_id, g_source_remove);
  self->focus_due = FALSE;
  if (pointed)
    refresh_row_of (self, pointed);
}

static gboolean
point_cb (gpointer data)
{
  UiMessageList *self = data;

  self->point_id = 0;
  ui_message_list_forget_pointed (self);
  return G_SOURCE_REMOVE;
}

void
ui_message_list_point_at (UiMessageList *self, guint position)
{
  g_return_if_fail (UI_IS_MESSAGE_LIST (self));

  if (self->tail == NULL)
    return;
  ui_message_list_forget_pointed (self);
  self->pointed = g_list_model_get_item (self->entries, position);
  if (self->pointed == NULL)
    return;
  self->focus_due = TRUE;
  self->point_id = g_timeout_add_seconds (POINT_SECONDS, point_cb, self);
  ui_message_list_go_to (self, position > POINT_BEFORE ? position - POINT_BEFORE : 0);
}

void
ui_message_list_set_divider (UiMessageList *self, WcEntry *entry, guint n)
{
  g_autoptr (WcEntry) old = NULL;

  g_return_if_fail (UI_IS_MESSAGE_LIST (self));

  if (self->divider == entry && self->n_new == n)
    return;
  old = g_steal_pointer (&self->divider);
  self->divider = entry ? g_object_ref (entry) : NULL;
  self->n_new = n;
  if (self->tail == NULL)
    return;
  ui_scroll_keeper_hold (self->keeper, FALSE);
  if (old && old != entry)
    refresh_row_of (self, old);
  if (entry)
    refresh_row_of (self, entry);
}

void
ui_message_list_class_bind_rows (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_callback (widget_class, setup_cb);
  gtk_widget_class_bind_template_callback (widget_class, bind_cb);
  gtk_widget_class_bind_template_callback (widget_class, unbind_cb);
}
