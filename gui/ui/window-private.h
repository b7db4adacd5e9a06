/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ui/invitation-dialog.h"
#include "ui/login-page.h"
#include "ui/main-page.h"
#include "ui/window.h"

G_BEGIN_DECLS

struct _UiWindow
{
  AdwApplicationWindow parent_instance;

  GtkStack *stack;
  UiLoginPage *login_page;
  UiMainPage *main_page; /* made at the first login */

  UiInvitationDialog *invitation_dialog; /* while it is open; not held */

  WcClient *client;
  UiSettings *settings;
  GFile *folder;
  GSignalGroup *chat_watch; /* on the conversation shown */
  gboolean show_history;
};

/* window-actions.c */
void ui_window_class_install_actions (GtkWidgetClass *widget_class);

/* Enables the actions that make sense now. */
void ui_window_update_actions (UiWindow *self);

G_END_DECLS
