/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "admin/admin.h"

#include "admin/commands.h"

static const AdminCommand commands[] = {
  { "export", "[A B]", "Print the conversation of A and B, or all of them, as JSON lines", 0, 2, admin_export },
  { "import", "[FILE]", "Add what export has printed, while no server runs", 0, 1, admin_import },
  { "backup", "FILE", "Copy the whole store into a new file", 1, 1, admin_backup },
  { "check-store", "[FILE]", "Look for damage in the store, or in a backup", 0, 1, admin_check_store },
};

static gboolean
takes (const AdminCommand *command, guint n_arguments)
{
  return n_arguments >= command->min_arguments && n_arguments <= command->max_arguments;
}

const AdminCommand *
admin_find_command (const char *name, guint n_arguments, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      if (strcmp (commands[i].name, name) != 0)
        continue;
      if (takes (&commands[i], n_arguments))
        return &commands[i];
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "usage: webchat-server %s%s%s", name,
                   commands[i].arguments[0] ? " " : "", commands[i].arguments);
      return NULL;
    }

  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "there is no command \"%s\"", name);
  return NULL;
}

char *
admin_list_commands (void)
{
  g_autoptr (GString) list = g_string_new ("Commands:\n");

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      g_autofree char *usage = g_strjoin (" ", commands[i].name, commands[i].arguments, NULL);

      g_string_append_printf (list, "  %-26s %s\n", usage, commands[i].help);
    }
  return g_string_free (g_steal_pointer (&list), FALSE);
}
