/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps the ClientID-List up to date: reads it again when its file changes, and when told to. */
#pragma once

#include "identity/client-list.h"

typedef struct _Directory Directory;

/* A new list has been read. A file with a mistake is reported in the log, and the old list stays. Main context's thread. */
typedef void (*DirectoryFunc) (ClientList *list, gpointer user_data);

/* NULL with a one-line error when the file cannot be read or has a mistake now. Watches on the thread-default main context. */
Directory *directory_new (const char *file, DirectoryFunc func, gpointer user_data, GError **error);
void directory_free (Directory *self);

ClientList *directory_get_list (Directory *self); /* transfer none */

/* Reads the file again. FALSE with the one-line error that the log got too: the list stays as it was. */
gboolean directory_reload (Directory *self, GError **error);

/* The list's file was changed, and the changed list is in force, unless error says why not. Main context's thread. */
typedef void (*DirectoryChangedFunc) (const GError *error, gpointer user_data);

/* Gives an ID another verifier in the file, as client_list_set() does and with its errors, and reads it again. Any thread; never waits. */
void directory_set_verifier (Directory *self, const char *id, const char *verifier, const char *expected, DirectoryChangedFunc func, gpointer user_data);

/* Waits until every change that was begun has ended. Main context's thread. */
void directory_finish_changes (Directory *self);
