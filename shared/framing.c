/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/framing.h"

#include <string.h>

#include "shared/limits.h"

void
wire_framer_init (WireFramer *self)
{
  *self = (WireFramer){ 0 };
}

void
wire_framer_clear (WireFramer *self)
{
  g_free (self->held);
  wire_framer_init (self);
}

/* Keeps bytes of an unfinished line. The buffer grows by doubling and is given back with its line, so that a connection
 * between two messages owns none. */
static void
hold (WireFramer *self, const char *data, gsize len)
{
  gsize needed = self->held_len + len;

  if (needed > self->held_cap)
    {
      self->held_cap = MIN (WIRE_LINE_MAX, MAX (needed, 2 * (gsize) self->held_cap));
      self->held = g_realloc (self->held, self->held_cap);
    }
  memcpy (self->held + self->held_len, data, len);
  self->held_len += len;
}

static gsize
without_cr (const char *line, gsize len)
{
  return len > 0 && line[len - 1] == '\r' ? len - 1 : len;
}

static WireFrame
too_long (WireFramer *self, char **line, gsize *line_len)
{
  *line = self->held;
  *line_len = self->held_len;
  self->lent = TRUE;
  return WIRE_FRAME_TOO_LONG;
}

WireFrame
wire_framer_next (WireFramer *self, char **input, gsize *input_len, char **line, gsize *line_len)
{
  char *start = *input, *lf;
  gsize len;

  if (self->lent)
    {
      gboolean skipping = self->skipping;

      wire_framer_clear (self);
      self->skipping = skipping;
    }
  if (*input_len == 0)
    return WIRE_FRAME_NONE;

  lf = memchr (start, '\n', *input_len);
  len = lf ? (gsize) (lf - start) : *input_len;
  *input += lf ? len + 1 : len;
  *input_len -= lf ? len + 1 : len;

  if (self->skipping)
    {
      self->skipping = lf == NULL;
      return wire_framer_next (self, input, input_len, line, line_len);
    }

  if (self->held_len + len >= WIRE_LINE_MAX)
    {
      hold (self, start, WIRE_LINE_MAX - self->held_len);
      self->skipping = lf == NULL;
      return too_long (self, line, line_len);
    }

  if (lf != NULL && self->held_len == 0)
    {
      *line = start;
      *line_len = without_cr (start, len);
      return WIRE_FRAME_LINE;
    }

  hold (self, start, len);
  if (lf == NULL)
    return WIRE_FRAME_NONE;

  return wire_framer_end (self, line, line_len);
}

WireFrame
wire_framer_end (WireFramer *self, char **line, gsize *line_len)
{
  if (self->lent || self->held_len == 0)
    return WIRE_FRAME_NONE;

  *line = self->held;
  *line_len = without_cr (self->held, self->held_len);
  self->lent = TRUE;
  return WIRE_FRAME_LINE;
}

const char *
wire_framer_peek (const WireFramer *self, gsize *len)
{
  *len = self->lent ? 0 : self->held_len;
  return self->held;
}
