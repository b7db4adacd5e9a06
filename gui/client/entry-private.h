/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the engine alone may change about an entry. */
#pragma once

#include "client/entry.h"

G_BEGIN_DECLS

/* The server stored it: its place in the conversation, and the server's time (0 keeps the one it has). */
void wc_entry_set_stored (WcEntry *self, guint64 seq, gint64 time, WcDelivery delivery);

/* error is for a person, and only kept with WC_DELIVERY_FAILED. */
void wc_entry_set_delivery (WcEntry *self, WcDelivery delivery, const char *error);

G_END_DECLS
