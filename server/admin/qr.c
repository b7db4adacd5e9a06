/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "admin/qr.h"

#include <errno.h>

#include <qrencode.h>

#define QUIET 4 /* modules around it, as the standard asks for */

/* Of 256 colours: unlike the first 16, no theme changes these. */
#define BLACK_ON_WHITE "\033[38;5;16;48;5;231m"
#define RESET          "\033[0m"

static gboolean
is_dark (const QRcode *code, int x, int y)
{
  return x >= 0 && y >= 0 && x < code->width && y < code->width && (code->data[y * code->width + x] & 1);
}

static void
draw_line (GString *lines, const QRcode *code, int y)
{
  static const char *const halves[2][2] = { { " ", "▄" }, { "▀", "█" } }; /* by the upper and the lower one */

  g_string_append (lines, BLACK_ON_WHITE);
  for (int x = -QUIET; x < code->width + QUIET; x++)
    g_string_append (lines, halves[is_dark (code, x, y)][is_dark (code, x, y + 1)]);
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
