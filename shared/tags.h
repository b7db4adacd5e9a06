/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tag section of a protocol 2 line. For message.c alone; everybody else meets tags in a WireMessage. */
#pragma once

#include "shared/message.h"

/* Parses what stands between '@' and the space, unescaping in place. FALSE with *why set when a known tag has a value that it cannot have;
 * unknown tags are ignored. What could be read is in tags either way. */
gboolean wire_tags_parse (WireTags *tags, char *data, gsize len, const char **why);

/* Appends "@key=value;… " in the verb's order, or nothing when no tag is set. */
void wire_tags_format (const WireTags *tags, WireVerb verb, GString *out);
