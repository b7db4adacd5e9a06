/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a login is made with: passwords, and which certificates are trusted. */
#include "client/client-private.h"

void
wc_client_init_trust (WcClient *self)
{
  self->trust.pins = wc_pins_new (NULL);
  self->trust.remember = TRUE;
}

void
wc_client_clear_trust (WcClient *self)
{
  WcTrust *trust = &self->trust;

  g_clear_object (&trust->pins);
  g_clear_object (&trust->secrets);
  g_clear_error (&trust->keyring_error);
  g_clear_pointer (&trust->password, wc_secrets_wipe);
  g_clear_pointer (&trust->fingerprint, g_free);
  g_clear_pointer (&trust->invitation, invitation_free);
  g_clear_pointer (&trust->new_password, wc_secrets_wipe);
}

void
wc_client_set_password (WcClient *self, const char *password)
{
  g_return_if_fail (WC_IS_CLIENT (self));

  g_clear_pointer (&self->trust.password, wc_secrets_wipe);
  self->trust.password = g_strdup (password);
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

void
wc_client_forget_password (WcClient *self)
{
  g_return_if_fail (WC_IS_CLIENT (self));

  g_clear_pointer (&self->trust.password, wc_secrets_wipe);
}

static Invitation *
invitation_copy (const Invitation *invitation)
{
  Invitation *copy = g_new0 (Invitation, 1);

  copy->host = g_strdup (invitation->host);
  copy->port = invitation->port;
  copy->client_id = g_strdup (invitation->client_id);
  copy->token = g_strdup (invitation->token);
  copy->fingerprint = g_strdup (invitation->fingerprint);

  return copy;
}

void
wc_client_set_invitation (WcClient *self, const Invitation *invitation, const char *new_password)
{
  WcTrust *trust = &self->trust;

  g_return_if_fail (WC_IS_CLIENT (self));
  g_return_if_fail (invitation == NULL || new_password != NULL);

  g_clear_pointer (&trust->invitation, invitation_free);
  g_clear_pointer (&trust->new_password, wc_secrets_wipe);
  if (invitation == NULL)
    return;

  trust->invitation = invitation_copy (invitation);
  trust->new_password = g_strdup (new_password);
}

char *
wc_invitation_get_address (const Invitation *invitation)
{
  return wc_address_format (invitation->host, invitation->port, TRUE);
}

void
wc_client_set_secrets (WcClient *self, WcSecrets *secrets)
{
  g_return_if_fail (WC_IS_CLIENT (self));

  g_set_object (&self->trust.secrets, secrets);
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

const char *
wc_client_get_certificate_fingerprint (WcClient *self)
{
  g_return_val_if_fail (WC_IS_CLIENT (self), NULL);
  return self->trust.fingerprint;
}

void
wc_client_trust_certificate (WcClient *self)
{
  g_return_if_fail (WC_IS_CLIENT (self));

  if (self->trust.fingerprint != NULL)
    wc_pins_set (self->trust.pins, self->host, self->port, self->trust.fingerprint);
  g_clear_pointer (&self->trust.fingerprint, g_free);
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
