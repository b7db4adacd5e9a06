/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a message's plain text holds for the eye: links, and nothing but emoji. No widget here. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The text as Pango markup with its links (http, https, mailto, webchat; nothing else) as <a>, everything else escaped.
 * NULL when there is no link: the plain text does then. Takes time linear in the text. */
char *ui_rich_text_markup (const char *text);

/* The text's first link, or NULL. */
char *ui_rich_text_first_link (const char *text);

/* Whether the text is one to three emoji and nothing else. */
gboolean ui_rich_text_is_emoji (const char *text);

G_END_DECLS
