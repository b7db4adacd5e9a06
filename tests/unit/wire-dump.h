/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a parsed message is, in a form that a table can hold. */
#pragma once

#include "shared/message.h"

/* Parses a copy of the line and renders it: "seq=1;from=bob CHAT (word) (word) <text>", or "!code"
 * with the id tag before it if there is one. Line ends in the text show as \n and \r. Transfer
 * full. */
char *wire_dump (WireDialect dialect, WireSide from, const char *line, gsize len);
