/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many workers may do the heavy part of TLS at a time: whoever is in already is served by the others. Any thread. */
#pragma once

#include "net/io-pool.h"

typedef struct _Handshakes Handshakes;

/* At most limit at a time; the others wait in the order in which they came, and are woken in the pool. */
Handshakes *handshakes_new (IoPool *pool, guint limit);
void handshakes_free (Handshakes *self); /* nobody waits any more */

/* Whether the one whose link this is (zeroed at first, with its IoItem as data) may do some of its handshake now, and then leaves. FALSE: it waits, and is
 * woken when it is its turn. */
gboolean handshakes_enter (Handshakes *self, GList *link);
void handshakes_leave (Handshakes *self);

/* It does not wait any more, if it did. */
void handshakes_give_up (Handshakes *self, GList *link);
