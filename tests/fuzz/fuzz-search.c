/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts to words, and what was typed to a query: the words of words are themselves, and the query's quotes are in pairs. */
#include "fuzz.h"

#include <string.h>

#include "shared/search-text.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GString) words = g_string_new (NULL);
  g_autoptr (GString) again = g_string_new (NULL);
  g_autofree char *typed = g_strndup ((const char *) data, size);
  g_autofree char *query = search_text_query (typed);

  search_text_fold ((const char *) data, size, words);
  search_text_fold (words->str, words->len, again);
  g_assert_cmpmem (words->str, words->len, again->str, again->len);
  g_assert_cmpuint (words->len, <=, size * 12);
  g_assert_true (g_utf8_validate (words->str, (gssize) words->len, NULL));
  for (gsize i = 0; i < words->len; i++)
    g_assert_true (words->str[i] < 0 || words->str[i] == ' ' || g_ascii_isalnum (words->str[i]));
  if (query != NULL)
    {
      guint quotes = 0;

      g_assert_true (g_utf8_validate (query, -1, NULL));
      for (const char *p = query; *p != '\0'; p++)
        quotes += *p == '"';
      g_assert_cmpuint (quotes, >, 0);
      g_assert_cmpuint (quotes % 2, ==, 0);
      g_assert_true (g_str_has_suffix (query, "\" *"));
    }
  return 0;
}
