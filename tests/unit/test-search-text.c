/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is searched, and what is looked for: tables of texts, and the queries against a real full-text index. */
#include <string.h>

#include <sqlite3.h>

#include "shared/limits.h"
#include "shared/search-text.h"

/* From a copy of its exact size, so that a sanitizer sees every step outside. */
static char *
folded (const char *text, gsize len)
{
  g_autofree char *copy = g_memdup2 (text, len);
  GString *out = g_string_new (NULL);

  search_text_fold (copy != NULL ? copy : "", len, out);
  return g_string_free (out, FALSE);
}

static const struct
{
  const char *text, *words;
} folds[] = {
  /* ASCII */
  { "", "" },
  { " \t\r\n.,;!?()[]{}", "" },
  { "Hello, World!", "hello world" },
  { "  one\ttwo\n\nthree  ", "one two three" },
  { "don't e-mail a_b", "don t e mail a b" },
  { "v2 C++ 3.14", "v2 c 3 14" },
  { "\"NEAR(a b)\" AND -x:y^*", "near a b and x y" },
  /* case and accents, together or as marks of their own */
  { "\xc3\x89l\xc3\xa8ve na\xc3\xafve \xc3\x87" "a", "eleve naive ca" },
  { "E\xcc\x81le\xcc\x80ve", "eleve" },
  { "\xc3\x84PFEL stra\xc3\x9f" "e STRA\xe1\xba\x9e" "E", "apfel strasse strasse" },
  { "\xc5\x81\xc3\xb3" "d\xc5\xba \xc3\x98re \xc3\x86r\xc3\xb8 \xc4\x90\xc3\xb3", "lodz ore aero do" },
  { "\xc4\xb0stanbul I\xc5\x9fIK \xc4\xb1", "istanbul isik i" },
  { "\xce\x9f\xce\x94\xce\x9f\xce\xa3 \xce\xbf\xce\xb4\xcf\x8c\xcf\x82", "\xce\xbf\xce\xb4\xce\xbf\xcf\x83 \xce\xbf\xce\xb4\xce\xbf\xcf\x83" },
  { "\xd0\x9c\xd0\x9e\xd0\x81 \xd0\xbc\xd0\xbe\xd1\x91", "\xd0\xbc\xd0\xbe\xd0\xb5 \xd0\xbc\xd0\xbe\xd0\xb5" },
  { "vi\xe1\xbb\x87t", "viet" },
  /* compatibility: ligatures, full width, superscripts, digits of any script */
  { "\xef\xac\x81" "ne", "fine" },
  { "\xef\xbc\xa1\xef\xbd\x82\xef\xbc\x91", "ab1" },
  { "m\xc2\xb2 \xe2\x91\xa0", "m2 1" },
  { "\xc2\xbd", "1 2" },
  { "\xd9\xa1\xd9\xa2 \xe0\xa5\xa7\xe0\xa5\xa8", "12 12" },
  /* emoji and symbols */
  { "ok\xf0\x9f\x91\x8d\xf0\x9f\x91\x8d!", "ok \xf0\x9f\x91\x8d \xf0\x9f\x91\x8d" },
  { "\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd", "\xf0\x9f\x91\x8d" },
  { "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xef\xb8\x8f", "\xf0\x9f\x91\xa8 \xf0\x9f\x91\xa9" },
  { "\xe2\x9d\xa4\xef\xb8\x8f", "\xe2\x9d\xa4" },
  { "5\xe2\x82\xac", "5 \xe2\x82\xac" },
  { "1\xef\xb8\x8f\xe2\x83\xa3", "1" },
  { "\xf0\x9f\xab\xbf", "\xf0\x9f\xab\xbf" }, /* no Unicode knew it when this was written */
  /* Chinese, Japanese, Korean */
  { "\xe6\x9d\xb1\xe4\xba\xac" "Tower2\xe5\xa1\x94", "\xe6\x9d\xb1 \xe4\xba\xac tower2 \xe5\xa1\x94" },
  { "\xe4\xbd\xa0\xe5\xa5\xbd\xef\xbc\x8c\xe4\xb8\x96\xe7\x95\x8c\xe3\x80\x82", "\xe4\xbd\xa0 \xe5\xa5\xbd \xe4\xb8\x96 \xe7\x95\x8c" },
  { "\xe3\x81\x8c\xe3\x81\x8b", "\xe3\x81\x8b\xe3\x82\x99 \xe3\x81\x8b" },
  { "\xef\xbd\xb6\xef\xbe\x9e\xef\xbd\xb0", "\xe3\x82\xab\xe3\x82\x99 \xe3\x83\xbc" },
  { "\xf0\xa0\x80\x80\xe5\x85\xab", "\xf0\xa0\x80\x80 \xe5\x85\xab" },
  { "\xed\x95\x9c\xea\xb5\xad \xec\x96\xb4",
    "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab\xe1\x84\x80\xe1\x85\xae\xe1\x86\xa8 \xe1\x84\x8b\xe1\x85\xa5" },
  /* Thai, Lao, Khmer, Burmese: a character with its marks */
  { "\xe0\xb8\x81\xe0\xb8\xb4\xe0\xb8\x99\xe0\xb9\x80\xe0\xb8\x81", "\xe0\xb8\x81\xe0\xb8\xb4 \xe0\xb8\x99 \xe0\xb9\x80 \xe0\xb8\x81" },
  { "\xe0\xba\x81\xe0\xba\xb4\xe0\xba\x99", "\xe0\xba\x81\xe0\xba\xb4 \xe0\xba\x99" },
  { "\xe1\x9e\x81\xe1\x9f\x92\xe1\x9e\x98\xe1\x9f\x82", "\xe1\x9e\x81\xe1\x9f\x92 \xe1\x9e\x98\xe1\x9f\x82" },
  { "\xe1\x80\x99\xe1\x80\xbc\xe1\x80\x94\xe1\x80\xba", "\xe1\x80\x99\xe1\x80\xbc \xe1\x80\x94\xe1\x80\xba" },
  /* Hindi, Tamil: words with their vowels; the one nukta however it is written */
  { "\xe0\xa4\xb9\xe0\xa4\xbf\xe0\xa4\xa8\xe0\xa5\x8d\xe0\xa4\xa6\xe0\xa5\x80 \xe0\xa4\x95",
    "\xe0\xa4\xb9\xe0\xa4\xbf\xe0\xa4\xa8\xe0\xa5\x8d\xe0\xa4\xa6\xe0\xa5\x80 \xe0\xa4\x95" },
  { "\xe0\xa5\x98 \xe0\xa4\x95\xe0\xa4\xbc", "\xe0\xa4\x95\xe0\xa4\xbc \xe0\xa4\x95\xe0\xa4\xbc" },
  { "\xe0\xae\xa4\xe0\xae\xae\xe0\xae\xbf\xe0\xae\xb4\xe0\xaf\x8d", "\xe0\xae\xa4\xe0\xae\xae\xe0\xae\xbf\xe0\xae\xb4\xe0\xaf\x8d" },
  { "\xe0\xa4\xbf\xe0\xa4\xbf", "" }, /* marks with nothing to stand on */
  /* right to left: vowels, directions and what only stretches a word are no part of it */
  { "\xd7\xa9\xd6\xb8\xd7\x81\xd7\x9c\xd7\x95\xd6\xb9\xd7\x9d", "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d" },
  { "\xd9\x85\xd9\x8f\xd8\xad\xd9\x80\xd9\x80\xd9\x85\xd9\x91\xd8\xaf", "\xd9\x85\xd8\xad\xd9\x85\xd8\xaf" },
  { "\xd8\xa3\xd8\xad\xd9\x85\xd8\xaf", "\xd8\xa7\xd8\xad\xd9\x85\xd8\xaf" },
  { "\xe2\x80\x8f" "ab\xe2\x80\xaa" "cd\xe2\x80\xac", "abcd" },
  /* inside a word, and between two */
  { "soft\xc2\xadhyphen \xef\xbb\xbf" "bom a\xe2\x80\x8b" "b c\xc2\xa0" "d", "softhyphen bom a b c d" },
  { "\xd0\xbc'\xd1\x8f \xd0\xbc\xe2\x80\x99\xd1\x8f \xd0\xbc\xca\xbc\xd1\x8f", "\xd0\xbc \xd1\x8f \xd0\xbc \xd1\x8f \xd0\xbc \xd1\x8f" },
  /* not UTF-8: cut short, too long, a surrogate, beyond the last character, alone */
  { "a\xe6\x9d" "b", "a b" },
  { "a\xc0\xaf" "b\xe0\x80\xaf" "c", "a b c" },
  { "a\xed\xa0\x80" "b", "a b" },
  { "a\xf4\x90\x80\x80" "b\xff\xfe" "c\x80", "a b c" },
  { "a\xf0\x9f\x91", "a" },
};

static void
test_fold (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (folds); i++)
    {
      g_autofree char *words = folded (folds[i].text, strlen (folds[i].text));
      g_autofree char *again = folded (words, strlen (words));

      g_test_message ("text %u: %s", i, folds[i].text);
      g_assert_cmpstr (words, ==, folds[i].words);
      g_assert_cmpstr (again, ==, words);
    }
}

static void
test_fold_bytes (void)
{
  g_autoptr (GString) out = g_string_new ("before");
  g_autofree char *words = folded ("a\0b\0", 4);

  g_assert_cmpstr (words, ==, "a b");
  search_text_fold ("After!", 6, out);
  g_assert_cmpstr (out->str, ==, "beforeafter");
}

/* Each character that there is: words again, and within the bound. */
static void
test_every_character (void)
{
  for (gunichar c = 1; c <= 0x10ffff; c++)
    {
      g_autofree char *words = NULL, *again = NULL;
      char bytes[6];
      gsize len;

      if (!g_unichar_validate (c))
        continue;
      len = (gsize) g_unichar_to_utf8 (c, bytes);
      words = folded (bytes, len);
      again = folded (words, strlen (words));
      if (strcmp (words, again) != 0 || strlen (words) > len * 12 || strstr (words, "  ") != NULL)
        g_error ("U+%04X: \"%s\", then \"%s\"", c, words, again);
    }
}

/* The longest there are, of characters that become many. */
static void
test_long (void)
{
  static const char *const pieces[] = { "a", "A ", "\xef\xb7\xba", "\xe6\x9d\xb1", "\xf0\x9f\x91\x8d", "e\xcc\x81", "\xcc\x81", "\xff" };

  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      gsize each = strlen (pieces[i]);
      g_autoptr (GString) text = g_string_new (NULL);
      g_autofree char *words = NULL, *query = NULL;

      while (text->len + each <= 128 * WIRE_TEXT_MAX)
        g_string_append (text, pieces[i]);
      words = folded (text->str, text->len);
      g_assert_cmpuint (strlen (words), <=, text->len * 12);
      query = search_text_query (text->str);
      g_assert_true ((query == NULL) == (words[0] == '\0'));
    }
}

static const struct
{
  const char *typed, *query;
} queries[] = {
  { "", NULL },
  { "  \n", NULL },
  { "\"'()*:^-+,.{}", NULL },
  { "\xcc\x81 \xff \xe2\x80\x8f", NULL },
  { "Caf\xc3\xa9", "\"cafe\" *" },
  { "two  Words ", "\"two\" * AND \"words\" *" },
  { "don't", "\"don t\" *" },
  { "a\"b\" NEAR(c)", "\"a b\" * AND \"near c\" *" },
  { "\xe6\x9d\xb1\xe4\xba\xac\xe3\x80\x80\xe5\xa1\x94", "\"\xe6\x9d\xb1 \xe4\xba\xac\" * AND \"\xe5\xa1\x94\" *" },
  { "a \xff\xff b", "\"a\" * AND \"b\" *" },
};

static void
test_query (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (queries); i++)
    {
      g_autofree char *query = search_text_query (queries[i].typed);

      g_test_message ("typed %u: %s", i, queries[i].typed);
      g_assert_cmpstr (query, ==, queries[i].query);
    }
}

/* A real index with one row. */
typedef struct
{
  sqlite3 *db;
  sqlite3_stmt *clear, *add, *find;
} Index;

static void
index_prepare (Index *self, const char *sql, sqlite3_stmt **statement)
{
  if (sqlite3_prepare_v2 (self->db, sql, -1, statement, NULL) != SQLITE_OK)
    g_error ("%s: %s", sql, sqlite3_errmsg (self->db));
}

static void
index_open (Index *self)
{
  g_assert_cmpint (sqlite3_open (":memory:", &self->db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (self->db, "CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = 'ascii')", NULL, NULL, NULL), ==, SQLITE_OK);
  index_prepare (self, "DELETE FROM words", &self->clear);
  index_prepare (self, "INSERT INTO words (text) VALUES (?1)", &self->add);
  index_prepare (self, "SELECT count(*) FROM words WHERE words MATCH ?1", &self->find);
}

static void
index_close (Index *self)
{
  sqlite3_finalize (self->clear);
  sqlite3_finalize (self->add);
  sqlite3_finalize (self->find);
  g_assert_cmpint (sqlite3_close (self->db), ==, SQLITE_OK);
}

static void
index_set (Index *self, const char *text)
{
  g_autofree char *words = folded (text, strlen (text));

  g_assert_cmpint (sqlite3_step (self->clear), ==, SQLITE_DONE);
  sqlite3_reset (self->clear);
  sqlite3_bind_text (self->add, 1, words, -1, SQLITE_TRANSIENT);
  g_assert_cmpint (sqlite3_step (self->add), ==, SQLITE_DONE);
  sqlite3_reset (self->add);
}

/* FALSE also for nothing to look for. Fails when the query is wrong. */
static gboolean
index_finds (Index *self, const char *typed)
{
  g_autofree char *query = search_text_query (typed);
  gboolean found;

  if (query == NULL)
    return FALSE;
  sqlite3_bind_text (self->find, 1, query, -1, SQLITE_TRANSIENT);
  if (sqlite3_step (self->find) != SQLITE_ROW)
    g_error ("\"%s\" made the query %s: %s", typed, query, sqlite3_errmsg (self->db));
  found = sqlite3_column_int (self->find, 0) > 0;
  sqlite3_reset (self->find);
  return found;
}

static const struct
{
  const char *text, *typed;
  gboolean found;
} finds[] = {
  { "Meet me at noon", "noon", TRUE },
  { "Meet me at noon", "MEE", TRUE },
  { "Meet me at noon", "noon meet", TRUE },
  { "Meet me at noon", "oon", FALSE },
  { "Meet me at noon", "noon midnight", FALSE },
  { "Meet me at noon", "AND", FALSE },
  { "to be OR NOT to be", "or not", TRUE },
  { "to be OR NOT to be", "NOT", TRUE },
  { "I don't know", "don't", TRUE },
  { "I don't know", "don'", TRUE },
  { "I don't know", "don t", TRUE },
  { "do not", "don't", FALSE },
  { "well-known fact", "well-kn", TRUE },
  { "well, nothing known", "well-kn", FALSE },
  { "un caf\xc3\xa9 cr\xc3\xa8me", "cafe creme", TRUE },
  { "un cafe creme", "CAF\xc3\x89", TRUE },
  { "see https://example.org/a?b=c", "example.org", TRUE },
  { "see https://example.org/a?b=c", "https://exam", TRUE },
  { "\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd", "\xe4\xba\xac\xe9\x83\xbd", TRUE },
  { "\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd", "\xe6\x9d\xb1\xe9\x83\xbd", FALSE },
  { "\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd", "\xe6\x9d\xb1 \xe9\x83\xbd", TRUE },
  { "\xe3\x81\x8c", "\xe3\x81\x8b", TRUE }, /* as its beginning; input methods come this way */
  { "\xe3\x81\x8b", "\xe3\x81\x8c", FALSE },
  { "\xed\x95\x9c\xea\xb5\xad\xec\x96\xb4", "\xed\x95\x98", TRUE },
  { "\xed\x95\x9c\xea\xb5\xad\xec\x96\xb4", "\xed\x95\x9c\xea\xb5\xad", TRUE },
  { "\xed\x95\x9c\xea\xb5\xad\xec\x96\xb4", "\xea\xb5\xad", FALSE },
  { "\xe0\xb8\x89\xe0\xb8\xb1\xe0\xb8\x99\xe0\xb8\x81\xe0\xb8\xb4\xe0\xb8\x99", "\xe0\xb8\x81\xe0\xb8\xb4\xe0\xb8\x99", TRUE },
  { "\xe0\xb8\x89\xe0\xb8\xb1\xe0\xb8\x99\xe0\xb8\x81\xe0\xb8\xb4\xe0\xb8\x99", "\xe0\xb8\x81\xe0\xb8\xb1\xe0\xb8\x99", FALSE },
  { "great \xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd!", "\xf0\x9f\x91\x8d", TRUE },
  { "great!", "\xf0\x9f\x91\x8d", FALSE },
  { "\xd9\x85\xd9\x8f\xd8\xad\xd9\x8e\xd9\x85\xd9\x91\xd8\xaf", "\xd9\x85\xd8\xad\xd9\x85\xd8\xaf", TRUE },
  { "12 \xe2\x82\xac", "12\xe2\x82\xac", TRUE },
  { "a", "a\"", TRUE },
  { "a", "\"a", TRUE },
  { "a b", "\"a b\"", TRUE },
  { "a", "a*", TRUE },
  { "a", "text:a", FALSE },
  { "text a", "text:a", TRUE },
  { "a b", "{text}:a + b", FALSE },
  { "a b", "^a - -b", TRUE },
  { "near a 3", "NEAR(a, 3)", TRUE },
  { "a", "(", FALSE },
  { "a", "", FALSE },
};

static void
test_find (void)
{
  Index index;

  index_open (&index);
  for (guint i = 0; i < G_N_ELEMENTS (finds); i++)
    {
      g_test_message ("find %u: %s", i, finds[i].typed);
      index_set (&index, finds[i].text);
      g_assert_cmpint (index_finds (&index, finds[i].typed), ==, finds[i].found);
    }
  index_close (&index);
}

/* Whatever is typed, the query is right; and a text is found by any part of it, up to the limit. */
static void
test_find_anything (void)
{
  static const char *const pieces[] = { "a", "B2", " ", " ", "\"", "'", "*", "-", "^", ":", "(", ")", "{", "}", "+", ",", "\\", "%", "NEAR", "AND",
                                        "OR", "NOT", "\t", "\n", "\x01", "\xc3\xa9", "\xcc\x81", "\xe6\x9d\xb1", "\xe4\xba\xac", "\xe0\xb8\x81\xe0\xb8\xb4",
                                        "\xe0\xa4\xb9\xe0\xa4\xbf", "\xed\x95\x9c", "\xf0\x9f\x91\x8d", "\xe2\x80\x8d", "\xef\xbf\xbd", "\xff", "\xe6", "\xc2\xa0" };
  Index index;

  index_open (&index);
  for (guint i = 0; i < 3000; i++)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      guint n = (guint) g_test_rand_int_range (1, i % 100 == 0 ? 500 : 12);
      g_autofree char *words = NULL;

      for (guint j = 0; j < n; j++)
        g_string_append (text, pieces[g_test_rand_int_range (0, G_N_ELEMENTS (pieces))]);
      words = folded (text->str, text->len);
      index_set (&index, text->str);
      g_assert_cmpint (index_finds (&index, text->str), ==, words[0] != '\0');
      g_assert_cmpint (index_finds (&index, words), ==, words[0] != '\0');
    }
  index_close (&index);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/search-text/fold", test_fold);
  g_test_add_func ("/search-text/fold-bytes", test_fold_bytes);
  g_test_add_func ("/search-text/every-character", test_every_character);
  g_test_add_func ("/search-text/long", test_long);
  g_test_add_func ("/search-text/query", test_query);
  g_test_add_func ("/search-text/find", test_find);
  g_test_add_func ("/search-text/find-anything", test_find_anything);
  return g_test_run ();
}
