/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/search-view.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "ui/hit-row.h"
#include "ui/pages.h"

#define NEAR_PAGES 1 /* this close to the last hit, further ones are asked for */

struct _UiSearchView
{
  GtkWidget parent_instance;

  GtkWidget *content;
  GtkWidget *entry;
  GtkWidget *status;
  GtkSpinner *spinner;
  GtkLabel *note;
  UiPages *pages;
  AdwBin *page_child;
  GtkListView *list;
  GtkAdjustment *adjustment;

  WcClient *client;
  WcConversation *conversation;
  WcSearch *search;
  char *said;          /* a note from outside */
  gboolean child_first; /* the child shows, though there are words */
  gboolean searching;
  guint more_id;       /* idle: asks for more */
};

G_DEFINE_FINAL_TYPE (UiSearchView, ui_search_view, GTK_TYPE_WIDGET)

enum
{
  PROP_CLIENT = 1,
  PROP_CONVERSATION,
  PROP_CHILD,
  PROP_SEARCHING,
  N_PROPS
};

enum
{
  SIGNAL_OPEN,
  SIGNAL_STOP,
  N_SIGNALS
};

static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

static guint
n_hits (UiSearchView *self)
{
  return self->search ? g_list_model_get_n_items (G_LIST_MODEL (self->search)) : 0;
}

static const char *
words (UiSearchView *self)
{
  return self->search ? wc_search_get_words (self->search) : "";
}

static gboolean
is_blank (const char *text)
{
  while (*text && g_unichar_isspace (g_utf8_get_char (text)))
    text = g_utf8_next_char (text);
  return *text == '\0';
}

static const char *
page_for (UiSearchView *self)
{
  if (!self->searching)
    return "page_child";
  if (n_hits (self) > 0)
    return "page_hits";
  return wc_search_get_loading (self->search) ? "page_busy" : "page_none";
}

static void
update_status (UiSearchView *self)
{
  const gboolean loading = self->searching && wc_search_get_loading (self->search);
  const char *note = self->said;

  if (!note && loading)
    note = n_hits (self) > 0 ? _("Asking the server for more…") : _("Searching…");
  else if (!note && self->searching && wc_search_get_error (self->search))
    note = _("Only this computer was searched: the server cannot be asked now.");
  gtk_label_set_text (self->note, note ? note : "");
  gtk_widget_set_visible (GTK_WIDGET (self->spinner), loading);
  gtk_spinner_set_spinning (self->spinner, loading);
  gtk_widget_set_visible (self->status, note != NULL);
}

static void
update (UiSearchView *self)
{
  const gboolean searching = !is_blank (words (self)) && !self->child_first;

  if (self->searching != searching)
    {
      self->searching = searching;
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SEARCHING]);
    }
  ui_pages_set_page (self->pages, page_for (self));
  update_status (self);
}

/* More hits, as the reader comes near the last one */

static gboolean
more_cb (gpointer user_data)
{
  UiSearchView *self = user_data;

  self->more_id = 0;
  wc_search_load_more (self->search);
  return G_SOURCE_REMOVE;
}

static void
scrolled_cb (UiSearchView *self)
{
  const double page = gtk_adjustment_get_page_size (self->adjustment);
  const double left = gtk_adjustment_get_upper (self->adjustment) - gtk_adjustment_get_value (self->adjustment) - page;

  if (!self->searching || self->more_id || page <= 1 || left > NEAR_PAGES * page)
    return;
  /* In an idle: this may be in the middle of a layout. */
  if (n_hits (self) > 0 && wc_search_get_has_more (self->search) && !wc_search_get_loading (self->search))
    self->more_id = g_idle_add (more_cb, self);
}

static void
search_state_cb (UiSearchView *self)
{
  update (self);
  scrolled_cb (self);
}

static void
make_search (UiSearchView *self)
{
  g_autoptr (GtkNoSelection) selection = NULL;

  self->search = wc_search_new (self->client, self->conversation);
  g_signal_connect_object (self->search, "notify", G_CALLBACK (search_state_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->search, "items-changed", G_CALLBACK (search_state_cb), self, G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  selection = gtk_no_selection_new (g_object_ref (G_LIST_MODEL (self->search)));
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (selection));
}

static void
drop_search (UiSearchView *self)
{
  g_clear_handle_id (&self->more_id, g_source_remove);
  if (self->search)
    g_signal_handlers_disconnect_by_data (self->search, self);
  if (self->list)
    gtk_list_view_set_model (self->list, NULL);
  g_clear_object (&self->search);
}

/* The rows */

static void
setup_cb (UiSearchView *self, GtkListItem *item)
{
  gtk_list_item_set_child (item, ui_hit_row_new ());
}

static void
bind_cb (UiSearchView *self, GtkListItem *item)
{
  ui_hit_row_set_hit (UI_HIT_ROW (gtk_list_item_get_child (item)), gtk_list_item_get_item (item), words (self), !self->conversation);
}

static void
list_activate_cb (UiSearchView *self, guint position)
{
  g_autoptr (WcHit) hit = self->search ? g_list_model_get_item (G_LIST_MODEL (self->search), position) : NULL;

  if (hit)
    g_signal_emit (self, signals[SIGNAL_OPEN], 0, hit);
}

static gboolean
list_key_cb (UiSearchView *self, guint keyval, guint keycode, GdkModifierType state)
{
  if (keyval != GDK_KEY_Escape)
    return GDK_EVENT_PROPAGATE;
  gtk_widget_grab_focus (self->entry);
  return GDK_EVENT_STOP;
}

/* The field */

static void
search_changed_cb (UiSearchView *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->entry));

  if (g_str_equal (text, words (self)))
    return;
  if (!self->search)
    make_search (self);
  g_clear_pointer (&self->said, g_free);
  self->child_first = FALSE;
  wc_search_set_words (self->search, text);
  update (self);
}

static void
entry_activate_cb (UiSearchView *self)
{
  search_changed_cb (self); /* it may be waiting for more letters */
  if (self->child_first)
    {
      self->child_first = FALSE;
      update (self);
    }
  else if (self->searching)
    {
      list_activate_cb (self, 0);
    }
}

static void
stop_search_cb (UiSearchView *self)
{
  if (*gtk_editable_get_text (GTK_EDITABLE (self->entry)))
    {
      gtk_editable_set_text (GTK_EDITABLE (self->entry), "");
      search_changed_cb (self); /* at once */
    }
  else
    {
      g_signal_emit (self, signals[SIGNAL_STOP], 0);
    }
}

static gboolean
entry_key_cb (UiSearchView *self, guint keyval, guint keycode, GdkModifierType state)
{
  if ((keyval != GDK_KEY_Down && keyval != GDK_KEY_KP_Down) || state & gtk_accelerator_get_default_mod_mask ())
    return GDK_EVENT_PROPAGATE;
  self->child_first = FALSE;
  update (self);
  return gtk_widget_child_focus (GTK_WIDGET (self->list), GTK_DIR_TAB_FORWARD);
}

static void
name_entry (UiSearchView *self)
{
  const char *name = self->conversation ? _("Search this chat") : _("Search all chats");

  g_object_set (self->entry, "placeholder-text", name, NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->entry), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

static void
ui_search_view_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  UiSearchView *self = UI_SEARCH_VIEW (object);

  switch (id)
    {
    case PROP_CLIENT:
      g_value_set_object (value, self->client);
      break;
    case PROP_CONVERSATION:
      g_value_set_object (value, self->conversation);
      break;
    case PROP_CHILD:
      g_value_set_object (value, adw_bin_get_child (self->page_child));
      break;
    case PROP_SEARCHING:
      g_value_set_boolean (value, self->searching);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_search_view_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  UiSearchView *self = UI_SEARCH_VIEW (object);

  switch (id)
    {
    case PROP_CLIENT:
      g_set_object (&self->client, g_value_get_object (value));
      break;
    case PROP_CONVERSATION:
      g_set_object (&self->conversation, g_value_get_object (value));
      name_entry (self);
      break;
    case PROP_CHILD:
      adw_bin_set_child (self->page_child, g_value_get_object (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

/* A widget that grabs the focus for a child would otherwise also take it when the focus moves out of it. */
static gboolean
ui_search_view_focus (GtkWidget *widget, GtkDirectionType direction)
{
  return gtk_widget_child_focus (UI_SEARCH_VIEW (widget)->content, direction);
}

static gboolean
ui_search_view_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (UI_SEARCH_VIEW (widget)->entry);
}

static void
ui_search_view_dispose (GObject *object)
{
  UiSearchView *self = UI_SEARCH_VIEW (object);

  drop_search (self);
  self->list = NULL;
  g_clear_pointer (&self->content, gtk_widget_unparent);
  g_clear_object (&self->conversation);
  g_clear_object (&self->client);

  G_OBJECT_CLASS (ui_search_view_parent_class)->dispose (object);
}

static void
ui_search_view_finalize (GObject *object)
{
  UiSearchView *self = UI_SEARCH_VIEW (object);

  g_assert (self->more_id == 0);
  g_free (self->said);

  G_OBJECT_CLASS (ui_search_view_parent_class)->finalize (object);
}

static void
bind_template (GtkWidgetClass *widget_class)
{
  gtk_widget_class_set_template_from_resource (widget_class, "/im/webchat/WebChat/ui/search-view.ui");
  gtk_widget_class_bind_template_child (widget_class, UiSearchView, content);
  gtk_widget_class_bind_template_child (widget_class, UiSearchView, entry);
  gtk_widget_class_bind_template_child (widget_class, UiSearchView, status);
  gtk_widget_class_bind_template_child (widget_class, UiSearchView, spinner);
  gtk_widget_class_bind_template_child (widget_class, UiSearchView, note);
  gtk_widget_class_bind_template_child (widget_class, UiSearchView, pages);
  gtk_widget_class_bind_template_child (widget_class, UiSearchView, page_child);
  gtk_widget_class_bind_template_child (widget_class, UiSearchView, list);
  gtk_widget_class_bind_template_child (widget_class, UiSearchView, adjustment);
  gtk_widget_class_bind_template_callback (widget_class, search_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, entry_activate_cb);
  gtk_widget_class_bind_template_callback (widget_class, entry_key_cb);
  gtk_widget_class_bind_template_callback (widget_class, stop_search_cb);
  gtk_widget_class_bind_template_callback (widget_class, scrolled_cb);
  gtk_widget_class_bind_template_callback (widget_class, setup_cb);
  gtk_widget_class_bind_template_callback (widget_class, bind_cb);
  gtk_widget_class_bind_template_callback (widget_class, list_activate_cb);
  gtk_widget_class_bind_template_callback (widget_class, list_key_cb);
}

static void
ui_search_view_class_init (UiSearchViewClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  g_type_ensure (UI_TYPE_PAGES);
  object_class->get_property = ui_search_view_get_property;
  object_class->set_property = ui_search_view_set_property;
  object_class->dispose = ui_search_view_dispose;
  object_class->finalize = ui_search_view_finalize;
  widget_class->focus = ui_search_view_focus;
  widget_class->grab_focus = ui_search_view_grab_focus;

  props[PROP_CLIENT] = g_param_spec_object ("client", NULL, NULL, WC_TYPE_CLIENT, flags);
  props[PROP_CONVERSATION] = g_param_spec_object ("conversation", NULL, NULL, WC_TYPE_CONVERSATION, flags);
  props[PROP_CHILD] = g_param_spec_object ("child", NULL, NULL, GTK_TYPE_WIDGET, flags);
  props[PROP_SEARCHING] = g_param_spec_boolean ("searching", NULL, NULL, FALSE, G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
  signals[SIGNAL_OPEN] = g_signal_new ("open", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, WC_TYPE_HIT);
  signals[SIGNAL_STOP] = g_signal_new ("stop", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  bind_template (widget_class);
}

static void
ui_search_view_init (UiSearchView *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  name_entry (self);
}

void
ui_search_view_begin (UiSearchView *self, const char *typed)
{
  g_return_if_fail (UI_IS_SEARCH_VIEW (self));

  if (typed && *typed)
    {
      gtk_editable_set_text (GTK_EDITABLE (self->entry), typed);
      search_changed_cb (self);
    }
  gtk_widget_grab_focus (self->entry);
  gtk_editable_select_region (GTK_EDITABLE (self->entry), 0, -1);
}

void
ui_search_view_show_child (UiSearchView *self)
{
  g_return_if_fail (UI_IS_SEARCH_VIEW (self));

  self->child_first = TRUE;
  update (self);
}

void
ui_search_view_clear (UiSearchView *self)
{
  g_return_if_fail (UI_IS_SEARCH_VIEW (self));

  gtk_editable_set_text (GTK_EDITABLE (self->entry), "");
  drop_search (self);
  self->child_first = FALSE;
  update (self);
}

gboolean
ui_search_view_back (UiSearchView *self)
{
  g_return_val_if_fail (UI_IS_SEARCH_VIEW (self), FALSE);

  if (is_blank (words (self)))
    return FALSE;
  if (self->child_first)
    {
      self->child_first = FALSE;
      update (self);
      return gtk_widget_child_focus (GTK_WIDGET (self->list), GTK_DIR_TAB_FORWARD) || gtk_widget_grab_focus (self->entry);
    }
  stop_search_cb (self);
  return gtk_widget_grab_focus (self->entry);
}

void
ui_search_view_set_note (UiSearchView *self, const char *note)
{
  g_return_if_fail (UI_IS_SEARCH_VIEW (self));

  g_free (self->said);
  self->said = g_strdup (note);
  update_status (self);
}

gboolean
ui_search_view_get_searching (UiSearchView *self)
{
  g_return_val_if_fail (UI_IS_SEARCH_VIEW (self), FALSE);

  return self->searching;
}

WcSearch *
ui_search_view_get_search (UiSearchView *self)
{
  g_return_val_if_fail (UI_IS_SEARCH_VIEW (self), NULL);

  return self->search;
}
