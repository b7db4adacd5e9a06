/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One TCP or TLS connection to a server: lines in, a bounded queue of bytes out. Knows framing, and nothing of the protocol. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Bytes that wait to be written; a server that is further behind than this is not reading. */
#define WC_CONNECTION_QUEUE_MAX (4 * 1024 * 1024)

#define WC_TYPE_CONNECTION (wc_connection_get_type ())
G_DECLARE_FINAL_TYPE (WcConnection, wc_connection, WC, CONNECTION, GObject)

/* Called from the main loop, never from within a function of this header. Each may close the connection. */
typedef struct
{
  /* A line without its line end, writable, valid during the call. */
  void (*line) (WcConnection *self, char *line, gsize len, gpointer user_data);
  /* A line over WIRE_LINE_MAX: the rest of it is thrown away. */
  void (*too_long) (WcConnection *self, gpointer user_data);
  /* The end: error is a WC_ERROR. Nothing more is called after it. */
  void (*closed) (WcConnection *self, const GError *error, gpointer user_data);
} WcConnectionEvents;

/* Where to, and whom to trust there. */
typedef struct
{
  const char *host;
  guint16 port;
  gboolean tls;
  const char *pin;        /* fingerprint of a certificate that is trusted whatever is wrong with it; NULL: none */
  gboolean is_invitation; /* the pin is from an invitation: for the words of an error */
  GTlsDatabase *database; /* of those who are trusted; NULL: the system's */
  guint handshake_ms;     /* how long TLS may take to begin; 0: as long as the cancellable lets it */
} WcEndpoint;

/* Looks the host up and connects. Finish returns a connection that does not read yet, or NULL with a WC_ERROR whose message is for
 * a person, or G_IO_ERROR_CANCELLED. A certificate that the system trusts is fine; then the pin is looked at. *fingerprint is set with
 * WC_ERROR_CERTIFICATE_UNKNOWN and _CHANGED: the one that was shown. Transfer full. */
void wc_connection_open_async (const WcEndpoint *endpoint, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
WcConnection *wc_connection_open_finish (GAsyncResult *result, char **fingerprint, GError **error);

gboolean wc_connection_get_is_tls (WcConnection *self);
GBytes *wc_connection_get_binding (WcConnection *self);          /* tls-exporter; transfer none; NULL: there is none */
const char *wc_connection_get_fingerprint (WcConnection *self);  /* of the server's certificate; NULL without TLS */

/* Begins to read. events and user_data must last until the end or wc_connection_close. */
void wc_connection_start (WcConnection *self, const WcConnectionEvents *events, gpointer user_data);

/* From now on a line that lacks its line end when the stream ends is one that was cut off, and no line. Before, and from servers
 * that end their messages with nothing, it is. */
void wc_connection_expect_whole_lines (WcConnection *self);

/* Queues bytes. When the queue is full the connection ends (through events->closed, later). */
void wc_connection_send (WcConnection *self, const char *data, gsize len);

/* Ends it at once; or after what is queued was written, within a bounded time, without anybody waiting for it. No event comes any
 * more. The object lives on until its pending calls have ended. */
void wc_connection_close (WcConnection *self);
void wc_connection_finish (WcConnection *self);

/* Whether the kernel is to find out within seconds, and not within half a minute, that the peer is gone; then the connection ends. */
void wc_connection_set_impatient (WcConnection *self, gboolean is_impatient);

/* When something was last received, monotonic microseconds. */
gint64 wc_connection_get_last_heard (WcConnection *self);

/* For tests. Transfer none. */
GSocket *wc_connection_get_socket (WcConnection *self);

G_END_DECLS
