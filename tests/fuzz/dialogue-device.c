/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a client hears, and what must be true of it. */
#include "dialogue.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/client-id.h"

#define READ_SIZE 65536

void
device_init (Device *self)
{
  *self = (Device){ .fd = -1 };
  self->in = g_string_new (NULL);
  self->newest = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

void
device_clear (Device *self)
{
  if (self->fd >= 0)
    close (self->fd);
  g_clear_pointer (&self->connection, connection_unref);
  g_string_free (self->in, TRUE);
  g_free (self->claimed);
  g_free (self->challenge);
  g_free (self->proved);
  g_free (self->id);
  g_hash_table_unref (self->newest);
  self->fd = -1;
}

void
device_send (Device *self, const char *data, gsize len)
{
  while (len > 0)
    {
      gssize sent = send (self->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);

      if (sent <= 0)
        return;
      data += sent;
      len -= (gsize) sent;
    }
}

static gboolean
is_other (Device *self, WireSpan id)
{
  return client_id_is_valid (id.data, id.len) && !wire_span_equal (id, self->id);
}

/* Whether it may be logged in as who it is now. */
static void
check_connected (Device *self, World *world, const WireMessage *message)
{
  const Peer *peer = connection_get_user (self->connection);
  gboolean proved = g_strcmp0 (self->proved, peer->id) == 0;
  const char *verifier;

  g_assert_null (self->id);
  g_assert_nonnull (peer->id);
  g_assert_true (self->asked ? proved : !world->config.auth_required);
  verifier = client_list_get_verifier (world->list, peer->id);
  if (!self->was_deaf) /* else the list may have been another one */
    g_assert_true (client_list_contains (world->list, peer->id) && (verifier == NULL || proved));
  self->id = g_strdup (peer->id);
  self->dialect = message->word[0].data != NULL ? WIRE_PROTO2 : WIRE_BASE;
}

/* The message is what the store has of that number. */
static void
check_stored (Device *self, World *world, WireSpan conv, const WireMessage *message)
{
  g_autofree char *other = wire_span_dup (conv);
  const StoreRow *row = fake_store_get_row (world->store, self->id, other, message->tags.seq);

  g_assert_true (is_other (self, conv));
  g_assert_nonnull (row);
  g_assert_true (wire_span_equal (message->tags.from, row->from));
  g_assert_cmpmem (message->text.data, message->text.len, row->text, row->text_len);
  g_assert_cmpint (message->tags.time, ==, row->time);
}

/* Whoever is there is told of each message, in order. */
static void
check_in_order (Device *self, WireSpan conv, guint64 seq, gboolean may_repeat)
{
  char *other = wire_span_dup (conv);
  guint64 newest = GPOINTER_TO_SIZE (g_hash_table_lookup (self->newest, other));

  if (may_repeat && newest > 0 && seq <= newest)
    {
      g_free (other);
      return;
    }
  g_assert_true (newest == 0 || seq == newest + 1);
  g_hash_table_insert (self->newest, other, GSIZE_TO_POINTER (seq));
}

static void
check_chat (Device *self, World *world, const WireMessage *message)
{
  g_autofree char *from = NULL;

  if (self->dialect == WIRE_BASE)
    return;
  from = wire_span_dup (message->tags.from);
  g_assert_true (g_str_equal (from, self->id) || wire_span_equal (message->tags.conv, from));
  check_stored (self, world, message->tags.conv, message);
  check_in_order (self, message->tags.conv, message->tags.seq, FALSE);
}

static void
check_sent (Device *self, World *world, const WireMessage *message)
{
  g_autofree char *other = wire_span_dup (message->word[0]);
  const StoreRow *row = fake_store_get_row (world->store, self->id, other, message->tags.seq);

  g_assert_nonnull (row);
  g_assert_cmpstr (row->from, ==, self->id);
  g_assert_true (row->nonce == NULL || wire_span_equal (message->tags.id, row->nonce));
  check_in_order (self, message->word[0], message->tags.seq, message->tags.id.data != NULL);
}

static void
check_history (Device *self, World *world, const WireMessage *message)
{
  if (self->dialect == WIRE_BASE)
    return;
  if (message->verb == WIRE_HISTORY_RESP)
    {
      g_assert_true (self->history_next == 0 || message->tags.seq == self->history_next);
      self->history_next = message->tags.seq + 1;
      self->history_rows++;
      return;
    }
  g_assert_cmpuint (message->tags.count, ==, self->history_rows);
  if (self->history_rows > 0)
    g_assert_cmpuint (self->history_next, <=, message->tags.last + 1);
  self->history_next = 0;
  self->history_rows = 0;
}

static void
check_before_login (Device *self, World *world, const WireMessage *message)
{
  switch (message->verb)
    {
    case WIRE_CONNECTED:
      check_connected (self, world, message);
      break;
    case WIRE_AUTH_REQUIRED:
      g_assert_false (self->asked);
      self->asked = TRUE;
      self->dialect = WIRE_PROTO2;
      break;
    case WIRE_CHALLENGE:
      g_assert_true (self->asked);
      g_assert_null (self->challenge);
      self->challenge = wire_span_dup (message->word[0]);
      break;
    case WIRE_PONG:
      g_assert_true (self->asked);
      break;
    default:
      g_assert_true (message->verb == WIRE_DECLINED || message->verb == WIRE_ERROR);
      break;
    }
}

static void
check_after_login (Device *self, World *world, const WireMessage *message)
{
  switch (message->verb)
    {
    case WIRE_CHAT:
      check_chat (self, world, message);
      break;
    case WIRE_SENT:
      check_sent (self, world, message);
      break;
    case WIRE_HISTORY_RESP:
    case WIRE_HISTORY_END:
      check_history (self, world, message);
      break;
    case WIRE_SEARCH_RESP:
      check_stored (self, world, message->tags.conv, message);
      break;
    case WIRE_CONVERSATION:
      g_assert_true (is_other (self, message->word[0]));
      g_assert_cmpuint (message->tags.read, <=, message->tags.last);
      break;
    case WIRE_CHAT_STARTED:
      g_assert_true (is_other (self, message->word[1]));
      break;
    case WIRE_DELIVERED:
    case WIRE_TYPING:
      g_assert_true (is_other (self, message->word[0]));
      break;
    case WIRE_CONNECTED:
    case WIRE_AUTH_REQUIRED:
    case WIRE_CHALLENGE:
      g_assert_not_reached ();
    default:
      break;
    }
}

static void
hear (Device *self, World *world, char *line, gsize len)
{
  const char *why = NULL;
  WireMessage message;

  if (world->shown)
    g_print ("%d: %.*s\n", (int) (self - world->devices), (int) len, line);
  g_assert_cmpuint (len, <, WIRE_LINE_MAX);
  g_assert_false (self->declined);
  /* Until it is logged in, what it hears is the same in both dialects, or is only known in this one. */
  if (wire_message_parse (&message, self->id != NULL ? self->dialect : WIRE_PROTO2, WIRE_FROM_SERVER, line, len, &why) != WIRE_OK)
    g_error ("the server said what no client understands: %s", why);
  if (self->id == NULL)
    check_before_login (self, world, &message);
  else
    check_after_login (self, world, &message);
  self->declined = message.verb == WIRE_DECLINED;
}

/* To an unframed client one write is one message. */
static void
hear_message (Device *self, World *world)
{
  GString *in = self->in;

  if (self->was_deaf) /* what it missed may have come in part */
    {
      g_string_truncate (in, 0);
      return;
    }
  if (in->len > 0 && in->str[in->len - 1] == '\n')
    {
      g_assert_true (g_str_has_prefix (in->str, "HISTORY_RESP "));
      g_string_truncate (in, in->len - 1);
    }
  g_assert_null (memchr (in->str, '\n', in->len));
  hear (self, world, in->str, in->len);
  g_string_truncate (in, 0);
}

static void
hear_lines (Device *self, World *world)
{
  char *lf;

  while ((lf = memchr (self->in->str, '\n', self->in->len)) != NULL)
    {
      gsize len = (gsize) (lf - self->in->str);
      g_autofree char *line = g_strndup (self->in->str, len);

      g_string_erase (self->in, 0, (gssize) len + 1);
      hear (self, world, line, len);
    }
}

gboolean
device_listen (Device *self, World *world)
{
  static char buffer[READ_SIZE];
  gssize n;

  if (self->fd < 0 || self->deaf || self->ended)
    return FALSE;
  n = recv (self->fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
    return FALSE;
  if (n <= 0)
    {
      if (world->shown)
        g_print ("%d: (closed)\n", (int) (self - world->devices));
      self->ended = TRUE;
      return TRUE;
    }
  g_string_append_len (self->in, buffer, n);
  if (connection_get_framing (self->connection) == CONNECTION_UNFRAMED)
    hear_message (self, world);
  else
    hear_lines (self, world);
  return TRUE;
}
