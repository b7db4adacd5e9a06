/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/search-text.h"

#include <string.h>

#define DECOMPOSED_MAX 18 /* G_UNICHAR_MAX_DECOMPOSITION_LENGTH: characters that one can stand for */

typedef enum
{
  PART,   /* is no part of a word, and ends the one before it */
  DROP,   /* is no part of a word, but may stand in one */
  LETTER,
  SINGLE, /* a word for itself */
  MARK,   /* goes with the character before it */
} Kind;

typedef struct
{
  GString *out;
  gsize start;  /* where in out the first word is */
  Kind before;  /* LETTER and SINGLE: what the word that can go on consists of; PART: there is none */
  guint words;
} Folder;

/* Those that part no words by spaces; a few of them have marks, which stay with their character. */
static gboolean
is_unparted (GUnicodeScript script)
{
  switch (script)
    {
    case G_UNICODE_SCRIPT_HAN:
    case G_UNICODE_SCRIPT_HIRAGANA:
    case G_UNICODE_SCRIPT_KATAKANA:
    case G_UNICODE_SCRIPT_BOPOMOFO:
    case G_UNICODE_SCRIPT_YI:
    case G_UNICODE_SCRIPT_THAI:
    case G_UNICODE_SCRIPT_LAO:
    case G_UNICODE_SCRIPT_KHMER:
    case G_UNICODE_SCRIPT_MYANMAR:
    case G_UNICODE_SCRIPT_TAI_LE:
    case G_UNICODE_SCRIPT_NEW_TAI_LUE:
    case G_UNICODE_SCRIPT_TAI_THAM:
    case G_UNICODE_SCRIPT_TAI_VIET:
    case G_UNICODE_SCRIPT_JAVANESE:
    case G_UNICODE_SCRIPT_BALINESE:
      return TRUE;
    default:
      return FALSE;
    }
}

/* An accent, or a vowel that most people leave out. In other scripts (Devanagari, Thai …) a word without its marks is another one. */
static gboolean
is_dispensable (gunichar mark)
{
  if (mark == 0x3099 || mark == 0x309a) /* they turn the kana for ha into those for ba and pa */
    return FALSE;
  switch (g_unichar_get_script (mark))
    {
    case G_UNICODE_SCRIPT_INHERITED:
    case G_UNICODE_SCRIPT_COMMON:
    case G_UNICODE_SCRIPT_LATIN:
    case G_UNICODE_SCRIPT_GREEK:
    case G_UNICODE_SCRIPT_CYRILLIC:
    case G_UNICODE_SCRIPT_ARMENIAN:
    case G_UNICODE_SCRIPT_HEBREW:
    case G_UNICODE_SCRIPT_ARABIC:
    case G_UNICODE_SCRIPT_SYRIAC:
      return TRUE;
    default:
      return FALSE;
    }
}

/* Of a character that is decomposed and in lower case. */
static Kind
kind_of (gunichar c)
{
  if (c < 0x80) /* the tokenizer sees no symbols there */
    return g_ascii_isalnum ((char) c) ? LETTER : PART;
  switch (c)
    {
    case 0x0640: /* Arabic tatweel: makes a word longer to look at */
      return DROP;
    case 0x02bc: /* the apostrophe that is a letter; people type either */
    case 0x200b: /* zero width space */
    case 0x2044: /* what is left of a fraction in one character */
    case 0xfffd: /* what was not UTF-8 somewhere else */
      return PART;
    case 0x30fc: /* the kana's long vowel, which is of no script */
      return SINGLE;
    default:
      break;
    }
  switch (g_unichar_type (c))
    {
    case G_UNICODE_LOWERCASE_LETTER:
    case G_UNICODE_UPPERCASE_LETTER:
    case G_UNICODE_TITLECASE_LETTER:
    case G_UNICODE_MODIFIER_LETTER:
    case G_UNICODE_OTHER_LETTER:
      return is_unparted (g_unichar_get_script (c)) ? SINGLE : LETTER;
    case G_UNICODE_DECIMAL_NUMBER:
    case G_UNICODE_LETTER_NUMBER:
    case G_UNICODE_OTHER_NUMBER:
      return LETTER;
    case G_UNICODE_SPACING_MARK:
    case G_UNICODE_NON_SPACING_MARK:
    case G_UNICODE_ENCLOSING_MARK:
      return is_dispensable (c) ? DROP : MARK;
    case G_UNICODE_FORMAT: /* soft hyphens, joiners, directions */
      return DROP;
    case G_UNICODE_MODIFIER_SYMBOL:
      return c >= 0x1f3fb && c <= 0x1f3ff ? DROP : PART; /* an emoji of whichever skin tone */
    case G_UNICODE_MATH_SYMBOL:
    case G_UNICODE_CURRENCY_SYMBOL:
    case G_UNICODE_OTHER_SYMBOL:
    case G_UNICODE_PRIVATE_USE:
    case G_UNICODE_UNASSIGNED: /* next year's emoji */
      return SINGLE;
    default:
      return PART;
    }
}

/* Letters that people type for one which their keyboard lacks, and that are no letter with an accent to Unicode. 0 = it is no such letter. */
static const char *
plain_letters (gunichar c)
{
  switch (c)
    {
    case 0x00df: return "ss"; /* sharp s */
    case 0x00e6: return "ae";
    case 0x0153: return "oe";
    case 0x00f8: return "o";
    case 0x00fe: return "th";
    case 0x00f0:              /* eth */
    case 0x0111: return "d";
    case 0x0127: return "h";
    case 0x0131: return "i";  /* without its dot; the one with it is an i with an accent */
    case 0x0142: return "l";
    case 0x03c2: return "\xcf\x83"; /* sigma at the end of a word */
    default: return NULL;
    }
}

static void
add_letters (Folder *self, const char *bytes, gsize len)
{
  g_string_append_len (self->out, bytes, (gssize) len);
}

static void
begin (Folder *self, Kind kind)
{
  if (kind == LETTER && self->before == LETTER)
    return;
  if (self->out->len > self->start)
    g_string_append_c (self->out, ' ');
  self->before = kind;
  self->words++;
}

static void
add_decomposed (Folder *self, gunichar c)
{
  const char *plain;
  char bytes[6];
  Kind kind;
  int digit;

  c = g_unichar_tolower (c);
  kind = kind_of (c);
  if (kind == DROP)
    return;
  if (kind == PART || (kind == MARK && self->before == PART))
    {
      self->before = PART;
      return;
    }
  if (kind != MARK)
    begin (self, kind);
  digit = kind == LETTER ? g_unichar_digit_value (c) : -1;
  if (digit >= 0)
    g_string_append_c (self->out, (char) ('0' + digit));
  else if ((plain = plain_letters (c)) != NULL)
    add_letters (self, plain, strlen (plain));
  else
    add_letters (self, bytes, (gsize) g_unichar_to_utf8 (c, bytes));
}

static void
add_character (Folder *self, gunichar c)
{
  gunichar parts[DECOMPOSED_MAX];
  gsize n = g_unichar_fully_decompose (c, TRUE, parts, G_N_ELEMENTS (parts));

  n = MIN (n, G_N_ELEMENTS (parts));
  for (gsize i = 0; i < n; i++)
    add_decomposed (self, parts[i]);
}

/* The length of the letters and digits of ASCII at the beginning, which need no table. */
static gsize
plain_run (const char *text, gsize len)
{
  gsize n = 0;

  while (n < len && g_ascii_isalnum (text[n]))
    n++;
  return n;
}

static void
add_plain (Folder *self, const char *text, gsize len)
{
  gsize at;

  begin (self, LETTER);
  at = self->out->len;
  g_string_append_len (self->out, text, (gssize) len);
  for (; at < self->out->len; at++)
    self->out->str[at] = g_ascii_tolower (self->out->str[at]);
}

static void
fold (Folder *self, const char *text, gsize len)
{
  const char *end = text + len;

  while (text < end)
    {
      gsize run = plain_run (text, (gsize) (end - text));
      gunichar c;

      if (run > 0)
        {
          add_plain (self, text, run);
          text += run;
          continue;
        }
      c = (guchar) *text < 0x80 ? 0 : g_utf8_get_char_validated (text, end - text);
      if (c == 0 || c == (gunichar) -1 || c == (gunichar) -2)
        {
          self->before = PART;
          text++;
        }
      else
        {
          add_character (self, c);
          text = g_utf8_next_char (text);
        }
    }
}

void
search_text_fold (const char *text, gsize len, GString *out)
{
  Folder self = { .out = out, .start = out->len, .before = PART };

  fold (&self, text, len);
}

/* The bytes before the next white space. */
static gsize
typed_run (const char *words)
{
  const char *p = words;

  while (*p != '\0')
    {
      gunichar c = g_utf8_get_char_validated (p, -1);

      if (c == (gunichar) -1 || c == (gunichar) -2)
        p++;
      else if (g_unichar_isspace (c))
        break;
      else
        p = g_utf8_next_char (p);
    }
  return (gsize) (p - words);
}

/* The first words of a folded text, n of them at most. */
static void
keep_words (GString *folded, guint n)
{
  for (gsize i = 0; i < folded->len; i++)
    if (folded->str[i] == ' ' && --n == 0)
      g_string_truncate (folded, i);
}

char *
search_text_query (const char *words)
{
  g_autoptr (GString) query = g_string_new (NULL);
  g_autoptr (GString) phrase = g_string_new (NULL);
  guint left = SEARCH_TEXT_QUERY_WORDS;

  while (*words != '\0' && left > 0)
    {
      Folder self = { .out = phrase, .before = PART };
      gsize run = typed_run (words);

      g_string_truncate (phrase, 0);
      fold (&self, words, run);
      words += run;
      words = *words != '\0' ? g_utf8_next_char (words) : words;
      if (phrase->len == 0)
        continue;
      keep_words (phrase, left);
      left -= MIN (left, self.words);
      if (query->len > 0)
        g_string_append (query, " AND ");
      /* Only a-z, 0-9, spaces and what is not ASCII: nothing that would end the string. */
      g_string_append_printf (query, "\"%s\" *", phrase->str);
    }
  return query->len > 0 ? g_string_free (g_steal_pointer (&query), FALSE) : NULL;
}
