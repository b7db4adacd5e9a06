/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of a UiMessageList: shared by message-list.c (the widget and its model) and message-list-rows.c (what its rows show). */
#pragma once

#include "ui/message-list.h"

#include "ui/scroll-keeper.h"
#include "ui/tail-model.h"

G_BEGIN_DECLS

struct _UiMessageList
{
  GtkWidget parent;
  GtkWidget *overlay;
  GtkScrolledWindow *scroller;
  GtkListView *view;
  GtkWidget *day;        /* the day of the first row seen */
  GtkWidget *live;       /* read aloud when its text changes */
  UiScrollKeeper *keeper;

  GListModel *entries;   /* all there is; NULL before it is set */
  UiTailModel *tail;     /* what is shown of it */
  GPtrArray *rows;       /* of GtkListItem, not owned: those that are bound now */
  guint fill_id;         /* idle: makes more rows ready */

  WcEntry *divider;      /* the first new message */
  guint n_new;
  WcEntry *pointed;      /* what was looked for, while it is marked */
  gboolean focus_due;    /* and has not the focus yet */
  guint focus_id;        /* idle: gives it the focus */
  guint point_id;        /* takes the mark away */
  char *peer;
  GError *error;
  guint idle_minutes;
  gboolean has_older;
  gboolean has_newer;
  gboolean loading;
  gboolean day_on_top;
  gboolean plain;
};

enum
{
  UI_MESSAGE_LIST_LOAD_OLDER,
  UI_MESSAGE_LIST_LOAD_NEWER,
  UI_MESSAGE_LIST_RETRY,
  UI_MESSAGE_LIST_REMOVE,
  UI_MESSAGE_LIST_N_SIGNALS
};

extern guint ui_message_list_signals[UI_MESSAGE_LIST_N_SIGNALS];

/* message-list-rows.c */
void ui_message_list_class_bind_rows (GtkWidgetClass *widget_class); /* the template's factory */
void ui_message_list_refresh_rows (UiMessageList *self);
void ui_message_list_refresh_row_at (UiMessageList *self, guint position);

/* The message that was looked for: gets the focus as soon as it has a place; is like all others again. */
void ui_message_list_focus_pointed (UiMessageList *self);
void ui_message_list_forget_pointed (UiMessageList *self);

G_END_DECLS
