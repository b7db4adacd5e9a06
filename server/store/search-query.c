/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is searched for is almost always the beginning of a word, and often of a common one. Asked
 * for "mess*", FTS5 would merge the lists of all words that begin so, for all messages there are,
 * before it gives the first hit. It does not do so for a whole word, or a beginning for which it
 * has an index: it walks along such a list from its end, and from wherever it is told to begin. So
 * beginnings that have no index are spelled out as the words that there are. Where these are too
 * many ("2026…"), it is asked for the few letters that have one, and the texts that it finds are
 * looked at; when this goes on for long, few messages have the word, and then merging them is quick
 * after all. */
#include "store/search-query.h"

#include <string.h>

#include "shared/search-text.h"
#include "store/sqlite-db.h"

#define INDEXED_PREFIX 3     /* letters, as in search-index.c */
#define SPELLED_MAX    128   /* words for one beginning */
#define SPELLED_TOTAL  512   /* and for all of a query */
#define LOOKED_AT_MAX  4000  /* texts, in all of a search: some 10 ms */
#define APART_MAX      32    /* conversations, before it is asked which ones have any hit */
#define SURVEY_MAX     50000 /* hits, of whomever, to tell that */
#define AND            " AND "

#define MATCHES " FROM words WHERE words MATCH ? AND rowid > ? AND rowid < ? ORDER BY rowid DESC"
#define HITS    "SELECT rowid" MATCHES
#define TEXTS   "SELECT rowid, text" MATCHES
#define VOCABULARY                                                                                 \
  "CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary"                                             \
  " USING fts5vocab ('main', 'words', 'instance')"
#define NEXT_WORD "SELECT term FROM temp.vocabulary WHERE term >= ? AND term < ? LIMIT 1"

typedef struct
{
  sqlite3 *db;
  sqlite3 *history;
  sqlite3_stmt *hits;
  sqlite3_stmt *texts;
  sqlite3_stmt *placed; /* one message, of either table */
  sqlite3_stmt *recent;
  const char *id;
  guint limit;
  GString *exact; /* the query; nothing can be found when it is empty */
  GString *rough; /* one that finds more; of these texts, those are meant that have all phrases */
  GPtrArray *phrases;
  guint left;         /* texts that may still be looked at */
  GHashTable *having; /* a set of owned gint64: conversations with hits; NULL for not known */
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

static const char *
last_word (const char *phrase)
{
  const char *space = strrchr (phrase, ' ');

  return space != NULL ? space + 1 : phrase;
}

/* Appends the alternatives that begin with the phrase, each a string of FTS5. FALSE when there are
 * too many, or with an error. */
static gboolean
spell_out (
    sqlite3_stmt *next, const char *phrase, guint *left, GString *out, guint *n, GError **error)
{
  const char *beginning = last_word (phrase);
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

static void
append_and (GString *query, const char *string)
{
  g_string_append_printf (query, "%s%s", query->len > 0 ? AND : "", string);
}

/* Adds what FTS5 shall look for instead of one string of search_text_query(). *none: no message can
 * have it. */
static gboolean
translate (Search *self,
           sqlite3_stmt *next,
           const char *string,
           guint *left,
           gboolean *none,
           GError **error)
{
  g_autofree char *phrase = g_strndup (string + 1, strcspn (string + 1, "\""));
  g_autoptr (GString) instead = g_string_new ("(");
  g_autoptr (GError) why = NULL;
  const char *word = last_word (phrase);
  guint n;

  if (g_utf8_strlen (word, -1) <= INDEXED_PREFIX)
    g_string_assign (instead, string);
  else if (spell_out (next, phrase, left, instead, &n, &why))
    {
      *none = *none || n == 0;
      g_string_append_c (instead, ')');
    }
  else if (why == NULL)
    {
      append_and (self->exact, string);
      g_string_printf (instead, "\"%.*s\" *",
                       (int)(g_utf8_offset_to_pointer (word, INDEXED_PREFIX) - phrase), phrase);
      append_and (self->rough, instead->str);
      g_ptr_array_add (self->phrases, g_steal_pointer (&phrase));
      return TRUE;
    }
  else
    {
      g_propagate_error (error, g_steal_pointer (&why));
      return FALSE;
    }
  append_and (self->exact, instead->str);
  append_and (self->rough, instead->str);
  return TRUE;
}

static gboolean
make_query (Search *self, const char *words, GError **error)
{
  g_autofree char *plain = search_text_query (words);
  g_auto (GStrv) strings = plain != NULL ? g_strsplit (plain, AND, 0) : NULL;
  sqlite3_stmt *next = NULL;
  guint left = SPELLED_TOTAL;
  gboolean none = FALSE, ok = TRUE;

  if (plain == NULL)
    return TRUE;
  if (!store_db_exec (self->db, VOCABULARY, error)
      || !store_db_prepare (self->db, NEXT_WORD, &next, error))
    return FALSE;
  for (guint i = 0; ok && !none && strings[i] != NULL; i++)
    ok = translate (self, next, strings[i], &left, &none, error);
  sqlite3_finalize (next);
  if (none)
    g_string_truncate (self->exact, 0);
  return ok;
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

/* A message that was removed since it was indexed is none. *old: it, and so whatever is before it,
 * is too old. */
static gboolean
load (Search *self,
      const StoreListed *listed,
      gint64 id,
      gint64 threshold,
      gboolean *old,
      GError **error)
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

/* Whether a folded text has the phrase, whose last word may go on. */
static gboolean
has_phrase (const char *text, const char *phrase)
{
  for (const char *at = strstr (text, phrase); at != NULL; at = strstr (at + 1, phrase))
    {
      if (at == text || at[-1] == ' ')
        return TRUE;
      at = strchr (at, ' '); /* where the next word begins, maybe within what was found */
      if (at == NULL)
        break;
    }
  return FALSE;
}

static gboolean
has_phrases (Search *self, const char *text)
{
  for (guint i = 0; i < self->phrases->len; i++)
    if (text == NULL || !has_phrase (text, g_ptr_array_index (self->phrases, i)))
      return FALSE;
  return TRUE;
}

/* Where a walk through a conversation is, from its end to its beginning. */
typedef struct
{
  const StoreListed *listed;
  gint64 before; /* it has gone down to this message */
  gint64 threshold;
  guint end; /* so many hits are enough */
  gboolean done;
} Walk;

/* Keeps what is found until there is enough of it; rough: until enough was looked at. */
static gboolean
walk (Search *self, Walk *at, gboolean rough, GError **error)
{
  sqlite3_stmt *statement = rough ? self->texts : self->hits;
  gboolean ok = TRUE;
  int result = SQLITE_DONE;

  sqlite3_bind_text (statement, 1, rough ? self->rough->str : self->exact->str, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (statement, 2, store_db_message_id (at->listed->id, at->listed->removed));
  sqlite3_bind_int64 (statement, 3, at->before);
  while (ok && !at->done && (!rough || self->left > 0)
         && (result = sqlite3_step (statement)) == SQLITE_ROW)
    {
      at->before = sqlite3_column_int64 (statement, 0);
      self->left -= rough ? 1 : 0;
      if (rough && !has_phrases (self, (const char *)sqlite3_column_text (statement, 1)))
        continue;
      ok = load (self, at->listed, at->before, at->threshold, &at->done, error);
      at->done = at->done || self->found->len >= at->end;
    }
  if (ok && result != SQLITE_ROW && result != SQLITE_DONE)
    ok = store_db_set_error (self->db, error);
  at->done = at->done || result == SQLITE_DONE;
  sqlite3_reset (statement);
  return ok;
}

static gboolean
look_in (Search *self, const StoreListed *listed, GError **error)
{
  Walk at = {
    .listed = listed,
    .before = store_db_message_id (listed->id + 1, 0),
    .threshold = get_threshold (self),
    .end = self->found->len + self->limit,
  };

  if (self->phrases->len > 0 && self->left > 0 && !walk (self, &at, TRUE, error))
    return FALSE;
  if (!at.done && !walk (self, &at, FALSE, error))
    return FALSE;
  g_array_sort (self->found, newest_first);
  if (self->found->len > self->limit)
    g_array_set_size (self->found, self->limit);
  return TRUE;
}

/* To look into very many conversations one by one takes longer than to go through all hits there
 * are, unless there are very many of these. */
static gboolean
survey (Search *self, GError **error)
{
  g_autoptr (GHashTable) having = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  int result = SQLITE_ROW;
  gint64 last = 0;

  sqlite3_bind_text (self->hits, 1, self->exact->str, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (self->hits, 2, 0);
  sqlite3_bind_int64 (self->hits, 3, G_MAXINT64);
  for (guint n = 0; n < SURVEY_MAX && (result = sqlite3_step (self->hits)) == SQLITE_ROW; n++)
    {
      gint64 conversation = sqlite3_column_int64 (self->hits, 0) >> 32;

      if (conversation != last)
        g_hash_table_add (having, g_memdup2 (&conversation, sizeof conversation));
      last = conversation;
    }
  if (result != SQLITE_ROW && result != SQLITE_DONE)
    store_db_set_error (self->db, error);
  sqlite3_reset (self->hits);
  if (result == SQLITE_DONE)
    self->having = g_steal_pointer (&having);
  return result == SQLITE_ROW || result == SQLITE_DONE;
}

static gboolean
run (Search *self, const StoreConversationList *list, GError **error)
{
  if (!store_db_prepare (self->db, HITS, &self->hits, error)
      || !store_db_prepare (self->db, TEXTS, &self->texts, error)
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
    {
      const StoreListed *listed = &list->items[i];

      if (i == APART_MAX && !survey (self, error))
        return FALSE;
      if ((self->having == NULL || g_hash_table_contains (self->having, &listed->id))
          && !look_in (self, listed, error))
        return FALSE;
    }
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
    .exact = g_string_new (NULL),
    .rough = g_string_new (NULL),
    .phrases = g_ptr_array_new_with_free_func (g_free),
    .left = LOOKED_AT_MAX,
    .found = g_array_new (FALSE, FALSE, sizeof (Found)),
  };
  StoreHits *hits = NULL;

  g_array_set_clear_func (self.found, found_clear);
  if (make_query (&self, words, error)
      && (self.exact->len == 0 || self.limit == 0 || run (&self, list, error)))
    hits = give_hits (&self);
  else
    store_search_index_is_damaged (index); /* before the next call makes it forget why */
  sqlite3_finalize (self.hits);
  sqlite3_finalize (self.texts);
  sqlite3_finalize (self.placed);
  sqlite3_finalize (self.recent);
  g_array_unref (self.found);
  g_ptr_array_unref (self.phrases);
  g_clear_pointer (&self.having, g_hash_table_unref);
  g_string_free (self.exact, TRUE);
  g_string_free (self.rough, TRUE);
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
