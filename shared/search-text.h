/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How messages are searched, the same in the server's history and in the app's: text to words, and what somebody
 * typed to a query, for a full-text index of SQLite (FTS5 with the tokenizer "ascii"). Pure functions. */
#pragma once

#include <glib.h>

/* Appends the words of a text, parted by single spaces: in lower case, without accents, nothing but letters, digits and
 * symbols. In a script that does not part its words (Chinese, Japanese, Thai …) each character is a word; so is each emoji. */
void search_text_fold (const char *text, gsize len, GString *out);

/* The FTS5 query for all of what was typed: each run of letters may be the beginning of a word. NULL when there is nothing to look for in it.
 * Transfer full; any input makes a query that is right. */
char *search_text_query (const char *words);
