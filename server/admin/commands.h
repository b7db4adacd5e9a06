/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each command does: see AdminCommand.run, and webchat-server(8) for what people may rely on. */
#pragma once

#include "admin/admin.h"

extern const GOptionEntry admin_init_options[];
gboolean admin_init (const char *config_file, char **args, GError **error);

extern const GOptionEntry admin_invite_options[];
gboolean admin_invite (const Config *config, char **args, GError **error);

extern const GOptionEntry admin_add_client_options[];
extern const GOptionEntry admin_set_password_options[];
gboolean admin_add_client (const Config *config, char **args, GError **error);
gboolean admin_remove_client (const Config *config, char **args, GError **error);
gboolean admin_set_password (const Config *config, char **args, GError **error);
gboolean admin_list_clients (const Config *config, char **args, GError **error);

gboolean admin_status (const Config *config, char **args, GError **error);

gboolean admin_export (const Config *config, char **args, GError **error);
gboolean admin_import (const Config *config, char **args, GError **error);
gboolean admin_backup (const Config *config, char **args, GError **error);
gboolean admin_check_store (const Config *config, char **args, GError **error);
