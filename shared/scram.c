/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The exchange, by libgsasl. What it may let pass and we do not: another's name, and a client that was told that the server cannot bind. */
#include "shared/scram-private.h"

#include <string.h>

#include <gsasl.h>

#define BINDING_NAME "tls-exporter"

struct _ScramServer
{
  Gsasl_session *session;
  gboolean plus;
  gboolean can_bind;
  char *id;
  guint step;
};

struct _ScramClient
{
  Gsasl_session *session;
  ScramUnbound *unbound; /* it does the work instead */
  gboolean has_password;
  gboolean challenged; /* one challenge is taken, and no other after it */
  gboolean responded;  /* to it */
};

/* It is never changed after it was made, and lives as long as the process. */
static Gsasl *
get_library (void)
{
  static gsize made;

  if (g_once_init_enter (&made))
    {
      Gsasl *library;

      if (gsasl_init (&library) != GSASL_OK)
        g_error ("libgsasl does not start");
      g_once_init_leave (&made, (gsize) library);
    }
  return (Gsasl *) made;
}

/* Whether the mechanism is one of ours, and possible. */
static gboolean
is_mechanism (const char *mechanism, GBytes *binding)
{
  return strcmp (mechanism, SCRAM_SHA_256) == 0 || (strcmp (mechanism, SCRAM_SHA_256_PLUS) == 0 && binding != NULL);
}

static void
set_property (Gsasl_session *session, Gsasl_property property, const char *value, gsize len)
{
  if (gsasl_property_set_raw (session, property, value, len) != GSASL_OK)
    g_error ("out of memory");
}

static void
set_binding (Gsasl_session *session, GBytes *binding)
{
  g_autofree char *base64 = NULL;

  if (binding == NULL)
    return;
  base64 = g_base64_encode (g_bytes_get_data (binding, NULL), g_bytes_get_size (binding));
  set_property (session, GSASL_CB_TLS_EXPORTER, base64, strlen (base64));
}

ScramServer *
scram_server_new (const char *mechanism, const char *id, const char *verifier, GBytes *binding)
{
  ScramServer *self;
  ScramVerifier parts;
  char digits[WIRE_UINT_DIGITS];
  WireSpan iterations;

  g_return_val_if_fail (scram_verifier_parse (&parts, verifier) == NULL, NULL);

  if (!is_mechanism (mechanism, binding))
    return NULL;
  self = g_new0 (ScramServer, 1);
  self->plus = strcmp (mechanism, SCRAM_SHA_256_PLUS) == 0;
  self->can_bind = binding != NULL;
  self->id = g_strdup (id);
  if (gsasl_server_start (get_library (), mechanism, &self->session) != GSASL_OK)
    g_error ("libgsasl lacks %s", mechanism);

  iterations = wire_span_from_uint (parts.iterations, digits);
  set_property (self->session, GSASL_SCRAM_ITER, iterations.data, iterations.len);
  set_property (self->session, GSASL_SCRAM_SALT, parts.salt.data, parts.salt.len);
  set_property (self->session, GSASL_SCRAM_STOREDKEY, parts.stored_key.data, parts.stored_key.len);
  set_property (self->session, GSASL_SCRAM_SERVERKEY, parts.server_key.data, parts.server_key.len);
  set_binding (self->session, binding);
  return self;
}

/* The text of a message; NULL when it is none. */
static char *
decode_message (const char *base64, gsize len, gsize *n_bytes)
{
  g_autofree char *bytes = len <= SCRAM_MESSAGE_MAX ? (char *) scram_base64_decode (base64, len, n_bytes) : NULL;

  if (bytes == NULL)
    return NULL;
  for (gsize i = 0; i < *n_bytes; i++)
    if (g_ascii_iscntrl (bytes[i]))
      return NULL;
  bytes = g_realloc (bytes, *n_bytes + 1);
  bytes[*n_bytes] = '\0';
  return g_steal_pointer (&bytes);
}

static gboolean
skip (const char **at, const char *expected)
{
  if (!g_str_has_prefix (*at, expected))
    return FALSE;
  *at += strlen (expected);
  return TRUE;
}

/* client-first begins with how it binds, and for whom and as whom it speaks: all of that must be what it is. A Client-ID needs no escape, and SASLprep
 * leaves it alone. */
static gboolean
is_first_allowed (ScramServer *self, const char *message)
{
  const char *at = message;

  if (self->plus)
    {
      if (!skip (&at, "p=" BINDING_NAME ","))
        return FALSE;
    }
  else if (!skip (&at, "n,") && (self->can_bind || !skip (&at, "y,")))
    return FALSE;
  if (skip (&at, "a=") && !skip (&at, self->id))
    return FALSE;
  return skip (&at, ",n=") && skip (&at, self->id) && skip (&at, ",r=");
}

/* Gives a message to the library, and takes its answer in base64. */
static int
step (Gsasl_session *session, const char *message, gsize len, char **answer)
{
  char *output = NULL;
  size_t output_len = 0;
  int status = gsasl_step (session, message, len, &output, &output_len);

  if ((status == GSASL_OK || status == GSASL_NEEDS_MORE) && output_len > 0)
    *answer = g_base64_encode ((guchar *) output, output_len);
  gsasl_free (output);
  return status;
}

static void
end_session (Gsasl_session **session)
{
  if (*session != NULL)
    gsasl_finish (*session);
  *session = NULL;
}

ScramResult
scram_server_step (ScramServer *self, const char *base64, gsize len, char **answer)
{
  gsize n_bytes = 0;
  g_autofree char *message = NULL;
  int status = GSASL_AUTHENTICATION_ERROR;

  *answer = NULL;
  if (self->session == NULL)
    return SCRAM_FAILED;
  message = decode_message (base64, len, &n_bytes);
  self->step++;
  if (message != NULL && (self->step > 1 || is_first_allowed (self, message)))
    status = step (self->session, message, n_bytes, answer);
  if (self->step == 1 && status == GSASL_NEEDS_MORE && *answer != NULL)
    return SCRAM_MORE;

  end_session (&self->session);
  if (self->step == 2 && status == GSASL_OK && *answer != NULL)
    return SCRAM_DONE;
  g_clear_pointer (answer, g_free);
  return SCRAM_FAILED;
}

void
scram_server_free (ScramServer *self)
{
  if (self == NULL)
    return;
  end_session (&self->session);
  g_free (self->id);
  g_free (self);
}

ScramClient *
scram_client_new (const char *mechanism, const char *id, const char *password, GBytes *binding)
{
  ScramClient *self;
  char *prepared;

  if (!is_mechanism (mechanism, binding))
    return NULL;
  self = g_new0 (ScramClient, 1);
  if (gsasl_client_start (get_library (), mechanism, &self->session) != GSASL_OK)
    g_error ("libgsasl lacks %s", mechanism);
  set_property (self->session, GSASL_AUTHID, id, strlen (id));
  if (strcmp (mechanism, SCRAM_SHA_256_PLUS) == 0)
    set_binding (self->session, binding); /* with one, libgsasl refuses to prove anything without PLUS */

  prepared = scram_password_prepare (password, NULL);
  self->has_password = prepared != NULL;
  if (prepared != NULL && binding != NULL && strcmp (mechanism, SCRAM_SHA_256) == 0)
    self->unbound = scram_unbound_new (id, prepared);
  if (prepared != NULL)
    set_property (self->session, GSASL_PASSWORD, prepared, strlen (prepared));
  scram_secret_free (prepared);
  return self;
}

/* Takes the message. NULL for NULL. */
static char *
encode_message (char *message)
{
  char *base64 = message != NULL ? g_base64_encode ((guchar *) message, strlen (message)) : NULL;

  g_free (message);
  return base64;
}

char *
scram_client_first (ScramClient *self)
{
  char *answer = NULL;

  if (self->unbound != NULL)
    return encode_message (scram_unbound_first (self->unbound));
  if (self->has_password)
    step (self->session, NULL, 0, &answer);
  return answer;
}

/* The number of iterations that a challenge asks for; 0 when there is none. */
static guint64
find_iterations (const char *challenge)
{
  const char *at = strstr (challenge, ",i=");
  guint64 iterations = 0;

  if (at == NULL)
    return 0;
  at += strlen (",i=");
  return wire_span_to_uint ((WireSpan){ at, strcspn (at, ",") }, &iterations) ? iterations : 0;
}

char *
scram_client_respond (ScramClient *self, const char *challenge, gsize len, GError **error)
{
  gsize n_bytes = 0;
  g_autofree char *message = decode_message (challenge, len, &n_bytes);
  guint64 iterations = message != NULL ? find_iterations (message) : 0;
  char *answer = NULL;

  if (iterations > 0 && (iterations < SCRAM_ITERATIONS_MIN || iterations > SCRAM_ITERATIONS_MAX))
    {
      g_set_error (error, SCRAM_ERROR, SCRAM_ERROR_CHALLENGE,
                   "The server asks for %" G_GUINT64_FORMAT " iterations, which is not between %d and %d.", iterations,
                   SCRAM_ITERATIONS_MIN, SCRAM_ITERATIONS_MAX);
      return NULL;
    }
  if (iterations > 0 && self->unbound != NULL)
    answer = encode_message (scram_unbound_respond (self->unbound, message));
  else if (iterations > 0 && !self->challenged)
    step (self->session, message, n_bytes, &answer);
  self->challenged = TRUE;
  /* Not without an answer: the library would take the server's last word for a challenge, and compute as long as that asks for. */
  self->responded = answer != NULL;
  if (answer == NULL)
    g_set_error_literal (error, SCRAM_ERROR, SCRAM_ERROR_CHALLENGE, "The server's challenge makes no sense.");
  return answer;
}

gboolean
scram_client_verify (ScramClient *self, const char *v, gsize len)
{
  gsize n_bytes = 0;
  g_autofree char *message = decode_message (v, len, &n_bytes);
  g_autofree char *answer = NULL;

  if (message != NULL && self->unbound != NULL)
    return scram_unbound_verify (self->unbound, message);
  return message != NULL && self->responded && step (self->session, message, n_bytes, &answer) == GSASL_OK;
}

void
scram_client_free (ScramClient *self)
{
  if (self == NULL)
    return;
  end_session (&self->session);
  scram_unbound_free (self->unbound);
  g_free (self);
}
