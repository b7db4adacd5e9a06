/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "failing-secrets.h"

#define TYPE_FAILING_SECRETS (failing_secrets_get_type ())
G_DECLARE_FINAL_TYPE (FailingSecrets, failing_secrets, FAILING, SECRETS, WcSecrets)

struct _FailingSecrets
{
  WcSecrets parent_instance;
};

G_DEFINE_FINAL_TYPE (FailingSecrets, failing_secrets, WC_TYPE_SECRETS)

static void
fail (WcSecrets *secrets, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (secrets, cancellable, callback, user_data);

  g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no keyring here");
}

static void
failing_secrets_lookup_async (WcSecrets *secrets, const char *server, const char *client_id, GCancellable *cancellable, GAsyncReadyCallback callback,
                              gpointer user_data)
{
  fail (secrets, cancellable, callback, user_data);
}

static char *
failing_secrets_lookup_finish (WcSecrets *secrets, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
failing_secrets_store_async (WcSecrets *secrets, const char *server, const char *client_id, const char *password, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data)
{
  fail (secrets, cancellable, callback, user_data);
}

static gboolean
failing_secrets_store_finish (WcSecrets *secrets, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
failing_secrets_class_init (FailingSecretsClass *klass)
{
  WcSecretsClass *secrets_class = WC_SECRETS_CLASS (klass);

  secrets_class->lookup_async = failing_secrets_lookup_async;
  secrets_class->lookup_finish = failing_secrets_lookup_finish;
  secrets_class->store_async = failing_secrets_store_async;
  secrets_class->store_finish = failing_secrets_store_finish;
}

static void
failing_secrets_init (FailingSecrets *self)
{
}

WcSecrets *
failing_secrets_new (void)
{
  return g_object_new (TYPE_FAILING_SECRETS, NULL);
}
