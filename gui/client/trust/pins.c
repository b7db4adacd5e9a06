/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/trust/pins.h"

#include "client/client.h"

struct _WcPin
{
  GObject parent_instance;

  char *host; /* in lower case */
  guint16 port;
  char *address;
  char *fingerprint;
};

enum
{
  PROP_ADDRESS = 1,
  PROP_FINGERPRINT,
  N_PIN_PROPS,
};

static GParamSpec *pin_props[N_PIN_PROPS];

G_DEFINE_FINAL_TYPE (WcPin, wc_pin, G_TYPE_OBJECT)

struct _WcPins
{
  GObject parent_instance;

  GFile *folder; /* NULL: in memory only */
  GListStore *list;
  GError *error;
};

enum
{
  PROP_ERROR = 1,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (WcPins, wc_pins, G_TYPE_OBJECT)

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

static WcPin *
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

static void
wc_pins_finalize (GObject *object)
{
  WcPins *self = WC_PINS (object);

  g_clear_object (&self->folder);
  g_object_unref (self->list);
  g_clear_error (&self->error);

  G_OBJECT_CLASS (wc_pins_parent_class)->finalize (object);
}

static void
wc_pins_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  WcPins *self = WC_PINS (object);

  if (id == PROP_ERROR)
    g_value_set_boxed (value, self->error);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
wc_pins_class_init (WcPinsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = wc_pins_finalize;
  object_class->get_property = wc_pins_get_property;

  props[PROP_ERROR] = g_param_spec_boxed ("error", NULL, NULL, G_TYPE_ERROR, G_PARAM_STATIC_STRINGS | G_PARAM_READABLE);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
wc_pins_init (WcPins *self)
{
  self->list = g_list_store_new (WC_TYPE_PIN);
}

WcPins *
wc_pins_new (GFile *folder)
{
  WcPins *self = g_object_new (WC_TYPE_PINS, NULL);

  g_set_object (&self->folder, folder);

  return self;
}

void
wc_pins_load_async (WcPins *self, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_return_boolean (task, TRUE);
}

gboolean
wc_pins_load_finish (WcPins *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

const GError *
wc_pins_get_error (WcPins *self)
{
  g_return_val_if_fail (WC_IS_PINS (self), NULL);
  return self->error;
}

GListModel *
wc_pins_get_list (WcPins *self)
{
  g_return_val_if_fail (WC_IS_PINS (self), NULL);
  return G_LIST_MODEL (self->list);
}

/* Not owned: the list owns it. */
static WcPin *
find (WcPins *self, const char *host, guint16 port, guint *position)
{
  g_autofree char *lower = g_utf8_strdown (host, -1);
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->list));

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (WcPin) pin = g_list_model_get_item (G_LIST_MODEL (self->list), i);

      if (pin->port != port || !g_str_equal (pin->host, lower))
        continue;
      *position = i;
      return pin;
    }

  return NULL;
}

const char *
wc_pins_lookup (WcPins *self, const char *host, guint16 port)
{
  WcPin *pin;
  guint position;

  g_return_val_if_fail (WC_IS_PINS (self), NULL);
  g_return_val_if_fail (host != NULL, NULL);

  pin = find (self, host, port, &position);

  return pin != NULL ? pin->fingerprint : NULL;
}

void
wc_pins_set (WcPins *self, const char *host, guint16 port, const char *fingerprint)
{
  g_autoptr (WcPin) pin = NULL;
  guint position;

  g_return_if_fail (WC_IS_PINS (self));
  g_return_if_fail (host != NULL && fingerprint != NULL);

  pin = wc_pin_new (host, port, fingerprint);
  if (find (self, host, port, &position) != NULL)
    g_list_store_splice (self->list, position, 1, (gpointer *) &pin, 1);
  else
    g_list_store_append (self->list, pin);
}

void
wc_pins_remove (WcPins *self, WcPin *pin)
{
  guint position;

  g_return_if_fail (WC_IS_PINS (self));
  g_return_if_fail (WC_IS_PIN (pin));

  if (g_list_store_find (self->list, pin, &position))
    g_list_store_remove (self->list, position);
}

void
wc_pins_flush_async (WcPins *self, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_return_boolean (task, TRUE);
}

gboolean
wc_pins_flush_finish (WcPins *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
