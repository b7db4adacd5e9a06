/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Accepts connections on every configured address, with a GSocketService on the main context. */
#pragma once

#include <gio/gio.h>
#include <sys/socket.h>

typedef struct _Listener Listener;

/* A new connection; fd is non-blocking and the callback's to close. tls: as its address was added. Main context's thread. */
typedef void (*ListenerFunc) (int fd, const struct sockaddr_storage *address, gboolean tls, gpointer user_data);

/* Whether there is room for another connection. Main context's thread. */
typedef gboolean (*ListenerRoomFunc) (gpointer user_data);

/* While has_room() says no, or the system has no more to give, nothing is accepted: who comes then waits in the kernel's queue. */
Listener *listener_new (ListenerFunc func, ListenerRoomFunc has_room, gpointer user_data);
void listener_free (Listener *self); /* closes the listening sockets */

/* Listens on "127.0.0.1:5000" or "[::1]:5000", as checked by the config; port 0 takes a free one. Returns the address in the same form with the port
 * that it got, or NULL with a one-line error. */
char *listener_add (Listener *self, const char *address, gboolean tls, GError **error);

/* Begins to accept. */
void listener_start (Listener *self);
