/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The chat: who is connected, who talks with whom, and what each message does. Stands between the connections and the store. */
#pragma once

#include <gio/gio.h>

#include "chat/directory.h"
#include "config.h"
#include "identity/client-list.h"
#include "net/connection.h"
#include "store/store.h"

typedef struct _Hub Hub;

/* The config must outlive the hub. The idle time-outs run on the context. */
Hub *hub_new (const Config *config, ClientList *list, GMainContext *context);
/* So many connections there may be beyond max-connections, which are only told to go. */
#define HUB_TURNED_AWAY_ROOM 64

/* Whether another one may be accepted, if only to be turned away. Any thread. */
gboolean hub_has_room (Hub *self);

void hub_free (Hub *self); /* after the last connection is gone */

/* What proofs of identity need; before the first connection. The directory may be NULL: nobody can accept an invitation then. */
void hub_set_identity (Hub *self, GBytes *secret, Directory *directory);

/* The store knows hub_stored() before the hub can know the store. NULL: it is gone, and only farewells follow. */
void hub_set_store (Hub *self, Store *store);
void hub_stored (StoreMessage *batch, const GError *error, gpointer hub); /* a StoreStoredFunc */

/* For ConnectionShared, with the hub as handler_data. */
extern const ConnectionHandler hub_connection_handler;

/* A connection was accepted: it is admitted and served, or sent away when there are too many. Takes the reference. */
void hub_admit (Hub *self, Connection *connection);

/* A new ClientID-List: clients that are no longer on it, or have another verifier in it than they have shown to know the password of, are disconnected.
 * Main thread. */
void hub_set_client_list (Hub *self, ClientList *list);

/* From now on nothing new is accepted; what was accepted is still answered. Any thread. */
void hub_begin_shutdown (Hub *self);

/* A connection at one moment. */
typedef struct
{
  char *id; /* NULL: not logged in */
  Connection *connection;
  const char *dialect; /* "base", "unframed", "protocol 2"; static */
  gint64 since; /* s since 1970 UTC: logged in; before that, accepted */
} HubConnection;

typedef struct
{
  guint n_connections;
  guint n_logged_in;
  guint n_people; /* Client-IDs with a connection */
  guint n_chats;
  gsize backlog;  /* bytes that wait in the store */
  GArray *connections; /* of HubConnection, in the order in which they came */
} HubStatus;

/* What there is now, with at most max of the connections. Any thread. */
HubStatus *hub_get_status (Hub *self, guint max);
void hub_status_free (HubStatus *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HubStatus, hub_status_free)

/* How many there are, those that are only told to go too. Any thread. */
guint hub_count_connections (Hub *self);

/* Every connection, each with a reference, for the very end. */
GPtrArray *hub_get_connections (Hub *self);
