/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operator's commands: webchat-server [--config FILE] COMMAND [OPTION…] [ARGUMENT…]. They work on the files of
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

  const GOptionEntry *options; /* NULL: it has none. They set the command's own variables */

  /* Instead of run, for a command that does without a configuration. config_file is where it is, or would be. */
  gboolean (*run_on_file) (const char *config_file, char **args, GError **error);
} AdminCommand;

/* NULL, with an error in G_OPTION_ERROR, when there is no such command. */
const AdminCommand *admin_find_command (const char *name, GError **error);

/* Takes the options out of the command line, whose first word is the command's name, and leaves its arguments; --help prints, and ends the program. *config_file
 * is set (and what was there freed) by a --config among them. FALSE with an error in G_OPTION_ERROR. */
gboolean admin_parse (const AdminCommand *self, int *argc, char ***argv, char **config_file, GError **error);

/* The commands, a line each, for --help. Free with g_free(). */
char *admin_list_commands (void);
