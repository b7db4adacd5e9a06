/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Proving who one is: AUTH and RESPONSE, and when what should prove it is looked at. */
#include "chat/hub-private.h"

#include <string.h>

#include "ops/counters.h"
#include "shared/scram.h"

struct _Proof
{
  char *id;              /* who the peer says it is */
  GBytes *binding;       /* what a proof can be tied to; NULL: nothing */
  ScramServer *exchange; /* after AUTH */
  char *verifier;        /* by which it goes; NULL: the ID has none, and nothing is a proof of it */
};

void
proof_begin (Peer *peer, const char *id)
{
  Proof *self = g_new0 (Proof, 1);
  WireMessage required = { .verb = WIRE_AUTH_REQUIRED, .word[0] = WIRE_SPAN (SCRAM_SHA_256) };

  self->id = g_strdup (id);
  self->binding = connection_get_binding (peer->connection);
  if (self->binding != NULL)
    required.word[1] = WIRE_SPAN (SCRAM_SHA_256_PLUS);
  peer->proof = self;
  peer->dialect = WIRE_PROTO2;
  peer_send (peer, &required);
}

const char *
proof_get_id (Proof *self)
{
  return self->id;
}

gboolean
proof_has_begun (Proof *self)
{
  return self->exchange != NULL;
}

void
proof_free (Proof *self)
{
  if (self == NULL)
    return;
  scram_server_free (self->exchange);
  g_clear_pointer (&self->binding, g_bytes_unref);
  g_free (self->verifier);
  g_free (self->id);
  g_free (self);
}

void
proof_refuse (Peer *peer, const WireMessage *message)
{
  peer_send_error (peer, WIRE_NOT_ALLOWED, message->tags.id, "nobody asked for a proof");
}

/* An ID without a verifier gets one that nobody knows the password of, so that nothing tells it from the others. It is derived for everybody: that takes
 * time too. */
static ScramServer *
start_exchange (Peer *peer, const char *mechanism)
{
  Proof *self = peer->proof;
  Hub *hub = peer->hub;
  g_autofree char *derived = NULL;
  guint iterations;
  gsize len;
  const guint8 *secret = g_bytes_get_data (hub->secret, &len);

  g_mutex_lock (&hub->lock);
  self->verifier = g_strdup (client_list_get_verifier (hub->list, self->id));
  iterations = client_list_get_usual_iterations (hub->list);
  g_mutex_unlock (&hub->lock);
  derived = scram_verifier_derive (secret, len, self->id, iterations > 0 ? iterations : SCRAM_ITERATIONS);
  return scram_server_new (mechanism, self->id, self->verifier != NULL ? self->verifier : derived, self->binding);
}

void
handle_auth (Peer *peer, const WireMessage *message)
{
  g_autofree char *mechanism = wire_span_dup (message->word[0]);
  g_autofree char *challenge = NULL;
  Proof *self = peer->proof;

  if (self == NULL)
    {
      proof_refuse (peer, message);
      return;
    }
  if (self->exchange != NULL)
    {
      login_decline (peer, NULL, "a second AUTH");
      return;
    }
  self->exchange = start_exchange (peer, mechanism);
  if (self->exchange == NULL)
    {
      login_decline (peer, NULL, "a mechanism that was not offered");
      return;
    }
  if (scram_server_step (self->exchange, message->word[1].data, message->word[1].len, &challenge) != SCRAM_MORE)
    {
      login_decline (peer, NULL, "a proof that does not begin as it must");
      return;
    }
  peer_send (peer, &(WireMessage){ .verb = WIRE_CHALLENGE, .word[0] = WIRE_SPAN (challenge) });
}

static void
look_at_response (Peer *peer, const char *response, const char *unused)
{
  Proof *self = peer->proof;
  g_autofree char *v = NULL;
  ScramResult result = scram_server_step (self->exchange, response, strlen (response), &v);

  if (result != SCRAM_DONE || self->verifier == NULL)
    login_decline (peer, NULL, "a wrong proof");
  else if (!login_with_proof (peer, self->id, self->verifier, v))
    login_decline (peer, NULL, "a proof of what is no longer true");
}

void
handle_response (Peer *peer, const WireMessage *message)
{
  if (peer->proof == NULL)
    proof_refuse (peer, message);
  else if (peer->proof->exchange == NULL)
    login_decline (peer, NULL, "RESPONSE before AUTH");
  else
    proof_attempt (peer, look_at_response, message->word[0], WIRE_NO_SPAN);
}

/* What should prove an ID, until it is its turn. */
typedef struct
{
  Job job;
  gint64 start; /* monotonic */
  ProofFunc func;
  char *first;
  char *second;
} Attempt;

static void
attempt_free (Job *job)
{
  Attempt *self = (Attempt *) job;

  g_free (self->first);
  g_free (self->second);
  g_free (self);
}

static void
attempt_next (Job *job, Peer *peer)
{
  Attempt *self = (Attempt *) job;
  g_autofree char *first = NULL, *second = NULL;
  ProofFunc func = self->func;

  if (peer->proof == NULL) /* declined meanwhile */
    return;
  if (g_get_monotonic_time () < self->start)
    {
      connection_set_timeout (peer->connection, self->start);
      return;
    }

  first = g_steal_pointer (&self->first);
  second = g_steal_pointer (&self->second);
  connection_set_timeout (peer->connection, peer->login_deadline);
  peer_end_job (peer);
  func (peer, first, second);
}

static void
refuse_for_now (Peer *peer, gint64 wait_us)
{
  gint64 ms = (wait_us + 999) / 1000;
  g_autofree char *text = g_strdup_printf ("too many logins have failed; try again in %" G_GINT64_FORMAT " seconds", (ms + 999) / 1000);
  WireMessage error = { .verb = WIRE_ERROR, .word[0] = WIRE_SPAN (wire_error_code (WIRE_RATE_LIMITED)), .text = WIRE_SPAN (text) };

  counters_add (COUNTER_RATE_LIMITED, 1);
  error.tags.set = WIRE_TAG_WAIT;
  error.tags.wait = (guint64) ms;
  peer_send (peer, &error);
  login_decline (peer, NULL, "too many failed logins before");
}

void
proof_attempt (Peer *peer, ProofFunc func, WireSpan first, WireSpan second)
{
  gint64 start = attempts_reserve (peer->hub->attempts, connection_get_address (peer->connection), peer->proof->id, peer->login_deadline);
  Attempt *attempt;

  if (start > peer->login_deadline)
    {
      refuse_for_now (peer, start - g_get_monotonic_time ());
      return;
    }
  attempt = g_new0 (Attempt, 1);
  attempt->job.next = attempt_next;
  attempt->job.free = attempt_free;
  attempt->start = start;
  attempt->func = func;
  attempt->first = wire_span_dup (first);
  attempt->second = second.data != NULL ? wire_span_dup (second) : NULL;
  peer_start_job (peer, &attempt->job);
}
