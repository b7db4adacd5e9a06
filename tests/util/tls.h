/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The TLS of a test's client: GnuTLS over its socket, with the tests' deadline. */
#pragma once

#include <glib.h>

typedef struct _TestTls TestTls;

/* The handshake over a connected socket, which stays the caller's. priority: a GnuTLS priority string, NULL for the usual one. The certificate is taken
 * as it is. NULL when there is no handshake; that no answer comes in time fails the test, though. name is the client's, for that. */
TestTls *test_tls_new (int fd, const char *priority, const char *name);
/* Frees it without a word to the server. */
void test_tls_free (TestTls *self);

/* The first bytes that a client sends, for who stops in the middle of them. Transfer full. */
GBytes *test_tls_make_hello (void);

/* FALSE: the server does not take any more, it has closed. */
gboolean test_tls_send (TestTls *self, const char *bytes, gsize len, gint64 deadline);
/* One record's text. 0 at the end of the stream, also when that comes without a word; -1 when nothing came until the deadline. */
gssize test_tls_recv (TestTls *self, char *bytes, gsize size, gint64 deadline);
/* Whether the server has said that it sends no more. */
gboolean test_tls_has_ended_well (TestTls *self);
/* Whether text is here already that the socket knows nothing of. */
gboolean test_tls_has_pending (TestTls *self);
/* Tells the server that no more comes. */
void test_tls_bye (TestTls *self);

/* The session's tls-exporter channel binding, and SHA-256 of the server's certificate in hexadecimal. Transfer full. */
GBytes *test_tls_get_binding (TestTls *self);
char *test_tls_get_fingerprint (TestTls *self);
/* "TLS1.3". Static. */
const char *test_tls_get_version (TestTls *self);
