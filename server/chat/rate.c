/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How fast one connection may say things that reach others. */
#include "chat/hub-private.h"

/* A token bucket without a bucket: rate_time is when everything sent so far is paid for. */
static gboolean
is_too_fast (Peer *peer)
{
  const Config *config = peer->hub->config;
  gint64 now, cost;

  if (config->messages_per_second == 0)
    return FALSE;

  now = g_get_monotonic_time ();
  cost = G_USEC_PER_SEC / config->messages_per_second;
  peer->rate_time = MAX (peer->rate_time, now);
  if (peer->rate_time + cost > now + cost * MAX (config->messages_burst, 1))
    return TRUE;

  peer->rate_time += cost;
  return FALSE;
}

gboolean
rate_check (Peer *peer, WireSpan id)
{
  g_autofree char *text = NULL;

  if (!is_too_fast (peer))
    return TRUE;

  text = g_strdup_printf ("at most %u messages a second, and %u at once", peer->hub->config->messages_per_second,
                          peer->hub->config->messages_burst);
  peer_send_error (peer, WIRE_RATE_LIMITED, id, text);
  return FALSE;
}
