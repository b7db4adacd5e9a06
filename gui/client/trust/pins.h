/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The certificates that a person has trusted, one a server. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define WC_PINS_MAX 1000 /* servers in the file; of more the rest is not read */

/* One server. Properties: "address" (string, as wc_address_format() has it), "fingerprint" (string, 64 lower-case hex digits). */
#define WC_TYPE_PIN (wc_pin_get_type ())
G_DECLARE_FINAL_TYPE (WcPin, wc_pin, WC, PIN, GObject)

const char *wc_pin_get_address (WcPin *self);
const char *wc_pin_get_fingerprint (WcPin *self);

/* All of them, in the file known-servers. Properties, notified: "error" (GError boxed: why the file cannot be read or written; NULL while it can).
 * A file that makes no sense is kept beside the new one, under another name, and "error" says so. Main thread. */
#define WC_TYPE_PINS (wc_pins_get_type ())
G_DECLARE_FINAL_TYPE (WcPins, wc_pins, WC, PINS, GObject)

/* folder is made when something is to be written; NULL: in memory only. Reading begins at once, and is over some time later. */
WcPins *wc_pins_new (GFile *folder);

/* When the file has been read, or could not be. */
void wc_pins_load_async (WcPins *self, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
gboolean wc_pins_load_finish (WcPins *self, GAsyncResult *result, GError **error);

const GError *wc_pins_get_error (WcPins *self);
GListModel *wc_pins_get_list (WcPins *self); /* of WcPin; transfer none */

/* NULL: none. Valid until the next change. Upper and lower case of the host do not matter. */
const char *wc_pins_lookup (WcPins *self, const char *host, guint16 port);
/* In the place of what there is for that server; known at once, and soon in the file. */
void wc_pins_set (WcPins *self, const char *host, guint16 port, const char *fingerprint);
void wc_pins_remove (WcPins *self, WcPin *pin);

/* When everything up to now is in the file, or cannot be: see "error". */
void wc_pins_flush_async (WcPins *self, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
gboolean wc_pins_flush_finish (WcPins *self, GAsyncResult *result, GError **error);

G_END_DECLS
