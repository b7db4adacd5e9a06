/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/person-row.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "ui/clock.h"
#include "ui/format.h"

struct _UiPersonRow
{
  GtkWidget parent_instance;

  GtkWidget *content;
  GtkWidget *dot;

  WcConversation *conversation;
  GSignalGroup *watch; /* on the conversation */
  gboolean compact;
  gboolean selected; /* its chat is the one that shows */
  guint today; /* for the texts that depend on it */
};

G_DEFINE_FINAL_TYPE (UiPersonRow, ui_person_row, GTK_TYPE_WIDGET)

enum
{
  PROP_CONVERSATION = 1,
  PROP_COMPACT,
  PROP_SELECTED,
  PROP_TODAY,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static char *
presence_name_cb (gpointer object, int presence)
{
  return g_strdup (ui_format_presence ((WcPresence) presence));
}

static gboolean
presence_is_known_cb (gpointer object, int presence)
{
  return presence != WC_PRESENCE_UNKNOWN;
}

static char **
presence_classes_cb (gpointer object, int presence)
{
  const char *classes[] = { "presence", presence == WC_PRESENCE_ONLINE ? "online" : "offline", NULL };

  return g_strdupv ((char **) classes);
}

static char *
time_cb (gpointer object, WcEntry *last, guint today)
{
  return ui_format_when (last ? wc_entry_get_time (last) : 0);
}

static gboolean
has_second_line_cb (gpointer object, gboolean compact, WcEntry *last, guint unread, const char *draft, gboolean typing, gboolean selected)
{
  return !compact && (last || unread > 0 || typing || (!selected && draft && *draft));
}

static gboolean
has_time_cb (gpointer object, gboolean compact, WcEntry *last)
{
  return !compact && last;
}

static char *
preview (WcEntry *last, const char *peer, const char *draft, guint unread, gboolean typing)
{
  if (typing)
    return g_strdup (_("typing…"));
  /* What was begun and not sent is what one comes back for, unless something new has arrived. */
  if (draft && *draft && !unread)
    {
      g_autofree char *line = ui_format_line (draft);

      return g_strdup_printf (_("Draft: %s"), line);
    }
  return ui_format_entry (last, peer);
}

static char *
preview_cb (gpointer object, WcEntry *last, const char *peer, const char *draft, guint unread, gboolean typing, gboolean selected)
{
  return preview (last, peer, selected ? NULL : draft, unread, typing);
}

static char **
preview_classes_cb (gpointer object, gboolean typing)
{
  const char *classes[] = { "preview", typing ? "typing" : NULL, NULL };

  return g_strdupv ((char **) classes);
}

static gboolean
has_unread_cb (gpointer object, guint unread)
{
  return unread > 0;
}

static char *
badge_cb (gpointer object, guint unread)
{
  return unread > 999 ? g_strdup ("999+") : g_strdup_printf ("%u", unread);
}

static char *
describe (WcConversation *conversation, gboolean compact, gboolean selected)
{
  const char *peer = wc_conversation_get_peer (conversation);
  const char *presence = ui_format_presence (wc_conversation_get_presence (conversation));
  const guint unread = wc_conversation_get_unread (conversation);
  WcEntry *last = wc_conversation_get_last (conversation);
  GString *text = g_string_new (peer);

  if (presence)
    g_string_append_printf (text, ", %s", presence);
  if (unread && !compact)
    {
      g_string_append (text, ", ");
      g_string_append_printf (text, g_dngettext (NULL, "%u unread message", "%u unread messages", unread), unread);
    }
  if (!compact)
    {
      g_autofree char *line = preview (last, peer, selected ? NULL : wc_conversation_get_draft (conversation), unread,
                                       wc_conversation_get_typing (conversation));
      g_autofree char *when = ui_format_when (last ? wc_entry_get_time (last) : 0);

      if (*line)
        g_string_append_printf (text, ", %s%s%s", when, *when ? ": " : "", line);
    }
  return g_string_free (text, FALSE);
}

/* GtkListView's item widgets are what assistive technologies stop at, and they have no name of their own. */
static void
name_list_item (UiPersonRow *self)
{
  GtkWidget *parent = gtk_widget_get_parent (GTK_WIDGET (self));
  g_autofree char *text = NULL;

  if (!parent || !self->conversation)
    return;
  text = describe (self->conversation, self->compact, self->selected);
  gtk_accessible_update_property (GTK_ACCESSIBLE (parent), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
}

static void
dot_tooltip_changed_cb (UiPersonRow *self)
{
  const char *name = gtk_widget_get_tooltip_text (self->dot);

  if (name)
    gtk_accessible_update_property (GTK_ACCESSIBLE (self->dot), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

static void
ui_person_row_root (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (ui_person_row_parent_class)->root (widget);
  name_list_item (UI_PERSON_ROW (widget));
}

static void
ui_person_row_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  UiPersonRow *self = UI_PERSON_ROW (object);

  switch (id)
    {
    case PROP_CONVERSATION:
      g_value_set_object (value, self->conversation);
      break;
    case PROP_COMPACT:
      g_value_set_boolean (value, self->compact);
      break;
    case PROP_SELECTED:
      g_value_set_boolean (value, self->selected);
      break;
    case PROP_TODAY:
      g_value_set_uint (value, self->today);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_person_row_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  UiPersonRow *self = UI_PERSON_ROW (object);

  switch (id)
    {
    case PROP_CONVERSATION:
      g_set_object (&self->conversation, g_value_get_object (value));
      g_signal_group_set_target (self->watch, self->conversation);
      name_list_item (self);
      break;
    case PROP_COMPACT:
      self->compact = g_value_get_boolean (value);
      break;
    case PROP_SELECTED:
      self->selected = g_value_get_boolean (value);
      name_list_item (self);
      break;
    case PROP_TODAY:
      self->today = g_value_get_uint (value);
      name_list_item (self);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ui_person_row_dispose (GObject *object)
{
  UiPersonRow *self = UI_PERSON_ROW (object);

  g_clear_pointer (&self->content, gtk_widget_unparent);
  g_clear_object (&self->watch);
  g_clear_object (&self->conversation);

  G_OBJECT_CLASS (ui_person_row_parent_class)->dispose (object);
}

static void
ui_person_row_class_init (UiPersonRowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = ui_person_row_get_property;
  object_class->set_property = ui_person_row_set_property;
  object_class->dispose = ui_person_row_dispose;
  widget_class->root = ui_person_row_root;

  props[PROP_CONVERSATION] = g_param_spec_object ("conversation", NULL, NULL, WC_TYPE_CONVERSATION, flags);
  props[PROP_COMPACT] = g_param_spec_boolean ("compact", NULL, NULL, FALSE, flags);
  props[PROP_SELECTED] = g_param_spec_boolean ("selected", NULL, NULL, FALSE, flags);
  props[PROP_TODAY] = g_param_spec_uint ("today", NULL, NULL, 0, G_MAXUINT, 0, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);

  g_type_ensure (ADW_TYPE_AVATAR);
  gtk_widget_class_set_css_name (widget_class, "person");
  gtk_widget_class_set_template_from_resource (widget_class, "/im/webchat/WebChat/ui/person-row.ui");
  gtk_widget_class_bind_template_child (widget_class, UiPersonRow, content);
  gtk_widget_class_bind_template_child (widget_class, UiPersonRow, dot);
  gtk_widget_class_bind_template_callback (widget_class, presence_name_cb);
  gtk_widget_class_bind_template_callback (widget_class, presence_is_known_cb);
  gtk_widget_class_bind_template_callback (widget_class, presence_classes_cb);
  gtk_widget_class_bind_template_callback (widget_class, time_cb);
  gtk_widget_class_bind_template_callback (widget_class, has_second_line_cb);
  gtk_widget_class_bind_template_callback (widget_class, has_time_cb);
  gtk_widget_class_bind_template_callback (widget_class, preview_cb);
  gtk_widget_class_bind_template_callback (widget_class, preview_classes_cb);
  gtk_widget_class_bind_template_callback (widget_class, has_unread_cb);
  gtk_widget_class_bind_template_callback (widget_class, badge_cb);
}

static void
ui_person_row_init (UiPersonRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  g_object_bind_property (ui_clock_get_default (), "today", self, "today", G_BINDING_SYNC_CREATE);
  self->watch = g_signal_group_new (WC_TYPE_CONVERSATION);
  g_signal_group_connect_swapped (self->watch, "notify", G_CALLBACK (name_list_item), self);
  g_signal_connect_swapped (self->dot, "notify::tooltip-text", G_CALLBACK (dot_tooltip_changed_cb), self);
  dot_tooltip_changed_cb (self);
}

GtkWidget *
ui_person_row_new (void)
{
  return g_object_new (UI_TYPE_PERSON_ROW, NULL);
}
