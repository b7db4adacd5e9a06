/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/password.h"

#include <string.h>
#include <sys/random.h>

#define LENGTH 20
#define GROUP 5

/* No 0, o, 1, l and i. */
static const char alphabet[] = "23456789abcdefghjkmnpqrstuvwxyz";

/* Every letter is as likely as the others: what does not divide evenly is thrown again. */
static gboolean
random_letter (char *letter)
{
  const guint n = strlen (alphabet);
  const guint limit = 256 - 256 % n;
  guint8 byte;

  do
    {
      if (getrandom (&byte, sizeof byte, 0) != sizeof byte)
        return FALSE;
    }
  while (byte >= limit);
  *letter = alphabet[byte % n];
  return TRUE;
}

char *
ui_password_generate (void)
{
  GString *password = g_string_sized_new (LENGTH + LENGTH / GROUP);

  for (guint i = 0; i < LENGTH; i++)
    {
      char letter;

      if (!random_letter (&letter))
        {
          g_string_free (password, TRUE);
          return NULL;
        }
      if (i > 0 && i % GROUP == 0)
        g_string_append_c (password, '-');
      g_string_append_c (password, letter);
    }
  return g_string_free (password, FALSE);
}
