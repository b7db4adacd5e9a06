/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The fingerprint of a certificate for people, who read it aloud to each other. hex: 64 hex digits as the engine has them; whatever else it is comes out
 * in groups just the same. The caller frees what is returned. */

/* All of it in groups of four, four groups a line. */
char *ui_fingerprint_group (const char *hex);

/* Its first groups, to tell one from another in a list. */
char *ui_fingerprint_shorten (const char *hex);

/* As a screen reader should say it: letter by letter, with a pause between groups. */
char *ui_fingerprint_spell (const char *hex);

G_END_DECLS
