/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/snippet.h"

#include <string.h>

#include "shared/search-text.h"

#define BEFORE 28      /* characters before the first word that was found */
#define LENGTH_MAX 400 /* characters in all; a row shows fewer */

/* Where a byte of the folded text comes from. */
typedef struct
{
  guint begin;
  guint end;
} Source;

typedef struct
{
  GString *folded;
  GArray *sources; /* of Source, one for each byte of it */
} Folded;

static void
append (Folded *self, const char *bytes, gsize len, guint begin, guint end)
{
  const Source source = { begin, end };

  g_string_append_len (self->folded, bytes, (gssize) len);
  for (gsize i = 0; i < len; i++)
    g_array_append_val (self->sources, source);
}

/* The folding takes whole texts. Between two letters each character shows what it is: a part of the word, a word for itself, a gap, or nothing. */
static void
fold_character (Folded *self, const char *text, guint begin, guint end, GString *buffer, gboolean *gap)
{
  const char *middle;
  gsize len;

  g_string_assign (buffer, "a");
  g_string_append_len (buffer, text + begin, end - begin);
  g_string_append_c (buffer, 'b');
  middle = g_strdup (buffer->str);
  g_string_truncate (buffer, 0);
  search_text_fold (middle, strlen (middle), buffer);
  g_free ((char *) middle);
  if (buffer->len < 2)
    return;
  middle = buffer->str + 1;
  len = buffer->len - 2;
  if (len == 0)
    {
      if (self->sources->len > 0 && !*gap) /* an accent goes with its letter */
        g_array_index (self->sources, Source, self->sources->len - 1).end = end;
      return;
    }
  if (*middle == ' ')
    {
      *gap = TRUE;
      middle++;
      len--;
    }
  if (len == 0)
    return;
  if (*gap && self->folded->len > 0)
    append (self, " ", 1, begin, begin);
  *gap = middle[len - 1] == ' ';
  append (self, middle, len - *gap, begin, end);
}

static void
fold (Folded *self, const char *text)
{
  g_autoptr (GString) buffer = g_string_new (NULL);
  gboolean gap = TRUE;

  self->folded = g_string_new (NULL);
  self->sources = g_array_new (FALSE, FALSE, sizeof (Source));
  for (const char *p = text; *p; p = g_utf8_next_char (p))
    {
      const guint begin = (guint) (p - text);

      if (g_ascii_isalnum (*p))
        {
          const char letter = g_ascii_tolower (*p);

          if (gap && self->folded->len > 0)
            append (self, " ", 1, begin, begin);
          gap = FALSE;
          append (self, &letter, 1, begin, begin + 1);
        }
      else
        {
          fold_character (self, text, begin, (guint) (g_utf8_next_char (p) - text), buffer, &gap);
        }
    }
}

/* Marks the bytes of the text that one of the typed words has found. */
static void
mark_word (Folded *self, const char *word, guint8 *marks)
{
  g_autoptr (GString) phrase = g_string_new (NULL);
  const char *at = self->folded->str;

  search_text_fold (word, strlen (word), phrase);
  if (phrase->len == 0)
    return;
  while ((at = strstr (at, phrase->str)) != NULL)
    {
      const gsize offset = (gsize) (at - self->folded->str);

      if (offset == 0 || at[-1] == ' ')
        {
          const Source *first = &g_array_index (self->sources, Source, offset);
          const Source *last = &g_array_index (self->sources, Source, offset + phrase->len - 1);

          memset (marks + first->begin, 1, last->end - first->begin);
        }
      at++;
    }
}

static guint8 *
find (const char *text, const char *words)
{
  g_auto (GStrv) typed = g_strsplit_set (words, " \t\n\r", -1);
  guint8 *marks = g_new0 (guint8, strlen (text) + 1);
  Folded folded;

  fold (&folded, text);
  for (char **word = typed; *word; word++)
    mark_word (&folded, *word, marks);
  g_string_free (folded.folded, TRUE);
  g_array_unref (folded.sources);
  return marks;
}

/* Some words before the first mark. */
static const char *
beginning (const char *text, const guint8 *marks)
{
  const guint8 *mark = memchr (marks, 1, strlen (text));
  const char *start = mark ? text + (mark - marks) : text;
  const char *first = start;

  for (int n = 0; first > text && n < BEFORE; n++)
    first = g_utf8_prev_char (first);
  if (first == text)
    return text;
  for (const char *p = first; p < start; p = g_utf8_next_char (p))
    if (g_unichar_isspace (g_utf8_get_char (p)))
      return g_utf8_next_char (p);
  return first;
}

char *
ui_snippet_markup (const char *text, const char *words)
{
  g_autofree guint8 *marks = find (text, words);
  const char *p = beginning (text, marks);
  GString *markup = g_string_new (p > text ? "…" : NULL);
  gboolean bold = FALSE;

  for (int n = 0; *p && n < LENGTH_MAX; n++)
    {
      const char *next = g_utf8_next_char (p);
      g_autofree char *escaped = g_markup_escape_text (p, next - p);

      if (bold != marks[p - text])
        {
          bold = !bold;
          g_string_append (markup, bold ? "<b>" : "</b>");
        }
      g_string_append (markup, strchr ("\r\n\t", *p) ? " " : escaped);
      p = next;
    }
  g_string_append (markup, bold ? "</b>" : "");
  g_string_append (markup, *p ? "…" : "");
  return g_string_free (markup, FALSE);
}
