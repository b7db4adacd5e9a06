/* SPDX-License-Identifier: GPL-3.0-or-later */
/* INVITATION: whoever holds one sets a password, once, for one ID, in time. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "tests/util/client.h"
#include "tests/util/deadline.h"
#include "tests/util/proof.h"
#include "tests/util/server.h"

#define LIST_FILE "ClientID-List"
#define KEY       "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

/* alice is invited: nobody knows the password of her verifier. bob has a password, carol none. */
typedef struct
{
  TestServer *server;
  char *unusable; /* alice's */
  char *new;      /* what she will set */
  char *token;
} Fixture;

static gint64
in_an_hour (void)
{
  return g_get_real_time () / G_USEC_PER_SEC + 3600;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autofree char *bob = test_verifier ("builder"), *list = NULL;

  f->unusable = test_verifier ("nobody knows");
  f->new = test_verifier ("wonderland");
  list = g_strdup_printf ("# the list\nalice %s # invited\n\nbob %s\ncarol\n", f->unusable, bob);
  f->server = test_server_new (list, NULL);
  f->token = test_invitation_token (f->server, "alice", f->unusable, in_an_hour ());
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  test_server_free (f->server);
  g_free (f->unusable);
  g_free (f->new);
  g_free (f->token);
}

static char *
read_list (Fixture *f)
{
  g_autofree char *path = test_server_path (f->server, LIST_FILE);
  char *text;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

static TestClient *
say_hello (Fixture *f, const char *id)
{
  TestClient *client = test_connect_afresh (f->server, id);

  test_hello (client, id);
  return client;
}

static void
expect_refused (TestClient *client, const char *about)
{
  const char *line = test_line (client);

  if (!g_str_has_prefix (line, "ERROR not-allowed ") || strstr (line, about) == NULL)
    test_fail ("wanted not-allowed about \"%s\", got \"%s\"", about, line);
  test_expect (client, "DECLINED");
  test_expect_closed (client);
}

static void
refuse (Fixture *f, const char *id, const char *token, const char *verifier, const char *about)
{
  g_autoptr (TestClient) client = say_hello (f, id);

  test_send (client, "INVITATION %s %s", token, verifier);
  expect_refused (client, about);
}

/* She is logged in at once, and with her password from now on; the rest of the list is as it was. */
static void
test_accepted (Fixture *f, gconstpointer data)
{
  g_autoptr (TestClient) bob = test_login_proved (f->server, "bob", "builder");
  g_autoptr (TestClient) alice = say_hello (f, "alice");
  g_autoptr (TestClient) phone = NULL;
  g_autofree char *before = read_list (f), *after = NULL, *expected = NULL;
  g_auto (GStrv) parts = g_strsplit (before, f->unusable, 2);

  test_send (alice, "INVITATION %s %s", f->token, f->new);
  test_expect (alice, "CONNECTED 2");
  after = read_list (f);
  expected = g_strconcat (parts[0], f->new, parts[1], NULL);
  g_assert_cmpstr (after, ==, expected);

  test_send (bob, "@id=1 CHAT_MESSAGE alice welcome");
  test_expect_tagged (alice, "conv=bob;from=bob;seq=1;time=*;id=1", "CHAT welcome");
  phone = test_login_proved (f->server, "alice", "wonderland");
  test_expect_nothing (phone);
  test_expect_nothing (alice);

  /* The list is read again when the change is noticed too, which throws nobody out. */
  test_server_signal (f->server, SIGHUP);
  test_server_crash_and_restart (f->server);
  {
    g_autoptr (TestClient) again = test_login_proved (f->server, "alice", "wonderland");

    test_expect_nothing (again);
  }
}

/* The same link again, by the same person or another: it was used. */
static void
test_reused (Fixture *f, gconstpointer data)
{
  g_autoptr (TestClient) alice = say_hello (f, "alice");
  g_autofree char *other = test_verifier ("stolen"), *after = NULL;

  test_send (alice, "INVITATION %s %s", f->token, f->new);
  test_expect (alice, "CONNECTED 2");
  refuse (f, "alice", f->token, other, "used already, or withdrawn");
  refuse (f, "alice", f->token, f->new, "used already, or withdrawn");
  after = read_list (f);
  g_assert_nonnull (strstr (after, f->new));
  g_assert_null (strstr (after, other));
  test_expect_nothing (alice);
}

static void
test_expired (Fixture *f, gconstpointer data)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  g_autofree char *just = test_invitation_token (f->server, "alice", f->unusable, now), *long_ago = test_invitation_token (f->server, "alice", f->unusable, 0);
  g_autofree char *forged = g_strconcat ("__", f->token + 2, NULL), *before = read_list (f), *after = NULL;

  refuse (f, "alice", just, f->new, "expired");
  refuse (f, "alice", long_ago, f->new, "expired");
  refuse (f, "alice", forged, f->new, "used already, or withdrawn"); /* for longer */
  after = read_list (f);
  g_assert_cmpstr (before, ==, after);
}

/* No token, another's, one of another server, and who is not on the list at all: all the same. */
static void
test_forged (Fixture *f, gconstpointer data)
{
  static const char *const forged[] = { "A", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "%s%n%s%n", "../../data/secret", "\xc3\xa4", "=" };
  g_autofree char *bob = test_verifier ("builder");
  g_autofree char *bobs = test_invitation_token (f->server, "bob", bob, in_an_hour ());
  g_autofree char *other_verifier = test_invitation_token (f->server, "alice", f->new, in_an_hour ());
  g_autofree char *nobodys = test_invitation_token (f->server, "nobody", "", in_an_hour ());
  g_autofree char *before = read_list (f), *after = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (forged) - 2; i++)
    refuse (f, i % 2 ? "nobody" : "alice", forged[i], f->new, "used already, or withdrawn");
  /* Each from one that has no failures yet. */
  refuse (f, "x1", forged[4], f->new, "used already, or withdrawn");
  refuse (f, "x2", bobs, f->new, "used already, or withdrawn");
  refuse (f, "alice", bobs, f->new, "used already, or withdrawn");
  refuse (f, "x3", nobodys, f->new, "used already, or withdrawn");
  refuse (f, "nobody", nobodys, f->new, "used already, or withdrawn");
  refuse (f, "bob", other_verifier, f->new, "used already, or withdrawn");
  after = read_list (f);
  g_assert_cmpstr (before, ==, after);
}

static void
replace_list (Fixture *f, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Replaces it, and waits until it is in force: until somebody is let in who is on this one alone. */
static void
replace_list (Fixture *f, const char *format, ...)
{
  static guint n;
  g_autofree char *marker = g_strdup_printf ("marker%u", n++), *entries = NULL, *list = NULL;
  gint64 deadline = test_deadline ();
  gboolean in;
  va_list args;

  va_start (args, format);
  entries = g_strdup_vprintf (format, args);
  va_end (args);
  list = g_strconcat (entries, marker, "\n", NULL);
  test_server_replace_file (f->server, LIST_FILE, list);
  test_server_signal (f->server, SIGHUP);
  do
    {
      g_autoptr (TestClient) client = test_connect (f->server, marker);

      test_send (client, "HELLO %s", marker);
      in = g_strcmp0 (test_line (client), "CONNECTED") == 0;
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
    }
  while (!in);
}

/* Removed, or with a password meanwhile, or invited anew. */
static void
test_withdrawn (Fixture *f, gconstpointer data)
{
  g_autofree char *other = test_verifier ("another");

  replace_list (f, "bob %s\n", other);
  refuse (f, "alice", f->token, f->new, "used already, or withdrawn");
  replace_list (f, "alice %s\n", other);
  refuse (f, "alice", f->token, f->new, "used already, or withdrawn");
  replace_list (f, "alice\nbob %s\n", other);
  {
    /* Without a verifier she is not asked for anything. */
    g_autoptr (TestClient) alice = test_connect (f->server, "alice");

    test_send (alice, "HELLO alice 2");
    test_expect (alice, "CONNECTED 2");
  }
}

/* Between HELLO and INVITATION. */
static void
test_withdrawn_meanwhile (Fixture *f, gconstpointer data)
{
  g_autofree char *other = test_verifier ("another");
  g_autoptr (TestClient) alice = say_hello (f, "alice");

  replace_list (f, "bob %s\n", other);
  test_send (alice, "INVITATION %s %s", f->token, f->new);
  expect_refused (alice, "used already, or withdrawn");
}

/* What would keep others busy, or break the list. The token is not used up by it. */
static void
test_bad_verifiers (Fixture *f, gconstpointer data)
{
  static const char *const bad[] = {
    "x",
    "%s%n",
    "SCRAM-SHA-256$4095:AAAAAAAAAAA=$" KEY ":" KEY,
    "SCRAM-SHA-256$1:AAAAAAAAAAA=$" KEY ":" KEY,
    "SCRAM-SHA-256$10000001:AAAAAAAAAAA=$" KEY ":" KEY,
    "SCRAM-SHA-256$99999999999999999999:AAAAAAAAAAA=$" KEY ":" KEY,
    "SCRAM-SHA-256$4096:AAAAAAAAAA==$" KEY ":" KEY,
    "SCRAM-SHA-256$4096:$" KEY ":" KEY,
    "SCRAM-SHA-256$4096:AAAAAAAAAAA=$AAAA:" KEY,
    "SCRAM-SHA-256$4096:AAAAAAAAAAA=$" KEY,
    "SCRAM-SHA-1$4096:AAAAAAAAAAA=$" KEY ":" KEY,
    "SCRAM-SHA-256$4096:AAAAAAAAAAA=$" KEY ":" KEY "#",
  };
  g_autofree char *before = read_list (f), *after = NULL, *long_salt = g_strnfill (8000, 'A');
  g_autofree char *salty = g_strdup_printf ("SCRAM-SHA-256$4096:%s$" KEY ":" KEY, long_salt);
  g_autoptr (TestClient) alice = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    refuse (f, "alice", f->token, bad[i], "verifier");
  refuse (f, "alice", f->token, salty, "verifier");
  after = read_list (f);
  g_assert_cmpstr (before, ==, after);
  alice = say_hello (f, "alice");
  test_send (alice, "INVITATION %s %s", f->token, f->new);
  test_expect (alice, "CONNECTED 2");
}

/* An ID that has a verifier by now is not changed by whoever happens to be logged in. Nor is anything by a second one. */
static void
test_only_once_a_connection (Fixture *f, gconstpointer data)
{
  g_autoptr (TestClient) alice = say_hello (f, "alice");

  test_send (alice, "INVITATION %s %s", f->token, f->new);
  test_send (alice, "INVITATION %s %s", f->token, f->new);
  test_expect (alice, "CONNECTED 2");
  test_expect_error (alice, "not-allowed");
  test_expect_nothing (alice);
}

#define RIVALS 12

/* Many hold the same link, and use it at the same moment: one is first, and the list has what that one set. */
static void
test_rivals (Fixture *f, gconstpointer data)
{
  TestClient *rivals[RIVALS];
  char *verifiers[RIVALS];
  g_autofree char *after = NULL;
  guint winners = 0, winner = 0;

  for (guint i = 0; i < RIVALS; i++)
    {
      g_autofree char *password = g_strdup_printf ("rival%u", i);

      verifiers[i] = test_verifier (password);
      rivals[i] = say_hello (f, "alice");
    }
  /* No more at once than may fail without having to wait. */
  for (guint i = 0; i < RIVALS; i++)
    test_send (rivals[i], "INVITATION %s %s", f->token, verifiers[i]);
  for (guint i = 0; i < RIVALS; i++)
    {
      const char *line = test_line (rivals[i]);

      if (strcmp (line, "CONNECTED 2") == 0)
        {
          winners++;
          winner = i;
          continue;
        }
      if (!g_str_has_prefix (line, "ERROR not-allowed ") && strstr (line, "ERROR rate-limited ") == NULL)
        test_fail ("rival %u got %s", i, line);
      test_expect (rivals[i], "DECLINED");
    }
  g_assert_cmpuint (winners, ==, 1);
  after = read_list (f);
  g_assert_nonnull (strstr (after, verifiers[winner]));
  test_expect_nothing (rivals[winner]);
  for (guint i = 0; i < RIVALS; i++)
    {
      test_client_free (rivals[i]);
      g_free (verifiers[i]);
    }
}

/* Whoever is logged in as alice by what was there before is not her any more. */
static void
test_others_go (Fixture *f, gconstpointer data)
{
  g_autoptr (TestClient) old = test_login_proved (f->server, "alice", "nobody knows");
  g_autoptr (TestClient) bob = test_login_proved (f->server, "bob", "builder");
  g_autoptr (TestClient) alice = say_hello (f, "alice");

  test_send (alice, "INVITATION %s %s", f->token, f->new);
  test_expect (alice, "CONNECTED 2");
  test_expect_error (old, "not-allowed");
  test_expect_closed (old);
  test_expect_nothing (alice);
  test_expect_nothing (bob);
}

/* Changes of many IDs at once, none of which is lost. */
static void
test_many (void)
{
  g_autofree char *unusable = test_verifier ("nobody knows"), *new = test_verifier ("mine");
  g_autoptr (GString) list = g_string_new (NULL);
  g_autoptr (TestServer) server = NULL;
  TestClient *clients[30];

  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    g_string_append_printf (list, "u%u %s\n", i, unusable);
  server = test_server_new (list->str, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      g_autofree char *id = g_strdup_printf ("u%u", i), *token = test_invitation_token (server, id, unusable, in_an_hour ());

      clients[i] = test_connect_afresh (server, id);
      test_send (clients[i], "HELLO %s 2", id);
      test_send (clients[i], "INVITATION %s %s", token, new);
    }
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      test_expect_prefix (clients[i], "AUTH_REQUIRED ");
      test_expect (clients[i], "CONNECTED 2");
    }
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      test_expect_nothing (clients[i]);
      test_client_free (clients[i]);
    }
  {
    g_autofree char *path = test_server_path (server, LIST_FILE), *text = NULL;

    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    g_assert_null (strstr (text, unusable));
  }
}

/* The list cannot be changed: she is told, the log says what to do, and afterwards the same link is as good as before. */
static void
test_unwritable (Fixture *f, gconstpointer data)
{
  g_autofree char *path = test_server_path (f->server, LIST_FILE), *lock = g_strconcat (path, ".lock", NULL), *after = NULL;
  g_autoptr (TestClient) alice = say_hello (f, "alice");
  g_autoptr (TestClient) again = NULL;
  const char *line;

  g_assert_no_errno (g_mkdir (lock, 0700)); /* root may write anywhere, but not into this */
  test_send (alice, "INVITATION %s %s", f->token, f->new);
  line = test_line (alice);
  if (!g_str_has_prefix (line, "ERROR store-failed ") || strstr (line, "ClientID-List") == NULL)
    test_fail ("wanted store-failed, got %s", line);
  test_expect (alice, "DECLINED");
  test_expect_closed (alice);
  test_server_wait_log (f->server, "must be able to write", 0);
  after = read_list (f);
  g_assert_nonnull (strstr (after, f->unusable));

  g_assert_no_errno (g_rmdir (lock));
  again = say_hello (f, "alice");
  test_send (again, "INVITATION %s %s", f->token, f->new);
  test_expect (again, "CONNECTED 2");
}

/* A mistake in the file that the server has not taken over: the list is not written over it. */
static void
test_broken_list (Fixture *f, gconstpointer data)
{
  g_autofree char *before = read_list (f), *broken = g_strconcat (before, "no such line\n", NULL), *after = NULL;
  g_autoptr (TestClient) alice = say_hello (f, "alice");

  test_server_replace_file (f->server, LIST_FILE, broken);
  test_send (alice, "INVITATION %s %s", f->token, f->new);
  test_expect_error (alice, "store-failed");
  test_expect (alice, "DECLINED");
  test_expect_closed (alice);
  after = read_list (f);
  g_assert_cmpstr (after, ==, broken);
}

/* While somebody else changes the list she waits, and nobody else does; when it takes too long she is declined, and nothing is changed behind her back that
 * she could not log in with. */
static void
test_list_is_locked (Fixture *f, gconstpointer data)
{
  g_autofree char *lock = NULL;
  g_autoptr (TestClient) bob = test_login_proved (f->server, "bob", "builder");
  g_autoptr (TestClient) alice = say_hello (f, "alice");
  int fd, status;

  lock = test_server_path (f->server, LIST_FILE ".lock");
  fd = g_open (lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  g_assert_cmpint (fd, >=, 0);
  g_assert_no_errno (flock (fd, LOCK_EX));
  test_send (alice, "INVITATION %s %s", f->token, f->new);
  test_send (alice, "PING x");
  for (guint i = 0; i < 20; i++)
    test_expect_nothing (bob);
  g_assert_false (test_client_is_readable (alice));
  g_assert_no_errno (flock (fd, LOCK_UN));
  test_expect (alice, "CONNECTED 2");
  test_expect (alice, "PONG x");

  /* Stopped in the middle of it: the change comes to its end first. */
  {
    g_autofree char *token = test_invitation_token (f->server, "bob", f->new, in_an_hour ());
    g_autofree char *verifier = test_verifier ("builder"), *good = test_invitation_token (f->server, "bob", verifier, in_an_hour ()), *after = NULL;
    g_autoptr (TestClient) second = say_hello (f, "bob");

    g_assert_no_errno (flock (fd, LOCK_EX));
    test_send (second, "INVITATION %s %s", good, f->new);
    test_expect_nothing (alice); /* the line is with the server */
    test_server_signal (f->server, SIGTERM);
    g_assert_no_errno (flock (fd, LOCK_UN));
    status = test_server_wait (f->server);
    g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
    after = read_list (f);
    g_assert_nonnull (strstr (after, "# the list\nalice "));
    test_server_start (f->server);
  }
  close (fd);
}

/* Killed at whatever moment of it: the list is whole, and she gets in by the one or by the other. */
static void
test_killed (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *list = g_strdup_printf ("# the list\nalice %s # invited\ncarol\n", f->unusable), *after = NULL, *expected = NULL;
      g_autoptr (TestClient) alice = NULL;
      g_autoptr (TestClient) again = NULL;
      gboolean used;

      test_server_stop (f->server, SIGKILL);
      test_server_replace_file (f->server, LIST_FILE, list);
      test_server_start (f->server);
      alice = say_hello (f, "alice");
      test_send (alice, "INVITATION %s %s", f->token, f->new);
      if (i > 0)
        g_usleep (g_test_rand_int_range (0, 4000)); /* at some moment, whichever */
      test_server_crash_and_restart (f->server);
      after = read_list (f);
      used = strstr (after, f->new) != NULL;
      expected = g_strdup_printf ("# the list\nalice %s # invited\ncarol\n", used ? f->new : f->unusable);
      g_assert_cmpstr (after, ==, expected);
      again = test_connect (f->server, "alice");
      if (used)
        test_prove (again, "alice", "wonderland");
      else
        {
          test_hello (again, "alice");
          test_send (again, "INVITATION %s %s", f->token, f->new);
          test_expect (again, "CONNECTED 2");
        }
    }
}

/* Nothing of a token, a verifier or a proof is in the log. */
static void
test_log (Fixture *f, gconstpointer data)
{
  g_autoptr (TestClient) alice = say_hello (f, "alice");
  g_autoptr (TestClient) phone = NULL;
  g_autofree char *log = NULL;

  test_send (alice, "INVITATION %s %s", f->token, f->new);
  test_expect (alice, "CONNECTED 2");
  refuse (f, "alice", f->token, f->new, "used already");
  phone = test_login_proved (f->server, "alice", "wonderland");
  log = test_server_log (f->server);
  g_assert_nonnull (strstr (log, "has accepted an invitation"));
  g_assert_null (strstr (log, f->token));
  g_assert_null (strstr (log, "SCRAM-SHA-256$"));
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/invitations/accepted", test_accepted);
  ADD ("/invitations/reused", test_reused);
  ADD ("/invitations/expired", test_expired);
  ADD ("/invitations/forged", test_forged);
  ADD ("/invitations/withdrawn", test_withdrawn);
  ADD ("/invitations/withdrawn-meanwhile", test_withdrawn_meanwhile);
  ADD ("/invitations/bad-verifiers", test_bad_verifiers);
  ADD ("/invitations/only-once-a-connection", test_only_once_a_connection);
  ADD ("/invitations/rivals", test_rivals);
  ADD ("/invitations/others-go", test_others_go);
  g_test_add_func ("/invitations/many", test_many);
  ADD ("/invitations/unwritable", test_unwritable);
  ADD ("/invitations/broken-list", test_broken_list);
  ADD ("/invitations/list-is-locked", test_list_is_locked);
  ADD ("/invitations/killed", test_killed);
  ADD ("/invitations/log", test_log);

  return g_test_run ();
}
