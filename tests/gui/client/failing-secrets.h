/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A keyring that says that there is none. */
#pragma once

#include "client/trust/secrets.h"

WcSecrets *failing_secrets_new (void);
