/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "identity/client-list.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

#define SALT   "W22ZaJ0SNY7soEsUEjb6gQ=="
#define STORED "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
#define SERVER "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
#define PROOF  "SCRAM-SHA-256$4096:" SALT "$" STORED ":" SERVER

static char *path;

static ClientList *
load (const char *text, gssize len, GError **error)
{
  g_assert_true (g_file_set_contents (path, text, len, NULL));
  return client_list_load (path, error);
}

static ClientList *
take (const char *text)
{
  g_autoptr (GError) error = NULL;
  ClientList *list = load (text, -1, &error);

  g_assert_no_error (error);
  g_assert_nonnull (list);
  return list;
}

/* A text, and the IDs it allows, separated by blanks. */
static const struct
{
  const char *text, *ids;
} lists[] = {
  { "", "" },
  { "\n\n  \n\t\n", "" },
  { "# nobody yet", "" },
  { "alice", "alice" },
  { "alice\nbob\n", "alice bob" },
  { "bob\r\nalice\r\n\r\n", "bob alice" },
  { "# people\n\n  alice \t\n#bob\n \t# carol\ndave # came later\n", "alice dave" },
  { "alice " PROOF "\nbob\t" PROOF "  # a comment\ncarol\n", "alice bob carol" },
  { "12345\n0\nA\na\na.b-c_d\n", "12345 0 A a a.b-c_d" },
  { "\xef\xbb\xbf"
    "alice\n",
    "alice" },
  { "# \xff\xfe anything\nalice\n", "alice" },
  { "a234567890123456789012345678901234567890123456789012345678901234\n",
    "a234567890123456789012345678901234567890123456789012345678901234" },
};

static void
test_lists (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      g_autoptr (ClientList) list = take (lists[i].text);
      g_auto (GStrv) ids = g_strsplit (lists[i].ids, " ", -1);

      g_assert_cmpuint (client_list_get_size (list), ==, g_strv_length (ids));
      for (guint j = 0; ids[j] != NULL; j++)
        {
          g_assert_cmpstr (client_list_get_id (list, j), ==, ids[j]);
          g_assert_true (client_list_contains (list, ids[j]));
        }
      g_assert_false (client_list_contains (list, "nobody"));
      g_assert_false (client_list_contains (list, ""));
      g_assert_false (client_list_contains (list, "ALICE"));
      g_assert_false (client_list_contains (list, "alic"));
      g_assert_false (client_list_contains (list, PROOF));
    }
}

static void
test_verifier (void)
{
  g_autoptr (ClientList) list
      = take ("alice\nbob " PROOF "\ncarol SCRAM-SHA-256$1:YQ==$" STORED ":" SERVER "\r\n");

  g_assert_null (client_list_get_verifier (list, "alice"));
  g_assert_cmpstr (client_list_get_verifier (list, "bob"), ==, PROOF);
  g_assert_cmpstr (client_list_get_verifier (list, "carol"), ==,
                   "SCRAM-SHA-256$1:YQ==$" STORED ":" SERVER);
  g_assert_null (client_list_get_verifier (list, "nobody"));
}

#define SCRAM(rest) "alice SCRAM-SHA-256$" rest

static const struct
{
  const char *text;
  guint line;
  const char *reason;
} mistakes[] = {
  { "alice\n-bob\n", 2, "not a Client-ID" },
  { ".\n", 1, "not a Client-ID" },
  { "\n\n#room\nal!ce\n", 4, "not a Client-ID" },
  { "alice\nb\xc3\xb6"
    "b\n",
    2, "not a Client-ID" },
  { "alice#comment\n", 1, "not a Client-ID" },
  { "alice\x01\n", 1, "not a Client-ID" },
  { "alice\rbob\n", 1, "not a Client-ID" },
  { "a2345678901234567890123456789012345678901234567890123456789012345\n", 1, "not a Client-ID" },
  { "alice\nbob\nalice\n", 3, "alice stands in the list already" },
  { "alice\nalice " PROOF, 2, "already" },
  { "alice bob\n", 1, "must be a verifier" },
  { "alice secret\n", 1, "must be a verifier" },
  { "alice scram-sha-256$4096:" SALT "$" STORED ":" SERVER, 1, "must be a verifier" },
  { "alice SCRAM-SHA-1$4096:" SALT "$" STORED ":" SERVER, 1, "must be a verifier" },
  { "alice " PROOF " more\n", 1, "more than" },
  { SCRAM (""), 1, "iterations" },
  { SCRAM ("4096"), 1, "iterations" },
  { SCRAM (":" SALT "$" STORED ":" SERVER), 1, "iterations" },
  { SCRAM ("0:" SALT "$" STORED ":" SERVER), 1, "from 1 to" },
  { SCRAM ("-1:" SALT "$" STORED ":" SERVER), 1, "iterations" },
  { SCRAM ("4096x:" SALT "$" STORED ":" SERVER), 1, "iterations" },
  { SCRAM ("99999999:" SALT "$" STORED ":" SERVER), 1, "from 1 to" },
  { SCRAM ("99999999999999999999:" SALT "$" STORED ":" SERVER), 1, "iterations" },
  { SCRAM ("4096:" SALT), 1, "salt" },
  { SCRAM ("4096:$" STORED ":" SERVER), 1, "salt" },
  { SCRAM ("4096:W22Z=aJ0$" STORED ":" SERVER), 1, "salt" },
  { SCRAM ("4096:W22ZaJ0SN$" STORED ":" SERVER), 1, "salt" },
  { SCRAM ("4096:====$" STORED ":" SERVER), 1, "salt" },
  { SCRAM ("4096:W22-_J0S$" STORED ":" SERVER), 1, "salt" },
  { SCRAM ("4096:" SALT "$" STORED), 1, "StoredKey" },
  { SCRAM ("4096:" SALT "$" SALT ":" SERVER), 1, "StoredKey" },
  { SCRAM ("4096:" SALT "$:" SERVER), 1, "StoredKey" },
  { SCRAM ("4096:" SALT "$" STORED ":"), 1, "ServerKey" },
  { SCRAM ("4096:" SALT "$" STORED ":" SALT), 1, "ServerKey" },
  { SCRAM ("4096:" SALT "$" STORED ":" SERVER "A"), 1, "ServerKey" },
};

static void
test_mistakes (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (mistakes); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (ClientList) list = load (mistakes[i].text, -1, &error);
      g_autofree char *where = g_strdup_printf ("%s:%u: ", path, mistakes[i].line);

      g_test_message ("case %u -> %s", i, error != NULL ? error->message : "taken");
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
      g_assert_null (list);
      g_assert_true (g_str_has_prefix (error->message, where));
      g_assert_nonnull (strstr (error->message, mistakes[i].reason));
      g_assert_null (strchr (error->message, '\n'));
    }
}

/* NUL bytes anywhere, as a damaged file has them. */
static void
test_nul (void)
{
  static const char text[] = "alice\nbob\0\ncarol\n";

  for (gsize len = sizeof "alice\nbob"; len < sizeof text; len++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (load (text, (gssize)len, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
      g_assert_nonnull (strstr (error->message, ":2: "));
    }
}

static void
test_unreadable (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (client_list_load ("/nowhere/ClientID-List", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "/nowhere/ClientID-List"));
}

/* 100,000 IDs: each is found, others are not, and the order is kept. */
static void
test_many (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (ClientList) list = NULL;
  const guint n = 100000;

  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "client.%u\n", i * 2);
  list = take (text->str);

  g_assert_cmpuint (client_list_get_size (list), ==, n);
  for (guint i = 0; i < n; i++)
    {
      char id[32];

      g_snprintf (id, sizeof id, "client.%u", i * 2);
      g_assert_cmpstr (client_list_get_id (list, i), ==, id);
      g_assert_true (client_list_contains (list, id));
      g_snprintf (id, sizeof id, "client.%u", i * 2 + 1);
      g_assert_false (client_list_contains (list, id));
    }
}

static void
test_ref (void)
{
  ClientList *list = take ("alice\n");

  g_assert_true (client_list_ref (list) == list);
  client_list_unref (list);
  g_assert_true (client_list_contains (list, "alice"));
  client_list_unref (list);
}

int
main (int argc, char **argv)
{
  g_autofree char *folder = g_dir_make_tmp ("webchat-list-XXXXXX", NULL);
  int status;

  path = g_build_filename (folder, "ClientID-List", NULL);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/client-list/lists", test_lists);
  g_test_add_func ("/client-list/verifier", test_verifier);
  g_test_add_func ("/client-list/mistakes", test_mistakes);
  g_test_add_func ("/client-list/nul", test_nul);
  g_test_add_func ("/client-list/unreadable", test_unreadable);
  g_test_add_func ("/client-list/many", test_many);
  g_test_add_func ("/client-list/ref", test_ref);
  status = g_test_run ();

  g_unlink (path);
  g_rmdir (folder);
  g_free (path);
  return status;
}
