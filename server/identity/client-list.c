/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "identity/client-list.h"

#include <string.h>

#include "shared/client-id.h"
#include "shared/scram.h"
#include "text-file.h"

/* Where in the text; both end in NUL there. */
typedef struct
{
  guint32 id;
  guint32 verifier; /* 0: none */
} Entry;

struct _ClientList
{
  gatomicrefcount ref_count;
  char *text;      /* the file, with NUL after each ID and each verifier */
  GArray *entries; /* Entry, in the order of the file */
  guint32 *slots;  /* a hash table: 1 + a position in entries, or 0 for an empty slot */
  guint32 mask;    /* the number of slots, a power of two, less one */
  gboolean has_verifiers;
  guint usual_iterations;
};

/* The slot of an ID, or the empty one where it would go. */
static guint32 *
find_slot (ClientList *self, const char *id)
{
  guint32 hash = g_str_hash (id) * 2654435769u; /* IDs that count up lie side by side without it */

  for (guint32 slot = (hash ^ hash >> 16) & self->mask;; slot = (slot + 1) & self->mask)
    if (self->slots[slot] == 0
        || strcmp (client_list_get_id (self, self->slots[slot] - 1), id) == 0)
      return &self->slots[slot];
}

/* At most two thirds of the slots are used, so that a search ends soon. */
static void
make_room (ClientList *self)
{
  guint32 size = self->mask + 1;

  if (self->slots != NULL && self->entries->len < size / 3 * 2)
    return;
  self->mask = self->slots != NULL ? size * 2 - 1 : 63;
  g_free (self->slots);
  self->slots = g_new0 (guint32, (gsize)self->mask + 1);
  for (guint i = 0; i < self->entries->len; i++)
    *find_slot (self, client_list_get_id (self, i)) = i + 1;
}

static gboolean
is_blank (char c)
{
  return c == ' ' || c == '\t';
}

/* Takes the next word off a line and ends it with NUL; NULL when there is none before the end or a
 * comment. */
static char *
next_word (char **at, char *end)
{
  char *word;

  while (*at < end && is_blank (**at))
    (*at)++;
  if (*at == end || **at == '#')
    return NULL;
  word = *at;
  while (*at < end && !is_blank (**at))
    (*at)++;
  **at = '\0'; /* a blank, the line's end, or the NUL after the file */
  if (*at < end)
    (*at)++;
  return word;
}

static gboolean
add_line (ClientList *self, TextLines *lines, const char *file, GError **error)
{
  char *at = lines->line, *end = lines->line + lines->len;
  gboolean has_nul = memchr (at, '\0', lines->len) != NULL;
  char *id = next_word (&at, end);
  char *verifier = id != NULL ? next_word (&at, end) : NULL;
  const char *wrong = verifier != NULL ? scram_verifier_check (verifier) : NULL;
  guint32 *slot;
  Entry entry;

  if (has_nul)
    return text_file_set_error (error, file, lines->number, "a NUL byte in a text file");
  if (id == NULL)
    return TRUE;
  if (!client_id_is_valid (id, strlen (id)))
    return text_file_set_error (
        error, file, lines->number,
        "not a Client-ID: it must be 1 to 64 of A-Z a-z 0-9 . _ -, and begin "
        "with a letter or a digit");
  if (wrong != NULL)
    return text_file_set_error (error, file, lines->number, "%s", wrong);
  if (next_word (&at, end) != NULL)
    return text_file_set_error (error, file, lines->number, "more than a Client-ID and a verifier");

  make_room (self);
  slot = find_slot (self, id);
  if (*slot != 0)
    return text_file_set_error (error, file, lines->number, "%s stands in the list already", id);
  entry.id = (guint32)(id - self->text);
  entry.verifier = verifier != NULL ? (guint32)(verifier - self->text) : 0;
  g_array_append_val (self->entries, entry);
  *slot = self->entries->len;
  return TRUE;
}

/* Which number of iterations most verifiers have; of two that as many have, the smaller one. */
static void
count_verifiers (ClientList *self)
{
  g_autoptr (GHashTable) counts = g_hash_table_new (NULL, NULL);
  guint most = 0;

  for (guint i = 0; i < self->entries->len; i++)
    {
      guint32 verifier = g_array_index (self->entries, Entry, i).verifier;
      guint iterations = verifier != 0 ? scram_verifier_get_iterations (self->text + verifier) : 0;
      guint count;

      if (iterations == 0)
        continue;
      count = GPOINTER_TO_UINT (g_hash_table_lookup (counts, GUINT_TO_POINTER (iterations))) + 1;
      g_hash_table_insert (counts, GUINT_TO_POINTER (iterations), GUINT_TO_POINTER (count));
      if (count > most || (count == most && iterations < self->usual_iterations))
        {
          most = count;
          self->usual_iterations = iterations;
        }
    }
  self->has_verifiers = most > 0;
}

ClientList *
client_list_parse (char *text, gsize len, const char *file, GError **error)
{
  g_autoptr (ClientList) self = g_new0 (ClientList, 1);
  TextLines lines;

  g_atomic_ref_count_init (&self->ref_count);
  self->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  self->text = text;
  make_room (self);

  text_lines_init (&lines, self->text, len);
  while (text_lines_next (&lines))
    if (!add_line (self, &lines, file, error))
      return NULL;
  count_verifiers (self);
  return g_steal_pointer (&self);
}

ClientList *
client_list_load (const char *file, GError **error)
{
  gsize len;
  char *text = text_file_read (file, CLIENT_LIST_FILE_MAX, &len, error);

  return text != NULL ? client_list_parse (text, len, file, error) : NULL;
}

ClientList *
client_list_ref (ClientList *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
client_list_unref (ClientList *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_array_unref (self->entries);
  g_free (self->slots);
  g_free (self->text);
  g_free (self);
}

gboolean
client_list_contains (ClientList *self, const char *id)
{
  return *find_slot (self, id) != 0;
}

const char *
client_list_get_verifier (ClientList *self, const char *id)
{
  guint32 found = *find_slot (self, id);
  guint32 verifier = found != 0 ? g_array_index (self->entries, Entry, found - 1).verifier : 0;

  return verifier != 0 ? self->text + verifier : NULL;
}

gboolean
client_list_has_verifiers (ClientList *self)
{
  return self->has_verifiers;
}

guint
client_list_get_usual_iterations (ClientList *self)
{
  return self->usual_iterations;
}

guint
client_list_get_size (ClientList *self)
{
  return self->entries->len;
}

const char *
client_list_get_id (ClientList *self, guint position)
{
  return self->text + g_array_index (self->entries, Entry, position).id;
}
