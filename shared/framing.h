/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes to lines. A pure state machine: no I/O, and no memory held between lines that came whole. */
#pragma once

#include <glib.h>

typedef struct
{
  char *held;        /* the start of a line whose LF has not come yet; NULL when there is none */
  guint held_len;
  guint held_cap;
  gboolean lent;     /* the line handed out last lies in held */
  gboolean skipping; /* inside a line that was too long: dropping everything up to its LF */
} WireFramer;

typedef enum
{
  WIRE_FRAME_NONE,     /* the input is used up, no whole line in it */
  WIRE_FRAME_LINE,     /* one line, without its LF and the CR before it */
  WIRE_FRAME_TOO_LONG, /* a line over WIRE_LINE_MAX: its first bytes; the rest of it is thrown away */
} WireFrame;

void wire_framer_init (WireFramer *self);
void wire_framer_clear (WireFramer *self);

/* Takes the next line out of *input (*input_len bytes, both advanced). *line points into the input or into the
 * framer, is writable, and is valid until the next call. Call again until it returns WIRE_FRAME_NONE. */
WireFrame wire_framer_next (WireFramer *self, char **input, gsize *input_len, char **line, gsize *line_len);

/* The end of the stream: bytes held without an LF are a last line. */
WireFrame wire_framer_end (WireFramer *self, char **line, gsize *line_len);

/* The bytes held so far, for who must decide whether they are a message without a line end. */
const char *wire_framer_peek (const WireFramer *self, gsize *len);
