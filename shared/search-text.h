/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How messages are searched, the same in the server's history and in the app's: text to words, and what somebody
 * typed to a query, for a full-text index of SQLite (FTS5 with the tokenizer "ascii"). Pure functions; any thread. */
#pragma once

#include <glib.h>

/* Another number when the words of a text come out differently: an index that was made with another one must be made anew. */
#define SEARCH_TEXT_VERSION 1

/* Appends the words of a text, parted by single spaces: in lower case, without accents, nothing but letters, digits and
 * symbols. In a script that does not part its words (Chinese, Japanese, Thai …) each character is a word; so is each emoji.
 * len: bytes, any; what is not UTF-8 parts words. Takes time by the length alone, and appends at most 12 bytes for each of them. The words
 * of a folded text are the text itself. */
void search_text_fold (const char *text, gsize len, GString *out);

/* The FTS5 query for all of what was typed: each run of letters may be the beginning of a word. What stands without a space
 * between ("don't", "東京") must follow one another in the message. NULL when there is nothing to look for in it.
 * Transfer full; any input makes a query that is right: what goes beyond SEARCH_TEXT_QUERY_WORDS is left out. */
#define SEARCH_TEXT_QUERY_WORDS 64
char *search_text_query (const char *words);
