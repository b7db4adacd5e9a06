/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/conversation.h"

G_BEGIN_DECLS

/* A GListModel of WcConversation: those of a source whose Client-ID holds the search text (in any case), ordered by their last
 * message, newest first, then by name. Keeps its order while messages come.
 *
 * Properties: "source" (GListModel of WcConversation), "search" (string, never NULL), "source-empty" (boolean: the source has nobody),
 * "unread" (uint, of everybody in the source). Main thread only. */
#define UI_TYPE_PEOPLE_MODEL (ui_people_model_get_type ())
G_DECLARE_FINAL_TYPE (UiPeopleModel, ui_people_model, UI, PEOPLE_MODEL, GObject)

UiPeopleModel *ui_people_model_new (void);

G_END_DECLS
