/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far an own message has come, as it is shown. */
#pragma once

#include "client/entry.h"

G_BEGIN_DECLS

/* In a word: "Delivered"; NULL for WC_DELIVERY_NONE. Static, translated. */
const char *ui_delivery_name (WcDelivery delivery);

/* For whom the word is not enough; NULL for WC_DELIVERY_NONE. Static, translated. */
const char *ui_delivery_explanation (WcDelivery delivery);

/* A symbolic icon; each has a shape of its own. NULL for WC_DELIVERY_NONE. */
const char *ui_delivery_icon (WcDelivery delivery);

G_END_DECLS
