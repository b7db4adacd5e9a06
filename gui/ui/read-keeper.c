/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/read-keeper.h"

#define MANY 10 /* new messages: from here on, the first of them is shown rather than the last */

struct _UiReadKeeper
{
  GObject parent_instance;

  GtkWidget *view;
  UiMessageList *list;
  UiJumpButton *jump;
  GtkWindow *window; /* whose "is-active" is watched; not held */
  WcConversation *conversation;
  WcLog *log;

  guint unread;      /* as last seen */
  guint n_new;       /* how many the divider announces; 0: there is none */
  guint64 read;      /* it stands above the first message of theirs after this one; 0: that is not known */
  gboolean due;      /* that message is not in the log yet */
};

G_DEFINE_FINAL_TYPE (UiReadKeeper, ui_read_keeper, G_TYPE_OBJECT)

static gboolean
is_looked_at (UiReadKeeper *self)
{
  return gtk_widget_get_mapped (self->view) && self->window && gtk_window_is_active (self->window)
         && ui_message_list_get_at_end (self->list);
}

/* The first message that is new, in the log as far as it is loaded, and its place; NULL when it may be further up. The count alone would do where all
 * is told apart by numbers; but a base server numbers nothing, and another device may have read some meanwhile. */
static WcEntry *
find_first_new (UiReadKeeper *self, guint *position)
{
  g_autoptr (WcEntry) first = NULL;
  guint left = self->n_new;

  for (guint i = g_list_model_get_n_items (G_LIST_MODEL (self->log)); i > 0 && left > 0; i--)
    {
      g_autoptr (WcEntry) entry = g_list_model_get_item (G_LIST_MODEL (self->log), i - 1);
      const guint64 seq = wc_entry_get_seq (entry);

      if (wc_entry_get_kind (entry) != WC_ENTRY_MESSAGE)
        continue;
      if (self->read > 0 && seq > 0 && seq <= self->read)
        return g_steal_pointer (&first);
      if (wc_entry_get_own (entry))
        continue;
      g_set_object (&first, entry);
      *position = i - 1;
      left--;
    }
  return left == 0 || !wc_log_get_has_older (self->log) ? g_steal_pointer (&first) : NULL;
}

static void
place_divider (UiReadKeeper *self)
{
  guint position = 0;
  g_autoptr (WcEntry) first = self->n_new > 0 ? find_first_new (self, &position) : NULL;

  self->due = self->n_new > 0 && first == NULL;
  ui_message_list_set_divider (self->list, first, first ? self->n_new : 0);
}

static void
update_jump (UiReadKeeper *self)
{
  ui_jump_button_set (self->jump, !ui_message_list_get_at_end (self->list), self->unread);
}

static void
update_read (UiReadKeeper *self)
{
  if (wc_conversation_get_unread (self->conversation) > 0 && is_looked_at (self))
    wc_conversation_mark_read (self->conversation);
}

static void
unread_cb (UiReadKeeper *self)
{
  const guint unread = wc_conversation_get_unread (self->conversation);

  /* Read at once: nothing is new to whoever looks at it. Read later: the divider stays, to say where reading went on. */
  if (unread > self->unread && is_looked_at (self))
    {
      self->unread = 0;
      wc_conversation_mark_read (self->conversation);
      return;
    }
  if (unread > self->unread)
    {
      if (self->unread == 0)
        {
          self->n_new = unread;
          self->read = wc_conversation_get_read (self->conversation);
        }
      else
        {
          self->n_new += unread - self->unread;
        }
      place_divider (self);
    }
  self->unread = unread;
  update_jump (self);
}

static void
at_end_cb (UiReadKeeper *self)
{
  update_read (self);
  update_jump (self);
}

static void
log_changed_cb (UiReadKeeper *self)
{
  if (self->due)
    place_divider (self);
}

static void
map_cb (UiReadKeeper *self)
{
  guint position = 0;
  g_autoptr (WcEntry) first = self->unread > MANY && self->n_new > 0 ? find_first_new (self, &position) : NULL;

  if (first)
    ui_message_list_go_to (self->list, position);
  update_read (self);
}

static void
unmap_cb (UiReadKeeper *self)
{
  if (self->unread == 0)
    ui_read_keeper_forget (self); /* at the next visit nothing of it is new */
}

static void
watch_window (UiReadKeeper *self, GtkRoot *root)
{
  if (self->window)
    g_signal_handlers_disconnect_by_func (self->window, update_read, self);
  self->window = GTK_IS_WINDOW (root) ? GTK_WINDOW (root) : NULL;
  if (self->window)
    g_signal_connect_swapped (self->window, "notify::is-active", G_CALLBACK (update_read), self);
}

static void
root_cb (UiReadKeeper *self)
{
  watch_window (self, gtk_widget_get_root (self->view));
}

static void
ui_read_keeper_dispose (GObject *object)
{
  UiReadKeeper *self = UI_READ_KEEPER (object);

  if (self->view)
    {
      watch_window (self, NULL);
      g_signal_handlers_disconnect_by_data (self->view, self);
      g_signal_handlers_disconnect_by_data (self->list, self);
      g_signal_handlers_disconnect_by_data (self->log, self);
      g_signal_handlers_disconnect_by_data (self->conversation, self);
      self->view = NULL;
    }
  g_clear_object (&self->log);
  g_clear_object (&self->conversation);

  G_OBJECT_CLASS (ui_read_keeper_parent_class)->dispose (object);
}

static void
ui_read_keeper_class_init (UiReadKeeperClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ui_read_keeper_dispose;
}

static void
ui_read_keeper_init (UiReadKeeper *self)
{
}

UiReadKeeper *
ui_read_keeper_new (GtkWidget *view, WcConversation *conversation, UiMessageList *list, UiJumpButton *jump)
{
  UiReadKeeper *self;

  g_return_val_if_fail (GTK_IS_WIDGET (view), NULL);
  g_return_val_if_fail (WC_IS_CONVERSATION (conversation), NULL);

  self = g_object_new (UI_TYPE_READ_KEEPER, NULL);
  self->view = view;
  self->list = list;
  self->jump = jump;
  self->conversation = g_object_ref (conversation);
  self->log = g_object_ref (wc_conversation_get_log (conversation));
  g_signal_connect_swapped (view, "map", G_CALLBACK (map_cb), self);
  g_signal_connect_swapped (view, "unmap", G_CALLBACK (unmap_cb), self);
  g_signal_connect_swapped (view, "notify::root", G_CALLBACK (root_cb), self);
  g_signal_connect_swapped (list, "notify::at-end", G_CALLBACK (at_end_cb), self);
  g_signal_connect_swapped (self->log, "items-changed", G_CALLBACK (log_changed_cb), self);
  g_signal_connect_swapped (conversation, "notify::unread", G_CALLBACK (unread_cb), self);
  root_cb (self);
  unread_cb (self);
  return self;
}

void
ui_read_keeper_forget (UiReadKeeper *self)
{
  g_return_if_fail (UI_IS_READ_KEEPER (self));

  self->n_new = 0;
  place_divider (self);
}
