/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/store.h"

#include <string.h>

static char *
put (char *at, const char *data, gsize len, const char **where)
{
  memcpy (at, data, len);
  at[len] = '\0';
  *where = at;
  return at + len + 1;
}

StoreMessage *
store_message_new (const char *from,
                   const char *to,
                   const char *nonce,
                   const char *text,
                   gsize text_len,
                   gint64 time)
{
  gsize from_len = strlen (from), to_len = strlen (to),
        nonce_len = nonce != NULL ? strlen (nonce) : 0;
  StoreMessage *self = g_malloc (sizeof *self + from_len + to_len + nonce_len + text_len + 4);
  char *at = (char *)(self + 1);

  *self = (StoreMessage){ .text_len = text_len, .time = time };
  at = put (at, from, from_len, &self->from);
  at = put (at, to, to_len, &self->to);
  if (nonce != NULL)
    at = put (at, nonce, nonce_len, &self->nonce);
  put (at, text, text_len, &self->text); /* last: store_message_get_size() relies on it */
  return self;
}

StoreMessage *
store_read_mark_new (const char *reader, const char *peer, const char *nonce, guint64 seq)
{
  StoreMessage *self = store_message_new (reader, peer, nonce, "", 0, 0);

  self->kind = STORE_READ_MARK;
  self->seq = seq;
  return self;
}

void
store_message_free (StoreMessage *self)
{
  g_free (self);
}

gsize
store_message_get_size (const StoreMessage *self)
{
  return (gsize)(self->text + self->text_len + 1 - (const char *)self);
}
