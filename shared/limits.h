/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every number of the wire contract, in one place. shared/PROTOCOL.md says what they mean. */
#pragma once

#define WIRE_LINE_MAX 16384 /* bytes of a line, its LF included */
#define WIRE_TEXT_MAX 8192  /* bytes of a message's text after unescaping */
/* Bytes of a text when it is escaped: so much fits into a line beside the tags of CHAT and HISTORY_RESP, however long their values are. */
#define WIRE_TEXT_ESCAPED_MAX (WIRE_LINE_MAX - 384)
#define WIRE_ID_MAX 64      /* bytes of a Client-ID */
#define WIRE_NONCE_MAX 64   /* bytes of the id tag, by which a sender names its message */

#define WIRE_PORT 5000
#define WIRE_TLS_PORT 5001

#define WIRE_UNFRAMED_SILENCE_MS 200 /* after HELLO without LF: this much silence means unframed */
#define WIRE_UNFRAMED_GAP_MS 10      /* between two messages to an unframed client */

#define WIRE_HISTORY_LIMIT_DEFAULT 50
#define WIRE_HISTORY_LIMIT_MAX 200

#define WIRE_SEARCH_LIMIT_DEFAULT 20
#define WIRE_SEARCH_LIMIT_MAX 100

#define WIRE_SESSION_FIRST 100000
