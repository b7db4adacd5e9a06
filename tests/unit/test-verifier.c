/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Passwords, and the verifiers that a list holds instead of them. */
#include "shared/scram.h"

#include <string.h>

/* RFC 7677, section 3. */
#define RFC_VERIFIER \
  "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
#define KEY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static void
test_passwords (void)
{
  static const char *const bad[] = {
    "a\nb", "a\x01", "\x7f", "\xff", "a\xc3", "\xc2\xad" /* nothing is left of it */, "\xf0\x9f\x98\x80" /* newer than SASLprep */,
    ("a\xd8\xa7" "b") /* left and right mixed */, "\xee\x80\x80" /* private use */,
  };
  g_autofree char *longest = g_strnfill (SCRAM_PASSWORD_MAX, 'x'), *longer = g_strnfill (SCRAM_PASSWORD_MAX + 1, 'x');
  g_autoptr (GError) error = NULL;

  g_assert_true (scram_password_check ("x", &error));
  g_assert_true (scram_password_check (longest, &error));
  g_assert_no_error (error);
  g_assert_false (scram_password_check (longer, &error));
  g_assert_error (error, SCRAM_ERROR, SCRAM_ERROR_PASSWORD_TOO_LONG);
  g_clear_error (&error);
  g_assert_false (scram_password_check ("", &error));
  g_assert_error (error, SCRAM_ERROR, SCRAM_ERROR_PASSWORD_EMPTY);
  g_clear_error (&error);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (ScramClient) client = scram_client_new (SCRAM_SHA_256, "alice", bad[i], NULL);

      g_assert_false (scram_password_check (bad[i], &error));
      g_assert_error (error, SCRAM_ERROR, SCRAM_ERROR_PASSWORD_CHARACTERS);
      g_clear_error (&error);
      g_assert_null (scram_verifier_new (bad[i], &error));
      g_assert_error (error, SCRAM_ERROR, SCRAM_ERROR_PASSWORD_CHARACTERS);
      g_clear_error (&error);
      g_assert_null (scram_client_first (client));
    }
}

static const struct
{
  const char *verifier;
  gboolean good, good_new;
} verifiers[] = {
  { RFC_VERIFIER, TRUE, TRUE },
  { "SCRAM-SHA-256$10000000:AAAAAAAAAAA=$" KEY ":" KEY, TRUE, TRUE },
  { "SCRAM-SHA-256$10000001:AAAAAAAAAAA=$" KEY ":" KEY, FALSE, FALSE },
  { "SCRAM-SHA-256$4095:AAAAAAAAAAA=$" KEY ":" KEY, TRUE, FALSE },
  { "SCRAM-SHA-256$1:AAAA$" KEY ":" KEY, TRUE, FALSE },
  { "SCRAM-SHA-256$4096:AAAAAAAAAA==$" KEY ":" KEY, TRUE, FALSE }, /* seven bytes of salt */
  { "SCRAM-SHA-256$0:AAAAAAAAAAA=$" KEY ":" KEY, FALSE, FALSE },
  { "SCRAM-SHA-256$-4096:AAAAAAAAAAA=$" KEY ":" KEY, FALSE, FALSE },
  { "SCRAM-SHA-256$+4096:AAAAAAAAAAA=$" KEY ":" KEY, FALSE, FALSE },
  { "SCRAM-SHA-256$4096 :AAAAAAAAAAA=$" KEY ":" KEY, FALSE, FALSE },
  { "SCRAM-SHA-256$18446744073709555712:AAAAAAAAAAA=$" KEY ":" KEY, FALSE, FALSE },
  { "SCRAM-SHA-256$:AAAAAAAAAAA=$" KEY ":" KEY, FALSE, FALSE },
  { "SCRAM-SHA-256$4096:$" KEY ":" KEY, FALSE, FALSE },
  { "SCRAM-SHA-256$4096:AAAAAAAAAAA$" KEY ":" KEY, FALSE, FALSE },
  { "SCRAM-SHA-256$4096:AAAAAAAAAAA=$" KEY, FALSE, FALSE },
  { "SCRAM-SHA-256$4096:AAAAAAAAAAA=$" KEY ":", FALSE, FALSE },
  { "SCRAM-SHA-256$4096:AAAAAAAAAAA=$" KEY ":AAAA", FALSE, FALSE },
  { "SCRAM-SHA-256$4096:AAAAAAAAAAA=$AAAA:" KEY, FALSE, FALSE },
  { "SCRAM-SHA-256$4096:AAAAAAAAAAA=$" KEY ":" KEY " ", FALSE, FALSE },
  { "SCRAM-SHA-256$4096:AAAAAAAAAAA=$" KEY ":" KEY "\n", FALSE, FALSE },
  { "SCRAM-SHA-256$4096:AAAAAAAAAAA=$" KEY ":" KEY "\nmallory", FALSE, FALSE },
  { "SCRAM-SHA-1$4096:AAAAAAAAAAA=$" KEY ":" KEY, FALSE, FALSE },
  { "scram-sha-256$4096:AAAAAAAAAAA=$" KEY ":" KEY, FALSE, FALSE },
  { "SCRAM-SHA-256", FALSE, FALSE },
  { "SCRAM-SHA-256$", FALSE, FALSE },
  { "%n%s", FALSE, FALSE },
  { "", FALSE, FALSE },
};

static void
test_verifiers (void)
{
  g_autofree char *long_salt = g_strnfill (4096, 'A');
  g_autofree char *salty = g_strconcat ("SCRAM-SHA-256$4096:", long_salt, "$" KEY ":" KEY, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (verifiers); i++)
    {
      g_test_message ("%s", verifiers[i].verifier);
      g_assert_true ((scram_verifier_check (verifiers[i].verifier) == NULL) == verifiers[i].good);
      g_assert_true ((scram_verifier_check_new (verifiers[i].verifier) == NULL) == verifiers[i].good_new);
    }
  g_assert_nonnull (scram_verifier_check (salty));
}

static void
test_derived (void)
{
  static const guint8 secret[] = "a secret", other_secret[] = "b secret";
  g_autofree char *one = scram_verifier_derive (secret, sizeof secret, "alice", 5000);
  g_autofree char *same = scram_verifier_derive (secret, sizeof secret, "alice", 5000);
  g_autofree char *bob = scram_verifier_derive (secret, sizeof secret, "bob", 5000);
  g_autofree char *other = scram_verifier_derive (other_secret, sizeof other_secret, "alice", 5000);
  g_autofree char *real = scram_verifier_new ("x", NULL);

  g_assert_null (scram_verifier_check_new (one));
  g_assert_cmpuint (scram_verifier_get_iterations (one), ==, 5000);
  g_assert_cmpstr (one, ==, same);
  g_assert_cmpstr (one, !=, bob);
  g_assert_cmpstr (one, !=, other);
  /* As long as a real one: its salt looks alike. */
  g_assert_cmpuint (strlen (strchr (one, ':')), ==, strlen (strchr (real, ':')));
}

static void
test_unusable (void)
{
  g_autofree char *one = scram_verifier_new_unusable (), *two = scram_verifier_new_unusable ();
  g_autofree char *real = scram_verifier_new ("x", NULL);

  g_assert_null (scram_verifier_check_new (one));
  g_assert_cmpstr (one, !=, two);
  g_assert_cmpuint (scram_verifier_get_iterations (one), ==, SCRAM_ITERATIONS);
  g_assert_true (scram_verifier_is_unusable (one));
  g_assert_false (scram_verifier_is_unusable (real));
  g_assert_false (scram_verifier_is_unusable (RFC_VERIFIER));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/verifier/passwords", test_passwords);
  g_test_add_func ("/verifier/forms", test_verifiers);
  g_test_add_func ("/verifier/derived", test_derived);
  g_test_add_func ("/verifier/unusable", test_unusable);

  return g_test_run ();
}
