/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a login is made with: the password, in memory and in the keyring, and which certificates are trusted. */
#include "client/client-private.h"

#include <glib/gi18n.h>

void
wc_client_init_trust (WcClient *self)
{
  self->trust.pins = wc_pins_new (NULL);
  self->trust.remember = TRUE;
}

static void
forget (WcClient *self)
{
  g_clear_pointer (&self->trust.password, wc_secrets_wipe);
  g_clear_pointer (&self->trust.password_for, g_free);
  self->trust.from_keyring = FALSE;
}

void
wc_client_clear_trust (WcClient *self)
{
  WcTrust *trust = &self->trust;

  forget (self);
  g_clear_object (&trust->pins);
  g_clear_object (&trust->secrets);
  g_clear_object (&trust->database);
  g_clear_error (&trust->keyring_error);
  g_clear_pointer (&trust->fingerprint, g_free);
}

/* However the address was written, it is the same server. */
static char *
name_server (WcClient *self)
{
  g_autofree char *lower = g_ascii_strdown (self->host, -1);

  return g_strdup_printf ("%s:%u", lower, self->port);
}

void
wc_client_begin_trust (WcClient *self)
{
  WcTrust *trust = &self->trust;
  g_autofree char *server = name_server (self);
  g_autofree char *whose = g_strconcat (self->client_id, "@", server, NULL);

  /* A password that was given just now is for this login; one from before only if that was the same person there. */
  if (trust->password_for != NULL && !g_str_equal (trust->password_for, whose))
    forget (self);
  if (trust->password != NULL && trust->password_for == NULL)
    trust->password_for = g_steal_pointer (&whose);

  trust->look_up = trust->password == NULL && trust->secrets != NULL && self->auth.invitation == NULL;
  trust->wait = 0;
  g_clear_pointer (&trust->fingerprint, g_free);
  wc_client_set_keyring_error (self, NULL);
}

/* What is to be read before a connection. */
typedef struct
{
  GWeakRef client;
  GCancellable *cancellable;
  void (*done) (WcClient *self);
} Preparing;

static void
preparing_free (Preparing *preparing)
{
  g_weak_ref_clear (&preparing->client);
  g_object_unref (preparing->cancellable);
  g_free (preparing);
}

static void
looked_up_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Preparing *preparing = user_data;
  g_autoptr (WcClient) self = g_weak_ref_get (&preparing->client);
  g_autoptr (GError) error = NULL;
  char *password = wc_secrets_lookup_finish (WC_SECRETS (source), result, &error);

  if (self != NULL && !g_cancellable_is_cancelled (preparing->cancellable))
    {
      WcTrust *trust = &self->trust;

      /* Without a keyring a person can still type the password. */
      wc_client_set_keyring_error (self, error);
      trust->look_up = FALSE;
      if (password != NULL && trust->password == NULL)
        {
          g_autofree char *server = name_server (self);

          trust->password = g_steal_pointer (&password);
          g_free (trust->password_for);
          trust->password_for = g_strconcat (self->client_id, "@", server, NULL);
          trust->from_keyring = TRUE;
        }
      if (!g_cancellable_is_cancelled (preparing->cancellable)) /* a handler may have logged out */
        preparing->done (self);
    }

  wc_secrets_wipe (password);
  preparing_free (preparing);
}

static void
look_up_or_go_on (WcClient *self, Preparing *preparing)
{
  g_autofree char *server = NULL;

  if (!self->trust.look_up)
    {
      preparing->done (self);
      preparing_free (preparing);
      return;
    }

  server = name_server (self);
  wc_secrets_lookup_async (self->trust.secrets, server, self->client_id, preparing->cancellable, looked_up_cb, preparing);
}

static void
pins_loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Preparing *preparing = user_data;
  g_autoptr (WcClient) self = g_weak_ref_get (&preparing->client);

  /* Why it could not be is the pins' "error"; then there are none, and certificates are unknown. */
  wc_pins_load_finish (WC_PINS (source), result, NULL);
  if (self != NULL && !g_cancellable_is_cancelled (preparing->cancellable))
    look_up_or_go_on (self, preparing);
  else
    preparing_free (preparing);
}

gboolean
wc_client_prepare_trust (WcClient *self, GCancellable *cancellable, void (*done) (WcClient *self))
{
  Preparing *preparing;

  if (!self->tls && !self->trust.look_up)
    return FALSE;

  preparing = g_new0 (Preparing, 1);
  g_weak_ref_init (&preparing->client, self);
  preparing->cancellable = g_object_ref (cancellable);
  preparing->done = done;
  if (self->tls)
    wc_pins_load_async (self->trust.pins, cancellable, pins_loaded_cb, preparing);
  else
    look_up_or_go_on (self, preparing);

  return TRUE;
}

static void
stored_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GWeakRef *ref = user_data;
  g_autoptr (WcClient) self = g_weak_ref_get (ref);
  g_autoptr (GError) error = NULL;

  wc_secrets_store_finish (WC_SECRETS (source), result, &error);
  if (self != NULL)
    wc_client_set_keyring_error (self, error);
  g_weak_ref_clear (ref);
  g_free (ref);
}

/* password NULL: it is to be forgotten. Nothing waits for it, and it goes on without the client. */
static void
store (WcClient *self, const char *password)
{
  g_autofree char *server = name_server (self);
  GWeakRef *ref = g_new0 (GWeakRef, 1);

  g_weak_ref_init (ref, self);
  wc_secrets_store_async (self->trust.secrets, server, self->client_id, password, NULL, stored_cb, ref);
}

void
wc_client_store_password (WcClient *self)
{
  WcTrust *trust = &self->trust;

  if (trust->secrets == NULL || trust->password == NULL || trust->from_keyring)
    return;

  /* One that is not to be remembered leaves none from before either. */
  trust->from_keyring = TRUE; /* once is enough */
  store (self, trust->remember ? trust->password : NULL);
}

void
wc_client_wrong_password (WcClient *self)
{
  forget (self);
}

void
wc_client_logged_out_trust (WcClient *self)
{
  if (!self->trust.remember && self->trust.password_for != NULL)
    forget (self);
}

void
wc_client_set_password (WcClient *self, const char *password)
{
  char *copy;

  g_return_if_fail (WC_IS_CLIENT (self));

  copy = g_strdup (password);
  forget (self);
  self->trust.password = copy;
}

void
wc_client_set_remember_password (WcClient *self, gboolean remember)
{
  g_return_if_fail (WC_IS_CLIENT (self));

  self->trust.remember = remember;
}

gboolean
wc_client_get_can_remember (WcClient *self)
{
  g_return_val_if_fail (WC_IS_CLIENT (self), FALSE);
  return self->trust.secrets != NULL && self->trust.keyring_error == NULL;
}

const GError *
wc_client_get_keyring_error (WcClient *self)
{
  g_return_val_if_fail (WC_IS_CLIENT (self), NULL);
  return self->trust.keyring_error;
}

gboolean
wc_client_get_has_password (WcClient *self)
{
  g_return_val_if_fail (WC_IS_CLIENT (self), FALSE);
  return self->trust.password != NULL;
}

void
wc_client_forget_password (WcClient *self)
{
  g_return_if_fail (WC_IS_CLIENT (self));

  forget (self);
  if (self->trust.secrets != NULL && self->host != NULL && self->client_id != NULL)
    store (self, NULL);
}

void
wc_client_set_secrets (WcClient *self, WcSecrets *secrets)
{
  g_return_if_fail (WC_IS_CLIENT (self));

  g_set_object (&self->trust.secrets, secrets);
}

WcSecrets *
wc_client_get_secrets (WcClient *self)
{
  g_return_val_if_fail (WC_IS_CLIENT (self), NULL);
  return self->trust.secrets;
}

void
wc_client_set_pins (WcClient *self, WcPins *pins)
{
  g_return_if_fail (WC_IS_CLIENT (self));
  g_return_if_fail (WC_IS_PINS (pins));

  g_set_object (&self->trust.pins, pins);
}

WcPins *
wc_client_get_pins (WcClient *self)
{
  g_return_val_if_fail (WC_IS_CLIENT (self), NULL);
  return self->trust.pins;
}

void
wc_client_set_tls_database (WcClient *self, GTlsDatabase *database)
{
  g_set_object (&self->trust.database, database);
}

const char *
wc_client_get_certificate_fingerprint (WcClient *self)
{
  g_return_val_if_fail (WC_IS_CLIENT (self), NULL);
  return self->trust.fingerprint;
}

gboolean
wc_client_trust_certificate (WcClient *self, const char *server, const char *fingerprint)
{
  g_return_val_if_fail (WC_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (server != NULL && fingerprint != NULL, FALSE);

  if (g_strcmp0 (self->server, server) != 0 || g_strcmp0 (self->trust.fingerprint, fingerprint) != 0)
    return FALSE;

  /* A changed one is never trusted in passing: first somebody has to take the old one away. */
  if (wc_pins_lookup (self->trust.pins, self->host, self->port) == NULL)
    wc_pins_set (self->trust.pins, self->host, self->port, self->trust.fingerprint);
  g_clear_pointer (&self->trust.fingerprint, g_free);

  return TRUE;
}

guint
wc_client_get_wait (WcClient *self)
{
  g_return_val_if_fail (WC_IS_CLIENT (self), 0);
  return self->trust.wait;
}

gboolean
wc_client_get_is_encrypted (WcClient *self)
{
  g_return_val_if_fail (WC_IS_CLIENT (self), FALSE);
  return self->trust.encrypted;
}
