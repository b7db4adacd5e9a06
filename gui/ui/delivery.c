/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/delivery.h"

#include <glib/gi18n.h>

typedef struct
{
  const char *icon;
  const char *name;
  const char *explanation;
} Delivery;

static const Delivery *
look_up (WcDelivery delivery)
{
  static const Delivery all[] = {
    [WC_DELIVERY_WAITING] = { "webchat-waiting-symbolic", N_("Waiting"), N_("Waiting to be sent") },
    [WC_DELIVERY_STORED] = { "webchat-stored-symbolic", N_("Stored"), N_("Stored on the server") },
    [WC_DELIVERY_DELIVERED] = { "webchat-delivered-symbolic", N_("Delivered"), N_("Delivered to their computer") },
    [WC_DELIVERY_READ] = { "webchat-read-symbolic", N_("Read"), N_("They have read it") },
    [WC_DELIVERY_FAILED] = { "webchat-failed-symbolic", N_("Not Sent"), N_("Not sent") },
  };
  static const Delivery none;

  return delivery < G_N_ELEMENTS (all) ? &all[delivery] : &none;
}

const char *
ui_delivery_name (WcDelivery delivery)
{
  const char *name = look_up (delivery)->name;

  return name ? _(name) : NULL;
}

const char *
ui_delivery_explanation (WcDelivery delivery)
{
  const char *explanation = look_up (delivery)->explanation;

  return explanation ? _(explanation) : NULL;
}

const char *
ui_delivery_icon (WcDelivery delivery)
{
  return look_up (delivery)->icon;
}
