/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "store/store.h"

/* Everything that can be configured: read once, immutable after. Every path is absolute. */
typedef struct
{
  char **listen; /* at least one, "127.0.0.1:5000" or "[::1]:5000": config_parse_address() takes each */
  char **tls_listen;     /* likewise, and none or more */
  char *tls_certificate; /* PEM files, both or neither; NULL: the server makes its own, in the data directory */
  char *tls_key;
  char *client_list;
  char *data_directory;
  gboolean allow_insecure;

  gboolean auth_required; /* everybody must prove who they are, not only those who have a verifier */

  guint idle_timeout;  /* seconds; 0 = never */
  guint login_timeout; /* seconds */

  guint max_connections;
  guint max_connections_per_address; /* 0 = no limit */
  guint messages_per_second;         /* per connection; 0 = no limit */
  guint messages_burst;
  gsize send_queue_bytes;

  StoreDurability durability;
  guint retention_days; /* 0: for ever */
} Config;

/* Reads a GKeyFile; NULL for the file means that every key has its default. Unknown groups and keys, those that are there twice, values of
 * the wrong kind or out of range, what this version cannot do, and a listener that others could reach without TLS or without proof of identity are errors in
 * G_IO_ERROR that name file, line and reason ("webchat.conf:7: …"). Relative paths start at the file's folder. */
Config *config_load (const char *file, GError **error);
void config_free (Config *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Config, config_free)

/* IPv4:port or [IPv6]:port, port 0 too; NULL for anything else, host names too. Transfer full. */
GInetSocketAddress *config_parse_address (const char *text);
