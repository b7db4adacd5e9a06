/* SPDX-License-Identifier: GPL-3.0-or-later */
/* robot SERVER CLIENT-ID FOLDER: the app without its windows, which does what it is told on standard input, a line each:
 *
 *   send PEER NUMBER TEXT   as if somebody had typed it
 *   read PEER               as if somebody had looked
 *   state                   -> state ONLINE SENDING, then for each conversation: with PEER LAST READ PEER-READ UNREAD, then done
 *   all PEER                loads the whole conversation, page by page -> message SEQ FROM TEXT each, then done
 *   quit
 *
 * and says by itself: ready (orders are taken), kept NUMBER (the message is on disk: no crash loses it from here on), refused NUMBER WHY, failed WHY (a
 * message; it is tried again when "state" is asked), broken WHY (what must never be). Texts are escaped as by g_strescape(). It may be killed at any time.
 *
 * With WEBCHAT_ROBOT_PIN, a certificate's fingerprint, it comes by TLS and trusts only that one, and proves who it is by WEBCHAT_ROBOT_PASSWORD.
 *
 * robot --cache SERVER CLIENT-ID FOLDER PEER: says what the cache holds, as "all" does, and how many messages wait in its outbox: outbox N. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gio/gunixinputstream.h>
#include <unistd.h>

#include "client/cache/cache.h"
#include "client/client-private.h"

#define LOGIN_AGAIN_MS 30
#define DUMP_PAGE 500

/* Short, so that a minute holds many losses. But longer than the proxy's stalls are on the whole, and than a loaded machine takes. */
static const WcTiming timing = {
  .login = 3000,
  .ping_after = 500,
  .dead_after = 2000,
  .retry_min = 20,
  .retry_max = 400,
  .base_quiet = 500,
  .pause = 100,
  .minute = 60000,
};

typedef struct
{
  WcClient *client;
  const char *server, *id;
  GMainLoop *loop;
  WcLog *all; /* what "all" loads */
  gboolean told_ready;
  guint n_sending;
} Robot;

static void G_GNUC_PRINTF (1, 2)
say (const char *format, ...)
{
  g_autofree char *line = NULL;
  va_list args;

  va_start (args, format);
  line = g_strdup_vprintf (format, args);
  va_end (args);
  puts (line);
  fflush (stdout); /* at once: what is said stands, whatever happens next */
}

/* What must hold of every log at every time: seqs rise, nothing is there twice. */
static void
log_changed_cb (GListModel *log, guint position, guint removed, guint added, gpointer data)
{
  guint n = g_list_model_get_n_items (log);
  guint64 before = 0;
  const char *peer = data;

  for (guint i = position > 0 ? position - 1 : 0; i < MIN (n, position + added + 1); i++)
    {
      g_autoptr (WcEntry) entry = g_list_model_get_item (log, i);
      guint64 seq = wc_entry_get_seq (entry);

      if (seq != 0 && seq <= before)
        {
          say ("broken in the log with %s, %" G_GUINT64_FORMAT " stands after %" G_GUINT64_FORMAT, peer, seq, before);
          abort ();
        }
      before = seq != 0 ? seq : before;
    }
}

static void
watch_log (WcConversation *conversation)
{
  WcLog *log = wc_conversation_get_log (conversation);

  if (g_object_get_data (G_OBJECT (log), "watched") != NULL)
    return;
  g_object_set_data (G_OBJECT (log), "watched", log);
  g_signal_connect (log, "items-changed", G_CALLBACK (log_changed_cb), (char *) wc_conversation_get_peer (conversation));
}

static void
people_changed_cb (GListModel *people, guint position, guint removed, guint added, gpointer data)
{
  for (guint i = position; i < position + added; i++)
    {
      g_autoptr (WcConversation) conversation = g_list_model_get_item (people, i);

      watch_log (conversation);
    }
}

static void
tell_kept (WcEntry *entry)
{
  const char *number = g_object_get_data (G_OBJECT (entry), "number");

  if (number != NULL) /* else it is one of an earlier run */
    say ("kept %s", number);
  g_object_set_data (G_OBJECT (entry), "number", NULL);
}

static void
kept_cb (WcClient *client, WcConversation *conversation, WcEntry *entry, gpointer data)
{
  tell_kept (entry);
}

static void
send_text (Robot *self, const char *peer, const char *number, const char *escaped)
{
  WcConversation *conversation = wc_client_get_conversation (self->client, peer);
  g_autofree char *text = g_strcompress (escaped);
  g_autoptr (GError) error = NULL;
  WcEntry *entry;

  watch_log (conversation);
  if (!wc_conversation_send (conversation, text, &error))
    {
      say ("refused %s %s", number, error->message);
      return;
    }
  entry = wc_conversation_get_last (conversation);
  g_assert (entry != NULL && wc_entry_get_own (entry));
  g_object_set_data_full (G_OBJECT (entry), "number", g_strdup (number), g_free);
}

/* The messages of the conversation that are not stored yet. Those that failed are tried again, as somebody would who sees it. */
static guint
count_sending (WcConversation *conversation)
{
  GListModel *log = G_LIST_MODEL (wc_conversation_get_log (conversation));
  g_autoptr (GPtrArray) failed = g_ptr_array_new_with_free_func (g_object_unref);
  guint n = 0;

  for (guint i = 0; i < g_list_model_get_n_items (log); i++)
    {
      g_autoptr (WcEntry) entry = g_list_model_get_item (log, i);

      n += wc_entry_get_kind (entry) == WC_ENTRY_MESSAGE && wc_entry_get_own (entry) && wc_entry_get_seq (entry) == 0;
      if (wc_entry_get_delivery (entry) == WC_DELIVERY_FAILED)
        g_ptr_array_add (failed, g_steal_pointer (&entry));
    }
  for (guint i = 0; i < failed->len; i++)
    {
      say ("failed %s", wc_entry_get_error (failed->pdata[i]));
      wc_conversation_retry (conversation, failed->pdata[i]);
    }
  return n;
}

/* Up to where everything is here, that is; the newest message alone may be here before. */
static guint64
last_seq (WcConversation *conversation)
{
  WcEntry *last = wc_conversation_get_last (conversation);

  return last != NULL ? MIN (wc_entry_get_seq (last), conversation->held) : 0;
}

static void
tell_state (Robot *self)
{
  GListModel *people = wc_client_get_people (self->client);
  guint n = g_list_model_get_n_items (people), n_sending = 0;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (WcConversation) conversation = g_list_model_get_item (people, i);

      n_sending += count_sending (conversation);
    }
  say ("state %d %u", wc_client_get_state (self->client) == WC_STATE_ONLINE, n_sending);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (WcConversation) conversation = g_list_model_get_item (people, i);

      say ("with %s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %u", wc_conversation_get_peer (conversation), last_seq (conversation),
           wc_conversation_get_read (conversation), conversation->peer_read, wc_conversation_get_unread (conversation));
    }
  say ("done");
}

static void
say_message (WcEntry *entry)
{
  g_autofree char *escaped = g_strescape (wc_entry_get_text (entry), NULL);

  say ("message %" G_GUINT64_FORMAT " %s %s", wc_entry_get_seq (entry), wc_entry_get_from (entry), escaped);
}

/* One more page, until there is none. */
static void
all_loading_cb (WcLog *log, GParamSpec *pspec, Robot *self)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (log));

  if (wc_log_get_loading (log))
    return;
  if (wc_log_get_error (log) != NULL)
    {
      say ("broken the history cannot be loaded: %s", wc_log_get_error (log)->message);
      return;
    }
  if (wc_log_get_has_older (log))
    {
      wc_log_load_older (log);
      return;
    }
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (WcEntry) entry = g_list_model_get_item (G_LIST_MODEL (log), i);

      say_message (entry);
    }
  say ("done");
  g_signal_handlers_disconnect_by_data (log, self);
  g_clear_object (&self->all);
}

static void
load_all (Robot *self, const char *peer)
{
  g_clear_object (&self->all);
  self->all = wc_log_new (wc_client_get_conversation (self->client, peer));
  g_signal_connect (self->all, "notify::loading", G_CALLBACK (all_loading_cb), self);
  wc_log_load_newest (self->all);
}

static gboolean login_cb (gpointer data);

static void
logged_in_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  /* Only before the very first login succeeded: somebody would press the button again. */
  if (!wc_client_login_finish (WC_CLIENT (source), result, &error))
    g_timeout_add (LOGIN_AGAIN_MS, login_cb, data);
}

static gboolean
login_cb (gpointer data)
{
  Robot *self = data;

  wc_client_login_async (self->client, self->server, self->id, NULL, logged_in_cb, self);
  return G_SOURCE_REMOVE;
}

static void
ready_cb (WcClient *client, GParamSpec *pspec, Robot *self)
{
  if (!wc_client_get_ready (client) || self->told_ready)
    return;
  self->told_ready = TRUE;
  say ("ready");
}

static void
cache_error_cb (WcClient *client, GParamSpec *pspec, gpointer data)
{
  if (wc_client_get_cache_error (client) != NULL)
    say ("broken the cache: %s", wc_client_get_cache_error (client)->message);
}

static void
obey (Robot *self, const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 4);
  guint n = g_strv_length (words);

  if (n == 4 && strcmp (words[0], "send") == 0)
    send_text (self, words[1], words[2], words[3]);
  else if (n == 2 && strcmp (words[0], "read") == 0)
    wc_conversation_mark_read (wc_client_get_conversation (self->client, words[1]));
  else if (n == 1 && strcmp (words[0], "state") == 0)
    tell_state (self);
  else if (n == 2 && strcmp (words[0], "all") == 0)
    load_all (self, words[1]);
  else if (n == 1 && strcmp (words[0], "quit") == 0)
    g_main_loop_quit (self->loop);
  else
    g_error ("no order: %s", line);
}

static void
line_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  GDataInputStream *in = G_DATA_INPUT_STREAM (source);
  g_autofree char *line = g_data_input_stream_read_line_finish (in, result, NULL, NULL);
  Robot *self = data;

  if (line == NULL)
    {
      g_main_loop_quit (self->loop);
      return;
    }
  obey (self, line);
  g_data_input_stream_read_line_async (in, G_PRIORITY_DEFAULT, NULL, line_cb, self);
}

static char *
make_safe (Robot *self, const char *server, const char *pin)
{
  g_autofree char *host = NULL;
  gboolean tls;
  guint16 port;

  if (pin == NULL || !wc_address_parse (server, &host, &port, &tls, NULL))
    return g_strdup (server);

  wc_pins_set (wc_client_get_pins (self->client), host, port, pin);
  wc_client_set_password (self->client, g_getenv ("WEBCHAT_ROBOT_PASSWORD"));
  return wc_address_format (host, port, TRUE);
}

static int
live (const char *server, const char *id, const char *folder)
{
  g_autoptr (GInputStream) bytes = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  g_autoptr (GDataInputStream) in = g_data_input_stream_new (bytes);
  g_autoptr (GFile) file = g_file_new_for_path (folder);
  g_autofree char *address = NULL;
  Robot self = { .client = wc_client_new (), .id = id, .loop = g_main_loop_new (NULL, FALSE) };

  self.server = address = make_safe (&self, server, g_getenv ("WEBCHAT_ROBOT_PIN"));
  wc_client_set_timing (self.client, &timing);
  wc_client_set_folder (self.client, file);
  g_signal_connect (self.client, "message-kept", G_CALLBACK (kept_cb), &self);
  g_signal_connect (self.client, "notify::ready", G_CALLBACK (ready_cb), &self);
  g_signal_connect (self.client, "notify::cache-error", G_CALLBACK (cache_error_cb), &self);
  g_signal_connect (wc_client_get_people (self.client), "items-changed", G_CALLBACK (people_changed_cb), &self);
  login_cb (&self);
  g_data_input_stream_read_line_async (in, G_PRIORITY_DEFAULT, NULL, line_cb, &self);
  g_main_loop_run (self.loop);

  g_clear_object (&self.all);
  wc_client_logout (self.client);
  g_object_unref (self.client);
  g_main_loop_unref (self.loop);
  return EXIT_SUCCESS;
}

/* What the cache holds, without the engine. */
typedef struct
{
  WcCache *cache;
  GMainLoop *loop;
  const char *peer;
} Dump;

static void
dump_page_cb (const WcCachePage *page, gpointer data)
{
  Dump *self = data;
  WcEntry *last = page->entries->len > 0 ? page->entries->pdata[page->entries->len - 1] : NULL;

  for (guint i = 0; i < page->entries->len; i++)
    say_message (page->entries->pdata[i]);
  if (last != NULL)
    wc_cache_read (self->cache, self->peer, WC_HISTORY_AFTER, wc_entry_get_seq (last), DUMP_PAGE, dump_page_cb, self);
  else
    g_main_loop_quit (self->loop);
}

static void
dump_load_cb (const WcCached *cached, gpointer data)
{
  say ("outbox %u", cached->outbox->len);
}

static void
dump_error_cb (const GError *error, gpointer data)
{
  if (error != NULL)
    say ("broken the cache: %s", error->message);
}

static int
dump (const char *server, const char *id, const char *folder, const char *peer)
{
  g_autoptr (GFile) file = g_file_new_for_path (folder);
  Dump self = { .loop = g_main_loop_new (NULL, FALSE), .peer = peer };

  self.cache = wc_cache_open (file, server, id, dump_error_cb, NULL);
  wc_cache_load (self.cache, dump_load_cb, &self);
  /* From the very first one on: a hole ends it early, and shows. */
  wc_cache_read (self.cache, peer, WC_HISTORY_BEFORE, 2, 1, dump_page_cb, &self);
  g_main_loop_run (self.loop);
  wc_cache_close (self.cache);
  g_main_loop_unref (self.loop);
  say ("done");
  return EXIT_SUCCESS;
}

int
main (int argc, char **argv)
{
  if (argc == 4)
    return live (argv[1], argv[2], argv[3]);
  if (argc == 6 && strcmp (argv[1], "--cache") == 0)
    return dump (argv[2], argv[3], argv[4], argv[5]);
  g_printerr ("usage: robot [--cache] SERVER CLIENT-ID FOLDER [PEER]\n");
  return 2;
}
