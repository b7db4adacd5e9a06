/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ClientID-List file as it was read at one moment: immutable, shared between threads by reference. */
#pragma once

#include <glib.h>

#define CLIENT_LIST_FILE_MAX (64 * 1024 * 1024)

typedef struct _ClientList ClientList;

/* Reads the file: one Client-ID a line, with its RFC 5803 verifier after it if it has one. Blank lines, and whatever follows a # at a word's
 * start, are left out. A bad line refuses the whole file, in G_IO_ERROR: "ClientID-List:3: reason". */
ClientList *client_list_load (const char *file, GError **error);
/* The same of a text of len bytes, with a NUL after them, in memory of its own; takes the text. file is for the error. */
ClientList *client_list_parse (char *text, gsize len, const char *file, GError **error);
ClientList *client_list_ref (ClientList *self);
void client_list_unref (ClientList *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClientList, client_list_unref)

gboolean client_list_contains (ClientList *self, const char *id);
/* The RFC 5803 verifier that stands after the ID; NULL when there is none. */
const char *client_list_get_verifier (ClientList *self, const char *id);
/* Whether any ID has one. */
gboolean client_list_has_verifiers (ClientList *self);
/* The number of iterations that most verifiers have; 0 when there are none. */
guint client_list_get_usual_iterations (ClientList *self);

/* The IDs in the order of the file. They live as long as the list. */
guint client_list_get_size (ClientList *self);
const char *client_list_get_id (ClientList *self, guint position);
