/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A disk that is full, read-only or broken while the server runs: who sends is told, nobody sees what was not stored, all else
 * goes on; and once the disk works again, so does everything, and what failed can be sent again under its id. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/util/admin.h"
#include "tests/util/client.h"
#include "tests/util/disk.h"

#define LIST "alice\nbob\ncarol\ndave\n"
#define DISK_KIB 1024
#define TRIES 30
#define PADDING 3000 /* bytes: a full disk shows soon */

typedef struct
{
  const char *name;
  void (*prepare) (TestServer *server);
  void (*begin) (TestServer *server);
  void (*end) (TestServer *server);
  void (*clean) (TestServer *server); /* after the server has ended */
  gboolean total; /* from begin to end nothing at all can be written */
} Trouble;

static const char *no_mounts; /* why they cannot be; NULL when they can */

static char *
data_folder (TestServer *server)
{
  return test_server_path (server, "data");
}

/* A small file system without a free block. What its files have already they may still use. */

static void
full_prepare (TestServer *server)
{
  g_autofree char *data = data_folder (server);

  test_disk_mount (data, DISK_KIB);
}

static void
full_begin (TestServer *server)
{
  g_autofree char *data = data_folder (server);

  test_disk_fill (data);
}

static void
full_end (TestServer *server)
{
  g_autofree char *data = data_folder (server);

  test_disk_clear (data);
}

static void
full_clean (TestServer *server)
{
  g_autofree char *data = data_folder (server);

  test_disk_unmount (data);
}

/* No file may grow to any size. */

static void
set_size_limit (TestServer *server, rlim_t size)
{
  struct rlimit limit;

  g_assert_no_errno (prlimit (test_server_pid (server), RLIMIT_FSIZE, NULL, &limit));
  limit.rlim_cur = size;
  g_assert_no_errno (prlimit (test_server_pid (server), RLIMIT_FSIZE, &limit, NULL));
}

static void
limit_begin (TestServer *server)
{
  set_size_limit (server, 0);
}

static void
limit_end (TestServer *server)
{
  if (test_server_pid (server) != 0)
    set_size_limit (server, RLIM_INFINITY);
}

static void
read_only_begin (TestServer *server)
{
  test_disk_fail (server, EROFS, 0);
}

static void
no_space_begin (TestServer *server)
{
  test_disk_fail (server, ENOSPC, 0);
}

/* The system takes what is written, and cannot bring it to the disk. */
static void
broken_begin (TestServer *server)
{
  test_disk_fail (server, 0, EIO);
}

static void
failing_end (TestServer *server)
{
  test_disk_fail (server, 0, 0);
}

static const Trouble troubles[] = {
  { "full", full_prepare, full_begin, full_end, full_clean, FALSE },
  { "limit", NULL, limit_begin, limit_end, NULL, TRUE },
  { "no-space", test_disk_prepare_failing, no_space_begin, failing_end, NULL, TRUE },
  { "read-only", test_disk_prepare_failing, read_only_begin, failing_end, NULL, TRUE },
  { "broken", test_disk_prepare_failing, broken_begin, failing_end, NULL, TRUE },
};

typedef struct
{
  const Trouble *trouble;
  TestServer *server;
  TestClient *alice;
  TestClient *bob;
  TestClient *carol;
  TestClient *dave;
  char padding[PADDING + 1];
  guint n_said;
  guint64 last;     /* the newest seq of alice and bob */
  GArray *failed;   /* numbers of what was not stored */
  GPtrArray *texts; /* what was, in its order */
} Scene;

static void
enter (Scene *scene)
{
  scene->alice = test_login2 (scene->server, "alice");
  scene->bob = test_login2 (scene->server, "bob");
  scene->carol = test_login (scene->server, "carol");
  scene->dave = test_login (scene->server, "dave");
  test_send (scene->carol, "CHAT_REQUEST dave");
  test_expect_started (scene->carol, "dave");
  test_expect_started (scene->dave, "carol");
}

static void
leave (Scene *scene)
{
  g_clear_pointer (&scene->alice, test_client_free);
  g_clear_pointer (&scene->bob, test_client_free);
  g_clear_pointer (&scene->carol, test_client_free);
  g_clear_pointer (&scene->dave, test_client_free);
}

static void
scene_init (Scene *scene, const Trouble *trouble)
{
  *scene = (Scene){ .trouble = trouble };
  scene->server = test_server_prepare (LIST, "limits.messages-per-second=0", NULL);
  memset (scene->padding, 'x', PADDING);
  scene->failed = g_array_new (FALSE, FALSE, sizeof (guint));
  scene->texts = g_ptr_array_new_with_free_func (g_free);
  if (trouble->prepare != NULL)
    trouble->prepare (scene->server);
  test_server_start (scene->server);
  enter (scene);
}

static void
scene_clear (Scene *scene)
{
  int status = test_server_stop (scene->server, SIGTERM);

  g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
  leave (scene);
  if (scene->trouble->clean != NULL)
    scene->trouble->clean (scene->server);
  test_server_free (scene->server);
  g_array_unref (scene->failed);
  g_ptr_array_unref (scene->texts);
}

/* Whether the server says that it has stored alice's message; then bob has it too, once, and if not he hears nothing of it. */
static gboolean
say (Scene *scene, guint number)
{
  g_autofree char *id = g_strdup_printf ("n%u", number);
  g_autofree char *text = g_strdup_printf ("number %u %s", number, scene->padding);
  g_autofree char *tags = NULL;
  const char *line;

  test_send (scene->alice, "@id=%s CHAT_MESSAGE bob %s", id, text);
  line = test_line (scene->alice);
  g_assert_cmpstr (test_tag (scene->alice, "id"), ==, id);
  if (!g_str_has_suffix (line, " SENT bob"))
    {
      g_assert_nonnull (strstr (line, " ERROR store-failed "));
      return FALSE;
    }
  g_assert_cmpuint (test_tag_uint (scene->alice, "seq"), ==, ++scene->last);
  test_expect (scene->alice, "DELIVERED bob %" G_GUINT64_FORMAT, scene->last);
  tags = g_strdup_printf ("conv=alice;from=alice;seq=%" G_GUINT64_FORMAT ";time=*;id=%s", scene->last, id);
  test_expect_tagged (scene->bob, tags, "CHAT %s", text);
  g_ptr_array_add (scene->texts, g_steal_pointer (&text));
  return TRUE;
}

static void
say_new (Scene *scene)
{
  guint number = ++scene->n_said;

  if (!say (scene, number))
    g_array_append_val (scene->failed, number);
}

/* A mark is told to others only once it is stored, as a message is. */
static void
read_all (Scene *scene, gboolean must_fail)
{
  test_send (scene->bob, "@id=r%u READ alice %" G_GUINT64_FORMAT, scene->n_said, scene->last);
  if (must_fail)
    {
      g_autofree char *id = g_strdup_printf ("id=r%u", scene->n_said);

      test_expect_error_tagged (scene->bob, id, "store-failed");
      test_expect_nothing (scene->alice);
    }
  else
    test_expect (scene->alice, "READ bob %" G_GUINT64_FORMAT, scene->last);
}

/* What is stored can be read. */
static void
look_around (Scene *scene)
{
  g_autofree char *tags = g_strdup_printf ("seq=%" G_GUINT64_FORMAT ";from=alice;time=*", scene->last);

  test_send (scene->bob, "@limit=1 HISTORY_REQ alice");
  test_expect_tagged (scene->bob, tags, "HISTORY_RESP %s", (char *) g_ptr_array_index (scene->texts, scene->last - 1));
  test_expect_tagged (scene->bob, "count=1;last=*;more=*", "HISTORY_END alice");
  test_send (scene->bob, "CONVERSATIONS");
  test_expect_tagged (scene->bob, "last=*;read=*;time=*", "CONVERSATION alice");
  test_expect (scene->bob, "CONVERSATIONS_END");
  test_send (scene->alice, "PING here");
  test_expect (scene->alice, "PONG here");
}

/* Whether alice and bob's newest message is found. The index is on the same disk: it may say that it cannot, but it may not
 * say that there is none. */
static gboolean
find (Scene *scene)
{
  const char *text = g_ptr_array_index (scene->texts, scene->last - 1);
  gboolean found;

  test_send (scene->bob, "@conv=alice;id=s SEARCH %.*s", (int) (strchr (text, 'x') - text), text);
  test_line (scene->bob);
  found = test_tag (scene->bob, "seq") != NULL;
  if (found)
    {
      g_assert_cmpuint (test_tag_uint (scene->bob, "seq"), ==, scene->last);
      test_expect_tagged (scene->bob, "count=1", "SEARCH_END");
    }
  else
    g_assert_cmpstr (test_tag (scene->bob, "id"), ==, "s");
  return found;
}

/* From here on something fails. */
static void
suffer (Scene *scene)
{
  guint64 last = scene->last;

  scene->trouble->begin (scene->server);
  for (guint i = 0; i < TRIES && scene->failed->len < 5; i++)
    say_new (scene);
  g_assert_cmpuint (scene->failed->len, ==, 5);
  if (!scene->trouble->total)
    return;

  g_assert_cmpuint (scene->last, ==, last);
  test_send (scene->carol, "CHAT lost");
  test_expect_error (scene->carol, "store-failed");
  test_expect_nothing (scene->dave);
  read_all (scene, TRUE);
  test_expect_nothing (scene->bob);
  test_expect_nothing (scene->alice);
}

/* What failed is said again, under its id; and once more, which changes nothing. */
static void
recover (Scene *scene)
{
  for (guint i = 0; i < scene->failed->len; i++)
    g_assert_true (say (scene, g_array_index (scene->failed, guint, i)));
  for (guint i = 0; i < scene->failed->len; i++)
    {
      guint number = g_array_index (scene->failed, guint, i);
      g_autofree char *tags = g_strdup_printf ("id=n%u;seq=%" G_GUINT64_FORMAT ";time=*", number,
                                               scene->last - scene->failed->len + 1 + i);

      test_send (scene->alice, "@id=n%u CHAT_MESSAGE bob again", number);
      test_expect_tagged (scene->alice, tags, "SENT bob");
    }
  test_expect_nothing (scene->bob);
  say_new (scene);
  read_all (scene, FALSE);
  test_send (scene->carol, "CHAT kept");
  test_expect (scene->dave, "CHAT kept");
}

/* What is on the disk is what was said, each once. */
static void
check (Scene *scene)
{
  g_autofree char *exported = test_admin (scene->server, "export", "alice", "bob", NULL);
  g_auto (GStrv) lines = g_strsplit (exported, "\n", -1);

  g_free (test_admin (scene->server, "check-store", NULL));
  g_assert_cmpuint (scene->texts->len, ==, scene->last);
  g_assert_cmpuint (g_strv_length (lines), >=, scene->texts->len);
  for (guint i = 0; i < scene->texts->len; i++)
    g_assert_nonnull (strstr (lines[i], g_ptr_array_index (scene->texts, i)));
}

/* The operator is told, and not again and again: the log may well be on the same disk. */
static void
check_log (Scene *scene)
{
  g_autofree char *log = test_server_log (scene->server);
  static const char told[] = "cannot store messages: ";
  const char *first = strstr (log, told);

  if (scene->trouble->begin == limit_begin)
    return; /* which is the log's as well */
  if (first == NULL)
    g_error ("the log does not say that nothing could be stored");
  g_assert_null (strstr (first + strlen (told), told));
  g_assert_nonnull (strstr (first, "messages are stored again"));
}

static void
test_recover (gconstpointer data)
{
  Scene scene;

  scene_init (&scene, data);
  for (guint i = 0; i < 3; i++)
    say_new (&scene);
  look_around (&scene);
  g_assert_true (find (&scene));
  say_new (&scene);
  suffer (&scene);
  look_around (&scene);
  find (&scene);
  scene.trouble->end (scene.server);
  g_assert_true (find (&scene));
  recover (&scene);
  look_around (&scene);
  g_assert_true (find (&scene));
  check (&scene);
  check_log (&scene);

  leave (&scene);
  test_server_crash_and_restart (scene.server);
  enter (&scene);
  look_around (&scene);
  check (&scene);
  scene_clear (&scene);
}

/* Messages that were refused, and may be on the disk all the same: a sync that fails does not undo what was written. Said again
 * under its id each is there once. */
static void
catch_up (Scene *scene)
{
  g_autofree char *exported = test_admin (scene->server, "export", "alice", "bob", NULL);
  g_auto (GStrv) lines = g_strsplit (exported, "\n", -1);

  for (guint64 seq = scene->last + 1; seq <= g_strv_length (lines) && strstr (lines[seq - 1], "\"seq\"") != NULL; seq++)
    {
      const char *text = strstr (lines[seq - 1], "number ");
      guint number = (guint) g_ascii_strtoull (text + strlen ("number "), NULL, 10);
      guint i = 0;

      g_test_message ("number %u was refused, and is there", number);
      while (i < scene->failed->len && g_array_index (scene->failed, guint, i) != number)
        i++;
      g_assert_cmpuint (i, <, scene->failed->len);
      test_send (scene->alice, "@id=n%u CHAT_MESSAGE bob %s", number, text);
      test_expect_prefix (scene->alice, "@");
      g_assert_cmpuint (test_tag_uint (scene->alice, "seq"), ==, seq);
      g_ptr_array_add (scene->texts, g_strdup_printf ("number %u %s", number, scene->padding));
      g_array_remove_index (scene->failed, i);
      scene->last = seq;
    }
}

/* The server ends in the middle of the trouble, which is over when it starts again. */
static void
end_and_start (const Trouble *trouble, int signal_number)
{
  Scene scene;
  int status;

  scene_init (&scene, trouble);
  for (guint i = 0; i < 3; i++)
    say_new (&scene);
  suffer (&scene);
  status = test_server_stop (scene.server, signal_number);
  if (signal_number == SIGTERM)
    g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
  leave (&scene);
  trouble->end (scene.server);
  test_server_start (scene.server);
  enter (&scene);
  catch_up (&scene);
  recover (&scene);
  check (&scene);
  scene_clear (&scene);
}

static void
test_crash (gconstpointer data)
{
  end_and_start (data, SIGKILL);
}

static void
test_stop (gconstpointer data)
{
  end_and_start (data, SIGTERM);
}

/* A server that cannot write does not start, and says why; one that finds room again does. */
static void
test_start (void)
{
  g_autoptr (TestServer) server = test_server_prepare (LIST, NULL);
  g_autofree char *data = data_folder (server);
  g_autofree char *exported = NULL;
  g_autofree char *there = NULL;
  TestClient *alice;

  if (no_mounts != NULL)
    {
      g_test_skip_printf ("the system allows no mounts: %s", no_mounts);
      return;
    }
  test_disk_mount (data, DISK_KIB);
  test_server_start (server);
  alice = test_login2 (server, "alice");
  test_send (alice, "@id=1 CHAT_MESSAGE bob stays");
  test_expect_tagged (alice, "id=1;seq=1;time=*", "SENT bob");
  test_client_free (alice);
  test_server_stop (server, SIGTERM);
  exported = test_admin (server, "export", NULL);

  test_disk_set_read_only (data, TRUE);
  for (guint i = 0; i < 2; i++)
    {
      g_auto (TestRun) run = { 0 };

      test_run_server (&run, test_server_folder (server), "--config", test_server_config_file (server), NULL);
      g_test_message ("it says: %s", run.err);
      g_assert_cmpint (run.status, ==, 1);
      g_assert_cmpstr (run.out, ==, "");
      g_assert_cmpstr (strchr (run.err, '\n'), ==, "\n");
      test_disk_set_read_only (data, FALSE);
      if (i == 0)
        test_disk_fill (data);
      else
        test_disk_clear (data);
    }
  test_server_start (server);
  there = test_admin (server, "export", NULL);
  g_assert_cmpstr (there, ==, exported);
  test_server_stop (server, SIGTERM);
  test_disk_unmount (data);
}

static void
skip_cb (gconstpointer data)
{
  g_test_skip_printf ("the system allows no mounts: %s", no_mounts);
}

int
main (int argc, char **argv)
{
  if (test_disk_enter (&no_mounts))
    no_mounts = NULL;
  g_test_init (&argc, &argv, NULL);
  signal (SIGXFSZ, SIG_IGN); /* a write over the limit fails, instead of killing the server, which inherits this */
  for (guint i = 0; i < G_N_ELEMENTS (troubles); i++)
    {
      gboolean skip = troubles[i].prepare == full_prepare && no_mounts != NULL;
      g_autofree char *recovers = g_strdup_printf ("/disk/%s/recover", troubles[i].name);
      g_autofree char *stops = g_strdup_printf ("/disk/%s/stop", troubles[i].name);
      g_autofree char *crashes = g_strdup_printf ("/disk/%s/crash", troubles[i].name);

      g_test_add_data_func (recovers, &troubles[i], skip ? skip_cb : test_recover);
      g_test_add_data_func (crashes, &troubles[i], skip ? skip_cb : test_crash);
      g_test_add_data_func (stops, &troubles[i], skip ? skip_cb : test_stop);
    }
  g_test_add_func ("/disk/start", test_start);
  return g_test_run ();
}
