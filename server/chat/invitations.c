/* SPDX-License-Identifier: GPL-3.0-or-later */
/* INVITATION: whoever holds one sets the verifier of their Client-ID, and is logged in. */
#include "chat/hub-private.h"

#include <string.h>

#include "identity/invitation-token.h"
#include "shared/scram.h"

/* How long the list's change may take: longer than whoever changes it waits for others who do. It goes on in any case, so nobody is declined meanwhile. */
#define ACCEPT_US (20 * G_TIME_SPAN_SECOND)

/* The list is being changed, in a thread that may wait for the disk. */
typedef struct
{
  Job job;
  char *verifier;
  GError *error;
  gint ended; /* atomic */
} Acceptance;

static void
acceptance_free (Job *job)
{
  Acceptance *self = (Acceptance *) job;

  g_clear_error (&self->error);
  g_free (self->verifier);
  g_free (self);
}

/* Says why, and declines. logged is static. */
static void
refuse (Peer *peer, WireError code, const char *text, const char *logged)
{
  peer_send_error (peer, code, WIRE_NO_SPAN, text);
  login_decline (peer, NULL, logged);
}

static void
refuse_used (Peer *peer)
{
  refuse (peer, WIRE_NOT_ALLOWED, "the invitation is not valid any more: it was used already, or withdrawn", "an invitation that is not valid");
}

static void
refuse_unwritten (Peer *peer, const GError *error)
{
  g_warning ("%s has accepted an invitation, but the ClientID-List cannot be changed: %s. This server must be able to write the list, and into its folder; "
             "the invitation can be accepted then",
             proof_get_id (peer->proof), error->message);
  refuse (peer, WIRE_STORE_FAILED, "the server cannot write its ClientID-List; whoever runs it finds the reason in its log",
          "the ClientID-List cannot be changed");
}

static void
acceptance_next (Job *job, Peer *peer)
{
  Acceptance *self = (Acceptance *) job;
  g_autofree char *verifier = NULL;
  g_autoptr (GError) error = NULL;

  if (!g_atomic_int_get (&self->ended))
    return;
  verifier = g_steal_pointer (&self->verifier);
  error = g_steal_pointer (&self->error);
  peer_end_job (peer);

  if (peer->proof == NULL) /* declined meanwhile */
    return;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WRONG_ETAG) || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    refuse_used (peer);
  else if (error != NULL)
    refuse_unwritten (peer, error);
  else if (login_with_proof (peer, proof_get_id (peer->proof), verifier, NULL))
    peer_log (peer, "has accepted an invitation, and set a password");
  else
    refuse_used (peer); /* somebody has changed it again by now */
}

/* Main thread; the job is nobody else's until drained() is asked for. */
static void
changed_cb (const GError *error, gpointer user_data)
{
  Peer *peer = user_data;
  Connection *connection = peer->connection;
  Acceptance *self = (Acceptance *) peer->job;

  self->error = error != NULL ? g_error_copy (error) : NULL;
  g_atomic_int_set (&self->ended, TRUE);
  connection_flush_burst ();
  connection_notify_drained (connection);
  connection_unref (connection);
}

static void
accept_invitation (Peer *peer, const char *verifier, const char *expected)
{
  Acceptance *job = g_new0 (Acceptance, 1);

  job->job.next = acceptance_next;
  job->job.free = acceptance_free;
  job->verifier = g_strdup (verifier);
  peer->login_deadline = MAX (peer->login_deadline, g_get_monotonic_time () + ACCEPT_US);
  connection_set_timeout (peer->connection, peer->login_deadline);
  peer_start_job (peer, &job->job);
  connection_ref (peer->connection);
  directory_set_verifier (peer->hub->directory, proof_get_id (peer->proof), verifier, expected, changed_cb, peer);
}

static void
look_at_invitation (Peer *peer, const char *token, const char *verifier)
{
  Hub *hub = peer->hub;
  const char *id = proof_get_id (peer->proof);
  g_autofree char *present = NULL;
  InvitationState state;

  g_mutex_lock (&hub->lock);
  present = g_strdup (client_list_get_verifier (hub->list, id));
  g_mutex_unlock (&hub->lock);

  state = invitation_token_check (hub->secret, id, present, token, strlen (token), g_get_real_time () / G_USEC_PER_SEC);
  if (state == INVITATION_EXPIRED)
    refuse (peer, WIRE_NOT_ALLOWED, "the invitation has expired; whoever runs the server can make another", "an invitation that has expired");
  else if (state != INVITATION_VALID || hub->directory == NULL)
    refuse_used (peer);
  else
    accept_invitation (peer, verifier, present);
}

void
handle_invitation (Peer *peer, const WireMessage *message)
{
  g_autofree char *verifier = wire_span_dup (message->word[1]);
  const char *wrong = scram_verifier_check_new (verifier);

  if (peer->proof == NULL)
    proof_refuse (peer, message);
  else if (proof_has_begun (peer->proof))
    login_decline (peer, NULL, "INVITATION after AUTH");
  else if (wrong != NULL)
    refuse (peer, WIRE_NOT_ALLOWED, wrong, "a bad verifier");
  else
    proof_attempt (peer, look_at_invitation, message->word[0], message->word[1]);
}
