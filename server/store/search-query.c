/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is searched for is almost always the beginning of a word, and often of a common one. Asked for
 * "mess*", FTS5 would merge the lists of all words that begin so, for all messages there are, before it
 * gives the first hit. It does not do so for a whole word, or a beginning for which it has an index: it
 * walks along such a list from its end, and from wherever it is told to begin. So beginnings that have
 * no index are spelled out as the words that there are. */
#include "store/search-query.h"

#include <string.h>

#include "shared/search-text.h"
#include "store/sqlite-db.h"

#define INDEXED_PREFIX 3   /* letters, as in search-index.c */
#define SPELLED_MAX    128 /* words for one beginning; of more, each is in few messages */
#define SPELLED_TOTAL  512 /* and for all of a query */
#define AND            " AND "

#define HITS                                                                                       \
  "SELECT rowid FROM words WHERE words MATCH ? AND rowid > ? AND rowid < ?"                        \
  " ORDER BY rowid DESC LIMIT ?"
#define VOCABULARY                                                                                 \
  "CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary"                                             \
  " USING fts5vocab ('main', 'words', 'instance')"
#define NEXT_WORD "SELECT term FROM temp.vocabulary WHERE term >= ? AND term < ? LIMIT 1"

typedef struct
{
  sqlite3 *db;
  sqlite3 *history;
  sqlite3_stmt *hits;
  sqlite3_stmt *placed; /* one message, of either table */
  sqlite3_stmt *recent;
  const char *id;
  guint limit;
  char *query;
  GArray *found; /* Found, the newest first after each conversation; text and nonce are its own */
} Search;

typedef struct
{
  StoreHit hit;
  gint64 id;
} Found;

static void
found_clear (gpointer data)
{
  Found *found = data;

  g_free ((char *)found->hit.message.text);
  g_free ((char *)found->hit.message.nonce);
}

/* Appends the alternatives that begin with the phrase, each a string of FTS5. FALSE with no error
 * when there are too many. */
static gboolean
spell_out (
    sqlite3_stmt *next, const char *phrase, guint *left, GString *out, guint *n, GError **error)
{
  const char *space = strrchr (phrase, ' '), *beginning = space != NULL ? space + 1 : phrase;
  g_autofree char *from = g_strdup (beginning);
  g_autofree char *end = g_strconcat (beginning, "\xf4\x8f\xbf\xbf", NULL);
  guint max = MIN (*left, SPELLED_MAX);
  int result;

  for (*n = 0;; *n += 1)
    {
      const char *word;

      sqlite3_bind_text (next, 1, from, -1, SQLITE_STATIC);
      sqlite3_bind_text (next, 2, end, -1, SQLITE_STATIC);
      result = sqlite3_step (next);
      if (result != SQLITE_ROW || *n == max)
        break;
      word = (const char *)sqlite3_column_text (next, 0);
      g_string_append_printf (out, "%s\"%.*s%s\"", *n > 0 ? " OR " : "", (int)(beginning - phrase),
                              phrase, word);
      g_free (from);
      from = g_strconcat (word, "\x01", NULL); /* what comes next after the word, and is none */
      sqlite3_reset (next);
    }
  if (result != SQLITE_ROW && result != SQLITE_DONE)
    store_db_set_error (sqlite3_db_handle (next), error);
  sqlite3_reset (next);
  *left -= MIN (*left, *n);
  return result == SQLITE_DONE;
}

static gboolean
has_index (const char *phrase)
{
  const char *space = strrchr (phrase, ' ');

  return g_utf8_strlen (space != NULL ? space + 1 : phrase, -1) <= INDEXED_PREFIX;
}

/* Appends what FTS5 shall look for instead of one string of search_text_query(). *none: no message
 * can have it. */
static gboolean
translate (sqlite3_stmt *next, const char *string, guint *left, GString *out, gboolean *none, GError **error)
{
  g_autofree char *phrase = g_strndup (string + 1, strcspn (string + 1, "\""));
  g_autoptr (GString) alternatives = g_string_new (NULL);
  g_autoptr (GError) why = NULL;
  guint n;

  if (out->len > 0)
    g_string_append (out, AND);
  if (!has_index (phrase) && spell_out (next, phrase, left, alternatives, &n, &why))
    {
      *none = *none || n == 0;
      g_string_append_printf (out, "(%s)", alternatives->str);
    }
  else
    g_string_append (out, string);
  if (why == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&why));
  return FALSE;
}

/* The query, NULL when nothing can be found (or with an error). */
static char *
make_query (sqlite3 *db, const char *words, GError **error)
{
  g_autofree char *plain = search_text_query (words);
  g_autoptr (GString) out = g_string_new (NULL);
  g_auto (GStrv) strings = plain != NULL ? g_strsplit (plain, AND, 0) : NULL;
  sqlite3_stmt *next = NULL;
  guint left = SPELLED_TOTAL;
  gboolean none = plain == NULL, ok;

  if (none || !store_db_exec (db, VOCABULARY, error)
      || !store_db_prepare (db, NEXT_WORD, &next, error))
    return NULL;
  ok = TRUE;
  for (guint i = 0; ok && !none && strings[i] != NULL; i++)
    ok = translate (next, strings[i], &left, out, &none, error);
  sqlite3_finalize (next);
  return ok && !none ? g_string_free (g_steal_pointer (&out), FALSE) : NULL;
}

static char *
copy_text (sqlite3_stmt *statement, int column)
{
  return sqlite3_column_type (statement, column) == SQLITE_NULL
             ? NULL
             : g_strndup ((const char *)sqlite3_column_text (statement, column),
                          (gsize)sqlite3_column_bytes (statement, column));
}

/* Takes the message over, unless there are enough that are newer. */
static void
keep (Search *self, sqlite3_stmt *row, const StoreListed *listed, gint64 id)
{
  int sender = sqlite3_column_int (row, 1);
  Found found = { .id = id };

  found.hit.peer = listed->row.peer;
  found.hit.message = (StoreRow){
    .seq = id & STORE_SEQ_MAX,
    .time = sqlite3_column_int64 (row, 0),
    .from = sender == listed->side ? self->id : listed->row.peer,
    .nonce = copy_text (row, 2),
    .text = copy_text (row, 3),
    .text_len = (guint)sqlite3_column_bytes (row, 3),
  };
  g_array_append_val (self->found, found);
}

/* The time that a message must be newer than to be among the hits. */
static gint64
get_threshold (Search *self)
{
  if (self->found->len < self->limit)
    return G_MININT64;
  return g_array_index (self->found, Found, self->limit - 1).hit.message.time;
}

/* A message that was removed since it was indexed is none. *old: it, and so whatever is before it, is too old. */
static gboolean
load (Search *self, const StoreListed *listed, gint64 id, gint64 threshold, gboolean *old, GError **error)
{
  sqlite3_stmt *tables[] = { self->placed, self->recent };
  int result = SQLITE_DONE;

  for (guint i = 0; i < G_N_ELEMENTS (tables) && result == SQLITE_DONE; i++)
    {
      sqlite3_bind_int64 (tables[i], 1, id);
      result = sqlite3_step (tables[i]);
      if (result == SQLITE_ROW)
        {
          *old = sqlite3_column_int64 (tables[i], 0) <= threshold;
          if (!*old)
            keep (self, tables[i], listed, id);
        }
      else if (result != SQLITE_DONE)
        store_db_set_error (self->history, error);
      sqlite3_reset (tables[i]);
    }
  return result == SQLITE_ROW || result == SQLITE_DONE;
}

static int
newest_first (gconstpointer a, gconstpointer b)
{
  const Found *one = a, *other = b;

  if (one->hit.message.time != other->hit.message.time)
    return one->hit.message.time > other->hit.message.time ? -1 : 1;
  return one->id > other->id ? -1 : one->id < other->id ? 1 : 0;
}

static gboolean
look_in (Search *self, const StoreListed *listed, GError **error)
{
  gint64 threshold = get_threshold (self);
  gboolean ok = TRUE, old = FALSE;
  int result = SQLITE_DONE;

  sqlite3_bind_text (self->hits, 1, self->query, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (self->hits, 2, store_db_message_id (listed->id, listed->removed));
  sqlite3_bind_int64 (self->hits, 3, store_db_message_id (listed->id + 1, 0));
  sqlite3_bind_int64 (self->hits, 4, self->limit);
  while (ok && !old && (result = sqlite3_step (self->hits)) == SQLITE_ROW)
    ok = load (self, listed, sqlite3_column_int64 (self->hits, 0), threshold, &old, error);
  if (ok && result != SQLITE_ROW && result != SQLITE_DONE)
    ok = store_db_set_error (self->db, error);
  sqlite3_reset (self->hits);
  g_array_sort (self->found, newest_first);
  if (self->found->len > self->limit)
    g_array_set_size (self->found, self->limit);
  return ok;
}

static gboolean
run (Search *self, const StoreConversationList *list, GError **error)
{
  if (!store_db_prepare (self->db, HITS, &self->hits, error)
      || !store_db_prepare (self->history,
                            "SELECT time, sender, nonce, body FROM message WHERE id = ?",
                            &self->placed, error)
      || !store_db_prepare (self->history,
                            "SELECT time, sender, nonce, body FROM recent WHERE id = ?",
                            &self->recent, error))
    return FALSE;
  /* Those written to last come first: once there are hits enough that are newer than all the next
   * one has, there is no better one. */
  for (guint i = 0; i < list->n_items && list->items[i].row.time > get_threshold (self); i++)
    if (!look_in (self, &list->items[i], error))
      return FALSE;
  return TRUE;
}

static StoreHits *
give_hits (Search *self)
{
  StoreHits *hits = g_new0 (StoreHits, 1);

  hits->n_items = self->found->len;
  hits->items = g_new (StoreHit, hits->n_items + 1);
  for (guint i = 0; i < hits->n_items; i++)
    hits->items[i] = g_array_index (self->found, Found, i).hit;
  g_array_set_clear_func (self->found, NULL); /* the texts are theirs now */
  return hits;
}

StoreHits *
store_search_query_run (StoreSearchIndex *index,
                        const char *id,
                        const StoreConversationList *list,
                        const char *words,
                        guint limit,
                        GError **error)
{
  Search self = {
    .db = store_search_index_get_db (index),
    .history = store_search_index_get_history (index),
    .id = id,
    .limit = MIN (limit, STORE_PAGE_MAX),
    .found = g_array_new (FALSE, FALSE, sizeof (Found)),
  };
  g_autoptr (GError) why = NULL;
  StoreHits *hits = NULL;

  g_array_set_clear_func (self.found, found_clear);
  self.query = make_query (self.db, words, &why);
  if (why == NULL && (self.query == NULL || self.limit == 0 || run (&self, list, &why)))
    hits = give_hits (&self);
  else
    store_search_index_is_damaged (index); /* before the next call makes it forget why */
  sqlite3_finalize (self.hits);
  sqlite3_finalize (self.placed);
  sqlite3_finalize (self.recent);
  g_array_unref (self.found);
  g_free (self.query);
  if (why != NULL)
    g_propagate_error (error, g_steal_pointer (&why));
  return hits;
}

void
store_hits_free (StoreHits *self)
{
  for (guint i = 0; i < self->n_items; i++)
    {
      g_free ((char *)self->items[i].message.text);
      g_free ((char *)self->items[i].message.nonce);
    }
  g_free (self->items);
  g_free (self);
}
