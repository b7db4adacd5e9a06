/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A store.h in memory for a fuzz target, linked in the place of the real one: what is asked of it is done when it is told to, by whoever tells it. */
#pragma once

#include "store/store.h"

Store *fake_store_new (StoreStoredFunc stored, gpointer user_data);

/* Commits what was appended (or, with fail, does not), and answers what was asked. FALSE when there was nothing. */
gboolean fake_store_run (Store *self, gboolean fail);

/* From now on there are no session numbers; or again. */
void fake_store_refuse_sessions (Store *self, gboolean refuse);

/* The newest seq of the conversation; 0 for none. */
guint64 fake_store_get_last (Store *self, const char *a, const char *b);

/* Message seq of the conversation; NULL when there is none. Valid until the next message. */
const StoreRow *fake_store_get_row (Store *self, const char *a, const char *b, guint64 seq);
