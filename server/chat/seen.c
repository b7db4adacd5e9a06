/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When each Client-ID on the list was last there. */
#include "chat/hub-private.h"

#include <string.h>

typedef struct
{
  gint64 time; /* ms since 1970 UTC */
  char id[];
} Seen;

void
seen_init (Hub *hub)
{
  hub->seen = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
}

static void
set (Hub *hub, const char *id, gint64 time)
{
  Seen *seen = g_hash_table_lookup (hub->seen, id);

  if (seen == NULL)
    {
      gsize len = strlen (id);

      seen = g_malloc (sizeof *seen + len + 1);
      memcpy (seen->id, id, len + 1);
      g_hash_table_insert (hub->seen, seen->id, seen);
    }
  seen->time = time;
}

static void
loaded_cb (const char *id, gint64 time, gpointer user_data)
{
  Hub *hub = user_data;

  if (client_list_contains (hub->list, id))
    set (hub, id, time);
}

void
seen_load (Hub *hub)
{
  store_load_seen (hub->store, loaded_cb, hub);
}

void
seen_now (Hub *hub, const char *id)
{
  gint64 now = g_get_real_time () / 1000;

  if (hub->store == NULL || !client_list_contains (hub->list, id))
    return;

  set (hub, id, now);
  store_set_seen (hub->store, id, now);
}

gboolean
seen_get (Hub *hub, const char *id, gint64 *time)
{
  Seen *seen = g_hash_table_lookup (hub->seen, id);

  if (seen == NULL)
    return FALSE;

  *time = seen->time;
  return TRUE;
}

static gboolean
is_off_the_list (gpointer id, gpointer value, gpointer list)
{
  return !client_list_contains (list, id);
}

void
seen_follow_list (Hub *hub)
{
  g_hash_table_foreach_remove (hub->seen, is_off_the_list, hub->list);
}
