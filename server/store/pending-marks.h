/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the store was told and has not written yet, because it is told so often: how far
 * conversations were delivered, and when Client-IDs were last there. Readers lay it over what is on
 * disk. It has a lock of its own: any thread. */
#pragma once

#include <glib.h>

typedef struct _StorePendingMarks StorePendingMarks;

typedef enum
{
  STORE_PENDING_KNOWN, /* nothing new, or others are pending already */
  STORE_PENDING_FIRST, /* from now on there is something to be written within seconds */
  STORE_PENDING_MANY,  /* so many are pending that they had better be written now */
} StorePendingState;

StorePendingMarks *store_pending_marks_new (void);
void store_pending_marks_free (StorePendingMarks *self);

StorePendingState store_pending_marks_set_delivered (StorePendingMarks *self,
                                                     const char *receiver,
                                                     const char *peer,
                                                     guint64 seq);
StorePendingState
store_pending_marks_set_seen (StorePendingMarks *self, const char *id, gint64 time);

/* How far receiver's devices were sent the conversation with peer; 0 when nothing is pending. What
 * is not pending any more is on disk, so whoever looks here first and then there misses nothing. */
guint64
store_pending_marks_get_delivered (StorePendingMarks *self, const char *receiver, const char *peer);

/* The same for all conversations with peer: receiver -> GINT64 seq, each a copy. Transfer full. */
GHashTable *store_pending_marks_collect_delivered (StorePendingMarks *self, const char *peer);

typedef gboolean (*StorePendingDeliveredFunc) (
    const char *receiver, const char *peer, guint64 seq, gpointer user_data, GError **error);
typedef gboolean (*StorePendingSeenFunc) (const char *id,
                                          gint64 time,
                                          gpointer user_data,
                                          GError **error);

/* The writer's: takes all that is pending aside, where readers still see it; calls the functions
 * until one returns FALSE; and last says whether it is on disk. If not, it is pending as before. */
void store_pending_marks_take (StorePendingMarks *self);
gboolean store_pending_marks_foreach_taken (StorePendingMarks *self,
                                            StorePendingDeliveredFunc delivered,
                                            StorePendingSeenFunc seen,
                                            gpointer user_data,
                                            GError **error);
void store_pending_marks_finish (StorePendingMarks *self, gboolean written);
