/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What becomes of the words between here and a server. */
typedef enum
{
  UI_ENCRYPTION_UNKNOWN, /* not an address */
  UI_ENCRYPTION_TLS,
  UI_ENCRYPTION_LOCAL,   /* none, but they do not leave this computer */
  UI_ENCRYPTION_NONE,
} UiEncryption;

/* By the address as the person typed it; NULL is no address. */
UiEncryption ui_encryption_of (const char *server);

/* In a few words; "" when unknown. Static. */
const char *ui_encryption_name (UiEncryption encryption);

/* What that means; a sentence. Static. */
const char *ui_encryption_explain (UiEncryption encryption);

/* A closed lock, or an open one. Static. */
const char *ui_encryption_icon (UiEncryption encryption);

G_END_DECLS
