/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "client/search.h"

G_BEGIN_DECLS

/* A search field, and under it the messages with the words that stand in it; or, while nothing stands there, something else.
 *
 * Properties: "client" (WcClient), "conversation" (WcConversation: only its messages; NULL: everybody's), "child" (GtkWidget: what shows while
 * nothing is searched for), "searching" (boolean, read-only, notified: the messages found show rather than the child).
 * Signals: "open" (WcHit): a message was chosen; "stop": Escape, and nothing is searched for any more. */
#define UI_TYPE_SEARCH_VIEW (ui_search_view_get_type ())
G_DECLARE_FINAL_TYPE (UiSearchView, ui_search_view, UI, SEARCH_VIEW, GtkWidget)

/* The keyboard into the field, what stands there selected; words: put there before, unless NULL or empty. */
void ui_search_view_begin (UiSearchView *self, const char *words);

/* Shows the child, though there are words: a message that was chosen is in it. The words stay for the way back. */
void ui_search_view_show_child (UiSearchView *self);

/* Forgets the words. */
void ui_search_view_clear (UiSearchView *self);

/* One step back: from the message that was chosen to those that were found, else to where nothing is searched for. FALSE when it is that already. */
gboolean ui_search_view_back (UiSearchView *self);

/* Says something under the field until the words change. */
void ui_search_view_set_note (UiSearchView *self, const char *note);

gboolean ui_search_view_get_searching (UiSearchView *self);
WcSearch *ui_search_view_get_search (UiSearchView *self); /* transfer none; NULL before there are words */

G_END_DECLS
