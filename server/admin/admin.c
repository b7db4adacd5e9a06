/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "admin/admin.h"

#include "admin/commands.h"

static const AdminCommand commands[] = {
  { "init", "", "Set up a new server: configuration, list of people, certificate", 0, 0, NULL, admin_init_options, admin_init },
  { "invite", "ID", "Print a link by which somebody sets a password and is in", 1, 1, admin_invite, admin_invite_options, NULL },
  { "add-client", "ID", "Put somebody on the ClientID-List, with a password", 1, 1, admin_add_client, admin_add_client_options, NULL },
  { "remove-client", "ID", "Take somebody off the list", 1, 1, admin_remove_client, NULL, NULL },
  { "set-password", "ID", "Give somebody on the list another password", 1, 1, admin_set_password, admin_set_password_options, NULL },
  { "list-clients", "", "Print who is on the list", 0, 0, admin_list_clients, NULL, NULL },
  { "status", "", "Print who is connected, and what was counted", 0, 0, admin_status, NULL, NULL },
  { "export", "[A B]", "Print the conversation of A and B, or all of them, as JSON lines", 0, 2, admin_export, NULL, NULL },
  { "import", "[FILE]", "Add what export has printed, while no server runs", 0, 1, admin_import, NULL, NULL },
  { "backup", "FILE", "Copy the whole store into a new file", 1, 1, admin_backup, NULL, NULL },
  { "check-store", "[FILE]", "Look for damage in the store, or in a backup", 0, 1, admin_check_store, NULL, NULL },
};

const AdminCommand *
admin_find_command (const char *name, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (strcmp (commands[i].name, name) == 0)
      return &commands[i];

  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "there is no command \"%s\"", name);
  return NULL;
}

static gboolean
takes (const AdminCommand *self, guint n_arguments)
{
  return n_arguments >= self->min_arguments && n_arguments <= self->max_arguments;
}

gboolean
admin_parse (const AdminCommand *self, int *argc, char ***argv, char **config_file, GError **error)
{
  g_autofree char *file = NULL;
  const GOptionEntry config[] = {
    { "config", 0, 0, G_OPTION_ARG_FILENAME, &file, "Work on the server with this configuration", "FILE" },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GOptionContext) context = g_option_context_new (self->arguments);
  g_autofree char *name = g_strdup (g_get_prgname ());
  g_autofree char *name_for_help = g_strdup_printf ("%s %s", name, self->name);
  gboolean good;

  g_option_context_set_summary (context, self->help);
  g_option_context_add_main_entries (context, config, NULL);
  if (self->options != NULL)
    g_option_context_add_main_entries (context, self->options, NULL);
  g_set_prgname (name_for_help);
  good = g_option_context_parse (context, argc, argv, error);
  g_set_prgname (name);
  if (!good)
    return FALSE;

  if (*argc > 1 && strcmp ((*argv)[1], "--") == 0)
    {
      (*argv)[1] = (*argv)[0];
      (*argv)++;
      (*argc)--;
    }
  if (file != NULL)
    {
      g_free (*config_file);
      *config_file = g_steal_pointer (&file);
    }
  if (takes (self, (guint) *argc - 1))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "usage: webchat-server %s%s%s%s", self->name,
               self->options != NULL ? " [OPTION…]" : "", self->arguments[0] ? " " : "", self->arguments);
  return FALSE;
}

char *
admin_list_commands (void)
{
  g_autoptr (GString) list = g_string_new ("Commands (COMMAND --help shows its options):\n");

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      g_autofree char *usage = g_strjoin (" ", commands[i].name, commands[i].arguments, NULL);

      g_string_append_printf (list, "  %-26s %s\n", usage, commands[i].help);
    }
  return g_string_free (g_steal_pointer (&list), FALSE);
}
