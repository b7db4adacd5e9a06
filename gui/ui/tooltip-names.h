/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Gives every button with nothing but an icon in a widget its tooltip for a name: those that libadwaita puts into a password's row have none. Follows the tooltips. */
void ui_name_by_tooltips (GtkWidget *root);

G_END_DECLS
