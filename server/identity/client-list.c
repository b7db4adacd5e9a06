/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "identity/client-list.h"

#include <string.h>

#include "shared/client-id.h"
#include "text-file.h"

#define FILE_MAX (64 * 1024 * 1024)

#define VERIFIER_SCHEME "SCRAM-SHA-256$"
#define ITERATIONS_MAX                                                                             \
  10000000           /* the client has to compute them: no list may keep it busy for long */
#define KEY_BYTES 32 /* a SHA-256 */
#define SALT_MAX  1024

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

/* How many bytes the base64 text stands for; -1 if it is none. */
static int
base64_size (const char *text, gsize len)
{
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  gsize padding = 0;

  if (len == 0 || len % 4 != 0)
    return -1;
  while (padding < 2 && text[len - 1 - padding] == '=')
    padding++;
  if (strspn (text, digits) != len - padding)
    return -1;
  return (int)(len / 4 * 3 - padding);
}

/* The part of the verifier up to a delimiter; *rest moves behind it. NUL delimits the last one. */
static gboolean
next_part (const char **rest, char delimiter, const char **part, gsize *len)
{
  const char *end = delimiter != '\0' ? strchr (*rest, delimiter) : *rest + strlen (*rest);

  if (end == NULL)
    return FALSE;
  *part = *rest;
  *len = (gsize)(end - *rest);
  *rest = delimiter != '\0' ? end + 1 : end;
  return TRUE;
}

/* RFC 5803: SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey. Returns what is wrong, or NULL. */
static const char *
check_verifier (const char *verifier)
{
  const char *rest = verifier + strlen (VERIFIER_SCHEME), *part;
  guint64 iterations;
  gsize len;
  int salt;

  if (!g_str_has_prefix (verifier, VERIFIER_SCHEME))
    return "what follows the Client-ID must be a verifier: "
           "SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey";
  if (!next_part (&rest, ':', &part, &len) || len == 0 || len > 8
      || strspn (part, "0123456789") != len)
    return "the verifier has no number of iterations";
  iterations = g_ascii_strtoull (part, NULL, 10);
  if (iterations < 1 || iterations > ITERATIONS_MAX)
    return "the verifier's number of iterations must be from 1 to " G_STRINGIFY (ITERATIONS_MAX);

  salt = next_part (&rest, '$', &part, &len) ? base64_size (part, len) : -1;
  if (salt < 1 || salt > SALT_MAX)
    return "the verifier's salt is not base64";
  if (!next_part (&rest, ':', &part, &len) || base64_size (part, len) != KEY_BYTES)
    return "the verifier's StoredKey is not 32 bytes in base64";
  if (!next_part (&rest, '\0', &part, &len) || base64_size (part, len) != KEY_BYTES)
    return "the verifier's ServerKey is not 32 bytes in base64";
  return NULL;
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
  const char *wrong = verifier != NULL ? check_verifier (verifier) : NULL;
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

ClientList *
client_list_load (const char *file, GError **error)
{
  g_autoptr (ClientList) self = g_new0 (ClientList, 1);
  TextLines lines;
  gsize len;

  g_atomic_ref_count_init (&self->ref_count);
  self->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  make_room (self);
  self->text = text_file_read (file, FILE_MAX, &len, error);
  if (self->text == NULL)
    return NULL;

  text_lines_init (&lines, self->text, len);
  while (text_lines_next (&lines))
    if (!add_line (self, &lines, file, error))
      return NULL;
  return g_steal_pointer (&self);
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
