/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attackers, in threads of their own and with sockets of their own. Whatever they do, a pair that chats meanwhile sees each message come, in order and in
 * time, somebody new gets in, and in the end the server has no more descriptors, and not much more memory, than before. */
#pragma once

#include "tests/util/client.h"
#include "tests/util/server.h"

typedef struct
{
  TestServer *server;
  TestClient *alice, *bob; /* chat */
  guint n_chats;
  guint descriptors;
  gsize memory, most_memory;

  void (*attack) (guint16 port, guint turn, gconstpointer data);
  gconstpointer data;
  guint16 port;
  gboolean reloads; /* the list and the certificate, meanwhile */
  gint stop;    /* atomic */
  gint n_turns; /* atomic */
} Siege;

/* alice and bob, who chat, must be on the list, and zoe, who is the one to come. Their connections are the siege's. */
void siege_begin (Siege *siege, TestServer *server);
void siege_begin_with (Siege *siege, TestServer *server, TestClient *alice, TestClient *bob);
void siege_end (Siege *siege);

void siege_chat (Siege *siege);
/* Somebody new comes, as soon as there is a place. */
void siege_let_in (Siege *siege);

/* Attackers do this over and over for a while, in several threads, and the others go on. turn is another number each time. */
void siege_withstand (Siege *siege, void (*attack) (guint16 port, guint turn, gconstpointer data), gconstpointer data);

/* For who attacks. From one of many addresses of this machine; -1 when there can be no connection. */
int attacker_connect (guint16 port, guint turn);
/* As much as the server takes within a moment. FALSE when it takes no more. */
gboolean attacker_send (int fd, const char *bytes, gsize len);
/* With a reset or without, by the turn. */
void attacker_leave (int fd, guint turn);
