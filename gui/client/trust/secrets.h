/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where passwords are kept between two runs of the program. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define WC_SECRETS_PATIENCE_MS 2000 /* a keyring that takes longer is as good as none */

/* server is "host:port" in lower case. Main thread; nothing blocks. */
#define WC_TYPE_SECRETS (wc_secrets_get_type ())
G_DECLARE_DERIVABLE_TYPE (WcSecrets, wc_secrets, WC, SECRETS, GObject)

struct _WcSecretsClass
{
  GObjectClass parent_class;

  /* As the functions below. store with password NULL: clear. */
  void (*lookup_async) (WcSecrets *self, const char *server, const char *client_id, GCancellable *cancellable, GAsyncReadyCallback callback,
                        gpointer user_data);
  char *(*lookup_finish) (WcSecrets *self, GAsyncResult *result, GError **error);
  void (*store_async) (WcSecrets *self, const char *server, const char *client_id, const char *password, GCancellable *cancellable,
                       GAsyncReadyCallback callback, gpointer user_data);
  gboolean (*store_finish) (WcSecrets *self, GAsyncResult *result, GError **error);
};

/* The desktop's keyring, by libsecret. */
WcSecrets *wc_secrets_new_keyring (void);
/* As long as the object lives. */
WcSecrets *wc_secrets_new_memory (void);

/* Finish returns the password (transfer full; wc_secrets_wipe() it), NULL without an error when there is none, or NULL with an error: there is no
 * keyring, it stays locked, or takes too long (G_IO_ERROR_TIMED_OUT). */
void wc_secrets_lookup_async (WcSecrets *self, const char *server, const char *client_id, GCancellable *cancellable, GAsyncReadyCallback callback,
                              gpointer user_data);
char *wc_secrets_lookup_finish (WcSecrets *self, GAsyncResult *result, GError **error);

/* password NULL: it is to know none any more. */
void wc_secrets_store_async (WcSecrets *self, const char *server, const char *client_id, const char *password, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data);
gboolean wc_secrets_store_finish (WcSecrets *self, GAsyncResult *result, GError **error);

/* Overwrites and frees. NULL is fine. */
void wc_secrets_wipe (char *password);

G_END_DECLS
