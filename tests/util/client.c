/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/util/client-private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/util/deadline.h"

#define NARROW_BYTES 4096

/* Connecting */

static gboolean
make_address (const char *host, guint16 port, struct sockaddr_storage *address, socklen_t *len)
{
  struct sockaddr_in *four = (struct sockaddr_in *) address;
  struct sockaddr_in6 *six = (struct sockaddr_in6 *) address;

  memset (address, 0, sizeof *address);
  if (inet_pton (AF_INET, host, &four->sin_addr) == 1)
    {
      four->sin_family = AF_INET;
      four->sin_port = htons (port);
      *len = sizeof *four;
      return TRUE;
    }
  six->sin6_family = AF_INET6;
  six->sin6_port = htons (port);
  *len = sizeof *six;
  return inet_pton (AF_INET6, host, &six->sin6_addr) == 1;
}

static TestClient *
open_client (const char *name, const char *host, guint16 port, const char *local_host, int receive_bytes)
{
  TestClient *self = g_new0 (TestClient, 1);
  struct sockaddr_storage address;
  socklen_t len;
  int one = 1;

  self->name = g_strdup (name);
  self->input = g_string_new (NULL);
  self->line = g_string_new (NULL);
  self->tags = g_string_chunk_new (256);

  g_assert_true (make_address (host, port, &address, &len));
  self->fd = socket (address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (self->fd, >=, 0);
  if (receive_bytes > 0)
    g_assert_no_errno (setsockopt (self->fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes));
  if (local_host != NULL)
    {
      struct sockaddr_storage local;
      socklen_t local_len;

      g_assert_true (make_address (local_host, 0, &local, &local_len));
      g_assert_no_errno (bind (self->fd, (struct sockaddr *) &local, local_len));
    }
  g_assert_no_errno (connect (self->fd, (struct sockaddr *) &address, len));
  g_assert_no_errno (setsockopt (self->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one));
  return self;
}

TestClient *
test_connect_to (const char *name, const char *host, guint16 port, const char *local_host)
{
  return open_client (name, host, port, local_host, 0);
}

gboolean
test_client_start_tls (TestClient *self, const char *priority)
{
  self->tls = test_tls_new (self->fd, priority, self->name);
  return self->tls != NULL;
}

TestTls *
test_client_tls (TestClient *self)
{
  return self->tls;
}

static TestClient *
open_tls_client (TestServer *server, const char *name, int receive_bytes)
{
  guint nth = test_server_tls_listener (server);
  TestClient *self = open_client (name, test_server_host (server, nth), test_server_port (server, nth), NULL, receive_bytes);

  if (!test_client_start_tls (self, NULL))
    test_fail ("%s: the server refused the TLS handshake", name);
  return self;
}

TestClient *
test_connect_tls (TestServer *server, const char *name)
{
  return open_tls_client (server, name, 0);
}

static TestClient *
open_usual_client (TestServer *server, const char *name, int receive_bytes)
{
  if (test_server_usual_is_tls ())
    return open_tls_client (server, name, receive_bytes);
  return open_client (name, test_server_host (server, 0), test_server_port (server, 0), NULL, receive_bytes);
}

TestClient *
test_connect (TestServer *server, const char *name)
{
  return open_usual_client (server, name, 0);
}

TestClient *
test_connect_narrow (TestServer *server, const char *name)
{
  return open_usual_client (server, name, NARROW_BYTES);
}

static TestClient *
hello (TestClient *self)
{
  test_send (self, "HELLO %s", self->name);
  test_expect (self, "CONNECTED");
  return self;
}

static TestClient *
hello2 (TestClient *self)
{
  test_send (self, "HELLO %s 2", self->name);
  test_expect_connected2 (self);
  return self;
}

TestClient *
test_login (TestServer *server, const char *id)
{
  return hello (test_connect (server, id));
}

TestClient *
test_login2 (TestServer *server, const char *id)
{
  return hello2 (test_connect (server, id));
}

TestClient *
test_login_tls (TestServer *server, const char *id)
{
  return hello (test_connect_tls (server, id));
}

TestClient *
test_login2_tls (TestServer *server, const char *id)
{
  return hello2 (test_connect_tls (server, id));
}

TestClient *
test_login_unframed (TestServer *server, const char *id)
{
  TestClient *self = test_connect (server, id);
  g_autofree char *message = g_strconcat ("HELLO ", id, NULL);

  test_send_bytes (self, message, -1);
  test_expect_bytes (self, "CONNECTED");
  return self;
}

static void
free_client (TestClient *self)
{
  g_clear_pointer (&self->tls, test_tls_free);
  close (self->fd);
  g_string_free (self->input, TRUE);
  g_string_free (self->line, TRUE);
  g_string_chunk_free (self->tags);
  g_free (self->name);
  g_free (self);
}

void
test_client_free (TestClient *self)
{
  if (self->tls != NULL)
    test_tls_bye (self->tls);
  free_client (self);
}

void
test_client_reset (TestClient *self)
{
  struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

  g_assert_no_errno (setsockopt (self->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once));
  free_client (self);
}

int
test_client_fd (TestClient *self)
{
  return self->fd;
}

void
test_client_set_proto2 (TestClient *self)
{
  self->proto2 = TRUE;
}

/* Sending */

void
test_send_bytes (TestClient *self, const char *bytes, gssize len)
{
  gsize left = len < 0 ? strlen (bytes) : (gsize) len;
  gint64 deadline = test_deadline ();

  if (self->tls != NULL)
    {
      test_tls_send (self->tls, bytes, left, deadline);
      return;
    }
  while (left > 0)
    {
      struct pollfd poll_fd = { .fd = self->fd, .events = POLLOUT };
      gssize sent;

      if (poll (&poll_fd, 1, test_remaining_ms (deadline)) <= 0)
        test_fail ("%s: the server did not take what was sent", self->name);
      sent = send (self->fd, bytes, left, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
        return;
      if (sent < 0 && errno == EAGAIN)
        continue;
      g_assert_cmpint (sent, >, 0);
      bytes += sent;
      left -= (gsize) sent;
    }
}

void
test_send (TestClient *self, const char *format, ...)
{
  g_autoptr (GString) line = g_string_new (NULL);
  va_list arguments;

  va_start (arguments, format);
  g_string_vprintf (line, format, arguments);
  va_end (arguments);
  g_string_append_c (line, '\n');
  test_send_bytes (self, line->str, (gssize) line->len);
}

void
test_shut_write (TestClient *self)
{
  if (self->tls != NULL)
    test_tls_bye (self->tls);
  g_assert_no_errno (shutdown (self->fd, SHUT_WR));
}

/* Receiving */

/* -1 when nothing came. */
static gssize
receive_bytes (TestClient *self, char *bytes, gsize size, gint64 deadline)
{
  struct pollfd poll_fd = { .fd = self->fd, .events = POLLIN };
  gssize got;

  if (self->tls != NULL)
    return test_tls_recv (self->tls, bytes, size, deadline);
  if (poll (&poll_fd, 1, test_remaining_ms (deadline)) <= 0)
    return -1;
  got = recv (self->fd, bytes, size, 0);
  g_assert_true (got >= 0 || errno == ECONNRESET);
  return MAX (got, 0);
}

/* One recv() into the end of input. FALSE at the end of the stream. */
static gboolean
receive (TestClient *self, gint64 deadline, const char *wanted)
{
  char bytes[65536];
  gssize got;

  if (self->ended)
    return FALSE;
  got = receive_bytes (self, bytes, sizeof bytes, deadline);
  if (got < 0)
    test_fail ("%s: waited in vain for %s; so far: \"%s\"", self->name, wanted, self->input->str);
  if (got == 0)
    {
      self->ended = TRUE;
      return FALSE;
    }
  g_string_append_len (self->input, bytes, got);
  return TRUE;
}

/* Whether receive() has something; not all of it may be here yet. */
static gboolean
has_bytes (TestClient *self)
{
  struct pollfd poll_fd = { .fd = self->fd, .events = POLLIN };

  return (self->tls != NULL && test_tls_has_pending (self->tls)) || poll (&poll_fd, 1, 0) > 0;
}

gboolean
test_client_is_readable (TestClient *self)
{
  return self->input->len > 0 || self->ended || has_bytes (self);
}

/* Takes the first line out of input into line; FALSE when there is no whole one. */
static gboolean
take_line (TestClient *self)
{
  const char *end = memchr (self->input->str, '\n', self->input->len);
  gsize len;

  if (end == NULL)
    return FALSE;
  len = (gsize) (end - self->input->str);
  g_string_truncate (self->line, 0);
  g_string_append_len (self->line, self->input->str, (gssize) len);
  g_string_erase (self->input, 0, (gssize) len + 1);
  return TRUE;
}

static const char *
next_line (TestClient *self, const char *wanted)
{
  gint64 deadline = test_deadline ();

  for (;;)
    {
      while (!take_line (self))
        {
          if (receive (self, deadline, wanted))
            continue;
          return NULL;
        }
      if (!self->proto2 || !g_str_has_prefix (self->line->str, "PING"))
        return self->line->str;
      self->line->str[1] = 'O';
      test_send (self, "%s", self->line->str);
    }
}

const char *
test_line_if_any (TestClient *self)
{
  while (!take_line (self))
    if (self->ended || !has_bytes (self) || !receive (self, test_deadline (), "more"))
      return NULL;
  return self->line->str;
}

gboolean
test_client_has_ended (TestClient *self)
{
  return self->ended;
}

const char *
test_line_or_end (TestClient *self)
{
  return next_line (self, "a line or the end");
}

const char *
test_client_need_line (TestClient *self, const char *wanted)
{
  const char *line = next_line (self, wanted);

  if (line == NULL)
    test_fail ("%s: the server closed the connection instead of sending %s, after \"%s\"", self->name,
             wanted, self->input->str);
  return line;
}

const char *
test_line (TestClient *self)
{
  return test_client_need_line (self, "a line");
}

/* Expecting */

void
test_expect (TestClient *self, const char *format, ...)
{
  g_autoptr (GString) wanted = g_string_new (NULL);
  const char *line;
  va_list arguments;

  va_start (arguments, format);
  g_string_vprintf (wanted, format, arguments);
  va_end (arguments);
  line = test_client_need_line (self, wanted->str);
  if (!g_str_equal (line, wanted->str))
    test_fail ("%s: wanted \"%s\", got \"%s\"", self->name, wanted->str, line);
}

void
test_expect_prefix (TestClient *self, const char *prefix)
{
  const char *line = test_client_need_line (self, prefix);

  if (!g_str_has_prefix (line, prefix))
    test_fail ("%s: wanted \"%s…\", got \"%s\"", self->name, prefix, line);
}

void
test_expect_error (TestClient *self, const char *code)
{
  g_autofree char *prefix = g_strdup_printf ("ERROR %s ", code);

  test_expect_prefix (self, prefix);
  if (self->line->len == strlen (prefix))
    test_fail ("%s: \"%s\" says nothing to a person", self->name, self->line->str);
}

guint64
test_expect_started (TestClient *self, const char *partner)
{
  g_autofree char *wanted = g_strdup_printf ("CHAT_STARTED <session> %s", partner);
  const char *line = test_client_need_line (self, wanted);
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  guint64 session;

  if (g_strv_length (words) != 3 || !g_str_equal (words[0], "CHAT_STARTED")
      || !g_str_equal (words[2], partner)
      || !g_ascii_string_to_unsigned (words[1], 10, 100000, G_MAXUINT64, &session, NULL))
    test_fail ("%s: wanted \"%s\", got \"%s\"", self->name, wanted, line);
  return session;
}

void
test_expect_connected2 (TestClient *self)
{
  const char *line = test_client_need_line (self, "CONNECTED 2");
  const char *rest = line[0] == '@' ? strchr (line, ' ') : NULL;

  if (!g_str_equal (rest != NULL ? rest + 1 : line, "CONNECTED 2"))
    test_fail ("%s: wanted \"CONNECTED 2\", got \"%s\"", self->name, line);
  test_client_set_proto2 (self);
}

void
test_expect_closed (TestClient *self)
{
  const char *line = next_line (self, "the end of the stream");

  if (line != NULL || self->input->len > 0)
    test_fail ("%s: wanted the end of the stream, got \"%s\"", self->name,
             line != NULL ? line : self->input->str);
}

void
test_expect_nothing (TestClient *self)
{
  if (self->proto2)
    {
      guint token = ++self->n_barriers;

      test_send (self, "PING barrier-%u", token);
      test_expect (self, "PONG barrier-%u", token);
    }
  else
    {
      test_send (self, "NO_SUCH_VERB");
      test_expect_error (self, "unknown-verb");
    }
}

/* Unframed */

const char *
test_read_once (TestClient *self, gsize *len, gint64 *when)
{
  gboolean got;

  g_string_truncate (self->input, 0);
  got = receive (self, test_deadline (), "a message");
  if (when != NULL)
    *when = g_get_monotonic_time ();
  g_string_assign (self->line, "");
  g_string_append_len (self->line, self->input->str, (gssize) self->input->len);
  g_string_truncate (self->input, 0);
  if (len != NULL)
    *len = self->line->len;
  return got ? self->line->str : NULL;
}

void
test_expect_bytes (TestClient *self, const char *bytes)
{
  gint64 deadline = test_deadline ();
  gsize len = strlen (bytes);

  while (self->input->len < len && receive (self, deadline, bytes))
    ;
  if (self->input->len < len || memcmp (self->input->str, bytes, len) != 0)
    test_fail ("%s: wanted \"%s\", got \"%s\"", self->name, bytes, self->input->str);
  g_string_erase (self->input, 0, (gssize) len);
}
