/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How often somebody may try to prove who they are: failures are counted for each address (IPv6 by its /64 network) and for each Client-ID, and the more there
 * are the longer the next attempt has to wait. An attempt is counted as a failure before its proof is looked at, so nobody gains by trying many at once,
 * or learns anything from the time.
 *
 * Someone who attacks an ID must not lock out whoever it belongs to: the address that proved the ID last is not slowed by what others do to it. Nor does an
 * attacker's own login make anything forgotten: a success takes away those failures only that can have been the same person's.
 *
 * Any thread; nothing waits in here. */
#pragma once

#include <netinet/in.h>

#include <glib.h>

#define ATTEMPTS_ID_FREE 3                                /* failures with a Client-ID that cost nothing */
#define ATTEMPTS_ADDRESS_FREE 20                          /* and from an address, which a whole house may share */
#define ATTEMPTS_DELAY_MAX_US (30 * G_TIME_SPAN_SECOND)   /* the delay doubles from two seconds up to this */
#define ATTEMPTS_HALF_LIFE_US (10 * G_TIME_SPAN_MINUTE)   /* so long after, half as many failures count */
#define ATTEMPTS_ENTRIES_MAX 65536                        /* addresses, and again Client-IDs; the ones unused for longest are forgotten */

typedef struct _Attempts Attempts;

/* clock: monotonic microseconds; NULL for the real one. */
Attempts *attempts_new (gint64 (*clock) (void));
void attempts_free (Attempts *self);

/* When the next attempt at the ID from the address may be looked at: now or later. It is reserved, unless that would be after the time latest. The ID need not
 * be one that exists. */
gint64 attempts_reserve (Attempts *self, const struct in6_addr *address, const char *id, gint64 latest);

/* The attempt that was reserved proved the ID. */
void attempts_succeed (Attempts *self, const struct in6_addr *address, const char *id);

/* How much is remembered. */
guint attempts_count_entries (Attempts *self);
