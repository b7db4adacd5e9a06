/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who one is: SCRAM, which proves to each side that the other one knows the password, or what is made of it; and invitations, which set it.
 *
 * Neither is ever said over a connection that anybody may read along, but where a person has written plain://: see wc_address_parse(). */
#include "client/client-private.h"

#include <glib/gi18n.h>
#include <string.h>

#define COMPUTING_MAX 2 /* threads of a client: one that nobody waits for any more cannot be stopped */

/* Something that takes long, in a thread: the answer to a challenge, or a verifier. */
typedef struct
{
  ScramClient *exchange; /* NULL: a verifier */
  char *challenge;
  char *password;
} Job;

static void
job_free (Job *job)
{
  g_clear_pointer (&job->exchange, scram_client_free);
  g_free (job->challenge);
  wc_secrets_wipe (job->password);
  g_free (job);
}

void
wc_client_reset_auth (WcClient *self)
{
  WcAuth *auth = &self->auth;

  if (auth->computing != NULL)
    g_cancellable_cancel (auth->computing);
  g_clear_object (&auth->computing);
  g_clear_pointer (&auth->exchange, scram_client_free);
  auth->stage = WC_AUTH_NONE;
}

static void
forget_invitation (WcAuth *auth)
{
  g_clear_pointer (&auth->invitation, invitation_free);
  g_clear_pointer (&auth->new_password, wc_secrets_wipe);
  g_clear_pointer (&auth->verifier, g_free);
  g_clear_error (&auth->invitation_error);
  auth->invitation_stage = WC_INVITATION_NEW;
}

void
wc_client_clear_auth (WcClient *self)
{
  wc_client_reset_auth (self);
  forget_invitation (&self->auth);
}

static void
compute_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Job *job = task_data;
  GError *error = NULL;
  char *answer;

  if (job->exchange != NULL)
    answer = scram_client_respond (job->exchange, job->challenge, strlen (job->challenge), &error);
  else
    answer = scram_verifier_new (job->password, &error);

  if (answer != NULL)
    g_task_return_pointer (task, answer, g_free);
  else
    g_task_return_error (task, error);
}

static void computed (WcClient *self, Job *job, const char *answer, const GError *error);

static void
computed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GWeakRef *ref = user_data;
  g_autoptr (WcClient) self = g_weak_ref_get (ref);
  g_autoptr (GError) error = NULL;
  g_autofree char *answer = g_task_propagate_pointer (G_TASK (result), &error);

  g_weak_ref_clear (ref);
  g_free (ref);
  if (self == NULL)
    return;

  self->auth.n_computing--;
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) /* else the connection is no more */
    computed (self, g_task_get_task_data (G_TASK (result)), answer, error);
}

/* Takes the job. */
static void
compute (WcClient *self, Job *job)
{
  WcAuth *auth = &self->auth;
  g_autoptr (GTask) task = NULL;
  GWeakRef *ref;

  if (auth->n_computing >= COMPUTING_MAX)
    {
      job_free (job);
      wc_client_fail (self, WC_ERROR_BUSY, _("The server asks for too much computing. It is tried again a little later."));
      return;
    }

  ref = g_new0 (GWeakRef, 1);
  g_weak_ref_init (ref, self);
  auth->computing = g_cancellable_new ();
  auth->n_computing++;
  task = g_task_new (NULL, auth->computing, computed_cb, ref);
  g_task_set_source_tag (task, compute);
  g_task_set_task_data (task, job, (GDestroyNotify) job_free);
  g_task_run_in_thread (task, compute_thread);
}

static void
impostor (WcClient *self)
{
  g_autofree char *message = g_strdup_printf (_("The server at %s could not prove that it knows you. It may be another one that only looks like it. "
                                                "Ask whoever runs the server."), self->server);

  wc_client_fail (self, WC_ERROR_IMPOSTOR, message);
}

static gboolean
offers (const WireMessage *message, const char *mechanism)
{
  for (guint i = 0; i < WIRE_WORDS_MAX; i++)
    if (message->word[i].data != NULL && wire_span_equal (message->word[i], mechanism))
      return TRUE;

  return FALSE;
}

static void
begin_proof (WcClient *self, const WireMessage *message)
{
  WcAuth *auth = &self->auth;
  GBytes *binding = wc_connection_get_binding (self->connection);
  WireMessage line = { .verb = WIRE_AUTH };
  const char *mechanism = NULL;
  g_autofree char *first = NULL;

  /* Over TLS it also shows that nobody stands in between. Where the server does not offer that, it is told that it could have been had:
   * should somebody have taken the offer away, the server knows then. */
  if (binding != NULL && offers (message, SCRAM_SHA_256_PLUS))
    mechanism = SCRAM_SHA_256_PLUS;
  else if (offers (message, SCRAM_SHA_256))
    mechanism = SCRAM_SHA_256;
  if (mechanism == NULL)
    {
      wc_client_fail (self, WC_ERROR_FAILED, _("The server asks for a proof that this version of WebChat does not know."));
      return;
    }

  auth->exchange = scram_client_new (mechanism, self->client_id, auth->invitation != NULL ? auth->new_password : self->trust.password, binding);
  first = auth->exchange != NULL ? scram_client_first (auth->exchange) : NULL;
  if (first == NULL)
    {
      wc_client_wrong_password (self);
      wc_client_fail (self, WC_ERROR_WRONG_PASSWORD, _("This cannot be the password: it has characters that no password has, or too many."));
      return;
    }

  auth->stage = WC_AUTH_BEGUN;
  line.word[0] = WIRE_SPAN (mechanism);
  line.word[1] = WIRE_SPAN (first);
  wc_client_send (self, &line);
}

static void
send_invitation (WcClient *self)
{
  WcAuth *auth = &self->auth;
  WireMessage line = { .verb = WIRE_INVITATION };

  g_return_if_fail (auth->invitation != NULL);

  auth->invitation_stage = WC_INVITATION_SENT;
  line.word[0] = WIRE_SPAN (auth->invitation->token);
  line.word[1] = WIRE_SPAN (auth->verifier);
  wc_client_send (self, &line);
}

static void
accept_invitation (WcClient *self)
{
  WcAuth *auth = &self->auth;
  Job *job;

  auth->stage = WC_AUTH_INVITED;
  if (auth->verifier != NULL)
    {
      send_invitation (self);
      return;
    }

  job = g_new0 (Job, 1);
  job->password = g_strdup (auth->new_password);
  compute (self, job);
}

gboolean
wc_client_take_auth_required (WcClient *self, const WireMessage *message)
{
  WcAuth *auth = &self->auth;

  if (self->state != WC_STATE_AUTHENTICATING || auth->stage != WC_AUTH_NONE)
    return FALSE;

  if (auth->invitation != NULL && auth->invitation_stage == WC_INVITATION_NEW)
    accept_invitation (self);
  else if (auth->invitation != NULL || self->trust.password != NULL)
    begin_proof (self, message);
  else
    wc_client_fail (self, WC_ERROR_PASSWORD_NEEDED, _("The server asks for your password."));

  return TRUE;
}

gboolean
wc_client_take_challenge (WcClient *self, const WireMessage *message)
{
  WcAuth *auth = &self->auth;
  Job *job;

  if (self->state != WC_STATE_AUTHENTICATING || auth->stage != WC_AUTH_BEGUN)
    return FALSE;

  job = g_new0 (Job, 1);
  job->exchange = g_steal_pointer (&auth->exchange);
  job->challenge = wire_span_dup (message->word[0]);
  auth->stage = WC_AUTH_COMPUTING;
  compute (self, job);

  return TRUE;
}

static void
computed (WcClient *self, Job *job, const char *answer, const GError *error)
{
  WcAuth *auth = &self->auth;
  WireMessage line = { .verb = WIRE_RESPONSE };

  g_clear_object (&auth->computing);
  if (answer == NULL && auth->stage == WC_AUTH_INVITED)
    {
      wc_client_fail (self, WC_ERROR_INVITATION, error->message); /* no such password can be set */
    }
  else if (answer == NULL)
    {
      g_autofree char *message = g_strdup_printf (_("The server asks for your password in a way that makes no sense.\n%s"), error->message);

      wc_client_fail (self, WC_ERROR_FAILED, message);
    }
  else if (auth->stage == WC_AUTH_INVITED)
    {
      auth->verifier = g_strdup (answer);
      send_invitation (self);
    }
  else
    {
      auth->exchange = g_steal_pointer (&job->exchange);
      auth->stage = WC_AUTH_PROVED;
      line.word[0] = WIRE_SPAN (answer);
      wc_client_send (self, &line);
    }
}

/* The server has the new password. */
static void
invitation_worked (WcClient *self)
{
  WcAuth *auth = &self->auth;
  const char *shown = wc_connection_get_fingerprint (self->connection);

  if (g_strcmp0 (shown, auth->invitation->fingerprint) == 0 && wc_pins_lookup (self->trust.pins, self->host, self->port) == NULL)
    wc_pins_set (self->trust.pins, self->host, self->port, shown);
  wc_client_set_password (self, auth->new_password);
  wc_client_begin_trust (self); /* it is for this login */
  forget_invitation (auth);
}

gboolean
wc_client_check_connected (WcClient *self, const WireMessage *message)
{
  WcAuth *auth = &self->auth;
  gboolean is_proto2 = wire_span_equal (message->word[0], "2");

  switch (auth->stage)
    {
    case WC_AUTH_NONE:
      if (auth->invitation == NULL)
        return TRUE; /* it is the server's choice whom to ask */
      wc_client_fail (self, WC_ERROR_INVITATION, _("The server lets you in without a password, and so without this invitation. Log in as usual."));
      return FALSE;
    case WC_AUTH_INVITED:
      if (!is_proto2 || auth->invitation_stage != WC_INVITATION_SENT)
        break;
      invitation_worked (self);
      wc_client_store_password (self);
      return TRUE;
    case WC_AUTH_PROVED:
      if (!is_proto2 || (message->tags.set & WIRE_TAG_V) == 0 || !scram_client_verify (auth->exchange, message->tags.v.data, message->tags.v.len))
        break;
      if (auth->invitation != NULL)
        invitation_worked (self);
      wc_client_store_password (self);
      return TRUE;
    case WC_AUTH_BEGUN:
    case WC_AUTH_COMPUTING:
    default:
      break;
    }

  impostor (self);

  return FALSE;
}

void
wc_client_auth_declined (WcClient *self)
{
  g_autofree char *text = NULL;

  switch (self->auth.stage)
    {
    case WC_AUTH_PROVED:
      if (self->auth.invitation == NULL)
        wc_client_wrong_password (self);
      text = g_strdup_printf (_("The server does not let “%s” in with this password."), self->client_id);
      wc_client_fail (self, WC_ERROR_WRONG_PASSWORD, text);
      break;
    case WC_AUTH_INVITED:
      wc_client_invitation_refused (self, "");
      break;
    case WC_AUTH_NONE:
    case WC_AUTH_BEGUN:
    case WC_AUTH_COMPUTING:
    default:
      text = g_strdup_printf (_("The server does not let “%s” in. Is the Client-ID spelled right, and on the server's list?"), self->client_id);
      wc_client_fail (self, WC_ERROR_DECLINED, text);
    }
}

gboolean
wc_client_invitation_refused (WcClient *self, const char *text)
{
  g_autofree char *message = NULL;

  if (self->auth.stage != WC_AUTH_INVITED)
    return FALSE;

  message = g_strdup_printf (_("This invitation is not valid any more: it was used already, or its time is over. Ask for a new one.\n%s"), text);
  wc_client_fail (self, WC_ERROR_INVITATION, message);

  return TRUE;
}

GError *
wc_client_auth_failed (WcClient *self, const GError *error)
{
  WcAuth *auth = &self->auth;
  WcInvitationStage stage = auth->invitation_stage;

  auth->invitation_stage = WC_INVITATION_NEW;
  if (stage == WC_INVITATION_SENT && !g_error_matches (error, WC_ERROR, WC_ERROR_RATE_LIMITED) && !g_error_matches (error, WC_ERROR, WC_ERROR_BUSY))
    {
      /* It may have been accepted, by this try or one before, and the answer was lost: then the password is right. */
      auth->invitation_stage = WC_INVITATION_CHECKING;
      g_clear_error (&auth->invitation_error);
      auth->invitation_error = g_error_copy (error);
      return NULL;
    }
  if (stage == WC_INVITATION_CHECKING
      && (g_error_matches (error, WC_ERROR, WC_ERROR_WRONG_PASSWORD) || g_error_matches (error, WC_ERROR, WC_ERROR_DECLINED)))
    return g_steal_pointer (&auth->invitation_error);

  return g_error_copy (error);
}

static Invitation *
invitation_copy (const Invitation *invitation)
{
  Invitation *copy = g_new0 (Invitation, 1);

  copy->host = g_strdup (invitation->host);
  copy->port = invitation->port;
  copy->client_id = g_strdup (invitation->client_id);
  copy->token = g_strdup (invitation->token);
  copy->fingerprint = g_strdup (invitation->fingerprint);

  return copy;
}

void
wc_client_set_invitation (WcClient *self, const Invitation *invitation, const char *new_password)
{
  WcAuth *auth = &self->auth;

  g_return_if_fail (WC_IS_CLIENT (self));
  g_return_if_fail (invitation == NULL || new_password != NULL);

  /* A verifier for the one before may be on its way. */
  if (auth->stage == WC_AUTH_INVITED && auth->computing != NULL)
    {
      g_cancellable_cancel (auth->computing);
      g_clear_object (&auth->computing);
    }
  forget_invitation (auth);
  if (invitation == NULL)
    return;

  auth->invitation = invitation_copy (invitation);
  auth->new_password = g_strdup (new_password);
}

void
wc_client_take_invitation (WcClient *self)
{
  WcAuth *auth = &self->auth;

  auth->invitation_stage = WC_INVITATION_NEW;
  if (auth->invitation != NULL
      && (!self->tls || self->port != auth->invitation->port || g_ascii_strcasecmp (self->host, auth->invitation->host) != 0
          || !g_str_equal (self->client_id, auth->invitation->client_id)))
    forget_invitation (auth);
}

char *
wc_invitation_get_address (const Invitation *invitation)
{
  return wc_address_format (invitation->host, invitation->port, TRUE);
}
