/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes of a connection, in and out: through TLS where it has one, after a handshake. */
#include "net/connection-private.h"

#include <errno.h>
#include <sys/socket.h>

void
connection_set_tls (Connection *self, TlsCredentials *credentials)
{
  self->tls = tls_session_new (credentials, self->io.fd);
  self->handshaking = TRUE;
  self->handshake_link.data = &self->io;
}

gboolean
connection_is_tls (Connection *self)
{
  return self->tls != NULL;
}

GBytes *
connection_get_binding (Connection *self)
{
  return self->tls != NULL ? tls_session_get_binding (self->tls) : NULL;
}

void
connection_shake_hands (Connection *self)
{
  TlsResult result;

  if (!handshakes_enter (self->shared->handshakes, &self->handshake_link))
    {
      /* It is woken when it is its turn: until then what has come may wait in the kernel. */
      g_mutex_lock (&self->lock);
      self->reading = FALSE;
      g_mutex_unlock (&self->lock);
      return;
    }
  result = tls_session_handshake (self->tls);
  handshakes_leave (self->shared->handshakes);

  g_mutex_lock (&self->lock);
  self->reading = result != TLS_WANTS_WRITE;
  self->blocked = result == TLS_WANTS_WRITE;
  self->handshaking = result != TLS_DONE;
  if (result == TLS_FAILED)
    connection_break_locked (self, tls_session_get_failure (self->tls));
  g_mutex_unlock (&self->lock);
}

gssize
connection_recv (Connection *self, void *buffer, gsize size, gboolean one_message)
{
  gssize n;

  if (self->tls != NULL)
    return tls_session_recv (self->tls, buffer, size, one_message);
  do
    n = recv (self->io.fd, buffer, size, 0);
  while (n < 0 && errno == EINTR);
  return n;
}

gssize
connection_send (Connection *self, const void *data, gsize len)
{
  gssize n;

  if (self->tls != NULL)
    return tls_session_send (self->tls, data, len);
  do
    n = send (self->io.fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  return n;
}

const char *
connection_explain_failure (Connection *self)
{
  const char *why = self->tls != NULL ? tls_session_get_failure (self->tls) : NULL;

  return why != NULL ? why : "the peer is gone";
}

gboolean
connection_has_pending_input (Connection *self)
{
  return self->tls != NULL && !self->handshaking && tls_session_has_pending (self->tls);
}

gboolean
connection_shut_write (Connection *self)
{
  if (self->tls != NULL && tls_session_bye (self->tls) == TLS_WANTS_WRITE)
    {
      g_mutex_lock (&self->lock);
      self->blocked = TRUE;
      g_mutex_unlock (&self->lock);
      return FALSE;
    }
  shutdown (self->io.fd, SHUT_WR);
  return TRUE;
}
