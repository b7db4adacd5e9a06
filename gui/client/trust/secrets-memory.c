/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passwords for as long as the program runs. */
#include "client/trust/secrets.h"

#define WC_TYPE_SECRETS_MEMORY (wc_secrets_memory_get_type ())
G_DECLARE_FINAL_TYPE (WcSecretsMemory, wc_secrets_memory, WC, SECRETS_MEMORY, WcSecrets)

struct _WcSecretsMemory
{
  WcSecrets parent_instance;

  GHashTable *passwords; /* "client-id@server" -> password */
};

G_DEFINE_FINAL_TYPE (WcSecretsMemory, wc_secrets_memory, WC_TYPE_SECRETS)

static void
wc_secrets_memory_finalize (GObject *object)
{
  g_hash_table_unref (WC_SECRETS_MEMORY (object)->passwords);

  G_OBJECT_CLASS (wc_secrets_memory_parent_class)->finalize (object);
}

static void
wc_secrets_memory_lookup_async (WcSecrets *secrets, const char *server, const char *client_id, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data)
{
  WcSecretsMemory *self = WC_SECRETS_MEMORY (secrets);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autofree char *key = g_strconcat (client_id, "@", server, NULL);

  g_task_set_source_tag (task, wc_secrets_memory_lookup_async);
  g_task_return_pointer (task, g_strdup (g_hash_table_lookup (self->passwords, key)), (GDestroyNotify) wc_secrets_wipe);
}

static char *
wc_secrets_memory_lookup_finish (WcSecrets *secrets, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
wc_secrets_memory_store_async (WcSecrets *secrets, const char *server, const char *client_id, const char *password, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data)
{
  WcSecretsMemory *self = WC_SECRETS_MEMORY (secrets);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autofree char *key = g_strconcat (client_id, "@", server, NULL);

  g_task_set_source_tag (task, wc_secrets_memory_store_async);
  if (password != NULL)
    g_hash_table_insert (self->passwords, g_steal_pointer (&key), g_strdup (password));
  else
    g_hash_table_remove (self->passwords, key);
  g_task_return_boolean (task, TRUE);
}

static gboolean
wc_secrets_memory_store_finish (WcSecrets *secrets, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
wc_secrets_memory_class_init (WcSecretsMemoryClass *klass)
{
  WcSecretsClass *secrets_class = WC_SECRETS_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = wc_secrets_memory_finalize;
  secrets_class->lookup_async = wc_secrets_memory_lookup_async;
  secrets_class->lookup_finish = wc_secrets_memory_lookup_finish;
  secrets_class->store_async = wc_secrets_memory_store_async;
  secrets_class->store_finish = wc_secrets_memory_store_finish;
}

static void
wc_secrets_memory_init (WcSecretsMemory *self)
{
  self->passwords = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) wc_secrets_wipe);
}

WcSecrets *
wc_secrets_new_memory (void)
{
  return g_object_new (WC_TYPE_SECRETS_MEMORY, NULL);
}
