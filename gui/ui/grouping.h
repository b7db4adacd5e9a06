/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a row of a log stands to its neighbours. No widget here. */
#pragma once

#include "client/entry.h"

G_BEGIN_DECLS

#define UI_GROUP_MS (2 * 60 * 1000) /* messages of one person no further apart than this are one group */

typedef enum
{
  UI_GROUP_FIRST = 1 << 0,   /* first of its group: carries the name */
  UI_GROUP_LAST = 1 << 1,    /* last of its group: carries avatar and time */
  UI_GROUP_NEW_DAY = 1 << 2, /* the first one of a day */
  UI_GROUP_NEWEST = 1 << 3,  /* nothing follows in the log */
  UI_GROUP_PLAIN = 1 << 4,   /* the past: without avatars and states; never set here */
} UiGroupFlags;

/* Of an entry between its neighbours, NULL where there is none. */
UiGroupFlags ui_group_flags (WcEntry *previous, WcEntry *entry, WcEntry *next);

/* Of the entry at a position of a model of WcEntry. With more_before, what stands before position 0 is not known yet, so no
 * day begins there. */
UiGroupFlags ui_group_flags_at (GListModel *entries, guint position, gboolean more_before);

G_END_DECLS
