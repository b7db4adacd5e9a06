/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/entry-private.h"

struct _WcEntry
{
  GObject parent_instance;

  char *text;
  char *error;
  const char *from; /* interned: there are few Client-IDs, and many messages of each */
  guint64 seq;
  gint64 time;
  guint kind : 2;
  guint event : 5;
  guint own : 1;
  guint delivery : 4;
};

enum
{
  PROP_DELIVERY = 1,
  PROP_SEQ,
  PROP_TIME,
  PROP_ERROR,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (WcEntry, wc_entry, G_TYPE_OBJECT)

static void
wc_entry_finalize (GObject *object)
{
  WcEntry *self = WC_ENTRY (object);

  g_free (self->text);
  g_free (self->error);
  if (self->from != NULL)
    g_ref_string_release ((char *) self->from);

  G_OBJECT_CLASS (wc_entry_parent_class)->finalize (object);
}

static void
wc_entry_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  WcEntry *self = WC_ENTRY (object);

  switch (id)
    {
    case PROP_DELIVERY:
      g_value_set_int (value, self->delivery);
      break;
    case PROP_SEQ:
      g_value_set_uint64 (value, self->seq);
      break;
    case PROP_TIME:
      g_value_set_int64 (value, self->time);
      break;
    case PROP_ERROR:
      g_value_set_string (value, self->error);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
wc_entry_class_init (WcEntryClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->finalize = wc_entry_finalize;
  object_class->get_property = wc_entry_get_property;

  props[PROP_DELIVERY] = g_param_spec_int ("delivery", NULL, NULL, WC_DELIVERY_NONE, WC_DELIVERY_FAILED,
                                           WC_DELIVERY_NONE, flags);
  props[PROP_SEQ] = g_param_spec_uint64 ("seq", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  props[PROP_TIME] = g_param_spec_int64 ("time", NULL, NULL, G_MININT64, G_MAXINT64, 0, flags);
  props[PROP_ERROR] = g_param_spec_string ("error", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
wc_entry_init (WcEntry *self)
{
}

WcEntry *
wc_entry_new_message (const char *from, gboolean own, const char *text, guint64 seq, gint64 time, WcDelivery delivery)
{
  WcEntry *self = g_object_new (WC_TYPE_ENTRY, NULL);

  self->kind = WC_ENTRY_MESSAGE;
  self->from = g_ref_string_new_intern (from);
  self->own = !!own;
  self->text = g_strdup (text);
  self->seq = seq;
  self->time = time;
  self->delivery = delivery;

  return self;
}

WcEntry *
wc_entry_new_event (WcEvent event, gint64 time)
{
  WcEntry *self = g_object_new (WC_TYPE_ENTRY, NULL);

  self->kind = WC_ENTRY_EVENT;
  self->event = event;
  self->time = time;

  return self;
}

WcEntryKind
wc_entry_get_kind (WcEntry *self)
{
  g_return_val_if_fail (WC_IS_ENTRY (self), WC_ENTRY_MESSAGE);
  return self->kind;
}

WcEvent
wc_entry_get_event (WcEntry *self)
{
  g_return_val_if_fail (WC_IS_ENTRY (self), WC_EVENT_NONE);
  return self->event;
}

guint64
wc_entry_get_seq (WcEntry *self)
{
  g_return_val_if_fail (WC_IS_ENTRY (self), 0);
  return self->seq;
}

const char *
wc_entry_get_from (WcEntry *self)
{
  g_return_val_if_fail (WC_IS_ENTRY (self), NULL);
  return self->from;
}

gboolean
wc_entry_get_own (WcEntry *self)
{
  g_return_val_if_fail (WC_IS_ENTRY (self), FALSE);
  return self->own;
}

gint64
wc_entry_get_time (WcEntry *self)
{
  g_return_val_if_fail (WC_IS_ENTRY (self), 0);
  return self->time;
}

const char *
wc_entry_get_text (WcEntry *self)
{
  g_return_val_if_fail (WC_IS_ENTRY (self), NULL);
  return self->text;
}

WcDelivery
wc_entry_get_delivery (WcEntry *self)
{
  g_return_val_if_fail (WC_IS_ENTRY (self), WC_DELIVERY_NONE);
  return self->delivery;
}

const char *
wc_entry_get_error (WcEntry *self)
{
  g_return_val_if_fail (WC_IS_ENTRY (self), NULL);
  return self->error;
}

void
wc_entry_set_stored (WcEntry *self, guint64 seq, gint64 time, WcDelivery delivery)
{
  g_return_if_fail (WC_IS_ENTRY (self));

  g_object_freeze_notify (G_OBJECT (self));
  if (self->seq != seq)
    {
      self->seq = seq;
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SEQ]);
    }
  if (time != 0 && self->time != time)
    {
      self->time = time;
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_TIME]);
    }
  wc_entry_set_delivery (self, delivery, NULL);
  g_object_thaw_notify (G_OBJECT (self));
}

void
wc_entry_set_delivery (WcEntry *self, WcDelivery delivery, const char *error)
{
  g_return_if_fail (WC_IS_ENTRY (self));

  if (delivery != WC_DELIVERY_FAILED)
    error = NULL;

  g_object_freeze_notify (G_OBJECT (self));
  if (g_strcmp0 (self->error, error) != 0)
    {
      g_free (self->error);
      self->error = g_strdup (error);
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_ERROR]);
    }
  if (self->delivery != delivery)
    {
      self->delivery = delivery;
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_DELIVERY]);
    }
  g_object_thaw_notify (G_OBJECT (self));
}
