/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/history-pane.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "ui/date-popover.h"
#include "ui/jump-button.h"
#include "ui/message-list.h"
#include "ui/pages.h"
#include "ui/search-view.h"
#include "ui/trouble.h"

struct _UiHistoryPane
{
  GtkWidget parent;
  WcConversation *conversation;
  WcLog *log; /* a window of its own over the conversation */

  GtkWidget *box;
  AdwWindowTitle *title;
  UiSearchView *search;
  UiPages *pages;
  GtkSpinner *opening;
  AdwStatusPage *error;
  UiMessageList *list;
  UiJumpButton *jump;
  UiDatePopover *date_popover;
  GCancellable *jumping; /* to a message; NULL when none is looked for */
};

G_DEFINE_FINAL_TYPE (UiHistoryPane, ui_history_pane, GTK_TYPE_WIDGET)

enum
{
  PROP_CONVERSATION = 1,
  N_PROPS
};
static GParamSpec *props[N_PROPS];

static void
show_error (UiHistoryPane *self, const GError *error)
{
  g_autofree char *message = ui_trouble_message (error);
  g_autofree char *markup = g_markup_escape_text (message, -1);

  adw_status_page_set_description (self->error, markup);
}

static void
update (UiHistoryPane *self)
{
  gboolean loading = wc_log_get_loading (self->log);
  gboolean empty = g_list_model_get_n_items (G_LIST_MODEL (self->log)) == 0;
  g_autoptr (GError) error = NULL;
  const char *page = "page_messages";

  g_object_get (self->log, "error", &error, NULL);
  if (empty && loading)
    page = "opening";
  else if (empty && error)
    page = "error";
  else if (empty)
    page = "page_empty";
  if (error)
    show_error (self, error);
  gtk_spinner_set_spinning (self->opening, empty && loading);
  ui_pages_set_page (self->pages, page);
}

static void
log_state_cb (WcLog *log, GParamSpec *pspec, UiHistoryPane *self)
{
  update (self);
}

static void
log_changed_cb (GListModel *log, guint position, guint removed, guint added, UiHistoryPane *self)
{
  update (self);
}

static void
load_older_cb (UiMessageList *list, UiHistoryPane *self)
{
  wc_log_load_older (self->log);
}

static void
load_newer_cb (UiMessageList *list, UiHistoryPane *self)
{
  wc_log_load_newer (self->log);
}

static void
at_end_cb (UiMessageList *list, GParamSpec *pspec, UiHistoryPane *self)
{
  ui_jump_button_set (self->jump, !ui_message_list_get_at_end (list), 0);
}

static void
jump_clicked_cb (UiJumpButton *button, UiHistoryPane *self)
{
  wc_log_load_newest (self->log);
  ui_message_list_go_to_end (self->list);
  ui_message_list_focus_rows (self->list);
}

static void
try_again_cb (GtkButton *button, UiHistoryPane *self)
{
  wc_log_load_newest (self->log);
}

static void
jumped_cb (UiDatePopover *popover, guint position, UiHistoryPane *self)
{
  ui_search_view_show_child (self->search);
  ui_message_list_go_to (self->list, position);
}

/* A message that was looked for */

static void
cancel_jump (UiHistoryPane *self)
{
  if (self->jumping)
    g_cancellable_cancel (self->jumping);
  g_clear_object (&self->jumping);
}

static void
found_cb (GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr (UiHistoryPane) self = data;
  g_autoptr (GError) error = NULL;
  int position = wc_log_jump_to_seq_finish (WC_LOG (object), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&self->jumping);
  if (position < 0)
    {
      g_autofree char *message = ui_trouble_message (error);

      ui_search_view_set_note (self->search, message);
      return;
    }
  ui_search_view_set_note (self->search, NULL);
  ui_search_view_show_child (self->search);
  update (self);
  ui_message_list_point_at (self->list, (guint) position);
}

void
ui_history_pane_show (UiHistoryPane *self, guint64 seq)
{
  g_return_if_fail (UI_IS_HISTORY_PANE (self));

  cancel_jump (self);
  self->jumping = g_cancellable_new ();
  wc_log_jump_to_seq_async (self->log, seq, self->jumping, found_cb, g_object_ref (self));
}

void
ui_history_pane_search (UiHistoryPane *self)
{
  g_return_if_fail (UI_IS_HISTORY_PANE (self));
  ui_search_view_begin (self->search, NULL);
}

gboolean
ui_history_pane_back (UiHistoryPane *self)
{
  g_return_val_if_fail (UI_IS_HISTORY_PANE (self), FALSE);
  return ui_search_view_back (self->search);
}

static void
open_cb (UiSearchView *search, WcHit *hit, UiHistoryPane *self)
{
  ui_history_pane_show (self, wc_entry_get_seq (wc_hit_get_entry (hit)));
}

static void
stop_cb (UiSearchView *search, UiHistoryPane *self)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "win.back", NULL);
}

/* A widget that grabs the focus for a child would otherwise also take it when the focus moves out of it. */
static gboolean
ui_history_pane_focus (GtkWidget *widget, GtkDirectionType direction)
{
  return gtk_widget_child_focus (UI_HISTORY_PANE (widget)->box, direction);
}

static gboolean
ui_history_pane_grab_focus (GtkWidget *widget)
{
  UiHistoryPane *self = UI_HISTORY_PANE (widget);

  if (ui_search_view_get_searching (self->search))
    return gtk_widget_grab_focus (GTK_WIDGET (self->search));
  return ui_message_list_focus_rows (self->list) || gtk_widget_child_focus (self->box, GTK_DIR_TAB_FORWARD);
}

static void
ui_history_pane_map (GtkWidget *widget)
{
  UiHistoryPane *self = UI_HISTORY_PANE (widget);

  GTK_WIDGET_CLASS (ui_history_pane_parent_class)->map (widget);
  if (g_list_model_get_n_items (G_LIST_MODEL (self->log)) == 0 && !self->jumping)
    wc_log_load_newest (self->log);
}

/* What is under way holds the pane. */
static void
ui_history_pane_unroot (GtkWidget *widget)
{
  cancel_jump (UI_HISTORY_PANE (widget));
  GTK_WIDGET_CLASS (ui_history_pane_parent_class)->unroot (widget);
}

static void
ui_history_pane_constructed (GObject *object)
{
  static const char *const shared[] = { "has-older", "has-newer", "loading", "error" };
  UiHistoryPane *self = UI_HISTORY_PANE (object);

  G_OBJECT_CLASS (ui_history_pane_parent_class)->constructed (object);
  self->log = wc_log_new (self->conversation);
  for (gsize i = 0; i < G_N_ELEMENTS (shared); i++)
    g_object_bind_property (self->log, shared[i], self->list, shared[i], G_BINDING_SYNC_CREATE);
  g_object_bind_property (self->conversation, "peer", self->list, "peer", G_BINDING_SYNC_CREATE);
  g_object_bind_property (self->conversation, "peer", self->title, "subtitle", G_BINDING_SYNC_CREATE);
  g_signal_connect_object (self->log, "notify", G_CALLBACK (log_state_cb), self, 0);
  g_signal_connect_object (self->log, "items-changed", G_CALLBACK (log_changed_cb), self, 0);
  g_object_set (self->search, "client", wc_conversation_get_client (self->conversation), "conversation", self->conversation, NULL);
  ui_message_list_set_entries (self->list, G_LIST_MODEL (self->log));
  ui_date_popover_set_log (self->date_popover, self->log);
  update (self);
}

static void
ui_history_pane_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  if (id == PROP_CONVERSATION)
    UI_HISTORY_PANE (object)->conversation = g_value_dup_object (value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
ui_history_pane_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_CONVERSATION)
    g_value_set_object (value, UI_HISTORY_PANE (object)->conversation);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
ui_history_pane_dispose (GObject *object)
{
  UiHistoryPane *self = UI_HISTORY_PANE (object);

  cancel_jump (self);
  if (self->log)
    g_signal_handlers_disconnect_by_data (self->log, self);
  g_clear_pointer (&self->box, gtk_widget_unparent);
  g_clear_object (&self->log);
  g_clear_object (&self->conversation);
  G_OBJECT_CLASS (ui_history_pane_parent_class)->dispose (object);
}

static void
ui_history_pane_class_init (UiHistoryPaneClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  g_type_ensure (UI_TYPE_DATE_POPOVER);
  g_type_ensure (UI_TYPE_PAGES);
  g_type_ensure (UI_TYPE_JUMP_BUTTON);
  g_type_ensure (UI_TYPE_MESSAGE_LIST);
  g_type_ensure (UI_TYPE_SEARCH_VIEW);
  object_class->constructed = ui_history_pane_constructed;
  object_class->dispose = ui_history_pane_dispose;
  object_class->get_property = ui_history_pane_get_property;
  object_class->set_property = ui_history_pane_set_property;
  widget_class->focus = ui_history_pane_focus;
  widget_class->grab_focus = ui_history_pane_grab_focus;
  widget_class->map = ui_history_pane_map;
  widget_class->unroot = ui_history_pane_unroot;
  props[PROP_CONVERSATION] = g_param_spec_object ("conversation", NULL, NULL, WC_TYPE_CONVERSATION,
                                                  G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_template_from_resource (widget_class, "/im/webchat/WebChat/ui/history-pane.ui");
  gtk_widget_class_bind_template_child (widget_class, UiHistoryPane, box);
  gtk_widget_class_bind_template_child (widget_class, UiHistoryPane, title);
  gtk_widget_class_bind_template_child (widget_class, UiHistoryPane, search);
  gtk_widget_class_bind_template_child (widget_class, UiHistoryPane, pages);
  gtk_widget_class_bind_template_child (widget_class, UiHistoryPane, opening);
  gtk_widget_class_bind_template_child (widget_class, UiHistoryPane, error);
  gtk_widget_class_bind_template_child (widget_class, UiHistoryPane, list);
  gtk_widget_class_bind_template_child (widget_class, UiHistoryPane, jump);
  gtk_widget_class_bind_template_child (widget_class, UiHistoryPane, date_popover);
  gtk_widget_class_bind_template_callback (widget_class, open_cb);
  gtk_widget_class_bind_template_callback (widget_class, stop_cb);
  gtk_widget_class_bind_template_callback (widget_class, load_older_cb);
  gtk_widget_class_bind_template_callback (widget_class, load_newer_cb);
  gtk_widget_class_bind_template_callback (widget_class, at_end_cb);
  gtk_widget_class_bind_template_callback (widget_class, jump_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, try_again_cb);
  gtk_widget_class_bind_template_callback (widget_class, jumped_cb);
}

static void
ui_history_pane_init (UiHistoryPane *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
ui_history_pane_new (WcConversation *conversation)
{
  g_return_val_if_fail (WC_IS_CONVERSATION (conversation), NULL);

  return g_object_new (UI_TYPE_HISTORY_PANE, "conversation", conversation, NULL);
}

WcLog *
ui_history_pane_get_log (UiHistoryPane *self)
{
  g_return_val_if_fail (UI_IS_HISTORY_PANE (self), NULL);
  return self->log;
}
