/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files that say who may come in: the secret, and tokens made with it. test-list-edit is about the
 * ClientID-List. */
#include <string.h>
#include <sys/stat.h>

#include <glib/gstdio.h>

#include "identity/invitation-token.h"
#include "identity/secret.h"

#define KEY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define V1 "SCRAM-SHA-256$4096:MTExMTExMTE=$" KEY ":" KEY
#define V2 "SCRAM-SHA-256$4096:MjIyMjIyMjI=$" KEY ":" KEY

typedef struct
{
  char *folder;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->folder = g_dir_make_tmp ("webchat-identity-XXXXXX", NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_autoptr (GDir) folder = g_dir_open (f->folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *path = g_build_filename (f->folder, name, NULL);

      g_assert_no_errno (g_remove (path));
    }
  g_assert_no_errno (g_rmdir (f->folder));
  g_free (f->folder);
}

/* No file but these is in the folder. */
static void
assert_files (Fixture *f, guint expected)
{
  g_autoptr (GDir) folder = g_dir_open (f->folder, 0, NULL);
  guint count = 0;

  while (g_dir_read_name (folder) != NULL)
    count++;
  g_assert_cmpuint (count, ==, expected);
}

/* The secret */

static void
test_secret (Fixture *f, gconstpointer data)
{
  g_autofree char *path = g_build_filename (f->folder, "secret", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) made = secret_load (f->folder, &error);
  g_autoptr (GBytes) again = NULL, other = NULL;
  GStatBuf info;

  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (made), ==, SECRET_BYTES);
  g_assert_no_errno (g_stat (path, &info));
  g_assert_cmpuint (info.st_mode & 0777, ==, 0600);
  assert_files (f, 1);
  again = secret_load (f->folder, &error);
  g_assert_true (g_bytes_equal (made, again));

  g_assert_no_errno (g_remove (path));
  other = secret_load (f->folder, &error);
  g_assert_no_error (error);
  g_assert_false (g_bytes_equal (made, other));
}

/* One that is cut off, or longer, is none to go on with. */
static void
test_bad_secret (Fixture *f, gconstpointer data)
{
  static const gssize sizes[] = { 0, 1, SECRET_BYTES - 1, SECRET_BYTES + 1, 1000 };
  g_autofree char *path = g_build_filename (f->folder, "secret", NULL);
  g_autofree char *bytes = g_strnfill (1000, 's');

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (g_file_set_contents (path, bytes, sizes[i], NULL));
      g_assert_null (secret_load (f->folder, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
      g_assert_nonnull (strstr (error->message, path));
    }
}

static void
test_no_place_for_a_secret (Fixture *f, gconstpointer data)
{
  g_autofree char *nowhere = g_build_filename (f->folder, "nowhere", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (secret_load (nowhere, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

static gpointer
secret_thread (gpointer folder)
{
  return secret_load (folder, NULL);
}

/* Several that find none agree on one. */
static void
test_secret_race (Fixture *f, gconstpointer data)
{
  GThread *threads[8];
  GBytes *secrets[8];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("secret", secret_thread, f->folder);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    secrets[i] = g_thread_join (threads[i]);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      g_assert_nonnull (secrets[i]);
      g_assert_true (g_bytes_equal (secrets[i], secrets[0]));
    }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_bytes_unref (secrets[i]);
  assert_files (f, 1);
}

/* Tokens */

static InvitationState
check (GBytes *secret, const char *id, const char *verifier, const char *token, gint64 now)
{
  return invitation_token_check (secret, id, verifier, token, strlen (token), now);
}

static void
test_token (void)
{
  g_autoptr (GBytes) secret = g_bytes_new_static ("01234567890123456789012345678901", 32);
  g_autoptr (GBytes) other = g_bytes_new_static ("11234567890123456789012345678901", 32);
  g_autofree char *token = invitation_token_new (secret, "alice", V1, 1000);
  g_autofree char *far = invitation_token_new (secret, "alice", V1, ((gint64) 1 << 40) - 1);

  g_assert_cmpuint (strlen (token), ==, 28);
  g_assert_cmpuint (strspn (token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), ==, 28);
  g_assert_cmpint (check (secret, "alice", V1, token, 0), ==, INVITATION_VALID);
  g_assert_cmpint (check (secret, "alice", V1, token, 999), ==, INVITATION_VALID);
  g_assert_cmpint (check (secret, "alice", V1, token, 1000), ==, INVITATION_EXPIRED);
  g_assert_cmpint (check (secret, "alice", V1, far, G_MAXINT32), ==, INVITATION_VALID);
  /* used or withdrawn, another's, another server's */
  g_assert_cmpint (check (secret, "alice", V2, token, 0), ==, INVITATION_INVALID);
  g_assert_cmpint (check (secret, "alice", NULL, token, 0), ==, INVITATION_INVALID);
  g_assert_cmpint (check (secret, "alicf", V1, token, 0), ==, INVITATION_INVALID);
  g_assert_cmpint (check (other, "alice", V1, token, 0), ==, INVITATION_INVALID);
  g_assert_cmpint (check (secret, "alice", V2, token, 1000), ==, INVITATION_INVALID);
}

/* Every byte of it counts, the time first of all. */
static void
test_forged_token (void)
{
  g_autoptr (GBytes) secret = g_bytes_new_static ("01234567890123456789012345678901", 32);
  g_autofree char *token = invitation_token_new (secret, "alice", V1, 1000);
  g_autofree char *longer = g_strconcat (token, "A", NULL), *padded = g_strconcat (token, "====", NULL);
  static const char *const none[] = { "", "A", "%n", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "===========================A", "AAAA AAAAAAAAAAAAAAAAAAAAAAA" };

  for (gsize i = 0; i < strlen (token); i++)
    {
      g_autofree char *forged = g_strdup (token);

      for (const char *digit = "AQgw-_9z+/=\n"; *digit != '\0'; digit++)
        {
          forged[i] = *digit;
          g_assert_cmpint (check (secret, "alice", V1, forged, 0), ==, *digit == token[i] ? INVITATION_VALID : INVITATION_INVALID);
        }
      g_assert_cmpint (invitation_token_check (secret, "alice", V1, token, i, 0), ==, INVITATION_INVALID);
    }
  g_assert_cmpint (check (secret, "alice", V1, longer, 0), ==, INVITATION_INVALID);
  g_assert_cmpint (check (secret, "alice", V1, padded, 0), ==, INVITATION_INVALID);
  for (guint i = 0; i < G_N_ELEMENTS (none); i++)
    g_assert_cmpint (check (secret, "alice", V1, none[i], 0), ==, INVITATION_INVALID);
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/identity/secret", test_secret);
  ADD ("/identity/secret/bad", test_bad_secret);
  ADD ("/identity/secret/no-place", test_no_place_for_a_secret);
  ADD ("/identity/secret/race", test_secret_race);
  g_test_add_func ("/identity/token", test_token);
  g_test_add_func ("/identity/token/forged", test_forged_token);

  return g_test_run ();
}
