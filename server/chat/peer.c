/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One connection as the chat sees it: messages out in its dialect, and a job that answers at its pace. */
#include "chat/hub-private.h"

#include <string.h>

#include "log.h"

/* Each thread formats into a string of its own, which is kept. */
static void
scratch_free (gpointer data)
{
  g_string_free (data, TRUE);
}

static GPrivate scratch_key = G_PRIVATE_INIT (scratch_free);

static GString *
get_scratch (void)
{
  GString *scratch = g_private_get (&scratch_key);

  if (scratch == NULL)
    {
      scratch = g_string_sized_new (WIRE_LINE_MAX);
      g_private_set (&scratch_key, scratch);
    }
  g_string_truncate (scratch, 0);
  return scratch;
}

const GString *
peer_format_proto2 (const WireMessage *message)
{
  GString *line = get_scratch ();

  wire_message_format (message, WIRE_PROTO2, line);
  return line;
}

void
peer_send (Peer *self, const WireMessage *message)
{
  GString *line = get_scratch ();

  wire_message_format (message, self->dialect, line);
  connection_queue (self->connection, line->str, line->len);
}

gboolean
peer_send_devices (Client *client, const WireMessage *message, Peer *except)
{
  const GString *line = NULL;
  gboolean sent = FALSE;

  for (Peer *device = client ? client->devices : NULL; device != NULL; device = device->next_device)
    if (device != except)
      {
        if (line == NULL)
          line = peer_format_proto2 (message);
        sent |= connection_queue (device->connection, line->str, line->len);
      }
  return sent;
}

void
peer_send_verb (Peer *self, WireVerb verb)
{
  peer_send (self, &(WireMessage){ .verb = verb });
}

void
peer_send_error (Peer *self, WireError error, WireSpan id, const char *text)
{
  WireMessage message = { .verb = WIRE_ERROR, .word[0] = WIRE_SPAN (wire_error_code (error)), .text = WIRE_SPAN (text) };

  if (id.data != NULL)
    {
      message.tags.set = WIRE_TAG_ID;
      message.tags.id = id;
    }
  peer_send (self, &message);
}

void
peer_send_unreachable (Peer *self, WireSpan id, WireSpan whom, const char *reason)
{
  WireMessage message = { .verb = WIRE_UNREACHABLE, .word[0] = whom };

  if (reason != NULL)
    {
      message.tags.set = WIRE_TAG_REASON;
      message.tags.reason = WIRE_SPAN (reason);
    }
  if (id.data != NULL)
    {
      message.tags.set |= WIRE_TAG_ID;
      message.tags.id = id;
    }
  peer_send (self, &message);
}

void
peer_log (Peer *self, const char *format, ...)
{
  g_autofree char *address = connection_describe (self->connection);
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  log_connection (self->id, address, "%s", what);
}

void
peer_start_job (Peer *self, Job *job)
{
  g_assert (self->job == NULL);

  self->job = job;
  job->next (job, self);
}

void
peer_end_job (Peer *self)
{
  Job *job = g_steal_pointer (&self->job);

  job->free (job);
  connection_resume (self->connection);
}
