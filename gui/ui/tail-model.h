/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The end of another list, from a first position on: a view opens with the few rows that it shows and takes more as it is scrolled
 * up, however much the list holds. What is put before the first position stays hidden until then. When the list is replaced
 * as a whole (or was empty), the end of the new one is shown. */
#define UI_TYPE_TAIL_MODEL (ui_tail_model_get_type ())
G_DECLARE_FINAL_TYPE (UiTailModel, ui_tail_model, UI, TAIL_MODEL, GObject)

/* initial: how many rows are shown at first. (transfer none) */
UiTailModel *ui_tail_model_new (GListModel *model, guint initial);

/* How many rows are hidden before the first one shown. */
guint ui_tail_model_get_hidden (UiTailModel *self);

/* Shows up to n more. */
void ui_tail_model_reveal (UiTailModel *self, guint n);

/* Shows everything from a position of the other list on, as a new list: all rows are replaced. */
void ui_tail_model_restart (UiTailModel *self, guint position);

G_END_DECLS
