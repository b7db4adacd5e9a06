/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/field-error.h"

void
ui_field_set_error (GtkWidget *field, UiErrorNote *note, const char *text, const char *details)
{
  GtkAccessible *accessible = GTK_ACCESSIBLE (field);

  ui_error_note_set (note, text, details);
  if (text)
    {
      gtk_widget_add_css_class (field, "error");
      gtk_accessible_update_state (accessible, GTK_ACCESSIBLE_STATE_INVALID, GTK_ACCESSIBLE_INVALID_TRUE, -1);
      gtk_accessible_update_property (accessible, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text, -1);
    }
  else
    {
      gtk_widget_remove_css_class (field, "error");
      gtk_accessible_reset_state (accessible, GTK_ACCESSIBLE_STATE_INVALID);
      gtk_accessible_reset_property (accessible, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION);
    }
}
