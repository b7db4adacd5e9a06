/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The control socket: how the operator's commands ask the running server. A Unix socket in the data directory, for its owner and root alone.
 *
 * A request is one line: one word. The answer is "ok", lines, and "end"; or "error <why>" and "end". Then the server closes. */
#pragma once

#include <gio/gio.h>

/* The server's end. Main thread, on the thread-default context. */
typedef struct _Control Control;

typedef struct
{
  const char *name;
  /* Appends whole lines, none of which is "end". FALSE with an error of one line. Must not take long. */
  gboolean (*answer) (GString *lines, gpointer user_data, GError **error);
} ControlRequest;

/* A socket that a crashed server left is replaced: so whoever calls this must hold the lock of the folder's store, as a live server does. requests ends with a
 * NULL name and must outlive it. NULL with a one-line error when there can be no socket. */
Control *control_new (const char *data_directory, const ControlRequest *requests, gpointer user_data, GError **error);
void control_free (Control *self); /* takes the socket away */

/* The command's end: asks, and waits for the answer for a while. Returns its lines, transfer full; NULL with an error in G_IO_ERROR: NOT_FOUND when no server
 * runs, or FAILED with what the server said. Any thread. */
char *control_ask (const char *data_directory, const char *request, GError **error);
