/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was kept of an earlier login, put back. */
#include "client/client-private.h"

void
wc_client_restore (WcClient *self, const WcCached *cached)
{
}
