/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every kind of keyring has. */
#include "client/trust/secrets.h"

#include <string.h>

G_DEFINE_ABSTRACT_TYPE (WcSecrets, wc_secrets, G_TYPE_OBJECT)

static void
wc_secrets_class_init (WcSecretsClass *klass)
{
}

static void
wc_secrets_init (WcSecrets *self)
{
}

void
wc_secrets_lookup_async (WcSecrets *self, const char *server, const char *client_id, GCancellable *cancellable, GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_return_if_fail (WC_IS_SECRETS (self));
  g_return_if_fail (server != NULL && client_id != NULL);

  WC_SECRETS_GET_CLASS (self)->lookup_async (self, server, client_id, cancellable, callback, user_data);
}

char *
wc_secrets_lookup_finish (WcSecrets *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (WC_IS_SECRETS (self), NULL);

  return WC_SECRETS_GET_CLASS (self)->lookup_finish (self, result, error);
}

void
wc_secrets_store_async (WcSecrets *self, const char *server, const char *client_id, const char *password, GCancellable *cancellable,
                        GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (WC_IS_SECRETS (self));
  g_return_if_fail (server != NULL && client_id != NULL);

  WC_SECRETS_GET_CLASS (self)->store_async (self, server, client_id, password, cancellable, callback, user_data);
}

gboolean
wc_secrets_store_finish (WcSecrets *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (WC_IS_SECRETS (self), FALSE);

  return WC_SECRETS_GET_CLASS (self)->store_finish (self, result, error);
}

void
wc_secrets_wipe (char *password)
{
  if (password != NULL)
    explicit_bzero (password, strlen (password));
  g_free (password);
}
