/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "admin/qr.h"

#include <errno.h>

#include <qrencode.h>

#define QUIET 4 /* modules around it, as the standard asks for */

/* Of 256 colours: unlike the first 16, no theme changes these. */
#define BLACK 16
#define WHITE 231
#define RESET "\033[0m"

static gboolean
is_dark (const QRcode *code, int x, int y)
{
  return x >= 0 && y >= 0 && x < code->width && y < code->width && (code->data[y * code->width + x] & 1);
}

/* Two modules, one above the other. Where they are the same it is the background that shows them: in many fonts a block does not fill its cell. */
static void
draw_cell (GString *lines, gboolean upper, gboolean lower, int *front, int *back)
{
  int wanted_front = upper ? BLACK : WHITE, wanted_back = lower ? BLACK : WHITE;

  if (*back != wanted_back)
    g_string_append_printf (lines, "\033[48;5;%dm", *back = wanted_back);
  if (upper == lower)
    {
      g_string_append_c (lines, ' ');
      return;
    }
  if (*front != wanted_front)
    g_string_append_printf (lines, "\033[38;5;%dm", *front = wanted_front);
  g_string_append (lines, "▀");
}

static void
draw_line (GString *lines, const QRcode *code, int y)
{
  int front = -1, back = -1;

  for (int x = -QUIET; x < code->width + QUIET; x++)
    draw_cell (lines, is_dark (code, x, y), is_dark (code, x, y + 1), &front, &back);
  g_string_append (lines, RESET "\n");
}

char *
qr_draw (const char *text, GError **error)
{
  QRcode *code = QRcode_encodeString8bit (text, 0, QR_ECLEVEL_L);
  g_autoptr (GString) lines = g_string_new (NULL);

  if (code == NULL)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "no QR code: %s", g_strerror (errno));
      return NULL;
    }
  for (int y = -QUIET; y < code->width + QUIET; y += 2)
    draw_line (lines, code, y);
  QRcode_free (code);
  return g_string_free (g_steal_pointer (&lines), FALSE);
}
