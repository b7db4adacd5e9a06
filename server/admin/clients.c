/* SPDX-License-Identifier: GPL-3.0-or-later */
/* add-client, remove-client, set-password, list-clients: who may log in, and by which password. */
#include "admin/commands.h"

#include <stdio.h>
#include <string.h>

#include "admin/password.h"
#include "admin/site.h"
#include "identity/client-list-edit.h"
#include "identity/client-list.h"
#include "ops/control.h"
#include "shared/scram.h"

/* Where the password comes from; the terminal, or whatever standard input is, when none is set. */
static gboolean password_stdin, generate, no_password;

#define PASSWORD_OPTIONS \
  { "password-stdin", 0, 0, G_OPTION_ARG_NONE, &password_stdin, "Read the password from standard input, which it is alone on", NULL }, \
  { "generate", 0, 0, G_OPTION_ARG_NONE, &generate, "Make a password, and print it", NULL }

const GOptionEntry admin_add_client_options[] = {
  PASSWORD_OPTIONS,
  { "no-password", 0, 0, G_OPTION_ARG_NONE, &no_password, "Let everybody in who names this Client-ID (mode=open)", NULL },
  G_OPTION_ENTRY_NULL,
};

const GOptionEntry admin_set_password_options[] = { PASSWORD_OPTIONS, G_OPTION_ENTRY_NULL };

static gboolean
check_options (GError **error)
{
  if (password_stdin + generate + no_password <= 1)
    return TRUE;
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--password-stdin, --generate and --no-password exclude each other");
  return FALSE;
}

/* The list; one that is not there, where that is good enough, is empty. */
static ClientList *
load (const Config *config, gboolean may_be_missing, GError **error)
{
  g_autoptr (GError) wrong = NULL;
  ClientList *list = client_list_load (config->client_list, &wrong);

  if (list == NULL && may_be_missing && g_error_matches (wrong, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    return client_list_parse (g_strdup (""), 0, config->client_list, error);
  if (list == NULL)
    g_propagate_error (error, g_steal_pointer (&wrong));
  return list;
}

/* What is wrong with the ID is said before anybody types a password. */
static gboolean
check_id (const Config *config, const char *id, gboolean must_be_there, GError **error)
{
  g_autoptr (ClientList) list = NULL;

  if (!site_check_client_id (id, error))
    return FALSE;
  list = load (config, !must_be_there, error);
  if (list == NULL)
    return FALSE;
  if (client_list_contains (list, id) == must_be_there)
    return TRUE;
  if (must_be_there)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s: %s is not on the list; try add-client", config->client_list, id);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, "%s: %s is on the list already; try set-password", config->client_list, id);
  return FALSE;
}

/* The verifier for the password as the options say. With --generate the password is in *generated, to be shown once the list has it. */
static char *
make_verifier (const char *id, char **generated, GError **error)
{
  char *password = generate ? password_generate () : password_read (id, password_stdin, error);
  char *verifier = password != NULL ? scram_verifier_new (password, error) : NULL;

  if (generate && verifier != NULL)
    *generated = g_steal_pointer (&password);
  password_free (password);
  return verifier;
}

static gboolean
finish (const Config *config, const char *id, const char *what, char *generated, GError **error)
{
  g_autofree char *done = g_strdup_printf ("%s: %s", id, what);

  if (generated != NULL)
    printf ("%s\n", generated);
  password_free (generated);
  return site_tell_server (config, done, error);
}

gboolean
admin_add_client (const Config *config, char **args, GError **error)
{
  const char *id = args[0];
  g_autofree char *verifier = NULL;
  char *generated = NULL;

  if (!check_options (error) || !check_id (config, id, FALSE, error))
    return FALSE;
  if (no_password && config->auth_required)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "mode=required: %s could not log in without a password; try invite", id);
      return FALSE;
    }
  if (!no_password && (verifier = make_verifier (id, &generated, error)) == NULL)
    return FALSE;
  if (client_list_add (config->client_list, id, verifier, error))
    return finish (config, id, no_password ? "added, without a password" : "added, with a password", generated, error);
  password_free (generated);
  return FALSE;
}

gboolean
admin_set_password (const Config *config, char **args, GError **error)
{
  const char *id = args[0];
  g_autofree char *verifier = NULL;
  char *generated = NULL;

  if (!check_options (error) || !check_id (config, id, TRUE, error))
    return FALSE;
  verifier = make_verifier (id, &generated, error);
  if (verifier == NULL)
    return FALSE;
  if (client_list_set (config->client_list, id, verifier, NULL, error))
    return finish (config, id, "has another password", generated, error);
  password_free (generated);
  return FALSE;
}

gboolean
admin_remove_client (const Config *config, char **args, GError **error)
{
  const char *id = args[0];

  return site_check_client_id (id, error) && client_list_remove (config->client_list, id, error) && finish (config, id, "removed", NULL, error);
}

/* A set of the Client-IDs that are logged in; NULL when no server runs, or none that tells. */
static GHashTable *
find_online (const Config *config)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *answer = control_ask (config->data_directory, "clients", &error);
  g_auto (GStrv) lines = NULL;
  GHashTable *online;

  if (answer == NULL)
    {
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
        g_printerr ("webchat-server: who is online is not known: %s\n", error->message);
      return NULL;
    }
  online = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  lines = g_strsplit (answer, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    g_hash_table_add (online, g_strndup (*line, strcspn (*line, "\t")));
  return online;
}

static const char *
describe_proof (ClientList *list, const char *id)
{
  const char *verifier = client_list_get_verifier (list, id);

  if (verifier == NULL)
    return "none";
  return scram_verifier_is_unusable (verifier) ? "invited" : "password";
}

gboolean
admin_list_clients (const Config *config, char **args, GError **error)
{
  g_autoptr (ClientList) list = load (config, FALSE, error);
  g_autoptr (GHashTable) online = NULL;
  int width = 0;

  if (list == NULL)
    return FALSE;
  online = find_online (config);
  for (guint i = 0; i < client_list_get_size (list); i++)
    width = MAX (width, (int) strlen (client_list_get_id (list, i)));
  for (guint i = 0; i < client_list_get_size (list); i++)
    {
      const char *id = client_list_get_id (list, i), *proof = describe_proof (list, id);

      if (online == NULL)
        printf ("%-*s  %s\n", width, id, proof);
      else
        printf ("%-*s  %-8s  %s\n", width, id, proof, g_hash_table_contains (online, id) ? "online" : "offline");
    }
  return TRUE;
}
