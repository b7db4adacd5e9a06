/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operator's commands: webchat-server [--config FILE] COMMAND [ARGUMENT…]. They work on the files of
 * a server, whether it runs or not. Main thread only; each runs to its end. */
#pragma once

#include "config.h"

typedef struct
{
  const char *name;
  const char *arguments; /* as --help shows them; "" for none */
  const char *help;      /* one line */
  guint min_arguments;
  guint max_arguments;

  /* Does it; args are the arguments, ended by NULL. What people asked for goes to standard output.
   * FALSE with a one-line error, which is in G_OPTION_ERROR when the arguments are wrong. */
  gboolean (*run) (const Config *config, char **args, GError **error);
} AdminCommand;

/* NULL, with an error in G_OPTION_ERROR, when there is no such command or it does not take so many arguments. */
const AdminCommand *admin_find_command (const char *name, guint n_arguments, GError **error);

/* The commands, a line each, for --help. Free with g_free(). */
char *admin_list_commands (void);
