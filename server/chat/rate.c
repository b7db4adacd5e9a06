/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much one connection may ask of the server, and say to others. */
#include "chat/hub-private.h"

#include "ops/counters.h"

/* After a message was refused, so are those that follow: it would come after them when it is said again. For this long at least, or for half of the
 * burst where that takes less, so that not every second message is refused. */
#define REFUSE_US (500 * G_TIME_SPAN_MILLISECOND)

/* Nobody types faster than this, in however many chats. */
#define TYPING_PER_SECOND 5
#define TYPING_BURST 20

/* Everything else that is asked for, refused messages too. An app that comes back after a year asks for each of its conversations, a few at a time. Whoever asks
 * faster than this is refused nothing, but not heard for a moment. */
#define REQUESTS_PER_SECOND 1000
#define REQUESTS_BURST 2000
#define REQUESTS_AT_ONCE 50 /* are allowed after that moment */

/* So many requests one is worth: how long the answer can be, and how long it takes to find. */
#define COST_USUAL 1
#define COST_SEARCH 5
#define COST_LIST 10

gint64
rate_take_token (gint64 *paid_until, guint per_second, guint burst, gint64 now)
{
  gint64 cost = G_USEC_PER_SEC / per_second;
  gint64 due = MAX (*paid_until, now) + cost;
  gint64 wait = due - (now + cost * MAX (burst, 1));

  if (wait <= 0)
    *paid_until = due;
  return MAX (wait, 0);
}

gboolean
rate_check_typing (Peer *peer)
{
  return rate_take_token (&peer->typing_time, TYPING_PER_SECOND, TYPING_BURST, g_get_monotonic_time ()) == 0;
}

static void
refuse (Peer *peer, WireSpan id, gint64 wait)
{
  guint per_second = peer->hub->config->messages_per_second;
  guint tenths = (guint) ((wait + G_USEC_PER_SEC / 10 - 1) / (G_USEC_PER_SEC / 10));
  g_autofree char *text = g_strdup_printf ("at most %u message%s a second: try again in %u.%u s", per_second, per_second == 1 ? "" : "s", tenths / 10, tenths % 10);
  WireMessage message = { .verb = WIRE_ERROR, .word[0] = WIRE_SPAN (wire_error_code (WIRE_RATE_LIMITED)), .text = WIRE_SPAN (text) };

  message.tags.set = WIRE_TAG_WAIT | (id.data != NULL ? WIRE_TAG_ID : 0);
  message.tags.wait = (wait + 999) / 1000;
  message.tags.id = id;
  peer_send (peer, &message);
  counters_add (COUNTER_RATE_LIMITED, 1);
  rate_charge (peer, WIRE_NO_VERB);
}

gboolean
rate_check (Peer *peer, WireSpan id)
{
  const Config *config = peer->hub->config;
  gint64 now, wait;

  if (config->messages_per_second == 0)
    return TRUE;

  now = g_get_monotonic_time ();
  if (now >= peer->refused_until)
    {
      gint64 half_burst = G_USEC_PER_SEC / config->messages_per_second * (config->messages_burst / 2);

      wait = rate_take_token (&peer->rate_time, config->messages_per_second, config->messages_burst, now);
      if (wait == 0)
        return TRUE;
      peer->refused_until = now + MAX (wait, MIN (REFUSE_US, half_burst));
    }

  refuse (peer, id, peer->refused_until - now);
  return FALSE;
}

static guint
get_cost (WireVerb verb)
{
  switch (verb)
    {
    case WIRE_CHAT_MESSAGE:
    case WIRE_CHAT:
      return 0; /* has an allowance of its own */
    case WIRE_SEARCH:
      return COST_SEARCH;
    case WIRE_CLIENTS:
    case WIRE_CONVERSATIONS:
      return COST_LIST;
    default:
      return COST_USUAL;
    }
}

void
rate_charge (Peer *peer, WireVerb verb)
{
  const gint64 each = G_USEC_PER_SEC / REQUESTS_PER_SECOND;
  guint cost = get_cost (verb);
  gint64 now;

  if (cost == 0 || peer->asks_no_more || peer->hub->config->messages_per_second == 0)
    return;

  now = g_get_monotonic_time ();
  peer->request_time = MAX (peer->request_time, now) + cost * each;
  if (peer->request_time > now + REQUESTS_BURST * each)
    {
      peer->unheard_until = peer->request_time - (REQUESTS_BURST - REQUESTS_AT_ONCE) * each;
      counters_add (COUNTER_RATE_LIMITED, 1);
    }
}

gboolean
rate_may_ask (Peer *peer)
{
  if (peer->unheard_until == 0)
    return TRUE;

  if (g_get_monotonic_time () >= peer->unheard_until)
    {
      peer->unheard_until = 0;
      return TRUE;
    }

  /* A peer that asks no more has nothing to be slowed down for, and would keep its connection until the last line was read. */
  if (connection_has_peer_finished (peer->connection))
    {
      peer->unheard_until = 0;
      peer->asks_no_more = TRUE;
      return TRUE;
    }

  connection_resume_at (peer->connection, peer->unheard_until);
  return FALSE;
}
