/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/tls.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#ifdef __aarch64__
#include <sys/auxv.h>
#endif

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "text-file.h"

/* Forward secrecy and authenticated encryption only; the quickest first, which depends on whether the processor knows AES. */
#define PRIORITY(ciphers) \
  "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:" \
  "-MAC-ALL:+AEAD:-CIPHER-ALL:" ciphers ":%SERVER_PRECEDENCE"
#define PRIORITY_AES   PRIORITY ("+AES-128-GCM:+CHACHA20-POLY1305:+AES-256-GCM")
#define PRIORITY_NO_AES PRIORITY ("+CHACHA20-POLY1305:+AES-128-GCM:+AES-256-GCM")

/* So much comes at most that brings neither the end of the handshake nor text: GnuTLS itself would gather a message of 16 MB. */
#define FRUITLESS_MAX 32768

#define HANDSHAKE_RECORD 22 /* what TLS begins with */

#define PEM_MAX (1024 * 1024) /* bytes of a certificate's or key's file */

#define RECORD_MAX 16384 /* bytes of text that a record may have */
#define READ_SIZE  32768 /* bytes; what a turn leaves of them is kept for each connection */

struct _TlsCredentials
{
  gatomicrefcount refs;
  gnutls_certificate_credentials_t certificate;
  gnutls_priority_t priority;
};

struct _TlsSession
{
  GMutex lock; /* over each call with the session */
  gnutls_session_t session; /* NULL: nothing has come yet */
  TlsCredentials *credentials;
  int fd;

  /* Who receives. */
  guint8 *ahead; /* read from the socket, and not looked at yet: a turn ended before */
  guint ahead_len;
  gboolean drained; /* the socket is known to have no more */
  gboolean starved; /* GnuTLS asked for bytes that are not there */
  gboolean within;  /* it has some of a record, and not the rest */
  guint fruitless;  /* bytes that it was given since there was last any text */
  gboolean ended;   /* with end, which was not told yet when there was text before it */
  int end;

  guint in_flight; /* who sends: bytes that are in a record which the socket took in part */
  const char *failure;
};

/* What one read brought is handed to GnuTLS from here: by itself it would read each record in two. */
static _Thread_local struct
{
  TlsSession *owner; /* whose turn to receive it is; NULL: nobody's, as when this thread sends */
  guint8 data[READ_SIZE];
  gsize start, end;
} input;

/* Credentials */

static gboolean
processor_knows_aes (void)
{
#if defined __x86_64__ || defined __i386__
  return __builtin_cpu_supports ("aes");
#elif defined __aarch64__
  return (getauxval (AT_HWCAP) & (1 << 3)) != 0; /* HWCAP_AES */
#else
  return FALSE;
#endif
}

typedef struct
{
  gnutls_x509_crt_t *certificates; /* the server's, then those between it and its authority */
  guint n_certificates;
  gnutls_x509_privkey_t key;
} Pair;

static void
pair_clear (Pair *self)
{
  for (guint i = 0; i < self->n_certificates; i++)
    gnutls_x509_crt_deinit (self->certificates[i]);
  gnutls_free (self->certificates);
  if (self->key != NULL)
    gnutls_x509_privkey_deinit (self->key);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pair, pair_clear)

/* Whether GnuTLS did it. */
static gboolean
succeeded (int result, const char *file, GError **error)
{
  if (result >= 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: %s", file, gnutls_strerror (result));
  return FALSE;
}

static gboolean
read_certificates (Pair *self, const char *file, GError **error)
{
  g_autofree char *text = NULL;
  gnutls_datum_t pem;
  gsize len;

  text = text_file_read (file, PEM_MAX, &len, error);
  if (text == NULL)
    return FALSE;
  pem = (gnutls_datum_t) { (guchar *) text, len };
  return succeeded (gnutls_x509_crt_list_import2 (&self->certificates, &self->n_certificates, &pem, GNUTLS_X509_FMT_PEM,
                                                  GNUTLS_X509_CRT_LIST_SORT),
                    file, error);
}

static gboolean
read_key (Pair *self, const char *file, GError **error)
{
  gnutls_datum_t pem;
  gsize len;
  char *text = text_file_read (file, PEM_MAX, &len, error);
  gboolean good;

  if (text == NULL)
    return FALSE;
  pem = (gnutls_datum_t) { (guchar *) text, len };
  good = succeeded (gnutls_x509_privkey_init (&self->key), file, error)
         && succeeded (gnutls_x509_privkey_import2 (self->key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0), file, error);
  explicit_bzero (text, len);
  g_free (text);
  return good;
}

static gboolean
belong_together (const Pair *self)
{
  guchar of_certificate[64], of_key[64];
  gsize certificate_len = sizeof of_certificate, key_len = sizeof of_key;

  return gnutls_x509_crt_get_key_id (self->certificates[0], GNUTLS_KEYID_USE_SHA256, of_certificate, &certificate_len) >= 0
         && gnutls_x509_privkey_get_key_id (self->key, GNUTLS_KEYID_USE_SHA256, of_key, &key_len) >= 0 && certificate_len == key_len
         && memcmp (of_certificate, of_key, key_len) == 0;
}

/* Read and compared here: given the files, GnuTLS does not say which of them is wrong, and loses memory over it. */
static gboolean
read_pair (Pair *self, const char *certificate_file, const char *key_file, GError **error)
{
  if (!read_certificates (self, certificate_file, error) || !read_key (self, key_file, error))
    return FALSE;
  if (belong_together (self))
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: this is not the key of the certificate %s", key_file, certificate_file);
  return FALSE;
}

TlsCredentials *
tls_credentials_new (const char *certificate_file, const char *key_file, GError **error)
{
  g_autoptr (TlsCredentials) self = g_new0 (TlsCredentials, 1);
  g_auto (Pair) pair = { 0 };

  g_atomic_ref_count_init (&self->refs);
  if (!read_pair (&pair, certificate_file, key_file, error)
      || !succeeded (gnutls_certificate_allocate_credentials (&self->certificate), certificate_file, error)
      || !succeeded (gnutls_priority_init (&self->priority, processor_knows_aes () ? PRIORITY_AES : PRIORITY_NO_AES, NULL), "TLS", error)
      || !succeeded (gnutls_certificate_set_x509_key (self->certificate, pair.certificates, (int) pair.n_certificates, pair.key),
                     certificate_file, error))
    return NULL;
  return g_steal_pointer (&self);
}

TlsCredentials *
tls_credentials_ref (TlsCredentials *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
tls_credentials_unref (TlsCredentials *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  if (self->certificate != NULL)
    gnutls_certificate_free_credentials (self->certificate);
  if (self->priority != NULL)
    gnutls_priority_deinit (self->priority);
  g_free (self);
}

/* The session */

TlsSession *
tls_session_new (TlsCredentials *credentials, int fd)
{
  TlsSession *self = g_new0 (TlsSession, 1);

  g_mutex_init (&self->lock);
  self->credentials = tls_credentials_ref (credentials);
  self->fd = fd;
  return self;
}

void
tls_session_free (TlsSession *self)
{
  if (self->session != NULL)
    gnutls_deinit (self->session);
  tls_credentials_unref (self->credentials);
  g_free (self->ahead);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* The bytes come from what was read ahead, then from what this thread has just read, then from the socket: one read a turn, unless it brings all
 * that there is room for. */
static ssize_t
pull_cb (gnutls_transport_ptr_t transport, void *data, size_t size)
{
  TlsSession *self = transport;
  gssize n;

  /* Whatever GnuTLS would make of more: who sends nothing but alerts would keep it, and the worker, here for as long as he likes. */
  if (input.owner != self || self->fruitless > FRUITLESS_MAX)
    {
      errno = EAGAIN;
      return -1;
    }
  if (input.start == input.end)
    {
      self->starved = TRUE;
      if (self->drained)
        {
          errno = EAGAIN;
          return -1;
        }
      do
        n = recv (self->fd, input.data, READ_SIZE, 0);
      while (n < 0 && errno == EINTR);
      self->drained = n > 0 ? n < READ_SIZE : n < 0;
      if (n <= 0)
        return n;
      input.start = 0;
      input.end = n;
      self->starved = FALSE;
    }
  self->within = TRUE;
  n = MIN (size, input.end - input.start);
  memcpy (data, input.data + input.start, n);
  input.start += n;
  self->fruitless += n;
  return n;
}

/* Nothing here waits: pull_cb() says what there is. */
static int
pull_timeout_cb (gnutls_transport_ptr_t transport, unsigned int ms)
{
  return 1;
}

/* Makes what was left of the last turn this turn's input. It is never more than a read brings. */
static void
begin_input (TlsSession *self)
{
  self->drained = FALSE;
  input.owner = self;
  input.start = 0;
  input.end = self->ahead_len;
  if (self->ahead_len > 0)
    memcpy (input.data, self->ahead, self->ahead_len);
  g_clear_pointer (&self->ahead, g_free);
  self->ahead_len = 0;
}

static void
end_input (TlsSession *self)
{
  input.owner = NULL;
  if (input.start == input.end)
    return;
  self->ahead_len = input.end - input.start;
  self->ahead = g_memdup2 (input.data + input.start, self->ahead_len);
  input.start = input.end = 0;
}

static int
open_session (TlsSession *self)
{
  int result = gnutls_init (&self->session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS);

  if (result < 0)
    return result;
  gnutls_transport_set_ptr2 (self->session, self, GINT_TO_POINTER (self->fd));
  gnutls_transport_set_pull_function (self->session, pull_cb);
  gnutls_transport_set_pull_timeout_function (self->session, pull_timeout_cb);
  result = gnutls_priority_set (self->session, self->credentials->priority);
  return result < 0 ? result : gnutls_credentials_set (self->session, GNUTLS_CRD_CERTIFICATE, self->credentials->certificate);
}

/* There are as many texts as GnuTLS has errors and alerts. */
static const char *
describe_failure (TlsSession *self, const char *what, int result)
{
  const char *alert = result == GNUTLS_E_FATAL_ALERT_RECEIVED ? gnutls_alert_get_name (gnutls_alert_get (self->session)) : NULL;
  g_autofree char *text = g_strdup_printf ("%s: %s%s", what, alert != NULL ? "the peer says " : "", alert != NULL ? alert : gnutls_strerror (result));

  return g_intern_string (text);
}

/* Anything else that GnuTLS does not call fatal, as when a client of TLS 1.2 wants another handshake, is refused. */
static gboolean
is_passing (int result)
{
  return result == GNUTLS_E_INTERRUPTED || result == GNUTLS_E_WARNING_ALERT_RECEIVED;
}

/* The first byte tells a client that was pointed at the wrong port, before anything is spent on it. */
static gboolean
looks_like_tls (TlsSession *self)
{
  guint8 first;

  return recv (self->fd, &first, 1, MSG_PEEK) != 1 || first == HANDSHAKE_RECORD;
}

TlsResult
tls_session_handshake (TlsSession *self)
{
  TlsResult answer;
  int result = 0;

  if (self->session == NULL && !looks_like_tls (self))
    {
      self->failure = "what it sends is not TLS";
      return TLS_FAILED;
    }
  begin_input (self);
  g_mutex_lock (&self->lock);
  if (self->session == NULL)
    result = open_session (self);
  if (result >= 0)
    do
      result = gnutls_handshake (self->session);
    while (is_passing (result));

  self->within = FALSE;
  if (result == GNUTLS_E_AGAIN && self->fruitless > FRUITLESS_MAX)
    result = GNUTLS_E_HANDSHAKE_TOO_LARGE;
  if (result == GNUTLS_E_SUCCESS)
    {
      answer = TLS_DONE;
      self->fruitless = 0;
    }
  else if (result == GNUTLS_E_AGAIN)
    answer = gnutls_record_get_direction (self->session) == 0 ? TLS_WANTS_READ : TLS_WANTS_WRITE;
  else
    {
      answer = TLS_FAILED;
      self->failure = describe_failure (self, "no TLS handshake", result);
      if (self->session != NULL)
        gnutls_alert_send_appropriate (self->session, result);
    }
  g_mutex_unlock (&self->lock);
  end_input (self);
  return answer;
}

/* One record's text into the buffer; what GnuTLS says. */
static gssize
recv_record (TlsSession *self, void *buffer, gsize size)
{
  gssize result;

  self->starved = FALSE;
  g_mutex_lock (&self->lock);
  result = gnutls_record_recv (self->session, buffer, size);
  g_mutex_unlock (&self->lock);
  if (result > 0)
    self->fruitless = 0;
  if (result != GNUTLS_E_AGAIN || !self->starved)
    self->within = FALSE;
  return result == GNUTLS_E_AGAIN && self->fruitless > FRUITLESS_MAX ? GNUTLS_E_TOO_MANY_HANDSHAKE_PACKETS : result;
}

static void
end_with (TlsSession *self, int result)
{
  self->ended = TRUE;
  self->end = result;
  if (result == 0 || result == GNUTLS_E_PREMATURE_TERMINATION)
    return;
  g_mutex_lock (&self->lock);
  self->failure = result == GNUTLS_E_PULL_ERROR ? "the peer is gone" : describe_failure (self, "TLS", result);
  gnutls_alert_send_appropriate (self->session, result);
  g_mutex_unlock (&self->lock);
}

gssize
tls_session_recv (TlsSession *self, void *buffer, gsize size, gboolean one_record)
{
  gsize got = 0;
  gssize result = GNUTLS_E_AGAIN;

  begin_input (self);
  if (!self->ended)
    do
      {
        result = recv_record (self, (char *) buffer + got, size - got);
        got += MAX (result, 0);
      }
    while ((result > 0 && !one_record && size - got >= RECORD_MAX) || is_passing (result));
  end_input (self);

  if (result <= 0 && result != GNUTLS_E_AGAIN)
    end_with (self, result);
  if (got > 0)
    return got;
  if (self->ended && (self->end == 0 || self->end == GNUTLS_E_PREMATURE_TERMINATION))
    return 0;
  errno = self->ended ? EPROTO : EAGAIN;
  return -1;
}

gssize
tls_session_send (TlsSession *self, const void *data, gsize len)
{
  gsize sent = 0;
  gssize result;

  do
    {
      gsize part = MIN (len - sent, RECORD_MAX);

      g_mutex_lock (&self->lock);
      /* A record that the socket took in part is with GnuTLS, whole. */
      result = self->in_flight > 0 ? gnutls_record_send (self->session, NULL, 0)
                                   : gnutls_record_send (self->session, (const char *) data + sent, part);
      if (result > 0)
        self->in_flight = 0;
      else if (result == GNUTLS_E_AGAIN && self->in_flight == 0)
        self->in_flight = part;
      g_mutex_unlock (&self->lock);
      sent += MAX (result, 0);
    }
  while ((result > 0 && sent < len) || result == GNUTLS_E_INTERRUPTED);

  if (sent > 0)
    return sent;
  errno = result == GNUTLS_E_AGAIN ? EAGAIN : result == GNUTLS_E_PUSH_ERROR ? EPIPE : EPROTO;
  return -1;
}

gboolean
tls_session_has_pending (TlsSession *self)
{
  gboolean pending;

  g_mutex_lock (&self->lock);
  pending = self->ended || self->ahead_len > 0 || gnutls_record_check_pending (self->session) > 0;
  g_mutex_unlock (&self->lock);
  return pending;
}

gboolean
tls_session_is_within_record (TlsSession *self)
{
  return self->within;
}

gboolean
tls_session_is_cut (TlsSession *self)
{
  return self->ended && self->end == GNUTLS_E_PREMATURE_TERMINATION;
}

TlsResult
tls_session_bye (TlsSession *self)
{
  int result;

  g_mutex_lock (&self->lock);
  do
    result = gnutls_bye (self->session, GNUTLS_SHUT_WR);
  while (result == GNUTLS_E_INTERRUPTED);
  g_mutex_unlock (&self->lock);
  return result == GNUTLS_E_SUCCESS ? TLS_DONE : result == GNUTLS_E_AGAIN ? TLS_WANTS_WRITE : TLS_FAILED;
}

const char *
tls_session_get_failure (TlsSession *self)
{
  return self->failure;
}

GBytes *
tls_session_get_binding (TlsSession *self)
{
  gnutls_datum_t binding = { NULL, 0 };
  GBytes *bytes = NULL;

  g_mutex_lock (&self->lock);
  /* Before TLS 1.3 another session may have the same, unless both ends hash the whole handshake into the secret. */
  if ((gnutls_protocol_get_version (self->session) >= GNUTLS_TLS1_3 || gnutls_session_ext_master_secret_status (self->session))
      && gnutls_session_channel_binding (self->session, GNUTLS_CB_TLS_EXPORTER, &binding) == GNUTLS_E_SUCCESS)
    bytes = g_bytes_new (binding.data, binding.size);
  gnutls_free (binding.data);
  g_mutex_unlock (&self->lock);
  return bytes;
}
