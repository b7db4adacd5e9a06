/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/main-page.h"

#include <adwaita.h>

#include "ui/chat-pane.h"
#include "ui/chat-window.h"
#include "ui/pages.h"
#include "ui/people-pane.h"
#include "ui/search-view.h"

struct _UiMainPage
{
  GtkWidget parent_instance;

  AdwLeaflet *leaflet;
  UiPages *sidebar; /* the people, or a search in all chats */
  UiPeoplePane *people;
  UiSearchView *search;
  UiChatPane *chat;

  WcClient *client;
  GHashTable *windows; /* WcConversation (held) -> GtkWindow (not held; taken out as it goes) */
  gboolean show_history;
};

G_DEFINE_FINAL_TYPE (UiMainPage, ui_main_page, GTK_TYPE_WIDGET)

enum
{
  PROP_CLIENT = 1,
  PROP_CONVERSATION,
  PROP_FOLDED,
  PROP_SHOW_HISTORY,
  PROP_DETACHED,
  PROP_UNREAD,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static GtkWindow *
window_of (UiMainPage *self, WcConversation *conversation)
{
  return conversation ? g_hash_table_lookup (self->windows, conversation) : NULL;
}

static gboolean
chat_is_in_front (UiMainPage *self)
{
  return adw_leaflet_get_visible_child (self->leaflet) == GTK_WIDGET (self->chat);
}

static void
update_detached (UiMainPage *self)
{
  const gboolean detached = window_of (self, ui_chat_pane_get_conversation (self->chat)) != NULL;

  g_object_set (self->chat, "detached", detached, NULL);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_DETACHED]);
}

static void
window_gone_cb (UiMainPage *self, GtkWindow *window)
{
  GHashTableIter iter;
  gpointer other;

  g_hash_table_iter_init (&iter, self->windows);
  while (g_hash_table_iter_next (&iter, NULL, &other))
    if (other == window)
      g_hash_table_iter_remove (&iter);
  update_detached (self);
}

static void
open_cb (UiMainPage *self, WcConversation *conversation, gboolean enter)
{
  ui_main_page_open (self, conversation, enter);
}

static gboolean
is_searching (UiMainPage *self)
{
  return g_strcmp0 (ui_pages_get_page (self->sidebar), "search_page") == 0;
}

static gboolean
focus_sidebar (UiMainPage *self)
{
  if (is_searching (self))
    return gtk_widget_grab_focus (GTK_WIDGET (self->search));
  return ui_people_pane_focus_row (self->people, ui_chat_pane_get_conversation (self->chat));
}

static void
stop_search_cb (UiMainPage *self)
{
  ui_pages_set_page (self->sidebar, "people");
  focus_sidebar (self);
}

static void
open_hit_cb (UiMainPage *self, WcHit *hit)
{
  WcConversation *conversation = wc_hit_get_conversation (hit);

  if (!conversation)
    return;
  ui_main_page_open (self, conversation, TRUE);
  ui_chat_pane_show_in_history (self->chat, wc_entry_get_seq (wc_hit_get_entry (hit)));
}

static void
folded_changed_cb (UiMainPage *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_FOLDED]);
  if (!adw_leaflet_get_folded (self->leaflet))
    ui_people_pane_set_selected (self->people, ui_chat_pane_get_conversation (self->chat));
}

/* In one pane at a time a marked row would say that its chat shows. */
static void
visible_child_changed_cb (UiMainPage *self)
{
  if (adw_leaflet_get_folded (self->leaflet) && !chat_is_in_front (self))
    ui_people_pane_set_selected (self->people, NULL);
}

static void
unread_changed_cb (UiMainPage *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_UNREAD]);
}

static gboolean
ui_main_page_grab_focus (GtkWidget *widget)
{
  UiMainPage *self = UI_MAIN_PAGE (widget);

  if (chat_is_in_front (self) && ui_chat_pane_focus_chat (self->chat))
    return TRUE;
  return gtk_widget_child_focus (GTK_WIDGET (self->sidebar), GTK_DIR_TAB_FORWARD);
}

static void
ui_main_page_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  UiMainPage *self = UI_MAIN_PAGE (object);

  switch (id)
    {
    case PROP_CLIENT:
      g_value_set_object (value, self->client);
      break;
    case PROP_CONVERSATION:
      g_value_set_object (value, ui_main_page_get_conversation (self));
      break;
    case PROP_FOLDED:
      g_value_set_boolean (value, adw_leaflet_get_folded (self->leaflet));
      break;
    case PROP_SHOW_HISTORY:
      g_value_set_boolean (value, self->show_history);
      break;
    case PROP_DETACHED:
      g_value_set_boolean (value, window_of (self, ui_main_page_get_conversation (self)) != NULL);
      break;
    case PROP_UNREAD:
      g_object_get_property (G_OBJECT (self->people), "unread", value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_main_page_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  UiMainPage *self = UI_MAIN_PAGE (object);

  switch (id)
    {
    case PROP_CLIENT:
      self->client = g_value_dup_object (value);
      break;
    case PROP_CONVERSATION:
      ui_main_page_open (self, g_value_get_object (value), FALSE);
      break;
    case PROP_SHOW_HISTORY:
      self->show_history = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_main_page_dispose (GObject *object)
{
  UiMainPage *self = UI_MAIN_PAGE (object);

  if (self->windows)
    {
      GHashTableIter iter;
      gpointer window;

      g_hash_table_iter_init (&iter, self->windows);
      while (g_hash_table_iter_next (&iter, NULL, &window))
        g_signal_handlers_disconnect_by_data (window, self);
      g_clear_pointer (&self->windows, g_hash_table_unref);
    }
  if (self->leaflet)
    {
      g_signal_handlers_disconnect_by_data (self->leaflet, self);
      gtk_widget_unparent (GTK_WIDGET (self->leaflet));
      self->leaflet = NULL;
    }
  g_clear_object (&self->client);

  G_OBJECT_CLASS (ui_main_page_parent_class)->dispose (object);
}

static void
ui_main_page_class_init (UiMainPageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GParamFlags read_only = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  const GParamFlags read_write = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = ui_main_page_get_property;
  object_class->set_property = ui_main_page_set_property;
  object_class->dispose = ui_main_page_dispose;
  widget_class->grab_focus = ui_main_page_grab_focus;

  props[PROP_CLIENT] = g_param_spec_object ("client", NULL, NULL, WC_TYPE_CLIENT, read_write | G_PARAM_CONSTRUCT_ONLY);
  props[PROP_CONVERSATION] = g_param_spec_object ("conversation", NULL, NULL, WC_TYPE_CONVERSATION, read_write | G_PARAM_EXPLICIT_NOTIFY);
  props[PROP_FOLDED] = g_param_spec_boolean ("folded", NULL, NULL, FALSE, read_only);
  props[PROP_SHOW_HISTORY] = g_param_spec_boolean ("show-history", NULL, NULL, FALSE, read_write);
  props[PROP_DETACHED] = g_param_spec_boolean ("detached", NULL, NULL, FALSE, read_only);
  props[PROP_UNREAD] = g_param_spec_uint ("unread", NULL, NULL, 0, G_MAXUINT, 0, read_only);
  g_object_class_install_properties (object_class, N_PROPS, props);

  g_type_ensure (UI_TYPE_PEOPLE_PANE);
  g_type_ensure (UI_TYPE_CHAT_PANE);
  g_type_ensure (UI_TYPE_PAGES);
  g_type_ensure (UI_TYPE_SEARCH_VIEW);
  gtk_widget_class_set_template_from_resource (widget_class, "/im/webchat/WebChat/ui/main-page.ui");
  gtk_widget_class_bind_template_child (widget_class, UiMainPage, leaflet);
  gtk_widget_class_bind_template_child (widget_class, UiMainPage, sidebar);
  gtk_widget_class_bind_template_child (widget_class, UiMainPage, people);
  gtk_widget_class_bind_template_child (widget_class, UiMainPage, search);
  gtk_widget_class_bind_template_child (widget_class, UiMainPage, chat);
  gtk_widget_class_bind_template_callback (widget_class, open_cb);
  gtk_widget_class_bind_template_callback (widget_class, open_hit_cb);
  gtk_widget_class_bind_template_callback (widget_class, stop_search_cb);
  gtk_widget_class_bind_template_callback (widget_class, folded_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, visible_child_changed_cb);
}

static void
ui_main_page_init (UiMainPage *self)
{
  self->windows = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect_object (self->people, "notify::unread", G_CALLBACK (unread_changed_cb), self, G_CONNECT_SWAPPED);
}

GtkWidget *
ui_main_page_new (WcClient *client)
{
  return g_object_new (UI_TYPE_MAIN_PAGE, "client", client, NULL);
}

WcConversation *
ui_main_page_get_conversation (UiMainPage *self)
{
  g_return_val_if_fail (UI_IS_MAIN_PAGE (self), NULL);

  return self->chat ? ui_chat_pane_get_conversation (self->chat) : NULL;
}

void
ui_main_page_open (UiMainPage *self, WcConversation *conversation, gboolean enter)
{
  g_return_if_fail (UI_IS_MAIN_PAGE (self));

  if (conversation != ui_chat_pane_get_conversation (self->chat))
    {
      ui_chat_pane_set_conversation (self->chat, conversation);
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_CONVERSATION]);
      update_detached (self);
    }
  ui_people_pane_set_selected (self->people, conversation);
  if (!conversation)
    {
      adw_leaflet_set_visible_child (self->leaflet, GTK_WIDGET (self->sidebar));
      return;
    }

  if (enter || !adw_leaflet_get_folded (self->leaflet))
    adw_leaflet_set_visible_child (self->leaflet, GTK_WIDGET (self->chat));
  if (!enter)
    return;
  if (window_of (self, conversation))
    gtk_window_present (window_of (self, conversation));
  else
    ui_chat_pane_focus_chat (self->chat);
}

void
ui_main_page_reset (UiMainPage *self)
{
  g_autoptr (GList) windows = NULL;

  g_return_if_fail (UI_IS_MAIN_PAGE (self));

  windows = g_hash_table_get_values (self->windows);
  for (GList *l = windows; l; l = l->next)
    gtk_window_destroy (l->data);
  ui_main_page_open (self, NULL, FALSE);
  ui_pages_set_page (self->sidebar, "people");
  ui_search_view_clear (self->search);
  ui_chat_pane_clear (self->chat);
}

void
ui_main_page_detach (UiMainPage *self)
{
  WcConversation *conversation;
  GtkWindow *window;

  g_return_if_fail (UI_IS_MAIN_PAGE (self));

  conversation = ui_chat_pane_get_conversation (self->chat);
  if (!conversation)
    return;

  window = window_of (self, conversation);
  if (!window)
    {
      GtkApplication *application = gtk_window_get_application (GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))));

      /* First the view here goes, then the one there comes: what is being typed goes along in the draft. */
      ui_people_pane_focus_row (self->people, conversation);
      g_object_set (self->chat, "detached", TRUE, NULL);
      window = GTK_WINDOW (ui_chat_window_new (application, self->client, conversation));
      g_hash_table_insert (self->windows, g_object_ref (conversation), window);
      g_signal_connect_object (window, "destroy", G_CALLBACK (window_gone_cb), self, G_CONNECT_SWAPPED);
      update_detached (self);
    }
  gtk_window_present (window);
}

static gboolean
focus_is_in_sidebar (UiMainPage *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkWidget *focus = root ? gtk_root_get_focus (root) : NULL;

  return focus && gtk_widget_is_ancestor (focus, GTK_WIDGET (self->sidebar));
}

gboolean
ui_main_page_back (UiMainPage *self)
{
  g_return_val_if_fail (UI_IS_MAIN_PAGE (self), FALSE);

  if (focus_is_in_sidebar (self) && is_searching (self))
    {
      if (!ui_search_view_back (self->search))
        stop_search_cb (self);
      return TRUE;
    }
  if (chat_is_in_front (self) && ui_chat_pane_back (self->chat))
    return TRUE;
  if (adw_leaflet_get_folded (self->leaflet) && chat_is_in_front (self))
    {
      adw_leaflet_set_visible_child (self->leaflet, GTK_WIDGET (self->sidebar));
      focus_sidebar (self);
      return TRUE;
    }
  return FALSE;
}

void
ui_main_page_find_person (UiMainPage *self)
{
  g_return_if_fail (UI_IS_MAIN_PAGE (self));

  if (adw_leaflet_get_folded (self->leaflet))
    adw_leaflet_set_visible_child (self->leaflet, GTK_WIDGET (self->sidebar));
  ui_pages_set_page (self->sidebar, "people");
  ui_people_pane_search (self->people);
}

void
ui_main_page_search (UiMainPage *self)
{
  const char *words;

  g_return_if_fail (UI_IS_MAIN_PAGE (self));

  /* Whoever found no person of that name may have meant a word. */
  words = is_searching (self) ? NULL : ui_people_pane_get_search (self->people);
  adw_leaflet_set_visible_child (self->leaflet, GTK_WIDGET (self->sidebar));
  ui_pages_set_page (self->sidebar, "search_page");
  ui_search_view_begin (self->search, words);
}

void
ui_main_page_search_chat (UiMainPage *self)
{
  g_return_if_fail (UI_IS_MAIN_PAGE (self));

  adw_leaflet_set_visible_child (self->leaflet, GTK_WIDGET (self->chat));
  ui_chat_pane_search (self->chat);
}

void
ui_main_page_next_pane (UiMainPage *self, gboolean backward)
{
  gboolean has_people, has_chat;

  g_return_if_fail (UI_IS_MAIN_PAGE (self));

  has_chat = !adw_leaflet_get_folded (self->leaflet) || chat_is_in_front (self);
  has_people = !adw_leaflet_get_folded (self->leaflet) || !chat_is_in_front (self);
  if (has_chat && ui_chat_pane_focus_next (self->chat, backward))
    return;
  /* Past the last one: to the people, or, where these do not show, round to the first again. */
  if (has_people)
    {
      focus_sidebar (self);
      return;
    }
  gtk_root_set_focus (gtk_widget_get_root (GTK_WIDGET (self)), NULL);
  ui_chat_pane_focus_next (self->chat, backward);
}

void
ui_main_page_export (UiMainPage *self)
{
  g_return_if_fail (UI_IS_MAIN_PAGE (self));

  ui_chat_pane_export (self->chat);
}

gboolean
ui_main_page_shows (UiMainPage *self, WcConversation *conversation)
{
  g_return_val_if_fail (UI_IS_MAIN_PAGE (self), FALSE);

  return conversation && conversation == ui_main_page_get_conversation (self) && !window_of (self, conversation) &&
         (!adw_leaflet_get_folded (self->leaflet) || chat_is_in_front (self));
}
