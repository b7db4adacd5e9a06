/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/message-list-private.h"

#include "ui/clock.h"
#include "ui/load-status.h"
#include "ui/message-menu.h"
#include "ui/message-row.h"
#include "ui/timestamp.h"

#define NEAR_PAGES 1.5 /* this close to an end, more rows are made ready */

G_DEFINE_FINAL_TYPE (UiMessageList, ui_message_list, GTK_TYPE_WIDGET)

enum
{
  PROP_HAS_OLDER = 1,
  PROP_HAS_NEWER,
  PROP_LOADING,
  PROP_ERROR,
  PROP_PEER,
  PROP_IDLE_MINUTES,
  PROP_DAY_ON_TOP,
  PROP_PLAIN,
  PROP_AT_END,
  N_PROPS
};
static GParamSpec *props[N_PROPS];

guint ui_message_list_signals[UI_MESSAGE_LIST_N_SIGNALS];

/* More rows, as the reader comes near an end */

static gboolean
wants_older (UiMessageList *self)
{
  return ui_scroll_keeper_pages_before (self->keeper) < NEAR_PAGES;
}

static gboolean
fill_cb (gpointer data)
{
  UiMessageList *self = data;
  guint hidden = ui_tail_model_get_hidden (self->tail);
  gboolean wants_newer = self->has_newer && ui_scroll_keeper_pages_after (self->keeper) < NEAR_PAGES;

  self->fill_id = 0;
  if (wants_older (self) && hidden > 0)
    ui_tail_model_reveal (self->tail, UI_MESSAGE_LIST_PAGE);
  if (self->loading || self->error)
    return G_SOURCE_REMOVE;
  if (wants_newer)
    g_signal_emit (self, ui_message_list_signals[UI_MESSAGE_LIST_LOAD_NEWER], 0);
  else if (wants_older (self) && hidden < UI_MESSAGE_LIST_AHEAD && self->has_older)
    g_signal_emit (self, ui_message_list_signals[UI_MESSAGE_LIST_LOAD_OLDER], 0);
  return G_SOURCE_REMOVE;
}

static void
consider_filling (UiMessageList *self)
{
  gboolean can_load = !self->loading && !self->error;
  gboolean older, newer;

  if (self->tail == NULL || self->fill_id || !gtk_widget_get_mapped (GTK_WIDGET (self)))
    return;
  /* Before its first allocation the list would begin with whatever comes above the row that it was to begin with. */
  if (!ui_scroll_keeper_is_laid_out (self->keeper))
    return;
  older = wants_older (self) && (ui_tail_model_get_hidden (self->tail) > 0 || (self->has_older && can_load));
  newer = self->has_newer && can_load && ui_scroll_keeper_pages_after (self->keeper) < NEAR_PAGES;
  /* In an idle, since this is asked in the middle of a layout, and after the frame has been drawn. */
  if (older || newer)
    self->fill_id = g_idle_add (fill_cb, self);
}

/* The day on top */

static void
update_day (UiMessageList *self)
{
  g_autofree char *text = NULL;
  double y = 0;
  GtkWidget *row = self->day_on_top ? ui_scroll_keeper_first_visible (self->keeper, &y) : NULL;

  if (row && !(y >= 0 && ui_message_row_has_heading (UI_MESSAGE_ROW (row))))
    text = ui_day_name (wc_entry_get_time (ui_message_row_get_entry (UI_MESSAGE_ROW (row))), ui_now ());
  if (text && !g_str_equal (text, gtk_label_get_text (GTK_LABEL (self->day))))
    gtk_label_set_text (GTK_LABEL (self->day), text);
  /* Opacity and not visibility: this runs inside a layout. */
  gtk_widget_set_opacity (self->day, text ? 1 : 0);
}

static void
settled_cb (UiScrollKeeper *keeper, UiMessageList *self)
{
  ui_message_list_focus_pointed (self);
  update_day (self);
  consider_filling (self);
}

static void
at_end_cb (UiScrollKeeper *keeper, GParamSpec *pspec, UiMessageList *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_AT_END]);
}

/* The model */

/* Connected before the list view's own handler: what is seen now is still to be seen. */
static void
before_items_changed_cb (GListModel *tail, guint position, guint removed, guint added, UiMessageList *self)
{
  ui_scroll_keeper_hold (self->keeper, position == 0);
}

/* Connected after the list view's own handler: its rows know their new positions. The neighbours of what changed may begin or end a
 * group now. */
static void
after_items_changed_cb (GListModel *tail, guint position, guint removed, guint added, UiMessageList *self)
{
  ui_message_list_refresh_row_at (self, position + added);
  if (position > 0)
    ui_message_list_refresh_row_at (self, position - 1);
  consider_filling (self);
}

/* What comes before the rows shown stays hidden until it is asked for: now, perhaps. */
static void
entries_changed_cb (GListModel *entries, guint position, guint removed, guint added, UiMessageList *self)
{
  consider_filling (self);
}

/* What was today is yesterday. */
static void
today_cb (UiClock *clock, GParamSpec *pspec, UiMessageList *self)
{
  ui_message_list_refresh_rows (self);
  update_day (self);
}

static void
drop_model (UiMessageList *self)
{
  g_clear_handle_id (&self->fill_id, g_source_remove);
  ui_message_list_forget_pointed (self);
  if (self->view)
    gtk_list_view_set_model (self->view, NULL);
  if (self->tail)
    g_signal_handlers_disconnect_by_data (self->tail, self);
  g_clear_object (&self->tail);
  if (self->entries)
    g_signal_handlers_disconnect_by_data (self->entries, self);
  g_clear_object (&self->entries);
  g_clear_object (&self->divider);
}

void
ui_message_list_set_entries (UiMessageList *self, GListModel *entries)
{
  g_autoptr (GtkNoSelection) selection = NULL;

  g_return_if_fail (UI_IS_MESSAGE_LIST (self));

  if (entries == self->entries)
    return;
  drop_model (self);
  if (entries == NULL)
    return;
  self->entries = g_object_ref (entries);
  self->tail = ui_tail_model_new (entries, UI_MESSAGE_LIST_OPEN);
  g_signal_connect (entries, "items-changed", G_CALLBACK (entries_changed_cb), self);
  g_signal_connect (self->tail, "items-changed", G_CALLBACK (before_items_changed_cb), self);
  selection = gtk_no_selection_new (g_object_ref (G_LIST_MODEL (self->tail)));
  gtk_list_view_set_model (self->view, GTK_SELECTION_MODEL (selection));
  g_signal_connect (self->tail, "items-changed", G_CALLBACK (after_items_changed_cb), self);
  ui_scroll_keeper_go_to_end (self->keeper);
}

gboolean
ui_message_list_get_at_end (UiMessageList *self)
{
  g_return_val_if_fail (UI_IS_MESSAGE_LIST (self), FALSE);
  return ui_scroll_keeper_get_at_end (self->keeper);
}

void
ui_message_list_go_to_end (UiMessageList *self)
{
  g_return_if_fail (UI_IS_MESSAGE_LIST (self));
  ui_scroll_keeper_go_to_end (self->keeper);
}

void
ui_message_list_go_to (UiMessageList *self, guint position)
{
  g_return_if_fail (UI_IS_MESSAGE_LIST (self));

  if (self->tail == NULL)
    return;
  /* With the row as the first one there is, the start is where it is at the top; older ones then come above it. */
  ui_tail_model_restart (self->tail, position);
  ui_scroll_keeper_go_to_start (self->keeper);
}

void
ui_message_list_announce (UiMessageList *self, const char *text)
{
  g_return_if_fail (UI_IS_MESSAGE_LIST (self));

  gtk_label_set_text (GTK_LABEL (self->live), text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->live), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
}

gboolean
ui_message_list_focus_rows (UiMessageList *self)
{
  GtkWidget *row;

  g_return_val_if_fail (UI_IS_MESSAGE_LIST (self), FALSE);

  /* The list view itself would choose the first row there is, and scroll to it. */
  row = ui_scroll_keeper_last_visible (self->keeper);
  return row && gtk_widget_grab_focus (gtk_widget_get_parent (row));
}

/* The widget */

static void
try_again_cb (UiLoadStatus *status, UiMessageList *self)
{
  g_signal_emit (self, ui_message_list_signals[self->has_newer && !wants_older (self) ? UI_MESSAGE_LIST_LOAD_NEWER : UI_MESSAGE_LIST_LOAD_OLDER], 0);
}

static void
set_has_older (UiMessageList *self, gboolean has_older)
{
  self->has_older = has_older;
  if (self->tail)
    {
      ui_scroll_keeper_hold (self->keeper, TRUE);
      ui_message_list_refresh_row_at (self, 0); /* its day may begin there after all */
    }
}

static void
ui_message_list_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  UiMessageList *self = UI_MESSAGE_LIST (object);

  switch (id)
    {
    case PROP_HAS_OLDER:
      set_has_older (self, g_value_get_boolean (value));
      break;
    case PROP_HAS_NEWER:
      self->has_newer = g_value_get_boolean (value);
      ui_scroll_keeper_set_may_stick (self->keeper, !self->has_newer);
      break;
    case PROP_LOADING:
      self->loading = g_value_get_boolean (value);
      break;
    case PROP_ERROR:
      g_clear_error (&self->error);
      self->error = g_value_dup_boxed (value);
      break;
    case PROP_PEER:
      g_free (self->peer);
      self->peer = g_value_dup_string (value);
      break;
    case PROP_IDLE_MINUTES:
      self->idle_minutes = g_value_get_uint (value);
      break;
    case PROP_DAY_ON_TOP:
      self->day_on_top = g_value_get_boolean (value);
      gtk_widget_set_visible (self->day, self->day_on_top);
      break;
    case PROP_PLAIN:
      self->plain = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      return;
    }
  consider_filling (self);
}

static void
ui_message_list_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  UiMessageList *self = UI_MESSAGE_LIST (object);

  switch (id)
    {
    case PROP_HAS_OLDER:
      g_value_set_boolean (value, self->has_older);
      break;
    case PROP_HAS_NEWER:
      g_value_set_boolean (value, self->has_newer);
      break;
    case PROP_LOADING:
      g_value_set_boolean (value, self->loading);
      break;
    case PROP_ERROR:
      g_value_set_boxed (value, self->error);
      break;
    case PROP_PEER:
      g_value_set_string (value, self->peer);
      break;
    case PROP_IDLE_MINUTES:
      g_value_set_uint (value, self->idle_minutes);
      break;
    case PROP_DAY_ON_TOP:
      g_value_set_boolean (value, self->day_on_top);
      break;
    case PROP_PLAIN:
      g_value_set_boolean (value, self->plain);
      break;
    case PROP_AT_END:
      g_value_set_boolean (value, ui_scroll_keeper_get_at_end (self->keeper));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

/* From outside, the focus comes to the newest row that can be seen. */
static gboolean
ui_message_list_focus (GtkWidget *widget, GtkDirectionType direction)
{
  UiMessageList *self = UI_MESSAGE_LIST (widget);

  if (gtk_widget_get_focus_child (widget) == NULL && ui_message_list_focus_rows (self))
    return TRUE;
  return gtk_widget_child_focus (self->overlay, direction);
}

static void
ui_message_list_map (GtkWidget *widget)
{
  UiMessageList *self = UI_MESSAGE_LIST (widget);

  GTK_WIDGET_CLASS (ui_message_list_parent_class)->map (widget);
  consider_filling (self);
}

static void
ui_message_list_dispose (GObject *object)
{
  UiMessageList *self = UI_MESSAGE_LIST (object);

  drop_model (self);
  g_clear_object (&self->keeper);
  self->view = NULL;
  g_clear_pointer (&self->overlay, gtk_widget_unparent); /* the template's only child */
  G_OBJECT_CLASS (ui_message_list_parent_class)->dispose (object);
}

static void
ui_message_list_finalize (GObject *object)
{
  UiMessageList *self = UI_MESSAGE_LIST (object);

  g_assert (self->fill_id == 0 && self->focus_id == 0 && self->point_id == 0);
  g_ptr_array_unref (self->rows);
  g_clear_error (&self->error);
  g_free (self->peer);
  G_OBJECT_CLASS (ui_message_list_parent_class)->finalize (object);
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  props[PROP_HAS_OLDER] = g_param_spec_boolean ("has-older", NULL, NULL, FALSE, flags);
  props[PROP_HAS_NEWER] = g_param_spec_boolean ("has-newer", NULL, NULL, FALSE, flags);
  props[PROP_LOADING] = g_param_spec_boolean ("loading", NULL, NULL, FALSE, flags);
  props[PROP_ERROR] = g_param_spec_boxed ("error", NULL, NULL, G_TYPE_ERROR, flags);
  props[PROP_PEER] = g_param_spec_string ("peer", NULL, NULL, NULL, flags);
  props[PROP_IDLE_MINUTES] = g_param_spec_uint ("idle-minutes", NULL, NULL, 0, G_MAXUINT, 0, flags);
  props[PROP_DAY_ON_TOP] = g_param_spec_boolean ("day-on-top", NULL, NULL, FALSE, flags);
  props[PROP_PLAIN] = g_param_spec_boolean ("plain", NULL, NULL, FALSE, flags);
  props[PROP_AT_END] = g_param_spec_boolean ("at-end", NULL, NULL, TRUE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
install_signals (GType type)
{
  ui_message_list_signals[UI_MESSAGE_LIST_LOAD_OLDER] = g_signal_new ("load-older", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  ui_message_list_signals[UI_MESSAGE_LIST_LOAD_NEWER] = g_signal_new ("load-newer", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  ui_message_list_signals[UI_MESSAGE_LIST_RETRY] = g_signal_new ("retry", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, WC_TYPE_ENTRY);
  ui_message_list_signals[UI_MESSAGE_LIST_REMOVE] = g_signal_new ("remove", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, WC_TYPE_ENTRY);
}

static void
ui_message_list_class_init (UiMessageListClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  g_type_ensure (UI_TYPE_LOAD_STATUS);
  object_class->dispose = ui_message_list_dispose;
  object_class->finalize = ui_message_list_finalize;
  object_class->get_property = ui_message_list_get_property;
  object_class->set_property = ui_message_list_set_property;
  widget_class->focus = ui_message_list_focus;
  widget_class->map = ui_message_list_map;
  install_properties (object_class);
  install_signals (G_TYPE_FROM_CLASS (klass));

  gtk_widget_class_set_template_from_resource (widget_class, "/im/webchat/WebChat/ui/message-list.ui");
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_bind_template_child (widget_class, UiMessageList, overlay);
  gtk_widget_class_bind_template_child (widget_class, UiMessageList, scroller);
  gtk_widget_class_bind_template_child (widget_class, UiMessageList, view);
  gtk_widget_class_bind_template_child (widget_class, UiMessageList, day);
  gtk_widget_class_bind_template_child (widget_class, UiMessageList, live);
  gtk_widget_class_bind_template_callback (widget_class, try_again_cb);
  ui_message_list_class_bind_rows (widget_class);
}

static void
ui_message_list_init (UiMessageList *self)
{
  self->rows = g_ptr_array_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
  self->keeper = ui_scroll_keeper_new (self->scroller, self->view);
  g_signal_connect (self->keeper, "settled", G_CALLBACK (settled_cb), self);
  g_signal_connect (self->keeper, "notify::at-end", G_CALLBACK (at_end_cb), self);
  g_signal_connect_object (ui_clock_get_default (), "notify::today", G_CALLBACK (today_cb), self, 0);
  ui_message_menu_attach (self->view);
}

GtkWidget *
ui_message_list_new (void)
{
  return g_object_new (UI_TYPE_MESSAGE_LIST, NULL);
}
