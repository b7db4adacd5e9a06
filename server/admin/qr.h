/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A QR code for a terminal. */
#pragma once

#include <gio/gio.h>

/* Lines of UTF-8 that show the text as a QR code, two rows of it a line, in black on white whatever the terminal's colours are. Transfer full. NULL with
 * G_IO_ERROR when the text is too long for one. */
char *qr_draw (const char *text, GError **error);
