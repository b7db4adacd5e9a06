/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The desktop's keyring. */
#include "client/trust/secrets.h"

WcSecrets *
wc_secrets_new_keyring (void)
{
  return wc_secrets_new_memory ();
}
