/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A client as a stranger would write it from shared/PROTOCOL.md: a plain blocking socket, and
 * nothing of shared/. Whatever does not come as expected, or not in time, fails the test and names
 * the client. */
#pragma once

#include <glib.h>

#include "tests/util/server.h"
#include "tests/util/tls.h"

typedef struct _TestClient TestClient;

/* Connects to the server's first listener, or its first with TLS when WEBCHAT_TEST_TLS is set; or to a host and port, from a local address (NULL: any). */
TestClient *test_connect (TestServer *server, const char *name);
TestClient *test_connect_to (const char *name, const char *host, guint16 port, const char *local_host);

/* The same with a small receive buffer, for a client that will not read. */
TestClient *test_connect_narrow (TestServer *server, const char *name);

/* The same to its first listener with TLS, which is done when it returns. The client is then used like any other. */
TestClient *test_connect_tls (TestServer *server, const char *name);
/* The handshake over a connection that test_connect_to() made: FALSE when the server refuses it. priority: NULL, or GnuTLS's. */
gboolean test_client_start_tls (TestClient *self, const char *priority);
TestTls *test_client_tls (TestClient *self); /* NULL without; owned by self */

/* Connects and logs in with the name as Client-ID: in base, in protocol 2, unframed. */
TestClient *test_login (TestServer *server, const char *id);
TestClient *test_login2 (TestServer *server, const char *id);
TestClient *test_login_unframed (TestServer *server, const char *id);
TestClient *test_login_tls (TestServer *server, const char *id);
TestClient *test_login2_tls (TestServer *server, const char *id);

/* Closes the socket; over TLS it says so before. Or at once and with a reset, as when a machine is gone. */
void test_client_free (TestClient *self);
void test_client_reset (TestClient *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestClient, test_client_free)

int test_client_fd (TestClient *self);
void test_client_set_proto2 (TestClient *self); /* PING from the server is answered from now on,
not returned */

/* Sends a line, and the LF after it. */
void test_send (TestClient *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* Sends just these bytes, in one write. len -1: up to the NUL. A peer that has closed is no failure
 * here. */
void test_send_bytes (TestClient *self, const char *bytes, gssize len);
/* No more will be sent, but the answers are still read. */
void test_shut_write (TestClient *self);

/* The next line without its LF, owned by self, valid until the next line is read. NULL at the end of the
 * stream, also when that cuts a line off. */
const char *test_line_or_end (TestClient *self);
const char *test_line (TestClient *self); /* the end of the stream fails */

/* The next line is exactly this. */
void test_expect (TestClient *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
void test_expect_prefix (TestClient *self, const char *prefix);
/* ERROR <code> <some text>, without tags. */
void test_expect_error (TestClient *self, const char *code);
/* CHAT_STARTED <session> <partner>; returns the session. */
guint64 test_expect_started (TestClient *self, const char *partner);
/* "CONNECTED 2", with whatever tags. */
void test_expect_connected2 (TestClient *self);

/* The next line has these tags and, after them, exactly this. tags is "id=n1;seq=1;time=*": a *
 * stands for any value that is not empty, a tag that ends in =? may be missing, others than those
 * named fail. Values are compared as they stand on the wire. */
void test_expect_tagged (TestClient *self, const char *tags, const char *format, ...) G_GNUC_PRINTF (3, 4);
/* The same for ERROR <code> <some text>. */
void test_expect_error_tagged (TestClient *self, const char *tags, const char *code);

/* A tag of the line read last, as it stands on the wire; NULL when it has none. Owned by self,
 * valid as long as it is. */
const char *test_tag (TestClient *self, const char *key);
guint64 test_tag_uint (TestClient *self, const char *key);
/* A tag that must be a time of the wire's form, in ms since 1970. */
gint64 test_tag_time (TestClient *self, const char *key);

/* The server closed the connection, and nothing came before that. */
void test_expect_closed (TestClient *self);
/* Nothing has come: sends what has a known answer, and that answer is the next line. Logged in,
 * framed clients only. */
void test_expect_nothing (TestClient *self);

/* For unframed clients: one read, as the original does it. Owned by self, valid until the next
 * read. Ends in a NUL of its own. NULL at the end of the stream. when: monotonic time in
 * microseconds, or NULL. */
const char *test_read_once (TestClient *self, gsize *len, gint64 *when);
/* The next bytes are these, in however many reads they come. */
void test_expect_bytes (TestClient *self, const char *bytes);

/* The next line if it has come already; NULL when it has not. Never waits. For clients that are
 * polled together. */
const char *test_line_if_any (TestClient *self);
gboolean test_client_has_ended (TestClient *self); /* the end of the stream was read */

/* Whether bytes or the end of the stream can be read now. For clients that are polled together. */
gboolean test_client_is_readable (TestClient *self);
