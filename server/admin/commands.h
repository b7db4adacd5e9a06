/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each command does: see AdminCommand.run, and webchat-server(8) for what people may rely on. */
#pragma once

#include "admin/admin.h"

gboolean admin_export (const Config *config, char **args, GError **error);
gboolean admin_import (const Config *config, char **args, GError **error);
gboolean admin_backup (const Config *config, char **args, GError **error);
gboolean admin_check_store (const Config *config, char **args, GError **error);
