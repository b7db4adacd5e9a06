/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chat/directory.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "identity/client-list-edit.h"

/* Editors touch a file several times; it is read when it has stayed the same for so long. GIO tells of a change up to 100 ms late when there was one
 * just before: that must be well within. */
#define SETTLE_MS 300

struct _Directory
{
  char *file;
  ClientList *list;
  GFileMonitor *monitor; /* NULL where files cannot be watched: SIGHUP remains */
  guint settle_source;
  GStatBuf seen; /* the file when it was last found to have changed */
  DirectoryFunc func;
  gpointer user_data;
  gint changes; /* atomic: how many have begun and not ended */
};

/* Takes a list that was read (transfer full), or tells why there is none. */
static gboolean
take_list (Directory *self, ClientList *list, const GError *error)
{
  if (list == NULL)
    {
      g_warning ("%s; the old list stays in force", error->message);
      return FALSE;
    }

  client_list_unref (self->list);
  self->list = list;
  g_message ("read the ClientID-List: %u clients", client_list_get_size (list));
  self->func (list, self->user_data);
  return TRUE;
}

gboolean
directory_reload (Directory *self, GError **error)
{
  g_autoptr (GError) wrong = NULL;
  ClientList *list = client_list_load (self->file, &wrong);

  if (take_list (self, list, wrong))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&wrong));
  return FALSE;
}

/* Whether the file is still the one that was seen last; if not, this one is seen now. */
static gboolean
is_unchanged (Directory *self)
{
  GStatBuf now = { 0 };
  gboolean same = g_stat (self->file, &now) == 0 && now.st_ino == self->seen.st_ino && now.st_size == self->seen.st_size
                  && now.st_mtim.tv_sec == self->seen.st_mtim.tv_sec && now.st_mtim.tv_nsec == self->seen.st_mtim.tv_nsec;

  self->seen = now;
  return same;
}

/* Somebody may be writing at this very moment, and half a list would disconnect the clients in its other half: what was read counts only when the
 * file was the same for a while before, and still is after. */
static gboolean
settled_cb (gpointer user_data)
{
  Directory *self = user_data;
  g_autoptr (ClientList) list = NULL;
  g_autoptr (GError) error = NULL;
  gboolean steady = is_unchanged (self);

  if (steady)
    {
      list = client_list_load (self->file, &error);
      steady = is_unchanged (self);
    }
  if (!steady && self->seen.st_ino != 0)
    return G_SOURCE_CONTINUE;

  self->settle_source = 0;
  if (steady)
    take_list (self, g_steal_pointer (&list), error);
  return G_SOURCE_REMOVE; /* or it is gone: whoever took it away brings another */
}

/* While a writer has the file open, perhaps emptied and not filled yet, its end is waited for: GIO tells when the file is closed, or
 * when nothing has happened to it for two seconds. */
static void
changed_cb (GFileMonitor *monitor, GFile *file, GFile *other, GFileMonitorEvent event, gpointer user_data)
{
  Directory *self = user_data;

  is_unchanged (self);
  g_clear_handle_id (&self->settle_source, g_source_remove);
  if (event != G_FILE_MONITOR_EVENT_CHANGED && event != G_FILE_MONITOR_EVENT_CREATED)
    self->settle_source = g_timeout_add (SETTLE_MS, settled_cb, self);
}

Directory *
directory_new (const char *path, DirectoryFunc func, gpointer user_data, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GError) watch_error = NULL;
  ClientList *list = client_list_load (path, error);
  Directory *self;

  if (list == NULL)
    return NULL;

  self = g_new0 (Directory, 1);
  self->file = g_strdup (path);
  self->list = list;
  self->func = func;
  self->user_data = user_data;
  self->monitor = g_file_monitor_file (file, G_FILE_MONITOR_WATCH_MOVES, NULL, &watch_error);
  if (self->monitor != NULL)
    {
      g_file_monitor_set_rate_limit (self->monitor, 0); /* the beginning of a change is told at once, not only the first one */
      g_signal_connect (self->monitor, "changed", G_CALLBACK (changed_cb), self);
    }
  else
    g_message ("cannot watch %s (%s): send SIGHUP after a change", path, watch_error->message);
  return self;
}

void
directory_free (Directory *self)
{
  g_clear_handle_id (&self->settle_source, g_source_remove);
  if (self->monitor != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->monitor, self);
      g_file_monitor_cancel (self->monitor);
      g_object_unref (self->monitor);
    }
  client_list_unref (self->list);
  g_free (self->file);
  g_free (self);
}

ClientList *
directory_get_list (Directory *self)
{
  return self->list;
}

/* A change of one ID's verifier. */
typedef struct
{
  Directory *directory;
  char *id;
  char *verifier;
  char *expected;
  DirectoryChangedFunc func;
  gpointer user_data;
} Change;

static void
change_free (gpointer data)
{
  Change *change = data;

  g_free (change->id);
  g_free (change->verifier);
  g_free (change->expected);
  g_free (change);
}

static void
change_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Change *change = data;
  GError *error = NULL;

  if (client_list_set (change->directory->file, change->id, change->verifier, change->expected, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
change_done_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  Change *change = data;
  g_autoptr (GError) error = NULL;

  if (g_task_propagate_boolean (G_TASK (result), &error))
    directory_reload (change->directory, &error);
  change->func (error, change->user_data);
  g_atomic_int_add (&change->directory->changes, -1);
}

void
directory_set_verifier (Directory *self, const char *id, const char *verifier, const char *expected, DirectoryChangedFunc func, gpointer user_data)
{
  Change *change = g_new0 (Change, 1);
  g_autoptr (GTask) task = g_task_new (NULL, NULL, change_done_cb, change);

  g_atomic_int_inc (&self->changes);
  change->directory = self;
  change->id = g_strdup (id);
  change->verifier = g_strdup (verifier);
  change->expected = g_strdup (expected);
  change->func = func;
  change->user_data = user_data;
  g_task_set_task_data (task, change, change_free);
  g_task_run_in_thread (task, change_thread);
}

void
directory_finish_changes (Directory *self)
{
  while (g_atomic_int_get (&self->changes) > 0)
    g_main_context_iteration (NULL, TRUE);
}
