/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/util/tls.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include <gnutls/gnutls.h>

#include "tests/util/deadline.h"
#include "tests/util/server.h"

#define USUAL "NORMAL"

struct _TestTls
{
  gnutls_session_t session;
  gnutls_certificate_credentials_t credentials;
  int fd;
  gboolean ended_well;
};

/* The socket may be a blocking one. */
static ssize_t
pull_cb (gnutls_transport_ptr_t fd, void *data, size_t size)
{
  return recv (GPOINTER_TO_INT (fd), data, size, MSG_DONTWAIT);
}

static ssize_t
push_cb (gnutls_transport_ptr_t fd, const void *data, size_t size)
{
  return send (GPOINTER_TO_INT (fd), data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static int
pull_timeout_cb (gnutls_transport_ptr_t fd, unsigned int ms)
{
  struct pollfd poll_fd = { .fd = GPOINTER_TO_INT (fd), .events = POLLIN };

  return poll (&poll_fd, 1, (int) MIN (ms, G_MAXINT));
}

static gboolean
wait_for (TestTls *self, gint64 deadline)
{
  struct pollfd poll_fd = { .fd = self->fd, .events = gnutls_record_get_direction (self->session) ? POLLOUT : POLLIN };

  return poll (&poll_fd, 1, test_remaining_ms (deadline)) > 0;
}

static void
open_session (TestTls *self, const char *priority)
{
  g_assert_cmpint (gnutls_certificate_allocate_credentials (&self->credentials), ==, GNUTLS_E_SUCCESS);
  g_assert_cmpint (gnutls_init (&self->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK), ==, GNUTLS_E_SUCCESS);
  g_assert_cmpint (gnutls_priority_set_direct (self->session, priority, NULL), ==, GNUTLS_E_SUCCESS);
  g_assert_cmpint (gnutls_credentials_set (self->session, GNUTLS_CRD_CERTIFICATE, self->credentials), ==, GNUTLS_E_SUCCESS);
  gnutls_transport_set_ptr (self->session, GINT_TO_POINTER (self->fd));
  gnutls_transport_set_pull_function (self->session, pull_cb);
  gnutls_transport_set_push_function (self->session, push_cb);
  gnutls_transport_set_pull_timeout_function (self->session, pull_timeout_cb);
}

TestTls *
test_tls_new (int fd, const char *priority, const char *name)
{
  TestTls *self = g_new0 (TestTls, 1);
  gint64 deadline = test_deadline ();
  int result;

  self->fd = fd;
  open_session (self, priority != NULL ? priority : USUAL);
  while ((result = gnutls_handshake (self->session)) < 0 && !gnutls_error_is_fatal (result))
    if (result == GNUTLS_E_AGAIN && !wait_for (self, deadline))
      test_fail ("%s: no TLS handshake in time", name);
  if (result == GNUTLS_E_SUCCESS)
    return self;
  test_tls_free (self);
  return NULL;
}

static ssize_t
keep_cb (gnutls_transport_ptr_t bytes, const void *data, size_t size)
{
  g_byte_array_append (bytes, data, (guint) size);
  return (ssize_t) size;
}

static ssize_t
starve_cb (gnutls_transport_ptr_t bytes, void *data, size_t size)
{
  errno = EAGAIN;
  return -1;
}

GBytes *
test_tls_make_hello (void)
{
  TestTls *self = g_new0 (TestTls, 1);
  GByteArray *bytes = g_byte_array_new ();

  open_session (self, USUAL);
  gnutls_transport_set_ptr (self->session, bytes);
  gnutls_transport_set_push_function (self->session, keep_cb);
  gnutls_transport_set_pull_function (self->session, starve_cb);
  g_assert_cmpint (gnutls_handshake (self->session), ==, GNUTLS_E_AGAIN);
  test_tls_free (self);
  return g_byte_array_free_to_bytes (bytes);
}

void
test_tls_free (TestTls *self)
{
  gnutls_deinit (self->session);
  gnutls_certificate_free_credentials (self->credentials);
  g_free (self);
}

gboolean
test_tls_send (TestTls *self, const char *bytes, gsize len, gint64 deadline)
{
  gboolean again = FALSE;

  while (len > 0)
    {
      gssize sent = gnutls_record_send (self->session, again ? NULL : bytes, again ? 0 : len);

      again = sent == GNUTLS_E_AGAIN;
      if (again && !wait_for (self, deadline))
        test_fail ("the server did not take what was sent over TLS");
      if (sent < 0 && gnutls_error_is_fatal ((int) sent))
        return FALSE;
      bytes += MAX (sent, 0);
      len -= (gsize) MAX (sent, 0);
    }
  return TRUE;
}

gssize
test_tls_recv (TestTls *self, char *bytes, gsize size, gint64 deadline)
{
  gssize got;

  while ((got = gnutls_record_recv (self->session, bytes, size)) < 0 && !gnutls_error_is_fatal ((int) got))
    if (got == GNUTLS_E_AGAIN && !wait_for (self, deadline))
      return -1;
  self->ended_well = got == 0;
  return MAX (got, 0);
}

gboolean
test_tls_has_ended_well (TestTls *self)
{
  return self->ended_well;
}

gboolean
test_tls_has_pending (TestTls *self)
{
  return gnutls_record_check_pending (self->session) > 0;
}

void
test_tls_bye (TestTls *self)
{
  gnutls_bye (self->session, GNUTLS_SHUT_WR);
}

GBytes *
test_tls_get_binding (TestTls *self)
{
  gnutls_datum_t binding;
  GBytes *bytes;

  g_assert_cmpint (gnutls_session_channel_binding (self->session, GNUTLS_CB_TLS_EXPORTER, &binding), ==, GNUTLS_E_SUCCESS);
  bytes = g_bytes_new (binding.data, binding.size);
  gnutls_free (binding.data);
  return bytes;
}

char *
test_tls_get_fingerprint (TestTls *self)
{
  unsigned int n;
  const gnutls_datum_t *certificates = gnutls_certificate_get_peers (self->session, &n);

  g_assert_cmpuint (n, >, 0);
  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, certificates[0].data, certificates[0].size);
}

const char *
test_tls_get_version (TestTls *self)
{
  return gnutls_protocol_get_name (gnutls_protocol_get_version (self->session));
}
