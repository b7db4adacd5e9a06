/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tag section of a protocol 2 line. Most code meets tags as a part of a WireMessage. */
#pragma once

#include "shared/span.h"

/* A bit for each tag that a message has. */
typedef enum
{
  WIRE_TAG_ID = 1 << 0,
  WIRE_TAG_CONV = 1 << 1,
  WIRE_TAG_FROM = 1 << 2,
  WIRE_TAG_REASON = 1 << 3,
  WIRE_TAG_STATE = 1 << 4,
  WIRE_TAG_SEQ = 1 << 5,
  WIRE_TAG_TIME = 1 << 6,
  WIRE_TAG_BEFORE = 1 << 7,
  WIRE_TAG_AFTER = 1 << 8,
  WIRE_TAG_LIMIT = 1 << 9,
  WIRE_TAG_COUNT = 1 << 10,
  WIRE_TAG_LAST = 1 << 11,
  WIRE_TAG_MORE = 1 << 12,
  WIRE_TAG_READ = 1 << 13,
  WIRE_TAG_OWN = 1 << 14,
  WIRE_TAG_WANT = 1 << 15,
  WIRE_TAG_DELIVERED = 1 << 16,
  WIRE_TAG_PEERREAD = 1 << 17,
  WIRE_TAG_SINCE = 1 << 18,
  WIRE_TAG_V = 1 << 19,
  WIRE_TAG_WAIT = 1 << 20,
} WireTag;

typedef struct
{
  guint set; /* WireTag bits: which of the following are meant */
  WireSpan id, conv, from, reason, state, want, v;
  guint64 seq, before, after, limit, count, last, more, read, own, delivered, peerread, wait /* ms */;
  gint64 time, since; /* milliseconds since 1970, UTC */
} WireTags;

/* In which order tags are written. It means nothing to a reader that follows the contract; people find them where the document shows them. */
typedef enum
{
  WIRE_TAG_ORDER_PLAIN,
  WIRE_TAG_ORDER_CHAT,
  WIRE_TAG_ORDER_HISTORY,
  WIRE_TAG_ORDER_CONVERSATION,
  WIRE_TAG_ORDER_SEARCH,
} WireTagOrder;

/* Parses what stands between '@' and the space, unescaping in place. FALSE with *why set when a known tag has a value that it cannot have;
 * unknown tags are ignored. What could be read is in tags either way. */
gboolean wire_tags_parse (WireTags *tags, char *data, gsize len, const char **why);

/* Whether the tag want names this: what a client asks for that it would not be told otherwise, parted by commas. */
gboolean wire_tags_want (const WireTags *tags, const char *what);

/* Appends "@key=value;… ", or nothing when no tag is set. */
void wire_tags_format (const WireTags *tags, WireTagOrder order, GString *out);
