/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gi18n.h>
#include <locale.h>

#include "application.h"

/* As webchat-server has them. */
#define EXIT_CANNOT_START 1
#define EXIT_WRONG_USAGE 2

#define INVITATION_SCHEME "webchat:"

static char *option_server;
static char *option_client_id;
static char *option_profile;
static gboolean option_version;

static const GOptionEntry options[] = {
  { "server", 's', 0, G_OPTION_ARG_STRING, &option_server, N_("Log in to this server"), N_("HOST:PORT") },
  { "client-id", 'c', 0, G_OPTION_ARG_STRING, &option_client_id, N_("Log in as this Client-ID"), N_("ID") },
  { "profile", 'p', 0, G_OPTION_ARG_STRING, &option_profile, N_("Run beside other profiles, with a Client-ID and settings of its own"), N_("NAME") },
  { "version", 'v', 0, G_OPTION_ARG_NONE, &option_version, N_("Print the version and exit"), NULL },
  G_OPTION_ENTRY_NULL
};

static gboolean
parse_options (int *argc, char ***argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (_("[LINK]"));
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, options, GETTEXT_PACKAGE);
  g_option_context_set_summary (context, _("Chat with the people on a WebChat server. LINK is an invitation to one: webchat://…"));
  if (!g_option_context_parse (context, argc, argv, &error))
    {
      g_printerr ("WebChat: %s\n", error->message);
      return FALSE;
    }
  if (*argc > 1 && g_ascii_strncasecmp ((*argv)[1], INVITATION_SCHEME, strlen (INVITATION_SCHEME)) != 0)
    {
      g_printerr (_("WebChat: I do not know what to do with “%s”\n"), (*argv)[1]);
      return FALSE;
    }
  if (*argc > 2)
    {
      g_printerr (_("WebChat: one invitation at a time, and not “%s” too\n"), (*argv)[2]);
      return FALSE;
    }
  if (option_profile && !webchat_profile_is_valid (option_profile))
    {
      g_printerr (_("WebChat: “%s” cannot be a profile: use letters, digits, dots, dashes and underscores\n"), option_profile);
      return FALSE;
    }
  return TRUE;
}

int
main (int argc, char *argv[])
{
  g_autoptr (WebchatApplication) application = NULL;

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);

  if (!parse_options (&argc, &argv))
    return EXIT_WRONG_USAGE;
  if (option_version)
    {
      g_print ("WebChat " WEBCHAT_VERSION "\n");
      return EXIT_SUCCESS;
    }
  /* The desktop finds the icon by it, whichever profile this is. */
  g_set_prgname ("im.webchat.WebChat");
  g_set_application_name ("WebChat");
  if (!gtk_init_check ())
    {
      g_printerr ("%s", _("WebChat: there is no display to show a window on\n"));
      return EXIT_CANNOT_START;
    }

  application = webchat_application_new (option_profile, option_server, option_client_id);
  /* Where this fails, running it fails too, and says so. */
  if (g_application_register (G_APPLICATION (application), NULL, NULL) && g_application_get_is_remote (G_APPLICATION (application)))
    {
      if (argc > 1)
        g_printerr ("%s", _("WebChat: it runs already; it was given the invitation.\n"));
      else
        g_printerr ("%s", _("WebChat: it runs already; its window was called to the front. Use --profile NAME for another one.\n"));
    }
  return g_application_run (G_APPLICATION (application), argc, argv);
}
