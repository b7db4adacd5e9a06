/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A conversation to a file: all of it, or nothing. */
#include "script-server.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#define TIME "2026-11-23T10:00:00.000Z"
#define OLD "what was there before"

typedef struct
{
  GFile *folder;
  GFile *file;
  ScriptServer *server;
  WcClient *client;
  WcConversation *bob;

  GCancellable *cancellable;
  gboolean done;
  gboolean ok;
  GError *error;
  goffset written, total;
  guint n_progress;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->folder = test_folder_new ();
  f->file = g_file_get_child (f->folder, "bob.txt");
  f->server = script_server_new ();
  f->client = test_client_new ();
  f->cancellable = g_cancellable_new ();
  g_setenv ("TZ", "UTC", TRUE);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  test_client_finish (f->client);
  script_server_free (f->server);
  g_object_unref (f->cancellable);
  g_object_unref (f->file);
  test_folder_free (f->folder);
  g_clear_error (&f->error);
}

static void
log_in (Fixture *f)
{
  script_login (f->server, f->client, "bob", NULL);
  f->bob = wc_client_get_conversation (f->client, "bob");
}

static void
progress_cb (goffset current, goffset total, gpointer user_data)
{
  Fixture *f = user_data;

  g_assert_cmpint (current, >=, f->written);
  g_assert_cmpint (current, <=, total);
  f->written = current;
  f->total = total;
  f->n_progress++;
}

static void
exported_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  g_assert_false (f->done);
  f->done = TRUE;
  f->ok = wc_conversation_export_finish (WC_CONVERSATION (source), result, &f->error);
}

static void
start (Fixture *f, WcExportFormat format)
{
  g_clear_error (&f->error);
  f->done = FALSE;
  f->written = 0;
  wc_conversation_export_async (f->bob, f->file, format, progress_cb, f, f->cancellable, exported_cb, f);
}

static char *
contents (Fixture *f)
{
  g_autofree char *path = g_file_get_path (f->file);
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, NULL);

  return text;
}

static void
put_old (Fixture *f)
{
  g_autofree char *path = g_file_get_path (f->file);

  g_assert_true (g_file_set_contents (path, OLD, -1, NULL));
}

/* Nothing of a try is left. */
static void
assert_untouched (Fixture *f)
{
  g_autofree char *text = contents (f);
  g_autofree char *path = g_file_get_path (f->folder);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  g_assert_cmpstr (text, ==, OLD);
  while ((name = g_dir_read_name (dir)) != NULL)
    g_assert_true (strcmp (name, "bob.txt") == 0 || strcmp (name, "cache") == 0);
}

static void
say_page (Fixture *f, guint first, guint last, guint newest)
{
  for (guint seq = first; seq <= last; seq++)
    script_say (f->server, "@seq=%u;from=%s;time=" TIME " HISTORY_RESP m%u\n", seq, seq % 2 != 0 ? "bob" : "alice", seq);
  script_say (f->server, "@count=%u;last=%u;more=%d HISTORY_END bob\n", last + 1 - first, newest, last < newest);
}

static void
test_text (Fixture *f, gconstpointer data)
{
  g_autofree char *text = NULL, *path = g_file_get_path (f->file);
  GStatBuf info;

  log_in (f);
  put_old (f);
  start (f, WC_EXPORT_TEXT);
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ bob");
  script_say (f->server, "@seq=1;from=bob;time=" TIME " HISTORY_RESP hello\\nalice: no\n@seq=2;from=alice;time=" TIME " HISTORY_RESP „ü“\n"
                         "@count=2;last=2;more=0 HISTORY_END bob\n");
  wait_for (f->done);
  g_assert_no_error (f->error);
  g_assert_true (f->ok);
  text = contents (f);
  g_assert_cmpstr (text, ==, "2026-11-23 10:00:00 bob: hello\n    alice: no\n2026-11-23 10:00:00 alice: „ü“\n");
  g_assert_cmpint (f->written, ==, 2);
  g_assert_cmpint (f->total, ==, 2);

  /* It is nobody else's to read. */
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 0777, ==, 0600);
}

static void
test_json (Fixture *f, gconstpointer data)
{
  g_autofree char *text = NULL;

  log_in (f);
  start (f, WC_EXPORT_JSON);
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ bob");
  script_say (f->server, "@seq=3;from=bob;time=" TIME " HISTORY_RESP a \"q\" \\\\ \t\\nb\n@count=1;last=3;more=0 HISTORY_END bob\n");
  wait_for (f->done);
  g_assert_no_error (f->error);
  text = contents (f);
  g_assert_cmpstr (text, ==, "{\"conversation\":[\"alice\",\"bob\"],\"seq\":3,\"from\":\"bob\",\"time\":\"" TIME "\",\"text\":\"a \\\"q\\\" \\\\ \\t\\nb\"}\n");
}

static void
test_empty (Fixture *f, gconstpointer data)
{
  g_autofree char *text = NULL;

  log_in (f);
  start (f, WC_EXPORT_TEXT);
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ bob");
  script_say (f->server, "@count=0;last=0;more=0 HISTORY_END bob\n");
  wait_for (f->done);
  g_assert_no_error (f->error);
  text = contents (f);
  g_assert_cmpstr (text, ==, "");
}

/* In pages; and a second time from what is kept, without a connection. */
static void
test_pages (Fixture *f, gconstpointer data)
{
  g_autoptr (GFile) cache = g_file_get_child (f->folder, "cache");
  g_autofree char *first = NULL, *second = NULL;
  g_auto (GStrv) lines = NULL;

  wc_client_set_folder (f->client, cache);
  log_in (f);
  start (f, WC_EXPORT_TEXT);
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ bob");
  say_page (f, 1, 200, 450);
  script_expect (f->server, "@id=r*;after=200;limit=200 HISTORY_REQ bob");
  g_assert_cmpint (f->written, ==, 200);
  g_assert_cmpint (f->total, ==, 450);
  say_page (f, 201, 400, 450);
  script_expect (f->server, "@id=r*;after=400;limit=200 HISTORY_REQ bob");
  say_page (f, 401, 450, 450);
  wait_for (f->done);
  g_assert_no_error (f->error);
  g_assert_cmpint (f->written, ==, 450);
  first = contents (f);
  lines = g_strsplit (first, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 451);
  g_assert_true (g_str_has_suffix (lines[0], " bob: m1"));
  g_assert_true (g_str_has_suffix (lines[449], " alice: m450"));

  f->client->timing.retry_min = f->client->timing.retry_max = 3600000;
  script_stop_listening (f->server);
  script_hang_up (f->server);
  wait_for (wc_client_get_state (f->client) == WC_STATE_WAITING);
  put_old (f);
  start (f, WC_EXPORT_TEXT);
  wait_for (f->done);
  g_assert_no_error (f->error);
  second = contents (f);
  g_assert_cmpstr (first, ==, second);
}

/* Only a part is kept here, and there is no connection. */
static void
test_partial (Fixture *f, gconstpointer data)
{
  g_autoptr (GFile) cache = g_file_get_child (f->folder, "cache");

  wc_client_set_folder (f->client, cache);
  log_in (f);
  start (f, WC_EXPORT_TEXT);
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ bob");
  say_page (f, 1, 200, 450);
  script_expect (f->server, "@id=r*;after=200;limit=200 HISTORY_REQ bob");
  g_cancellable_cancel (f->cancellable);
  wait_for (f->done);
  g_assert_error (f->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_cancellable_reset (f->cancellable);

  f->client->timing.retry_min = f->client->timing.retry_max = 3600000;
  script_stop_listening (f->server);
  script_hang_up (f->server);
  wait_for (wc_client_get_state (f->client) == WC_STATE_WAITING);
  put_old (f);
  start (f, WC_EXPORT_TEXT);
  wait_for (f->done);
  g_assert_error (f->error, WC_ERROR, WC_ERROR_CLOSED);
  g_assert_cmpint (f->written, ==, 200);
  assert_untouched (f);
}

static void
test_given_up (Fixture *f, gconstpointer data)
{
  log_in (f);
  put_old (f);

  g_cancellable_cancel (f->cancellable);
  start (f, WC_EXPORT_TEXT);
  wait_for (f->done);
  g_assert_error (f->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_untouched (f);

  g_cancellable_reset (f->cancellable);
  start (f, WC_EXPORT_TEXT);
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ bob");
  g_cancellable_cancel (f->cancellable);
  wait_for (f->done);
  g_assert_error (f->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_untouched (f);
  script_say (f->server, "@count=0;last=0;more=0 HISTORY_END bob\n");

  g_cancellable_reset (f->cancellable);
  start (f, WC_EXPORT_TEXT);
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ bob");
  say_page (f, 1, 200, 450);
  script_expect (f->server, "@id=r*;after=200;limit=200 HISTORY_REQ bob");
  script_say (f->server, "@id=%s ERROR not-allowed no\n", script_id (f->server));
  wait_for (f->done);
  g_assert_error (f->error, WC_ERROR, WC_ERROR_FAILED);
  assert_untouched (f);

  start (f, WC_EXPORT_TEXT);
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ bob");
  wc_client_logout (f->client);
  wait_for (f->done);
  g_assert_error (f->error, WC_ERROR, WC_ERROR_CLOSED);
  assert_untouched (f);

  start (f, WC_EXPORT_TEXT);
  wait_for (f->done);
  g_assert_error (f->error, WC_ERROR, WC_ERROR_CLOSED);
  assert_untouched (f);
}

/* The connection goes and comes back in the middle of it. */
static void
test_reconnect (Fixture *f, gconstpointer data)
{
  g_autofree char *text = NULL;

  log_in (f);
  start (f, WC_EXPORT_JSON);
  script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ bob");
  script_hang_up (f->server);
  script_welcome (f->server);
  while (strstr (script_expect (f->server, "*"), ";after=0;limit=200 HISTORY_REQ bob") == NULL)
    ;
  script_say (f->server, "@count=0;last=0;more=0 HISTORY_END bob\n");
  wait_for (f->done || !script_is_quiet (f->server));
  if (!f->done)
    {
      /* That one was asked for by the conversation itself. */
      script_expect (f->server, "@id=r*;after=0;limit=200 HISTORY_REQ bob");
      script_say (f->server, "@count=0;last=0;more=0 HISTORY_END bob\n");
      wait_for (f->done);
    }
  g_assert_no_error (f->error);
  text = contents (f);
  g_assert_cmpstr (text, ==, "");
}

static void
test_no_folder (Fixture *f, gconstpointer data)
{
  log_in (f);
  g_object_unref (f->file);
  f->file = g_file_new_build_filename (g_file_peek_path (f->folder), "none", "bob.txt", NULL);
  start (f, WC_EXPORT_TEXT);
  wait_for (f->done);
  g_assert_error (f->error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

static void
test_base (Fixture *f, gconstpointer data)
{
  g_autofree char *text = NULL, *json = NULL;

  script_login_base (f->server, f->client);
  f->bob = wc_client_get_conversation (f->client, "bob");
  start (f, WC_EXPORT_TEXT);
  script_expect (f->server, "HISTORY_REQ bob");
  script_say (f->server, "HISTORY_RESP From bob: hi\nHISTORY_RESP From alice: ho\n");
  wait_for (f->done);
  g_assert_no_error (f->error);
  text = contents (f);
  g_assert_cmpstr (text, ==, "bob: hi\nalice: ho\n");

  start (f, WC_EXPORT_JSON);
  script_expect (f->server, "HISTORY_REQ bob");
  script_say (f->server, "HISTORY_RESP From bob: hi\n");
  wait_for (f->done);
  json = contents (f);
  g_assert_cmpstr (json, ==, "{\"conversation\":[\"alice\",\"bob\"],\"from\":\"bob\",\"text\":\"hi\"}\n");
}

#define ADD(name, func) g_test_add ("/client/export/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("text", test_text);
  ADD ("json", test_json);
  ADD ("empty", test_empty);
  ADD ("pages", test_pages);
  ADD ("partial", test_partial);
  ADD ("given-up", test_given_up);
  ADD ("reconnect", test_reconnect);
  ADD ("no-folder", test_no_folder);
  ADD ("base", test_base);

  return g_test_run ();
}
