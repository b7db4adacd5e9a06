/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/hit-row.h"

#include <glib/gi18n.h>

#include "ui/format.h"
#include "ui/snippet.h"
#include "ui/timestamp.h"

struct _UiHitRow
{
  GtkWidget parent_instance;

  GtkWidget *content;
  GtkLabel *who;
  GtkLabel *when;
  GtkLabel *text;
};

G_DEFINE_FINAL_TYPE (UiHitRow, ui_hit_row, GTK_TYPE_WIDGET)

static void
ui_hit_row_dispose (GObject *object)
{
  g_clear_pointer (&UI_HIT_ROW (object)->content, gtk_widget_unparent);

  G_OBJECT_CLASS (ui_hit_row_parent_class)->dispose (object);
}

static void
ui_hit_row_class_init (UiHitRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ui_hit_row_dispose;
  gtk_widget_class_set_css_name (widget_class, "hit");
  gtk_widget_class_set_template_from_resource (widget_class, "/im/webchat/WebChat/ui/hit-row.ui");
  gtk_widget_class_bind_template_child (widget_class, UiHitRow, content);
  gtk_widget_class_bind_template_child (widget_class, UiHitRow, who);
  gtk_widget_class_bind_template_child (widget_class, UiHitRow, when);
  gtk_widget_class_bind_template_child (widget_class, UiHitRow, text);
}

static void
ui_hit_row_init (UiHitRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
ui_hit_row_new (void)
{
  return g_object_new (UI_TYPE_HIT_ROW, NULL);
}

static char *
writer (WcHit *hit, gboolean names_chat)
{
  WcConversation *conversation = wc_hit_get_conversation (hit);
  WcEntry *entry = wc_hit_get_entry (hit);

  if (!wc_entry_get_own (entry))
    return g_strdup (wc_entry_get_from (entry));
  if (names_chat && conversation)
    /* Translators: over a message that one wrote oneself; %s is whom it went to. */
    return g_strdup_printf (_("You to %s"), wc_conversation_get_peer (conversation));
  return g_strdup (_("You"));
}

void
ui_hit_row_set_hit (UiHitRow *self, WcHit *hit, const char *words, gboolean names_chat)
{
  GtkWidget *item = gtk_widget_get_parent (GTK_WIDGET (self));
  g_autofree char *who = NULL;
  g_autofree char *when = NULL;
  g_autofree char *full = NULL;
  g_autofree char *markup = NULL;
  g_autofree char *name = NULL;
  WcEntry *entry;

  g_return_if_fail (UI_IS_HIT_ROW (self));

  if (!hit)
    return;
  entry = wc_hit_get_entry (hit);
  who = writer (hit, names_chat);
  when = ui_format_when (wc_entry_get_time (entry));
  full = ui_time_in_full (wc_entry_get_time (entry));
  markup = ui_snippet_markup (wc_entry_get_text (entry), words);
  gtk_label_set_text (self->who, who);
  gtk_label_set_text (self->when, when);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->when), full);
  gtk_label_set_markup (self->text, markup);

  /* The list's own row is what assistive technologies stop at. Translators: a message that was found, read aloud: who, when, text. */
  name = g_strdup_printf (_("%s, %s: %s"), who, when, gtk_label_get_text (self->text));
  if (item)
    gtk_accessible_update_property (GTK_ACCESSIBLE (item), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}
