/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/grouping.h"

#include "ui/timestamp.h"

static gboolean
are_together (WcEntry *a, WcEntry *b)
{
  gint64 apart;

  if (a == NULL || b == NULL)
    return FALSE;
  if (wc_entry_get_kind (a) != WC_ENTRY_MESSAGE || wc_entry_get_kind (b) != WC_ENTRY_MESSAGE)
    return FALSE;
  if (g_strcmp0 (wc_entry_get_from (a), wc_entry_get_from (b)) != 0)
    return FALSE;
  apart = wc_entry_get_time (b) - wc_entry_get_time (a);
  if (ABS (apart) > UI_GROUP_MS)
    return FALSE;
  return wc_entry_get_time (a) == wc_entry_get_time (b) || ui_same_day (wc_entry_get_time (a), wc_entry_get_time (b));
}

UiGroupFlags
ui_group_flags (WcEntry *previous, WcEntry *entry, WcEntry *next)
{
  UiGroupFlags flags = 0;

  if (!are_together (previous, entry))
    flags |= UI_GROUP_FIRST;
  if (!are_together (entry, next))
    flags |= UI_GROUP_LAST;
  if (next == NULL)
    flags |= UI_GROUP_NEWEST;
  if (wc_entry_get_time (entry) > 0
      && (previous == NULL || !ui_same_day (wc_entry_get_time (previous), wc_entry_get_time (entry))))
    flags |= UI_GROUP_NEW_DAY;
  return flags;
}

UiGroupFlags
ui_group_flags_at (GListModel *entries, guint position, gboolean more_before)
{
  g_autoptr (WcEntry) previous = position > 0 ? g_list_model_get_item (entries, position - 1) : NULL;
  g_autoptr (WcEntry) entry = g_list_model_get_item (entries, position);
  g_autoptr (WcEntry) next = g_list_model_get_item (entries, position + 1);
  UiGroupFlags flags = ui_group_flags (previous, entry, next);

  if (previous == NULL && more_before)
    flags &= ~UI_GROUP_NEW_DAY;
  return flags;
}
