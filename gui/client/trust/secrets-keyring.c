/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The desktop's keyring. It may be missing, locked, or hang: whoever asks gets an answer all the same, and in time. */
#include "client/trust/secrets.h"

#include <glib/gi18n.h>
#include <libsecret/secret.h>

#define UNLOCK_PATIENCE_MS 60000 /* a person is asked to unlock it */

static const SecretSchema schema = {
  .name = "im.webchat.WebChat.Password",
  .flags = SECRET_SCHEMA_NONE,
  .attributes = {
    { "server", SECRET_SCHEMA_ATTRIBUTE_STRING },
    { "client-id", SECRET_SCHEMA_ATTRIBUTE_STRING },
    { NULL, 0 },
  },
};

#define WC_TYPE_SECRETS_KEYRING (wc_secrets_keyring_get_type ())
G_DECLARE_FINAL_TYPE (WcSecretsKeyring, wc_secrets_keyring, WC, SECRETS_KEYRING, WcSecrets)

struct _WcSecretsKeyring
{
  WcSecrets parent_instance;
};

G_DEFINE_FINAL_TYPE (WcSecretsKeyring, wc_secrets_keyring, WC_TYPE_SECRETS)

/* A question to the keyring. The task is answered when the keyring does, or the time is over, whichever is first. */
typedef struct
{
  GTask *task; /* NULL: it was answered */
  GCancellable *cancellable;
  GCancellable *callers; /* may be NULL */
  gulong cancelled_handler;
  guint source;
  GHashTable *attributes;
} Question;

static void
end (Question *self)
{
  g_clear_handle_id (&self->source, g_source_remove);
  if (self->cancelled_handler != 0)
    g_cancellable_disconnect (self->callers, self->cancelled_handler);
  self->cancelled_handler = 0;
  g_clear_object (&self->task);
}

/* By the keyring's last answer only: it has a pointer. */
static void
question_free (Question *self)
{
  end (self);
  g_object_unref (self->cancellable);
  g_clear_object (&self->callers);
  g_hash_table_unref (self->attributes);
  g_free (self);
}

static gboolean
too_late_cb (gpointer user_data)
{
  Question *self = user_data;

  self->source = 0;
  g_task_return_new_error (self->task, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "%s", _("The keyring does not answer."));
  end (self);
  g_cancellable_cancel (self->cancellable);

  return G_SOURCE_REMOVE;
}

static void
limit (Question *self, guint ms)
{
  g_clear_handle_id (&self->source, g_source_remove);
  self->source = g_timeout_add (ms, too_late_cb, self);
}

static void
cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  g_cancellable_cancel (user_data);
}

static Question *
question_new (WcSecrets *secrets, const char *server, const char *client_id, GCancellable *cancellable, GAsyncReadyCallback callback,
              gpointer user_data)
{
  Question *self = g_new0 (Question, 1);

  self->task = g_task_new (secrets, cancellable, callback, user_data);
  g_task_set_source_tag (self->task, question_new);
  self->cancellable = g_cancellable_new ();
  if (cancellable != NULL)
    {
      self->callers = g_object_ref (cancellable);
      self->cancelled_handler = g_cancellable_connect (cancellable, G_CALLBACK (cancelled_cb), g_object_ref (self->cancellable), g_object_unref);
    }
  self->attributes = secret_attributes_build (&schema, "server", server, "client-id", client_id, NULL);

  return self;
}

/* The keyring's answer, when it is in time. */
static void
answer_error (Question *self, GError *error)
{
  if (self->task != NULL)
    g_task_return_error (self->task, error);
  else
    g_error_free (error);
}

static void
looked_up_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Question *self = user_data;
  GError *error = NULL;
  char *password = secret_password_lookup_finish (result, &error);

  if (error != NULL)
    answer_error (self, error);
  else if (self->task != NULL)
    g_task_return_pointer (self->task, g_strdup (password), (GDestroyNotify) wc_secrets_wipe);
  if (password != NULL)
    secret_password_free (password);
  question_free (self);
}

static void
found_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Question *self = user_data;
  GError *error = NULL;
  GList *items = secret_password_search_finish (result, &error);
  gboolean locked = items != NULL && SECRET_IS_ITEM (items->data) && secret_item_get_locked (items->data);

  if (error != NULL || items == NULL || self->task == NULL)
    {
      if (error != NULL)
        answer_error (self, error);
      else if (self->task != NULL)
        g_task_return_pointer (self->task, NULL, NULL);
      question_free (self);
    }
  else
    {
      /* Somebody types another password now, maybe. */
      if (locked)
        limit (self, UNLOCK_PATIENCE_MS);
      secret_password_lookupv (&schema, self->attributes, self->cancellable, looked_up_cb, self);
    }
  g_list_free_full (items, g_object_unref);
}

static void
wc_secrets_keyring_lookup_async (WcSecrets *secrets, const char *server, const char *client_id, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data)
{
  Question *self = question_new (secrets, server, client_id, cancellable, callback, user_data);

  limit (self, WC_SECRETS_PATIENCE_MS);
  secret_password_searchv (&schema, self->attributes, SECRET_SEARCH_NONE, self->cancellable, found_cb, self);
}

static char *
wc_secrets_keyring_lookup_finish (WcSecrets *secrets, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
answer_stored (Question *self, GError *error)
{
  if (error != NULL)
    answer_error (self, error);
  else if (self->task != NULL)
    g_task_return_boolean (self->task, TRUE);
  question_free (self);
}

static void
stored_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;

  secret_password_store_finish (result, &error);
  answer_stored (user_data, error);
}

static void
cleared_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;

  secret_password_clear_finish (result, &error); /* FALSE: there was none */
  answer_stored (user_data, error);
}

static void
wc_secrets_keyring_store_async (WcSecrets *secrets, const char *server, const char *client_id, const char *password, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data)
{
  Question *self = question_new (secrets, server, client_id, cancellable, callback, user_data);
  g_autofree char *label = NULL;

  limit (self, UNLOCK_PATIENCE_MS);
  if (password == NULL)
    {
      secret_password_clearv (&schema, self->attributes, self->cancellable, cleared_cb, self);
      return;
    }

  /* Translators: what a password is called in the list of passwords, with a Client-ID and the name of a server's computer. */
  label = g_strdup_printf (_("WebChat: %s at %s"), client_id, server);
  secret_password_storev (&schema, self->attributes, SECRET_COLLECTION_DEFAULT, label, password, self->cancellable, stored_cb, self);
}

static gboolean
wc_secrets_keyring_store_finish (WcSecrets *secrets, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
wc_secrets_keyring_class_init (WcSecretsKeyringClass *klass)
{
  WcSecretsClass *secrets_class = WC_SECRETS_CLASS (klass);

  secrets_class->lookup_async = wc_secrets_keyring_lookup_async;
  secrets_class->lookup_finish = wc_secrets_keyring_lookup_finish;
  secrets_class->store_async = wc_secrets_keyring_store_async;
  secrets_class->store_finish = wc_secrets_keyring_store_finish;
}

static void
wc_secrets_keyring_init (WcSecretsKeyring *self)
{
}

WcSecrets *
wc_secrets_new_keyring (void)
{
  return g_object_new (WC_TYPE_SECRETS_KEYRING, NULL);
}
