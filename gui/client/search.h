/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/client.h"

G_BEGIN_DECLS

/* One message that was found. */
#define WC_TYPE_HIT (wc_hit_get_type ())
G_DECLARE_FINAL_TYPE (WcHit, wc_hit, WC, HIT, GObject)

WcConversation *wc_hit_get_conversation (WcHit *self); /* transfer none */
WcEntry *wc_hit_get_entry (WcHit *self);               /* transfer none */

/* A GListModel of WcHit, newest first, for what somebody types into a search field. First come those that are kept on this computer, at once; then what
 * only the server has. Properties, notified: "words" (string, read-write: a new value begins a new search; the old hits go when the new ones come), "loading"
 * (boolean), "error" (GError boxed, why the server's hits are missing; NULL when they are not), "has-more" (boolean: there are further, older hits). Main thread only. */
#define WC_TYPE_SEARCH (wc_search_get_type ())
G_DECLARE_FINAL_TYPE (WcSearch, wc_search, WC, SEARCH, GObject)

/* In one conversation, or with NULL in all of them. Neither is held: when they go, nothing is found any more. */
WcSearch *wc_search_new (WcClient *client, WcConversation *conversation);
void wc_search_set_words (WcSearch *self, const char *words);
const char *wc_search_get_words (WcSearch *self);
gboolean wc_search_get_loading (WcSearch *self);
gboolean wc_search_get_has_more (WcSearch *self);
const GError *wc_search_get_error (WcSearch *self);
void wc_search_load_more (WcSearch *self);

/* For tests of widgets, without a server. */
void wc_search_append (WcSearch *self, WcConversation *conversation, WcEntry *entry);

G_END_DECLS
