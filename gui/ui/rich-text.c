/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/rich-text.h"

#include <string.h>

#define EMOJI_MAX 3

static const char *const schemes[] = { "https://", "http://", "mailto:", "webchat:" };

static gsize
scheme_length (const char *text)
{
  for (gsize i = 0; i < G_N_ELEMENTS (schemes); i++)
    {
      gsize length = strlen (schemes[i]);
      if (g_ascii_strncasecmp (text, schemes[i], length) == 0)
        return length;
    }
  return 0;
}

static gboolean
ends_link (gunichar c)
{
  return g_unichar_isspace (c) || g_unichar_iscntrl (c) || c == '<' || c == '>' || c == '"' || c == '`'
         || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069); /* direction marks would let a link show as another */
}

/* Punctuation that ends the sentence is not the link's; a closing bracket is, when the link opened it. */
static gsize
trim_link (const char *link, gsize length, gsize scheme)
{
  int depth = 0;

  for (gsize i = 0; i < length; i++)
    depth += link[i] == '(' ? 1 : link[i] == ')' ? -1 : 0;
  while (length > scheme)
    {
      char last = link[length - 1];

      if (last == ')' && depth < 0)
        depth++;
      else if (strchr (".,;:!?'*]}", last) == NULL)
        break;
      length--;
    }
  return length;
}

/* The next link at or after text: where it starts, and its length in bytes; NULL when there is none. */
static const char *
find_link (const char *text, gboolean after_word, gsize *length)
{
  while (*text)
    {
      gsize scheme = after_word ? 0 : scheme_length (text);

      if (scheme > 0)
        {
          const char *end = text + scheme;

          while (*end && !ends_link (g_utf8_get_char (end)))
            end = g_utf8_next_char (end);
          *length = trim_link (text, (gsize) (end - text), scheme);
          if (*length > scheme)
            return text;
          text += scheme - 1;
        }
      after_word = g_unichar_isalnum (g_utf8_get_char (text));
      text = g_utf8_next_char (text);
    }
  return NULL;
}

char *
ui_rich_text_markup (const char *text)
{
  gsize length;
  const char *link = find_link (text, FALSE, &length);
  GString *markup;

  if (link == NULL)
    return NULL;
  markup = g_string_new (NULL);
  while (link)
    {
      g_autofree char *before = g_markup_escape_text (text, link - text);
      g_autofree char *target = g_markup_escape_text (link, (gssize) length);

      g_string_append_printf (markup, "%s<a href=\"%s\">%s</a>", before, target, target);
      text = link + length;
      link = find_link (text, TRUE, &length);
    }
  g_autofree char *rest = g_markup_escape_text (text, -1);
  g_string_append (markup, rest);
  return g_string_free (markup, FALSE);
}

char *
ui_rich_text_first_link (const char *text)
{
  gsize length;
  const char *link = find_link (text, FALSE, &length);

  return link ? g_strndup (link, length) : NULL;
}

static gboolean
is_emoji_base (gunichar c)
{
  return (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x1f1e6 && c <= 0x1f1ff) || (c >= 0x2600 && c <= 0x27bf)
         || (c >= 0x2b00 && c <= 0x2bff) || (c >= 0x1f000 && c <= 0x1f2ff);
}

static gboolean
is_emoji_part (gunichar c) /* joins or colours the one before it */
{
  return c == 0x200d || c == 0xfe0f || (c >= 0x1f3fb && c <= 0x1f3ff) || (c >= 0xe0020 && c <= 0xe007f);
}

gboolean
ui_rich_text_is_emoji (const char *text)
{
  int n = 0;
  int flags = 0; /* a flag is two letters */
  gboolean joined = FALSE;

  for (const char *p = text; *p; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (is_emoji_part (c))
        {
          if (n == 0)
            return FALSE;
          joined = c == 0x200d;
          continue;
        }
      if (!is_emoji_base (c))
        return FALSE;
      if (c >= 0x1f1e6 && c <= 0x1f1ff)
        joined = flags++ % 2 == 1;
      if (!joined && ++n > EMOJI_MAX)
        return FALSE;
      joined = FALSE;
    }
  return n > 0;
}
