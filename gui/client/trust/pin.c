/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/trust/pins-private.h"

#include "client/client.h"

enum
{
  PROP_ADDRESS = 1,
  PROP_FINGERPRINT,
  N_PIN_PROPS,
};

static GParamSpec *pin_props[N_PIN_PROPS];

G_DEFINE_FINAL_TYPE (WcPin, wc_pin, G_TYPE_OBJECT)

static void
wc_pin_finalize (GObject *object)
{
  WcPin *self = WC_PIN (object);

  g_free (self->host);
  g_free (self->address);
  g_free (self->fingerprint);

  G_OBJECT_CLASS (wc_pin_parent_class)->finalize (object);
}

static void
wc_pin_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  WcPin *self = WC_PIN (object);

  switch (id)
    {
    case PROP_ADDRESS:
      g_value_set_string (value, self->address);
      break;
    case PROP_FINGERPRINT:
      g_value_set_string (value, self->fingerprint);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
wc_pin_class_init (WcPinClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_STATIC_STRINGS | G_PARAM_READABLE;

  object_class->finalize = wc_pin_finalize;
  object_class->get_property = wc_pin_get_property;

  pin_props[PROP_ADDRESS] = g_param_spec_string ("address", NULL, NULL, NULL, flags);
  pin_props[PROP_FINGERPRINT] = g_param_spec_string ("fingerprint", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PIN_PROPS, pin_props);
}

static void
wc_pin_init (WcPin *self)
{
}

WcPin *
wc_pin_new (const char *host, guint16 port, const char *fingerprint)
{
  WcPin *self = g_object_new (WC_TYPE_PIN, NULL);

  self->host = g_utf8_strdown (host, -1);
  self->port = port;
  self->address = wc_address_format (self->host, port, TRUE);
  self->fingerprint = g_strdup (fingerprint);

  return self;
}

const char *
wc_pin_get_address (WcPin *self)
{
  g_return_val_if_fail (WC_IS_PIN (self), NULL);
  return self->address;
}

const char *
wc_pin_get_fingerprint (WcPin *self)
{
  g_return_val_if_fail (WC_IS_PIN (self), NULL);
  return self->fingerprint;
}
