/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How fast one connection may say things that reach others. */
#include "chat/hub-private.h"

#include "ops/counters.h"

/* Nobody types faster than this, in however many chats. */
#define TYPING_PER_SECOND 5
#define TYPING_BURST 20

/* A token bucket without a bucket: paid_until is when everything sent so far is paid for. */
static gboolean
is_too_fast (gint64 *paid_until, guint per_second, guint burst)
{
  gint64 now, cost;

  if (per_second == 0)
    return FALSE;

  now = g_get_monotonic_time ();
  cost = G_USEC_PER_SEC / per_second;
  *paid_until = MAX (*paid_until, now);
  if (*paid_until + cost > now + cost * MAX (burst, 1))
    return TRUE;

  *paid_until += cost;
  return FALSE;
}

gboolean
rate_check_typing (Peer *peer)
{
  return !is_too_fast (&peer->typing_time, TYPING_PER_SECOND, TYPING_BURST);
}

gboolean
rate_check (Peer *peer, WireSpan id)
{
  const Config *config = peer->hub->config;
  g_autofree char *text = NULL;

  if (!is_too_fast (&peer->rate_time, config->messages_per_second, config->messages_burst))
    return TRUE;

  counters_add (COUNTER_RATE_LIMITED, 1);
  text = g_strdup_printf ("at most %u messages a second, and %u at once", config->messages_per_second, config->messages_burst);
  peer_send_error (peer, WIRE_RATE_LIMITED, id, text);
  return FALSE;
}
