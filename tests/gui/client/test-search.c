/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Searching: what is kept here at once, what the server has as it comes, each message once. */
#include "script-server.h"

#include <signal.h>
#include <string.h>

#include "tests/util/server.h"

typedef struct
{
  GFile *folder;
  ScriptServer *server;
  WcClient *client;
  WcSearch *search;
  guint n_changes, n_removed, n_added;
} Fixture;

static void
changed_cb (GListModel *model, guint position, guint removed, guint added, gpointer user_data)
{
  Fixture *f = user_data;

  f->n_changes++;
  f->n_removed += removed;
  f->n_added += added;
}

static void
begin (Fixture *f, WcConversation *conversation)
{
  g_clear_object (&f->search);
  f->search = wc_search_new (f->client, conversation);
  g_signal_connect (f->search, "items-changed", G_CALLBACK (changed_cb), f);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->folder = test_folder_new ();
  f->server = script_server_new ();
  f->client = test_client_new ();
  f->client->timing.search = 1;
  wc_client_set_folder (f->client, f->folder);
  script_login (f->server, f->client, "bob", "carol", NULL);
  begin (f, NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_clear_object (&f->search);
  test_client_finish (f->client);
  script_server_free (f->server);
  test_folder_free (f->folder);
}

/* Keeps a message of a peer; the time is in seconds after 10:00. */
static void
keep (Fixture *f, const char *peer, guint64 seq, guint second, const char *text)
{
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func (g_object_unref);

  g_ptr_array_add (entries, wc_entry_new_message (peer, FALSE, text, seq, 1795428000000 + second * 1000, WC_DELIVERY_NONE));
  wc_cache_put (f->client->cache, peer, entries, seq, seq);
}

static void
say_hit (Fixture *f, const char *peer, guint64 seq, guint second, const char *text)
{
  script_say (f->server, "@conv=%s;seq=%" G_GUINT64_FORMAT ";from=%s;time=2026-11-23T10:%02u:%02u.000Z SEARCH_RESP %s\n", peer, seq, peer,
              second / 60, second % 60, text);
}

static char *
hits_to_text (WcSearch *search)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (search)); i++)
    {
      g_autoptr (WcHit) hit = g_list_model_get_item (G_LIST_MODEL (search), i);

      g_string_append_printf (out, "%s %" G_GUINT64_FORMAT " %s\n", wc_conversation_get_peer (wc_hit_get_conversation (hit)),
                              wc_entry_get_seq (wc_hit_get_entry (hit)), wc_entry_get_text (wc_hit_get_entry (hit)));
    }

  return g_string_free (out, FALSE);
}

#define assert_hits(f, expected)                              \
  G_STMT_START                                                \
  {                                                           \
    g_autofree char *hits_text = hits_to_text ((f)->search);  \
    g_assert_cmpstr (hits_text, ==, expected);                \
  }                                                           \
  G_STMT_END

static guint
n_hits (Fixture *f)
{
  return g_list_model_get_n_items (G_LIST_MODEL (f->search));
}

static void
test_merge (Fixture *f, gconstpointer data)
{
  g_autoptr (WcHit) two = NULL, two_later = NULL;

  keep (f, "bob", 2, 20, "apple two");
  keep (f, "carol", 7, 70, "apple seven");
  keep (f, "bob", 3, 30, "pear");
  wc_search_set_words (f->search, "apple");
  g_assert_true (wc_search_get_loading (f->search));
  script_expect (f->server, "@id=r*;limit=30 SEARCH apple");
  wait_for (n_hits (f) == 2);
  assert_hits (f, "carol 7 apple seven\nbob 2 apple two\n");
  g_assert_true (wc_search_get_loading (f->search));
  two = g_list_model_get_item (G_LIST_MODEL (f->search), 1);
  f->n_changes = f->n_removed = f->n_added = 0;

  say_hit (f, "carol", 7, 70, "apple seven");
  say_hit (f, "bob", 5, 50, "apple five");
  say_hit (f, "bob", 2, 20, "apple two");
  say_hit (f, "carol", 1, 10, "apple one");
  script_say (f->server, "@count=4 SEARCH_END\n");
  wait_for (!wc_search_get_loading (f->search));
  assert_hits (f, "carol 7 apple seven\nbob 5 apple five\nbob 2 apple two\ncarol 1 apple one\n");
  g_assert_false (wc_search_get_has_more (f->search));
  g_assert_null (wc_search_get_error (f->search));

  /* What was there stays as it was. */
  two_later = g_list_model_get_item (G_LIST_MODEL (f->search), 2);
  g_assert_true (two == two_later);
  g_assert_cmpuint (f->n_removed, ==, 0);
  g_assert_cmpuint (f->n_added, ==, 2);
  g_assert_cmpuint (f->n_changes, ==, 2);

  /* Other words: those that fit both stay. */
  f->n_removed = f->n_added = 0;
  wc_search_set_words (f->search, "apple two");
  script_expect (f->server, "@id=r*;limit=30 SEARCH apple two");
  wait_for (n_hits (f) == 1);
  script_say (f->server, "@count=0 SEARCH_END\n");
  wait_for (!wc_search_get_loading (f->search));
  g_clear_object (&two_later);
  two_later = g_list_model_get_item (G_LIST_MODEL (f->search), 0);
  g_assert_true (two == two_later);
  g_assert_cmpuint (f->n_removed, ==, 3);
  g_assert_cmpuint (f->n_added, ==, 0);

  /* Nothing to look for. */
  wc_search_set_words (f->search, " \t");
  g_assert_cmpuint (n_hits (f), ==, 0);
  g_assert_false (wc_search_get_loading (f->search));
}

static void
test_one_conversation (Fixture *f, gconstpointer data)
{
  begin (f, wc_client_get_conversation (f->client, "bob"));
  keep (f, "bob", 2, 20, "apple two");
  keep (f, "carol", 7, 70, "apple seven");
  wc_search_set_words (f->search, "APP\nle\x01");
  script_expect (f->server, "@id=r*;conv=bob;limit=30 SEARCH APP le");
  wc_search_set_words (f->search, "apple");
  script_say (f->server, "@count=0 SEARCH_END\n");
  script_expect (f->server, "@id=r*;conv=bob;limit=30 SEARCH apple");
  script_say (f->server, "@count=0 SEARCH_END\n");
  wait_for (!wc_search_get_loading (f->search));
  assert_hits (f, "bob 2 apple two\n");
}

/* Typed faster than the server answers: only the last words are asked for next, and the answer to the first is nobody's. */
static void
test_stale (Fixture *f, gconstpointer data)
{
  wc_search_set_words (f->search, "a");
  script_expect (f->server, "@id=r*;limit=30 SEARCH a");
  f->client->timing.search = 0;
  wc_search_set_words (f->search, "ap");
  wc_search_set_words (f->search, "app");
  wc_search_set_words (f->search, "appl");
  say_hit (f, "bob", 9, 9, "a stale one");
  script_say (f->server, "@count=1 SEARCH_END\n");
  script_expect (f->server, "@id=r*;limit=30 SEARCH appl");
  g_assert_cmpuint (n_hits (f), ==, 0);
  say_hit (f, "bob", 1, 1, "apple");
  script_say (f->server, "@count=1 SEARCH_END\n");
  wait_for (n_hits (f) == 1);
  assert_hits (f, "bob 1 apple\n");
  g_assert_true (script_is_quiet (f->server));

  /* Dropped while the server works on it. */
  wc_search_set_words (f->search, "pear");
  script_expect (f->server, "@id=r*;limit=30 SEARCH pear");
  g_clear_object (&f->search);
  say_hit (f, "bob", 1, 1, "pear");
  script_say (f->server, "@count=1 SEARCH_END\nPING x\n");
  script_expect (f->server, "PONG x");
}

static void
test_errors (Fixture *f, gconstpointer data)
{
  f->client->timing.pause = 1;
  keep (f, "bob", 2, 20, "apple two");
  wc_search_set_words (f->search, "apple");
  script_expect (f->server, "@id=r*;limit=30 SEARCH apple");
  script_say (f->server, "@id=%s ERROR rate-limited slow down\n", script_id (f->server));
  script_expect (f->server, "@id=r*;limit=30 SEARCH apple");
  script_say (f->server, "@id=%s ERROR unknown-verb what\n", script_id (f->server));
  wait_for (wc_search_get_error (f->search) != NULL && !wc_search_get_loading (f->search));
  g_assert_error (wc_search_get_error (f->search), WC_ERROR, WC_ERROR_FAILED);
  assert_hits (f, "bob 2 apple two\n");

  /* The next one may work. */
  wc_search_set_words (f->search, "apple tw");
  script_expect (f->server, "@id=r*;limit=30 SEARCH apple tw");
  script_say (f->server, "@count=0 SEARCH_END\n");
  wait_for (wc_search_get_error (f->search) == NULL && !wc_search_get_loading (f->search));
}

/* The connection goes while the server is asked: what is kept here is shown, and it is asked again when it is back. */
static void
test_offline (Fixture *f, gconstpointer data)
{
  keep (f, "bob", 2, 20, "apple two");
  wc_search_set_words (f->search, "apple");
  script_expect (f->server, "@id=r*;limit=30 SEARCH apple");
  f->client->timing.retry_min = f->client->timing.retry_max = 3600000;
  script_hang_up (f->server);
  wait_for (wc_search_get_error (f->search) != NULL && !wc_search_get_loading (f->search));
  g_assert_error (wc_search_get_error (f->search), WC_ERROR, WC_ERROR_CLOSED);
  assert_hits (f, "bob 2 apple two\n");

  /* New words. */
  wc_search_set_words (f->search, "two");
  g_assert_error (wc_search_get_error (f->search), WC_ERROR, WC_ERROR_CLOSED);
  wait_for (!wc_search_get_loading (f->search));
  assert_hits (f, "bob 2 apple two\n");

  wc_client_retry_now (f->client);
  script_welcome (f->server);
  while (strstr (script_expect (f->server, "*"), " SEARCH two") == NULL)
    ;
  g_assert_null (wc_search_get_error (f->search));
  g_assert_true (wc_search_get_loading (f->search));
  script_say (f->server, "@count=0 SEARCH_END\n");
  wait_for (!wc_search_get_loading (f->search));
  assert_hits (f, "bob 2 apple two\n");

  /* Logged out, and as somebody else: nothing of the one is the other's. */
  wc_client_logout (f->client);
  g_assert_cmpuint (n_hits (f), ==, 1);
  {
    g_auto (Login) login = { 0 };

    login_start (&login, f->client, script_address (f->server), "dave", NULL);
    g_assert_cmpuint (n_hits (f), ==, 0);
    script_accept (f->server);
    script_say (f->server, "DECLINED\n");
    wait_for (login.done);
  }
}

static void
test_more (Fixture *f, gconstpointer data)
{
  for (guint i = 1; i <= 70; i++)
    keep (f, "bob", i, i, "apple");
  wc_search_set_words (f->search, "apple");
  script_expect (f->server, "@id=r*;limit=30 SEARCH apple");
  for (guint i = 150; i > 120; i--)
    say_hit (f, "carol", i, i, "apple");
  script_say (f->server, "@count=30 SEARCH_END\n");
  wait_for (!wc_search_get_loading (f->search));
  g_assert_cmpuint (n_hits (f), ==, 60);
  g_assert_true (wc_search_get_has_more (f->search));

  f->n_removed = 0;
  wc_search_load_more (f->search);
  wc_search_load_more (f->search);
  script_expect (f->server, "@id=r*;limit=60 SEARCH apple");
  for (guint i = 150; i > 100; i--)
    say_hit (f, "carol", i, i, "apple");
  script_say (f->server, "@count=50 SEARCH_END\n");
  wait_for (!wc_search_get_loading (f->search));
  g_assert_cmpuint (n_hits (f), ==, 110);
  g_assert_true (wc_search_get_has_more (f->search));

  /* The server has no more: it is not asked. */
  wc_search_load_more (f->search);
  wait_for (!wc_search_get_loading (f->search));
  g_assert_cmpuint (n_hits (f), ==, 120);
  g_assert_false (wc_search_get_has_more (f->search));
  g_assert_cmpuint (f->n_removed, ==, 0);
  g_assert_true (script_is_quiet (f->server));
  for (guint i = 0; i < 120; i++)
    {
      g_autoptr (WcHit) hit = g_list_model_get_item (G_LIST_MODEL (f->search), i);

      g_assert_cmpuint (wc_entry_get_seq (wc_hit_get_entry (hit)), ==, i < 50 ? 150 - i : 120 - i);
    }
}

/* At most so many, however long one goes on. */
static void
test_limit (Fixture *f, gconstpointer data)
{
  guint limits[] = { 30, 60, 90, 100 };

  wc_search_set_words (f->search, "x");
  for (guint i = 0; i < G_N_ELEMENTS (limits); i++)
    {
      g_autofree char *pattern = g_strdup_printf ("@id=r*;limit=%u SEARCH x", limits[i]);

      script_expect (f->server, pattern);
      for (guint seq = 1000; seq > 1000 - limits[i]; seq--)
        say_hit (f, "bob", seq, seq, "x");
      say_hit (f, "bob", 1, 1, "one too many");
      script_say (f->server, "@count=%u SEARCH_END\n", limits[i]);
      wait_for (!wc_search_get_loading (f->search));
      g_assert_cmpuint (n_hits (f), ==, limits[i]);
      g_assert_cmpint (wc_search_get_has_more (f->search), ==, limits[i] < 100);
      wc_search_load_more (f->search);
    }
}

static void
log_in (WcClient *client, TestServer *server, const char *client_id)
{
  g_auto (Login) login = { 0 };

  login_start (&login, client, test_server_address (server, 0), client_id, NULL);
  wait_for (login.done);
  g_assert_no_error (login.error);
}

static gboolean
is_stored (WcConversation *conversation, guint64 seq)
{
  WcEntry *last = wc_conversation_get_last (conversation);

  return last != NULL && wc_entry_get_seq (last) == seq;
}

/* A real server: what this computer has not seen is found there, whatever it is written in. */
static void
test_server (void)
{
  static const char *const texts[] = { "Käse und Brot", "where is the cheese?", "東京で会いましょう", "Привет, мир", "кто там?", "cheesecake" };
  static const struct { const char *words; guint n; } rows[] = {
    { "kase", 1 }, { "CHEESE", 2 }, { "the cheese", 1 }, { "東京", 1 }, { "прив", 1 }, { "\"*) OR (", 0 }, { "nothing", 0 },
  };
  TestServer *server = test_server_new ("alice\nbob\n", "limits.messages-per-second=0", NULL);
  GFile *folder = test_folder_new ();
  WcClient *alice = test_client_new (), *second = test_client_new ();
  g_autoptr (WcSearch) here = NULL, there = NULL;
  WcConversation *with_bob;

  wc_client_set_folder (alice, folder);
  log_in (alice, server, "alice");
  with_bob = wc_client_get_conversation (alice, "bob");
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_assert_true (wc_conversation_send (with_bob, texts[i], NULL));
  wait_for (is_stored (with_bob, G_N_ELEMENTS (texts)));

  log_in (second, server, "alice");
  here = wc_search_new (alice, with_bob);
  there = wc_search_new (second, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *a = NULL, *b = NULL;

      wc_search_set_words (here, rows[i].words);
      wc_search_set_words (there, rows[i].words);
      wait_for (!wc_search_get_loading (here) && !wc_search_get_loading (there));
      g_assert_null (wc_search_get_error (there));
      a = hits_to_text (here);
      b = hits_to_text (there);
      g_assert_cmpstr (a, ==, b);
      g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (there)), ==, rows[i].n);
    }

  /* Gone, and only what is kept here is found. */
  test_server_stop (server, SIGKILL);
  wait_for (wc_client_get_state (alice) == WC_STATE_WAITING);
  wc_search_set_words (here, "cheese");
  wait_for (!wc_search_get_loading (here));
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (here)), ==, 2);
  g_assert_error (wc_search_get_error (here), WC_ERROR, WC_ERROR_CLOSED);

  g_clear_object (&here);
  g_clear_object (&there);
  test_client_finish (alice);
  test_client_finish (second);
  test_server_free (server);
  test_folder_free (folder);
}

/* The client goes first. */
static void
test_orphan (void)
{
  g_autoptr (ScriptServer) server = script_server_new ();
  WcClient *client = test_client_new ();
  g_autoptr (WcSearch) all = NULL, one = NULL;

  client->timing.search = 0;
  script_login (server, client, "bob", NULL);
  all = wc_search_new (client, NULL);
  one = wc_search_new (client, wc_client_get_conversation (client, "bob"));
  wc_search_set_words (all, "a");
  wc_search_set_words (one, "b");
  script_expect (server, "@id=r*;limit=30 SEARCH a");
  test_client_finish (client);
  wc_search_set_words (all, "c");
  wc_search_set_words (one, "d");
  g_assert_false (wc_search_get_loading (all));
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (one)), ==, 0);
  wc_search_load_more (all);
}

static void
test_base (void)
{
  g_autoptr (ScriptServer) server = script_server_new ();
  WcClient *client = test_client_new ();
  g_autoptr (WcSearch) search = wc_search_new (client, NULL);

  script_login_base (server, client);
  wc_search_set_words (search, "a");
  g_assert_error (wc_search_get_error (search), WC_ERROR, WC_ERROR_FAILED);
  g_assert_false (wc_search_get_loading (search));
  test_client_finish (client);
}

#define ADD(name, func) g_test_add ("/client/search/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("merge", test_merge);
  ADD ("one-conversation", test_one_conversation);
  ADD ("stale", test_stale);
  ADD ("errors", test_errors);
  ADD ("offline", test_offline);
  ADD ("more", test_more);
  ADD ("limit", test_limit);
  g_test_add_func ("/client/search/server", test_server);
  g_test_add_func ("/client/search/orphan", test_orphan);
  g_test_add_func ("/client/search/base", test_base);

  return g_test_run ();
}
