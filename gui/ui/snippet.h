/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a search hit shows of a message. No widget here. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The part of a text around the first of the words that were searched for, in one line, as Pango markup with all of these words bold: as they are
 * written there, whatever accents and case were typed. Words are found as search_text_query() finds them. Takes time linear in the text. Transfer full. */
char *ui_snippet_markup (const char *text, const char *words);

G_END_DECLS
