/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server is killed, or asked to stop, in the middle of the talk of several clients. Whatever
 * SENT or CHAT anyone saw is there afterwards, at its place, and no seq is missing. */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/util/client.h"
#include "tests/util/server.h"

#define LIST "alice\nbob\ncarol\ndave\nerin\nfrank\n"
#define IN_FLIGHT 40
#define KILLS 6
#define TERMS 4

/* Who talks to whom, in protocol 2. */
static const struct
{
  const char *from;
  const char *to;
} talks[] = { { "alice", "bob" }, { "bob", "alice" }, { "carol", "alice" }, { "dave", "bob" } };

#define N_TALKS G_N_ELEMENTS (talks)

typedef struct
{
  TestServer *server;
  GHashTable *seen;   /* "alice bob 17" -> "alice: text", over all rounds */
  GHashTable *texts;  /* "alice bob <id>" -> text: what was said under an id */
  GPtrArray *heard;   /* what base frank heard from base erin */
  GRand *random;
  guint round;
  guint n_seen; /* in this round */
  TestClient *clients[N_TALKS];
  guint n_said[N_TALKS];
  guint n_answered[N_TALKS];
  TestClient *erin;
  TestClient *frank;
  guint n_erin;
} Scene;

static char *
conversation (const char *a, const char *b)
{
  return strcmp (a, b) < 0 ? g_strdup_printf ("%s %s", a, b) : g_strdup_printf ("%s %s", b, a);
}

/* SENT and CHAT of one message, and of one seq, must agree for ever. */
static void
note (Scene *scene, const char *a, const char *b, guint64 seq, const char *from, const char *text)
{
  g_autofree char *conv = conversation (a, b);
  char *key = g_strdup_printf ("%s %" G_GUINT64_FORMAT, conv, seq);
  char *value = g_strdup_printf ("%s: %s", from, text);
  const char *known = g_hash_table_lookup (scene->seen, key);

  scene->n_seen++;
  if (known != NULL)
    g_assert_cmpstr (known, ==, value);
  g_hash_table_replace (scene->seen, key, value);
}

static void
say_more (Scene *scene, guint i)
{
  while (scene->n_said[i] - scene->n_answered[i] < IN_FLIGHT)
    {
      guint n = ++scene->n_said[i];
      char *id = g_strdup_printf ("%s %s r%u-%u", talks[i].from, talks[i].to, scene->round, n);
      char *text = g_strdup_printf ("%s in round %u says %u", talks[i].from, scene->round, n);

      test_send (scene->clients[i], "@id=r%u-%u CHAT_MESSAGE %s %s", scene->round, n, talks[i].to, text);
      g_hash_table_replace (scene->texts, id, text);
    }
}

static void
hear (Scene *scene, guint i, const char *line)
{
  const char *me = talks[i].from;
  const char *text = strstr (line, " CHAT ");

  if (text != NULL)
    note (scene, me, test_tag (scene->clients[i], "conv"), test_tag_uint (scene->clients[i], "seq"),
          test_tag (scene->clients[i], "from"), text + strlen (" CHAT "));
  else if (strstr (line, " SENT ") != NULL)
    {
      g_autofree char *key = g_strdup_printf ("%s %s %s", me, talks[i].to,
                                              test_tag (scene->clients[i], "id"));
      const char *said = g_hash_table_lookup (scene->texts, key);

      g_assert_nonnull (said);
      note (scene, me, talks[i].to, test_tag_uint (scene->clients[i], "seq"), me, said);
      scene->n_answered[i]++;
    }
  else if (g_str_has_prefix (line, "DELIVERED "))
    {
      g_auto (GStrv) words = g_strsplit (line, " ", -1);
      g_autofree char *conv = conversation (me, words[1]);
      g_autofree char *key = g_strconcat (conv, " ", words[2], NULL);

      g_assert_true (g_hash_table_contains (scene->seen, key)); /* SENT, or the other device's message, came first */
    }
  else
    {
      /* Only a server that is about to stop refuses. */
      g_assert_nonnull (strstr (line, "ERROR shutting-down "));
      scene->n_answered[i]++;
    }
}

static void
enter (Scene *scene)
{
  for (guint i = 0; i < N_TALKS; i++)
    {
      scene->clients[i] = test_login2 (scene->server, talks[i].from);
      scene->n_said[i] = scene->n_answered[i] = 0;
    }
  scene->erin = test_login (scene->server, "erin");
  scene->frank = test_login (scene->server, "frank");
  test_send (scene->erin, "CHAT_REQUEST frank");
  test_expect_started (scene->erin, "frank");
  test_expect_started (scene->frank, "erin");
  scene->n_erin = 0;
  scene->n_seen = 0;
}

static void
leave (Scene *scene)
{
  for (guint i = 0; i < N_TALKS; i++)
    g_clear_pointer (&scene->clients[i], test_client_free);
  g_clear_pointer (&scene->erin, test_client_free);
  g_clear_pointer (&scene->frank, test_client_free);
}

static void
wait_for_any (Scene *scene)
{
  struct pollfd fds[N_TALKS + 1];

  for (guint i = 0; i < N_TALKS; i++)
    fds[i] = (struct pollfd) { .fd = test_client_fd (scene->clients[i]), .events = POLLIN };
  fds[N_TALKS] = (struct pollfd) { .fd = test_client_fd (scene->frank), .events = POLLIN };
  g_assert_cmpint (poll (fds, G_N_ELEMENTS (fds), 20000), >, 0);
}

static void
hear_frank (Scene *scene, const char *line)
{
  if (g_str_has_prefix (line, "CHAT "))
    g_ptr_array_add (scene->heard, g_strdup (line + strlen ("CHAT ")));
  else
    g_assert_cmpstr (line, ==, "END_NOTIF");
}

static void
talk_until (Scene *scene, guint n_wanted)
{
  while (scene->n_seen < n_wanted)
    {
      const char *line;

      for (guint i = 0; i < N_TALKS; i++)
        say_more (scene, i);
      test_send (scene->erin, "CHAT erin in round %u says %u", scene->round, ++scene->n_erin);
      wait_for_any (scene);
      for (guint i = 0; i < N_TALKS; i++)
        while ((line = test_line_if_any (scene->clients[i])) != NULL)
          hear (scene, i, line);
      while ((line = test_line_if_any (scene->frank)) != NULL)
        hear_frank (scene, line);
    }
}

/* What was on its way when the server ended. A line that was cut off says nothing. */
static void
hear_the_rest (Scene *scene)
{
  const char *line;

  for (guint i = 0; i < N_TALKS; i++)
    while ((line = test_line_if_any (scene->clients[i])) != NULL)
      hear (scene, i, line);
  while ((line = test_line_if_any (scene->frank)) != NULL)
    hear_frank (scene, line);
}

/* The next line that is not about how far the other side has come: it asks as well. */
static const char *
answer_line (TestClient *client)
{
  const char *line;

  while (g_str_has_prefix (line = test_line (client), "DELIVERED "))
    ;
  return line;
}

/* Reads a whole conversation, page by page, and holds it against what was seen. Returns its newest seq. */
static guint64
check_conversation (Scene *scene, TestClient *client, const char *me, const char *with)
{
  g_autofree char *conv = conversation (me, with);
  guint64 seq = 0;

  for (;;)
    {
      const char *line;

      test_send (client, "@after=%" G_GUINT64_FORMAT ";limit=200 HISTORY_REQ %s", seq, with);
      while (strstr (line = answer_line (client), " HISTORY_RESP ") != NULL)
        {
          g_autofree char *key = g_strdup_printf ("%s %" G_GUINT64_FORMAT, conv, ++seq);
          g_autofree char *value = g_strdup_printf ("%s: %s", test_tag (client, "from"),
                                                    strstr (line, " HISTORY_RESP ") + 14);
          const char *known = g_hash_table_lookup (scene->seen, key);

          g_assert_cmpuint (test_tag_uint (client, "seq"), ==, seq); /* no gap */
          if (known != NULL)
            g_assert_cmpstr (value, ==, known);
          g_hash_table_remove (scene->seen, key);
        }
      g_assert_nonnull (strstr (line, " HISTORY_END "));
      if (test_tag_uint (client, "more") == 0)
        {
          g_assert_cmpuint (test_tag_uint (client, "last"), ==, seq);
          return seq;
        }
    }
}

static void
check_frank (Scene *scene)
{
  g_autoptr (TestClient) frank = test_login (scene->server, "frank");
  g_autoptr (GHashTable) stored = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  const char *line;

  test_send_bytes (frank, "HISTORY_REQ erin\n", -1);
  test_send (frank, "BARRIER");
  while (g_str_has_prefix (line = test_line (frank), "HISTORY_RESP From erin: "))
    g_assert_true (g_hash_table_add (stored, g_strdup (line + strlen ("HISTORY_RESP From erin: "))));
  g_assert_true (g_str_has_prefix (line, "ERROR unknown-verb "));
  for (guint i = 0; i < scene->heard->len; i++)
    g_assert_true (g_hash_table_contains (stored, g_ptr_array_index (scene->heard, i)));
}

static guint64
check_all (Scene *scene)
{
  g_autoptr (TestClient) alice = test_login2 (scene->server, "alice");
  g_autoptr (TestClient) bob = test_login2 (scene->server, "bob");
  g_autoptr (GHashTable) seen = g_hash_table_ref (scene->seen);
  guint64 total;

  total = check_conversation (scene, alice, "alice", "bob");
  total += check_conversation (scene, alice, "alice", "carol");
  total += check_conversation (scene, bob, "bob", "dave");
  check_frank (scene);
  /* Nothing is left that was seen and is not there. */
  g_assert_cmpuint (g_hash_table_size (seen), ==, 0);
  return total;
}

static void
scene_init (Scene *scene, const char *durability)
{
  *scene = (Scene) { 0 };
  scene->server = test_server_new (LIST, "limits.messages-per-second=0", durability, NULL);
  scene->seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  scene->texts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  scene->heard = g_ptr_array_new_with_free_func (g_free);
  scene->random = g_rand_new_with_seed (g_test_rand_int ());
}

static void
scene_clear (Scene *scene)
{
  test_server_free (scene->server);
  g_hash_table_unref (scene->seen);
  g_hash_table_unref (scene->texts);
  g_ptr_array_unref (scene->heard);
  g_rand_free (scene->random);
}

/* With either durability: a killed process is not a power cut. */
static void
test_kill (gconstpointer durability)
{
  Scene scene;

  scene_init (&scene, durability);
  for (scene.round = 1; scene.round <= KILLS; scene.round++)
    {
      enter (&scene);
      talk_until (&scene, (guint) g_rand_int_range (scene.random, 1, 4000));
      g_assert_true (WIFSIGNALED (test_server_stop (scene.server, SIGKILL)));
      hear_the_rest (&scene);
      leave (&scene);
      test_server_start (scene.server);
      check_all (&scene);
    }
  scene_clear (&scene);
}

/* Asked to stop, it also answers everybody whose message it took: what is stored has been confirmed. */
static void
test_term (void)
{
  guint64 total_before = 0;
  Scene scene;

  scene_init (&scene, "store.durability=full");
  for (scene.round = 1; scene.round <= TERMS; scene.round++)
    {
      guint64 total, n_confirmed;
      int status;

      enter (&scene);
      talk_until (&scene, (guint) g_rand_int_range (scene.random, 1, 2000));
      status = test_server_stop (scene.server, SIGTERM);
      g_assert_true (WIFEXITED (status));
      g_assert_cmpint (WEXITSTATUS (status), ==, 0);
      hear_the_rest (&scene);
      n_confirmed = g_hash_table_size (scene.seen);
      leave (&scene);
      test_server_start (scene.server);
      total = check_all (&scene);
      g_assert_cmpuint (n_confirmed, ==, total - total_before);
      total_before = total;
    }
  scene_clear (&scene);
}

/* Who does not read cannot keep the server from stopping. */
static void
test_term_beside_slow_reader (void)
{
  g_autoptr (TestServer) server = test_server_new (LIST, "limits.messages-per-second=0",
                                                   "limits.send-queue-bytes=16777216", NULL);
  g_autoptr (TestClient) alice = test_login2 (server, "alice");
  g_autoptr (TestClient) bob = test_connect_narrow (server, "bob");
  g_autofree char *text = g_strnfill (8000, 's');
  int status;

  test_send (bob, "HELLO bob 2");
  test_expect_connected2 (bob);
  for (guint i = 1; i <= 1000; i++) /* more than the kernel buffers */
    {
      test_send (alice, "@id=%u CHAT_MESSAGE bob %s", i, text);
      test_expect_prefix (alice, "@id=");
      test_expect_prefix (alice, "DELIVERED bob ");
    }
  status = test_server_stop (server, SIGTERM);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
  test_expect_closed (alice);
}

/* The log tells who left from who was sent away by the end. */
static void
test_stop_is_logged (void)
{
  g_autoptr (TestServer) server = test_server_new ("alice\nbob\n", NULL);
  g_autoptr (TestClient) alice = test_login (server, "alice");
  TestClient *bob = test_login (server, "bob");

  test_client_free (bob);
  test_server_wait_log (server, "closed: the peer closed", 0);
  test_server_stop (server, SIGTERM);
  test_expect_closed (alice);
  test_server_wait_log (server, "closed: the server stops", 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/survival/kill/full", "store.durability=full", test_kill);
  g_test_add_data_func ("/survival/kill/normal", "store.durability=normal", test_kill);
  g_test_add_func ("/survival/term", test_term);
  g_test_add_func ("/survival/term-beside-slow-reader", test_term_beside_slow_reader);
  g_test_add_func ("/survival/stop-is-logged", test_stop_is_logged);
  return g_test_run ();
}
