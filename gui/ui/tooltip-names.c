/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tooltip-names.h"

static void
name_by_tooltip (GtkWidget *button)
{
  const char *tooltip = gtk_widget_get_tooltip_text (button);

  if (tooltip)
    gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, tooltip, -1);
}

void
ui_name_by_tooltips (GtkWidget *root)
{
  if (GTK_IS_BUTTON (root) && !gtk_button_get_label (GTK_BUTTON (root)))
    {
      g_signal_connect (root, "notify::tooltip-text", G_CALLBACK (name_by_tooltip), NULL);
      name_by_tooltip (root);
    }
  for (GtkWidget *child = gtk_widget_get_first_child (root); child; child = gtk_widget_get_next_sibling (child))
    ui_name_by_tooltips (child);
}
