/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/people-pane.h"

#include <adwaita.h>

#include "ui/connection-banner.h"
#include "ui/connection-info.h"
#include "ui/pages.h"
#include "ui/people-model.h"
#include "ui/person-row.h"

struct _UiPeoplePane
{
  GtkWidget parent_instance;

  GtkWidget *content;
  GtkWidget *search_entry;
  GtkListView *list;
  GtkSingleSelection *selection;
  UiPeopleModel *model;

  WcClient *client;
  WcConversation *selected;
  gboolean folded;
  gboolean selecting; /* the selection is being set from outside */
};

G_DEFINE_FINAL_TYPE (UiPeoplePane, ui_people_pane, GTK_TYPE_WIDGET)

enum
{
  PROP_CLIENT = 1,
  PROP_SELECTED,
  PROP_FOLDED,
  PROP_UNREAD,
  N_PROPS
};

enum
{
  SIGNAL_OPEN,
  N_SIGNALS
};

static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

static char *
page_cb (gpointer object, gboolean source_empty, guint n_shown, int state, gboolean is_base)
{
  if (n_shown > 0)
    return g_strdup ("page_people");
  if (!source_empty)
    return g_strdup ("page_no_match");
  if (state != WC_STATE_ONLINE)
    return g_strdup ("page_waiting");
  return g_strdup (is_base ? "page_unlisted" : "page_empty");
}

static guint
position_of (UiPeoplePane *self, WcConversation *conversation)
{
  const guint n = g_list_model_get_n_items (G_LIST_MODEL (self->model));

  for (guint i = 0; conversation && i < n; i++)
    {
      g_autoptr (WcConversation) item = g_list_model_get_item (G_LIST_MODEL (self->model), i);

      if (item == conversation)
        return i;
    }
  return GTK_INVALID_LIST_POSITION;
}

static void
set_selected (UiPeoplePane *self, WcConversation *conversation)
{
  if (g_set_object (&self->selected, conversation))
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SELECTED]);
}

/* The chat that is open stays marked when a search hides its row and shows it again. */
static void
mark_selected (UiPeoplePane *self)
{
  self->selecting = TRUE;
  gtk_single_selection_set_selected (self->selection, position_of (self, self->selected));
  self->selecting = FALSE;
}

static void
items_changed_cb (UiPeoplePane *self)
{
  if (self->selected && gtk_single_selection_get_selected_item (self->selection) != self->selected)
    mark_selected (self);
}

static void
selected_changed_cb (UiPeoplePane *self)
{
  WcConversation *conversation = gtk_single_selection_get_selected_item (self->selection);

  if (self->selecting || !conversation || conversation == self->selected || self->folded)
    return;

  set_selected (self, conversation);
  g_signal_emit (self, signals[SIGNAL_OPEN], 0, conversation, FALSE);
}

static void
row_activated_cb (UiPeoplePane *self, guint position)
{
  g_autoptr (WcConversation) conversation = g_list_model_get_item (G_LIST_MODEL (self->model), position);

  if (!conversation)
    return;
  ui_people_pane_set_selected (self, conversation);
  g_signal_emit (self, signals[SIGNAL_OPEN], 0, conversation, TRUE);
}

/* GtkListView activates on a double click only, or, told to do it on the first, selects whatever the pointer passes over. */
static void
row_clicked_cb (GtkGestureClick *gesture, int n_press, double x, double y, GtkListItem *item)
{
  const guint position = gtk_list_item_get_position (item);
  GtkWidget *row = gtk_event_controller_get_widget (GTK_EVENT_CONTROLLER (gesture));

  if (n_press != 1 || !gtk_widget_contains (row, x, y))
    return;

  switch (gtk_gesture_single_get_current_button (GTK_GESTURE_SINGLE (gesture)))
    {
    case GDK_BUTTON_PRIMARY:
      gtk_widget_activate_action (row, "list.activate-item", "u", position);
      break;
    case GDK_BUTTON_MIDDLE:
      gtk_widget_activate_action (row, "list.activate-item", "u", position);
      gtk_widget_activate_action (row, "win.detach", NULL);
      break;
    default:
      break;
    }
}

static void
row_setup_cb (GtkSignalListItemFactory *factory, GtkListItem *item)
{
  GtkWidget *row = ui_person_row_new ();
  GtkGesture *click = gtk_gesture_click_new ();

  g_object_bind_property (item, "item", row, "conversation", G_BINDING_SYNC_CREATE);
  g_object_bind_property (item, "selected", row, "selected", G_BINDING_SYNC_CREATE);
  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (click), 0);
  g_signal_connect (click, "released", G_CALLBACK (row_clicked_cb), item);
  gtk_widget_add_controller (row, GTK_EVENT_CONTROLLER (click));
  gtk_list_item_set_child (item, row);
}

static void
search_activate_cb (UiPeoplePane *self)
{
  if (g_list_model_get_n_items (G_LIST_MODEL (self->model)) == 0)
    return;

  row_activated_cb (self, 0);
  gtk_editable_set_text (GTK_EDITABLE (self->search_entry), ""); /* it has served */
}

static void
search_stop_cb (UiPeoplePane *self)
{
  if (*gtk_editable_get_text (GTK_EDITABLE (self->search_entry)))
    gtk_editable_set_text (GTK_EDITABLE (self->search_entry), "");
  else
    gtk_widget_activate_action (GTK_WIDGET (self), "win.back", NULL);
}

static gboolean
search_key_cb (UiPeoplePane *self, guint keyval, guint keycode, GdkModifierType state)
{
  if ((keyval == GDK_KEY_Down || keyval == GDK_KEY_KP_Down) && !(state & gtk_accelerator_get_default_mod_mask ()))
    return gtk_widget_child_focus (GTK_WIDGET (self->list), GTK_DIR_TAB_FORWARD);
  return GDK_EVENT_PROPAGATE;
}

static void
unread_changed_cb (UiPeoplePane *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_UNREAD]);
}

static void
ui_people_pane_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  UiPeoplePane *self = UI_PEOPLE_PANE (object);

  switch (id)
    {
    case PROP_CLIENT:
      g_value_set_object (value, self->client);
      break;
    case PROP_SELECTED:
      g_value_set_object (value, self->selected);
      break;
    case PROP_FOLDED:
      g_value_set_boolean (value, self->folded);
      break;
    case PROP_UNREAD:
      g_object_get_property (G_OBJECT (self->model), "unread", value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_people_pane_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  UiPeoplePane *self = UI_PEOPLE_PANE (object);

  switch (id)
    {
    case PROP_CLIENT:
      g_set_object (&self->client, g_value_get_object (value));
      break;
    case PROP_SELECTED:
      ui_people_pane_set_selected (self, g_value_get_object (value));
      break;
    case PROP_FOLDED:
      self->folded = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_people_pane_dispose (GObject *object)
{
  UiPeoplePane *self = UI_PEOPLE_PANE (object);

  if (self->model)
    g_signal_handlers_disconnect_by_data (self->model, self);
  if (self->selection)
    g_signal_handlers_disconnect_by_data (self->selection, self);
  g_clear_pointer (&self->content, gtk_widget_unparent);
  g_clear_object (&self->selected);
  g_clear_object (&self->client);

  G_OBJECT_CLASS (ui_people_pane_parent_class)->dispose (object);
}

static void
ui_people_pane_class_init (UiPeoplePaneClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = ui_people_pane_get_property;
  object_class->set_property = ui_people_pane_set_property;
  object_class->dispose = ui_people_pane_dispose;

  props[PROP_CLIENT] = g_param_spec_object ("client", NULL, NULL, WC_TYPE_CLIENT, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  props[PROP_SELECTED] = g_param_spec_object ("selected", NULL, NULL, WC_TYPE_CONVERSATION,
                                              G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  props[PROP_FOLDED] = g_param_spec_boolean ("folded", NULL, NULL, FALSE, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  props[PROP_UNREAD] = g_param_spec_uint ("unread", NULL, NULL, 0, G_MAXUINT, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  signals[SIGNAL_OPEN] = g_signal_new ("open", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                                       WC_TYPE_CONVERSATION, G_TYPE_BOOLEAN);

  g_type_ensure (UI_TYPE_CONNECTION_BANNER);
  g_type_ensure (UI_TYPE_CONNECTION_INFO);
  g_type_ensure (UI_TYPE_PAGES);
  g_type_ensure (UI_TYPE_PEOPLE_MODEL);
  gtk_widget_class_set_template_from_resource (widget_class, "/im/webchat/WebChat/ui/people-pane.ui");
  gtk_widget_class_bind_template_child (widget_class, UiPeoplePane, content);
  gtk_widget_class_bind_template_child (widget_class, UiPeoplePane, search_entry);
  gtk_widget_class_bind_template_child (widget_class, UiPeoplePane, list);
  gtk_widget_class_bind_template_child (widget_class, UiPeoplePane, selection);
  gtk_widget_class_bind_template_child (widget_class, UiPeoplePane, model);
  gtk_widget_class_bind_template_callback (widget_class, page_cb);
  gtk_widget_class_bind_template_callback (widget_class, selected_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, row_setup_cb);
  gtk_widget_class_bind_template_callback (widget_class, row_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, search_activate_cb);
  gtk_widget_class_bind_template_callback (widget_class, search_stop_cb);
  gtk_widget_class_bind_template_callback (widget_class, search_key_cb);
}

static void
ui_people_pane_init (UiPeoplePane *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));

  g_signal_connect_object (self->model, "items-changed", G_CALLBACK (items_changed_cb), self, G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  g_signal_connect_object (self->model, "notify::unread", G_CALLBACK (unread_changed_cb), self, G_CONNECT_SWAPPED);
}

void
ui_people_pane_search (UiPeoplePane *self)
{
  g_return_if_fail (UI_IS_PEOPLE_PANE (self));

  gtk_widget_grab_focus (self->search_entry);
  gtk_editable_select_region (GTK_EDITABLE (self->search_entry), 0, -1);
}

const char *
ui_people_pane_get_search (UiPeoplePane *self)
{
  g_return_val_if_fail (UI_IS_PEOPLE_PANE (self), NULL);

  return gtk_editable_get_text (GTK_EDITABLE (self->search_entry));
}

gboolean
ui_people_pane_focus_row (UiPeoplePane *self, WcConversation *conversation)
{
  guint position;

  g_return_val_if_fail (UI_IS_PEOPLE_PANE (self), FALSE);

  position = position_of (self, conversation);
  /* Scrolling there before the list was ever laid out would leave it blank. */
  if (position != GTK_INVALID_LIST_POSITION && gtk_widget_get_height (GTK_WIDGET (self->list)) > 0)
    gtk_widget_activate_action (GTK_WIDGET (self->list), "list.scroll-to-item", "u", position);
  return gtk_widget_child_focus (GTK_WIDGET (self->list), GTK_DIR_TAB_FORWARD) || gtk_widget_grab_focus (self->search_entry);
}

void
ui_people_pane_set_selected (UiPeoplePane *self, WcConversation *conversation)
{
  g_return_if_fail (UI_IS_PEOPLE_PANE (self));

  set_selected (self, conversation);
  mark_selected (self);
}

GListModel *
ui_people_pane_get_model (UiPeoplePane *self)
{
  g_return_val_if_fail (UI_IS_PEOPLE_PANE (self), NULL);

  return G_LIST_MODEL (self->model);
}
