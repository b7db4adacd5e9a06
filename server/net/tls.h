/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS over a connected, non-blocking socket: GnuTLS, and nothing that waits. */
#pragma once

#include <gio/gio.h>

/* A certificate (with its chain) and its key, as new handshakes use them. Immutable: another pair of files makes another one. Any thread. */
typedef struct _TlsCredentials TlsCredentials;

/* Two PEM files that belong together. NULL with a one-line error that names the file. */
TlsCredentials *tls_credentials_new (const char *certificate_file, const char *key_file, GError **error);
TlsCredentials *tls_credentials_ref (TlsCredentials *self);
void tls_credentials_unref (TlsCredentials *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlsCredentials, tls_credentials_unref)

/* The server's end of one connection. One thread at a time may shake hands and receive, another may send meanwhile: a lock inside is held for one
 * call of GnuTLS, which never waits. */
typedef struct _TlsSession TlsSession;

/* For a socket that the caller closes later. Costs next to nothing before the peer's first bytes come. */
TlsSession *tls_session_new (TlsCredentials *credentials, int fd);
void tls_session_free (TlsSession *self);

typedef enum
{
  TLS_DONE,
  TLS_WANTS_READ,  /* go on when the socket can be read */
  TLS_WANTS_WRITE, /* when it can be written to */
  TLS_FAILED,      /* the peer was sent an alert; tls_session_get_failure() says why */
} TlsResult;

/* As much of the handshake as can be done now. Only after TLS_DONE anything else may be called. */
TlsResult tls_session_handshake (TlsSession *self);

/* Like recv() and send() on a non-blocking socket: EAGAIN in errno when the socket gives or takes no more, else the session is at its end and
 * tls_session_get_failure() says why. What send() did not take must be sent again, as the beginning of what is sent next. With one_record what the
 * peer wrote at once comes alone. */
gssize tls_session_recv (TlsSession *self, void *buffer, gsize size, gboolean one_record);
gssize tls_session_send (TlsSession *self, const void *data, gsize len);

/* Whether there is something to receive, an end too, of which the socket knows nothing any more. Only for who receives. */
gboolean tls_session_has_pending (TlsSession *self);

/* Whether a part of something has come, of which nothing can be received before the rest has. Only for who receives. */
gboolean tls_session_is_within_record (TlsSession *self);

/* Whether the end of input may have been made by somebody on the way: the peer did not say that it would send no more. */
gboolean tls_session_is_cut (TlsSession *self);

/* Tells the peer that no more will be sent; TLS_DONE, TLS_WANTS_WRITE, or TLS_FAILED when it cannot be told. */
TlsResult tls_session_bye (TlsSession *self);

/* Static. */
const char *tls_session_get_failure (TlsSession *self);

/* The channel binding tls-exporter (RFC 9266); NULL when the session has none. Transfer full. */
GBytes *tls_session_get_binding (TlsSession *self);
