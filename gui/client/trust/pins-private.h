/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between pins.c, which keeps them, and pins-file.c, which reads and writes them. */
#pragma once

#include "client/trust/pins.h"

G_BEGIN_DECLS

#define PINS_FILE_MAX (1024 * 1024) /* bytes; what is longer is no such file */

struct _WcPin
{
  GObject parent_instance;

  char *host; /* in lower case */
  guint16 port;
  char *address;
  char *fingerprint;
};

WcPin *wc_pin_new (const char *host, guint16 port, const char *fingerprint);

/* In a thread. Returns what can be read, of WcPin, also with an error: G_IO_ERROR, and nothing is known; or WC_ERROR_FAILED, whose message is for a
 * person: the file made no sense, or a part of it, and is kept under another name. Transfer full. */
GPtrArray *wc_pins_file_read (GFile *folder, GError **error);

/* What the file with these has in it. Transfer full. */
char *wc_pins_file_format (GListModel *pins);
/* In a thread. Makes the folder as well; an old file is replaced at once and completely, or not at all. */
gboolean wc_pins_file_write (GFile *folder, const char *content, GError **error);

G_END_DECLS
