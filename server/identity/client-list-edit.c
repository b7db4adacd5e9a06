/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "identity/client-list-edit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "identity/client-list.h"
#include "identity/files.h"
#include "shared/client-id.h"
#include "shared/scram.h"
#include "text-file.h"

/* Nobody needs the lock for long; whoever is stopped while holding it must not stop everybody else. */
#define LOCK_WAIT_US  (10 * G_TIME_SPAN_SECOND)
#define LOCK_RETRY_US G_TIME_SPAN_MILLISECOND /* so often that it is not always the same one who comes first */
#define NEW_MODE      0640 /* verifiers are not for everybody to guess at */

/* A change that is being made; the lock is held. */
typedef struct
{
  char *path; /* the file itself, behind symbolic links */
  int lock;   /* descriptor */
  gboolean exists;
  struct stat owner; /* the file as it was, or what a new one is to be like */
  char *text;
  gsize len;
  ClientList *list; /* what the text says */
} Edit;

static void
edit_clear (Edit *self)
{
  if (self->lock >= 0)
    close (self->lock);
  g_clear_pointer (&self->list, client_list_unref);
  g_free (self->text);
  free (self->path);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Edit, edit_clear)

/* Opens the lock's file. It is for whoever may write the list, and for nobody else: who can lock it can keep the list from being changed. */
static int
open_lock (const char *path, const struct stat *owner)
{
  mode_t mode = owner->st_mode & S_IWGRP ? 0660 : 0600;
  int fd = open (path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

  if (fd < 0)
    return errno == EEXIST ? open (path, O_RDWR | O_NOFOLLOW | O_CLOEXEC) : -1;
  /* Only because this process has just made it: a name that stood here might be one of another file. */
  if ((geteuid () == 0 && fchown (fd, owner->st_uid, owner->st_gid) < 0) || fchmod (fd, mode) < 0)
    {
      close (fd);
      return -1;
    }
  return fd;
}

static gboolean
lock (Edit *self, GError **error)
{
  g_autofree char *path = g_strconcat (self->path, ".lock", NULL);
  gint64 end = g_get_monotonic_time () + LOCK_WAIT_US;

  self->lock = open_lock (path, &self->owner);
  if (self->lock < 0)
    return files_set_error (error, path);
  while (flock (self->lock, LOCK_EX | LOCK_NB) < 0)
    {
      if (errno != EWOULDBLOCK && errno != EINTR)
        return files_set_error (error, path);
      if (g_get_monotonic_time () >= end)
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY, "%s: another program has been changing the list for too long", path);
          return FALSE;
        }
      g_usleep (LOCK_RETRY_US);
    }
  return TRUE;
}

/* Looks at the file. One that is not there will be its folder's owner's, as who may look after the folder looks after the list. */
static gboolean
look (Edit *self, GError **error)
{
  g_autofree char *folder = NULL;

  self->exists = stat (self->path, &self->owner) == 0;
  if (self->exists)
    return TRUE;
  folder = g_path_get_dirname (self->path);
  if (errno != ENOENT || stat (folder, &self->owner) < 0)
    return files_set_error (error, self->path);
  self->owner.st_mode = NEW_MODE;
  return TRUE;
}

/* Takes the lock and reads the file. With may_be_missing, one that is not there is an empty one. */
static gboolean
begin (Edit *self, const char *file, gboolean may_be_missing, GError **error)
{
  *self = (Edit){ .lock = -1 };
  self->path = realpath (file, NULL);
  if (self->path == NULL && (errno != ENOENT || !may_be_missing))
    return files_set_error (error, file);
  if (self->path == NULL)
    self->path = strdup (file);
  /* A second time under the lock: it may have been replaced meanwhile. */
  if (!look (self, error) || !lock (self, error) || !look (self, error))
    return FALSE;

  if (self->exists || !may_be_missing)
    self->text = text_file_read (self->path, CLIENT_LIST_FILE_MAX, &self->len, error);
  else
    self->text = g_strdup ("");
  if (self->text == NULL)
    return FALSE;
  self->list = client_list_parse (g_memdup2 (self->text, self->len + 1), self->len, file, error);
  return self->list != NULL;
}

/* Writes what the list is to be, if it would load. */
static gboolean
commit (Edit *self, const GString *text, GError **error)
{
  g_autoptr (ClientList) list = NULL;

  if (text->len > CLIENT_LIST_FILE_MAX)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "%s: the list is full", self->path);
      return FALSE;
    }
  list = client_list_parse (g_memdup2 (text->str, text->len + 1), text->len, self->path, error);
  return list != NULL
         && files_replace (self->path, text->str, text->len, self->exists || geteuid () == 0 ? &self->owner : NULL,
                           self->owner.st_mode & 0777, FALSE, error);
}

static gboolean
check_arguments (const char *file, const char *id, const char *verifier, GError **error)
{
  const char *wrong = verifier != NULL ? scram_verifier_check (verifier) : NULL;

  if (!client_id_is_valid (id, strlen (id)))
    wrong = "that is not a Client-ID";
  if (wrong != NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "%s: %s", file, wrong);
  return wrong == NULL;
}

static gboolean
set_missing (GError **error, const char *file, const char *id)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s: %s is not on the list", file, id);
  return FALSE;
}

/* Where in a line the words are that count. */
typedef struct
{
  gsize id, id_end;
  gsize verifier, verifier_end; /* the same when there is none */
} LineWords;

static gsize
skip_blanks (const TextLines *line, gsize at)
{
  while (at < line->len && (line->line[at] == ' ' || line->line[at] == '\t'))
    at++;
  return at;
}

/* The end of a word; a comment is none. */
static gsize
skip_word (const TextLines *line, gsize at)
{
  if (at < line->len && line->line[at] != '#')
    while (at < line->len && line->line[at] != ' ' && line->line[at] != '\t')
      at++;
  return at;
}

static LineWords
find_words (const TextLines *line)
{
  LineWords words;

  words.id = skip_blanks (line, 0);
  words.id_end = skip_word (line, words.id);
  words.verifier = skip_blanks (line, words.id_end);
  words.verifier_end = skip_word (line, words.verifier);
  if (words.verifier == words.verifier_end)
    words.verifier = words.verifier_end = words.id_end;
  return words;
}

typedef enum
{
  REMOVE_LINE,
  REPLACE_VERIFIER,
} Change;

/* The text with the ID's line changed; all other bytes are as they were. */
static GString *
change_line (Edit *self, const char *id, Change change, const char *verifier)
{
  GString *text = g_string_sized_new (self->len + 256);
  TextLines lines;

  text_lines_init (&lines, self->text, self->len);
  while (text_lines_next (&lines))
    {
      LineWords words = find_words (&lines);
      gsize whole = (gsize) (lines.next - lines.line); /* with its line end, if it has one */

      if (words.id_end - words.id != strlen (id) || memcmp (lines.line + words.id, id, strlen (id)) != 0)
        g_string_append_len (text, lines.line, (gssize) whole);
      else if (change == REPLACE_VERIFIER)
        {
          g_string_append_len (text, lines.line, (gssize) words.id_end);
          if (verifier != NULL)
            {
              g_string_append_c (text, ' ');
              g_string_append (text, verifier);
            }
          g_string_append_len (text, lines.line + words.verifier_end, (gssize) (whole - words.verifier_end));
        }
    }
  return text;
}

static void
free_text (GString *text)
{
  g_string_free (text, TRUE);
}

static gboolean
commit_change (Edit *self, const char *id, Change change, const char *verifier, GError **error)
{
  GString *text = change_line (self, id, change, verifier);
  gboolean good = commit (self, text, error);

  free_text (text);
  return good;
}

gboolean
client_list_set (const char *file, const char *id, const char *verifier, const char *expected, GError **error)
{
  g_auto (Edit) edit = { .lock = -1 };
  const char *present;

  if (!check_arguments (file, id, verifier, error) || !begin (&edit, file, FALSE, error))
    return FALSE;
  if (!client_list_contains (edit.list, id))
    return set_missing (error, file, id);
  present = client_list_get_verifier (edit.list, id);
  if (expected != NULL && strcmp (present != NULL ? present : "", expected) != 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_WRONG_ETAG, "%s: %s has another verifier meanwhile", file, id);
      return FALSE;
    }
  return commit_change (&edit, id, REPLACE_VERIFIER, verifier, error);
}

gboolean
client_list_remove (const char *file, const char *id, GError **error)
{
  g_auto (Edit) edit = { .lock = -1 };

  if (!check_arguments (file, id, NULL, error) || !begin (&edit, file, FALSE, error))
    return FALSE;
  if (!client_list_contains (edit.list, id))
    return set_missing (error, file, id);
  return commit_change (&edit, id, REMOVE_LINE, NULL, error);
}

gboolean
client_list_add (const char *file, const char *id, const char *verifier, GError **error)
{
  g_auto (Edit) edit = { .lock = -1 };
  GString *text;
  gboolean good;

  if (!check_arguments (file, id, verifier, error) || !begin (&edit, file, TRUE, error))
    return FALSE;
  if (client_list_contains (edit.list, id))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, "%s: %s is on the list already", file, id);
      return FALSE;
    }

  text = g_string_new_len (edit.text, (gssize) edit.len);
  if (text->len > 0 && text->str[text->len - 1] != '\n')
    g_string_append_c (text, '\n');
  g_string_append (text, id);
  if (verifier != NULL)
    g_string_append_printf (text, " %s", verifier);
  g_string_append_c (text, '\n');
  good = commit (&edit, text, error);
  free_text (text);
  return good;
}
