/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A password that nobody guesses: about 99 bits from the system's random numbers, in lower-case letters and digits that are not mistaken for each other, in groups,
 * for whoever has to write it down. The caller frees it. NULL when the system has no random numbers. */
char *ui_password_generate (void);

G_END_DECLS
