/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/jump-button.h"

#include <glib/gi18n.h>

struct _UiJumpButton
{
  GtkWidget parent;
  GtkWidget *button;
  GtkWidget *count;
};

G_DEFINE_FINAL_TYPE (UiJumpButton, ui_jump_button, GTK_TYPE_WIDGET)

enum
{
  SIGNAL_CLICKED,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

void
ui_jump_button_set (UiJumpButton *self, gboolean shown, guint count)
{
  g_autofree char *number = g_strdup_printf ("%u", count);
  g_autofree char *name = NULL;

  g_return_if_fail (UI_IS_JUMP_BUTTON (self));

  if (count > 0)
    name = g_strdup_printf (ngettext ("Go to %u new message", "Go to %u new messages", count), count);
  else
    name = g_strdup (_("Go to the newest message"));
  gtk_label_set_text (GTK_LABEL (self->count), number);
  gtk_widget_set_visible (self->count, count > 0);
  gtk_widget_set_tooltip_text (self->button, name);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  gtk_widget_set_visible (GTK_WIDGET (self), shown);
}

static void
clicked_cb (GtkButton *button, UiJumpButton *self)
{
  g_signal_emit (self, signals[SIGNAL_CLICKED], 0);
}

static void
ui_jump_button_dispose (GObject *object)
{
  g_clear_pointer (&UI_JUMP_BUTTON (object)->button, gtk_widget_unparent);
  G_OBJECT_CLASS (ui_jump_button_parent_class)->dispose (object);
}

static void
ui_jump_button_class_init (UiJumpButtonClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ui_jump_button_dispose;
  signals[SIGNAL_CLICKED] = g_signal_new ("clicked", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 0);
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
}

static void
ui_jump_button_init (UiJumpButton *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 4);
  GtkWidget *arrow = gtk_image_new_from_icon_name ("webchat-down-symbolic");

  self->count = gtk_label_new (NULL);
  gtk_widget_add_css_class (self->count, "numeric");
  gtk_box_append (GTK_BOX (box), arrow);
  gtk_box_append (GTK_BOX (box), self->count);
  self->button = gtk_button_new ();
  gtk_button_set_child (GTK_BUTTON (self->button), box);
  gtk_widget_add_css_class (self->button, "jump-button");
  g_signal_connect (self->button, "clicked", G_CALLBACK (clicked_cb), self);
  gtk_widget_set_parent (self->button, GTK_WIDGET (self));
  gtk_widget_set_halign (GTK_WIDGET (self), GTK_ALIGN_END);
  gtk_widget_set_valign (GTK_WIDGET (self), GTK_ALIGN_END);
  ui_jump_button_set (self, FALSE, 0);
}

GtkWidget *
ui_jump_button_new (void)
{
  return g_object_new (UI_TYPE_JUMP_BUTTON, NULL);
}
