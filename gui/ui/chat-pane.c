/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/chat-pane.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "ui/chat-view.h"
#include "ui/clock.h"
#include "ui/connection-banner.h"
#include "ui/export-bar.h"
#include "ui/format.h"
#include "ui/history-pane.h"
#include "ui/pages.h"

/* How many chat views are kept beside the one that shows. */
#define VIEWS_KEPT 3

struct _UiChatPane
{
  GtkWidget parent_instance;

  AdwFlap *flap;
  UiExportBar *export_bar;
  AdwToastOverlay *toasts;
  UiPages *pages;
  GtkStack *views; /* pages named by peer */
  AdwBin *history; /* empty until it is first shown */

  WcClient *client;
  WcConversation *conversation;
  GQueue recent; /* widgets in views, the one shown last first */
  gboolean folded;
  gboolean show_history;
  gboolean detached;
  guint today; /* for the texts that depend on it */
};

G_DEFINE_FINAL_TYPE (UiChatPane, ui_chat_pane, GTK_TYPE_WIDGET)

enum
{
  PROP_CLIENT = 1,
  PROP_CONVERSATION,
  PROP_FOLDED,
  PROP_SHOW_HISTORY,
  PROP_DETACHED,
  PROP_TODAY,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static char *
status_cb (gpointer object, int presence, gint64 last_seen, gboolean typing, int chat, gint64 chat_since, guint today)
{
  return ui_format_status ((WcPresence) presence, last_seen, typing, (WcChat) chat, chat_since);
}

/* Out of sight, it is out of the accessible tree too. */
static gboolean
history_visible_cb (gpointer object, gboolean wanted, double progress)
{
  return wanted || progress > 0;
}

static gboolean
is_set_cb (gpointer object, WcConversation *conversation)
{
  return conversation != NULL;
}

/* In a narrow window it is in the menu only, and the room is the name's. */
static gboolean
has_room_to_end_cb (gpointer object, gboolean folded, int chat)
{
  return chat == WC_CHAT_OPEN && !folded;
}

static void
exported_cb (UiChatPane *self, const char *name)
{
  /* Translators: %s is the name of a file */
  g_autofree char *text = g_strdup_printf (_("Exported to %s"), name);
  g_autofree char *markup = g_markup_escape_text (text, -1);

  adw_toast_overlay_add_toast (self->toasts, adw_toast_new (markup));
}

static void
remove_view (UiChatPane *self, GtkWidget *view)
{
  ui_release_focus (view);
  gtk_stack_remove (self->views, view);
}

static void
drop_views (UiChatPane *self, guint keep)
{
  while (self->recent.length > keep)
    remove_view (self, g_queue_pop_tail (&self->recent));
}

static void
show_view (UiChatPane *self)
{
  const char *peer = wc_conversation_get_peer (self->conversation);
  GtkWidget *view = gtk_stack_get_child_by_name (self->views, peer);

  if (view)
    g_queue_remove (&self->recent, view);
  else
    {
      view = ui_chat_view_new (self->client, self->conversation);
      gtk_stack_add_named (self->views, view, peer);
    }
  g_queue_push_head (&self->recent, view);
  ui_stack_show_only (self->views, view);
  drop_views (self, VIEWS_KEPT + 1);
}

static void
update_history (UiChatPane *self)
{
  if (self->show_history && self->conversation)
    adw_bin_set_child (self->history, ui_history_pane_new (self->conversation));
  else if (!self->conversation)
    adw_bin_set_child (self->history, NULL);
}

static void
update_page (UiChatPane *self)
{
  if (!self->conversation)
    ui_pages_set_page (self->pages, "page_nobody");
  else if (self->detached)
    {
      GtkWidget *view = gtk_stack_get_child_by_name (self->views, wc_conversation_get_peer (self->conversation));

      /* Two views of one chat would both take what is typed for their own. */
      if (view)
        {
          g_queue_remove (&self->recent, view);
          remove_view (self, view);
        }
      ui_pages_set_page (self->pages, "page_detached");
    }
  else
    {
      show_view (self);
      ui_pages_set_page (self->pages, "views");
    }
}

static void
set_show_history (UiChatPane *self, gboolean show_history)
{
  if (self->show_history == show_history)
    return;

  /* Before it is hidden: see ui_release_focus(). */
  if (!show_history && ui_chat_pane_history_has_focus (self) && !ui_chat_pane_focus_chat (self))
    ui_release_focus (GTK_WIDGET (self->history));
  self->show_history = show_history;
  update_history (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SHOW_HISTORY]);
}

static void
ui_chat_pane_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  UiChatPane *self = UI_CHAT_PANE (object);

  switch (id)
    {
    case PROP_CLIENT:
      g_value_set_object (value, self->client);
      break;
    case PROP_CONVERSATION:
      g_value_set_object (value, self->conversation);
      break;
    case PROP_FOLDED:
      g_value_set_boolean (value, self->folded);
      break;
    case PROP_SHOW_HISTORY:
      g_value_set_boolean (value, self->show_history);
      break;
    case PROP_DETACHED:
      g_value_set_boolean (value, self->detached);
      break;
    case PROP_TODAY:
      g_value_set_uint (value, self->today);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_chat_pane_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  UiChatPane *self = UI_CHAT_PANE (object);

  switch (id)
    {
    case PROP_CLIENT:
      g_set_object (&self->client, g_value_get_object (value));
      break;
    case PROP_CONVERSATION:
      ui_chat_pane_set_conversation (self, g_value_get_object (value));
      break;
    case PROP_FOLDED:
      self->folded = g_value_get_boolean (value);
      break;
    case PROP_SHOW_HISTORY:
      set_show_history (self, g_value_get_boolean (value));
      break;
    case PROP_DETACHED:
      if (self->detached != g_value_get_boolean (value))
        {
          self->detached = g_value_get_boolean (value);
          update_page (self);
        }
      break;
    case PROP_TODAY:
      self->today = g_value_get_uint (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_chat_pane_dispose (GObject *object)
{
  UiChatPane *self = UI_CHAT_PANE (object);

  g_queue_clear (&self->recent);
  if (self->flap)
    gtk_widget_unparent (GTK_WIDGET (self->flap));
  self->flap = NULL;
  g_clear_object (&self->conversation);
  g_clear_object (&self->client);

  G_OBJECT_CLASS (ui_chat_pane_parent_class)->dispose (object);
}

static void
ui_chat_pane_class_init (UiChatPaneClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = ui_chat_pane_get_property;
  object_class->set_property = ui_chat_pane_set_property;
  object_class->dispose = ui_chat_pane_dispose;

  props[PROP_CLIENT] = g_param_spec_object ("client", NULL, NULL, WC_TYPE_CLIENT, flags);
  props[PROP_CONVERSATION] = g_param_spec_object ("conversation", NULL, NULL, WC_TYPE_CONVERSATION, flags | G_PARAM_EXPLICIT_NOTIFY);
  props[PROP_FOLDED] = g_param_spec_boolean ("folded", NULL, NULL, FALSE, flags);
  props[PROP_SHOW_HISTORY] = g_param_spec_boolean ("show-history", NULL, NULL, FALSE, flags | G_PARAM_EXPLICIT_NOTIFY);
  props[PROP_DETACHED] = g_param_spec_boolean ("detached", NULL, NULL, FALSE, flags);
  props[PROP_TODAY] = g_param_spec_uint ("today", NULL, NULL, 0, G_MAXUINT, 0, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);

  g_type_ensure (UI_TYPE_CONNECTION_BANNER);
  g_type_ensure (UI_TYPE_EXPORT_BAR);
  g_type_ensure (UI_TYPE_PAGES);
  gtk_widget_class_set_template_from_resource (widget_class, "/im/webchat/WebChat/ui/chat-pane.ui");
  gtk_widget_class_bind_template_child (widget_class, UiChatPane, flap);
  gtk_widget_class_bind_template_child (widget_class, UiChatPane, export_bar);
  gtk_widget_class_bind_template_child (widget_class, UiChatPane, toasts);
  gtk_widget_class_bind_template_child (widget_class, UiChatPane, pages);
  gtk_widget_class_bind_template_child (widget_class, UiChatPane, views);
  gtk_widget_class_bind_template_child (widget_class, UiChatPane, history);
  gtk_widget_class_bind_template_callback (widget_class, exported_cb);
  gtk_widget_class_bind_template_callback (widget_class, status_cb);
  gtk_widget_class_bind_template_callback (widget_class, history_visible_cb);
  gtk_widget_class_bind_template_callback (widget_class, is_set_cb);
  gtk_widget_class_bind_template_callback (widget_class, has_room_to_end_cb);
}

static void
ui_chat_pane_init (UiChatPane *self)
{
  g_queue_init (&self->recent);
  gtk_widget_init_template (GTK_WIDGET (self));
  g_object_bind_property (ui_clock_get_default (), "today", self, "today", G_BINDING_SYNC_CREATE);
  update_page (self);
}

WcConversation *
ui_chat_pane_get_conversation (UiChatPane *self)
{
  g_return_val_if_fail (UI_IS_CHAT_PANE (self), NULL);

  return self->conversation;
}

void
ui_chat_pane_set_conversation (UiChatPane *self, WcConversation *conversation)
{
  g_return_if_fail (UI_IS_CHAT_PANE (self));

  if (!g_set_object (&self->conversation, conversation))
    return;

  update_page (self);
  update_history (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_CONVERSATION]);
}

void
ui_chat_pane_clear (UiChatPane *self)
{
  g_return_if_fail (UI_IS_CHAT_PANE (self));

  ui_chat_pane_set_conversation (self, NULL);
  drop_views (self, 0);
}

gboolean
ui_chat_pane_focus_chat (UiChatPane *self)
{
  g_return_val_if_fail (UI_IS_CHAT_PANE (self), FALSE);

  if (self->conversation && !self->detached)
    return ui_chat_view_focus_composer (UI_CHAT_VIEW (gtk_stack_get_visible_child (self->views)));
  return gtk_widget_child_focus (GTK_WIDGET (self->pages), GTK_DIR_TAB_FORWARD);
}

static gboolean
focus_log (UiChatPane *self)
{
  return self->conversation && !self->detached && ui_chat_view_focus_log (UI_CHAT_VIEW (gtk_stack_get_visible_child (self->views)));
}

gboolean
ui_chat_pane_focus_next (UiChatPane *self, gboolean backward)
{
  gboolean (*const parts[]) (UiChatPane *) = { focus_log, ui_chat_pane_focus_chat, ui_chat_pane_focus_history };
  const int n = G_N_ELEMENTS (parts);
  const int step = backward ? -1 : 1;
  GtkRoot *root;
  GtkWidget *focus;
  int part;

  g_return_val_if_fail (UI_IS_CHAT_PANE (self), FALSE);

  root = gtk_widget_get_root (GTK_WIDGET (self));
  focus = root ? gtk_root_get_focus (root) : NULL;
  if (!focus || !gtk_widget_is_ancestor (focus, GTK_WIDGET (self)))
    part = backward ? n : -1;
  else if (ui_chat_pane_history_has_focus (self))
    part = 2;
  else if (self->conversation && !self->detached && ui_chat_view_log_has_focus (UI_CHAT_VIEW (gtk_stack_get_visible_child (self->views))))
    part = 0;
  else
    part = 1;
  for (part += step; part >= 0 && part < n; part += step)
    if (parts[part](self))
      return TRUE;
  return FALSE;
}

gboolean
ui_chat_pane_focus_history (UiChatPane *self)
{
  GtkWidget *pane;

  g_return_val_if_fail (UI_IS_CHAT_PANE (self), FALSE);

  pane = adw_bin_get_child (self->history);
  if (!self->show_history || !pane)
    return FALSE;
  return gtk_widget_grab_focus (pane) || gtk_widget_child_focus (pane, GTK_DIR_TAB_FORWARD);
}

static UiHistoryPane *
open_history (UiChatPane *self)
{
  set_show_history (self, TRUE);
  return self->conversation ? UI_HISTORY_PANE (adw_bin_get_child (self->history)) : NULL;
}

void
ui_chat_pane_search (UiChatPane *self)
{
  UiHistoryPane *history;

  g_return_if_fail (UI_IS_CHAT_PANE (self));

  history = open_history (self);
  if (history)
    ui_history_pane_search (history);
}

void
ui_chat_pane_show_in_history (UiChatPane *self, guint64 seq)
{
  UiHistoryPane *history;

  g_return_if_fail (UI_IS_CHAT_PANE (self));

  history = open_history (self);
  if (history)
    ui_history_pane_show (history, seq);
}

void
ui_chat_pane_export (UiChatPane *self)
{
  g_return_if_fail (UI_IS_CHAT_PANE (self));

  if (self->conversation)
    ui_export_bar_ask (self->export_bar, self->conversation);
}

gboolean
ui_chat_pane_back (UiChatPane *self)
{
  g_return_val_if_fail (UI_IS_CHAT_PANE (self), FALSE);

  if (!self->show_history)
    return FALSE;
  if (ui_chat_pane_history_has_focus (self) && ui_history_pane_back (UI_HISTORY_PANE (adw_bin_get_child (self->history))))
    return TRUE;
  set_show_history (self, FALSE);
  ui_chat_pane_focus_chat (self);
  return TRUE;
}

gboolean
ui_chat_pane_history_has_focus (UiChatPane *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkWidget *focus = root ? gtk_root_get_focus (root) : NULL;

  return focus && gtk_widget_is_ancestor (focus, GTK_WIDGET (self->history));
}
